//! Signing in with more than PLAIN and LOGIN: bearer tokens, CRAM-MD5, a certificate.

use super::*;
use e2e::{Answer, Stage};
use relay::smarthost::{BoxFuture, Tokens};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex};

/// A token source that does as it is told.
struct Told {
    /// What it gives next; the last for ever.
    gives: Mutex<Vec<Result<String, Trouble>>>,
    refused: Mutex<Vec<String>>,
}

impl Told {
    fn gives(tokens: &[&str]) -> Arc<Self> {
        let gives = tokens.iter().rev().map(|token| Ok((*token).to_owned())).collect();
        Arc::new(Self { gives: Mutex::new(gives), refused: Mutex::default() })
    }

    fn fails(kind: TroubleKind) -> Arc<Self> {
        let trouble = Trouble { kind, subject: "login.test".into(), said: "AADSTS7000222: the secret has ended".into() };
        Arc::new(Self { gives: Mutex::new(vec![Err(trouble)]), refused: Mutex::default() })
    }

    fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

impl Tokens for Told {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Trouble>> {
        let next = self.gives.lock().unwrap().last().unwrap().clone();
        Box::pin(async move { next.map(SecretString::from) })
    }

    fn refused(&self, token: &SecretString) {
        self.refused.lock().unwrap().push(token.expose_secret().to_owned());
        let mut gives = self.gives.lock().unwrap();
        if gives.len() > 1 {
            gives.pop();
        }
    }
}

/// Longer than one command line, as those of the great providers are.
fn long(name: &str) -> String {
    format!("{name}-{}", "eyJhbGciOiJSUzI1NiJ9".repeat(60))
}

fn way_with(tokens: &Arc<Told>) -> Way {
    let mut way = Way::new();
    way.config.sign_in = SignIn::Token { user: USER.into(), tokens: Arc::clone(tokens) as Arc<dyn Tokens> };
    way
}

/// Only this token is good.
fn only(way: &Way, good: &str) -> FakeSmartHost {
    let good = good.to_owned();
    FakeSmartHost::new().starttls(way.certs.server()).tokens(USER, move |token| {
        let right = token == good;
        async move { if right { "" } else { "401" } }
    })
}

#[tokio::test]
async fn a_token_is_handed_over_by_either_mechanism_short_or_long() {
    for (mechanisms, wanted) in
        [("XOAUTH2", "AUTH XOAUTH2"), ("OAUTHBEARER", "AUTH OAUTHBEARER"), ("plain xoauth2 oauthbearer", "AUTH XOAUTH2")]
    {
        for token in ["short".to_owned(), long("token")] {
            let way = way_with(&Told::gives(&[&token]));
            let running = only(&way, &token).mechanisms(mechanisms).start().await;
            let mut line = way.open(&running).await;
            line.deliver(&ann()).await;
            let [taken] = running.until(1).await.try_into().unwrap();
            assert_eq!((taken.encrypted, taken.signed_in.as_deref()), (true, Some(USER)), "{mechanisms}");
            let commands = running.commands();
            let command = commands.iter().find(|command| command.starts_with(wanted)).unwrap();
            // RFC 4954 §4: what does not fit into a command line waits to be asked for.
            assert_eq!(command.len() > wanted.len(), token == "short", "{command}");
        }
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_then_the_lane_rests() {
    let tokens = Told::gives(&["old", "new"]);
    let way = way_with(&tokens);
    let running = only(&way, "new").start().await;
    way.open(&running).await.quit().await;
    assert_eq!((tokens.refused(), running.connections()), (vec!["old".to_owned()], 1));

    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        let tokens = Told::gives(&["old", "new", "newer"]);
        let way = way_with(&tokens);
        let running = only(&way, "another").mechanisms(mechanism).start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!((trouble.kind, trouble.subject.as_str()), (TroubleKind::TokenNotAccepted, USER));
        let wanted = "535 5.7.8 user name or password wrong (401: the token is not valid: it has ended, was called back, or is for \
                      somebody else; wanted scope: smtp.send)";
        assert_eq!(trouble.said, wanted);
        assert_eq!(tokens.refused(), ["old", "new"], "no third is asked for");
        let asked = running.commands().iter().filter(|command| command.starts_with("AUTH")).count();
        assert_eq!(asked, 2, "{:?}", running.commands());
    }
}

#[tokio::test]
async fn the_same_token_is_not_tried_twice_and_other_refusals_cost_no_token() {
    let tokens = Told::gives(&["the only one"]);
    let way = way_with(&tokens);
    let running = only(&way, "another").start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::TokenNotAccepted);
    assert_eq!(running.commands().iter().filter(|command| command.starts_with("AUTH")).count(), 1);

    let cases = [
        ("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", TroubleKind::SignInSwitchedOff),
        ("454 4.7.0 temporary failure", TroubleKind::Throttled),
        ("421 4.3.2 not now", TroubleKind::Throttled),
    ];
    for (said, wanted) in cases {
        let tokens = Told::gives(&["good", "never asked for"]);
        let way = way_with(&tokens);
        let running = only(&way, "good").at(Stage::Auth, Answer::Reply(said.into())).start().await;
        assert_eq!(way.trouble(&running).await.kind, wanted, "{said}");
        assert!(tokens.refused().is_empty(), "{said}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_is_called_and_the_reason_is_told() {
    for kind in [TroubleKind::AppSecretRefused, TroubleKind::TokenUnreachable, TroubleKind::SignInLapsed] {
        let way = way_with(&Told::fails(kind));
        let running = only(&way, "none").start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!((trouble.kind, trouble.said.as_str()), (kind, "AADSTS7000222: the secret has ended"));
        assert_eq!(running.connections(), 0);
    }
}

#[tokio::test]
async fn a_token_never_goes_over_an_unencrypted_or_unverified_line() {
    let token = long("secret");
    let way = || way_with(&Told::gives(&[&token]));
    // No encryption chosen.
    let mut plain = way();
    plain.config.encryption = SmartHostEncryption::None;
    let running = FakeSmartHost::new().tokens(USER, |_| async { "" }).start().await;
    assert_eq!(plain.trouble(&running).await.kind, TroubleKind::TlsNotOffered);
    assert_eq!(running.connections(), 0, "nobody was called");
    // STARTTLS stripped from the answer.
    assert_eq!(way().trouble(&running).await.kind, TroubleKind::TlsNotOffered);
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")), "{:?}", running.commands());
    // A server nobody vouches for.
    let running = FakeSmartHost::new().starttls(Certs::untrusted()).tokens(USER, |_| async { "" }).start().await;
    assert_eq!(way().trouble(&running).await.kind, TroubleKind::CertificateUntrusted);
    assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")), "{:?}", running.commands());
    // A server that offers passwords only gets no token in the place of one.
    let way = way();
    let running = only(&way, "x").mechanisms("PLAIN LOGIN CRAM-MD5").start().await;
    let trouble = way.trouble(&running).await;
    assert_eq!((trouble.kind, trouble.said.as_str()), (TroubleKind::SignInNotOffered, "offered: PLAIN LOGIN CRAM-MD5"));
}

#[tokio::test]
async fn a_server_that_echoes_a_token_has_it_masked_also_on_the_next_line() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let token = long("needle");
    let blob = STANDARD.encode(format!("user={USER}\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let echo = format!("535 5.7.8 I do not like {} nor {}, I know", &token[..200], &blob[..200]);
    let way = way_with(&Told::gives(&[&token]));
    let running = only(&way, &token).at(Stage::Auth, Answer::Reply(echo.clone())).start().await;
    let host = way.host(&running);
    let said_by = async || format!("{:?}", host.open().await.err().unwrap());
    let said = said_by().await;
    assert!(said.contains("***") && said.contains("I know"), "{said}");
    // It remembers, and greets with it.
    running.at(Stage::Greeting, Answer::Reply(echo.replace("535 5.7.8", "554 5.7.1")));
    let greeted = said_by().await;
    assert!(greeted.contains("***") && greeted.contains("I know"), "{greeted}");
    for said in [said, greeted] {
        for secret in ["needle", &token[20..40], &blob[..16], &blob[100..116]] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[tokio::test]
async fn challenges_that_make_no_sense_are_no_loop() {
    let way = way_with(&Told::gives(&["good"])).impatient();
    for (said, wanted) in [
        ("334 bm90IGpzb24=", TroubleKind::BrokenReply),
        ("334 ***", TroubleKind::BrokenReply),
        ("250 2.0.0 what", TroubleKind::BrokenReply),
    ] {
        let running = only(&way, "good").at(Stage::Auth, Answer::Reply(said.into())).start().await;
        // Our answer to a challenge is no command: whatever the server makes of it, the line is not signed in.
        let trouble = way.trouble(&running).await;
        assert!(trouble.kind == wanted || trouble.kind == TroubleKind::TokenNotAccepted, "{said}: {trouble}");
        assert!(running.messages().is_empty());
    }
}

#[tokio::test]
async fn cram_md5_is_the_last_choice() {
    for (mechanisms, wanted) in [("CRAM-MD5", "AUTH CRAM-MD5"), ("CRAM-MD5 LOGIN", "AUTH LOGIN"), ("CRAM-MD5 PLAIN", "AUTH PLAIN")] {
        let way = Way::new();
        let running = way.usual().mechanisms(mechanisms).start().await;
        way.open(&running).await.deliver(&ann()).await;
        assert_eq!(running.until(1).await[0].signed_in.as_deref(), Some(USER), "{mechanisms}");
        assert!(running.commands().iter().any(|command| command.starts_with(wanted)), "{:?}", running.commands());
    }
    let mut way = Way::new();
    way.config.sign_in = SignIn::Password { user: USER.into(), password: Some(SecretString::from("wrong")) };
    let running = way.usual().mechanisms("CRAM-MD5").start().await;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::SignInRefused);
}

#[tokio::test]
async fn a_certificate_is_shown_where_that_is_the_sign_in() {
    let mut way = Way::new();
    let (certificate_file, key_file) = way.certs.client_files("relay.office.test", way.folder.path());
    let running = FakeSmartHost::new().starttls(way.certs.server_asking()).certificates().start().await;
    // Without one this server takes nothing.
    way.config.sign_in = SignIn::None;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert_eq!(down(&attempt), Some(TroubleKind::SignInNeeded), "{attempt:?}");

    way.config.sign_in = SignIn::Certificate { certificate_file: certificate_file.clone(), key_file: key_file.clone() };
    way.open(&running).await.deliver(&ann()).await;
    assert_eq!(running.until(1).await[0].signed_in.as_deref(), Some("a certificate"));

    // Files that are missing, or do not belong together, and a way on which none is shown.
    std::fs::write(&key_file, Certs::new().server_pem(&["x.test"]).1).unwrap();
    let trouble = way.trouble(&running).await;
    assert_eq!(trouble.kind, TroubleKind::CertificateFileUnusable, "{trouble}");
    std::fs::remove_file(&key_file).unwrap();
    let trouble = way.trouble(&running).await;
    assert_eq!(trouble.kind, TroubleKind::CertificateFileUnusable, "{trouble}");
    assert!(trouble.subject.contains("client.key"), "{trouble}");
    way.config.encryption = SmartHostEncryption::None;
    assert_eq!(way.trouble(&running).await.kind, TroubleKind::TlsNotOffered);
}
