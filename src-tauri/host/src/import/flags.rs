//! Settings that are several yeses and noes in one value: MetaBase.xml writes their documented names (`AuthAnonymous | AuthNTLM`),
//! ADSI and WMI the number, scripts sometimes both.
//!
//! In: the name of the setting, and its text. Out: the bits, and the words nobody knows. Promise: an unknown word is never lost;
//! what it may have demanded is for the reader to assume.

/// AuthFlags.
pub const ANONYMOUS: u64 = 0x1;
pub const BASIC: u64 = 0x2;
pub const NTLM: u64 = 0x4;
pub const MD5: u64 = 0x10;
pub const PASSPORT: u64 = 0x40;

/// AccessSSLFlags.
pub const SSL: u64 = 0x8;
pub const NEGOTIATE_CERT: u64 = 0x20;
pub const REQUIRE_CERT: u64 = 0x40;
const MAP_CERT: u64 = 0x80;
pub const SSL_128: u64 = 0x100;

/// RouteAction, of the server and of each domain.
pub mod route {
    pub const DROP: u64 = 0x1;
    pub const SMARTHOST: u64 = 0x2;
    pub const SSL: u64 = 0x4;
    pub const SASL: u64 = 0x8;
    pub const ALIAS: u64 = 0x10;
    pub const DELIVER: u64 = 0x20;
    pub const NTLM: u64 = 0x80;
    pub const CLEARTEXT: u64 = 0x100;
    pub const ETRN_CMD: u64 = 0x200;
    pub const DOMAIN_RELAY: u64 = 0x1000;
    pub const CSIDE_TURN: u64 = 0x2000;
    pub const CSIDE_ETRN: u64 = 0x4000;
    pub const KERBEROS: u64 = 0x20_0000;
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub bits: u64,
    /// Words that are no documented name, and no number.
    pub unknown: Vec<String>,
}

impl Flags {
    pub fn has(&self, bit: u64) -> bool {
        self.bits & bit != 0
    }
}

/// Without capitals, underscores and the prefix of the header files.
fn plain(word: &str) -> String {
    let word: String = word.chars().filter(|letter| *letter != '_').map(|letter| letter.to_ascii_lowercase()).collect();
    word.strip_prefix("md").map_or_else(|| word.clone(), str::to_owned)
}

pub fn read(name: &str, text: &str) -> Flags {
    let names = names_of(name);
    let mut flags = Flags::default();
    for word in text.split(|letter: char| letter.is_whitespace() || matches!(letter, '|' | ',' | ';' | '+')).filter(|word| !word.is_empty())
    {
        let known = number(word).or_else(|| {
            let word = plain(word);
            let word = word.strip_prefix("routeaction").unwrap_or(&word);
            names.iter().find(|(name, _)| *name == word).map(|(_, bit)| *bit)
        });
        match known {
            Some(bits) => flags.bits |= bits,
            None => flags.unknown.push(word.to_owned()),
        }
    }
    flags
}

/// In decimal, in hexadecimal with `0x`, or below zero as a script prints a DWORD with its highest bit.
pub fn number(text: &str) -> Option<u64> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix('-') {
        Some(_) => text.parse::<i32>().ok().map(|below| u64::from(below.cast_unsigned())),
        None => text.parse().ok(),
    }
}

fn names_of(setting: &str) -> &'static [(&'static str, u64)] {
    match setting.to_ascii_lowercase().as_str() {
        "authflags" => &[
            ("authanonymous", ANONYMOUS),
            ("authbasic", BASIC),
            ("authntlm", NTLM),
            ("authnt", NTLM),
            ("authmd5", MD5),
            ("authpassport", PASSPORT),
        ],
        "accesssslflags" => &[
            ("accessssl", SSL),
            ("accesssslnegotiatecert", NEGOTIATE_CERT),
            ("accesssslrequirecert", REQUIRE_CERT),
            ("accesssslmapcert", MAP_CERT),
            ("accessssl128", SSL_128),
        ],
        "accessflags" => &[
            ("accessread", 0x1),
            ("accesswrite", 0x2),
            ("accessexecute", 0x4),
            ("accesssource", 0x10),
            ("accessscript", 0x200),
            ("accessnoremotewrite", 0x400),
            ("accessnoremoteread", 0x1000),
            ("accessnoremoteexecute", 0x2000),
            ("accessnoremotescript", 0x4000),
            ("accessnophysicaldir", 0x8000),
        ],
        "routeaction" => &[
            ("drop", route::DROP),
            ("smarthost", route::SMARTHOST),
            ("ssl", route::SSL),
            ("sasl", route::SASL),
            ("alias", route::ALIAS),
            ("deliver", route::DELIVER),
            ("default", 0x40),
            ("authntlm", route::NTLM),
            ("authcleartext", route::CLEARTEXT),
            ("etrncmd", route::ETRN_CMD),
            ("iprelay", 0x400),
            ("authrelay", 0x800),
            ("domainrelay", route::DOMAIN_RELAY),
            ("csideturn", route::CSIDE_TURN),
            ("csideetrn", route::CSIDE_ETRN),
            ("disableetrn", 0x8000),
            ("chunking", 0x1_0000),
            ("disablechunk", 0x2_0000),
            ("disablebmime", 0x4_0000),
            ("disabledsn", 0x8_0000),
            ("disablepipeline", 0x10_0000),
            ("authkerberos", route::KERBEROS),
        ],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_both_are_the_same_bits() {
        for (setting, text, bits) in [
            ("AuthFlags", "AuthAnonymous | AuthNTLM", 5),
            ("AuthFlags", "authanonymous|AUTHBASIC", 3),
            ("AuthFlags", "MD_AUTH_ANONYMOUS, MD_AUTH_MD5", 17),
            ("AuthFlags", "AuthPassport | 2", 66),
            ("AccessSSLFlags", "AccessSSL | AccessSSL128", 264),
            ("AccessSSLFlags", "AccessSSLNegotiateCert | AccessSSLRequireCert | AccessSSLMapCert | 0x8", 232),
            ("AccessFlags", "AccessRead | AccessScript", 513),
            ("RouteAction", "SSL | SASL | AUTH_CLEARTEXT", 268),
            ("RouteAction", "268", 268),
            ("AuthFlags", "-1", 0xFFFF_FFFF),
            ("AuthFlags", "", 0),
        ] {
            assert_eq!(read(setting, text), Flags { bits, unknown: Vec::new() }, "{setting}={text}");
        }
        assert_eq!(read("AuthFlags", "AuthBasic | AuthSomething"), Flags { bits: 2, unknown: vec!["AuthSomething".into()] });
        assert_eq!(read("AuthFlags", "AccessSSL").unknown, ["AccessSSL"], "each setting has its own names");
    }
}
