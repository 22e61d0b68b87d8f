//! What is in force: settings, password, certificate, log level; and how that changes.
//!
//! In: checked settings. Out: a reconfigured engine, a saved file, a fact for every watcher.
//! One change at a time. Invariants: whatever cannot be used leaves the old settings in force; settings and the password
//! that came with them are put in force together, so that no server sees another's password.

mod certificates;

use super::ends::ends;
use super::lanes::all as lanes;
use super::views::{self, Around};
use crate::files::Marks;
use crate::logs::Logs;
use crate::oauth::Oauth;
use crate::secrets::{self, CERTIFICATE, Former, Secrets};
use crate::settings::{self, CertificatePassword, Checked, Credentials, Facts, Files, file};
use crate::{dkim, machine};
use control::event::{Event, Fact};
use control::problem::{Problem, ProblemCode};
use control::request::{NewSecret, Refused};
use control::settings::{CertificateSettings, DeviceAccount, SettingsProblem};
use control::view::{AccountView, CertificateView, EngineView, NamedSignIn, SecretView, SettingsView};
use ipnet::IpNet;
use relay::Relay;
use relay::clock::Clock;
use relay::config::Config;
use secrecy::SecretString;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

pub struct Force {
    pub facts: Facts,
    pub secrets: Arc<Secrets>,
    /// Of the default smart host.
    pub oauth: Arc<Oauth>,
    /// Of the others, by name.
    pub(super) others: Mutex<HashMap<String, Arc<Oauth>>>,
    logs: Option<Logs>,
    clock: Arc<dyn Clock>,
    now: Mutex<Now>,
    /// Held while settings or secrets change.
    pub changing: tokio::sync::Mutex<()>,
    told: broadcast::Sender<Event>,
    /// A password is wanted and there is none, or it could not be read.
    password_is_missing: watch::Sender<bool>,
    engine: EngineView,
}

