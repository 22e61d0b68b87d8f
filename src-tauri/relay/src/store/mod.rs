//! The shelf: messages, recipients and history in SQLite, large contents in files. The only SQL.
//!
//! In: submissions, settlements, acts, questions, in the words of the other rooms. Out: domain types.
//! One thread writes (`writer`), one connection reads. WAL; `synchronous = FULL` for every promise.
//!
//! Invariant: when [`Store::keep`] has answered, the message survives a power cut.

mod accounts;
mod content;
mod devices;
mod error;
mod read;
mod refusals;
mod rows;
mod schema;
mod write;
mod writer;

pub use accounts::{AccountChange, AccountState};
pub use content::ContentWriter;
pub use devices::Device;
pub use error::StoreError;
pub use read::{Open, Page, Which};
pub use refusals::RefusalPage;
pub use write::{Act, Standing, Touched};
pub use writer::{Commit, Watcher};

use crate::event::{Hour, Recent};
use crate::history::Filter;
use crate::history::refusals::RefusalLine;
use crate::mail::{Content, MessageId, Submission};
use crate::policy::RefusedWhy;
use crate::policy::burst::SentHour;
use crate::policy::password::Hash;
use crate::queue::{ContentPlace, QueueEntry, Record, Seq, Settlement};
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::oneshot;
use writer::{Job, Writer};

/// A handle; clones share the one writer and the one reader.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    reader: Arc<Mutex<Connection>>,
    content_folder: Arc<PathBuf>,
}

/// What was on the shelf when it was opened.
#[derive(Debug)]
pub struct Opened {
    pub open: Vec<Open>,
    pub paused: bool,
    pub waiting: u64,
    pub deferred: u64,
    pub held: u64,
    /// Path of a damaged database that was set aside, and what was wrong with it.
    pub set_aside: Option<(PathBuf, String)>,
}

