//! TLS with devices old and new: what they hear, and what a person is told of those that cannot.

use super::{MESSAGE, Provider};
use control::settings::{ClientCertificates, ListenerEncryption, ListenerSettings};
use control::view::RefusalKind;
use e2e::{Certs, Client, Office, client};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, SupportedCipherSuite};
use std::sync::Arc;

/// A fatal alert of this number, in whatever record version.
fn alert(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [21, 3, _, 0, 2, 2, number, ..] => Some(*number),
        _ => None,
    }
}

const PROTOCOL_VERSION: u8 = 70;
const HANDSHAKE_FAILURE: u8 = 40;

/// A ClientHello as a device of its time sent it: version, ciphers, extensions or none.
fn hello(version: [u8; 2], suites: &[[u8; 2]], extensions: Option<&[u8]>) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend((suites.len() as u16 * 2).to_be_bytes());
    body.extend(suites.concat());
    body.extend([1, 0]);
    if let Some(extensions) = extensions {
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
    }
    let message = [&[1, 0][..], &(body.len() as u16).to_be_bytes(), &body].concat();
    [&[22, 3, 1][..], &(message.len() as u16).to_be_bytes(), &message].concat()
}

/// supported_groups P-256, signature_algorithms RSA and ECDSA with SHA-256.
const OF_TLS_1_2: &[u8] = &[0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 6, 0, 4, 4, 1, 4, 3];

async fn told(office: &Office, words: &str) -> String {
    let fits = |snapshot: &control::view::Snapshot| snapshot.refused.first().is_some_and(|client| client.last_reply.contains(words));
    let snapshot = office.until(words, fits).await;
    assert_eq!(snapshot.refused[0].why, RefusalKind::TlsFailed);
    snapshot.refused[0].last_reply.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_device_hears_an_alert_and_a_person_is_told_what_it_offered() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners.push(ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Implicit));
    })
    .await;
    let addresses = office.addresses().await;
    let (aes, triple_des) = ([0, 0x2f], [0, 0x0a]);
    for (bytes, alerted, words) in [
        (hello([3, 0], &[triple_des], None), Some(PROTOCOL_VERSION), "it offers only SSL 3.0"),
        (hello([3, 1], &[aes, triple_des], None), Some(PROTOCOL_VERSION), "it offers only TLS 1.0"),
        (hello([3, 2], &[aes], Some(&[0, 10, 0, 4, 0, 2, 0, 23])), Some(PROTOCOL_VERSION), "it offers only TLS 1.1"),
        (vec![0x80, 0x2e, 1, 3, 1, 0, 0x15], Some(PROTOCOL_VERSION), "it offers only TLS 1.0"),
        (
            hello([3, 3], &[aes, triple_des], Some(OF_TLS_1_2)),
            Some(HANDSHAKE_FAILURE),
            "no cipher that is safe today (TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA)",
        ),
        // ECDHE-RSA-AES128-GCM-SHA256 with our own certificate, whose key is not RSA.
        (hello([3, 3], &[[0xc0, 0x2f]], Some(OF_TLS_1_2)), Some(HANDSHAKE_FAILURE), "use a certificate with an RSA key"),
        (b"EHLO device.test\r\n".to_vec(), None, "something else than TLS"),
    ] {
        let mut implicit = Client::connect(addresses[1]).await;
        implicit.sends(&bytes).await;
        let heard = implicit.hears_out().await;
        if let Some(number) = alerted {
            assert_eq!(alert(&heard), Some(number), "{words}: {heard:?}");
        }
        told(&office, words).await;

        let mut starttls = Client::greeted(addresses[0]).await;
        starttls.says("STARTTLS").await.hears("220 *").await;
        starttls.sends(&bytes).await;
        let heard = starttls.hears_out().await;
        if let Some(number) = alerted {
            assert_eq!(alert(&heard), Some(number), "{words}: {heard:?}");
        }
        told(&office, words).await;
    }
    office.until("all counted", |snapshot| snapshot.counters.refused == 14).await;
}

