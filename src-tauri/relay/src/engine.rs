//! Wires the rooms together: [`Relay::start`] gives the one handle its host needs.

mod access;

pub use access::AccountError;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::disk::DiskWatch;
use crate::dispatch::{self, Changed, Dispatcher, Plan, Tick};
use crate::event::{EntrySummary, Notice, Picture, SharedEvent};
use crate::history::Filter;
use crate::listen::{Accounts, Admit, Doors, May, RefusedBook, Setup};
use crate::mail::{Mailbox, MessageId};
use crate::pickup::{Collector, Order};
use crate::queue::{QueueEntry, Record, Schedule, Seq};
use crate::store::{Act, Commit, Condition, Page, Store, StoreError, Watcher, Which};
use crate::test_message;
use bytes::Bytes;
use jiff::Timestamp;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// A running engine. Clones are the same engine.
#[derive(Clone)]
pub struct Relay(Arc<Inner>);

struct Inner {
    store: Store,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    ticks: mpsc::UnboundedSender<Tick>,
    doors: Arc<tokio::sync::Mutex<Doors>>,
    /// Doors were arranged anew, or the clock was moved by hand: they look at it too.
    looks: Arc<Notify>,
    pickup: watch::Sender<Option<Order>>,
    config: Mutex<Config>,
    plans: AtomicU64,
    disk_limit: watch::Sender<u64>,
    accounts: Arc<Accounts>,
    admit: Arc<Admit>,
    refused: Arc<RefusedBook>,
    stop: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
}

/// Which messages an act concerns.
#[derive(Debug, Clone)]
pub enum Target {
    Ids(Vec<MessageId>),
    Matching(Filter),
}

/// The whole story of one message.
#[derive(Debug, Clone)]
pub struct Story {
    pub summary: EntrySummary,
    pub entry: QueueEntry,
    pub records: Vec<Record>,
    /// The header section, while the content is kept.
    pub header: Option<Bytes>,
    pub expires_at: Timestamp,
    pub notice_at: Option<Timestamp>,
}

impl Relay {
    /// Opens the store in `folder`, the doors and the way out.
    ///
    /// # Errors
    /// When the store cannot be opened. Ports that are taken and a smart host that cannot be reached are
    /// no errors: they are shown, and the rest runs.
    pub async fn start(config: Config, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let board = Arc::new(Board::default());
        let (ticks, inbox) = mpsc::unbounded_channel();
        let teller = Teller { board: Arc::clone(&board), ticks: ticks.clone(), clock: Arc::clone(&clock) };
        let place = folder.to_owned();
        let (store, opened) =
            tokio::task::spawn_blocking(move || Store::open(&place, Box::new(teller))).await.map_err(StoreError::from)??;
        board.begin(&opened, &config);

        let plan = Plan::with_lanes(0, &config);
        let dispatcher = Dispatcher::new(
            store.clone(),
            Arc::clone(&board),
            Arc::clone(&clock),
            plan,
            (ticks.clone(), inbox),
            dispatch::Start {
                open: &opened.open,
                paused: opened.paused,
                paused_lanes: opened.paused_lanes.clone(),
                before: opened.before.clone(),
            },
        );
        watch_over(tokio::spawn(dispatcher.run()), Arc::clone(&board), "handing over has stopped");

        let disk_full = Arc::new(AtomicBool::new(false));
        let (disk_limit, limit) = watch::channel(config.limits.free_disk_bytes);
        let stop = CancellationToken::new();
        let disk = DiskWatch { folder: folder.to_owned(), board: Arc::clone(&board), full: Arc::clone(&disk_full), limit };
        disk.look().await;
        tokio::spawn(disk.run(stop.clone()));

        let (pickup, orders) = watch::channel(Order::of(&config));
        let collector = Collector {
            store: store.clone(),
            board: Arc::clone(&board),
            clock: Arc::clone(&clock),
            disk_full: Arc::clone(&disk_full),
            orders,
            stop: stop.clone(),
        };
        watch_over(tokio::spawn(collector.run()), Arc::clone(&board), "no files are taken from the pickup folder");
        let now = clock.now();
        let admit = Arc::new(Admit::new(Arc::clone(&board), store.sent_hours(now).await?, now));
        let hour = now.as_second().div_euclid(3600);
        let refused = Arc::new(RefusedBook::new(store.clone(), Arc::clone(&board), hour, store.refused_in(hour).await?));
        tokio::spawn(Arc::clone(&refused).run(stop.clone()));
        let accounts = Arc::new(Accounts::new(store.clone(), Arc::clone(&board), Arc::clone(&clock), &config, stop.clone()));

        let setup = Setup::new(config.clone());
        let may = May { verify: accounts.clone(), admit: Arc::clone(&admit), refused: Arc::clone(&refused) };
        let mut doors = Doors::new(store.clone(), Arc::clone(&board), Arc::clone(&clock), disk_full, may, Arc::clone(&setup));
        doors.arrange(setup).await;
        let (doors, looks) = (Arc::new(tokio::sync::Mutex::new(doors)), Arc::new(Notify::new()));
        tokio::spawn(keep_looking(Arc::clone(&doors), Arc::clone(&looks), stop.clone()));
        let relay = Self(Arc::new(Inner {
            store,
            board,
            clock,
            ticks,
            doors,
            looks,
            pickup,
            config: Mutex::new(config),
            plans: AtomicU64::new(0),
            disk_limit,
            accounts,
            admit,
            refused,
            stop,
        }));
        relay.show_bursts().await;
        Ok(relay)
    }

