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
        from: 0,
        held: false,
        noticed: false,
    }
}

fn standing(open: bool, due: i64, held: bool) -> Standing {
    Standing { open, word: StateWord::Deferred, next_attempt: open.then_some(due * 1000), held }
}

fn agenda(open: &[Open], now: i64) -> Agenda {
    Agenda::new(open, &schedule(), &Routing::default(), at(now))
}

fn next(agenda: &mut Agenda, turn: Turn<'_>, now: i64) -> Option<Seq> {
    drawn(agenda, turn, now).map(|due| due.seq)
}

fn drawn(agenda: &mut Agenda, turn: Turn<'_>, now: i64) -> Option<Due> {
    agenda.next_due(Draw { lane: 0, routes: RouteSet::ALL, refused: &Refused::default() }, turn, at(now))
}

fn first_due(agenda: &Agenda, heard: &[Seq]) -> Option<i64> {
    agenda.first_due_but(Draw { lane: 0, routes: RouteSet::ALL, refused: &Refused::default() }, heard)
}

/// Committed, of a message that takes one route.
fn update(agenda: &mut Agenda, seq: Seq, standing: Standing, now: i64) {
    agenda.update(seq, &standing, &[], at(now));
}

/// Tried, and still to be tried again.
fn deferred(agenda: &mut Agenda, seq: Seq, due: i64, now: i64) {
    assert_eq!(next(agenda, Turn::Anyone, now), Some(seq));
    agenda.tried(seq, RouteSet::ALL, at(now));
    update(agenda, seq, standing(true, due, false), now);
    agenda.release(seq, Again::AsPlanned, at(now));
}

#[test]
fn the_longest_due_comes_first_and_only_once() {
    let mut agenda = agenda(&[open(1, 20), open(2, 10)], 20);
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(2));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(1));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), None);
    assert_eq!(agenda.in_hand(), 2);
    update(&mut agenda, 2, standing(true, 30, false), 20);
    agenda.release(2, Again::AsPlanned, at(20));
    update(&mut agenda, 1, standing(false, 0, false), 20);
    agenda.release(1, Again::AsPlanned, at(20));
    assert_eq!(agenda.in_hand(), 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 29), None);
    assert_eq!(next(&mut agenda, Turn::Anyone, 30), Some(2));
}

#[test]
fn a_late_change_does_not_give_a_taken_message_to_a_second_hand() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 1), Some(1));
    update(&mut agenda, 1, standing(true, 1, false), 1);
    assert_eq!(next(&mut agenda, Turn::Anyone, 9), None);
    assert!(!agenda.take(1, at(9)));
    agenda.release(1, Again::AsPlanned, at(9));
    assert!(agenda.take(1, at(9)));
}

#[test]
fn held_mail_has_no_attempts_and_no_deadlines_until_released_and_tried() {
    let mut agenda = agenda(&[open(1, 0)], 0);
    deferred(&mut agenda, 1, 10, 0);
    update(&mut agenda, 1, standing(true, 10, true), 1);
    assert_eq!(next(&mut agenda, Turn::Anyone, 9000), None);
    assert_eq!(agenda.deadlines_due(at(9000)), []);
    update(&mut agenda, 1, standing(true, 9000, false), 9000);
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
    update(&mut agenda, 1, standing(true, 0, false), 1000);
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
    update(&mut agenda, 1, standing(true, 999, true), 1000);
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
    agenda.all_tried(RouteSet::ALL, at(5000));
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
    update(&mut agenda, 1, standing(true, year + 20, false), 21);
    agenda.release(1, Again::AsPlanned, at(21));
    assert_eq!(first_due(&agenda, &[]), Some(21_000));
    update(&mut agenda, 1, standing(false, 0, false), 21);

    // Accepted then: tried at once, and its lifetime counts from when the clock was right again.
    let mut agenda = self::agenda(&[open(2, year)], year);
    agenda.begin_afresh(&schedule(), at(30));
    deferred(&mut agenda, 2, 40, 30);
    assert_eq!(first_due(&agenda, &[]), Some(40_000), "and not over and over");
    assert_eq!(agenda.first_deadline(), Some(530_000));
}

