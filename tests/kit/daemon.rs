//! The program `outtrayd` in a process of its own, as systemd or a shell would run it.

use control::settings::Settings;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

pub struct Daemon {
    process: Child,
    pub address: SocketAddr,
    pub ready: String,
}

impl Daemon {
    /// Starts it on a data folder and waits for its one line. Its password comes as systemd's
    /// LoadCredential gives it: in a file of `credentials`.
    pub fn start(data: &Path, credentials: &Path) -> Self {
        Self::start_by(Command::new(program()), data, credentials)
    }

    /// The same, where something else has to be done first in the same process; `command` ends in the program.
    pub fn start_by(mut command: Command, data: &Path, credentials: &Path) -> Self {
        command.env("CREDENTIALS_DIRECTORY", credentials).stderr(Stdio::null());
        Self::begin(command, data)
    }

    /// The same with its standard error in a file. Without `credentials` its passwords are those of the session's credential store.
    pub fn start_telling(data: &Path, credentials: Option<&Path>, stderr: &Path) -> Self {
        let mut command = Command::new(program());
        match credentials {
            Some(credentials) => command.env("CREDENTIALS_DIRECTORY", credentials),
            None => command.env_remove("CREDENTIALS_DIRECTORY"),
        };
        command.stderr(std::fs::File::create(stderr).expect("a file"));
        Self::begin(command, data)
    }

    fn begin(mut command: Command, data: &Path) -> Self {
        command.args(["run", "--data"]).arg(data).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("outtrayd");
        let mut ready = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut ready).expect("a line");
        let address = ready.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.unwrap_or_else(|| panic!("not ready: {ready:?}"));
        Self { process, address, ready }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// As a power cut would end it: no goodbye, nothing flushed.
    pub fn kill(mut self) {
        self.process.kill().expect("kill -9");
        self.process.wait().expect("its end");
    }

    /// SIGTERM, and its exit code.
    #[cfg(unix)]
    pub fn terminate(self) -> Option<i32> {
        self.ends_by("TERM", crate::client::PATIENCE)
    }

    /// A signal, and its exit code.
    ///
    /// # Panics
    /// When it has not ended in time.
    #[cfg(unix)]
    pub fn ends_by(mut self, signal: &str, within: Duration) -> Option<i32> {
        let id = self.id().to_string();
        let kill = |signal: &str| Command::new("kill").args(["-s", signal, &id]).status().expect("kill").success();
        assert!(kill(signal), "{signal} to {id}");
        let (ended, end) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn(move || ended.send(self.process.wait()));
        let Ok(status) = end.recv_timeout(within) else {
            kill("KILL");
            let _ = waiting.join();
            panic!("{signal} did not end it within {within:?}");
        };
        status.expect("its end").code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where cargo puts it: beside the folder of the test binaries.
pub fn program() -> PathBuf {
    let here = std::env::current_exe().expect("this program");
    let program = here.ancestors().nth(2).expect("target/debug").join(format!("outtrayd{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: cargo build -p host", program.display());
    program
}

/// Writes the settings and the password file; gives (data folder, credentials folder).
pub fn furnish(folder: &Path, settings: &Settings, password: &str) -> (PathBuf, PathBuf) {
    let (data, credentials) = (folder.join("data"), folder.join("credentials"));
    std::fs::create_dir_all(&data).expect("data");
    std::fs::create_dir_all(&credentials).expect("credentials");
    std::fs::write(data.join("settings.json"), serde_json::to_vec_pretty(settings).expect("JSON")).expect("settings");
    std::fs::write(credentials.join("smart-host"), password).expect("password");
    (data, credentials)
}
