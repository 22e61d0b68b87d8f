//! Mail is signed as it leaves: an independent verifier (dkimpy) takes the signatures for good, and a changed octet does not
//! pass. Without its key nothing leaves.

use super::Provider;
use control::problem::ProblemCode;
use control::settings::{DisplayName, DkimDomain, RewritingSettings, RewrittenSenders, Settings};
use control::view::{DkimAlgorithm, LaneState};
use control::{Answer, Request};
use e2e::daemon::{furnish, program};
use e2e::office::PASSWORD;
use e2e::{Client, Daemon, Office, Taken, client};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::Command;

fn domain(domain: &str, selector: &str) -> DkimDomain {
    DkimDomain { domain: domain.into(), selector: selector.into(), enabled: true }
}

fn signing(settings: &mut Settings) {
    settings.dkim = vec![domain("office.test", "rsa1"), domain("office.test", "ed1")];
}

/// Makes a key and gives what is to be published.
async fn new_key(office: &Office, domain: &str, selector: &str, algorithm: DkimAlgorithm) -> (String, String) {
    let request = Request::NewDkimKey { domain: domain.into(), selector: selector.into(), algorithm, replace: false, until_restart: true };
    let Answer::DkimKey { key } = office.ask(request).await else { panic!("no key for {domain}") };
    (key.record_name, key.key.unwrap().record)
}

async fn both_keys(office: &Office) -> HashMap<String, String> {
    HashMap::from([
        new_key(office, "office.test", "rsa1", DkimAlgorithm::Rsa).await,
        new_key(office, "office.test", "ed1", DkimAlgorithm::Ed25519).await,
    ])
}

/// One line for each signature: `rsa-sha256 office.test true`.
pub(super) fn verified(records: &HashMap<String, String>, message: &Taken, change: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, script) = (folder.path().join("message"), folder.path().join("verify.py"));
    std::fs::write(&file, &message.content).unwrap();
    std::fs::write(&script, include_str!("verify_dkim.py")).unwrap();
    // Debian's own, for which its packages are.
    let output = Command::new("/usr/bin/python3").arg(script).arg(json!(records).to_string()).arg(file).arg(change).output().unwrap();
    assert!(output.status.success(), "python3-dkim and python3-nacl are needed: {}", String::from_utf8_lossy(&output.stderr));
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let word = |found: &Value, name: &str| found[name].as_str().unwrap_or_default().to_owned();
    found.iter().map(|found| format!("{} {} {}", word(found, "a"), word(found, "d"), found["holds"])).collect()
}

const BOTH: [&str; 2] = ["rsa-sha256 office.test true", "ed25519-sha256 office.test true"];

const HEADER: &str = "From: Scanner <scan@office.test>\r\nTo: ann@away.test\r\nSubject: odd \t spacing\r\n   folded  \r\nDate: x\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", Vec::new()),
        ("plain", b"page 1\r\n".to_vec()),
        ("eight bits", "Größe: 3 \t µm  \r\n".repeat(20).into_bytes()),
        ("no letters", (0..=255).filter(|octet| !matches!(octet, 0 | b'\r' | b'\n')).chain(*b"\r\n").collect()),
        ("long lines", [vec![b'x'; 5000], b" \r\n".to_vec(), vec![b' '; 3000], b"y\r\n".to_vec()].concat()),
        ("blank lines", b"a\r\n\r\n\r\nb\r\n\r\n \t\r\n\r\n".to_vec()),
        ("only blank lines", b"\r\n\r\n\r\n".to_vec()),
        ("dots", b".\r\n..\r\n.x\r\n. .\r\n".to_vec()),
        ("no line end", b"last".to_vec()),
    ]
}