    /// Puts new settings in force. Sessions stay open; a transaction that has begun ends under the old rules.
    pub async fn reconfigure(&self, config: Config) {
        let inner = &self.0;
        *inner.config.lock().unwrap_or_else(PoisonError::into_inner) = config.clone();
        inner.disk_limit.send_replace(config.limits.free_disk_bytes);
        let number = inner.plans.fetch_add(1, Ordering::Relaxed) + 1;
        let plan = Plan::with_lanes(number, &config);
        inner.tell(Tick::Reconfigured(Box::new(plan)));
        inner.pickup.send_if_modified(|order| {
            let new = Order::of(&config);
            let other = *order != new;
            *order = new;
            other
        });
        inner.accounts.reconfigure(&config);
        inner.doors.lock().await.arrange(Setup::new(config)).await;
        inner.looks.notify_one();
    }

    /// Events from now on. Subscribe first, then ask for [`Relay::picture`].
    pub fn subscribe(&self) -> broadcast::Receiver<SharedEvent> {
        self.0.board.subscribe()
    }

    pub async fn picture(&self) -> Picture {
        // The lines are read before the number: what happens between is told again, not lost.
        let recent = self.0.store.recent(20).await.unwrap_or_default();
        self.0.board.picture(recent, self.0.clock.now())
    }

    /// A part of the queue or the history, and the number of the last event it may not contain yet.
    pub async fn page(&self, which: Which, filter: Filter, offset: u32, limit: u32) -> Result<(Page, u64), StoreError> {
        let seq = self.0.board.seq();
        Ok((self.0.store.page(which, filter, offset, limit).await?, seq))
    }

    pub async fn story(&self, id: MessageId) -> Result<Option<Story>, StoreError> {
        let Some((summary, entry, records)) = self.0.store.story(id).await? else { return Ok(None) };
        let schedule = self.0.schedule();
        let header = match self.0.store.content(&entry).await? {
            Some(content) => {
                let piece = self.0.store.content_piece(content, 0, 64 * 1024).await?;
                let end = piece.windows(4).position(|window| window == b"\r\n\r\n").map_or(piece.len(), |at| at + 2);
                Some(piece.slice(..end))
            }
            None => None,
        };
        let (expires_at, notice_at) = (schedule.expires_at(entry.accepted_at), schedule.notice_at(entry.accepted_at));
        Ok(Some(Story { summary, entry, records, header, expires_at, notice_at }))
    }

    /// A piece of a message's content and its whole size; None when there is no such message or its content is not kept any more.
    pub async fn content(&self, id: MessageId, offset: u64, at_most: usize) -> Result<Option<(Bytes, u64)>, StoreError> {
        let Some((_, entry, _)) = self.0.store.story(id).await? else { return Ok(None) };
        let Some(content) = self.0.store.content(&entry).await? else { return Ok(None) };
        let size = content.size();
        Ok(Some((self.0.store.content_piece(content, offset, at_most).await?, size)))
    }

