//! What the engine shows at this moment, and who is told of changes.
//!
//! In: commits, lane changes, refusals. Out: [`Picture`] on demand and numbered events.
//! Invariant: an event is published under the same lock that numbers it, after what it tells is committed.

use crate::config::{Config, DEFAULT_LANE};
use crate::event::{Counters, Event, Fact, Hour, Lane, LaneState, ListenerState, Notice, Picture, Recent, RefusedClient, SharedEvent};
use crate::queue::{Seq, StateWord};
use crate::session::Refused;
use crate::store::{Commit, Opened, SetAside, Touched};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Events a slow watcher may be behind before it must ask again.
const BEHIND: usize = 4096;
/// Refused clients remembered.
const REFUSED: usize = 50;

/// Notices beyond which those about one sender of many are not told any more.
const NOTICES: usize = 30;

pub struct Board {
    state: Mutex<State>,
    events: broadcast::Sender<SharedEvent>,
}

struct State {
    seq: u64,
    lane: Lane,
    other_lanes: Vec<Lane>,
    paused: bool,
    /// Every open message and when it was accepted; the first is the oldest.
    open: BTreeMap<Seq, i64>,
    deferred: u64,
    held: u64,
    hours: Vec<Hour>,
    sessions: u32,
    listeners: Vec<ListenerState>,
    refused: Vec<RefusedClient>,
    notices: Vec<Notice>,
    /// Open messages that could not be read when it was their turn.
    unreadable: BTreeMap<Seq, Unreadable>,
}

struct Unreadable {
    /// In a row.
    times: u32,
    said: String,
}

impl Default for Board {
    fn default() -> Self {
        let lane = Lane::not_set_up(DEFAULT_LANE);
        let state = State {
            seq: 0,
            lane,
            other_lanes: Vec::new(),
            paused: false,
            open: BTreeMap::new(),
            deferred: 0,
            held: 0,
            hours: Vec::new(),
            sessions: 0,
            listeners: Vec::new(),
            refused: Vec::new(),
            notices: Vec::new(),
            unreadable: BTreeMap::new(),
        };
        Self { state: Mutex::new(state), events: broadcast::Sender::new(BEHIND) }
    }
}

impl Board {
    /// What was found on the shelf at the start.
    pub fn begin(&self, opened: &Opened, config: &Config) {
        let mut state = self.lock();
        state.open = opened.open.iter().map(|open| (open.seq, open.accepted_at)).collect();
        (state.deferred, state.held) = (opened.deferred, opened.held);
        state.paused = opened.paused;
        state.hours.clone_from(&opened.hours);
        if let Some(smart_host) = &config.smart_host {
            state.lane.server.clone_from(&smart_host.server);
            state.lane.port = smart_host.port;
            state.lane.state = LaneState::Ready;
        }
        state.notices.extend(set_aside_notice(&opened.set_aside));
    }

    /// What is set aside now: somebody may have taken care of it.
    pub fn set_aside(&self, there: &[SetAside]) {
        let mut state = self.lock();
        let notice = set_aside_notice(there);
        let known = state.notices.iter().find(|notice| matches!(notice, Notice::DatabaseSetAside { .. }));
        if known != notice.as_ref() {
            state.notices.retain(|notice| !matches!(notice, Notice::DatabaseSetAside { .. }));
            state.notices.extend(notice);
            self.tell_notices(&mut state);
        }
    }

    /// A message whose turn it was could not be read; gives how often in a row.
    pub fn cannot_read(&self, seq: Seq, said: String) -> u32 {
        let mut state = self.lock();
        let known = state.unreadable.entry(seq).or_insert(Unreadable { times: 0, said: String::new() });
        known.times = known.times.saturating_add(1);
        known.said = said;
        let times = known.times;
        self.tell_unreadable(&mut state);
        times
    }

