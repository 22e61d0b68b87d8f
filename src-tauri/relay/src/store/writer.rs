//! The one thread that writes. Takes all jobs that wait and commits them together: submissions that
//! arrive while a commit runs share the next one, so a busy relay pays one disk sync for many messages.
//!
//! A promise (a message kept, a person's act) is answered when its commit is on the disk. Outcomes alone
//! do not wait for the disk: what a power cut takes of them is sent again, which is what at-least-once
//! means, and they are synced with the next promise or within a moment. Killing the process takes nothing.
//!
//! Invariant: what an attempt came to is never refused while the store runs. What cannot be written stays
//! here and is tried again, with growing pauses, until it is.

use super::content::sync_folder;
use super::error::StoreError;
use super::health::Health;
use super::job::{Gathered, Job, Written, entry_of};
use super::read::summary;
use super::signs::Signs;
use super::trouble::Trouble;
use super::write::{self, Touched};
use crate::clock::waiting_now;
use crate::event::{EntrySummary, Hour};
use crate::queue::{QueueEntry, Seq};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

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

/// Outcomes are synced this long after the last of them.
const SYNC_AFTER: Duration = Duration::from_millis(200);

/// Jobs in one commit at most; bounds the time a single job waits for its company.
const TOGETHER: usize = 512;

/// How long to wait for another program that writes, and how long once it is known to take its time.
pub const PATIENCE: Duration = Duration::from_secs(5);
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);

pub struct Writer {
    sql: Connection,
    content_folder: PathBuf,
    health: Arc<Health>,
    signs: Arc<Signs>,
    jobs: mpsc::Receiver<Job>,
    /// Since the last time everything could be written.
    trouble: Option<Trouble>,
    /// What attempts came to and could not be written yet.
    owed: Vec<Job>,
    /// Files of messages that were refused by a commit that may yet have happened.
    doubtful: Vec<PathBuf>,
    /// Commits since the last sync.
    unsynced: bool,
    /// What `PRAGMA synchronous` is set to.
    full: bool,
}

/// Why a transaction did not happen.
struct Undone {
    error: StoreError,
    /// Its COMMIT failed: only the next start will tell whether it is on the disk.
    doubtful: bool,
}

impl<E: Into<StoreError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self { error: error.into(), doubtful: false }
    }
}

/// What became of jobs in one or several transactions.
#[derive(Default)]
struct Tried {
    written: Vec<(Job, Written)>,
    failed: Vec<(Job, Undone)>,
}

/// What woke the writer.
enum Woken {
    Job(Job),
    Retry,
    /// Nobody can ask any more.
    Over,
}

impl Writer {
    pub fn new(sql: Connection, content_folder: &Path, health: Arc<Health>, signs: Arc<Signs>, jobs: mpsc::Receiver<Job>) -> Self {
        Self {
            sql,
            content_folder: content_folder.to_owned(),
            health,
            signs,
            jobs,
            trouble: None,
            owed: Vec::new(),
            doubtful: Vec::new(),
            unsynced: false,
            full: true,
        }
    }

    pub fn run(mut self) {
        loop {
            let mut batch = match self.wait() {
                Woken::Job(first) => vec![first],
                Woken::Retry => {
                    self.retry();
                    continue;
                }
                Woken::Over => return self.close(),
            };
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
    }

    /// The next job, or the time to try again what failed; meanwhile what is not synced yet is.
    fn wait(&mut self) -> Woken {
        loop {
            let next_try = self.trouble.as_ref().map(|trouble| trouble.next_try().saturating_duration_since(waiting_now()));
            if next_try == Some(Duration::ZERO) {
                // Before any other job: a busy relay must not put it off for ever.
                return Woken::Retry;
            }
            let patience = match (next_try, self.unsynced) {
                (None, false) => return self.jobs.recv().map_or(Woken::Over, Woken::Job),
                (Some(next_try), false) => next_try,
                (next_try, true) => next_try.map_or(SYNC_AFTER, |next_try| next_try.min(SYNC_AFTER)),
            };
            match self.jobs.recv_timeout(patience) {
                Ok(job) => return Woken::Job(job),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Woken::Over,
                Err(mpsc::RecvTimeoutError::Timeout) if next_try == Some(patience) => return Woken::Retry,
                Err(mpsc::RecvTimeoutError::Timeout) => self.sync(),
            }
        }
    }

    fn sync(&mut self) {
        self.unsynced = false;
        // A checkpoint syncs the log before it copies it.
        if let Err(error) = self.sql.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            // The next try of any small thing syncs this too.
            self.fails(&error.into(), false);
        }
    }

