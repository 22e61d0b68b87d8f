//! The shelf: messages, recipients and history in SQLite, large contents in files. The only SQL.
//!
//! In: submissions, settlements, acts, questions, in the words of the other rooms. Out: domain types.
//! One thread writes (`writer`), two connections read. WAL; `synchronous = FULL` for every promise.
//!
//! Invariants: when [`Store::keep`] has answered, the message survives a power cut. What an attempt came to
//! ([`Store::settle`]) is refused only by a store that has ended.

mod accounts;
mod content;
mod devices;
mod error;
mod health;
mod job;
mod read;
mod refusals;
mod rows;
mod schema;
mod signs;
mod trouble;
mod write;
mod writer;

pub use accounts::{AccountChange, AccountState};
pub use content::ContentWriter;
pub use devices::Device;
pub use error::StoreError;
pub use health::{Condition, Watcher};
pub use job::Cause;
pub use read::{Before, Open, OpenRecipients, Page, Which};
pub use refusals::RefusalPage;
pub use schema::{SetAside, all_set_aside};
pub use write::{Act, Standing, Touched};
pub use writer::Commit;

use crate::event::{Hour, Recent};
use crate::history::Filter;
use crate::history::refusals::RefusalLine;
use crate::mail::{Content, MessageId, Submission};
use crate::policy::RefusedWhy;
use crate::policy::burst::SentHour;
use crate::policy::password::Hash;
use crate::queue::{ContentPlace, QueueEntry, Record, Seq, Settlement};
use crate::route::Signpost;
use bytes::Bytes;
use health::Health;
use jiff::Timestamp;
use job::Job;
use rusqlite::Connection;
use signs::Signs;
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::oneshot;
use writer::Writer;

type Reader = Arc<Mutex<Connection>>;

/// A handle; clones share the one writer and the two readers.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    /// For what is handed over and settled.
    reader: Reader,
    /// For what people look at: a search through the whole history must not keep mail waiting.
    views: Reader,
    content_folder: Arc<PathBuf>,
    health: Arc<Health>,
    signs: Arc<Signs>,
}

/// What was on the shelf when it was opened.
#[derive(Debug)]
pub struct Opened {
    pub open: Vec<Open>,
    pub paused: bool,
    /// Lanes that a person has paused.
    pub paused_lanes: Vec<String>,
    pub waiting: u64,
    pub deferred: u64,
    pub held: u64,
    /// The last hours there are, newest first.
    pub hours: Vec<Hour>,
    /// What was handed over lately, by lane.
    pub before: HashMap<String, Before>,
    /// Damaged databases that were set aside, now or before, and are still there; newest first.
    pub set_aside: Vec<SetAside>,
}

/// Acts on more messages than this take several commits, with others' between them.
const ACTS_TOGETHER: usize = 500;

