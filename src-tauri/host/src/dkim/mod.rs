//! The office's keys that sign mail: made here, kept in the credential store, published by people, looked up again.
//!
//! In: a domain and a selector. Out: a key for the engine, and what of it is published. Signing is the engine's
//! (`relay/smarthost/dkim`).
//!
//! Invariant: a private key is in memory and in the credential store, nowhere else.

mod generate;
mod lookup;

pub use generate::generate;
pub use lookup::look_up;

use crate::secrets::{SecretError, Secrets};
use control::settings::DkimDomain;
use control::view::{DkimAlgorithm, DkimKeyView, DkimPublicView, SecretView};
use relay::smarthost::dkim::{Algorithm, Signer, SigningKey};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// With these letters the names of such secrets begin.
pub const PREFIX: &str = "dkim.";
/// A string of a TXT record (RFC 1035 §3.3).
const LONGEST_STRING: usize = 255;

/// The name of its secret; fits a file of systemd's credentials, too.
pub fn secret_name(domain: &str, selector: &str) -> String {
    format!("{PREFIX}{selector}.{domain}").to_ascii_lowercase()
}

/// Whether a person may give such a secret: a key that was made elsewhere.
pub fn is_secret_name(name: &str) -> bool {
    // Where one ends and the other begins does not matter here.
    name.strip_prefix(PREFIX).is_some_and(|rest| crate::settings::dkim::is_domain(rest) && rest.to_ascii_lowercase() == rest)
}

pub fn record_name(domain: &str, selector: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// The key, if it is there and can be used.
pub async fn read(secrets: &Secrets, domain: &str, selector: &str) -> Result<Option<SigningKey>, SecretError> {
    let Some(text) = secrets.read(&secret_name(domain, selector)).await? else { return Ok(None) };
    match SigningKey::read(text.expose_secret()) {
        Ok(key) => Ok(Some(key)),
        Err(error) => {
            tracing::error!(domain, selector, %error, "A key that signs mail cannot be used");
            Ok(None)
        }
    }
}

/// Who signs: the domains that are switched on, each with its key or without.
pub async fn signers(secrets: &Secrets, domains: &[DkimDomain]) -> Vec<Signer> {
    let mut signers = Vec::new();
    let mut answers = true;
    for DkimDomain { domain, selector, enabled: _ } in domains.iter().filter(|domain| domain.enabled) {
        // A store that does not answer is not asked twice.
        let key = match answers {
            true => read(secrets, domain, selector).await,
            false => Ok(None),
        };
        let key = key.unwrap_or_else(|error| {
            tracing::warn!(%error, domain, selector, "A key that signs mail could not be read");
            answers = false;
            None
        });
        signers.push(Signer { domain: domain.clone(), selector: selector.clone(), key: key.map(Arc::new) });
    }
    signers
}

/// Whether its key is there.
pub fn secret_view(secrets: &Secrets, signer: &Signer) -> SecretView {
    let name = secret_name(&signer.domain, &signer.selector);
    let until_restart = secrets.is_until_restart(&name);
    SecretView { name, is_set: signer.key.is_some(), until_restart }
}

/// The same while no key can be read.
pub fn without_keys(domains: &[DkimDomain]) -> Vec<Signer> {
    let enabled = domains.iter().filter(|domain| domain.enabled);
    enabled.map(|domain| Signer { domain: domain.domain.clone(), selector: domain.selector.clone(), key: None }).collect()
}

pub fn view(secrets: &Secrets, domain: &str, selector: &str, key: Option<&SigningKey>) -> DkimKeyView {
    let record_name = record_name(domain, selector);
    let key = key.map(|key| {
        let record = key.record();
        DkimPublicView {
            algorithm: match key.algorithm() {
                Algorithm::Rsa => DkimAlgorithm::Rsa,
                Algorithm::Ed25519 => DkimAlgorithm::Ed25519,
            },
            zone_line: zone_line(&record_name, &record),
            record,
            until_restart: secrets.is_until_restart(&secret_name(domain, selector)),
        }
    });
    DkimKeyView { domain: domain.to_owned(), selector: selector.to_owned(), record_name, key }
}

fn zone_line(name: &str, record: &str) -> String {
    // It is ASCII.
    let strings: Vec<String> =
        record.as_bytes().chunks(LONGEST_STRING).map(|string| format!("\"{}\"", String::from_utf8_lossy(string))).collect();
    format!("{name}. IN TXT ( {} )", strings.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_is_cut_into_strings() {
        let record = format!("v=DKIM1; k=rsa; p={}", "A".repeat(392));
        let line = zone_line("s._domainkey.office.test", &record);
        let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        assert_eq!(strings.iter().map(|string| string.len()).collect::<Vec<_>>(), [255, 155]);
        assert_eq!(strings.concat(), record);
        assert!(line.starts_with("s._domainkey.office.test. IN TXT ( \"v=DKIM1; ") && line.ends_with("\" )"), "{line}");
        assert_eq!(secret_name("Office.TEST", "s1"), "dkim.s1.office.test");
    }
}