#[test]
fn another_message_is_asked_when_one_has_heard_of_trouble() {
    let mut agenda = agenda(&[open(1, 1), open(2, 2), open(3, 3), open(4, 4)], 9);
    let but = |heard| Turn::AnyoneBut(heard);
    assert_eq!(first_due(&agenda, &[1]), Some(2000));
    assert_eq!(next(&mut agenda, but(&[1]), 9), Some(2));
    assert_eq!(next(&mut agenda, but(&[1, 2, 3, 4]), 9), None);
    agenda.release(2, Again::AsPlanned, at(9));
    let probe = |heard, newest| Turn::Probe { heard, newest };
    for (heard, newest, wanted) in [(&[1, 2][..], false, 3), (&[1, 2], true, 4), (&[2, 4, 3, 1], true, 2), (&[4, 3, 1, 2], false, 4)] {
        assert_eq!(next(&mut agenda, probe(heard, newest), 9), Some(wanted), "{heard:?} {newest}");
        agenda.release(wanted, Again::AsPlanned, at(9));
    }
    agenda.suspect(3, 0, at(9));
    assert_eq!(next(&mut agenda, probe(&[1, 2], false), 9), Some(4), "a suspect is not believed");
    assert_eq!(next(&mut agenda, probe(&[1, 2], false), 9), Some(3), "but it is tried before those who have spoken");
    assert_eq!(drawn(&mut agenda, probe(&[1, 2], false), 9).map(|due| (due.seq, due.suspect)), Some((1, false)));
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
    assert_eq!(first_due(&agenda, &[]), Some(20_000));
    assert_eq!(next(&mut agenda, Turn::Anyone, 20), Some(1));
    put_off(&mut agenda, 900, 20);
    // A person's "try now" does not wait.
    update(&mut agenda, 1, standing(true, 21, false), 21);
    assert_eq!(next(&mut agenda, Turn::Anyone, 21), Some(1));
    agenda.tried(1, RouteSet::ALL, at(21));
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
    agenda.tried(1, RouteSet::ALL, at(1));
    agenda.release(1, Again::NotByItself, at(1));
    assert_eq!(agenda.in_hand(), 0);
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), None);
    assert_eq!(agenda.deadlines_due(at(999_999)), [], "it may have arrived: nobody is told that it failed");
    agenda.begin_afresh(&schedule(), at(999_999));
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), None);
    update(&mut agenda, 1, standing(true, 2, false), 999_999);
    assert_eq!(next(&mut agenda, Turn::Anyone, 999_999), Some(1));
}

fn routing(routes: usize) -> Routing {
    use crate::route::{Route, Senders};
    let recipients = |n: usize| [crate::policy::AddressPattern::Domain(format!("d{n}.test"))].into_iter().collect();
    let route = |n| Route { senders: Senders::default(), recipients: recipients(n), clients: Vec::new(), via: vec![n % 2] };
    Routing { routes: (0..routes).map(route).collect(), rest: vec![0] }
}

fn entry(seq: Seq, to: &[&str], second: i64) -> QueueEntry {
    use crate::mail::{Body, ForwardPath, Kind, MessageId, Returns, ReversePath, Summary};
    use crate::queue::{Recipient, RecipientState};
    let path = |to: &&str| ForwardPath::parse(to).ok();
    let state = RecipientState::Queued { due: at(second) };
    QueueEntry {
        seq,
        id: MessageId::at(at(second)),
        kind: Kind::Mail,
        peer: None,
        reverse_path: ReversePath::Null,
        body: Body::SevenBit,
        utf8: false,
        returns: Returns::default(),
        recipients: to.iter().filter_map(path).map(|path| Recipient { path, attempts: 0, state: state.clone() }).collect(),
        summary: Summary::default(),
        size: 1,
        content: ContentPlace::Row,
        accepted_at: at(second),
        priority: Priority::Normal,
        held: false,
        noticed: false,
    }
}

fn next_of(agenda: &mut Agenda, lane: usize, routes: &[RouteNo], now: i64) -> Option<Seq> {
    let draw = Draw { lane, routes: routes.iter().copied().collect(), refused: &Refused::default() };
    agenda.next_due(draw, Turn::Anyone, at(now)).map(|due| due.seq)
}

