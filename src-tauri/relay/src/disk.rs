//! Watches the data disk. Its free space: below the limit, mail is refused for now (452 4.3.1) while there is still
//! room to hand over and settle what waits. And the databases that were set aside: whether they are still there.

use crate::board::Board;
use crate::event::Notice;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// While something may end or begin soon: the disk is full or nearly so, or a database lies aside.
const OFTEN: Duration = Duration::from_secs(5);
/// An engine that has nothing to do should not wake the machine.
const SELDOM: Duration = Duration::from_secs(30);
/// More than a relay takes in while nobody looks.
const MUCH: u64 = 8 << 30;

pub struct DiskWatch {
    pub folder: PathBuf,
    pub board: Arc<Board>,
    pub full: Arc<AtomicBool>,
    /// The limit in bytes; when it changes, the disk is looked at.
    pub limit: watch::Receiver<u64>,
}

impl DiskWatch {
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let rest = self.look().await;
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                // Without a sender nobody changes it any more.
                Ok(()) = self.limit.changed() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Gives how long it may be before the next time.
    pub async fn look(&self) -> Duration {
        let folder = self.folder.clone();
        let look = move || (fs4::available_space(&folder), crate::store::all_set_aside(&folder));
        let Ok((free, set_aside)) = tokio::task::spawn_blocking(look).await else { return OFTEN };
        self.board.set_aside(&set_aside);
        // A disk that cannot be asked is not called full: writing to it will tell.
        let Ok(free) = free else { return OFTEN };
        let limit = *self.limit.borrow();
        let full = free < limit;
        let rest = if set_aside.is_empty() && free.saturating_sub(limit) > MUCH { SELDOM } else { OFTEN };
        if self.full.swap(full, Ordering::Relaxed) == full {
            return rest;
        }
        if full {
            tracing::error!(free, limit, "The disk is nearly full: mail is refused for now");
            self.board.raise(Notice::DiskFull { said: format!("{free} bytes are free, {limit} are wanted") });
        } else {
            tracing::info!(free, "The disk has room again: mail is taken");
            self.board.lower(|notice| matches!(notice, Notice::DiskFull { .. }));
        }
        rest
    }
}
