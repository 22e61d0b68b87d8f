//! From checked settings to the engine's configuration: nothing can fail here.

use super::{footer, rewriting};
use crate::certificate;
use crate::graph::{GraphConfig, GraphHost, Mailbox};
use crate::oauth::Plan;
use control::Settings;
use control::problem::Problem;
use control::settings::{
    CertificateSettings, DEFAULT_SMART_HOST, ListenerEncryption, NullSender, SignIn, SmartHostEncryption, SmartHostProtocol,
    SmartHostSettings,
};
use relay::config::{self, Config, SmartHostConfig};
use relay::policy::burst::BurstLimits;
use relay::policy::content::ContentRules;
use relay::policy::sign_in::SignInLimits;
use relay::policy::{Network, Policy};
use relay::route::Routing;
use relay::smarthost::dkim::Signer;
use relay::smarthost::footer::Footer;
use relay::smarthost::{SmartHost, Tokens};
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use secrecy::SecretString;
use std::collections::HashMap;
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
    pub policy: Policy,
    pub(super) content: ContentRules,
    pub(super) routing: Routing,
    /// The office's own certificate; None when it is to be ours, or its files cannot be used. One in a PFX file is opened later:
    /// its password is in the credential store.
    pub(super) certificate: Option<Arc<CertifiedKey>>,
    /// Files that cannot be used and do not keep the rest from running.
    pub unusable: Vec<Problem>,
}

/// A listener of which everything is checked, without the certificate that it will show.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    pub address: SocketAddr,
    pub encryption: ListenerEncryption,
    pub clients: Clients,
    pub proxies: Vec<Network>,
}

/// Whether clients show a certificate.
#[derive(Debug, Clone)]
pub(super) enum Clients {
    Unasked,
    Judged(Arc<dyn ClientCertVerifier>),
    /// They must, and it could not be judged.
    ShutOut,
}

