//! Which routes the unsettled recipients of one message take, and when each is due. Pure.
//!
//! Most messages take one, and of those nothing more is kept than that. Invariant: a message that takes several routes
//! counts as tried only when it was tried on all of them.

use crate::queue::QueueEntry;
use crate::route::{RouteNo, RouteSet, Routing};
use crate::store::OpenRecipients;

/// Recipients that are not settled, and when each is due.
pub type Dues = [(usize, i64)];

#[derive(Debug, Clone)]
pub enum Way {
    /// The store is being asked. When it is due, and what was told of its recipients meanwhile.
    Unknown {
        due: i64,
        told: Option<Box<Dues>>,
    },
    One(Part),
    Several(Box<Several>),
}

#[derive(Debug, Clone)]
pub struct Several {
    /// By recipient.
    of: Box<[RouteNo]>,
    parts: Vec<Part>,
}

/// What a message has to do on one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub route: RouteNo,
    /// As the store has it.
    pub due: i64,
    /// When it is really to be tried: the same, unless that was read from a clock that ran ahead, or it was put off.
    pub at: i64,
    /// It was really tried, or the lanes were down for long enough.
    pub tried: bool,
}

impl Part {
    fn fresh(route: RouteNo, due: i64) -> Self {
        Self { route, due, at: due, tried: false }
    }
}

impl Way {
    pub fn unknown(due: i64) -> Self {
        Self::Unknown { due, told: None }
    }

    pub fn one(route: RouteNo, due: i64) -> Self {
        Self::One(Part::fresh(route, due))
    }

    /// Of a new message: all of it is due when it was accepted.
    pub fn of(entry: &QueueEntry, routing: &Routing) -> Self {
        let due = entry.accepted_at.as_millisecond();
        if routing.is_trivial() {
            return Self::one(0, due);
        }
        let client = entry.peer.as_ref().map(|peer| peer.address);
        let route = |path: &crate::mail::ForwardPath| routing.route_of(client, &entry.reverse_path, &path.mailbox);
        let of: Box<[RouteNo]> = entry.recipients.iter().map(|recipient| route(&recipient.path)).collect();
        let dues: Vec<(usize, i64)> = (0..of.len()).map(|n| (n, due)).collect();
        Self::known(of, &dues, due)
    }

    fn known(of: Box<[RouteNo]>, dues: &Dues, otherwise: i64) -> Self {
        let parts = parts(&of, dues);
        match parts.as_slice() {
            [] => Self::one(0, otherwise),
            // Those that are settled do not come back.
            [one] => Self::One(*one),
            _ => Self::Several(Box::new(Several { of, parts })),
        }
    }

    /// The store has told which recipients there are.
    pub fn become_known(&mut self, open: &OpenRecipients, routing: &Routing) {
        let Self::Unknown { due, told } = self else { return };
        let last = open.unsettled.iter().map(|(n, ..)| n + 1).max().unwrap_or_default();
        let mut of = vec![u8::try_from(routing.routes.len()).unwrap_or_default(); last].into_boxed_slice();
        for (n, path, _) in &open.unsettled {
            if let Some(path) = path {
                of[*n] = routing.route_of(open.client, &open.reverse_path, &path.mailbox);
            }
        }
        let read: Vec<(usize, i64)> = open.unsettled.iter().map(|(n, _, due)| (*n, *due)).collect();
        *self = Self::known(of, told.as_deref().unwrap_or(&read), *due);
    }

    pub fn set_due(&mut self, next: Option<i64>, unsettled: &Dues) {
        match self {
            Self::Unknown { due, told } => (*due, *told) = (next.unwrap_or(*due), Some(unsettled.into())),
            Self::One(part) => part.due = next.unwrap_or(part.due),
            Self::Several(several) => {
                let mut parts = parts(&several.of, unsettled);
                for part in &mut parts {
                    part.tried = several.parts.iter().any(|before| before.route == part.route && before.tried);
                }
                if !parts.is_empty() {
                    several.parts = parts;
                }
            }
        }
    }

    /// When the first of it is due.
    pub fn due(&self) -> i64 {
        match self {
            Self::Unknown { due, .. } => *due,
            Self::One(_) | Self::Several(_) => self.parts().iter().map(|part| part.due).min().unwrap_or_default(),
        }
    }

    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Unknown { .. } => &[],
            Self::One(part) => std::slice::from_ref(part),
            Self::Several(several) => &several.parts,
        }
    }

    pub fn parts_mut(&mut self) -> &mut [Part] {
        match self {
            Self::Unknown { .. } => &mut [],
            Self::One(part) => std::slice::from_mut(part),
            Self::Several(several) => &mut several.parts,
        }
    }

    pub fn tried(&mut self, routes: RouteSet) {
        self.parts_mut().iter_mut().filter(|part| routes.holds(part.route)).for_each(|part| part.tried = true);
    }

    pub fn forget_tries(&mut self, routes: RouteSet) {
        self.parts_mut().iter_mut().filter(|part| routes.holds(part.route)).for_each(|part| part.tried = false);
    }

    /// On all its routes, and none of them waits for a person.
    pub fn was_tried(&self, frozen: RouteSet) -> bool {
        let parts = self.parts();
        !parts.is_empty() && parts.iter().all(|part| part.tried && !frozen.holds(part.route))
    }
}

/// One for each route, due when the first of its recipients is.
fn parts(of: &[RouteNo], dues: &Dues) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (n, due) in dues {
        let Some(route) = of.get(*n).copied() else { continue };
        match parts.iter_mut().find(|part| part.route == route) {
            Some(part) => part.due = part.due.min(*due),
            None => parts.push(Part::fresh(route, *due)),
        }
    }
    parts
}
