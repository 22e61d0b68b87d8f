//! Outtray as a service of this machine: running when nobody is signed in.
//!
//! What both systems share: names, states, errors. `windows` speaks to the service manager, `systemd` writes
//! and drives a unit; `elevation` asks for an administrator's rights; `tidings` is what one reads in the Event Log.
//!
//! Invariant: the service's data is in [`crate::paths::machine_data_folder`], whoever asks.

#[cfg(windows)]
mod access;
pub mod elevation;
#[cfg(windows)]
pub mod event_log;
#[cfg(unix)]
pub mod notify;
#[cfg(windows)]
pub mod run;
#[cfg(unix)]
pub mod systemd;
pub mod tidings;
#[cfg(windows)]
pub mod windows;

use serde::Serialize;
#[cfg(unix)]
use systemd as platform;
#[cfg(windows)]
use windows as platform;

pub use platform::{install, prepare_folder, start, state, stop, uninstall};

/// As the service manager knows it.
#[cfg(windows)]
pub const NAME: &str = "Outtray";
#[cfg(unix)]
pub const NAME: &str = "outtray.service";

pub const DISPLAY_NAME: &str = "Outtray mail relay";
pub const DESCRIPTION: &str = "Takes mail from devices and programs of this network and hands it to the mail provider, \
                               also when nobody is signed in.";

/// The account the service runs as on Windows, and its SID. The SID follows from the service's name:
/// S-1-5-80 and the SHA-1 of the name in capitals (UTF-16), as five numbers.
pub const ACCOUNT: &str = r"NT SERVICE\Outtray";
pub const ACCOUNT_SID: &str = "S-1-5-80-2843451435-791778226-1158602615-1535408927-156383554";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum State {
    NotInstalled,
    Stopped,
    Starting,
    Running { process: u32 },
    Stopping,
}

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[cfg_attr(windows, error("an administrator must do this: open the command line with \"Run as administrator\" and try again"))]
    #[cfg_attr(not(windows), error("root must do this: try again with sudo"))]
    NotAllowed,
    #[error("the service is not installed; `outtrayd service install` installs it")]
    NotInstalled,
    #[error("{doing}: {said}")]
    System { doing: String, said: String },
    #[error("the folder {0} {1}")]
    Folder(String, String),
    #[error("the service did not {0} within {1} seconds; {2}")]
    TooSlow(&'static str, u64, &'static str),
}

impl ServiceError {
    fn system(doing: impl Into<String>, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            said = format!("{said}: {error}");
            cause = error.source();
        }
        Self::System { doing: doing.into(), said }
    }
}

/// What to install.
#[derive(Debug, Clone)]
pub struct Installation {
    /// This program, where it will stay.
    pub program: std::path::PathBuf,
    /// The account (its SID) that may speak to the service besides administrators.
    pub user: Option<String>,
}

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
