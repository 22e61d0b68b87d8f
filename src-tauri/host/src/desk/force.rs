//! What is in force: settings, password, certificate, log level; and how that changes.
//!
//! In: checked settings. Out: a reconfigured engine, a saved file, a fact for every watcher.
//! One change at a time. Invariant: whatever cannot be used leaves the old settings in force.

use super::views::{self, Around};
use crate::logs::Logs;
use crate::secrets::{SMART_HOST, Secrets};
use crate::settings::{self, Checked, Facts, file};
use crate::{certificate, machine};
use control::event::{Event, Fact};
use control::problem::{Problem, ProblemCode};
use control::request::Refused;
use control::settings::{DeviceAccount, SettingsProblem, SignIn};
use control::view::{AccountView, EngineView, SecretView, SettingsView};
use ipnet::IpNet;
use relay::Relay;
use relay::clock::Clock;
use relay::config::Config;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

pub struct Force {
    pub facts: Facts,
    pub secrets: Secrets,
    logs: Option<Logs>,
    clock: Arc<dyn Clock>,
    now: Mutex<Now>,
    /// Held while settings or secrets change.
    pub changing: tokio::sync::Mutex<()>,
    told: broadcast::Sender<Event>,
    engine: EngineView,
}

#[derive(Debug)]
struct Now {
    checked: Checked,
    /// What is wrong with the document on the disk.
    problems: Vec<SettingsProblem>,
    secrets: Vec<SecretView>,
    /// Our own certificate could not be made.
    certificate: Option<Problem>,
    networks: Vec<IpNet>,
    accounts: Vec<AccountView>,
}

/// Why a change was not made.
#[derive(Debug)]
pub enum Unchanged {
    Problems(Vec<SettingsProblem>),
    Refused(Refused),
}

/// What was found at the start: settings to begin with, and what is wrong with the file.
pub struct Found {
    pub checked: Checked,
    pub problems: Vec<SettingsProblem>,
    /// Neither the file nor the copy of what was last in force could be used.
    pub nothing_usable: bool,
}

impl Force {
    pub fn new(facts: Facts, secrets: Secrets, logs: Option<Logs>, clock: Arc<dyn Clock>, found: Found, engine: EngineView) -> Self {
        let now = Now {
            checked: found.checked,
            problems: found.problems,
            secrets: Vec::new(),
            certificate: None,
            networks: networks(),
            accounts: Vec::new(),
        };
        let (told, _) = broadcast::channel(64);
        Self { facts, secrets, logs, clock, now: Mutex::new(now), changing: tokio::sync::Mutex::default(), told, engine }
    }

