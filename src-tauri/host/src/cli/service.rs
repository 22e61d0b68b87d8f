//! `outtrayd service …`: Outtray as a service of this machine.
//!
//! The order of things is the promise: settings, and whether mail can be moved, are looked at before anything is changed;
//! what runs is stopped before its folder is touched. Whatever fails, [`Change`] leaves the service as it stood, and the
//! mail where it was.

#[cfg(unix)]
mod sealing;

use super::{Exit, Failure, Outcome, Place, link, settings};
use clap::{Args, Subcommand};
use control::problem::ProblemCode;
use control::{Answer, Request};
use host::service::{self, Installation, ServiceError, State};
use host::settings::file::write_whole;
use host::{moving, paths};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Install the service, or bring the one that is there up to date; it starts with the machine
    Install(InstallArgs),
    /// Stop the service and remove it; data and secrets stay
    Uninstall(UninstallArgs),
    /// Start the service and wait until it runs
    Start(RootArgs),
    /// Stop the service and wait until it has ended
    Stop(RootArgs),
    /// Stop the service, start it again and wait until it runs
    Restart(RootArgs),
    /// Tell whether the service is installed and runs
    Status(RootArgs),
    /// What the service manager starts; not for people
    #[cfg(windows)]
    #[command(hide = true)]
    Run,
}

#[derive(Debug, Args)]
pub struct InstallArgs {
    /// Settings to begin with; checked first
    #[arg(long, value_name = "FILE", conflicts_with = "take_over")]
    settings: Option<PathBuf>,
    /// Start it too; when it does not start, everything is taken back
    #[arg(long)]
    start: bool,
    /// The account (its SID) that may speak to the service besides administrators
    #[cfg(windows)]
    #[arg(long, value_name = "SID", value_parser = sid)]
    user: Option<String>,
    /// Take settings, queue and history over from this data folder; its engine must have been stopped
    #[arg(long, value_name = "FOLDER")]
    take_over: Option<PathBuf>,
    /// Read the provider's password from standard input and seal it for the service; short for --secret-stdin smart-host
    #[cfg(unix)]
    #[arg(long)]
    password_stdin: bool,
    /// Read this secret from standard input and seal it for the service; more than once, each is a line, in this order
    #[cfg(unix)]
    #[arg(long, value_name = "NAME")]
    secret_stdin: Vec<String>,
    #[command(flatten)]
    root: RootArgs,
}

#[derive(Debug, Args)]
pub struct UninstallArgs {
    /// Remove settings, queue, history and secrets too; waiting mail is lost
    #[arg(long, conflicts_with = "give_back")]
    remove_data: bool,
    /// Move settings, queue and history to this data folder
    #[arg(long, value_name = "FOLDER")]
    give_back: Option<PathBuf>,
    #[command(flatten)]
    root: RootArgs,
}

#[derive(Debug, Args)]
pub struct RootArgs {
    /// Write under this folder instead of /, and speak to the systemctl in it, if there is one
    #[cfg(unix)]
    #[arg(long, value_name = "DIR", hide = true)]
    root: Option<PathBuf>,
}

pub async fn perform(place: &Place, is_other_folder: bool, command: ServiceCommand) -> Outcome {
    if is_other_folder {
        let folder = paths::machine_data_folder();
        return Err(Failure::new(Exit::Usage, format!("--data does not go with service: its data is always in {}", folder.display())));
    }
    match command {
        ServiceCommand::Install(what) => install(place, what).await,
        ServiceCommand::Uninstall(what) => uninstall(place, what).await,
        ServiceCommand::Start(root) => {
            root.must_be_allowed()?;
            root.start()?;
            settings_are_in_force(&root.folder()).await?;
            place.print(&json!({ "done": true }), || "The service runs.".into())
        }
        ServiceCommand::Stop(root) => {
            root.must_be_allowed()?;
            root.stop()?;
            place.print(&json!({ "done": true }), || "The service has stopped.".into())
        }
        ServiceCommand::Restart(root) => {
            root.must_be_allowed()?;
            root.stop()?;
            root.start()?;
            place.print(&json!({ "done": true }), || "The service runs again.".into())
        }
        ServiceCommand::Status(root) => {
            let state = root.state()?;
            place.print(&state, || words(state))
        }
        #[cfg(windows)]
        ServiceCommand::Run => Ok(()), // main has done it, before there was a runtime
    }
}

