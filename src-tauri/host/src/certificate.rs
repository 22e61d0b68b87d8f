//! The certificate devices see: the office's own from two PEM files or one PFX file, or one of our own making.
//!
//! In: file names; for our own, the names and addresses it is for. Out: a certificate with its key, and what rustls makes of it.
//! Our own: ECDSA P-256, 825 days, in the data folder; made anew when it ends within 30 days or is
//! for another host name. Its key file has mode 0600.

pub mod pfx;
pub mod shown;

use control::problem::{Problem, ProblemCode};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{Error as PemError, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest some clients accept.
const LIFE_DAYS: i64 = 825;
const RENEW_DAYS: i64 = 30;

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("the file cannot be read: {1}")]
    Unreadable(Whose, std::io::Error),
    #[error("there is no certificate in this file")]
    NoCertificate,
    #[error("there is no private key in this file")]
    NoKey,
    #[error("the PEM text in this file is broken")]
    BrokenPem(Whose),
    #[error("this key does not belong to the certificate")]
    Mismatch,
    #[error("this certificate cannot be used: {0}")]
    Unusable(rustls::Error),
    #[error("this is no PFX (PKCS #12) file")]
    NoPfx,
    #[error("the password does not open this file")]
    Password,
    #[error("no password is set, and without one this file does not open")]
    NoPassword,
    #[error("this PFX file is written in a way that is not read here: {0}")]
    PfxKind(&'static str),
    #[error("there is no certificate with its private key in this file")]
    PfxWithoutKey,
    #[error("our own certificate could not be made")]
    Make(#[source] rcgen::Error),
    #[error("our own certificate could not be written")]
    Write(#[source] std::io::Error),
}

/// Which of the two files a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Certificate,
    Key,
}

impl CertificateError {
    pub fn whose(&self) -> Whose {
        match self {
            Self::Unreadable(whose, _) | Self::BrokenPem(whose) => *whose,
            Self::NoCertificate
            | Self::Unusable(_)
            | Self::NoPfx
            | Self::Password
            | Self::NoPassword
            | Self::PfxKind(_)
            | Self::PfxWithoutKey
            | Self::Make(_)
            | Self::Write(_) => Whose::Certificate,
            Self::NoKey | Self::Mismatch => Whose::Key,
        }
    }

    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "a file that the account Outtray runs as can read",
            Self::NoCertificate | Self::Unusable(_) => "a PEM file that begins with `-----BEGIN CERTIFICATE-----`",
            Self::NoKey => "a PEM file with `-----BEGIN PRIVATE KEY-----`, without a pass phrase",
            Self::BrokenPem(_) => "a whole PEM file",
            Self::NoPfx => "a file as Windows exports it with \"Personal Information Exchange\"",
            Self::Password | Self::NoPassword => {
                "the password it was exported with: give it with the settings, or `outtrayd secret set certificate`"
            }
            Self::PfxKind(_) => "export it once more, with a password and AES256-SHA256 or TripleDES-SHA1",
            Self::PfxWithoutKey => "export it once more, \"with the private key\"",
            Self::Mismatch => "the key file this certificate was made with",
            Self::Make(_) | Self::Write(_) => "a data folder that can be written",
        }
    }
}

impl CertificateError {
    /// As a notice about that file.
    pub fn problem(&self, file: &Path) -> Problem {
        let said = format!("{self}; wanted: {}", self.remedy());
        Problem::new(ProblemCode::CertificateFileUnusable).about(file.display().to_string()).said(said)
    }
}

/// Loads a certificate with its chain and the key that belongs to it.
pub fn load(certificate_file: &Path, key_file: &Path) -> Result<Arc<CertifiedKey>, CertificateError> {
    certified(read_chain(certificate_file)?, read_key(key_file)?)
}

fn certified(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<CertifiedKey>, CertificateError> {
    let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch,
        other => CertificateError::Unusable(other),
    })?;
    Ok(Arc::new(certified))
}

/// How a listener speaks TLS: 1.2 and 1.3, with this certificate, and with what its clients must show.
pub fn server_config(
    certificate: Arc<CertifiedKey>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(clients),
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate)))))
}

/// Judges what clients show: certificates that one of these authorities has issued. Who shows none is let in unless `required`.
pub fn client_verifier(authority_file: &Path, required: bool) -> Result<Arc<dyn ClientCertVerifier>, CertificateError> {
    let mut authorities = RootCertStore::empty();
    for authority in read_chain(authority_file)? {
        authorities.add(authority).map_err(CertificateError::Unusable)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::new(rustls::crypto::ring::default_provider()));
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| CertificateError::Unusable(rustls::Error::General(error.to_string())))
}

/// All certificates of a PEM file; at least one.
pub fn read_chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(&read(file, Whose::Certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| CertificateError::BrokenPem(Whose::Certificate))?;
    if chain.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(chain) }
}

/// The first private key of a PEM file.
pub fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(&read(file, Whose::Key)?).map_err(|error| match error {
        PemError::NoItemsFound => CertificateError::NoKey,
        _ => CertificateError::BrokenPem(Whose::Key),
    })
}

