//! What is signed, read as the other side reads it.

#![allow(clippy::unwrap_used)]

use super::*;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};

/// Made for these tests, good for nothing else.
const KEY: &str = include_str!("test_key.pem");
const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oauth/test_certificate.pem");

fn read(token: &str, algorithm: &'static dyn VerificationAlgorithm) -> (Value, Value) {
    let parts: Vec<&str> = token.split('.').collect();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let said = format!("{}.{}", parts[0], parts[1]);
    let public = Key::read(KEY).unwrap().0.public().as_ref().to_vec();
    UnparsedPublicKey::new(algorithm, public).verify(said.as_bytes(), &decoded(parts[2])).unwrap();
    (serde_json::from_slice(&decoded(parts[0])).unwrap(), serde_json::from_slice(&decoded(parts[1])).unwrap())
}

#[test]
fn an_application_signs_as_microsoft_describes_it() {
    let in_one_line = KEY.lines().collect::<Vec<_>>().join(" ");
    for key in [KEY, &in_one_line] {
        let token = of_application("app", "https://login.test/token", key, Path::new(CERTIFICATE), 1_000_000).unwrap();
        let (header, claims) = read(&token, &RSA_PSS_2048_8192_SHA256);
        let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
        assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)));
        assert_eq!((header["alg"].as_str(), claims["aud"].as_str()), (Some("PS256"), Some("https://login.test/token")));
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("app"), Some("app")));
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(1_000_000), Some(1_000_300)));
        assert!(claims["jti"].as_str().unwrap().len() > 40);
    }
    let gone = of_application("app", "https://login.test/token", KEY, Path::new("/nowhere/app.pem"), 0).unwrap_err();
    assert!(gone.starts_with("the application's certificate: "), "{gone}");
}

#[test]
fn a_service_account_signs_as_google_describes_it() {
    let file = json!({ "type": "service_account", "client_email": "sa@project.test", "private_key_id": "k1", "private_key": KEY });
    let (account, mailbox, audience) = ("sa@project.test", "relay@office.test", "https://oauth2.test/token");
    for (key, id) in [(file.to_string(), Some("k1")), (KEY.to_owned(), None)] {
        let token = of_service_account(account, mailbox, "https://mail.test/", audience, &key, 1_000_000).unwrap();
        let (header, claims) = read(&token, &RSA_PKCS1_2048_8192_SHA256);
        assert_eq!((header["alg"].as_str(), header.get("kid").and_then(Value::as_str)), (Some("RS256"), id));
        let wanted =
            json!({ "iss": account, "sub": mailbox, "scope": "https://mail.test/", "aud": audience, "iat": 1_000_000, "exp": 1_000_300 });
        assert_eq!(claims, wanted);
    }
    let other = of_service_account("another@project.test", mailbox, "", audience, &file.to_string(), 0).unwrap_err();
    assert_eq!(other, "the key file is of another service account: sa@project.test");
}

#[test]
fn what_is_no_key_is_told_as_what_it_is() {
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    for (text, wanted) in [
        ("hunter2".to_owned(), "this is no private key in PEM form"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE".to_owned(), "this is no private key in PEM form"),
        (block("PRIVATE KEY", "***"), "the PEM text of the private key is broken"),
        (block("PRIVATE KEY", "MIIB"), "the private key cannot be used; an RSA key of 2048 to 4096 bits is wanted"),
        (block("ENCRYPTED PRIVATE KEY", "MIIB"), "the private key has a pass phrase; it is wanted without"),
        (block("EC PRIVATE KEY", "MIIB"), "this is no RSA key"),
        (block("CERTIFICATE", "MIIB"), "a private key is wanted, and this is a certificate"),
    ] {
        assert_eq!(Key::read(&text).err().as_deref(), Some(wanted), "{text}");
    }
}

/// RFC 7636, appendix B.
#[test]
fn a_challenge_is_what_the_standard_has_for_this_verifier() {
    assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_ne!(random().unwrap(), random().unwrap());
}
