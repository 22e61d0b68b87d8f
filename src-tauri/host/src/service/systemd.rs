//! The service on Linux: a systemd unit of few rights, written and driven.

use std::path::Path;

const UNIT_FILE: &str = "/etc/systemd/system/outtray.service";

pub fn is_installed() -> bool {
    Path::new(UNIT_FILE).exists()
}

pub fn is_elevated() -> bool {
    rustix::process::geteuid().is_root()
}

/// The control socket belongs to the service's account and root; nobody else is recorded.
pub fn installed_by() -> Option<String> {
    None
}