async fn install(place: &Place, what: InstallArgs) -> Outcome {
    what.root.must_be_allowed()?;
    let folder = what.root.folder();
    let place_of_service = Place { data: folder.clone(), json: place.json };
    let given = what.settings.as_deref().map(|file| settings::checked(&place_of_service, file)).transpose()?;
    #[cfg(unix)]
    let sealing = sealing::prepare(&what, given.as_deref(), &folder).await?;

    let mut change = Change::begin(&what.root)?;
    #[cfg(unix)]
    let laid_out = lay_out(&what, &folder, given, sealing, &mut change);
    #[cfg(windows)]
    let laid_out = lay_out(&what, &folder, given, &mut change);
    let starts = what.start || change.ran;
    let notes = match laid_out {
        Ok(notes) if starts => match what.root.start() {
            Ok(()) => settings_are_in_force(&folder).await.map(|()| notes),
            Err(error) => Err(error.into()),
        },
        laid_out => laid_out,
    };
    let notes = notes.map_err(|failure| change.undo(failure))?;
    let said = match (change.was_there, starts) {
        (true, true) => "The service is up to date and runs.",
        (true, false) => "The service is up to date; `outtrayd service start` starts it.",
        (false, true) => "The service is installed and runs.",
        (false, false) => "The service is installed; `outtrayd service start` starts it.",
    };
    done(place, &notes, said)
}

/// What an administrator may read (a certificate's key, a folder) the service's account may not: only its engine knows
/// whether it can use its settings. One that does not answer is alive all the same, and has nothing to say against it.
async fn settings_are_in_force(folder: &Path) -> Result<(), Failure> {
    let place = Place { data: folder.to_owned(), json: false };
    let asked = async {
        let client = link::connect(&place).await?;
        link::call(&client, Request::Snapshot).await
    };
    let Ok(Answer::Snapshot { snapshot }) = asked.await else { return Ok(()) };
    let problems = snapshot.settings.problems.iter().map(super::settings::line);
    let of_files = [ProblemCode::CertificateFileUnusable, ProblemCode::PickupFailed];
    let notices = snapshot.notices.iter().filter(|notice| of_files.contains(&notice.code)).map(super::show::trouble);
    let lines: String = problems.chain(notices).map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let path = &snapshot.settings.path;
    Err(Failure::new(Exit::SettingsProblems, format!("the service runs, and cannot use all of its settings ({path}):{lines}")))
}

/// Everything between stop and start; gives notes.
fn lay_out(
    what: &InstallArgs,
    folder: &Path,
    given: Option<Vec<u8>>,
    #[cfg(unix)] sealing: sealing::Sealing,
    change: &mut Change<'_>,
) -> Result<Vec<String>, Failure> {
    if let Some(from) = &what.take_over {
        moving::can_move(from, folder)?;
    }
    let installation = Installation {
        program: std::env::current_exe()?,
        #[cfg(windows)]
        user: what.user.clone(),
        #[cfg(unix)]
        user: None,
    };
    #[cfg(windows)]
    let mut notes = service::install(&installation)?;
    #[cfg(windows)]
    let secrets = "its passwords must be stored anew".to_owned();
    #[cfg(unix)]
    let (mut notes, secrets) = {
        let systemd = what.root.systemd();
        change.former = Some(systemd.former(&sealing.sealed)?);
        let mut notes = systemd.install(&installation, &sealing.sealed)?;
        let secrets = match sealing.moved.join(", ") {
            none if none.is_empty() => "no secret was found there".to_owned(),
            moved => format!("copies of its secrets are sealed: {moved}"),
        };
        notes.extend(sealing.notes(&systemd.sealed()));
        (notes, secrets)
    };
    service::prepare_folder(folder)?;
    if let Some(from) = &what.take_over {
        change.moves(from, folder)?;
        notes.push(format!("settings, queue and history were taken over from {}; {secrets}", from.display()));
    }
    if let Some(bytes) = given {
        let file = host::settings::file::path(folder);
        change.settings = Some((file.clone(), host::settings::file::read(&file)?));
        write_whole(&file, &bytes)?;
        moving::own_like(&file, folder)?;
    }
    Ok(notes)
}

