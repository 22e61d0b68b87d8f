//! Opening a line: whatever goes wrong before the first message is the lane's trouble, never a message's.

use super::*;
use e2e::{Answer, Stage};

fn reply(text: &str) -> Answer {
    Answer::Reply(text.to_owned())
}

#[tokio::test]
async fn encrypted_and_signed_in_by_either_mechanism() {
    for (mechanisms, wanted) in [("LOGIN PLAIN", "AUTH PLAIN"), ("login", "AUTH LOGIN"), ("XOAUTH2 LOGIN", "AUTH LOGIN")] {
        let way = Way::new();
        let running = way.usual().mechanisms(mechanisms).start().await;
        let mut line = way.open(&running).await;
        assert_eq!(line.tls().as_deref(), Some("TLSv1.3"));
        line.deliver(&ann()).await;
        let [taken] = running.until(1).await.try_into().unwrap();
        assert!(taken.encrypted, "{mechanisms}");
        assert_eq!(taken.signed_in.as_deref(), Some(USER), "{mechanisms}");
        assert!(running.commands().iter().any(|command| command.starts_with(wanted)), "{:?}", running.commands());
        line.quit().await;
        running.until_command("QUIT").await;
    }
}

#[tokio::test]
async fn mechanisms_written_with_an_equals_sign_are_read() {
    let way = Way::new();
    let running = way.usual().mechanisms("").start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::SignInNotOffered);
    // The first EHLO is spoken in plain text.
    let answer = "250-fake.test\n250-starttls\n250 auth=plain";
    running.at(Stage::Ehlo, reply(answer));
    way.open(&running).await;
}

#[tokio::test]
async fn every_refusal_while_opening_is_a_trouble_of_the_lane() {
    let cases = [
        (Stage::Greeting, "554 5.7.1 go away", TroubleKind::GreetingRefused),
        (Stage::Greeting, "421 4.3.2 not now", TroubleKind::Throttled),
        (Stage::Ehlo, "550 5.7.1 not you", TroubleKind::GreetingRefused),
        (Stage::Ehlo, "451 4.3.0 later", TroubleKind::GreetingRefused),
        (Stage::Starttls, "454 4.7.0 no certificate today", TroubleKind::TlsNotOffered),
        (Stage::Starttls, "554 5.7.1 never", TroubleKind::TlsNotOffered),
        (Stage::Auth, "535 5.7.8 wrong", TroubleKind::SignInRefused),
        (Stage::Auth, "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", TroubleKind::SignInSwitchedOff),
        (Stage::Auth, "454 4.7.0 temporary failure", TroubleKind::Throttled),
        (Stage::Auth, "250 2.0.0 what", TroubleKind::BrokenReply),
    ];
    for (stage, said, wanted) in cases {
        let way = Way::new();
        let running = way.usual().at(stage.clone(), reply(said)).start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!(trouble.kind, wanted, "{stage:?} {said}: {trouble}");
        if wanted != TroubleKind::BrokenReply {
            let words = said.splitn(3, ' ').last().unwrap();
            assert!(trouble.said.contains(words), "{stage:?}: {trouble}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_stalls_or_babbles_is_a_trouble_of_the_lane() {
    let stages = [Stage::Greeting, Stage::Ehlo, Stage::Starttls, Stage::Auth];
    let faults = [
        (Answer::Close, &[TroubleKind::ConnectionLost][..]),
        (Answer::Stall, &[TroubleKind::ConnectionTimedOut][..]),
        (Answer::EndlessLine, &[TroubleKind::BrokenReply][..]),
        (Answer::EndlessReply, &[TroubleKind::BrokenReply][..]),
        (Answer::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), &[TroubleKind::BrokenReply][..]),
        (Answer::Raw(b"\xff\xfe\xfd\r\n".to_vec()), &[TroubleKind::BrokenReply][..]),
        (Answer::Raw(b"999 nine\r\n".to_vec()), &[TroubleKind::BrokenReply, TroubleKind::GreetingRefused, TroubleKind::TlsNotOffered][..]),
        (Answer::Raw(b"250-first\r\n550 second\r\n".to_vec()), &[TroubleKind::BrokenReply][..]),
    ];
    for stage in stages {
        for (fault, wanted) in &faults {
            let way = Way::new().impatient();
            let running = way.usual().at(stage.clone(), fault.clone()).start().await;
            let trouble = way.trouble(&running).await;
            assert!(wanted.contains(&trouble.kind), "{stage:?} {fault:?}: {trouble}");
            assert!(trouble.said.len() < 1000 && !trouble.said.contains(['\r', '\n', '\0']), "{trouble}");
            assert!(running.messages().is_empty());
        }
    }
}

#[tokio::test]
async fn nobody_there() {
    let way = Way::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let trouble = way.host_on(port).open().await.err().unwrap();
    assert_eq!(trouble.kind, TroubleKind::ConnectionRefused, "{trouble}");
    assert!(trouble.subject.contains(&port.to_string()), "{trouble}");

    let mut way = Way::new();
    way.config.server = "no-such-name.invalid".into();
    assert_eq!(way.host_on(25).open().await.err().unwrap().kind, TroubleKind::HostNotFound);
}

#[tokio::test]
async fn a_password_never_goes_over_an_unencrypted_or_unverified_line() {
    // No encryption chosen.
    let mut way = Way::new();
    way.config.encryption = SmartHostEncryption::None;
    let running = FakeSmartHost::new().auth(USER, PASSWORD).start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::TlsNotOffered);
    assert_eq!(running.connections(), 0, "nobody was called");

    // STARTTLS stripped from the answer.
    let way = Way::new();
    let running = FakeSmartHost::new().auth(USER, PASSWORD).start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::TlsNotOffered);
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")), "{:?}", running.commands());

    // A server nobody vouches for.
    let running = FakeSmartHost::new().starttls(Certs::untrusted()).auth(USER, PASSWORD).start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::CertificateUntrusted);
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")), "{:?}", running.commands());
}

