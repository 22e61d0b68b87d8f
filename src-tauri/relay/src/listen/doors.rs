//! All doors of the house: opened, written anew, closed, while the connections that came through them live on.
//!
//! In: which listeners there are to be. Out: what became of each, to the board.
//! Invariant: a port that stays is never let go of; what is to be different there is written on its plate.

use super::caps::Caps;
use super::{Hall, May, Plate, Setup, connection, sockets};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Listener;
use crate::event::{BindProblem, ListenerState};
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub struct Doors {
    hall: Arc<Hall>,
    setup: watch::Sender<Arc<Setup>>,
    open: Vec<Door>,
    connections: TaskTracker,
    /// When doors were last opened, or found shut.
    tried_at: Timestamp,
}

struct Door {
    plate: Arc<Plate>,
    state: ListenerState,
    close: CancellationToken,
    /// None where no socket could be had.
    accepting: Option<JoinHandle<()>>,
}

/// A port that is taken may be free again at any time.
const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(15);

impl Doors {
    pub fn new(store: Store, board: Arc<Board>, clock: Arc<dyn Clock>, disk_full: Arc<AtomicBool>, may: May, setup: Arc<Setup>) -> Self {
        let (sender, receiver) = watch::channel(setup);
        let tried_at = clock.now();
        let May { verify, admit, refused } = may;
        let (caps, stop) = (Caps::default(), CancellationToken::new());
        let hall = Hall { store, board, clock, setup: receiver, caps, disk_full, verify, admit, refused, stop };
        Self { hall: Arc::new(hall), setup: sender, open: Vec::new(), connections: TaskTracker::new(), tried_at }
    }

    /// Opens and closes doors until they are as configured. Sessions that are open stay so, under the new rules.
    pub async fn arrange(&mut self, setup: Arc<Setup>) {
        let wanted = setup.config.listeners.clone();
        let places = self.keep(&wanted);
        // What is still open of the old ones is wanted no more; its port may be wanted by another.
        let mut shut: Vec<Door> = Vec::new();
        for mut door in self.open.drain(..) {
            door.close.cancel();
            match door.accepting.take() {
                Some(accepting) => drop(accepting.await),
                None => shut.push(door),
            }
        }
        self.setup.send_replace(setup);
        let known = |listener: &Listener| shut.iter().find(|door| door.state.address == listener.address)?.state.problem.clone();
        let doors = places.into_iter().zip(&wanted);
        self.open = doors.map(|(door, listener)| door.unwrap_or_else(|| Door::shut(listener, known(listener)))).collect();
        self.try_shut_doors().await;
    }

    /// Tries doors again that could not be opened, if it is time; gives whether there is still one.
    pub async fn look(&mut self) -> bool {
        let gone = self.hall.clock.now().duration_since(self.tried_at);
        let is_time = gone >= TRY_AGAIN || gone.is_negative();
        if is_time && self.one_is_shut() {
            self.try_shut_doors().await;
        }
        self.one_is_shut()
    }

    fn one_is_shut(&self) -> bool {
        self.open.iter().any(|door| door.accepting.is_none())
    }

    /// Opens what is wanted and not open.
    pub async fn try_shut_doors(&mut self) {
        if self.hall.stop.is_cancelled() {
            return;
        }
        self.tried_at = self.hall.clock.now();
        for index in 0..self.open.len() {
            let door = &self.open[index];
            if door.accepting.is_none() {
                self.open[index] = self.open_door(&door.plate.listener(), door.state.problem.as_ref()).await;
            }
        }
        self.hall.board.set_listeners(self.open.iter().map(|door| door.state.clone()).collect());
    }

    /// Takes the open doors out that stay, each to the place of its listener.
    fn keep(&mut self, wanted: &[Listener]) -> Vec<Option<Door>> {
        let mut places: Vec<Option<Door>> = wanted.iter().map(|_| None).collect();
        // Several may be at port 0 of one address: those that are just the same find their own first.
        for same_encryption in [true, false] {
            for (place, listener) in places.iter_mut().zip(wanted).filter(|(place, _)| place.is_none()) {
                let fits = |door: &Door| {
                    let old = door.plate.listener();
                    door.accepting.is_some()
                        && old.address == listener.address
                        && (old.encryption == listener.encryption || !same_encryption)
                };
                if let Some(index) = self.open.iter().position(fits) {
                    let mut door = self.open.remove(index);
                    door.plate.write(listener.clone());
                    door.state.encryption = listener.encryption;
                    *place = Some(door);
                }
            }
        }
        places
    }

    /// Closes the doors; sessions finish what is under way, and are ended after `within`.
    pub async fn close(&mut self, within: Duration) {
        for door in &self.open {
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
        let plate = Arc::new(Plate::new(listener.clone()));
        let encryption = listener.encryption;
        match sockets::bind(listener.address).await {
            Ok(socket) => {
                let address = socket.local_addr().unwrap_or(listener.address);
                tracing::info!(%address, ?encryption, "Listening");
                let (hall, connections) = (Arc::clone(&self.hall), self.connections.clone());
                let accepting = self.connections.spawn(accept(socket, Arc::clone(&plate), hall, close.clone(), connections));
                Door { plate, state: ListenerState { address, encryption, problem: None }, close, accepting: Some(accepting) }
            }
            Err(problem) => {
                if known != Some(&problem) {
                    tracing::warn!(address = %listener.address, said = problem.said, "Cannot listen");
                }
                Door::shut(listener, Some(problem))
            }
        }
    }
}

impl Door {
    fn shut(listener: &Listener, problem: Option<BindProblem>) -> Self {
        let state = ListenerState { address: listener.address, encryption: listener.encryption, problem };
        Self { plate: Arc::new(Plate::new(listener.clone())), state, close: CancellationToken::new(), accepting: None }
    }
}

async fn accept(socket: TcpListener, plate: Arc<Plate>, hall: Arc<Hall>, close: CancellationToken, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = close.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection::serve(stream, peer, Arc::clone(&plate), Arc::clone(&hall)));
            }
            Err(error) => {
                // Out of file handles, or the client was gone already: a pause keeps this from spinning.
                tracing::warn!(%error, "Could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
