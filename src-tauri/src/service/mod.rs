//! "Keep sending when nobody is signed in": the service as the window sees it, and the way there and back.
//!
//! In: where the window was told to work. Out: [`Service`], which says where engines are, whether the
//! service is installed and how it does, and asks for `outtrayd`'s verbs with an administrator's rights.
//! [`moving`] does the whole move in order; [`taking_over`] has the Windows SMTP service make room.

pub mod moving;
pub mod taking_over;

use crate::arguments::Arguments;
use host::service::elevation::{self, Undone};
use host::service::{self, State};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where engines may be, and how the service is reached.
#[derive(Debug)]
pub struct Service {
    own: PathBuf,
    /// None: a trial, which knows one folder only.
    machine: Option<PathBuf>,
    /// `outtrayd`, or in a trial what plays the administrator and the service manager.
    program: PathBuf,
    is_played: bool,
    /// One move at a time.
    moving: tokio::sync::Mutex<()>,
}

impl Service {
    pub fn new(arguments: &Arguments) -> Self {
        let (machine, program) = match &arguments.stand_in {
            Some(stand_in) => (Some(stand_in.machine.clone()), stand_in.program.clone()),
            None if arguments.trial => (None, beside_the_window()),
            None => (Some(host::paths::machine_data_folder()), beside_the_window()),
        };
        let is_played = arguments.stand_in.is_some();
        Self { own: arguments.data.clone(), machine, program, is_played, moving: tokio::sync::Mutex::default() }
    }

    /// Where an engine within the window has its data.
    pub fn own_folder(&self) -> &Path {
        &self.own
    }

    pub fn machine_folder(&self) -> Option<&Path> {
        self.machine.as_deref()
    }

    pub fn is_installed(&self) -> bool {
        match (&self.machine, self.is_played) {
            (None, _) => false,
            // A stand-in says so by a file beside it.
            (Some(_), true) => self.program.with_extension("installed").exists(),
            (Some(_), false) => service::is_installed(),
        }
    }

    /// Whether "Keep sending when nobody is signed in" can be offered at all: only where this window can speak to
    /// the service afterwards. On Linux the service's folder is closed to all accounts but its own and root's.
    pub fn can_be_installed(&self) -> bool {
        let attaches = cfg!(windows) || self.is_played;
        attaches && self.machine.as_deref().is_some_and(|machine| machine != self.own) && self.program.is_file()
    }

    /// None when the system does not say.
    pub async fn state(&self) -> Option<State> {
        if self.is_played {
            return Some(State::Stopped);
        }
        tokio::task::spawn_blocking(service::state).await.ok()?.ok()
    }

    /// One verb of `outtrayd` with an administrator's rights, one at a time. False: the person said no; a failure is a sentence.
    pub async fn ask(&self, words: Vec<OsString>) -> Result<bool, String> {
        let Ok(_one_at_a_time) = self.moving.try_lock() else { return Err("It is being done already.".into()) };
        match self.perform(words).await {
            Ok(()) => Ok(true),
            Err(Undone::Cancelled) => Ok(false),
            Err(Undone::Failed(said)) => Err(moving::sentence(&said)),
        }
    }

    /// Runs `outtrayd` with these words and an administrator's rights, and waits for its end.
    pub async fn perform(&self, words: Vec<OsString>) -> Result<(), Undone> {
        let (program, is_played) = (self.program.clone(), self.is_played);
        tracing::info!(?words, "Asking for an administrator's rights");
        let performed = tokio::task::spawn_blocking(move || match is_played {
            true => elevation::run(Command::new(program).args(words)),
            false => elevation::elevated(&program, &words),
        });
        performed.await.unwrap_or_else(|panicked| Err(Undone::Failed(panicked.to_string())))
    }
}

/// Who uses this window, as the system knows it.
pub fn own_account() -> Result<String, String> {
    control::pipe::own_account().map_err(|error| format!("this account cannot be named: {error}"))
}

/// `outtrayd`, as the installer puts it.
fn beside_the_window() -> PathBuf {
    let name = format!("outtrayd{}", std::env::consts::EXE_SUFFIX);
    std::env::current_exe().map_or_else(|_| PathBuf::from(&name), |window| window.with_file_name(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_was_offered_where_no_window_can_attach_afterwards() {
        let arguments = Arguments { data: std::env::temp_dir(), trial: false, hidden: true, stand_in: None };
        // Any program that is there.
        let program = std::env::current_exe().unwrap_or_default();
        let service = Service { program, ..Service::new(&arguments) };
        assert_eq!(service.can_be_installed(), cfg!(windows));
    }
}
