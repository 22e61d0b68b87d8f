//! What the writer can be asked, and what each comes to inside a transaction.

use super::accounts::{self, AccountChange};
use super::error::StoreError;
use super::refusals;
use super::write::{self, Act, Touched, counts_as};
use crate::event::Hour;
use crate::history::refusals::RefusalLine;
use crate::mail::{Content, Submission};
use crate::queue::{ContentPlace, QueueEntry, Recipient, RecipientState, Seq, Settlement};
use jiff::Timestamp;
use rusqlite::Connection;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;

pub type Done<T> = oneshot::Sender<Result<T, StoreError>>;

pub enum Job {
    Keep {
        submission: Box<Submission>,
        done: Done<()>,
    },
    /// A settlement and the report that belongs to it, in one transaction.
    Settle {
        settlement: Box<Settlement>,
        report: Option<Box<Submission>>,
        cause: Cause,
        now: Timestamp,
        done: Done<Touched>,
    },
    Act {
        seqs: Vec<Seq>,
        act: Act,
        now: Timestamp,
        done: Done<Vec<Touched>>,
    },
    /// Lines of refusals, folded.
    Refused {
        lines: Vec<RefusalLine>,
        done: Done<()>,
    },
    CountRefused {
        now: Timestamp,
    },
    /// A sender's burst is over, see [`write::end_burst`].
    EndBurst {
        who: String,
        release: bool,
        now: Timestamp,
        done: Done<Vec<Touched>>,
    },
    Account {
        change: AccountChange,
        done: Done<()>,
    },
    Mark {
        name: Cow<'static, str>,
        value: bool,
        done: Done<()>,
    },
    Prune {
        before: Timestamp,
        now: Timestamp,
        at_most: u32,
        done: Done<usize>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
    /// Ends the writer as a fault in it would.
    #[cfg(test)]
    Crash,
}

/// What brought a settlement about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An attempt. It has happened: what came of it is owed to the disk until it is written.
    Attempt,
    /// A moment that has come; it can be found again.
    Deadline,
    /// A person, who is answered when it is safe.
    Person,
}

/// What one job came to.
pub enum Written {
    Kept(Touched),
    Settled(Touched, Option<Touched>),
    Acted(Vec<Touched>),
    Pruned(usize),
    Nothing,
}

/// What a transaction gathers besides its rows.
#[derive(Default)]
pub struct Gathered {
    /// Files in the content folder that no message needs any more.
    pub files: Vec<PathBuf>,
    pub hours: Vec<Hour>,
    /// Recipients that were offered to a lane in an hour.
    pub lanes: Vec<(String, i64, u32)>,
}

impl Job {
    /// Whether its answer says that something is safe.
    pub fn is_promise(&self) -> bool {
        match self {
            Self::Keep { .. } | Self::Act { .. } | Self::EndBurst { .. } | Self::Mark { .. } => true,
            Self::Account { change, .. } => !matches!(change, AccountChange::Used { .. }),
            // Its report is a new message, but it goes back with its cause: both would happen again.
            Self::Settle { cause, .. } => *cause == Cause::Person,
            Self::Refused { .. } | Self::CountRefused { .. } | Self::Prune { .. } | Self::Close { .. } => false,
            #[cfg(test)]
            Self::Crash => false,
        }
    }

    /// Whether it must be written sooner or later, whatever happens to the store.
    pub fn is_owed(&self) -> bool {
        matches!(self, Self::Settle { cause: Cause::Attempt, .. })
    }

    /// The file that comes with it.
    pub fn brings(&self) -> Option<&Path> {
        match self {
            Self::Keep { submission, .. } => match &submission.content {
                Content::File { path, .. } => Some(path),
                Content::Memory(_) => None,
            },
            Self::Settle { .. }
            | Self::Act { .. }
            | Self::EndBurst { .. }
            | Self::Account { .. }
            | Self::Refused { .. }
            | Self::CountRefused { .. }
            | Self::Mark { .. }
            | Self::Prune { .. }
            | Self::Close { .. } => None,
            #[cfg(test)]
            Self::Crash => None,
        }
    }

