//! Gathers the events of a short moment for one watcher, so that a busy engine does not drown it.
//!
//! In: the desk's events, in order. Out: at most one numbered event that covers them all, and one
//! without numbers. Facts of a kind are merged: where things stand at the end is what counts.
//!
//! Invariant: no number is skipped silently. A gap, or more than a slow reader may owe, becomes
//! [`Fact::Lagged`].

use crate::event::{Event, Fact};
use crate::view::{Counters, EngineView, EntryView, LaneView, ListenerView, RecentView, RefusedClient, SettingsView};
use crate::{Problem, view::ProbeStep};
use std::collections::HashMap;

/// Entries a watcher may owe before it is told to take a new snapshot instead.
const MOST_ENTRIES: usize = 2000;
const MOST_REFUSED: usize = 200;
/// As many as a snapshot shows.
const MOST_RECENT: usize = 20;

#[derive(Default)]
pub(crate) struct Gather {
    /// First and last number gathered.
    range: Option<(u64, u64)>,
    numbered: Merged,
    unnumbered: Merged,
    /// The last number that was ever put in.
    last: Option<u64>,
    lagged: bool,
}

impl Gather {
    pub fn add(&mut self, event: Event) {
        if !event.is_numbered() {
            self.lagged |= !self.unnumbered.add(event.fact);
            return self.forget_if_lagged();
        }
        if self.last.is_some_and(|last| event.from > last + 1) {
            self.lagged = true;
        }
        self.last = Some(event.seq);
        let from = self.range.map_or(event.from, |(from, _)| from);
        self.range = Some((from, event.seq));
        self.lagged |= !self.numbered.add(event.fact);
        self.forget_if_lagged();
    }

    pub fn is_empty(&self) -> bool {
        self.range.is_none() && self.unnumbered.is_empty() && !self.lagged
    }

    /// What there is to tell now; empty afterwards.
    pub fn take(&mut self) -> Vec<Event> {
        if std::mem::take(&mut self.lagged) {
            return vec![Event::unnumbered(Fact::Lagged)];
        }
        let mut events = Vec::new();
        if let Some((from, seq)) = self.range.take() {
            events.push(Event { from, seq, fact: as_one(std::mem::take(&mut self.numbered)) });
        }
        if !self.unnumbered.is_empty() {
            events.push(Event::unnumbered(as_one(std::mem::take(&mut self.unnumbered))));
        }
        events
    }

    /// A snapshot will tell it all; owing more is of no use.
    fn forget_if_lagged(&mut self) {
        if self.lagged {
            self.range = None;
            self.numbered = Merged::default();
            self.unnumbered = Merged::default();
        }
    }
}

fn as_one(merged: Merged) -> Fact {
    let mut facts = merged.into_facts();
    if facts.len() == 1 { facts.remove(0) } else { Fact::Several { facts } }
}

#[derive(Default)]
struct Merged {
    entries: HashMap<String, Placed>,
    next_place: usize,
    /// Newest first.
    recent: Vec<RecentView>,
    counters: Option<Counters>,
    lane: Option<LaneView>,
    other_lanes: Option<Vec<LaneView>>,
    paused: Option<bool>,
    listeners: Option<Vec<ListenerView>>,
    refused: Vec<RefusedClient>,
    notices: Option<Vec<Problem>>,
    settings: Option<(Box<SettingsView>, EngineView)>,
    probed: Vec<(u32, ProbeStep)>,
}

/// An entry's last news, and its turn.
struct Placed {
    place: usize,
    left: bool,
    entry: EntryView,
}

impl Merged {
    /// False when it is too much.
    fn add(&mut self, fact: Fact) -> bool {
        match fact {
            Fact::QueueChanged { entries } => self.add_entries(entries, false),
            Fact::QueueLeft { entries } => self.add_entries(entries, true),
            Fact::Recent { mut lines } => {
                lines.append(&mut self.recent);
                lines.truncate(MOST_RECENT);
                self.recent = lines;
            }
            Fact::CountersChanged { counters } => self.counters = Some(counters),
            Fact::LaneChanged { lane } => self.lane = Some(lane),
            Fact::OtherLanesChanged { lanes } => self.other_lanes = Some(lanes),
            Fact::PausedChanged { paused } => self.paused = Some(paused),
            Fact::ListenersChanged { listeners } => self.listeners = Some(listeners),
            Fact::ClientRefused { client } => {
                self.refused.retain(|known| known.address != client.address);
                self.refused.push(client);
            }
            Fact::NoticesChanged { notices } => self.notices = Some(notices),
            Fact::SettingsChanged { settings, engine } => self.settings = Some((settings, engine)),
            Fact::Probed { probe, step } => self.probed.push((probe, step)),
            Fact::Several { facts } => return facts.into_iter().all(|fact| self.add(fact)),
            Fact::Lagged => return false,
        }
        self.entries.len() <= MOST_ENTRIES && self.refused.len() <= MOST_REFUSED && self.probed.len() <= MOST_ENTRIES
    }

    fn add_entries(&mut self, entries: Vec<EntryView>, left: bool) {
        for entry in entries {
            let place = self.next_place;
            self.next_place += 1;
            self.entries.insert(entry.id.clone(), Placed { place, left, entry });
        }
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.recent.is_empty()
            && self.counters.is_none()
            && self.lane.is_none()
            && self.paused.is_none()
            && self.listeners.is_none()
            && self.refused.is_empty()
            && self.notices.is_none()
            && self.settings.is_none()
            && self.probed.is_empty()
    }

