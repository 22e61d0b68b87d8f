//! The lane by hand: who may go, and for how long it rests.

use super::*;
use crate::smarthost::TroubleKind;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn trouble(kind: TroubleKind) -> Trouble {
    Trouble { kind, subject: "smart.test".into(), said: String::new() }
}

fn rests(lane: &mut Lane, kind: TroubleKind, heard_by: Option<Seq>, now: i64) {
    lane.rest(trouble(kind), heard_by, at(now), Duration::from_secs(10), Duration::from_secs(60));
}

fn down(lane: &mut Lane, now: i64) {
    rests(lane, TroubleKind::ConnectionRefused, None, now);
}

fn heard(lane: &mut Lane, seq: Seq, now: i64) {
    rests(lane, TroubleKind::AccountBlocked, Some(seq), now);
}

#[test]
fn rests_grow_and_one_attempt_tests_the_water() {
    let mut lane = Lane::default();
    assert_eq!(lane.turn(3, at(0)), Some(Turn::Anyone));
    lane.take_line();
    lane.take_line();
    down(&mut lane, 0);
    down(&mut lane, 1);
    lane.give_back(None, at(1));
    lane.give_back(None, at(1));
    assert_eq!(lane.resting().map(|(_, since, next)| (since, next)), Some((at(0), at(10))));
    assert_eq!(lane.turn(3, at(9)), None);
    assert_eq!(lane.turn(3, at(10)), Some(Turn::Probe { heard: &[], newest: false }));
    lane.take_line();
    assert_eq!(lane.turn(3, at(10)), None, "one at a time");
    down(&mut lane, 10);
    lane.give_back(None, at(10));
    assert_eq!(lane.open_again_at(0, 3), 30_000, "twice as long, since the first trouble");
    assert_eq!(lane.resting().map(|(_, since, _)| since), Some(at(0)));
    assert!(lane.handed_over(at(31)).is_empty());
    assert!(lane.resting().is_none());
    lane.take_line();
    lane.take_line();
    assert_eq!(lane.turn(3, at(31)), Some(Turn::Anyone));
}

#[test]
fn try_now_ends_a_rest() {
    let mut lane = Lane::default();
    heard(&mut lane, 7, 100);
    down(&mut lane, 100);
    lane.wake();
    assert_eq!(lane.turn(1, at(101)), Some(Turn::Probe { heard: &[], newest: false }));
    heard(&mut lane, 8, 101);
    assert_eq!(lane.in_doubt(), Some(&[8][..]), "what was said before may have been mended");
}

#[test]
fn one_message_with_a_fault_stopped_all_others() {
    let mut lane = Lane::default();
    heard(&mut lane, 7, 0);
    assert_eq!(lane.turn(3, at(0)), Some(Turn::AnyoneBut(&[7])), "whether it is the lane is not known");
    assert_eq!(lane.in_doubt(), Some(&[7][..]));
    lane.take_line();
    assert_eq!(lane.turn(3, at(0)), None, "one at a time");
    lane.give_back(None, at(1));
    assert_eq!(lane.handed_over(at(1)), [7], "it was that message");
    assert_eq!(lane.turn(3, at(1)), Some(Turn::Anyone));
}

#[test]
fn what_two_messages_hear_is_the_lanes() {
    let mut lane = Lane::default();
    heard(&mut lane, 7, 0);
    heard(&mut lane, 8, 1);
    assert_eq!((lane.turn(3, at(9)), lane.in_doubt()), (None, None));
    assert_eq!(lane.turn(3, at(10)), Some(Turn::Probe { heard: &[7, 8], newest: true }));
    heard(&mut lane, 9, 10);
    assert_eq!((lane.turn(3, at(29)), lane.open_again_at(0, 3)), (None, 30_000), "and rests longer");
    assert_eq!(lane.turn(3, at(30)), Some(Turn::Probe { heard: &[7, 8, 9], newest: false }), "from the other end");
    heard(&mut lane, 7, 30);
    assert_eq!(lane.turn(3, at(90)), Some(Turn::Probe { heard: &[8, 9, 7], newest: true }), "whoever spoke last is asked last");
}

#[test]
fn what_is_met_at_the_door_is_the_lanes_whoever_stood_there() {
    let mut lane = Lane::default();
    heard(&mut lane, 7, 0);
    down(&mut lane, 1);
    assert_eq!((lane.turn(3, at(9)), lane.in_doubt()), (None, None));
    assert_eq!(lane.resting().map(|(trouble, ..)| trouble.kind), Some(TroubleKind::ConnectionRefused));
    lane.answered(at(10));
    assert_eq!(lane.turn(3, at(10)), Some(Turn::Anyone));
    heard(&mut lane, 7, 10);
    assert_eq!(lane.open_again_at(0, 3), 30_000, "an answer that was no yes tells nothing of it: the rests go on growing");
}

#[test]
fn a_clock_that_ran_ahead_left_the_lane_resting_for_a_year() {
    let year = 31_536_000;
    let mut lane = Lane::default();
    down(&mut lane, year);
    lane.clock_was_set(at(0), Duration::from_secs(60));
    assert_eq!(lane.resting().map(|(_, since, next)| (since, next)), Some((at(0), at(60))));
    lane.clock_was_set(at(30), Duration::from_secs(60));
    assert_eq!(lane.open_again_at(0, 1), 60_000, "never later than it was");
}

#[test]
fn a_lane_is_down_after_a_while_and_at_once_when_only_a_person_can_mend_it() {
    let down_at = |lane: &Lane| (0..200).find(|second| lane.is_down(Duration::from_secs(120), at(*second)));
    let mut lane = Lane::default();
    assert_eq!(down_at(&lane), None);
    down(&mut lane, 5);
    assert_eq!(down_at(&lane), Some(125));
    rests(&mut lane, TroubleKind::SignInRefused, None, 20);
    assert_eq!(down_at(&lane), Some(5), "since its first trouble");
    lane.handed_over(at(30));
    assert_eq!(down_at(&lane), None);
    // A lone message must not wait for ever for another that could bear witness.
    heard(&mut lane, 7, 40);
    assert_eq!(down_at(&lane), Some(160));
    heard(&mut lane, 8, 41);
    assert_eq!(down_at(&lane), Some(40), "two have heard it: it is the lane's");
}
