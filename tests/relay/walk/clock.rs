//! Time passes while nobody looks: the engine was off, paused or asleep, or the clock was wrong and is set right.
//! What waits gets a real try before it is given up, and nothing waits for a time that will not come.

use super::{MESSAGE, Provider, reply};
use control::Request;
use control::view::{LaneState, RecipientState, Snapshot};
use e2e::{Answer, Office, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);
const REST: Duration = Duration::from_secs(300);

async fn office(provider: &Provider) -> (Office, Arc<HandWound>) {
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.delivery.first_retry_seconds = 600;
    settings.delivery.longest_retry_seconds = 3600;
    settings.delivery.first_rest_seconds = 300;
    settings.delivery.longest_rest_seconds = 300;
    settings.delivery.delay_notice_seconds = 14_400;
    settings.delivery.lifetime_seconds = 5 * 86_400;
    (Office::start(settings, clock.clone()).await, clock)
}

async fn hands_in(office: &Office) -> String {
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await
}

fn is_resting(snapshot: &Snapshot) -> bool {
    matches!(snapshot.lane.state, LaneState::Throttled { .. })
}

async fn states(office: &Office) -> Vec<RecipientState> {
    office.history().await.iter().rev().map(|entry| entry.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_six_days_off_mail_was_given_up_without_one_try() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Greeting, reply("554 5.7.1 not now"));
    let (mut office, clock) = office(&provider).await;
    hands_in(&office).await;
    office.until("a resting lane", is_resting).await;
    provider.fake.calm();
    office.restart_after(|| clock.advance(6 * DAY)).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(states(&office).await, [RecipientState::Sent], "no notice that it is late, no report that it failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_too_old_is_given_up_once_after_its_try() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let (mut office, clock) = office(&provider).await;
    hands_in(&office).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    office.restart_after(|| clock.advance(6 * DAY)).await;
    let told = provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert!(String::from_utf8_lossy(&told[0].content).contains("Action: failed"));
    assert_eq!(states(&office).await, [RecipientState::Expired, RecipientState::Sent], "one report, and not two in one breath");
    let id = office.history().await[1].id.clone();
    let tries = provider.fake.commands().iter().filter(|command| *command == "RCPT TO:<ann@away.test>").count();
    assert_eq!(tries, 2, "once before and once after: {:?}", office.story(&id).await.steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_not_there_yet_at_the_start_is_no_end_for_old_mail() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    let (mut office, clock) = office(&provider).await;
    let id = hands_in(&office).await;
    office.until("a resting lane", is_resting).await;
    office.restart_after(|| clock.advance(6 * DAY)).await;
    // The router comes back later than this machine.
    office.until("a resting lane", is_resting).await;
    let mut rests = 0;
    while office.story(&id).await.entry.state == RecipientState::Queued {
        assert!(rests < 3, "never given up");
        let before = office.until("a rest that is known", |now| is_resting(now) && now.lane.connections == 0).await.lane;
        clock.advance(REST);
        office.engine().look();
        rests += 1;
        office.until("another try", |now| now.lane != before && is_resting(now) && now.lane.connections == 0).await;
    }
    assert!(rests >= 1, "one failure at the start was enough");
    office.until("it is given up", |snapshot| snapshot.counters.failed == 1).await;
    assert_eq!(office.story(&id).await.entry.state, RecipientState::Expired);
    assert_eq!(office.queue().await.len(), 1, "one report waits, and no notice that it is late");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_a_person_had_paused_was_given_up_meanwhile() {
    let provider = Provider::start().await;
    let (office, clock) = office(&provider).await;
    office.ask(Request::Pause).await;
    hands_in(&office).await;
    clock.advance(6 * DAY);
    office.engine().look();
    // Something for the dispatcher to look at.
    hands_in(&office).await;
    office.ask(Request::Resume).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    assert_eq!(states(&office).await, [RecipientState::Sent, RecipientState::Sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_released_after_its_lifetime_was_given_up_without_a_try() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let (office, clock) = office(&provider).await;
    let id = hands_in(&office).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    office.ask(Request::Hold { which: Office::one(&id) }).await;
    clock.advance(6 * DAY);
    office.ask(Request::Release { which: Office::one(&id) }).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(states(&office).await, [RecipientState::Sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_leaps_ahead_gives_up_nothing_untried() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let (office, clock) = office(&provider).await;
    hands_in(&office).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    // A machine without a battery learns the time.
    clock.advance(26 * YEAR);
    office.engine().look();
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(states(&office).await, [RecipientState::Sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_deferred_by_a_clock_a_year_ahead_waited_that_year() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let (mut office, clock) = office(&provider).await;
    clock.advance(YEAR);
    hands_in(&office).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    clock.turn_back(YEAR);
    office.engine().look();
    provider.fake.until(1).await;

    // The same, set right while the engine is off.
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    clock.advance(YEAR);
    hands_in(&office).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    office.restart_after(|| clock.turn_back(YEAR)).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_rested_by_a_clock_a_year_ahead_rested_that_year() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Greeting, Answer::Close);
    let (office, clock) = office(&provider).await;
    clock.advance(YEAR);
    hands_in(&office).await;
    office.until("a resting lane", is_resting).await;
    provider.fake.calm();
    clock.turn_back(YEAR);
    office.engine().look();
    hands_in(&office).await;
    // One rest later, as if nothing had been.
    clock.advance(REST);
    office.engine().look();
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
}
