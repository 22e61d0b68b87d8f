//! Which smart hosts a recipient's mail goes through: the first route that fits decides, the rest takes the usual way.
//!
//! In: reverse-path, recipient, the client's address. Out: the number of a route, and with it the order of its lanes.
//! Pure; case counts nowhere, as in `policy::lists`.
//!
//! Invariant: the same message and the same routing give the same route, whatever the health of any lane.

use crate::mail::{Mailbox, ReversePath};
use crate::policy::{AddressList, Network};
use std::net::IpAddr;

/// A smart host by its place in the configuration.
pub type LaneNo = usize;
/// A route by its place; the number behind the last one is the rest's.
pub type RouteNo = u8;

/// So many routes, and the rest beside them, fit in a [`RouteSet`].
pub const MOST_ROUTES: usize = 63;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// [`MOST_ROUTES`] at most.
    pub routes: Vec<Route>,
    /// For what no route fits; never empty.
    pub rest: Vec<LaneNo>,
}

impl Default for Routing {
    /// Everything through the one smart host.
    fn default() -> Self {
        Self { routes: Vec::new(), rest: vec![0] }
    }
}

/// All of it must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub senders: Senders,
    /// Empty: any.
    pub recipients: AddressList,
    /// Empty: any; else who has no address (reports and tests of our own) is not meant.
    pub clients: Vec<Network>,
    /// Lanes in their order: the first that is not down takes the mail. Never empty.
    pub via: Vec<LaneNo>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Senders {
    pub list: AddressList,
    /// Also reports, whose reverse-path is empty.
    pub reports: bool,
}

impl Senders {
    fn fit(&self, reverse_path: &ReversePath) -> bool {
        if self.list.is_empty() && !self.reports {
            return true;
        }
        match reverse_path {
            ReversePath::Null => self.reports,
            ReversePath::Mailbox(mailbox) => self.list.holds(mailbox),
        }
    }
}

impl Routing {
    /// Whether all mail takes the same way.
    pub fn is_trivial(&self) -> bool {
        self.routes.is_empty()
    }

    pub fn route_of(&self, client: Option<IpAddr>, reverse_path: &ReversePath, recipient: &Mailbox) -> RouteNo {
        let fits = |route: &Route| {
            route.senders.fit(reverse_path)
                && route.recipients.allows(recipient)
                && (route.clients.is_empty() || client.is_some_and(|client| route.clients.iter().any(|network| network.contains(client))))
        };
        let place = self.routes.iter().position(fits).unwrap_or(self.routes.len()).min(MOST_ROUTES);
        u8::try_from(place).unwrap_or_default()
    }

    /// The lanes of a route in their order.
    pub fn order(&self, route: RouteNo) -> &[LaneNo] {
        self.routes.get(usize::from(route)).map_or(&self.rest, |route| &route.via)
    }

    /// Every route, the rest last.
    pub fn all(&self) -> impl Iterator<Item = RouteNo> + use<> {
        0..=u8::try_from(self.routes.len().min(MOST_ROUTES)).unwrap_or_default()
    }
}

/// Where each route leads now: the routing, and the routes whose mail waits for each lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signpost {
    pub routing: Routing,
    /// By name.
    pub lanes: Vec<(String, RouteSet)>,
}

impl Signpost {
    /// The lane that a recipient's mail waits for.
    pub fn lane_of(&self, client: Option<IpAddr>, reverse_path: &ReversePath, recipient: &Mailbox) -> Option<&str> {
        let route = self.routing.route_of(client, reverse_path, recipient);
        self.lanes.iter().find(|(_, waiting)| waiting.holds(route)).map(|(name, _)| name.as_str())
    }
}

/// Some routes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteSet(u64);

impl RouteSet {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u64::MAX);

    pub fn holds(self, route: RouteNo) -> bool {
        self.0 & (1 << (route & 63)) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = RouteNo> + Clone {
        (0..64).filter(move |route| self.holds(*route))
    }
}

impl From<RouteNo> for RouteSet {
    fn from(route: RouteNo) -> Self {
        Self(1 << (route & 63))
    }
}

impl FromIterator<RouteNo> for RouteSet {
    fn from_iter<T: IntoIterator<Item = RouteNo>>(routes: T) -> Self {
        routes.into_iter().fold(Self::NONE, |set, route| set.with(route.into()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::AddressPattern;

    fn list(entries: &[&str]) -> AddressList {
        let pattern = |entry: &&str| match (entry.strip_prefix('.'), Mailbox::parse(entry)) {
            (Some(domain), _) => AddressPattern::SubdomainsOf(domain.to_owned()),
            (None, Ok(mailbox)) => AddressPattern::Mailbox(mailbox),
            (None, Err(_)) => AddressPattern::Domain((*entry).to_owned()),
        };
        entries.iter().map(pattern).collect()
    }

    fn route(senders: &[&str], recipients: &[&str], clients: &[&str]) -> Route {
        Route {
            senders: Senders { list: list(senders), reports: senders.contains(&"<>") },
            recipients: list(recipients),
            clients: clients.iter().map(|network| network.parse::<ipnet::IpNet>().unwrap().into()).collect(),
            via: vec![1],
        }
    }

    #[test]
    fn the_first_route_that_fits_in_every_part_decides() {
        let routing = Routing {
            routes: vec![
                route(&["alarm@office.test"], &[], &[]),
                route(&[], &["partner.test", ".partner.test"], &[]),
                route(&["office.test"], &["ann@away.test"], &["10.0.0.0/24"]),
                route(&["<>"], &[], &[]),
            ],
            rest: vec![0],
        };
        for (client, from, to, wanted) in [
            ("10.0.0.7", "ALARM@Office.test", "x@partner.test", 0),
            ("10.0.0.7", "a@office.test", "x@Partner.TEST", 1),
            ("10.0.0.7", "a@office.test", "x@de.partner.test", 1),
            ("10.0.0.7", "a@office.test", "Ann@away.test", 2),
            ("10.0.1.7", "a@office.test", "ann@away.test", 4),
            ("", "a@office.test", "ann@away.test", 4),
            ("10.0.0.7", "", "x@partner.test", 1),
            ("", "", "a@office.test", 3),
            ("10.0.0.7", "b@else.test", "ann@away.test", 4),
        ] {
            let (from, to) = (ReversePath::parse(from).unwrap(), Mailbox::parse(to).unwrap());
            assert_eq!(routing.route_of(client.parse().ok(), &from, &to), wanted, "{client} {from:?} {to:?}");
        }
        assert_eq!((routing.order(0), routing.order(4)), (&[1][..], &[0][..]));
        assert_eq!(routing.all().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn sets_of_routes_add_and_take_away() {
        let set: RouteSet = [0, 5, 63].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63]);
        assert_eq!(set.without(RouteSet::from(5)).iter().collect::<Vec<_>>(), [0, 63]);
        assert!(RouteSet::ALL.without(RouteSet::ALL).is_empty() && set.without(set).is_empty());
    }
}
