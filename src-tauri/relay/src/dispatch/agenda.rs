//! What is due when: the open messages by their next attempt and their deadlines.
//!
//! Holds little for each, so that a long queue is no burden; the store knows the rest. Pure.
//!
//! Invariants: a message is never in two hands at once; none is told late or given up that was not really
//! tried since [`Agenda::begin_afresh`]; no wait is longer than the longest gap, wherever the clock was.

use super::lane::Turn;
use super::turns::{Place, Sender, Turns};
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

/// [`Again::NotByItself`] as a moment.
const NEVER: i64 = i64::MAX;

#[derive(Debug, Clone, Copy)]
struct Waiting {
    accepted_at: i64,
    /// From when its lifetime counts: the acceptance, unless that was read from a clock that ran ahead.
    born: i64,
    /// As the store has it.
    due: i64,
    /// When it is really to be tried: the same, unless that was read from a clock that ran ahead, or it was put off.
    at: i64,
    /// Put off until then, its deadlines too; a change of the message ends it.
    not_before: i64,
    priority: Priority,
    sender: Sender,
    held: bool,
    noticed: bool,
    /// Its delay notice is being written.
    noticing: bool,
    /// Somebody has it in hand.
    taken: bool,
    /// It was really tried, or the lane was down for long enough.
    tried: bool,
    /// Another message went well where this one was told of a fault of the lane.
    suspect: bool,
}

#[derive(Debug)]
pub struct Agenda {
    schedule: Schedule,
    waiting: BTreeMap<Seq, Waiting>,
    /// Of those neither held nor taken.
    attempts: Turns,
    /// Of those tried and neither held nor taken. On hold it waits for a person, however long that takes.
    deadlines: BTreeSet<(i64, Seq, Deadline)>,
    cache: HashMap<Seq, QueueEntry>,
    cached: usize,
    in_hand: usize,
}

/// What is known of a due message beside its key.
#[derive(Debug)]
pub struct Due {
    pub seq: Seq,
    pub cached: Option<QueueEntry>,
    pub suspect: bool,
}

impl Agenda {
    pub fn new(open: &[Open], schedule: &Schedule, now: Timestamp) -> Self {
        let mut agenda = Self {
            schedule: schedule.clone(),
            waiting: BTreeMap::new(),
            attempts: Turns::default(),
            deadlines: BTreeSet::new(),
            cache: HashMap::new(),
            cached: 0,
            in_hand: 0,
        };
        for open in open {
            let fresh = Waiting::fresh(open.accepted_at, now);
            let Open { next_attempt: due, priority, sender, held, noticed, .. } = *open;
            let waiting = Waiting { due, priority, sender, held, noticed, ..fresh };
            agenda.put(open.seq, waiting, now);
        }
        agenda
    }

    pub fn add(&mut self, entry: QueueEntry, now: Timestamp) {
        let fresh = Waiting::fresh(entry.accepted_at.as_millisecond(), now);
        self.put(entry.seq, Waiting { priority: entry.priority, sender: entry.sender(), held: entry.held, ..fresh }, now);
        let weight = weight(&entry);
        if self.cached + weight <= CACHE {
            self.cached += weight;
            self.cache.insert(entry.seq, entry);
        }
    }

    /// A committed change, whoever made it.
    pub fn update(&mut self, seq: Seq, standing: &Standing, now: Timestamp) {
        self.uncache(seq);
        if !standing.open {
            if let Some(waiting) = self.pull(seq) {
                self.in_hand -= usize::from(waiting.taken);
            }
            return;
        }
        self.change(seq, now, |waiting| {
            waiting.due = standing.next_attempt.unwrap_or(waiting.due);
            // Let go by a person: however old, it gets its try first.
            waiting.tried &= !waiting.held || standing.held;
            waiting.held = standing.held;
            waiting.not_before = i64::MIN;
        });
    }

    /// The message whose turn it is, now in the caller's hands.
    pub fn next_due(&mut self, turn: Turn<'_>, now: Timestamp) -> Option<Due> {
        let seq = self.choose(turn, now)?;
        self.take(seq, now);
        if let Some(waiting) = self.waiting.get(&seq) {
            self.attempts.give(waiting.place());
        }
        let suspect = self.waiting.get(&seq).is_some_and(|waiting| waiting.suspect);
        Some(Due { seq, cached: self.uncache(seq), suspect })
    }

