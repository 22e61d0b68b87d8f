//! How we sign in to the smart host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SignIn {
    #[default]
    None,
    /// User name here; the password is in the credential store under the name `smart-host`.
    #[serde(rename_all = "camelCase")]
    Password { user: String },
    /// OAuth 2.0: a token in place of a password. What the token is made with (a client secret, a private key, a service
    /// account's key file) is in the credential store under the name `smart-host`.
    #[serde(rename_all = "camelCase")]
    Oauth {
        /// The mailbox that sends.
        user: String,
        /// The application (client) ID; for a Google service account its mail address.
        client_id: String,
        service: TokenService,
        grant: TokenGrant,
        /// What the token is to allow. Empty: what the service wants for sending mail.
        #[serde(default)]
        scopes: Vec<String>,
    },
    /// A certificate that is shown while encryption is agreed, and no user name; PEM files.
    #[serde(rename_all = "camelCase")]
    Certificate { certificate_file: String, key_file: String },
}

/// Who gives tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum TokenService {
    /// Microsoft Entra ID.
    #[serde(rename_all = "camelCase")]
    Microsoft365 {
        /// The directory (tenant) ID or one of its domains.
        tenant: String,
    },
    Google,
    /// Any other, by its endpoints, as `https://` addresses.
    #[serde(rename_all = "camelCase")]
    Custom {
        token: String,
        /// For `authorizationCode`.
        #[serde(default)]
        authorize: Option<String>,
        /// For `deviceCode`.
        #[serde(default)]
        device: Option<String>,
        /// The application has a secret although somebody signs in with it.
        #[serde(default)]
        has_secret: bool,
    },
}

/// How a token is got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum TokenGrant {
    /// Somebody signs in with a browser anywhere and types a code there (RFC 8628).
    DeviceCode,
    /// Somebody signs in with a browser on this machine (RFC 6749 §4.1, 7636, 8252).
    AuthorizationCode,
    /// The application signs in by itself (RFC 6749 §4.4).
    #[serde(rename_all = "camelCase")]
    ClientCredentials {
        /// A PEM file with the application's certificate; its private key is then in the credential store in place of a
        /// secret (RFC 7523 §2.2).
        #[serde(default)]
        certificate_file: Option<String>,
        /// The last day of the secret, as who gave it says (`2027-03-01`): no sign-in tells. A notice comes a month before.
        #[serde(default)]
        secret_ends: Option<String>,
    },
    /// A service account signs for the mailbox (RFC 7523 §2.1).
    JwtBearer,
}

impl SignIn {
    /// Whether something has to be in the credential store before anybody can sign in.
    pub fn wants_secret(&self) -> bool {
        match self {
            Self::None | Self::Certificate { .. } => false,
            Self::Password { .. } => true,
            Self::Oauth { service, grant, .. } => match (grant, service) {
                (TokenGrant::ClientCredentials { .. } | TokenGrant::JwtBearer, _) => true,
                (TokenGrant::DeviceCode | TokenGrant::AuthorizationCode, TokenService::Microsoft365 { .. }) => false,
                // An installed application's secret is none, but it has to be said.
                (TokenGrant::DeviceCode | TokenGrant::AuthorizationCode, TokenService::Google) => true,
                (TokenGrant::DeviceCode | TokenGrant::AuthorizationCode, TokenService::Custom { has_secret, .. }) => *has_secret,
            },
        }
    }

    /// Whether somebody has to sign in with a browser.
    pub fn wants_somebody(&self) -> bool {
        match self {
            Self::Oauth { grant: TokenGrant::DeviceCode | TokenGrant::AuthorizationCode, .. } => true,
            Self::Oauth { grant: TokenGrant::ClientCredentials { .. } | TokenGrant::JwtBearer, .. }
            | Self::None
            | Self::Password { .. }
            | Self::Certificate { .. } => false,
        }
    }

    /// The account mail is sent with, where that is known.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Password { user } | Self::Oauth { user, .. } => Some(user),
            Self::None | Self::Certificate { .. } => None,
        }
    }
}
