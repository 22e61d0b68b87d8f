//! Taking over from the SMTP service of IIS (SMTPSVC): what it was set to, what becomes of each setting here, and
//! the change of places at its port.
//!
//! ```text
//! MetaBase.xml ── metabase ─┐
//! ADSI, WMI ───── live ─────┴─ IisServer ── map ── Settings and one row a setting
//!                                             takeover ── the two services change places, and back
//! ```
//!
//! Nothing is ever written to IIS's own files. Its password cannot be read (it is encrypted for that machine): people
//! type it again. A relay list that allows everyone is never carried over.

mod iis;
pub mod ipsec;
pub mod live;
mod map;
pub mod metabase;
pub mod takeover;
#[cfg(test)]
mod tests;

pub use iis::{Access, Holds, IisDomain, IisServer, Value};
pub use map::{Around, view};

use crate::settings::pickup;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::import::{ImportServer, ImportSource, ImportView, MetabaseFile, SmtpService, TakeOverView};
use std::path::Path;

/// What there is to take over: in the file, else on this machine.
pub fn look(file: Option<&MetabaseFile>, around: &Around, service: TakeOverView) -> ImportView {
    let found = match file {
        Some(file) => STANDARD
            .decode(file.base64.trim())
            .map_err(|_| "The file did not arrive whole. Pick it again.".to_owned())
            .and_then(|bytes| metabase::read(&bytes))
            .map(|servers| (ImportSource::Metabase { name: file.name.clone() }, servers)),
        // Where there is no such service, nobody waits for PowerShell to say so.
        None if service.service == SmtpService::NotInstalled => Ok((ImportSource::Nothing, Vec::new())),
        None => live::read(),
    };
    match found {
        Ok((source, servers)) => ImportView { source, servers: views(&servers, around), troubles: Vec::new(), service },
        Err(trouble) => ImportView { source: ImportSource::Nothing, servers: Vec::new(), troubles: vec![trouble], service },
    }
}

fn views(servers: &[IisServer], around: &Around) -> Vec<ImportServer> {
    let named = servers.iter().flat_map(|server| ["PickupDirectory", "BadMailDirectory"].map(|name| server.text(name)));
    let may_be_emptied =
        |folder: &String| Path::new(folder).is_absolute() && Path::new(folder).is_dir() && pickup::can_write(Path::new(folder));
    let around = Around { folders: named.flatten().filter(may_be_emptied).collect(), ..around.clone() };
    servers.iter().map(|server| map::view(server, &around)).collect()
}
