//! A practice certificate authority and the server certificates it signs, good and bad.
//!
//! Gives: the authority as PEM (for an extra CA file) and rustls server configurations.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::PathBuf;
use std::sync::Arc;

/// An authority nobody trusts but who is told to.
pub struct Certs {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Default for Certs {
    fn default() -> Self {
        Self::new()
    }
}

impl Certs {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Practice authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a root certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The authority itself, as it stands in an extra CA file.
    pub fn authority_pem(&self) -> &str {
        &self.pem
    }

    /// Writes the authority into the folder.
    pub fn authority_file(&self, folder: &std::path::Path) -> PathBuf {
        let path = folder.join("authority.pem");
        std::fs::write(&path, &self.pem).expect("the authority's file");
        path
    }

    /// For `localhost`, `127.0.0.1` and `::1`.
    pub fn server(&self) -> Arc<ServerConfig> {
        self.server_named(&["localhost", "127.0.0.1", "::1"])
    }

    pub fn server_named(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.sign(params(names))
    }

    /// Asks whoever connects for a certificate of this authority, and lets in who shows none.
    pub fn server_asking(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("our own PEM");
        roots.add(authority).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = verifier.allow_unauthenticated().build().expect("a verifier");
        let (certificate, key) = self.server_pem(&["localhost", "127.0.0.1"]);
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("our own PEM")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("our own PEM");
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3");
        Arc::new(builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).expect("a usable certificate"))
    }

    /// What [`Self::client`] gives, as PEM files in the folder: certificate and key.
    pub fn client_files(&self, name: &str, folder: &std::path::Path) -> (PathBuf, PathBuf) {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let files = (folder.join("client.pem"), folder.join("client.key"));
        std::fs::write(&files.0, certificate.pem()).expect("the certificate's file");
        std::fs::write(&files.1, key.serialize_pem()).expect("the key's file");
        files
    }

    pub fn wrong_name(&self) -> Arc<ServerConfig> {
        self.server_named(&["somebody-else.test"])
    }

    pub fn expired(&self) -> Arc<ServerConfig> {
        let mut params = params(&["localhost", "127.0.0.1"]);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.sign(params)
    }

    /// Signed by nobody but itself.
    pub fn untrusted() -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(&["localhost", "127.0.0.1"]).self_signed(&key).expect("a certificate");
        config(certificate.der().clone(), &key)
    }

    /// Certificate and key of a good server as PEM, for programs that read files.
    pub fn server_pem(&self, names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(names).signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// What a device with a certificate of this authority shows: the certificate and its key.
    pub fn client(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    fn sign(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        config(certificate.der().clone(), &key)
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2090, 1, 1);
    params
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a usable certificate");
    Arc::new(config)
}
