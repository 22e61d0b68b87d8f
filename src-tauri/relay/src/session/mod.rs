//! Room 2, talk: SMTP as a state machine without I/O (RFC 5321; RFC 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152, 6531).
//!
//! In: bytes, and answers to steps. Out: [`Step`]s for `listen` to perform, in order.
//! Same bytes in any chunks give the same steps. Knows no socket, no clock, no store.
//! Never holds more than one command line and what was fed last; contents pass through.

mod command;
mod data;
mod line;
mod parameters;
mod receive;
pub(crate) mod replies;
mod rules;
mod sign_in;
mod talk;

#[cfg(test)]
mod tests;

pub use crate::policy::RefusedWhy;
pub use data::LineMender;
pub use rules::Rules;

use crate::mail::{Envelope, ForwardPath, Peer, Reply, ReversePath, Summary};
use crate::policy::Refusal;
use crate::policy::rate::Allowance;
use bytes::{Bytes, BytesMut};
use line::{LONGEST, LONGEST_ANSWER, Line, LineReader};
use receive::{Receiving, Swallowing};
use secrecy::SecretString;
use sign_in::Asked;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// What `listen` must do next. Steps are pulled one at a time; a session that waits for an answer
/// ([`Step::StartTls`], [`Step::Verify`], [`Step::Submit`]) gives no further step until it got it.
#[derive(Debug, Clone)]
pub enum Step {
    /// Write it. May be gathered with following replies (RFC 2920 §3.2) and flushed when no step is left.
    Reply(Reply),
    /// Flush the 220, then shake hands; answer with [`Session::tls_started`]. Bytes that came behind the
    /// STARTTLS command in plain text have been thrown away by the session.
    StartTls,
    /// Find out whether this is a device account; answer with [`Session::verified`].
    Verify { user: String, password: SecretString },
    /// DATA or a first BDAT was accepted: begin a content with this envelope. Behind DATA the 354 follows as a `Reply`.
    Open(Envelope),
    /// More of the content: normalised (CRLF only), dots unstuffed.
    Content(Bytes),
    /// The content is complete: keep it; answer with [`Session::kept`].
    Submit(Summary),
    /// Forget the content opened before (too large, loop, not kept, connection ended).
    Discard,
    /// Something was refused, for the Devices page. Comes before its `Reply`.
    Refused(Refused),
    /// Flush and close.
    Close,
}

/// Why a client was refused, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub why: RefusedWhy,
    /// Empty for the null reverse-path.
    pub sender: String,
    /// The first one, or empty when none was named yet.
    pub recipient: String,
    pub reply: Reply,
}

/// Whether somebody is who they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    Yes {
        /// Its name as the settings write it.
        account: String,
    },
    No,
    /// It cannot be found out, or is not to be tried any more for a while.
    NotNow,
}

/// What became of a submission, as the store tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Safe(crate::mail::MessageId),
    /// It is not to be kept: what is in it, or how much there was before it.
    Refused(Refusal),
    DiskFull,
    Failed,
    Stopping,
}

/// Who is at the other end when the connection opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPeer {
    pub address: IpAddr,
    /// `TLSv1.3` and the like, when TLS came before SMTP.
    pub tls: Option<String>,
}

/// One connection, greeting to QUIT.
///
/// `listen` feeds bytes and then pulls steps until there is none; while [`Session::wants_input`] is
/// false it reads nothing.
pub struct Session {
    rules: Arc<Rules>,
    peer: Peer,
    state: State,
    input: BytesMut,
    lines: LineReader,
    outbox: VecDeque<Step>,
    commands: u32,
    /// Since the last message that was kept.
    errors: u32,
    disk_full: bool,
    allowance: Allowance,
    stopping: bool,
}

#[derive(Debug)]
enum State {
    /// The greeting is owed.
    Connected,
    AwaitingHello,
    Ready,
    /// Behind AUTH, an answer is awaited.
    SigningIn(Asked),
    /// Somebody's password is being looked at.
    Verifying,
    Transaction(Transaction),
    Receiving(Box<Receiving>),
    /// A chunk has ended that was not the last.
    BetweenChunks(Box<Receiving>),
    /// A chunk out of order goes by.
    Swallowing(Box<Swallowing>),
    /// A content is being kept.
    Keeping(Parties),
    StartingTls,
    Closed,
}

/// Behind MAIL. Lives under the rules it began with.
#[derive(Debug)]
struct Transaction {
    rules: Arc<Rules>,
    envelope: Envelope,
    /// The largest content this client may send.
    message_bytes: u64,
    /// Recipients over the limit are told of once.
    overfull: bool,
}

/// Whom a refusal behind DATA is about.
#[derive(Debug)]
struct Parties {
    sender: String,
    recipient: String,
}

impl Session {
    /// The first step will be the greeting.
    pub fn new(rules: Arc<Rules>, peer: SessionPeer) -> Self {
        let peer = Peer { address: peer.address.to_canonical(), name: String::new(), tls: peer.tls, account: None, extended: false };
        Self {
            rules,
            peer,
            state: State::Connected,
            input: BytesMut::new(),
            lines: LineReader::default(),
            outbox: VecDeque::new(),
            commands: 0,
            errors: 0,
            disk_full: false,
            allowance: Allowance::default(),
            stopping: false,
        }
    }

