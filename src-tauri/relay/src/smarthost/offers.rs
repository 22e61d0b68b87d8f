//! What the smart host says it can (RFC 5321 §4.1.1.1, RFC 1870, RFC 4954).
//!
//! Keywords are read in any case, and `AUTH=` as old servers write it; lettre reads only some, in one case.

/// What EHLO said (RFC 5321 §4.1.1.1); keywords in any case.
#[derive(Debug, Default)]
pub(super) struct Offers {
    pub pipelining: bool,
    pub eight_bit: bool,
    pub size: bool,
    /// Largest message in octets, when it says so.
    pub largest: Option<u64>,
    pub auth: String,
    pub plain: bool,
    pub login: bool,
}

impl Offers {
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::default();
        for line in lines.skip(1) {
            let (keyword, rest) = line.trim().split_once([' ', '=']).unwrap_or((line.trim(), ""));
            match keyword.to_ascii_uppercase().as_str() {
                "PIPELINING" => offers.pipelining = true,
                "8BITMIME" => offers.eight_bit = true,
                "SIZE" => {
                    offers.size = true;
                    // "SIZE 0" means that there is no fixed limit (RFC 1870 §4).
                    offers.largest = rest.trim().parse().ok().filter(|largest| *largest > 0);
                }
                "AUTH" => {
                    let mechanisms = rest.to_ascii_uppercase();
                    offers.plain |= mechanisms.split_whitespace().any(|mechanism| mechanism == "PLAIN");
                    offers.login |= mechanisms.split_whitespace().any(|mechanism| mechanism == "LOGIN");
                    offers.auth = mechanisms;
                }
                _ => {}
            }
        }
        offers
    }
}
