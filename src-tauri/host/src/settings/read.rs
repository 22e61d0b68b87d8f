//! From the text of a settings document to [`Settings`], with every trouble of form at once.

use super::{problem, schema, shape, short};
use control::Settings;
use control::request::settings_in;
use control::settings::SettingsProblem;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;

/// The form this program writes.
pub const VERSION: u64 = 1;
/// No settings document is this large; something else was given.
const LARGEST: usize = 1024 * 1024;

/// What could be read, and what was wrong with it. The settings are there even then, mended, so that
/// their values can be checked in the same go; they are not to be used.
pub struct Reading {
    pub settings: Option<Settings>,
    pub problems: Vec<SettingsProblem>,
}

pub fn read(bytes: &[u8]) -> Reading {
    let Some(text) = as_text(bytes) else {
        let wrong = "the file is no text in UTF-8";
        return Reading::failed(problem("", "", wrong, "a JSON document as `outtrayd settings show` prints it"));
    };
    let mut document = match serde_json::from_str::<Value>(text) {
        Ok(document) => document,
        Err(error) => return Reading::failed(syntax(text, &error)),
    };
    let mut problems = Vec::new();
    let version = document.get("version").cloned();
    if document.is_object() {
        match version.as_ref().map(Value::as_u64) {
            Some(Some(VERSION)) => {}
            // Nothing else of a form we do not know can be judged.
            Some(Some(other)) => {
                let wrong = if other > VERSION { "the document was written by a newer Outtray" } else { "there was no such version" };
                return Reading::failed(problem("version", other.to_string(), wrong, VERSION.to_string()));
            }
            // Not a number: told with the other problems of shape.
            Some(None) => {}
            None => {
                problems.push(problem("version", "", "it is missing", VERSION.to_string()));
                document["version"] = VERSION.into();
            }
        }
    }
    problems.extend(shape::mend(&mut document, &schema::schema()));
    // Of a name given twice the document has kept the last; only the text still has both.
    if problems.is_empty()
        && let Err(error) = serde_json::from_str::<EachOnce>(text)
    {
        return Reading::failed(syntax(text, &error));
    }
    match settings_in(document) {
        Ok(settings) => Reading { settings: Some(settings), problems },
        Err(error) if problems.is_empty() => {
            Reading::failed(problem("", "", error.to_string(), "what `outtrayd settings schema` has for it"))
        }
        Err(_) => Reading { settings: None, problems },
    }
}

impl Reading {
    fn failed(problem: SettingsProblem) -> Self {
        Self { settings: None, problems: vec![problem] }
    }
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    if bytes.len() > LARGEST {
        return None;
    }
    // Windows' Notepad puts a byte order mark in front.
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Any JSON in which no object has a name twice; nothing of it is kept.
struct EachOnce;

impl<'de> Deserialize<'de> for EachOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for EachOnce {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            names.insert(name);
            map.next_value::<Self>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> SettingsProblem {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    problem(
        format!("line {}, column {}", error.line(), error.column()),
        short(line.trim()),
        format!("the document is no valid JSON here: {said}"),
        "look at this line and the one before it for a missing comma, quote or bracket",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_trouble_of_form_is_told_at_once() {
        let found = fields(
            r#"{ "version": 1, "hostname": "x", "listeners": [ {"address": 5, "port": 70000, "encryption": "ssl"},
                {"address": "0.0.0.0", "port": 2525, "encryption": "plain", "tls": true} ],
                "rules": {}, "smartHost": {"server": "a.test", "signIn": {"kind": "magic"}, "encryption": "none"},
                "certificate": {"kind": "pem", "certificateFile": "a.pem"},
                "limits": {"messageBytes": "25 MB"}, "logLevel": "loud", "delivery": {"firstRetrySeconds": -1} }"#,
        );
        assert_eq!(
            found,
            [
                "certificate.keyFile = : it is missing",
                "delivery.firstRetrySeconds = -1: this number cannot stand here",
                "hostname = x: there is no such setting",
                "limits.messageBytes = 25 MB: this is a text, and a whole number is wanted",
                "listeners[0].address = 5: this is a number, and a text in quotes is wanted",
                "listeners[0].encryption = ssl: this word is not known here",
                "listeners[0].port = 70000: this number cannot stand here",
                "listeners[1].tls = true: there is no such setting",
                "logLevel = loud: this word is not known here",
                "rules = {}: this is an object, and a list in [ ] is wanted",
                "smartHost.port = : it is missing",
                "smartHost.signIn.kind = magic: this word is not known here",
            ]
        );
    }

