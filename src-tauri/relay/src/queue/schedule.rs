//! When a message is tried again, when its sender is told it is late, and when it is given up
//! (RFC 5321 §4.5.4.1).

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub first_retry: Duration,
    pub longest_retry: Duration,
    pub lifetime: Duration,
    pub delay_notice: Option<Duration>,
}

impl Schedule {
    /// The gap after so many attempts: doubles from the first to the longest.
    pub fn gap_after(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(30);
        self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry).max(Duration::from_millis(1))
    }

    /// Whether something due then is due now. A time further off than the longest gap was read from a clock that
    /// has been set back since, and so was that of a message which seems to be accepted in the future.
    pub fn has_come(&self, due: Timestamp, accepted_at: Timestamp, now: Timestamp) -> bool {
        due <= now || due > later(now, self.longest_retry) || (now < accepted_at && accepted_at <= due)
    }

    pub fn expires_at(&self, accepted_at: Timestamp) -> Timestamp {
        later(accepted_at, self.lifetime)
    }

    pub fn notice_at(&self, accepted_at: Timestamp) -> Option<Timestamp> {
        // A notice after the end would tell of a wait that is over.
        self.delay_notice.filter(|notice| *notice < self.lifetime).map(|notice| later(accepted_at, notice))
    }
}

pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_double_and_then_stay() {
        let schedule = Schedule {
            first_retry: Duration::from_secs(300),
            longest_retry: Duration::from_secs(14_400),
            lifetime: Duration::from_secs(432_000),
            delay_notice: None,
        };
        let minutes = |attempts| schedule.gap_after(attempts).as_secs() / 60;
        assert_eq!([0, 1, 2, 3, 4, 6, 7, 40, u32::MAX].map(minutes), [5, 5, 10, 20, 40, 160, 240, 240, 240]);
    }

    #[test]
    fn a_clock_that_was_set_back_made_mail_wait_for_the_old_time() {
        let schedule = Schedule {
            first_retry: Duration::from_secs(10),
            longest_retry: Duration::from_secs(100),
            lifetime: Duration::from_secs(1000),
            delay_notice: None,
        };
        let at = |second| Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(second)).unwrap_or_default();
        let rows = [
            ("its time has come", 50, 0, 50, true),
            ("not yet", 51, 0, 50, false),
            ("the longest gap", 150, 0, 50, false),
            ("longer than any gap", 151, 0, 50, true),
            ("never tried, from the future", 60, 60, 50, true),
            ("from the future, tried and deferred since", 55, 60, 50, false),
        ];
        for (what, due, accepted_at, now, come) in rows {
            assert_eq!(schedule.has_come(at(due), at(accepted_at), at(now)), come, "{what}");
        }
    }

    #[test]
    fn a_notice_is_never_planned_behind_the_end() {
        let of = |notice| Schedule {
            first_retry: Duration::ZERO,
            longest_retry: Duration::ZERO,
            lifetime: Duration::from_secs(10),
            delay_notice: notice,
        };
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(of(Some(Duration::from_secs(10))).notice_at(start), None);
        assert_eq!(of(None).notice_at(start), None);
        assert_eq!(of(Some(Duration::from_secs(9))).notice_at(start).map(|at| at.as_second()), Some(9));
        assert_eq!(of(None).expires_at(start).as_second(), 10);
    }
}
