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
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.saturating_add(jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX)).unwrap_or(*now);
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
