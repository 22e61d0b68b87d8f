//! What is due when: the open messages by their next attempt and their deadlines.
//!
//! Holds little for each, so that a long queue is no burden; the store knows the rest. Pure.

use crate::mail::Priority;
use crate::queue::{ContentPlace, QueueEntry, Schedule, Seq};
use crate::store::{Open, Standing};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Contents of fresh messages kept in memory, in bytes, so that they need not be read back.
const CACHE: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The sender is told that it is late.
    Notice,
    /// It is given up.
    Expire,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    accepted_at: i64,
    due: i64,
    priority: Priority,
    held: bool,
    noticed: bool,
    /// Somebody has it in hand.
    taken: bool,
}

#[derive(Debug, Default)]
pub struct Agenda {
    waiting: BTreeMap<Seq, Waiting>,
    /// Of those neither held nor taken, by their priority, the highest first.
    attempts: BTreeMap<Priority, BTreeSet<(i64, Seq)>>,
    deadlines: BTreeSet<(i64, Seq, Deadline)>,
    cache: HashMap<Seq, QueueEntry>,
    cached: usize,
    in_hand: usize,
}

impl Agenda {
    pub fn new(open: &[Open], schedule: &Schedule) -> Self {
        let mut agenda = Self::default();
        for open in open {
            let Open { seq, accepted_at, next_attempt: due, priority, held, noticed } = *open;
            agenda.insert(seq, Waiting { accepted_at, due, priority, held, noticed, taken: false }, schedule);
        }
        agenda
    }

    pub fn add(&mut self, entry: QueueEntry, schedule: &Schedule) {
        let accepted_at = entry.accepted_at.as_millisecond();
        let (priority, held) = (entry.priority, entry.held);
        self.insert(entry.seq, Waiting { accepted_at, due: accepted_at, priority, held, noticed: false, taken: false }, schedule);
        let weight = weight(&entry);
        if self.cached + weight <= CACHE {
            self.cached += weight;
            self.cache.insert(entry.seq, entry);
        }
    }

    /// A committed change, whoever made it.
    pub fn update(&mut self, seq: Seq, standing: &Standing, schedule: &Schedule) {
        let Some(waiting) = self.waiting.get(&seq).copied() else { return };
        self.uncache(seq);
        self.withdraw(seq, &waiting);
        if !standing.open {
            self.remove_deadlines(seq, &waiting, schedule);
            self.waiting.remove(&seq);
            self.in_hand -= usize::from(waiting.taken);
            return;
        }
        let changed = Waiting { due: standing.next_attempt.unwrap_or(waiting.due), held: standing.held, ..waiting };
        self.remove_deadlines(seq, &waiting, schedule);
        self.in_hand -= usize::from(waiting.taken);
        self.insert(seq, changed, schedule);
        self.in_hand += usize::from(waiting.taken);
    }

    /// The longest due message of the highest priority that is due, now in the caller's hands, with what is known of it.
    pub fn next_due(&mut self, now: Timestamp) -> Option<(Seq, Option<QueueEntry>)> {
        let first = self.attempts.values().filter_map(|attempts| attempts.first()).find(|(due, _)| *due <= now.as_millisecond());
        let (_, seq) = *first?;
        self.take(seq);
        let cached = self.uncache(seq);
        Some((seq, cached))
    }

    /// Puts a message into the caller's hands, unless somebody has it already.
    pub fn take(&mut self, seq: Seq) -> bool {
        let Some(waiting) = self.waiting.get_mut(&seq).filter(|waiting| !waiting.taken) else { return false };
        waiting.taken = true;
        let waiting = *waiting;
        self.in_hand += 1;
        self.withdraw(seq, &waiting);
        true
    }

    /// Gives a message back, as it stands after what was done to it.
    pub fn release(&mut self, seq: Seq, after: Option<&Standing>, schedule: &Schedule) {
        if let Some(standing) = after {
            self.update(seq, standing, schedule);
        }
        if let Some(waiting) = self.waiting.get_mut(&seq)
            && waiting.taken
        {
            waiting.taken = false;
            self.in_hand -= 1;
            if !waiting.held {
                self.attempts.entry(waiting.priority).or_default().insert((waiting.due, seq));
            }
        }
    }

