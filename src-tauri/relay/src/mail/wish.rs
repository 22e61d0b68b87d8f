//! What a sender wants to be told, as MAIL and RCPT say it (RFC 3461 §4; RFC 6533 §3 for addresses in UTF-8).
//!
//! In: the values of parameters. Out: checked words that can go on to the next server as they came, and into a report.
//!
//! Invariant: what is taken here is printable ASCII, also when it is decoded, so that it can stand in any line.

use std::fmt::{self, Write as _};

/// How much of the message comes back with a report of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ret {
    Full,
    Headers,
}

/// What is to be told of one recipient. Nothing at all is NEVER.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Notify {
    pub success: bool,
    pub failure: bool,
    pub delay: bool,
}

/// What MAIL asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Returns {
    pub ret: Option<Ret>,
    pub envelope_id: Option<EnvelopeId>,
}

/// What RCPT asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Wish {
    pub notify: Option<Notify>,
    pub original: Option<OriginalRecipient>,
}

/// ENVID, as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnvelopeId(String);

/// ORCPT, as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginalRecipient(String);

impl Ret {
    pub fn parse(value: &str) -> Option<Self> {
        if value.eq_ignore_ascii_case("FULL") {
            Some(Self::Full)
        } else if value.eq_ignore_ascii_case("HDRS") {
            Some(Self::Headers)
        } else {
            None
        }
    }
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        })
    }
}

impl Notify {
    /// `NEVER`, or the others in any order and none twice.
    pub fn parse(value: &str) -> Option<Self> {
        let mut notify = Self::default();
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(notify);
        }
        for word in value.split(',') {
            let wanted = [("SUCCESS", &mut notify.success), ("FAILURE", &mut notify.failure), ("DELAY", &mut notify.delay)];
            let (_, wanted) = wanted.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name))?;
            if std::mem::replace(wanted, true) {
                return None;
            }
        }
        Some(notify)
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")]
            .into_iter()
            .filter_map(|(wanted, word)| wanted.then_some(word))
            .collect();
        f.write_str(if words.is_empty() { "NEVER".to_owned() } else { words.join(",") }.as_str())
    }
}

impl Wish {
    /// Only who asks for it hears of success.
    pub fn wants_success(&self) -> bool {
        self.notify.is_some_and(|notify| notify.success)
    }

    /// Who asks for nothing hears of failure and delay (RFC 3461 §4.1).
    pub fn wants_failure(&self) -> bool {
        self.notify.is_none_or(|notify| notify.failure)
    }

    pub fn wants_delay(&self) -> bool {
        self.notify.is_none_or(|notify| notify.delay)
    }
}

