//! Decides what happens to recipients after an attempt, at the end of a lifetime, or by a person's hand.
//!
//! In: the entry as it was, one outcome per tried recipient, the time. Out: a [`Settlement`]:
//! new states, the records to write, and whether the sender is to be told.

use super::entry::{QueueEntry, RecipientState, Seq, Why};
use super::schedule::{Schedule, later};
use crate::mail::reply::RemoteReply;
use crate::mail::{Kind, MessageId, ReversePath};
use crate::smarthost::Outcome;
use jiff::Timestamp;

/// What is to be written in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub seq: Seq,
    pub changes: Vec<Change>,
    pub records: Vec<Record>,
    pub report: Option<ReportWanted>,
    /// The sender has been told that the message is late.
    pub noticed: bool,
    /// Through which lane, if something was tried.
    pub lane: Option<String>,
}

/// One recipient's new state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub recipient: usize,
    /// How often it has been tried, with this time if this was one.
    pub attempts: u32,
    pub state: RecipientState,
}

/// A report the caller is to compose and keep in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportWanted {
    /// Those that failed, and those handed over at the same time whose sender wants to know.
    Failure {
        recipients: Vec<usize>,
    },
    Delay {
        recipients: Vec<usize>,
    },
    /// Handed over to a server that will say no more about it (RFC 3461 §5.2.2).
    Relayed {
        recipients: Vec<usize>,
    },
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub at: Timestamp,
    pub recipient: Option<usize>,
    pub kind: RecordKind,
    /// Through which lane, if it was tried.
    pub lane: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordKind {
    Sent {
        server: String,
        tls: Option<String>,
        reply: RemoteReply,
    },
    Deferred {
        server: String,
        why: Why,
        next_attempt: Timestamp,
    },
    Bounced {
        server: String,
        why: Why,
    },
    Expired {
        why: Option<Why>,
    },
    DelayNoticed {
        report: MessageId,
    },
    Reported {
        report: MessageId,
    },
    /// The sender was told that it was handed over.
    Confirmed {
        report: MessageId,
    },
    Held,
    Released,
    TriedNow,
    Deleted,
}

/// After an attempt. `tried` are the indices of the recipients in the order of `outcomes`.
pub fn settle(entry: &QueueEntry, tried: &[usize], outcomes: &[Outcome], via: &Via<'_>, schedule: &Schedule, now: Timestamp) -> Settlement {
    let mut settlement = Settlement::of(entry.seq);
    for (recipient, outcome) in tried.iter().copied().zip(outcomes) {
        let Some(before) = entry.recipients.get(recipient) else { continue };
        // A settled recipient stays settled, whatever a late outcome says.
        if before.state.due().is_none() {
            continue;
        }
        let attempts = before.attempts.saturating_add(1);
        let server = || via.server.to_owned();
        match outcome {
            Outcome::Sent(reply) => {
                let state = RecipientState::Sent { at: now, reply: reply.clone() };
                let kind = RecordKind::Sent { server: server(), tls: via.tls.map(str::to_owned), reply: reply.clone() };
                settlement.push(Change { recipient, attempts, state }, now, kind);
            }
            Outcome::Deferred(refusal) => {
                let why = Why::from(refusal);
                let due = later(now, schedule.gap_after(attempts));
                let state = RecipientState::Deferred { due, why: why.clone() };
                settlement.push(
                    Change { recipient, attempts, state },
                    now,
                    RecordKind::Deferred { server: server(), why, next_attempt: due },
                );
            }
            Outcome::Failed(refusal) => {
                let why = Why::from(refusal);
                let state = RecipientState::Bounced { at: now, why: why.clone() };
                settlement.push(Change { recipient, attempts, state }, now, RecordKind::Bounced { server: server(), why });
            }
            Outcome::Untouched => {}
        }
    }
    if !settlement.changes.is_empty() {
        settlement.lane = Some(via.lane.to_owned());
        settlement.records.iter_mut().for_each(|record| record.lane.clone_from(&settlement.lane));
    }
    settlement.report_if_wanted(entry, via.tells_senders);
    settlement
}

/// Through which server, for the records.
#[derive(Debug, Clone, Copy)]
pub struct Via<'a> {
    pub lane: &'a str,
    pub server: &'a str,
    pub tls: Option<&'a str>,
    /// It was told what senders want to hear, and will tell them itself.
    pub tells_senders: bool,
}

/// The lifetime is over: everything unsettled is given up.
pub fn expire(entry: &QueueEntry, now: Timestamp) -> Settlement {
    let mut settlement = Settlement::of(entry.seq);
    for (recipient, was) in entry.unsettled() {
        let why = was.state.why().cloned();
        let state = RecipientState::Expired { at: now, why: why.clone() };
        settlement.push(Change { recipient, attempts: was.attempts, state }, now, RecordKind::Expired { why });
    }
    settlement.report_if_wanted(entry, true);
    settlement
}

/// A person removes the message from the queue.
pub fn delete(entry: &QueueEntry, tell_sender: bool, now: Timestamp) -> Settlement {
    let mut settlement = Settlement::of(entry.seq);
    for (recipient, was) in entry.unsettled() {
        let state = RecipientState::Deleted { at: now };
        settlement.push(Change { recipient, attempts: was.attempts, state }, now, RecordKind::Deleted);
    }
    if tell_sender {
        settlement.report_if_wanted(entry, true);
    }
    settlement
}

/// The message is late: the sender is told once.
pub fn notice(entry: &QueueEntry) -> Settlement {
    let mut settlement = Settlement::of(entry.seq);
    settlement.noticed = true;
    let late: Vec<usize> = entry.unsettled().filter(|(_, recipient)| recipient.path.wish.wants_delay()).map(|(n, _)| n).collect();
    if !late.is_empty() && reports_allowed(entry) {
        settlement.report = Some(ReportWanted::Delay { recipients: late });
    }
    settlement
}

impl Settlement {
    pub fn of(seq: Seq) -> Self {
        Self { seq, changes: Vec::new(), records: Vec::new(), report: None, noticed: false, lane: None }
    }

    fn push(&mut self, change: Change, at: Timestamp, kind: RecordKind) {
        self.records.push(Record { at, recipient: Some(change.recipient), kind, lane: None });
        self.changes.push(change);
    }

    fn report_if_wanted(&mut self, entry: &QueueEntry, told_by_server: bool) {
        if !reports_allowed(entry) {
            return;
        }
        let (mut told, mut failed) = (Vec::new(), false);
        for change in &self.changes {
            let Some(wish) = entry.recipients.get(change.recipient).map(|recipient| &recipient.path.wish) else { continue };
            let wanted = match change.state {
                RecipientState::Bounced { .. } | RecipientState::Expired { .. } | RecipientState::Deleted { .. } => {
                    failed |= wish.wants_failure();
                    wish.wants_failure()
                }
                RecipientState::Sent { .. } => wish.wants_success() && !told_by_server,
                RecipientState::Queued { .. } | RecipientState::Deferred { .. } => false,
            };
            if wanted {
                told.push(change.recipient);
            }
        }
        self.report = match (told.is_empty(), failed) {
            (true, _) => None,
            (false, true) => Some(ReportWanted::Failure { recipients: told }),
            (false, false) => Some(ReportWanted::Relayed { recipients: told }),
        };
    }
}

/// A report never causes a report (RFC 5321 §6.1), and nobody is told about a test but the tester.
fn reports_allowed(entry: &QueueEntry) -> bool {
    entry.reverse_path != ReversePath::Null && entry.kind == Kind::Mail
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