    fn choose(&self, turn: Turn<'_>, now: Timestamp) -> Option<Seq> {
        let due = || self.attempts.due(now.as_millisecond());
        if self.first_due().is_none_or(|due| due > now.as_millisecond()) {
            return None;
        }
        // One that can bear witness: a suspect is not believed, and one that has spoken says nothing new.
        let is_witness = |seq: &Seq, heard: &[Seq]| !heard.contains(seq) && self.waiting.get(seq).is_some_and(|waiting| !waiting.suspect);
        match turn {
            Turn::Anyone => due().next(),
            Turn::AnyoneBut(heard) => due().find(|seq| is_witness(seq, heard)).or_else(|| due().find(|seq| !heard.contains(seq))),
            Turn::Probe { heard, newest } => {
                let witness =
                    if newest { due().rev().find(|seq| is_witness(seq, heard)) } else { due().find(|seq| is_witness(seq, heard)) };
                let others = || due().find(|seq| !heard.contains(seq));
                // In turn, so that a message that will always hear it does not stand before one that would not.
                let again = || heard.iter().copied().find(|seq| self.is_due(*seq, now));
                witness.or_else(others).or_else(again)
            }
        }
    }

    fn is_due(&self, seq: Seq, now: Timestamp) -> bool {
        self.waiting.get(&seq).is_some_and(|waiting| !waiting.held && !waiting.taken && waiting.at <= now.as_millisecond())
    }

    /// Puts a message into the caller's hands, unless somebody has it already.
    pub fn take(&mut self, seq: Seq, now: Timestamp) -> bool {
        let free = self.waiting.get(&seq).is_some_and(|waiting| !waiting.taken);
        if free {
            self.change(seq, now, |waiting| waiting.taken = true);
            self.in_hand += 1;
        }
        free
    }

    /// Gives a message back. How it stands has been told before, with its commit ([`Self::update`]): to say it here
    /// once more would undo what was committed meanwhile.
    pub fn release(&mut self, seq: Seq, again: Again, now: Timestamp) {
        if !self.waiting.get(&seq).is_some_and(|waiting| waiting.taken) {
            return;
        }
        self.in_hand -= 1;
        self.change(seq, now, |waiting| {
            waiting.taken = false;
            let noticing = std::mem::replace(&mut waiting.noticing, false);
            match again {
                Again::AsPlanned => {}
                Again::NotBefore(at) => {
                    waiting.not_before = at.as_millisecond();
                    // A notice that came to nothing comes again.
                    waiting.noticed &= !noticing;
                }
                Again::NotByItself => waiting.not_before = NEVER,
            }
        });
    }

    /// It was really tried: whoever answered, something was said of it.
    pub fn tried(&mut self, seq: Seq, now: Timestamp) {
        self.change(seq, now, |waiting| waiting.tried = true);
    }

    /// The lane has been down for so long that waiting behind it counts as a try.
    pub fn all_tried(&mut self, now: Timestamp) {
        self.change_all(now, |waiting| waiting.tried = true);
    }

    /// Another message went well where this one was told of a fault of the lane.
    pub fn suspect(&mut self, seq: Seq, now: Timestamp) {
        self.change(seq, now, |waiting| waiting.suspect = true);
    }

    /// New times for everything that waits; what was learned under other circumstances is forgotten.
    pub fn begin_afresh(&mut self, schedule: &Schedule, now: Timestamp) {
        self.schedule = schedule.clone();
        self.change_all(now, |waiting| {
            (waiting.tried, waiting.suspect) = (false, false);
            waiting.born = waiting.born.min(now.as_millisecond());
            if waiting.not_before != NEVER {
                waiting.not_before = i64::MIN;
            }
        });
    }

