//! What is due when: the open messages by their next attempt and their deadlines.
//!
//! Holds little for each, so that a long queue is no burden; the store knows the rest. What takes several routes has its
//! own time for each, and is in one hand all the same. Pure.
//!
//! Invariants: a message is never in two hands at once; none is told late or given up that was not really
//! tried since [`Agenda::begin_afresh`]; no wait is longer than the longest gap, wherever the clock was.

use super::lane::Turn;
use super::refused::{From, Refused};
use super::turns::{Place, Sender, Turns};
use super::way::{Dues, Part, Way};
use crate::mail::Priority;
use crate::queue::{ContentPlace, QueueEntry, Schedule, Seq};
use crate::route::{LaneNo, RouteNo, RouteSet, Routing};
use crate::store::{Open, OpenRecipients, Standing};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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

#[derive(Debug, Clone)]
struct Waiting {
    accepted_at: i64,
    /// From when its lifetime counts: the acceptance, unless that was read from a clock that ran ahead.
    born: i64,
    /// Which routes its unsettled recipients take, and when each is due.
    way: Way,
    /// Put off until then, its deadlines too; a change of the message ends it.
    not_before: i64,
    priority: Priority,
    sender: Sender,
    from: From,
    held: bool,
    noticed: bool,
    /// Its delay notice is being written.
    noticing: bool,
    /// Somebody has it in hand.
    taken: bool,
    /// Another message went well where this one was told of a fault of the lane, this one.
    suspect: Option<LaneNo>,
}

#[derive(Debug)]
pub struct Agenda {
    schedule: Schedule,
    waiting: BTreeMap<Seq, Waiting>,
    /// Of those neither held nor taken, by route.
    attempts: Vec<Turns>,
    /// Of those tried and neither held nor taken. On hold it waits for a person, however long that takes.
    deadlines: BTreeSet<(i64, Seq, Deadline)>,
    /// Routes whose mail waits for a person, too.
    frozen: RouteSet,
    /// Turns given so far, of all routes.
    given: u64,
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
    pub from: From,
}

/// For which lane a message is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    pub lane: LaneNo,
    /// Of these routes.
    pub routes: RouteSet,
    /// Senders whose mail waits there.
    pub refused: &'a Refused,
}

impl Agenda {
    /// Where messages take different routes, [`Agenda::routed`] tells which.
    pub fn new(open: &[Open], schedule: &Schedule, routing: &Routing, now: Timestamp) -> Self {
        let mut agenda = Self {
            schedule: schedule.clone(),
            waiting: BTreeMap::new(),
            attempts: Vec::new(),
            deadlines: BTreeSet::new(),
            frozen: RouteSet::NONE,
            given: 0,
            cache: HashMap::new(),
            cached: 0,
            in_hand: 0,
        };
        for open in open {
            let fresh = Waiting::fresh(open.accepted_at, now);
            let Open { next_attempt: due, priority, sender, from, held, noticed, .. } = *open;
            let way = if routing.is_trivial() { Way::one(0, due) } else { Way::unknown(due) };
            agenda.put(open.seq, Waiting { way, priority, sender, from, held, noticed, ..fresh }, now);
        }
        agenda
    }

    pub fn add(&mut self, entry: QueueEntry, routing: &Routing, now: Timestamp) {
        let accepted_at = entry.accepted_at.as_millisecond();
        let fresh = Waiting::fresh(accepted_at, now);
        let way = Way::of(&entry, routing);
        let (priority, sender, from, held) = (entry.priority, entry.sender(), entry.from(), entry.held);
        self.put(entry.seq, Waiting { way, priority, sender, from, held, ..fresh }, now);
        let weight = weight(&entry);
        if self.cached + weight <= CACHE {
            self.cached += weight;
            self.cache.insert(entry.seq, entry);
        }
    }

    /// A committed change, whoever made it. `unsettled`: which recipients are left, and when each is due.
    pub fn update(&mut self, seq: Seq, standing: &Standing, unsettled: &Dues, now: Timestamp) {
        self.uncache(seq);
        if !standing.open {
            if let Some(waiting) = self.pull(seq) {
                self.in_hand -= usize::from(waiting.taken);
            }
            return;
        }
        self.change(seq, now, |waiting| {
            waiting.way.set_due(standing.next_attempt, unsettled);
            // Let go by a person: however old, it gets its try first.
            if waiting.held && !standing.held {
                waiting.way.forget_tries(RouteSet::ALL);
            }
            waiting.held = standing.held;
            waiting.not_before = i64::MIN;
        });
    }

