//! A device that suddenly sends far more than usual: its mail is taken, held, and let go by a person.

use super::{MESSAGE, Provider};
use control::settings::BurstSettings;
use control::view::{HeldWhy, RecipientState, Snapshot, StoryKind};
use control::{Answer, ProblemCode, Request};
use e2e::Office;

async fn office(provider: &Provider) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.bursts = BurstSettings { hold: true, times_the_usual: 2, least_per_hour: 3, most_per_hour: 0 };
    })
    .await
}

fn bursts(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.notices.iter().filter(|notice| notice.code == ProblemCode::BurstHeld).filter_map(|notice| notice.subject.as_deref()).collect()
}

async fn send(office: &Office, messages: u32) -> Vec<String> {
    let mut device = office.device().await;
    let mut ids = Vec::new();
    for _ in 0..messages {
        ids.push(device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_held_told_of_and_let_go() {
    let provider = Provider::start().await;
    let mut office = office(&provider).await;
    let ids = send(&office, 5).await;
    provider.fake.until(3).await;
    office.until("the notice", |snapshot| bursts(snapshot) == ["127.0.0.1"]).await;
    let held = office.until("two on hold", |snapshot| snapshot.counters.held == 2 && snapshot.counters.waiting == 2).await;
    assert_eq!(held.notices.len(), 1, "{:?}", held.notices);
    let queue = office.queue().await;
    assert!(queue.iter().all(|entry| entry.held == Some(HeldWhy::Burst) && entry.state == RecipientState::Held), "{queue:#?}");
    assert!(matches!(office.story(&ids[4]).await.steps.last().map(|step| &step.what), Some(StoryKind::Held)));

    // The mail, the notice and the measure outlive a restart.
    office.restart().await;
    assert_eq!(bursts(&office.snapshot().await), ["127.0.0.1"]);
    send(&office, 1).await;
    assert_eq!(office.snapshot().await.counters.held, 3);
    assert_eq!(provider.fake.until(3).await.len(), 3);
    let Answer::Devices { devices } = office.ask(Request::Devices).await else { panic!("no devices") };
    assert_eq!((devices[0].held, devices[0].messages, devices[0].recipients_this_hour), (3, 6, 6));

    let ended = office.ask(Request::EndBurst { address: "127.0.0.1".into(), release: true }).await;
    assert_eq!(ended, Answer::Count { count: 3 });
    provider.fake.until(6).await;
    assert_eq!(bursts(&office.until("the notice is over", |snapshot| bursts(snapshot).is_empty()).await), [""; 0]);
    // What was sent is usual now: twice as much is.
    send(&office, 6).await;
    provider.fake.until(12).await;
    send(&office, 1).await;
    office.until("the thirteenth on hold", |snapshot| snapshot.counters.held == 1 && bursts(snapshot) == ["127.0.0.1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_may_be_kept_back_and_its_messages_released_one_by_one() {
    let provider = Provider::start().await;
    let office = office(&provider).await;
    let ids = send(&office, 6).await;
    office.until("three on hold", |snapshot| snapshot.counters.held == 3).await;
    // Released by hand, as any held mail; the burst goes on.
    assert_eq!(office.ask(Request::Release { which: Office::one(&ids[3]) }).await, Answer::Count { count: 1 });
    provider.fake.until(4).await;
    assert_eq!(bursts(&office.snapshot().await), ["127.0.0.1"]);
    assert_eq!(office.ask(Request::EndBurst { address: "127.0.0.1".into(), release: false }).await, Answer::Count { count: 2 });
    let snapshot = office.snapshot().await;
    assert_eq!((snapshot.counters.held, bursts(&snapshot).len()), (2, 0));
    assert!(office.queue().await.iter().all(|entry| entry.held == Some(HeldWhy::Person)));
    assert_eq!(office.ask(Request::Delete { which: Office::one(&ids[4]), tell_sender: false }).await, Answer::Count { count: 1 });
    assert_eq!(office.ask(Request::Release { which: Office::one(&ids[5]) }).await, Answer::Count { count: 1 });
    provider.fake.until(5).await;
    office.until_queue_is_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_what_is_held_ends_the_notice() {
    let provider = Provider::start().await;
    let office = office(&provider).await;
    let ids = send(&office, 4).await;
    office.until("the notice", |snapshot| bursts(snapshot) == ["127.0.0.1"]).await;
    office.ask(Request::Delete { which: Office::one(&ids[3]), tell_sender: false }).await;
    office.until("no notice", |snapshot| bursts(snapshot).is_empty()).await;
    let refused = office.ask(Request::EndBurst { address: "the scanner".into(), release: true }).await;
    assert!(matches!(refused, Answer::Refused { .. }), "{refused:?}");
}
