//! The operating system's own store: Windows Credential Manager, or Secret Service on a Linux desktop.
//!
//! Each entry's name says which data folder it belongs to, so that two never mix. On Windows it
//! stays on this machine (persistence `local`; the store's default would roam with the profile).

use super::{SecretError, Store};
use control::pipe::folder_mark;
use control::view::SecretStoreView;
use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::path::Path;

const SERVICE: &str = "Outtray";

pub(super) struct KeyringStore {
    /// Why there is no store.
    unavailable: Option<String>,
    /// Tells the folder; empty for the account's own, whether the service is installed or not.
    suffix: String,
}

impl KeyringStore {
    /// Finds out whether there is a store at all, and whether it can be asked.
    pub fn open(data_folder: &Path) -> Self {
        let default = folder_mark(&crate::paths::own_data_folder());
        let mark = folder_mark(data_folder);
        let suffix = if mark == default { String::new() } else { format!("@{mark}") };
        let mut store = Self { unavailable: None, suffix };
        store.unavailable = match keyring::Entry::store_status() {
            Ok(()) => store.read(super::SMART_HOST).err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        store
    }

    pub fn unavailable(said: String) -> Self {
        Self { unavailable: Some(said), suffix: String::new() }
    }

    fn entry(&self, name: &str) -> Result<Entry, SecretError> {
        if let Some(said) = &self.unavailable {
            return Err(SecretError::Unavailable(said.clone()));
        }
        let user = format!("{name}{}", self.suffix);
        let shown = format!("{SERVICE}/{user}");
        let modifiers = if cfg!(windows) {
            HashMap::from([("target", shown.as_str()), ("persistence", "local")])
        } else {
            // `target` would be another collection of the keyring.
            HashMap::from([("label", shown.as_str())])
        };
        Entry::new_with_modifiers(SERVICE, &user, &modifiers).map_err(failed)
    }
}

impl Store for KeyringStore {
    fn view(&self) -> SecretStoreView {
        match &self.unavailable {
            Some(said) => SecretStoreView::Unavailable { said: said.clone() },
            None if cfg!(windows) => SecretStoreView::WindowsCredentialManager,
            None => SecretStoreView::SecretService,
        }
    }

    fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(text.into())),
                Err(_) => Err(SecretError::Failed("the entry is not ours: no text".into())),
            },
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn write(&self, name: &str, secret: &SecretString) -> Result<(), SecretError> {
        // As bytes: as a password Windows would keep it in UTF-16, half as much.
        self.entry(name)?.set_secret(secret.expose_secret().as_bytes()).map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Only what the store says of itself: some of its errors carry the secret, but never show it.
fn failed(error: Error) -> SecretError {
    SecretError::Failed(error.to_string())
}
