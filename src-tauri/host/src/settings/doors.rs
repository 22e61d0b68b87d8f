//! The rules for the ways in: listeners, their balancers and their clients' certificates; the certificate shown there.
//!
//! In: the parts of the document. Out: what the check found on its way, or problems. Reads the files they name.

use super::check::{CertificatePassword, Rules};
use super::convert::{Clients, Listener};
use super::networks;
use crate::certificate::{self, Whose};
use control::settings::{CertificateSettings, ClientCertificates, ListenerEncryption, ListenerSettings};
use relay::policy::Network;
use rustls::sign::CertifiedKey;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

impl Rules<'_> {
    pub(super) fn listeners(&mut self, listeners: &[ListenerSettings]) -> Vec<Listener> {
        let mut checked: Vec<(usize, Listener)> = Vec::new();
        for (index, listener) in listeners.iter().enumerate() {
            let field = format!("listeners[{index}]");
            let proxies = self.proxies(&field, &listener.proxies);
            let clients = listener
                .client_certificates
                .as_ref()
                .map_or(Clients::Unasked, |clients| self.clients(&field, clients, listener.encryption));
            let remedy = "an address of this machine, or `0.0.0.0` for all of IPv4, `::` for all of IPv6";
            let Ok(address) = listener.address.parse::<IpAddr>() else {
                self.wrong(format!("{field}.address"), &listener.address, "this is no IP address", remedy);
                continue;
            };
            if address.to_canonical() != address {
                let remedy = address.to_canonical().to_string();
                self.wrong(format!("{field}.address"), &listener.address, "this is an IPv4 address in the clothes of IPv6", remedy);
                continue;
            }
            if address.is_multicast() || address == IpAddr::from([255; 4]) {
                self.wrong(format!("{field}.address"), &listener.address, "no machine has this address", remedy);
                continue;
            }
            let address = SocketAddr::new(address, listener.port);
            if let Some((first, _)) = checked.iter().find(|(_, other)| collide(address, other.address)) {
                let wrong = format!("listeners[{first}] already takes this port there");
                self.wrong(format!("{field}.port"), listener.port, wrong, "another port or another address, or nothing");
            }
            checked.push((index, Listener { address, encryption: listener.encryption, clients, proxies }));
        }
        checked.into_iter().map(|(_, listener)| listener).collect()
    }

    fn proxies(&mut self, listener: &str, proxies: &[String]) -> Vec<Network> {
        let mut checked = Vec::new();
        for (index, text) in proxies.iter().enumerate() {
            let field = format!("{listener}.proxies[{index}]");
            match self.network(&field, text) {
                Some(network) if networks::is_everybody(network) => {
                    let wrong = "this lets everybody say whose connection it is, and so send as any address that is allowed";
                    self.wrong(field, text, wrong, "the addresses of your balancers, as in `192.168.1.7`");
                }
                Some(network) => checked.push(network),
                None => {}
            }
        }
        checked
    }

    fn clients(&mut self, listener: &str, clients: &ClientCertificates, encryption: ListenerEncryption) -> Clients {
        let ClientCertificates { authority_file, required } = clients;
        let remedy = match (encryption, required) {
            (ListenerEncryption::Plain, _) => {
                Some(("clients show certificates over TLS only, and this port offers none", "the encryption `implicit`; or null"))
            }
            (ListenerEncryption::Starttls, true) => Some((
                "with STARTTLS a client may do without encryption, and so without a certificate",
                "the encryption `implicit`; or `required` false",
            )),
            (ListenerEncryption::Starttls, false) | (ListenerEncryption::Implicit, _) => None,
        };
        if let Some((wrong, remedy)) = remedy {
            self.wrong(format!("{listener}.clientCertificates"), authority_file, wrong, remedy);
        }
        match certificate::client_verifier(&self.facts.folder.join(authority_file), *required) {
            Ok(verifier) => Clients::Judged(verifier),
            Err(error) => {
                let is_known = self.is_known(|now| {
                    let mut named = now.listeners.iter().filter_map(|listener| listener.client_certificates.as_ref());
                    named.any(|clients| clients.authority_file == *authority_file)
                });
                self.file(format!("{listener}.clientCertificates.authorityFile"), authority_file, &error, is_known);
                // Nobody can be told from anybody: who must show one cannot come in.
                if *required { Clients::ShutOut } else { Clients::Unasked }
            }
        }
    }

    /// The office's own, loaded; None for the one we make.
    pub(super) fn certificate(&mut self, certificate: &CertificateSettings) -> Option<Arc<CertifiedKey>> {
        match certificate {
            CertificateSettings::SelfSigned => None,
            CertificateSettings::Pfx { file } => {
                let path = self.facts.folder.join(file);
                let (opened, is_new) = match &self.facts.certificate_password {
                    CertificatePassword::Unknown => (certificate::pfx::look(&path).map(|()| None), false),
                    CertificatePassword::Stored(password) => (certificate::pfx::open(&path, password).map(Some), false),
                    CertificatePassword::Given(password) => (certificate::pfx::open(&path, password).map(Some), true),
                };
                opened.unwrap_or_else(|error| {
                    let is_known = !is_new && self.is_known(|now| now.certificate == *certificate);
                    self.file("certificate.file", file, &error, is_known);
                    None
                })
            }
            CertificateSettings::Pem { certificate_file, key_file } => {
                let (chain, key) = (self.facts.folder.join(certificate_file), self.facts.folder.join(key_file));
                // Each alone first, so that troubles of both are told.
                let troubles = [certificate::read_chain(&chain).err(), certificate::read_key(&key).err()];
                let mut troubles: Vec<_> = troubles.into_iter().flatten().collect();
                if troubles.is_empty() {
                    match certificate::load(&chain, &key) {
                        Ok(certificate) => return Some(certificate),
                        Err(error) => troubles.push(error),
                    }
                }
                let is_known = self.is_known(|now| now.certificate == *certificate);
                for error in troubles {
                    let (field, value) = match error.whose() {
                        Whose::Certificate => ("certificate.certificateFile", certificate_file),
                        Whose::Key => ("certificate.keyFile", key_file),
                    };
                    self.file(field, value, &error, is_known);
                }
                None
            }
        }
    }
}

/// Whether the system could not give both. `::` is IPv6 only; port 0 is another one each time.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}
