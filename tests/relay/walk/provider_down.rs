//! Failure of the smart host is not failure of the mail: the lane rests and says why, nothing is lost,
//! charged or bounced, and all goes on by itself when it is mended.

use super::{MESSAGE, Provider, reply};
use control::view::{LaneState, RecipientState};
use control::{ProblemCode, Request};
use e2e::{Answer, Certs, SmartHostRunning, Stage};
use futures_util::future::join_all;
use rustls::ServerConfig;
use std::sync::Arc;

/// The lane rests and says why, the message is charged nothing, and when the provider is mended it goes by itself.
async fn rests(provider: &Provider, what: &str, code: ProblemCode, mend: impl AsyncFnOnce(&SmartHostRunning)) {
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let snapshot = office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let LaneState::Throttled { problem, .. } = snapshot.lane.state else { panic!("not resting") };
    assert_eq!(problem.code, code, "{what}: {problem:?}");
    assert!(problem.said.as_ref().is_some_and(|said| !said.is_empty()), "{what}: {problem:?}");
    let queue = office.queue().await;
    assert_eq!((queue.len(), queue[0].attempts, queue[0].state), (1, 0, RecipientState::Queued), "{what}");
    // Mended: by itself, since the lane is tried again after its rest.
    mend(&provider.fake).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    let history = office.history().await;
    assert_eq!(history.len(), 1, "{what}: no report was made");
    assert_eq!((history[0].attempts, history[0].state), (1, RecipientState::Sent), "{what}: the only try that counts");
    // Whatever went wrong: what is secret came over encryption only.
    let taken = &provider.fake.messages()[0];
    assert!(taken.encrypted && taken.signed_in.is_some(), "{what}");
}

async fn rests_with(stage: Stage, answer: Answer, code: ProblemCode) {
    let provider = Provider::start().await;
    let what = format!("{stage:?} {answer:?}");
    provider.fake.at(stage, answer);
    rests(&provider, &what, code, async |fake| fake.calm()).await;
}

/// A certificate that does not convince: nobody signs in, and nothing is said behind it.
async fn rests_before(certificate: impl FnOnce(&Certs) -> Arc<ServerConfig>, code: ProblemCode) {
    let provider = Provider::start().await;
    provider.fake.shows(certificate(&provider.certs));
    let good = provider.certs.server();
    rests(&provider, &format!("{code:?}"), code, async |fake| {
        // We may know of it before the provider does.
        fake.until_that(|fake| fake.handshakes_failed() > 0).await;
        let heard = fake.commands();
        assert!(heard.iter().all(|line| line.starts_with("EHLO ") || line == "STARTTLS"), "{code:?}: {heard:?}");
        fake.shows(good);
    })
    .await;
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
async fn a_421_in_place_of_a_greeting_or_behind_ehlo_bounces_nothing() {
    let closing = || Answer::ReplyAndClose("421 4.3.2 Service not available, closing transmission channel".into());
    let later = || reply("421 4.7.0 Try again later");
    let cases =
        [Stage::Greeting, Stage::Ehlo, Stage::EhloEncrypted].into_iter().flat_map(|stage| [(stage.clone(), closing()), (stage, later())]);
    join_all(cases.map(|(stage, answer)| rests_with(stage, answer, ProblemCode::Throttled))).await;
}

/// Not SMTP, half a reply, a line without an end, a reply without an end.
#[tokio::test(flavor = "multi_thread")]
async fn replies_that_are_none_bounce_nothing() {
    let babble = || Answer::Raw(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n".to_vec());
    let half = || Answer::RawAndClose(b"250-2.0.0 half".to_vec());
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::EhloEncrypted, Stage::Auth, Stage::Mail] {
        let faults = [
            (babble(), ProblemCode::BrokenReply),
            (half(), ProblemCode::ConnectionLost),
            (Answer::EndlessLine, ProblemCode::BrokenReply),
            (Answer::EndlessReply, ProblemCode::BrokenReply),
        ];
        join_all(faults.map(|(answer, code)| rests_with(stage.clone(), answer, code))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_wrong_bounces_nothing_and_gets_no_password() {
    tokio::join!(
        rests_before(|_| Certs::untrusted(), ProblemCode::CertificateUntrusted),
        rests_before(|certs| certs.wrong_name(), ProblemCode::CertificateWrongName),
        rests_before(|certs| certs.expired(), ProblemCode::CertificateExpired),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smart_host_that_offers_no_sign_in_bounces_nothing() {
    let provider = Provider::start().await;
    provider.fake.offers("");
    rests(&provider, "no AUTH", ProblemCode::SignInNotOffered, async |fake| fake.offers("PLAIN LOGIN")).await;
    // Nor one that offers only what we do not speak.
    let provider = Provider::start().await;
    provider.fake.offers("GSSAPI NTLM");
    rests(&provider, "other mechanisms", ProblemCode::SignInNotOffered, async |fake| fake.offers("LOGIN")).await;
}

/// The provider's own trouble: the password is not called wrong for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_answered_4xx_bounces_nothing() {
    for said in ["454 4.7.0 Temporary authentication failure", "451 4.7.0 Temporary server error. Please try again later", "421 4.7.66 no"]
    {
        rests_with(Stage::Auth, reply(said), ProblemCode::Throttled).await;
    }
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