    /// Other routes are in force. Where messages differ in them, [`Agenda::routed`] tells what takes which.
    pub fn reroute(&mut self, routing: &Routing, now: Timestamp) {
        let trivial = routing.is_trivial();
        self.change_all(now, |waiting| {
            let due = waiting.way.due();
            waiting.way = if trivial { Way::one(0, due) } else { Way::unknown(due) };
        });
    }

    /// Which routes the open messages take, as the store has them.
    pub fn routed(&mut self, all: &[OpenRecipients], routing: &Routing, now: Timestamp) {
        for open in all {
            self.change(open.seq, now, |waiting| waiting.way.become_known(open, routing));
        }
    }

    /// Routes whose mail waits for a person: it has no end meanwhile, and gets its try when it goes on.
    pub fn set_frozen(&mut self, frozen: RouteSet, now: Timestamp) {
        let thawed = self.frozen.without(frozen);
        if self.frozen == frozen {
            return;
        }
        self.frozen = frozen;
        self.change_all(now, |waiting| waiting.way.forget_tries(thawed));
    }

    /// The message whose turn it is, now in the caller's hands.
    pub fn next_due(&mut self, draw: Draw<'_>, turn: Turn<'_>, now: Timestamp) -> Option<Due> {
        let seq = self.choose(draw, turn, now)?;
        self.take(seq, now);
        let waiting = self.waiting.get(&seq)?;
        let (suspect, from) = (waiting.suspect == Some(draw.lane), waiting.from);
        if let Some((route, place)) = waiting.places().find(|(route, _)| draw.routes.holds(*route)) {
            self.given += 1;
            let turns = turns_of(&mut self.attempts, route);
            turns.give(place);
            turns.served = self.given;
        }
        Some(Due { seq, cached: self.uncache(seq), suspect, from })
    }

    /// What is due for a lane in the order of turns: by priority, then by route, then by sender.
    fn due<'a>(&'a self, draw: Draw<'a>, now: Timestamp) -> impl DoubleEndedIterator<Item = Seq> + 'a {
        let mut routes: Vec<&Turns> = self.of_routes(draw.routes).collect();
        routes.sort_by_key(|turns| turns.served);
        let (refused, until) = (draw.refused, now.as_millisecond());
        Priority::ALL
            .into_iter()
            .flat_map(move |priority| routes.clone().into_iter().flat_map(move |turns| turns.due(priority, until, refused)))
    }

    fn of_routes(&self, routes: RouteSet) -> impl Iterator<Item = &Turns> {
        self.attempts.iter().zip(0..).filter(move |(_, route)| routes.holds(*route)).map(|(turns, _)| turns)
    }

    fn choose(&self, draw: Draw<'_>, turn: Turn<'_>, now: Timestamp) -> Option<Seq> {
        let due = || self.due(draw, now);
        if self.first_due(draw).is_none_or(|due| due > now.as_millisecond()) {
            return None;
        }
        // One that can bear witness: a suspect is not believed, and one that has spoken says nothing new.
        let is_witness = |seq: &Seq, heard: &[Seq]| {
            !heard.contains(seq) && self.waiting.get(seq).is_some_and(|waiting| waiting.suspect != Some(draw.lane))
        };
        match turn {
            Turn::Anyone => due().next(),
            Turn::AnyoneBut(heard) => due().find(|seq| is_witness(seq, heard)).or_else(|| due().find(|seq| !heard.contains(seq))),
            Turn::Probe { heard, newest } => {
                let witness =
                    if newest { due().rev().find(|seq| is_witness(seq, heard)) } else { due().find(|seq| is_witness(seq, heard)) };
                let others = || due().find(|seq| !heard.contains(seq));
                // In turn, so that a message that will always hear it does not stand before one that would not.
                let again = || heard.iter().copied().find(|seq| self.is_due(*seq, draw.routes, now));
                witness.or_else(others).or_else(again)
            }
        }
    }

