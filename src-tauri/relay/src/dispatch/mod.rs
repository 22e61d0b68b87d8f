//! Room 5, when: takes what is due and hands it to the smart host's lane.
//!
//! In: what was committed (new messages, changed ones), the time, a person's wishes. Out: deliveries
//! to `smarthost`, settlements to the store. One loop; one closed list of what can happen ([`Tick`]).
//! RFC 5321 §4.5.4.1.
//!
//! Invariants: a message is never in two hands at once; a lane that is down costs no message an attempt; no
//! message is given up before it was really tried since the start, a pause, new settings or a jump of the clock.

mod agenda;
mod attempt;
mod lane;
mod pace;
mod plan;
mod report;
mod turns;

use crate::board::Board;
use crate::clock::Clock;
use crate::config;
use crate::event::{self, LaneState};
use crate::mail::reply::RemoteReply;
use crate::queue::{QueueEntry, Seq, later};
use crate::smarthost::{Line, Trouble, TroubleKind};
use crate::store::{Before, Open, Standing, Store};
use agenda::{Again, Agenda, Deadline, Due};
use attempt::Attempted;
pub use attempt::{Desk, delete};
use jiff::{SignedDuration, Timestamp};
use lane::Lane;
use pace::Pace;
pub use plan::{Out, Plan};
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
    /// A message is out of our hands. What was committed of it has been told before.
    Released {
        seq: Seq,
        again: Again,
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
    pub seq: Seq,
    pub line: Option<(Box<dyn Line>, usize)>,
    pub went: Went,
    /// How many recipients the provider was told of.
    pub recipients: u32,
    pub trouble: Option<Trouble>,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// No connection was opened for it.
    Nowhere,
    /// Something of it was said; a trouble told then may be its own.
    Tried,
    /// It was answered for, though not taken.
    Answered,
    HandedOver,
}

/// How often old history is looked for.
const PRUNE_EVERY: i64 = 3_600_000;
/// The wall clock may be set while we sleep; look at it now and then.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// A clock that went further between two looks was set, or the machine slept.
const LEAP: SignedDuration = SignedDuration::from_mins(10);
/// A clock that went back so far was set.
const STEP_BACK: SignedDuration = SignedDuration::from_secs(1);

pub struct Dispatcher {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    ticks: mpsc::UnboundedSender<Tick>,
    inbox: mpsc::UnboundedReceiver<Tick>,
    plan: Arc<Plan>,
    agenda: Agenda,
    lane: Lane,
    pace: Pace,
    paused: bool,
    prune_at: i64,
    /// When it last looked at the clock.
    seen: Timestamp,
    /// Since when what waits is really being tried.
    afresh_since: Timestamp,
}

/// How it was left by the engine before.
pub struct Start<'a> {
    pub open: &'a [Open],
    pub paused: bool,
    pub before: Before,
}

fn limits(plan: &Plan) -> (config::Pace, usize) {
    plan.out.as_ref().map_or((config::Pace::default(), 1), |out| (out.pace, out.parallel))
}

impl Dispatcher {
    pub fn new(
        store: Store,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        plan: Plan,
        (ticks, inbox): (mpsc::UnboundedSender<Tick>, mpsc::UnboundedReceiver<Tick>),
        Start { open, paused, before }: Start<'_>,
    ) -> Self {
        let now = clock.now();
        let agenda = Agenda::new(open, &plan.schedule, now);
        let (limits, parallel) = limits(&plan);
        let (plan, lane, pace) = (Arc::new(plan), Lane::default(), Pace::new(limits, parallel, &before));
        Self { store, board, clock, ticks, inbox, plan, agenda, lane, pace, paused, prune_at: i64::MIN, seen: now, afresh_since: now }
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
        let now = self.clock.now();
        match tick {
            Tick::Kept(entries) => entries.into_iter().for_each(|entry| self.agenda.add(entry, now)),
            Tick::Changed(changes) => changes.into_iter().for_each(|(seq, standing)| self.agenda.update(seq, &standing, now)),
            Tick::Line(back) => self.line_back(back, now),
            Tick::Released { seq, again } => self.agenda.release(seq, again, now),
            Tick::Reserve { seqs, taken } => {
                let got = seqs.into_iter().filter(|seq| self.agenda.take(*seq, now)).collect();
                if let Err(got) = taken.send(got) {
                    got.into_iter().for_each(|seq| self.agenda.release(seq, Again::AsPlanned, now));
                }
            }
            Tick::Paused(paused) => {
                if self.paused && !paused {
                    self.begin_afresh(now);
                }
                self.paused = paused;
            }
            Tick::TryLane => {
                self.lane.wake();
                self.show_lane();
            }
            Tick::Reconfigured(plan) => {
                self.lane.forget_lines();
                self.lane.wake();
                self.plan = Arc::new(*plan);
                let (limits, parallel) = limits(&self.plan);
                self.pace.set(limits, parallel);
                self.begin_afresh(now);
                self.show_lane();
            }
            Tick::Look => {}
            Tick::Stop { .. } => {}
        }
    }

    /// Everything that waits gets a real try before any of it is given up.
    fn begin_afresh(&mut self, now: Timestamp) {
        self.afresh_since = now;
        self.agenda.begin_afresh(&self.plan.schedule, now);
    }

