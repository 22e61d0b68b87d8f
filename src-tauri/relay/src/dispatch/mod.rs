//! Room 5, when: takes what is due and hands it to the smart host's lane.
//!
//! In: what was committed (new messages, changed ones), the time, a person's wishes. Out: deliveries
//! to `smarthost`, settlements to the store. One loop; one closed list of what can happen ([`Tick`]).
//! RFC 5321 §4.5.4.1.
//!
//! Invariants: a message is never in two hands at once; a lane that is down costs no message an attempt.

mod agenda;
mod attempt;
mod lane;
mod report;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::event::{self, LaneState};
use crate::queue::{QueueEntry, Schedule, Seq};
use crate::smarthost::{Line, SmartHost, Trouble};
use crate::store::{Open, Standing, Store};
use agenda::{Agenda, Deadline};
use attempt::Attempted;
pub use attempt::{Desk, delete};
use jiff::Timestamp;
use lane::Lane;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Everything that can happen to the dispatcher.
pub enum Tick {
    /// New in the queue.
    Kept(Vec<QueueEntry>),
    /// Committed changes of messages.
    Changed(Vec<(Seq, Standing)>),
    /// An attempt's connection came back, or the lane proved down.
    Line(LineBack),
    /// A message is out of our hands; how it stands, if it was changed.
    Released {
        seq: Seq,
        after: Option<Standing>,
    },
    /// Take these out of delivery if nobody has them in hand; gives those it took.
    Reserve {
        seqs: Vec<Seq>,
        taken: oneshot::Sender<Vec<Seq>>,
    },
    Paused(bool),
    /// Ends a rest at once.
    TryLane,
    Reconfigured(Box<Plan>),
    /// The clock was moved by hand.
    Look,
    Stop {
        within: Duration,
        done: oneshot::Sender<()>,
    },
}

pub struct LineBack {
    /// Of which plan the line is: lines of an old one are not used again.
    pub plan: u64,
    pub line: Option<(Box<dyn Line>, usize)>,
    /// Whether something was handed over, or a connection opened.
    pub success: bool,
    pub trouble: Option<Trouble>,
}

/// The part of the configuration that concerns the way out.
pub struct Plan {
    pub number: u64,
    pub host_name: String,
    pub schedule: Schedule,
    pub first_rest: Duration,
    pub longest_rest: Duration,
    pub history_keep: Duration,
    pub out: Option<Out>,
}

pub struct Out {
    pub smart_host: Arc<dyn SmartHost>,
    pub server: String,
    pub port: u16,
    pub parallel: usize,
    pub per_connection: usize,
    pub idle: Duration,
}

impl Plan {
    pub fn new(number: u64, config: &Config, smart_host: Option<Arc<dyn SmartHost>>) -> Self {
        let delivery = &config.delivery;
        Self {
            number,
            host_name: config.host_name.clone(),
            schedule: Schedule {
                first_retry: delivery.first_retry,
                longest_retry: delivery.longest_retry,
                lifetime: delivery.lifetime,
                delay_notice: delivery.delay_notice,
            },
            first_rest: delivery.first_rest,
            longest_rest: delivery.longest_rest,
            history_keep: config.history_keep,
            out: config.smart_host.as_ref().zip(smart_host).map(|(config, smart_host)| Out {
                smart_host,
                server: config.server.clone(),
                port: config.port,
                parallel: config.parallel_connections.max(1),
                per_connection: config.messages_per_connection.max(1),
                idle: config.timeouts.idle,
            }),
        }
    }
}

/// How often old history is looked for.
const PRUNE_EVERY: i64 = 3_600_000;
/// The wall clock may be set while we sleep; look at it now and then.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

pub struct Dispatcher {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    ticks: mpsc::UnboundedSender<Tick>,
    inbox: mpsc::UnboundedReceiver<Tick>,
    plan: Arc<Plan>,
    agenda: Agenda,
    lane: Lane,
    paused: bool,
    prune_at: i64,
}

impl Dispatcher {
    pub fn new(
        store: Store,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        plan: Plan,
        (ticks, inbox): (mpsc::UnboundedSender<Tick>, mpsc::UnboundedReceiver<Tick>),
        open: &[Open],
        paused: bool,
    ) -> Self {
        let agenda = Agenda::new(open, &plan.schedule);
        Self { store, board, clock, ticks, inbox, plan: Arc::new(plan), agenda, lane: Lane::default(), paused, prune_at: i64::MIN }
    }

    pub async fn run(mut self) {
        self.show_lane();
        loop {
            self.look();
            let nap = self.until_next();
            let tick = tokio::select! {
                tick = self.inbox.recv() => tick,
                () = tokio::time::sleep(nap) => Some(Tick::Look),
            };
            match tick {
                Some(Tick::Stop { within, done }) => {
                    self.stop(within).await;
                    let _ = done.send(());
                    return;
                }
                Some(tick) => self.hear(tick),
                None => return,
            }
            // Whatever else waits is heard before looking again: one look serves many ticks.
            while let Ok(tick) = self.inbox.try_recv() {
                match tick {
                    Tick::Stop { within, done } => {
                        self.stop(within).await;
                        let _ = done.send(());
                        return;
                    }
                    tick => self.hear(tick),
                }
            }
        }
    }

