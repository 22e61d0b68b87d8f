//! The only place that reads a clock. Everything else is told the time.

use jiff::Timestamp;
use std::sync::Mutex;

/// Wall-clock time; the schedule is kept in it so that it means the same after a restart.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when told to; for tests.
#[derive(Debug)]
pub struct HandWound(Mutex<Timestamp>);

impl HandWound {
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn advance(&self, by: std::time::Duration) {
        self.turn(|now| now.saturating_add(jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX)));
    }

    /// As a clock is that ran ahead and is set right.
    pub fn turn_back(&self, by: std::time::Duration) {
        self.turn(|now| now.saturating_sub(jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX)));
    }

    fn turn(&self, to: impl FnOnce(Timestamp) -> Result<Timestamp, jiff::Error>) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = to(*now).unwrap_or(*now);
    }
}

impl Clock for HandWound {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// For time-outs: how long something has been waited for, whatever the time of day does meanwhile.
pub fn waiting_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
