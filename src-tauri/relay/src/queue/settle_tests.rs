//! Settle as a table and as properties.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::mail::wish::Notify;
use crate::mail::{Body, ForwardPath, Returns, Summary};
use crate::queue::{ContentPlace, Recipient, StateWord};
use crate::smarthost::{Refusal, RefusalKind};
use proptest::prelude::*;
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn schedule() -> Schedule {
    Schedule {
        first_retry: Duration::from_secs(60),
        longest_retry: Duration::from_secs(600),
        lifetime: Duration::from_secs(86_400),
        delay_notice: Some(Duration::from_secs(3600)),
    }
}

fn entry(from: &str, states: Vec<RecipientState>) -> QueueEntry {
    let recipients = states
        .into_iter()
        .enumerate()
        .map(|(n, state)| Recipient { path: ForwardPath::parse(&format!("r{n}@away.test")).unwrap(), attempts: 0, state })
        .collect();
    QueueEntry {
        seq: 1,
        id: MessageId::at(at(0)),
        kind: Kind::Mail,
        peer: None,
        reverse_path: ReversePath::parse(from).unwrap(),
        body: Body::SevenBit,
        utf8: false,
        returns: Returns::default(),
        recipients,
        summary: Summary::default(),
        size: 1,
        content: ContentPlace::Row,
        accepted_at: at(0),
        priority: crate::mail::Priority::Normal,
        held: false,
        noticed: false,
    }
}

fn queued() -> RecipientState {
    RecipientState::Queued { due: at(0) }
}

fn reply(line: &str) -> RemoteReply {
    RemoteReply::parse(line).unwrap()
}

fn refusal(line: &str) -> Refusal {
    Refusal { kind: RefusalKind::Recipient, reply: Some(reply(line)) }
}

const VIA: Via<'static> = Via { lane: "default", server: "smart.test", tls: Some("TLSv1.3"), tells_senders: false };

#[test]
fn each_recipient_gets_its_own_outcome() {
    let entry = entry("a@office.test", vec![queued(), queued(), queued(), queued()]);
    let outcomes = [
        Outcome::Sent(reply("250 2.0.0 ok")),
        Outcome::Failed(refusal("550 5.1.1 no such user")),
        Outcome::Deferred(refusal("450 4.2.0 busy")),
        Outcome::Untouched,
    ];
    let got = settle(&entry, &[0, 1, 2, 3], &outcomes, &VIA, &schedule(), at(10));
    let words: Vec<_> = got.changes.iter().map(|c| (c.recipient, c.state.word())).collect();
    assert_eq!(words, [(0, StateWord::Sent), (1, StateWord::Bounced), (2, StateWord::Deferred)]);
    assert_eq!(got.changes[2].state.due(), Some(at(70)));
    assert_eq!(got.report, Some(ReportWanted::Failure { recipients: vec![1] }));
    assert_eq!(got.records.len(), 3);
}

#[test]
fn the_last_try_is_counted_and_what_is_no_try_is_not() {
    let mut entry = entry("a@office.test", vec![queued(), queued()]);
    entry.recipients[0].attempts = 2;
    let tries = |settlement: Settlement| settlement.changes.iter().map(|change| change.attempts).collect::<Vec<_>>();
    let outcomes = [Outcome::Sent(reply("250 2.0.0 ok")), Outcome::Failed(refusal("550 5.1.1 no such user"))];
    assert_eq!(tries(settle(&entry, &[0, 1], &outcomes, &VIA, &schedule(), at(10))), [3, 1]);
    assert_eq!(tries(expire(&entry, at(99))), [2, 0]);
    assert_eq!(tries(delete(&entry, false, at(99))), [2, 0]);
}

#[test]
fn a_lane_that_is_down_charges_nobody() {
    let entry = entry("a@office.test", vec![queued(), queued()]);
    let got = settle(&entry, &[0, 1], &[Outcome::Untouched, Outcome::Untouched], &VIA, &schedule(), at(10));
    assert_eq!(got, Settlement::of(1));
}

#[test]
fn a_report_never_causes_a_report() {
    let entry = entry("", vec![queued()]);
    assert_eq!(settle(&entry, &[0], &[Outcome::Failed(refusal("550 no"))], &VIA, &schedule(), at(1)).report, None);
    assert_eq!(expire(&entry, at(1)).report, None);
    assert_eq!(notice(&entry).report, None);
    assert!(notice(&entry).noticed);
}

#[test]
fn what_is_settled_is_left_alone_at_the_end_of_the_lifetime() {
    let sent = RecipientState::Sent { at: at(1), reply: reply("250 ok") };
    let entry = entry("a@office.test", vec![sent, queued()]);
    let got = expire(&entry, at(99));
    assert_eq!(got.changes.len(), 1);
    assert_eq!(got.report, Some(ReportWanted::Failure { recipients: vec![1] }));
}

