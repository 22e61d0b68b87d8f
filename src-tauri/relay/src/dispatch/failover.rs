//! Which lane a route uses now: the first in its order that is not down. Pure.
//!
//! A lane before it is still tried, with one message when its rest is over, and the route goes back when that goes well.
//! A lane that a person has paused is not down: its mail waits, as long as the person wants. But mail is not led *to* one.

use crate::route::{LaneNo, RouteNo, RouteSet, Routing};
use crate::smarthost::TroubleKind;

/// A lane as far as failover is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Its mail goes elsewhere, where there is another way.
    pub is_down: bool,
    pub is_paused: bool,
}

/// Which routes each lane serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    lanes: Vec<Served>,
    /// Routes whose mail waits for the sake of a person, who has paused a lane.
    pub frozen: RouteSet,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Served {
    /// It is their current lane.
    current: RouteSet,
    /// They go through another now, and would come back.
    former: RouteSet,
    /// Their mail waits for it: it is the current one, or all are down and it is the first.
    waiting: RouteSet,
}

impl Ways {
    pub fn of(routing: &Routing, health: &[Health]) -> Self {
        let mut ways = Self { lanes: vec![Served::default(); health.len()], frozen: RouteSet::NONE };
        for route in routing.all() {
            ways.add(route, routing.order(route), health);
        }
        ways
    }

    fn add(&mut self, route: RouteNo, order: &[LaneNo], health: &[Health]) {
        let of = |lane: &LaneNo| health.get(*lane).copied().unwrap_or_default();
        let current = order.iter().enumerate().position(|(place, lane)| !of(lane).is_down && (place == 0 || !of(lane).is_paused));
        let (before, at) = match current {
            Some(place) => (&order[..place], order.get(place)),
            // Nobody is well: whoever is well first takes it.
            None => (order, None),
        };
        for lane in before.iter().filter(|lane| !of(lane).is_paused) {
            if let Some(served) = self.lanes.get_mut(*lane) {
                served.former = served.former.with(route.into());
            }
        }
        if let Some(served) = at.and_then(|lane| self.lanes.get_mut(*lane)) {
            served.current = served.current.with(route.into());
        }
        if let Some(served) = at.or(order.first()).and_then(|lane| self.lanes.get_mut(*lane)) {
            served.waiting = served.waiting.with(route.into());
        }
        let waits_for_a_person = match at {
            Some(lane) => of(lane).is_paused,
            None => order.iter().any(|lane| of(lane).is_paused),
        };
        if waits_for_a_person {
            self.frozen = self.frozen.with(route.into());
        }
    }

    /// Whose mail a lane takes; while it is down, only to see whether it still is.
    pub fn of_lane(&self, lane: LaneNo, is_down: bool) -> RouteSet {
        let served = self.lanes.get(lane).copied().unwrap_or_default();
        if is_down { served.current.with(served.former) } else { served.current }
    }

    /// Whether another lane takes mail that would be its own.
    pub fn is_left(&self, lane: LaneNo) -> bool {
        let former = self.lanes.get(lane).map_or(RouteSet::NONE, |served| served.former);
        self.lanes.iter().any(|other| other.current.without(former) != other.current)
    }

    /// Whose mail waits for it.
    pub fn waiting(&self, lane: LaneNo) -> RouteSet {
        self.lanes.get(lane).map_or(RouteSet::NONE, |served| served.waiting)
    }

    /// Whose mail it takes as its own.
    pub fn current(&self, lane: LaneNo) -> RouteSet {
        self.lanes.get(lane).map_or(RouteSet::NONE, |served| served.current)
    }
}

