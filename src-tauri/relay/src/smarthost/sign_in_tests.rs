//! How tokens are said, and how refusals of them are read.

#![allow(clippy::unwrap_used)]

use super::*;

pub fn config() -> SmartHostConfig {
    let second = std::time::Duration::from_secs(1);
    SmartHostConfig {
        server: "smtp.example.com".into(),
        port: 587,
        encryption: SmartHostEncryption::Starttls,
        sign_in: SignIn::None,
        extra_ca_file: None,
        parallel_connections: 1,
        pace: crate::config::Pace::default(),
        adapter: None,
        null_sender_as: None,
        messages_per_connection: 1,
        timeouts: crate::config::Timeouts {
            connect: second,
            tls: second,
            command: second,
            data_block: second,
            data_end: second,
            idle: second,
        },
        rewriting: None,
        footer: None,
        signers: Vec::new().into(),
    }
}

/// The examples of RFC 7628 §4.1 and of Microsoft's and Google's descriptions have these forms.
#[test]
fn a_token_is_said_as_each_mechanism_wants_it() {
    let said = |bearer: Bearer, user: &str| bearer.response(user, &config(), "vF9dft4qmT");
    assert_eq!(said(Bearer::Xoauth2, "test@contoso.example"), "user=test@contoso.example\u{1}auth=Bearer vF9dft4qmT\u{1}\u{1}");
    assert_eq!(
        said(Bearer::Oauthbearer, "user@example.com"),
        "n,a=user@example.com,\u{1}host=smtp.example.com\u{1}port=587\u{1}auth=Bearer vF9dft4qmT\u{1}\u{1}"
    );
    assert!(said(Bearer::Oauthbearer, "a,b=c@example.com").starts_with("n,a=a=2Cb=3Dc@example.com,\u{1}"));
}

#[test]
fn a_challenge_is_explained_as_far_as_it_can_be_read() {
    let explained = |json: &str| Challenge::read(json.as_bytes()).map(|challenge| challenge.explained());
    let rows = [
        (
            r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#,
            Some(
                " (401: the token is not valid: it has ended, was called back, or is for somebody else; wanted scope: https://mail.google.com/)",
            ),
        ),
        (r#"{"status":"invalid_request","scope":""}"#, Some(" (invalid_request: the token could not be read)")),
        (r#"{"status":403}"#, Some(" (403: the token does not allow sending mail)")),
        (r#"{"status":"teapot"}"#, Some(" (teapot: the token was refused)")),
        (r#"{"scope":"x"}"#, None),
        ("eyJ", None),
        ("", None),
    ];
    for (json, wanted) in rows {
        assert_eq!(explained(json).as_deref(), wanted, "{json}");
    }
}
