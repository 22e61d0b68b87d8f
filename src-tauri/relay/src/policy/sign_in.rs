//! Wrong passwords: who guesses is slowed, then refused for a while. Pure: the time is an argument.
//!
//! In: an address and what became of its sign-in. Out: how it stands.
//! Each wrong password doubles the time until the next is looked at, up to [`LONGEST_DELAY`]; after as many as the settings say
//! the address is refused for the pause they say. A right one, or a pause without any, makes all good.
//! An IPv6 client is its /64: who has one address of it has all of them.

use super::bounded::Bounded;
use jiff::{SignedDuration, Timestamp};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

const FIRST_DELAY: SignedDuration = SignedDuration::from_millis(500);
const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(8);
/// Addresses that are remembered at a time.
const ADDRESSES: usize = 10_000;

/// After how many wrong passwords an address is refused, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInLimits {
    pub failures: u32,
    pub pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Welcome,
    /// Its next password is looked at no earlier.
    Slowed {
        until: Timestamp,
    },
    Refused {
        until: Timestamp,
    },
}

#[derive(Debug)]
pub struct SignIns {
    addresses: Bounded<IpAddr, Failures>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Failures {
    count: u32,
    last_at: Timestamp,
    refused_until: Option<Timestamp>,
}

impl Default for SignIns {
    fn default() -> Self {
        Self { addresses: Bounded::new(ADDRESSES) }
    }
}

impl SignIns {
    pub fn standing(&self, client: IpAddr, limits: SignInLimits, now: Timestamp) -> Standing {
        let Some(known) = self.addresses.get(&key(client)) else { return Standing::Welcome };
        // A clock that was set back must not lengthen anything.
        let holds = |until, longest| now < until && until <= later(now, longest);
        match known.refused_until {
            Some(until) if holds(until, pause(limits)) => Standing::Refused { until },
            Some(_) => Standing::Welcome,
            None => {
                let until = later(known.last_at, delay(known.count));
                if holds(until, LONGEST_DELAY) { Standing::Slowed { until } } else { Standing::Welcome }
            }
        }
    }

    /// A wrong user name or password. Gives until when the address is refused, if this was one too many.
    pub fn failed(&mut self, client: IpAddr, limits: SignInLimits, now: Timestamp) -> Option<Timestamp> {
        let known = self.addresses.entry(&key(client), now);
        if known.is_over(limits, now) {
            *known = Failures::default();
        }
        known.count = known.count.saturating_add(1);
        known.last_at = now;
        known.refused_until = (known.count >= limits.failures).then(|| later(now, pause(limits)));
        known.refused_until
    }

    pub fn succeeded(&mut self, client: IpAddr) {
        self.addresses.remove(&key(client));
    }
}

impl Failures {
    /// Whether what was is forgotten.
    fn is_over(&self, limits: SignInLimits, now: Timestamp) -> bool {
        match self.refused_until {
            Some(until) => until <= now,
            None => later(self.last_at, pause(limits)) <= now,
        }
    }
}

fn delay(failures: u32) -> SignedDuration {
    match failures.checked_sub(1) {
        None => SignedDuration::ZERO,
        Some(doublings) => FIRST_DELAY.checked_mul(1 << doublings.min(16)).map_or(LONGEST_DELAY, |delay| delay.min(LONGEST_DELAY)),
    }
}

fn pause(limits: SignInLimits) -> SignedDuration {
    SignedDuration::try_from(limits.pause).unwrap_or(SignedDuration::MAX)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Who counts as one.
pub fn key(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(four) => four.into(),
        IpAddr::V6(six) => Ipv6Addr::from(u128::from(six) & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SignInLimits = SignInLimits { failures: 4, pause: Duration::from_secs(900) };
    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 66));

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap_or_default()
    }

    #[test]
    fn who_guesses_is_slowed_and_then_refused_for_a_while() {
        let mut sign_ins = SignIns::default();
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(0)), Standing::Welcome);
        for (failures, millis, slowed) in [(1, 0, 500), (2, 1000, 2000), (3, 3000, 5000)] {
            assert_eq!(sign_ins.failed(GUESSER, LIMITS, at(millis)), None, "{failures}");
            assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(millis)), Standing::Slowed { until: at(slowed) });
            assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(slowed)), Standing::Welcome);
        }
        let until = at(5000 + 900_000);
        assert_eq!(sign_ins.failed(GUESSER, LIMITS, at(5000)), Some(until));
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(5000)), Standing::Refused { until });
        assert_eq!(sign_ins.standing([10, 0, 0, 67].into(), LIMITS, at(5000)), Standing::Welcome, "a neighbour");
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, until), Standing::Welcome);
        assert_eq!(sign_ins.failed(GUESSER, LIMITS, until), None, "it begins anew");
    }

    #[test]
    fn the_delay_has_an_end() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 40, u32::MAX].map(|n| delay(n).as_millis()), [0, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
    }

    #[test]
    fn a_right_password_or_a_long_rest_makes_all_good() {
        let mut sign_ins = SignIns::default();
        for _ in 0..3 {
            sign_ins.failed(GUESSER, LIMITS, at(0));
        }
        sign_ins.succeeded(GUESSER);
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(0)), Standing::Welcome);
        for _ in 0..3 {
            sign_ins.failed(GUESSER, LIMITS, at(0));
        }
        assert_eq!(sign_ins.failed(GUESSER, LIMITS, at(900_000)), None, "the others are forgotten");
    }

    #[test]
    fn a_clock_set_back_does_not_slow() {
        let mut sign_ins = SignIns::default();
        sign_ins.failed(GUESSER, LIMITS, at(0));
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(-60_000)), Standing::Welcome);
        for _ in 0..3 {
            sign_ins.failed(GUESSER, LIMITS, at(0));
        }
        assert_eq!(sign_ins.standing(GUESSER, LIMITS, at(-60_000)), Standing::Welcome);
    }

    #[test]
    fn an_ipv6_client_cannot_change_its_address_to_guess_on() {
        let mut sign_ins = SignIns::default();
        for n in 0..4 {
            let client = Ipv6Addr::from(0x2001_0db8_0000_0001_0000_0000_0000_0000 + n);
            sign_ins.failed(client.into(), LIMITS, at(0));
        }
        let standing = |text: &str| text.parse().map(|client| sign_ins.standing(client, LIMITS, at(0)));
        assert!(matches!(standing("2001:db8:0:1::ffff"), Ok(Standing::Refused { .. })));
        assert_eq!(standing("2001:db8:0:2::1"), Ok(Standing::Welcome));
    }
}
