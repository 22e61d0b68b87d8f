//! Further smart hosts, and which mail goes through which of them.

use super::SmartHostSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What routes call the smart host of `smartHost`.
pub const DEFAULT_SMART_HOST: &str = "default";

/// A smart host beside the default one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct NamedSmartHost {
    /// What routes call it: letters, digits, `-` and `_`. Its secret is in the credential store as `smart-host:` and this name.
    pub name: String,
    pub smart_host: SmartHostSettings,
}

/// Which smart hosts some of the mail goes through. All of it must fit, for each recipient by itself; the first route that
/// fits decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct RouteSettings {
    /// What people call it ("Newsletters").
    #[serde(default)]
    pub name: String,
    /// Addresses, domains, `.office.example` for subdomains, `<>` for reports, `*` for any; empty: any.
    #[serde(default)]
    pub senders: Vec<String>,
    /// Addresses, domains, `.office.example` for subdomains, `*` for any; empty: any.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// Networks of devices, or names of access rules, for the networks of these; empty: any.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Smart hosts in the order in which they are used: the first that is not down.
    pub via: Vec<String>,
}
