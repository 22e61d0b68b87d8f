//! One attempt at one message, from the shelf to the smart host and back: outcomes are settled and
//! kept before the message leaves our hands. And what else is done with a message in hand: deadlines, removal.
//!
//! Invariant: a message whose outcome was not kept is not taken again in this run by itself.

use super::agenda::Again;
use super::refused::{From, Told};
use super::{LineBack, Out, Plan, Tick, Went};
use crate::board::Board;
use crate::clock::Clock;
use crate::event::Notice;
use crate::mail::{Content, Envelope};
use crate::queue::{self, QueueEntry, ReportWanted, Seq, Settlement, Via, later};
use crate::route::RouteSet;
use crate::smarthost::{Attempt, Delivery, Line, LineAfter, Outcome, Refusal, RefusalKind};
use crate::store::{Act, Cause, Store, StoreError};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Pauses before a message that could not be read is looked at again.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What every errand of the dispatcher needs.
pub struct Desk {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    pub ticks: mpsc::UnboundedSender<Tick>,
    pub plan: Arc<Plan>,
}

pub struct Attempted {
    pub desk: Desk,
    pub out: Arc<Out>,
    /// Which lines of the lane are still used.
    pub lines: u64,
    pub plan: Arc<Plan>,
    pub seq: Seq,
    pub from: From,
    /// Only recipients that take these routes.
    pub routes: RouteSet,
    /// What sounds like the lane's fault is this message's own: another went well after it was told the same.
    pub suspect: bool,
    /// For how many of its recipients it may go at most; the others follow at once.
    pub recipients: u32,
}

type OpenLine = (Box<dyn Line>, usize);

impl Attempted {
    pub async fn run(self, cached: Option<QueueEntry>, line: Option<OpenLine>) {
        // Both tell the dispatcher when they are dropped, so that a panic cannot make it wait for ever.
        let hands = Hands::on(&self.desk, self.seq);
        let mut returned = Returned {
            ticks: self.desk.ticks.clone(),
            lane: Arc::clone(&self.out),
            lines: self.lines,
            seq: self.seq,
            from: self.from,
            routes: self.routes,
            told: false,
        };
        let (entry, delivery, tried) = match self.prepare(cached).await {
            Ok(ready) => ready,
            Err(again) => {
                returned.tell(line, Went::Nowhere, 0, None, None);
                return hands.back(again);
            }
        };
        let (attempt, how, after) = match self.hand_over(&delivery, line).await {
            Ok((mut attempt, line, how)) => {
                self.wait_for_the_first(&mut attempt);
                let went = self.how_far(&attempt);
                let offered = attempt.outcomes.iter().filter(|outcome| **outcome != Outcome::Untouched).count();
                let offered = u32::try_from(offered).unwrap_or(u32::MAX);
                // Nothing learned and nothing to rest for: at once it would only be the same again.
                let learned = attempt.outcomes.iter().any(|outcome| *outcome != Outcome::Untouched);
                let in_vain = !learned && !matches!(attempt.line, LineAfter::Down(_));
                let after = if in_vain { self.desk.soon() } else { Again::AsPlanned };
                let refused = refused_sender(&entry, &attempt);
                match &attempt.line {
                    LineAfter::Usable => returned.tell(line, went, offered, None, refused),
                    LineAfter::Spent => returned.tell(None, went, offered, None, refused),
                    LineAfter::Down(trouble) => returned.tell(None, went, offered, Some(trouble.clone()), refused),
                }
                (attempt, how, after)
            }
            Err(trouble) => {
                returned.tell(None, Went::Nowhere, 0, Some(trouble), None);
                return hands.back(Again::AsPlanned);
            }
        };
        let via = Via { lane: &self.out.name, server: &self.out.server, tls: how.tls.as_deref(), tells_senders: how.tells_senders };
        let now = self.desk.clock.now();
        for outcome in &attempt.outcomes {
            tell_log(&entry, outcome);
        }
        let settlement = queue::settle(&entry, &tried, &attempt.outcomes, &via, &self.plan.schedule, now);
        hands.back(match self.desk.keep(&entry, settlement, Cause::Attempt).await {
            Ok(_) => after,
            Err(error) => {
                tracing::error!(message_id = %entry.id, error = error.chain(), "What came of an attempt was not kept; after a restart it is tried again");
                Again::NotByItself
            }
        });
    }

