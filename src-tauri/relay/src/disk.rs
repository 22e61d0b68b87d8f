//! Watches the free space of the data disk: below the limit, mail is refused for now (452 4.3.1)
//! while there is still room to hand over and settle what waits.

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
        let free = match tokio::task::spawn_blocking(move || fs4::available_space(&folder)).await {
            Ok(Ok(free)) => free,
            // A disk that cannot be asked is not called full: writing to it will tell.
            Ok(Err(_)) | Err(_) => return,
        };
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
