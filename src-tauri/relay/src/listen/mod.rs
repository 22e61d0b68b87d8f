//! Room 1, in: sockets, TLS, time-outs and caps. Pumps bytes into sessions and performs their steps.
//!
//! In: the configuration, connections. Out: submissions to the store, refusals to the board.
//! RFC 5321 §4.5.3.2 (time-outs), RFC 3207 (STARTTLS), RFC 8314 §3.3 (implicit TLS).
//!
//! Invariant: "250" after the end of data is written only after `Store::keep` has answered.

mod caps;
mod connection;
mod sockets;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Config, Listener, ListenerEncryption};
use crate::event::{BindProblem, ListenerState};
use crate::session::Rules;
use crate::store::Store;
use caps::Caps;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every connection needs.
pub(crate) struct Hall {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    pub setup: watch::Receiver<Arc<Setup>>,
    pub caps: Caps,
    pub disk_full: Arc<AtomicBool>,
    /// No new connections, sessions say goodbye.
    pub stop: CancellationToken,
}

/// The part of the configuration that sessions live by; replaced as a whole.
pub struct Setup {
    pub config: Config,
    with_starttls: Arc<Rules>,
    without: Arc<Rules>,
}

impl Setup {
    pub fn new(config: Config) -> Arc<Self> {
        let with_starttls = Arc::new(Rules::new(&config, config.tls.is_some()));
        let without = Arc::new(Rules::new(&config, false));
        Arc::new(Self { config, with_starttls, without })
    }

    fn rules(&self, encryption: ListenerEncryption) -> &Arc<Rules> {
        match encryption {
            ListenerEncryption::Starttls => &self.with_starttls,
            ListenerEncryption::Implicit | ListenerEncryption::Plain => &self.without,
        }
    }
}

/// All doors of the house.
pub struct Doors {
    hall: Arc<Hall>,
    setup: watch::Sender<Arc<Setup>>,
    open: HashMap<Listener, Door>,
    connections: TaskTracker,
    /// When doors were last opened, or found shut.
    tried_at: Timestamp,
}

struct Door {
    state: ListenerState,
    close: CancellationToken,
    /// Takes connections; None when the port could not be had.
    keeper: Option<JoinHandle<()>>,
}

/// A port that is taken may be free again at any time.
const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(15);

impl Doors {
    pub fn new(store: Store, board: Arc<Board>, clock: Arc<dyn Clock>, disk_full: Arc<AtomicBool>, setup: Arc<Setup>) -> Self {
        let (sender, receiver) = watch::channel(setup);
        let tried_at = clock.now();
        let hall = Hall { store, board, clock, setup: receiver, caps: Caps::default(), disk_full, stop: CancellationToken::new() };
        Self { hall: Arc::new(hall), setup: sender, open: HashMap::new(), connections: TaskTracker::new(), tried_at }
    }

    /// Opens and closes doors until they are as configured. Sessions that are open stay so, under the new rules.
    pub async fn arrange(&mut self, setup: Arc<Setup>) {
        let wanted = setup.config.listeners.clone();
        self.setup.send_replace(setup);
        let (stays, goes): (HashMap<_, _>, HashMap<_, _>) = self.open.drain().partition(|(listener, _)| wanted.contains(listener));
        self.open = stays;
        for door in goes.into_values() {
            // Another door may want its port: it is free only when nobody listens any more.
            door.shut().await;
        }
        self.try_shut_doors().await;
    }

    /// Tries doors again that could not be opened, if it is time.
    pub async fn look(&mut self) {
        let gone = self.hall.clock.now().duration_since(self.tried_at);
        let is_time = gone >= TRY_AGAIN || gone.is_negative();
        if is_time && self.open.values().any(|door| door.keeper.is_none()) {
            self.try_shut_doors().await;
        }
    }

    /// Opens what is wanted and not open.
    pub async fn try_shut_doors(&mut self) {
        if self.hall.stop.is_cancelled() {
            return;
        }
        self.tried_at = self.hall.clock.now();
        let wanted = self.setup.borrow().config.listeners.clone();
        for listener in &wanted {
            let before = self.open.get(listener);
            if before.is_none_or(|door| door.keeper.is_none()) {
                let known = before.and_then(|door| door.state.problem.clone());
                let door = self.open_door(listener, known.as_ref()).await;
                self.open.insert(listener.clone(), door);
            }
        }
        let states = wanted.iter().filter_map(|listener| self.open.get(listener)).map(|door| door.state.clone()).collect();
        self.hall.board.set_listeners(states);
    }

    /// Closes the doors; sessions finish what is under way, and are ended after `within`.
    pub async fn close(&mut self, within: Duration) {
        for door in self.open.values() {
            door.close.cancel();
        }
        self.hall.stop.cancel();
        self.connections.close();
        if tokio::time::timeout(within, self.connections.wait()).await.is_err() {
            tracing::warn!("Ended sessions that were still open");
        }
    }

    async fn open_door(&self, listener: &Listener, known: Option<&BindProblem>) -> Door {
        let close = CancellationToken::new();
        let encryption = listener.encryption;
        match sockets::bind(listener.address).await {
            Ok(socket) => {
                let address = socket.local_addr().unwrap_or(listener.address);
                tracing::info!(%address, ?encryption, "Listening");
                let accepting = accept(socket, encryption, Arc::clone(&self.hall), close.clone(), self.connections.clone());
                let keeper = Some(self.connections.spawn(accepting));
                Door { state: ListenerState { address, encryption, problem: None }, close, keeper }
            }
            Err(problem) => {
                if known != Some(&problem) {
                    tracing::warn!(address = %listener.address, said = problem.said, "Cannot listen");
                }
                let state = ListenerState { address: listener.address, encryption, problem: Some(problem) };
                Door { state, close, keeper: None }
            }
        }
    }
}

impl Door {
    /// Its port is free afterwards; sessions that came in by it go on.
    async fn shut(self) {
        self.close.cancel();
        if let Some(keeper) = self.keeper {
            let _ = keeper.await;
        }
    }
}

async fn accept(socket: TcpListener, encryption: ListenerEncryption, hall: Arc<Hall>, close: CancellationToken, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = close.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection::serve(stream, peer, encryption, Arc::clone(&hall)));
            }
            Err(error) => {
                // Out of file handles, or the client was gone already: a pause keeps this from spinning.
                tracing::warn!(%error, "Could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Hall {
    fn disk_is_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }
}