/// How the service stood before, and what has been done since that must be undone if the rest fails.
struct Change<'a> {
    root: &'a RootArgs,
    was_there: bool,
    ran: bool,
    /// Mail went from the first folder to the second.
    moved: Option<(PathBuf, PathBuf)>,
    /// A settings file that was written, and what stood in it.
    settings: Option<(PathBuf, Option<Vec<u8>>)>,
    /// Unit and sealed secrets.
    #[cfg(unix)]
    former: Option<service::systemd::Former>,
}

impl<'a> Change<'a> {
    /// What runs is stopped: nobody may use its folder meanwhile.
    fn begin(root: &'a RootArgs) -> Result<Self, Failure> {
        let state = root.state()?;
        if !matches!(state, State::NotInstalled | State::Stopped) {
            root.stop()?;
        }
        let (was_there, ran) = (state != State::NotInstalled, matches!(state, State::Running { .. } | State::Starting));
        Ok(Self {
            root,
            was_there,
            ran,
            moved: None,
            settings: None,
            #[cfg(unix)]
            former: None,
        })
    }

    fn moves(&mut self, from: &Path, to: &Path) -> Result<(), Failure> {
        let moved = moving::move_home(from, to);
        // It may have failed when the mail was there already.
        if moved.is_ok() || moving::has_moved(from, to) {
            self.moved = Some((from.to_owned(), to.to_owned()));
        }
        Ok(moved?)
    }

    /// Gives the failure with what could not be undone.
    fn undo(&self, failure: Failure) -> Failure {
        match self.put_back() {
            Ok(()) => failure,
            Err(also) => Failure { said: format!("{}; and it could not be taken back: {}", failure.said, also.said), ..failure },
        }
    }

    fn put_back(&self) -> Outcome {
        if let Some((from, to)) = &self.moved {
            self.root.stop()?;
            if let Err(error) = moving::move_home(to, from) {
                let service = self.root.folder();
                // The mail is there: a service that sends it is better than none.
                let sends = *to == service && self.root.start().is_ok();
                let where_it_is = format!("the mail is in {}{}", to.display(), if sends { ", and the service sends it" } else { "" });
                return Err(Failure::new(Exit::Failed, format!("{}; {where_it_is}", Failure::from(error).said)));
            }
        }
        if let Some((file, before)) = &self.settings {
            match before {
                Some(bytes) => {
                    write_whole(file, bytes)?;
                    moving::own_like(file, &self.root.folder())?;
                }
                None if file.exists() => std::fs::remove_file(file)?,
                None => {}
            }
        }
        if !self.was_there {
            self.root.stop()?;
            self.root.uninstall()?;
        }
        #[cfg(unix)]
        if let Some(former) = &self.former {
            self.root.systemd().put_back(former)?;
        }
        if self.was_there && self.ran {
            self.root.start()?;
        }
        Ok(())
    }
}

async fn uninstall(place: &Place, what: UninstallArgs) -> Outcome {
    what.root.must_be_allowed()?;
    let folder = what.root.folder();
    let mut notes = Vec::new();
    let asks = what.remove_data && what.root.is_real() && !what.root.has_sealed_secrets();
    let secrets_stay = if asks { forget_secrets(&Place { data: folder.clone(), json: false }).await } else { None };
    match &what.give_back {
        None => notes.append(&mut what.root.uninstall()?),
        Some(to) => {
            let mut change = Change::begin(&what.root)?;
            // First the mail: when that fails, the service is still there, and runs again.
            let removed = change.moves(&folder, to).and_then(|()| Ok(what.root.uninstall()?));
            notes.append(&mut removed.map_err(|failure| change.undo(failure))?);
        }
    }
    if what.remove_data {
        remove_folder(&folder)?;
        #[cfg(unix)]
        what.root.systemd().forget_secrets()?;
    }
    #[cfg(windows)]
    // With the profile of the account everything goes that was stored for it.
    let secrets_stay = if what.remove_data && service::profile::remove()? { None } else { secrets_stay };
    notes.extend(secrets_stay);
    if !what.remove_data && what.give_back.is_none() && folder.exists() {
        notes.push(format!("settings, queue and history stay in {}", folder.display()));
    }
    done(place, &notes, "The service is removed.")
}