impl Store {
    /// Opens (or makes) the database in a folder. `watcher` is told of every commit.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database is of a newer Outtray. A damaged database
    /// is no error: it is set aside, see [`Opened::set_aside`].
    pub fn open(folder: &Path, watcher: Box<dyn Watcher>) -> Result<(Self, Opened), StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::file("make the folder", folder, error))?;
        let content_folder = folder.join("content");
        if !folder.join("queue.db").exists() && has_contents(&content_folder) {
            // Nobody knows any more to whom they were to go: not ours to throw away.
            schema::set_aside(folder, "the database was gone and the contents were left")?;
        }
        let (sql, reader, opened) = match look(folder) {
            Err(StoreError::Damaged(error)) => {
                schema::set_aside(folder, &error.to_string())?;
                look(folder)?
            }
            other @ (Ok(_) | Err(_)) => other?,
        };
        std::fs::create_dir_all(&content_folder).map_err(|error| StoreError::file("make the folder", &content_folder, error))?;
        remove_orphans(&reader, &content_folder)?;
        let health = Arc::new(Health::new(watcher));
        let (jobs, asked) = mpsc::channel();
        let signs = Arc::new(Signs::default());
        let writer = Writer::new(sql, &content_folder, Arc::clone(&health), Arc::clone(&signs), asked);
        let watched = Arc::clone(&health);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                // What it held is gone when it has crashed; nothing of it is used again.
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| writer.run())).is_err() {
                    watched.crashes();
                }
            })
            .map_err(|error| StoreError::file("start a thread for", folder, error))?;
        let views = Arc::new(Mutex::new(schema::open_reader(folder)?));
        let reader = Arc::new(Mutex::new(reader));
        Ok((Self { jobs, reader, views, content_folder: Arc::new(content_folder), health, signs }, opened))
    }

    /// Begins a content; pieces go in as they arrive.
    pub fn content_writer(&self, id: MessageId) -> ContentWriter {
        ContentWriter::new(id, PathBuf::clone(&self.content_folder))
    }

    /// Keeps a message. After this has answered `Ok`, the 250 may be said.
    pub async fn keep(&self, submission: Submission) -> Result<(), StoreError> {
        self.ask(|done| Job::Keep { submission: Box::new(submission), done }).await
    }

    /// Applies a settlement, and keeps the report that belongs to it, in one transaction. After an attempt this
    /// answers when it is written, however long the store fails; an error then means that it has ended.
    pub async fn settle(
        &self,
        settlement: Settlement,
        report: Option<Submission>,
        cause: Cause,
        now: Timestamp,
    ) -> Result<Touched, StoreError> {
        let _unkept = (cause == Cause::Attempt).then(|| self.health.one_unkept());
        self.ask(|done| Job::Settle { settlement: Box::new(settlement), report: report.map(Box::new), cause, now, done }).await
    }

    /// Whether what comes of an attempt could be written down: none may start otherwise.
    pub fn takes_outcomes(&self) -> bool {
        self.health.takes_outcomes()
    }

    /// Does something to messages that are in the queue; gives how many it changed.
    pub async fn act(&self, seqs: &[Seq], act: Act, now: Timestamp) -> Result<u64, StoreError> {
        let mut changed = 0;
        for some in seqs.chunks(ACTS_TOGETHER) {
            changed += self.ask(|done| Job::Act { seqs: some.to_vec(), act, now, done }).await?.len() as u64;
        }
        Ok(changed)
    }

    /// Writes refusals down. No promise: a power cut may take the last of them.
    pub async fn write_refusals(&self, lines: Vec<RefusalLine>) -> Result<(), StoreError> {
        self.ask(|done| Job::Refused { lines, done }).await
    }

    /// Counts what is refused to nobody that could be named. No promise, and nobody waits for it.
    pub fn count_refusal(&self, now: Timestamp) {
        let _ = self.jobs.send(Job::CountRefused { now });
    }

    pub async fn refusals(&self, words: Vec<String>, offset: u32, limit: u32) -> Result<RefusalPage, StoreError> {
        self.read(&self.views, move |sql| refusals::page(sql, &words, offset, limit)).await
    }

    /// Clients and reasons that are told apart in this hour.
    pub async fn refused_in(&self, hour: i64) -> Result<Vec<(IpAddr, RefusedWhy)>, StoreError> {
        self.read(&self.reader, move |sql| refusals::known(sql, hour)).await
    }

    pub async fn devices(&self, now: Timestamp) -> Result<Vec<Device>, StoreError> {
        self.read(&self.views, move |sql| devices::devices(sql, now)).await
    }

    /// What each sender sent, as far as it counts for what is usual.
    pub async fn sent_hours(&self, now: Timestamp) -> Result<BTreeMap<String, Vec<SentHour>>, StoreError> {
        self.read(&self.reader, move |sql| devices::sent_hours(sql, now)).await
    }

    /// Senders whose mail is held as a burst.
    pub async fn bursting(&self) -> Result<Vec<String>, StoreError> {
        self.read(&self.reader, devices::bursting).await
    }

    /// A sender's burst is over: gives the messages that were held for it.
    pub async fn end_burst(&self, who: String, release: bool, now: Timestamp) -> Result<Vec<Touched>, StoreError> {
        self.ask(|done| Job::EndBurst { who, release, now, done }).await
    }

    pub async fn change_account(&self, change: AccountChange) -> Result<(), StoreError> {
        self.ask(|done| Job::Account { change, done }).await
    }

    /// The hash of an account's password; None: it has none.
    pub async fn password_hash(&self, name: String) -> Result<Option<Hash>, StoreError> {
        self.read(&self.reader, move |sql| accounts::hash_of(sql, &name)).await
    }

    pub async fn accounts(&self) -> Result<Vec<AccountState>, StoreError> {
        self.read(&self.views, accounts::all).await
    }

    pub async fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        self.ask(|done| Job::Mark { name: "paused".into(), value: paused, done }).await
    }

    /// One lane alone, by name.
    pub async fn set_lane_paused(&self, lane: &str, paused: bool) -> Result<(), StoreError> {
        let name = format!("{}{lane}", read::PAUSED_LANE);
        self.ask(|done| Job::Mark { name: name.into(), value: paused, done }).await
    }

    /// Which lane mail waits for, from now on; None where there is only one.
    pub fn set_signpost(&self, signpost: Option<Signpost>) {
        self.signs.set(signpost);
    }

    /// To whom each open message still has to go.
    pub async fn open_recipients(&self) -> Result<Vec<OpenRecipients>, StoreError> {
        self.read(&self.reader, read::open_recipients).await
    }

    /// Forgets what happened before a moment, some at a time; gives how much. What waits is not touched.
    pub async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
        self.ask(|done| Job::Prune { before, now, at_most: 500, done }).await
    }

    /// Commits what waits, closes the database in order and ends the writer.
    pub async fn close(&self) {
        self.health.closes();
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close { done }).is_ok() {
            let _ = closed.await;
        }
    }

    pub async fn page(&self, which: Which, filter: Filter, offset: u32, limit: u32) -> Result<Page, StoreError> {
        let signpost = self.signs.now();
        self.read(&self.views, move |sql| read::page(sql, which, &filter, (offset, limit), signpost.as_deref())).await
    }

    pub async fn matching(&self, filter: Filter) -> Result<Vec<Seq>, StoreError> {
        let signpost = self.signs.now();
        self.read(&self.views, move |sql| read::matching(sql, &filter, signpost.as_deref())).await
    }

    pub async fn open_of(&self, ids: Vec<MessageId>) -> Result<Vec<Seq>, StoreError> {
        self.read(&self.views, move |sql| read::open_of(sql, &ids)).await
    }

    pub async fn entry(&self, seq: Seq) -> Result<Option<QueueEntry>, StoreError> {
        let folder = Arc::clone(&self.content_folder);
        self.read(&self.reader, move |sql| read::entry(sql, seq, &folder)).await
    }

    /// What a message is called, also when the rest of it cannot be read.
    pub async fn id_of(&self, seq: Seq) -> Result<Option<MessageId>, StoreError> {
        self.read(&self.reader, move |sql| read::id_of(sql, seq)).await
    }

    /// A message with all that happened to it.
    pub async fn story(&self, id: MessageId) -> Result<Option<(crate::event::EntrySummary, QueueEntry, Vec<Record>)>, StoreError> {
        let folder = Arc::clone(&self.content_folder);
        let signpost = self.signs.now();
        self.read(&self.views, move |sql| {
            let Some(seq) = read::seq_of(sql, id)? else { return Ok(None) };
            let Some(entry) = read::entry(sql, seq, &folder)? else { return Ok(None) };
            Ok(Some((read::summary(sql, seq, signpost.as_deref())?, entry, read::records(sql, seq)?)))
        })
        .await
    }

    /// The content as the smart host needs it; None when it is not kept any more.
    pub async fn content(&self, entry: &QueueEntry) -> Result<Option<Content>, StoreError> {
        match &entry.content {
            ContentPlace::Cached(bytes) => Ok(Some(Content::Memory(bytes.clone()))),
            ContentPlace::File(path) => Ok(Some(Content::File { path: path.clone(), size: entry.size })),
            ContentPlace::Row => {
                let seq = entry.seq;
                Ok(self.read(&self.reader, move |sql| read::content_row(sql, seq)).await?.map(|bytes| Content::Memory(bytes.into())))
            }
            ContentPlace::Gone => Ok(None),
        }
    }

    /// A piece of a content, wherever it is.
    pub async fn content_piece(&self, content: Content, offset: u64, at_most: usize) -> Result<Bytes, StoreError> {
        match content {
            Content::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(start..bytes.len().min(start.saturating_add(at_most))))
            }
            Content::File { path, .. } => {
                tokio::task::spawn_blocking(move || {
                    let mut piece = Vec::new();
                    std::fs::File::open(&path)
                        .and_then(|mut file| {
                            file.seek(SeekFrom::Start(offset))?;
                            file.take(at_most as u64).read_to_end(&mut piece)
                        })
                        .map_err(|error| StoreError::file("read", &path, error))?;
                    Ok(piece.into())
                })
                .await?
            }
        }
    }

    pub async fn recent(&self, at_most: usize) -> Result<Vec<Recent>, StoreError> {
        self.read(&self.views, move |sql| read::recent(sql, at_most)).await
    }

    pub async fn oldest_open(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(&self.views, read::oldest_open).await
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        self.jobs.send(job(done)).map_err(|_| self.health.silence())?;
        answer.await.map_err(|_| self.health.silence())?
    }

    async fn read<T: Send + 'static>(
        &self,
        reader: &Reader,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = Arc::clone(reader);
        let answer = tokio::task::spawn_blocking(move || question(&reader.lock().unwrap_or_else(PoisonError::into_inner))).await?;
        if let Err(error) = &answer
            && self.health.shows_damage(error)
        {
            // The writer may never come near that page: the next start is to look at all of them.
            let (done, _) = oneshot::channel();
            let _ = self.jobs.send(Job::Mark { name: write::DAMAGED.into(), value: true, done });
        }
        answer
    }

    /// Ends the writer as a fault in it would.
    #[cfg(test)]
    pub fn crash(&self) {
        let _ = self.jobs.send(Job::Crash);
    }
}

