//! Words that sound like the lane's fault, and whose fault it was: one message with an odd recipient must not stop
//! the others, and a lane that is down must not be held against a message.

use super::{MESSAGE, Provider, reply};
use control::Request;
use control::settings::Settings;
use control::view::{LaneState, RecipientState, Snapshot, StoryKind};
use e2e::{Office, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use std::sync::Arc;
use std::time::Duration;

const BLOCKED: &str = "550 5.7.64 TenantAttribution; Relay Access Denied";
const REST: Duration = Duration::from_secs(600);

/// Rests and retries that end only when the clock is moved.
async fn office(provider: &Provider) -> (Office, Arc<HandWound>) {
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings: Settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.smart_host.as_mut().unwrap().parallel_connections = 1;
    settings.delivery.first_rest_seconds = 600;
    settings.delivery.longest_rest_seconds = 600;
    settings.delivery.first_retry_seconds = 3600;
    settings.delivery.longest_retry_seconds = 3600;
    (Office::start(settings, clock.clone()).await, clock)
}

async fn hands_in(office: &Office, to: &[&str]) -> String {
    office.device().await.hands_in("scan@office.test", to, MESSAGE).await
}

fn is_resting(snapshot: &Snapshot) -> bool {
    matches!(snapshot.lane.state, LaneState::Throttled { .. })
}

fn asked_for(provider: &Provider, address: &str) -> usize {
    provider.fake.commands().iter().filter(|command| **command == format!("RCPT TO:<{address}>")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recipient_the_provider_will_not_relay_to_stopped_all_mail() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt("bob@out.test".into()), reply(BLOCKED));
    let (office, _) = office(&provider).await;
    let odd = hands_in(&office, &["bob@out.test"]).await;
    office.until("a lane in doubt", is_resting).await;
    let entry = office.story(&odd).await.entry;
    assert_eq!((entry.state, entry.attempts), (RecipientState::Queued, 0), "not charged: it may be the lane");

    // Nobody moves the clock: the next message does not wait for the end of a rest.
    hands_in(&office, &["ann@away.test"]).await;
    assert_eq!(provider.fake.until(1).await[0].forward_paths, ["ann@away.test"]);
    office.until("it is known whose fault it was", |snapshot| !is_resting(snapshot) && snapshot.counters.deferred == 1).await;
    let story = office.story(&odd).await;
    assert_eq!((story.entry.state, story.entry.attempts), (RecipientState::Deferred, 1));
    assert_eq!(story.recipients[0].reply.as_deref(), Some(BLOCKED), "and it says why");
    assert_eq!(asked_for(&provider, "bob@out.test"), 2, "asked again before it was held against the message");

    hands_in(&office, &["eve@away.test"]).await;
    provider.fake.until(2).await;
    // Mended at the provider: nothing was bounced for it.
    provider.fake.calm();
    office.ask(Request::Retry { which: Office::one(&odd) }).await;
    provider.fake.until(3).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.history().await.len(), 3, "no report was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_messages_hear_rests_the_lane_and_charges_neither() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt(String::new()), reply(BLOCKED));
    let (office, clock) = office(&provider).await;
    office.ask(Request::Pause).await;
    let mut ids = Vec::new();
    for to in ["a@away.test", "b@away.test", "c@away.test"] {
        ids.push(hands_in(&office, &[to]).await);
    }
    office.ask(Request::Resume).await;
    let all = |provider: &Provider| ["a@away.test", "b@away.test", "c@away.test", "d@away.test"].map(|to| asked_for(provider, to));
    provider.fake.until_that(|_| all(&provider).iter().sum::<usize>() >= 2).await;
    office.until("a resting lane", |snapshot| is_resting(snapshot) && snapshot.lane.connections == 0).await;
    // One more that knows nothing of it does not end the rest.
    ids.push(hands_in(&office, &["d@away.test"]).await);
    office.until("it waits too", |snapshot| snapshot.counters.waiting == 4).await;
    assert_eq!(all(&provider), [1, 1, 0, 0]);

    clock.advance(REST);
    office.engine().look();
    provider.fake.until_that(|_| all(&provider).iter().sum::<usize>() >= 3).await;
    office.until("it rests again", |snapshot| is_resting(snapshot) && snapshot.lane.connections == 0).await;
    assert_eq!(all(&provider), [1, 1, 0, 1], "one tests the water, and not one that has spoken");
    for id in &ids {
        let entry = office.story(id).await.entry;
        assert_eq!((entry.state, entry.attempts), (RecipientState::Queued, 0));
    }

    provider.fake.calm();
    clock.advance(REST);
    office.engine().look();
    provider.fake.until(4).await;
    office.until_queue_is_empty().await;
    for id in &ids {
        let kinds: Vec<_> = office.story(id).await.steps.into_iter().map(|step| step.what).collect();
        assert!(matches!(kinds[1..], [StoryKind::Sent { .. }]), "sent at the first try that counts: {kinds:?}");
    }
    assert_eq!(office.history().await.len(), 4, "no report was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_with_one_fault_hid_one_without_it() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt("bob@out.test".into()), reply(BLOCKED));
    let (office, clock) = office(&provider).await;
    office.ask(Request::Pause).await;
    for _ in 0..6 {
        hands_in(&office, &["bob@out.test"]).await;
    }
    hands_in(&office, &["ann@away.test"]).await;
    office.ask(Request::Resume).await;
    provider.fake.until_that(|_| asked_for(&provider, "bob@out.test") >= 2).await;
    office.until("a resting lane", |snapshot| is_resting(snapshot) && snapshot.lane.connections == 0).await;
    clock.advance(REST);
    office.engine().look();
    assert_eq!(provider.fake.until(1).await[0].forward_paths, ["ann@away.test"], "after one rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_met_by_one_message_only_was_held_against_it() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Dot, reply("454 Throttling failure: Maximum sending rate exceeded"));
    let (office, _) = office(&provider).await;
    let first = hands_in(&office, &["ann@away.test"]).await;
    office.until("a lane in doubt", is_resting).await;
    hands_in(&office, &["bob@away.test"]).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let kinds: Vec<_> = office.story(&first).await.steps.into_iter().map(|step| step.what).collect();
    assert!(matches!(kinds[1..], [StoryKind::Sent { .. }]), "never charged: {kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_refused_beside_one_that_was_taken_rested_the_lane() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt("bob@out.test".into()), reply(BLOCKED));
    let (office, _) = office(&provider).await;
    let id = hands_in(&office, &["bob@out.test", "ann@away.test"]).await;
    provider.fake.until(1).await;
    let snapshot = office.until("the other is deferred", |snapshot| snapshot.counters.deferred == 1).await;
    assert!(!is_resting(&snapshot), "{:?}", snapshot.lane);
    let states: Vec<_> = office.story(&id).await.recipients.into_iter().map(|recipient| recipient.state).collect();
    assert_eq!(states, [RecipientState::Deferred, RecipientState::Sent]);
}
