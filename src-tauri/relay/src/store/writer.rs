//! The one thread that writes. Takes all jobs that wait and commits them together: submissions that
//! arrive while a commit runs share the next one, so a busy relay pays one disk sync for many messages.
//!
//! A promise (a message kept, a person's act) is answered when its commit is on the disk. Outcomes alone
//! do not wait for the disk: what a power cut takes of them is sent again, which is what at-least-once
//! means, and they are synced with the next promise or within a moment. Killing the process takes nothing.

use super::content::sync_folder;
use super::error::StoreError;
use super::rows;
use super::write::{self, Act, Touched, counts_as};
use crate::event::{EntrySummary, Hour};
use crate::mail::{Content, Submission};
use crate::queue::{ContentPlace, QueueEntry, Recipient, RecipientState, Seq, Settlement};
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

type Done<T> = oneshot::Sender<Result<T, StoreError>>;

pub enum Job {
    Keep {
        submission: Box<Submission>,
        done: Done<()>,
    },
    /// A settlement and the report that belongs to it, in one transaction.
    Settle {
        settlement: Box<Settlement>,
        report: Option<Box<Submission>>,
        now: Timestamp,
        done: Done<Touched>,
    },
    Act {
        seqs: Vec<Seq>,
        act: Act,
        now: Timestamp,
        done: Done<Vec<Touched>>,
    },
    Refused {
        now: Timestamp,
    },
    Mark {
        name: &'static str,
        value: bool,
        done: Done<()>,
    },
    Prune {
        before: Timestamp,
        at_most: u32,
        done: Done<usize>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

/// What became true with one commit.
#[derive(Debug, Default)]
pub struct Commit {
    /// New in the queue, with small contents still in memory.
    pub kept: Vec<QueueEntry>,
    pub touched: Vec<Touched>,
    /// How the messages touched look now; only filled while somebody watches.
    pub summaries: Vec<(Seq, EntrySummary)>,
    pub hours: Vec<Hour>,
}

/// Told after each commit, on the writer's thread; must not block.
pub trait Watcher: Send + Sync + 'static {
    fn committed(&self, commit: Commit);
    /// Whether the summaries are worth reading.
    fn wants_summaries(&self) -> bool;
    /// The store fails, or works again (None).
    fn failing(&self, error: Option<&StoreError>);
}

impl Job {
    /// Whether its answer says that something is safe.
    fn is_promise(&self) -> bool {
        match self {
            Self::Keep { .. } | Self::Act { .. } | Self::Mark { .. } => true,
            // Its report is a new message, but it goes back with its cause: both would happen again.
            Self::Settle { .. } | Self::Refused { .. } | Self::Prune { .. } | Self::Close { .. } => false,
        }
    }
}

/// Outcomes are synced this long after the last of them.
const SYNC_AFTER: Duration = Duration::from_millis(200);

/// Jobs in one commit at most; bounds the time a single job waits for its company.
const TOGETHER: usize = 512;

pub struct Writer {
    pub sql: Connection,
    pub content_folder: PathBuf,
    pub watcher: Box<dyn Watcher>,
    pub jobs: mpsc::Receiver<Job>,
    pub failing: bool,
    /// Commits since the last sync.
    pub unsynced: bool,
    /// What `PRAGMA synchronous` is set to.
    pub full: bool,
}

/// What one job came to inside the transaction.
enum Result1 {
    Kept(Touched),
    Settled(Touched, Option<Touched>),
    Acted(Vec<Touched>),
    Pruned(usize),
    Nothing,
}

impl Writer {
    pub fn run(mut self) {
        while let Some(first) = self.wait() {
            let mut batch = vec![first];
            while batch.len() < TOGETHER
                && let Ok(job) = self.jobs.try_recv()
            {
                batch.push(job);
            }
            let mut closing = None;
            if let Some(index) = batch.iter().position(|job| matches!(job, Job::Close { .. })) {
                // What was asked after the close is dropped: its askers hear that the store has stopped.
                if let Some(Job::Close { done }) = batch.drain(index..).next() {
                    closing = Some(done);
                }
            }
            self.commit(batch);
            if let Some(done) = closing {
                self.close();
                let _ = done.send(());
                return;
            }
        }
        self.close();
    }

