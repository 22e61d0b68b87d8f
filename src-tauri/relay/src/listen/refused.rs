//! Notes refusals: shows them at once, and writes them down folded, a moment later.
//!
//! In: refusals of sessions and doors. Out: the board's list of refused clients, lines for the store.
//! Invariant: a refusal costs its session no wait, and however many there are in a moment they are one write.

use crate::board::Board;
use crate::history::refusals::Refusals;
use crate::policy::RefusedWhy;
use crate::session::Refused;
use crate::store::Store;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long refusals are gathered. What a killed process takes is of no more than that.
const GATHERED: Duration = Duration::from_secs(1);

pub struct RefusedBook {
    refusals: Mutex<Refusals>,
    store: Store,
    board: Arc<Board>,
    noted: Notify,
}

impl RefusedBook {
    /// `known` was written of this hour already.
    pub fn new(store: Store, board: Arc<Board>, hour: i64, known: Vec<(IpAddr, RefusedWhy)>) -> Self {
        let mut refusals = Refusals::default();
        refusals.begin(hour, known);
        Self { refusals: Mutex::new(refusals), store, board, noted: Notify::new() }
    }

    pub fn note(&self, client: IpAddr, client_name: &str, refused: &Refused, now: Timestamp) {
        tracing::info!(%client, why = ?refused.why, code = refused.reply.code(), "Refused a client");
        tracing::debug!(%client, reply = %refused.reply, "It was told");
        self.board.refused(client, client_name, refused, now);
        self.lock().note(client, client_name, refused, now);
        self.noted.notify_one();
    }

    /// Writes down what is waiting. Who reads the store after this finds all that was noted before.
    pub async fn write(&self) {
        let lines = self.lock().take();
        if let Err(error) = self.store.write_refusals(lines).await {
            tracing::warn!(error = error.chain(), "Refusals could not be written down");
        }
    }

    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.noted.notified() => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(GATHERED) => self.write().await,
                () = stop.cancelled() => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