impl EnvelopeId {
    /// At most 100 characters (RFC 3461 §4.4).
    pub fn parse(value: &str) -> Option<Self> {
        let fits = (1..=100).contains(&value.len()) && decoded(value).is_some();
        fits.then(|| Self(value.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn decoded(&self) -> String {
        decoded(&self.0).unwrap_or_default()
    }
}

impl OriginalRecipient {
    /// `type;address`, at most 500 characters (RFC 3461 §4.2). Letters beyond ASCII become their ASCII form.
    pub fn parse(value: &str) -> Option<Self> {
        let (kind, address) = value.split_once(';')?;
        let atom = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte));
        let utf8 = kind.eq_ignore_ascii_case("utf-8");
        if !atom || address.is_empty() || !(utf8 || address.is_ascii()) {
            return None;
        }
        let mut wire = format!("{kind};");
        for letter in address.chars() {
            if letter.is_ascii() {
                wire.push(letter);
            } else if letter.is_control() {
                return None;
            } else {
                escape(letter, &mut wire);
            }
        }
        let fits = wire.len() <= 500 && decoded(&wire[kind.len() + 1..]).is_some();
        fits.then_some(Self(wire))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a report has it: `rfc822; ann@away.test`.
    pub fn decoded(&self) -> String {
        let (kind, address) = self.0.split_once(';').unwrap_or_default();
        format!("{kind}; {}", decoded(address).unwrap_or_default())
    }
}

pub fn is_xtext(value: &str) -> bool {
    decoded(value).is_some()
}

/// RFC 3461 §4: `+41` is `A`. None: it is no xtext, or hides what cannot be printed.
fn decoded(xtext: &str) -> Option<String> {
    let mut text = String::with_capacity(xtext.len());
    let mut bytes = xtext.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'+' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            b'=' => return None,
            b'!'..=b'~' => byte,
            _ => return None,
        };
        if !matches!(byte, b' '..=b'~') {
            return None;
        }
        text.push(char::from(byte));
    }
    Some(text)
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// An address in the ASCII form of RFC 6533 §3 (`utf-8-addr-xtext`).
pub fn ascii_form(address: &str) -> String {
    let mut form = String::with_capacity(address.len() * 2);
    for letter in address.chars() {
        match letter {
            '+' | '=' | '\\' => escape(letter, &mut form),
            '!'..='~' => form.push(letter),
            _ => escape(letter, &mut form),
        }
    }
    form
}

fn escape(letter: char, into: &mut String) {
    // Writing to a text cannot fail.
    let _ = write!(into, "\\x{{{:02X}}}", u32::from(letter));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn notify_is_never_or_a_list_without_repetition() {
        for (value, shown) in [
            ("NEVER", Some("NEVER")),
            ("never", Some("NEVER")),
            ("SUCCESS", Some("SUCCESS")),
            ("Failure,delay", Some("FAILURE,DELAY")),
            ("DELAY,FAILURE,SUCCESS", Some("SUCCESS,FAILURE,DELAY")),
            ("NEVER,FAILURE", None),
            ("FAILURE,NEVER", None),
            ("FAILURE,FAILURE", None),
            ("FAILURE,", None),
            (",FAILURE", None),
            ("FAILURE, DELAY", None),
            ("ALWAYS", None),
            ("", None),
        ] {
            assert_eq!(Notify::parse(value).map(|notify| notify.to_string()).as_deref(), shown, "{value:?}");
        }
    }

    #[test]
    fn who_asks_for_nothing_hears_of_failure_and_delay() {
        let of = |value: &str| {
            let wish = Wish { notify: Notify::parse(value), original: None };
            (wish.wants_success(), wish.wants_failure(), wish.wants_delay())
        };
        assert_eq!(of("not a word"), (false, true, true));
        assert_eq!(of("NEVER"), (false, false, false));
        assert_eq!(of("SUCCESS"), (true, false, false));
        assert_eq!(of("FAILURE"), (false, true, false));
        assert_eq!(of("SUCCESS,FAILURE,DELAY"), (true, true, true));
    }

    #[test]
    fn an_envelope_id_is_printable_under_its_encoding() {
        let long = "x".repeat(100);
        for (value, text) in [
            ("QQ314159", Some("QQ314159")),
            ("a+2Bb+3Dc+20d", Some("a+b=c d")),
            ("+41", Some("A")),
            (long.as_str(), Some(long.as_str())),
            ("", None),
            ("a+0Db", None),
            ("a+0A", None),
            ("a+7F", None),
            ("a+E4", None),
            ("a+2b", None),
            ("a+2", None),
            ("a+", None),
            ("a=b", None),
            ("a b", None),
            ("\u{e4}", None),
            (&format!("{long}x"), None),
        ] {
            assert_eq!(EnvelopeId::parse(value).map(|id| id.decoded()).as_deref(), text, "{value:?}");
        }
    }

    #[test]
    fn an_original_recipient_has_a_type_and_an_address() {
        for (value, wire, text) in [
            ("rfc822;ann@away.test", "rfc822;ann@away.test", "rfc822; ann@away.test"),
            ("RFC822;ann+2Bb@away.test", "RFC822;ann+2Bb@away.test", "RFC822; ann+b@away.test"),
            ("x400;/S=", "", ""),
            ("x400;/S+3Dann/", "x400;/S+3Dann/", "x400; /S=ann/"),
            ("utf-8;j\\x{F6}rg@away.test", "utf-8;j\\x{F6}rg@away.test", "utf-8; j\\x{F6}rg@away.test"),
            ("utf-8;j\u{f6}rg@b\u{fc}ro.test", "utf-8;j\\x{F6}rg@b\\x{FC}ro.test", "utf-8; j\\x{F6}rg@b\\x{FC}ro.test"),
            ("rfc822;j\u{f6}rg@away.test", "", ""),
            ("utf-8;a\u{85}b", "", ""),
            ("rfc822;", "", ""),
            (";ann@away.test", "", ""),
            ("ann@away.test", "", ""),
            ("rfc 822;ann", "", ""),
            ("rfc822;a+0D+0AX", "", ""),
        ] {
            let parsed = OriginalRecipient::parse(value);
            assert_eq!(parsed.as_ref().map_or("", |original| original.as_str()), wire, "{value:?}");
            assert_eq!(parsed.map(|original| original.decoded()).unwrap_or_default(), text, "{value:?}");
        }
        assert!(OriginalRecipient::parse(&format!("rfc822;{}", "a".repeat(493))).is_some());
        assert!(OriginalRecipient::parse(&format!("rfc822;{}", "a".repeat(494))).is_none());
    }

    #[test]
    fn an_address_in_utf_8_has_an_ascii_form() {
        assert_eq!(ascii_form("j\u{f6}rg@b\u{fc}ro.test"), "j\\x{F6}rg@b\\x{FC}ro.test");
        assert_eq!(ascii_form("a+b=c\\\u{1f600}@x"), "a\\x{2B}b\\x{3D}c\\x{5C}\\x{1F600}@x");
    }

    proptest! {
        /// What is taken can stand in a command line and in a header, and is taken again as it is.
        #[test]
        fn what_is_taken_is_printable(value in "(rfc822|utf-8|x);.{0,40}|[!-~]{0,60}") {
            let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if let Some(original) = OriginalRecipient::parse(&value) {
                prop_assert!(printable(original.as_str()) && !original.as_str().contains([' ', '=']));
                prop_assert!(printable(&original.decoded()));
                prop_assert_eq!(OriginalRecipient::parse(original.as_str()), Some(original));
            }
            if let Some(id) = EnvelopeId::parse(&value) {
                prop_assert!(printable(id.as_str()) && !id.as_str().contains([' ', '=']));
                prop_assert!(printable(&id.decoded()));
            }
        }
    }
}
