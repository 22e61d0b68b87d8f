//! The nouns on the table: what every room of the engine may know.
//!
//! Nothing here does I/O, reads a clock or knows another room.

pub mod address;
pub mod encode;
pub mod envelope;
pub mod field_text;
pub mod fields;
pub mod known;
pub mod message;
pub mod repair;
pub mod reply;
pub mod status;
pub mod trace;
pub mod wish;

pub use address::{AddressError, ForwardPath, Mailbox, ReversePath};
pub use envelope::{Body, Envelope};
pub use message::{Content, HeldWhy, Kind, MessageId, Peer, Priority, Submission, Summary};
pub use reply::Reply;
pub use status::{EnhancedStatus, Severity};
pub use wish::{Returns, Wish};
