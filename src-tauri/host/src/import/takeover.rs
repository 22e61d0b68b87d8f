//! The two services change places at the port of mail, and back on one click.
//!
//! In: the engine through the contract, the Windows SMTP service through [`SmtpSvc`], the data folder. Out: how things stand.
//! Promise: devices find one of the two at the port. Whatever fails, everything done before is undone, and what cannot be
//! undone is named. How the service stood before is on the disk (`iis-before.json`) before it is touched.
//!
//! Mail in IIS's own queue stays there: it is sent when the service runs again.

mod back;
mod left;
mod scm;

pub use back::{back, back_without_engine};
pub use left::{Folders, left_mail};
pub use scm::WindowsSmtp;

use crate::settings::file::write_whole;
use control::import::{ServiceStart, SmtpService, TakeOverTrouble, TakeOverView, TakenOver};
use control::settings::{Settings, SettingsProblem, SmartHostSettings};
use control::{Answer, Client, NewSecret, Request};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Windows' side: the service manager, and rights on folders. Calls wait until the service has stopped or started; an error
/// is a sentence.
pub trait SmtpSvc: Send + Sync {
    fn state(&self) -> SmtpService;
    /// Whether this process has the right to.
    fn may_control(&self) -> bool;
    fn stop(&self) -> Result<(), String>;
    fn start(&self) -> Result<(), String>;
    fn set_start(&self, start: ServiceStart) -> Result<(), String>;
    fn give(&self, right: &Right) -> Result<(), String>;
    fn take_back(&self, right: &Right) -> Result<(), String>;
}

/// To make, change and remove files in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    pub folder: PathBuf,
    /// As `icacls` takes it.
    pub account: String,
}

/// It was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The engine may not empty the pickup folder: it does without.
    pub without_pickup: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NotDone {
    /// The settings cannot be used; nothing was touched.
    Problems(Vec<SettingsProblem>),
    Trouble(TakeOverTrouble),
}

/// How the service stood, kept beside the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    at: i64,
    ports: Vec<u16>,
    start: ServiceStart,
    ran: bool,
    /// Rights the engine's account was given for this.
    #[serde(default)]
    given: Vec<Right>,
    /// Where mail may have been left.
    #[serde(default = "Folders::usual")]
    folders: Folders,
}

pub fn view(service: &dyn SmtpSvc, folder: &Path) -> TakeOverView {
    let before = read(folder);
    let state = service.state();
    let folders = before.as_ref().map_or_else(Folders::usual, |before| before.folders.clone());
    let left = if state == SmtpService::NotInstalled { Vec::new() } else { left_mail(&folders) };
    let taken = before.map(|before| TakenOver { at: before.at, ports: before.ports, start_before: before.start, ran_before: before.ran });
    TakeOverView { service: state, may_control: service.may_control(), taken, left }
}

/// What is to be in force in its place.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub settings: &'a Settings,
    /// The password that belongs to them.
    pub secret: Option<NewSecret>,
    /// What that takes the place of, if it can be known.
    pub former: Option<NewSecret>,
    /// Rights on its pickup folders, which this process may give and the engine's account lacks.
    pub rights: Vec<Right>,
    /// Where the engine may not empty the pickup folder all the same, everything else is taken over.
    pub pickup_may_stay: bool,
    /// Where the old service has its mail.
    pub folders: Folders,
}

impl<'a> Wanted<'a> {
    pub fn only(settings: &'a Settings) -> Self {
        Self { settings, secret: None, former: None, rights: Vec::new(), pickup_may_stay: false, folders: Folders::usual() }
    }
}

/// Puts these settings in force in the place of the Windows SMTP service. `now` is the time, for the record.
pub async fn take_over(engine: &Client, service: &dyn SmtpSvc, folder: &Path, wanted: Wanted<'_>, now: i64) -> Result<Done, NotDone> {
    let SmtpService::Installed { running, start } = service.state() else {
        return Err(trouble(
            "The Windows SMTP service is not installed on this machine.",
            "Save the settings as they are: its port is free.",
        ));
    };
    must_control(service, folder)?;
    let given: Vec<Right> = wanted.rights.iter().filter(|right| service.give(right).is_ok()).cloned().collect();
    let state = State { running, start };
    let done = change_places(engine, service, folder, &wanted, state, &given, now).await;
    let is_used = matches!(done, Ok(Done { without_pickup: false }));
    let kept = read(folder).map(|before| before.given).unwrap_or_default();
    if !is_used {
        // What an earlier time gave stays.
        let left = given.iter().filter(|right| !kept.contains(right)).filter_map(|right| Some((right, service.take_back(right).err()?)));
        for (right, said) in left {
            tracing::warn!(folder = %right.folder.display(), said, "A right that was given could not be taken back");
        }
    }
    done
}

/// How the service was found.
#[derive(Debug, Clone, Copy)]
struct State {
    running: bool,
    start: ServiceStart,
}

