//! A real Exim that sends through us: what its command line takes is handed over before the command ends.
//!
//! Debian installs either Postfix or Exim, so this one is unpacked only (`cargo xtask setup`) and runs from a folder of its
//! own. It looks for its account by name at every start; that account is told to it by nss_wrapper, the system has none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::way::{Tls, Way};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Exim {
    folder: tempfile::TempDir,
    program: PathBuf,
}

/// The account's numbers: any that are not root's will do.
const NOBODY: u32 = 65534;
/// Installed by a package that knows where libraries of this machine lie.
const WRAPPER: &str = "libnss_wrapper.so";

impl Exim {
    pub fn sending(ways: &[Way]) -> Self {
        let program = program();
        let folder = tempfile::Builder::new().prefix("outtray-exim").tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["spool", "log"] {
            std::fs::create_dir(root.join(name)).unwrap();
            std::os::unix::fs::chown(root.join(name), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let known = |file: &str, line: String| {
            let text = std::fs::read_to_string(Path::new("/etc").join(file)).unwrap() + &line;
            std::fs::write(root.join(file), text).unwrap();
        };
        known("passwd", format!("Debian-exim:x:{NOBODY}:{NOBODY}::/nonexistent:/usr/sbin/nologin\n"));
        known("group", format!("Debian-exim:x:{NOBODY}:\n"));
        for way in ways {
            std::fs::write(root.join(way.name), configuration(root, &program, way)).unwrap();
        }
        Self { folder, program }
    }

    /// A message for this recipient on its standard input goes that way.
    pub fn command(&self, way: &Way, recipient: &str) -> Command {
        let root = self.folder.path();
        let mut exim = Command::new(&self.program);
        exim.arg("-C").arg(root.join(way.name)).args(["-i", "-odf", "-f", &way.sender(), recipient]);
        exim.env("LD_PRELOAD", WRAPPER).env("NSS_WRAPPER_PASSWD", root.join("passwd")).env("NSS_WRAPPER_GROUP", root.join("group"));
        exim
    }

    pub fn log(&self) -> String {
        let logs = std::fs::read_dir(self.folder.path().join("log")).unwrap();
        logs.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect()
    }
}

/// Where `cargo xtask setup` unpacks it: in the folder cargo builds into.
fn program() -> PathBuf {
    let here = std::env::current_exe().expect("this program");
    let program = here.ancestors().nth(3).expect("target").join("exim/usr/sbin/exim4");
    assert!(program.exists(), "{} is missing: cargo xtask setup", program.display());
    program
}

fn configuration(root: &Path, program: &Path, way: &Way) -> String {
    let (root, program, port) = (root.display(), program.display(), way.port);
    let (protocol, tls) = match way.tls {
        Tls::None => ("smtp", "hosts_avoid_tls = *"),
        Tls::Starttls => ("smtp", "hosts_require_tls = *"),
        Tls::Implicit => ("smtps", "hosts_require_tls = *"),
    };
    let mut text = format!(
        "primary_hostname = exim.office.test
exim_path = {program}
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
begin routers
ours:
  driver = manualroute
  transport = ours
  route_list = * 127.0.0.1
  self = send
begin transports
ours:
  driver = smtp
  port = {port}
  protocol = {protocol}
  {tls}
  hosts_try_dane =
  dnssec_request_domains =
"
    );
    if let Some(account) = &way.account {
        let secret = match account.mechanism {
            "PLAIN" => format!("^{}^{}", account.user, account.password),
            _ => format!(": {} : {}", account.user, account.password),
        };
        text.push_str(&format!(
            "  hosts_require_auth = *
begin authenticators
account:
  driver = plaintext
  public_name = {}
  client_send = {secret}
",
            account.mechanism
        ));
    }
    text
}
