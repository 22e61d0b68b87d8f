//! What is changed in a message on its way out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What would become of one sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RewrittenView {
    /// The envelope's sender.
    pub envelope: String,
    /// The From that readers see.
    pub from: String,
    /// Where answers go, if that is said anew.
    pub reply_to: Option<String>,
    /// The From of before, as it is kept in the message; `null`: nothing is changed.
    pub original_from: Option<String>,
}

/// A key that signs mail; nothing of it that is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct DkimKeyView {
    pub domain: String,
    pub selector: String,
    /// Where the public key is published.
    pub record_name: String,
    /// None: there is no key in the credential store, or it cannot be used.
    pub key: Option<DkimPublicView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct DkimPublicView {
    pub algorithm: DkimAlgorithm,
    /// The TXT record's text.
    pub record: String,
    /// The same as a line of a zone file, in strings of at most 255 octets (RFC 1035 §3.3).
    pub zone_line: String,
    /// It is in memory only, and lost at the next restart.
    pub until_restart: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum DkimAlgorithm {
    /// RSA with 2048 bits: every receiver knows it.
    #[default]
    Rsa,
    /// RFC 8463: short, and not known everywhere.
    Ed25519,
}

/// What is published for a key, as this machine sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum DkimFound {
    /// The key that signs.
    Published,
    NotFound,
    /// A record with another key, or one that was called back, or is none.
    #[serde(rename_all = "camelCase")]
    Other {
        record: String,
    },
    /// No name server answered.
    #[serde(rename_all = "camelCase")]
    NoAnswer {
        said: String,
    },
}
