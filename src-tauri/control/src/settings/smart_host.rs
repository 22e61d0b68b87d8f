//! Where mail goes: the smart host, how we encrypt and sign in to it, how long we wait for it.

use super::{RewritingSettings, SignIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct SmartHostSettings {
    /// Which provider it is, by its key in the table of providers (`control/src/providers.json`); `other` for any that is not there.
    #[serde(default = "other")]
    pub provider: String,
    /// How mail is handed over.
    #[serde(default)]
    pub protocol: SmartHostProtocol,
    /// Name or address of the server.
    pub server: String,
    pub port: u16,
    pub encryption: SmartHostEncryption,
    #[serde(default)]
    pub sign_in: SignIn,
    /// A PEM file with further certificate authorities to trust (the office's own), also for who gives tokens.
    #[serde(default)]
    pub extra_ca_file: Option<String>,
    /// Connections at a time.
    #[serde(default = "three")]
    pub parallel_connections: u32,
    /// Messages handed over on one connection before it is closed.
    #[serde(default = "hundred")]
    pub messages_per_connection: u32,
    #[serde(default)]
    pub pace: Pace,
    /// Largest message it takes, in bytes, attachments encoded. A larger one is refused when a device brings it. `null`: as
    /// `limits.messageBytes` says.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub largest_message: Option<u64>,
    /// How mail without a sender goes out, and with it our own reports.
    #[serde(default)]
    pub null_sender: NullSender,
    #[serde(default)]
    pub timeouts: SmartHostTimeouts,
    /// Which addresses senders become on the way there. `null`: none, they stay as they are.
    #[serde(default)]
    pub rewriting: Option<RewritingSettings>,
}

/// How much the provider takes. What is over it waits for its time; nothing is refused for it. `null`: no limit is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct Pace {
    /// Messages in any 60 seconds.
    pub messages_per_minute: Option<u32>,
    /// Recipients in any 24 hours, over restarts too.
    pub recipients_per_day: Option<u32>,
    /// Recipients of one transaction; a message to more of them goes in several.
    pub recipients_per_message: Option<u32>,
}

/// How mail is handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub enum SmartHostProtocol {
    #[default]
    Smtp,
    /// By HTTPS to Microsoft Graph, for organisations that have SMTP switched off altogether. Signed in by a token only.
    MicrosoftGraph {
        /// Each message goes out of its sender's own mailbox, which the application must be allowed to send from; else all
        /// go out of the account's.
        #[serde(default)]
        per_sender: bool,
    },
}

/// How mail with the null reverse-path (`MAIL FROM:<>`) goes out: reports above all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub enum NullSender {
    /// As it is, which RFC 5321 §4.5.5 wants.
    #[default]
    AsItIs,
    /// In the name of the account we sign in with, also in the From of our reports: Microsoft 365 takes nothing else from
    /// a signed-in mailbox (550 5.7.60).
    Account,
    /// In the name of this address.
    Address { address: String },
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
    /// None. A password or token is then never sent.
    None,
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

fn other() -> String {
    "other".into()
}
fn three() -> u32 {
    3
}
fn hundred() -> u32 {
    100
}