    /// One that stands in may take less than the first of its order: what is too large for it waits for that one.
    fn wait_for_the_first(&self, attempt: &mut Attempt) {
        let is_first = |lane: &usize| self.plan.lanes.get(*lane).is_some_and(|first| first.name == self.out.name);
        if self.routes.iter().any(|route| self.plan.routing.order(route).first().is_none_or(is_first)) {
            return;
        }
        for outcome in &mut attempt.outcomes {
            if let Outcome::Failed(refusal) = outcome
                && refusal.kind == RefusalKind::TooLarge
            {
                *outcome = Outcome::Deferred(refusal.clone());
            }
        }
    }

    /// Of a suspect only a success tells anything about the lane.
    fn how_far(&self, attempt: &Attempt) -> Went {
        let any = |is: fn(&Outcome) -> bool| attempt.outcomes.iter().any(is);
        if any(|outcome| matches!(outcome, Outcome::Sent(_))) {
            Went::HandedOver
        } else if !self.suspect && any(|outcome| *outcome != Outcome::Untouched) {
            Went::Answered
        } else {
            Went::Tried
        }
    }

    /// The message, its due recipients and its content; or when to look again, if there is nothing to hand over now.
    async fn prepare(&self, cached: Option<QueueEntry>) -> Result<(QueueEntry, Delivery, Vec<usize>), Again> {
        let entry = match cached {
            Some(entry) => entry,
            None => match self.desk.store.entry(self.seq).await {
                Ok(Some(entry)) => entry,
                // Taken out by another program's hand.
                Ok(None) => return Err(Again::NotByItself),
                Err(error) => return Err(self.desk.cannot_read(self.seq, &error.chain()).await),
            },
        };
        let mut tried = entry.due(&self.plan.schedule, self.desk.clock.now());
        let routing = &self.plan.routing;
        if !routing.is_trivial() {
            let client = entry.peer.as_ref().map(|peer| peer.address);
            tried.retain(|n| {
                let path = entry.recipients.get(*n).map(|recipient| &recipient.path.mailbox);
                path.is_some_and(|path| self.routes.holds(routing.route_of(client, &entry.reverse_path, path)))
            });
        }
        tried.truncate(usize::try_from(self.recipients).unwrap_or(usize::MAX));
        if entry.held || tried.is_empty() {
            // Changed a moment ago; the news of it is on its way to the agenda.
            return Err(self.desk.soon());
        }
        let content = match self.content(&entry).await {
            Ok(content) => content,
            Err(said) => return Err(self.desk.cannot_read(self.seq, &said).await),
        };
        self.desk.board.could_read(self.seq);
        let envelope = Envelope {
            reverse_path: entry.reverse_path.clone(),
            forward_paths: tried.iter().filter_map(|n| entry.recipients.get(*n)).map(|recipient| recipient.path.clone()).collect(),
            body: entry.body,
            utf8: entry.utf8,
            returns: entry.returns.clone(),
        };
        let delivery = Delivery {
            message: entry.id,
            envelope,
            content,
            eight_bit: entry.summary.eight_bit,
            eight_bit_header: entry.summary.eight_bit_header,
            suspect: self.suspect,
        };
        Ok((entry, delivery, tried))
    }

    /// The content, whole. What is missing may come back (out of a virus scanner's quarantine, say): it is not for
    /// us to give the message up, and half of it or nothing must not go out.
    async fn content(&self, entry: &QueueEntry) -> Result<Content, String> {
        let content = self.desk.store.content(entry).await.map_err(|error| error.chain())?;
        let content = content.ok_or("its content is gone")?;
        let size = match &content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::File { path, .. } => match tokio::fs::File::open(path).await {
                Ok(file) => file.metadata().await.map_err(|error| StoreError::file("look at", path, error).chain())?.len(),
                Err(error) => return Err(StoreError::file("open", path, error).chain()),
            },
        };
        if size == entry.size { Ok(content) } else { Err(format!("its content has {size} bytes instead of {}", entry.size)) }
    }

    /// On the open line if there is one, else on a new one; a line that proves stale is replaced once.
    async fn hand_over(
        &self,
        delivery: &Delivery,
        line: Option<OpenLine>,
    ) -> Result<(Attempt, Option<OpenLine>, How), crate::smarthost::Trouble> {
        let reused = line.is_some();
        let (mut open, handed) = match line {
            Some(line) => line,
            None => (self.out.smart_host.open().await?, 0),
        };
        let attempt = open.deliver(delivery).await;
        let stale = reused && attempt.line == LineAfter::Spent && attempt.outcomes.iter().all(|outcome| *outcome == Outcome::Untouched);
        if !stale {
            let how = How::of(open.as_ref());
            return Ok((attempt, Some((open, handed + 1)), how));
        }
        drop(open);
        let mut open = self.out.smart_host.open().await?;
        let attempt = open.deliver(delivery).await;
        let how = How::of(open.as_ref());
        Ok((attempt, Some((open, 1)), how))
    }
}

