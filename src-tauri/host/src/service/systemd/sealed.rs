//! Secrets sealed for the service: a file each, which systemd on this machine opens for its process and nobody else can.
//!
//! In: names and secrets. Out: what `systemd-creds` makes of them, and which names there are below a root.
//! Invariant: a secret is on no command line and in no file that is not sealed.

use super::{ServiceError, Systemd, remove, write};
use crate::secrets;
use control::Secret;
use secrecy::ExposeSecret;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const FOLDER: &str = "etc/outtray";
const ENDING: &str = ".credential";

/// Not written yet.
#[derive(Debug)]
pub struct Sealed {
    /// As systemd has it.
    name: String,
    octets: Vec<u8>,
}

/// Sealed with the machine's key (and TPM where there is one): of no use elsewhere.
pub fn seal(name: &str, secret: Secret) -> Result<Sealed, ServiceError> {
    let failed = |said: String| ServiceError::System { doing: format!("the secret {name} cannot be sealed"), said };
    let secret = secrets::in_one_line(secret).into_inner();
    if let Some(said) = secrets::malformed(secret.expose_secret()) {
        return Err(failed(said.into()));
    }
    let id = secrets::credential_name(name);
    if !is_file_name(&id) {
        return Err(failed("there is no such secret".into()));
    }
    let mut sealing = Command::new("systemd-creds")
        .args(["encrypt", &format!("--name={id}"), "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|_| failed(by_hand(&id)))?;
    if let Some(mut input) = sealing.stdin.take() {
        input.write_all(secret.expose_secret().as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let sealed = sealing.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !sealed.status.success() {
        return Err(failed(format!("systemd-creds said: {}", String::from_utf8_lossy(&sealed.stderr).trim())));
    }
    Ok(Sealed { name: id, octets: sealed.stdout })
}

impl Sealed {
    pub(super) fn file(&self) -> PathBuf {
        file(&self.name)
    }
}

impl Systemd {
    /// The names that are sealed, as systemd has them.
    pub fn sealed(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.root.join(FOLDER)).into_iter().flatten().flatten();
        let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(ENDING)?.to_owned()));
        let mut names: Vec<String> = names.filter(|name| is_file_name(name)).collect();
        names.sort();
        names
    }

    pub(super) fn keep(&self, sealed: &[Sealed]) -> Result<(), ServiceError> {
        sealed.iter().try_for_each(|one| write(&self.root.join(one.file()), &one.octets))
    }

    /// Removes every one.
    pub fn forget_secrets(&self) -> Result<(), ServiceError> {
        let all = self.sealed().iter().try_for_each(|name| remove(&self.root.join(file(name))));
        // What else lies there is not ours.
        let _ = std::fs::remove_dir(self.root.join(FOLDER));
        all
    }
}

/// Below the root.
pub(super) fn file(name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}{ENDING}"))
}

/// In a unit it stands as it is, between `=` and `:`.
fn is_file_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && !name.starts_with('.') && name.len() < 200 && name.bytes().all(fits)
}

fn by_hand(name: &str) -> String {
    format!(
        "systemd-creds is not here (it comes with systemd 250); put the secret into a file only root can read and add \
         LoadCredential={name}:FILE to the unit with `systemctl edit outtray`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_lead_out_of_the_folder_or_the_line_is_refused() {
        for name in ["", ".", "../shadow", "a/b", "a b", "a\nExecStart=/bin/sh", "ä", "%n"] {
            assert!(!is_file_name(name), "{name}");
        }
        for name in ["smart-host", "smart-host.backup_2", "dkim.s1.office.example", "smart-host-sign-in"] {
            assert!(is_file_name(name), "{name}");
        }
        assert!(seal("../shadow", Secret::new("x".into())).is_err_and(|error| error.to_string().contains("../shadow")));
    }

    #[test]
    fn a_secret_that_is_none_is_refused_by_name_and_not_repeated() {
        let said = seal("smart-host:backup", Secret::new("one\ntwo".into())).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("smart-host:backup") && said.contains("one line") && !said.contains("two"), "{said}");
    }
}
