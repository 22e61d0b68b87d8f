//! Passwords: the only room that touches a credential store.
//!
//! In: a name and a secret. Out: the secret, for the engine's configuration alone. One owner, one
//! call at a time, each on a thread that may block; a store that does not answer (a keyring that
//! asks someone to unlock it) is given up on, not waited for. It is asked anew each time: one that
//! could not be read once may be unlocked a minute later.
//!
//! Invariant: never written to a file. Without a store there is memory, until the restart.

mod credentials_directory;
mod keyring_store;

use control::problem::ProblemCode;
use control::settings::DEFAULT_SMART_HOST;
use control::view::{SecretStoreView, SecretView};
use control::{Problem, Secret};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The password of the smart host; or what tokens for it are made with: a client secret, a private key, a key file.
pub const SMART_HOST: &str = "smart-host";
/// The password of the certificate's PFX file.
pub const CERTIFICATE: &str = "certificate";
/// What is left of somebody's sign-in at the smart host's token service. Nobody gives it by hand.
pub const SIGN_IN: &str = "smart-host-sign-in";
/// Every name a person may use.
pub const NAMES: [&str; 2] = [SMART_HOST, CERTIFICATE];

/// All that these settings may have there.
pub fn names_of(settings: &control::Settings) -> Vec<String> {
    let keys = settings.dkim.iter().map(|domain| crate::dkim::secret_name(&domain.domain, &domain.selector));
    let lanes = settings.other_smart_hosts.iter().map(|other| of_lane(&other.name));
    NAMES.iter().map(|name| (*name).to_owned()).chain(lanes).chain(keys).collect()
}

/// What these settings cannot do without.
pub fn wanted_by(settings: &control::Settings) -> Vec<String> {
    let lanes = settings.smart_hosts().filter(|(_, smart_host)| smart_host.sign_in.wants_secret()).map(|(lane, _)| of_lane(lane));
    let keys = settings.dkim.iter().map(|domain| crate::dkim::secret_name(&domain.domain, &domain.selector));
    lanes.chain(keys).collect()
}

/// As systemd has a name: it allows no colon.
pub fn credential_name(name: &str) -> String {
    name.replace(':', ".")
}

/// What a smart host's secret is called: the default one's as always, others' with their name.
pub fn of_lane(lane: &str) -> String {
    if lane == DEFAULT_SMART_HOST { SMART_HOST.to_owned() } else { format!("{SMART_HOST}:{lane}") }
}

/// The other way round: which smart host a secret is of.
pub fn lane_of(secret: &str) -> Option<String> {
    if secret == SMART_HOST {
        return Some(DEFAULT_SMART_HOST.to_owned());
    }
    secret.strip_prefix(SMART_HOST).and_then(|rest| rest.strip_prefix(':')).map(str::to_owned)
}

/// What is left of a sign-in at a smart host's token service, likewise.
pub fn sign_in_of_lane(lane: &str) -> String {
    if lane == DEFAULT_SMART_HOST { SIGN_IN.to_owned() } else { format!("{SIGN_IN}:{lane}") }
}

/// The other way round.
pub fn lane_of_sign_in(secret: &str) -> Option<String> {
    if secret == SIGN_IN {
        return Some(DEFAULT_SMART_HOST.to_owned());
    }
    secret.strip_prefix(SIGN_IN).and_then(|rest| rest.strip_prefix(':')).map(str::to_owned)
}

/// A locked keyring may show a window to somebody; they get this long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Windows keeps 2560 bytes an entry.
const LONGEST: usize = 2560;
/// What is longer is kept in so many entries at most.
const PIECES: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the credential store cannot be used: {0}")]
    Unavailable(String),
    #[error(
        "the secrets handed over by the system are read-only; `outtrayd service install --secret-stdin NAME` seals one anew, \
         in a unit of your own change LoadCredential"
    )]
    ReadOnly,
    #[error("the credential store failed: {0}")]
    Failed(String),
    #[error("the credential store does not answer; it may be locked")]
    NoAnswer,
}

impl SecretError {
    pub fn problem(&self) -> Problem {
        Problem::new(ProblemCode::SecretStoreUnavailable).said(self.to_string())
    }
}

/// A store of this machine. Its calls may block.
pub(crate) trait Store: Send + Sync + 'static {
    fn view(&self) -> SecretStoreView;
    fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError>;
    fn write(&self, name: &str, secret: &SecretString) -> Result<(), SecretError>;
    fn remove(&self, name: &str) -> Result<(), SecretError>;
}

pub struct Secrets {
    store: Arc<tokio::sync::Mutex<Box<dyn Store>>>,
    /// How the store was when it was last asked.
    view: Mutex<SecretStoreView>,
    until_restart: Mutex<HashMap<String, SecretString>>,
}

impl Secrets {
    /// The store of this machine for this data folder.
    pub async fn open(data_folder: &Path) -> Self {
        let secrets = Self::with(match credentials_directory::CredentialsDirectory::from_environment() {
            Some(directory) => Box::new(directory),
            None => Box::new(keyring_store::KeyringStore::of(data_folder)),
        });
        // From now on it is known whether the store can be asked; what it says is read again when it is needed.
        let _ = secrets.read(SMART_HOST).await;
        secrets
    }

