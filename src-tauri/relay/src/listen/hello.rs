//! Reads out of a ClientHello what a device offers, for people (RFC 8446 §4.1.2, §4.2.1; RFC 5246 appendix E).
//!
//! In: the first octets of a connection that wants TLS. Out: its highest version, and its cipher suites.
//! Decides one thing only: whether nothing newer than TLS 1.1 is offered. Everything else is rustls' to judge.

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SUPPORTED_VERSIONS: u16 = 43;
/// No ClientHello is longer.
pub const LONGEST: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As on the wire: 0x0301 is TLS 1.0.
    pub version: u16,
    pub cipher_suites: Vec<u16>,
}

/// None while it has not come whole, and when it is none.
pub fn read(bytes: &[u8]) -> Option<Offer> {
    if let Some(offer) = greeting_of_ssl_2(bytes) {
        return Some(offer);
    }
    let message = message(bytes)?;
    let mut hello = Reader(&message);
    let version = hello.number::<2>()?;
    hello.take(32)?;
    hello.vector::<1>()?;
    let suites = hello.vector::<2>()?;
    hello.vector::<1>()?;
    // Two of the numbers are messages of their own (RFC 5746, RFC 7507).
    let cipher_suites = numbers(suites).into_iter().filter(|suite| ![0x00ff, 0x5600].contains(suite)).collect();
    // Extensions may be missing.
    let newest = hello.vector::<2>().and_then(supported_versions);
    Some(Offer { version: newest.unwrap_or(version), cipher_suites })
}

impl Offer {
    /// Nothing newer than TLS 1.1.
    pub fn is_too_old(&self) -> bool {
        self.version < 0x0303
    }

    pub fn version_name(&self) -> &'static str {
        match self.version {
            0x0304 => "TLS 1.3",
            0x0303 => "TLS 1.2",
            0x0302 => "TLS 1.1",
            0x0301 => "TLS 1.0",
            0x0300 => "SSL 3.0",
            older if older < 0x0300 => "SSL 2.0",
            _ => "a version of TLS that is not known here",
        }
    }
}

/// As IANA's registry names what old devices offer; anything else by its number.
pub fn suite_name(suite: u16) -> String {
    let name = match suite {
        0x0004 => "TLS_RSA_WITH_RC4_128_MD5",
        0x0005 => "TLS_RSA_WITH_RC4_128_SHA",
        0x0009 => "TLS_RSA_WITH_DES_CBC_SHA",
        0x000a => "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        0x0016 => "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
        0x002f => "TLS_RSA_WITH_AES_128_CBC_SHA",
        0x0033 => "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
        0x0035 => "TLS_RSA_WITH_AES_256_CBC_SHA",
        0x0039 => "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
        0x003c => "TLS_RSA_WITH_AES_128_CBC_SHA256",
        0x003d => "TLS_RSA_WITH_AES_256_CBC_SHA256",
        0x009c => "TLS_RSA_WITH_AES_128_GCM_SHA256",
        0x009d => "TLS_RSA_WITH_AES_256_GCM_SHA384",
        0x009e => "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
        0x009f => "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        0xc009 => "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        0xc00a => "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        0xc012 => "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        0xc013 => "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        0xc014 => "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        0xc023 => "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        0xc027 => "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        0xc028 => "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        _ => return format!("0x{suite:04x}"),
    };
    name.to_owned()
}

/// The first handshake message, put together from its records.
fn message(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut records = Reader(bytes);
    let mut message = Vec::new();
    loop {
        if let [CLIENT_HELLO, a, b, c, body @ ..] = message.as_slice() {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if let Some(whole) = body.get(..length) {
                return Some(whole.to_vec());
            }
        } else if !message.is_empty() && (message[0] != CLIENT_HELLO || message.len() >= 4) {
            return None;
        }
        if records.number::<1>()? != u16::from(HANDSHAKE) {
            return None;
        }
        records.take(2)?;
        message.extend_from_slice(records.vector::<2>()?);
    }
}