    /// Tries messages now, and ends the rests of all lanes. Gives how many messages it concerned.
    pub async fn retry(&self, target: Target) -> Result<u64, StoreError> {
        let count = self.act(target, Act::TryNow).await?;
        self.try_lane(None);
        Ok(count)
    }

    pub async fn hold(&self, target: Target) -> Result<u64, StoreError> {
        self.act(target, Act::Hold).await
    }

    pub async fn release(&self, target: Target) -> Result<u64, StoreError> {
        let count = self.act(target, Act::Release).await?;
        self.show_bursts().await;
        Ok(count)
    }

    /// Removes messages from the queue. Those being handed over at this moment are left alone.
    pub async fn delete(&self, target: Target, tell_sender: bool) -> Result<u64, StoreError> {
        let seqs = self.open_messages(target).await?;
        let (taken, answer) = oneshot::channel();
        self.0.tell(Tick::Reserve { seqs, taken });
        let silence = |_| if self.0.stop.is_cancelled() { StoreError::Stopped } else { StoreError::Crashed };
        let taken = answer.await.map_err(silence)?;
        let count = dispatch::delete(&self.0.errand(), taken, tell_sender).await;
        self.show_bursts().await;
        count
    }

    /// Stops handing over; mail is still taken. Kept over restarts.
    pub async fn pause(&self) -> Result<(), StoreError> {
        self.set_paused(true).await
    }

    pub async fn resume(&self) -> Result<(), StoreError> {
        self.set_paused(false).await
    }

    /// Stops and begins handing over through one smart host. Kept over restarts.
    pub async fn pause_lane(&self, lane: &str, paused: bool) -> Result<(), StoreError> {
        self.0.store.set_lane_paused(lane, paused).await?;
        self.0.tell(Tick::LanePaused { lane: lane.to_owned(), paused });
        Ok(())
    }

    /// Ends a rest of a lane at once, or of all of them; senders it refuses are tested, too.
    pub fn try_lane(&self, lane: Option<String>) {
        self.0.tell(Tick::TryLane(lane));
    }

    /// Closes lines that wait for the next message: what they are signed in with is not to be used any more.
    pub fn forget_lines(&self) {
        self.0.tell(Tick::ForgetLines);
    }

    /// Tries ports at once that could not be had.
    pub async fn try_listeners(&self) {
        self.0.doors.lock().await.try_shut_doors().await;
    }

    /// Puts a test message into the queue.
    pub async fn submit_test(&self, sender: Mailbox, recipient: Mailbox) -> Result<MessageId, StoreError> {
        let host_name = self.0.config.lock().unwrap_or_else(PoisonError::into_inner).host_name.clone();
        let submission = test_message::compose(sender, recipient, &host_name, self.0.clock.now());
        let id = submission.id;
        self.0.store.keep(submission).await?;
        Ok(id)
    }

    pub fn forget_refused(&self, address: IpAddr) {
        self.0.board.forget_refused(address);
    }

    /// Makes everybody look at the clock, after it was moved by hand.
    pub fn look(&self) {
        self.0.tell(Tick::Look);
        self.0.looks.notify_one();
    }

    /// Closes the doors, lets what is under way come to its end, and closes the store in order.
    pub async fn stop(&self, within: Duration) {
        let inner = &self.0;
        inner.stop.cancel();
        let half = within / 2;
        inner.doors.lock().await.close(half).await;
        let (done, stopped) = oneshot::channel();
        inner.tell(Tick::Stop { within: half, done });
        let _ = stopped.await;
        inner.refused.write().await;
        inner.store.close().await;
        tracing::info!("Stopped");
    }

    async fn act(&self, target: Target, act: Act) -> Result<u64, StoreError> {
        let seqs = self.open_messages(target).await?;
        self.0.store.act(&seqs, act, self.0.clock.now()).await
    }

    async fn open_messages(&self, target: Target) -> Result<Vec<Seq>, StoreError> {
        match target {
            Target::Ids(ids) => self.0.store.open_of(ids).await,
            Target::Matching(filter) => self.0.store.matching(filter).await,
        }
    }