/// What OpenSSL's own client says, spoken to as old as it still can.
#[cfg(unix)]
fn openssl(address: std::net::SocketAddr, words: &[&str]) -> (bool, String) {
    let output = std::process::Command::new("openssl")
        .args(["s_client", "-starttls", "smtp", "-connect", &address.to_string()])
        .args(words)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("openssl");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn openssl_hears_what_is_wrong_with_it() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let address = office.address().await;
    for (words, heard, said) in [
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..], "alert protocol version", "it offers only TLS 1.0"),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "alert protocol version", "it offers only TLS 1.1"),
        (
            &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
            "alert handshake failure",
            "it offers no cipher that is safe today (TLS_RSA_WITH_AES_128_CBC_SHA)",
        ),
        (&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "alert handshake failure", "use a certificate with an RSA key"),
    ] {
        let (worked, output) = openssl(address, words);
        assert!(!worked && output.contains(heard), "{words:?}: {output}");
        told(&office, said).await;
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let (worked, output) = openssl(address, &[version]);
        assert!(worked && output.contains(&format!("TLSv1.{}", &version[6..])), "{output}");
    }
    assert_eq!(office.snapshot().await.refused[0].count, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_waits_to_be_greeted_on_a_port_with_tls_and_one_that_distrusts_us_are_told_of() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners[0].encryption = ListenerEncryption::Implicit;
        settings.limits.tls_seconds = 1;
    })
    .await;
    let address = office.address().await;
    // Who only looks whether somebody is here is no device that failed.
    drop(Client::connect(address).await);
    let mut waiting = Client::connect(address).await;
    assert_eq!(waiting.hears_out().await, b"");
    told(&office, "set the device to SSL/TLS").await;
    assert_eq!(office.snapshot().await.refused[0].count, 1);

    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls_pki_types::pem::PemObject::from_pem_slice(Certs::new().authority_pem().as_bytes()).unwrap()).unwrap();
    let strict = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::connect(address).await.tries_tls(strict).await.unwrap_err();
    told(&office, "it does not accept the certificate it was shown (UnknownCA)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_spoken_with_every_cipher_of_today() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let suites = rustls::crypto::ring::ALL_CIPHER_SUITES.iter().filter(|suite| match suite {
        SupportedCipherSuite::Tls12(_) => format!("{:?}", suite.suite()).contains("ECDSA"),
        SupportedCipherSuite::Tls13(_) => true,
    });
    for (count, suite) in suites.enumerate() {
        let this_one = CryptoProvider { cipher_suites: vec![*suite], ..rustls::crypto::ring::default_provider() };
        let config = client::trusting_with(this_one, &[suite.version()]).with_no_client_auth();
        let mut device = Client::greeted(office.address().await).await;
        device.says("STARTTLS").await.hears("220 *").await;
        device.tries_tls(config).await.unwrap();
        device.says("EHLO device.test").await.hears("250 *").await;
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        let taken = provider.fake.until(count + 1).await;
        let version = format!("{:?}", suite.version().version).replace('_', ".");
        assert!(String::from_utf8_lossy(&taken[count].content).contains(&format!("with ESMTPS ({version})")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_may_demand_a_certificate_or_only_look_at_one() {
    let provider = Provider::start().await;
    let devices = Certs::new();
    let folder = tempfile::tempdir().unwrap();
    let authority_file = devices.authority_file(folder.path()).display().to_string();
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners[0].client_certificates = Some(ClientCertificates { authority_file: authority_file.clone(), required: false });
        settings.listeners.push(ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Implicit));
        settings.listeners[1].client_certificates = Some(ClientCertificates { authority_file, required: true });
    })
    .await;
    let [asked, demanded] = office.addresses().await[..] else { panic!() };
    let nothing = || client::trusting(|builder| builder.with_no_client_auth());
    let of = |authority: &Certs| {
        let (certificate, key) = authority.client("scanner 7");
        client::trusting(|builder| builder.with_client_auth_cert(vec![certificate], key).unwrap())
    };
    let stranger = Certs::new();

    for (config, words) in [(nothing(), "it showed no certificate"), (of(&stranger), "its certificate is not accepted here")] {
        let mut device = Client::connect(demanded).await;
        // With TLS 1.3 a client is done before we have seen what it shows.
        if device.tries_tls(config).await.is_ok() {
            assert_eq!(device.hears_out().await, b"");
        }
        told(&office, words).await;
    }
    let mut device = Client::connect(demanded).await;
    device.tries_tls(of(&devices)).await.unwrap();
    device.hears("220 *").await;
    device.says("EHLO device.test").await.hears("250 *").await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    for (config, is_accepted) in [(of(&stranger), false), (nothing(), true), (of(&devices), true)] {
        let mut device = Client::greeted(asked).await;
        device.says("STARTTLS").await.hears("220 *").await;
        let shaken = device.tries_tls(config).await.is_ok();
        if is_accepted {
            device.says("EHLO device.test").await.hears("250 *").await;
        } else if shaken {
            assert_eq!(device.hears_out().await, b"");
        }
    }
    provider.fake.until(1).await;

    // Where STARTTLS is only offered a demand would be none.
    let mut settings = office.settings().await;
    settings.listeners[0].client_certificates = settings.listeners[1].client_certificates.clone();
    let answer = office.apply(settings).await;
    let control::Answer::Problems { problems } = answer else { panic!("{answer:?}") };
    assert_eq!(problems[0].field, "listeners[0].clientCertificates");
}
