//! What is due when: the open messages by their next attempt and their deadlines.
//!
//! Holds little for each, so that a long queue is no burden; the store knows the rest. Pure.

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

/// When a message that comes back may be taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// As its last commit says.
    AsPlanned,
    /// Nothing could be done with it: not before this moment.
    NotBefore(Timestamp),
    /// Nobody knows what came of it: not in this run, unless a person wants it.
    NotByItself,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    accepted_at: i64,
    due: i64,
    /// Put off until then; a change of the message ends it.
    not_before: i64,
    held: bool,
    noticed: bool,
    /// Its delay notice is being written.
    noticing: bool,
    /// Somebody has it in hand.
    taken: bool,
}

impl Waiting {
    fn new(accepted_at: i64, due: i64, held: bool, noticed: bool) -> Self {
        Self { accepted_at, due, not_before: i64::MIN, held, noticed, noticing: false, taken: false }
    }

    fn turn(&self) -> i64 {
        self.due.max(self.not_before)
    }
}

#[derive(Debug, Default)]
pub struct Agenda {
    waiting: BTreeMap<Seq, Waiting>,
    /// Of those neither held nor taken.
    attempts: BTreeSet<(i64, Seq)>,
    deadlines: BTreeSet<(i64, Seq, Deadline)>,
    cache: HashMap<Seq, QueueEntry>,
    cached: usize,
    in_hand: usize,
}

impl Agenda {
    pub fn new(open: &[Open], schedule: &Schedule) -> Self {
        let mut agenda = Self::default();
        for open in open {
            agenda.insert(open.seq, Waiting::new(open.accepted_at, open.next_attempt, open.held, open.noticed), schedule);
        }
        agenda
    }

    pub fn add(&mut self, entry: QueueEntry, schedule: &Schedule) {
        let accepted_at = entry.accepted_at.as_millisecond();
        self.insert(entry.seq, Waiting::new(accepted_at, accepted_at, false, false), schedule);
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
        self.attempts.remove(&(waiting.turn(), seq));
        if !standing.open {
            self.remove_deadlines(seq, &waiting, schedule);
            self.waiting.remove(&seq);
            self.in_hand -= usize::from(waiting.taken);
            return;
        }
        let due = standing.next_attempt.unwrap_or(waiting.due);
        let changed = Waiting { due, not_before: i64::MIN, held: standing.held, ..waiting };
        self.remove_deadlines(seq, &waiting, schedule);
        self.in_hand -= usize::from(waiting.taken);
        self.insert(seq, changed, schedule);
        self.in_hand += usize::from(waiting.taken);
    }

    /// The longest due message, now in the caller's hands, with what is known of it.
    pub fn next_due(&mut self, now: Timestamp) -> Option<(Seq, Option<QueueEntry>)> {
        let (due, seq) = *self.attempts.first()?;
        if due > now.as_millisecond() {
            return None;
        }
        self.take(seq);
        let cached = self.uncache(seq);
        Some((seq, cached))
    }

    /// Puts a message into the caller's hands, unless somebody has it already.
    pub fn take(&mut self, seq: Seq) -> bool {
        match self.waiting.get_mut(&seq) {
            Some(waiting) if !waiting.taken => {
                waiting.taken = true;
                self.in_hand += 1;
                self.attempts.remove(&(waiting.turn(), seq));
                true
            }
            Some(_) | None => false,
        }
    }