    async fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        self.0.store.set_paused(paused).await?;
        self.0.tell(Tick::Paused(paused));
        self.0.board.set_paused(paused);
        Ok(())
    }
}

impl Inner {
    fn tell(&self, tick: Tick) {
        // Nobody hears it only when the engine has stopped.
        let _ = self.ticks.send(tick);
    }

    fn schedule(&self) -> Schedule {
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        Plan::new(0, &config).schedule
    }

    fn errand(&self) -> dispatch::Desk {
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        dispatch::Desk {
            store: self.store.clone(),
            board: Arc::clone(&self.board),
            clock: Arc::clone(&self.clock),
            ticks: self.ticks.clone(),
            plan: Arc::new(Plan::new(0, &config)),
        }
    }
}

/// How often doors look at the clock while one of them is shut.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Doors that could not be opened are tried again, until the engine is told to stop.
async fn keep_looking(doors: Arc<tokio::sync::Mutex<Doors>>, looks: Arc<Notify>, stop: CancellationToken) {
    loop {
        let one_is_shut = doors.lock().await.look().await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = looks.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY), if one_is_shut => {}
        }
    }
}

/// A part that ended by itself is an alarm, never silence.
fn watch_over(part: tokio::task::JoinHandle<()>, board: Arc<Board>, without: &'static str) {
    tokio::spawn(async move {
        if let Err(error) = part.await {
            tracing::error!(%error, without, "A part of the engine ended");
            board.raise(Notice::EngineFault { said: format!("{without}; start Outtray again") });
        }
    });
}

const COULD_NOT_GROW: &str = "the database could not grow";
const NOTHING_IS_KEPT: &str = "the part that writes to the disk has crashed; start Outtray again";

/// Tells dispatcher and board of every commit.
struct Teller {
    board: Arc<Board>,
    ticks: mpsc::UnboundedSender<Tick>,
    clock: Arc<dyn Clock>,
}

impl Watcher for Teller {
    fn committed(&self, commit: Commit) {
        self.board.committed(&commit, self.clock.now());
        let fresh: Vec<Seq> = commit.kept.iter().map(|entry| entry.seq).collect();
        let changes: Vec<_> = commit
            .touched
            .iter()
            .filter(|touched| fresh.binary_search(&touched.seq).is_err())
            .map(|touched| Changed { seq: touched.seq, standing: touched.after, unsettled: touched.unsettled.clone() })
            .collect();
        if !commit.kept.is_empty() {
            let _ = self.ticks.send(Tick::Kept(commit.kept));
        }
        if !changes.is_empty() {
            let _ = self.ticks.send(Tick::Changed(changes));
        }
    }

    fn wants_summaries(&self) -> bool {
        self.board.is_watched()
    }

    fn condition(&self, now: Condition<'_>) {
        match now {
            Condition::Failing(StoreError::Full) => self.board.raise(Notice::DiskFull { said: COULD_NOT_GROW.to_owned() }),
            // Told for itself, and it does not pass.
            Condition::Failing(StoreError::Damaged(_)) => {}
            Condition::Failing(error) => self.board.raise(Notice::StoreFailed { said: error.chain() }),
            Condition::Eased => {
                let _ = self.ticks.send(Tick::Look);
            }
            Condition::Works => self.board.lower(|notice| match notice {
                Notice::StoreFailed { .. } => true,
                // The other notice of this kind is the disk watch's, which takes it back itself.
                Notice::DiskFull { said } => said == COULD_NOT_GROW,
                Notice::DatabaseSetAside { .. }
                | Notice::DatabaseDamaged { .. }
                | Notice::Unreadable { .. }
                | Notice::PickupFailed { .. }
                | Notice::BurstHeld { .. }
                | Notice::PasswordsGuessed { .. }
                | Notice::SenderRefused { .. }
                | Notice::EngineFault { .. } => false,
            }),
            Condition::Damaged(error) => self.board.raise(Notice::DatabaseDamaged { said: error.chain() }),
            Condition::Crashed => self.board.raise(Notice::EngineFault { said: NOTHING_IS_KEPT.to_owned() }),
        }
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
pub(crate) mod tests;
