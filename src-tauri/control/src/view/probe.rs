//! What a connection check tells, step by step, while it goes on.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One line of the connection check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct ProbeStep {
    pub stage: ProbeStage,
    pub outcome: ProbeOutcome,
    pub took_ms: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ProbeStage {
    /// The name has an address.
    Name,
    /// The port answers.
    Connect,
    /// Encrypted, certificate valid.
    Encrypt,
    /// Greeting and EHLO.
    Greet,
    /// Signed in.
    SignIn,
    /// MAIL FROM the given address is accepted.
    Sender,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum ProbeOutcome {
    Started,
    /// `found`: addresses, certificate names and end, mechanism, the server's words.
    #[serde(rename_all = "camelCase")]
    Passed {
        found: String,
    },
    #[serde(rename_all = "camelCase")]
    Failed {
        problem: Problem,
    },
    /// Not tried, since an earlier step failed or there is nothing to do.
    Skipped,
}
