//! The engine's configuration: every value already checked by whoever starts it.

use crate::policy::burst::BurstLimits;
use crate::policy::content::ContentRules;
use crate::policy::sign_in::SignInLimits;
use crate::policy::{Network, Policy};
use crate::route::Routing;
use crate::smarthost::Tokens;
use rustls::ServerConfig;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the smart host is called that has no name of its own.
pub const DEFAULT_LANE: &str = "default";

/// Everything the engine needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name in greetings, EHLO and Received lines.
    pub host_name: String,
    pub listeners: Vec<Listener>,
    /// None: no files are taken.
    pub pickup: Option<Pickup>,
    /// Who may send what. Empty: nobody.
    pub policy: Policy,
    pub sign_ins: SignInLimits,
    /// None: nothing is held.
    pub bursts: Option<BurstLimits>,
    pub content: ContentRules,
    pub limits: Limits,
    pub delivery: Delivery,
    /// None: mail waits.
    pub smart_host: Option<SmartHostConfig>,
    /// Beside it, by name. Lanes are numbered: 0 is the one above, these follow in their order.
    pub other_smart_hosts: Vec<(String, SmartHostConfig)>,
    pub routing: Routing,
    pub history_keep: Duration,
}

#[derive(Debug, Clone)]
pub struct Listener {
    pub address: SocketAddr,
    pub encryption: ListenerEncryption,
    /// What STARTTLS and implicit TLS use here, and whether clients show a certificate; None: no encryption is offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// TCP balancers: connections from there begin with a PROXY protocol v2 header.
    pub proxies: Vec<Network>,
}

impl Listener {
    /// Without encryption, whatever is wanted, and without balancers.
    pub fn new(address: SocketAddr, encryption: ListenerEncryption) -> Self {
        Self { address, encryption, tls: None, proxies: Vec::new() }
    }
}

/// A folder whose files are taken as mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickup {
    pub folder: PathBuf,
    /// Where those go that cannot be taken.
    pub bad_folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListenerEncryption {
    Starttls,
    Implicit,
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub message_bytes: u64,
    pub recipients: usize,
    pub connections: usize,
    pub connections_per_client: usize,
    /// From one /24 in IPv4, one /64 in IPv6.
    pub connections_per_subnet: usize,
    pub idle: Duration,
    pub command: Duration,
    /// How long one connection may live.
    pub session: Duration,
    /// For a handshake, and for a balancer's header.
    pub tls: Duration,
    /// In one session.
    pub commands: u32,
    /// In a row.
    pub errors: u32,
    pub hops: u32,
    pub free_disk_bytes: u64,
}

/// RFC 5321 §4.5.4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub first_retry: Duration,
    pub longest_retry: Duration,
    pub lifetime: Duration,
    /// None: no notices.
    pub delay_notice: Option<Duration>,
    pub first_rest: Duration,
    pub longest_rest: Duration,
    /// How long a lane is down before its mail goes over the next one of its route.
    pub failover_after: Duration,
}

#[derive(Clone)]
pub struct SmartHostConfig {
    pub server: String,
    pub port: u16,
    pub encryption: SmartHostEncryption,
    pub sign_in: SignIn,
    /// A PEM file with further authorities, beside the system's.
    pub extra_ca_file: Option<PathBuf>,
    pub parallel_connections: usize,
    pub messages_per_connection: usize,
    pub pace: Pace,
    pub timeouts: Timeouts,
}

/// What the provider takes; None: no limit is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    pub messages_per_minute: Option<u32>,
    /// In any 24 hours.
    pub recipients_per_day: Option<u32>,
    /// More go in several transactions.
    pub recipients_per_message: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmartHostEncryption {
    /// Required and verified.
    Starttls,
    Implicit,
    None,
}

#[derive(Clone)]
pub enum SignIn {
    None,
    /// `password` is None when the credential store has none: the lane rests and says so.
    Password {
        user: String,
        password: Option<SecretString>,
    },
    /// A bearer token in place of a password.
    Token {
        user: String,
        tokens: Arc<dyn Tokens>,
    },
    /// We show a certificate while encryption is agreed, and nothing is said of a user. PEM files; such as cannot be used
    /// rest the lane.
    Certificate {
        certificate_file: PathBuf,
        key_file: PathBuf,
    },
}

/// RFC 5321 §4.5.3.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    pub tls: Duration,
    pub command: Duration,
    pub data_block: Duration,
    pub data_end: Duration,
    pub idle: Duration,
}

impl std::fmt::Debug for SmartHostConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmartHostConfig")
            .field("server", &self.server)
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}