#[test]
fn deleting_tells_the_sender_only_on_wish() {
    let entry = entry("a@office.test", vec![queued()]);
    assert_eq!(delete(&entry, false, at(5)).report, None);
    assert!(delete(&entry, true, at(5)).report.is_some());
}

/// RFC 3461 §5.2: what the sender wants to hear, what became of the recipient, whether the server will tell.
#[test]
fn a_sender_hears_what_it_wants_to_hear() {
    let (sent, failed) = (|| Outcome::Sent(reply("250 ok")), || Outcome::Failed(refusal("550 no")));
    let wanting = |notify: &str| {
        let mut entry = entry("a@office.test", vec![queued()]);
        entry.recipients[0].path.wish.notify = Notify::parse(notify);
        entry
    };
    for (notify, of_success, of_failure, of_delay) in [
        ("nothing said", false, true, true),
        ("NEVER", false, false, false),
        ("SUCCESS", true, false, false),
        ("FAILURE", false, true, false),
        ("DELAY", false, false, true),
        ("SUCCESS,FAILURE,DELAY", true, true, true),
    ] {
        let entry = wanting(notify);
        for tells_senders in [false, true] {
            let via = Via { tells_senders, ..VIA };
            let relayed = (of_success && !tells_senders).then(|| ReportWanted::Relayed { recipients: vec![0] });
            assert_eq!(settle(&entry, &[0], &[sent()], &via, &schedule(), at(1)).report, relayed, "{notify}");
            let failure = of_failure.then(|| ReportWanted::Failure { recipients: vec![0] });
            assert_eq!(settle(&entry, &[0], &[failed()], &via, &schedule(), at(1)).report, failure, "{notify}");
            assert_eq!(expire(&entry, at(1)).report, failure, "{notify}");
            assert_eq!(delete(&entry, true, at(1)).report, failure, "{notify}");
        }
        let delay = of_delay.then(|| ReportWanted::Delay { recipients: vec![0] });
        let late = notice(&entry);
        assert_eq!((late.report, late.noticed), (delay, true), "{notify}");
    }
}

#[test]
fn one_report_tells_of_failure_and_success_together() {
    let mut entry = entry("a@office.test", vec![queued(), queued(), queued()]);
    for (recipient, notify) in entry.recipients.iter_mut().zip(["SUCCESS", "FAILURE", "NEVER"]) {
        recipient.path.wish.notify = Notify::parse(notify);
    }
    let outcomes = [Outcome::Sent(reply("250 ok")), Outcome::Failed(refusal("550 no")), Outcome::Failed(refusal("550 no"))];
    let got = settle(&entry, &[0, 1, 2], &outcomes, &VIA, &schedule(), at(1));
    assert_eq!(got.report, Some(ReportWanted::Failure { recipients: vec![0, 1] }));
}

fn any_state() -> impl Strategy<Value = RecipientState> {
    prop_oneof![
        Just(queued()),
        Just(RecipientState::Deferred { due: at(5), why: Why::from(&refusal("450 busy")) }),
        Just(RecipientState::Sent { at: at(1), reply: reply("250 ok") }),
        Just(RecipientState::Bounced { at: at(1), why: Why::from(&refusal("550 no")) }),
        Just(RecipientState::Deleted { at: at(1) }),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Sent(reply("250 ok"))),
        Just(Outcome::Failed(refusal("550 no"))),
        Just(Outcome::Deferred(refusal("450 busy"))),
        Just(Outcome::Untouched),
    ]
}

proptest! {
    /// One record per change, nothing settled changes again, a deferred recipient is due later, and
    /// everyone who failed for good is in the report.
    #[test]
    fn settling_keeps_its_promises(pairs in prop::collection::vec((any_state(), any_outcome()), 1..20), tries in 0u32..9) {
        let (states, outcomes): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let mut entry = entry("a@office.test", states);
        entry.recipients.iter_mut().for_each(|recipient| recipient.attempts = tries);
        let tried: Vec<usize> = (0..entry.recipients.len()).collect();
        let now = at(100);
        let got = settle(&entry, &tried, &outcomes, &VIA, &schedule(), now);
        prop_assert_eq!(got.changes.len(), got.records.len());
        let mut failed = Vec::new();
        for (change, record) in got.changes.iter().zip(&got.records) {
            let before = &entry.recipients[change.recipient].state;
            prop_assert!(before.due().is_some());
            prop_assert_eq!(record.recipient, Some(change.recipient));
            prop_assert_eq!(change.attempts, tries + 1);
            if let RecipientState::Deferred { due, .. } = &change.state {
                prop_assert!(*due > now);
            }
            if change.state.word() == StateWord::Bounced { failed.push(change.recipient); }
        }
        let reported = match got.report { Some(ReportWanted::Failure { recipients }) => recipients, _ => Vec::new() };
        prop_assert_eq!(failed, reported);
    }
}