    fn hear(&mut self, tick: Tick) {
        match tick {
            Tick::Kept(entries) => entries.into_iter().for_each(|entry| self.agenda.add(entry, &self.plan.schedule)),
            Tick::Changed(changes) => {
                changes.into_iter().for_each(|(seq, standing)| self.agenda.update(seq, &standing, &self.plan.schedule))
            }
            Tick::Line(back) => self.line_back(back),
            Tick::Released { seq, after } => self.agenda.release(seq, after.as_ref(), &self.plan.schedule),
            Tick::Reserve { seqs, taken } => {
                let got = seqs.into_iter().filter(|seq| self.agenda.take(*seq)).collect();
                let _ = taken.send(got);
            }
            Tick::Paused(paused) => self.paused = paused,
            Tick::TryLane => {
                self.lane.wake();
                self.show_lane();
            }
            Tick::Reconfigured(plan) => {
                self.lane.forget_lines();
                self.lane.wake();
                self.plan = Arc::new(*plan);
                self.agenda.replan(&self.plan.schedule);
                self.show_lane();
            }
            Tick::Look => {}
            Tick::Stop { .. } => {}
        }
    }

    /// Starts whatever the time has come for.
    fn look(&mut self) {
        let now = self.clock.now();
        for (seq, deadline) in self.agenda.deadlines_due(now) {
            let desk = self.desk();
            match deadline {
                Deadline::Notice => tokio::spawn(attempt::tell_late(desk, seq)),
                Deadline::Expire => tokio::spawn(attempt::give_up(desk, seq)),
            };
        }
        self.prune(now);
        self.lane.close_idle(now, self.plan.out.as_ref().map_or(Duration::ZERO, |out| out.idle));
        if self.paused {
            return;
        }
        let Some(out) = &self.plan.out else { return };
        let mut started = false;
        while self.lane.has_room(out.parallel, now)
            && let Some((seq, cached)) = self.agenda.next_due(now)
        {
            let line = self.lane.take_line();
            let attempt = Attempted { desk: self.desk(), smart_host: Arc::clone(&out.smart_host), plan: Arc::clone(&self.plan), seq };
            tokio::spawn(attempt.run(cached, line));
            started = true;
        }
        if started {
            self.show_lane();
        }
    }

    fn line_back(&mut self, back: LineBack) {
        let now = self.clock.now();
        let current = back.plan == self.plan.number;
        if back.success {
            self.lane.succeeded(now);
        }
        let per_connection = self.plan.out.as_ref().map_or(0, |out| out.per_connection);
        self.lane.give_back(back.line.filter(|(_, handed)| current && *handed < per_connection), now);
        if let Some(trouble) = back.trouble.filter(|_| current) {
            tracing::warn!(kind = ?trouble.kind, subject = trouble.subject, said = trouble.said, "The way to the smart host is down");
            self.lane.rest(trouble, now, self.plan.first_rest, self.plan.longest_rest);
        }
        self.show_lane();
    }

    fn prune(&mut self, now: Timestamp) {
        let millis = now.as_millisecond();
        if millis < self.prune_at {
            return;
        }
        self.prune_at = millis + PRUNE_EVERY;
        let before = jiff::SignedDuration::try_from(self.plan.history_keep).ok().and_then(|keep| now.checked_sub(keep).ok());
        let store = self.store.clone();
        if let Some(before) = before {
            tokio::spawn(async move {
                // Some at a time, so that mail is not kept waiting behind the sweeping.
                while matches!(store.prune(before, now).await, Ok(removed) if removed > 0) {}
            });
        }
    }

    /// How long there is nothing to do unless something happens.
    fn until_next(&self) -> Duration {
        let now = self.clock.now().as_millisecond();
        let mut next = self.prune_at;
        if let Some(deadline) = self.agenda.first_deadline() {
            next = next.min(deadline);
        }
        if let (Some(out), false) = (&self.plan.out, self.paused) {
            if let Some(due) = self.agenda.first_due() {
                next = next.min(self.lane.open_again_at(due, out.parallel));
            }
            next = next.min(self.lane.idle_until(out.idle));
        }
        Duration::from_millis(next.saturating_sub(now).clamp(1, LONGEST_SLEEP.as_millis() as i64).unsigned_abs())
    }

    fn desk(&self) -> attempt::Desk {
        attempt::Desk {
            store: self.store.clone(),
            board: Arc::clone(&self.board),
            clock: Arc::clone(&self.clock),
            ticks: self.ticks.clone(),
            plan: Arc::clone(&self.plan),
        }
    }

    fn show_lane(&self) {
        let state = match (&self.plan.out, self.lane.resting()) {
            (None, _) => LaneState::NotSetUp,
            (Some(_), Some((trouble, since, next_try))) => LaneState::Throttled { trouble: trouble.clone(), since, next_try },
            (Some(_), None) if self.lane.busy() > 0 => LaneState::Sending,
            (Some(_), None) => LaneState::Ready,
        };
        self.board.set_lane(event::Lane {
            server: self.plan.out.as_ref().map_or_else(String::new, |out| out.server.clone()),
            port: self.plan.out.as_ref().map_or(0, |out| out.port),
            state,
            connections: u32::try_from(self.lane.connections()).unwrap_or(u32::MAX),
            last_success_at: self.lane.last_success(),
        });
    }

    /// Lets attempts under way come to their end, for a while.
    async fn stop(&mut self, within: Duration) {
        self.paused = true;
        let ended = tokio::time::timeout(within, async {
            while self.lane.busy() > 0 || self.agenda.in_hand() > 0 {
                match self.inbox.recv().await {
                    Some(Tick::Stop { .. }) | None => return,
                    Some(tick) => self.hear(tick),
                }
            }
        })
        .await;
        if ended.is_err() {
            tracing::warn!("Stopped in the middle of handing mail over; it will be tried again");
        }
        self.lane.forget_lines();
    }
}
