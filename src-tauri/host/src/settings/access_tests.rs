//! Rules, accounts, lists and bursts: documents that break what they must keep, and ones that keep it.

#![allow(clippy::unwrap_used)]

use super::rules::{facts, problems};
use super::{Checked, read_and_check};
use control::settings::SettingsProblem;
use relay::mail::{ForwardPath, Priority, ReversePath};
use relay::policy::{Asking, Verdict};
use std::collections::HashMap;

fn checked(text: &str) -> Checked {
    read_and_check(text.as_bytes(), &facts()).unwrap()
}

fn told(found: &[SettingsProblem]) -> Vec<(&str, &str)> {
    found.iter().map(|problem| (problem.field.as_str(), problem.wrong.as_str())).collect()
}

#[test]
fn everything_wrong_with_who_may_send_is_told_at_once() {
    let found = problems(
        r#"{"version": 1,
        "rules": [
            {"network": "10.0.0.0/24", "senders": ["office.example", "ann@", "@office.example"], "recipients": "ownDomains",
             "messageBytes": 5, "rate": {"messagesPerMinute": 0, "recipientsPerDay": 10000001}},
            {"network": "10.0.0.7-10.0.0.9"},
            {"network": "10.0.1.9-10.0.1.1"}, {"network": "10.0.1.1-fd00::1"}, {"network": "::ffff:10.0.1.1-10.0.1.9"},
            {"network": "10.0.0.128-10.0.1.127"}, {"network": "10.0.1.128/25"}, {"network": "10.0.1.0/24"},
            {"network": "8.8.8.1-8.8.8.9"}, {"network": "::/0"}],
        "accounts": [{"name": ""}, {"name": " x"}, {"name": "Branch", "senders": ["a b@c"]}, {"name": "bRANCH", "note": "a\nb"}],
        "lists": {"ownDomains": ["ann@office.example", "-"], "allowedSenders": ["x@y", ""], "deniedSenders": ["."],
            "allowedRecipients": ["a@b@"], "deniedRecipients": ["office .example"]},
        "bursts": {"timesTheUsual": 0, "leastPerHour": 100, "mostPerHour": 99},
        "limits": {"signInFailures": 0, "signInPauseSeconds": 90000}
    }"#,
    );
    let neither = "this is neither an address nor a domain";
    assert_eq!(
        told(&found),
        [
            ("rules[0].messageBytes", "this is too small"),
            ("rules[0].senders[1]", neither),
            ("rules[0].senders[2]", neither),
            ("rules[0].rate.messagesPerMinute", "this is too small"),
            ("rules[0].rate.recipientsPerDay", "this is too large"),
            ("rules[1].network", "rules[0] decides about all of these addresses already"),
            ("rules[2].network", "this range ends before it begins"),
            ("rules[3].network", "this range begins in one family of addresses and ends in the other"),
            ("rules[4].network", "this is an IPv4 address in the clothes of IPv6"),
            ("rules[7].network", "the rules before it decide about all of these addresses already"),
            ("rules[8].network", "these addresses are public: strangers may send mail through here"),
            ("rules[9].network", "this lets the whole internet send mail through here"),
            ("accounts[0].name", "a user name has 1 to 100 characters, none of them a control character, and no space at its ends"),
            ("accounts[1].name", "a user name has 1 to 100 characters, none of them a control character, and no space at its ends"),
            ("accounts[2].senders[0]", neither),
            ("accounts[3].name", "accounts[2] has this name already; capital letters make no difference"),
            ("accounts[3].note", "this note has control characters or is longer than 200 characters"),
            ("lists.ownDomains[0]", "this is an address, not a domain"),
            ("lists.ownDomains[1]", neither),
            ("lists.allowedSenders[1]", neither),
            ("lists.deniedSenders[0]", neither),
            ("lists.allowedRecipients[0]", neither),
            ("lists.deniedRecipients[0]", neither),
            ("bursts.timesTheUsual", "this is too small"),
            ("bursts.mostPerHour", "more than this is always held, and up to `leastPerHour` never: this is less"),
            ("limits.signInFailures", "this is too small"),
            ("limits.signInPauseSeconds", "this is too large"),
        ]
    );
    let remedy = |field: &str| found.iter().find(|problem| problem.field == field).map(|problem| problem.remedy.as_str());
    assert_eq!(remedy("rules[0].senders[2]"), Some("`office.example` for all addresses there"));
    assert_eq!(remedy("rules[1].network"), Some("put it in front of rules[0], or leave it out"));
    assert_eq!(remedy("rules[2].network"), Some("10.0.1.1-10.0.1.9"));
    assert_eq!(remedy("lists.ownDomains[0]"), Some("the domain alone: `office.example`"));
    let nowhere = problems(r#"{"version": 1, "rules": [{"network": "10.0.0.0/24", "recipients": "ownDomains"}]}"#);
    assert_eq!(told(&nowhere), [("rules[0].recipients", "it allows mail to the office's own domains only, and there are none")]);
}