#[tokio::test]
async fn a_missing_password_is_told_before_anybody_is_called() {
    let mut way = Way::new();
    way.config.sign_in = SignIn::Password { user: USER.into(), password: None };
    let running = way.usual().start().await;
    let trouble = way.trouble(&running).await;
    assert_eq!((trouble.kind, trouble.subject.as_str()), (TroubleKind::SecretMissing, USER));
    assert_eq!(running.connections(), 0);
}

#[tokio::test]
async fn a_reply_slipped_in_behind_starttls_is_not_believed() {
    let way = Way::new();
    let evil = b"220 ready\r\n250-evil.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n".to_vec();
    let running = way.usual().at(Stage::Starttls, Answer::Followed(evil)).start().await;
    let trouble = way.trouble(&running).await;
    assert_eq!(trouble.kind, TroubleKind::TlsFailed, "{trouble}");
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")));
}

#[tokio::test]
async fn a_server_that_echoes_the_password_has_it_masked() {
    use base64::Engine;
    let blob = base64::engine::general_purpose::STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    let alone = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
    let echoes = [
        format!("535 5.7.8 wrong: {PASSWORD}"),
        format!("500 5.5.2 unknown: AUTH PLAIN {blob}"),
        format!("535-5.7.8 you said {alone}\n535 5.7.8 and that is wrong"),
        // Cut off by a server that keeps its lines short.
        format!("500 5.5.2 unknown: AUTH PLAIN {}...", &blob[..blob.len() - 9]),
    ];
    for echo in echoes {
        let way = Way::new();
        let running = way.usual().at(Stage::Auth, reply(&echo)).start().await;
        let trouble = way.trouble(&running).await;
        let said = format!("{trouble} {trouble:?}");
        for secret in [PASSWORD, &blob, &alone, &blob[..blob.len() - 9]] {
            assert!(!said.contains(secret), "{echo}: {said}");
        }
        assert!(said.contains("5.7.8") || said.contains("5.5.2"), "the rest stays readable: {said}");
    }
}

/// A provider that remembers the last sign-in and tells it to whoever calls next.
#[tokio::test]
async fn a_password_told_before_the_sign_in_was_kept_as_it_came() {
    use base64::Engine;
    let blob = base64::engine::general_purpose::STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    let told = format!("your last words were {PASSWORD} and AUTH PLAIN {blob}, I know");
    let refused = reply(&format!("554 5.7.1 {told}"));
    let no_smtp = Answer::Raw(format!("{told}\r\n").into_bytes());
    let mut cases: Vec<(Stage, Answer)> = Vec::new();
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::Starttls, Stage::EhloEncrypted] {
        cases.push((stage.clone(), refused.clone()));
        cases.push((stage, no_smtp.clone()));
    }
    // Nothing we can sign in with, and the refusal lists what was offered.
    cases.push((Stage::EhloEncrypted, reply(&format!("250-fake.test\n250 AUTH {blob} {PASSWORD}, I know"))));
    for (stage, answer) in cases {
        let way = Way::new();
        let running = way.usual().at(stage.clone(), answer.clone()).start().await;
        let trouble = way.trouble(&running).await;
        let said = format!("{trouble} {trouble:?}").to_lowercase();
        for secret in [PASSWORD, &blob] {
            assert!(!said.contains(&secret.to_lowercase()), "{stage:?} {answer:?}: {said}");
        }
        let tells_the_rest = said.contains("i know") || trouble.kind == TroubleKind::BrokenReply;
        assert!(tells_the_rest, "{stage:?} {answer:?}: {said}");
    }
}
