//! Mail addresses as RFC 5321 §4.1.2 and RFC 6531 §3.3 write them, checked once and then trusted.

use super::wish::Wish;
use std::fmt;

/// `local-part@domain` in the form it travels in: quoted where it must be, never with CR, LF, NUL
/// or another control character, so it can stand in a command line without further care. It may hold
/// UTF-8: whoever takes or sends it sees to it that the other side knows SMTPUTF8.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    text: String,
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("the address has no domain")]
    NoDomain,
    #[error("the part before the @ is not valid")]
    Local,
    #[error("the domain is not valid")]
    Domain,
    #[error("the address is longer than RFC 5321 allows")]
    TooLong,
}

/// Where reports go. Empty for reports themselves (RFC 5321 §4.5.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReversePath {
    Null,
    Mailbox(Mailbox),
}

/// One recipient, and what the sender wants to hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForwardPath {
    pub mailbox: Mailbox,
    pub wish: Wish,
}

impl Mailbox {
    /// Parses the wire form, without angle brackets: `ann@away.test`, `"a b"@away.test`, `a@[10.0.0.1]`.
    ///
    /// Limits are those of RFC 5321 §4.5.3.1: local part 64, domain 255, together 254 octets.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let at = text.rfind('@').ok_or(AddressError::NoDomain)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.len() > 64 || domain.len() > 255 || text.len() > 254 {
            return Err(AddressError::TooLong);
        }
        if !(is_dot_string(local) || is_quoted_string(local)) {
            return Err(AddressError::Local);
        }
        if !(is_domain(domain) || is_literal(domain)) {
            return Err(AddressError::Domain);
        }
        Ok(Self { text: text.to_owned(), at })
    }

    /// Builds an address from a local part as people mean it (unquoted), quoting it if it must be.
    pub fn from_parts(local: &str, domain: &str) -> Result<Self, AddressError> {
        if is_dot_string(local) {
            return Self::parse(&format!("{local}@{domain}"));
        }
        if local.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(AddressError::Local);
        }
        let mut quoted = String::with_capacity(local.len() + 2);
        quoted.push('"');
        for letter in local.chars() {
            if matches!(letter, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted.push('"');
        Self::parse(&format!("{quoted}@{domain}"))
    }

    /// The wire form, without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl ReversePath {
    /// The empty text is the null reverse-path.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() { Ok(Self::Null) } else { Mailbox::parse(text).map(Self::Mailbox) }
    }

    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
    }

    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox.domain()),
        }
    }

    /// The wire form without angle brackets; empty for null.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Mailbox(mailbox) => mailbox.as_str(),
        }
    }
}

impl ForwardPath {
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        Mailbox::parse(text).map(Self::from)
    }

    pub fn is_ascii(&self) -> bool {
        self.mailbox.is_ascii()
    }

    pub fn as_str(&self) -> &str {
        self.mailbox.as_str()
    }
}

/// Without a wish.
impl From<Mailbox> for ForwardPath {
    fn from(mailbox: Mailbox) -> Self {
        Self { mailbox, wish: Wish::default() }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `atom *("." atom)`, RFC 5321 §4.1.2. Devices write `a..b@` and `a.@`; the next hop may judge that,
/// so dots anywhere are let through: they cannot break a command line.
fn is_dot_string(local: &str) -> bool {
    !local.is_empty() && local.chars().all(|letter| letter == '.' || is_atext(letter))
}

fn is_atext(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter) || is_foreign(letter)
}

/// Letters beyond ASCII. Not those that break or turn a line, stand for a broken one, or are no letters at all.
fn is_foreign(letter: char) -> bool {
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(letter.is_ascii() || letter.is_control() || letter.is_whitespace() || turns(letter) || matches!(letter, '\u{feff}' | '\u{fffd}'))
}

/// `DQUOTE *QcontentSMTP DQUOTE`
fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    if local.len() < 2 {
        return false;
    }
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(' '..='~') => {}
                _ => return false,
            },
            '"' => return false,
            ' '..='~' => {}
            foreign if is_foreign(foreign) => {}
            _ => return false,
        }
    }
    true
}

/// Labels of letters, digits, hyphens; underscores too, since office machines are called so.
fn is_domain(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    !domain.is_empty()
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' || is_foreign_in_domain(letter))
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Not what a resolver would take for a dot, an @ or an ASCII letter: a list of domains would not know it again.
fn is_foreign_in_domain(letter: char) -> bool {
    is_foreign(letter) && !matches!(letter, '\u{3002}' | '\u{ff00}'..='\u{ffef}')
}

/// `[10.0.0.1]` and `[IPv6:…]`, RFC 5321 §4.1.3.
fn is_literal(domain: &str) -> bool {
    let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => inner[5..].parse::<std::net::Ipv6Addr>().is_ok(),
        _ => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_and_what_is_not() {
        for good in [
            "a@b",
            "scan@office.test",
            "a..b@c.d",
            "\"a b\"@c.d",
            "\"a@b\"@c.d",
            "\"a\\\"b\"@c.d",
            "a@[10.0.0.1]",
            "a@[IPv6:::1]",
            "x@pc_1.local",
            "j\u{f6}rg@b\u{fc}ro.test",
            "\"j\u{f6} rg\"@b.c",
            "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{516c}\u{53f8}",
        ] {
            assert_eq!(Mailbox::parse(good).map(|m| m.to_string()), Ok(good.to_owned()));
        }
        let long = format!("{}@b.c", "a".repeat(65));
        for (bad, why) in [
            ("", AddressError::NoDomain),
            ("ann", AddressError::NoDomain),
            ("@b.c", AddressError::Local),
            ("a b@c.d", AddressError::Local),
            ("a>b@c.d", AddressError::Local),
            ("\"a\"b\"@c.d", AddressError::Local),
            ("\"@c.d", AddressError::Local),
            ("a\r\n@c.d", AddressError::Local),
            ("a\0@c.d", AddressError::Local),
            ("a@", AddressError::Domain),
            ("a@b..c", AddressError::Domain),
            ("a@-b.c", AddressError::Domain),
            ("a@[999.1.1.1]", AddressError::Domain),
            ("a\u{85}@b.c", AddressError::Local),
            ("a\u{2028}@b.c", AddressError::Local),
            ("a\u{202e}@b.c", AddressError::Local),
            ("\"a\u{fffd}\"@b.c", AddressError::Local),
            ("a@b\u{a0}c", AddressError::Domain),
            ("a@\u{ff42}.c", AddressError::Domain),
            ("a@b\u{3002}c", AddressError::Domain),
            (long.as_str(), AddressError::TooLong),
        ] {
            assert_eq!(Mailbox::parse(bad), Err(why), "{bad:?}");
        }
    }

    #[test]
    fn a_local_part_is_quoted_only_when_it_must_be() {
        assert_eq!(Mailbox::from_parts("ann", "b.c").map(|m| m.to_string()), Ok("ann@b.c".into()));
        assert_eq!(Mailbox::from_parts("a\" b@x", "b.c").map(|m| m.to_string()), Ok("\"a\\\" b@x\"@b.c".into()));
        assert_eq!(Mailbox::from_parts("a\r\nRCPT TO:<x@y>", "b.c"), Err(AddressError::Local));
    }
}