async fn change_places(
    engine: &Client,
    service: &dyn SmtpSvc,
    folder: &Path,
    wanted: &Wanted<'_>,
    State { running, start }: State,
    given: &[Right],
    now: i64,
) -> Result<Done, NotDone> {
    let former = settings_of(engine).await?;
    let (settings, done) = fitting(engine, wanted).await?;
    let settings = &settings;
    let (secret, former_secret) = (wanted.secret.clone(), wanted.former.clone());
    // A second time must not forget how things stood before the first. Ports that are ours anyway are not taken from anybody.
    let before = read(folder).unwrap_or(Before {
        at: now,
        ports: Vec::new(),
        start,
        ran: running,
        given: Vec::new(),
        folders: wanted.folders.clone(),
    });
    let open = open_ports(engine).await?;
    let gained = settings.listeners.iter().map(|listener| listener.port).filter(|port| !open.contains(port));
    let ports = sorted(before.ports.iter().copied().chain(gained).collect());
    let mut rights = before.given.clone();
    if !done.without_pickup {
        rights.extend(given.iter().filter(|right| !before.given.contains(right)).cloned());
    }
    write(folder, &Before { ports, given: rights, ..before.clone() })?;

    let mut undo = Undo { service, folder, before: &before, left_undone: Vec::new() };
    if let Err(said) = service.set_start(ServiceStart::Disabled) {
        undo.record();
        return Err(undo.because(format!("The Windows SMTP service could not be disabled: {said}."), "Run Outtray as administrator."));
    }
    if running && let Err(said) = service.stop() {
        undo.start_type();
        undo.record();
        return Err(undo.because(
            format!("The Windows SMTP service could not be stopped: {said}."),
            "Stop it in services.msc (SMTPSVC), then take over again.",
        ));
    }
    let replaced = secret.as_ref().map(|secret| secret.name.clone());
    match put_in_force(engine, settings, secret).await {
        Ok(()) => Ok(done),
        Err(why) => {
            if let Some(name) = replaced {
                undo.secret(engine, name, &former, former_secret.is_some()).await;
            }
            undo.engine(engine, &former, former_secret).await;
            undo.start_type();
            undo.run(running);
            undo.record();
            Err(match why {
                Refusal::Problems(problems) => NotDone::Problems(problems),
                Refusal::Said(said) => undo.because(said, "The Windows SMTP service has its port again. Free the port or choose another."),
            })
        }
    }
}

/// The settings as they can be in force.
async fn fitting(engine: &Client, wanted: &Wanted<'_>) -> Result<(Settings, Done), NotDone> {
    let problems = problems_of(engine, wanted.settings).await?;
    if problems.is_empty() {
        return Ok((wanted.settings.clone(), Done { without_pickup: false }));
    }
    let without = Settings { pickup: None, ..wanted.settings.clone() };
    let is_pickup = wanted.pickup_may_stay && problems.iter().all(|problem| problem.field.starts_with("pickup"));
    if !is_pickup || !problems_of(engine, &without).await?.is_empty() {
        return Err(NotDone::Problems(problems));
    }
    Ok((without, Done { without_pickup: true }))
}

async fn problems_of(engine: &Client, settings: &Settings) -> Result<Vec<SettingsProblem>, NotDone> {
    match ask(engine, Request::CheckSettings { settings: Box::new(settings.clone()) }).await? {
        Answer::Problems { problems } => Ok(problems),
        _ => Err(strange()),
    }
}

/// What was done so far, backwards. What does not work is remembered.
struct Undo<'a> {
    service: &'a dyn SmtpSvc,
    folder: &'a Path,
    before: &'a Before,
    left_undone: Vec<String>,
}

impl Undo<'_> {
    /// First of all: the former server must not see the new password.
    async fn secret(&mut self, engine: &Client, name: String, former: &Settings, is_known: bool) {
        if ask(engine, Request::RemoveSecret { name }).await.is_err() {
            self.left_undone.push("The new password is still stored.".to_owned());
        }
        let signs_in = |smart_host: &SmartHostSettings| smart_host.sign_in.wants_secret();
        if !is_known && former.smart_host.as_ref().is_some_and(signs_in) {
            self.left_undone.push("The former password has to be given again.".to_owned());
        }
    }

    async fn engine(&mut self, engine: &Client, former: &Settings, secret: Option<NewSecret>) {
        // Ports of the former settings may be held by others still: that is told elsewhere.
        if ask(engine, Request::ApplySettings { settings: Box::new(former.clone()), secret }).await.is_err() {
            self.left_undone.push("Outtray’s former settings are not in force again.".to_owned());
        }
    }

    fn start_type(&mut self) {
        if let Err(said) = self.service.set_start(self.before.start) {
            self.left_undone.push(format!("The Windows SMTP service is still disabled: {said}."));
        }
    }

    fn run(&mut self, ran: bool) {
        if ran && let Err(said) = self.service.start() {
            self.left_undone.push(format!("The Windows SMTP service does not run again: {said}."));
        }
    }

    fn rights(&mut self) {
        for right in &self.before.given {
            if let Err(said) = self.service.take_back(right) {
                let folder = right.folder.display();
                self.left_undone.push(format!("{} may still change files in {folder}: {said}.", right.account));
            }
        }
    }

    fn record(&mut self) {
        if let Err(error) = std::fs::remove_file(path(self.folder)) {
            self.left_undone.push(format!("{} is still there: {error}.", path(self.folder).display()));
        }
    }

    fn because(self, wrong: String, remedy: &str) -> NotDone {
        NotDone::Trouble(TakeOverTrouble { wrong, remedy: remedy.to_owned(), left_undone: self.left_undone })
    }
}

