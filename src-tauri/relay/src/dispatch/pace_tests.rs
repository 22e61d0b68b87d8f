//! The pace by hand, and against providers that count.

use super::*;
use proptest::prelude::*;

const ALL: u32 = u32::MAX;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap_or_default()
}

fn limits(per_minute: Option<u32>, per_day: Option<u32>, per_message: Option<u32>) -> config::Pace {
    config::Pace { messages_per_minute: per_minute, recipients_per_day: per_day, recipients_per_message: per_message }
}

fn pace(limits: config::Pace, parallel: usize) -> Pace {
    Pace::new(limits, parallel, &Before::default())
}

/// When the next may start, from then on.
fn next(pace: &mut Pace, mut now: i64) -> i64 {
    while let Err(free_at) = pace.may_start(at(now)) {
        assert!(free_at > at(now).as_millisecond(), "it says when to ask again");
        now = free_at - at(0).as_millisecond();
    }
    now
}

#[test]
fn without_limits_nothing_waits_and_any_number_of_recipients_goes() {
    let mut pace = pace(limits(None, None, None), 3);
    for seq in 0..1000 {
        assert!(pace.may_start(at(0)).is_ok_and(|most| most >= 100_000_000));
        pace.start(seq, ALL, at(0));
    }
}

#[test]
fn half_a_minutes_messages_go_at_once_and_the_rest_is_spread() {
    let mut pace = pace(limits(Some(30), None, None), 3);
    let (mut now, mut starts) = (0, Vec::new());
    for seq in 0..60 {
        now = next(&mut pace, now);
        starts.push(now);
        pace.start(seq, ALL, at(now));
        pace.back(seq, 1, at(now));
    }
    assert!(starts[..15].iter().all(|start| *start == 0), "{starts:?}");
    assert!(starts[15..].windows(2).all(|pair| pair[1] - pair[0] >= 2000), "{starts:?}");
    assert!(starts.windows(31).all(|window| window[30] - window[0] >= 60_000), "{starts:?}");
}

#[test]
fn a_days_recipients_are_never_exceeded_and_what_is_over_goes_on_a_day_later() {
    let mut pace = pace(limits(None, Some(250), Some(100)), 3);
    let mut taken = Vec::new();
    for seq in 0..3 {
        let most = pace.may_start(at(0)).unwrap_or_default();
        pace.start(seq, most, at(0));
        taken.push(most);
    }
    assert_eq!(taken, [100, 100, 50]);
    assert_eq!(pace.may_start(at(0)), Err(i64::MAX), "what is under way has to come back first");
    pace.back(0, 30, at(0));
    assert_eq!(pace.may_start(at(0)), Ok(70), "what it did not use is free again");
    for (seq, used) in [(1, 100), (2, 50), (3, 70)] {
        if seq == 3 {
            pace.start(3, 70, at(0));
        }
        pace.back(seq, used, at(0));
    }
    assert_eq!(pace.seen(at(0), true).recipients_today, 250);
    let again = next(&mut pace, 0);
    assert!((86_400_000..=90_000_000).contains(&again), "{again}");
    assert_eq!(pace.seen(at(again), false).recipients_today, 0);
}

#[test]
fn what_was_handed_over_before_a_restart_still_counts() {
    let now = at(0).as_millisecond();
    let before =
        Before { last_minute: vec![now - 1000; 30], last_day: vec![(now / HOUR, 5), (now / HOUR - 1, 4), (now / HOUR - 40, 1000)] };
    let mut again = Pace::new(limits(Some(30), Some(10), None), 3, &before);
    let seen = again.seen(at(0), true);
    assert_eq!(seen.recipients_today, 9);
    assert!(seen.waits_until.is_some_and(|until| until >= at(59_000)), "{seen:?}");
    assert!(next(&mut again, 0) >= 59_000);
    assert_eq!(again.may_start(at(61_000)), Ok(1));
}

#[test]
fn a_complaint_halves_the_pace_and_success_brings_it_back_step_by_step() {
    let mut pace = pace(limits(None, None, None), 8);
    for seq in 0..100 {
        pace.start(seq, ALL, at(0));
        pace.back(seq, 1, at(0));
    }
    pace.slow_down(at(1000));
    assert_eq!((pace.parallel(), pace.per_minute()), (4, Some(50)));
    assert!(pace.seen(at(1000), false).slowed && pace.may_start(at(1000)).is_err());
    pace.slow_down(at(1000));
    assert_eq!((pace.parallel(), pace.per_minute()), (2, Some(25)));
    let mut well = 0;
    while pace.seen(at(200_000), false).slowed {
        let before = (pace.parallel(), pace.per_minute());
        (0..STEP_AFTER).for_each(|_| pace.went_well());
        well += 1;
        assert!(well < 100 && before != (pace.parallel(), pace.per_minute()), "careful, and not for ever");
    }
    assert!(well > 5 && pace.parallel() == 8 && pace.per_minute().is_none(), "{well} steps");
}

