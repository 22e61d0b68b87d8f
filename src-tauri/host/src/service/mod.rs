//! Outtray as a service of this machine: running when nobody is signed in.
//!
//! What both systems share: names, states, errors. `windows` speaks to the service manager, `systemd` writes
//! and drives a unit.
//!
//! Invariant: the service's data is in [`crate::paths::machine_data_folder`], whoever asks.

#[cfg(unix)]
pub mod systemd;
#[cfg(windows)]
pub mod windows;

#[cfg(unix)]
use systemd as platform;
#[cfg(windows)]
use windows as platform;

/// As the service manager knows it.
#[cfg(windows)]
pub const NAME: &str = "Outtray";
#[cfg(unix)]
pub const NAME: &str = "outtray.service";

/// Whether the service is installed on this machine. Every account may ask.
pub fn is_installed() -> bool {
    platform::is_installed()
}

/// Root, or an administrator whose process has been allowed to act as one.
pub fn is_elevated() -> bool {
    platform::is_elevated()
}

/// Who installed the service: an account's SID. None where nobody said.
pub fn installed_by() -> Option<String> {
    platform::installed_by()
}
