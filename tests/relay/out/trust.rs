//! Whom we believe to be the smart host.

use super::*;
use e2e::{Answer, Stage};

#[tokio::test]
async fn every_fault_of_a_certificate_has_its_own_name() {
    for implicit in [false, true] {
        let mut way = Way::new();
        let cases = [
            (Certs::untrusted(), TroubleKind::CertificateUntrusted),
            (Certs::new().server(), TroubleKind::CertificateUntrusted),
            (way.certs.wrong_name(), TroubleKind::CertificateWrongName),
            (way.certs.expired(), TroubleKind::CertificateExpired),
        ];
        for (server, wanted) in cases {
            let fake = FakeSmartHost::new().auth(USER, PASSWORD);
            let running = if implicit {
                way.config.encryption = SmartHostEncryption::Implicit;
                fake.implicit(server).start().await
            } else {
                fake.starttls(server).start().await
            };
            let trouble = way.trouble(&running).await;
            assert_eq!(trouble.kind, wanted, "implicit {implicit}: {trouble}");
            assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")));
        }
    }
}

#[tokio::test]
async fn an_address_instead_of_a_name_works_when_the_certificate_has_it() {
    let mut way = Way::new();
    way.config.server = "127.0.0.1".into();
    let running = way.usual().start().await;
    way.open(&running).await;
}

#[tokio::test]
async fn encrypted_from_the_first_byte() {
    let mut way = Way::new();
    way.config.encryption = SmartHostEncryption::Implicit;
    let running = FakeSmartHost::new().implicit(way.certs.server()).auth(USER, PASSWORD).start().await;
    let mut line = way.open(&running).await;
    assert_eq!(line.tls().as_deref(), Some("TLSv1.3"));
    line.deliver(&ann()).await;
    assert!(running.until(1).await[0].encrypted);
}

#[tokio::test]
async fn the_two_ways_to_encrypt_swapped() {
    // TLS from the first byte, to a server that greets in plain text.
    let mut way = Way::new();
    way.config.encryption = SmartHostEncryption::Implicit;
    let running = way.usual().start().await;
    let trouble = way.trouble(&running).await;
    assert_eq!(trouble.kind, TroubleKind::TlsModeSwapped, "{trouble}");

    // A greeting awaited from a server that waits for TLS.
    for encryption in [SmartHostEncryption::Starttls, SmartHostEncryption::None] {
        let mut way = Way::new().impatient();
        way.config.encryption = encryption;
        way.config.sign_in = SignIn::None;
        let running = FakeSmartHost::new().implicit(way.certs.server()).start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!(trouble.kind, TroubleKind::TlsModeSwapped, "{encryption:?}: {trouble}");
    }
}

#[tokio::test]
async fn a_handshake_that_breaks_or_never_ends_is_cut() {
    let cases = [
        (Answer::Stall, &[TroubleKind::ConnectionTimedOut, TroubleKind::TlsFailed][..]),
        (Answer::Close, &[TroubleKind::TlsFailed, TroubleKind::ConnectionLost][..]),
        (Answer::Raw(vec![0xff; 100]), &[TroubleKind::TlsFailed, TroubleKind::TlsModeSwapped][..]),
    ];
    for (fault, wanted) in cases {
        let way = Way::new().impatient();
        let running = way.usual().at(Stage::Handshake, fault.clone()).start().await;
        let trouble = way.trouble(&running).await;
        assert!(wanted.contains(&trouble.kind), "{fault:?}: {trouble}");
    }
}

#[tokio::test]
async fn an_authority_file_that_cannot_be_used_is_named() {
    for bytes in [None, Some(&b"no certificate"[..]), Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        let mut way = Way::new();
        let path = way.folder.path().join("office.pem");
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        way.config.extra_ca_file = Some(path.clone());
        let running = way.usual().start().await;
        let trouble = way.trouble(&running).await;
        assert_eq!(trouble.kind, TroubleKind::CertificateFileUnusable, "{trouble}");
        assert!(trouble.subject.contains("office.pem"), "{trouble}");
    }
}