    /// Deadlines that have come; their messages are in the caller's hands.
    pub fn deadlines_due(&mut self, now: Timestamp) -> Vec<(Seq, Deadline)> {
        let mut due = Vec::new();
        while let Some((_, seq, _)) = self.deadlines.first().copied().filter(|(at, _, _)| *at <= now.as_millisecond()) {
            let is_over = self.waiting.get(&seq).is_some_and(|waiting| self.schedule.expires_at(time(waiting.born)) <= now);
            self.take(seq, now);
            if !is_over {
                self.change(seq, now, |waiting| (waiting.noticed, waiting.noticing) = (true, true));
            }
            // Who is told that it failed need not be told in the same breath that it is late.
            due.push((seq, if is_over { Deadline::Expire } else { Deadline::Notice }));
        }
        due
    }

    /// When the first is due of those who are not among these.
    pub fn first_due_but(&self, heard: &[Seq]) -> Option<i64> {
        self.attempts.by_time().find(|(_, seq)| !heard.contains(seq)).map(|(due, _)| due)
    }

    pub fn first_due(&self) -> Option<i64> {
        self.attempts.by_time().next().map(|(due, _)| due)
    }

    pub fn first_deadline(&self) -> Option<i64> {
        self.deadlines.first().map(|(at, _, _)| *at)
    }

    pub fn in_hand(&self) -> usize {
        self.in_hand
    }

    fn change(&mut self, seq: Seq, now: Timestamp, act: impl FnOnce(&mut Waiting)) {
        if let Some(mut waiting) = self.pull(seq) {
            act(&mut waiting);
            self.put(seq, waiting, now);
        }
    }

    fn change_all(&mut self, now: Timestamp, act: impl Fn(&mut Waiting)) {
        self.attempts.clear();
        self.deadlines.clear();
        for (seq, mut waiting) in std::mem::take(&mut self.waiting) {
            act(&mut waiting);
            self.put(seq, waiting, now);
        }
    }

    fn pull(&mut self, seq: Seq) -> Option<Waiting> {
        let waiting = self.waiting.remove(&seq)?;
        self.attempts.remove(seq, waiting.place());
        for (at, deadline) in waiting.deadlines(&self.schedule) {
            self.deadlines.remove(&(at, seq, deadline));
        }
        Some(waiting)
    }

    fn put(&mut self, seq: Seq, mut waiting: Waiting, now: Timestamp) {
        let has_come = self.schedule.has_come(time(waiting.due), time(waiting.accepted_at), now);
        waiting.at = if has_come { waiting.due.min(now.as_millisecond()) } else { waiting.due }.max(waiting.not_before);
        if !waiting.held && !waiting.taken {
            self.attempts.insert(seq, waiting.place());
        }
        self.deadlines.extend(waiting.deadlines(&self.schedule).map(|(at, deadline)| (at, seq, deadline)));
        self.waiting.insert(seq, waiting);
    }

    fn uncache(&mut self, seq: Seq) -> Option<QueueEntry> {
        let entry = self.cache.remove(&seq)?;
        self.cached -= weight(&entry);
        Some(entry)
    }
}

impl Waiting {
    fn fresh(accepted_at: i64, now: Timestamp) -> Self {
        let born = accepted_at.min(now.as_millisecond());
        Self {
            accepted_at,
            born,
            due: accepted_at,
            at: accepted_at,
            not_before: i64::MIN,
            priority: Priority::Normal,
            sender: 0,
            held: false,
            noticed: false,
            noticing: false,
            taken: false,
            tried: false,
            suspect: false,
        }
    }

    fn place(&self) -> Place {
        Place { priority: self.priority, sender: self.sender, at: self.at }
    }

    fn deadlines(&self, schedule: &Schedule) -> impl Iterator<Item = (i64, Deadline)> + use<> {
        let born = time(self.born);
        let notice = schedule.notice_at(born).filter(|_| !self.noticed).map(|at| (at.as_millisecond(), Deadline::Notice));
        let expire = (schedule.expires_at(born).as_millisecond(), Deadline::Expire);
        let counts = self.tried && !self.held && !self.taken;
        let not_before = self.not_before;
        notice.into_iter().chain([expire]).filter(move |_| counts).map(move |(at, deadline)| (at.max(not_before), deadline))
    }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
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
#[path = "agenda_tests.rs"]
mod tests;
