//! Room 6, out: one connection to the smart host and what it said about each recipient.
//!
//! In: a delivery (one message, its due recipients). Out: one outcome per recipient, or
//! [`Trouble`]: the lane is down and why. Never decides about retrying.
//! RFC 5321 (client side), 3207 (STARTTLS), 4954 (AUTH), 2920 (PIPELINING), 1870 (SIZE), 3461 (DSN), 6152 (8BITMIME),
//! 6531 (SMTPUTF8), 7628 (bearer tokens), 6376 (DKIM).
//!
//! Invariant: no credential goes over a connection that is not encrypted and verified.

mod carry;
mod certificate;
mod classify;
mod content;
pub mod dkim;
pub(crate) mod downgrade;
mod fault;
pub mod footer;
mod judge;
mod likeness;
mod line;
mod mask;
mod offers;
mod plain;
pub mod probe;
mod replies;
pub mod rewrite;
mod shape;
mod sign_in;
mod smtp;
mod talk;
mod tokens;
mod trust;
mod wire;

pub use certificate::last_day;
pub use likeness::Likeness;
pub use shape::whole;
pub use smtp::SmtpHost;
pub use tokens::Tokens;
pub use trust::{certificate_trouble, client_for_others};

use crate::mail::reply::RemoteReply;
use crate::mail::{Content, Envelope, MessageId};
use std::future::Future;
use std::pin::Pin;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way out. The lettre adapter is one; whoever starts the engine may bring another (Microsoft Graph).
pub trait SmartHost: Send + Sync + 'static {
    /// Opens a connection, encrypted and signed in as configured.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Line>, Trouble>>;
}

/// An open connection that takes one message after the other.
pub trait Line: Send {
    /// Hands one message over. Never fails as a whole: the attempt tells what is known.
    fn deliver<'a>(&'a mut self, delivery: &'a Delivery) -> BoxFuture<'a, Attempt>;
    /// Says QUIT and closes; bounded in time.
    fn quit(self: Box<Self>) -> BoxFuture<'static, ()>;
    /// What the connection is, for history: `TLSv1.3` or None.
    fn tls(&self) -> Option<String>;
    /// Whether it passes on what senders want to hear, to a server that will tell them (RFC 3461 §5.2.1).
    fn tells_senders(&self) -> bool;
}

/// One message and those of its recipients that are due.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub message: MessageId,
    /// `forward_paths` are the due recipients only.
    pub envelope: Envelope,
    pub content: Content,
    pub eight_bit: bool,
    /// Others went well where this one was told of a fault of the lane: such words are about this message.
    pub suspect: bool,
    pub eight_bit_header: bool,
}

/// What an attempt meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// One for each forward path of the delivery, in its order.
    pub outcomes: Vec<Outcome>,
    /// Whether the connection can take another message.
    pub line: LineAfter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineAfter {
    Usable,
    /// Close it and open another when needed; nothing is wrong with the lane.
    Spent,
    /// The lane is down: rest it.
    Down(Trouble),
}

/// What one try meant for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The smart host took responsibility: 250 to the final dot.
    Sent(RemoteReply),
    /// Try this recipient again later; counts as an attempt.
    Deferred(Refusal),
    /// Will never work; report to the sender.
    Failed(Refusal),
    /// Nothing was learned about this recipient (the lane went down before): charge nothing.
    Untouched,
}

/// Why a recipient was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// None when the connection broke instead of an answer.
    pub reply: Option<RemoteReply>,
}

/// For words and remedies; the decision is in [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    Recipient,
    Sender,
    TooLarge,
    Content,
    Throttled,
    AccountBlocked,
    Temporary,
    /// The connection broke in the middle of this message.
    ConnectionLost,
    /// It was handed over whole and no answer came: it may have been taken (RFC 1047).
    AnswerLost,
    /// It came in eight-bit and the next hop cannot take it, or the like.
    Unsuitable,
    Other,
}

/// The lane is down. No message is charged for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?} at {subject}: {said}")]
pub struct Trouble {
    pub kind: TroubleKind,
    /// Server name, user name or file it concerns. Never a secret.
    pub subject: String,
    /// The server's or system's own words, secrets masked; may be empty.
    pub said: String,
}

/// One for each trouble a person mends differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    HostNotFound,
    ConnectionRefused,
    ConnectionTimedOut,
    ConnectionLost,
    GreetingRefused,
    TlsNotOffered,
    TlsFailed,
    TlsModeSwapped,
    CertificateUntrusted,
    CertificateWrongName,
    CertificateExpired,
    CertificateFileUnusable,
    SignInNotOffered,
    SignInRefused,
    SignInSwitchedOff,
    SignInNeeded,
    SecretMissing,
    /// Mail of this domain is to be signed, and the key for that is not in the credential store.
    SigningKeyMissing,
    /// The smart host does not accept a token that was just made for it.
    TokenNotAccepted,
    /// Who gives tokens cannot be reached, or has a trouble of its own that will pass.
    TokenUnreachable,
    /// Somebody must sign in again.
    SignInLapsed,
    /// The application's own secret, key or certificate is wrong or has run out.
    AppSecretRefused,
    /// The application is not known there, or may not do this.
    AppUnknown,
    /// An administrator has not agreed to what the application wants.
    ConsentMissing,
    /// No token for another reason.
    TokenRefused,
    BrokenReply,
    Throttled,
    AccountBlocked,
    Other,
}