    /// Deadlines that have come; their messages are in the caller's hands.
    pub fn deadlines_due(&mut self, now: Timestamp) -> Vec<(Seq, Deadline)> {
        let now = now.as_millisecond();
        let mut due = Vec::new();
        let mut busy = Vec::new();
        while let Some((at, seq, deadline)) = self.deadlines.first().copied()
            && at <= now
        {
            self.deadlines.pop_first();
            if self.take(seq) {
                if deadline == Deadline::Notice
                    && let Some(waiting) = self.waiting.get_mut(&seq)
                {
                    waiting.noticed = true;
                }
                due.push((seq, deadline));
            } else if self.waiting.contains_key(&seq) {
                // In somebody's hands just now: look again soon.
                busy.push((now + 1000, seq, deadline));
            }
        }
        self.deadlines.extend(busy);
        due
    }

    pub fn first_due(&self) -> Option<i64> {
        self.attempts.values().filter_map(|attempts| attempts.first()).map(|(due, _)| *due).min()
    }

    pub fn first_deadline(&self) -> Option<i64> {
        self.deadlines.first().map(|(at, _, _)| *at)
    }

    pub fn in_hand(&self) -> usize {
        self.in_hand
    }

    /// New times for everything that waits.
    pub fn replan(&mut self, schedule: &Schedule) {
        self.deadlines.clear();
        for (seq, waiting) in &self.waiting {
            self.deadlines.extend(deadlines(*seq, waiting, schedule));
        }
    }

    fn insert(&mut self, seq: Seq, waiting: Waiting, schedule: &Schedule) {
        if !waiting.held && !waiting.taken {
            self.attempts.entry(waiting.priority).or_default().insert((waiting.due, seq));
        }
        self.deadlines.extend(deadlines(seq, &waiting, schedule));
        self.waiting.insert(seq, waiting);
    }

    /// It is not to be attempted as things stand.
    fn withdraw(&mut self, seq: Seq, waiting: &Waiting) {
        if let Some(attempts) = self.attempts.get_mut(&waiting.priority) {
            attempts.remove(&(waiting.due, seq));
        }
    }

    fn remove_deadlines(&mut self, seq: Seq, waiting: &Waiting, schedule: &Schedule) {
        for deadline in deadlines(seq, waiting, schedule) {
            self.deadlines.remove(&deadline);
        }
    }

    fn uncache(&mut self, seq: Seq) -> Option<QueueEntry> {
        let entry = self.cache.remove(&seq)?;
        self.cached -= weight(&entry);
        Some(entry)
    }
}

