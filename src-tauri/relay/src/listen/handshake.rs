//! The TLS handshake with a device, and in words what was wrong with it (RFC 8446 §4.1, §6; RFC 5246 §7).
//!
//! In: a connection, what TLS is used there. Out: an encrypted connection, or why there is none. Old devices
//! say nothing more than "SSL error": what they offered is read here, so that a person can be told what to set on them.
//!
//! Invariant: a device that cannot be served hears an alert that says so, and is never left waiting.

use super::hello::{self, Offer};
use super::reading;
use rustls::server::Acceptor;
use rustls::{AlertDescription, Error, PeerIncompatible, ServerConfig};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;
use tokio_rustls::server::TlsStream;

/// An alert by itself: fatal, protocol_version. In the oldest record version that a device may still read.
const TOO_OLD: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];
/// How many of a device's ciphers are named to a person.
const NAMED: usize = 3;

const WAITS: &str = "it waits to be greeted, and this port speaks TLS from the first octet; set the device to SSL/TLS, \
                     or to another port with STARTTLS or without encryption";
const NO_TLS: &str = "it began with something else than TLS; set the device to SSL/TLS, or to another port without encryption";

#[derive(Debug)]
pub enum Failure {
    /// It connected and hung up: somebody looked whether anybody is here.
    NothingSaid,
    /// What a person should read.
    Told(String),
}

/// Why a handshake ended, before it is put into words.
enum Broken {
    TooOld,
    NoTls,
    Tls(Error),
    HungUp,
}

/// Gives the connection and the version's name, as in `TLSv1.3`.
pub async fn shake_hands(
    stream: TcpStream,
    client: IpAddr,
    config: Arc<ServerConfig>,
    within: Duration,
) -> Result<(TlsStream<TcpStream>, String), Failure> {
    let mut heard = Vec::new();
    // A future of its own: it is large, and gone as soon as the hands are shaken.
    let shaking = Box::pin(shake(stream, Arc::clone(&config), &mut heard));
    match tokio::time::timeout(within, shaking).await {
        Ok(Ok(stream)) => {
            tell_certificate(&stream, client);
            let version = stream.get_ref().1.protocol_version();
            Ok((stream, version.map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}").replace('_', "."))))
        }
        Ok(Err(Broken::HungUp)) if heard.is_empty() => Err(Failure::NothingSaid),
        Ok(Err(broken)) => Err(Failure::Told(words(&broken, &heard, &config))),
        Err(_) if heard.is_empty() => Err(Failure::Told(WAITS.to_owned())),
        Err(_) => Err(Failure::Told(format!("the TLS handshake was not done in {} seconds", within.as_secs()))),
    }
}

async fn shake(mut stream: TcpStream, config: Arc<ServerConfig>, heard: &mut Vec<u8>) -> Result<TlsStream<TcpStream>, Broken> {
    let mut acceptor = Acceptor::default();
    let heard_out = loop {
        let from = heard.len();
        match reading::read(&mut stream, |bytes| heard.extend_from_slice(bytes)).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Err(Broken::HungUp),
        }
        let mut fresh = &heard[from..];
        while !fresh.is_empty() {
            // Of a slice it can only fail when it has taken more than a hello can be.
            acceptor.read_tls(&mut fresh).map_err(|_| Broken::NoTls)?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => break Ok(accepted),
            Ok(None) if heard.len() <= hello::LONGEST => {}
            Ok(None) => return Err(Broken::NoTls),
            Err(refused) => break Err(refused),
        }
    };
    // Such a hello lacks what newer ones must have: rustls would name that, which helps nobody.
    if hello::read(heard).is_some_and(|offer| offer.is_too_old()) {
        let _ = stream.write_all(&TOO_OLD).await;
        return Err(Broken::TooOld);
    }
    let accepted = match heard_out {
        Ok(accepted) => accepted,
        Err((error, mut alert)) => {
            let mut said = Vec::new();
            let _ = alert.write_all(&mut said);
            let _ = stream.write_all(&said).await;
            return Err(Broken::Tls(error));
        }
    };
    StartHandshake::from_parts(accepted, stream).into_stream(config).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(tls) => Broken::Tls(tls.clone()),
            None => Broken::HungUp,
        }
    })
}