    fn commit(&mut self, batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        let Tried { written, failed } = self.write(batch);
        let is_mail = |job: &Job| matches!(job, Job::Keep { .. });
        match failed.last() {
            Some((_, undone)) => {
                // What kept everybody away says nothing of messages.
                let refused_mail = failed.iter().any(|(job, undone)| is_mail(job) && !undone.error.is_everybodys());
                self.fails(&undone.error, refused_mail);
            }
            None => self.wrote(written.iter().any(|(job, _)| is_mail(job))),
        }
        // Told before it is answered: who has heard the answer finds it in every view.
        failed.into_iter().for_each(|(job, undone)| self.turn_down(job, undone));
        written.into_iter().for_each(|(job, written)| job.answer(written));
    }

    /// What is owed, or, if nothing is, any small thing: that it can be written, and synced, shows that the store works.
    fn retry(&mut self) {
        let mut batch = std::mem::take(&mut self.owed);
        if batch.is_empty() {
            batch.push(Job::Mark { name: write::CLEAN.into(), value: false, done: oneshot::channel().0 });
        }
        let Tried { written, failed } = self.write(batch);
        let mut last = None;
        for (job, undone) in failed {
            last = Some(undone.error);
            if job.is_owed() {
                self.owed.push(job);
            }
        }
        match last {
            Some(error) => {
                self.fails(&error, false);
                if let Some(trouble) = &mut self.trouble {
                    trouble.tried(waiting_now());
                }
            }
            None => self.wrote(false),
        }
        written.into_iter().for_each(|(job, written)| job.answer(written));
    }

    /// Writes jobs, together if that is possible.
    fn write(&mut self, batch: Vec<Job>) -> Tried {
        match self.transact(&batch) {
            Ok(written) => Tried { written: batch.into_iter().zip(written).collect(), failed: Vec::new() },
            // One bad job must not spoil its neighbours: each gets a transaction of its own.
            Err(undone) if batch.len() > 1 && !undone.error.is_everybodys() => {
                let mut tried = Tried::default();
                for job in batch {
                    let Tried { written, failed } = self.write(vec![job]);
                    tried.written.extend(written);
                    tried.failed.extend(failed);
                }
                tried
            }
            Err(Undone { error, doubtful }) => {
                let failed = batch.into_iter().map(|job| (job, Undone { error: error.clone(), doubtful })).collect();
                Tried { written: Vec::new(), failed }
            }
        }
    }

    fn transact(&mut self, batch: &[Job]) -> Result<Vec<Written>, Undone> {
        if batch.iter().any(|job| job.brings().is_some()) {
            sync_folder(&self.content_folder)?;
        }
        // A rollback may have failed like the commit before it.
        if !self.sql.is_autocommit() {
            self.sql.execute_batch("ROLLBACK")?;
        }
        let full = batch.iter().any(Job::is_promise) || self.removes_files(batch)?;
        if full != self.full {
            self.sql.execute_batch(if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })?;
            self.full = full;
        }
        let transaction = self.sql.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut gathered = Gathered::default();
        let mut results = Vec::with_capacity(batch.len());
        for job in batch {
            results.push(job.perform(&transaction, &mut gathered)?);
        }
        for hour in &gathered.hours {
            write::add_to_hour(&transaction, hour)?;
        }
        for (lane, hour, recipients) in &gathered.lanes {
            write::add_to_lane_hour(&transaction, lane, *hour, *recipients)?;
        }
        transaction.commit().map_err(|error| Undone { error: error.into(), doubtful: true })?;
        self.unsynced = !full;
        self.finish(batch, &results, gathered);
        Ok(results)
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

