//! What stands in a From: its mailboxes, each with the name before it as it is written (RFC 5322 §3.4, RFC 6854 for groups).
//!
//! In: a field's value, folded or not, in whatever letters. Out: its mailboxes; what cannot be read is passed over,
//! for all of the field is kept elsewhere.

use crate::mail::Mailbox;

/// One mailbox and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub name: Name<'a>,
    pub mailbox: Mailbox,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name<'a> {
    None,
    /// As it stands before the `<`: words, quoted or encoded ones, perhaps folded.
    Phrase(&'a [u8]),
    /// Behind the address, in parentheses, as older programs write it; without them.
    Comment(&'a [u8]),
}

pub(super) fn mailboxes(value: &[u8]) -> Vec<Named<'_>> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(&octet) = value.get(at) {
        let next = past(value, at);
        match octet {
            b',' | b';' => {
                found.extend(one(&value[start..at]));
                start = next;
            }
            // The name of a group; its members follow.
            b':' if !value[start..at].contains(&b'@') => start = next,
            _ => {}
        }
        at = next;
    }
    found.extend(one(value.get(start..).unwrap_or_default()));
    found
}

/// What stands between two commas.
fn one(piece: &[u8]) -> Option<Named<'_>> {
    let (mut open, mut comment, mut at) = (None, None, 0);
    while let Some(&octet) = piece.get(at) {
        let next = past(piece, at);
        match octet {
            b'<' => open = open.or(Some(at..next)),
            b'(' => comment = piece.get(at + 1..next.saturating_sub(1)),
            _ => {}
        }
        at = next;
    }
    let Some(open) = open else {
        let name = comment.map(<[u8]>::trim_ascii).filter(|text| !text.is_empty()).map_or(Name::None, Name::Comment);
        return Some(Named { name, mailbox: address(piece)? });
    };
    let inner = piece.get(open.start + 1..open.end)?.strip_suffix(b">")?;
    let phrase = piece[..open.start].trim_ascii();
    let name = if phrase.is_empty() { Name::None } else { Name::Phrase(phrase) };
    Some(Named { name, mailbox: address(inner)? })
}

/// Without comments, and without the white space and the route that may stand in it (RFC 5322 §4.4).
fn address(octets: &[u8]) -> Option<Mailbox> {
    let (mut plain, mut at) = (Vec::new(), 0);
    while let Some(&octet) = octets.get(at) {
        let next = past(octets, at);
        match octet {
            b'(' | b' ' | b'\t' | b'\r' | b'\n' => {}
            b':' if plain.starts_with(b"@") => plain.clear(),
            _ => plain.extend_from_slice(&octets[at..next]),
        }
        at = next;
    }
    Mailbox::parse(std::str::from_utf8(&plain).ok()?).ok()
}

/// The end of what begins here: something quoted, a comment, an address in angle brackets, or one octet.
fn past(octets: &[u8], at: usize) -> usize {
    match octets.get(at) {
        Some(b'"') => past_quoted(octets, at, b'"'),
        Some(b'[') => past_quoted(octets, at, b']'),
        Some(b'(') => past_comment(octets, at),
        Some(b'<') => past_angle(octets, at),
        Some(_) | None => at + 1,
    }
}

fn past_quoted(octets: &[u8], at: usize, end: u8) -> usize {
    let mut next = at + 1;
    while let Some(&octet) = octets.get(next) {
        match octet {
            b'\\' => next += 2,
            octet if octet == end => return next + 1,
            _ => next += 1,
        }
    }
    octets.len()
}

/// Comments may be nested, as deep as anybody likes.
fn past_comment(octets: &[u8], at: usize) -> usize {
    let (mut depth, mut next) = (0_usize, at);
    while let Some(&octet) = octets.get(next) {
        match octet {
            b'\\' => next += 1,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        next += 1;
        if depth == 0 {
            return next.min(octets.len());
        }
    }
    octets.len()
}

fn past_angle(octets: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while let Some(&octet) = octets.get(next) {
        next = match octet {
            b'"' => past_quoted(octets, next, b'"'),
            b'(' => past_comment(octets, next),
            b'>' => return next + 1,
            _ => next + 1,
        };
    }
    octets.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(value: &str) -> Vec<String> {
        let name = |name: &Name<'_>| match name {
            Name::None => String::new(),
            Name::Phrase(octets) => String::from_utf8_lossy(octets).into_owned(),
            Name::Comment(octets) => format!("({})", String::from_utf8_lossy(octets)),
        };
        mailboxes(value.as_bytes()).iter().map(|found| format!("{}|{}", name(&found.name), found.mailbox)).collect()
    }

    #[test]
    fn mailboxes_are_found_with_their_names_as_written() {
        for (value, found) in [
            (" scanner@office.test\r\n", &["|scanner@office.test"][..]),
            (" Scanner 2 <scanner@office.test>\r\n", &["Scanner 2|scanner@office.test"]),
            (" \"Doe, John; <x@y.test>\" <john@away.test>", &["\"Doe, John; <x@y.test>\"|john@away.test"]),
            (" =?utf-8?q?B=C3=BCro?=\r\n =?utf-8?q?_2?= <a@b.test>", &["=?utf-8?q?B=C3=BCro?=\r\n =?utf-8?q?_2?=|a@b.test"]),
            ("a@b.test (Scanner (2), here)", &["(Scanner (2), here)|a@b.test"]),
            ("(x) a (y) @ b.test", &["(y)|a@b.test"]),
            ("Ann <a@b.test>, \"B, B\" <b@b.test>", &["Ann|a@b.test", "\"B, B\"|b@b.test"]),
            ("Office: Ann <a@b.test>, b@b.test;", &["Ann|a@b.test", "|b@b.test"]),
            ("Nobody:;", &[]),
            ("<@x.test,@y.test:a@b.test>", &["|a@b.test"]),
            ("\"a b\"@b.test", &["|\"a b\"@b.test"]),
            ("a@[IPv6:::1]", &["|a@[IPv6:::1]"]),
            ("scanner", &[]),
            ("", &[]),
            ("<>", &[]),
            ("\"never ended <a@b.test>", &[]),
            ("J\u{f6}rg <j\u{f6}rg@b.test>", &["J\u{f6}rg|j\u{f6}rg@b.test"]),
        ] {
            assert_eq!(read(value), found, "{value:?}");
        }
    }

    #[test]
    fn a_million_parentheses_broke_the_stack() {
        let value = [vec![b'('; 1_000_000], b"a@b.test".to_vec()].concat();
        assert_eq!(mailboxes(&value), []);
    }

    proptest! {
        /// Whatever stands there, it is read to its end, and what is found is an address.
        #[test]
        fn nothing_stops_it(octets in prop::collection::vec(prop::sample::select(b"a@b.\"<>()[]\\,;: \r\n\xe4".to_vec()), 0..40)) {
            for found in mailboxes(&octets) {
                prop_assert!(Mailbox::parse(found.mailbox.as_str()).is_ok());
            }
        }
    }
}
