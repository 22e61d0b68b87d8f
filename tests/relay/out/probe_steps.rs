//! The step by step check: each step begins and ends in its order, and the first failure ends it.

use super::*;
use ProbeStage::*;
use e2e::{Answer, Stage};
use relay::mail::Mailbox;
use relay::smarthost::probe::{ProbeOutcome, ProbeReport, ProbeStage, probe};

/// `Connect…` for a beginning; `Connect ok`, `Connect -` or `Connect ConnectionRefused` for an end.
async fn told(way: &Way, port: u16, sender: bool) -> (bool, Vec<String>, Vec<ProbeReport>) {
    let mut config = way.config.clone();
    config.port = port;
    let sender = sender.then(|| Mailbox::parse("scan@office.test").unwrap());
    let mut reports = Vec::new();
    let passed = probe(&config, "relay.office.test", sender.as_ref(), |report| reports.push(report)).await;
    let lines = reports.iter().map(|report| match &report.outcome {
        ProbeOutcome::Started => format!("{:?}…", report.stage),
        ProbeOutcome::Passed(_) => format!("{:?} ok", report.stage),
        ProbeOutcome::Failed(trouble) => format!("{:?} {:?}", report.stage, trouble.kind),
        ProbeOutcome::Skipped => format!("{:?} -", report.stage),
    });
    (passed, lines.collect(), reports)
}

/// All steps up to the failing one passed, all behind it are skipped.
fn failing(at: ProbeStage, kind: TroubleKind) -> Vec<String> {
    let mut lines = Vec::new();
    let mut failed = false;
    for stage in [Name, Connect, Encrypt, Greet, SignIn, Sender] {
        if failed {
            lines.push(format!("{stage:?} -"));
            continue;
        }
        failed = stage == at;
        lines.push(format!("{stage:?}…"));
        lines.push(if failed { format!("{stage:?} {kind:?}") } else { format!("{stage:?} ok") });
    }
    lines
}

#[tokio::test]
async fn each_step_begins_and_ends_in_its_order() {
    let way = Way::new();
    let running = way.usual().start().await;
    let (passed, lines, _) = told(&way, running.port(), true).await;
    let steps = [Name, Connect, Encrypt, Greet, SignIn, Sender];
    let wanted: Vec<String> = steps.iter().flat_map(|stage| [format!("{stage:?}…"), format!("{stage:?} ok")]).collect();
    assert_eq!((passed, lines), (true, wanted));
    assert_eq!(running.connections(), 1, "one connection for all of it");
    // It says goodbye, and nothing was sent.
    running.until_command("QUIT").await;
    assert!(running.messages().is_empty());
    assert!(!running.commands().iter().any(|command| command.starts_with("RCPT") || command == "DATA"));
}

