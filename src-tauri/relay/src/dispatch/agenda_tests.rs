//! The agenda by hand: whose turn it is, and when somebody is told late or given up.

use super::*;
use crate::queue::StateWord;
use std::time::Duration;

fn schedule() -> Schedule {
    let second = Duration::from_secs;
    Schedule { first_retry: second(10), longest_retry: second(100), lifetime: second(1000), delay_notice: Some(second(500)) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(jiff::SignedDuration::from_secs(second)).unwrap_or_default()
}

fn open(seq: Seq, second: i64) -> Open {
    Open {
        seq,
        accepted_at: second * 1000,
        next_attempt: second * 1000,
        priority: Priority::Normal,
        sender: 0,
        held: false,
        noticed: false,
    }
}

fn standing(open: bool, due: i64, held: bool) -> Standing {
    Standing { open, word: StateWord::Deferred, next_attempt: open.then_some(due * 1000), held }
}

fn agenda(open: &[Open], now: i64) -> Agenda {
    Agenda::new(open, &schedule(), at(now))
}

fn next(agenda: &mut Agenda, turn: Turn<'_>, now: i64) -> Option<Seq> {
    agenda.next_due(turn, at(now)).map(|due| due.seq)
}

/// Tried, and still to be tried again.
fn deferred(agenda: &mut Agenda, seq: Seq, due: i64, now: i64) {
    assert_eq!(next(agenda, Turn::Anyone, now), Some(seq));
    agenda.tried(seq, at(now));
    agenda.update(seq, &standing(true, due, false), at(now));
    agenda.release(seq, Again::AsPlanned, at(now));
}

#[test]
fn the_longest_due_comes_first_and_only_once() {
    let mut agenda = agenda(&[open(1, 20), open(2, 10)], 20);
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(2));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(1));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), None);
    assert_eq!(agenda.in_hand(), 2);
    agenda.update(2, &standing(true, 30, false), at(20));
    agenda.release(2, Again::AsPlanned, at(20));
    agenda.update(1, &standing(false, 0, false), at(20));
    agenda.release(1, Again::AsPlanned, at(20));
    assert_eq!(agenda.in_hand(), 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 29), None);
    assert_eq!(next(&mut agenda, Turn::Anyone, 30), Some(2));
}

#[test]
fn a_late_change_does_not_give_a_taken_message_to_a_second_hand() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 1), Some(1));
    agenda.update(1, &standing(true, 1, false), at(1));
    assert_eq!(next(&mut agenda, Turn::Anyone, 9), None);
    assert!(!agenda.take(1, at(9)));
    agenda.release(1, Again::AsPlanned, at(9));
    assert!(agenda.take(1, at(9)));
}

#[test]
fn held_mail_has_no_attempts_and_no_deadlines_until_released_and_tried() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    deferred(&mut agenda, 1, 10, 0);
    agenda.update(1, &standing(true, 10, true), at(1));
    assert_eq!(next(&mut agenda, Turn::Anyone, 9000), None);
    assert_eq!(agenda.deadlines_due(at(9000)), []);
    agenda.update(1, &standing(true, 9000, false), at(9000));
    assert_eq!(agenda.deadlines_due(at(9000)), [], "let go after its lifetime, and not tried since");
    deferred(&mut agenda, 1, 9010, 9000);
    assert_eq!(agenda.deadlines_due(at(9000)), [(1, Deadline::Expire)]);
}

#[test]
fn deadlines_come_once_each_and_wait_for_busy_messages() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    deferred(&mut agenda, 1, 10, 0);
    assert_eq!(agenda.deadlines_due(at(499)), []);
    assert_eq!(agenda.first_deadline(), Some(500_000));
    assert_eq!(agenda.deadlines_due(at(500)), [(1, Deadline::Notice)]);
    assert_eq!(agenda.deadlines_due(at(1000)), [], "in hand");
    agenda.update(1, &standing(true, 0, false), at(1000));
    agenda.release(1, Again::AsPlanned, at(1000));
    assert_eq!(agenda.deadlines_due(at(1000)), [(1, Deadline::Expire)], "as soon as it is free");
}

#[test]
fn a_message_held_while_it_was_in_hand_was_given_up_all_the_same() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    deferred(&mut agenda, 1, 999, 0);
    assert_eq!(agenda.deadlines_due(at(500)), [(1, Deadline::Notice)]);
    // Its end comes while it is in hand, and a person puts it on hold.
    assert_eq!(agenda.deadlines_due(at(1000)), []);
    agenda.update(1, &standing(true, 999, true), at(1000));
    agenda.release(1, Again::AsPlanned, at(1000));
    assert_eq!(agenda.deadlines_due(at(5000)), []);
    assert_eq!(agenda.first_deadline(), None);
}

