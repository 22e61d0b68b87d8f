//! The path to the smart host: its open connections, and its health. Pure but for the connections it holds.
//!
//! A lane that is down rests, longer each time, and is then tried with one connection before it is
//! opened to all again. What sounds like the lane's fault may have been provoked by the one message it was
//! said of: then another message is asked, at once. When that hears it too, it is the lane.

use super::failover::wants_a_person;
use crate::queue::{Schedule, Seq, later};
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
    /// The messages of which it was said; who heard it last is last.
    heard: Vec<Seq>,
    /// It was met while opening a connection, where there is no message that it could be about.
    at_the_door: bool,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<'a> {
    Anyone,
    /// These have heard of a trouble, and whether it is the lane's is not known yet.
    AnyoneBut(&'a [Seq]),
    /// One tests the water: one that has not heard of the trouble, if there is any. From the other end of the
    /// queue every second time, so that many messages with the same fault do not hide one without it for long.
    Probe {
        heard: &'a [Seq],
        newest: bool,
    },
}

impl Resting {
    fn is_in_doubt(&self) -> bool {
        !self.at_the_door && self.heard.len() == 1
    }

    fn add(&mut self, heard_by: Option<Seq>) {
        match heard_by {
            Some(seq) => {
                self.heard.retain(|known| *known != seq);
                self.heard.push(seq);
            }
            None => self.at_the_door = true,
        }
    }
}

impl Lane {
    /// Whether another attempt may start, and of whom. One at a time while trouble is not over.
    pub fn turn(&self, parallel: usize, now: Timestamp) -> Option<Turn<'_>> {
        match &self.trouble {
            None => (self.busy < parallel).then_some(Turn::Anyone),
            Some(_) if self.busy > 0 => None,
            Some(Resting { heard, next_try, .. }) if *next_try <= now => {
                Some(Turn::Probe { heard, newest: !heard.is_empty() && self.rests % 2 == 1 })
            }
            Some(resting) => resting.is_in_doubt().then_some(Turn::AnyoneBut(&resting.heard)),
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

    /// A message was taken. Gives those of which trouble was told meanwhile: it was not the lane's.
    pub fn handed_over(&mut self, now: Timestamp) -> Vec<Seq> {
        self.rests = 0;
        self.last_success = Some(now);
        self.trouble.take().map(|resting| resting.heard).unwrap_or_default()
    }

    /// A message was answered, but not taken. The lane is open; about what it said of others that tells nothing.
    pub fn answered(&mut self, now: Timestamp) {
        self.last_success = Some(now);
        if self.trouble.take().is_none_or(|resting| resting.heard.is_empty()) {
            self.rests = 0;
        }
    }

    /// Trouble; `heard_by` is the message of which it was said. What several attempts of one moment report is one trouble.
    pub fn rest(&mut self, trouble: Trouble, heard_by: Option<Seq>, now: Timestamp, first: Duration, longest: Duration) {
        self.forget_lines();
        if let Some(resting) = self.trouble.as_mut().filter(|resting| resting.next_try > now) {
            resting.add(heard_by);
            if heard_by.is_none() {
                // This one is the lane's for certain.
                resting.trouble = trouble;
            }
            return;
        }
        self.rests = self.rests.saturating_add(1);
        let gaps = Schedule { first_retry: first, longest_retry: longest, lifetime: Duration::ZERO, delay_notice: None };
        let next_try = later(now, gaps.gap_after(self.rests));
        let mut resting = match self.trouble.take() {
            Some(before) => Resting { trouble, next_try, ..before },
            None => Resting { trouble, since: now, next_try, heard: Vec::new(), at_the_door: false },
        };
        resting.add(heard_by);
        self.trouble = Some(resting);
    }

    /// Whether its mail is to go another way, if there is one: it has been down for long enough, or a person is needed.
    pub fn is_down(&self, after: Duration, now: Timestamp) -> bool {
        self.down_from(after).is_some_and(|from| from <= now)
    }

    /// From when on it is, if it does not recover. While one message may be to blame, nothing is done in a hurry; but it
    /// may be the only one there is.
    pub fn down_from(&self, after: Duration) -> Option<Timestamp> {
        let resting = self.trouble.as_ref()?;
        let at_once = !resting.is_in_doubt() && wants_a_person(resting.trouble.kind);
        Some(if at_once { resting.since } else { later(resting.since, after) })
    }

    /// The clock was set: nothing waits longer than a rest can be.
    pub fn clock_was_set(&mut self, now: Timestamp, longest: Duration) {
        if let Some(resting) = &mut self.trouble {
            resting.since = resting.since.min(now);
            resting.next_try = resting.next_try.min(later(now, longest));
        }
        for idle in &mut self.idle {
            idle.since = idle.since.min(now.as_millisecond());
        }
    }

    /// Ends a rest: the next attempt may start at once, and everybody is asked anew.
    pub fn wake(&mut self) {
        self.rests = 0;
        if let Some(resting) = &mut self.trouble {
            resting.next_try = Timestamp::UNIX_EPOCH;
            resting.heard.clear();
            resting.at_the_door = false;
        }
    }

    pub fn resting(&self) -> Option<(&Trouble, Timestamp, Timestamp)> {
        self.trouble.as_ref().map(|resting| (&resting.trouble, resting.since, resting.next_try))
    }

    /// The messages that wait while it is not known whether the trouble is theirs.
    pub fn in_doubt(&self) -> Option<&[Seq]> {
        self.trouble.as_ref().filter(|resting| resting.is_in_doubt()).map(|resting| resting.heard.as_slice())
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
#[path = "lane_tests.rs"]
mod tests;
