//! How much a client may send in a minute, an hour, a day. Pure: the time is an argument.
//!
//! In: the limits of a client's rule, what was taken from it. Out: an [`Allowance`] for what it may send now.
//! Sliding: in no minute, hour or day is more taken than allowed, wherever it begins. Each period is counted in
//! [`SLICES`] slices, and a slice counts until the whole of it is over: a limit may hold a twelfth longer than it must.
//! Counted in memory: a restart of the engine begins anew.

use super::bounded::Bounded;
use jiff::Timestamp;
use std::net::IpAddr;

/// Clients that are counted at a time.
const CLIENTS: usize = 10_000;
const SLICES: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Minute,
    Hour,
    Day,
}

impl Period {
    const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// As in "three times a day".
    pub fn each(self) -> &'static str {
        match self {
            Self::Minute => "a minute",
            Self::Hour => "an hour",
            Self::Day => "a day",
        }
    }
}

/// Limits for a minute, an hour and a day; None: there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits(pub [Option<u32>; 3]);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    pub messages: Limits,
    pub recipients: Limits,
}

impl Rates {
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

/// What may be taken from a client now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    pub messages: Room,
    pub recipients: Room,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Room {
    #[default]
    Unlimited,
    /// So many more; the limit that leaves the fewest, as the client is told of it.
    Left { left: u32, limit: u32, period: Period },
}

impl Room {
    /// None when so many more fit; else the limit.
    pub fn limit_for(self, more: u32) -> Option<(u32, Period)> {
        match self {
            Self::Unlimited => None,
            Self::Left { left, limit, period } => (more > left).then_some((limit, period)),
        }
    }

    #[must_use]
    pub fn after(self, taken: u32) -> Self {
        match self {
            Self::Unlimited => Self::Unlimited,
            Self::Left { left, limit, period } => Self::Left { left: left.saturating_sub(taken), limit, period },
        }
    }
}

/// What was taken from each client lately.
#[derive(Debug)]
pub struct Counters {
    clients: Bounded<IpAddr, Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    messages: [Slices; 3],
    recipients: [Slices; 3],
}

impl Default for Counters {
    fn default() -> Self {
        Self { clients: Bounded::new(CLIENTS) }
    }
}

impl Counters {
    pub fn allowance(&self, client: IpAddr, rates: &Rates, now: Timestamp) -> Allowance {
        if rates.is_unlimited() {
            return Allowance::default();
        }
        let nothing = Taken::default();
        let taken = self.clients.get(&client).unwrap_or(&nothing);
        Allowance { messages: room(&rates.messages, &taken.messages, now), recipients: room(&rates.recipients, &taken.recipients, now) }
    }

    /// A message was taken.
    pub fn count(&mut self, client: IpAddr, recipients: u32, now: Timestamp) {
        let taken = self.clients.entry(&client, now);
        for (index, period) in Period::ALL.into_iter().enumerate() {
            taken.messages[index].add(1, period, now);
            taken.recipients[index].add(recipients, period, now);
        }
    }
}

fn room(limits: &Limits, taken: &[Slices; 3], now: Timestamp) -> Room {
    let mut tightest = Room::Unlimited;
    for ((limit, taken), period) in limits.0.iter().zip(taken).zip(Period::ALL) {
        let Some(limit) = *limit else { continue };
        let left = limit.saturating_sub(taken.sum(period, now));
        let is_tighter = match tightest {
            Room::Unlimited => true,
            Room::Left { left: least, .. } => left < least,
        };
        if is_tighter {
            tightest = Room::Left { left, limit, period };
        }
    }
    tightest
}

/// The slice under way and those of one whole period before it.
#[derive(Debug, Default, Clone, Copy)]
struct Slices {
    /// Which slice, counted from 1970, the newest is.
    newest: i64,
    /// A ring; `newest` stands at its remainder.
    counts: [u32; SLICES + 1],
}

impl Slices {
    fn add(&mut self, more: u32, period: Period, now: Timestamp) {
        let slice = slice(period, now);
        if slice < self.newest - SLICES as i64 {
            // The clock was set back: what it counted in a time to come must not hold anybody up until then.
            *self = Self { newest: slice, ..Self::default() };
        }
        if slice > self.newest {
            let passed = (slice - self.newest).min(SLICES as i64 + 1);
            for step in 0..passed {
                self.counts[place(slice - step)] = 0;
            }
            self.newest = slice;
        }
        let count = &mut self.counts[place(self.newest)];
        *count = count.saturating_add(more);
    }