    pub fn perform(&self, sql: &Connection, gathered: &mut Gathered) -> Result<Written, StoreError> {
        Ok(match self {
            Self::Keep { submission, .. } => {
                gathered.hour(submission.accepted_at).accepted += 1;
                Written::Kept(write::keep(sql, submission)?)
            }
            Self::Settle { settlement, report, now, .. } => {
                let unanswered = write::unanswered_before(sql, settlement)?;
                let touched = write::settle(sql, settlement, &mut gathered.files)?;
                if touched.news.iter().any(|change| unanswered.contains(&change.recipient) && change.state.was_handed_over()) {
                    gathered.hour(*now).sent_again += 1;
                }
                for change in &touched.news {
                    let (sent, failed) = counts_as(&change.state);
                    let hour = gathered.hour(*now);
                    hour.sent += sent;
                    hour.failed += failed;
                }
                if let Some(lane) = &settlement.lane {
                    gathered.offered(lane, *now, u32::try_from(touched.news.len()).unwrap_or(u32::MAX));
                }
                let reported = match report {
                    Some(report) => Some(write::keep(sql, report)?),
                    None => None,
                };
                Written::Settled(touched, reported)
            }
            Self::Act { seqs, act, now, .. } => {
                let mut all = Vec::new();
                for seq in seqs {
                    all.extend(write::act(sql, *seq, *act, *now, &mut gathered.files)?);
                }
                Written::Acted(all)
            }
            Self::EndBurst { who, release, now, .. } => Written::Acted(write::end_burst(sql, who, *release, *now, &mut gathered.files)?),
            Self::Refused { lines, .. } => {
                for line in lines {
                    let refused = &mut gathered.hour(line.last_at).refused;
                    *refused = refused.saturating_add(line.count);
                    refusals::add(sql, line)?;
                }
                Written::Nothing
            }
            Self::CountRefused { now } => {
                gathered.hour(*now).refused += 1;
                Written::Nothing
            }
            Self::Account { change, .. } => {
                accounts::change(sql, change)?;
                Written::Nothing
            }
            Self::Mark { name, value, .. } => {
                write::mark(sql, name, *value)?;
                Written::Nothing
            }
            Self::Prune { before, now, at_most, .. } => Written::Pruned(write::prune(sql, *before, *now, *at_most)?),
            Self::Close { .. } => Written::Nothing,
            #[cfg(test)]
            Self::Crash => panic!("a fault in the writer"),
        })
    }

    /// A dropped receiver means nobody waits any more; the commit stands all the same.
    pub fn answer(self, written: Written) {
        match (self, written) {
            (Self::Keep { done, .. } | Self::Mark { done, .. } | Self::Account { done, .. } | Self::Refused { done, .. }, _) => {
                drop(done.send(Ok(())));
            }
            (Self::Settle { done, .. }, Written::Settled(touched, _)) => drop(done.send(Ok(touched))),
            (Self::Act { done, .. } | Self::EndBurst { done, .. }, Written::Acted(touched)) => drop(done.send(Ok(touched))),
            (Self::Prune { done, .. }, Written::Pruned(count)) => drop(done.send(Ok(count))),
            _ => {}
        }
    }

    pub fn refuse(self, error: StoreError) {
        match self {
            Self::Keep { done, .. } | Self::Mark { done, .. } | Self::Account { done, .. } | Self::Refused { done, .. } => {
                drop(done.send(Err(error)));
            }
            Self::Settle { done, .. } => drop(done.send(Err(error))),
            Self::Act { done, .. } | Self::EndBurst { done, .. } => drop(done.send(Err(error))),
            Self::Prune { done, .. } => drop(done.send(Err(error))),
            Self::CountRefused { .. } | Self::Close { .. } => {}
            #[cfg(test)]
            Self::Crash => {}
        }
    }
}

impl Gathered {
    fn offered(&mut self, lane: &str, at: Timestamp, recipients: u32) {
        let hour = at.as_second().div_euclid(3600);
        match self.lanes.iter_mut().find(|(known, of, _)| known == lane && *of == hour) {
            Some((_, _, sum)) => *sum = sum.saturating_add(recipients),
            None => self.lanes.push((lane.to_owned(), hour, recipients)),
        }
    }

    fn hour(&mut self, at: Timestamp) -> &mut Hour {
        let number = at.as_second().div_euclid(3600);
        let index = match self.hours.iter().position(|hour| hour.number == number) {
            Some(index) => index,
            None => {
                self.hours.push(Hour { number, ..Hour::default() });
                self.hours.len() - 1
            }
        };
        &mut self.hours[index]
    }
}

/// A new message as the dispatcher needs it.
pub fn entry_of(submission: &Submission, seq: Seq) -> QueueEntry {
    QueueEntry {
        seq,
        id: submission.id,
        kind: submission.kind,
        peer: submission.peer.clone(),
        reverse_path: submission.envelope.reverse_path.clone(),
        body: submission.envelope.body,
        utf8: submission.envelope.utf8,
        returns: submission.envelope.returns.clone(),
        recipients: submission
            .envelope
            .forward_paths
            .iter()
            .map(|path| Recipient { path: path.clone(), attempts: 0, state: RecipientState::Queued { due: submission.accepted_at } })
            .collect(),
        summary: submission.summary.clone(),
        size: submission.content.size(),
        content: match &submission.content {
            Content::Memory(bytes) => ContentPlace::Cached(bytes.clone()),
            Content::File { path, .. } => ContentPlace::File(path.clone()),
        },
        accepted_at: submission.accepted_at,
        priority: submission.priority,
        held: submission.held.is_some(),
        noticed: false,
    }
}
