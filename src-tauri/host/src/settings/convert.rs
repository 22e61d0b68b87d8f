//! From checked settings to the engine's configuration: nothing can fail here.

use crate::certificate;
use control::Settings;
use control::settings::{ListenerEncryption, SignIn, SmartHostEncryption, SmartHostSettings};
use ipnet::IpNet;
use relay::config::{self, Config, SmartHostConfig};
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Settings that keep every rule, with what the check found out on its way.
#[derive(Debug, Clone)]
pub struct Checked {
    pub settings: Settings,
    pub(super) folder: PathBuf,
    pub(super) host_name: String,
    pub(super) listeners: Vec<Listener>,
    pub(super) pickup: Option<config::Pickup>,
    pub(super) allowed: Vec<IpNet>,
    /// The office's own certificate; None when it is to be ours.
    pub(super) certificate: Option<Arc<CertifiedKey>>,
}

/// A listener of which everything is checked, without the certificate that it will show.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    pub address: SocketAddr,
    pub encryption: ListenerEncryption,
    /// What clients must show.
    pub clients: Option<Arc<dyn ClientCertVerifier>>,
    pub proxies: Vec<IpNet>,
}

impl Listener {
    fn config(&self, certificate: Option<&Arc<CertifiedKey>>) -> config::Listener {
        let tls = match (self.encryption, certificate) {
            (ListenerEncryption::Plain, _) | (_, None) => None,
            (ListenerEncryption::Starttls | ListenerEncryption::Implicit, Some(certificate)) => {
                certificate::server_config(Arc::clone(certificate), self.clients.clone())
                    .inspect_err(|error| tracing::error!(%error, address = %self.address, "No encryption can be offered"))
                    .ok()
            }
        };
        config::Listener {
            address: self.address,
            encryption: match self.encryption {
                ListenerEncryption::Starttls => config::ListenerEncryption::Starttls,
                ListenerEncryption::Implicit => config::ListenerEncryption::Implicit,
                ListenerEncryption::Plain => config::ListenerEncryption::Plain,
            },
            tls,
            proxies: self.proxies.clone(),
        }
    }
}

impl Checked {
    /// The settings of a machine on which nothing is set up: nobody may send, mail goes nowhere.
    pub fn new_machine(facts: &super::Facts) -> Self {
        Self {
            settings: Settings::default(),
            folder: facts.folder.clone(),
            host_name: facts.host_name.clone(),
            listeners: Vec::new(),
            pickup: None,
            allowed: Vec::new(),
            certificate: None,
        }
    }

    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Whether a certificate of our own making is needed.
    pub fn wants_self_signed(&self) -> bool {
        self.certificate.is_none() && self.settings.listeners.iter().any(|listener| listener.encryption != ListenerEncryption::Plain)
    }

    /// The engine's configuration, with what is not in the document: our own certificate and the password.
    pub fn config(&self, self_signed: Option<Arc<CertifiedKey>>, password: Option<SecretString>) -> Config {
        let Settings { limits, delivery, .. } = &self.settings;
        let certificate = self.certificate.clone().or(self_signed);
        Config {
            host_name: self.host_name.clone(),
            listeners: self.listeners.iter().map(|listener| listener.config(certificate.as_ref())).collect(),
            pickup: self.pickup.clone(),
            allowed: self.allowed.clone(),
            limits: config::Limits {
                message_bytes: limits.message_bytes,
                recipients: limits.recipients as usize,
                connections: limits.connections as usize,
                connections_per_client: limits.connections_per_client as usize,
                connections_per_subnet: limits.connections_per_subnet as usize,
                idle: seconds(limits.idle_seconds),
                command: seconds(limits.command_seconds),
                session: seconds(limits.session_seconds),
                tls: seconds(limits.tls_seconds),
                commands: limits.commands,
                errors: limits.errors,
                hops: limits.hops,
                free_disk_bytes: limits.free_disk_bytes,
            },
            delivery: config::Delivery {
                first_retry: seconds(delivery.first_retry_seconds),
                longest_retry: seconds(delivery.longest_retry_seconds),
                lifetime: seconds(delivery.lifetime_seconds),
                delay_notice: (delivery.delay_notice_seconds != 0).then(|| seconds(delivery.delay_notice_seconds)),
                first_rest: seconds(delivery.first_rest_seconds),
                longest_rest: seconds(delivery.longest_rest_seconds),
            },
            smart_host: self.settings.smart_host.as_ref().map(|settings| smart_host(settings, &self.folder, password)),
            history_keep: Duration::from_secs(u64::from(self.settings.history.keep_days) * 24 * 3600),
        }
    }
}

/// Relative file names begin in `folder`.
pub fn smart_host(settings: &SmartHostSettings, folder: &Path, password: Option<SecretString>) -> SmartHostConfig {
    let timeouts = &settings.timeouts;
    SmartHostConfig {
        server: settings.server.clone(),
        port: settings.port,
        encryption: match settings.encryption {
            SmartHostEncryption::Starttls => config::SmartHostEncryption::Starttls,
            SmartHostEncryption::Implicit => config::SmartHostEncryption::Implicit,
            SmartHostEncryption::None => config::SmartHostEncryption::None,
        },
        sign_in: match &settings.sign_in {
            SignIn::None => config::SignIn::None,
            SignIn::Password { user } => config::SignIn::Password { user: user.clone(), password },
        },
        extra_ca_file: settings.extra_ca_file.as_ref().map(|file| folder.join(file)),
        parallel_connections: settings.parallel_connections as usize,
        messages_per_connection: settings.messages_per_connection as usize,
        timeouts: config::Timeouts {
            connect: seconds(timeouts.connect_seconds),
            tls: seconds(timeouts.tls_seconds),
            command: seconds(timeouts.command_seconds),
            data_block: seconds(timeouts.data_block_seconds),
            data_end: seconds(timeouts.data_end_seconds),
            idle: seconds(timeouts.idle_seconds),
        },
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
