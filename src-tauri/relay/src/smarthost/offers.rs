//! What the smart host says it can (RFC 5321 §4.1.1.1, RFC 1870, RFC 4954).
//!
//! Keywords are read in any case, and `AUTH=` as old servers write it; lettre reads only some, in one case.

use std::net::IpAddr;

/// What EHLO said (RFC 5321 §4.1.1.1); keywords in any case.
#[derive(Debug, Default)]
pub(super) struct Offers {
    pub pipelining: bool,
    pub eight_bit: bool,
    pub utf8: bool,
    /// RFC 3461.
    pub dsn: bool,
    pub size: bool,
    /// Largest message in octets, when it says so.
    pub largest: Option<u64>,
    /// The ways to sign in, in capitals.
    pub auth: Vec<String>,
    /// The address it sees us at, when it greets with it.
    pub sees_us_at: Option<IpAddr>,
}

impl Offers {
    pub(super) fn read<'a>(mut lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self { sees_us_at: lines.next().and_then(bracketed), ..Self::default() };
        for line in lines {
            let (keyword, rest) = line.trim().split_once([' ', '=']).unwrap_or((line.trim(), ""));
            match keyword.to_ascii_uppercase().as_str() {
                "PIPELINING" => offers.pipelining = true,
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                "DSN" => offers.dsn = true,
                "SIZE" => {
                    offers.size = true;
                    // "SIZE 0" means that there is no fixed limit (RFC 1870 §4).
                    offers.largest = rest.trim().parse().ok().filter(|largest| *largest > 0);
                }
                "AUTH" => offers.auth.extend(rest.split_whitespace().map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        offers
    }

    pub(super) fn can_sign_in_by(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|offered| offered == mechanism)
    }
}

/// Exchange Online, Gmail, Exim and Sendmail greet with the client's address as a literal (RFC 5321 §4.1.3).
fn bracketed(greeting: &str) -> Option<IpAddr> {
    let literals = greeting.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    literals.filter_map(|literal| literal.trim().trim_start_matches("IPv6:").parse().ok()).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_tells_at_which_address_we_are_seen() {
        let seen = |greeting: &str| Offers::read([greeting, "SIZE 100"].into_iter()).sees_us_at.map(|address| address.to_string());
        let rows = [
            ("AM6PR02CA0046.outlook.office365.com Hello [203.0.113.7]", Some("203.0.113.7")),
            ("smtp.gmail.com at your service, [2001:db8::7]", Some("2001:db8::7")),
            ("mail.example.com Hello relay.office.test [IPv6:2001:db8::7], pleased to meet you", Some("2001:db8::7")),
            ("mail.example.com Hello [192.0.2.1] [203.0.113.7]", Some("203.0.113.7")),
            ("mail.example.com", None),
            ("mail.example.com Hello [somebody]", None),
            ("mail.example.com Hello [203.0.113.7", Some("203.0.113.7")),
            ("", None),
        ];
        for (greeting, address) in rows {
            assert_eq!(seen(greeting).as_deref(), address, "{greeting}");
        }
        assert_eq!(Offers::read(["x", "SIZE 100"].into_iter()).largest, Some(100));
        assert_eq!(Offers::read(std::iter::empty()).sees_us_at, None);
    }
}
