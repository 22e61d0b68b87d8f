//! Who signs, with what, and which fields; that others verify it is tested end to end.

#![allow(clippy::unwrap_used)]

use super::*;

fn signer(domain: &str) -> Signer {
    Signer { domain: domain.to_owned(), selector: "s".to_owned(), key: None }
}

#[test]
fn the_nearest_domain_signs() {
    let signers = [signer("office.test"), signer("two.office.test"), signer("Office.test")];
    let of = |domain: &str| of_domain(&signers, domain).iter().map(|signer| signer.domain.as_str()).collect::<Vec<_>>();
    assert_eq!(of("OFFICE.test."), ["office.test", "Office.test"]);
    assert_eq!(of("a.two.office.test"), ["two.office.test"]);
    assert_eq!(of("backoffice.test"), Vec::<&str>::new());
    assert_eq!(of("test"), Vec::<&str>::new());
}

/// RFC 8463, appendix A: the key, and what is published of it.
const ED25519: &str =
    "-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g -----END PRIVATE KEY-----";

#[test]
fn a_key_is_read_from_one_line_and_never_shown() {
    let key = SigningKey::read(ED25519).unwrap();
    assert_eq!(key.record(), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_eq!(format!("{key:?}"), "SigningKey(Ed25519)");
    for (text, error) in [
        ("", KeyError::NoPem),
        ("-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----", KeyError::NoPem),
        ("-----BEGIN ENCRYPTED PRIVATE KEY----- AAAA -----END ENCRYPTED PRIVATE KEY-----", KeyError::PassPhrase),
        ("-----BEGIN PRIVATE KEY----- AAAA -----END PRIVATE KEY-----", KeyError::Unusable),
        ("-----BEGIN PRIVATE KEY----- ?? -----END PRIVATE KEY-----", KeyError::NoPem),
    ] {
        assert_eq!(SigningKey::read(text).err(), Some(error), "{text}");
    }
}

fn signed(message: &[u8], piece: usize) -> String {
    let signer = Signer { key: Some(Arc::new(SigningKey::read(ED25519).unwrap())), ..signer("office.test") };
    let mut measured = Measured::default();
    message.chunks(piece).for_each(|piece| measured.see(piece));
    String::from_utf8(measured.sign(&[&signer]).unwrap()).unwrap()
}

#[test]
fn a_signature_names_each_field_once_more_than_it_is_there() {
    let field = signed(b"Received: x\r\nTo: a\r\nTo: b\r\nFrom: c@office.test\r\nList-Id: d\r\n\r\nbody\r\n", 7);
    let unfolded = field.replace("\r\n\t ", "").replace("\r\n\t", " ");
    assert!(
        unfolded.starts_with(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=office.test; s=s; h=From:From:Sender:Reply-To:To:To:To:Cc:\
             Subject:Date:Message-ID:In-Reply-To:References:MIME-Version:Content-Type:Content-Transfer-Encoding:List-Id; bh="
        ),
        "{unfolded}"
    );
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
}

#[test]
fn pieces_make_no_difference_and_one_octet_does() {
    let message = b"From: a@office.test\r\nSubject: x\r\n\r\nHello \t there\r\n.\r\n\r\n\r\n";
    let once = signed(message, 1000);
    for piece in [1, 2, 3, 5, 19, 36, 37, 38] {
        assert_eq!(signed(message, piece), once, "{piece}");
    }
    // White space that may change on the way does not count.
    assert_eq!(signed(b"From:  a@office.test\r\nSubject:\r\n x\r\n\r\nHello there \r\n.\r\n", 1000), once);
    assert_ne!(signed(b"From: a@office.test\r\nSubject: x\r\n\r\nHello there\r\n,\r\n", 1000), once);
    assert_ne!(signed(b"From: b@office.test\r\nSubject: x\r\n\r\nHello there\r\n.\r\n", 1000), once);
}

#[test]
fn messages_without_body_or_header_are_signed_too() {
    for message in [&b"From: a@office.test\r\n"[..], b"From: a@office.test\r\n\r\n", b"\r\nbody", b""] {
        assert_eq!(signed(message, 1), signed(message, 100), "{}", message.escape_ascii());
    }
    let mut open = Measured::default();
    open.see(b"A: b\r\n\r\nbody");
    assert_eq!(open.size(), 14);
}