    pub fn could_read(&self, seq: Seq) {
        let mut state = self.lock();
        if state.unreadable.remove(&seq).is_some() {
            self.tell_unreadable(&mut state);
        }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<SharedEvent> {
        self.events.subscribe()
    }

    pub fn is_watched(&self) -> bool {
        self.events.receiver_count() > 0
    }

    /// The number of the last event.
    pub fn seq(&self) -> u64 {
        self.lock().seq
    }

    pub fn picture(&self, recent: Vec<Recent>, now: Timestamp) -> Picture {
        let state = self.lock();
        Picture {
            seq: state.seq,
            lane: state.lane.clone(),
            other_lanes: state.other_lanes.clone(),
            paused: state.paused,
            counters: state.counters(now),
            hours: state.last_day(now),
            listeners: state.listeners.clone(),
            refused: state.refused.clone(),
            recent,
            notices: state.notices.clone(),
        }
    }

    pub fn committed(&self, commit: &Commit, now: Timestamp) {
        let mut state = self.lock();
        let unreadable = state.unreadable.len();
        for touched in &commit.touched {
            state.count(touched);
        }
        for peer in commit.kept.iter().filter_map(|entry| entry.peer.as_ref()) {
            state.refused.retain(|client| client.address != peer.address || !client.why.keeps_out());
        }
        if state.unreadable.len() != unreadable {
            self.tell_unreadable(&mut state);
        }
        for hour in &commit.hours {
            state.add_hour(hour);
        }
        if !self.is_watched() {
            return;
        }
        let (changed, left): (Vec<_>, Vec<_>) = commit.summaries.iter().cloned().partition(|(_, summary)| summary.unsettled > 0);
        let only = |pairs: Vec<(Seq, _)>| pairs.into_iter().map(|(_, summary)| summary).collect::<Vec<_>>();
        let recent = recent_lines(commit);
        if !changed.is_empty() {
            self.publish(&mut state, Fact::QueueChanged(only(changed)));
        }
        if !left.is_empty() {
            self.publish(&mut state, Fact::QueueLeft(only(left)));
        }
        if !recent.is_empty() {
            self.publish(&mut state, Fact::Recent(recent));
        }
        let counters = state.counters(now);
        self.publish(&mut state, Fact::Counters(counters));
    }

    pub fn set_lane(&self, lane: Lane) {
        let mut state = self.lock();
        if state.lane != lane {
            state.lane = lane.clone();
            self.publish(&mut state, Fact::Lane(lane));
        }
    }

    pub fn set_other_lanes(&self, lanes: Vec<Lane>) {
        let mut state = self.lock();
        if state.other_lanes != lanes {
            state.other_lanes.clone_from(&lanes);
            self.publish(&mut state, Fact::OtherLanes(lanes));
        }
    }

    pub fn set_paused(&self, paused: bool) {
        let mut state = self.lock();
        if state.paused != paused {
            state.paused = paused;
            self.publish(&mut state, Fact::Paused(paused));
        }
    }

    pub fn set_listeners(&self, listeners: Vec<ListenerState>) {
        let mut state = self.lock();
        if state.listeners != listeners {
            state.listeners.clone_from(&listeners);
            self.publish(&mut state, Fact::Listeners(listeners));
        }
    }

    pub fn count_sessions(&self, change: i32, now: Timestamp) {
        let mut state = self.lock();
        state.sessions = state.sessions.saturating_add_signed(change);
        if self.is_watched() {
            let counters = state.counters(now);
            self.publish(&mut state, Fact::Counters(counters));
        }
    }

    pub fn refused(&self, address: IpAddr, client_name: &str, refused: &Refused, now: Timestamp) {
        let mut state = self.lock();
        let old = state.refused.iter().position(|client| client.address == address).map(|index| state.refused.remove(index));
        let client = RefusedClient {
            address,
            client_name: client_name.to_owned(),
            count: old.as_ref().map_or(0, |client| client.count).saturating_add(1),
            first_at: old.map_or(now, |client| client.first_at),
            last_at: now,
            last_sender: refused.sender.clone(),
            last_recipient: refused.recipient.clone(),
            last_reply: refused.reply.to_string(),
            why: refused.why,
        };
        state.refused.insert(0, client.clone());
        state.refused.truncate(REFUSED);
        self.publish(&mut state, Fact::Refused(client));
    }

    pub fn forget_refused(&self, address: IpAddr) {
        self.lock().refused.retain(|client| client.address != address);
    }

    /// Adds a notice, or takes the place of one about the same matter.
    pub fn raise(&self, notice: Notice) {
        let mut state = self.lock();
        if state.notices.contains(&notice) {
            return;
        }
        state.notices.retain(|known| !known.is_about_the_same(&notice));
        state.notices.push(notice);
        let notices = state.notices.clone();
        self.publish(&mut state, Fact::Notices(notices));
    }

    /// Adds a notice, unless there is one about the same matter.
    pub fn raise_once(&self, notice: Notice) {
        let mut state = self.lock();
        if state.notices.len() >= NOTICES || state.notices.iter().any(|known| known.is_about_the_same(&notice)) {
            return;
        }
        state.notices.push(notice);
        self.tell_notices(&mut state);
    }

    pub fn lower(&self, is_over: impl Fn(&Notice) -> bool) {
        let mut state = self.lock();
        let before = state.notices.len();
        state.notices.retain(|notice| !is_over(notice));
        if state.notices.len() != before {
            self.tell_notices(&mut state);
        }
    }

    fn tell_unreadable(&self, state: &mut State) {
        let notice = state
            .unreadable
            .values()
            .next()
            .map(|first| Notice::Unreadable { count: state.unreadable.len() as u64, said: first.said.clone() });
        let known = state.notices.iter().position(|notice| matches!(notice, Notice::Unreadable { .. }));
        match (known, notice) {
            (Some(at), Some(notice)) if state.notices[at] == notice => return,
            (Some(at), Some(notice)) => state.notices[at] = notice,
            (Some(at), None) => drop(state.notices.remove(at)),
            (None, Some(notice)) => state.notices.push(notice),
            (None, None) => return,
        }
        self.tell_notices(state);
    }

    fn tell_notices(&self, state: &mut State) {
        let notices = state.notices.clone();
        self.publish(state, Fact::Notices(notices));
    }

    fn publish(&self, state: &mut State, fact: Fact) {
        state.seq += 1;
        // Nobody listening is no loss: a snapshot tells the same.
        let _ = self.events.send(Arc::new(Event { seq: state.seq, fact }));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, touched: &Touched) {
        if let Some(before) = touched.before.filter(|before| before.open) {
            match before.word {
                StateWord::Deferred => self.deferred = self.deferred.saturating_sub(1),
                StateWord::Held => self.held = self.held.saturating_sub(1),
                StateWord::Queued | StateWord::Sent | StateWord::Bounced | StateWord::Expired | StateWord::Deleted => {}
            }
        }
        if !touched.after.open {
            self.open.remove(&touched.seq);
            self.unreadable.remove(&touched.seq);
            return;
        }
        if touched.before.is_none() {
            // A new message is due when it was accepted.
            self.open.insert(touched.seq, touched.after.next_attempt.unwrap_or_default());
        }
        match touched.after.word {
            StateWord::Deferred => self.deferred += 1,
            StateWord::Held => self.held += 1,
            StateWord::Queued | StateWord::Sent | StateWord::Bounced | StateWord::Expired | StateWord::Deleted => {}
        }
    }

    fn add_hour(&mut self, more: &Hour) {
        match self.hours.iter_mut().find(|hour| hour.number == more.number) {
            Some(hour) => {
                hour.accepted += more.accepted;
                hour.sent += more.sent;
                hour.failed += more.failed;
                hour.refused += more.refused;
                hour.sent_again += more.sent_again;
            }
            None => self.hours.push(*more),
        }
        if self.hours.len() > 48 {
            self.hours.sort_unstable_by_key(|hour| hour.number);
            self.hours.drain(..self.hours.len() - 24);
        }
    }

    fn last_day(&self, now: Timestamp) -> Vec<Hour> {
        let this = now.as_second().div_euclid(3600);
        let of = |number| self.hours.iter().find(|hour| hour.number == number).copied().unwrap_or(Hour { number, ..Hour::default() });
        (this - 23..=this).map(of).collect()
    }

    fn counters(&self, now: Timestamp) -> Counters {
        let mut counters = Counters {
            waiting: self.open.len() as u64,
            deferred: self.deferred,
            held: self.held,
            oldest_at: self.open.first_key_value().and_then(|(_, at)| Timestamp::from_millisecond(*at).ok()),
            sessions: self.sessions,
            ..Counters::default()
        };
        let first = now.as_second().div_euclid(3600) - 23;
        for hour in self.hours.iter().filter(|hour| hour.number >= first) {
            counters.accepted += u64::from(hour.accepted);
            counters.sent += u64::from(hour.sent);
            counters.failed += u64::from(hour.failed);
            counters.refused += u64::from(hour.refused);
            counters.sent_again += u64::from(hour.sent_again);
        }
        counters
    }
}

/// The newest speaks for all; the others are named with it.
fn set_aside_notice(there: &[SetAside]) -> Option<Notice> {
    let (newest, older) = there.split_first()?;
    let mut said = newest.said.clone();
    for older in older {
        said.push_str(&format!("; there is also {}", older.path.display()));
    }
    Some(Notice::DatabaseSetAside { path: newest.path.display().to_string(), said })
}

/// What happened to recipients in this commit, newest first, and not more than a page shows.
fn recent_lines(commit: &Commit) -> Vec<Recent> {
    let mut lines = Vec::new();
    for touched in commit.touched.iter().rev() {
        let Some((_, summary)) = commit.summaries.iter().find(|(seq, _)| *seq == touched.seq) else { continue };
        let line = |at: Timestamp, recipient: String, state| Recent {
            at,
            message: summary.id,
            sender: summary.sender.clone(),
            recipient,
            client: summary.client,
            state,
            took_ms: at.as_millisecond() - summary.accepted_at.as_millisecond(),
        };
        if touched.before.is_none() {
            lines.push(line(summary.accepted_at, summary.first_recipient.clone(), touched.after.word));
        }
        for change in touched.news.iter().filter(|change| change.state.settled_at().is_some()) {
            let at = change.state.settled_at().unwrap_or(summary.accepted_at);
            // The summary knows the first recipient's address; the others are read with the story.
            if change.recipient == 0 {
                lines.push(line(at, summary.first_recipient.clone(), change.state.word()));
            }
        }
        if lines.len() >= 20 {
            break;
        }
    }
    lines.truncate(20);
    lines
}