async fn hands_in_all(office: &Office) {
    let mut device = office.device().await;
    for (_, body) in bodies() {
        device.says("MAIL FROM:<scan@office.test> BODY=8BITMIME").await.hears("250 *").await;
        device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
        let content = [HEADER.as_bytes(), &body].concat();
        device.sends(format!("BDAT {} LAST\r\n", content.len()).as_bytes()).await.sends(&content).await.hears("250 *").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_every_kind_are_signed_so_that_others_verify_it() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), signing).await;
    let records = both_keys(&office).await;
    hands_in_all(&office).await;
    let taken = provider.fake.until(bodies().len()).await;
    office.until_queue_is_empty().await;
    for message in &taken {
        let shown = String::from_utf8_lossy(&message.content[..message.content.len().min(3000)]).into_owned();
        assert_eq!(verified(&records, message, ""), BOTH, "{shown}");
        assert_eq!(verified(&records, message, "spaces"), BOTH, "{shown}");
        assert!(message.parameters.starts_with(&format!("SIZE={}", message.content.len())), "{}", message.parameters);
    }
    let broken = ["rsa-sha256 office.test false", "ed25519-sha256 office.test false"];
    let plain = taken.iter().find(|message| message.content.ends_with(b"page 1\r\n")).unwrap();
    for change in ["body", "header", "second"] {
        assert_eq!(verified(&records, plain, change), broken, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_seven_bits_is_signed_as_it_became() {
    let provider = Provider::of(|fake| fake.without("8BITMIME")).await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), signing).await;
    let records = both_keys(&office).await;
    hands_in_all(&office).await;
    let taken = provider.fake.until(bodies().len()).await;
    office.until_queue_is_empty().await;
    for message in &taken {
        assert!(message.content.is_ascii());
        assert_eq!(verified(&records, message, ""), BOTH, "{}", String::from_utf8_lossy(&message.content));
    }
    let changed = |message: &&Taken| String::from_utf8_lossy(&message.content).contains("Gr=C3=B6=C3=9Fe");
    assert!(taken.iter().any(|message| changed(&message)), "something became seven bits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_message_is_signed_on_its_way() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), signing).await;
    let records = both_keys(&office).await;
    let line = "0123456789abcdef ".repeat(4);
    let body = format!("{line}\r\n").repeat(24_000_000 / (line.len() + 2));
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    device.sends(&client::stuffed(format!("{HEADER}{body}").as_bytes())).await.hears("250 *").await;
    let taken = provider.fake.until(1).await;
    assert_eq!(verified(&records, &taken[0], ""), BOTH);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_domain_after_rewriting_decides_who_signs() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.dkim = vec![domain("office.test", "rsa1"), domain("office.example", "ed1")];
        let senders = RewrittenSenders::All { address: Some("mail@two.office.example".into()) };
        settings.smart_host.as_mut().unwrap().rewriting =
            Some(RewritingSettings { senders, display_name: DisplayName::Kept, reply_to: true });
    })
    .await;
    let records = HashMap::from([
        new_key(&office, "office.test", "rsa1", DkimAlgorithm::Rsa).await,
        new_key(&office, "office.example", "ed1", DkimAlgorithm::Ed25519).await,
    ]);
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], HEADER).await;
    let taken = provider.fake.until(1).await;
    assert_eq!(verified(&records, &taken[0], ""), ["ed25519-sha256 office.example true"]);

    // Mail of a domain that nobody signs for goes as it is; so does mail of one that is switched off.
    let mut settings = office.settings().await;
    settings.smart_host.as_mut().unwrap().rewriting = None;
    settings.dkim[0].enabled = false;
    let applied = office.apply(settings).await;
    assert!(matches!(applied, Answer::Settings { .. }), "{applied:?}");
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], HEADER).await;
    let taken = provider.fake.until(2).await;
    assert_eq!(verified(&records, &taken[1], ""), Vec::<String>::new());
}

