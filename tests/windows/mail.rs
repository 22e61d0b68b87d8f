//! `outtrayd.exe` at work: mail by a device's socket, over TLS and signed in to the provider, with the password kept
//! in the Credential Manager; killed, refused, and stopped.

use crate::wine::{WindowsDaemon, Wine, say, windows_path};
use control::settings::{AccessRule, ListenerEncryption, ListenerSettings, LogLevel, Settings};
use e2e::load::{Promised, is_whole, send_until_killed, subject};
use e2e::office::{PASSWORD, USER, settings_for};
use e2e::{Certs, Client, FakeSmartHost, SmartHostRunning};
use serde_json::Value;
use std::path::{Path, PathBuf};

const MESSAGE: &str = "From: scan@office.test\r\nTo: ann@away.test\r\nSubject: Scan 1\r\n\r\npage 1\r\n";

/// A provider that demands STARTTLS and a sign-in, and a data folder whose settings name it.
struct Office {
    wine: &'static Wine,
    provider: SmartHostRunning,
    folder: tempfile::TempDir,
}

impl Office {
    async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let wine = Wine::shared();
        let certs = Certs::new();
        let folder = tempfile::Builder::new().prefix("outtray-windows").tempdir().unwrap();
        let authority = certs.authority_file(folder.path());
        let provider = FakeSmartHost::new().starttls(certs.server()).auth(USER, PASSWORD).start().await;
        let mut settings = settings_for(provider.port(), Path::new(&windows_path(&authority)));
        change(&mut settings);
        let office = Self { wine, provider, folder };
        std::fs::create_dir(office.data()).unwrap();
        std::fs::write(office.data().join("settings.json"), serde_json::to_vec_pretty(&settings).unwrap()).unwrap();
        office
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&self) -> WindowsDaemon {
        WindowsDaemon::start(self.wine, &self.data())
    }

    fn start_with_password(&self, password: &str) -> WindowsDaemon {
        let daemon = self.start();
        let said = daemon.told(&["secret", "set", "smart-host"], &format!("{password}\r\n"));
        assert_eq!(said.code, Some(0), "{said:?}");
        daemon
    }
}

fn states(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap()).collect()
}

