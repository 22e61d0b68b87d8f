//! The service on Linux: a systemd unit of few rights, written and driven.
//!
//! In: where this program is, and sealed secrets. Out: the unit's text, files under a root, words to `systemctl`.
//! Invariant: no secret is in the unit nor in a file that anybody could read; systemd unseals each for the process.

mod sealed;

pub use sealed::{Sealed, seal};

use super::{DESCRIPTION, DISPLAY_NAME, Installation, NAME, ServiceError, State};
use crate::settings::file::write_whole;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const UNIT: &str = "etc/systemd/system/outtray.service";

/// What `ProtectHome` and `PrivateTmp` hide.
const HIDDEN: &[&str] = &["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// A system's files: the real ones, or a folder for trying.
#[derive(Debug, Clone)]
pub struct Systemd {
    root: PathBuf,
    is_real: bool,
}

/// What stood in the files of a service before it was brought up to date.
#[derive(Debug)]
pub struct Former {
    unit: Option<Vec<u8>>,
    secrets: Vec<(PathBuf, Option<Vec<u8>>)>,
}

pub fn is_installed() -> bool {
    Systemd::under(None).is_installed()
}

pub fn is_elevated() -> bool {
    rustix::process::geteuid().is_root()
}

/// The control socket belongs to the service's account and root; nobody else is recorded.
pub fn installed_by() -> Option<String> {
    None
}

pub fn install(what: &Installation) -> Result<Vec<String>, ServiceError> {
    Systemd::under(None).install(what, &[])
}

pub fn uninstall() -> Result<Vec<String>, ServiceError> {
    Systemd::under(None).uninstall()
}

/// systemd gives it to the service's account at each start.
pub fn prepare_folder(folder: &Path) -> Result<(), ServiceError> {
    crate::paths::ensure_data_folder(folder)
        .map_err(|error| ServiceError::Folder(folder.display().to_string(), format!("cannot be made: {error}")))
}

pub fn start() -> Result<(), ServiceError> {
    Systemd::under(None).start()
}

pub fn stop() -> Result<(), ServiceError> {
    Systemd::under(None).stop()
}

pub fn state() -> Result<State, ServiceError> {
    Systemd::under(None).state()
}

fn state_in(told: &str) -> State {
    let value = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    match value("ActiveState") {
        "active" | "reloading" => State::Running { process: value("MainPID").parse().unwrap_or_default() },
        "activating" => State::Starting,
        "deactivating" => State::Stopping,
        _ => State::Stopped,
    }
}

impl Systemd {
    /// With a root, whatever is called `systemctl` in it is spoken to, if it says that it runs.
    pub fn under(root: Option<&Path>) -> Self {
        Self { root: root.unwrap_or(Path::new("/")).to_owned(), is_real: root.is_none() }
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) -> Result<(), ServiceError> {
        self.must_run()?;
        if !self.is_installed() {
            return Err(ServiceError::NotInstalled);
        }
        self.systemctl(&["start", NAME]).map_err(|said| ServiceError::System {
            doing: "the service cannot be started".into(),
            said: format!("{said}; `journalctl -u outtray` tells more"),
        })
    }

    /// Stops it and waits until it has ended. A service that does not run, or is not there, has ended.
    pub fn stop(&self) -> Result<(), ServiceError> {
        if !self.is_installed() {
            return Ok(());
        }
        self.must_run()?;
        self.systemctl(&["stop", NAME]).map_err(|said| ServiceError::System { doing: "the service cannot be stopped".into(), said })
    }

    pub fn state(&self) -> Result<State, ServiceError> {
        if !self.is_installed() {
            return Ok(State::NotInstalled);
        }
        if !self.runs() {
            return Ok(State::Stopped);
        }
        let asked = ["show", NAME, "--property=ActiveState,MainPID"];
        let told = self
            .systemctl_says(&asked)
            .map_err(|said| ServiceError::System { doing: "the service's state cannot be asked for".into(), said })?;
        Ok(state_in(&told))
    }

    pub fn is_installed(&self) -> bool {
        self.root.join(UNIT).exists()
    }

    /// Writes the unit and has it started with the machine. Sealed secrets that are there stay; a new one takes the place of
    /// that of the same name.
    pub fn install(&self, what: &Installation, sealed: &[Sealed]) -> Result<Vec<String>, ServiceError> {
        if self.is_real
            && let Some(hidden) = HIDDEN.iter().find(|folder| what.program.starts_with(folder))
        {
            let said = format!(
                "is hidden from the service, and {} lies in it; copy the program to /usr/local/bin and call it there",
                what.program.display()
            );
            return Err(ServiceError::Folder((*hidden).to_owned(), said));
        }
        let mut notes = Vec::new();
        self.keep(sealed)?;
        self.write_unit(unit(&what.program, &self.sealed()).as_bytes())?;
        if self.runs() {
            for words in [&["daemon-reload"][..], &["enable", "--quiet", NAME]] {
                self.systemctl(words).map_err(|said| ServiceError::System { doing: "systemd does not take the unit".into(), said })?;
            }
        } else {
            notes.push(format!(
                "no systemd was spoken to: {} takes effect when one runs and is told `systemctl enable outtray`",
                self.root.join(UNIT).display()
            ));
        }
        Ok(notes)
    }

    fn write_unit(&self, text: &[u8]) -> Result<(), ServiceError> {
        let path = self.root.join(UNIT);
        write(&path, text)?;
        // No secret is in it, and `systemctl cat` should show it to everybody.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))
            .map_err(|error| ServiceError::system(format!("{} cannot be made readable", path.display()), &error))
    }

    /// What stands where [`Self::install`] is about to write.
    pub fn former(&self, sealed: &[Sealed]) -> Result<Former, ServiceError> {
        let read = |file: PathBuf| {
            let path = self.root.join(file);
            let octets = crate::settings::file::read(&path);
            let octets = octets.map_err(|error| ServiceError::system(format!("{} cannot be read", path.display()), &error))?;
            Ok::<_, ServiceError>((path, octets))
        };
        let unit = read(UNIT.into())?.1;
        let secrets: Result<Vec<_>, _> = sealed.iter().map(|one| read(one.file())).collect();
        Ok(Former { unit, secrets: secrets? })
    }

    /// Undoes [`Self::install`]; a unit that was not there is not removed here.
    pub fn put_back(&self, former: &Former) -> Result<(), ServiceError> {
        for (path, octets) in &former.secrets {
            match octets {
                Some(octets) => write(path, octets)?,
                None => remove(path)?,
            }
        }
        let Some(unit) = &former.unit else { return Ok(()) };
        self.write_unit(unit)?;
        if !self.runs() {
            return Ok(());
        }
        let told = self.systemctl(&["daemon-reload"]);
        told.map_err(|said| ServiceError::System { doing: "systemd does not read its units again".into(), said })
    }

    pub fn uninstall(&self) -> Result<Vec<String>, ServiceError> {
        let mut notes = Vec::new();
        let path = self.root.join(UNIT);
        let spoken_to = self.runs();
        if path.exists() && spoken_to {
            self.systemctl(&["disable", "--now", "--quiet", NAME])
                .map_err(|said| ServiceError::System { doing: "the service cannot be stopped".into(), said })?;
        }
        remove(&path)?;
        let sealed = self.sealed();
        if !sealed.is_empty() {
            notes.push(format!("sealed secrets stay in {}: {}", self.root.join(sealed::FOLDER).display(), sealed.join(", ")));
        }
        if spoken_to {
            self.systemctl(&["daemon-reload"])
                .map_err(|said| ServiceError::System { doing: "systemd does not read its units again".into(), said })?;
        }
        Ok(notes)
    }

    fn runs(&self) -> bool {
        self.root.join("run/systemd/system").is_dir()
    }

    fn must_run(&self) -> Result<(), ServiceError> {
        if self.runs() {
            return Ok(());
        }
        let said = "systemd does not run on this machine; use `outtrayd run`, or start it by what this machine uses instead";
        Err(ServiceError::System { doing: "the service cannot be spoken to".into(), said: said.into() })
    }

    fn systemctl(&self, words: &[&str]) -> Result<(), String> {
        self.systemctl_says(words).map(drop)
    }

    fn systemctl_says(&self, words: &[&str]) -> Result<String, String> {
        let program = if self.is_real { PathBuf::from("systemctl") } else { self.root.join("usr/bin/systemctl") };
        let said = Command::new(program).args(words).stdin(Stdio::null()).output().map_err(|error| format!("systemctl: {error}"))?;
        if said.status.success() {
            return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
        }
        Err(format!("systemctl {} said: {}", words.join(" "), String::from_utf8_lossy(&said.stderr).trim()))
    }
}

/// The whole unit. What it may not do is nearly everything: `systemd-analyze security outtray` shows it.
pub fn unit(program: &Path, sealed: &[String]) -> String {
    let program = quoted(program);
    let mut text = format!(
        "# Written by `outtrayd service install`, which writes it anew: use `systemctl edit outtray` for changes.
[Unit]
Description={DISPLAY_NAME}
After=network-online.target nss-lookup.target
Wants=network-online.target

[Service]
Type=notify
# {DESCRIPTION}
ExecStart={program} run --data /var/lib/outtray
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=20

# An account made for the process, with one folder of its own.
DynamicUser=yes
StateDirectory=outtray
StateDirectoryMode=0700
UMask=0077
"
    );
    for name in sealed {
        let _ = writeln!(text, "LoadCredentialEncrypted={name}:/{}", sealed::file(name).display());
    }
    text.push_str(
        "
# The one right it needs: ports below 1024.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes

ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
",
    );
    text
}

/// As systemd reads a command line: `%` and `$` would be filled in, spaces would part it.
fn quoted(program: &Path) -> String {
    let path = program.display().to_string();
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ServiceError> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent)
        .and_then(|()| write_whole(path, bytes))
        .map_err(|error| ServiceError::system(format!("{} cannot be written", path.display()), &error))
}