/// How programs of before 2005 began, whatever they spoke then: length with its highest bit set, 1, version.
fn greeting_of_ssl_2(bytes: &[u8]) -> Option<Offer> {
    match bytes {
        [0x80..=0xff, _, CLIENT_HELLO, major @ (0 | 3), minor, ..] => {
            let version = u16::from_be_bytes([*major, *minor]);
            // No version after 1.2 was ever offered this way, and 1.2 forbids it.
            Some(Offer { version: version.min(0x0302), cipher_suites: Vec::new() })
        }
        _ => None,
    }
}

/// The newest of them; numbers that mean nothing (RFC 8701) are passed over.
fn supported_versions(extensions: &[u8]) -> Option<u16> {
    let mut extensions = Reader(extensions);
    loop {
        let kind = extensions.number::<2>()?;
        let body = extensions.vector::<2>()?;
        if kind == SUPPORTED_VERSIONS {
            let versions = numbers(Reader(body).vector::<1>()?);
            return versions.into_iter().filter(|version| (0x0300..=0x0304).contains(version)).max();
        }
    }
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Of one octet or two.
    fn number<const OCTETS: usize>(&mut self) -> Option<u16> {
        Some(self.take(OCTETS)?.iter().fold(0, |number, octet| number << 8 | u16::from(*octet)))
    }

    /// Behind its length, of one octet or two.
    fn vector<const OCTETS: usize>(&mut self) -> Option<&'a [u8]> {
        let length = self.number::<OCTETS>()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// As OpenSSL 1.0 sent it: no extensions when `extensions` is None.
    fn hello(version: u16, suites: &[u16], extensions: Option<&[u8]>) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.push(0);
        let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
        body.extend(u16::try_from(suites.len()).unwrap().to_be_bytes());
        body.extend(suites);
        body.extend([1, 0]);
        if let Some(extensions) = extensions {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        let mut message = vec![CLIENT_HELLO, 0];
        message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend(body);
        message
    }

    fn in_records(message: &[u8], size: usize) -> Vec<u8> {
        let record = |piece: &[u8]| [&[HANDSHAKE, 3, 1][..], &u16::try_from(piece.len()).unwrap().to_be_bytes(), piece].concat();
        message.chunks(size).flat_map(record).collect()
    }

    #[test]
    fn the_newest_version_and_the_ciphers_are_read_however_it_is_cut() {
        // The second of them is no cipher (RFC 5746).
        let offered = [0x0035, 0x00ff, 0x000a];
        let versions = [0, 43, 0, 9, 8, 0x7a, 0x7a, 3, 4, 3, 3, 3, 2];
        for (message, version, old) in [
            (hello(0x0301, &offered, None), 0x0301, true),
            (hello(0x0302, &offered, Some(&[0, 0, 0, 0])), 0x0302, true),
            (hello(0x0303, &offered, Some(&[0, 13, 0, 2, 4, 1])), 0x0303, false),
            (hello(0x0303, &offered, Some(&versions)), 0x0304, false),
        ] {
            for size in [1, 3, 40, 5000] {
                let bytes = in_records(&message, size);
                let offer = read(&bytes).unwrap();
                assert_eq!((offer.version, offer.is_too_old()), (version, old));
                assert_eq!(offer.cipher_suites, [0x0035, 0x000a]);
                for cut in 0..bytes.len() {
                    assert_eq!(read(&bytes[..cut]), None);
                }
            }
        }
    }

    #[test]
    fn the_way_it_was_done_before_tls_is_known_and_what_is_no_hello_gives_nothing() {
        assert_eq!(read(&[0x80, 0x2e, 1, 3, 1, 0, 0x15]).unwrap().version_name(), "TLS 1.0");
        assert_eq!(read(&[0x80, 0x2e, 1, 0, 2, 0, 0x15]).unwrap().version_name(), "SSL 2.0");
        assert_eq!(read(b"EHLO device.test\r\n"), None);
        assert_eq!(read(&[HANDSHAKE, 3, 1, 0, 4, 2, 0, 0, 0]), None);
        assert_eq!(read(&[HANDSHAKE, 3, 1, 0, 0]), None);
        let offer = |version| Offer { version, cipher_suites: Vec::new() };
        let names: Vec<_> = [0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305].map(|version| offer(version).version_name()).into();
        assert_eq!(names[..5], ["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]);
    }
}
