//! What the office puts under what is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A footer under the first text of each message on its way out, in the form that the text has. What is signed or encrypted
/// gets none, nor do reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct FooterSettings {
    /// Under plain text. Empty: nothing.
    pub text: String,
    /// Under HTML, as it is to stand in the page. Empty: nothing.
    pub html: String,
}
