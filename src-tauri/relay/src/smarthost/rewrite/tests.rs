//! Senders that become others, field by field.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::policy::AddressPattern;
use proptest::prelude::*;

fn account(display_name: DisplayName) -> Rewriting {
    let to = Mailbox::parse("mail@office.example").unwrap();
    Rewriting { rows: vec![Row { senders: Senders::All, to }], display_name, reply_to: true }
}

fn path(text: &str) -> ReversePath {
    ReversePath::parse(text).unwrap()
}

fn header(rewriting: &Rewriting, header: &str) -> Option<String> {
    rewriting.header(header.as_bytes(), &path("scan@office.test")).map(|out| String::from_utf8(out).unwrap())
}

#[test]
fn from_becomes_the_account_and_the_rest_stays_octet_for_octet() {
    let before = "Received: by x\r\n\twith y\r\nSubject:  odd \r\n   folded\r\nFrom:  Scanner 2 <scanner@office.test>\r\nX-A:b\r\n";
    assert_eq!(
        header(&account(DisplayName::Kept), before).unwrap(),
        "Received: by x\r\n\twith y\r\nSubject:  odd \r\n   folded\r\nFrom: Scanner 2 <mail@office.example>\r\n\
         Reply-To:  Scanner 2 <scanner@office.test>\r\nX-Original-From:  Scanner 2 <scanner@office.test>\r\nX-A:b\r\n"
    );
}

#[test]
fn names_are_kept_or_made_of_the_address() {
    let rows = [
        (
            "scanner@office.test",
            "<mail@office.example>",
            "\"scanner@office.test\" <mail@office.example>",
            "\"scanner@office.test\" <mail@office.example>",
        ),
        ("A 2 <s@o.test>", "A 2 <mail@office.example>", "\"s@o.test\" <mail@office.example>", "\"A 2 (s@o.test)\" <mail@office.example>"),
        (
            "\"A \\\"2\\\"\" <s@o.test>",
            "\"A \\\"2\\\"\" <mail@office.example>",
            "\"s@o.test\" <mail@office.example>",
            "\"A \\\"2\\\" (s@o.test)\" <mail@office.example>",
        ),
        (
            "s@o.test (A 2)",
            "\"A 2\" <mail@office.example>",
            "\"s@o.test\" <mail@office.example>",
            "\"A 2 (s@o.test)\" <mail@office.example>",
        ),
        (
            "=?utf-8?q?=C3=BC?= <s@o.test>",
            "=?utf-8?q?=C3=BC?= <mail@office.example>",
            "\"s@o.test\" <mail@office.example>",
            "=?utf-8?q?=C3=BC?= \"(s@o.test)\" <mail@office.example>",
        ),
    ];
    for (before, kept, address, both) in rows {
        for (how, after) in [(DisplayName::Kept, kept), (DisplayName::Address, address), (DisplayName::NameAndAddress, both)] {
            assert_eq!(account(how).preview(before).from, after, "{before} {how:?}");
        }
    }
}

#[test]
fn what_is_right_already_is_not_touched() {
    let rewriting = account(DisplayName::Kept);
    for before in [
        "From: Mail <mail@office.example>\r\nTo: x\r\n",
        "from:MAIL@Office.Example\r\n",
        "Sender: mail@office.example\r\nFrom: mail@office.example\r\n",
    ] {
        assert_eq!(header(&rewriting, before), None, "{before}");
    }
    assert_eq!(rewriting.envelope(&path("")), ReversePath::Null);
    assert_eq!(rewriting.envelope(&path("scan@office.test")), path("mail@office.example"));
}

