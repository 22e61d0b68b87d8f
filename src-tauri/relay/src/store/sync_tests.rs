//! What waits for the disk and what does not, and how many commits many submissions take.
//!
//! The database itself is asked how it syncs, by triggers, within the very transaction: the writer does not know of it.

#![allow(clippy::unwrap_used)]

use super::job::Done;
use super::tests::{large, memory, now, open, schedule, sent, submission};
use super::*;
use crate::queue::{Via, settle};
use std::sync::atomic::{AtomicUsize, Ordering};

/// `PRAGMA synchronous` as it answers.
const NORMAL: i64 = 1;
const FULL: i64 = 2;

/// Counts commits; one of them may keep the writer until it is let go.
#[derive(Default)]
struct Gate {
    commits: AtomicUsize,
    shut: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

struct Watched(Arc<Gate>);

impl Watcher for Watched {
    fn committed(&self, _: Commit) {
        self.0.commits.fetch_add(1, Ordering::Relaxed);
        let shut = self.0.shut.lock().unwrap().take();
        if let Some((reached, opened)) = shut {
            let _ = reached.send(());
            let _ = opened.recv();
        }
    }
    fn wants_summaries(&self) -> bool {
        false
    }
    fn condition(&self, _: Condition<'_>) {}
}

struct Shelf {
    folder: tempfile::TempDir,
    store: Store,
    gate: Arc<Gate>,
}

impl Shelf {
    fn new() -> Self {
        let (folder, gate) = (tempfile::tempdir().unwrap(), Arc::new(Gate::default()));
        let (store, _) = Store::open(folder.path(), Box::new(Watched(Arc::clone(&gate)))).unwrap();
        let shelf = Self { folder, store, gate };
        let triggers = [("kept", "AFTER INSERT ON message"), ("settled", "AFTER UPDATE ON recipient")].map(|(what, when)| {
            format!("CREATE TRIGGER {what} {when} BEGIN INSERT INTO seen SELECT '{what}', synchronous FROM pragma_synchronous; END;")
        });
        shelf.other().execute_batch(&format!("CREATE TABLE seen (what, synchronous); {}", triggers.concat())).unwrap();
        shelf
    }

    fn other(&self) -> Connection {
        Connection::open(self.folder.path().join("queue.db")).unwrap()
    }

    /// What happened since the last look, and how it was synced.
    fn seen(&self) -> Vec<(String, i64)> {
        let other = self.other();
        let mut asked = other.prepare("SELECT what, synchronous FROM seen ORDER BY rowid").unwrap();
        let seen = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
        other.execute_batch("DELETE FROM seen").unwrap();
        seen
    }

    /// Has the writer wait within a commit, so that what it is asked meanwhile is one batch; it goes on when this is dropped.
    fn busy(&self) -> mpsc::Sender<()> {
        let ((reached, is_reached), (opens, opened)) = (mpsc::channel(), mpsc::channel());
        *self.gate.shut.lock().unwrap() = Some((reached, opened));
        drop(self.asks(|done| Job::Mark { name: "busy".into(), value: true, done }));
        is_reached.recv().unwrap();
        opens
    }

    fn commits(&self) -> usize {
        self.gate.commits.load(Ordering::Relaxed)
    }

    /// One job that shares its commit with no other.
    async fn alone<T>(&self, job: impl FnOnce(Done<T>) -> Job) {
        assert!(self.asks(job).await.unwrap().is_ok());
    }

    fn asks<T>(&self, job: impl FnOnce(Done<T>) -> Job) -> oneshot::Receiver<Result<T, StoreError>> {
        let (done, answer) = oneshot::channel();
        assert!(self.store.jobs.send(job(done)).is_ok());
        answer
    }

    /// What came of an attempt: every recipient has it.
    async fn outcome(&self, seq: Seq) -> impl FnOnce(Done<Touched>) -> Job + use<> {
        let entry = self.store.entry(seq).await.unwrap().unwrap();
        let via = Via { lane: "default", server: "smart.test", tls: None, tells_senders: false };
        let settlement = Box::new(settle(&entry, &[0], &[sent()], &via, &schedule(), now()));
        |done| Job::Settle { settlement, report: None, cause: Cause::Attempt, now: now(), done }
    }
}

fn mail() -> Submission {
    submission(&["ann@away.test"], "x", memory("\r\n"))
}

fn all(what: &str, count: usize, synced: i64) -> Vec<(String, i64)> {
    vec![(what.to_owned(), synced); count]
}

#[tokio::test]
async fn a_promise_is_synced_and_outcomes_alone_are_not() {
    let shelf = Shelf::new();
    for _ in 0..4 {
        shelf.store.keep(mail()).await.unwrap();
    }
    assert_eq!(shelf.seen(), all("kept", 4, FULL));
    for seq in [1, 2] {
        shelf.alone(shelf.outcome(seq).await).await;
    }
    assert_eq!(shelf.seen(), all("settled", 2, NORMAL));
    // And the next promise is synced again.
    shelf.store.keep(mail()).await.unwrap();
    assert_eq!(shelf.seen(), all("kept", 1, FULL));
    shelf.alone(shelf.outcome(3).await).await;
    assert_eq!(shelf.seen(), all("settled", 1, NORMAL));
    // An outcome that a person waits for, as one that ends with a file being removed, is a promise too.
    let settle = shelf.outcome(4).await;
    let by_a_person = |done| match settle(done) {
        Job::Settle { settlement, report, now, done, .. } => Job::Settle { settlement, report, cause: Cause::Person, now, done },
        other => other,
    };
    shelf.alone(by_a_person).await;
    let (id, content, _) = large(&shelf.store).await;
    shelf.store.keep(Submission { id, ..submission(&["ann@away.test"], "x", content) }).await.unwrap();
    shelf.alone(shelf.outcome(6).await).await;
    assert_eq!(shelf.seen(), [all("settled", 1, FULL), all("kept", 1, FULL), all("settled", 1, FULL)].concat());
}

#[tokio::test]
async fn outcomes_beside_a_promise_are_synced_with_it() {
    let shelf = Shelf::new();
    shelf.store.keep(mail()).await.unwrap();
    shelf.seen();
    let (busy, settled) = (shelf.busy(), shelf.outcome(1).await);
    let before = shelf.commits();
    let settled = shelf.asks(settled);
    let kept = shelf.asks(|done| Job::Keep { submission: Box::new(mail()), done });
    drop(busy);
    settled.await.unwrap().unwrap();
    kept.await.unwrap().unwrap();
    assert_eq!(shelf.seen(), [all("settled", 1, FULL), all("kept", 1, FULL)].concat());
    assert_eq!(shelf.commits() - before, 1, "they share one");
}

#[tokio::test]
async fn submissions_that_come_while_the_writer_is_busy_share_one_commit() {
    let shelf = Shelf::new();
    let busy = shelf.busy();
    let before = shelf.commits();
    let asked: Vec<_> = (0..100).map(|_| shelf.asks(|done| Job::Keep { submission: Box::new(mail()), done })).collect();
    drop(busy);
    for answer in asked {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(shelf.commits() - before, 1);
    assert_eq!(shelf.seen(), all("kept", 100, FULL));
    let opened = open(shelf.folder.path()).1;
    assert_eq!(opened.open.len(), 100, "as after a kill");
}
