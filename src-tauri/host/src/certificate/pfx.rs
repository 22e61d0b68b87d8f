//! A PFX file (PKCS #12, RFC 7292) as Windows exports it: a certificate with its chain and its key, behind a password.
//!
//! In: a file, its password. Out: a certificate with its key. Read are the encryptions Windows and OpenSSL use: AES-256 with
//! PBKDF2 (PBES2), three-key Triple DES and 40-bit RC2 with SHA-1, checked by HMAC with SHA-1 or SHA-2. Not read: files in BER,
//! as Firefox and NSS write them, files protected to a Windows account instead of by a password, and PBMAC1.

use super::{CertificateError, Whose, certified, read};
use p12_keystore::error::Error;
use p12_keystore::{Certificate, Pkcs12Archive, PrivateKeyBag};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::sync::Arc;

/// A DER sequence begins so; whatever else is in it takes the password.
const SEQUENCE: u8 = 0x30;

/// Whether it may be one.
pub fn look(file: &Path) -> Result<(), CertificateError> {
    if read(file, Whose::Certificate)?.first() == Some(&SEQUENCE) { Ok(()) } else { Err(CertificateError::NoPfx) }
}

pub fn open(file: &Path, password: &SecretString) -> Result<Arc<CertifiedKey>, CertificateError> {
    opened(&read(file, Whose::Certificate)?, password.expose_secret())
}

/// What stands in such a file, with its password.
pub fn opened(bytes: &[u8], password: &str) -> Result<Arc<CertifiedKey>, CertificateError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| why(error, bytes, password.is_empty()))?;
    // Of several, the first whose certificate is in it too.
    let own = archive.keys.iter().find_map(|key| Some((key, own_certificate(&archive, key)?)));
    let (key, own) = own.ok_or(CertificateError::PfxWithoutKey)?;
    certified(chain(&archive, own), private_key(key))
}

fn private_key(key: &PrivateKeyBag) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()))
}

/// The one that bears the key's mark; where there are no marks, the one that the key fits.
fn own_certificate<'a>(archive: &'a Pkcs12Archive, key: &PrivateKeyBag) -> Option<&'a Certificate> {
    let mark = key.local_key_id.as_ref().map(AsRef::<[u8]>::as_ref);
    let marked = archive.certs.iter().find(|bag| mark.is_some() && bag.local_key_id.as_deref() == mark);
    let fits = |certificate: &Certificate| certified(vec![certificate.as_der().to_vec().into()], private_key(key)).is_ok();
    marked.or_else(|| archive.certs.iter().find(|bag| fits(&bag.cert))).map(|bag| &bag.cert)
}

/// From the office's own up to below the authority itself, which devices have or do not trust.
fn chain(archive: &Pkcs12Archive, own: &Certificate) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![own];
    while let Some(last) = chain.last().filter(|last| last.issuer() != last.subject()) {
        let issuer = archive.certs.iter().map(|bag| &bag.cert).find(|cert| cert.subject() == last.issuer());
        match issuer {
            Some(issuer) if issuer.issuer() != issuer.subject() && !chain.contains(&issuer) => chain.push(issuer),
            Some(_) | None => break,
        }
    }
    chain.into_iter().map(|certificate| certificate.as_der().to_vec().into()).collect()
}

