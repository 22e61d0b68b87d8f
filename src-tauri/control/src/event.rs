//! Facts in the past tense, told after they are committed.
//!
//! The engine numbers its facts 1, 2, 3, …. On the way to a watcher those of a short moment are
//! gathered into one event that covers all their numbers, `from` up to `seq`, and tells where
//! things stand after the last of them. What a watcher that knows everything up to `known`
//! (the `seq` of its snapshot, then of each event) does with an event:
//!
//! 1. `from > seq`: the event covers no number ([`Event::unnumbered`]: settings, lines of a
//!    connection check, `lagged`). Take it as it comes; `known` stays.
//! 2. `seq <= known`: old news, drop it.
//! 3. `from > known + 1`: something was missed; take a new snapshot.
//! 4. Else take it, and `known = seq`.
//!
//! Facts tell how things are, not what to add, so that an event that overlaps a snapshot does no
//! harm; only lines of `recent` can come twice, and are told apart by message, recipient, state
//! and time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::problem::Problem;
use crate::view::{Counters, EngineView, EntryView, LaneView, ListenerView, ProbeStep, RecentView, RefusedClient, SettingsView};

/// One fact, or several of one moment, and the numbers it covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct Event {
    /// The first number it covers; `seq + 1` when it covers none.
    #[ts(type = "number")]
    pub from: u64,
    /// The last number it covers.
    #[ts(type = "number")]
    pub seq: u64,
    pub fact: Fact,
}

impl Event {
    /// The fact with this number.
    pub fn numbered(seq: u64, fact: Fact) -> Self {
        Self { from: seq, seq, fact }
    }

    /// A fact that is not the engine's and has no number.
    pub fn unnumbered(fact: Fact) -> Self {
        Self { from: 1, seq: 0, fact }
    }

    pub fn is_numbered(&self) -> bool {
        self.from <= self.seq
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum Fact {
    /// Queue entries that are new or changed and still have unsettled recipients.
    #[serde(rename_all = "camelCase")]
    QueueChanged { entries: Vec<EntryView> },
    /// Messages that left the queue (settled or deleted), as history shows them.
    #[serde(rename_all = "camelCase")]
    QueueLeft { entries: Vec<EntryView> },
    /// Newest first.
    #[serde(rename_all = "camelCase")]
    Recent { lines: Vec<RecentView> },
    #[serde(rename_all = "camelCase")]
    CountersChanged { counters: Counters },
    #[serde(rename_all = "camelCase")]
    LaneChanged { lane: LaneView },
    #[serde(rename_all = "camelCase")]
    OtherLanesChanged { lanes: Vec<LaneView> },
    #[serde(rename_all = "camelCase")]
    PausedChanged { paused: bool },
    #[serde(rename_all = "camelCase")]
    ListenersChanged { listeners: Vec<ListenerView> },
    #[serde(rename_all = "camelCase")]
    ClientRefused { client: RefusedClient },
    #[serde(rename_all = "camelCase")]
    NoticesChanged { notices: Vec<Problem> },
    #[serde(rename_all = "camelCase")]
    SettingsChanged { settings: Box<SettingsView>, engine: EngineView },
    /// A line of the connection check that this watcher started.
    #[serde(rename_all = "camelCase")]
    Probed { probe: u32, step: ProbeStep },
    /// Facts of one moment, of different kinds: take them in this order, as one. Never nested.
    #[serde(rename_all = "camelCase")]
    Several { facts: Vec<Fact> },
    /// Too much happened to tell it all: take a new snapshot.
    Lagged,
}