    /// Bytes that arrived. Pull steps until there is none before feeding more.
    pub fn feed(&mut self, bytes: &[u8]) {
        match self.state {
            // What comes before the handshake is plain text that would be read as if it had been encrypted.
            State::StartingTls | State::Closed => {}
            State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::SigningIn(_)
            | State::Verifying
            | State::Transaction(_)
            | State::Receiving(_)
            | State::BetweenChunks(_)
            | State::Swallowing(_)
            | State::Keeping(_) => self.input.extend_from_slice(bytes),
        }
    }

    /// What to do next. None: more input or an answer is needed, or all is over.
    pub fn next_step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.outbox.pop_front() {
                return Some(step);
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// Answers [`Step::StartTls`]: the handshake is done. What was said before counts no more (RFC 3207 §4.2).
    pub fn tls_started(&mut self, version: String) {
        if !matches!(self.state, State::StartingTls) {
            return;
        }
        self.peer.tls = Some(version);
        self.peer.name.clear();
        self.peer.extended = false;
        self.peer.account = None;
        self.state = State::AwaitingHello;
        self.stop_if_due();
    }

    /// Answers [`Step::Submit`]. May also come while a content is received, when it cannot be kept:
    /// the rest is then swallowed.
    pub fn kept(&mut self, kept: Kept) {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Keeping(parties) => self.tell_kept(kept, parties),
            State::Receiving(mut receiving) => {
                self.give_up_content(&mut receiving, kept);
                self.state = State::Receiving(receiving);
            }
            State::BetweenChunks(mut receiving) => {
                self.give_up_content(&mut receiving, kept);
                self.state = State::BetweenChunks(receiving);
            }
            other @ (State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::SigningIn(_)
            | State::Verifying
            | State::Transaction(_)
            | State::Swallowing(_)
            | State::StartingTls
            | State::Closed) => self.state = other,
        }
    }

    /// The client was silent too long. Does nothing while the session itself is waited for.
    pub fn timed_out(&mut self) {
        if !matches!(self.state, State::Verifying | State::Keeping(_)) {
            self.end(Some(replies::timed_out(&self.rules.host_name)));
        }
    }

    /// The connection has been open for as long as one may be.
    pub fn outlived(&mut self) {
        if !matches!(self.state, State::Keeping(_)) {
            self.end(Some(replies::outlived(&self.rules.host_name)));
        }
    }

    /// The connection is gone: forgets a content that was not complete.
    pub fn hung_up(&mut self) {
        self.end(None);
    }

    /// The engine stops: says so between commands; a content under way may come to its end first.
    pub fn shutting_down(&mut self) {
        self.stopping = true;
        self.stop_if_due();
    }

    /// New settings. A transaction that has begun ends under the old ones.
    pub fn set_rules(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
    }

    /// While the disk is full, MAIL is refused for the time being.
    pub fn set_disk_full(&mut self, full: bool) {
        self.disk_full = full;
    }

    /// How much may be taken from this client now; MAIL and RCPT beyond it are refused for the time being.
    pub fn set_allowance(&mut self, allowance: Allowance) {
        self.allowance = allowance;
    }

    /// Who this is, as far as is known now.
    pub fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// Whether a content is being received (its time-out differs, RFC 5321 §4.5.3.2).
    pub fn is_receiving(&self) -> bool {
        matches!(self.state, State::Receiving(_) | State::Swallowing(_))
    }

    /// Whether more bytes would help, once [`Session::next_step`] gave None.
    pub fn wants_input(&self) -> bool {
        self.outbox.is_empty() && !matches!(self.state, State::Verifying | State::Keeping(_) | State::StartingTls | State::Closed)
    }

    /// How much is held that was fed and not worked off.
    pub fn buffered(&self) -> usize {
        self.input.len()
    }

    /// Works off a piece of the input. False: nothing can be done now.
    fn advance(&mut self) -> bool {
        match self.state {
            State::Connected => {
                self.state = State::AwaitingHello;
                self.reply(replies::greeting(&self.rules.host_name));
                true
            }
            State::AwaitingHello | State::Ready | State::SigningIn(_) | State::Transaction(_) | State::BetweenChunks(_) => {
                match self.next_line() {
                    Some(line) => {
                        self.hear(line);
                        true
                    }
                    None => false,
                }
            }
            State::Receiving(_) => self.receive(),
            State::Swallowing(_) => self.swallow(),
            State::Verifying | State::Keeping(_) | State::StartingTls | State::Closed => false,
        }
    }

    fn next_line(&mut self) -> Option<Line> {
        let longest = if matches!(self.state, State::SigningIn(_)) { LONGEST_ANSWER } else { LONGEST };
        self.lines.next(&mut self.input, longest)
    }
}

/// Without the input: it may hold a password.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("peer", &self.peer).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Parties {
    fn of(sender: &ReversePath, recipient: Option<&ForwardPath>) -> Self {
        let recipient = recipient.map(|path| path.as_str().to_owned()).unwrap_or_default();
        Self { sender: sender.as_str().to_owned(), recipient }
    }

    fn unknown() -> Self {
        Self { sender: String::new(), recipient: String::new() }
    }

    fn refused(self, why: RefusedWhy, reply: Reply) -> Step {
        Step::Refused(Refused { why, sender: self.sender, recipient: self.recipient, reply })
    }
}
