//! Bursts: who suddenly sends far above its own usual has its mail held. Pure: the time is an argument.
//!
//! In: recipients a sender's mail was taken for, hour by hour. Out: a [`Judgement`] of what it sends now.
//! What is usual is the busiest hour of the last 14 days, held mail not counted. A burst lasts until a person ends it
//! ([`Bursts::learn`] with what it then counts as usual), or until one whole hour went by within the measure.
//!
//! Invariant: fed with the same hours, one by one or as they were kept, it judges the same.

use super::bounded::Bounded;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;

/// How long an hour counts as usual.
pub const DAYS: i64 = 14;
/// Senders that are remembered at a time.
const SENDERS: usize = 10_000;

/// Whose mail is counted: an address, and the account it signed in with. A stolen account is used from many addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Client(IpAddr),
    Account(String),
}

const ACCOUNT: &str = "account:";

impl Who {
    /// All whom a message of this client counts for.
    pub fn all_of(client: IpAddr, account: Option<&str>) -> Vec<Self> {
        let account = account.map(|name| Self::Account(name.to_owned()));
        [Some(Self::Client(client.to_canonical())), account].into_iter().flatten().collect()
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(ACCOUNT) {
            Some("") => None,
            Some(name) => Some(Self::Account(name.to_owned())),
            None => text.parse().ok().map(|address: IpAddr| Self::Client(address.to_canonical())),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(address) => address.fmt(f),
            Self::Account(name) => write!(f, "{ACCOUNT}{name}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BurstLimits {
    /// How many times the usual is too much.
    pub times_the_usual: u32,
    /// Recipients an hour that are never too much.
    pub least_per_hour: u32,
    /// Recipients an hour that are always too much; None: there is no such number.
    pub most_per_hour: Option<u32>,
}

/// What was taken in one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentHour {
    /// Hours since 1970.
    pub number: i64,
    /// Recipients of mail that went on.
    pub recipients: u32,
    /// Recipients of mail that was held as a burst.
    pub held: u32,
    /// Recipients that a person said are usual.
    pub usual: u32,
}

impl SentHour {
    fn all(&self) -> u32 {
        self.recipients.saturating_add(self.held)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    Usual,
    /// `sent` recipients in this hour, this message's with them, and `most` would have been within the measure.
    Burst {
        sent: u32,
        most: u32,
    },
}

#[derive(Debug)]
pub struct Bursts {
    senders: Bounded<Who, Sent>,
}

#[derive(Debug, Default, Clone)]
struct Sent {
    /// The newest hour it sent in.
    this: SentHour,
    /// The one it sent in before.
    before: SentHour,
    /// The busiest hour of each day, oldest first; without `this`, but for what is `usual` of it.
    days: VecDeque<(i64, u32)>,
}

impl Default for Bursts {
    fn default() -> Self {
        Self { senders: Bounded::new(SENDERS) }
    }
}

impl Bursts {
    /// What a sender has sent, hour by hour in their order, as it was kept; takes the place of what was known.
    pub fn learn(&mut self, who: &Who, hours: impl IntoIterator<Item = SentHour>, now: Timestamp) {
        let sent = self.senders.entry(who, now);
        *sent = Sent::default();
        for hour in hours {
            sent.turn_to(hour.number);
            sent.this = hour;
        }
    }

    /// Whether a message for so many recipients is above the measure.
    pub fn judge(&self, who: &Who, recipients: u32, limits: &BurstLimits, now: Timestamp) -> Judgement {
        let mut sent = self.senders.get(who).cloned().unwrap_or_default();
        sent.turn_to(hour_of(now));
        let most = sent.measure(limits);
        let all = sent.this.all().saturating_add(recipients);
        if all > most || sent.went_on_before(most) { Judgement::Burst { sent: all, most } } else { Judgement::Usual }
    }

    /// A message was taken.
    pub fn count(&mut self, who: &Who, recipients: u32, held: bool, now: Timestamp) {
        let sent = self.senders.entry(who, now);
        sent.turn_to(hour_of(now));
        let counted = if held { &mut sent.this.held } else { &mut sent.this.recipients };
        *counted = counted.saturating_add(recipients);
    }
}

impl Sent {
    fn turn_to(&mut self, hour: i64) {
        if hour <= self.this.number {
            // The same, or the clock was set back a little.
            return;
        }
        let over = std::mem::replace(&mut self.this, SentHour { number: hour, ..SentHour::default() });
        let busiest = over.recipients.max(over.usual);
        let day = over.number.div_euclid(24);
        match self.days.back_mut() {
            Some((last, known)) if *last == day => *known = (*known).max(busiest),
            Some(_) | None if busiest > 0 => self.days.push_back((day, busiest)),
            Some(_) | None => {}
        }
        self.before = over;
        let oldest = hour.div_euclid(24) - DAYS;
        while self.days.front().is_some_and(|(day, _)| *day < oldest) {
            self.days.pop_front();
        }
    }

    fn measure(&self, limits: &BurstLimits) -> u32 {
        let usual = self.days.iter().map(|(_, busiest)| *busiest).chain([self.this.usual]).max().unwrap_or(0);
        let most = usual.saturating_mul(limits.times_the_usual).max(limits.least_per_hour);
        limits.most_per_hour.map_or(most, |ceiling| most.min(ceiling))
    }

    /// Whether a burst of the hour just before is not over.
    fn went_on_before(&self, most: u32) -> bool {
        self.before.number == self.this.number - 1 && self.before.held > 0 && self.before.all() > most
    }
}

pub fn hour_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(3600)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: BurstLimits = BurstLimits { times_the_usual: 5, least_per_hour: 100, most_per_hour: Some(2000) };
    const START: i64 = 500_000;

    fn scanner() -> Who {
        Who::Client([10, 0, 0, 7].into())
    }

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_second((START + hour) * 3600 + 30).unwrap()
    }

    /// Sends messages for one recipient each; gives how many were held.
    fn send(bursts: &mut Bursts, messages: u32, now: Timestamp) -> u32 {
        let mut all_held = 0;
        for _ in 0..messages {
            let held = bursts.judge(&scanner(), 1, &LIMITS, now) != Judgement::Usual;
            bursts.count(&scanner(), 1, held, now);
            all_held += u32::from(held);
        }
        all_held
    }

    #[test]
    fn a_device_that_was_quiet_may_send_the_least_and_no_more() {
        let mut bursts = Bursts::default();
        assert_eq!(send(&mut bursts, 100, hour(0)), 0);
        assert_eq!(bursts.judge(&scanner(), 1, &LIMITS, hour(0)), Judgement::Burst { sent: 101, most: 100 });
        assert_eq!(send(&mut bursts, 50, hour(0)), 50);
        let other = Who::Client([10, 0, 0, 8].into());
        assert_eq!(bursts.judge(&other, 100, &LIMITS, hour(0)), Judgement::Usual);
        assert_eq!(bursts.judge(&other, 101, &LIMITS, hour(0)), Judgement::Burst { sent: 101, most: 100 }, "one message for many");
    }

    #[test]
    fn what_is_usual_is_learned_and_forgotten_after_two_weeks() {
        let mut bursts = Bursts::default();
        bursts.learn(&scanner(), [SentHour { number: START, recipients: 60, ..SentHour::default() }], hour(0));
        assert_eq!(send(&mut bursts, 400, hour(1)), 100, "five times sixty");
        let most = |day: i64| match bursts.judge(&scanner(), 5000, &LIMITS, hour(24 * day)) {
            Judgement::Burst { most, .. } => most,
            Judgement::Usual => panic!("5000 at once"),
        };
        assert_eq!([1, 13, 14, 15].map(most), [1500, 1500, 1500, 100]);
    }

    #[test]
    fn a_busy_device_meets_the_ceiling() {
        let mut bursts = Bursts::default();
        bursts.learn(&scanner(), [SentHour { number: START, recipients: 1500, ..SentHour::default() }], hour(0));
        assert_eq!(send(&mut bursts, 2500, hour(1)), 500);
    }

    #[test]
    fn held_mail_does_not_become_usual_by_itself() {
        let mut bursts = Bursts::default();
        send(&mut bursts, 1000, hour(0));
        assert_eq!(bursts.judge(&scanner(), 600, &LIMITS, hour(48)), Judgement::Burst { sent: 600, most: 500 }, "five times a hundred");
    }

    #[test]
    fn a_burst_goes_on_until_a_whole_hour_was_within_the_measure() {
        let mut bursts = Bursts::default();
        assert_eq!(send(&mut bursts, 700, hour(0)), 600);
        assert_eq!(send(&mut bursts, 300, hour(1)), 300, "the loop turns on, above 500 an hour before");
        assert_eq!(send(&mut bursts, 300, hour(2)), 0, "an hour with 300, within 500, went by");
        let mut silent = Bursts::default();
        send(&mut silent, 700, hour(0));
        assert_eq!(send(&mut silent, 300, hour(2)), 0);
    }

    #[test]
    fn what_a_person_called_usual_is_usual_at_once() {
        let mut bursts = Bursts::default();
        send(&mut bursts, 250, hour(0));
        bursts.learn(&scanner(), [SentHour { number: START, recipients: 250, held: 0, usual: 250 }], hour(0));
        assert_eq!(send(&mut bursts, 1000, hour(0)), 0);
        assert_eq!(send(&mut bursts, 1, hour(0)), 1, "five times 250 is the measure now");
    }

    #[test]
    fn who_is_written_and_read_back() {
        for who in [scanner(), Who::Client("fd00::7".parse().unwrap()), Who::Account("branch".into()), Who::Account("a:b".into())] {
            assert_eq!(Who::parse(&who.to_string()), Some(who));
        }
        assert_eq!(Who::parse("::ffff:10.0.0.7"), Some(scanner()));
        assert_eq!([Who::parse("account:"), Who::parse("scanner")], [None, None]);
        assert_eq!(Who::all_of([10, 0, 0, 7].into(), Some("branch")), [scanner(), Who::Account("branch".into())]);
    }

    proptest! {
        #[test]
        fn living_through_hours_and_learning_them_is_the_same(
            messages in prop::collection::vec((0i64..30, 1u32..200), 1..60), probe in 1u32..3000
        ) {
            let mut lived = Bursts::default();
            let mut kept: Vec<SentHour> = Vec::new();
            let mut now = 0;
            for (gap, recipients) in messages {
                now += gap;
                let held = lived.judge(&scanner(), recipients, &LIMITS, hour(now)) != Judgement::Usual;
                lived.count(&scanner(), recipients, held, hour(now));
                if kept.last().is_none_or(|last| last.number != START + now) {
                    kept.push(SentHour { number: START + now, ..SentHour::default() });
                }
                let last = kept.last_mut().unwrap();
                if held { last.held += recipients } else { last.recipients += recipients }
            }
            let mut learned = Bursts::default();
            learned.learn(&scanner(), kept, hour(now));
            for later in [0, 1, 2, 30, 14 * 24] {
                let at = hour(now + later);
                prop_assert_eq!(lived.judge(&scanner(), probe, &LIMITS, at), learned.judge(&scanner(), probe, &LIMITS, at));
            }
        }

        #[test]
        fn no_more_than_the_measure_goes_on_in_an_hour(recipients in prop::collection::vec(1u32..60, 1..200)) {
            let mut bursts = Bursts::default();
            let mut went_on = 0;
            for recipients in recipients {
                let held = bursts.judge(&scanner(), recipients, &LIMITS, hour(0)) != Judgement::Usual;
                bursts.count(&scanner(), recipients, held, hour(0));
                went_on += if held { 0 } else { recipients };
            }
            prop_assert!(went_on <= LIMITS.least_per_hour);
        }
    }
}