#[test]
fn strangers_that_may_not_send_or_must_sign_in_need_no_purpose() {
    for rule in [
        r#"{"network": "0.0.0.0/0", "action": "refuse"}"#,
        r#"{"network": "8.8.8.0/24", "requireSignIn": true}"#,
        r#"{"network": "8.8.8.1-8.8.8.9", "publicOnPurpose": true}"#,
        r#"{"network": "10.0.0.1-10.0.0.9"}"#,
    ] {
        let text = format!(r#"{{"version": 1, "rules": [{rule}]}}"#);
        assert!(read_and_check(text.as_bytes(), &facts()).is_ok(), "{rule}");
    }
}

#[test]
fn good_documents_become_the_engines_policy() {
    let checked = checked(
        r#"{"version": 1,
        "rules": [
            {"network": "10.0.0.66", "name": "Guests", "action": "refuse"},
            {"network": "10.0.0.0/24", "name": "Office", "requireEncryption": true, "senders": ["office.example"], "recipients": "ownDomains",
             "messageBytes": 1000000, "priority": "high", "rate": {"messagesPerHour": 7}}],
        "accounts": [{"name": "branch", "senders": [".office.example"]}, {"name": "old", "enabled": false}],
        "lists": {"ownDomains": ["office.example"], "deniedRecipients": ["all@office.example"]},
        "bursts": {"hold": true, "mostPerHour": 0}, "limits": {"signInFailures": 3, "signInPauseSeconds": 60}
    }"#,
    );
    let config = checked.config(None, HashMap::new());
    let policy = &config.policy;
    let asking = Asking { client: "10.0.0.5".parse().unwrap(), encrypted: true, account: None };
    let permits = |verdict: Verdict| verdict == Verdict::Permit;
    let (from, to) = (|text| ReversePath::parse(text).unwrap(), |text| ForwardPath::parse(text).unwrap());
    assert!(permits(policy.may_send(&asking, &from("scan@office.example"))));
    assert!(!permits(policy.may_send(&asking, &from("scan@away.example"))));
    assert!(!permits(policy.may_send(&Asking { encrypted: false, ..asking }, &from("scan@office.example"))));
    assert!(!permits(policy.admits(&Asking { client: "10.0.0.66".parse().unwrap(), ..asking })));
    assert!(permits(policy.may_send_to(&asking, &to("ann@office.example"))));
    assert!(!permits(policy.may_send_to(&asking, &to("all@office.example"))));
    assert!(!permits(policy.may_send_to(&asking, &to("ann@away.example"))));
    assert_eq!((policy.message_bytes(asking.client, 25_000_000), policy.priority(asking.client)), (1_000_000, Priority::High));
    assert_eq!(policy.rates(asking.client).messages.0, [None, Some(7), None]);
    assert!(policy.account("BRANCH").is_some() && policy.account("old").is_none());
    let bursts = config.bursts.unwrap();
    assert_eq!((bursts.times_the_usual, bursts.least_per_hour, bursts.most_per_hour), (5, 100, None));
    assert_eq!((config.sign_ins.failures, config.sign_ins.pause.as_secs()), (3, 60));
}

#[test]
fn bursts_can_be_switched_off() {
    assert_eq!(checked(r#"{"version": 1, "bursts": {"hold": false}}"#).config(None, HashMap::new()).bursts, None);
}
