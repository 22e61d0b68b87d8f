//! A queue entry: a message with its recipients, each in exactly one state.

use super::schedule::Schedule;
use crate::mail::reply::RemoteReply;
use crate::mail::{Body, ForwardPath, Kind, MessageId, Peer, Priority, Returns, ReversePath, Summary};
use crate::smarthost::{Refusal, RefusalKind};
use bytes::Bytes;
use jiff::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

/// Order of acceptance; the store's own key.
pub type Seq = i64;

#[derive(Debug, Clone)]
pub struct QueueEntry {
    pub seq: Seq,
    pub id: MessageId,
    pub kind: Kind,
    pub peer: Option<Peer>,
    pub reverse_path: ReversePath,
    pub body: Body,
    pub utf8: bool,
    pub returns: Returns,
    pub recipients: Vec<Recipient>,
    pub summary: Summary,
    pub size: u64,
    pub content: ContentPlace,
    pub accepted_at: Timestamp,
    pub priority: Priority,
    pub held: bool,
    /// Whether the sender was told that the message is late.
    pub noticed: bool,
}

/// Whose a message is as far as fairness goes: one client with one reverse-path. Reports and tests of our own have no client.
pub fn sender_of(client: Option<&str>, reverse_path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (client, reverse_path).hash(&mut hasher);
    hasher.finish()
}