    fn sum(&self, period: Period, now: Timestamp) -> u32 {
        let slice = slice(period, now);
        if slice < self.newest - SLICES as i64 {
            return 0;
        }
        let oldest = slice - SLICES as i64;
        let still = (oldest.max(self.newest - SLICES as i64)..=self.newest).map(|slice| self.counts[place(slice)]);
        still.fold(0, u32::saturating_add)
    }
}

fn slice(period: Period, now: Timestamp) -> i64 {
    now.as_millisecond().div_euclid(period.seconds() * 1000 / SLICES as i64)
}

fn place(slice: i64) -> usize {
    usize::try_from(slice.rem_euclid(SLICES as i64 + 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap_or_default()
    }

    fn rates(messages: [Option<u32>; 3], recipients: [Option<u32>; 3]) -> Rates {
        Rates { messages: Limits(messages), recipients: Limits(recipients) }
    }

    #[test]
    fn the_tightest_limit_is_named() {
        let limits = rates([Some(10), Some(12), None], [None, None, Some(50)]);
        let mut counters = Counters::default();
        let start = 1_800_000_000_000;
        let messages = |counters: &Counters, millis| counters.allowance(CLIENT, &limits, at(start + millis)).messages;
        assert_eq!(messages(&counters, 0), Room::Left { left: 10, limit: 10, period: Period::Minute });
        for second in 0..10 {
            counters.count(CLIENT, 4, at(start + second * 1000));
        }
        assert_eq!(messages(&counters, 10_000).limit_for(1), Some((10, Period::Minute)));
        assert_eq!(messages(&counters, 75_000), Room::Left { left: 2, limit: 12, period: Period::Hour });
        let recipients = counters.allowance(CLIENT, &limits, at(start + 75_000)).recipients;
        assert_eq!(recipients, Room::Left { left: 10, limit: 50, period: Period::Day });
        assert_eq!((recipients.limit_for(10), recipients.limit_for(11)), (None, Some((50, Period::Day))));
        assert_eq!(recipients.after(4).limit_for(7), Some((50, Period::Day)));
    }

    #[test]
    fn who_has_no_limit_has_all_room_and_clients_are_counted_apart() {
        let mut counters = Counters::default();
        counters.count(CLIENT, 1000, at(0));
        assert_eq!(counters.allowance(CLIENT, &Rates::default(), at(0)), Allowance::default());
        assert_eq!(Room::Unlimited.limit_for(u32::MAX), None);
        let one = rates([Some(1), None, None], [None; 3]);
        assert!(counters.allowance(CLIENT, &one, at(0)).messages.limit_for(1).is_some());
        assert!(counters.allowance([10, 0, 0, 8].into(), &one, at(0)).messages.limit_for(1).is_none());
    }

    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let one = rates([Some(1), Some(1), Some(1)], [None; 3]);
        let mut counters = Counters::default();
        let year = 365 * 86_400_000;
        counters.count(CLIENT, 1, at(60 * year));
        assert!(counters.allowance(CLIENT, &one, at(56 * year)).messages.limit_for(1).is_none());
        counters.count(CLIENT, 1, at(56 * year));
        assert!(counters.allowance(CLIENT, &one, at(56 * year)).messages.limit_for(1).is_some());
        assert!(counters.allowance(CLIENT, &one, at(56 * year + 2 * 86_400_000)).messages.limit_for(1).is_none());
    }

    proptest! {
        /// Whatever the gaps, no window of a period holds more than its limit; and after a period and a slice all is free.
        #[test]
        fn no_window_holds_more_than_its_limit(
            gaps in prop::collection::vec(0i64..40_000, 1..200), limit in 1u32..8, hourly in 1u32..40
        ) {
            let limits = rates([Some(limit), Some(hourly), None], [None; 3]);
            let mut counters = Counters::default();
            let mut now = 1_800_000_000_000;
            let mut taken: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                if counters.allowance(CLIENT, &limits, at(now)).messages.limit_for(1).is_none() {
                    counters.count(CLIENT, 1, at(now));
                    taken.push(now);
                }
                for (most, length) in [(limit, 60_000), (hourly, 3_600_000)] {
                    let within = taken.iter().filter(|then| **then > now - length).count();
                    prop_assert!(within <= most as usize, "{within} within {length} ms");
                }
            }
            let later = at(now + 3_600_000 + 300_000);
            prop_assert_eq!(counters.allowance(CLIENT, &limits, later).messages.limit_for(limit.min(hourly)), None);
        }
    }
}
