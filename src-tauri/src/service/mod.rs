//! "Keep sending when nobody is signed in": the service as the window sees it, and the way there and back.
//!
//! In: where the window was told to work. Out: [`Service`], which says where engines are, whether the
//! service is installed and how it does, and asks for its verbs with an administrator's rights.
//! [`moving`] does the whole move in order.

pub mod moving;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

use crate::arguments::Arguments;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where engines may be, and how the service is reached.
#[derive(Debug)]
pub struct Service {
    own: PathBuf,
    /// None: a trial, which knows one folder only.
    machine: Option<PathBuf>,
    /// In a trial: what plays the administrator and the service manager.
    stand_in: Option<PathBuf>,
    /// One move at a time.
    moving: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Running,
    /// Starting or stopping.
    Changing,
    Stopped,
    Unknown,
}

/// Why a verb was not carried out.
#[derive(Debug)]
pub enum Undone {
    /// The person said no to the system's question.
    Cancelled,
    Failed(String),
}

impl Service {
    pub fn new(arguments: &Arguments) -> Self {
        let (machine, stand_in) = match &arguments.stand_in {
            Some(stand_in) => (Some(stand_in.machine.clone()), Some(stand_in.program.clone())),
            None if arguments.trial => (None, None),
            None => (Some(host::paths::machine_data_folder()), None),
        };
        Self { own: arguments.data.clone(), machine, stand_in, moving: tokio::sync::Mutex::default() }
    }

    /// Where an engine within the window has its data.
    pub fn own_folder(&self) -> &Path {
        &self.own
    }

    pub fn machine_folder(&self) -> Option<&Path> {
        self.machine.as_deref()
    }

    pub fn is_installed(&self) -> bool {
        match (&self.machine, &self.stand_in) {
            (None, _) => false,
            // What the stand-in has installed has its folder.
            (Some(machine), Some(_)) => machine.is_dir(),
            (Some(_), None) => host::service::is_installed(),
        }
    }

    /// Whether "Keep sending when nobody is signed in" can be offered at all.
    pub fn can_be_installed(&self) -> bool {
        self.machine.as_deref().is_some_and(|machine| machine != self.own) && self.program().is_file()
    }

    pub async fn state(&self) -> State {
        if self.stand_in.is_some() {
            return State::Stopped;
        }
        tokio::task::spawn_blocking(platform::state).await.unwrap_or(State::Unknown)
    }

    /// Runs `outtrayd service …` with an administrator's rights, and waits for its end.
    pub async fn perform(&self, words: Vec<OsString>) -> Result<(), Undone> {
        let (program, stand_in) = (self.program(), self.stand_in.is_some());
        let words: Vec<OsString> = std::iter::once("service".into()).chain(words).collect();
        tracing::info!(?words, "Asking for an administrator's rights");
        let performed = tokio::task::spawn_blocking(move || match stand_in {
            true => outcome(Command::new(program).args(words)),
            false => platform::elevated(&program, &words),
        });
        performed.await.unwrap_or_else(|panicked| Err(Undone::Failed(panicked.to_string())))
    }

    /// The program that lies beside the window's.
    fn program(&self) -> PathBuf {
        if let Some(stand_in) = &self.stand_in {
            return stand_in.clone();
        }
        let name = format!("outtrayd{}", std::env::consts::EXE_SUFFIX);
        std::env::current_exe().map_or_else(|_| PathBuf::from(&name), |window| window.with_file_name(&name))
    }
}

/// Runs it; what it said is the reason when it fails. 126: somebody said no to pkexec.
fn outcome(command: &mut Command) -> Result<(), Undone> {
    let output = command.stdin(std::process::Stdio::null()).output();
    let output = output.map_err(|error| Undone::Failed(format!("{}: {error}", command.get_program().display())))?;
    match output.status.code() {
        Some(0) => Ok(()),
        Some(126) => Err(Undone::Cancelled),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Undone::Failed(if said.is_empty() { format!("it ended with {}", output.status) } else { said }))
        }
    }
}