#[test]
fn mail_older_than_its_lifetime_was_given_up_without_a_try() {
    let mut agenda = agenda(&[open(1, 0), open(2, 0), open(3, 600)], 5000);
    assert_eq!(agenda.deadlines_due(at(5000)), []);
    deferred(&mut agenda, 1, 5010, 5000);
    assert_eq!(agenda.deadlines_due(at(5000)), [(1, Deadline::Expire)], "and not told that it is late in the same breath");
    agenda.all_tried(at(5000));
    assert_eq!(agenda.deadlines_due(at(5000)), [(2, Deadline::Expire), (3, Deadline::Expire)], "the lane was down for long");
    agenda.release(2, Again::AsPlanned, at(5000));
    agenda.begin_afresh(&schedule(), at(5000));
    assert_eq!(agenda.deadlines_due(at(9000)), [], "after a pause, new settings or a jump of the clock");
}

#[test]
fn a_clock_that_ran_ahead_left_mail_waiting_for_its_time() {
    let year = 31_536_000;
    let mut agenda = agenda(&[open(1, 0)], 0);
    deferred(&mut agenda, 1, year + 10, year);
    agenda.begin_afresh(&schedule(), at(20));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(1), "deferred then");
    // Committed before the clock was set, heard of after.
    agenda.update(1, &standing(true, year + 20, false), at(21));
    agenda.release(1, Again::AsPlanned, at(21));
    assert_eq!(agenda.first_due(), Some(21_000));
    agenda.update(1, &standing(false, 0, false), at(21));

    // Accepted then: tried at once, and its lifetime counts from when the clock was right again.
    let mut agenda = self::agenda(&[open(2, year)], year);
    agenda.begin_afresh(&schedule(), at(30));
    deferred(&mut agenda, 2, 40, 30);
    assert_eq!(agenda.first_due(), Some(40_000), "and not over and over");
    assert_eq!(agenda.first_deadline(), Some(530_000));
}

#[test]
fn another_message_is_asked_when_one_has_heard_of_trouble() {
    let mut agenda = agenda(&[open(1, 1), open(2, 2), open(3, 3), open(4, 4)], 9);
    let but = |heard| Turn::AnyoneBut(heard);
    assert_eq!(agenda.first_due_but(&[1]), Some(2000));
    assert_eq!(next(&mut agenda, but(&[1]), 9), Some(2));
    assert_eq!(next(&mut agenda, but(&[1, 2, 3, 4]), 9), None);
    agenda.release(2, Again::AsPlanned, at(9));
    let probe = |heard, newest| Turn::Probe { heard, newest };
    for (heard, newest, wanted) in [(&[1, 2][..], false, 3), (&[1, 2], true, 4), (&[2, 4, 3, 1], true, 2), (&[4, 3, 1, 2], false, 4)] {
        assert_eq!(next(&mut agenda, probe(heard, newest), 9), Some(wanted), "{heard:?} {newest}");
        agenda.release(wanted, Again::AsPlanned, at(9));
    }
    agenda.suspect(3, at(9));
    assert_eq!(next(&mut agenda, probe(&[1, 2], false), 9), Some(4), "a suspect is not believed");
    assert_eq!(next(&mut agenda, probe(&[1, 2], false), 9), Some(3), "but it is tried before those who have spoken");
    assert_eq!(agenda.next_due(probe(&[1, 2], false), at(9)).map(|due| (due.seq, due.suspect)), Some((1, false)));
}

fn put_off(agenda: &mut Agenda, until: i64, now: i64) {
    agenda.release(1, Again::NotBefore(at(until)), at(now));
}

#[test]
fn what_could_not_be_read_was_looked_at_again_at_once_and_for_ever() {
    let mut agenda = agenda(&[open(1, 0)], 10);
    assert_eq!(next(&mut agenda, Turn::Anyone, 10), Some(1));
    put_off(&mut agenda, 20, 10);
    assert_eq!(agenda.in_hand(), 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 19), None);
    assert_eq!(agenda.first_due(), Some(20_000));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(1));
    put_off(&mut agenda, 900, 20);
    // A person's "try now" does not wait.
    agenda.update(1, &standing(true, 21, false), at(21));
    assert_eq!(next(&mut agenda, Turn::Anyone, 21), Some(1));
    agenda.tried(1, at(21));
    put_off(&mut agenda, 30, 21);
    for (second, deadline) in [(500, Deadline::Notice), (1000, Deadline::Expire)] {
        assert_eq!(agenda.deadlines_due(at(second)), [(1, deadline)]);
        put_off(&mut agenda, second + 10, second);
        assert_eq!(agenda.deadlines_due(at(second + 9)), [], "put off");
        assert_eq!(agenda.deadlines_due(at(second + 10)), [(1, deadline)], "and come again");
        agenda.release(1, Again::AsPlanned, at(second + 10));
    }
}

#[test]
fn what_nobody_knows_the_outcome_of_waits_for_a_person() {
    let mut agenda = agenda(&[open(1, 0)], 1);
    assert_eq!(next(&mut agenda, Turn::Anyone, 1), Some(1));
    agenda.tried(1, at(1));
    agenda.release(1, Again::NotByItself, at(1));
    assert_eq!(agenda.in_hand(), 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), None);
    assert_eq!(agenda.deadlines_due(at(999_999)), [], "it may have arrived: nobody is told that it failed");
    agenda.begin_afresh(&schedule(), at(999_999));
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), None);
    agenda.update(1, &standing(true, 2, false), at(999_999));
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), Some(1));
}
