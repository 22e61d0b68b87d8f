//! Room 5, when: takes what is due and hands it to the lane of a smart host that its route leads to.
//!
//! In: what was committed (new messages, changed ones), the time, a person's wishes. Out: deliveries
//! to `smarthost`, settlements to the store. One loop; one closed list of what can happen ([`Tick`]).
//! RFC 5321 §4.5.4.1.
//!
//! Invariants: a message is never in two hands at once, however many lanes there are; a lane that is down costs no message
//! an attempt; no message is given up before it was really tried, on all its routes, since the start, a pause, new settings
//! or a jump of the clock.

mod agenda;
mod attempt;
mod back;
mod failover;
mod lane;
mod pace;
mod plan;
mod refused;
mod report;
mod roads;
mod show;
mod turns;
mod way;

use crate::board::Board;
use crate::clock::Clock;
use crate::queue::{QueueEntry, Seq};
use crate::route::RouteSet;
use crate::smarthost::{Line, Trouble};
use crate::store::{Before, Open, OpenRecipients, Standing, Store};
use agenda::{Again, Agenda, Deadline, Draw, Due};
use attempt::Attempted;
pub use attempt::{Desk, delete};
use failover::Ways;
use jiff::{SignedDuration, Timestamp};
pub use plan::{Out, Plan};
use refused::{From, Told};
use roads::Roads;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Everything that can happen to the dispatcher.
pub enum Tick {
    /// New in the queue.
    Kept(Vec<QueueEntry>),
    /// Committed changes of messages.
    Changed(Vec<Changed>),
    /// Which way the open messages go under this plan.
    Routed {
        plan: u64,
        all: Vec<OpenRecipients>,
    },
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
    LanePaused {
        lane: String,
        paused: bool,
    },
    /// Ends a rest at once; of all lanes, unless one is named.
    TryLane(Option<String>),
    /// What open lines are signed in with is not to be used any more.
    ForgetLines,
    Reconfigured(Box<Plan>),
    /// The clock was moved by hand.
    Look,
    Stop {
        within: Duration,
        done: oneshot::Sender<()>,
    },
}

/// How a message stands after a commit, and which of its recipients are left, due when.
pub struct Changed {
    pub seq: Seq,
    pub standing: Standing,
    pub unsettled: Vec<(usize, i64)>,
}

pub struct LineBack {
    pub lane: String,
    /// Lines of another number are not used again.
    pub lines: u64,
    pub seq: Seq,
    pub routes: RouteSet,
    pub line: Option<(Box<dyn Line>, usize)>,
    pub went: Went,
    /// How many recipients the provider was told of.
    pub recipients: u32,
    pub trouble: Option<Trouble>,
    /// Its sender is not one whose mail is taken.
    pub refused: Option<Told>,
    pub from: From,
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
/// The store could not tell which way mail goes.
const ASK_AGAIN: Duration = Duration::from_secs(10);
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
    roads: Roads,
    paused: bool,
    prune_at: i64,
    /// When it last looked at the clock.
    seen: Timestamp,
    /// Since when what waits is really being tried.
    afresh_since: Timestamp,
    /// When senders are looked for that are refused and have no mail any more; never while nothing has changed.
    tidy_at: Option<Timestamp>,
}

/// How it was left by the engine before.
pub struct Start<'a> {
    pub open: &'a [Open],
    pub paused: bool,
    pub paused_lanes: Vec<String>,
    pub before: HashMap<String, Before>,
}

impl Dispatcher {
    pub fn new(
        store: Store,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        plan: Plan,
        (ticks, inbox): (mpsc::UnboundedSender<Tick>, mpsc::UnboundedReceiver<Tick>),
        Start { open, paused, paused_lanes, before }: Start<'_>,
    ) -> Self {
        let now = clock.now();
        let agenda = Agenda::new(open, &plan.schedule, &plan.routing, now);
        let roads = Roads::new(&plan, before, paused_lanes);
        Self {
            store,
            board,
            clock,
            ticks,
            inbox,
            plan: Arc::new(plan),
            agenda,
            roads,
            paused,
            prune_at: i64::MIN,
            seen: now,
            afresh_since: now,
            tidy_at: None,
        }
    }

