//! What a watcher may see of the devices that hand in mail, and of what they were refused.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::RefusalKind;

/// One client, by its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct DeviceView {
    pub address: String,
    /// What it called itself last in HELO or EHLO.
    pub client_name: String,
    /// The name of the rule that fits its address now; None: no rule does.
    pub rule: Option<String>,
    /// The device account it signed in with last.
    pub account: Option<String>,
    #[ts(type = "number")]
    pub first_seen_at: i64,
    #[ts(type = "number")]
    pub last_seen_at: i64,
    /// `TLSv1.3` and the like, at its last message; None: without encryption.
    pub tls: Option<String>,
    /// Messages taken in the last 24 hours, and in all that is remembered.
    pub messages_today: u32,
    pub messages: u32,
    /// Recipients in this hour, and in its busiest hour of the last 14 days.
    pub recipients_this_hour: u32,
    pub busiest_hour: u32,
    /// Messages of it that are held as a burst now.
    pub held: u32,
    /// Refusals in the last 24 hours.
    pub refused_today: u32,
    pub last_refusal: Option<RefusalView>,
    /// The machine's network this address belongs to (`10.0.0.0/24`), when there is one.
    pub network: Option<String>,
}

/// Refusals of one client for one reason in one hour, folded into one line, so that an attack cannot fill the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RefusalView {
    /// Empty: clients of that hour beyond the number that is told apart, together.
    pub address: String,
    pub client_name: String,
    pub why: RefusalKind,
    pub count: u32,
    #[ts(type = "number")]
    pub first_at: i64,
    #[ts(type = "number")]
    pub last_at: i64,
    /// Of the last of them.
    pub sender: String,
    pub recipient: String,
    pub reply: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RefusalPage {
    pub refusals: Vec<RefusalView>,
    #[ts(type = "number")]
    pub total: u64,
}

/// Whether a client may send something, and what decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct DecisionView {
    pub permitted: bool,
    /// What decided.
    pub by: DecidedBy,
    /// The rule that fits the client's address, counted from 0; None: no rule does.
    pub rule: Option<u32>,
    /// What the device hears; None when it is permitted.
    pub reply: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum DecidedBy {
    /// The rule for its network: its action, or one of its conditions.
    Rule,
    /// The device account: it allows what no rule does, or not this sender.
    Account,
    /// A list of senders or recipients.
    Lists,
    /// Nothing allows it.
    Nothing,
}