/// Opens the database both ways and reads what must be known of it.
fn look(folder: &Path) -> Result<(Connection, Connection, Opened), StoreError> {
    let sql = schema::open(folder)?;
    let reader = schema::open_reader(folder)?;
    let (waiting, deferred, held) = read::standing_counts(&reader)?;
    let opened = Opened {
        open: read::all_open(&reader)?,
        paused: read::mark(&reader, "paused")?,
        paused_lanes: read::paused_lanes(&reader)?,
        waiting,
        deferred,
        held,
        hours: read::last_hours(&reader)?,
        before: read::handed_over_before(&reader)?,
        set_aside: schema::all_set_aside(folder),
    };
    Ok((sql, reader, opened))
}

/// How many messages wait in a folder whose engine does not run; None when there is no queue.
///
/// # Errors
/// When the database cannot be read.
pub fn waiting_in(folder: &Path) -> Result<Option<u64>, StoreError> {
    if !folder.join("queue.db").exists() {
        return Ok(None);
    }
    Ok(Some(read::standing_counts(&schema::open_reader(folder)?)?.0))
}

fn has_contents(content_folder: &Path) -> bool {
    std::fs::read_dir(content_folder).is_ok_and(|mut listing| listing.any(|file| file.is_ok_and(|file| is_content(&file))))
}

fn is_content(file: &std::fs::DirEntry) -> bool {
    file.file_name().to_string_lossy().ends_with(".eml")
}

/// Removes content files of messages that were never committed or have been settled.
fn remove_orphans(sql: &Connection, content_folder: &Path) -> Result<(), StoreError> {
    let needed = read::files_needed(sql)?;
    let listing = std::fs::read_dir(content_folder).map_err(|error| StoreError::file("list", content_folder, error))?;
    for file in listing.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if is_content(&file) && !needed.contains(&name) {
            tracing::info!(name, "Removing content that belongs to no waiting message");
            let _ = std::fs::remove_file(file.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
pub mod tests;
