//! Whose turn it is among messages of one route that are due: the highest priority first, and within it the sender who was
//! served least lately, so that ten thousand messages of one do not delay one of another. Pure.
//!
//! In: when each message is to be tried, whose it is, and what was taken. Out: the messages in the order of their turn.

use super::refused::{From, May, Refused};
use crate::mail::Priority;
use crate::queue::Seq;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// A sender as far as fairness goes: a number made of client and reverse-path.
pub type Sender = u64;

/// Messages that wait for an attempt.
#[derive(Debug, Default)]
pub struct Turns {
    of: BTreeMap<Priority, Senders>,
    /// All of them, by time alone.
    all: BTreeSet<(i64, Seq)>,
    /// Turns given so far.
    given: u64,
    /// When this route was last given a turn among the others.
    pub served: u64,
}

#[derive(Debug, Default)]
struct Senders {
    waiting: HashMap<Sender, Queue>,
    /// The turn each was last given, its first message's time, and who it is. Whoever has nothing waiting is forgotten.
    order: BTreeSet<(u64, i64, Sender)>,
}

#[derive(Debug, Default)]
struct Queue {
    served: u64,
    /// The reverse-path of its messages.
    from: From,
    messages: BTreeSet<(i64, Seq)>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub priority: Priority,
    pub sender: Sender,
    pub from: From,
    pub at: i64,
}

impl Turns {
    pub fn insert(&mut self, seq: Seq, place: Place) {
        self.all.insert((place.at, seq));
        self.of.entry(place.priority).or_default().change(place.sender, |queue| {
            queue.from = place.from;
            queue.messages.insert((place.at, seq));
        });
    }

    pub fn remove(&mut self, seq: Seq, place: Place) {
        if !self.all.remove(&(place.at, seq)) {
            return;
        }
        if let Some(senders) = self.of.get_mut(&place.priority) {
            senders.change(place.sender, |queue| {
                queue.messages.remove(&(place.at, seq));
            });
        }
    }

    /// One of the sender's messages gets its turn: the others of that priority come before its next.
    pub fn give(&mut self, place: Place) {
        self.given += 1;
        let given = self.given;
        if let Some(senders) = self.of.get_mut(&place.priority)
            && senders.waiting.contains_key(&place.sender)
        {
            senders.change(place.sender, |queue| queue.served = given);
        }
    }