/// Mail on hold waits for a person, however long that takes: it has no deadlines.
fn deadlines(seq: Seq, waiting: &Waiting, schedule: &Schedule) -> impl Iterator<Item = (i64, Seq, Deadline)> + use<> {
    let accepted_at = Timestamp::from_millisecond(waiting.accepted_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let notice = schedule.notice_at(accepted_at).filter(|_| !waiting.noticed).map(|at| (at.as_millisecond(), seq, Deadline::Notice));
    let expire = (schedule.expires_at(accepted_at).as_millisecond(), seq, Deadline::Expire);
    notice.into_iter().chain([expire]).filter({
        let held = waiting.held;
        move |_| !held
    })
}

fn weight(entry: &QueueEntry) -> usize {
    let content = match &entry.content {
        ContentPlace::Cached(bytes) => bytes.len(),
        ContentPlace::Row | ContentPlace::File(_) | ContentPlace::Gone => 0,
    };
    // Beside the content: the entry itself and its addresses, roughly.
    content + 512 + entry.recipients.len() * 128
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::StateWord;
    use std::time::Duration;

    fn schedule() -> Schedule {
        let second = Duration::from_secs;
        Schedule { first_retry: second(10), longest_retry: second(100), lifetime: second(1000), delay_notice: Some(second(500)) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(jiff::SignedDuration::from_secs(second)).unwrap_or_default()
    }

    fn open(seq: Seq, second: i64) -> Open {
        Open { seq, accepted_at: second * 1000, next_attempt: second * 1000, priority: Priority::Normal, held: false, noticed: false }
    }

    fn standing(open: bool, due: i64, held: bool) -> Standing {
        Standing { open, word: StateWord::Deferred, next_attempt: open.then_some(due * 1000), held }
    }

    #[test]
    fn the_longest_due_comes_first_and_only_once() {
        let mut agenda = Agenda::new(&[open(1, 20), open(2, 10)], &schedule());
        assert_eq!(agenda.next_due(at(5)).map(|due| due.0), None);
        assert_eq!(agenda.next_due(at(20)).map(|due| due.0), Some(2));
        assert_eq!(agenda.next_due(at(20)).map(|due| due.0), Some(1));
        assert_eq!(agenda.next_due(at(20)).map(|due| due.0), None);
        assert_eq!(agenda.in_hand(), 2);
        agenda.release(2, Some(&standing(true, 30, false)), &schedule());
        agenda.release(1, Some(&standing(false, 0, false)), &schedule());
        assert_eq!(agenda.in_hand(), 0);
        assert_eq!(agenda.next_due(at(29)).map(|due| due.0), None);
        assert_eq!(agenda.next_due(at(30)).map(|due| due.0), Some(2));
    }

    #[test]
    fn of_what_is_due_the_highest_priority_goes_first() {
        let of = |seq, second, priority| Open { priority, ..open(seq, second) };
        let mut agenda = Agenda::new(
            &[
                of(1, 1, Priority::Low),
                of(2, 2, Priority::Normal),
                of(3, 3, Priority::High),
                of(4, 9, Priority::High),
                of(5, 2, Priority::Normal),
            ],
            &schedule(),
        );
        assert_eq!(agenda.first_due(), Some(1000));
        let order: Vec<Seq> = std::iter::from_fn(|| agenda.next_due(at(5)).map(|due| due.0)).collect();
        assert_eq!(order, [3, 2, 5, 1], "what is not due holds up nothing");
        agenda.release(1, Some(&standing(true, 6, false)), &schedule());
        assert_eq!(agenda.next_due(at(9)).map(|due| due.0), Some(4));
        assert_eq!(agenda.next_due(at(9)).map(|due| due.0), Some(1), "it keeps its priority");
    }

    #[test]
    fn a_late_change_does_not_give_a_taken_message_to_a_second_hand() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert!(agenda.next_due(at(1)).is_some());
        agenda.update(1, &standing(true, 1, false), &schedule());
        assert_eq!(agenda.next_due(at(9)).map(|due| due.0), None);
        assert!(!agenda.take(1));
        agenda.release(1, None, &schedule());
        assert!(agenda.take(1));
    }

    #[test]
    fn held_mail_has_no_attempts_and_no_deadlines_until_released() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        agenda.update(1, &standing(true, 0, true), &schedule());
        assert_eq!(agenda.next_due(at(9)).map(|due| due.0), None);
        assert_eq!(agenda.deadlines_due(at(5000)), []);
        agenda.update(1, &standing(true, 0, false), &schedule());
        assert_eq!(agenda.first_due(), Some(0));
        assert_eq!(agenda.first_deadline(), Some(500_000));
    }

    #[test]
    fn deadlines_come_once_each_and_wait_for_busy_messages() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert_eq!(agenda.deadlines_due(at(499)), []);
        assert_eq!(agenda.deadlines_due(at(500)), [(1, Deadline::Notice)]);
        assert_eq!(agenda.deadlines_due(at(1000)), [], "in hand");
        agenda.release(1, Some(&standing(true, 0, false)), &schedule());
        assert_eq!(agenda.deadlines_due(at(1000)), [(1, Deadline::Expire)], "as soon as it is free");
    }
}
