//! Tells systemd how far we are (sd_notify(3)): one datagram to the socket it names in `NOTIFY_SOCKET`.
//!
//! Invariant: without systemd, or with one that does not listen, nothing happens.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

#[derive(Debug, Clone)]
pub struct Notify(Option<OsString>);

impl Notify {
    pub fn from_environment() -> Self {
        Self(std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()))
    }

    /// `status` is what `systemctl status` shows.
    pub fn ready(&self, status: &str) {
        // One line: a second would be a field of its own.
        let status: String = status.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    pub fn reloading(&self) {
        self.tell("RELOADING=1");
    }

    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, said: &str) {
        let Some(name) = &self.0 else { return };
        let told = address(name.as_bytes()).and_then(|to| UnixDatagram::unbound()?.send_to_addr(said.as_bytes(), &to));
        if let Err(error) = told {
            tracing::warn!(%error, "systemd does not listen");
        }
    }
}

/// A path, or a name beginning with `@` that has no file (Linux).
fn address(name: &[u8]) -> std::io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = name.strip_prefix(b"@") {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_without_a_file_is_heard_too() {
        let name = format!("outtray-notify-{}", std::process::id());
        let address = <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name.as_bytes()).unwrap();
        let systemd = UnixDatagram::bind_addr(&address).unwrap();
        Notify(Some(format!("@{name}").into())).ready("port\n25");
        let mut heard = [0; 100];
        let length = systemd.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1\nSTATUS=port 25");
        Notify(None).stopping();
    }
}
