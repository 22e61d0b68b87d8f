//! How the lanes stand, for the board.

use super::Dispatcher;
use super::agenda::Draw;
use super::failover::Ways;
use crate::config::DEFAULT_LANE;
use crate::event::{self, LaneState};
use crate::route::Signpost;
use jiff::Timestamp;

impl Dispatcher {
    pub(super) fn show_lanes(&mut self) {
        let now = self.clock.now();
        let ways = self.roads.ways(&self.plan, now);
        // Before it is told that a lane changed: who asks then sees what waits for which.
        self.store.set_signpost(self.signpost(&ways));
        let mut lanes = (0..self.roads.all.len()).filter_map(|lane| self.lane_seen(lane, &ways, now)).collect::<Vec<_>>().into_iter();
        self.board.set_lane(lanes.next().unwrap_or_else(|| event::Lane::not_set_up(DEFAULT_LANE)));
        self.board.set_other_lanes(lanes.collect());
    }

    fn signpost(&self, ways: &Ways) -> Option<Signpost> {
        let roads = &self.roads.all;
        let lanes = || roads.iter().enumerate().map(|(lane, road)| (road.out.name.clone(), ways.waiting(lane))).collect();
        (roads.len() > 1).then(|| Signpost { routing: self.plan.routing.clone(), lanes: lanes() })
    }

    fn lane_seen(&mut self, lane: usize, ways: &Ways, now: Timestamp) -> Option<event::Lane> {
        let several = self.roads.all.len() > 1;
        let road = self.roads.all.get_mut(lane)?;
        let is_down = road.lane.is_down(self.plan.failover_after, now);
        let draw = Draw { lane, routes: ways.of_lane(lane, is_down), refused: &road.refused };
        let rests = road.lane.resting().is_some();
        let due = !self.paused && !road.is_paused && !rests && self.agenda.first_due(draw).is_some_and(|due| due <= now.as_millisecond());
        let waiting = if several { self.agenda.waiting_on(ways.waiting(lane)) } else { 0 };
        let pace = road.pace.seen(now, due);
        let state = match road.lane.resting() {
            Some((trouble, since, next_try)) => LaneState::Throttled { trouble: trouble.clone(), since, next_try },
            None if road.lane.busy() > 0 => LaneState::Sending,
            None => LaneState::Ready,
        };
        Some(event::Lane {
            name: road.out.name.clone(),
            server: road.out.server.clone(),
            port: road.out.port,
            state,
            connections: u32::try_from(road.lane.connections()).unwrap_or(u32::MAX),
            pace,
            last_success_at: road.lane.last_success(),
            paused: road.is_paused,
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
            failed_over: ways.is_left(lane),
        })
    }
}
