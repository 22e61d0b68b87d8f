//! The other way in: files dropped into a folder are taken as mail, as the SMTP service of IIS did.
//!
//! In: the folder, as it is set. Out: submissions to the store; bad files to a folder of their own, with a text that says why.
//! Looked into when the system tells of news there, and every half minute whatever it tells.
//!
//! Invariant: a file is removed only after its message was kept; and before it is kept the file bears the message's id as its
//! name. So a crash anywhere between leaves either the file alone, which is taken again, or both, and then the id is found in
//! the store and the file is removed: nothing is lost, and nothing is sent twice while the history remembers it.

mod addresses;
pub(crate) mod bad;
mod folder;
pub(crate) mod letter;
mod taking;
mod watch;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Config, Pickup};
use crate::event::Notice;
use crate::policy::content::ContentRules;
use crate::store::Store;
use folder::Candidate;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use taking::Taken;
use tokio::sync::watch as channel;
use tokio_util::sync::CancellationToken;
use watch::Watch;

const EVERY: Duration = Duration::from_secs(30);
/// News come in flocks.
const BREATH: Duration = Duration::from_millis(50);

/// What is to be done, as the settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pickup: Pickup,
    host_name: String,
    message_bytes: u64,
    recipients: usize,
    hops: u32,
    content: ContentRules,
}

impl Order {
    /// None: nothing.
    pub fn of(config: &Config) -> Option<Self> {
        Some(Self {
            pickup: config.pickup.clone()?,
            host_name: config.host_name.clone(),
            message_bytes: config.limits.message_bytes,
            recipients: config.limits.recipients,
            hops: config.limits.hops,
            content: config.content.clone(),
        })
    }
}

/// Whoever empties the folder.
pub struct Collector {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    pub disk_full: Arc<AtomicBool>,
    pub orders: channel::Receiver<Option<Order>>,
    pub stop: CancellationToken,
}

impl Collector {
    /// Until the engine stops.
    pub async fn run(mut self) {
        loop {
            let order = self.orders.borrow_and_update().clone();
            let goes_on = match order {
                Some(order) => self.attend(&order).await,
                None => {
                    self.lower();
                    tokio::select! {
                        changed = self.orders.changed() => changed.is_ok(),
                        () = self.stop.cancelled() => false,
                    }
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Until there is another order, or, when it gives false, none any more.
    async fn attend(&mut self, order: &Order) -> bool {
        let mut watch = None;
        loop {
            match self.look(order, &mut watch).await {
                Ok(()) => self.lower(),
                Err(said) => {
                    tracing::warn!(folder = %order.pickup.folder.display(), said, "The pickup folder cannot be emptied");
                    self.board.raise(Notice::PickupFailed { folder: order.pickup.folder.display().to_string(), said });
                }
            }
            let news = async {
                match &watch {
                    Some(watch) => Watch::news(watch).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = news => tokio::time::sleep(BREATH).await,
                () = tokio::time::sleep(EVERY) => {}
                changed = self.orders.changed() => return changed.is_ok(),
                () = self.stop.cancelled() => return false,
            }
        }
    }

    /// Takes everything that is written. What cannot be taken now is told, and tried again at the next look.
    async fn look(&mut self, order: &Order, watch: &mut Option<Watch>) -> Result<(), String> {
        let found = match list(order).await {
            Ok(found) => found,
            Err(error) => {
                // A watch over a folder that is gone hears nothing of one that comes in its place.
                *watch = None;
                return Err(error.to_string());
            }
        };
        let watch = watch.get_or_insert_with(|| Watch::over(&order.pickup.folder));
        watch.forget_others(&found);
        let mut trouble = None;
        for candidate in &found {
            if self.stop.is_cancelled() || self.disk_full.load(Ordering::Relaxed) {
                break;
            }
            if candidate.claimed().is_none() && !watch.is_written(candidate) {
                continue;
            }
            watch.begin(&candidate.name);
            let taken = self.take(order, candidate).await;
            watch.end(&candidate.name, matches!(taken, Ok(Taken::Gone)));
            if let Err(said) = taken {
                trouble = Some(format!("{}: {said}", candidate.name.display()));
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    fn lower(&self) {
        self.board.lower(|notice| matches!(notice, Notice::PickupFailed { .. }));
    }
}

/// Of a folder that is made if it is not there.
async fn list(order: &Order) -> io::Result<Vec<Candidate>> {
    let folder = order.pickup.folder.clone();
    blocking(move || {
        std::fs::create_dir_all(&folder)?;
        folder::list(&folder)
    })
    .await
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(act).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
