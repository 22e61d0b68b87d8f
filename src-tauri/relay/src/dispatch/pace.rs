//! How fast mail may go out: messages a minute and recipients a day as the provider allows, and slower for a while when
//! it says that it is too much. Pure.
//!
//! In: what starts, what came back of it, what was handed over before the start. Out: whether another may start now,
//! for how many recipients at most, or when to ask again.
//! Invariant: never more messages in any 60 seconds, nor recipients in any 24 hours, than the limits say, also over
//! restarts. What is under way counts as used, and is forgotten no sooner than its time after it has come back.

use crate::config;
use crate::event;
use crate::queue::Seq;
use crate::store::Before;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
/// Of whole seconds: the first is forgotten when all of it is more than a minute ago.
const MINUTE: i64 = 61;
/// Of whole hours, likewise.
const DAY: i64 = 25;
/// Messages that must go well before a slowed lane takes a step faster.
const STEP_AFTER: u32 = 10;

/// Every server takes so many in one transaction (RFC 5321 §4.5.3.1.8).
const USUAL_RECIPIENTS: u32 = 100;
/// A lane that was slower than this when the provider complained is not slowed further below.
const SLOWEST: u32 = 10;

#[derive(Debug)]
pub struct Pace {
    limits: config::Pace,
    parallel: usize,
    /// What is under way, with the recipients it may have.
    under_way: HashMap<Seq, u32>,
    /// Messages that came back, by second.
    minute: VecDeque<(i64, u32)>,
    /// Recipients that were offered, by hour.
    day: VecDeque<(i64, u32)>,
    last_start: i64,
    slowed: Option<Slowed>,
}

/// The provider said that it was too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slowed {
    parallel: usize,
    per_minute: u32,
    /// How fast it was when that was said: from there on nothing is held back any more.
    was: u32,
    went_well: u32,
}

impl Pace {
    pub fn new(limits: config::Pace, parallel: usize, before: &Before) -> Self {
        let mut pace = Self {
            limits,
            parallel,
            under_way: HashMap::new(),
            minute: VecDeque::new(),
            day: VecDeque::new(),
            last_start: i64::MIN,
            slowed: None,
        };
        let mut minute = before.last_minute.clone();
        minute.sort_unstable();
        minute.iter().for_each(|at| add(&mut pace.minute, at.div_euclid(SECOND), 1));
        let mut day = before.last_day.clone();
        day.sort_unstable();
        day.iter().for_each(|(hour, recipients)| add(&mut pace.day, *hour, *recipients));
        pace
    }

    /// Other limits; what was used stays used. Complaints of before may have been another provider's.
    pub fn set(&mut self, limits: config::Pace, parallel: usize) {
        (self.limits, self.parallel, self.slowed) = (limits, parallel, None);
    }

    /// Other limits of the same provider.
    pub fn limit(&mut self, limits: config::Pace, parallel: usize) {
        (self.limits, self.parallel) = (limits, parallel);
    }

    /// Connections at a time.
    pub fn parallel(&self) -> usize {
        self.slowed.map_or(self.parallel, |slowed| slowed.parallel.min(self.parallel))
    }

    /// For how many recipients a message may start now.
    ///
    /// # Errors
    /// When to ask again, in milliseconds; never by itself when something that is under way has to come back first.
    pub fn may_start(&mut self, now: Timestamp) -> Result<u32, i64> {
        let now = now.as_millisecond();
        self.forget(now);
        let (minute, day) = (self.minute_free_at(now), self.day_free_at(now));
        let free_at = minute.max(day);
        if free_at > now {
            return Err(free_at);
        }
        // What is left is shared, so that one message does not keep the other connections waiting for what it will not use.
        let left = self.day_left();
        let share = (left / u32::try_from(self.parallel()).unwrap_or(1).max(1)).max(USUAL_RECIPIENTS);
        Ok(self.per_message().min(left).min(share))
    }

    pub fn start(&mut self, seq: Seq, recipients: u32, now: Timestamp) {
        self.under_way.insert(seq, recipients);
        self.last_start = now.as_millisecond();
    }

    /// A message came back; `recipients` were offered to the provider.
    pub fn back(&mut self, seq: Seq, recipients: u32, now: Timestamp) {
        let was_started = self.under_way.remove(&seq).is_some();
        if was_started && recipients > 0 {
            let now = now.as_millisecond();
            add(&mut self.minute, now.div_euclid(SECOND), 1);
            add(&mut self.day, now.div_euclid(HOUR), recipients);
        }
    }

