//! What people ask and decide about devices: who they are, what they were refused, their passwords, their bursts.

use super::Relay;
use crate::event::Notice;
use crate::history;
use crate::policy::burst::Who;
use crate::policy::password::{Hash, HashError};
use crate::store::{AccountChange, AccountState, Device, RefusalPage, StoreError};
use secrecy::SecretString;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Relay {
    /// Sets the password of a device account; only its hash is kept.
    ///
    /// # Errors
    /// When it could not be hashed or kept.
    pub async fn set_account_password(&self, account: &str, password: SecretString) -> Result<(), AccountError> {
        let hash = tokio::task::spawn_blocking(move || Hash::of(&password)).await.map_err(|_| StoreError::Stopped)??;
        let change = AccountChange::Set { name: account.to_owned(), hash, now: self.0.clock.now() };
        Ok(self.0.store.change_account(change).await?)
    }

    /// Nobody can sign in with the account any more.
    pub async fn remove_account_password(&self, account: &str) -> Result<(), StoreError> {
        self.0.store.change_account(AccountChange::Remove { name: account.to_owned() }).await
    }

    /// The accounts that have a password.
    pub async fn accounts(&self) -> Result<Vec<AccountState>, StoreError> {
        self.0.store.accounts().await
    }

    /// Clients that handed in mail or tried to, the most recent first.
    pub async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.0.refused.write().await;
        self.0.store.devices(self.0.clock.now()).await
    }

    /// Refusals that are remembered, newest first.
    pub async fn refusals(&self, text: &str, offset: u32, limit: u32) -> Result<RefusalPage, StoreError> {
        self.0.refused.write().await;
        self.0.store.refusals(history::words(text), offset, limit).await
    }

    /// A burst is over: what was sent counts as usual, and what is held of it goes out or stays held. Gives how many messages that is.
    pub async fn end_burst(&self, who: &Who, release: bool) -> Result<u64, StoreError> {
        let now = self.0.clock.now();
        let held = self.0.store.end_burst(who.to_string(), release, now).await?;
        let sent = self.0.store.sent_hours(now).await?.remove(&who.to_string());
        self.0.admit.learn(who, sent.unwrap_or_default(), now);
        self.show_bursts().await;
        Ok(held.len() as u64)
    }

    /// Makes the notices say whose mail is held as a burst.
    pub(super) async fn show_bursts(&self) {
        let bursting = match self.0.store.bursting().await {
            Ok(bursting) => bursting,
            Err(error) => return tracing::warn!(error = error.chain(), "Could not look for mail that is held"),
        };
        self.0.board.lower(|notice| matches!(notice, Notice::BurstHeld { who, .. } if !bursting.contains(who)));
        for who in bursting {
            self.0.board.raise_once(Notice::BurstHeld { who, said: "it sent far more than usual".to_owned() });
        }
    }

    /// An account that is gone takes its password with it: another of that name must not inherit it.
    pub async fn forget_other_accounts(&self, names: Vec<String>) -> Result<(), StoreError> {
        self.0.store.change_account(AccountChange::KeepOnly { names }).await
    }
}