    /// Gives a message back. How it stands has been told before, with its commit ([`Self::update`]): to say it here
    /// once more would undo what was committed meanwhile.
    pub fn release(&mut self, seq: Seq, again: Again, schedule: &Schedule) {
        let Some(waiting) = self.waiting.get_mut(&seq).filter(|waiting| waiting.taken) else { return };
        waiting.taken = false;
        self.in_hand -= 1;
        let noticing = std::mem::replace(&mut waiting.noticing, false);
        match again {
            Again::AsPlanned => waiting.not_before = i64::MIN,
            Again::NotBefore(at) => {
                waiting.not_before = at.as_millisecond();
                waiting.noticed &= !noticing;
            }
            Again::NotByItself => waiting.not_before = i64::MAX,
        }
        let waiting = *waiting;
        if !waiting.held {
            self.attempts.insert((waiting.turn(), seq));
        }
        if again != Again::NotByItself {
            // A deadline that came to nothing, or came while the message was in hand, has left the list.
            for (at, seq, deadline) in deadlines(seq, &waiting, schedule) {
                self.deadlines.remove(&(at, seq, deadline));
                self.deadlines.insert((at.max(waiting.not_before), seq, deadline));
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
            // One that was put off may have been overtaken.
            if self.waiting.get(&seq).is_some_and(|waiting| waiting.held || (waiting.noticed && deadline == Deadline::Notice)) {
                continue;
            }
            if self.take(seq) {
                if deadline == Deadline::Notice
                    && let Some(waiting) = self.waiting.get_mut(&seq)
                {
                    (waiting.noticed, waiting.noticing) = (true, true);
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
        self.attempts.first().map(|(due, _)| *due)
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
            self.attempts.insert((waiting.due, seq));
        }
        self.deadlines.extend(deadlines(seq, &waiting, schedule));
        self.waiting.insert(seq, waiting);
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
        Open { seq, accepted_at: second * 1000, next_attempt: second * 1000, held: false, noticed: false }
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
        agenda.update(2, &standing(true, 30, false), &schedule());
        agenda.update(1, &standing(false, 0, false), &schedule());
        agenda.release(2, Again::AsPlanned, &schedule());
        agenda.release(1, Again::AsPlanned, &schedule());
        assert_eq!(agenda.in_hand(), 0);
        assert_eq!(agenda.next_due(at(29)).map(|due| due.0), None);
        assert_eq!(agenda.next_due(at(30)).map(|due| due.0), Some(2));
    }

    #[test]
    fn a_late_change_does_not_give_a_taken_message_to_a_second_hand() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert!(agenda.next_due(at(1)).is_some());
        agenda.update(1, &standing(true, 1, false), &schedule());
        assert_eq!(agenda.next_due(at(9)).map(|due| due.0), None);
        assert!(!agenda.take(1));
        agenda.release(1, Again::AsPlanned, &schedule());
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
        agenda.update(1, &standing(true, 0, false), &schedule());
        agenda.release(1, Again::AsPlanned, &schedule());
        assert_eq!(agenda.deadlines_due(at(1000)), [(1, Deadline::Expire)], "as soon as it is free");
    }

    #[test]
    fn a_deadline_that_came_between_a_change_and_the_release_is_not_late() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert!(agenda.next_due(at(1)).is_some());
        agenda.update(1, &standing(true, 2000, false), &schedule());
        assert_eq!(agenda.deadlines_due(at(1000)), [], "in hand");
        agenda.release(1, Again::AsPlanned, &schedule());
        assert_eq!(agenda.deadlines_due(at(1000)), [(1, Deadline::Notice)]);
    }

    #[test]
    fn what_could_not_be_done_is_put_off_and_not_forgotten() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        let put_off = |agenda: &mut Agenda, second| agenda.release(1, Again::NotBefore(at(second)), &schedule());
        assert!(agenda.next_due(at(1)).is_some());
        put_off(&mut agenda, 20);
        assert_eq!(agenda.next_due(at(19)).map(|due| due.0), None);
        assert_eq!(agenda.next_due(at(20)).map(|due| due.0), Some(1));
        put_off(&mut agenda, 900);
        // A person's "try now" does not wait.
        agenda.update(1, &standing(true, 21, false), &schedule());
        assert_eq!(agenda.next_due(at(21)).map(|due| due.0), Some(1));
        put_off(&mut agenda, 30);
        for deadline in [Deadline::Notice, Deadline::Expire] {
            let second = if deadline == Deadline::Notice { 500 } else { 1000 };
            assert_eq!(agenda.deadlines_due(at(second)), [(1, deadline)]);
            put_off(&mut agenda, second + 10);
            assert_eq!(agenda.deadlines_due(at(second + 9)), [], "put off");
            assert_eq!(agenda.deadlines_due(at(second + 10)), [(1, deadline)], "and come again");
            agenda.release(1, Again::AsPlanned, &schedule());
        }
    }

    #[test]
    fn a_deadline_that_was_put_off_spares_mail_that_was_put_on_hold_meanwhile() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert_eq!(agenda.deadlines_due(at(1000)), [(1, Deadline::Notice)]);
        agenda.release(1, Again::NotBefore(at(1010)), &schedule());
        agenda.update(1, &standing(true, 0, true), &schedule());
        assert_eq!(agenda.deadlines_due(at(5000)), []);
    }

    #[test]
    fn what_nobody_knows_the_outcome_of_waits_for_a_person() {
        let mut agenda = Agenda::new(&[open(1, 0)], &schedule());
        assert!(agenda.next_due(at(1)).is_some());
        agenda.release(1, Again::NotByItself, &schedule());
        assert_eq!(agenda.in_hand(), 0);
        assert_eq!(agenda.next_due(at(999_999)).map(|due| due.0), None);
        agenda.update(1, &standing(true, 2, false), &schedule());
        assert_eq!(agenda.next_due(at(2)).map(|due| due.0), Some(1));
    }
}