#[test]
fn a_message_for_two_lanes_is_in_one_hand_and_has_its_own_time_for_each() {
    let routing = routing(2);
    let mut agenda = Agenda::new(&[], &schedule(), &routing, at(0));
    agenda.add(entry(1, &["a@d0.test", "b@d1.test", "c@d1.test"], 0), &routing, at(0));
    agenda.add(entry(2, &["a@d1.test"], 0), &routing, at(0));
    assert_eq!((next_of(&mut agenda, 0, &[0], 1), next_of(&mut agenda, 1, &[1], 1)), (Some(1), Some(2)), "one hand");
    // The first recipient is deferred, the others were not its lane's.
    agenda.tried(1, [0].into_iter().collect(), at(1));
    agenda.update(1, &standing(true, 0, false), &[(0, 50_000), (1, 0), (2, 0)], at(1));
    agenda.release(1, Again::AsPlanned, at(1));
    assert_eq!(next_of(&mut agenda, 0, &[0], 49), None);
    assert_eq!(agenda.deadlines_due(at(2000)), [], "not tried on its other route");
    assert_eq!(next_of(&mut agenda, 1, &[1], 49), Some(1));
    agenda.tried(1, [1].into_iter().collect(), at(49));
    agenda.update(1, &standing(true, 50, false), &[(0, 50_000)], at(49));
    agenda.release(1, Again::AsPlanned, at(49));
    assert_eq!((next_of(&mut agenda, 1, &[1], 99), next_of(&mut agenda, 0, &[0], 99)), (None, Some(1)));
    agenda.release(1, Again::AsPlanned, at(99));
    assert_eq!(agenda.deadlines_due(at(2000)).first(), Some(&(1, Deadline::Expire)));
}

#[test]
fn routes_take_turns_and_a_priority_goes_first_over_all_of_them() {
    let routing = routing(2);
    let mut agenda = Agenda::new(&[], &schedule(), &routing, at(0));
    for seq in 1..=6 {
        agenda.add(entry(seq, &[if seq <= 4 { "a@d0.test" } else { "a@d1.test" }], seq), &routing, at(seq));
    }
    agenda.add(QueueEntry { priority: Priority::High, ..entry(7, &["a@d0.test"], 7) }, &routing, at(7));
    let order: Vec<_> = std::iter::from_fn(|| next_of(&mut agenda, 0, &[0, 1], 9)).collect();
    assert_eq!(order, [7, 5, 1, 6, 2, 3, 4]);
}

#[test]
fn what_waits_for_a_person_has_no_end_and_gets_its_try_first() {
    let routing = routing(2);
    let mut agenda = Agenda::new(&[], &schedule(), &routing, at(0));
    agenda.add(entry(1, &["a@d0.test"], 0), &routing, at(0));
    agenda.add(entry(2, &["a@d1.test"], 0), &routing, at(0));
    agenda.all_tried(RouteSet::ALL, at(0));
    agenda.set_frozen(RouteSet::from(0), at(1));
    assert_eq!(agenda.deadlines_due(at(5000)), [(2, Deadline::Expire)]);
    agenda.set_frozen(RouteSet::NONE, at(5001));
    assert_eq!(agenda.deadlines_due(at(5001)), [], "not tried since");
    assert_eq!(next_of(&mut agenda, 0, &[0], 5001), Some(1));
}

#[test]
fn where_routes_differ_mail_of_before_waits_until_its_own_is_known() {
    let routing = routing(2);
    let mut agenda = Agenda::new(&[open(1, 0), open(2, 0)], &schedule(), &routing, at(0));
    assert_eq!(next_of(&mut agenda, 0, &[0, 1, 2], 9), None);
    // A person wants it now, while the store is being read.
    update(&mut agenda, 2, standing(true, 5, false), 5);
    agenda.update(2, &standing(true, 5, false), &[(0, 5000)], at(5));
    let path = |text: &str| crate::mail::ForwardPath::parse(text).ok();
    let of = |seq, unsettled| OpenRecipients { seq, client: None, reverse_path: crate::mail::ReversePath::Null, unsettled };
    let read = [of(1, vec![(1, path("x@d1.test"), 0), (3, path("x@else.test"), 0)]), of(2, vec![(0, path("x@d1.test"), 80_000)])];
    agenda.routed(&read, &routing, at(6));
    assert_eq!((next_of(&mut agenda, 0, &[2], 9), next_of(&mut agenda, 1, &[1], 9)), (Some(1), Some(2)));
    agenda.reroute(&Routing::default(), at(9));
    agenda.release(1, Again::AsPlanned, at(9));
    assert_eq!(next_of(&mut agenda, 0, &[0], 9), Some(1), "in hand under other routes, and one way leads everywhere now");
}