/// As on a server: the key is a credential of the unit, and everything is said from a shell.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_elsewhere_signs_and_is_shown_in_a_shell() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.dkim = vec![domain("office.test", "s1")];
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let key = credentials.join("dkim.s1.office.test");
    let mut made = Command::new("openssl");
    made.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out"]).arg(&key);
    assert!(made.output().unwrap().status.success());
    let daemon = Daemon::start(&data, &credentials);
    Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], HEADER).await;
    let taken = provider.fake.until(1).await;

    let outtrayd = |words: &[&str]| {
        let output = Command::new(program()).args(words).arg("--data").arg(&data).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, shown, _) = outtrayd(&["dkim", "show", "--json"]);
    let keys: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((code, keys[0]["recordName"].as_str()), (Some(0), Some("s1._domainkey.office.test")));
    let records = HashMap::from([("s1._domainkey.office.test".to_owned(), keys[0]["key"]["record"].as_str().unwrap().to_owned())]);
    assert_eq!(verified(&records, &taken[0], ""), ["rsa-sha256 office.test true"]);

    let (code, _, said) = outtrayd(&["dkim", "new", "office.test", "--selector", "s2"]);
    assert!(code == Some(1) && said.contains("LoadCredential"), "{said}");
    let (code, shown, said) = outtrayd(&["dkim", "new", "office.test", "--selector", "s2", "--ed25519", "--until-restart"]);
    assert!(code == Some(0) && shown.contains("s2._domainkey.office.test") && shown.contains("v=DKIM1; k=ed25519; p="), "{shown}{said}");
    let (code, shown, _) = outtrayd(&["sender-becomes", "Scanner <scan@office.test>"]);
    assert_eq!((code, shown.as_str()), (Some(0), "MAIL FROM:<scan@office.test>\nFrom: Scanner <scan@office.test>\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_mail_waits_rather_than_going_unsigned() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.dkim = vec![domain("office.test", "s1")]).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], HEADER).await;
    let resting = office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let LaneState::Throttled { problem, .. } = resting.lane.state else { panic!() };
    assert_eq!((problem.code, problem.subject.as_deref()), (ProblemCode::SigningKeyMissing, Some("office.test")));
    assert!(provider.fake.messages().is_empty());

    let asked = Request::LookUpDkimKey { domain: "office.test".into(), selector: "s1".into() };
    assert!(matches!(office.ask(asked).await, Answer::Refused { .. }), "there is nothing to look for");
    // The lane is woken by it.
    let records = HashMap::from([new_key(&office, "office.test", "s1", DkimAlgorithm::Rsa).await]);
    let taken = provider.fake.until(1).await;
    assert_eq!(verified(&records, &taken[0], ""), ["rsa-sha256 office.test true"]);
    office.until_queue_is_empty().await;

    // One that is there is not thrown away by a slip, and its secret half is shown nowhere.
    let again = Request::NewDkimKey {
        domain: "office.test".into(),
        selector: "s1".into(),
        algorithm: DkimAlgorithm::Rsa,
        replace: false,
        until_restart: true,
    };
    assert!(matches!(office.ask(again).await, Answer::Refused { .. }));
    let shown = serde_json::to_string(&office.snapshot().await).unwrap();
    assert!(shown.contains("dkim.s1.office.test") && !shown.contains("PRIVATE"), "{shown}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_looked_up_at_a_real_name_server() {
    use e2e::names::{NameServer, asking_it};
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(9, std::path::Path::new(""));
    settings.smart_host.as_mut().unwrap().extra_ca_file = None;
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let _daemon = Daemon::start_by(asking_it(&program(), folder.path()), &data, &credentials);
    let dkim = |words: &[&str]| {
        let output = Command::new(program()).args(["dkim", "--json", "--data"]).arg(&data).args(words).output().unwrap();
        (output.status.success(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default())
    };
    let look_up = || dkim(&["look-up", "office.test"]);
    let (made, view) = dkim(&["new", "office.test", "--until-restart"]);
    assert!(made, "{view}");
    let (name, record) = (view["recordName"].as_str().unwrap(), view["key"]["record"].as_str().unwrap());
    let (published, said) = look_up();
    assert!(!published && said["kind"] == "noAnswer", "nobody is there yet: {said}");
    {
        let _another = NameServer::start("office.test", name, &["v=DKIM1; k=rsa; p=QUJD"]);
        let (published, said) = look_up();
        assert!(!published && said["record"] == "v=DKIM1; k=rsa; p=QUJD", "{said}");
    }
    {
        let _elsewhere = NameServer::start("office.test", "other.office.test", &["v=DKIM1"]);
        assert_eq!(look_up(), (false, json!({ "kind": "notFound" })));
    }
    // Of a key of 2048 bits two strings are made: one has 255 octets at most (RFC 1035 §3.3).
    let (first, second) = record.split_at(255);
    let _ours = NameServer::start("office.test", name, &[first, second]);
    assert_eq!(look_up(), (true, json!({ "kind": "published" })));
}
