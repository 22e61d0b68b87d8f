//! A real Postfix as the provider, over STARTTLS with SASL: what it takes arrives, what it refuses comes back.

use control::settings::TokenGrant;
use control::view::{LaneState, SignInWaiting, Snapshot};
use control::{Answer, ProblemCode, Request};
use e2e::daemon::furnish;
use e2e::dovecot::Dovecot;
use e2e::postfix::{PASSWORD, Postfix, USER};
use e2e::{Certs, Client, Daemon, Office, OpenIdProvider};
use relay::clock::SystemClock;
use std::path::Path;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_real_postfix_takes_mail_and_whom_it_does_not_know_comes_back() {
    let postfix = Postfix::start();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(postfix.port, &postfix.ca_file);
    settings.smart_host.as_mut().unwrap().sign_in = control::settings::SignIn::Password { user: USER.into() };
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let daemon = Daemon::start(&data, &credentials);

    let mut device = Client::greeted(daemon.address).await;
    let text = "Subject: dots\r\n\r\nfirst\r\n.\r\n..a line that begins with dots\r\nlast\r\n";
    device.hands_in("scan@office.test", &["ann@away.test"], text).await;
    let story = until_settled(&data, "dots").await;
    assert!(story.contains("\"sent\""), "{story}\n{}", postfix.log());
    let arrived = postfix.mailbox("ann@away.test", 1).await;
    let mail = String::from_utf8_lossy(&arrived[0]);
    assert!(mail.ends_with("\nfirst\n.\n..a line that begins with dots\nlast\n"), "{mail}");
    assert!(mail.contains("by relay.office.test (Outtray)"), "{mail}");

    device.hands_in("bob@away.test", &["nobody@away.test"], "Subject: wrong\r\n\r\nx\r\n").await;
    until_settled(&data, "deliver").await;
    let report = postfix.mailbox("bob@away.test", 1).await;
    assert!(
        report.iter().any(|mail| String::from_utf8_lossy(mail).contains("Final-Recipient: rfc822; nobody@away.test")),
        "{}",
        postfix.log()
    );
}

/// Asks the running engine, as a shell would, until the message with this subject has left the queue.
async fn until_settled(data: &Path, subject: &str) -> String {
    let mut client = control::Client::over(control::pipe::connect(data).await.unwrap());
    let mut events = client.events();
    client.call(control::Request::Subscribe).await.unwrap();
    let waiting = async {
        loop {
            let filter = control::request::EntryFilter { text: format!("subject:{subject}"), states: Vec::new(), lane: None };
            let answer = client.call(control::Request::History { filter, offset: 0, limit: 1 }).await.unwrap();
            let control::Answer::Page { page } = answer else { panic!("{answer:?}") };
            if page.entries.first().is_some_and(|entry| entry.unsettled == 0) {
                return serde_json::to_string(&page.entries).unwrap();
            }
            futures_util::StreamExt::next(&mut events).await.unwrap();
        }
    };
    let settled = tokio::time::timeout(e2e::client::PATIENCE, waiting).await;
    client = control::Client::over(control::pipe::connect(data).await.unwrap());
    match settled {
        Ok(story) => story,
        Err(_) => panic!("{subject} is not settled: {:?}", client.call(control::Request::Snapshot).await),
    }
}

/// Tokens that a real provider made, judged by a real server that asks it about each of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_postfix_whose_dovecot_knows_tokens_takes_mail_by_either_mechanism() {
    let certs = Certs::new();
    let folder = tempfile::tempdir().unwrap();
    let service = OpenIdProvider::start(&certs, folder.path());
    let authority = certs.authority_file(folder.path());
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        let dovecot = Dovecot::start(mechanism, &service, &authority);
        let postfix = Postfix::whose_accounts_knows(&dovecot);
        // One file for both: who gives tokens, and who takes mail.
        let both = folder.path().join("both.pem");
        std::fs::write(&both, [&authority, &postfix.ca_file].map(|file| std::fs::read_to_string(file).unwrap()).concat()).unwrap();
        let mut settings = e2e::office::settings_for(postfix.port, &both);
        let smart_host = settings.smart_host.as_mut().unwrap();
        smart_host.sign_in = service.sign_in("desktop", TokenGrant::DeviceCode);
        // Each message signs in anew.
        smart_host.messages_per_connection = 1;
        let office = Office::start(settings, Arc::new(SystemClock)).await;
        let told = || format!("{}\n{}", postfix.log(), dovecot.log());

        office.device().await.hands_in("scan@office.test", &["ann@away.test"], "Subject: by token\r\n\r\nx\r\n").await;
        let smart_host = Box::new(office.settings().await.smart_host.unwrap());
        let Answer::SignIn { sign_in } = office.ask(Request::BeginSignIn { lane: None, smart_host, secret: None }).await else { panic!() };
        let Some(SignInWaiting::DeviceCode { code, link, .. }) = sign_in.waiting else { panic!("{sign_in:?}") };
        service.desk().visit(&format!("{link}?user_code={code}")).await;
        office.until_queue_is_empty().await;
        let arrived = postfix.mailbox("ann@away.test", 1).await;
        assert!(String::from_utf8_lossy(&arrived[0]).contains("Subject: by token"), "{}", told());
        let used = format!("sasl_method={mechanism}, sasl_username=relay@office.test");
        assert!(postfix.log().contains(&used), "{used}:\n{}", told());

        // Called back: nobody gets in, and nothing is lost.
        for kind in ["RefreshToken", "AccessToken", "Grant"] {
            service.desk().forget(kind).await;
        }
        office.device().await.hands_in("scan@office.test", &["ann@away.test"], "Subject: too late\r\n\r\nx\r\n").await;
        let lapsed = |snapshot: &Snapshot| matches!(&snapshot.lane.state, LaneState::Throttled { problem, .. } if problem.code == ProblemCode::SignInLapsed);
        let snapshot = office.until("a resting lane", lapsed).await;
        assert_eq!((snapshot.counters.waiting, snapshot.counters.failed), (1, 0), "{}", told());
        assert!(postfix.log().contains(&format!("SASL {mechanism} authentication failed")), "{}", told());
    }
}
