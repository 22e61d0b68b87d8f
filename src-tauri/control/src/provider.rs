//! What is known about each mail provider: server, port, encryption, ways to sign in, limits, conditions, and what its
//! refusals mean. One table of data, `providers.json`, read by the window and by the host.
//!
//! Facts in it change with time; they stand there and nowhere else. Sizes in bytes.

use crate::problem::ProblemCode;
use crate::settings::{Pace, SmartHostEncryption};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use ts_rs::TS;

/// As it stands in the file.
pub const TABLE: &str = include_str!("providers.json");

/// The key of everybody who is not in the table.
pub const OTHER: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts", optional_fields)]
pub struct Provider {
    /// What stands in the settings.
    pub key: String,
    pub name: String,
    /// One line on the card.
    pub summary: String,
    /// Not among the first to choose from.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub more: bool,
    /// Its servers' names, by which settings of another program are known to be its; with a dot in front: ends of names.
    pub known_by: Vec<String>,
    /// None: by SMTP.
    pub protocol: Option<ProviderProtocol>,
    /// The first is the usual one. Empty: it has to be typed.
    pub servers: Vec<ProviderServer>,
    pub server_label: Option<String>,
    pub server_hint: Option<String>,
    pub placeholder: Option<String>,
    pub port: u16,
    pub encryption: SmartHostEncryption,
    /// The first is the usual one.
    pub sign_in: Vec<ProviderSignIn>,
    pub user: ProviderUser,
    pub secret: ProviderSecret,
    /// The provider's own conditions, told before signing in.
    pub conditions: Vec<String>,
    /// Something to know now, with a date or a catch.
    pub caution: Option<Caution>,
    pub link: Option<ProviderLink>,
    pub parallel_connections: u32,
    pub messages_per_connection: u32,
    /// Its servers that take mail only from the account that signs in, and from what that may send as.
    pub own_senders_only: Option<Vec<String>>,
    /// What it takes, as far as it says so.
    pub pace: Option<Pace>,
    /// On the wire, with attachments encoded.
    #[ts(type = "number", optional)]
    pub largest_message: Option<u64>,
    /// `account` where mail without a sender must carry the account's name.
    pub null_sender: Option<ProviderNullSender>,
    /// What the domain's SPF record has to include.
    pub spf: Option<String>,
    /// Where its DKIM records come from.
    pub dkim: Option<String>,
    /// Better advice than the general one, where it has a habit of its own.
    pub advice: BTreeMap<ProblemCode, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts", optional_fields)]
pub struct ProviderServer {
    pub label: String,
    pub server: String,
    /// Where this one takes another amount than the others.
    pub pace: Option<Pace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ProviderSignIn {
    Password,
    Oauth,
    /// It knows the office by its address.
    None,
    Certificate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ProviderProtocol {
    MicrosoftGraph,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ProviderNullSender {
    Account,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts", optional_fields)]
pub struct ProviderUser {
    pub label: String,
    pub hint: String,
    pub placeholder: String,
    /// The same for everybody.
    pub fixed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct ProviderSecret {
    pub label: String,
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct Caution {
    pub title: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct ProviderLink {
    /// One of the window's own links.
    pub key: String,
    pub label: String,
}

/// All of them, in the order in which they are offered.
pub fn providers() -> &'static [Provider] {
    static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
        // Ours, and read by a test: it can only be wrong while it is being changed.
        serde_json::from_str(TABLE).unwrap_or_default()
    });
    &PROVIDERS
}

/// The one of that key.
pub fn provider(key: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.key == key)
}

/// Whose server this is.
pub fn provider_of_server(server: &str) -> Option<&'static Provider> {
    let server = server.to_ascii_lowercase();
    providers()
        .iter()
        .find(|provider| provider.known_by.iter().any(|name| server == *name || (name.starts_with('.') && server.ends_with(name))))
}

impl Provider {
    /// What this server of it takes.
    pub fn pace_of(&self, server: &str) -> Pace {
        let own = self.servers.iter().find(|known| known.server.eq_ignore_ascii_case(server)).and_then(|known| known.pace.clone());
        own.or_else(|| self.pace.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn table() -> Vec<Provider> {
        serde_json::from_str(TABLE).unwrap()
    }

    #[test]
    fn the_table_can_be_read_and_says_enough_of_each() {
        let table = table();
        assert_eq!(table, providers());
        let keys: BTreeSet<&str> = table.iter().map(|provider| provider.key.as_str()).collect();
        assert_eq!(keys.len(), table.len(), "a key stands there twice");
        assert!(keys.contains(OTHER));
        for provider in &table {
            let key = &provider.key;
            assert!(!provider.conditions.is_empty() && !provider.sign_in.is_empty() && !provider.summary.ends_with('.'), "{key}");
            assert_eq!(matches!(provider.port, 465 | 443), provider.encryption == SmartHostEncryption::Implicit, "{key}");
            assert!(provider.servers.is_empty() || !provider.known_by.is_empty(), "{key}: its servers are not known to be its");
            for server in &provider.servers {
                assert_eq!(provider_of_server(&server.server).map(|found| &found.key), Some(key), "{}", server.server);
            }
            let asks_for_address = provider.user.placeholder.contains('@');
            assert!(provider.null_sender.is_none() || asks_for_address, "{key}: its account has no address to send reports as");
        }
    }

    #[test]
    fn a_server_is_known_by_its_name_or_the_end_of_it() {
        let of = |server| provider_of_server(server).map(|provider| provider.key.as_str());
        assert_eq!(of("SMTP.Office365.com"), Some("microsoft365"));
        assert_eq!(of("office-example.mail.protection.outlook.com"), Some("microsoft365Connector"));
        assert_eq!(of("email-smtp.eu-west-3.amazonaws.com"), Some("ses"));
        assert_eq!(of("smtp.office365.com.evil.example"), None);
        assert_eq!(of("mail.example"), None);
    }

    #[test]
    fn one_server_of_a_provider_may_take_less_than_another() {
        let google = provider("google").unwrap();
        assert_eq!(google.pace_of("smtp.gmail.com").recipients_per_day, Some(2000));
        assert_eq!(google.pace_of("smtp-relay.gmail.com").recipients_per_day, Some(10_000));
    }
}
