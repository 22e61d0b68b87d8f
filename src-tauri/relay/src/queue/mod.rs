//! Room 4, keep: what a queue entry is, when it is tried, and what an attempt changes. Pure rules.
//!
//! In: entries, outcomes, the time. Out: new states, records, and whether a report is due.
//! Never touches the store: the caller applies a [`Settlement`] in one transaction.
//! RFC 5321 §4.5.4.1 for retrying and giving up.

mod entry;
mod schedule;
mod settle;

pub use entry::{ContentPlace, QueueEntry, Recipient, RecipientState, Seq, StateWord, Why, WhyKind, from_of, sender_of};
pub use schedule::{Schedule, later};
pub use settle::{Change, Record, RecordKind, ReportWanted, Settlement, Via, delete, expire, notice, settle};