fn words(broken: &Broken, heard: &[u8], config: &ServerConfig) -> String {
    let offer = hello::read(heard);
    match broken {
        Broken::TooOld => {
            let version = offer.map_or("an old version of TLS", |offer| offer.version_name());
            format!(
                "it offers only {version}, and TLS 1.2 is the oldest that is safe; update the device, or let it send without encryption"
            )
        }
        Broken::NoTls => NO_TLS.to_owned(),
        Broken::HungUp => {
            let offers = offer.map(|offer| format!(" that offered {}", offer.version_name())).unwrap_or_default();
            format!("it hung up in the middle of a handshake{offers}; it may not trust the certificate it was shown")
        }
        Broken::Tls(Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)) => no_cipher(offer.as_ref(), config),
        // Without a cipher of today it need not name a group either.
        Broken::Tls(Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon)) if !has_cipher(offer.as_ref(), config) => {
            no_cipher(offer.as_ref(), config)
        }
        Broken::Tls(Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon)) => {
            "it knows none of the key exchanges used here (X25519, P-256, P-384); update the device, or let it send without encryption"
                .to_owned()
        }
        Broken::Tls(Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon)) => {
            "it cannot use the kind of key of the certificate it was shown; use a certificate with an RSA key".to_owned()
        }
        Broken::Tls(Error::AlertReceived(alert)) => refused_by_device(*alert),
        Broken::Tls(Error::NoCertificatesPresented) => "it showed no certificate, and one is demanded on this port".to_owned(),
        Broken::Tls(Error::InvalidCertificate(why)) => format!("its certificate is not accepted here: {why}"),
        Broken::Tls(Error::InvalidMessage(_)) if heard.first() != Some(&22) => NO_TLS.to_owned(),
        Broken::Tls(error) => {
            let offers = offer.map(|offer| format!(", offering {}", offer.version_name())).unwrap_or_default();
            format!("it spoke TLS in a way that is not understood{offers}: {error}")
        }
    }
}

/// Nothing in common; or something, and only the certificate's key does not fit it.
fn no_cipher(offer: Option<&Offer>, config: &ServerConfig) -> String {
    if has_cipher(offer, config) {
        return "the certificate it was shown has a kind of key that none of its ciphers can use; use a certificate with an RSA key"
            .to_owned();
    }
    let offered = offer.map(|offer| offer.cipher_suites.as_slice()).unwrap_or_default();
    let names: Vec<String> = offered.iter().take(NAMED).map(|suite| hello::suite_name(*suite)).collect();
    let more = if offered.len() > NAMED { format!(" and {} more", offered.len() - NAMED) } else { String::new() };
    format!("it offers no cipher that is safe today ({}{more}); update the device, or let it send without encryption", names.join(", "))
}

/// Whether it offers a cipher that we have too.
fn has_cipher(offer: Option<&Offer>, config: &ServerConfig) -> bool {
    let mut ours = config.crypto_provider().cipher_suites.iter().map(|suite| u16::from(suite.suite()));
    offer.is_some_and(|offer| ours.any(|suite| offer.cipher_suites.contains(&suite)))
}

fn refused_by_device(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked => {
            format!(
                "it does not accept the certificate it was shown ({alert:?}); give it the certificate to trust, or switch its verification off"
            )
        }
        _ => format!("it broke off the handshake ({alert:?})"),
    }
}

/// Who a device with a certificate of its own is, for somebody who looks for a fault.
fn tell_certificate(stream: &TlsStream<TcpStream>, client: IpAddr) {
    let Some(certificate) = stream.get_ref().1.peer_certificates().and_then(<[_]>::first) else { return };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(certificate) else { return };
    tracing::debug!(%client, subject = %certificate.subject(), "A device showed a certificate");
}
