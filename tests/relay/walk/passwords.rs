//! A password belongs to one server and is shown to no other; one that could not be read is read again.

use super::{MESSAGE, Provider, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use control::problem::ProblemCode;
use control::view::{LaneState, Snapshot};
use control::{Answer, Client as Control, NewSecret, Request, Secret};
use e2e::daemon::furnish;
use e2e::office::{PASSWORD, USER};
use e2e::{Client, Daemon, FakeSmartHost, Stage};
use futures_util::StreamExt;
use std::path::Path;

const NEW: &str = "for the new server";

fn rests_for(snapshot: &Snapshot, code: ProblemCode) -> bool {
    matches!(&snapshot.lane.state, LaneState::Throttled { problem, .. } if problem.code == code)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_the_new_server_was_shown_to_the_old_one() {
    let old = Provider::start().await;
    let new = FakeSmartHost::new().starttls(old.certs.server()).auth(USER, NEW).start().await;
    // A message waits for the old one, which is why it is left.
    old.fake.at(Stage::Auth, reply("535 5.7.8 no longer"));
    let office = old.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a refused sign-in", |snapshot| rests_for(snapshot, ProblemCode::SignInRefused)).await;

    let mut settings = office.settings().await;
    settings.smart_host.as_mut().unwrap().port = new.port();
    let secret = NewSecret { name: "smart-host".into(), secret: Secret::new(NEW.into()), until_restart: true };
    // What cannot be used changes nothing, neither settings nor password.
    let mut wrong = settings.clone();
    wrong.limits.hops = 0;
    let refused = office.ask(Request::ApplySettings { settings: Box::new(wrong), secret: Some(secret.clone()) }).await;
    assert!(matches!(&refused, Answer::Problems { problems } if problems[0].field == "limits.hops"), "{refused:?}");
    office.ask(Request::TryLane).await;
    let applied = office.ask(Request::ApplySettings { settings: Box::new(settings), secret: Some(secret) }).await;
    assert!(matches!(applied, Answer::Settings { .. }), "{applied:?}");
    new.until(1).await;
    office.until_queue_is_empty().await;

    let shown = |password: &str| STANDARD.encode(format!("\0{USER}\0{password}"));
    let saw = |fake: &e2e::SmartHostRunning, password: &str| fake.commands().iter().any(|line| line.contains(&shown(password)));
    assert!(saw(&old.fake, PASSWORD) && saw(&new, NEW), "this test looks for the wrong words");
    assert!(!saw(&old.fake, NEW) && !saw(&new, PASSWORD));
}

/// Waits, event by event.
async fn until(control: &Control, what: &str, wanted: impl Fn(&Snapshot) -> bool) {
    let mut events = control.events();
    control.call(Request::Subscribe).await.unwrap();
    let waiting = async {
        loop {
            let Answer::Snapshot { snapshot } = control.call(Request::Snapshot).await.unwrap() else { panic!() };
            if wanted(&snapshot) {
                return;
            }
            events.next().await.expect("a running engine");
        }
    };
    tokio::time::timeout(e2e::client::PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never came: {what}"));
}

/// An engine whose password cannot be read: a folder stands in its place.
async fn unreadable(provider: &Provider, folder: &Path, rest_seconds: u32) -> (Daemon, Control, std::path::PathBuf) {
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.delivery.first_rest_seconds = rest_seconds;
    settings.delivery.longest_rest_seconds = rest_seconds;
    let (data, credentials) = furnish(folder, &settings, PASSWORD);
    let password = credentials.join("smart-host");
    std::fs::remove_file(&password).unwrap();
    std::fs::create_dir(&password).unwrap();
    let daemon = Daemon::start(&data, &credentials);
    let control = Control::over(control::pipe::connect(&data).await.unwrap());
    Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    until(&control, "a lane without a password", |snapshot| {
        let said = snapshot.notices.iter().any(|notice| notice.code == ProblemCode::SecretStoreUnavailable);
        said && rests_for(snapshot, ProblemCode::SecretMissing)
    })
    .await;
    (daemon, control, password)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_could_not_be_read_once_stayed_missing() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (_daemon, control, password) = unreadable(&provider, folder.path(), 1).await;
    std::fs::remove_dir(&password).unwrap();
    std::fs::write(&password, PASSWORD).unwrap();
    // Nobody does anything.
    provider.fake.until(1).await;
    until(&control, "no notice", |snapshot| snapshot.notices.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_try_now_has_the_password_read_again() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (_daemon, control, password) = unreadable(&provider, folder.path(), 3600).await;
    std::fs::remove_dir(&password).unwrap();
    std::fs::write(&password, PASSWORD).unwrap();
    assert_eq!(control.call(Request::TryLane).await.unwrap(), Answer::Done);
    provider.fake.until(1).await;
}