/// Only the account that keeps a secret can remove it: its engine is asked, and started for that if need be. Not on Windows,
/// where it would send mail that is to be removed: there the secret goes with the account's profile.
async fn forget_secrets(place: &Place) -> Option<String> {
    let gone = async {
        let state = service::state()?;
        if state == State::NotInstalled || (cfg!(windows) && state == State::Stopped) {
            return Ok(());
        }
        service::start()?;
        let client = link::connect(place).await?;
        link::call(&client, Request::RemoveAllSecrets).await?;
        Ok::<(), Failure>(())
    };
    let said = gone.await.err()?.said;
    Some(format!("the stored passwords could not be removed: {said}"))
}

fn remove_folder(folder: &Path) -> Outcome {
    // systemd makes it a link to a folder that only root reaches.
    let behind = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if behind != folder {
        let _ = std::fs::remove_file(folder);
    }
    match std::fs::remove_dir_all(behind) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(Exit::Failed, format!("the service is removed, but its folder {} cannot be: {error}", folder.display())))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn done(place: &Place, notes: &[String], said: &str) -> Outcome {
    place.print(&json!({ "done": true, "notes": notes }), || {
        notes.iter().fold(said.to_owned(), |mut text, note| {
            text.push_str(&format!("\nNote: {note}."));
            text
        })
    })
}

fn words(state: State) -> String {
    match state {
        State::NotInstalled => "not installed".into(),
        State::Stopped => "installed, stopped".into(),
        State::Starting => "installed, starting".into(),
        State::Running { process } => format!("installed, running as process {process}"),
        State::Stopping => "installed, stopping".into(),
    }
}

impl RootArgs {
    /// Not a trial in a folder.
    fn is_real(&self) -> bool {
        #[cfg(unix)]
        return self.root.is_none();
        #[cfg(windows)]
        true
    }

    fn must_be_allowed(&self) -> Result<(), ServiceError> {
        if self.is_real() && !service::is_elevated() { Err(ServiceError::NotAllowed) } else { Ok(()) }
    }

    fn folder(&self) -> PathBuf {
        let folder = paths::machine_data_folder();
        #[cfg(unix)]
        if let Some(root) = &self.root {
            return root.join(folder.strip_prefix("/").unwrap_or(&folder));
        }
        folder
    }

    #[cfg(unix)]
    fn systemd(&self) -> service::systemd::Systemd {
        service::systemd::Systemd::under(self.root.as_deref())
    }
}

#[cfg(unix)]
impl RootArgs {
    /// They go with their files; no engine is needed for it.
    fn has_sealed_secrets(&self) -> bool {
        !self.systemd().sealed().is_empty()
    }

    fn state(&self) -> Result<State, ServiceError> {
        self.systemd().state()
    }

    fn start(&self) -> Result<(), ServiceError> {
        self.systemd().start()
    }

    fn stop(&self) -> Result<(), ServiceError> {
        self.systemd().stop()
    }

    fn uninstall(&self) -> Result<Vec<String>, ServiceError> {
        self.systemd().uninstall()
    }
}

#[cfg(windows)]
impl RootArgs {
    fn has_sealed_secrets(&self) -> bool {
        false
    }

    fn state(&self) -> Result<State, ServiceError> {
        service::state()
    }

    fn start(&self) -> Result<(), ServiceError> {
        service::start()
    }

    fn stop(&self) -> Result<(), ServiceError> {
        service::stop()
    }

    fn uninstall(&self) -> Result<Vec<String>, ServiceError> {
        service::uninstall()
    }
}

/// It goes into an access list: nothing else may get in there.
#[cfg(windows)]
fn sid(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("S-1-").unwrap_or_default();
    let is_sid = !rest.is_empty() && rest.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_sid {
        Ok(text.to_owned())
    } else {
        Err("a SID such as S-1-5-21-1004336348-1177238915-682003330-1001; `whoami /user` prints yours".to_owned())
    }
}
