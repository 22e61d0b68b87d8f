//! File names in Content-Type and Content-Disposition, however they are written.
//!
//! In: the value of a field. Out: its parameters, and every name a mail program may make of them: in quotes or not, in
//! encoded words (RFC 2047, where they do not belong), in pieces and in other character sets (RFC 2231).

use super::decode::digit;
use crate::mail::trace::decode_all;

/// Parameters of a field in their order; names in small letters, values without quotes.
pub fn parameters(value: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut parameters = Vec::new();
    let mut rest = Reader(value);
    rest.until(|octet| octet == b';');
    while !rest.0.is_empty() {
        rest.0 = &rest.0[1..];
        rest.space();
        let name = rest.until(|octet| octet == b'=' || octet == b';').trim_ascii().to_ascii_lowercase();
        if rest.0.first() != Some(&b'=') {
            continue;
        }
        rest.0 = &rest.0[1..];
        rest.space();
        let value = rest.value();
        parameters.push((String::from_utf8_lossy(&name).into_owned(), value));
        rest.until(|octet| octet == b';');
    }
    parameters
}

/// What comes in front of the parameters, in small letters.
pub fn kind(value: &[u8]) -> String {
    let mut rest = Reader(value);
    rest.space();
    String::from_utf8_lossy(rest.until(|octet| octet == b';' || octet.is_ascii_whitespace() || octet == b'(')).to_ascii_lowercase()
}

/// Every name that may be meant by parameters called `key`.
pub fn names(parameters: &[(String, Vec<u8>)], key: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut pieces: Vec<(u32, bool, &[u8])> = Vec::new();
    for (name, value) in parameters {
        let Some(rest) = name.strip_prefix(key) else { continue };
        match rest.strip_prefix('*') {
            None if rest.is_empty() => names.push(decode_all(value)),
            None => {}
            // `name*=` and `name*0=`, `name*0*=`, `name*1=` …
            Some("") => names.push(extended(value, true)),
            Some(number) => {
                let (number, is_extended) = number.strip_suffix('*').map_or((number, false), |number| (number, true));
                if let Ok(number) = number.parse() {
                    pieces.push((number, is_extended, value));
                }
            }
        }
    }
    if !pieces.is_empty() {
        pieces.sort_by_key(|(number, _, _)| *number);
        let text = |(number, is_extended, value): &(u32, bool, &[u8])| match is_extended {
            true => extended(value, *number == 0),
            false => String::from_utf8_lossy(value).into_owned(),
        };
        names.push(pieces.iter().map(text).collect());
    }
    names
}

