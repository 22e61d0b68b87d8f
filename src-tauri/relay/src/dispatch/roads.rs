//! All lanes with what belongs to each: its connections and health, its pace, what a person wants, senders it refuses.
//!
//! In: plans, one after the other. Out: the same lanes where nothing changed, with their lines and their health.
//! Invariant: what was used of a provider's limits is never forgotten by a change of settings.

use super::failover::{Health, Ways};
use super::lane::Lane;
use super::pace::Pace;
use super::plan::{Out, Plan};
use super::refused::Refused;
use crate::route::RouteSet;
use crate::store::Before;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

pub struct Road {
    pub out: Arc<Out>,
    /// Lines of another number are not used again.
    pub lines: u64,
    pub lane: Lane,
    pub pace: Pace,
    pub refused: Refused,
    pub is_paused: bool,
}

pub struct Roads {
    pub all: Vec<Road>,
    /// What lanes used that are gone: they may come back.
    gone: HashMap<String, Pace>,
    before: HashMap<String, Before>,
    paused: HashSet<String>,
    numbers: u64,
}

impl Roads {
    pub fn new(plan: &Plan, before: HashMap<String, Before>, paused: impl IntoIterator<Item = String>) -> Self {
        let mut roads = Self { all: Vec::new(), gone: HashMap::new(), before, paused: paused.into_iter().collect(), numbers: 0 };
        roads.arrange(plan);
        roads
    }

    /// Lanes as the plan has them. Those that are as they were go on; others begin with new lines.
    pub fn arrange(&mut self, plan: &Plan) {
        let mut former: HashMap<String, Road> =
            std::mem::take(&mut self.all).into_iter().map(|road| (road.out.name.clone(), road)).collect();
        for out in &plan.lanes {
            let road = match former.remove(&out.name) {
                Some(road) => self.go_on(road, out),
                None => self.begin(out),
            };
            self.all.push(road);
        }
        for (name, mut road) in former {
            road.lane.forget_lines();
            self.gone.insert(name, road.pace);
        }
    }

    fn go_on(&mut self, mut road: Road, out: &Arc<Out>) -> Road {
        let is_same = road.out.likeness.is_some() && road.out.likeness == out.likeness;
        road.out = Arc::clone(out);
        if is_same {
            road.pace.limit(out.pace, out.parallel);
            return road;
        }
        self.numbers += 1;
        road.lines = self.numbers;
        road.lane.forget_lines();
        road.lane.wake();
        road.refused = Refused::default();
        road.pace.set(out.pace, out.parallel);
        road
    }

    fn begin(&mut self, out: &Arc<Out>) -> Road {
        self.numbers += 1;
        let pace = match self.gone.remove(&out.name) {
            Some(mut pace) => {
                pace.set(out.pace, out.parallel);
                pace
            }
            None => Pace::new(out.pace, out.parallel, &self.before.remove(&out.name).unwrap_or_default()),
        };
        Road {
            out: Arc::clone(out),
            lines: self.numbers,
            lane: Lane::default(),
            pace,
            refused: Refused::default(),
            is_paused: self.paused.contains(&out.name),
        }
    }

    /// Lines that are open now are not used again.
    pub fn renew_lines(&mut self) {
        for road in &mut self.all {
            self.numbers += 1;
            road.lines = self.numbers;
            road.lane.forget_lines();
        }
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|road| road.out.name == name)
    }

    pub fn pause(&mut self, name: &str, paused: bool) {
        if paused {
            self.paused.insert(name.to_owned());
        } else {
            self.paused.remove(name);
        }
        if let Some(road) = self.find(name).and_then(|place| self.all.get_mut(place)) {
            road.is_paused = paused;
        }
    }

    pub fn ways(&self, plan: &Plan, now: Timestamp) -> Ways {
        let health = |road: &Road| Health { is_down: road.lane.is_down(plan.failover_after, now), is_paused: road.is_paused };
        Ways::of(&plan.routing, &self.all.iter().map(health).collect::<Vec<_>>())
    }

    /// Routes nothing gets through on: all their lanes have been down for so long, and no person has paused one.
    pub fn shut_for(&self, plan: &Plan, long: Duration, since_at_least: Timestamp, now: Timestamp) -> RouteSet {
        let is_shut = |lane: &usize| {
            self.all
                .get(*lane)
                .filter(|road| !road.is_paused)
                .and_then(|road| road.lane.resting())
                .is_some_and(|(_, since, _)| crate::queue::later(since.max(since_at_least), long) <= now)
        };
        plan.routing.all().filter(|route| plan.routing.order(*route).iter().all(is_shut)).collect()
    }

    pub fn busy(&self) -> usize {
        self.all.iter().map(|road| road.lane.busy()).sum()
    }
}