fn why(error: Error, bytes: &[u8], no_password: bool) -> CertificateError {
    match error {
        // Without a check of its own, a file shows a wrong password by what comes out of it.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) if no_password => CertificateError::NoPassword,
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => CertificateError::Password,
        Error::DerError(_) if bytes.get(..2) == Some(&[SEQUENCE, 0x80]) => CertificateError::PfxKind("in BER, with lengths left open"),
        Error::UnsupportedContentType => CertificateError::PfxKind("protected by something else than a password"),
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => CertificateError::PfxKind("with another encryption"),
        Error::InvalidVersion | Error::UnsupportedCertificateType | Error::InvalidParameters => {
            CertificateError::PfxKind("in another form")
        }
        Error::IoError(_)
        | Error::DerError(_)
        | Error::X509Error(_)
        | Error::InvalidLength
        | Error::InvalidData
        | Error::InvalidPrivateKey => CertificateError::NoPfx,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, Pkcs12Writer, PrivateKey, PrivateKeyChain};
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use std::path::PathBuf;

    struct Office {
        folder: tempfile::TempDir,
        store: KeyStore,
        own: Vec<u8>,
        between: Vec<u8>,
    }

    fn named(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["relay.office.test".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    /// A certificate, one between, and the authority, as an export with "all certificates in the path" has them.
    fn office() -> Office {
        let authority = |name: &str| {
            let mut params = named(name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let (root_key, between_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = authority("Root").self_signed(&root_key).unwrap();
        let between = authority("Between").signed_by(&between_key, &Issuer::new(authority("Root"), root_key)).unwrap();
        let own = named("Office").signed_by(&key, &Issuer::new(authority("Between"), between_key)).unwrap();
        let certificates = [&own, &between, &root].map(|certificate| Certificate::from_der(certificate.der()).unwrap());
        let chain = PrivateKeyChain::new("1", PrivateKey::from_der(&key.serialize_der()).unwrap(), certificates);
        let mut store = KeyStore::new();
        store.add_entry("office", KeyStoreEntry::PrivateKeyChain(chain));
        Office { folder: tempfile::tempdir().unwrap(), store, own: own.der().to_vec(), between: between.der().to_vec() }
    }

    impl Office {
        fn export(&self, change: impl for<'a, 'b> FnOnce(Pkcs12Writer<'a, 'b>) -> Pkcs12Writer<'a, 'b>) -> PathBuf {
            let file = self.folder.path().join("office.pfx");
            std::fs::write(&file, change(self.store.writer("kätzchen 7")).write().unwrap()).unwrap();
            file
        }
    }

    fn secret(password: &str) -> SecretString {
        password.to_owned().into()
    }

    #[test]
    fn what_windows_writes_is_read_with_its_chain_and_without_the_authority() {
        let office = office();
        for (encryption, mac) in [
            (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
            (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
            (EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc, MacAlgorithm::HmacSha1),
        ] {
            let file = office.export(|writer| {
                writer.encryption_algorithm(encryption).encryption_iterations(2000).mac_algorithm(mac).mac_iterations(2000)
            });
            look(&file).unwrap();
            let opened = open(&file, &secret("kätzchen 7")).unwrap();
            assert_eq!(
                opened.cert.iter().map(|certificate| certificate.to_vec()).collect::<Vec<_>>(),
                [office.own.clone(), office.between.clone()]
            );
            assert!(matches!(open(&file, &secret("hund")), Err(CertificateError::Password)));
            assert!(matches!(open(&file, &secret("")), Err(CertificateError::NoPassword)));
        }
    }

    #[test]
    fn troubles_are_told_apart_and_none_repeats_the_password() {
        let office = office();
        let file = office.export(|writer| writer.encryption_iterations(2000).mac_iterations(2000));
        let whole = std::fs::read(&file).unwrap();
        let gone = office.folder.path().join("gone.pfx");
        let trust_store = {
            let mut store = KeyStore::new();
            store.add_entry("office", KeyStoreEntry::Certificate(Certificate::from_der(&office.own).unwrap()));
            store.writer("kätzchen 7").encryption_iterations(2000).mac_iterations(2000).write().unwrap()
        };
        let ber = [&[SEQUENCE, 0x80][..], &whole[4..]].concat();
        for (bytes, said) in [
            (b"-----BEGIN CERTIFICATE-----".to_vec(), "this is no PFX (PKCS #12) file"),
            (Vec::new(), "this is no PFX (PKCS #12) file"),
            (whole[..whole.len() / 2].to_vec(), "this is no PFX (PKCS #12) file"),
            (ber, "this PFX file is written in a way that is not read here: in BER"),
            (trust_store, "there is no certificate with its private key in this file"),
        ] {
            std::fs::write(&file, bytes).unwrap();
            let error = open(&file, &secret("kätzchen 7")).unwrap_err();
            assert!(error.to_string().starts_with(said), "{error}");
            assert!(!format!("{error:?} {error} {}", error.remedy()).contains("kätzchen"));
        }
        assert!(matches!(open(&gone, &secret("x")), Err(CertificateError::Unreadable(Whose::Certificate, _))));
        assert!(matches!(look(&gone), Err(CertificateError::Unreadable(Whose::Certificate, _))));
    }

    #[test]
    fn no_damage_makes_the_reader_fall() {
        let office = office();
        let file = office.export(|writer| writer.encryption_iterations(1).mac_iterations(1));
        let whole = std::fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            std::fs::write(&file, bytes).unwrap();
            let _ = open(&file, &secret("kätzchen 7"));
        }
    }
}
