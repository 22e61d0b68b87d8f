//! The rules as tables: documents that keep them, and documents that break them all.

#![allow(clippy::unwrap_used)]

use super::{Credentials, Facts, read_and_check};
use control::settings::SettingsProblem;
use relay::config::{ListenerEncryption, SignIn, SmartHostEncryption};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::time::Duration;

#[test]
fn every_value_that_breaks_a_rule_is_told_at_once() {
    let found = problems(
        r#"{
        "version": 1, "hostName": "relay office",
        "listeners": [
            {"address": "0.0.0.0", "port": 25, "encryption": "starttls"},
            {"address": "192.168.1.5", "port": 25, "encryption": "plain"},
            {"address": "::", "port": 25, "encryption": "plain"},
            {"address": "lan", "port": 26, "encryption": "plain"},
            {"address": "::ffff:10.0.0.1", "port": 26, "encryption": "plain"},
            {"address": "224.0.0.1", "port": 26, "encryption": "plain"},
            {"address": "127.0.0.1", "port": 27, "encryption": "starttls", "proxies": ["balancer", "10.0.0.7/24", "0.0.0.0/0", "10.0.0.9"],
                "clientCertificates": {"authorityFile": "gone.pem", "required": true}},
            {"address": "127.0.0.1", "port": 28, "encryption": "plain", "clientCertificates": {"authorityFile": "gone.pem"}}
        ],
        "certificate": {"kind": "pem", "certificateFile": "gone.pem", "keyFile": "gone.key"},
        "rules": [
            {"network": "192.168.1.7/24"}, {"network": "10.0.0.0/8"}, {"network": "10.0.0.0/8"}, {"network": "8.8.8.0/24"},
            {"network": "0.0.0.0/0"}, {"network": "printers"}, {"network": "::ffff:10.0.0.1", "name": "a\nb"}
        ],
        "smartHost": {"provider": "yahoo", "server": "smtp://mail.example:25", "port": 0, "encryption": "none",
            "signIn": {"kind": "password", "user": ""}, "extraCaFile": "gone.pem", "parallelConnections": 0, "pace": {"messagesPerMinute": 0, "recipientsPerMessage": 10001},
            "timeouts": {"connectSeconds": 0}},
        "limits": {"messageBytes": 150000001, "recipients": 0, "hops": 0, "idleSeconds": 86400, "commands": 19, "errors": 0,
            "connectionsPerSubnet": 0, "sessionSeconds": 0},
        "delivery": {"firstRetrySeconds": 600, "longestRetrySeconds": 60, "lifetimeSeconds": 300,
            "delayNoticeSeconds": 300, "firstRestSeconds": 60, "longestRestSeconds": 30},
        "history": {"keepDays": 0}
    }"#,
    );
    let fields: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "hostName",
            "listeners[1].port",
            "listeners[3].address",
            "listeners[4].address",
            "listeners[5].address",
            "listeners[6].proxies[0]",
            "listeners[6].proxies[1]",
            "listeners[6].proxies[2]",
            "listeners[6].clientCertificates",
            "listeners[6].clientCertificates.authorityFile",
            "listeners[7].clientCertificates",
            "listeners[7].clientCertificates.authorityFile",
            "certificate.certificateFile",
            "certificate.keyFile",
            "rules[0].network",
            "rules[2].network",
            "rules[3].network",
            "rules[4].network",
            "rules[5].network",
            "rules[6].network",
            "rules[6].name",
            "smartHost.provider",
            "smartHost.server",
            "smartHost.port",
            "smartHost.signIn.user",
            "smartHost.encryption",
            "smartHost.extraCaFile",
            "smartHost.parallelConnections",
            "smartHost.pace.messagesPerMinute",
            "smartHost.pace.recipientsPerMessage",
            "smartHost.timeouts.connectSeconds",
            "limits.messageBytes",
            "limits.recipients",
            "limits.connectionsPerSubnet",
            "limits.idleSeconds",
            "limits.sessionSeconds",
            "limits.commands",
            "limits.errors",
            "limits.hops",
            "delivery.longestRetrySeconds",
            "delivery.lifetimeSeconds",
            "delivery.delayNoticeSeconds",
            "delivery.longestRestSeconds",
            "history.keepDays",
        ]
    );
    assert!(found.iter().all(|problem| !problem.wrong.is_empty() && !problem.remedy.is_empty() && !problem.wrong.ends_with('.')));
}

#[test]
fn form_and_value_are_told_together_and_no_stand_in_is_blamed() {
    let found = problems(
        r#"{"version": 1, "listeners": [{"port": "25", "encryption": "plain"}], "hostName": "a b",
            "smartHost": {"server": 7, "encryption": "starttls"}}"#,
    );
    let fields: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["listeners[0].address", "listeners[0].port", "smartHost.port", "smartHost.server", "hostName"]);
}