impl Store {
    /// Opens (or makes) the database in a folder. `watcher` is told of every commit.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database is of a newer Outtray. A damaged database
    /// is no error: it is set aside, see [`Opened::set_aside`].
    pub fn open(folder: &Path, watcher: Box<dyn Watcher>) -> Result<(Self, Opened), StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::file("make the folder", folder, error))?;
        let opened = schema::open(folder)?;
        let content_folder = folder.join("content");
        std::fs::create_dir_all(&content_folder).map_err(|error| StoreError::file("make the folder", &content_folder, error))?;
        let reader = schema::open_reader(folder)?;
        remove_orphans(&reader, &content_folder)?;
        let (waiting, deferred, held) = read::standing_counts(&reader)?;
        let found = Opened {
            open: read::all_open(&reader)?,
            paused: read::mark(&reader, "paused")?,
            waiting,
            deferred,
            held,
            set_aside: opened.set_aside,
        };
        let (sender, jobs) = mpsc::channel();
        let writer = Writer {
            sql: opened.connection,
            content_folder: content_folder.clone(),
            watcher,
            jobs,
            failing: false,
            unsynced: false,
            full: true,
        };
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::file("start a thread for", folder, error))?;
        Ok((Self { jobs: sender, reader: Arc::new(Mutex::new(reader)), content_folder: Arc::new(content_folder) }, found))
    }

    /// Begins a content; pieces go in as they arrive.
    pub fn content_writer(&self, id: MessageId) -> ContentWriter {
        ContentWriter::new(id, PathBuf::clone(&self.content_folder))
    }

    /// Keeps a message. After this has answered `Ok`, the 250 may be said.
    pub async fn keep(&self, submission: Submission) -> Result<(), StoreError> {
        let file = match &submission.content {
            Content::File { path, .. } => Some(path.clone()),
            Content::Memory(_) => None,
        };
        let kept = self.ask(|done| Job::Keep { submission: Box::new(submission), done }).await;
        if kept.is_err()
            && let Some(path) = file
        {
            // The client hears a refusal and keeps its message; ours would only fill the disk.
            let _ = std::fs::remove_file(path);
        }
        kept
    }

    /// Applies a settlement, and keeps the report that belongs to it, in one transaction.
    pub async fn settle(&self, settlement: Settlement, report: Option<Submission>, now: Timestamp) -> Result<Touched, StoreError> {
        self.ask(|done| Job::Settle { settlement: Box::new(settlement), report: report.map(Box::new), now, done }).await
    }

    /// Does something to messages that are in the queue; gives those it changed.
    pub async fn act(&self, seqs: Vec<Seq>, act: Act, now: Timestamp) -> Result<Vec<Touched>, StoreError> {
        self.ask(|done| Job::Act { seqs, act, now, done }).await
    }

    /// Writes refusals down. No promise: a power cut may take the last of them.
    pub async fn write_refusals(&self, lines: Vec<RefusalLine>) -> Result<(), StoreError> {
        self.ask(|done| Job::Refused { lines, done }).await
    }

    pub async fn refusals(&self, words: Vec<String>, offset: u32, limit: u32) -> Result<RefusalPage, StoreError> {
        self.read(move |sql| refusals::page(sql, &words, offset, limit)).await
    }

    /// Clients and reasons that are told apart in this hour.
    pub async fn refused_in(&self, hour: i64) -> Result<Vec<(IpAddr, RefusedWhy)>, StoreError> {
        self.read(move |sql| refusals::known(sql, hour)).await
    }

    pub async fn devices(&self, now: Timestamp) -> Result<Vec<Device>, StoreError> {
        self.read(move |sql| devices::devices(sql, now)).await
    }

    /// What each sender sent, as far as it counts for what is usual.
    pub async fn sent_hours(&self, now: Timestamp) -> Result<BTreeMap<String, Vec<SentHour>>, StoreError> {
        self.read(move |sql| devices::sent_hours(sql, now)).await
    }

    /// Senders whose mail is held as a burst.
    pub async fn bursting(&self) -> Result<Vec<String>, StoreError> {
        self.read(devices::bursting).await
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
        self.read(move |sql| accounts::hash_of(sql, &name)).await
    }

    pub async fn accounts(&self) -> Result<Vec<AccountState>, StoreError> {
        self.read(accounts::all).await
    }

    pub async fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        self.ask(|done| Job::Mark { name: "paused", value: paused, done }).await
    }

    /// Forgets what happened before a moment, some at a time; gives how much. What waits is not touched.
    pub async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
        self.ask(|done| Job::Prune { before, now, at_most: 500, done }).await
    }

    /// Commits what waits, closes the database in order and ends the writer.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close { done }).is_ok() {
            let _ = closed.await;
        }
    }

    pub async fn page(&self, which: Which, filter: Filter, offset: u32, limit: u32) -> Result<Page, StoreError> {
        self.read(move |sql| read::page(sql, which, &filter, offset, limit)).await
    }

    pub async fn matching(&self, filter: Filter) -> Result<Vec<Seq>, StoreError> {
        self.read(move |sql| read::matching(sql, &filter)).await
    }

    pub async fn open_of(&self, ids: Vec<MessageId>) -> Result<Vec<Seq>, StoreError> {
        self.read(move |sql| read::open_of(sql, &ids)).await
    }

    pub async fn entry(&self, seq: Seq) -> Result<Option<QueueEntry>, StoreError> {
        let folder = Arc::clone(&self.content_folder);
        self.read(move |sql| read::entry(sql, seq, &folder)).await
    }

    /// A message with all that happened to it.
    pub async fn story(&self, id: MessageId) -> Result<Option<(crate::event::EntrySummary, QueueEntry, Vec<Record>)>, StoreError> {
        let folder = Arc::clone(&self.content_folder);
        self.read(move |sql| {
            let Some(seq) = read::seq_of(sql, id)? else { return Ok(None) };
            let Some(entry) = read::entry(sql, seq, &folder)? else { return Ok(None) };
            Ok(Some((writer::summary(sql, seq)?, entry, read::records(sql, seq)?)))
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
                Ok(self.read(move |sql| read::content_row(sql, seq)).await?.map(|bytes| Content::Memory(bytes.into())))
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
            Content::File { path, .. } => tokio::task::spawn_blocking(move || {
                let mut piece = Vec::new();
                std::fs::File::open(&path)
                    .and_then(|mut file| {
                        file.seek(SeekFrom::Start(offset))?;
                        file.take(at_most as u64).read_to_end(&mut piece)
                    })
                    .map_err(|error| StoreError::file("read", &path, error))?;
                Ok(piece.into())
            })
            .await
            .map_err(|_| StoreError::Stopped)?,
        }
    }

    pub async fn recent(&self, at_most: usize) -> Result<Vec<Recent>, StoreError> {
        self.read(move |sql| read::recent(sql, at_most)).await
    }

    pub async fn hours_since(&self, number: i64) -> Result<Vec<Hour>, StoreError> {
        self.read(move |sql| read::hours_since(sql, number)).await
    }

    pub async fn oldest_open(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(read::oldest_open).await
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        self.jobs.send(job(done)).map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || question(&reader.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(|_| StoreError::Stopped)?
    }
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

/// Removes content files of messages that were never committed or have been settled.
fn remove_orphans(sql: &Connection, content_folder: &Path) -> Result<(), StoreError> {
    let needed = read::files_needed(sql)?;
    let listing = std::fs::read_dir(content_folder).map_err(|error| StoreError::file("list", content_folder, error))?;
    for file in listing.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".eml") && !needed.contains(&name) {
            tracing::info!(name, "Removing content that belongs to no waiting message");
            let _ = std::fs::remove_file(file.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod tests;
