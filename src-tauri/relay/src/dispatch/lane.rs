//! The path to the smart host: its open connections, and its health. Pure but for the connections it holds.
//!
//! A lane that is down rests, longer each time, and is then tried with one connection before it is
//! opened to all again.

use crate::queue::Schedule;
use crate::smarthost::{Line, Trouble};
use jiff::Timestamp;
use std::time::Duration;

#[derive(Default)]
pub struct Lane {
    idle: Vec<Idle>,
    busy: usize,
    rests: u32,
    trouble: Option<Resting>,
    last_success: Option<Timestamp>,
}

struct Idle {
    line: Box<dyn Line>,
    handed: usize,
    since: i64,
}

struct Resting {
    trouble: Trouble,
    since: Timestamp,
    next_try: Timestamp,
}

impl Lane {
    /// Whether another attempt may start. One at a time while trouble is not over.
    pub fn has_room(&self, parallel: usize, now: Timestamp) -> bool {
        match &self.trouble {
            Some(resting) => resting.next_try <= now && self.busy == 0,
            None => self.busy < parallel,
        }
    }

    /// A connection for an attempt, if one is open. The attempt counts as busy until it gives back.
    pub fn take_line(&mut self) -> Option<(Box<dyn Line>, usize)> {
        self.busy += 1;
        self.idle.pop().map(|idle| (idle.line, idle.handed))
    }

    pub fn give_back(&mut self, line: Option<(Box<dyn Line>, usize)>, now: Timestamp) {
        self.busy = self.busy.saturating_sub(1);
        if let Some((line, handed)) = line {
            self.idle.push(Idle { line, handed, since: now.as_millisecond() });
        }
    }

    pub fn succeeded(&mut self, now: Timestamp) {
        self.rests = 0;
        self.trouble = None;
        self.last_success = Some(now);
    }

    /// The lane is down. What several attempts of one moment report is one trouble.
    pub fn rest(&mut self, trouble: Trouble, now: Timestamp, first: Duration, longest: Duration) {
        self.forget_lines();
        let since = self.trouble.as_ref().map_or(now, |resting| resting.since);
        if self.trouble.as_ref().is_some_and(|resting| resting.next_try > now) {
            return;
        }
        self.rests = self.rests.saturating_add(1);
        let gaps = Schedule { first_retry: first, longest_retry: longest, lifetime: Duration::ZERO, delay_notice: None };
        let next_try = crate::queue::later(now, gaps.gap_after(self.rests));
        self.trouble = Some(Resting { trouble, since, next_try });
    }

    /// Ends a rest: the next attempt may start at once.
    pub fn wake(&mut self) {
        self.rests = 0;
        if let Some(resting) = &mut self.trouble {
            resting.next_try = Timestamp::UNIX_EPOCH;
        }
    }

    pub fn resting(&self) -> Option<(&Trouble, Timestamp, Timestamp)> {
        self.trouble.as_ref().map(|resting| (&resting.trouble, resting.since, resting.next_try))
    }

    /// When something due at `due` could start; never while all places are taken (a place that is given back wakes us).
    pub fn open_again_at(&self, due: i64, parallel: usize) -> i64 {
        match &self.trouble {
            Some(_) if self.busy > 0 => i64::MAX,
            Some(resting) => due.max(resting.next_try.as_millisecond()),
            None if self.busy >= parallel => i64::MAX,
            None => due,
        }
    }

    pub fn busy(&self) -> usize {
        self.busy
    }

    pub fn connections(&self) -> usize {
        self.busy + self.idle.len()
    }

    pub fn last_success(&self) -> Option<Timestamp> {
        self.last_success
    }

    /// Closes connections that have been idle for too long.
    pub fn close_idle(&mut self, now: Timestamp, longest: Duration) {
        let longest = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX);
        let (old, young): (Vec<_>, Vec<_>) =
            self.idle.drain(..).partition(|idle| idle.since.saturating_add(longest) <= now.as_millisecond());
        self.idle = young;
        say_goodbye(old);
    }

    pub fn idle_until(&self, longest: Duration) -> i64 {
        let longest = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX);
        self.idle.iter().map(|idle| idle.since.saturating_add(longest)).min().unwrap_or(i64::MAX)
    }

    pub fn forget_lines(&mut self) {
        say_goodbye(self.idle.drain(..).collect());
    }
}

fn say_goodbye(lines: Vec<Idle>) {
    for idle in lines {
        tokio::spawn(idle.line.quit());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smarthost::TroubleKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    fn down(lane: &mut Lane, now: i64) {
        let trouble = Trouble { kind: TroubleKind::ConnectionRefused, subject: "smart.test".into(), said: String::new() };
        lane.rest(trouble, at(now), Duration::from_secs(10), Duration::from_secs(60));
    }

    #[test]
    fn rests_grow_and_one_attempt_tests_the_water() {
        let mut lane = Lane::default();
        assert!(lane.has_room(3, at(0)));
        lane.take_line();
        lane.take_line();
        down(&mut lane, 0);
        down(&mut lane, 1);
        lane.give_back(None, at(1));
        lane.give_back(None, at(1));
        assert_eq!(lane.resting().map(|(_, since, next)| (since, next)), Some((at(0), at(10))));
        assert!(!lane.has_room(3, at(9)));
        assert!(lane.has_room(3, at(10)));
        lane.take_line();
        assert!(!lane.has_room(3, at(10)), "one at a time");
        down(&mut lane, 10);
        lane.give_back(None, at(10));
        assert_eq!(lane.open_again_at(0, 3), 30_000, "twice as long, since the first trouble");
        assert_eq!(lane.resting().map(|(_, since, _)| since), Some(at(0)));
        lane.succeeded(at(31));
        assert!(lane.resting().is_none());
        lane.take_line();
        lane.take_line();
        assert!(lane.has_room(3, at(31)));
    }

    #[test]
    fn try_now_ends_a_rest() {
        let mut lane = Lane::default();
        down(&mut lane, 100);
        lane.wake();
        assert!(lane.has_room(1, at(101)));
    }
}
