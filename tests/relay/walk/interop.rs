//! Real programs at both ends: swaks, msmtp and Python's smtplib hand in, a real Postfix takes over
//! STARTTLS with SASL.

use e2e::daemon::furnish;
use e2e::postfix::{PASSWORD, Postfix, USER};
use e2e::{Client, Daemon};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn swaks_msmtp_and_smtplib_hand_in_and_postfix_takes_it() {
    let postfix = Postfix::start();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(postfix.port, &postfix.ca_file);
    settings.smart_host.as_mut().unwrap().sign_in = control::settings::SignIn::Password { user: USER.into() };
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    let address = daemon.address;

    let senders: [(&str, fn(SocketAddr, &Path)); 5] =
        [("swaks", swaks), ("swaks-tls", swaks_tls), ("msmtp", msmtp), ("smtplib", smtplib), ("smtplib-tls", smtplib_tls)];
    for (name, send) in senders {
        send(address, folder.path());
        let story = until_settled(&data, name).await;
        assert!(story.contains("\"sent\""), "{name}: {story}\n{}", postfix.log());
    }
    let arrived = postfix.mailbox("ann@away.test", senders.len()).await;
    let texts: Vec<String> = arrived.iter().map(|mail| String::from_utf8_lossy(mail).into_owned()).collect();
    for (name, _) in senders {
        let mail =
            texts.iter().find(|text| text.contains(&format!("Subject: {name}\n"))).unwrap_or_else(|| panic!("{name} did not arrive"));
        assert!(mail.contains("\n..a line that begins with dots\n"), "{name}: {mail}");
        assert!(mail.contains("by relay.office.test (Outtray)"), "{name}: {mail}");
    }
    // A recipient Postfix does not know comes back as a report, to a mailbox it does know.
    let mut device = Client::greeted(address).await;
    device.hands_in("bob@away.test", &["nobody@away.test"], "Subject: wrong\r\n\r\nx\r\n").await;
    until_settled(&data, "deliver").await;
    let report = postfix.mailbox("bob@away.test", 1).await;
    assert!(
        report.iter().any(|mail| String::from_utf8_lossy(mail).contains("Final-Recipient: rfc822; nobody@away.test")),
        "{}",
        postfix.log()
    );
}

const TEXT: &str = "first\n..a line that begins with dots\nlast\n";

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

fn swaks_with(address: SocketAddr, subject: &str, more: &[&str]) {
    let output = Command::new("swaks")
        .args(["--server", &address.ip().to_string(), "--port", &address.port().to_string()])
        .args(["--from", "scan@office.test", "--to", "ann@away.test", "--header", &format!("Subject: {subject}"), "--body", TEXT])
        .args(more)
        .output()
        .expect("swaks");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn swaks(address: SocketAddr, _: &Path) {
    swaks_with(address, "swaks", &[]);
}

fn swaks_tls(address: SocketAddr, _: &Path) {
    swaks_with(address, "swaks-tls", &["--tls"]);
}

fn msmtp(address: SocketAddr, _: &Path) {
    let mut child = Command::new("msmtp")
        .args(["--file=/dev/null", "--host", &address.ip().to_string(), "--port", &address.port().to_string()])
        .args(["--from", "scan@office.test", "--tls=off", "--auth=off", "ann@away.test"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("msmtp");
    write!(child.stdin.take().unwrap(), "From: scan@office.test\nTo: ann@away.test\nSubject: msmtp\n\n{TEXT}").unwrap();
    assert!(child.wait().unwrap().success());
}

fn python(address: SocketAddr, subject: &str, start: &str) {
    let script = format!(
        "import smtplib, ssl
s = smtplib.SMTP('{}', {})
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
{start}
s.sendmail('scan@office.test', ['ann@away.test'], 'Subject: {subject}\\n\\nfirst\\n..a line that begins with dots\\nlast\\n')
s.quit()",
        address.ip(),
        address.port()
    );
    let output = Command::new("python3").args(["-c", &script]).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn smtplib(address: SocketAddr, _: &Path) {
    python(address, "smtplib", "");
}

fn smtplib_tls(address: SocketAddr, _: &Path) {
    python(address, "smtplib-tls", "s.starttls(context=c)");
}