    /// The host's own facts; they have no numbers.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.told.subscribe()
    }

    /// The engine's configuration for what is in force, with password and certificate fetched anew.
    pub async fn config(&self) -> Config {
        let checked = self.now().checked.clone();
        let password = match &checked.settings.smart_host {
            Some(smart_host) if matches!(smart_host.sign_in, SignIn::Password { .. }) => self.password().await,
            Some(_) | None => None,
        };
        let secrets = self.secrets.views().await;
        let (own, trouble) = if checked.wants_self_signed() { self.own_certificate(&checked) } else { (None, None) };
        let mut now = self.now();
        now.secrets = secrets;
        now.certificate = trouble;
        drop(now);
        checked.config(own, password)
    }

    pub async fn password(&self) -> Option<secrecy::SecretString> {
        self.secrets.read(SMART_HOST).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "The password could not be read");
            None
        })
    }

    /// Checks, saves, puts in force.
    pub async fn apply(&self, relay: &Relay, settings: &control::Settings) -> Result<(), Unchanged> {
        let _one_at_a_time = self.changing.lock().await;
        let checked = settings::check(settings, &self.facts).map_err(Unchanged::Problems)?;
        file::save(&self.facts.folder, &checked.settings).map_err(|error| {
            tracing::error!(%error, "The settings could not be saved");
            let code = if error.kind() == std::io::ErrorKind::StorageFull { ProblemCode::DiskFull } else { ProblemCode::Other };
            let problem = Problem::new(code).about(self.path().display().to_string()).said(error.to_string());
            Unchanged::Refused(Refused::Trouble { problem })
        })?;
        self.take(relay, checked).await;
        Ok(())
    }

    /// Reads the file again.
    pub async fn reload(&self, relay: &Relay) -> Result<(), Unchanged> {
        let _one_at_a_time = self.changing.lock().await;
        let read = read(&file::path(&self.facts.folder), &self.facts)
            .unwrap_or_else(|| Err(vec![settings::problem("", "", "the settings file is gone", "apply settings, or put the file back")]));
        match read {
            Ok(checked) => {
                self.take(relay, checked).await;
                Ok(())
            }
            Err(problems) => {
                tracing::warn!(problems = problems.len(), "The settings file cannot be used; the old settings stay in force");
                self.now().problems.clone_from(&problems);
                self.tell(relay).await;
                Err(Unchanged::Problems(problems))
            }
        }
    }

    /// The same settings once more: another password, a new certificate.
    pub async fn renew(&self, relay: &Relay) {
        relay.reconfigure(self.config().await).await;
        self.tell(relay).await;
    }

    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Whether our own certificate ends soon.
    pub fn certificate_is_due(&self) -> bool {
        let checked = self.now().checked.clone();
        checked.wants_self_signed() && !certificate::is_still_good(&self.facts.folder, checked.host_name(), self.today())
    }

    pub fn settings_view(&self) -> SettingsView {
        let now = self.now();
        SettingsView {
            settings: now.checked.settings.clone(),
            path: self.path().display().to_string(),
            problems: now.problems.clone(),
            secrets: now.secrets.clone(),
            store: self.secrets.store_view(),
            accounts: now.accounts.clone(),
        }
    }

    pub fn engine_view(&self) -> EngineView {
        EngineView { host_name: self.now().checked.host_name().to_owned(), ..self.engine.clone() }
    }

    /// What views need besides the engine's own words.
    pub fn around(&self) -> Around {
        let now = self.now();
        let unreadable = now.problems.first().map(|first| {
            let said = format!("{}: {}", first.field, first.wrong);
            Problem::new(ProblemCode::SettingsUnreadable).about(self.path().display().to_string()).said(said)
        });
        Around {
            provider: now.checked.settings.smart_host.as_ref().map(|smart_host| smart_host.provider.clone()).unwrap_or_default(),
            networks: now.networks.clone(),
            notices: unreadable.into_iter().chain(now.certificate.clone()).collect(),
        }
    }

    /// What is in force.
    pub fn checked(&self) -> Checked {
        self.now().checked.clone()
    }

    /// Devices sign in, and their passwords are in the engine's hands.
    pub async fn look_at_accounts(&self, relay: &Relay) {
        let states = match relay.accounts().await {
            Ok(states) => states,
            Err(error) => return tracing::warn!(error = error.chain(), "Could not look at the device accounts"),
        };
        let mut now = self.now();
        let view = |account: &DeviceAccount| {
            let state = states.iter().find(|state| state.name == account.name.to_lowercase());
            let last_used_at = state.and_then(|state| state.used_at).map(views::millis);
            AccountView { name: account.name.clone(), has_password: state.is_some(), last_used_at }
        };
        now.accounts = now.checked.settings.accounts.iter().map(view).collect();
    }

    /// Cards come and go.
    pub fn look_at_networks(&self) {
        self.now().networks = networks();
    }

    async fn take(&self, relay: &Relay, checked: Checked) {
        if let Err(error) = file::save_last_good(&self.facts.folder, &checked.settings) {
            tracing::warn!(%error, "The copy of the settings in force could not be written");
        }
        if let Some(logs) = &self.logs {
            logs.set_level(checked.settings.log_level);
        }
        {
            let mut now = self.now();
            now.checked = checked;
            now.problems.clear();
        }
        // Only here, where a document was taken: without one the passwords of its accounts must stay.
        let names = self.checked().settings.accounts.into_iter().map(|account| account.name).collect();
        if let Err(error) = relay.forget_other_accounts(names).await {
            tracing::warn!(error = error.chain(), "Could not forget the passwords of accounts that are gone");
        }
        relay.reconfigure(self.config().await).await;
        tracing::info!("New settings are in force");
        self.tell(relay).await;
    }

    pub async fn tell(&self, relay: &Relay) {
        self.look_at_accounts(relay).await;
        let settings = Fact::SettingsChanged { settings: Box::new(self.settings_view()), engine: self.engine_view() };
        let notices = views::notices(&relay.picture().await.notices, &self.around());
        // Nobody listening is no loss: a snapshot tells the same.
        let _ = self.told.send(Event::unnumbered(settings));
        let _ = self.told.send(Event::unnumbered(Fact::NoticesChanged { notices }));
    }

    fn own_certificate(&self, checked: &Checked) -> (Option<Arc<rustls::ServerConfig>>, Option<Problem>) {
        match certificate::self_signed(&self.facts.folder, checked.host_name(), &machine::addresses(), self.today()) {
            Ok(config) => (Some(config), None),
            Err(error) => {
                tracing::error!(%error, "There is no certificate: no encryption is offered");
                let subject = certificate::files(&self.facts.folder).0.display().to_string();
                (None, Some(Problem::new(ProblemCode::CertificateFileUnusable).about(subject).said(error.to_string())))
            }
        }
    }

    fn today(&self) -> jiff::civil::Date {
        self.clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
    }

    fn path(&self) -> PathBuf {
        file::path(&self.facts.folder)
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The settings to begin with: the file; else what was last in force; else those of a new machine.
pub fn find(facts: &Facts) -> Found {
    let problems = match read(&file::path(&facts.folder), facts) {
        Some(Ok(checked)) => {
            if let Err(error) = file::save_last_good(&facts.folder, &checked.settings) {
                tracing::warn!(%error, "The copy of the settings in force could not be written");
            }
            return Found { checked, problems: Vec::new(), nothing_usable: false };
        }
        Some(Err(problems)) => problems,
        None => Vec::new(),
    };
    if let (false, Some(Ok(checked))) = (problems.is_empty(), read(&file::last_good_path(&facts.folder), facts)) {
        return Found { checked, problems, nothing_usable: false };
    }
    let nothing_usable = !problems.is_empty();
    Found { checked: Checked::new_machine(facts), problems, nothing_usable }
}

/// None when there is no such file.
fn read(path: &Path, facts: &Facts) -> Option<Result<Checked, Vec<SettingsProblem>>> {
    match file::read(path) {
        Ok(bytes) => Some(settings::read_and_check(&bytes?, facts)),
        Err(error) => {
            let remedy = "a file that the account Outtray runs as can read";
            Some(Err(vec![settings::problem("", path.display().to_string(), format!("the file cannot be read: {error}"), remedy)]))
        }
    }
}

fn networks() -> Vec<IpNet> {
    machine::networks().iter().filter_map(|view| view.network.parse().ok()).collect()
}