    /// Starts whatever the time has come for.
    fn look(&mut self) {
        let now = self.clock.now();
        self.look_at_the_clock(now);
        self.lane.close_idle(now, self.plan.out.as_ref().map_or(Duration::ZERO, |out| out.idle));
        // What cannot be written down is not done: after a restart it would be done again.
        if !self.store.takes_outcomes() {
            return;
        }
        self.prune(now);
        let plan = Arc::clone(&self.plan);
        let Some(out) = plan.out.as_ref().filter(|_| !self.paused) else { return };
        for (seq, deadline) in self.agenda.deadlines_due(now) {
            let desk = self.desk();
            match deadline {
                Deadline::Notice => tokio::spawn(attempt::tell_late(desk, seq)),
                Deadline::Expire => tokio::spawn(attempt::give_up(desk, seq)),
            };
        }
        let mut started = false;
        while self.store.takes_outcomes()
            && let Some(turn) = self.lane.turn(self.pace.parallel(), now)
            && let Ok(recipients) = self.pace.may_start(now)
            && let Some(Due { seq, cached, suspect }) = self.agenda.next_due(turn, now)
        {
            self.pace.start(seq, recipients, now);
            let line = self.lane.take_line();
            let (desk, smart_host, plan) = (self.desk(), Arc::clone(&out.smart_host), Arc::clone(&plan));
            tokio::spawn(Attempted { desk, smart_host, plan, seq, suspect, recipients }.run(cached, line));
            started = true;
        }
        if started || self.agenda.first_due().is_some_and(|due| due <= now.as_millisecond()) {
            // Also what waits for the sake of the pace is shown.
            self.show_lane();
        }
    }

    /// Times read before it was set, or before the machine slept, are not to be believed.
    fn look_at_the_clock(&mut self, now: Timestamp) {
        let gone = now.duration_since(self.seen);
        self.seen = now;
        if gone <= LEAP && gone >= -STEP_BACK {
            return;
        }
        tracing::info!(
            seconds = gone.as_secs(),
            "The clock was set, or this machine slept: everything that waits is tried before it is given up"
        );
        self.lane.clock_was_set(now, self.plan.longest_rest);
        self.pace.clock_was_set(now);
        self.prune_at = self.prune_at.min(now.as_millisecond());
        self.begin_afresh(now);
    }

    fn line_back(&mut self, back: LineBack, now: Timestamp) {
        let current = back.plan == self.plan.number;
        self.pace.back(back.seq, back.recipients, now);
        match back.went {
            Went::HandedOver => {
                self.pace.went_well();
                for seq in self.lane.handed_over(now).into_iter().filter(|seq| current && *seq != back.seq) {
                    self.agenda.suspect(seq, now);
                }
            }
            Went::Answered => self.lane.answered(now),
            Went::Tried | Went::Nowhere => {}
        }
        let was_tried = back.went != Went::Nowhere;
        if was_tried {
            self.agenda.tried(back.seq, now);
        }
        let per_connection = self.plan.out.as_ref().map_or(0, |out| out.per_connection);
        self.lane.give_back(back.line.filter(|(_, handed)| current && *handed < per_connection), now);
        if let Some(trouble) = back.trouble.filter(|_| current) {
            self.tell_log(&trouble);
            if trouble.kind == TroubleKind::Throttled {
                self.pace.slow_down(now);
            }
            self.lane.rest(trouble, was_tried.then_some(back.seq), now, self.plan.first_rest, self.plan.longest_rest);
            let down_since = self.lane.resting().map_or(now, |(_, since, _)| since.max(self.afresh_since));
            if later(down_since, self.plan.longest_rest) <= now {
                // Nobody gets further than this: it counts as a try of everything that waits behind it.
                self.agenda.all_tried(now);
            }
        }
        self.show_lane();
    }

    /// The other side's words and the account may be somebody's: they are for whoever asks for details.
    fn tell_log(&self, trouble: &Trouble) {
        let reply = RemoteReply::parse(&trouble.said).filter(|reply| (400..600).contains(&reply.code));
        let (code, status) = reply.map_or((None, None), |reply| (Some(reply.code), reply.enhanced.map(|status| status.to_string())));
        let server = self.plan.out.as_ref().map_or("", |out| out.server.as_str());
        tracing::warn!(kind = ?trouble.kind, server, code, status, "The way to the smart host is down");
        tracing::debug!(subject = trouble.subject, said = trouble.said, "In its own words");
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
    fn until_next(&mut self) -> Duration {
        let now = self.clock.now().as_millisecond();
        let mut next = self.plan.out.as_ref().map_or(i64::MAX, |out| self.lane.idle_until(out.idle));
        // A store that works again, or has written what was on its way, wakes us.
        if self.store.takes_outcomes() {
            next = next.min(self.prune_at);
            if self.plan.out.is_some() && !self.paused {
                next = next.min(self.next_for());
            }
        }
        Duration::from_millis(next.saturating_sub(now).clamp(1, LONGEST_SLEEP.as_millis() as i64).unsigned_abs())
    }

    /// When the agenda or the lane have something to do, and the pace lets them.
    fn next_for(&mut self) -> i64 {
        let parallel = self.pace.parallel();
        let pace = self.pace.may_start(self.clock.now()).err();
        let in_pace = |at: i64| pace.map_or(at, |free_at| at.max(free_at));
        let deadline = self.agenda.first_deadline();
        let attempt = self.agenda.first_due().map(|due| in_pace(self.lane.open_again_at(due, parallel)));
        let another = self.lane.in_doubt().and_then(|heard| self.agenda.first_due_but(heard)).filter(|_| self.lane.busy() == 0);
        [deadline, attempt, another.map(in_pace)].into_iter().flatten().min().unwrap_or(i64::MAX)
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

    fn show_lane(&mut self) {
        let now = self.clock.now();
        let due = !self.paused && self.lane.resting().is_none() && self.agenda.first_due().is_some_and(|due| due <= now.as_millisecond());
        let pace = self.pace.seen(now, due);
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
            pace,
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