    fn is_due(&self, seq: Seq, routes: RouteSet, now: Timestamp) -> bool {
        let is_due = |(route, place): (RouteNo, Place)| routes.holds(route) && place.at <= now.as_millisecond();
        self.waiting.get(&seq).is_some_and(|waiting| !waiting.held && !waiting.taken && waiting.places().any(is_due))
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

    /// It was really tried on these routes: whoever answered, something was said of it.
    pub fn tried(&mut self, seq: Seq, routes: RouteSet, now: Timestamp) {
        self.change(seq, now, |waiting| waiting.way.tried(routes));
    }

    /// All lanes of these routes have been down for so long that waiting behind them counts as a try.
    pub fn all_tried(&mut self, routes: RouteSet, now: Timestamp) {
        self.change_all(now, |waiting| waiting.way.tried(routes));
    }

    /// A sender has been refused for so long that waiting for it counts as a try of all its mail on these routes.
    pub fn all_tried_from(&mut self, from: From, routes: RouteSet, now: Timestamp) {
        let of_sender: Vec<Seq> = self.waiting.iter().filter(|(_, waiting)| waiting.from == from).map(|(seq, _)| *seq).collect();
        of_sender.into_iter().for_each(|seq| self.tried(seq, routes, now));
    }

    /// Another message went well on this lane where this one was told of a fault of the lane.
    pub fn suspect(&mut self, seq: Seq, lane: LaneNo, now: Timestamp) {
        self.change(seq, now, |waiting| waiting.suspect = Some(lane));
    }

    /// New times for everything that waits; what was learned under other circumstances is forgotten.
    pub fn begin_afresh(&mut self, schedule: &Schedule, now: Timestamp) {
        self.schedule = schedule.clone();
        self.change_all(now, |waiting| {
            waiting.way.forget_tries(RouteSet::ALL);
            waiting.suspect = None;
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
    pub fn first_due_but(&self, draw: Draw<'_>, heard: &[Seq]) -> Option<i64> {
        self.of_routes(draw.routes).filter_map(|turns| turns.first_due(heard, draw.refused)).min()
    }

    pub fn first_due(&self, draw: Draw<'_>) -> Option<i64> {
        self.first_due_but(draw, &[])
    }

    /// Which of these senders have mail here.
    pub fn who_waits(&self, senders: &HashSet<From>) -> HashSet<From> {
        self.waiting.values().map(|waiting| waiting.from).filter(|from| senders.contains(from)).collect()
    }

    /// How many wait on these routes.
    pub fn waiting_on(&self, routes: RouteSet) -> usize {
        self.of_routes(routes).map(Turns::len).sum()
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
        self.attempts.iter_mut().for_each(Turns::clear);
        self.deadlines.clear();
        for (seq, mut waiting) in std::mem::take(&mut self.waiting) {
            act(&mut waiting);
            self.put(seq, waiting, now);
        }
    }

    fn pull(&mut self, seq: Seq) -> Option<Waiting> {
        let waiting = self.waiting.remove(&seq)?;
        for (route, place) in waiting.places() {
            turns_of(&mut self.attempts, route).remove(seq, place);
        }
        for (at, deadline) in waiting.deadlines(&self.schedule, self.frozen) {
            self.deadlines.remove(&(at, seq, deadline));
        }
        Some(waiting)
    }

    fn put(&mut self, seq: Seq, mut waiting: Waiting, now: Timestamp) {
        let (accepted_at, not_before) = (time(waiting.accepted_at), waiting.not_before);
        for part in waiting.way.parts_mut() {
            let has_come = self.schedule.has_come(time(part.due), accepted_at, now);
            part.at = if has_come { part.due.min(now.as_millisecond()) } else { part.due }.max(not_before);
        }
        if !waiting.held && !waiting.taken {
            for (route, place) in waiting.places() {
                turns_of(&mut self.attempts, route).insert(seq, place);
            }
        }
        self.deadlines.extend(waiting.deadlines(&self.schedule, self.frozen).map(|(at, deadline)| (at, seq, deadline)));
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
            way: Way::unknown(accepted_at),
            not_before: i64::MIN,
            priority: Priority::Normal,
            sender: 0,
            from: 0,
            held: false,
            noticed: false,
            noticing: false,
            taken: false,
            suspect: None,
        }
    }

    /// Where it stands on each of its routes.
    fn places(&self) -> impl Iterator<Item = (RouteNo, Place)> + '_ {
        let Self { priority, sender, from, .. } = *self;
        self.way.parts().iter().map(move |Part { route, at, .. }| (*route, Place { priority, sender, from, at: *at }))
    }

    fn deadlines(&self, schedule: &Schedule, frozen: RouteSet) -> impl Iterator<Item = (i64, Deadline)> + use<> {
        let born = time(self.born);
        let notice = schedule.notice_at(born).filter(|_| !self.noticed).map(|at| (at.as_millisecond(), Deadline::Notice));
        let expire = (schedule.expires_at(born).as_millisecond(), Deadline::Expire);
        let counts = self.way.was_tried(frozen) && !self.held && !self.taken;
        let not_before = self.not_before;
        notice.into_iter().chain([expire]).filter(move |_| counts).map(move |(at, deadline)| (at.max(not_before), deadline))
    }
}

/// The turns of a route; there are as many as have been needed.
fn turns_of(attempts: &mut Vec<Turns>, route: RouteNo) -> &mut Turns {
    let place = usize::from(route);
    if attempts.len() <= place {
        attempts.resize_with(place + 1, Turns::default);
    }
    &mut attempts[place]
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
