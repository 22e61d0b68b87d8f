//! One attempt at one message, from the shelf to the smart host and back: outcomes are settled and
//! kept before the message leaves our hands.

use super::{LineBack, Plan, Tick};
use crate::board::Board;
use crate::clock::Clock;
use crate::event::Notice;
use crate::mail::{Content, Envelope};
use crate::queue::{self, QueueEntry, ReportWanted, Seq, Settlement, Via};
use crate::smarthost::{Attempt, Delivery, Line, LineAfter, Outcome, Refusal, RefusalKind, SmartHost};
use crate::store::{Standing, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

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
    pub smart_host: Arc<dyn SmartHost>,
    pub plan: Arc<Plan>,
    pub seq: Seq,
}

type OpenLine = (Box<dyn Line>, usize);

impl Attempted {
    pub async fn run(self, cached: Option<QueueEntry>, line: Option<OpenLine>) {
        // Both tell the dispatcher when they are dropped, so that a panic cannot make it wait for ever.
        let hands = Hands::on(&self.desk, self.seq);
        let mut returned = Returned { ticks: self.desk.ticks.clone(), plan: self.plan.number, told: false };
        let Some((entry, delivery, tried)) = self.prepare(cached).await else {
            return returned.tell(line, false, None);
        };
        let (attempt, how) = match self.hand_over(&delivery, line).await {
            Ok((attempt, line, how)) => {
                let success = attempt.outcomes.iter().any(|outcome| *outcome != Outcome::Untouched);
                match &attempt.line {
                    LineAfter::Usable => returned.tell(line, success, None),
                    LineAfter::Spent => returned.tell(None, success, None),
                    LineAfter::Down(trouble) => returned.tell(None, success, Some(trouble.clone())),
                }
                (attempt, how)
            }
            Err(trouble) => return returned.tell(None, false, Some(trouble)),
        };
        let server = self.plan.out.as_ref().map_or("", |out| out.server.as_str());
        let via = Via { server, tls: how.tls.as_deref(), tells_senders: how.tells_senders };
        let now = self.desk.clock.now();
        for outcome in &attempt.outcomes {
            tell_log(&entry, outcome);
        }
        let settlement = queue::settle(&entry, &tried, &attempt.outcomes, &via, &self.plan.schedule, now);
        hands.settled(self.desk.keep(&entry, settlement).await);
    }

    /// The message, its due recipients and its content. None when there is nothing to do any more.
    async fn prepare(&self, cached: Option<QueueEntry>) -> Option<(QueueEntry, Delivery, Vec<usize>)> {
        let entry = match cached {
            Some(entry) => entry,
            None => self.desk.store.entry(self.seq).await.map_err(|error| self.desk.cannot_read(&error)).ok()??,
        };
        let tried = entry.due(self.desk.clock.now());
        if tried.is_empty() {
            return None;
        }
        let content = self.desk.store.content(&entry).await.map_err(|error| self.desk.cannot_read(&error)).ok()?;
        let content = match content {
            Some(content) if is_there(&content).await => content,
            Some(_) | None => {
                self.desk.board.raise(Notice::StoreFailed { said: format!("the content of message {} is gone", entry.id) });
                Content::Memory(bytes::Bytes::new())
            }
        };
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
        };
        Some((entry, delivery, tried))
    }

    /// On the open line if there is one, else on a new one; a line that proves stale is replaced once.
    async fn hand_over(
        &self,
        delivery: &Delivery,
        line: Option<OpenLine>,
    ) -> Result<(Attempt, Option<OpenLine>, How), crate::smarthost::Trouble> {
        if delivery.content.size() == 0 {
            // Every message has at least our Received line: its content was lost, and an empty one must not go out.
            let lost = Outcome::Failed(Refusal { kind: RefusalKind::Other, reply: None });
            let outcomes = vec![lost; delivery.envelope.forward_paths.len()];
            return Ok((Attempt { outcomes, line: LineAfter::Usable }, line, How::default()));
        }
        let reused = line.is_some();
        let (mut open, handed) = match line {
            Some(line) => line,
            None => (self.smart_host.open().await?, 0),
        };
        let attempt = open.deliver(delivery).await;
        let stale = reused && attempt.line == LineAfter::Spent && attempt.outcomes.iter().all(|outcome| *outcome == Outcome::Untouched);
        if !stale {
            let how = How::of(open.as_ref());
            return Ok((attempt, Some((open, handed + 1)), how));
        }
        drop(open);
        let mut open = self.smart_host.open().await?;
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
    let hands = Hands::on(&desk, seq);
    if let Ok(Some(entry)) = desk.store.entry(seq).await {
        hands.settled(desk.keep(&entry, queue::notice(&entry)).await);
    }
}

