//! Opening a line, as one table: each way to encrypt × each stage × each fault. Always a trouble of the
//! lane, and nothing of the password before its time.

use super::*;
use TroubleKind::*;
use e2e::{Answer, Stage};
use futures_util::future::join_all;

/// What goes wrong, and what it is called at a stage where replies are read.
fn faults() -> Vec<(&'static str, Answer, &'static [TroubleKind])> {
    let reply = |text: &str| Answer::Reply(text.to_owned());
    vec![
        ("closed", Answer::Close, &[ConnectionLost]),
        ("silent", Answer::Stall, &[ConnectionTimedOut]),
        ("half a line, closed", Answer::RawAndClose(b"250-fa".to_vec()), &[ConnectionLost, BrokenReply]),
        ("half a line, silent", Answer::Raw(b"250-fa".to_vec()), &[ConnectionTimedOut]),
        ("half a reply, closed", Answer::RawAndClose(b"250-fake.test\r\n250-SIZE\r\n".to_vec()), &[ConnectionLost]),
        ("half a reply, silent", Answer::Raw(b"250-fake.test\r\n250-SIZE\r\n".to_vec()), &[ConnectionTimedOut]),
        ("a line without an end", Answer::EndlessLine, &[BrokenReply]),
        ("a reply without an end", Answer::EndlessReply, &[BrokenReply]),
        ("another protocol", Answer::Raw(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n".to_vec()), &[BrokenReply]),
        ("noise", Answer::Raw((0..=255).cycle().take(3000).chain(*b"\r\n").collect()), &[BrokenReply, TlsModeSwapped]),
        ("two codes", Answer::Raw(b"250-one\r\n550 two\r\n".to_vec()), &[BrokenReply]),
        ("no digits", Answer::Raw(b"2x0 ok\r\n".to_vec()), &[BrokenReply]),
        ("no such code", Answer::Raw(b"099 ok\r\n".to_vec()), &[BrokenReply]),
        ("later", reply("451 4.3.0 later"), &[GreetingRefused, TlsNotOffered, Throttled]),
        ("later, closed", Answer::ReplyAndClose("421 4.3.2 not now".into()), &[Throttled, TlsNotOffered]),
        ("later, not UTF-8", Answer::Raw(b"451 4.3.0 sp\xe4ter\r\n".to_vec()), &[GreetingRefused, TlsNotOffered, Throttled]),
        ("never", reply("554 5.7.1 go away"), &[GreetingRefused, TlsNotOffered, SignInRefused]),
        ("never, in two lines", reply("554-5.7.1 go\n554 5.7.1 away"), &[GreetingRefused, TlsNotOffered, SignInRefused]),
        ("syntax", reply("500 5.5.2 what"), &[GreetingRefused, TlsNotOffered, SignInRefused]),
        ("out of place", reply("354 go on"), &[GreetingRefused, TlsNotOffered, BrokenReply]),
    ]
}

async fn row(encryption: SmartHostEncryption, stage: Stage, name: &str, fault: Answer, wanted: &[TroubleKind]) {
    let case = format!("{encryption:?}, {stage:?}: {name}");
    let mut way = Way::new();
    way.config.encryption = encryption;
    if fault_is_silence(&fault) {
        way.config.timeouts.command = Duration::from_secs(5);
        // Only whether it was waiting for TLS is asked here.
        way.config.timeouts.tls = Duration::from_secs(5);
    }
    let fake = match encryption {
        SmartHostEncryption::None => {
            way.config.sign_in = SignIn::None;
            FakeSmartHost::new()
        }
        SmartHostEncryption::Starttls => way.usual(),
        SmartHostEncryption::Implicit => FakeSmartHost::new().implicit(way.certs.server()).auth(USER, PASSWORD),
    };
    let running = fake.at(stage.clone(), fault).start().await;
    let trouble = way.trouble(&running).await;
    assert!(wanted.contains(&trouble.kind), "{case}: {trouble}");
    assert!(!trouble.said.contains(|letter: char| letter.is_control()) && trouble.said.len() < 2000, "{case}: {trouble:?}");
    assert!(!trouble.to_string().contains(PASSWORD), "{case}: {trouble}");
    let signing_in = running.commands().iter().filter(|command| command.starts_with("AUTH")).count();
    assert_eq!(signing_in, usize::from(stage == Stage::Auth), "{case}: {:?}", running.commands());
    assert!(!running.commands().iter().any(|command| command.starts_with("MAIL")), "{case}");
}

fn fault_is_silence(fault: &Answer) -> bool {
    match fault {
        Answer::Stall => true,
        Answer::Raw(bytes) => !bytes.ends_with(b"\r\n") || bytes.ends_with(b"SIZE\r\n"),
        _ => false,
    }
}

async fn table(encryption: SmartHostEncryption, stages: &[Stage]) {
    // A stage at a time: all handshakes at once would take more time than a time-out has.
    for stage in stages {
        join_all(faults().into_iter().map(|(name, fault, wanted)| row(encryption, stage.clone(), name, fault, wanted))).await;
    }
}

#[tokio::test]
async fn opening_in_plain_text_fails_as_the_lane() {
    table(SmartHostEncryption::None, &[Stage::Greeting, Stage::Ehlo]).await;
}

#[tokio::test]
async fn opening_with_starttls_fails_as_the_lane() {
    table(SmartHostEncryption::Starttls, &[Stage::Greeting, Stage::Ehlo, Stage::Starttls, Stage::EhloEncrypted, Stage::Auth]).await;
}

#[tokio::test]
async fn opening_encrypted_from_the_first_byte_fails_as_the_lane() {
    table(SmartHostEncryption::Implicit, &[Stage::Greeting, Stage::Ehlo, Stage::Auth]).await;
}

/// Before anything is said, and in place of the handshake.
#[tokio::test]
async fn what_is_no_smart_host_at_all_is_the_lanes_trouble() {
    let swapped = &[TlsModeSwapped, TlsFailed][..];
    let rows = [
        (SmartHostEncryption::None, Stage::Connect, Answer::Close, &[ConnectionLost][..]),
        (SmartHostEncryption::None, Stage::Connect, Answer::Stall, &[ConnectionTimedOut]),
        (SmartHostEncryption::Starttls, Stage::Connect, Answer::Close, &[ConnectionLost]),
        (SmartHostEncryption::Starttls, Stage::Connect, Answer::Stall, &[ConnectionTimedOut]),
        (SmartHostEncryption::Implicit, Stage::Connect, Answer::Close, &[TlsFailed, ConnectionLost]),
        (SmartHostEncryption::Implicit, Stage::Connect, Answer::Stall, &[ConnectionTimedOut]),
        (SmartHostEncryption::Implicit, Stage::Connect, Answer::Raw(b"220 in plain text\r\n".to_vec()), swapped),
        (SmartHostEncryption::Implicit, Stage::Connect, Answer::EndlessReply, swapped),
        (SmartHostEncryption::Starttls, Stage::Handshake, Answer::Close, &[TlsFailed, ConnectionLost]),
        (SmartHostEncryption::Starttls, Stage::Handshake, Answer::Stall, &[ConnectionTimedOut]),
        (SmartHostEncryption::Starttls, Stage::Handshake, Answer::Raw(b"250 in plain text\r\n".to_vec()), swapped),
        // An alert: handshake_failure.
        (SmartHostEncryption::Starttls, Stage::Handshake, Answer::Raw(vec![21, 3, 3, 0, 2, 2, 40]), &[TlsFailed]),
    ];
    join_all(rows.map(|(encryption, stage, fault, wanted)| row(encryption, stage, "", fault, wanted))).await;
}

/// Each wait has its own time-out: the others are far longer than this test may take.
#[tokio::test]
async fn each_silence_is_cut_by_its_own_time_out() {
    let rows = [
        (Stage::Greeting, false),
        (Stage::Ehlo, false),
        (Stage::Starttls, false),
        (Stage::EhloEncrypted, false),
        (Stage::Auth, false),
        (Stage::Handshake, true),
    ];
    let rows = rows.map(|(stage, of_tls)| async move {
        let mut way = Way::new();
        let (short, long) = (Duration::from_secs(2), Duration::from_secs(60));
        way.config.timeouts = Timeouts { connect: long, tls: long, command: long, data_block: long, data_end: long, idle: long };
        // After a silence in plain text the adapter asks once whether TLS was awaited.
        way.config.timeouts.tls = if of_tls { short } else { Duration::from_secs(4) };
        if !of_tls {
            way.config.timeouts.command = short;
        }
        let running = way.usual().at(stage.clone(), Answer::Stall).start().await;
        let trouble = tokio::time::timeout(Duration::from_secs(30), way.trouble(&running)).await;
        let trouble = trouble.unwrap_or_else(|_| panic!("{stage:?}: still waiting"));
        assert_eq!(trouble.kind, ConnectionTimedOut, "{stage:?}: {trouble}");
    });
    join_all(rows).await;
}

/// A full queue of connections: nobody answers the first packet.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_nobody_answers_is_cut_by_its_time_out() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..20 {
        match tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await {
            Ok(stream) => waiting.push(stream),
            Err(_) => break,
        }
    }
    for encryption in [SmartHostEncryption::Starttls, SmartHostEncryption::Implicit] {
        let mut way = Way::new();
        way.config.encryption = encryption;
        way.config.server = "127.0.0.1".into();
        way.config.timeouts.connect = Duration::from_secs(1);
        let trouble = way.host_on(address.port()).open().await.err().unwrap();
        assert_eq!(trouble.kind, ConnectionTimedOut, "{trouble}");
        assert!(trouble.subject.contains(&address.port().to_string()), "{trouble}");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_not_offered_or_not_understood_is_not_tried() {
    for (mechanisms, wanted) in
        [("", "no sign-in"), ("DIGEST-MD5", "DIGEST-MD5"), ("XOAUTH2 NTLM", "XOAUTH2 NTLM"), ("PLAINTEXT LOGINS", "LOGINS")]
    {
        let way = Way::new();
        let running = way.usual().mechanisms(mechanisms).start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!(trouble.kind, SignInNotOffered, "{mechanisms}: {trouble}");
        assert!(trouble.said.contains(wanted), "{mechanisms}: {trouble}");
        assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")), "{mechanisms}");
    }
}

/// What was offered in plain text counts for nothing: only the answer under TLS does.
#[tokio::test]
async fn a_sign_in_offered_only_in_plain_text_is_not_believed() {
    let way = Way::new();
    let running = way.usual().mechanisms("").at(Stage::EhloEncrypted, Answer::Reply("250-fake.test\n250 SIZE 1000".into())).start().await;
    running.at(Stage::Ehlo, Answer::Reply("250-fake.test\n250-STARTTLS\n250 AUTH PLAIN LOGIN".into()));
    running.at(Stage::EhloEncrypted, Answer::Reply("250-fake.test\n250 SIZE 1000".into()));
    assert_eq!(way.trouble(&running).await.kind, SignInNotOffered);
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")));
}

/// The line itself as it came, by every mechanism, and later as well.
#[tokio::test]
async fn whatever_line_is_echoed_the_password_is_not_in_what_is_kept() {
    use base64::Engine;
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let secrets = [PASSWORD.to_owned(), base64(PASSWORD), base64(&format!("\0{USER}\0{PASSWORD}"))];
    let clean = |case: &str, said: &str| {
        for secret in &secrets {
            assert!(!said.contains(secret.trim_end_matches('=')), "{case}: {said}");
        }
    };
    for mechanisms in ["PLAIN", "LOGIN"] {
        for words in ["535 5.7.8 wrong:", "500 5.5.2 unknown command", "454 4.7.0 later", "334", "250 2.0.0 fine", "banana"] {
            let way = Way::new();
            let running = way.usual().mechanisms(mechanisms).at(Stage::Auth, Answer::Echo(words.into())).start().await;
            let trouble = way.trouble(&running).await;
            clean(&format!("{mechanisms} {words}"), &format!("{trouble} {trouble:?}"));
        }
        for (stage, code) in [
            (Stage::Mail, "451"),
            (Stage::Mail, "550"),
            (Stage::Rcpt(String::new()), "550"),
            (Stage::Data, "451"),
            (Stage::Dot, "554"),
            (Stage::Dot, "250"),
        ] {
            let way = Way::new();
            let echo = format!("{code} you are {} with {PASSWORD}, I know", secrets[2]);
            let running = way.usual().mechanisms(mechanisms).at(stage.clone(), Answer::Reply(echo)).start().await;
            let attempt = way.open(&running).await.deliver(&ann()).await;
            let said = format!("{attempt:?} {:?}", story(&attempt));
            clean(&format!("{stage:?} {code}"), &said);
            assert!(said.contains("I know"), "{said}");
        }
    }
}