    pub fn clear(&mut self) {
        *self = Self { given: self.given, served: self.served, ..Self::default() };
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// What is due by then of one priority, in the order of turns; of a sender that is refused only what may test it.
    pub fn due<'a>(&'a self, priority: Priority, until: i64, refused: &'a Refused) -> impl DoubleEndedIterator<Item = Seq> + 'a {
        self.of.get(&priority).into_iter().flat_map(move |senders| {
            let queues = senders.order.iter().filter_map(|(_, _, sender)| senders.waiting.get(sender));
            queues.flat_map(move |queue| queue.messages.range(queue.due(until, refused))).map(|(_, seq)| *seq)
        })
    }

    /// When the first may be tried that is not among these.
    pub fn first_due(&self, heard: &[Seq], refused: &Refused) -> Option<i64> {
        let is_other = |(_, seq): &&(i64, Seq)| !heard.contains(seq);
        if refused.is_empty() {
            return self.all.iter().find(is_other).map(|(at, _)| *at);
        }
        let queues = self.of.values().flat_map(|senders| senders.waiting.values());
        let first = queues.filter_map(|queue| {
            let at = queue.messages.iter().find(is_other).map(|(at, _)| *at)?;
            match refused.may(queue.from) {
                May::Go => Some(at),
                May::Test(from) => Some(at.max(from)),
                May::Wait => None,
            }
        });
        first.min()
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Queue {
    fn due(&self, until: i64, refused: &Refused) -> Range<(i64, Seq)> {
        const BEGINNING: (i64, Seq) = (i64::MIN, Seq::MIN);
        let all = BEGINNING..(until, Seq::MAX);
        match refused.may(self.from) {
            May::Go => all,
            // The newest: what a person has just asked for.
            May::Test(from) if from <= until => match self.messages.range(all).next_back() {
                Some(&(at, seq)) => (at, seq)..(at, seq.saturating_add(1)),
                None => BEGINNING..BEGINNING,
            },
            May::Test(_) | May::Wait => BEGINNING..BEGINNING,
        }
    }
}

impl Senders {
    fn change(&mut self, sender: Sender, act: impl FnOnce(&mut Queue)) {
        let queue = self.waiting.entry(sender).or_default();
        let key = |queue: &Queue| queue.messages.first().map(|(at, _)| (queue.served, *at, sender));
        if let Some(key) = key(queue) {
            self.order.remove(&key);
        }
        act(queue);
        match key(queue) {
            Some(key) => {
                self.order.insert(key);
            }
            None => {
                self.waiting.remove(&sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL_OUT: Sender = 1;
    const ALARM: Sender = 2;

    fn place(sender: Sender, at: i64) -> Place {
        Place { priority: Priority::Normal, sender, from: sender, at }
    }

    /// The next of all that are due, as the agenda takes it.
    fn next(turns: &mut Turns, places: &HashMap<Seq, Place>, now: i64) -> Option<Seq> {
        let refused = Refused::default();
        let seq = Priority::ALL.into_iter().find_map(|priority| turns.due(priority, now, &refused).next())?;
        let place = places.get(&seq).copied()?;
        turns.remove(seq, place);
        turns.give(place);
        Some(seq)
    }

    fn turns(all: &[(Seq, Place)]) -> (Turns, HashMap<Seq, Place>) {
        let mut turns = Turns::default();
        all.iter().for_each(|(seq, place)| turns.insert(*seq, *place));
        (turns, all.iter().copied().collect())
    }

    #[test]
    fn ten_thousand_messages_of_one_sender_delayed_the_alarm_of_another() {
        let mut all: Vec<(Seq, Place)> = (1..=10_000).map(|seq| (seq, place(MAIL_OUT, seq))).collect();
        all.push((10_001, place(ALARM, 20_000)));
        let (mut turns, places) = turns(&all);
        assert_eq!(next(&mut turns, &places, 15_000), Some(1), "there is no alarm yet");
        assert_eq!(next(&mut turns, &places, 20_000), Some(10_001));
        assert_eq!(next(&mut turns, &places, 20_000), Some(2));
        assert_eq!(next(&mut turns, &places, 20_000), Some(3));
    }

    #[test]
    fn two_who_send_much_take_turns_each_in_his_own_order() {
        let all: Vec<(Seq, Place)> = (1..=6).map(|seq| (seq, place(if seq <= 3 { MAIL_OUT } else { ALARM }, seq))).collect();
        let (mut turns, places) = turns(&all);
        let order: Vec<Seq> = std::iter::from_fn(|| next(&mut turns, &places, 10)).collect();
        assert_eq!(order, [1, 4, 2, 5, 3, 6]);
        assert!(turns.is_empty());
        assert!(turns.of.values().all(|senders| senders.waiting.is_empty() && senders.order.is_empty()), "nobody is remembered");
    }

    #[test]
    fn a_priority_goes_before_fairness_and_what_is_not_due_holds_up_nothing() {
        let high = Place { priority: Priority::High, ..place(MAIL_OUT, 5) };
        let (mut turns, places) = turns(&[(1, place(ALARM, 1)), (2, high), (3, place(MAIL_OUT, 2))]);
        assert_eq!(turns.first_due(&[], &Refused::default()), Some(1));
        assert_eq!(turns.first_due(&[1], &Refused::default()), Some(2));
        assert_eq!(next(&mut turns, &places, 4), Some(1));
        assert_eq!(next(&mut turns, &places, 5), Some(2));
        assert_eq!(next(&mut turns, &places, 5), Some(3));
    }

    #[test]
    fn a_refused_sender_waits_and_its_newest_message_tests_it() {
        let all: Vec<(Seq, Place)> = (1..=6).map(|seq| (seq, place(if seq <= 4 { MAIL_OUT } else { ALARM }, seq))).collect();
        let (turns, _) = turns(&all);
        let mut refused = Refused::default();
        let second = std::time::Duration::from_secs;
        let schedule =
            crate::queue::Schedule { first_retry: second(1), longest_retry: second(9), lifetime: second(99), delay_notice: None };
        refused.refused(MAIL_OUT, 9, &schedule, jiff::Timestamp::UNIX_EPOCH);
        let due = |refused: &Refused, until| turns.due(Priority::Normal, until, refused).collect::<Vec<_>>();
        assert_eq!((due(&refused, 10), turns.first_due(&[], &refused)), (vec![5, 6], Some(5)));
        assert_eq!((due(&refused, 1000), turns.first_due(&[5, 6], &refused)), (vec![4, 5, 6], Some(1000)));
        refused.starts(MAIL_OUT, 4);
        assert_eq!((due(&refused, 1000), turns.first_due(&[5, 6], &refused)), (vec![5, 6], None));
    }
}
