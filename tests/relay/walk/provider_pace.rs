//! No faster than the provider takes: mail waits for its time, and a message to many goes in several transactions.

use super::{MESSAGE, Provider};
use control::settings::Pace;
use control::view::{LaneState, RecipientState};
use control::{ProblemCode, Request};
use e2e::{Answer, Office, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use std::sync::Arc;
use std::time::Duration;

async fn office(provider: &Provider, pace: Pace) -> (Office, Arc<HandWound>) {
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.smart_host.as_mut().unwrap().pace = pace;
    (Office::start(settings, clock.clone()).await, clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_more_recipients_than_the_provider_takes_goes_in_several_transactions() {
    let provider = Provider::start().await;
    let (office, _) = office(&provider, Pace { recipients_per_message: Some(2), ..Pace::default() }).await;
    let recipients: Vec<String> = (0..5).map(|n| format!("ann{n}@away.test")).collect();
    let to: Vec<&str> = recipients.iter().map(String::as_str).collect();
    office.device().await.hands_in("scan@office.test", &to, MESSAGE).await;
    let taken = provider.fake.until(3).await;
    assert_eq!(taken.iter().map(|taken| taken.forward_paths.len()).collect::<Vec<_>>(), [2, 2, 1]);
    let all: Vec<String> = taken.iter().flat_map(|taken| taken.forward_paths.clone()).collect();
    assert_eq!(all, recipients, "each once, in their order");
    office.until("it is settled", |snapshot| snapshot.counters.waiting == 0).await;
    assert_eq!(office.history().await[0].state, RecipientState::Sent);
}

/// RFC 5321 §4.5.3.1.10: those for whom there was no room are sent to at once, not after a pause.
#[tokio::test(flavor = "multi_thread")]
async fn recipients_one_too_many_go_in_another_transaction_at_once() {
    let provider = Provider::start().await;
    let (office, _) = office(&provider, Pace::default()).await;
    let full = || Answer::Reply("452 4.5.3 Too many recipients".into());
    provider.fake.times(1, Stage::Rcpt("bob@away.test".into()), full());
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], MESSAGE).await;
    let taken = provider.fake.until(2).await;
    assert_eq!(
        (&taken[0].forward_paths[..], &taken[1].forward_paths[..]),
        (&["ann@away.test".to_owned()][..], &["bob@away.test".to_owned()][..])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_over_the_limit_of_a_minute_waits_for_its_time_and_the_window_says_so() {
    let provider = Provider::start().await;
    let (office, clock) = office(&provider, Pace { messages_per_minute: Some(2), ..Pace::default() }).await;
    let mut device = office.device().await;
    for _ in 0..3 {
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    }
    let waits =
        office.until("the third waits", |snapshot| snapshot.lane.pace.waits_until.is_some() && snapshot.counters.waiting <= 2).await;
    let until = waits.lane.pace.waits_until.unwrap();
    assert!((1..=62_000).contains(&(until - clock.now().as_millisecond())), "{until}");
    for arrived in [2, 3] {
        clock.advance(Duration::from_secs(62));
        office.engine().look();
        provider.fake.until(arrived).await;
    }
    office.until("nothing waits", |snapshot| snapshot.counters.waiting == 0 && snapshot.lane.pace.waits_until.is_none()).await;
    // The lane counts when the attempt is over, and tells so behind the message's own outcome.
    office.until("all three are counted", |snapshot| snapshot.lane.pace.recipients_today == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_recipients_are_remembered_over_a_restart() {
    let provider = Provider::start().await;
    let pace = Pace { recipients_per_day: Some(3), ..Pace::default() };
    let (mut office, clock) = office(&provider, pace).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    office.until("it is settled", |snapshot| snapshot.counters.waiting == 0).await;
    office.restart().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], MESSAGE).await;
    // One goes still; the other waits for tomorrow.
    assert_eq!(provider.fake.until(2).await[1].forward_paths, ["ann@away.test"]);
    let waits = office.until("bob waits", |snapshot| snapshot.lane.pace.waits_until.is_some()).await;
    assert_eq!((waits.lane.pace.recipients_today, waits.lane.pace.recipients_per_day), (3, Some(3)));
    clock.advance(Duration::from_secs(26 * 3600));
    office.engine().look();
    assert_eq!(provider.fake.until(3).await[2].forward_paths, ["bob@away.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_too_much_is_sent_to_half_as_fast_and_then_step_by_step_as_before() {
    let provider = Provider::start().await;
    let (office, clock) = office(&provider, Pace::default()).await;
    let mut device = office.device().await;
    let mut handed_in = 0;
    let mut hand_in = async |count: usize| {
        for _ in 0..count {
            device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        }
        handed_in += count;
        handed_in
    };
    provider.fake.times(1, Stage::From("scan@office.test".into()), Answer::Reply("432 4.3.2 Concurrent connections limit exceeded".into()));
    hand_in(1).await;
    let told = office.until("it is told to wait", |snapshot| snapshot.lane.pace.slowed).await;
    assert!(matches!(&told.lane.state, LaneState::Throttled { problem, .. } if problem.code == ProblemCode::Throttled), "{:?}", told.lane);
    office.ask(Request::TryLane).await;
    provider.fake.until(1).await;

    // Half of the least that is thought to be too much: five in a minute, of which half may go at once; the rest waits.
    let all = hand_in(7).await;
    provider.fake.until(3).await;
    office.until("the others wait", |snapshot| snapshot.counters.waiting == 5 && snapshot.lane.pace.waits_until.is_some()).await;
    assert_eq!(provider.fake.messages().len(), 3);
    let mut minutes = 0;
    let mut all = all;
    while office.snapshot().await.lane.pace.slowed {
        minutes += 1;
        assert!(minutes < 100, "it never became faster");
        clock.advance(Duration::from_secs(62));
        office.engine().look();
        office.until("its minute is used", |snapshot| snapshot.counters.waiting == 0 || snapshot.lane.pace.waits_until.is_some()).await;
        if office.snapshot().await.counters.waiting < 20 {
            all = hand_in(20).await;
        }
    }
    assert!(minutes > 4, "carefully, not at once: {minutes}");
    provider.fake.until(all).await;
    office.until_queue_is_empty().await;
    assert_eq!((provider.fake.messages().len(), office.snapshot().await.counters.failed), (all, 0));
}
