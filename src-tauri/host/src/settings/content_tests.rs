//! Attachments and header rules: documents that break what they must keep, and ones that keep it.

#![allow(clippy::unwrap_used)]

use super::read_and_check;
use super::rules::{facts, problems};
use relay::policy::content::{HeaderAction, HeaderRule, NewField, Pattern};
use std::collections::HashMap;

#[test]
fn everything_wrong_with_contents_is_told_at_once() {
    let found = problems(
        r#"{"version": 1,
        "attachments": {"extensions": ["exe", ".js", "*.bat", "", "a b", "tar.gz", "abcdefghijklmnopqrstu"]},
        "headers": [
            {"field": "", "action": {"kind": "refuse"}},
            {"field": "Sub ject", "name": "a\nb", "pattern": "a\tb", "action": {"kind": "hold"}},
            {"field": "Subject:", "action": {"kind": "hold"}},
            {"field": "received", "action": {"kind": "remove"}},
            {"field": "Content-Type", "action": {"kind": "remove"}},
            {"field": "Content-Type", "action": {"kind": "refuse"}},
            {"field": "From", "action": {"kind": "add", "field": "X Office", "value": "yes\r\nno"}},
            {"field": "From", "action": {"kind": "add", "field": "MIME-Version", "value": "ü"}},
            {"action": {"kind": "refuse"}},
            {"field": null, "pattern": "x", "action": {"kind": "hold"}},
            {"action": {"kind": "remove"}},
            {"action": {"kind": "remove", "field": "RECEIVED"}},
            {"field": "Subject", "action": {"kind": "remove", "field": "To"}},
            {"action": {"kind": "add", "field": "reply-to", "value": ""}},
            {"action": {"kind": "add", "field": "DKIM-signature", "value": " a"}},
            {"action": {"kind": "add", "field": "Resent-To", "value": "a\u202eb"}}]
    }"#,
    );
    let told: Vec<_> = found.iter().map(|problem| (problem.field.as_str(), problem.remedy.as_str())).collect();
    let (ending, name) = ("an ending as in `exe`", "the name without the colon, as in `Subject`");
    let other = "another field, or the action `refuse` or `hold`";
    let (another, text) = ("another field, as in `X-Organization`", "a text, as in `Muster GmbH`");
    let field = "a field, as in `Subject`, or the action `add` or `remove`";
    assert_eq!(
        told,
        [
            ("attachments.extensions[1]", "js"),
            ("attachments.extensions[2]", "bat"),
            ("attachments.extensions[3]", ending),
            ("attachments.extensions[4]", ending),
            ("attachments.extensions[5]", ending),
            ("attachments.extensions[6]", ending),
            ("headers[0].field", name),
            ("headers[1].name", "a short name, as in `Mailing lists`"),
            ("headers[1].pattern", "a text that must be found, with `*` for anything"),
            ("headers[1].field", name),
            ("headers[2].field", name),
            ("headers[3].field", other),
            ("headers[4].field", other),
            ("headers[6].action.field", name),
            ("headers[6].action.value", text),
            ("headers[7].action.field", another),
            ("headers[8].field", field),
            ("headers[9].pattern", "nothing here, or the field to look into"),
            ("headers[9].field", field),
            ("headers[10].action.field", "the name without the colon, as in `X-Scanner-Serial`"),
            ("headers[11].action.field", "another field"),
            ("headers[12].action.field", "nothing here, or no field to match: every message"),
            ("headers[13].action.field", another),
            ("headers[13].action.value", text),
            ("headers[14].action.field", another),
            ("headers[14].action.value", text),
            ("headers[15].action.field", another),
            ("headers[15].action.value", text),
        ]
    );
}

#[test]
fn good_documents_become_the_engines_rules() {
    let content = |text: &str| read_and_check(text.as_bytes(), &facts()).unwrap().config(None, HashMap::new(), Vec::new()).content;
    let usual = content(r#"{"version": 1}"#).attachments.unwrap();
    assert!(usual.programs && usual.endings.contains("exe") && usual.endings.len() == 38);
    let own = content(
        r#"{"version": 1, "attachments": {"extensions": ["EXE"], "programsByContent": false},
            "headers": [{"name": "Tag", "field": "Subject", "pattern": "In*voice", "action": {"kind": "add", "field": "X-Tag", "value": "a b"}}]}"#,
    );
    let attachments = own.attachments.unwrap();
    assert_eq!((attachments.programs, attachments.endings.iter().map(String::as_str).collect::<Vec<_>>()), (false, vec!["exe"]));
    assert_eq!(own.headers[0].pattern, Pattern::new("in*VOICE"));
    assert_eq!(own.headers[0].action, HeaderAction::Add(NewField::new("X-Tag", "a b")));
    assert!(content(r#"{"version": 1, "attachments": {"refuse": false}}"#).attachments.is_none());
}

#[test]
fn a_rule_without_a_field_is_for_every_message() {
    let config = |text: &str| read_and_check(text.as_bytes(), &facts()).unwrap().config(None, HashMap::new(), Vec::new());
    let own = config(
        r#"{"version": 1, "headers": [
            {"name": "Firm", "action": {"kind": "add", "field": "X-Organization", "value": "Müller & Söhne"}},
            {"field": null, "action": {"kind": "remove", "field": "X-Scanner-Serial"}},
            {"field": "X-Old", "action": {"kind": "remove"}}]}"#,
    );
    assert_eq!(*own.content.every, [NewField::new("X-Organization", "Müller & Söhne")]);
    let removing =
        |field: &str| HeaderRule { name: String::new(), field: field.into(), pattern: Pattern::default(), action: HeaderAction::Remove };
    assert_eq!(*own.content.headers, [removing("X-Scanner-Serial"), removing("X-Old")]);
    assert!(own.content.growth() > 30);
}
