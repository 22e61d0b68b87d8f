//! What is left of somebody's sign-in: a refresh token, in the credential store.
//!
//! In the store under a name for each smart host. It says for which application and service it is, so that settings of another never send it there.

use crate::secrets::{SecretError, Secrets};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Kept {
    pub refresh: SecretString,
    pub account: Option<String>,
    /// Milliseconds since 1970.
    pub since: i64,
}

/// None when nobody has signed in, or for something else.
pub async fn read(secrets: &Secrets, name: &str, mark: &str) -> Result<Option<Kept>, SecretError> {
    let Some(text) = secrets.read_long(name).await? else { return Ok(None) };
    Ok(parse(&text).filter(|(known, _)| known == mark).map(|(_, kept)| kept))
}

/// Whom it is for, and what it is.
fn parse(text: &SecretString) -> Option<(String, Kept)> {
    let kept = serde_json::from_str::<Value>(text.expose_secret()).ok()?;
    let word = |field: &str| kept.get(field).and_then(Value::as_str).map(str::to_owned);
    let since = kept.get("since").and_then(Value::as_i64).unwrap_or_default();
    Some((word("for")?, Kept { refresh: word("refresh")?.into(), account: word("account"), since }))
}

/// What another engine of this machine has kept. Gives whether it is kept in memory only; None: it is no sign-in.
pub async fn take_over(secrets: &Secrets, name: &str, text: &SecretString) -> Option<bool> {
    parse(text)?;
    Some(keep(secrets, name, text).await)
}

/// Gives whether it is kept in memory only, since there is no store that takes it.
pub async fn write(secrets: &Secrets, name: &str, mark: &str, kept: &Kept) -> bool {
    let text = json!({ "for": mark, "refresh": kept.refresh.expose_secret(), "account": kept.account, "since": kept.since });
    keep(secrets, name, &SecretString::from(text.to_string())).await
}

async fn keep(secrets: &Secrets, name: &str, text: &SecretString) -> bool {
    match secrets.write_long(name, text, false).await {
        Ok(()) => false,
        Err(error) => {
            tracing::warn!(%error, "The sign-in cannot be stored; it is kept until the restart");
            // Into memory it always goes.
            let _ = secrets.write_long(name, text, true).await;
            true
        }
    }
}

pub async fn forget(secrets: &Secrets, name: &str) -> Result<(), SecretError> {
    secrets.remove_long(name).await
}
