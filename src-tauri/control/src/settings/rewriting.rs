//! Other senders for a provider that takes mail of certain addresses only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The envelope's sender, From and Sender become another address on the way to this provider. What is kept here, and
/// reports to senders, know the address of before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct RewritingSettings {
    pub senders: RewrittenSenders,
    /// What readers see before the new address.
    #[serde(default)]
    pub display_name: DisplayName,
    /// Answers go to the address of before: it becomes Reply-To, where there is none.
    #[serde(default = "yes")]
    pub reply_to: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum RewrittenSenders {
    /// Every sender becomes one address; `null`: the user that signs in, who must be an address then.
    #[serde(rename_all = "camelCase")]
    All {
        #[serde(default)]
        address: Option<String>,
    },
    /// The first row that names a sender decides; who is in none stays.
    #[serde(rename_all = "camelCase")]
    Rows { rows: Vec<RewritingRow> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct RewritingRow {
    /// An address, a domain (`office.example`), `.office.example` for its subdomains, or `*` for everybody.
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum DisplayName {
    /// The name that was there.
    #[default]
    Kept,
    /// The address that was there.
    Address,
    /// Both: `Scanner (scanner@office.example)`.
    NameAndAddress,
}

fn yes() -> bool {
    true
}
