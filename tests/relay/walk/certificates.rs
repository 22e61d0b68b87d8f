//! Certificate files that are gone, broken or renewed: what runs goes on, a notice names the file, and a new one is loaded.

use super::{MESSAGE, Provider};
use control::problem::ProblemCode;
use control::request::NewSecret;
use control::settings::{AccessRule, CertificateSettings, ListenerEncryption, ListenerSettings, Settings};
use control::view::{LaneState, Snapshot};
use control::{Answer, Request, Secret};
use e2e::{Certs, Client, Office};
use futures_util::StreamExt;
use relay::clock::SystemClock;
use rustls_pki_types::pem::PemObject;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;

/// An office whose devices see a certificate of files in this folder.
async fn office(provider: &Provider, folder: &Path, ca_file: PathBuf) -> Office {
    let mut settings = e2e::office::settings_for(provider.fake.port(), &ca_file);
    settings.listeners.push(ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Implicit));
    let named = |name: &str| folder.join(name).display().to_string();
    settings.certificate = CertificateSettings::Pem { certificate_file: named("office.pem"), key_file: named("office.key") };
    Office::start(settings, Arc::new(SystemClock)).await
}

/// The files about which there is a notice.
fn unusable(snapshot: &Snapshot) -> Vec<&Path> {
    let notices = snapshot.notices.iter().filter(|notice| notice.code == ProblemCode::CertificateFileUnusable);
    notices.map(|notice| Path::new(notice.subject.as_deref().unwrap_or_default())).collect()
}

/// What a device that trusts this authority is shown at a port with TLS from the start; None: something else.
async fn shown(address: SocketAddr, authority: &Certs) -> Option<Vec<u8>> {
    shown_to_whom_trusts(address, authority.authority_pem()).await
}

async fn shown_to_whom_trusts(address: SocketAddr, pem: &str) -> Option<Vec<u8>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls_pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    Some(stream.get_ref().1.peer_certificates()?.first()?.to_vec())
}

/// What the window and `outtrayd certificate` say that devices see: whether it is ours, and the certificate itself.
async fn said_to_be_shown(office: &Office) -> (bool, Option<Vec<u8>>) {
    let view = office.snapshot().await.settings.certificate.expect("ports that encrypt");
    let der = rustls_pki_types::CertificateDer::from_pem_slice(view.pem.as_bytes()).unwrap();
    (view.own, Some(der.to_vec()))
}

