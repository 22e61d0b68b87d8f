//! Secrets that systemd hands over as files (`LoadCredential=smart-host:…`), for servers without a
//! desktop. Where a name has a colon, which systemd does not allow, the file has a dot. They live in memory that only this unit may read; we only read them.

use super::{SecretError, Store};
use control::view::SecretStoreView;
use secrecy::SecretString;
use std::path::PathBuf;

pub(super) struct CredentialsDirectory {
    folder: PathBuf,
}

impl CredentialsDirectory {
    pub fn from_environment() -> Option<Self> {
        std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty()).map(|folder| Self::at(folder.into()))
    }

    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Store for CredentialsDirectory {
    fn view(&self) -> SecretStoreView {
        SecretStoreView::CredentialsDirectory
    }

    fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        let mut text = match std::fs::read_to_string(self.folder.join(super::credential_name(name))) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SecretError::Failed(error.to_string())),
        };
        // An editor ends a file with a line end that is no part of the password.
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok((!text.is_empty()).then(|| text.into()))
    }

    fn write(&self, _name: &str, _secret: &SecretString) -> Result<(), SecretError> {
        Err(SecretError::ReadOnly)
    }

    fn remove(&self, _name: &str) -> Result<(), SecretError> {
        Err(SecretError::ReadOnly)
    }
}
