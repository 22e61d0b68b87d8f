//! One engine per data folder, on the whole machine: whoever holds `engine.lock`.
//!
//! The system lets go of the lock when the process ends, however it ends. Who holds it is told in
//! `engine.running` beside it, since a locked file cannot be read on Windows.

use crate::settings::file::write_whole;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Lock {
    held: File,
    running: PathBuf,
}

/// Who runs on a folder, and where it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    pub process: u32,
    pub control: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("an engine already runs on this data folder{}", who(.0.as_ref()))]
    Held(Option<Holder>),
    #[error("the data folder cannot be locked: {0}")]
    Io(#[from] io::Error),
}

impl Lock {
    /// `control` is the address this engine will be spoken to at.
    pub fn take(data_folder: &Path, control: String) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let held = options.open(data_folder.join("engine.lock"))?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(data_folder))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let running = running(data_folder);
        let holder = Holder { process: std::process::id(), control };
        let text = serde_json::to_string(&holder).map_err(io::Error::other)?;
        write_whole(&running, text.as_bytes())?;
        Ok(Self { held, running })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.running);
        // Closing the file is not enough: a program that is just being started by another thread has it, too, until it is itself.
        let _ = self.held.unlock();
    }
}

/// Who says it runs on this folder. Only the lock itself is proof: a killed engine leaves its note.
pub fn holder(data_folder: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(running(data_folder)).ok()?).ok()
}

fn running(data_folder: &Path) -> PathBuf {
    data_folder.join("engine.running")
}

fn who(holder: Option<&Holder>) -> String {
    holder.map(|holder| format!(": process {}, control {}", holder.process, holder.control)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path(), "here".into()).unwrap();
        let second = Lock::take(folder.path(), "there".into()).unwrap_err();
        let process = std::process::id();
        assert_eq!(second.to_string(), format!("an engine already runs on this data folder: process {process}, control here"));
        drop(first);
        Lock::take(folder.path(), "there".into()).unwrap();
        assert_eq!(holder(folder.path()), None);
    }

    #[test]
    fn it_was_held_on_by_a_program_that_was_just_being_started() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path(), "here".into()).unwrap();
        // What fork() leaves a child with, until exec() closes it.
        let inherited = first.held.try_clone().unwrap();
        drop(first);
        Lock::take(folder.path(), "there".into()).unwrap();
        drop(inherited);
    }
}