#[test]
fn a_from_of_several_a_group_and_no_from_at_all() {
    let rewriting = account(DisplayName::Kept);
    assert_eq!(
        header(&rewriting, "From: A <a@o.test>,\r\n B <b@o.test>\r\nSender: A <a@o.test>\r\n").unwrap(),
        "From: A <mail@office.example>\r\nReply-To: A <a@o.test>,\r\n B <b@o.test>\r\nX-Original-From: A <a@o.test>,\r\n B <b@o.test>\r\n\
         X-Original-Sender: A <a@o.test>\r\n"
    );
    assert_eq!(
        header(&rewriting, "From: Team: a@o.test;\r\nReply-To: x@o.test\r\n").unwrap(),
        "From: <mail@office.example>\r\nX-Original-From: Team: a@o.test;\r\nReply-To: x@o.test\r\n"
    );
    // Nobody could answer to it.
    assert_eq!(header(&rewriting, "From: ???\r\n").unwrap(), "From: <mail@office.example>\r\nX-Original-From: ???\r\n");
    assert_eq!(header(&rewriting, "To: x\r\n").unwrap(), "From: <mail@office.example>\r\nTo: x\r\n");
    assert_eq!(
        header(&rewriting, "From: a@o.test\r\nFrom: b@o.test\r\nReply-To: c@o.test\r\n").unwrap(),
        "From: <mail@office.example>\r\nX-Original-From: a@o.test\r\nX-Original-From: b@o.test\r\nReply-To: c@o.test\r\n"
    );
    // Told of an earlier journey.
    assert_eq!(header(&rewriting, "Resent-From: r@o.test\r\nFrom: mail@office.example\r\n"), None);
}

#[test]
fn the_first_row_that_names_a_sender_decides() {
    let to = |text: &str| Mailbox::parse(text).unwrap();
    let these = |pattern| Senders::These([pattern].into_iter().collect());
    let rewriting = Rewriting {
        rows: vec![
            Row { senders: these(AddressPattern::Mailbox(to("ups@office.test"))), to: to("alarm@office.example") },
            Row { senders: these(AddressPattern::Domain("office.test".into())), to: to("scan@office.example") },
            Row { senders: these(AddressPattern::SubdomainsOf("office.test".into())), to: to("floor@office.example") },
        ],
        display_name: DisplayName::Kept,
        reply_to: false,
    };
    for (before, after) in [
        ("ups@office.test", "alarm@office.example"),
        ("UPS@Office.test", "alarm@office.example"),
        ("a@office.test", "scan@office.example"),
        ("a@two.office.test", "floor@office.example"),
        ("a@away.test", "a@away.test"),
    ] {
        assert_eq!(rewriting.preview(before).envelope, after);
        assert_eq!(rewriting.envelope(&path(before)), path(after));
    }
    assert_eq!(header(&rewriting, "From: a@away.test\r\n"), None);
    // A secretary's own address that the provider would not take, in a mail whose From it takes.
    assert_eq!(
        header(&rewriting, "Sender: a@office.test\r\nFrom: a@away.test\r\n").unwrap(),
        "Sender: <scan@office.example>\r\nX-Original-Sender: a@office.test\r\nFrom: a@away.test\r\n"
    );
    assert_eq!(rewriting.preview("X <a@office.test>").reply_to, None);
}

#[test]
fn a_long_name_is_folded_before_the_address() {
    let name = "x".repeat(60);
    let after = header(&account(DisplayName::Kept), &format!("From: {name} <s@o.test>\r\n")).unwrap();
    assert!(after.starts_with(&format!("From: {name}\r\n <mail@office.example>\r\n")), "{after}");
}

proptest! {
    /// Fields that have nothing to do with the sender come out as they went in, in their order; the new header is a header.
    #[test]
    fn only_the_senders_fields_change(pieces in prop::collection::vec(prop_oneof![
        Just("From: a@o.test\r\n".to_owned()), Just("from : \r\n \"x\r\n".to_owned()), Just("Sender: s@o.test\r\n".to_owned()),
        Just("Reply-To: r@o.test\r\n".to_owned()), "X-[a-z]{1,5}:[ -~]{0,20}\r\n", "[ \t][ -~]{1,10}\r\n",
    ], 0..12)) {
        // As the store keeps it: our own line is the first.
        let before = format!("Received: x\r\n{}", pieces.concat());
        let rewriting = account(DisplayName::NameAndAddress);
        if let Some(after) = header(&rewriting, &before) {
            let others = |text: &str| {
                let names = ["From", "Sender", "Reply-To", "X-Original-From", "X-Original-Sender"];
                let fields = Fields::of(text.as_bytes()).iter().filter(|field| !names.iter().any(|name| field.is(name))).map(|field| field.octets.to_vec()).collect::<Vec<_>>();
                fields.concat()
            };
            prop_assert_eq!(others(&before), others(&after));
            prop_assert_eq!(Fields::of(after.as_bytes()).iter().filter(|field| field.is("From")).count(), 1);
            prop_assert!(after.ends_with("\r\n"));
            // Once is enough.
            prop_assert_eq!(header(&rewriting, &after), None);
        }
    }
}
