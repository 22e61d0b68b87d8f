//! Who may send, and under which conditions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What holds for clients of one network. The first rule that fits a client's address decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct AccessRule {
    /// A subnet (`192.168.1.0/24`), one address (`10.0.0.7`) or a range (`10.0.0.20-10.0.0.29`), IPv4 or IPv6.
    pub network: String,
    /// What people call it ("Warehouse printers").
    #[serde(default)]
    pub name: String,
    /// Set when a person has typed that they want a network of public addresses allowed.
    #[serde(default)]
    pub public_on_purpose: bool,
    #[serde(default)]
    pub action: RuleAction,
    /// Mail is taken over TLS only.
    #[serde(default)]
    pub require_encryption: bool,
    /// Mail is taken only from who has signed in with a device account.
    #[serde(default)]
    pub require_sign_in: bool,
    /// Devices may sign in without TLS: their passwords cross the network readable.
    #[serde(default)]
    pub plain_sign_in: bool,
    /// Addresses (`scan@office.example`) and domains (`office.example`) mail may be from; empty: any.
    #[serde(default)]
    pub senders: Vec<String>,
    #[serde(default)]
    pub recipients: RecipientScope,
    /// Largest message in bytes, when smaller than the general limit.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub message_bytes: Option<u64>,
    /// How much each client of this network may send.
    #[serde(default)]
    pub rate: RateLimits,
    #[serde(default)]
    pub priority: Priority,
    /// An address that gets a copy of all mail from there, without senders and readers seeing it. `null`: none.
    #[serde(default)]
    pub archive: Option<String>,
}

impl AccessRule {
    /// Everybody in this network may send, without conditions.
    pub fn allowing(network: impl Into<String>, name: impl Into<String>) -> Self {
        Self { network: network.into(), name: name.into(), ..Self::default() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum RuleAction {
    #[default]
    Allow,
    /// Nothing is taken from there, also not from who has an account.
    Refuse,
}

/// Whom mail may be for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum RecipientScope {
    #[default]
    Any,
    /// Addresses in `lists.ownDomains` only.
    OwnDomains,
}

/// Which mail goes first when much is waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum Priority {
    /// Alarms.
    High,
    #[default]
    Normal,
    /// Mail-outs.
    Low,
}

/// How much one client may send; what is over it is answered 450 4.7.1 and may come again later. None: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct RateLimits {
    pub messages_per_minute: Option<u32>,
    pub messages_per_hour: Option<u32>,
    pub messages_per_day: Option<u32>,
    pub recipients_per_minute: Option<u32>,
    pub recipients_per_hour: Option<u32>,
    pub recipients_per_day: Option<u32>,
}

/// An account that devices sign in with. The password is set by its own request and never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct DeviceAccount {
    /// The user name as the device sends it; letters of either case are the same.
    pub name: String,
    /// What it is for ("Branch office scanner").
    #[serde(default)]
    pub note: String,
    /// Switched off it can sign in no more; its password is kept.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Addresses and domains it may send from; empty: any.
    #[serde(default)]
    pub senders: Vec<String>,
}

/// Addresses (`ann@office.example`) and domains (`office.example`, which means `@office.example` and not its subdomains;
/// `.office.example` means the subdomains). Denials win over permissions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct AddressLists {
    /// The office's own domains, for rules that allow mail to them only.
    pub own_domains: Vec<String>,
    /// Mail may be from these only; empty: from any.
    pub allowed_senders: Vec<String>,
    pub denied_senders: Vec<String>,
    /// Mail may be for these only; empty: for any.
    pub allowed_recipients: Vec<String>,
    pub denied_recipients: Vec<String>,
}

fn yes() -> bool {
    true
}
