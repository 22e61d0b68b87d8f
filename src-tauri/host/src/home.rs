//! A relay at home: lock, settings, secrets, logs, engine and control socket, started and stopped in order.
//!
//! In: a data folder. Out: a [`Host`], spoken to through [`Host::client`] or the control socket.
//! Invariant: nothing in the data folder is touched before the lock is held, or after it is let go.

use crate::desk::{self, Force, FrontDesk};
use crate::files::Watch;
use crate::lock::{Lock, LockError};
use crate::logs::{Logs, LogsError};
use crate::secrets::Secrets;
use crate::settings::Facts;
use crate::{handles, machine, moving, paths, service};
use control::pipe::{self, Guest, Listener};
use control::settings::SettingsProblem;
use control::view::EngineView;
use control::{CONTRACT, Client};
use relay::Relay;
use relay::clock::{Clock, SystemClock};
use relay::event::{Fact, Lane, LaneState};
use relay::smarthost::TroubleKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What is under way gets this long to end.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// And the whole stop no longer than this.
const STOP_AT_MOST: Duration = Duration::from_secs(10);
/// Windows and shells at a time; a window needs one.
const MOST_CONNECTIONS: usize = 32;
const CERTIFICATE_LOOK: Duration = Duration::from_secs(12 * 3600);
/// Services forget a sign-in that is not used for some months, some for some days.
const SIGN_IN_USE: Duration = Duration::from_secs(24 * 3600);