#[tokio::test]
async fn what_is_not_wanted_is_skipped() {
    let way = Way::new().unencrypted();
    let running = FakeSmartHost::new().start().await;
    let (passed, lines, _) = told(&way, running.port(), false).await;
    let wanted =
        ["Name…", "Name ok", "Connect…", "Connect ok", "Encrypt…", "Encrypt -", "Greet…", "Greet ok", "SignIn…", "SignIn -", "Sender -"];
    assert_eq!((passed, lines), (true, wanted.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn every_failure_stops_at_its_own_step() {
    use TroubleKind::*;
    let reply = |text: &str| Answer::Reply(text.to_owned());
    let way = Way::new();
    let certs = &way.certs;
    let bad = |server| FakeSmartHost::new().starttls(server).auth(USER, PASSWORD);
    let rows = [
        (way.usual().at(Stage::Connect, Answer::Close), Encrypt, ConnectionLost),
        (way.usual().at(Stage::Greeting, reply("554 5.7.1 go away")), Encrypt, GreetingRefused),
        (way.usual().at(Stage::Starttls, reply("454 4.7.0 not today")), Encrypt, TlsNotOffered),
        (FakeSmartHost::new().auth(USER, PASSWORD), Encrypt, TlsNotOffered),
        (FakeSmartHost::new().implicit(certs.server()), Encrypt, TlsModeSwapped),
        (bad(Certs::untrusted()), Encrypt, CertificateUntrusted),
        (bad(certs.wrong_name()), Encrypt, CertificateWrongName),
        (bad(certs.expired()), Encrypt, CertificateExpired),
        (way.usual().at(Stage::Starttls, Answer::Followed(b"250 evil\r\n".to_vec())), Encrypt, TlsFailed),
        (way.usual().at(Stage::EhloEncrypted, reply("550 5.7.1 not you")), Greet, GreetingRefused),
        (way.usual().at(Stage::EhloEncrypted, Answer::Close), Greet, ConnectionLost),
        (way.usual().at(Stage::EhloEncrypted, Answer::EndlessLine), Greet, BrokenReply),
        (way.usual().mechanisms("DIGEST-MD5"), SignIn, SignInNotOffered),
        (way.usual().at(Stage::Auth, reply("535 5.7.8 wrong")), SignIn, SignInRefused),
        (way.usual().at(Stage::Auth, reply("535 5.7.139 SmtpClientAuthentication is disabled")), SignIn, SignInSwitchedOff),
        (way.usual().at(Stage::Auth, Answer::Close), SignIn, ConnectionLost),
        (way.usual().at(Stage::Mail, reply("530 5.7.57 Client not authenticated to send mail")), Sender, SignInNeeded),
        (way.usual().at(Stage::Mail, Answer::Close), Sender, ConnectionLost),
    ];
    for (fake, at, kind) in rows {
        let mut way_of_row = Way { certs: Certs::new(), folder: tempfile::tempdir().unwrap(), config: way.config.clone() };
        if kind == TlsModeSwapped {
            way_of_row.config.timeouts.command = Duration::from_secs(2);
        }
        let running = fake.start().await;
        let (passed, lines, reports) = told(&way_of_row, running.port(), true).await;
        assert_eq!((passed, lines), (false, failing(at, kind)), "{reports:?}");
        let signing_in = running.commands().iter().any(|command| command.starts_with("AUTH"));
        assert!(!signing_in || matches!(at, SignIn | Sender), "{:?}", running.commands());
        assert!(!format!("{reports:?}").contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_name_nobody_knows_and_a_door_nobody_opens() {
    let mut way = Way::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (_, lines, _) = told(&way, port, true).await;
    assert_eq!(lines, failing(Connect, TroubleKind::ConnectionRefused));
    way.config.server = "no-such-name.invalid".into();
    let (_, lines, _) = told(&way, port, true).await;
    assert_eq!(lines, failing(Name, TroubleKind::HostNotFound));
}

#[tokio::test]
async fn without_a_password_or_without_encryption_the_sign_in_step_says_so() {
    let mut way = Way::new();
    way.config.sign_in = relay::config::SignIn::Password { user: USER.into(), password: None };
    let running = way.usual().start().await;
    let (_, lines, _) = told(&way, running.port(), true).await;
    assert_eq!(lines, failing(SignIn, TroubleKind::SecretMissing));

    let mut way = Way::new();
    way.config.encryption = SmartHostEncryption::None;
    let running = FakeSmartHost::new().auth(USER, PASSWORD).start().await;
    let (passed, lines, _) = told(&way, running.port(), true).await;
    assert!(!passed && lines.contains(&"SignIn TlsNotOffered".to_owned()), "{lines:?}");
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")));
}

/// Everything that is told goes to a window: no secret in it, no control characters, not without end.
#[tokio::test]
async fn what_a_step_found_is_fit_to_be_shown() {
    for words in ["250", "550 5.7.1"] {
        let way = Way::new();
        let nasty = format!("{words} you said {PASSWORD}\u{1b}[2J {}", "x".repeat(5000));
        let running = way.usual().at(Stage::Mail, Answer::Reply(nasty)).start().await;
        let (_, _, reports) = told(&way, running.port(), true).await;
        let found = match &reports.last().unwrap().outcome {
            ProbeOutcome::Passed(found) => found.clone(),
            ProbeOutcome::Failed(trouble) => trouble.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(!found.contains(PASSWORD), "{found}");
        assert!(!found.contains('\u{1b}') && found.len() < 1500, "{} {found}", found.len());
    }
}