#[test]
fn a_quiet_lane_that_hears_a_complaint_does_not_come_to_a_standstill() {
    let mut pace = pace(limits(Some(30), None, None), 3);
    pace.slow_down(at(0));
    assert_eq!((pace.parallel(), pace.per_minute()), (1, Some(SLOWEST / 2)));
}

#[test]
fn a_clock_that_ran_ahead_does_not_hold_up_mail_for_years() {
    let mut pace = pace(limits(Some(2), Some(4), None), 3);
    let ahead = 400 * 86_400_000;
    for seq in 0..2 {
        pace.start(seq, 1, at(ahead));
        pace.back(seq, 1, at(ahead));
    }
    pace.clock_was_set(at(0));
    assert!(next(&mut pace, 0) <= 61_000);
}

/// A provider that allows 3 connections and 30 messages in any 60 seconds, and 10,000 messages for it.
#[test]
fn ten_thousand_messages_went_through_a_slow_provider_without_one_refused() {
    let mut pace = pace(limits(Some(30), None, None), 3);
    let (mut now, mut arrived, mut open) = (0_i64, VecDeque::new(), VecDeque::new());
    let mut seq = 0;
    while seq < 10_000 {
        while open.front().is_some_and(|(_, ends)| *ends <= now) {
            if let Some((done, ends)) = open.pop_front() {
                pace.back(done, 1, at(ends));
            }
        }
        let free_at = match pace.may_start(at(now)) {
            Ok(_) if open.len() < 3 => {
                pace.start(seq, ALL, at(now));
                // It takes its time, of different length; the provider counts somewhere in between.
                let takes = 200 + seq * 7919 % 3000;
                let ends = open.back().map_or(now + takes, |(_, last): &(Seq, i64)| (*last).max(now + takes));
                open.push_back((seq, ends));
                arrived.push_back(now + takes / 2);
                seq += 1;
                continue;
            }
            Ok(_) => i64::MAX,
            Err(free_at) => free_at.saturating_sub(at(0).as_millisecond()),
        };
        now = free_at.min(open.front().map_or(i64::MAX, |(_, ends)| *ends)).max(now + 1);
    }
    let mut arrived: Vec<i64> = arrived.into();
    arrived.sort_unstable();
    assert!(arrived.windows(31).all(|window| window[30] - window[0] >= 60_000), "more than 30 in a minute");
    let minutes = now / 60_000;
    assert!((333..=360).contains(&minutes), "{minutes} minutes: the limit is used too");
}

proptest! {
    /// Whatever starts and comes back when: a provider that counts at any moment between the two never counts too much.
    #[test]
    fn no_minute_and_no_day_has_more_than_the_limits(
        per_minute in 1_u32..6, per_day in 1_u32..30,
        steps in proptest::collection::vec((0_i64..40_000, 1_u32..6, any::<bool>()), 1..200),
    ) {
        let mut pace = pace(limits(Some(per_minute), Some(per_day), Some(3)), 2);
        let (mut now, mut open, mut counted) = (0_i64, VecDeque::new(), Vec::new());
        for (seq, (gap, wanted, ends)) in steps.into_iter().enumerate() {
            now += gap;
            if ends && let Some((seq, recipients)) = open.pop_front() {
                pace.back(seq, recipients, at(now));
                // As late as can be.
                counted.push((now, recipients));
            }
            if let Ok(most) = pace.may_start(at(now)) {
                prop_assert!((1..=3).contains(&most));
                pace.start(seq as Seq, most, at(now));
                open.push_back((seq as Seq, wanted.min(most)));
            }
            let under_way: u32 = open.iter().map(|(_, recipients)| recipients).sum();
            let messages = counted.iter().filter(|(at, _)| *at > now - 60_000).count() + open.len();
            let recipients: u32 = counted.iter().filter(|(at, _)| *at > now - 86_400_000).map(|(_, recipients)| recipients).sum();
            prop_assert!(messages as u32 <= per_minute, "{messages} messages");
            prop_assert!(recipients + under_way <= per_day, "{recipients} recipients");
        }
    }
}
