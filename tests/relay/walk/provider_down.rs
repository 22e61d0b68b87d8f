//! Failure of the smart host is not failure of the mail: the lane rests and says why, nothing is lost,
//! charged or bounced, and all goes on by itself when it is mended.

use super::{MESSAGE, Provider, reply};
use control::view::{LaneState, RecipientState};
use control::{ProblemCode, Request};
use e2e::{Answer, Stage};

async fn rests_with(stage: Stage, answer: Answer, code: ProblemCode) {
    let provider = Provider::start().await;
    provider.fake.at(stage.clone(), answer);
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let snapshot = office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let LaneState::Throttled { problem, .. } = snapshot.lane.state else { panic!("not resting") };
    assert_eq!(problem.code, code, "{stage:?}: {problem:?}");
    let queue = office.queue().await;
    assert_eq!((queue.len(), queue[0].attempts, queue[0].state), (1, 0, RecipientState::Queued), "{stage:?}");
    // Mended: by itself, since the lane is tried again after its rest.
    provider.fake.calm();
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.history().await.len(), 1, "no report was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_of_5xx_bounces_nothing() {
    rests_with(Stage::Greeting, reply("554 5.7.1 go away"), ProblemCode::GreetingRefused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ehlo_answered_5xx_bounces_nothing() {
    rests_with(Stage::Ehlo, reply("550 5.7.1 no"), ProblemCode::GreetingRefused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starttls_answered_4xx_or_5xx_bounces_nothing() {
    rests_with(Stage::Starttls, reply("454 4.7.0 not now"), ProblemCode::TlsNotOffered).await;
    rests_with(Stage::Starttls, reply("554 5.7.0 never"), ProblemCode::TlsNotOffered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_bounces_nothing() {
    rests_with(Stage::Auth, reply("535 5.7.3 Authentication unsuccessful"), ProblemCode::SignInRefused).await;
    let off = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.";
    rests_with(Stage::Auth, reply(off), ProblemCode::SignInSwitchedOff).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn password_sign_in_switched_off_at_mail_bounces_nothing() {
    let off = "550 5.7.30 Basic authentication is not supported for Client Submission.";
    rests_with(Stage::Mail, reply(off), ProblemCode::SignInSwitchedOff).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_costs_no_attempt_and_try_now_ends_the_rest() {
    let mut provider = Provider::start().await;
    let address = provider.fake.address();
    provider.fake.stop().await;
    let office = provider.office().await;
    let mut settings = office.settings().await;
    settings.delivery.first_rest_seconds = 600;
    settings.delivery.longest_rest_seconds = 600;
    office.apply(settings).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let fake = e2e::FakeSmartHost::new().starttls(provider.certs.server()).auth(e2e::office::USER, e2e::office::PASSWORD);
    provider.fake = fake.start_on(address).await;
    assert!(provider.fake.messages().is_empty());
    office.ask(Request::TryLane).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_password_nobody_is_called_and_giving_it_sends_the_mail() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    office.ask(Request::RemoveSecret { name: "smart-host".into() }).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let is_missing =
        |state: &LaneState| matches!(state, LaneState::Throttled { problem, .. } if problem.code == ProblemCode::SecretMissing);
    office.until("the password is missed", |snapshot| is_missing(&snapshot.lane.state)).await;
    assert_eq!(provider.fake.connections(), 0);
    office.give_password(e2e::office::PASSWORD).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_end_of_data_is_tried_again() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Dot, Answer::Close);
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    let story = office.story(&id).await;
    assert_eq!((story.entry.state, story.entry.attempts), (RecipientState::Sent, 2));
}