impl Listener {
    fn config(&self, certificate: Option<&Arc<CertifiedKey>>) -> config::Listener {
        let clients = match &self.clients {
            Clients::Unasked => Some(None),
            Clients::Judged(verifier) => Some(Some(Arc::clone(verifier))),
            Clients::ShutOut => None,
        };
        let tls = match (self.encryption, certificate, clients) {
            (ListenerEncryption::Plain, _, _) | (_, None, _) | (_, _, None) => None,
            (ListenerEncryption::Starttls | ListenerEncryption::Implicit, Some(certificate), Some(clients)) => {
                certificate::server_config(Arc::clone(certificate), clients)
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
            policy: Policy::default(),
            content: ContentRules::default(),
            routing: Routing::default(),
            certificate: None,
            unusable: Vec::new(),
        }
    }

    /// The files these settings name.
    pub fn files(&self) -> Vec<PathBuf> {
        let certificate = match &self.settings.certificate {
            CertificateSettings::SelfSigned => Vec::new(),
            CertificateSettings::Pem { certificate_file, key_file } => vec![certificate_file, key_file],
            CertificateSettings::Pfx { file } => vec![file],
        };
        let authorities = self.settings.listeners.iter().filter_map(|listener| listener.client_certificates.as_ref());
        let authorities = authorities.map(|clients| &clients.authority_file);
        let extra_ca_file = self.settings.smart_hosts().filter_map(|(_, smart_host)| smart_host.extra_ca_file.as_ref());
        certificate.into_iter().chain(authorities).chain(extra_ca_file).map(|file| self.folder.join(file)).collect()
    }

    /// The office's own certificate, as devices see it.
    pub fn shown(&self) -> Option<&CertifiedKey> {
        self.certificate.as_deref()
    }

    /// Where a file of the settings lies.
    pub fn place_of(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// A certificate that was loaded once is better than ours, when its files are being replaced or are gone.
    pub fn keep_certificate_of(&mut self, before: &Self) {
        if self.certificate.is_none() && self.settings.certificate == before.settings.certificate {
            self.certificate.clone_from(&before.certificate);
        }
    }

    /// The file that a password opens.
    pub fn pfx_file(&self) -> Option<PathBuf> {
        match &self.settings.certificate {
            CertificateSettings::Pfx { file } => Some(self.folder.join(file)),
            CertificateSettings::SelfSigned | CertificateSettings::Pem { .. } => None,
        }
    }

    /// Whether it is known already that this file cannot be used.
    pub fn is_unusable(&self, file: &Path) -> bool {
        self.unusable.iter().any(|problem| problem.subject.as_deref() == Some(&*file.display().to_string()))
    }

    pub fn show(&mut self, certificate: Arc<CertifiedKey>) {
        self.certificate = Some(certificate);
    }

    /// What tokens for this smart host are asked for with, where they are wanted.
    pub fn token_plan(&self, smart_host: &SmartHostSettings) -> Option<Plan> {
        Plan::of(smart_host, &self.folder)
    }

    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Whether a certificate of our own making is needed: also in the place of one that cannot be used, since most
    /// devices want encryption and look at no certificate.
    pub fn wants_self_signed(&self) -> bool {
        self.certificate.is_none() && self.settings.listeners.iter().any(|listener| listener.encryption != ListenerEncryption::Plain)
    }

    /// What is announced to devices: no more than the provider will take of it.
    fn largest_message(&self) -> u64 {
        let own = self.settings.limits.message_bytes;
        // What fits one of them is taken: for whom it is too large on its way is told by that way.
        let providers = self.settings.smart_hosts().map(|(_, smart_host)| smart_host.largest_message.unwrap_or(u64::MAX));
        providers.max().map_or(own, |largest| own.min(largest.saturating_sub(ADDED + self.content.growth() as u64)))
    }

    /// The engine's configuration, with what is not in the document: our own certificate, and what it signs in with to
    /// the smart hosts, by their names.
    pub fn config(
        &self,
        self_signed: Option<Arc<CertifiedKey>>,
        mut credentials: HashMap<String, Credentials>,
        signers: Vec<Signer>,
    ) -> Config {
        let Settings { limits, delivery, bursts, .. } = &self.settings;
        let certificate = self.certificate.clone().or(self_signed);
        let footer = self.settings.footer.as_ref().map(footer::of);
        let mut lane = |name: &str, settings: &SmartHostSettings| {
            let own = credentials.remove(name).unwrap_or_default();
            smart_host(settings, &self.folder, Credentials { signers: signers.clone(), footer: footer.clone(), ..own })
        };
        Config {
            host_name: self.host_name.clone(),
            listeners: self.listeners.iter().map(|listener| listener.config(certificate.as_ref())).collect(),
            pickup: self.pickup.clone(),
            policy: self.policy.clone(),
            content: self.content.clone(),
            sign_ins: SignInLimits { failures: limits.sign_in_failures, pause: seconds(limits.sign_in_pause_seconds) },
            bursts: bursts.hold.then(|| BurstLimits {
                times_the_usual: bursts.times_the_usual,
                least_per_hour: bursts.least_per_hour,
                most_per_hour: (bursts.most_per_hour != 0).then_some(bursts.most_per_hour),
            }),
            limits: config::Limits {
                message_bytes: self.largest_message(),
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
                failover_after: seconds(delivery.failover_after_seconds),
            },
            reports: config::Reports {
                to_senders: self.settings.reports.to_senders,
                copy_to: self.settings.reports.copy_to.as_deref().and_then(mailbox),
            },
            smart_host: self.settings.smart_host.as_ref().map(|settings| lane(DEFAULT_SMART_HOST, settings)),
            other_smart_hosts: self
                .settings
                .other_smart_hosts
                .iter()
                .map(|other| (other.name.clone(), lane(&other.name, &other.smart_host)))
                .collect(),
            routing: self.routing.clone(),
            history_keep: Duration::from_secs(u64::from(self.settings.history.keep_days) * 24 * 3600),
        }
    }
}

/// What a message grows by at most on its way through this house, in its header, without what the office puts in.
const ADDED: u64 = 4096;

/// What is not in the smart host's own settings: what the engine signs in with, and what holds for every way out.
#[derive(Default)]
pub struct Credentials {
    pub password: Option<SecretString>,
    /// Where tokens come from, if they are wanted.
    pub tokens: Option<Arc<dyn Tokens>>,
    /// Who signs what goes out, with the keys.
    pub signers: Vec<Signer>,
    /// The office's, whichever way mail goes.
    pub footer: Option<Footer>,
}

/// Relative file names begin in `folder`.
pub fn smart_host(settings: &SmartHostSettings, folder: &Path, credentials: Credentials) -> SmartHostConfig {
    let Credentials { password, tokens, signers, footer } = credentials;
    let footer = footer.map(Arc::new);
    let adapter = tokens
        .as_ref()
        .and_then(|tokens| graph(settings, folder, tokens, footer.clone()))
        .map(|graph| Arc::new(graph) as Arc<dyn SmartHost>);
    let timeouts = &settings.timeouts;
    SmartHostConfig {
        server: settings.server.clone(),
        port: settings.port,
        adapter,
        encryption: match settings.encryption {
            SmartHostEncryption::Starttls => config::SmartHostEncryption::Starttls,
            SmartHostEncryption::Implicit => config::SmartHostEncryption::Implicit,
            SmartHostEncryption::None => config::SmartHostEncryption::None,
        },
        sign_in: match &settings.sign_in {
            SignIn::None => config::SignIn::None,
            SignIn::Password { user } => config::SignIn::Password { user: user.clone(), password },
            SignIn::Oauth { user, .. } => match tokens {
                Some(tokens) => config::SignIn::Token { user: user.clone(), tokens },
                None => config::SignIn::Password { user: user.clone(), password: None },
            },
            SignIn::Certificate { certificate_file, key_file } => {
                config::SignIn::Certificate { certificate_file: folder.join(certificate_file), key_file: folder.join(key_file) }
            }
        },
        extra_ca_file: settings.extra_ca_file.as_ref().map(|file| folder.join(file)),
        parallel_connections: settings.parallel_connections as usize,
        pace: config::Pace {
            messages_per_minute: settings.pace.messages_per_minute,
            recipients_per_day: settings.pace.recipients_per_day,
            recipients_per_message: settings.pace.recipients_per_message,
        },
        messages_per_connection: settings.messages_per_connection as usize,
        null_sender_as: null_sender(settings).and_then(mailbox),
        timeouts: config::Timeouts {
            connect: seconds(timeouts.connect_seconds),
            tls: seconds(timeouts.tls_seconds),
            command: seconds(timeouts.command_seconds),
            data_block: seconds(timeouts.data_block_seconds),
            data_end: seconds(timeouts.data_end_seconds),
            idle: seconds(timeouts.idle_seconds),
        },
        rewriting: rewriting::of(settings).map(Arc::new),
        footer,
        signers: signers.into(),
    }
}

/// None when mail goes by SMTP.
pub fn graph(settings: &SmartHostSettings, folder: &Path, tokens: &Arc<dyn Tokens>, footer: Option<Arc<Footer>>) -> Option<GraphHost> {
    let SmartHostProtocol::MicrosoftGraph { per_sender } = settings.protocol else { return None };
    let account = settings.sign_in.user()?.to_owned();
    let config = GraphConfig {
        server: settings.server.clone(),
        port: settings.port,
        rewriting: rewriting::of(settings),
        footer,
        mailbox: if per_sender { Mailbox::Sender { account } } else { Mailbox::Account(account) },
        // Of one request: a piece of an attachment, at most.
        patience: seconds(settings.timeouts.data_block_seconds),
    };
    Some(GraphHost::new(config, Arc::clone(tokens), settings.extra_ca_file.as_ref().map(|file| folder.join(file)).as_deref()))
}

/// Whose name stands where there is no sender.
pub(super) fn null_sender(settings: &SmartHostSettings) -> Option<&str> {
    match (&settings.null_sender, &settings.sign_in) {
        (NullSender::AsItIs, _) => None,
        (NullSender::Address { address }, _) => Some(address),
        (NullSender::Account, SignIn::Password { user } | SignIn::Oauth { user, .. }) => Some(user),
        // Nobody is signed in. The check has said so.
        (NullSender::Account, SignIn::None | SignIn::Certificate { .. }) => None,
    }
}

/// The check has seen that it is one.
fn mailbox(address: &str) -> Option<relay::mail::Mailbox> {
    relay::mail::Mailbox::parse(address).ok()
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
