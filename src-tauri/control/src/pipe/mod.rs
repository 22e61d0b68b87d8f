//! Where a running engine is spoken to: a Unix socket in its data folder, or a named pipe on Windows.
//!
//! In: a data folder, and on Windows perhaps a [`Guest`]. Out: a [`Listener`] for the engine,
//! [`connect`] for everybody else. A refused peer is `PermissionDenied`, on either side.
//!
//! Promise: before a byte is exchanged each side knows that the other is this machine's system, an
//! administrator, or the account itself; how stands in [`unix`] and [`windows`]. [`Listener::bind`] is
//! only for the holder of the folder's lock.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

use std::io;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream to or from the other side.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

pub use platform::Listener;

/// One more account on the other side, by its SID: for an engine, who installed the service; for an administrator's
/// process, the account of the window it works for. Means nothing on Unix, where the socket is for its account and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest(String);

impl Guest {
    /// None when it does not look like a SID: it becomes part of an access list.
    pub fn from_sid(sid: &str) -> Option<Self> {
        let numbers = sid.strip_prefix("S-1-")?;
        let fits = numbers.split('-').count() >= 2 && numbers.split('-').all(|part| part.parse::<u64>().is_ok());
        (fits && sid.len() <= 184).then(|| Self(sid.to_owned()))
    }

    pub fn sid(&self) -> &str {
        &self.0
    }
}

/// What people are told the address is.
pub fn address(data_folder: &Path) -> String {
    platform::address(data_folder)
}

/// Connects to the engine that runs on this data folder.
pub async fn connect(data_folder: &Path) -> io::Result<Box<dyn Stream>> {
    platform::connect(data_folder, None).await
}

/// The same, where the engine may also run as that account.
pub async fn connect_to(data_folder: &Path, account: Option<&Guest>) -> io::Result<Box<dyn Stream>> {
    platform::connect(data_folder, account).await
}

/// The account this process acts as: its SID on Windows, its number on Unix.
pub fn own_account() -> io::Result<String> {
    platform::own_account_text()
}

/// A short mark that tells data folders apart where a whole path has no room.
/// The same folder has the same mark in every version (FNV-1a, 64 bits).
pub fn folder_mark(data_folder: &Path) -> String {
    let whole = std::fs::canonicalize(data_folder).or_else(|_| std::path::absolute(data_folder));
    let whole = whole.unwrap_or_else(|_| data_folder.to_owned());
    let text = whole.to_string_lossy();
    // Windows paths mean the same in both cases, and with or without the mark of a long path: who may
    // not enter the service's folder cannot have its name resolved, and must still find its pipe.
    let text = if cfg!(windows) { text.trim_start_matches(r"\\?\").to_lowercase() } else { text.into_owned() };
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

fn not_allowed(said: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, said)
}

#[cfg(test)]
mod tests {
    use super::Guest;

    #[test]
    fn only_a_sid_can_be_a_guest() {
        assert!(Guest::from_sid("S-1-5-21-1004336348-1177238915-682003330-512").is_some());
        for wrong in ["", "S-1-5", "WD", "S-1-1-0)(A;;FA;;;WD", "S-1-x-1", "s-1-5-18-1"] {
            assert_eq!(Guest::from_sid(wrong), None, "{wrong}");
        }
    }
}
