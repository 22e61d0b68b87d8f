//! The settings as people write and read them: one JSON document, version 1.
//!
//! Times are in seconds, sizes in bytes. Everything has a default, unknown names are refused.
//! The engine's host checks the values (`host/settings`) and owns the file. When a version 2
//! comes, a frozen copy of this form moves to `host/settings/v1.rs` with its one way forward.

mod access;
mod content;
mod listeners;
mod routes;
mod sign_in;
mod smart_host;

pub use access::{AccessRule, AddressLists, DeviceAccount, Priority, RateLimits, RecipientScope, RuleAction};
pub use content::{AttachmentRules, BurstSettings, HeaderAction, HeaderRule};
pub use listeners::{CertificateSettings, ClientCertificates, ListenerEncryption, ListenerSettings, PickupSettings};
pub use routes::{DEFAULT_SMART_HOST, NamedSmartHost, RouteSettings};
pub use sign_in::{SignIn, TokenGrant, TokenService};
pub use smart_host::{Pace, SmartHostEncryption, SmartHostSettings, SmartHostTimeouts};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct Settings {
    /// Form of this document; 1 today.
    pub version: u32,
    /// The name Outtray gives itself in greetings, EHLO and Received lines. Empty: this machine's own name.
    pub host_name: String,
    /// Where devices connect. Empty until the setup is done.
    pub listeners: Vec<ListenerSettings>,
    /// The certificate devices see.
    pub certificate: CertificateSettings,
    /// A folder whose files are taken as mail. None: there is none.
    pub pickup: Option<PickupSettings>,
    /// Who may send, in order: the first rule that fits the client's address decides. Nobody else can send
    /// without a device account: an empty list refuses everyone.
    pub rules: Vec<AccessRule>,
    /// Accounts that devices sign in with (RFC 4954). Their passwords are set apart and kept as hashes in the database.
    pub accounts: Vec<DeviceAccount>,
    /// Addresses and domains that may or may not send and receive, whoever the client is.
    pub lists: AddressLists,
    /// Attachments that are refused.
    pub attachments: AttachmentRules,
    /// What is done about header fields, in order; all that match are carried out.
    pub headers: Vec<HeaderRule>,
    /// When a device that suddenly sends far more than usual is held.
    pub bursts: BurstSettings,
    /// Where mail goes. None until the setup is done; mail then waits.
    pub smart_host: Option<SmartHostSettings>,
    /// Smart hosts beside it, for routes and for when it is down.
    pub other_smart_hosts: Vec<NamedSmartHost>,
    /// Which mail goes through which smart hosts, in order.
    pub routes: Vec<RouteSettings>,
    /// The smart hosts for the rest, in the order in which they are used; empty: the default one alone.
    pub default_route: Vec<String>,
    pub limits: Limits,
    pub delivery: Delivery,
    pub history: HistorySettings,
    pub log_level: LogLevel,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 1,
            host_name: String::new(),
            listeners: Vec::new(),
            certificate: CertificateSettings::SelfSigned,
            pickup: None,
            rules: Vec::new(),
            accounts: Vec::new(),
            lists: AddressLists::default(),
            attachments: AttachmentRules::default(),
            headers: Vec::new(),
            bursts: BurstSettings::default(),
            smart_host: None,
            other_smart_hosts: Vec::new(),
            routes: Vec::new(),
            default_route: Vec::new(),
            limits: Limits::default(),
            delivery: Delivery::default(),
            history: HistorySettings::default(),
            log_level: LogLevel::Info,
        }
    }
}

impl Settings {
    /// All smart hosts with their names, the default one first.
    pub fn smart_hosts(&self) -> impl Iterator<Item = (&str, &SmartHostSettings)> {
        let default = self.smart_host.iter().map(|smart_host| (DEFAULT_SMART_HOST, smart_host));
        default.chain(self.other_smart_hosts.iter().map(|other| (other.name.as_str(), &other.smart_host)))
    }

    pub fn smart_host_of(&self, name: &str) -> Option<&SmartHostSettings> {
        self.smart_hosts().find(|(known, _)| *known == name).map(|(_, smart_host)| smart_host)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct Limits {
    /// Largest message taken, in bytes; 25 MB unless set, 150 MB at most.
    #[ts(type = "number")]
    pub message_bytes: u64,
    /// Recipients a message (RFC 5321 §4.5.3.1.8 demands 100).
    pub recipients: u32,
    /// Connections from devices at a time, in all.
    pub connections: u32,
    /// Connections at a time from one address.
    pub connections_per_client: u32,
    /// Connections at a time from one subnet (/24 in IPv4, /64 in IPv6).
    pub connections_per_subnet: u32,
    /// Silence between two commands, after which a connection is closed with 421.
    pub idle_seconds: u32,
    /// Time for one command or one block of content to arrive whole.
    pub command_seconds: u32,
    /// How long one connection may live in all.
    pub session_seconds: u32,
    /// Commands in one connection, after which it is closed with 421.
    pub commands: u32,
    /// Mistakes in a row, after which it is closed with 421.
    pub errors: u32,
    /// Time for a TLS handshake.
    pub tls_seconds: u32,
    /// Wrong passwords from one address, after which its sign-in is refused for a while.
    pub sign_in_failures: u32,
    /// How long it is then refused.
    pub sign_in_pause_seconds: u32,
    /// Received lines after which a message is taken to be in a loop (RFC 5321 §6.3).
    pub hops: u32,
    /// Free space on the data disk below which mail is answered 452.
    #[ts(type = "number")]
    pub free_disk_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 25_000_000,
            recipients: 1000,
            connections: 500,
            connections_per_client: 100,
            connections_per_subnet: 250,
            idle_seconds: 300,
            command_seconds: 300,
            session_seconds: 14_400,
            commands: 100_000,
            errors: 20,
            tls_seconds: 30,
            sign_in_failures: 10,
            sign_in_pause_seconds: 900,
            hops: 50,
            free_disk_bytes: 200_000_000,
        }
    }
}

/// When a message is tried again and when we give up (RFC 5321 §4.5.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct Delivery {
    pub first_retry_seconds: u32,
    pub longest_retry_seconds: u32,
    /// After this long a message is given up and its sender told.
    pub lifetime_seconds: u32,
    /// After this long the sender is told that the message still waits; 0: never.
    pub delay_notice_seconds: u32,
    /// How long a connection trouble rests the way to the provider, at first and at most.
    pub first_rest_seconds: u32,
    pub longest_rest_seconds: u32,
    /// How long a smart host is down before its mail goes through the next one of its route; at once where only a person
    /// can mend it.
    pub failover_after_seconds: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            first_retry_seconds: 300,
            longest_retry_seconds: 14_400,
            lifetime_seconds: 432_000,
            delay_notice_seconds: 14_400,
            first_rest_seconds: 15,
            longest_rest_seconds: 900,
            failover_after_seconds: 120,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct HistorySettings {
    /// How long what was done is remembered.
    pub keep_days: u32,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// One thing wrong in a settings document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct SettingsProblem {
    /// Where, as a path: `listeners[0].port`.
    pub field: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it, as a sentence without a full stop.
    pub wrong: String,
    /// What to put there instead.
    pub remedy: String,
}