fn put(folder: &Path, (certificate, key): &(String, String)) {
    std::fs::write(folder.join("office.pem"), certificate).unwrap();
    std::fs::write(folder.join("office.key"), key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_file_that_was_gone_at_the_start_stopped_everything() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("authority.pem");
    let office = office(&provider, folder.path(), ca_file.clone()).await;
    let snapshot = office.snapshot().await;
    let files = ["office.pem", "office.key"].map(|name| folder.path().join(name));
    assert_eq!(unusable(&snapshot), [&files[0], &files[1], &ca_file]);
    let said = snapshot.notices[0].said.clone().unwrap_or_default();
    assert!(said.contains("cannot be read") && said.contains("wanted: a file that the account Outtray runs as can read"), "{said}");
    assert_eq!((snapshot.settings.problems.len(), snapshot.listeners.iter().filter(|port| port.problem.is_none()).count()), (0, 2));

    // Devices are served, encrypted with our own certificate.
    let [plain, encrypted] = office.addresses().await[..] else { panic!() };
    let mut device = Client::greeted(plain).await;
    device.starts_tls().await;
    device.says("EHLO device.test").await.hears("250 *").await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    Client::connect_tls(encrypted).await.hears("220 *").await;
    assert_eq!(shown(encrypted, &provider.certs).await, None);
    // A device that is given what the window saves for it trusts us.
    let ours = snapshot.settings.certificate.expect("ports that encrypt");
    let seen = shown_to_whom_trusts(encrypted, &ours.pem).await;
    assert!(ours.own && ours.names.iter().any(|name| name == "localhost") && seen.is_some(), "{ours:?}");
    assert_eq!(said_to_be_shown(&office).await, (true, seen));
    office
        .until("a lane that names the file", |snapshot| {
            matches!(&snapshot.lane.state, LaneState::Throttled { problem, .. }
                if problem.code == ProblemCode::CertificateFileUnusable && problem.subject.as_deref() == ca_file.to_str())
        })
        .await;

    // Other settings can be changed; a file that is named anew must be good.
    let mut settings = office.settings().await;
    settings.rules.push(AccessRule::allowing("10.0.0.7", "Scanner"));
    assert!(matches!(office.apply(settings.clone()).await, Answer::Settings { .. }));
    assert!(matches!(office.ask(Request::ReloadSettings).await, Answer::Settings { .. }));
    let elsewhere = CertificateSettings::Pem { certificate_file: "other.pem".into(), key_file: "other.key".into() };
    let wrong = Settings { certificate: elsewhere, ..settings };
    assert!(matches!(office.apply(wrong).await, Answer::Problems { problems } if problems.len() == 2));

    // They are put there, and nobody says so.
    provider.certs.authority_file(folder.path());
    provider.fake.until(1).await;
    put(folder.path(), &provider.certs.server_pem(&["localhost"]));
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;
    let theirs = shown(encrypted, &provider.certs).await;
    assert!(theirs.is_some());
    assert_eq!(said_to_be_shown(&office).await, (false, theirs));

    // Without a port that encrypts nobody sees any.
    let mut settings = office.settings().await;
    settings.listeners.retain(|listener| listener.encryption == ListenerEncryption::Plain);
    settings.listeners.push(ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Plain));
    assert!(matches!(office.apply(settings).await, Answer::Settings { settings } if settings.certificate.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_was_loaded_at_the_next_start_only() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    // As certbot lays them out: names that lead to the newest.
    let live = folder.path().join("live");
    std::fs::create_dir(&live).unwrap();
    let lay = |number: u32| {
        for (name, text) in ["office.pem", "office.key"].iter().zip(<[String; 2]>::from(provider.certs.server_pem(&["localhost"]))) {
            let file = folder.path().join(format!("{number}-{name}"));
            std::fs::write(&file, text).unwrap();
            let link = live.join(format!("{name}.new"));
            std::os::unix::fs::symlink(&file, &link).unwrap();
            std::fs::rename(&link, live.join(name)).unwrap();
        }
    };
    lay(1);
    let office = office(&provider, &live, provider.ca_file()).await;
    let [_, encrypted] = office.addresses().await[..] else { panic!() };
    let first = shown(encrypted, &provider.certs).await;
    assert!(first.is_some());
    let mut device = Client::connect_tls(encrypted).await;
    device.hears("220 *").await;
    device.says("EHLO device.test").await.hears("250 *").await;

    let mut events = office.control.events();
    office.ask(Request::Subscribe).await;
    lay(2);
    let renewed = async {
        loop {
            let now = shown(encrypted, &provider.certs).await;
            if now != first {
                return now;
            }
            events.next().await.expect("a running engine");
        }
    };
    let second = tokio::time::timeout(e2e::client::PATIENCE, renewed).await.expect("the new certificate");
    assert!(second.is_some());
    assert_eq!(said_to_be_shown(&office).await, (false, second.clone()));
    // Who was connected stays so.
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;

    // Half a file: the one that is loaded stays in use, and the file is named.
    std::fs::write(folder.path().join("2-office.pem"), "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
    std::fs::remove_file(live.join("office.pem")).unwrap();
    office.until("a notice", |snapshot| unusable(snapshot) == [live.join("office.pem")]).await;
    assert_eq!(shown(encrypted, &provider.certs).await, second);
    lay(3);
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;
    let third = shown(encrypted, &provider.certs).await;
    assert!(third.is_some() && third != second);
}

/// The same as a PFX file, as OpenSSL writes it with these words.
fn put_pfx(folder: &Path, pem: &(String, String), password: &str, words: &[&str]) {
    put(folder, pem);
    let written = std::process::Command::new("openssl")
        .current_dir(folder)
        .args([
            "pkcs12",
            "-export",
            "-in",
            "office.pem",
            "-inkey",
            "office.key",
            "-out",
            "new.pfx",
            "-passout",
            &format!("pass:{password}"),
        ])
        .args(words)
        .output()
        .expect("openssl");
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    std::fs::rename(folder.join("new.pfx"), folder.join("office.pfx")).unwrap();
}

fn secret(password: &str) -> NewSecret {
    NewSecret { name: "certificate".into(), secret: Secret::new(password.into()), until_restart: true }
}

/// As Windows exports with AES256-SHA256, with TripleDES-SHA1, and as OpenSSL did before its version 3.
const WAYS: [&[&str]; 3] = [
    &["-certpbe", "AES-256-CBC", "-keypbe", "AES-256-CBC", "-macalg", "sha256"],
    &["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    &["-legacy"],
];

#[tokio::test(flavor = "multi_thread")]
async fn a_pfx_file_and_its_password_come_together_and_a_renewed_one_is_loaded() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let office = office(&provider, folder.path(), provider.ca_file()).await;
    let [_, encrypted] = office.addresses().await[..] else { panic!() };
    let file = folder.path().join("office.pfx").display().to_string();
    let settings = Settings { certificate: CertificateSettings::Pfx { file }, ..office.settings().await };
    put_pfx(folder.path(), &provider.certs.server_pem(&["localhost"]), "first one", WAYS[0]);

    // Without its password, and with another, nothing is changed.
    for (given, said) in [(None, "no password is set"), (Some(secret("other")), "the password does not open this file")] {
        let answer = office.ask(Request::ApplySettings { settings: Box::new(settings.clone()), secret: given }).await;
        let Answer::Problems { problems } = answer else { panic!("{answer:?}") };
        assert_eq!(problems[0].field, "certificate.file");
        assert!(problems[0].wrong.starts_with(said) && problems[0].remedy.contains("outtrayd secret set certificate"), "{problems:?}");
    }
    assert_eq!(shown(encrypted, &provider.certs).await, None);
    let together = Request::ApplySettings { settings: Box::new(settings.clone()), secret: Some(secret("first one")) };
    let answer = office.ask(together).await;
    let Answer::Settings { settings: view } = answer else { panic!("{answer:?}") };
    assert!(view.secrets.iter().any(|secret| secret.name == "certificate" && secret.is_set));
    let mut last = shown(encrypted, &provider.certs).await;
    assert!(last.is_some());
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;

    // Written anew in each way, with the same password: nobody says so.
    let mut events = office.control.events();
    office.ask(Request::Subscribe).await;
    for words in WAYS {
        put_pfx(folder.path(), &provider.certs.server_pem(&["localhost"]), "first one", words);
        let renewed = async {
            loop {
                let now = shown(encrypted, &provider.certs).await;
                if now != last {
                    return now;
                }
                events.next().await.expect("a running engine");
            }
        };
        last = tokio::time::timeout(e2e::client::PATIENCE, renewed).await.unwrap_or_else(|_| panic!("never shown: {words:?}"));
        assert!(last.is_some(), "{words:?}");
    }
    // With another password: what is loaded stays in use until it is told.
    put_pfx(folder.path(), &provider.certs.server_pem(&["localhost"]), "second one", WAYS[0]);
    office.until("a notice", |snapshot| unusable(snapshot) == [folder.path().join("office.pfx")]).await;
    assert_eq!(shown(encrypted, &provider.certs).await, last);
    let NewSecret { name, secret, until_restart } = secret("second one");
    assert!(matches!(office.ask(Request::SetSecret { name, secret, until_restart }).await, Answer::Settings { .. }));
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;
    let second = shown(encrypted, &provider.certs).await;
    assert!(second.is_some() && second != last);
    assert_eq!(said_to_be_shown(&office).await, (false, second));
}