#[test]
fn a_document_could_write_control_characters_to_the_terminal() {
    let long = "x".repeat(500);
    let text = format!(
        r#"{{"version": 1, "hostName": "\u001b[2Ja", "listeners": [{{"address": "\u0007", "port": 25, "encryption": "plain", "\u001b]0;{long}": 1}}]}}"#
    );
    let found = problems(&text);
    let fields: Vec<_> = found.iter().map(|problem| problem.field.chars().take(24).collect::<String>()).collect();
    assert_eq!(fields, ["listeners[0]. ]0;xxxxxxx", "hostName", "listeners[0].address"]);
    for problem in &found {
        let words = [&problem.field, &problem.value, &problem.wrong, &problem.remedy];
        assert!(words.iter().all(|words| !words.contains(char::is_control) && words.len() < 500), "{problem:?}");
    }
}

#[test]
fn remedies_name_what_to_write() {
    let remedy = |text: &str| problems(text).remove(0).remedy;
    assert_eq!(
        remedy(r#"{"version": 1, "rules": [{"network": "192.168.1.7/24"}]}"#),
        "192.168.1.0/24 for the whole subnet, 192.168.1.7 for this address alone"
    );
    assert_eq!(remedy(r#"{"version": 1, "rules": [{"network": "::ffff:10.0.0.1"}]}"#), "10.0.0.1/32");
    assert_eq!(remedy(r#"{"version": 1, "limits": {"messageBytes": 200000000}}"#), "a whole number from 1000 to 150000000");
}

#[test]
fn good_documents_become_the_engines_configuration() {
    let text = r#"{
        "version": 1, "hostName": "relay.office.test",
        "listeners": [{"address": "127.0.0.1", "port": 0, "encryption": "starttls"}, {"address": "::", "port": 0, "encryption": "implicit"},
            {"address": "0.0.0.0", "port": 25, "encryption": "plain"}, {"address": "::", "port": 25, "encryption": "plain"}],
        "rules": [{"network": "10.0.0.7"}, {"network": "10.0.0.0/24"}, {"network": "8.8.8.0/24", "publicOnPurpose": true}],
        "smartHost": {"server": "smtp.away.test", "port": 587, "encryption": "starttls",
            "signIn": {"kind": "password", "user": "ann"}, "timeouts": {"connectSeconds": 7}},
        "delivery": {"delayNoticeSeconds": 0}, "history": {"keepDays": 2}
    }"#;
    let checked = read_and_check(text.as_bytes(), &facts()).unwrap();
    assert!(checked.wants_self_signed());
    let credentials = Credentials { password: Some("tr0ub4dor".to_owned().into()), tokens: None };
    let config = checked.config(None, HashMap::from([("default".to_owned(), credentials)]));
    assert_eq!(config.host_name, "relay.office.test");
    assert_eq!(config.listeners.iter().map(|listener| listener.encryption).collect::<Vec<_>>()[1], ListenerEncryption::Implicit);
    assert_eq!(
        config.policy.rules.iter().map(|rule| format!("{}-{}", rule.network.first(), rule.network.last())).collect::<Vec<_>>(),
        ["10.0.0.7-10.0.0.7", "10.0.0.0-10.0.0.255", "8.8.8.0-8.8.8.255"]
    );
    assert_eq!(config.delivery.delay_notice, None);
    assert_eq!(config.history_keep, Duration::from_secs(172_800));
    let smart_host = config.smart_host.unwrap();
    assert_eq!(smart_host.encryption, SmartHostEncryption::Starttls);
    assert_eq!((smart_host.timeouts.connect, smart_host.timeouts.tls), (Duration::from_secs(7), Duration::from_secs(30)));
    let SignIn::Password { user, password } = smart_host.sign_in else { panic!() };
    assert_eq!((user.as_str(), password.unwrap().expose_secret()), ("ann", "tr0ub4dor"));
}

#[test]
fn without_a_name_the_machines_own_is_used_and_nobody_may_send() {
    let checked = read_and_check(br#"{"version": 1}"#, &facts()).unwrap();
    assert!(!checked.wants_self_signed());
    let config = checked.config(None, HashMap::new());
    assert_eq!((config.host_name.as_str(), config.policy.rules.len(), config.smart_host.is_none()), ("pc7.office.test", 0, true));
}

pub(super) fn problems(text: &str) -> Vec<SettingsProblem> {
    read_and_check(text.as_bytes(), &facts()).unwrap_err()
}

pub(super) fn facts() -> Facts {
    Facts::new(std::env::temp_dir().join("no-such-folder-here"), "pc7.office.test")
}
