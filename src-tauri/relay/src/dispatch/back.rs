//! What comes back of an attempt: what it says of its lane, of its message, and of its sender.

use super::refused::{From, Told};
use super::{Dispatcher, LineBack, Went};
use crate::event::Notice;
use crate::mail::reply::RemoteReply;
use crate::queue::{Seq, from_of, later};
use crate::smarthost::{Trouble, TroubleKind};
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// How soon a sender that was refused and has no mail any more is forgotten.
const TIDY_AFTER: Duration = Duration::from_secs(5);

impl Dispatcher {
    pub(super) fn line_back(&mut self, back: LineBack, now: Timestamp) {
        let Some(lane) = self.roads.find(&back.lane) else { return self.show_lanes() };
        let Some(road) = self.roads.all.get_mut(lane) else { return };
        let current = back.lines == road.lines;
        road.pace.back(back.seq, back.recipients, now);
        match back.went {
            Went::HandedOver => {
                road.pace.went_well();
                for seq in road.lane.handed_over(now).into_iter().filter(|seq| current && *seq != back.seq) {
                    self.agenda.suspect(seq, lane, now);
                }
            }
            Went::Answered => road.lane.answered(now),
            Went::Tried | Went::Nowhere => {}
        }
        let was_tried = back.went != Went::Nowhere;
        if was_tried {
            self.agenda.tried(back.seq, back.routes, now);
        }
        road.lane.give_back(back.line.filter(|(_, handed)| current && *handed < road.out.per_connection), now);
        if let Some(trouble) = back.trouble.filter(|_| current) {
            tell_log(&road.out.server, &trouble);
            if trouble.kind == TroubleKind::Throttled {
                road.pace.slow_down(now);
            }
            road.lane.rest(trouble, was_tried.then_some(back.seq), now, self.plan.first_rest, self.plan.longest_rest);
            let shut = self.roads.shut_for(&self.plan, self.plan.longest_rest, self.afresh_since, now);
            if !shut.is_empty() {
                // Nobody gets further than this: it counts as a try of everything that waits behind it.
                self.agenda.all_tried(shut, now);
            }
        }
        self.sender_back(lane, back.from, back.seq, back.refused.filter(|_| current), back.went, now);
        self.show_lanes();
    }

    /// What an attempt says of its sender: refused, it is that sender's mail that waits, and nobody else's.
    fn sender_back(&mut self, lane: usize, from: From, seq: Seq, refused: Option<Told>, went: Went, now: Timestamp) {
        let Some(road) = self.roads.all.get_mut(lane) else { return };
        let name = road.out.name.clone();
        match refused {
            Some(told) => {
                let notice = Notice::SenderRefused { lane: name, sender: told.sender.clone(), said: told.said.clone() };
                let since = road.refused.refused(from, seq, &self.plan.schedule, now);
                self.board.raise_once(notice);
                let long = self.plan.schedule.longest_retry;
                if since.is_some_and(|since| later(since.max(self.afresh_since), long) <= now) {
                    let routes = self.roads.ways(&self.plan, now).current(lane);
                    self.agenda.all_tried_from(from, routes, now);
                }
            }
            None => {
                if road.refused.back(from, seq, went == Went::HandedOver) {
                    self.show_refused();
                }
            }
        }
    }

    pub(super) fn tidy_refused_soon(&mut self, now: Timestamp) {
        if self.tidy_at.is_none() && self.roads.all.iter().any(|road| !road.refused.is_empty()) {
            self.tidy_at = Some(later(now, TIDY_AFTER));
        }
    }

    /// Senders that have no mail here any more are forgotten.
    pub(super) fn tidy_refused(&mut self) {
        self.tidy_at = None;
        let known: HashSet<From> = self.roads.all.iter().flat_map(|road| road.refused.senders()).collect();
        if !known.is_empty() {
            let left = self.agenda.who_waits(&known);
            self.roads.all.iter_mut().for_each(|road| road.refused.keep(&left));
        }
        self.show_refused();
    }

    /// Takes back notices of senders that are refused no longer.
    fn show_refused(&self) {
        let still = |lane: &str, sender: &str| {
            let road = self.roads.find(lane).and_then(|place| self.roads.all.get(place));
            road.is_some_and(|road| road.refused.holds(from_of(sender)))
        };
        self.board.lower(|notice| matches!(notice, Notice::SenderRefused { lane, sender, .. } if !still(lane, sender)));
    }
}

/// The other side's words and the account may be somebody's: they are for whoever asks for details.
fn tell_log(server: &str, trouble: &Trouble) {
    let reply = RemoteReply::parse(&trouble.said).filter(|reply| (400..600).contains(&reply.code));
    let (code, status) = reply.map_or((None, None), |reply| (Some(reply.code), reply.enhanced.map(|status| status.to_string())));
    tracing::warn!(kind = ?trouble.kind, server, code, status, "The way to the smart host is down");
    tracing::debug!(subject = trouble.subject, said = trouble.said, "In its own words");
}