    /// The provider said that it is too much: half as fast from now on.
    pub fn slow_down(&mut self, now: Timestamp) {
        self.forget(now.as_millisecond());
        let speed = self.minute_used().max(SLOWEST);
        let (parallel, per_minute) = (self.parallel(), self.per_minute().unwrap_or(u32::MAX).min(speed));
        self.slowed = Some(Slowed {
            parallel: (parallel / 2).max(1),
            per_minute: (per_minute / 2).max(1),
            was: self.slowed.map_or(per_minute, |slowed| slowed.was.max(per_minute)),
            went_well: 0,
        });
    }

    /// A message went well: after some of them a step faster, until nothing is held back.
    pub fn went_well(&mut self) {
        let Some(slowed) = &mut self.slowed else { return };
        slowed.went_well += 1;
        if slowed.went_well < STEP_AFTER {
            return;
        }
        slowed.went_well = 0;
        slowed.parallel = slowed.parallel.saturating_add(1);
        slowed.per_minute = slowed.per_minute.saturating_add((slowed.per_minute / 10).max(1));
        if slowed.parallel >= self.parallel && slowed.per_minute > slowed.was {
            self.slowed = None;
        }
    }

    /// Times from a clock that ran ahead.
    pub fn clock_was_set(&mut self, now: Timestamp) {
        let now = now.as_millisecond();
        self.last_start = self.last_start.min(now);
        for (second, _) in &mut self.minute {
            *second = (*second).min(now.div_euclid(SECOND));
        }
        for (hour, _) in &mut self.day {
            *hour = (*hour).min(now.div_euclid(HOUR));
        }
    }

    pub fn seen(&mut self, now: Timestamp, is_something_due: bool) -> event::Pace {
        let waits_until = match self.may_start(now) {
            Err(at) if is_something_due && at != i64::MAX => Timestamp::from_millisecond(at).ok(),
            Ok(_) | Err(_) => None,
        };
        event::Pace {
            recipients_today: self.day_used(),
            recipients_per_day: self.limits.recipients_per_day,
            waits_until,
            slowed: self.slowed.is_some(),
        }
    }

    fn per_message(&self) -> u32 {
        self.limits.recipients_per_message.unwrap_or(u32::MAX).max(1)
    }

    fn per_minute(&self) -> Option<u32> {
        let slowed = self.slowed.map(|slowed| slowed.per_minute);
        [self.limits.messages_per_minute, slowed].into_iter().flatten().min().map(|most| most.max(1))
    }

    fn minute_used(&self) -> u32 {
        let under_way = u32::try_from(self.under_way.len()).unwrap_or(u32::MAX);
        self.minute.iter().fold(under_way, |sum, (_, messages)| sum.saturating_add(*messages))
    }

    fn minute_free_at(&self, now: i64) -> i64 {
        let Some(most) = self.per_minute() else { return now };
        let used = self.minute_used();
        if used >= most {
            return self.minute.front().map_or(i64::MAX, |(second, _)| (second + MINUTE) * SECOND);
        }
        if used.saturating_mul(2) < most {
            return now;
        }
        // Half of it may go at once. The rest is spread, so that whatever comes next does not wait for a whole minute.
        self.last_start.saturating_add(60 * SECOND / i64::from(most)).max(now)
    }

    fn day_used(&self) -> u32 {
        self.day.iter().fold(0, |sum, (_, recipients)| sum.saturating_add(*recipients))
    }

    fn day_left(&self) -> u32 {
        let Some(most) = self.limits.recipients_per_day else { return u32::MAX };
        let under_way = self.under_way.values().fold(0_u32, |sum, recipients| sum.saturating_add(*recipients));
        most.saturating_sub(self.day_used()).saturating_sub(under_way)
    }

    fn day_free_at(&self, now: i64) -> i64 {
        if self.day_left() > 0 {
            return now;
        }
        if !self.under_way.is_empty() {
            // What it does not use is free when it comes back.
            return i64::MAX;
        }
        self.day.front().map_or(i64::MAX, |(hour, _)| (hour + DAY) * HOUR)
    }

    fn forget(&mut self, now: i64) {
        while self.minute.front().is_some_and(|(second, _)| (second + MINUTE) * SECOND <= now) {
            self.minute.pop_front();
        }
        while self.day.front().is_some_and(|(hour, _)| (hour + DAY) * HOUR <= now) {
            self.day.pop_front();
        }
    }
}

fn add(to: &mut VecDeque<(i64, u32)>, when: i64, count: u32) {
    match to.back_mut() {
        Some((last, sum)) if *last >= when => *sum = sum.saturating_add(count),
        Some(_) | None => to.push_back((when, count)),
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
