//! Whose turn it is among messages that are due: the highest priority first, and within it the sender who was served
//! least lately, so that ten thousand messages of one do not delay one of another. Pure.
//!
//! In: when each message is to be tried, whose it is, and what was taken. Out: the messages in the order of their turn.

use crate::mail::Priority;
use crate::queue::Seq;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    messages: BTreeSet<(i64, Seq)>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub priority: Priority,
    pub sender: Sender,
    pub at: i64,
}

impl Turns {
    pub fn insert(&mut self, seq: Seq, place: Place) {
        self.all.insert((place.at, seq));
        self.of.entry(place.priority).or_default().change(place.sender, |queue| {
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
        *self = Self { given: self.given, ..Self::default() };
    }

    /// What is due by then, in the order of turns.
    pub fn due(&self, until: i64) -> impl DoubleEndedIterator<Item = Seq> + '_ {
        self.of.values().flat_map(move |senders| {
            let queues = senders.order.iter().filter_map(|(_, _, sender)| senders.waiting.get(sender));
            queues.flat_map(move |queue| queue.messages.range(..=(until, Seq::MAX))).map(|(_, seq)| *seq)
        })
    }

    /// All that wait, by time.
    pub fn by_time(&self) -> impl Iterator<Item = (i64, Seq)> + '_ {
        self.all.iter().copied()
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
        Place { priority: Priority::Normal, sender, at }
    }

    /// The next of all that are due, as the agenda takes it.
    fn next(turns: &mut Turns, places: &HashMap<Seq, Place>, now: i64) -> Option<Seq> {
        let seq = turns.due(now).next()?;
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
        assert_eq!(turns.by_time().next(), None);
        assert!(turns.of.values().all(|senders| senders.waiting.is_empty() && senders.order.is_empty()), "nobody is remembered");
    }

    #[test]
    fn a_priority_goes_before_fairness_and_what_is_not_due_holds_up_nothing() {
        let high = Place { priority: Priority::High, ..place(MAIL_OUT, 5) };
        let (mut turns, places) = turns(&[(1, place(ALARM, 1)), (2, high), (3, place(MAIL_OUT, 2))]);
        assert_eq!(turns.by_time().next(), Some((1, 1)));
        assert_eq!(next(&mut turns, &places, 4), Some(1));
        assert_eq!(next(&mut turns, &places, 5), Some(2));
        assert_eq!(next(&mut turns, &places, 5), Some(3));
    }
}