enum Refusal {
    Problems(Vec<SettingsProblem>),
    Said(String),
}

/// Saved, in force, and every port open.
async fn put_in_force(engine: &Client, settings: &Settings, secret: Option<NewSecret>) -> Result<(), Refusal> {
    match ask(engine, Request::ApplySettings { settings: Box::new(settings.clone()), secret }).await {
        Ok(Answer::Settings { .. }) => {}
        Ok(Answer::Problems { problems }) => return Err(Refusal::Problems(problems)),
        Ok(_) => return Err(Refusal::Said("The engine gave a strange answer.".to_owned())),
        Err(NotDone::Trouble(trouble)) => return Err(Refusal::Said(trouble.wrong)),
        Err(NotDone::Problems(problems)) => return Err(Refusal::Problems(problems)),
    }
    let Ok(Answer::Snapshot { snapshot }) = ask(engine, Request::Snapshot).await else {
        return Err(Refusal::Said("The engine does not answer.".to_owned()));
    };
    let shut = snapshot.listeners.iter().find_map(|listener| Some((listener.port, listener.problem.as_ref()?)));
    match shut {
        None => Ok(()),
        Some((port, problem)) => {
            let holder = problem.said.as_deref().filter(|said| !said.is_empty()).map(|said| format!(" ({said})")).unwrap_or_default();
            Err(Refusal::Said(format!("Port {port} could not be opened{holder}.")))
        }
    }
}

async fn open_ports(engine: &Client) -> Result<Vec<u16>, NotDone> {
    let Answer::Snapshot { snapshot } = ask(engine, Request::Snapshot).await? else { return Err(strange()) };
    Ok(snapshot.listeners.iter().filter(|listener| listener.problem.is_none()).map(|listener| listener.port).collect())
}

async fn settings_of(engine: &Client) -> Result<Settings, NotDone> {
    match ask(engine, Request::Settings).await? {
        Answer::Settings { settings } => Ok(settings.settings),
        _ => Err(strange()),
    }
}

async fn ask(engine: &Client, request: Request) -> Result<Answer, NotDone> {
    match engine.call(request).await {
        Ok(Answer::Refused { refused }) => {
            Err(trouble(&format!("Outtray’s engine refused: {refused:?}."), "Try again; if it stays so, restart Outtray."))
        }
        Ok(answer) => Ok(answer),
        Err(error) => Err(trouble(&format!("Outtray’s engine does not answer: {error}."), "Start Outtray, then try again.")),
    }
}

fn must_control(service: &dyn SmtpSvc, folder: &Path) -> Result<(), NotDone> {
    if service.may_control() {
        return Ok(());
    }
    let remedy = format!(
        "Save the settings, then use the window’s button, which asks for an administrator, or open a command prompt as administrator \
         and run: outtrayd import iis --take-over --keep-settings --data \"{}\" (the way back: --back instead of the first two).",
        folder.display()
    );
    Err(trouble("This account may not stop and start the Windows SMTP service.", &remedy))
}

fn trouble(wrong: &str, remedy: &str) -> NotDone {
    NotDone::Trouble(TakeOverTrouble { wrong: wrong.to_owned(), remedy: remedy.to_owned(), left_undone: Vec::new() })
}

fn strange() -> NotDone {
    trouble("Outtray’s engine gave a strange answer.", "Are both of the same version? Install Outtray again.")
}

fn sorted(mut ports: Vec<u16>) -> Vec<u16> {
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn path(folder: &Path) -> PathBuf {
    folder.join("iis-before.json")
}

fn read(folder: &Path) -> Option<Before> {
    serde_json::from_slice(&std::fs::read(path(folder)).ok()?).ok()
}

fn write(folder: &Path, before: &Before) -> Result<(), NotDone> {
    let kept = serde_json::to_vec_pretty(before).map_err(std::io::Error::other).and_then(|text| write_whole(&path(folder), &text));
    kept.map_err(|error| {
        trouble(
            &format!("{} cannot be written: {error}.", path(folder).display()),
            "Nothing was changed. Make room on the disk, or run Outtray as administrator.",
        )
    })
}

#[cfg(test)]
mod tests;