/// Whether only a person can mend it, so that waiting is of no use.
pub fn wants_a_person(kind: TroubleKind) -> bool {
    match kind {
        TroubleKind::TlsNotOffered
        | TroubleKind::TlsModeSwapped
        | TroubleKind::CertificateUntrusted
        | TroubleKind::CertificateWrongName
        | TroubleKind::CertificateExpired
        | TroubleKind::CertificateFileUnusable
        | TroubleKind::SignInNotOffered
        | TroubleKind::SignInRefused
        | TroubleKind::SignInSwitchedOff
        | TroubleKind::SignInNeeded
        | TroubleKind::SecretMissing
        | TroubleKind::SigningKeyMissing
        | TroubleKind::TokenNotAccepted
        | TroubleKind::SignInLapsed
        | TroubleKind::AppSecretRefused
        | TroubleKind::AppUnknown
        | TroubleKind::ConsentMissing
        | TroubleKind::TokenRefused
        | TroubleKind::AccountBlocked => true,
        TroubleKind::HostNotFound
        | TroubleKind::ConnectionRefused
        | TroubleKind::ConnectionTimedOut
        | TroubleKind::ConnectionLost
        | TroubleKind::GreetingRefused
        | TroubleKind::TlsFailed
        | TroubleKind::TokenUnreachable
        | TroubleKind::BrokenReply
        | TroubleKind::Throttled
        | TroubleKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn health(marks: &str) -> Vec<Health> {
        marks.chars().map(|mark| Health { is_down: "dD".contains(mark), is_paused: "pD".contains(mark) }).collect()
    }

    /// `w` well, `d` down, `p` paused, `D` both; routes through lanes 0, 1, 2.
    #[test]
    fn the_first_that_is_not_down_takes_the_mail_and_those_before_it_are_tried() {
        let routing = Routing { routes: Vec::new(), rest: vec![0, 1, 2] };
        for (marks, current, tried, frozen) in [
            ("www", Some(0), "", false),
            ("dww", Some(1), "0", false),
            ("ddw", Some(2), "01", false),
            ("ddd", None, "012", false),
            ("pww", Some(0), "", true),
            ("Dww", Some(1), "", false),
            ("dpw", Some(2), "0", false),
            ("dpd", None, "02", true),
            ("dpp", None, "0", true),
            ("DDD", None, "", true),
        ] {
            let ways = Ways::of(&routing, &health(marks));
            assert_eq!((0..3).find(|lane| !ways.current(*lane).is_empty()), current, "{marks}");
            let former: String = (0..3).filter(|lane| !ways.lanes[*lane].former.is_empty()).map(|lane| lane.to_string()).collect();
            assert_eq!((former.as_str(), !ways.frozen.is_empty()), (tried, frozen), "{marks}");
        }
    }

    proptest! {
        /// A route has one current lane at most, is never led to a paused one, and never past one that is well.
        #[test]
        fn no_route_has_two_current_lanes(marks in "[wdpD]{1,5}", order in prop::collection::vec(0_usize..5, 1..5)) {
            let health = health(&marks);
            let mut via: Vec<usize> = order.into_iter().filter(|lane| *lane < health.len()).collect();
            via.dedup();
            let mut seen = std::collections::HashSet::new();
            via.retain(|lane| seen.insert(*lane));
            prop_assume!(!via.is_empty());
            let routing = Routing { routes: Vec::new(), rest: via.clone() };
            let ways = Ways::of(&routing, &health);
            let current: Vec<usize> = (0..health.len()).filter(|lane| ways.current(*lane).holds(0)).collect();
            prop_assert!(current.len() <= 1);
            if let Some(lane) = current.first() {
                prop_assert!(!health[*lane].is_down);
                prop_assert!(*lane == via[0] || !health[*lane].is_paused);
                let before = via.iter().take_while(|before| *before != lane);
                prop_assert!(before.into_iter().all(|before| health[*before].is_down || health[*before].is_paused));
            }
            let nobody = (0..health.len()).all(|lane| !ways.of_lane(lane, true).holds(0));
            prop_assert!(!nobody || ways.frozen.holds(0), "mail waits for nobody only when a person wants it");
        }
    }
}
