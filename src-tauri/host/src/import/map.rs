//! What becomes of each setting of an IIS SMTP server: was, becomes, or is not carried over and why.
//!
//! In: one virtual server, and what this machine looks like. Out: settings for the setup, and one row a setting, in the order of
//! IIS Manager's pages. Pure. Never more open than it was, and never open to everyone.

mod access;
mod delivery;
mod other;
mod provider;
mod rest;
mod routes;

use super::{Holds, IisServer};
pub use other::PICKUP;
#[cfg(test)]
pub use rest::MAPPED;

use control::Settings;
use control::import::{ImportFate, ImportPart, ImportRow, ImportServer};
use std::collections::BTreeSet;

/// What must be known of this machine.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The private networks of this machine's cards, with the cards' names; proposed where IIS let everyone in.
    pub private_networks: Vec<(String, String)>,
    /// Folders of the old service that are on this machine, and that we may empty.
    pub folders: BTreeSet<String>,
    /// Those that are here, and that we may not change files in.
    pub closed: BTreeSet<String>,
    /// The account that may not, as `icacls` takes it.
    pub account: String,
}

pub fn view(server: &IisServer, around: &Around) -> ImportServer {
    let mut rows = Rows(Vec::new());
    let mut settings = Settings::default();
    let needs_password = provider::carry(server, &mut settings, &mut rows);
    access::carry(server, around, &mut settings, &mut rows);
    delivery::carry(server, &mut settings, &mut rows);
    other::carry(server, around, &mut settings, &mut rows);
    rest::carry(server, &mut rows);
    let name = server.text("ServerComment").unwrap_or_else(|| format!("SMTP Virtual Server #{}", server.number));
    ImportServer { number: server.number, name, rows: rows.0, settings, needs_password }
}

/// The rows so far. Each method is one fate.
struct Rows(Vec<ImportRow>);

impl Rows {
    fn carried(&mut self, part: ImportPart, setting: &str, was: impl Into<String>, becomes: impl Into<String>) {
        self.add(part, setting, was.into(), becomes.into(), ImportFate::Carried, "");
    }

    fn changed(&mut self, part: ImportPart, setting: &str, was: impl Into<String>, becomes: impl Into<String>, why: &str) {
        self.add(part, setting, was.into(), becomes.into(), ImportFate::Changed, why);
    }

    fn left(&mut self, part: ImportPart, setting: &str, was: impl Into<String>, why: &str) {
        self.add(part, setting, was.into(), String::new(), ImportFate::NotCarried, why);
    }

    /// Nothing a person must read: it stood at its default, or nobody misses it.
    fn minor(&mut self) {
        if let Some(row) = self.0.last_mut() {
            row.minor = true;
        }
    }

    fn add(&mut self, part: ImportPart, setting: &str, was: String, becomes: String, fate: ImportFate, why: &str) {
        self.0.push(ImportRow { part, setting: setting.to_owned(), was, becomes, fate, why: why.to_owned(), minor: false });
    }
}

/// `1 hour`, `90 minutes`, `2 days`.
fn minutes(minutes: u64) -> String {
    let (amount, unit) = match minutes {
        m if m >= 1440 && m % 1440 == 0 => (m / 1440, "day"),
        m if m >= 60 && m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

/// `2 MB`, `512 kB`: IIS counts in 1024.
fn bytes(bytes: u64) -> String {
    if bytes >= 1024 * 1024 { format!("{} MB", bytes / (1024 * 1024)) } else { format!("{} kB", bytes.div_ceil(1024)) }
}
