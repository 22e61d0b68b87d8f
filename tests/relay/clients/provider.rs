//! A real Postfix as the provider, over STARTTLS with SASL: what it takes arrives, what it refuses comes back.

use e2e::daemon::furnish;
use e2e::postfix::{PASSWORD, Postfix, USER};
use e2e::{Client, Daemon};
use std::path::Path;

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
            let filter = control::request::EntryFilter { text: format!("subject:{subject}"), states: Vec::new() };
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
