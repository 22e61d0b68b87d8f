//! Taking over from the SMTP service of IIS (SMTPSVC): what it was set to, what becomes of each setting here, and
//! the change of places at its port.
//!
//! ```text
//! MetaBase.xml ── metabase ─┐ (or what adsutil.vbs prints)
//! ADSI, WMI ───── live ─────┴─ IisServer ── map ── Settings and one row a setting
//!                                             takeover ── the two services change places, and back
//! ```
//!
//! Who reads and who judges may be two: only administrators can read the service's settings, and only the engine knows which
//! folders it may empty. What was read is handed over whole ([`Read`]).
//!
//! Nothing is ever written to IIS's own files. Its password cannot be read (it is encrypted for that machine): people
//! type it again. A relay list that allows everyone is never carried over.

mod adsutil;
pub mod flags;
mod iis;
pub mod ipsec;
pub mod live;
mod map;
pub mod metabase;
pub mod takeover;
#[cfg(test)]
mod tests;

pub use iis::{Access, Holds, IisDomain, IisServer, Value};
pub use map::{Around, PICKUP, view};

use crate::service;
use crate::settings::pickup;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::import::{ImportServer, ImportSource, ImportView, LeftMail, MetabaseFile, SmtpService, TakeOverView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use takeover::{Folders, left_mail};

/// The folders that programs and people of the old service know.
const FOLDERS: [&str; 2] = ["PickupDirectory", "BadMailDirectory"];
/// A service with a thousand domains has some hundred kilobytes.
const LARGEST_READ: usize = 4 * 1024 * 1024;

/// What was read, and where. No password is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    pub source: ImportSource,
    pub servers: Vec<IisServer>,
    /// Where its mail is; None when it is a file of another machine.
    pub folders: Option<Folders>,
    /// What who read it saw there.
    pub left: Vec<LeftMail>,
}

impl Read {
    /// For the engine, which reads it with [`Read::from_text`].
    pub fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|text| text.len() <= LARGEST_READ)
    }

    pub fn from_text(text: &str) -> Option<Self> {
        (text.len() <= LARGEST_READ).then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// What there is to take over: in the file, else on this machine. An error is a sentence for people.
pub fn read(file: Option<&MetabaseFile>, service: SmtpService) -> Result<Read, String> {
    let (source, servers) = match file {
        Some(file) => STANDARD
            .decode(file.base64.trim())
            .map_err(|_| "The file did not arrive whole. Pick it again.".to_owned())
            .and_then(|bytes| metabase::read(&bytes))
            .map(|servers| (ImportSource::Metabase { name: file.name.clone() }, servers)),
        // Where there is no such service, nobody waits for PowerShell to say so.
        None if service == SmtpService::NotInstalled => Ok((ImportSource::Nothing, Vec::new())),
        None => live::read(),
    }?;
    let folders = (file.is_none() && !servers.is_empty()).then(|| Folders::of(&servers));
    let left = folders.as_ref().map(left_mail).unwrap_or_default();
    Ok(Read { source, servers, folders, left })
}

/// What becomes of it, judged with this process's rights.
pub fn look(read: Result<&Read, &String>, around: &Around, mut service: TakeOverView) -> ImportView {
    if let Ok(Read { folders: Some(folders), left, .. }) = read {
        service.left = seen(folders, left);
    }
    match read {
        Ok(read) => ImportView { source: read.source.clone(), servers: views(&read.servers, around), troubles: Vec::new(), service },
        Err(trouble) => ImportView { source: ImportSource::Nothing, servers: Vec::new(), troubles: vec![trouble.clone()], service },
    }
}

/// As it is now; where this account may not look, as who read it saw it.
fn seen(folders: &Folders, before: &[LeftMail]) -> Vec<LeftMail> {
    let seen_before = |now: &LeftMail| before.iter().find(|before| before.path == now.path && before.unreadable.is_none()).cloned();
    left_mail(folders).into_iter().map(|now| if now.unreadable.is_some() { seen_before(&now).unwrap_or(now) } else { now }).collect()
}

fn views(servers: &[IisServer], around: &Around) -> Vec<ImportServer> {
    let named = servers.iter().flat_map(|server| FOLDERS.map(|name| server.text(name))).flatten();
    let mut around = Around { account: account(), ..around.clone() };
    for folder in named.collect::<BTreeSet<_>>() {
        match standing(Path::new(&folder)) {
            Standing::Ours => around.folders.insert(folder),
            Standing::Closed => around.closed.insert(folder),
            Standing::NotHere => continue,
        };
    }
    servers.iter().map(|server| map::view(server, &around)).collect()
}

enum Standing {
    Ours,
    /// It is here, and this account may not change files in it.
    Closed,
    NotHere,
}

fn standing(folder: &Path) -> Standing {
    match folder.metadata() {
        _ if !folder.is_absolute() => Standing::NotHere,
        Ok(about) if about.is_dir() && pickup::can_write(folder) => Standing::Ours,
        Ok(about) if about.is_dir() => Standing::Closed,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Standing::Closed,
        Ok(_) | Err(_) => Standing::NotHere,
    }
}

/// As icacls takes it.
fn account() -> String {
    match control::pipe::own_account() {
        Ok(own) if own == service::ACCOUNT_SID => service::ACCOUNT.to_owned(),
        Ok(own) if cfg!(windows) => format!("*{own}"),
        Ok(own) => format!("number {own}"),
        Err(_) => "it runs as".to_owned(),
    }
}
