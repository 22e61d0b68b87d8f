//! Room 8, tell: facts in the past tense, broadcast after they are committed.
//!
//! Losing one is harmless: every fact can be asked for again, and a gap in `seq` shows the loss.

use crate::config::ListenerEncryption;
use crate::mail::{HeldWhy, Kind, MessageId};
use crate::queue::{StateWord, Why};
use crate::session::RefusedWhy;
use crate::smarthost::Trouble;
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Event {
    pub seq: u64,
    pub fact: Fact,
}

#[derive(Debug, Clone)]
pub enum Fact {
    /// New or changed, with recipients still to be settled.
    QueueChanged(Vec<EntrySummary>),
    /// Settled or deleted.
    QueueLeft(Vec<EntrySummary>),
    /// Newest first.
    Recent(Vec<Recent>),
    Counters(Counters),
    Lane(Lane),
    /// All of them, in the order of the settings.
    OtherLanes(Vec<Lane>),
    Paused(bool),
    Listeners(Vec<ListenerState>),
    Refused(RefusedClient),
    Notices(Vec<Notice>),
}

/// A message as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntrySummary {
    pub id: MessageId,
    pub kind: Kind,
    pub accepted_at: Timestamp,
    /// Empty for reports.
    pub sender: String,
    pub first_recipient: String,
    pub recipients: u32,
    pub unsettled: u32,
    pub subject: String,
    pub size: u64,
    pub client: Option<IpAddr>,
    pub client_name: String,
    pub state: StateWord,
    pub attempts: u32,
    pub next_attempt: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    /// Why it waits or failed: the newest such news of any recipient.
    pub why: Option<Why>,
    /// Why it is kept back, if it is.
    pub held: Option<HeldWhy>,
    /// Through which lane it last went.
    pub lane: Option<String>,
    /// The lanes its unsettled recipients wait for now; empty where there is only one.
    pub waits_for: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub at: Timestamp,
    pub message: MessageId,
    pub sender: String,
    pub recipient: String,
    pub client: Option<IpAddr>,
    pub state: StateWord,
    pub took_ms: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    pub waiting: u64,
    pub deferred: u64,
    pub held: u64,
    pub oldest_at: Option<Timestamp>,
    /// The last 24 hours, by whole hours.
    pub accepted: u64,
    pub sent: u64,
    pub failed: u64,
    pub refused: u64,
    /// How often a message was sent again because the answer to the time before was lost.
    pub sent_again: u64,
    /// Sessions open now.
    pub sessions: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Hours since 1970.
    pub number: i64,
    pub accepted: u32,
    pub sent: u32,
    pub failed: u32,
    pub refused: u32,
    pub sent_again: u32,
}

/// The path to the smart host and its health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub name: String,
    pub server: String,
    pub port: u16,
    pub state: LaneState,
    pub connections: u32,
    pub last_success_at: Option<Timestamp>,
    pub pace: Pace,
    /// By a person.
    pub paused: bool,
    /// Messages that wait for it now; 0 where there is no other lane.
    pub waiting: u64,
    /// Its mail goes through another lane as long as it is down.
    pub failed_over: bool,
}

impl Lane {
    pub fn not_set_up(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            server: String::new(),
            port: 0,
            state: LaneState::NotSetUp,
            connections: 0,
            last_success_at: None,
            pace: Pace::default(),
            paused: false,
            waiting: 0,
            failed_over: false,
        }
    }
}

/// How much of what the provider takes is used, and whether mail waits for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// Recipients of the last 24 hours.
    pub recipients_today: u32,
    /// As many as the settings allow.
    pub recipients_per_day: Option<u32>,
    /// Mail that is due waits until then for the sake of the limits.
    pub waits_until: Option<Timestamp>,
    /// Slower than the settings allow, since the provider complained.
    pub slowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneState {
    NotSetUp,
    Ready,
    Sending,
    Throttled { trouble: Trouble, since: Timestamp, next_try: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerState {
    /// With the port it really has.
    pub address: SocketAddr,
    pub encryption: ListenerEncryption,
    pub problem: Option<BindProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindProblem {
    pub kind: BindProblemKind,
    pub said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindProblemKind {
    PortTaken,
    PortForbidden,
    AddressNotHere,
    Other,
}

/// Refusals of one client, gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedClient {
    pub address: IpAddr,
    pub client_name: String,
    pub count: u32,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub last_sender: String,
    pub last_recipient: String,
    pub last_reply: String,
    pub why: RefusedWhy,
}

/// A trouble of the engine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    DiskFull {
        said: String,
    },
    DatabaseSetAside {
        path: String,
        said: String,
    },
    /// The next start sets it aside.
    DatabaseDamaged {
        said: String,
    },
    StoreFailed {
        said: String,
    },
    /// Messages that wait and cannot be read; what is said is of one of them.
    Unreadable {
        count: u64,
        said: String,
    },
    EngineFault {
        said: String,
    },
    /// Files are not taken, or not all of them.
    PickupFailed {
        folder: String,
        said: String,
    },
    /// A sender sends far more than usual; its mail is held. Who that is, as `policy::burst` writes it.
    BurstHeld {
        who: String,
        said: String,
    },
    /// Too many wrong passwords came from an address; the last one is told.
    PasswordsGuessed {
        address: IpAddr,
        said: String,
    },
    /// A smart host takes no mail from a sender; its mail waits, others' goes on.
    SenderRefused {
        lane: String,
        sender: String,
        said: String,
    },
}

impl Notice {
    /// Whether there is to be only one of the two.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::BurstHeld { who, .. }, Self::BurstHeld { who: other, .. }) => who == other,
            (Self::SenderRefused { lane, sender, .. }, Self::SenderRefused { lane: at, sender: other, .. }) => {
                (lane, sender) == (at, other)
            }
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

/// Everything a watcher needs for a first picture; events with a higher `seq` come on top.
#[derive(Debug, Clone)]
pub struct Picture {
    pub seq: u64,
    pub lane: Lane,
    pub other_lanes: Vec<Lane>,
    pub paused: bool,
    pub counters: Counters,
    /// 24 entries, oldest first.
    pub hours: Vec<Hour>,
    pub listeners: Vec<ListenerState>,
    /// Most recent first.
    pub refused: Vec<RefusedClient>,
    /// Newest first.
    pub recent: Vec<Recent>,
    pub notices: Vec<Notice>,
}

pub type SharedEvent = Arc<Event>;
