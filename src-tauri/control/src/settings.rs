//! The settings as people write and read them: one JSON document, version 1.
//!
//! Times are in seconds, sizes in bytes. Everything has a default, unknown names are refused.
//! The engine's host checks the values (`host/settings`) and owns the file. When a version 2
//! comes, a frozen copy of this form moves to `host/settings/v1.rs` with its one way forward.

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
    /// Who may send. Nobody else can: an empty list refuses everyone.
    pub allowed: Vec<AllowedNetwork>,
    /// Where mail goes. None until the setup is done; mail then waits.
    pub smart_host: Option<SmartHostSettings>,
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
            allowed: Vec::new(),
            smart_host: None,
            limits: Limits::default(),
            delivery: Delivery::default(),
            history: HistorySettings::default(),
            log_level: LogLevel::Info,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct ListenerSettings {
    /// An address of this machine; `0.0.0.0` all of IPv4, `::` all of IPv6 (and only IPv6).
    pub address: String,
    /// 0 lets the system choose (for tests; `outtrayd run` prints what it became).
    pub port: u16,
    pub encryption: ListenerEncryption,
}

/// How a device can encrypt on one of our ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ListenerEncryption {
    /// STARTTLS is offered, not demanded (ports 25 and 587).
    Starttls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// No encryption is offered.
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum CertificateSettings {
    /// Made by Outtray at its first start and kept in the data folder.
    SelfSigned,
    /// Two PEM files of the office's own.
    #[serde(rename_all = "camelCase")]
    Pem { certificate_file: String, key_file: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct AllowedNetwork {
    /// A subnet (`192.168.1.0/24`) or one address (`10.0.0.7`), IPv4 or IPv6.
    pub network: String,
    /// What people call it ("Warehouse printers").
    #[serde(default)]
    pub name: String,
    /// Set when a person has typed that they want a network of public addresses allowed.
    #[serde(default)]
    pub public_on_purpose: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct SmartHostSettings {
    /// Which provider card was chosen: `microsoft365`, `google`, `sendgrid`, `ses`, `mailgun`, `other`.
    #[serde(default = "other")]
    pub provider: String,
    /// Name or address of the server.
    pub server: String,
    pub port: u16,
    pub encryption: SmartHostEncryption,
    #[serde(default)]
    pub sign_in: SignIn,
    /// A PEM file with further certificate authorities to trust (the office's own).
    #[serde(default)]
    pub extra_ca_file: Option<String>,
    /// Connections at a time.
    #[serde(default = "three")]
    pub parallel_connections: u32,
    /// Messages handed over on one connection before it is closed.
    #[serde(default = "hundred")]
    pub messages_per_connection: u32,
    #[serde(default)]
    pub timeouts: SmartHostTimeouts,
}

/// How we encrypt towards the smart host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum SmartHostEncryption {
    /// STARTTLS, required and verified (port 587 or 25).
    Starttls,
    /// TLS from the first byte, verified (port 465).
    Implicit,
    /// None. A password is then never sent.
    None,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SignIn {
    #[default]
    None,
    /// User name here; the password is in the credential store under the name `smart-host`.
    #[serde(rename_all = "camelCase")]
    Password { user: String },
}

/// RFC 5321 §4.5.3.2 gives the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct SmartHostTimeouts {
    pub connect_seconds: u32,
    pub tls_seconds: u32,
    /// Greeting, EHLO, AUTH, MAIL, RCPT.
    pub command_seconds: u32,
    /// One block of content on its way.
    pub data_block_seconds: u32,
    /// The reply to the final dot.
    pub data_end_seconds: u32,
    /// How long an unused connection is kept for the next message.
    pub idle_seconds: u32,
}

impl Default for SmartHostTimeouts {
    fn default() -> Self {
        Self {
            connect_seconds: 30,
            tls_seconds: 30,
            command_seconds: 300,
            data_block_seconds: 180,
            data_end_seconds: 600,
            idle_seconds: 10,
        }
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
    /// Silence between two commands, after which a connection is closed with 421.
    pub idle_seconds: u32,
    /// Time for one command or one block of content to arrive whole.
    pub command_seconds: u32,
    /// Time for a TLS handshake.
    pub tls_seconds: u32,
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
            idle_seconds: 300,
            command_seconds: 300,
            tls_seconds: 30,
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

fn other() -> String {
    "other".into()
}
fn three() -> u32 {
    3
}
fn hundred() -> u32 {
    100
}