/// How it was handed over.
#[derive(Default)]
struct How {
    tls: Option<String>,
    tells_senders: bool,
}

impl How {
    fn of(line: &dyn Line) -> Self {
        Self { tls: line.tls(), tells_senders: line.tells_senders() }
    }
}

/// The sender is told that a message is late.
pub async fn tell_late(desk: Desk, seq: Seq) {
    at_deadline(desk, seq, |entry, _| queue::notice(entry)).await;
}

/// The lifetime of a message is over.
pub async fn give_up(desk: Desk, seq: Seq) {
    at_deadline(desk, seq, queue::expire).await;
}

async fn at_deadline(desk: Desk, seq: Seq, what: impl FnOnce(&QueueEntry, Timestamp) -> Settlement) {
    let hands = Hands::on(&desk, seq);
    let again = match desk.store.entry(seq).await {
        // Put on hold a moment ago: it waits for a person now.
        Ok(Some(entry)) if entry.held => Again::AsPlanned,
        Ok(Some(entry)) => {
            let settlement = what(&entry, desk.clock.now());
            match desk.keep(&entry, settlement, Cause::Deadline).await {
                Ok(true) => Again::AsPlanned,
                // Settled a moment ago; the news of it is on its way to the agenda.
                Ok(false) => desk.soon(),
                Err(error) => {
                    tracing::warn!(message_id = %entry.id, error = error.chain(), "A deadline could not be kept; it comes again");
                    Again::NotBefore(later(desk.clock.now(), FIRST_PAUSE))
                }
            }
        }
        Ok(None) => Again::NotByItself,
        Err(error) => desk.cannot_read(seq, &error.chain()).await,
    };
    hands.back(again);
}

/// Messages a person removes at a time; they share commits.
const TOGETHER: usize = 256;

/// A person removes messages; they have been reserved for this. Gives how many, or why it could not go on.
pub async fn delete(desk: &Desk, seqs: Vec<Seq>, tell_sender: bool) -> Result<u64, StoreError> {
    // All in our hands from the beginning: whatever happens on the way, each is given back.
    let all: Vec<Hands> = seqs.into_iter().map(|seq| Hands::on(desk, seq)).collect();
    let failed = AtomicBool::new(false);
    let one = async |hands| {
        // Those under way come to their end; no more are begun.
        if failed.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let deleted = delete_one(desk, hands, tell_sender).await;
        failed.fetch_or(deleted.is_err(), Ordering::Relaxed);
        deleted
    };
    let mut deleted = stream::iter(all).map(one).buffer_unordered(TOGETHER);
    let mut count = Ok(0);
    while let Some(done) = deleted.next().await {
        count = count.and_then(|count| Ok(count + u64::from(done?)));
    }
    count
}

async fn delete_one(desk: &Desk, hands: Hands, tell_sender: bool) -> Result<bool, StoreError> {
    let now = desk.clock.now();
    match desk.store.entry(hands.seq).await {
        Ok(Some(entry)) => desk.keep(&entry, queue::delete(&entry, tell_sender, now), Cause::Person).await,
        Ok(None) => Ok(false),
        // It must be possible to be rid of what makes no sense; the sender's address is a part of that.
        Err(StoreError::Database(_)) => Ok(desk.store.act(&[hands.seq], Act::Delete, now).await? > 0),
        Err(error) => Err(error),
    }
}

impl Desk {
    /// Writes a settlement and its report in one transaction. False when there was nothing to write.
    async fn keep(&self, entry: &QueueEntry, mut settlement: Settlement, cause: Cause) -> Result<bool, StoreError> {
        if settlement.changes.is_empty() && settlement.report.is_none() && !settlement.noticed {
            return Ok(false);
        }
        let now = self.clock.now();
        let report = match settlement.report.clone() {
            Some(wanted) => self.compose(entry, &mut settlement, &wanted).await,
            None => None,
        };
        self.store.settle(settlement, report, cause, now).await.map(|_| true)
    }

