//! Lists of addresses and domains, as people write them.
//!
//! `ann@office.test` is one address, `office.test` every address there but not in its subdomains, `.office.test`
//! those in its subdomains. In: checked entries, an address. Out: whether it is in the list.
//! Case counts nowhere, and quotes that need not be there change nothing: a denial must not be got round by
//! writing the same mailbox differently.

use crate::mail::Mailbox;
use std::collections::HashSet;

/// A list; the empty one holds nobody, what that means is for who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressList {
    /// Local part, unquoted, and domain.
    mailboxes: HashSet<(String, String)>,
    domains: HashSet<String>,
    /// Without the dot in front.
    subdomains_of: HashSet<String>,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressPattern {
    Mailbox(Mailbox),
    /// Exactly this domain.
    Domain(String),
    /// Everything below this domain.
    SubdomainsOf(String),
}

impl FromIterator<AddressPattern> for AddressList {
    fn from_iter<T: IntoIterator<Item = AddressPattern>>(patterns: T) -> Self {
        let mut list = Self::default();
        for pattern in patterns {
            match pattern {
                AddressPattern::Mailbox(mailbox) => {
                    list.mailboxes.insert((plain_local(mailbox.local()), plain_domain(mailbox.domain())));
                }
                AddressPattern::Domain(domain) => {
                    list.domains.insert(plain_domain(&domain));
                }
                AddressPattern::SubdomainsOf(domain) => {
                    list.subdomains_of.insert(plain_domain(&domain));
                }
            }
        }
        list
    }
}

impl AddressList {
    pub fn is_empty(&self) -> bool {
        self.mailboxes.is_empty() && self.domains.is_empty() && self.subdomains_of.is_empty()
    }

    pub fn holds(&self, mailbox: &Mailbox) -> bool {
        if self.is_empty() {
            return false;
        }
        let domain = plain_domain(mailbox.domain());
        self.domains.contains(&domain)
            || domain.match_indices('.').any(|(dot, _)| self.subdomains_of.contains(&domain[dot + 1..]))
            || self.mailboxes.contains(&(plain_local(mailbox.local()), domain))
    }

    /// Whether an empty list, or one that holds it, lets it through.
    pub fn allows(&self, mailbox: &Mailbox) -> bool {
        self.is_empty() || self.holds(mailbox)
    }
}

/// `Office.TEST.` is `office.test`.
fn plain_domain(domain: &str) -> String {
    domain.strip_suffix('.').unwrap_or(domain).to_lowercase()
}

/// `"a\ b"` is `a b` (RFC 5321 §4.1.2: the quotes are no part of it).
fn plain_local(local: &str) -> String {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return local.to_lowercase() };
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain.to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn list(lines: &[&str]) -> AddressList {
        let pattern = |line: &&str| match line.strip_prefix('.') {
            Some(domain) => AddressPattern::SubdomainsOf(domain.to_owned()),
            None if line.contains('@') => AddressPattern::Mailbox(Mailbox::parse(line).unwrap()),
            None => AddressPattern::Domain((*line).to_owned()),
        };
        lines.iter().map(pattern).collect()
    }

    #[test]
    fn who_is_in_a_list() {
        for (lines, address, is_in) in [
            (&[][..], "ann@office.test", false),
            (&["office.test"], "ann@office.test", true),
            (&["office.test"], "ann@OFFICE.Test", true),
            (&["Office.TEST"], "ann@office.test", true),
            (&["office.test"], "ann@office.test.", true),
            (&["office.test"], "ann@sub.office.test", false),
            (&["office.test"], "ann@backoffice.test", false),
            (&[".office.test"], "ann@sub.office.test", true),
            (&[".office.test"], "ann@a.b.Office.test", true),
            (&[".office.test"], "ann@office.test", false),
            (&[".office.test"], "ann@backoffice.test", false),
            (&["ann@office.test"], "ann@office.test", true),
            (&["ann@office.test"], "bob@office.test", false),
            (&["ann@office.test"], "ann@away.test", false),
            (&["Ann@Office.test"], "aNN@office.TEST", true),
            (&["ann@office.test"], "\"ann\"@office.test", true),
            (&["ann@office.test"], "\"a\\nn\"@office.test", true),
            (&["\"a b\"@office.test"], "\"A\\ b\"@office.test", true),
            (&["a@[10.0.0.1]"], "a@[10.0.0.1]", true),
            (&["x.test", ".y.test", "z@z.test"], "z@z.test", true),
        ] {
            assert_eq!(list(lines).holds(&Mailbox::parse(address).unwrap()), is_in, "{address} in {lines:?}");
        }
    }

    #[test]
    fn an_empty_list_lets_everybody_through() {
        let ann = Mailbox::parse("ann@office.test").unwrap();
        assert!(list(&[]).allows(&ann));
        assert!(!list(&["away.test"]).allows(&ann));
    }
}
