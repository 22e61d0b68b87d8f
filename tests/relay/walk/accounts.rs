//! Devices that sign in: their passwords come in and never out, and who guesses is stopped.

use super::{MESSAGE, Provider};
use base64::Engine;
use control::settings::{AccessRule, DeviceAccount};
use control::view::RefusalKind;
use control::{Answer, ProblemCode, Request, Secret};
use e2e::{Client, Office};
use relay::clock::{Clock, HandWound, SystemClock};
use std::sync::Arc;
use std::time::Duration;

const BRANCH: &str = "tr0mb0ne-window";

/// An office that lets nobody in by address, with one account.
async fn office(provider: &Provider, failures: u32) -> Office {
    office_at(provider, failures, Arc::new(SystemClock)).await
}

async fn office_at(provider: &Provider, failures: u32, clock: Arc<dyn Clock>) -> Office {
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.rules.clear();
    settings.accounts = vec![account("Branch", true)];
    settings.limits.sign_in_failures = failures;
    settings.limits.sign_in_pause_seconds = 600;
    let office = Office::start(settings, clock).await;
    let answer = set(&office, "branch", BRANCH).await;
    assert!(matches!(answer, Answer::Settings { .. }), "{answer:?}");
    office
}

fn account(name: &str, enabled: bool) -> DeviceAccount {
    DeviceAccount { name: name.into(), note: String::new(), enabled, senders: vec!["branch.test".into()] }
}

async fn set(office: &Office, account: &str, password: &str) -> Answer {
    office.ask(Request::SetAccountPassword { account: account.into(), password: Secret::new(password.into()) }).await
}

fn plain(user: &str, password: &str) -> String {
    format!("AUTH PLAIN {}", base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}")))
}