fn remove(path: &Path) -> Result<(), ServiceError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ServiceError::system(format!("{} cannot be removed", path.display()), &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_names_the_program_and_every_sealed_secret() {
        let sealed = ["smart-host".to_owned(), "smart-host.backup".to_owned()];
        let text = unit(Path::new("/opt/out tray/100%/outtrayd"), &sealed);
        assert!(text.contains("\nExecStart=\"/opt/out tray/100%%/outtrayd\" run --data /var/lib/outtray\n"), "{text}");
        assert!(text.contains("\nLoadCredentialEncrypted=smart-host:/etc/outtray/smart-host.credential\n"), "{text}");
        assert!(text.contains("\nLoadCredentialEncrypted=smart-host.backup:/etc/outtray/smart-host.backup.credential\n"), "{text}");
        assert!(!unit(Path::new("/x"), &[]).contains("LoadCredential"));
    }

    #[test]
    fn the_state_is_what_systemd_says() {
        assert_eq!(state_in("ActiveState=active\nMainPID=42\n"), State::Running { process: 42 });
        assert_eq!(state_in("ActiveState=activating\nMainPID=42\n"), State::Starting);
        assert_eq!(state_in("ActiveState=failed\nMainPID=0\n"), State::Stopped);
        assert_eq!(state_in(""), State::Stopped);
    }
}