/// The lifetime of a message is over.
pub async fn give_up(desk: Desk, seq: Seq) {
    let hands = Hands::on(&desk, seq);
    if let Ok(Some(entry)) = desk.store.entry(seq).await {
        let now = desk.clock.now();
        hands.settled(desk.keep(&entry, queue::expire(&entry, now)).await);
    }
}

/// A person removes a message; it has been reserved for this.
pub async fn delete(desk: &Desk, seq: Seq, tell_sender: bool) -> bool {
    let hands = Hands::on(desk, seq);
    let Ok(Some(entry)) = desk.store.entry(seq).await else { return false };
    let settlement = queue::delete(&entry, tell_sender, desk.clock.now());
    let after = desk.keep(&entry, settlement).await;
    let deleted = after.is_some();
    hands.settled(after);
    deleted
}

impl Desk {
    /// Writes a settlement and its report in one transaction. What was learned must not be forgotten: it is
    /// tried until the store takes it. None when the engine stops first, or nothing changed.
    async fn keep(&self, entry: &QueueEntry, mut settlement: Settlement) -> Option<Standing> {
        if settlement.changes.is_empty() && settlement.report.is_none() && !settlement.noticed {
            return None;
        }
        let now = self.clock.now();
        let report = match settlement.report.clone() {
            Some(wanted) => self.compose(entry, &mut settlement, &wanted).await,
            None => None,
        };
        loop {
            match self.store.settle(settlement.clone(), report.clone(), now).await {
                Ok(touched) => return Some(touched.after),
                Err(StoreError::Stopped) => {
                    tracing::error!(message_id = %entry.id, "Stopped before an outcome was kept; the message will be sent again");
                    return None;
                }
                Err(error) => {
                    tracing::error!(message_id = %entry.id, error = error.chain(), "Could not keep an outcome; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
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

    fn cannot_read(&self, error: &StoreError) {
        tracing::error!(error = error.chain(), "Could not read a message");
        self.board.raise(Notice::StoreFailed { said: error.chain() });
    }
}

async fn is_there(content: &Content) -> bool {
    match content {
        Content::Memory(_) => true,
        Content::File { path, .. } => tokio::fs::metadata(path).await.is_ok(),
    }
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
    seq: Seq,
    after: Option<Standing>,
}

impl Hands {
    fn on(desk: &Desk, seq: Seq) -> Self {
        Self { ticks: desk.ticks.clone(), seq, after: None }
    }

    fn settled(mut self, after: Option<Standing>) {
        self.after = after;
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        let _ = self.ticks.send(Tick::Released { seq: self.seq, after: self.after });
    }
}

/// The place on the lane; given back when dropped.
struct Returned {
    ticks: mpsc::UnboundedSender<Tick>,
    plan: u64,
    told: bool,
}

impl Returned {
    fn tell(&mut self, line: Option<OpenLine>, success: bool, trouble: Option<crate::smarthost::Trouble>) {
        self.told = true;
        let _ = self.ticks.send(Tick::Line(LineBack { plan: self.plan, line, success, trouble }));
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        if !self.told {
            self.tell(None, false, None);
        }
    }
}