    pub async fn run(mut self) {
        if !self.plan.routing.is_trivial() {
            self.ask_for_routes();
        }
        self.show_lanes();
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
            Tick::Kept(entries) => entries.into_iter().for_each(|entry| self.agenda.add(entry, &self.plan.routing, now)),
            Tick::Changed(changes) => {
                if changes.iter().any(|changed| !changed.standing.open) {
                    self.tidy_refused_soon(now);
                }
                changes.into_iter().for_each(|changed| self.agenda.update(changed.seq, &changed.standing, &changed.unsettled, now));
            }
            Tick::Routed { plan, all } => {
                if plan == self.plan.number {
                    self.agenda.routed(&all, &self.plan.routing, now);
                }
            }
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
            Tick::LanePaused { lane, paused } => {
                self.roads.pause(&lane, paused);
                self.show_lanes();
            }
            Tick::TryLane(name) => {
                for road in self.roads.all.iter_mut().filter(|road| name.as_ref().is_none_or(|name| *name == road.out.name)) {
                    road.lane.wake();
                    road.refused.test_now(now);
                }
                self.show_lanes();
            }
            Tick::ForgetLines => self.roads.renew_lines(),
            Tick::Reconfigured(plan) => self.reconfigured(*plan, now),
            Tick::Look => {}
            Tick::Stop { .. } => {}
        }
    }

    fn reconfigured(&mut self, plan: Plan, now: Timestamp) {
        let other_routes = plan.routing != self.plan.routing;
        self.plan = Arc::new(plan);
        self.roads.arrange(&self.plan);
        if other_routes {
            self.agenda.reroute(&self.plan.routing, now);
        }
        // Also where it is the same: what was asked under the plan before is not heard any more.
        if !self.plan.routing.is_trivial() {
            self.ask_for_routes();
        }
        self.begin_afresh(now);
        self.tidy_refused();
        self.show_lanes();
    }

    /// Asks the store which way everything goes that waits.
    fn ask_for_routes(&self) {
        let (store, ticks, plan) = (self.store.clone(), self.ticks.clone(), self.plan.number);
        tokio::spawn(async move {
            while !ticks.is_closed() {
                match store.open_recipients().await {
                    Ok(all) => return drop(ticks.send(Tick::Routed { plan, all })),
                    Err(error) => tracing::warn!(error = error.chain(), "Could not read which way mail goes; trying again"),
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        });
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
        self.roads.all.iter_mut().for_each(|road| road.lane.close_idle(now, road.out.idle));
        // What cannot be written down is not done: after a restart it would be done again.
        if !self.store.takes_outcomes() {
            return;
        }
        self.prune(now);
        if self.tidy_at.is_some_and(|at| at <= now) {
            self.tidy_refused();
        }
        if self.roads.all.is_empty() || self.paused {
            return;
        }
        let ways = self.roads.ways(&self.plan, now);
        self.agenda.set_frozen(ways.frozen, now);
        for (seq, deadline) in self.agenda.deadlines_due(now) {
            let desk = self.desk();
            match deadline {
                Deadline::Notice => tokio::spawn(attempt::tell_late(desk, seq)),
                Deadline::Expire => tokio::spawn(attempt::give_up(desk, seq)),
            };
        }
        let mut is_due = false;
        // Whoever is down first: the one message that sees whether it still is must not be gone by another way before.
        let is_down = |lane: &usize| self.roads.all.get(*lane).is_some_and(|road| road.lane.is_down(self.plan.failover_after, now));
        let (down, well): (Vec<usize>, Vec<usize>) = (0..self.roads.all.len()).partition(is_down);
        for lane in down.into_iter().chain(well) {
            while self.start(lane, &ways, now) {
                is_due = true;
            }
            is_due |= self.first_due(lane, &ways, now).is_some_and(|due| due <= now.as_millisecond());
        }
        if is_due {
            // Also what waits for the sake of the pace is shown.
            self.show_lanes();
        }
    }

    /// Starts the next attempt of a lane, if there is one for it now.
    fn start(&mut self, lane: usize, ways: &Ways, now: Timestamp) -> bool {
        if !self.store.takes_outcomes() {
            return false;
        }
        let Some(road) = self.roads.all.get_mut(lane).filter(|road| !road.is_paused) else { return false };
        let routes = ways.of_lane(lane, road.lane.is_down(self.plan.failover_after, now));
        let draw = Draw { lane, routes, refused: &road.refused };
        let Some(turn) = road.lane.turn(road.pace.parallel(), now) else { return false };
        let Ok(recipients) = road.pace.may_start(now) else { return false };
        let Some(Due { seq, cached, suspect, from }) = self.agenda.next_due(draw, turn, now) else { return false };
        road.refused.starts(from, seq);
        road.pace.start(seq, recipients, now);
        let line = road.lane.take_line();
        let (out, lines) = (Arc::clone(&road.out), road.lines);
        let (desk, plan) = (self.desk(), Arc::clone(&self.plan));
        tokio::spawn(Attempted { desk, out, lines, plan, seq, from, routes, suspect, recipients }.run(cached, line));
        true
    }

    /// When the first message is due that a lane may take.
    fn first_due(&self, lane: usize, ways: &Ways, now: Timestamp) -> Option<i64> {
        let road = self.roads.all.get(lane)?;
        let routes = ways.of_lane(lane, road.lane.is_down(self.plan.failover_after, now));
        self.agenda.first_due(Draw { lane, routes, refused: &road.refused })
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
        for road in &mut self.roads.all {
            road.lane.clock_was_set(now, self.plan.longest_rest);
            road.pace.clock_was_set(now);
            road.refused.clock_was_set(now, self.plan.schedule.longest_retry);
        }
        self.prune_at = self.prune_at.min(now.as_millisecond());
        self.begin_afresh(now);
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
        let time = self.clock.now();
        let now = time.as_millisecond();
        let mut next = self.roads.all.iter().map(|road| road.lane.idle_until(road.out.idle)).min().unwrap_or(i64::MAX);
        // A store that works again, or has written what was on its way, wakes us.
        if self.store.takes_outcomes() {
            next = next.min(self.prune_at);
            next = next.min(self.tidy_at.map_or(i64::MAX, Timestamp::as_millisecond));
            if !self.roads.all.is_empty() && !self.paused {
                next = next.min(self.next_for(time));
            }
        }
        Duration::from_millis(next.saturating_sub(now).clamp(1, LONGEST_SLEEP.as_millis() as i64).unsigned_abs())
    }

    /// When the agenda or a lane have something to do, and the pace lets them.
    fn next_for(&mut self, now: Timestamp) -> i64 {
        let ways = self.roads.ways(&self.plan, now);
        let mut next = self.agenda.first_deadline().unwrap_or(i64::MAX);
        let several = self.roads.all.len() > 1;
        for (lane, road) in self.roads.all.iter_mut().enumerate() {
            let from = road.lane.down_from(self.plan.failover_after);
            // Its mail goes another way from then on.
            let fails_over = from.filter(|from| several && *from > now).map(Timestamp::as_millisecond);
            next = next.min(fails_over.unwrap_or(i64::MAX));
            if road.is_paused {
                continue;
            }
            let parallel = road.pace.parallel();
            let pace = road.pace.may_start(now).err();
            let in_pace = |at: i64| pace.map_or(at, |free_at| at.max(free_at));
            let routes = ways.of_lane(lane, from.is_some_and(|from| from <= now));
            let draw = Draw { lane, routes, refused: &road.refused };
            let attempt = self.agenda.first_due(draw).map(|due| in_pace(road.lane.open_again_at(due, parallel)));
            let another = road.lane.in_doubt().and_then(|heard| self.agenda.first_due_but(draw, heard)).filter(|_| road.lane.busy() == 0);
            next = [attempt, another.map(in_pace)].into_iter().flatten().fold(next, i64::min);
        }
        next
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

    /// Lets attempts under way come to their end, for a while.
    async fn stop(&mut self, within: Duration) {
        self.paused = true;
        let ended = tokio::time::timeout(within, async {
            while self.roads.busy() > 0 || self.agenda.in_hand() > 0 {
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
        self.roads.all.iter_mut().for_each(|road| road.lane.forget_lines());
    }
}