    async fn compose(&self, entry: &QueueEntry, settlement: &mut Settlement, wanted: &ReportWanted) -> Option<crate::mail::Submission> {
        let beginning = self.beginning_of(entry, wanted).await;
        let report = super::report::compose(entry, settlement, wanted, &beginning, &self.plan, self.clock.now())?;
        tracing::info!(message_id = %entry.id, report = %report.id, "Telling the sender");
        Some(report)
    }

    /// Of the content as much as a report wants to quote: all of it, or what may be its header.
    async fn beginning_of(&self, entry: &QueueEntry, wanted: &ReportWanted) -> bytes::Bytes {
        let at_most = super::report::quoted_octets(entry, wanted);
        let Ok(Some(content)) = self.store.content(entry).await else { return bytes::Bytes::new() };
        self.store.content_piece(content, 0, at_most).await.unwrap_or_default()
    }

    fn soon(&self) -> Again {
        Again::NotBefore(later(self.clock.now(), Duration::from_secs(1)))
    }

    /// Nothing can be done with a message now. It is looked at again after a pause, which grows.
    async fn cannot_read(&self, seq: Seq, said: &str) -> Again {
        let id = self.store.id_of(seq).await.ok().flatten().map_or_else(|| format!("no. {seq}"), |id| id.to_string());
        let times = self.board.cannot_read(seq, format!("message {id}: {said}"));
        if times == 1 {
            tracing::error!(message_id = id, error = said, "A message cannot be read; it waits");
        } else {
            tracing::debug!(message_id = id, error = said, times, "A message still cannot be read");
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << times.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
        Again::NotBefore(later(self.clock.now(), pause))
    }
}

/// Its sender is not one whose mail this smart host takes: who it is, and what was said.
fn refused_sender(entry: &QueueEntry, attempt: &Attempt) -> Option<Told> {
    if attempt.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Sent(_))) {
        return None;
    }
    attempt.outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Deferred(Refusal { kind: RefusalKind::Sender, reply }) => {
            Some(Told { sender: entry.reverse_path.as_str().to_owned(), said: reply.as_ref().map(ToString::to_string).unwrap_or_default() })
        }
        Outcome::Deferred(_) | Outcome::Failed(_) | Outcome::Sent(_) | Outcome::Untouched => None,
    })
}

fn tell_log(entry: &QueueEntry, outcome: &Outcome) {
    let message_id = entry.id;
    match outcome {
        Outcome::Sent(reply) => tracing::info!(%message_id, code = reply.code, "Handed over"),
        Outcome::Deferred(refusal) => {
            tracing::info!(%message_id, kind = ?refusal.kind, code = refusal.reply.as_ref().map(|r| r.code), "Deferred")
        }
        Outcome::Failed(refusal) => {
            tracing::info!(%message_id, kind = ?refusal.kind, code = refusal.reply.as_ref().map(|r| r.code), "Failed")
        }
        Outcome::Untouched => tracing::debug!(%message_id, "Not tried: the way was down"),
    }
}

/// A message in our hands; given back when dropped.
struct Hands {
    ticks: mpsc::UnboundedSender<Tick>,
    board: Arc<Board>,
    seq: Seq,
    again: Again,
}

impl Hands {
    fn on(desk: &Desk, seq: Seq) -> Self {
        Self { ticks: desk.ticks.clone(), board: Arc::clone(&desk.board), seq, again: Again::AsPlanned }
    }

    fn back(mut self, again: Again) {
        self.again = again;
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // It may have been handed over: trying again at once would send it for ever.
            self.again = Again::NotByItself;
            let said = format!("the work on message no. {} crashed; it waits until Outtray is started again", self.seq);
            self.board.raise(Notice::EngineFault { said });
        }
        let _ = self.ticks.send(Tick::Released { seq: self.seq, again: self.again });
    }
}

/// The place on the lane; given back when dropped.
struct Returned {
    ticks: mpsc::UnboundedSender<Tick>,
    lane: Arc<Out>,
    lines: u64,
    seq: Seq,
    from: From,
    routes: RouteSet,
    told: bool,
}

impl Returned {
    fn tell(
        &mut self,
        line: Option<OpenLine>,
        went: Went,
        recipients: u32,
        trouble: Option<crate::smarthost::Trouble>,
        refused: Option<Told>,
    ) {
        self.told = true;
        let Self { seq, from, routes, lines, .. } = *self;
        let lane = self.lane.name.clone();
        let _ = self.ticks.send(Tick::Line(LineBack { lane, lines, seq, routes, line, went, recipients, trouble, refused, from }));
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        if !self.told {
            self.tell(None, Went::Nowhere, 0, None, None);
        }
    }
}
