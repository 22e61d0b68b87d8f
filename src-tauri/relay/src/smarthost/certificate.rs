//! Reads two things out of a server's certificate for people: its names, and when it ends (RFC 5280 §4.1).
//!
//! Never used to decide anything; rustls has verified the certificate before.

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub names: Vec<String>,
    /// `2027-03-03`
    pub not_after: Option<String>,
}

/// What can be read; a certificate of another shape gives less.
pub fn read(der: &[u8]) -> Facts {
    let mut facts = Facts::default();
    let Some(tbs) = enter(der, 0x30).and_then(|certificate| enter(certificate, 0x30)) else { return facts };
    let mut validity = None;
    let mut sequences = 0;
    let mut rest = tbs;
    while let Some((tag, body, after)) = element(rest) {
        rest = after;
        match tag {
            // signature, issuer, validity, subject, key: the third sequence is the validity.
            0x30 => {
                sequences += 1;
                if sequences == 3 {
                    validity = Some(body);
                }
            }
            0xa3 => facts.names = alternative_names(body),
            _ => {}
        }
    }
    facts.not_after = validity.and_then(not_after);
    facts
}

/// The last day of a certificate (DER), such as `2027-03-01`. None: it has another shape.
pub fn last_day(der: &[u8]) -> Option<String> {
    read(der).not_after
}

fn not_after(validity: &[u8]) -> Option<String> {
    let (_, _, rest) = element(validity)?;
    let (tag, body, _) = element(rest)?;
    let text = std::str::from_utf8(body).ok()?;
    let (year, rest) = match tag {
        // UTCTime: two digits, of which 50 and more are the last century (RFC 5280 §4.1.2.5.1).
        0x17 => {
            let short = text.get(..2)?;
            (if short >= "50" { format!("19{short}") } else { format!("20{short}") }, text.get(2..)?)
        }
        0x18 => (text.get(..4)?.to_owned(), text.get(4..)?),
        _ => return None,
    };
    Some(format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..4)?))
}

/// The DNS names of the subjectAltName extension (2.5.29.17).
fn alternative_names(extensions: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = enter(extensions, 0x30).unwrap_or_default();
    while let Some((_, extension, after)) = element(rest) {
        rest = after;
        let Some((6, [0x55, 0x1d, 0x11], mut value)) = element(extension) else { continue };
        while let Some((tag, body, after)) = element(value) {
            value = after;
            if tag != 4 {
                continue;
            }
            let mut general = enter(body, 0x30).unwrap_or_default();
            while let Some((tag, name, after)) = element(general) {
                general = after;
                if tag == 0x82 {
                    names.push(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
    }
    names
}

fn enter(der: &[u8], wanted: u8) -> Option<&[u8]> {
    element(der).filter(|(tag, _, _)| *tag == wanted).map(|(_, body, _)| body)
}

/// Tag, contents, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let bytes = usize::from(first & 0x7f);
        if bytes == 0 || bytes > 4 {
            return None;
        }
        let length = rest.get(..bytes)?.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        (length, rest.get(bytes..)?)
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_and_end_of_a_real_certificate() {
        let mut parameters = rcgen::CertificateParams::new(vec!["smtp.example.test".into(), "*.example.test".into()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let certificate = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let facts = read(certificate.der());
        assert_eq!(facts.names, ["smtp.example.test", "*.example.test"]);
        assert_eq!(facts.not_after.as_deref(), Some("2031-02-03"));
    }

    #[test]
    fn garbage_gives_nothing() {
        for garbage in [&b""[..], b"0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x30", &[0x30; 64]] {
            assert_eq!(read(garbage), Facts::default());
        }
    }
}
