//! How the shelf is: whether it can be written, whether it was found damaged, whether its writer lives.
//! Shared by writer, readers and whoever holds the store; changes are told to the watcher.
//!
//! Invariant: while an outcome waits to be written because the store fails, [`Health::takes_outcomes`] is false.

use super::error::StoreError;
use super::writer::Commit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// Outcomes on their way to the disk at most. More would be sent a second time if the power failed now.
const UNKEPT: usize = 64;

/// Told after each commit, on the writer's thread; must not block.
pub trait Watcher: Send + Sync + 'static {
    fn committed(&self, commit: Commit);
    /// Whether the summaries are worth reading.
    fn wants_summaries(&self) -> bool;
    /// Told by readers too, on their threads.
    fn condition(&self, now: Condition<'_>);
}

/// How the store is, as its watcher hears of it.
#[derive(Debug)]
pub enum Condition<'a> {
    /// It cannot be written. Told again when the reason changes.
    Failing(&'a StoreError),
    /// Something can be written again, and nothing is owed: attempts may start.
    Eased,
    /// And messages can be kept.
    Works,
    /// A page of it makes no sense. It stays so until the next start, which sets the database aside.
    Damaged(&'a StoreError),
    /// Its writer has ended by accident: nothing is kept any more until the next start.
    Crashed,
}

pub struct Health {
    watcher: Box<dyn Watcher>,
    failing: AtomicBool,
    damaged: AtomicBool,
    closed: AtomicBool,
    crashed: AtomicBool,
    unkept: AtomicUsize,
}

impl Health {
    pub fn new(watcher: Box<dyn Watcher>) -> Self {
        let no = || AtomicBool::new(false);
        Self { watcher, failing: no(), damaged: no(), closed: no(), crashed: no(), unkept: AtomicUsize::new(0) }
    }

    pub fn watcher(&self) -> &dyn Watcher {
        self.watcher.as_ref()
    }

    /// Whether what comes of another attempt could be written down.
    pub fn takes_outcomes(&self) -> bool {
        !self.failing.load(SeqCst) && !self.crashed.load(SeqCst) && self.unkept.load(SeqCst) < UNKEPT
    }

    /// An outcome is on its way until this is dropped.
    pub fn one_unkept(&self) -> Unkept<'_> {
        self.unkept.fetch_add(1, SeqCst);
        Unkept(self)
    }

    /// Something could not be written.
    pub fn fails(&self, error: &StoreError) {
        self.failing.store(true, SeqCst);
        self.watcher.condition(Condition::Failing(error));
    }

    pub fn eases(&self) {
        self.failing.store(false, SeqCst);
        self.watcher.condition(Condition::Eased);
    }

    pub fn works(&self) {
        self.watcher.condition(Condition::Works);
    }

    /// Whatever went wrong: if it is the first sign of damage, this is told, and true.
    pub fn shows_damage(&self, error: &StoreError) -> bool {
        let first = matches!(error, StoreError::Damaged(_)) && !self.damaged.swap(true, SeqCst);
        if first {
            tracing::error!(error = error.chain(), "The database is damaged; the next start sets it aside");
            self.watcher.condition(Condition::Damaged(error));
        }
        first
    }

    pub fn is_damaged(&self) -> bool {
        self.damaged.load(SeqCst)
    }

    /// From now on a writer that does not answer has ended in order.
    pub fn closes(&self) {
        self.closed.store(true, SeqCst);
    }

    pub fn crashes(&self) {
        self.crashed.store(true, SeqCst);
        tracing::error!("The writer of the store has crashed: nothing is kept any more until Outtray is started again");
        self.watcher.condition(Condition::Crashed);
    }

    /// Why nobody answers.
    pub fn silence(&self) -> StoreError {
        if self.closed.load(SeqCst) && !self.crashed.load(SeqCst) { StoreError::Stopped } else { StoreError::Crashed }
    }
}

/// One outcome on its way.
pub struct Unkept<'a>(&'a Health);

impl Drop for Unkept<'_> {
    fn drop(&mut self) {
        self.0.unkept.fetch_sub(1, SeqCst);
    }
}