/// `utf-8'en'%e2%82%ac.txt` (RFC 2231 §4); the character set is taken to be UTF-8, endings of names are the same in most.
fn extended(value: &[u8], has_charset: bool) -> String {
    let quotes: Vec<usize> = value.iter().enumerate().filter(|(_, octet)| **octet == b'\'').map(|(at, _)| at).collect();
    let text = match quotes[..] {
        [_, second, ..] if has_charset => &value[second + 1..],
        _ => value,
    };
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&octet, more)) = rest.split_first() {
        rest = more;
        octets.push(match (octet, more) {
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high * 16 + low
                }
                (Some(_) | None, _) => octet,
            },
            (_, _) => octet,
        });
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// The ending of a name as Windows sees it, which drops dots and spaces at the end; in small letters, without the dot.
pub fn ending(name: &str) -> Option<String> {
    let is_dropped = |letter: char| letter == '.' || letter.is_whitespace() || letter.is_control() || "\"'\0".contains(letter);
    let (_, ending) = name.trim_end_matches(is_dropped).rsplit_once('.')?;
    Some(ending.trim().to_lowercase())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Goes on to the first octet that ends it, and stands before it. Neither quotes nor comments end anything.
    fn until(&mut self, ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let (mut quoted, mut escaped) = (false, false);
        let end = self.0.iter().position(|&octet| {
            let hit = !quoted && ends(octet);
            if octet == b'"' && !escaped {
                quoted = !quoted;
            }
            escaped = quoted && octet == b'\\' && !escaped;
            hit
        });
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    /// White space and comments.
    fn space(&mut self) {
        loop {
            self.0 = self.0.trim_ascii_start();
            if self.0.first() != Some(&b'(') {
                return;
            }
            let mut depth = 0;
            let end = self.0.iter().position(|octet| {
                depth += i32::from(*octet == b'(') - i32::from(*octet == b')');
                depth == 0
            });
            self.0 = end.map_or(&[][..], |end| &self.0[end + 1..]);
        }
    }

    /// A quoted string, or all up to the semicolon: names with spaces come without quotes too.
    fn value(&mut self) -> Vec<u8> {
        let Some(inner) = self.0.strip_prefix(b"\"") else {
            return self.until(|octet| octet == b';').trim_ascii().to_vec();
        };
        let mut value = Vec::new();
        let mut octets = inner.iter();
        while let Some(&octet) = octets.next() {
            match octet {
                b'"' => break,
                b'\\' => value.extend(octets.next()),
                _ => value.push(octet),
            }
        }
        self.0 = octets.as_slice();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(value: &str) -> Vec<String> {
        names(&parameters(value.as_bytes()), "name")
    }

    #[test]
    fn names_are_read_however_they_are_written() {
        for (value, expected) in [
            ("application/pdf; name=a.pdf", &["a.pdf"][..]),
            ("application/pdf; name=\"a b.pdf\"; x=y", &["a b.pdf"]),
            ("application/pdf;NAME = my invoice.exe ; x=y", &["my invoice.exe"]),
            ("application/pdf; name=\"a\\\"b;c.exe\"", &["a\"b;c.exe"]),
            ("application/pdf; name=\"no end.exe", &["no end.exe"]),
            ("application/pdf; (x) name=(a \"(b)\" c)a.exe", &["a.exe"]),
            ("application/pdf; x=\"; name=a.exe\"; name=b.pdf", &["b.pdf"]),
            ("application/pdf; name=\"=?utf-8?Q?a=2Eexe?=\"", &["a.exe"]),
            ("application/pdf; name==?utf-8?B?YS5leGU=?=", &["a.exe"]),
            ("application/pdf; name*=utf-8'en'%E2%82%AC.e%78e", &["€.exe"]),
            ("application/pdf; name*=a%2eexe", &["a.exe"]),
            ("application/pdf; name*0=inv; name*1=oice.e; name*2=xe", &["invoice.exe"]),
            ("application/pdf; name*1*=%65xe; name*0*=utf-8''a%2E", &["a.exe"]),
            ("application/pdf; name=a.txt; name*=utf-8''b.exe; name=c.com", &["a.txt", "b.exe", "c.com"]),
            ("application/pdf; filename=a.exe; names=b.exe", &[]),
            ("application/pdf", &[]),
            ("; name", &[]),
            ("", &[]),
        ] {
            assert_eq!(named(value), expected, "{value}");
        }
    }

    #[test]
    fn a_kind_is_read_without_what_is_behind_it() {
        for (value, expected) in [
            (" Multipart/MIXED;boundary=x", "multipart/mixed"),
            ("(c) text/plain (d)", "text/plain"),
            ("text/plain", "text/plain"),
            ("", ""),
        ] {
            assert_eq!(kind(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn an_ending_is_what_windows_takes_for_one() {
        for (name, expected) in [
            ("a.exe", Some("exe")),
            ("a.pdf.EXE", Some("exe")),
            ("a.exe. . ", Some("exe")),
            ("a.exe\"", Some("exe")),
            ("a. exe", Some("exe")),
            ("a", None),
            ("a.", None),
            (".exe", Some("exe")),
            ("C:\\b.d\\a.txt", Some("txt")),
        ] {
            assert_eq!(ending(name).as_deref(), expected, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(parts in prop::collection::vec(
            prop::sample::select(vec!["name", "*", "0", "=", ";", "\"", "\\", "(", ")", "%", "4", "'", "a.exe", " ", "=?utf-8?Q?", "?="]), 0..40
        )) {
            named(&parts.concat());
            kind(parts.concat().as_bytes());
        }
    }
}
