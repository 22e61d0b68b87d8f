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
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SERVICE: &str = "Outtray";

pub(super) struct KeyringStore {
    /// What was wrong when it was last asked: it may be locked.
    trouble: Mutex<Option<String>>,
    /// Tells the folder; empty for the account's own, whether the service is installed or not.
    suffix: String,
}

impl KeyringStore {
    pub fn of(data_folder: &Path) -> Self {
        let default = folder_mark(&crate::paths::own_data_folder());
        let mark = folder_mark(data_folder);
        let suffix = if mark == default { String::new() } else { format!("@{mark}") };
        Self { trouble: Mutex::default(), suffix }
    }

    fn entry(&self, name: &str) -> Result<Entry, SecretError> {
        // A server without a desktop: the crate would start threads that never end, only to find nobody.
        #[cfg(unix)]
        if !has_session_bus() {
            return Err(SecretError::Unavailable("this account has no session bus (D-Bus), over which a keyring is spoken to".into()));
        }
        // Looked for once in the life of a process.
        if let Err(error) = keyring::Entry::store_status() {
            return Err(SecretError::Unavailable(error.to_string()));
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

impl KeyringStore {
    fn noted<T>(&self, answer: Result<T, SecretError>) -> Result<T, SecretError> {
        *self.trouble() = answer.as_ref().err().map(ToString::to_string);
        answer
    }

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for KeyringStore {
    fn view(&self) -> SecretStoreView {
        match &*self.trouble() {
            Some(said) => SecretStoreView::Unavailable { said: said.clone() },
            None if cfg!(windows) => SecretStoreView::WindowsCredentialManager,
            None => SecretStoreView::SecretService,
        }
    }

    fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        let found = self.entry(name).and_then(|entry| match entry.get_secret() {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(text.into())),
                Err(_) => Err(SecretError::Failed("the entry is not ours: no text".into())),
            },
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(error)),
        });
        self.noted(found)
    }

    fn write(&self, name: &str, secret: &SecretString) -> Result<(), SecretError> {
        // As bytes: as a password Windows would keep it in UTF-16, half as much.
        self.noted(self.entry(name).and_then(|entry| entry.set_secret(secret.expose_secret().as_bytes()).map_err(failed)))
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.noted(self.entry(name).and_then(|entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }))
    }
}

/// Where the crate would look for it; a session may begin at any time.
#[cfg(unix)]
fn has_session_bus() -> bool {
    let is_told = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some();
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    is_told || folder.unwrap_or_else(|| format!("/run/user/{}", rustix::process::geteuid().as_raw()).into()).join("bus").exists()
}

/// Only what the store says of itself: some of its errors carry the secret, but never show it.
fn failed(error: Error) -> SecretError {
    SecretError::Failed(error.to_string())
}
