//! Whom we trust to be the smart host: what this machine trusts, plus an office's own authority by setting; and the
//! certificate we show, where that is how we sign in.
//!
//! In: the configuration. Out: a TLS client made once and used for every connection, and plain
//! names for what can be wrong with a certificate.

use super::{Trouble, TroubleKind};
use crate::config::{SignIn, SmartHostConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls_platform_verifier::Verifier;
use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub struct Trust(Result<Arc<ClientConfig>, Trouble>);

impl Trust {
    /// A file that cannot be used is told at the first connection: the lane rests and says so.
    pub fn new(config: &SmartHostConfig) -> Self {
        Self(client_config(config).map(Arc::new))
    }

    pub fn client(&self) -> Result<Arc<ClientConfig>, Trouble> {
        self.0.clone()
    }

    pub fn server_name(&self, config: &SmartHostConfig) -> Result<ServerName<'static>, Trouble> {
        let name = config.server.trim_start_matches('[').trim_end_matches(']').to_owned();
        ServerName::try_from(name).map_err(|error| Trouble {
            kind: TroubleKind::HostNotFound,
            subject: config.server.clone(),
            said: error.to_string(),
        })
    }
}

/// For whoever else is to be believed as much as the smart host: who gives tokens for it.
pub fn client_for_others(extra_ca_file: Option<&Path>) -> Result<ClientConfig, Trouble> {
    Ok(verified(extra_ca_file)?.with_no_client_auth())
}

fn verified(extra_ca_file: Option<&Path>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Trouble> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |error: rustls::Error| Trouble { kind: TroubleKind::TlsFailed, subject: "TLS".into(), said: error.to_string() };
    let system = Verifier::new(Arc::clone(&provider)).map_err(failed)?;
    let office = match extra_ca_file {
        Some(path) => Some(office_verifier(path, &provider)?),
        None => None,
    };
    let verifier = Arc::new(Either { system, office });
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous() // the name is rustls': this verifier trusts less than nobody, see `Either`
        .with_custom_certificate_verifier(verifier))
}

fn client_config(config: &SmartHostConfig) -> Result<ClientConfig, Trouble> {
    let builder = verified(config.extra_ca_file.as_deref())?;
    match &config.sign_in {
        SignIn::Certificate { certificate_file, key_file } => {
            let (chain, key) = own_certificate(certificate_file, key_file)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| unusable(certificate_file, error))
        }
        SignIn::None | SignIn::Password { .. } | SignIn::Token { .. } => Ok(builder.with_no_client_auth()),
    }
}

fn own_certificate(certificate_file: &Path, key_file: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Trouble> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate_file).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unusable(certificate_file, error))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| unusable(key_file, error))?;
    Ok((chain, key))
}

fn unusable(file: &Path, error: impl Display) -> Trouble {
    Trouble { kind: TroubleKind::CertificateFileUnusable, subject: file.display().to_string(), said: error.to_string() }
}

fn office_verifier(path: &Path, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Trouble> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(path, error))? {
        roots.add(certificate.map_err(|error| unusable(path, error))?).map_err(|error| unusable(path, error))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().map_err(|error| unusable(path, error))
}

/// The system's verdict; if that is no, the office's own authority is asked. Either one's yes is enough,
/// and both check name and dates.
#[derive(Debug)]
struct Either {
    system: Verifier,
    office: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Either {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(office) = &self.office else {
            return self.system.verify_server_cert(end_entity, intermediates, server_name, ocsp, now);
        };
        // The office's first: it needs no question to the system, which may go to the network.
        match office.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            Ok(verified) => Ok(verified),
            Err(of_office) => match self.system.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
                Ok(verified) => Ok(verified),
                // "Unknown issuer" says least: if the office knows the issuer, its reason is the real one.
                Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Err(of_office),
                Err(of_system) => Err(of_system),
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

pub fn is_about_certificate(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

/// The same, wherever in an error of others it stands.
pub fn certificate_trouble(error: &(dyn Error + 'static), server: &str) -> Option<Trouble> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if is_about_certificate(error) {
                return Some(explain(error, server));
            }
            // What an io::Error carries is no source of it.
            if let Some(carried) = error.get_ref().and_then(|carried| certificate_trouble(carried, server)) {
                return Some(carried);
            }
        }
        next = error.source();
    }
    None
}

/// Why a handshake failed, as a person can mend it.
pub fn explain(error: &io::Error, server: &str) -> Trouble {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let kind = match tls {
        Some(rustls::Error::InvalidCertificate(certificate)) => match certificate {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TroubleKind::CertificateUntrusted,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TroubleKind::CertificateExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TroubleKind::CertificateWrongName,
            // rustls may add reasons; all of them mean that this certificate is not to be trusted.
            _ => TroubleKind::CertificateUntrusted,
        },
        Some(rustls::Error::InvalidMessage(_)) => TroubleKind::TlsModeSwapped,
        Some(_) => TroubleKind::TlsFailed,
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => TroubleKind::TlsFailed,
            _ => TroubleKind::ConnectionLost,
        },
    };
    Trouble { kind, subject: server.to_owned(), said: error.to_string() }
}
