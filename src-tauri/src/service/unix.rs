//! systemd and polkit.

use super::{State, Undone, outcome};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// As `systemctl is-active` says it.
pub fn state() -> State {
    let Ok(output) = Command::new("systemctl").args(["is-active", host::service::NAME]).output() else { return State::Unknown };
    match String::from_utf8_lossy(&output.stdout).trim() {
        "active" => State::Running,
        "activating" | "deactivating" | "reloading" => State::Changing,
        "inactive" | "failed" => State::Stopped,
        _ => State::Unknown,
    }
}

pub fn elevated(program: &Path, words: &[OsString]) -> Result<(), Undone> {
    outcome(Command::new("pkexec").arg(program).args(words))
}
