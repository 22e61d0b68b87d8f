//! Watches the data disk. Its free space: below the limit, mail is refused for now (452 4.3.1) while there is still
//! room to hand over and settle what waits. And the databases that were set aside: whether they are still there.

use crate::board::Board;
use crate::event::Notice;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(5);

pub struct DiskWatch {
    pub folder: PathBuf,
    pub board: Arc<Board>,
    pub full: Arc<AtomicBool>,
    /// The limit in bytes; may change.
    pub limit: Arc<AtomicU64>,
}

impl DiskWatch {
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.look().await;
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    pub async fn look(&self) {
        let folder = self.folder.clone();
        let look = move || (fs4::available_space(&folder), crate::store::all_set_aside(&folder));
        let Ok((free, set_aside)) = tokio::task::spawn_blocking(look).await else { return };
        self.board.set_aside(&set_aside);
        // A disk that cannot be asked is not called full: writing to it will tell.
        let Ok(free) = free else { return };
        let limit = self.limit.load(Ordering::Relaxed);
        let full = free < limit;
        if self.full.swap(full, Ordering::Relaxed) == full {
            return;
        }
        if full {
            tracing::error!(free, limit, "The disk is nearly full: mail is refused for now");
            self.board.raise(Notice::DiskFull { said: format!("{free} bytes are free, {limit} are wanted") });
        } else {
            tracing::info!(free, "The disk has room again: mail is taken");
            self.board.lower(|notice| matches!(notice, Notice::DiskFull { .. }));
        }
    }
}