    fn finish(&self, batch: &[Job], results: &[Written], gathered: Gathered) {
        for name in gathered.files {
            // If it stays, it goes at the next start: no message that waits names it any more.
            remove(&self.content_folder.join(name));
        }
        let mut commit = Commit { hours: gathered.hours, ..Commit::default() };
        for (job, result) in batch.iter().zip(results) {
            match (job, result) {
                (Job::Keep { submission, .. }, Written::Kept(touched)) => {
                    commit.kept.push(entry_of(submission, touched.seq));
                    commit.touched.push(touched.clone());
                }
                (Job::Settle { report, .. }, Written::Settled(touched, reported)) => {
                    commit.touched.push(touched.clone());
                    if let (Some(report), Some(reported)) = (report, reported) {
                        commit.kept.push(entry_of(report, reported.seq));
                        commit.touched.push(reported.clone());
                    }
                }
                (_, Written::Acted(touched)) => commit.touched.extend(touched.iter().cloned()),
                _ => {}
            }
        }
        if self.health.watcher().wants_summaries() {
            let signpost = self.signs.now();
            for touched in &commit.touched {
                if let Ok(summary) = summary(&self.sql, touched.seq, signpost.as_deref()) {
                    commit.summaries.push((touched.seq, summary));
                }
            }
        }
        self.health.watcher().committed(commit);
    }

    /// What cannot be written now: owed if it must be, else its asker is told.
    fn turn_down(&mut self, job: Job, undone: Undone) {
        if job.is_owed() {
            return self.owed.push(job);
        }
        if let Some(path) = job.brings() {
            // The client hears a refusal and keeps its message; ours would only fill the disk.
            if undone.doubtful {
                self.doubtful.push(path.to_owned());
            } else {
                remove(path);
            }
        }
        job.refuse(undone.error);
    }

    fn fails(&mut self, error: &StoreError, refused_mail: bool) {
        if self.health.shows_damage(error) {
            // If this cannot be written either, it is the kind of damage that every look finds.
            let _ = write::mark(&self.sql, write::DAMAGED, true);
        }
        let said = error.chain();
        let now = waiting_now();
        let trouble = self.trouble.get_or_insert_with(|| Trouble::new(now));
        if trouble.fails(&said, refused_mail, now) {
            tracing::error!(error = said, "Could not write to the store");
            let _ = self.sql.busy_timeout(LITTLE_PATIENCE);
            self.health.fails(error);
        }
    }

    /// Something was written and nothing failed beside it; `mail`: a message was.
    fn wrote(&mut self, mail: bool) {
        let now = waiting_now();
        let Some(trouble) = &mut self.trouble else { return };
        if !self.owed.is_empty() {
            // A good sign; but outcomes are taken again when those that are owed are written.
            return trouble.hurries(now);
        }
        let over = trouble.is_over(mail, now);
        if trouble.eases(now) {
            tracing::info!("The store can be written again");
            let _ = self.sql.busy_timeout(PATIENCE);
            self.remove_doubtful();
            self.health.eases();
        }
        if over {
            self.trouble = None;
            self.health.works();
        }
    }

    fn remove_doubtful(&mut self) {
        for path in std::mem::take(&mut self.doubtful) {
            match write::is_needed(&self.sql, &path) {
                Ok(true) => {}
                Ok(false) => remove(&path),
                // At the next start it is looked at again.
                Err(error) => tracing::warn!(error = error.chain(), "Could not look whether a file belongs to a message"),
            }
        }
    }

    fn close(&mut self) {
        let _ = self.sql.busy_timeout(LITTLE_PATIENCE);
        if !self.owed.is_empty() {
            self.retry();
        }
        for job in std::mem::take(&mut self.owed) {
            job.refuse(StoreError::Stopped);
        }
        // A database that was seen damaged is looked through at the next start.
        let end = if self.health.is_damaged() { (write::DAMAGED, true) } else { (write::CLEAN, true) };
        let marked = write::mark(&self.sql, end.0, end.1);
        let closed = marked.and_then(|()| Ok(self.sql.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?));
        if let Err(error) = closed {
            tracing::warn!(error = error.chain(), "Could not close the database in order");
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "Could not remove a content that is not needed");
    }
}