fn is_set(secrets: &Value) -> Option<bool> {
    secrets.as_array()?.iter().find(|secret| secret["name"] == "smart-host")?["isSet"].as_bool()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_byte_for_byte_signed_in_with_the_password_of_the_credential_manager() {
    let office = Office::new(|_| {}).await;
    let daemon = office.start_with_password(PASSWORD);
    let large = format!("Subject: large\r\n\r\n{}", ".dotted line\r\n".repeat(20_000));
    let odd = "Subject: odd\r\n\r\n.\r\n..\r\n\r\n\u{e4}\u{20ac}\r\n";
    let mut plain = Client::greeted(daemon.address()).await;
    plain.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    plain.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], &large).await;
    let mut encrypted = Client::greeted(daemon.address()).await;
    encrypted.starts_tls().await;
    encrypted.says("EHLO device.test").await.hears("250 *").await;
    encrypted.hands_in("scan@office.test", &["ann@away.test"], odd).await;

    let taken = office.provider.until(3).await;
    assert!(taken.iter().all(|message| message.encrypted && message.signed_in.as_deref() == Some(USER)));
    for wanted in [MESSAGE, &large, odd] {
        let found = taken.iter().find(|message| message.content.ends_with(wanted.as_bytes()));
        let found = found.unwrap_or_else(|| panic!("lost or changed: {:?}", &wanted[..40]));
        let trace = String::from_utf8_lossy(&found.content[..found.content.len() - wanted.len()]).into_owned();
        assert!(trace.starts_with("Received: from device.test ([127.0.0.1])\r\n\tby relay.office.test"), "{trace}");
        assert_eq!(trace.contains("ESMTPS"), wanted == odd, "{trace}");
    }
    let all_sent = |page: &Value| states(page) == ["sent", "sent", "sent"];
    daemon.until(&["history"], all_sent);
    assert_eq!(daemon.asked(&["status"])["settings"]["store"]["kind"], "windowsCredentialManager");
    assert_eq!(daemon.stop(), Some(0));

    // The next one finds queue, history and password as they were.
    let daemon = office.start();
    assert!(all_sent(&daemon.asked(&["history"])));
    Client::greeted(daemon.address()).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    assert_eq!(office.provider.until(4).await[3].signed_in.as_deref(), Some(USER));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_wrong_password_mail_waits_and_with_the_right_one_it_goes() {
    let office = Office::new(|_| {}).await;
    let daemon = office.start_with_password("not this one");
    Client::greeted(daemon.address()).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let status = daemon.until(&["status"], |status| status["lane"]["state"]["kind"] == "throttled");
    assert_eq!(status["lane"]["state"]["problem"]["code"], "signInRefused", "{status:#}");
    assert_eq!(states(&daemon.asked(&["queue"])), ["queued"]);
    assert_eq!(office.provider.messages().len(), 0);
    let said = daemon.told(&["secret", "set", "smart-host"], PASSWORD);
    assert_eq!(said.code, Some(0), "{said:?}");
    office.provider.until(1).await;
    daemon.until(&["queue"], |queue| queue["total"] == 0);
    assert_eq!(states(&daemon.asked(&["history"])), ["sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_promised_arrives_although_the_engine_is_killed_three_times() {
    const PROMISES: usize = 8;
    let office = Office::new(|_| {}).await;
    let mut daemon = office.start_with_password(PASSWORD);
    let promised = Promised::default();
    for life in 0..3 {
        let address = daemon.address();
        send_until_killed(address, &life.to_string(), (3, PROMISES), &promised, || daemon.kill()).await;
        daemon = office.start();
    }
    let promised = promised.lock().unwrap().clone();
    assert!(promised.len() >= 3 * PROMISES);
    office
        .provider
        .until_that(|provider| {
            let arrived = provider.messages().iter().map(|message| subject(&message.content)).collect();
            promised.is_subset(&arrived)
        })
        .await;
    assert!(office.provider.messages().iter().all(|message| is_whole(&message.content)));
    daemon.until(&["queue"], |queue| queue["total"] == 0);
    assert_eq!(daemon.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_outside_the_allowed_networks_is_refused() {
    let elsewhere = AccessRule::allowing("10.99.0.0/24", "elsewhere");
    let office = Office::new(|settings| settings.rules = vec![elsewhere]).await;
    let daemon = office.start();
    let mut device = Client::greeted(daemon.address()).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 *").await;
    let status = daemon.until(&["status"], |status| status["counters"]["refused"] == 1);
    assert_eq!(status["refused"][0]["address"], "127.0.0.1", "{status:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_and_the_other_opens_all_the_same() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap();
    let listener = ListenerSettings::new("127.0.0.1", taken.port(), ListenerEncryption::Starttls);
    let office = Office::new(|settings| settings.listeners.insert(0, listener)).await;
    let daemon = office.start();
    assert!(daemon.errors().contains(&format!("not listening on {taken} starttls: portTaken")), "{}", daemon.errors());
    assert_ne!(daemon.address(), taken);
    let status = daemon.asked(&["status"]);
    assert_eq!(status["listeners"][0]["problem"]["code"], "portTaken", "{status:#}");
    Client::greeted(daemon.address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_kept_removed_and_found_in_no_file() {
    const NEEDLE: &str = "Zq7-needle-in-a-haystack-9";
    let office = Office::new(|settings| settings.log_level = LogLevel::Trace).await;
    let daemon = office.start_with_password(NEEDLE);
    // Used once, so that it was read and sent.
    Client::greeted(daemon.address()).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    daemon.until(&["status"], |status| status["lane"]["state"]["kind"] == "throttled");
    assert_eq!(is_set(&daemon.asked(&["status"])["settings"]["secrets"]), Some(true));
    assert!(!daemon.told(&["settings", "show"], "").out.contains(NEEDLE));
    assert_eq!(daemon.stop(), Some(0));

    let daemon = office.start();
    assert_eq!(is_set(&daemon.asked(&["status"])["settings"]["secrets"]), Some(true));
    assert_eq!(is_set(&daemon.asked(&["secret", "remove", "smart-host"])), Some(false));
    assert_eq!(daemon.stop(), Some(0));

    let daemon = office.start();
    assert_eq!(is_set(&daemon.asked(&["status"])["settings"]["secrets"]), Some(false));
    assert_eq!(daemon.stop(), Some(0));
    let mut seen = 0;
    look_through(office.folder.path(), &mut |path, bytes| {
        seen += bytes.len();
        let wide: Vec<u8> = NEEDLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for needle in [NEEDLE.as_bytes(), &wide] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{} holds the password", path.display());
        }
    });
    assert!(seen > 10_000, "there was something to look through: {seen} bytes");
}

fn look_through(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { look_through(&path, look) } else { look(&path, &std::fs::read(&path).unwrap()) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_on_the_same_folder_is_told_who_runs() {
    let office = Office::new(|_| {}).await;
    let daemon = office.start();
    let process = daemon.asked(&["status"])["engine"]["processId"].clone();
    let second = say(office.wine, &office.data(), &["run"], "");
    assert_eq!(second.code, Some(6), "{second:?}");
    assert!(second.err.contains(&format!("process {process}")), "{second:?}");
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(say(office.wine, &office.data(), &["status"], "").code, Some(3));
}
