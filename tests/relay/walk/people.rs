//! What people do to the queue: pause, hold, release, try now, delete, test; and what outlives a restart.

use super::{MESSAGE, Provider, reply};
use control::request::EntryFilter;
use control::settings::Settings;
use control::view::{EntryKind, RecipientState, StoryKind};
use control::{Answer, Request, Selection};
use e2e::{Office, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_outlives_a_restart_and_mail_is_taken_meanwhile() {
    let provider = Provider::start().await;
    let mut office = provider.office().await;
    office.ask(Request::Pause).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.restart().await;
    let snapshot = office.snapshot().await;
    assert!(snapshot.paused);
    assert_eq!(snapshot.counters.waiting, 1);
    assert_eq!(provider.fake.connections(), 0);
    office.ask(Request::Resume).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn held_mail_waits_for_its_release() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    office.ask(Request::Pause).await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    assert_eq!(office.ask(Request::Hold { which: Office::one(&id) }).await, Answer::Count { count: 1 });
    office.ask(Request::Resume).await;
    office.device().await.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert_eq!(taken[0].forward_paths, ["bob@away.test"], "the held one stayed behind");
    assert_eq!(office.queue().await[0].state, RecipientState::Held);
    office.ask(Request::Release { which: Office::one(&id) }).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let kinds: Vec<_> = office.story(&id).await.steps.into_iter().map(|step| step.what).collect();
    assert!(matches!(kinds[1..3], [StoryKind::Held, StoryKind::Released]), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_can_tell_the_sender_and_spares_what_came_later() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    office.ask(Request::Pause).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let until = office.queue().await[0].accepted_at;
    // A later millisecond, so that "accepted until" can tell them apart.
    office.until("the clock moved on", |_| SystemClock.now().as_millisecond() > until).await;
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    let which = Selection::Matching { filter: EntryFilter::default(), accepted_until: until };
    assert_eq!(office.ask(Request::Delete { which, tell_sender: true }).await, Answer::Count { count: 1 });
    office.ask(Request::Resume).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let mut told: Vec<_> = taken.iter().map(|message| (message.reverse_path.as_str(), message.forward_paths[0].as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, [("", "scan@office.test"), ("scan@office.test", "bob@away.test")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_now_does_not_wait_for_the_schedule() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.7.1 greylisted"));
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings: &mut Settings| {
        settings.delivery.first_retry_seconds = 3600;
        settings.delivery.longest_retry_seconds = 3600;
    })
    .await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    office.ask(Request::Retry { which: Office::one(&id) }).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.story(&id).await.entry.attempts, 2, "the last try counts too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_the_same_way_and_is_marked_as_one() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let sent = office.ask(Request::SendTest { sender: "relay@office.test".into(), recipient: "ann@away.test".into() }).await;
    let Answer::Kept { id } = sent else { panic!("{sent:?}") };
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.story(&id).await.entry.kind, EntryKind::Test);
    let refused = office.ask(Request::SendTest { sender: "relay@office.test".into(), recipient: "nobody".into() }).await;
    assert!(matches!(refused, Answer::Refused { .. }), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_is_told_once_when_it_is_late_and_again_when_it_is_given_up() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.delivery.first_retry_seconds = 600;
    settings.delivery.longest_retry_seconds = 3600;
    settings.delivery.delay_notice_seconds = 7200;
    settings.delivery.lifetime_seconds = 86_400;
    let office = Office::start(settings, clock.clone()).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    clock.advance(Duration::from_secs(7201));
    office.engine().look();
    let late = provider.fake.until(1).await;
    assert!(String::from_utf8_lossy(&late[0].content).contains("Action: delayed"));
    clock.advance(Duration::from_secs(86_400));
    office.engine().look();
    let over = provider.fake.until(2).await;
    assert!(
        String::from_utf8_lossy(&over[1].content).contains("Status: 4.4.7")
            || String::from_utf8_lossy(&over[1].content).contains("Status: 5.4.7")
    );
    office.until_queue_is_empty().await;
    let states: Vec<_> = office.history().await.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [RecipientState::Sent, RecipientState::Sent, RecipientState::Expired]);
}