    fn into_facts(self) -> Vec<Fact> {
        let mut placed: Vec<_> = self.entries.into_values().collect();
        placed.sort_by_key(|placed| placed.place);
        let (left, changed): (Vec<_>, Vec<_>) = placed.into_iter().partition(|placed| placed.left);
        let entries = |placed: Vec<Placed>| placed.into_iter().map(|placed| placed.entry).collect::<Vec<_>>();
        let mut facts = Vec::new();
        if !changed.is_empty() {
            facts.push(Fact::QueueChanged { entries: entries(changed) });
        }
        if !left.is_empty() {
            facts.push(Fact::QueueLeft { entries: entries(left) });
        }
        if !self.recent.is_empty() {
            facts.push(Fact::Recent { lines: self.recent });
        }
        facts.extend(self.counters.map(|counters| Fact::CountersChanged { counters }));
        facts.extend(self.lane.map(|lane| Fact::LaneChanged { lane }));
        facts.extend(self.other_lanes.map(|lanes| Fact::OtherLanesChanged { lanes }));
        facts.extend(self.paused.map(|paused| Fact::PausedChanged { paused }));
        facts.extend(self.listeners.map(|listeners| Fact::ListenersChanged { listeners }));
        facts.extend(self.refused.into_iter().map(|client| Fact::ClientRefused { client }));
        facts.extend(self.notices.map(|notices| Fact::NoticesChanged { notices }));
        facts.extend(self.settings.map(|(settings, engine)| Fact::SettingsChanged { settings, engine }));
        facts.extend(self.probed.into_iter().map(|(probe, step)| Fact::Probed { probe, step }));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{EntryKind, RecipientState};

    #[test]
    fn facts_of_a_kind_become_one_and_cover_all_numbers() {
        let mut gather = Gather::default();
        gather.add(changed(11, "a", 0));
        gather.add(Event::numbered(12, Fact::CountersChanged { counters: waiting(1) }));
        gather.add(changed(13, "a", 1));
        gather.add(changed(14, "b", 0));
        gather.add(Event::numbered(15, Fact::CountersChanged { counters: waiting(2) }));
        let expected = Fact::Several {
            facts: vec![Fact::QueueChanged { entries: vec![entry("a", 1), entry("b", 0)] }, Fact::CountersChanged { counters: waiting(2) }],
        };
        assert_eq!(gather.take(), [Event { from: 11, seq: 15, fact: expected }]);
        assert!(gather.is_empty());
        gather.add(changed(16, "c", 0));
        assert_eq!(gather.take(), [changed(16, "c", 0)]);
    }

    #[test]
    fn an_entry_that_left_is_not_told_as_waiting() {
        let mut gather = Gather::default();
        gather.add(changed(1, "a", 0));
        gather.add(Event::numbered(2, Fact::QueueLeft { entries: vec![entry("a", 1)] }));
        assert_eq!(gather.take(), [Event { from: 1, seq: 2, fact: Fact::QueueLeft { entries: vec![entry("a", 1)] } }]);
    }

    #[test]
    fn a_skipped_number_is_never_hidden() {
        let mut gather = Gather::default();
        gather.add(changed(1, "a", 0));
        assert_eq!(gather.take().len(), 1);
        gather.add(changed(3, "b", 0));
        assert_eq!(gather.take(), [Event::unnumbered(Fact::Lagged)]);
        gather.add(changed(4, "c", 0));
        assert_eq!(gather.take(), [changed(4, "c", 0)]);
    }

    #[test]
    fn a_reader_that_owes_too_much_takes_a_snapshot_instead() {
        let mut gather = Gather::default();
        for seq in 0..=MOST_ENTRIES as u64 {
            gather.add(changed(seq + 1, &seq.to_string(), 0));
        }
        assert_eq!(gather.take(), [Event::unnumbered(Fact::Lagged)]);
        assert!(gather.is_empty());
    }

    #[test]
    fn what_has_no_number_is_told_apart() {
        let mut gather = Gather::default();
        gather.add(changed(5, "a", 0));
        gather.add(Event::unnumbered(Fact::NoticesChanged { notices: vec![] }));
        assert_eq!(gather.take(), [changed(5, "a", 0), Event::unnumbered(Fact::NoticesChanged { notices: vec![] })]);
    }

    fn changed(seq: u64, id: &str, attempts: u32) -> Event {
        Event::numbered(seq, Fact::QueueChanged { entries: vec![entry(id, attempts)] })
    }

    fn waiting(waiting: u64) -> Counters {
        Counters { waiting, ..Counters::default() }
    }

    fn entry(id: &str, attempts: u32) -> EntryView {
        EntryView {
            id: id.into(),
            accepted_at: 0,
            sender: String::new(),
            first_recipient: String::new(),
            recipients: 1,
            unsettled: 1,
            subject: String::new(),
            size: 0,
            client: String::new(),
            client_name: String::new(),
            kind: EntryKind::Mail,
            state: RecipientState::Queued,
            attempts,
            next_attempt: None,
            settled_at: None,
            problem: None,
            held: None,
            lane: None,
            waits_for: Vec::new(),
        }
    }
}