pub struct Options {
    /// The engine ends with the window's process.
    pub embedded: bool,
    /// Whether the host writes logs: a file in the data folder, and the console if wanted.
    pub logs: LogsTo,
    /// Refuse to start when the settings file cannot be used and there is no copy of a good one.
    pub needs_settings: bool,
    pub clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogsTo {
    /// The process has a log of its own, or none is wanted.
    Nowhere,
    File,
    FileAndConsole,
}

impl Default for Options {
    fn default() -> Self {
        Self { embedded: false, logs: LogsTo::Nowhere, needs_settings: false, clock: Arc::new(SystemClock) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("the data folder {0} cannot be made: {1}")]
    Folder(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("its mail has moved to {0}; the engine there sends it")]
    MovedAway(PathBuf),
    #[error("an interrupted move of the data folder cannot be ended")]
    Moving(#[from] moving::MoveError),
    #[error(transparent)]
    Logs(#[from] LogsError),
    #[error("the settings file cannot be used")]
    Settings(Vec<SettingsProblem>),
    #[error("the engine cannot start")]
    Engine(#[from] relay::StartError),
    #[error("the control socket {0} cannot be opened: {1}")]
    Control(String, #[source] std::io::Error),
}

pub struct Host {
    desk: FrontDesk,
    folder: PathBuf,
    accepting: JoinHandle<Listener>,
    /// Ends the connections, after the engine.
    connections: CancellationToken,
    _lock: Lock,
}

impl Host {
    pub async fn start(data_folder: &Path, options: Options) -> Result<Self, HostError> {
        let cannot_make = |error| HostError::Folder(data_folder.to_owned(), error);
        paths::ensure_data_folder(data_folder).map_err(cannot_make)?;
        let folder = std::path::absolute(data_folder).map_err(cannot_make)?;
        let address = pipe::address(&folder);
        let lock = Lock::take(&folder, address.clone())?;

        if let Some(place) = moving::settle(&folder)? {
            return Err(HostError::MovedAway(place));
        }
        let facts = Facts::new(folder.clone(), machine::host_name());
        let found = desk::find(&facts);
        if options.needs_settings && found.nothing_usable {
            return Err(HostError::Settings(found.problems));
        }
        let logs = match options.logs {
            LogsTo::Nowhere => None,
            LogsTo::File => Some(Logs::start(&paths::logs(&folder), found.checked.settings.log_level, false)?),
            LogsTo::FileAndConsole => Some(Logs::start(&paths::logs(&folder), found.checked.settings.log_level, true)?),
        };
        tracing::info!(version = env!("CARGO_PKG_VERSION"), folder = %folder.display(), "Starting");
        for problem in &found.problems {
            tracing::error!(field = problem.field, wrong = problem.wrong, "The settings file cannot be used");
        }

        handles::ask_for_enough();
        let secrets = Secrets::open(&folder).await;
        let engine = EngineView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: CONTRACT,
            host_name: String::new(),
            started_at: options.clock.now().as_millisecond(),
            data_folder: folder.display().to_string(),
            embedded: options.embedded,
            process_id: std::process::id(),
        };
        let force = Arc::new(Force::new(facts, secrets, logs, options.clock.clone(), found, engine));
        let relay = Relay::start(force.config().await, &folder, options.clock).await?;
        let stopping = CancellationToken::new();
        let desk = FrontDesk { relay, force, stopping: stopping.clone(), iis: Arc::default() };

        let connections = CancellationToken::new();
        let listener = match Listener::bind(&folder, guest_of(&folder).as_ref()) {
            Ok(listener) => listener,
            Err(error) => {
                desk.relay.stop(STOP_WITHIN).await;
                return Err(HostError::Control(address, error));
            }
        };
        let accepting = tokio::spawn(accept(listener, desk.clone(), connections.clone()));
        tokio::spawn(look_after_certificate(desk.clone()));
        tokio::spawn(look_after_files(desk.clone()));
        tokio::spawn(look_for_password(desk.clone()));
        tokio::spawn(look_after_sign_in(desk.clone()));
        Ok(Self { desk, folder, accepting, connections, _lock: lock })
    }

    /// A client in this process, over the same codec as everybody's.
    pub fn client(&self) -> Client {
        Client::in_memory(Arc::new(self.desk.clone()))
    }

    /// Where others speak to it.
    pub fn control_address(&self) -> String {
        pipe::address(&self.folder)
    }

    /// What is wrong with the settings file; older settings are then in force.
    pub fn settings_problems(&self) -> Vec<SettingsProblem> {
        self.desk.force.settings_view().problems
    }

    /// Reads the settings file again. What is wrong with it is told as to every watcher.
    pub async fn reload(&self) {
        // A refusal is in the log and in the notices.
        let _ = self.desk.force.reload(&self.desk.relay).await;
    }

    /// The engine itself, for a test that winds the clock by hand.
    pub fn engine(&self) -> &Relay {
        &self.desk.relay
    }

    /// Lets what is under way end, for ten seconds at most.
    pub async fn stop(self) {
        tracing::info!("Stopping");
        self.desk.stopping.cancel();
        let listener = self.accepting.await;
        if tokio::time::timeout(STOP_AT_MOST, self.desk.relay.stop(STOP_WITHIN)).await.is_err() {
            tracing::warn!("Not everything under way came to its end");
        }
        self.connections.cancel();
        if let Ok(listener) = listener {
            listener.remove(&self.folder);
        }
    }
}

/// Who installed the service may speak to it; to no other engine.
fn guest_of(folder: &Path) -> Option<Guest> {
    let machine = std::path::absolute(paths::machine_data_folder()).ok()?;
    (folder == machine).then(service::installed_by).flatten().and_then(|sid| Guest::from_sid(&sid))
}

async fn accept(mut listener: Listener, desk: FrontDesk, connections: CancellationToken) -> Listener {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let stream = tokio::select! {
            stream = listener.accept() => stream,
            () = desk.stopping.cancelled() => return listener,
        };
        match stream {
            Ok(stream) => {
                // One too many is let go at once rather than left waiting without an answer.
                let Ok(place) = places.clone().try_acquire_owned() else {
                    tracing::warn!(most = MOST_CONNECTIONS, "Too many control connections at a time");
                    continue;
                };
                let (desk, connections) = (Arc::new(desk.clone()), connections.clone());
                tokio::spawn(async move {
                    let _place = place;
                    tokio::select! {
                        served = control::serve(stream, desk) => if let Err(error) = served {
                            tracing::debug!(%error, "A control connection ended");
                        },
                        () = connections.cancelled() => {}
                    }
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                tracing::warn!(%error, "A control connection was refused");
            }
            Err(error) => {
                // Out of file handles, perhaps: it passes, and must not become a busy loop.
                tracing::warn!(%error, "A control connection could not be taken");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Makes our own certificate anew before it ends, and tells of what else will.
async fn look_after_certificate(desk: FrontDesk) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CERTIFICATE_LOOK) => {}
            () = desk.stopping.cancelled() => return,
        }
        if desk.force.certificate_is_due() {
            tracing::info!("Making a new certificate");
            let _one_at_a_time = desk.force.changing.lock().await;
            desk.force.renew(&desk.relay).await;
        }
        desk.force.look_at_ends(&desk.relay).await;
    }
}

/// Loads certificate files anew when something else stands in them.
async fn look_after_files(desk: FrontDesk) {
    let mut settings = desk.force.subscribe();
    let mut watch = Watch::default();
    loop {
        watch.follow(desk.force.files());
        tokio::select! {
            () = watch.changed() => desk.force.look_at_files(&desk.relay).await,
            // Others may be named now. A missed word is as good as a heard one.
            told = settings.recv() => if matches!(told, Err(RecvError::Closed)) { return },
            () = desk.stopping.cancelled() => return,
        }
    }
}

/// While the lane rests for want of a password, it is looked for at every try.
async fn look_for_password(desk: FrontDesk) {
    let mut missing = desk.force.password_is_missing();
    loop {
        tokio::select! {
            missing = missing.wait_for(|missing| *missing) => if missing.is_err() { return },
            () = desk.stopping.cancelled() => return,
        }
        // Only now: a watched engine has more to do.
        let mut told = desk.relay.subscribe();
        while *missing.borrow_and_update() {
            tokio::select! {
                told = told.recv() => match told {
                    Ok(event) => if wants_password(&event.fact) { desk.force.look_for_password(&desk.relay).await },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                changed = missing.changed() => if changed.is_err() { return },
                () = desk.stopping.cancelled() => return,
            }
        }
    }
}

/// Tells how the sign-in with a token stands, wakes the lane when somebody has signed in, and uses what would end unused.
async fn look_after_sign_in(desk: FrontDesk) {
    let mut changed = desk.force.oauth.changed();
    let mut uses = tokio::time::interval(SIGN_IN_USE);
    loop {
        tokio::select! {
            changed = changed.changed() => match changed {
                Ok(()) => desk.force.tell(&desk.relay).await,
                Err(_) => return,
            },
            () = desk.force.oauth.somebody_signed_in() => desk.relay.try_lane(None),
            _ = uses.tick() => for oauth in desk.force.oauths() {
                oauth.use_it().await;
            },
            () = desk.stopping.cancelled() => return,
        }
    }
}

fn wants_password(fact: &Fact) -> bool {
    let is_missing = |kind: TroubleKind| matches!(kind, TroubleKind::SecretMissing | TroubleKind::SigningKeyMissing);
    let wants = |lane: &Lane| matches!(&lane.state, LaneState::Throttled { trouble, .. } if is_missing(trouble.kind));
    match fact {
        Fact::Lane(lane) => wants(lane),
        Fact::OtherLanes(lanes) => lanes.iter().any(wants),
        _ => false,
    }
}
