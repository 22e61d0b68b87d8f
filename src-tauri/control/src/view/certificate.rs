//! The certificate that devices see when they encrypt.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What anybody can see who connects; nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct CertificateView {
    /// Made by the relay itself; else out of the files that the settings name.
    pub own: bool,
    /// Host names and addresses it is for (subjectAltName, RFC 5280 §4.2.1.6).
    pub names: Vec<String>,
    /// Who has issued it, as one line (RFC 4514).
    pub issuer: String,
    /// In its issuer's time zone, UTC: `2029-02-26`.
    pub last_day: String,
    /// SHA-256 of the certificate, as browsers and devices show it: `AB:CD:…`.
    pub fingerprint: String,
    /// PEM, for devices that are to be told whom to trust.
    pub pem: String,
}
