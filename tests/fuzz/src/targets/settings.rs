//! The settings document: whatever stands in it, it is read whole or every trouble is told in words that fit on a line; and
//! what passes lets in nobody from outside whom nobody meant to let in.

use super::is_one_line;
use control::Settings;
use control::settings::{CertificateSettings, RuleAction, SettingsProblem};
use host::settings::{Facts, check, networks, read};

pub const WORDS: &[&[u8]] = &[
    b"{\"version\":1,",
    b"\"rules\":[{\"network\":\"10.0.0.0/24\"}]",
    b"\"listeners\":[{\"address\":\"::\",\"port\":25,\"encryption\":\"starttls\"}]",
    b"\"smartHost\":{",
    b"\"server\":\"a.test\",\"port\":587,\"encryption\":\"starttls\"",
    b"\"signIn\":{\"kind\":\"password\",\"user\":\"a\"}",
    b"\"limits\":{",
    b"\"accounts\":[{\"name\":\"a\"}]",
    b"\"lists\":{\"ownDomains\":[\"a.test\"]}",
    b"\"headers\":[",
    b"\"bursts\":{",
    b"\"delivery\":{",
    b"\"attachments\":{",
    b"null",
    b"true",
    b"-1",
    b"1e9",
    b"\"\"",
    b"\"\\u0007\"",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\"publicOnPurpose\":true",
    b"\"action\":\"refuse\"",
    b"10.0.0.1-10.0.0.9",
    b"::ffff:10.0.0.1",
    b"0.0.0.0/0",
    b"\"requireSignIn\":true",
    b"\xef\xbb\xbf",
];

pub fn settings(data: &[u8]) {
    let reading = read::read(data);
    reading.problems.iter().for_each(told);
    let Some(settings) = reading.settings else {
        assert!(!reading.problems.is_empty(), "nothing was read, and nothing said");
        return;
    };
    if reading.problems.is_empty() {
        let written = serde_json::to_vec(&settings).expect("settings are a document");
        let again = read::read(&written);
        assert_eq!((again.settings.as_ref(), again.problems.as_slice()), (Some(&settings), &[][..]), "it is not read as it was written");
    }
    match check(&without_files(settings), &Facts::new("/nonexistent".into(), "pc7")) {
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(told);
        }
        Ok(checked) => {
            for rule in &checked.settings.rules {
                let network = networks::parse(&rule.network).expect("it was checked");
                let lets_in = rule.action == RuleAction::Allow && !rule.require_sign_in;
                assert!(!lets_in || rule.public_on_purpose || networks::is_private(network), "{rule:?}");
            }
            let config = checked.config(None, Default::default(), Vec::new());
            assert_eq!(config.policy.rules.len(), checked.settings.rules.len());
        }
    }
}

fn told(problem: &SettingsProblem) {
    let SettingsProblem { field, value, wrong, remedy } = problem;
    for words in [field, value, wrong, remedy] {
        assert!(is_one_line(words) && words.chars().count() <= 2000, "{problem:?}");
    }
    assert!(!wrong.is_empty() && !remedy.is_empty(), "{problem:?}");
}

/// What it names on this machine is not looked at.
fn without_files(mut settings: Settings) -> Settings {
    settings.pickup = None;
    settings.certificate = CertificateSettings::SelfSigned;
    settings.listeners.iter_mut().for_each(|listener| listener.client_certificates = None);
    settings.smart_host.iter_mut().for_each(|smart_host| smart_host.extra_ca_file = None);
    settings
}
