//! The secrets a service on Linux begins with: typed or piped in, or those of the folder that is taken over. All are sealed
//! before anything is changed.

use super::{Failure, InstallArgs};
use crate::cli::{Exit, acts};
use control::{Secret, Settings};
use host::secrets::{SMART_HOST, Secrets, credential_name, wanted_by};
use host::service::systemd::{Sealed, seal};
use host::settings::{file, read};
use std::io::{BufRead, IsTerminal};
use std::path::Path;

#[derive(Default)]
pub struct Sealing {
    pub sealed: Vec<Sealed>,
    /// Of `sealed`, those of the folder that is taken over.
    pub moved: Vec<String>,
    /// What those settings cannot do without that will be in force.
    wanted: Vec<String>,
    notes: Vec<String>,
}

pub async fn prepare(what: &InstallArgs, given: Option<&[u8]>, folder: &Path) -> Result<Sealing, Failure> {
    let mut secrets = typed(what)?;
    let settings = match (given, &what.take_over) {
        (Some(bytes), _) => read::read(bytes).settings,
        (None, Some(from)) => settings_in(from)?,
        (None, None) => settings_in(folder)?,
    };
    let mut sealing = Sealing { wanted: settings.as_ref().map(wanted_by).unwrap_or_default(), ..Sealing::default() };
    if let (Some(from), Some(settings)) = (&what.take_over, &settings) {
        let (found, unread) = Secrets::open(from).await.to_be_sealed(settings).await;
        // What is typed is newer than what is kept.
        for (name, secret) in found.into_iter().filter(|(name, _)| !secrets.iter().any(|(typed, _)| typed == name)).collect::<Vec<_>>() {
            sealing.moved.push(name.clone());
            secrets.push((name, secret));
        }
        sealing.notes.extend(unread.into_iter().map(|(name, error)| format!("the secret {name} could not be taken over: {error}")));
    }
    for (name, secret) in secrets {
        sealing.sealed.push(seal(&name, secret)?);
    }
    Ok(sealing)
}

impl Sealing {
    /// `there`: what is sealed now.
    pub fn notes(self, there: &[String]) -> Vec<String> {
        let mut notes = self.notes;
        let missing: Vec<String> = self.wanted.into_iter().filter(|name| !there.contains(&credential_name(name))).collect();
        if !missing.is_empty() {
            let which = missing.join(", ");
            notes.push(format!("not sealed for the service: {which}; `outtrayd service install --secret-stdin NAME` seals one"));
        } else if there.is_empty() {
            notes.push("no secret is sealed for the service; `outtrayd service install --secret-stdin NAME` seals one".to_owned());
        }
        notes
    }
}

fn settings_in(folder: &Path) -> Result<Option<Settings>, Failure> {
    Ok(file::read(&file::path(folder))?.and_then(|bytes| read::read(&bytes).settings))
}

/// At a terminal one after the other; else one is all that is handed in, and of several each is a line.
fn typed(what: &InstallArgs) -> Result<Vec<(String, Secret)>, Failure> {
    let password = what.password_stdin.then(|| SMART_HOST.to_owned());
    let names: Vec<String> = password.into_iter().chain(what.secret_stdin.iter().cloned()).collect();
    let input = std::io::stdin();
    if names.len() < 2 || input.is_terminal() {
        let read = |name: String| {
            if input.is_terminal() {
                eprintln!("{name}:");
            }
            Ok((name, Secret::new(acts::read_secret()?)))
        };
        return names.into_iter().map(read).collect();
    }
    let mut lines = input.lock().lines();
    let mut secrets = Vec::new();
    for name in names {
        let Some(line) = lines.next().transpose()? else {
            return Err(Failure::new(Exit::Usage, format!("standard input has no line for {name}")));
        };
        secrets.push((name, Secret::new(line.strip_suffix('\r').unwrap_or(&line).to_owned())));
    }
    Ok(secrets)
}