/// What can happen to a message with one recipient on each of two routes.
#[derive(Debug, Clone, Copy)]
enum Step {
    Draw(usize),
    /// The nth of those in hand comes back: sent, deferred, or not tried.
    Back(usize, u8),
    Time(i64),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let step = prop_oneof![
        (0_usize..2).prop_map(Step::Draw),
        (0_usize..4, 0_u8..3).prop_map(|(nth, how)| Step::Back(nth, how)),
        (1_i64..40).prop_map(Step::Time),
    ];
    prop::collection::vec(step, 1..120)
}

proptest::proptest! {
    /// With any interleaving of two lanes no message is in two hands, no recipient is sent twice, and none is lost.
    #[test]
    fn no_message_is_in_two_hands_and_none_is_lost(steps in steps()) {
        use proptest::prelude::*;
        let routing = routing(2);
        let mut agenda = Agenda::new(&[], &schedule(), &routing, at(0));
        // By recipient: when it is due; None once it is sent.
        let mut dues: Vec<[Option<i64>; 2]> = Vec::new();
        for seq in 1..=4 {
            agenda.add(entry(seq, &["a@d0.test", "b@d1.test"], 0), &routing, at(0));
            dues.push([Some(0), Some(0)]);
        }
        let mut hands: Vec<(Seq, usize)> = Vec::new();
        let mut now = 0;
        let back = |agenda: &mut Agenda, dues: &mut Vec<[Option<i64>; 2]>, (seq, lane): (Seq, usize), how: u8, now: i64| {
            let message = &mut dues[usize::try_from(seq).unwrap_or_default() - 1];
            // As the attempt does it: only what is due of the lane's own route.
            if message[lane].is_some_and(|due| due <= now) && how < 2 {
                message[lane] = if how == 0 { None } else { Some(now + 10) };
                let left: Vec<(usize, i64)> = (0..2).filter_map(|n| message[n].map(|due| (n, due * 1000))).collect();
                let next = left.iter().map(|(_, due)| *due).min();
                let standing = Standing { open: next.is_some(), word: StateWord::Deferred, next_attempt: next, held: false };
                agenda.update(seq, &standing, &left, at(now));
            }
            agenda.release(seq, Again::AsPlanned, at(now));
        };
        for step in steps {
            match step {
                Step::Draw(lane) => {
                    if let Some(seq) = next_of(&mut agenda, lane, &[u8::try_from(lane).unwrap_or_default()], now) {
                        prop_assert!(hands.iter().all(|(held, _)| *held != seq), "in two hands");
                        let message = dues[usize::try_from(seq).unwrap_or_default() - 1];
                        prop_assert!(message[lane].is_some_and(|due| due <= now), "drawn for nothing, or once more");
                        hands.push((seq, lane));
                    }
                }
                Step::Back(nth, how) if nth < hands.len() => back(&mut agenda, &mut dues, hands.remove(nth), how, now),
                Step::Back(..) => {}
                Step::Time(more) => now += more,
            }
        }
        for hand in std::mem::take(&mut hands) {
            back(&mut agenda, &mut dues, hand, 2, now);
        }
        now += 100;
        for lane in 0..2 {
            while let Some(seq) = next_of(&mut agenda, lane, &[u8::try_from(lane).unwrap_or_default()], now) {
                back(&mut agenda, &mut dues, (seq, lane), 0, now);
            }
        }
        prop_assert!(dues.iter().flatten().all(Option::is_none), "lost: {dues:?}");
        prop_assert_eq!(agenda.in_hand(), 0);
    }
}
