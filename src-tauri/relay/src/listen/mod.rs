//! Room 1, in: sockets, TLS, time-outs and caps. Pumps bytes into sessions and performs their steps.
//!
//! In: the configuration, connections. Out: submissions to the store, refusals to the board.
//! RFC 5321 §4.5.3.2 (time-outs), RFC 3207 (STARTTLS), RFC 8314 §3.3 (implicit TLS).
//!
//! Invariant: "250" after the end of data is written only after `Store::keep` has answered.

mod accounts;
mod admit;
mod caps;
mod connection;
mod refused;
pub(crate) mod replies;
mod sockets;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Config, Listener, ListenerEncryption};
use crate::event::ListenerState;
use crate::session::{Refused, Rules, Verified};
use crate::store::Store;
pub use accounts::Accounts;
pub use admit::{Admit, Terms};
pub use refused::RefusedBook;

use caps::Caps;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Whoever knows the device accounts.
pub trait Verify: Send + Sync {
    /// Whether this is the password of that user. May take its time, and is not asked again meanwhile by that client's session.
    fn verify(&self, client: IpAddr, user: String, password: SecretString) -> BoxFuture<'_, Verified>;
}

/// What every connection needs.
pub(crate) struct Hall {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    pub setup: watch::Receiver<Arc<Setup>>,
    pub caps: Caps,
    pub disk_full: Arc<AtomicBool>,
    pub verify: Arc<dyn Verify>,
    pub admit: Arc<Admit>,
    pub refused: Arc<RefusedBook>,
    /// No new connections, sessions say goodbye.
    pub stop: CancellationToken,
}

/// Who decides about clients beside the policy itself, and who remembers what was refused.
pub struct May {
    pub verify: Arc<dyn Verify>,
    pub admit: Arc<Admit>,
    pub refused: Arc<RefusedBook>,
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
}

struct Door {
    state: ListenerState,
    close: CancellationToken,
}

impl Doors {
    pub fn new(store: Store, board: Arc<Board>, clock: Arc<dyn Clock>, disk_full: Arc<AtomicBool>, may: May, setup: Arc<Setup>) -> Self {
        let (sender, receiver) = watch::channel(setup);
        let May { verify, admit, refused } = may;
        let (caps, stop) = (Caps::default(), CancellationToken::new());
        let hall = Hall { store, board, clock, setup: receiver, caps, disk_full, verify, admit, refused, stop };
        Self { hall: Arc::new(hall), setup: sender, open: HashMap::new(), connections: TaskTracker::new() }
    }

    /// Opens and closes doors until they are as configured. Sessions that are open stay so, under the new rules.
    pub async fn arrange(&mut self, setup: Arc<Setup>) {
        let wanted = setup.config.listeners.clone();
        self.setup.send_replace(setup);
        // A door that could not be opened is tried again at every change.
        self.open.retain(|listener, door| {
            let stays = wanted.contains(listener) && door.state.problem.is_none();
            if !stays {
                door.close.cancel();
            }
            stays
        });
        for listener in &wanted {
            if !self.open.contains_key(listener) {
                let door = self.open_door(listener).await;
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

    async fn open_door(&self, listener: &Listener) -> Door {
        let close = CancellationToken::new();
        match sockets::bind(listener.address).await {
            Ok(socket) => {
                let address = socket.local_addr().unwrap_or(listener.address);
                tracing::info!(%address, encryption = ?listener.encryption, "Listening");
                self.connections.spawn(accept(
                    socket,
                    listener.encryption,
                    Arc::clone(&self.hall),
                    close.clone(),
                    self.connections.clone(),
                ));
                Door { state: ListenerState { address, encryption: listener.encryption, problem: None }, close }
            }
            Err(problem) => {
                tracing::warn!(address = %listener.address, said = problem.said, "Cannot listen");
                Door { state: ListenerState { address: listener.address, encryption: listener.encryption, problem: Some(problem) }, close }
            }
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
    /// For the Devices page and the history.
    fn note_refusal(&self, client: IpAddr, client_name: &str, refused: &Refused) {
        self.refused.note(client, client_name, refused, self.clock.now());
    }

    fn disk_is_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }
}
