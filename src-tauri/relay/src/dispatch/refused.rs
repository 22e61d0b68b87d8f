//! Senders that a smart host does not take mail from: their mail waits there, and nobody else's. Pure.
//!
//! In: what was said of a sender. Out: whether a message of this sender may be tried now. One at a time tests it, after
//! pauses that grow; what else waits is charged nothing.

use crate::queue::{Schedule, Seq, later};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// A reverse-path as a number, see [`crate::queue::from_of`].
pub type From = u64;

/// Beyond so many senders each message is tried for itself: somebody makes them up.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub struct Refused {
    of: HashMap<From, Waits>,
}

#[derive(Debug)]
struct Waits {
    since: Timestamp,
    next_test: Timestamp,
    refusals: u32,
    /// The one that tests it.
    testing: Option<Seq>,
}

/// Whether mail of a sender may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    Go,
    /// One message, from this moment on.
    Test(i64),
    /// One is being tried.
    Wait,
}

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub sender: String,
    pub said: String,
}

impl Refused {
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub fn may(&self, from: From) -> May {
        match self.of.get(&from) {
            None => May::Go,
            Some(Waits { testing: Some(_), .. }) => May::Wait,
            Some(waits) => May::Test(waits.next_test.as_millisecond()),
        }
    }

    pub fn starts(&mut self, from: From, seq: Seq) {
        if let Some(waits) = self.of.get_mut(&from) {
            waits.testing = Some(seq);
        }
    }

    /// The sender was refused with a message. Gives since when, if this is the result of a test.
    pub fn refused(&mut self, from: From, seq: Seq, schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
        if self.of.len() >= MOST && !self.of.contains_key(&from) {
            return None;
        }
        let waits = self.of.entry(from).or_insert(Waits { since: now, next_test: now, refusals: 0, testing: None });
        let was_test = waits.testing == Some(seq);
        if was_test {
            waits.testing = None;
        }
        // What others that were under way hear in the same moment is one refusal.
        if was_test || waits.refusals == 0 {
            waits.refusals = waits.refusals.saturating_add(1);
            waits.next_test = later(now, schedule.gap_after(waits.refusals));
        }
        was_test.then_some(waits.since)
    }

    /// A message came back, and its sender was not what was refused. `taken`: the smart host took mail of this sender.
    /// Gives whether its mail flows again.
    pub fn back(&mut self, from: From, seq: Seq, taken: bool) -> bool {
        if taken {
            return self.of.remove(&from).is_some();
        }
        if let Some(waits) = self.of.get_mut(&from).filter(|waits| waits.testing == Some(seq)) {
            waits.testing = None;
        }
        false
    }

    /// A person wants it tried now.
    pub fn test_now(&mut self, now: Timestamp) {
        for waits in self.of.values_mut() {
            waits.next_test = waits.next_test.min(now);
        }
    }

    pub fn clock_was_set(&mut self, now: Timestamp, longest: std::time::Duration) {
        for waits in self.of.values_mut() {
            waits.since = waits.since.min(now);
            waits.next_test = waits.next_test.min(later(now, longest));
        }
    }

    pub fn holds(&self, from: From) -> bool {
        self.of.contains_key(&from)
    }

    pub fn senders(&self) -> impl Iterator<Item = From> + '_ {
        self.of.keys().copied()
    }

    /// Forgets all others.
    pub fn keep(&mut self, senders: &HashSet<From>) {
        self.of.retain(|from, _| senders.contains(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn one_message_tests_a_sender_after_pauses_that_grow() {
        let second = Duration::from_secs;
        let schedule = Schedule { first_retry: second(10), longest_retry: second(30), lifetime: second(100), delay_notice: None };
        let mut refused = Refused::default();
        assert_eq!(refused.may(7), May::Go);
        assert_eq!(refused.refused(7, 1, &schedule, at(0)), None);
        // Under way at the same moment.
        assert_eq!(refused.refused(7, 2, &schedule, at(1)), None);
        assert_eq!((refused.may(7), refused.may(8)), (May::Test(10_000), May::Go));
        refused.starts(7, 3);
        assert_eq!(refused.may(7), May::Wait);
        assert_eq!(refused.refused(7, 3, &schedule, at(10)), Some(at(0)));
        assert_eq!(refused.may(7), May::Test(30_000), "twice as long");
        refused.test_now(at(12));
        assert_eq!(refused.may(7), May::Test(12_000));
        refused.starts(7, 4);
        assert!(!refused.back(7, 4, false), "the connection broke: nothing is known");
        assert_eq!((refused.may(7), refused.holds(7)), (May::Test(12_000), true));
        refused.starts(7, 4);
        assert!(refused.back(7, 4, true));
        assert!(refused.is_empty());
    }
}