fn read(file: &Path, whose: Whose) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(file).map_err(|error| CertificateError::Unreadable(whose, error))
}

/// Our own certificate: the one in the folder, or a new one.
pub fn self_signed(
    data_folder: &Path,
    host_name: &str,
    addresses: &[IpAddr],
    today: jiff::civil::Date,
) -> Result<Arc<CertifiedKey>, CertificateError> {
    let (certificate_file, key_file) = files(data_folder);
    if is_still_good(data_folder, host_name, today)
        && let Ok(config) = load(&certificate_file, &key_file)
    {
        return Ok(config);
    }
    make(&certificate_file, &key_file, host_name, addresses, today)?;
    load(&certificate_file, &key_file)
}

/// Where our own lies: certificate and key.
pub fn files(data_folder: &Path) -> (PathBuf, PathBuf) {
    let folder = data_folder.join("certificates");
    (folder.join("self-signed.pem"), folder.join("self-signed.key"))
}

fn make(
    certificate_file: &Path,
    key_file: &Path,
    host_name: &str,
    addresses: &[IpAddr],
    today: jiff::civil::Date,
) -> Result<(), CertificateError> {
    let until = today.saturating_add(jiff::Span::new().days(LIFE_DAYS));
    // A machine whose clock is a little behind must not find it too young.
    let from = today.saturating_sub(jiff::Span::new().days(1));
    let mut params = CertificateParams::new([host_name.to_owned(), "localhost".to_owned()]).map_err(CertificateError::Make)?;
    params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, host_name);
    params.distinguished_name.push(DnType::OrganizationName, "Outtray (made by itself)");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let day = |date: jiff::civil::Date| rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs());
    (params.not_before, params.not_after) = (day(from), day(until));
    let key = KeyPair::generate().map_err(CertificateError::Make)?;
    let certificate = params.self_signed(&key).map_err(CertificateError::Make)?;
    if let Some(folder) = certificate_file.parent() {
        std::fs::create_dir_all(folder).map_err(CertificateError::Write)?;
    }
    // Text before the first block belongs to people, and to `is_still_good`.
    let text = format!("Outtray's own certificate\nName: {host_name}\nUntil: {until}\n\n{}", certificate.pem());
    crate::settings::file::write_whole(key_file, key.serialize_pem().as_bytes()).map_err(CertificateError::Write)?;
    crate::settings::file::write_whole(certificate_file, text.as_bytes()).map_err(CertificateError::Write)
}

/// Whether ours is for this name and does not end soon.
pub fn is_still_good(data_folder: &Path, host_name: &str, today: jiff::civil::Date) -> bool {
    let Ok(text) = std::fs::read_to_string(files(data_folder).0) else { return false };
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let until = line("Until:").and_then(|until| until.parse::<jiff::civil::Date>().ok());
    let soon = today.saturating_add(jiff::Span::new().days(RENEW_DAYS));
    line("Name:") == Some(host_name) && until.is_some_and(|until| until >= soon)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn it_is_made_once_and_again_when_it_ends_soon_or_the_name_changes() {
        let folder = tempfile::tempdir().unwrap();
        let today = date(2026, 11, 23);
        let text = |name: &str, today| {
            self_signed(folder.path(), name, &["10.0.0.5".parse().unwrap(), "fd00::5".parse().unwrap()], today).unwrap();
            std::fs::read_to_string(files(folder.path()).0).unwrap()
        };
        let first = text("relay.office.test", today);
        assert_eq!(text("relay.office.test", date(2029, 1, 1)), first);
        let renewed = text("relay.office.test", date(2029, 2, 1));
        assert_ne!(renewed, first);
        assert_ne!(text("other.office.test", date(2029, 2, 1)), renewed);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(files(folder.path()).1).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        self_signed(folder.path(), "a.test", &[], date(2026, 1, 1)).unwrap();
        std::fs::write(files(folder.path()).1, "").unwrap();
        self_signed(folder.path(), "a.test", &[], date(2026, 1, 1)).unwrap();
    }

    #[test]
    fn troubles_with_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        self_signed(folder.path(), "a.test", &[], date(2026, 1, 1)).unwrap();
        self_signed(other.path(), "a.test", &[], date(2026, 1, 1)).unwrap();
        let (certificate, key) = files(folder.path());
        let text = folder.path().join("text");
        std::fs::write(&text, "hello").unwrap();
        let cut = folder.path().join("cut");
        std::fs::write(&cut, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
        let gone = folder.path().join("gone");
        for (certificate, key, whose, said) in [
            (&certificate, &files(other.path()).1, Whose::Key, "this key does not belong to the certificate"),
            (&text, &key, Whose::Certificate, "there is no certificate in this file"),
            (&certificate, &text, Whose::Key, "there is no private key in this file"),
            (&cut, &key, Whose::Certificate, "the PEM text in this file is broken"),
            (&gone, &key, Whose::Certificate, "the file cannot be read: "),
            (&certificate, &gone, Whose::Key, "the file cannot be read: "),
        ] {
            let error = load(certificate, key).unwrap_err();
            assert!(error.to_string().starts_with(said), "{error}");
            assert_eq!(error.whose(), whose, "{error}");
        }
    }
}