    #[test]
    fn a_mended_document_can_still_be_read() {
        for text in [
            r#"{"version": 1, "listeners": 5, "smartHost": 7}"#,
            r#"{"version": 1, "smartHost": {}, "listeners": [{}, 5, null], "rules": [null, {}, []]}"#,
            r#"{"version": "1", "certificate": null, "limits": null, "history": []}"#,
            r#"{"version": 1, "smartHost": {"signIn": {"kind": "oauth", "grant": {}, "service": {"kind": "custom", "token": 5}, "scopes": [7]}}}"#,
            r#"{"version": 1, "smartHost": {"signIn": {"kind": "oauth", "grant": null, "service": [], "user": {}}}}"#,
            r#"{"version": 1.5, "smartHost": {"signIn": 3, "timeouts": 4, "extraCaFile": 5}}"#,
            "[]",
            "7",
        ] {
            let reading = read(text.as_bytes());
            assert!(!reading.problems.is_empty(), "{text}");
            assert!(reading.settings.is_some() || !text.starts_with('{'), "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_is_told_what_it_should_be() {
        let reading = read(br#"{"version": 1, "host_name": "a", "smartHots": null, "quota": 3}"#);
        let remedies: Vec<_> = reading.problems.into_iter().map(|problem| problem.remedy).collect();
        assert_eq!(remedies[0], "`hostName`, or nothing");
        assert_eq!(remedies[2], "`smartHost`, or nothing");
        assert!(remedies[1].starts_with("one of: accounts, attachments"), "{}", remedies[1]);
    }

    #[test]
    fn broken_json_is_told_with_line_and_column() {
        assert_eq!(
            fields("{\n  \"version\": 1\n  \"hostName\": \"a\"\n}"),
            ["line 3, column 3 = \"hostName\": \"a\": the document is no valid JSON here: expected `,` or `}`"]
        );
        assert_eq!(fields("").len(), 1);
        assert_eq!(
            fields("{\"version\":1,\"version\":1}"),
            ["line 1, column 22 = {\"version\":1,\"version\":1}: the document is no valid JSON here: duplicate field `version`"]
        );
        let deep = r#"{"version": 1, "limits": {"hops": 20, "messageBytes": 9, "hops": 30}}"#;
        assert!(fields(deep)[0].contains("line 1, column 63") && fields(deep)[0].ends_with("duplicate field `hops`"), "{:?}", fields(deep));
        assert_eq!(read(&[0xff, 0xfe, b'{', 0]).problems[0].wrong, "the file is no text in UTF-8");
    }

    #[test]
    fn a_missing_or_strange_version_is_named() {
        assert_eq!(fields("{}"), ["version = : it is missing"]);
        assert_eq!(fields(r#"{"version": 2, "new": 1}"#), ["version = 2: the document was written by a newer Outtray"]);
        assert_eq!(fields(r#"{"version": 0}"#), ["version = 0: there was no such version"]);
        assert_eq!(fields(r#"{"version": "one"}"#), ["version = one: this is a text, and a whole number is wanted"]);
    }

    #[test]
    fn what_we_write_we_read_and_a_byte_order_mark_does_no_harm() {
        let text = format!("\u{feff}{}", serde_json::to_string_pretty(&Settings::default()).unwrap());
        let reading = read(text.as_bytes());
        assert_eq!((reading.settings, reading.problems), (Some(Settings::default()), vec![]));
    }

    fn fields(text: &str) -> Vec<String> {
        let mut found: Vec<_> = read(text.as_bytes())
            .problems
            .into_iter()
            .map(|problem| format!("{} = {}: {}", problem.field, problem.value, problem.wrong))
            .collect();
        found.sort();
        found
    }
}