    /// The next job; meanwhile what is not synced yet is. None when nobody can ask any more.
    fn wait(&mut self) -> Option<Job> {
        if self.unsynced {
            match self.jobs.recv_timeout(SYNC_AFTER) {
                Ok(job) => return Some(job),
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    // A checkpoint syncs the log before it copies it.
                    if let Err(error) = self.sql.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
                        tracing::warn!(%error, "Could not sync the database");
                    }
                    self.unsynced = false;
                }
            }
        }
        self.jobs.recv().ok()
    }

    fn commit(&mut self, batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        match self.transact(&batch) {
            Ok((results, commit, files)) => {
                // Told before it is answered: who has heard the answer finds it in every view.
                self.finish(commit, files);
                self.answer(batch, results);
            }
            // One bad job must not spoil its neighbours: each gets a transaction of its own.
            Err(_) if batch.len() > 1 => {
                for job in batch {
                    self.commit(vec![job]);
                }
            }
            Err(error) => {
                tracing::error!(error = error.chain(), "Could not write to the store");
                self.failing = true;
                self.watcher.failing(Some(&error));
                for job in batch {
                    refuse(job, &error);
                }
            }
        }
    }

    fn transact(&mut self, batch: &[Job]) -> Result<(Vec<Result1>, Commit, Vec<PathBuf>), StoreError> {
        if batch.iter().any(brings_a_file) {
            sync_folder(&self.content_folder)?;
        }
        let full = batch.iter().any(Job::is_promise) || self.removes_files(batch)?;
        if full != self.full {
            self.sql.execute_batch(if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })?;
            self.full = full;
        }
        let transaction = self.sql.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut commit = Commit::default();
        let mut files = Vec::new();
        let mut hours = Vec::new();
        let mut results = Vec::with_capacity(batch.len());
        for job in batch {
            results.push(perform(&transaction, job, &mut files, &mut hours)?);
        }
        for hour in &hours {
            add_to_hour(&transaction, hour)?;
        }
        transaction.commit()?;
        self.unsynced = !full;
        commit.hours = hours;
        for (job, result) in batch.iter().zip(&results) {
            match (job, result) {
                (Job::Keep { submission, .. }, Result1::Kept(touched)) => {
                    commit.kept.push(entry_of(submission, touched.seq));
                    commit.touched.push(touched.clone());
                }
                (Job::Settle { report, .. }, Result1::Settled(touched, reported)) => {
                    commit.touched.push(touched.clone());
                    if let (Some(report), Some(reported)) = (report, reported) {
                        commit.kept.push(entry_of(report, reported.seq));
                        commit.touched.push(reported.clone());
                    }
                }
                (_, Result1::Acted(touched)) => commit.touched.extend(touched.iter().cloned()),
                _ => {}
            }
        }
        Ok((results, commit, files))
    }

    /// Whether a settlement may end with a content file being removed: then its commit must be on the disk
    /// first, or a power cut could leave a message that is to be sent again without its content.
    fn removes_files(&self, batch: &[Job]) -> Result<bool, StoreError> {
        for job in batch {
            if let Job::Settle { settlement, .. } = job
                && write::has_file(&self.sql, settlement.seq)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn answer(&self, batch: Vec<Job>, results: Vec<Result1>) {
        // A dropped receiver means nobody waits any more; the commit stands all the same.
        for (job, result) in batch.into_iter().zip(results) {
            match (job, result) {
                (Job::Keep { done, .. }, _) | (Job::Mark { done, .. }, _) => drop(done.send(Ok(()))),
                (Job::Settle { done, .. }, Result1::Settled(touched, _)) => drop(done.send(Ok(touched))),
                (Job::Act { done, .. }, Result1::Acted(touched)) => drop(done.send(Ok(touched))),
                (Job::Prune { done, .. }, Result1::Pruned(count)) => drop(done.send(Ok(count))),
                _ => {}
            }
        }
    }

    fn finish(&mut self, mut commit: Commit, files: Vec<PathBuf>) {
        for name in files {
            let path = self.content_folder.join(name);
            if let Err(error) = std::fs::remove_file(&path) {
                // It is removed at the next start: no message names it any more.
                tracing::warn!(path = %path.display(), %error, "Could not remove the content of a settled message");
            }
        }
        if self.failing {
            self.failing = false;
            self.watcher.failing(None);
        }
        if self.watcher.wants_summaries() {
            for touched in &commit.touched {
                if let Ok(summary) = summary(&self.sql, touched.seq) {
                    commit.summaries.push((touched.seq, summary));
                }
            }
        }
        self.watcher.committed(commit);
    }

    fn close(&mut self) {
        let end = "INSERT OR REPLACE INTO mark VALUES ('clean', 1)";
        if let Err(error) = self.sql.execute(end, []).and_then(|_| self.sql.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")) {
            tracing::warn!(%error, "Could not close the database in order");
        }
    }
}

fn perform(sql: &Connection, job: &Job, files: &mut Vec<PathBuf>, hours: &mut Vec<Hour>) -> Result<Result1, StoreError> {
    Ok(match job {
        Job::Keep { submission, .. } => {
            hour_of(hours, submission.accepted_at).accepted += 1;
            Result1::Kept(write::keep(sql, submission)?)
        }
        Job::Settle { settlement, report, now, .. } => {
            let touched = write::settle(sql, settlement, files)?;
            for change in &touched.news {
                let (sent, failed) = counts_as(&change.state);
                let hour = hour_of(hours, *now);
                hour.sent += sent;
                hour.failed += failed;
            }
            let reported = match report {
                Some(report) => Some(write::keep(sql, report)?),
                None => None,
            };
            Result1::Settled(touched, reported)
        }
        Job::Act { seqs, act, now, .. } => {
            let mut all = Vec::new();
            for seq in seqs {
                all.extend(write::act(sql, *seq, *act, *now)?);
            }
            Result1::Acted(all)
        }
        Job::Refused { now } => {
            hour_of(hours, *now).refused += 1;
            Result1::Nothing
        }
        Job::Mark { name, value, .. } => {
            sql.prepare_cached("INSERT OR REPLACE INTO mark VALUES (?1, ?2)")?.execute((name, value))?;
            Result1::Nothing
        }
        Job::Prune { before, at_most, .. } => Result1::Pruned(write::prune(sql, *before, *at_most)?),
        Job::Close { .. } => Result1::Nothing,
    })
}

fn refuse(job: Job, error: &StoreError) {
    // The error cannot be cloned; what its hearers need is whether the disk is full.
    let again = || if matches!(error, StoreError::Full) { StoreError::Full } else { StoreError::Stopped };
    match job {
        Job::Keep { done, .. } | Job::Mark { done, .. } => drop(done.send(Err(again()))),
        Job::Settle { done, .. } => drop(done.send(Err(again()))),
        Job::Act { done, .. } => drop(done.send(Err(again()))),
        Job::Prune { done, .. } => drop(done.send(Err(again()))),
        Job::Refused { .. } | Job::Close { .. } => {}
    }
}

fn brings_a_file(job: &Job) -> bool {
    matches!(job, Job::Keep { submission, .. } if matches!(submission.content, Content::File { .. }))
}

fn entry_of(submission: &Submission, seq: Seq) -> QueueEntry {
    QueueEntry {
        seq,
        id: submission.id,
        kind: submission.kind,
        peer: submission.peer.clone(),
        reverse_path: submission.envelope.reverse_path.clone(),
        body: submission.envelope.body,
        utf8: submission.envelope.utf8,
        returns: submission.envelope.returns.clone(),
        recipients: submission
            .envelope
            .forward_paths
            .iter()
            .map(|path| Recipient { path: path.clone(), state: RecipientState::Queued { due: submission.accepted_at } })
            .collect(),
        summary: submission.summary.clone(),
        size: submission.content.size(),
        content: match &submission.content {
            Content::Memory(bytes) => ContentPlace::Cached(bytes.clone()),
            Content::File { path, .. } => ContentPlace::File(path.clone()),
        },
        accepted_at: submission.accepted_at,
        held: false,
        noticed: false,
    }
}

pub fn summary(sql: &Connection, seq: Seq) -> Result<EntrySummary, StoreError> {
    Ok(sql.prepare_cached("SELECT * FROM message WHERE seq = ?1")?.query_row([seq], rows::entry_summary)?)
}

fn hour_of(hours: &mut Vec<Hour>, at: Timestamp) -> &mut Hour {
    let number = at.as_second().div_euclid(3600);
    let index = match hours.iter().position(|hour| hour.number == number) {
        Some(index) => index,
        None => {
            hours.push(Hour { number, ..Hour::default() });
            hours.len() - 1
        }
    };
    &mut hours[index]
}

fn add_to_hour(sql: &Connection, hour: &Hour) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO hour VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (number) DO UPDATE SET
         accepted = accepted + ?2, sent = sent + ?3, failed = failed + ?4, refused = refused + ?5",
    )?
    .execute((hour.number, hour.accepted, hour.sent, hour.failed, hour.refused))?;
    Ok(())
}
