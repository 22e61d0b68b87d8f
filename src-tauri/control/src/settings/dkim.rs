//! Domains whose mail is signed on its way out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Mail from this domain is signed (DKIM, RFC 6376). The key is made by a request and kept in the credential store under the
/// name `dkim.SELECTOR.DOMAIN`; where it is missing mail waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct DkimDomain {
    /// As in `office.example`; it signs for its subdomains too, unless they are here themselves.
    pub domain: String,
    /// The name of the key within the domain: what is published stands at `SELECTOR._domainkey.DOMAIN`.
    #[serde(default = "outtray")]
    pub selector: String,
    /// Switched off nothing is signed; the key is kept.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn outtray() -> String {
    "outtray".into()
}
fn yes() -> bool {
    true
}
