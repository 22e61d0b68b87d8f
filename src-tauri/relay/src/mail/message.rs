//! A message as it walks through the house.

use super::envelope::Envelope;
use super::repair::Added;
use bytes::Bytes;
use jiff::Timestamp;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use uuid::Uuid;

/// UUIDv7: sorts by time of acceptance. Shown whole in logs, short to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub Uuid);

impl MessageId {
    pub fn at(now: Timestamp) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let (seconds, nanos) = (millis / 1000, (millis % 1000) as u32 * 1_000_000);
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::ContextV7::new(), seconds, nanos)))
    }

    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

/// Who handed a message in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// IPv4-mapped addresses are their IPv4.
    pub address: IpAddr,
    /// What it called itself in HELO or EHLO; empty before.
    pub name: String,
    /// `TLSv1.3` and the like.
    pub tls: Option<String>,
    /// The device account it has signed in with.
    pub account: Option<String>,
    /// Whether it said EHLO (for the protocol word in Received, RFC 3848).
    pub extended: bool,
}

/// Where the bytes of a message are. They are normalised: every line ends in CRLF, no bare CR or LF,
/// no dot-stuffing, our Received line in front.
#[derive(Debug, Clone)]
pub enum Content {
    /// Small messages.
    Memory(Bytes),
    /// Large ones: a file of the store, already synced.
    File { path: PathBuf, size: u64 },
}

impl Content {
    pub fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

/// What was read from the header section while it passed by. Text for people, never used for relaying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub subject: String,
    pub message_id: String,
    /// Received lines seen (RFC 5321 §6.3).
    pub hops: u32,
    /// Whether there is any byte above 127 in the content.
    pub eight_bit: bool,
    /// Whether there is one in its header.
    pub eight_bit_header: bool,
}

impl Summary {
    /// What a repair put in front is in the header too.
    pub fn add(&mut self, added: &Added) {
        if let Some(id) = &added.message_id {
            self.message_id.clone_from(id);
        }
        self.eight_bit |= added.eight_bit;
        self.eight_bit_header |= added.eight_bit;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mail,
    /// A report of ours (failure, delay).
    Report,
    /// A test message of ours.
    Test,
}

/// Which mail goes first among what is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    High,
    #[default]
    Normal,
    Low,
}

impl Priority {
    /// What goes first is first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
}

/// Why a message is kept back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldWhy {
    /// A person wants it so.
    Person,
    /// Its sender sends far more than usual; who that is, as `policy::burst` writes it.
    Burst { who: String },
    /// The header rule of this name.
    HeaderRule { name: String },
}

/// A finished transaction, ready to be kept.
#[derive(Debug, Clone)]
pub struct Submission {
    pub id: MessageId,
    pub kind: Kind,
    /// None for what came through the pickup folder, and for what we made ourselves.
    pub peer: Option<Peer>,
    pub envelope: Envelope,
    pub content: Content,
    pub summary: Summary,
    pub accepted_at: Timestamp,
    pub priority: Priority,
    /// Kept back from the start.
    pub held: Option<HeldWhy>,
}

impl Submission {
    /// What people know its client by.
    pub fn client_name(&self) -> &str {
        match (&self.peer, self.kind) {
            (Some(peer), _) => &peer.name,
            (None, Kind::Mail) => "pickup",
            (None, Kind::Report | Kind::Test) => "",
        }
    }
}
