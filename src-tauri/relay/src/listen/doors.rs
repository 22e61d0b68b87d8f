//! All doors of the house: opened, written anew, closed, while the connections that came through them live on.
//!
//! In: which listeners there are to be. Out: what became of each, to the board.
//! Invariant: a port that stays is never let go of; what is to be different there is written on its plate.

use super::caps::Caps;
use super::{Hall, Plate, Setup, Verify, connection, sockets};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Listener;
use crate::event::ListenerState;
use crate::store::Store;
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
}

struct Door {
    plate: Arc<Plate>,
    state: ListenerState,
    close: CancellationToken,
    /// None where no socket could be had.
    accepting: Option<JoinHandle<()>>,
}

impl Doors {
    pub fn new(
        store: Store,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        disk_full: Arc<AtomicBool>,
        verify: Arc<dyn Verify>,
        setup: Arc<Setup>,
    ) -> Self {
        let (sender, receiver) = watch::channel(setup);
        let hall = Hall { store, board, clock, setup: receiver, caps: Caps::default(), disk_full, verify, stop: CancellationToken::new() };
        Self { hall: Arc::new(hall), setup: sender, open: Vec::new(), connections: TaskTracker::new() }
    }

    /// Opens and closes doors until they are as configured. Sessions that are open stay so, under the new rules.
    pub async fn arrange(&mut self, setup: Arc<Setup>) {
        let wanted = setup.config.listeners.clone();
        let mut places = self.keep(&wanted);
        // What is still open of the old ones is wanted no more; its port may be wanted by another.
        for door in self.open.drain(..) {
            door.close.cancel();
            if let Some(accepting) = door.accepting {
                let _ = accepting.await;
            }
        }
        self.setup.send_replace(setup);
        for (place, listener) in places.iter_mut().zip(&wanted) {
            if place.is_none() {
                *place = Some(self.open_door(listener).await);
            }
        }
        self.open = places.into_iter().flatten().collect();
        self.hall.board.set_listeners(self.open.iter().map(|door| door.state.clone()).collect());
    }

    /// Takes the doors out that stay, each to the place of its listener. One that could not be opened is tried again.
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

    async fn open_door(&self, listener: &Listener) -> Door {
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
                tracing::warn!(address = %listener.address, said = problem.said, "Cannot listen");
                let state = ListenerState { address: listener.address, encryption, problem: Some(problem) };
                Door { plate, state, close, accepting: None }
            }
        }
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
