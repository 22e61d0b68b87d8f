//! Where devices hand in mail: ports, how they encrypt, the certificate they see, the pickup folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct ListenerSettings {
    /// An address of this machine; `0.0.0.0` all of IPv4, `::` all of IPv6 (and only IPv6).
    pub address: String,
    /// 0 lets the system choose (for tests; `outtrayd run` prints what it became).
    pub port: u16,
    pub encryption: ListenerEncryption,
    /// Clients of this port are asked for a certificate. None: they are not.
    #[serde(default)]
    pub client_certificates: Option<ClientCertificates>,
    /// Addresses and subnets of TCP balancers: connections from there begin with a PROXY protocol v2 header that names the
    /// client, and are closed when it is missing. Nobody else may send one.
    #[serde(default)]
    pub proxies: Vec<String>,
}

impl ListenerSettings {
    pub fn new(address: impl Into<String>, port: u16, encryption: ListenerEncryption) -> Self {
        Self { address: address.into(), port, encryption, client_certificates: None, proxies: Vec::new() }
    }
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct ClientCertificates {
    /// A PEM file with the authorities that may have issued them.
    pub authority_file: String,
    /// Who shows none cannot connect; else one that is shown must be valid.
    #[serde(default)]
    pub required: bool,
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
    /// One PFX (PKCS #12) file, as Windows exports it; its password is in the credential store under the name `certificate`.
    #[serde(rename_all = "camelCase")]
    Pfx { file: String },
}

/// Files dropped there are taken as mail, as the SMTP service of IIS did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct PickupSettings {
    /// Relative names begin in the data folder.
    pub folder: String,
    /// Where files go that cannot be taken, each with a text that says why.
    pub bad_folder: String,
}