    fn with(store: Box<dyn Store>) -> Self {
        let view = Mutex::new(store.view());
        Self { store: Arc::new(tokio::sync::Mutex::new(store)), view, until_restart: Mutex::default() }
    }

    pub fn store_view(&self) -> SecretStoreView {
        self.last_view().clone()
    }

    /// None when it is not set. Where there is no store, nothing can be.
    pub async fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        if let Some(secret) = self.in_memory().get(name) {
            return Ok(Some(secret.clone()));
        }
        match self.stored(name).await {
            Err(SecretError::Unavailable(_)) => Ok(None),
            found => found,
        }
    }

    async fn stored(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        let name = name.to_owned();
        self.ask(move |store| store.read(&name)).await
    }

    /// To be given to another engine of this machine by its `SetSecret`, and to nobody else.
    pub async fn hand_over(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.read(name).await?.map(|secret| Secret::new(secret.expose_secret().to_owned())))
    }

    /// The same of what [`Self::write_long`] wrote.
    pub async fn hand_over_long(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.read_long(name).await?.map(|secret| Secret::new(secret.expose_secret().to_owned())))
    }

    pub async fn write(&self, name: &str, secret: SecretString, until_restart: bool) -> Result<(), SecretError> {
        if until_restart {
            self.in_memory().insert(name.to_owned(), secret);
            return Ok(());
        }
        let owned = name.to_owned();
        self.ask(move |store| store.write(&owned, &secret)).await?;
        // The one in memory would hide the one just stored.
        self.in_memory().remove(name);
        Ok(())
    }

    /// Writes it, and gives what it takes the place of.
    pub async fn replace(&self, name: &str, secret: SecretString, until_restart: bool) -> Result<Former, SecretError> {
        let in_memory = self.in_memory().get(name).cloned();
        // One kept in memory leaves the store as it is.
        let stored = if until_restart { None } else { Some(self.stored(name).await?) };
        self.write(name, secret, until_restart).await?;
        Ok(Former { in_memory, stored })
    }

    /// Undoes [`Self::replace`].
    pub async fn put_back(&self, name: &str, former: Former) -> Result<(), SecretError> {
        match former.stored {
            None => {}
            Some(Some(secret)) => self.write(name, secret, false).await?,
            Some(None) => self.remove(name).await?,
        }
        match former.in_memory {
            Some(secret) => self.in_memory().insert(name.to_owned(), secret),
            None => self.in_memory().remove(name),
        };
        Ok(())
    }

    pub async fn remove(&self, name: &str) -> Result<(), SecretError> {
        let was_in_memory = self.in_memory().remove(name).is_some();
        let name = name.to_owned();
        match self.ask(move |store| store.remove(&name)).await {
            Ok(()) => Ok(()),
            Err(SecretError::Unavailable(_) | SecretError::ReadOnly) if was_in_memory => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What [`Self::write_long`] wrote.
    pub async fn read_long(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        let Some(first) = self.read(name).await? else { return Ok(None) };
        let Some((count, beginning)) = first.expose_secret().split_once(':') else { return Ok(None) };
        let count = count.parse::<usize>().unwrap_or_default().min(PIECES);
        let mut whole = beginning.to_owned();
        for number in 1..count {
            match self.read(&piece(name, number)).await? {
                Some(next) => whole.push_str(next.expose_secret()),
                // Half of it is of no use.
                None => return Ok(None),
            }
        }
        Ok(Some(whole.into()))
    }

    /// In as many entries as it takes. The first says how many, and is written last.
    pub async fn write_long(&self, name: &str, secret: &SecretString, until_restart: bool) -> Result<(), SecretError> {
        let bytes = secret.expose_secret().as_bytes();
        // Room for the count.
        let pieces: Result<Vec<&str>, _> = bytes.chunks(LONGEST - 2).map(std::str::from_utf8).collect();
        let pieces = pieces.ok().filter(|pieces| (1..=PIECES).contains(&pieces.len()));
        let pieces = pieces.ok_or_else(|| SecretError::Failed("it is too long for a credential store".into()))?;
        let before = self.pieces_of(name).await?;
        for (number, text) in pieces.iter().enumerate().skip(1) {
            self.write(&piece(name, number), (*text).to_owned().into(), until_restart).await?;
        }
        let first = pieces.first().copied().unwrap_or_default();
        self.write(name, format!("{}:{first}", pieces.len()).into(), until_restart).await?;
        // What was longer leaves nothing behind.
        for number in pieces.len()..before {
            self.remove(&piece(name, number)).await?;
        }
        Ok(())
    }

    pub async fn remove_long(&self, name: &str) -> Result<(), SecretError> {
        let before = self.pieces_of(name).await?;
        // The first at the end: as long as it is there, it is known that there are others.
        for number in (1..before).rev() {
            self.remove(&piece(name, number)).await?;
        }
        if before > 0 { self.remove(name).await } else { Ok(()) }
    }

    /// What these settings need and this store has, as it is sealed for a service; and what could not be read, with why.
    pub async fn to_be_sealed(&self, settings: &control::Settings) -> (Vec<(String, Secret)>, Vec<(String, SecretError)>) {
        let mut names = wanted_by(settings);
        if matches!(settings.certificate, control::settings::CertificateSettings::Pfx { .. }) {
            names.push(CERTIFICATE.to_owned());
        }
        let somebody = settings.smart_hosts().filter(|(_, smart_host)| smart_host.sign_in.wants_somebody());
        let sign_ins: Vec<String> = somebody.map(|(lane, _)| sign_in_of_lane(lane)).collect();
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for name in names.into_iter().chain(sign_ins.iter().cloned()) {
            let is_long = sign_ins.contains(&name);
            match if is_long { self.read_long(&name).await } else { self.read(&name).await } {
                Ok(Some(secret)) if is_long => found.push((name, Secret::new(format!("1:{}", secret.expose_secret())))),
                Ok(Some(secret)) => found.push((name, Secret::new(secret.expose_secret().to_owned()))),
                Ok(None) => {}
                Err(error) => unread.push((name, error)),
            }
        }
        (found, unread)
    }

    /// All that these settings may have there. One that cannot be removed hinders no other; the first failure is told.
    pub async fn remove_all(&self, settings: &control::Settings) -> Result<(), SecretError> {
        let others = settings.other_smart_hosts.iter().map(|other| other.name.as_str());
        let sign_ins = [DEFAULT_SMART_HOST].into_iter().chain(others).map(sign_in_of_lane);
        let mut all = Ok(());
        for name in names_of(settings) {
            all = all.and(self.remove(&name).await);
        }
        for name in sign_ins {
            all = all.and(self.remove_long(&name).await);
        }
        all
    }

    /// In how many entries it is kept.
    async fn pieces_of(&self, name: &str) -> Result<usize, SecretError> {
        let first = self.read(name).await?;
        let count = first.map(|first| first.expose_secret().split(':').next().and_then(|count| count.parse().ok()).unwrap_or(1));
        Ok(count.unwrap_or(0).min(PIECES))
    }

    /// Whether it is in memory only.
    pub fn is_until_restart(&self, name: &str) -> bool {
        self.in_memory().contains_key(name)
    }

    /// Whether it is set; never the secret. `found` is what reading it gave.
    pub fn view(&self, name: &str, found: &Result<Option<SecretString>, SecretError>) -> SecretView {
        let until_restart = self.in_memory().contains_key(name);
        SecretView { name: name.to_owned(), is_set: matches!(found, Ok(Some(_))), until_restart }
    }

    async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Store) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let store = self.store.clone();
        let asked = async move {
            // The lock goes along, so that a call given up on still ends before the next begins.
            let store = store.lock_owned().await;
            tokio::task::spawn_blocking(move || (act(store.as_ref()), store.view())).await
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok((answer, view))) => {
                *self.last_view() = view;
                answer
            }
            Ok(Err(panicked)) => Err(SecretError::Failed(panicked.to_string())),
            Err(_) => {
                *self.last_view() = SecretStoreView::Unavailable { said: SecretError::NoAnswer.to_string() };
                Err(SecretError::NoAnswer)
            }
        }
    }

    fn last_view(&self) -> std::sync::MutexGuard<'_, SecretStoreView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_memory(&self) -> std::sync::MutexGuard<'_, HashMap<String, SecretString>> {
        self.until_restart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a secret has taken the place of: in memory, and in the store where that was written.
pub struct Former {
    in_memory: Option<SecretString>,
    stored: Option<Option<SecretString>>,
}

fn piece(name: &str, number: usize) -> String {
    format!("{name}.{}", number + 1)
}

/// As a credential store keeps it: a private key in PEM form or a service account's key file on one line, without what is
/// not needed of it; anything else as it is.
pub fn in_one_line(secret: Secret) -> Secret {
    let inner = secret.clone().into_inner();
    let text = inner.expose_secret().trim();
    if text.starts_with("-----BEGIN ") {
        return Secret::new(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let file = text.starts_with('{').then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten();
    match file {
        Some(file) if file.get("private_key").is_some() => {
            let wanted = ["client_email", "private_key_id", "private_key"];
            let kept: serde_json::Map<_, _> =
                wanted.into_iter().filter_map(|name| Some((name.to_owned(), file.get(name)?.clone()))).collect();
            Secret::new(serde_json::Value::Object(kept).to_string())
        }
        Some(_) | None => secret,
    }
}

/// What is wrong with a secret before any store sees it; the secret itself is not repeated.
pub fn unfit(secret: &str) -> Option<&'static str> {
    let is_long = || secret.len() > LONGEST;
    malformed(secret).or_else(|| is_long().then_some("the secret is longer than 2560 bytes, more than a credential store keeps"))
}

/// The same where a secret may be of any length.
pub fn malformed(secret: &str) -> Option<&'static str> {
    if secret.is_empty() {
        Some("the secret is empty")
    } else if secret.chars().any(|letter| letter == '\0' || letter == '\r' || letter == '\n') {
        Some("the secret has more than one line")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
