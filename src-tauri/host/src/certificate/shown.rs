//! What anybody sees of the certificate that devices are shown, for people to compare and to hand to devices.
//!
//! In: the certificate in force. Out: its view. Never used to decide anything.

use control::view::CertificateView;
use rustls::sign::CertifiedKey;
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// None: a certificate that cannot be read; rustls has taken it all the same.
pub fn shown(certificate: &CertifiedKey, own: bool) -> Option<CertificateView> {
    let der = certificate.cert.first()?;
    let (_, read) = X509Certificate::from_der(der).ok()?;
    let alternatives = read.subject_alternative_name().ok().flatten();
    let names = alternatives.iter().flat_map(|found| &found.value.general_names).filter_map(name).collect();
    let last = jiff::Timestamp::from_second(read.validity().not_after.timestamp()).ok()?;
    Some(CertificateView {
        own,
        names,
        issuer: read.issuer().to_string(),
        last_day: last.to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string(),
        fingerprint: fingerprint(der),
        pem: pem(der),
    })
}

fn name(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => {
            let four = <[u8; 4]>::try_from(*octets).map(IpAddr::from).ok();
            four.or_else(|| <[u8; 16]>::try_from(*octets).map(IpAddr::from).ok()).map(|address| address.to_string())
        }
        // A foreign enum; others name no host.
        _ => None,
    }
}

fn fingerprint(der: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    digest.as_ref().iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}

/// RFC 7468 §2, lines of 64.
fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::certificate::{files, read_chain, self_signed};
    use jiff::civil::date;

    #[test]
    fn our_own_is_shown_with_names_addresses_and_its_last_day() {
        let folder = tempfile::tempdir().unwrap();
        let addresses = ["10.0.0.5".parse().unwrap(), "fd00::5".parse().unwrap()];
        let made = self_signed(folder.path(), "relay.office.test", &addresses, date(2026, 11, 27)).unwrap();
        let view = shown(&made, true).unwrap();
        assert!(view.own);
        assert_eq!(view.names, ["relay.office.test", "localhost", "10.0.0.5", "fd00::5"]);
        assert_eq!(view.last_day, "2029-03-01", "825 days");
        assert!(view.issuer.contains("relay.office.test") && view.issuer.contains("Outtray"), "{}", view.issuer);
        // What OpenSSL says of the same file; it is on every machine that runs these tests.
        let said = std::process::Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(files(folder.path()).0)
            .output();
        if let Ok(said) = said {
            let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
            assert_eq!(said.split_once('=').unwrap().1, view.fingerprint);
        } else {
            assert_eq!(view.fingerprint.len(), 32 * 3 - 1);
        }
    }

    /// What is saved for a device is the certificate that is shown, whole.
    #[test]
    fn its_pem_text_is_the_same_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let made = self_signed(folder.path(), "a.test", &[], date(2026, 1, 1)).unwrap();
        let file = folder.path().join("saved.pem");
        let view = shown(&made, true).unwrap();
        std::fs::write(&file, &view.pem).unwrap();
        assert_eq!(read_chain(&file).unwrap(), made.cert);
        assert!(view.pem.lines().all(|line| line.len() <= 64), "{}", view.pem);
        assert!(!view.pem.contains("PRIVATE"));
    }
}