#[derive(Debug)]
struct Now {
    checked: Checked,
    /// What is wrong with the document on the disk.
    problems: Vec<SettingsProblem>,
    secrets: Vec<SecretView>,
    /// Our own certificate could not be made, or the office's not be opened.
    certificate: Vec<Problem>,
    /// The one in force.
    shown: Option<CertificateView>,
    /// The password could not be read.
    password: Option<Problem>,
    /// What ends soon, or has ended.
    ends: Vec<Problem>,
    /// What stood in the files that settings name when they were loaded.
    files: Marks,
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
            files: Marks::of(found.checked.files()),
            checked: found.checked,
            problems: found.problems,
            secrets: Vec::new(),
            certificate: Vec::new(),
            shown: None,
            password: None,
            ends: Vec::new(),
            networks: networks(),
            accounts: Vec::new(),
        };
        let (told, _) = broadcast::channel(64);
        let (password_is_missing, _) = watch::channel(false);
        let (now, changing) = (Mutex::new(now), tokio::sync::Mutex::default());
        let secrets = Arc::new(secrets);
        let oauth = Arc::new(Oauth::new(Arc::clone(&secrets), Arc::clone(&clock)));
        let others = Mutex::default();
        Self { facts, secrets, oauth, others, logs, clock, now, changing, told, password_is_missing, engine }
    }

    /// The host's own facts; they have no numbers.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.told.subscribe()
    }

    /// The engine's configuration for what is in force, with passwords and certificate fetched anew.
    pub async fn config(&self) -> Config {
        let mut checked = self.now().checked.clone();
        let (mut views, mut unreadable, mut is_missing, mut all) = (Vec::new(), None, false, HashMap::new());
        for (lane, smart_host) in lanes(&checked.settings) {
            let name = secrets::of_lane(&lane);
            // A store that does not answer is not asked twice.
            let found = if unreadable.is_some() { Ok(None) } else { self.secrets.read(&name).await };
            views.push(self.secrets.view(&name, &found));
            let wants = smart_host.as_ref().is_some_and(|smart_host| smart_host.sign_in.wants_secret());
            let password = found.unwrap_or_else(|error| {
                tracing::warn!(%error, "The password could not be read");
                unreadable = Some((error.problem(), wants));
                None
            });
            let password = password.filter(|_| wants);
            is_missing |= wants && password.is_none();
            let plan = smart_host.as_ref().and_then(|smart_host| checked.token_plan(smart_host));
            let tokens = self.oauth_of(&lane).put_in_force(plan, password.clone()).await;
            all.insert(lane, Credentials { password, tokens, ..Credentials::default() });
        }
        self.forget_other_lanes(&checked.settings).await;
        let of_certificate = match &unreadable {
            None => self.secrets.read(CERTIFICATE).await,
            Some(_) => Ok(None),
        };
        views.push(self.secrets.view(CERTIFICATE, &of_certificate));
        let unopened = self.open_pfx(&mut checked, of_certificate.ok().flatten()).await;
        let (own, trouble) = if checked.wants_self_signed() { self.own_certificate(&checked) } else { (None, None) };
        let signers = match &unreadable {
            None => dkim::signers(&self.secrets, &checked.settings.dkim).await,
            Some(_) => dkim::without_keys(&checked.settings.dkim),
        };
        views.extend(signers.iter().map(|signer| dkim::secret_view(&self.secrets, signer)));
        let key_missing = signers.iter().any(|signer| signer.key.is_none());
        let mut now = self.now();
        now.secrets = views;
        now.certificate = trouble.into_iter().chain(unopened).collect();
        now.shown = Self::shown(&checked, own.as_deref());
        now.ends = ends(&checked, self.today());
        now.password = unreadable.filter(|(_, wants)| *wants || is_missing).map(|(problem, _)| problem);
        if now.checked.settings == checked.settings {
            // To be kept when the file cannot be opened another time.
            now.checked = checked.clone();
        }
        drop(now);
        self.password_is_missing.send_replace(is_missing || key_missing);
        checked.config(own, all, signers)
    }

    /// What is stored for a smart host.
    pub async fn password(&self, lane: &str) -> Option<SecretString> {
        self.secrets.read(&secrets::of_lane(lane)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "The password could not be read");
            None
        })
    }

    /// Whether a password is wanted that is not there; changes are told.
    pub fn password_is_missing(&self) -> watch::Receiver<bool> {
        self.password_is_missing.subscribe()
    }

    /// Reads a missing password again: a store that was locked may be open by now.
    pub async fn look_for_password(&self, relay: &Relay) {
        let _one_at_a_time = self.changing.lock().await;
        if !*self.password_is_missing.borrow() {
            return;
        }
        let (wanted, known) = {
            let now = self.now();
            (secrets::wanted_by(&now.checked.settings), now.secrets.clone())
        };
        for name in wanted.iter().filter(|name| !known.iter().any(|view| view.name == **name && view.is_set)) {
            if matches!(self.secrets.read(name).await, Ok(Some(_))) {
                tracing::info!(name, "What was missing in the credential store is there now");
                return self.renew(relay).await;
            }
        }
    }

    /// What is wrong with these settings, beside what is in force. `secret` comes with them.
    pub async fn check(&self, settings: &control::Settings, secret: Option<&NewSecret>) -> Result<Checked, Vec<SettingsProblem>> {
        let mut facts = self.facts.clone();
        if matches!(settings.certificate, CertificateSettings::Pfx { .. }) {
            facts.certificate_password = match secret.filter(|secret| secret.name == CERTIFICATE) {
                Some(given) => CertificatePassword::Given(given.secret.clone().into_inner()),
                None => CertificatePassword::Stored(self.secrets.read(CERTIFICATE).await.ok().flatten().unwrap_or_default()),
            };
        }
        let now = self.now().checked.settings.clone();
        settings::check_with(settings, &facts, Files::AsIn(&now))
    }

    /// Checks, saves, puts in force, with the password that belongs to these settings.
    pub async fn apply(&self, relay: &Relay, settings: &control::Settings, secret: Option<NewSecret>) -> Result<(), Unchanged> {
        let _one_at_a_time = self.changing.lock().await;
        let checked = self.check(settings, secret.as_ref()).await.map_err(Unchanged::Problems)?;
        let former = match secret {
            Some(secret) => Some(self.replace(secret).await?),
            None => None,
        };
        if let Err(error) = file::save(&self.facts.folder, &checked.settings) {
            tracing::error!(%error, "The settings could not be saved");
            if let Some((name, former)) = former
                && let Err(error) = self.secrets.put_back(&name, former).await
            {
                tracing::error!(name, %error, "The former secret could not be put back");
            }
            let code = if error.kind() == std::io::ErrorKind::StorageFull { ProblemCode::DiskFull } else { ProblemCode::Other };
            let problem = Problem::new(code).about(self.path().display().to_string()).said(error.to_string());
            return Err(Unchanged::Refused(Refused::Trouble { problem }));
        }
        self.take(relay, checked).await;
        Ok(())
    }

    /// Nobody is told of it before the settings are in force.
    async fn replace(&self, NewSecret { name, secret, until_restart }: NewSecret) -> Result<(String, Former), Unchanged> {
        let former = self.secrets.replace(&name, secret.into_inner(), until_restart).await;
        let former = former.map_err(|error| Unchanged::Refused(Refused::Trouble { problem: error.problem() }))?;
        tracing::info!(name, until_restart, "A secret was set");
        Ok((name, former))
    }

    /// Reads the file again.
    pub async fn reload(&self, relay: &Relay) -> Result<(), Unchanged> {
        let _one_at_a_time = self.changing.lock().await;
        let in_force = self.now().checked.settings.clone();
        let read = read(&file::path(&self.facts.folder), &self.facts, Files::AsIn(&in_force))
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

    /// The files that settings name.
    pub fn files(&self) -> Vec<PathBuf> {
        self.now().checked.files()
    }

    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.clock.now().as_millisecond()
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
            sign_in: self.oauth.view(views::trouble),
            other_sign_ins: now
                .checked
                .settings
                .other_smart_hosts
                .iter()
                .filter_map(|other| {
                    let sign_in = self.oauth_of(&other.name).view(views::trouble)?;
                    Some(NamedSignIn { name: other.name.clone(), sign_in })
                })
                .collect(),
            certificate: now.shown.clone(),
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
            providers: now
                .checked
                .settings
                .smart_hosts()
                .map(|(name, smart_host)| (name.to_owned(), smart_host.provider.clone()))
                .collect(),
            networks: now.networks.clone(),
            notices: unreadable
                .into_iter()
                .chain(now.certificate.clone())
                .chain(now.checked.unusable.iter().cloned())
                .chain(now.password.clone())
                .chain(now.ends.iter().cloned())
                .collect(),
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

    async fn take(&self, relay: &Relay, mut checked: Checked) {
        let files = Marks::of(checked.files());
        if let Err(error) = file::save_last_good(&self.facts.folder, &checked.settings) {
            tracing::warn!(%error, "The copy of the settings in force could not be written");
        }
        if let Some(logs) = &self.logs {
            logs.set_level(checked.settings.log_level);
        }
        let gone: Vec<String> = {
            let mut now = self.now();
            checked.keep_certificate_of(&now.checked);
            let before = std::mem::replace(&mut now.checked, checked);
            now.files = files;
            now.problems.clear();
            let others = before.settings.other_smart_hosts.into_iter().map(|other| other.name);
            others.filter(|name| now.checked.settings.smart_host_of(name).is_none()).collect()
        };
        // Only here, where a document was taken: without one the passwords of its accounts must stay.
        let names = self.checked().settings.accounts.into_iter().map(|account| account.name).collect();
        if let Err(error) = relay.forget_other_accounts(names).await {
            tracing::warn!(error = error.chain(), "Could not forget the passwords of accounts that are gone");
        }
        relay.reconfigure(self.config().await).await;
        for lane in gone {
            self.forget_secrets_of(&lane).await;
        }
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
    let problems = match read(&file::path(&facts.folder), facts, Files::MayBeGone) {
        Some(Ok(checked)) => {
            if let Err(error) = file::save_last_good(&facts.folder, &checked.settings) {
                tracing::warn!(%error, "The copy of the settings in force could not be written");
            }
            return Found { checked, problems: Vec::new(), nothing_usable: false };
        }
        Some(Err(problems)) => problems,
        None => Vec::new(),
    };
    if let (false, Some(Ok(checked))) = (problems.is_empty(), read(&file::last_good_path(&facts.folder), facts, Files::MayBeGone)) {
        return Found { checked, problems, nothing_usable: false };
    }
    let nothing_usable = !problems.is_empty();
    Found { checked: Checked::new_machine(facts), problems, nothing_usable }
}

/// None when there is no such file.
fn read(path: &Path, facts: &Facts, files: Files<'_>) -> Option<Result<Checked, Vec<SettingsProblem>>> {
    match file::read(path) {
        Ok(bytes) => Some(settings::read_and_check_with(&bytes?, facts, files)),
        Err(error) => {
            let remedy = "a file that the account Outtray runs as can read";
            Some(Err(vec![settings::problem("", path.display().to_string(), format!("the file cannot be read: {error}"), remedy)]))
        }
    }
}

fn networks() -> Vec<IpNet> {
    machine::networks().iter().filter_map(|view| view.network.parse().ok()).collect()
}