async fn encrypted(office: &Office) -> Client {
    let mut device = office.device().await;
    device.starts_tls().await;
    let offered = device.says("EHLO device.test").await.hears("250 *").await;
    assert!(offered.contains("AUTH PLAIN LOGIN"), "{offered}");
    device
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_lets_a_device_in_from_anywhere_over_tls() {
    let provider = Provider::start().await;
    let mut office = office(&provider, 10).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@branch.test>").await.hears("530 5.7.0 Authentication required: <127.0.0.1> *").await;
    device.says(&plain("branch", BRANCH)).await.hears("538 5.7.11 *").await;

    let mut device = encrypted(&office).await;
    device.says(&plain("branch", "wrong")).await.hears("535 5.7.8 *").await;
    device.says(&plain("nobody", BRANCH)).await.hears("535 5.7.8 *").await;
    device.says(&plain("BRANCH", BRANCH)).await.hears("235 2.7.0 *").await;
    device.says("MAIL FROM:<boss@office.test>").await.hears("550 5.7.1 <boss@office.test>: the account Branch *").await;
    device.hands_in("scan@branch.test", &["ann@away.test"], MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert!(String::from_utf8_lossy(&taken[0].content).contains("with ESMTPSA"), "RFC 3848");

    let Answer::Devices { devices } = office.ask(Request::Devices).await else { panic!("no devices") };
    assert_eq!((devices[0].account.as_deref(), devices[0].tls.as_deref()), (Some("Branch"), Some("TLSv1.3")));
    let Answer::Refusals { page } = office.ask(Request::Refusals { text: "535".into(), offset: 0, limit: 9 }).await else { panic!("none") };
    assert_eq!(page.refusals.iter().map(|line| (line.why, line.count)).collect::<Vec<_>>(), [(RefusalKind::SignInFailed, 2)]);
    let used = office.until("its use is told", |snapshot| snapshot.settings.accounts[0].last_used_at.is_some()).await;
    assert!(used.settings.accounts[0].has_password);
    // It outlives a restart.
    office.restart().await;
    encrypted(&office).await.says(&plain("branch", BRANCH)).await.hears("235 2.7.0 *").await;

    // Neither password nor hash is in anything that is shown or written beside the database.
    let Answer::Settings { settings } = office.ask(Request::Settings).await else { panic!("no settings") };
    let shown = format!("{}{}", serde_json::to_string(&settings).unwrap(), serde_json::to_string(&office.snapshot().await).unwrap());
    assert!(!shown.contains(BRANCH) && !shown.contains("argon2"), "{shown}");
    let folder = office.stop().await;
    for file in std::fs::read_dir(folder.path()).unwrap().flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds(BRANCH), "{:?} holds the password", file.path());
        assert!(file.file_name() == "queue.db" || !holds("argon2id"), "{:?} holds the hash", file.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_slowed_refused_for_a_while_and_told_of() {
    let provider = Provider::start().await;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let office = office_at(&provider, 3, clock.clone()).await;
    let mut guesser = encrypted(&office).await;
    for guess in ["one", "two", "three"] {
        guesser.says(&plain("branch", guess)).await.hears("535 5.7.8 *").await;
    }
    guesser.says(&plain("branch", BRANCH)).await.hears("454 4.7.0 *").await;
    let guessed = |snapshot: &control::view::Snapshot| {
        snapshot.notices.iter().find(|notice| notice.code == ProblemCode::PasswordsGuessed).map(|notice| notice.subject.clone())
    };
    assert_eq!(guessed(&office.snapshot().await), Some(Some("127.0.0.1".into())));
    clock.advance(Duration::from_secs(599));
    guesser.says(&plain("branch", BRANCH)).await.hears("454 4.7.0 *").await;
    clock.advance(Duration::from_secs(1));
    guesser.says(&plain("branch", BRANCH)).await.hears("235 2.7.0 *").await;
    assert_eq!(guessed(&office.snapshot().await), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_password_switched_off_or_gone_lets_nobody_in() {
    let provider = Provider::start().await;
    let office = office(&provider, 100).await;
    let refused = async || encrypted(&office).await.says(&plain("branch", BRANCH)).await.hears("535 5.7.8 *").await;
    let Answer::Settings { settings } = office.ask(Request::RemoveAccountPassword { account: "BRANCH".into() }).await else {
        panic!("refused")
    };
    assert!(!settings.accounts[0].has_password);
    refused().await;
    set(&office, "Branch", BRANCH).await;
    let mut settings = office.settings().await;
    settings.accounts = vec![account("Branch", false), account("other", true)];
    office.apply(settings.clone()).await;
    refused().await;
    settings.accounts[0].enabled = true;
    let Answer::Settings { settings: view } = office.apply(settings.clone()).await else { panic!("refused") };
    assert!(view.accounts[0].has_password, "switched off, its password is kept");
    encrypted(&office).await.says(&plain("branch", BRANCH)).await.hears("235 2.7.0 *").await;
    settings.accounts.remove(0);
    office.apply(settings.clone()).await;
    settings.accounts.push(account("branch", true));
    let Answer::Settings { settings: view } = office.apply(settings).await else { panic!("refused") };
    assert!(!view.accounts[1].has_password, "another account of that name does not inherit it");
    refused().await;
    for (name, password, field) in [("nobody", "x", "account"), ("branch", "", "password"), ("branch", "a\nb", "password")] {
        let Answer::Refused { refused } = set(&office, name, password).await else { panic!("{name} {password:?} was taken") };
        assert!(format!("{refused:?}").contains(&format!("field: {field:?}")), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_may_demand_a_sign_in_and_may_take_it_in_plain_text() {
    let provider = Provider::start().await;
    let office = office(&provider, 10).await;
    let mut settings = office.settings().await;
    let mut rule = AccessRule::allowing("127.0.0.1", "Old scanners");
    (rule.require_sign_in, rule.plain_sign_in) = (true, true);
    settings.rules = vec![rule];
    office.apply(settings.clone()).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@branch.test>").await.hears("530 5.7.0 Authentication required: Old scanners: *").await;
    device.says(&plain("branch", BRANCH)).await.hears("235 2.7.0 *").await;
    device.hands_in("scan@branch.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    settings.rules[0].action = control::settings::RuleAction::Refuse;
    office.apply(settings).await;
    device.says("MAIL FROM:<scan@branch.test>").await.hears("550 5.7.1 <127.0.0.1>: Old scanners: *").await;
}