/// One reverse-path, whoever the client is.
pub fn from_of(reverse_path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    reverse_path.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

impl QueueEntry {
    /// See [`from_of`].
    pub fn from(&self) -> u64 {
        from_of(self.reverse_path.as_str())
    }

    /// See [`sender_of`].
    pub fn sender(&self) -> u64 {
        let client = self.peer.as_ref().map(|peer| peer.address.to_string());
        sender_of(client.as_deref(), self.reverse_path.as_str())
    }
}

/// Where the store has the content.
#[derive(Debug, Clone)]
pub enum ContentPlace {
    /// Still in memory from its acceptance; in the database too.
    Cached(Bytes),
    Row,
    File(PathBuf),
    /// Left the queue; not kept.
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub path: ForwardPath,
    /// How often it was tried.
    pub attempts: u32,
    pub state: RecipientState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientState {
    /// `due` is later than the acceptance only when an attempt of another recipient moved it.
    Queued {
        due: Timestamp,
    },
    Deferred {
        due: Timestamp,
        why: Why,
    },
    Sent {
        at: Timestamp,
        reply: RemoteReply,
    },
    Bounced {
        at: Timestamp,
        why: Why,
    },
    Expired {
        at: Timestamp,
        why: Option<Why>,
    },
    Deleted {
        at: Timestamp,
    },
}

/// A state without its data, as lists and records name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateWord {
    Queued,
    Deferred,
    Held,
    Sent,
    Bounced,
    Expired,
    Deleted,
}

/// Why a recipient waits or failed, with the server's words if there were any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub kind: WhyKind,
    pub reply: Option<RemoteReply>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyKind {
    Recipient,
    Sender,
    TooLarge,
    Content,
    Throttled,
    AccountBlocked,
    Temporary,
    ConnectionLost,
    /// Handed over whole, and no answer came: sent again, it may arrive twice.
    AnswerLost,
    Unsuitable,
    Other,
}

impl QueueEntry {
    pub fn unsettled(&self) -> impl Iterator<Item = (usize, &Recipient)> {
        self.recipients.iter().enumerate().filter(|(_, recipient)| recipient.state.due().is_some())
    }

    /// Recipients whose time has come.
    pub fn due(&self, schedule: &Schedule, now: Timestamp) -> Vec<usize> {
        let has_come = |recipient: &Recipient| recipient.state.due().is_some_and(|due| schedule.has_come(due, self.accepted_at, now));
        self.recipients.iter().enumerate().filter(|(_, recipient)| has_come(recipient)).map(|(n, _)| n).collect()
    }

    pub fn next_attempt(&self) -> Option<Timestamp> {
        self.recipients.iter().filter_map(|recipient| recipient.state.due()).min()
    }

    pub fn attempts(&self) -> u32 {
        self.recipients.iter().map(|recipient| recipient.attempts).max().unwrap_or(0)
    }

    /// The one word for the whole message: what matters most to a person.
    pub fn word(&self) -> StateWord {
        let words = || self.recipients.iter().map(|recipient| recipient.state.word());
        if self.unsettled().next().is_some() {
            if self.held {
                return StateWord::Held;
            }
            return if words().any(|word| word == StateWord::Deferred) { StateWord::Deferred } else { StateWord::Queued };
        }
        [StateWord::Bounced, StateWord::Expired, StateWord::Deleted]
            .into_iter()
            .find(|bad| words().any(|word| word == *bad))
            .unwrap_or(StateWord::Sent)
    }

    /// The news that explains the word, if it needs explaining.
    pub fn why(&self) -> Option<&Why> {
        let of = |wanted: StateWord| self.recipients.iter().filter(move |r| r.state.word() == wanted).find_map(|r| r.state.why());
        match self.word() {
            StateWord::Queued | StateWord::Deferred | StateWord::Held => of(StateWord::Deferred),
            word => of(word),
        }
    }
}

impl RecipientState {
    /// When it is to be tried next; None once settled.
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { due } | Self::Deferred { due, .. } => Some(*due),
            Self::Sent { .. } | Self::Bounced { .. } | Self::Expired { .. } | Self::Deleted { .. } => None,
        }
    }

    pub fn settled_at(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { .. } | Self::Deferred { .. } => None,
            Self::Sent { at, .. } | Self::Bounced { at, .. } | Self::Expired { at, .. } | Self::Deleted { at } => Some(*at),
        }
    }

    pub fn word(&self) -> StateWord {
        match self {
            Self::Queued { .. } => StateWord::Queued,
            Self::Deferred { .. } => StateWord::Deferred,
            Self::Sent { .. } => StateWord::Sent,
            Self::Bounced { .. } => StateWord::Bounced,
            Self::Expired { .. } => StateWord::Expired,
            Self::Deleted { .. } => StateWord::Deleted,
        }
    }

    pub fn why(&self) -> Option<&Why> {
        match self {
            Self::Deferred { why, .. } | Self::Bounced { why, .. } => Some(why),
            Self::Expired { why, .. } => why.as_ref(),
            Self::Queued { .. } | Self::Sent { .. } | Self::Deleted { .. } => None,
        }
    }

    /// Whether the try it comes from brought the whole message to the server, as far as that is known.
    pub fn was_handed_over(&self) -> bool {
        match self {
            Self::Sent { .. } => true,
            Self::Deferred { why, .. } => why.kind == WhyKind::AnswerLost,
            Self::Queued { .. } | Self::Bounced { .. } | Self::Expired { .. } | Self::Deleted { .. } => false,
        }
    }

    /// The server's last answer.
    pub fn reply(&self) -> Option<&RemoteReply> {
        match self {
            Self::Sent { reply, .. } => Some(reply),
            _ => self.why().and_then(|why| why.reply.as_ref()),
        }
    }
}

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Self {
        Self { kind: refusal.kind.into(), reply: refusal.reply.clone() }
    }
}

impl From<RefusalKind> for WhyKind {
    fn from(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::Recipient => Self::Recipient,
            RefusalKind::Sender => Self::Sender,
            RefusalKind::TooLarge => Self::TooLarge,
            RefusalKind::Content => Self::Content,
            RefusalKind::Throttled => Self::Throttled,
            RefusalKind::AccountBlocked => Self::AccountBlocked,
            RefusalKind::Temporary => Self::Temporary,
            RefusalKind::ConnectionLost => Self::ConnectionLost,
            RefusalKind::AnswerLost => Self::AnswerLost,
            RefusalKind::Unsuitable => Self::Unsuitable,
            RefusalKind::Other => Self::Other,
        }
    }
}
