//! Reports as golden files, and as properties.

#![allow(clippy::unwrap_used)]

mod cases;
mod golden;
mod noise;

use super::*;
use crate::mail::reply::RemoteReply;
use crate::queue::WhyKind;

fn bytes(report: &Submission) -> Vec<u8> {
    match &report.content {
        Content::Memory(bytes) => bytes.to_vec(),
        Content::File { .. } => Vec::new(),
    }
}

fn id(number: u128) -> MessageId {
    MessageId(uuid::Uuid::from_u128(0x019a_4e00_0000_7000_8000_0000_0000_0000 + number))
}

fn refused(kind: WhyKind, reply: &str) -> Why {
    Why { kind, reply: Some(RemoteReply::parse(reply).unwrap()) }
}

fn concerned(address: &str, fate: Fate) -> Concerned {
    let answered = matches!(fate, Fate::Relayed(_)) || fate.why().is_some_and(|why| why.reply.is_some());
    let tried_at = match fate {
        Fate::Refused(_) | Fate::Relayed(_) => Some("2026-11-02T09:05:09Z".parse().unwrap()),
        Fate::Expired { .. } | Fate::Deleted | Fate::Late { .. } => None,
    };
    Concerned { address: ForwardPath::parse(address).unwrap(), fate, server: answered.then(|| "smart.provider.test".to_owned()), tried_at }
}

#[test]
fn a_report_never_causes_a_report() {
    let (_, mut facts) = cases::all().swap_remove(0);
    facts.sender = &ReversePath::Null;
    assert!(compose(&facts, id(2), Timestamp::UNIX_EPOCH).is_none());
}

#[test]
fn who_is_not_to_be_told_is_not_told_and_nobody_is_told_twice() {
    let (_, mut facts) = cases::all().swap_remove(0);
    let told = |facts: &ReportFacts<'_>| {
        let paths = |report: Submission| report.envelope.forward_paths.iter().map(|path| path.as_str().to_owned()).collect::<Vec<_>>();
        compose(facts, id(2), Timestamp::UNIX_EPOCH).map(paths)
    };
    let (sender, administrator) = (Mailbox::parse("scan@office.test").unwrap(), Mailbox::parse("admin@office.test").unwrap());
    for (to_sender, copy, readers) in [
        (true, None, Some(vec!["scan@office.test"])),
        (true, Some(&administrator), Some(vec!["scan@office.test", "admin@office.test"])),
        (true, Some(&sender), Some(vec!["scan@office.test"])),
        (false, Some(&sender), Some(vec!["scan@office.test"])),
        (false, Some(&administrator), Some(vec!["admin@office.test"])),
        (false, None, None),
    ] {
        facts.readers = Readers { sender: to_sender, copy };
        assert_eq!(told(&facts), readers.map(|readers| readers.into_iter().map(str::to_owned).collect()), "{to_sender} {copy:?}");
    }
}

#[test]
fn what_concerns_nobody_is_not_told() {
    let (_, mut facts) = cases::all().swap_remove(0);
    facts.recipients.clear();
    assert!(compose(&facts, id(2), Timestamp::UNIX_EPOCH).is_none());
}

#[test]
fn a_message_whose_header_is_lost_is_reported_without_it() {
    let (_, mut facts) = cases::all().swap_remove(0);
    facts.beginning = b"";
    let report = compose(&facts, id(2), Timestamp::UNIX_EPOCH).unwrap();
    let text = String::from_utf8(bytes(&report)).unwrap();
    assert!(text.contains("message/delivery-status") && !text.contains("text/rfc822-headers"), "{text}");
}

#[test]
fn only_a_whole_message_id_is_referred_to() {
    for (text, whole) in [
        ("<1@scanner.test>", true),
        ("<a.b+c=d@[10.0.0.5]>", true),
        ("", false),
        ("<>", false),
        ("<@>", false),
        ("1@scanner.test", false),
        ("<1@scanner.test", false),
        ("<1>", false),
        ("<1@2@3>", false),
        ("<1@a b>", false),
        ("<1@a><2@b>", false),
        ("<\u{fc}@b>", false),
        ("<1@[]>", false),
    ] {
        assert_eq!(is_message_id(text), whole, "{text}");
    }
}

#[test]
fn the_summary_says_what_the_header_says() {
    let (_, facts) = cases::all().swap_remove(0);
    let report = compose(&facts, id(2), Timestamp::UNIX_EPOCH).unwrap();
    let mut scan = crate::mail::trace::HeaderScan::default();
    scan.see(&bytes(&report));
    assert_eq!(scan.finish(), report.summary);
}

#[test]
fn a_long_subject_fits_the_summary_whole() {
    let (_, mut facts) = cases::all().swap_remove(0);
    let subject = "w\u{fc}rde ".repeat(60);
    facts.subject = &subject;
    let report = compose(&facts, id(2), Timestamp::UNIX_EPOCH).unwrap();
    let mut scan = crate::mail::trace::HeaderScan::default();
    scan.see(&bytes(&report));
    assert_eq!(scan.finish().subject, report.summary.subject);
}
