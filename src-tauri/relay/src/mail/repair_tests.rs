//! What is completed, what is left alone, and that pieces do not matter.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn facts(from: &str) -> Facts {
    Facts {
        id: MessageId(uuid::Uuid::from_u128(7)),
        host_name: "relay.office.test".into(),
        reverse_path: ReversePath::parse(from).unwrap(),
        now: "2026-11-02T09:05:03Z".parse().unwrap(),
    }
}

const DATE: &str = "Date: Mon, 02 Nov 2026 09:05:03 +0000\r\n";
const FROM: &str = "From: <scan@office.test>\r\n";
const ID: &str = "Message-ID: <00000000000000000000000000000007@relay.office.test>\r\n";

fn through(from: &str, content: &[u8], piece: usize) -> Vec<u8> {
    let mut repair = Repair::new(facts(from));
    let mut out = Vec::new();
    for piece in content.chunks(piece.max(1)) {
        out.extend_from_slice(&repair.pass(piece));
    }
    out.extend(repair.finish());
    out
}

/// In every way it can come in.
fn repaired(from: &str, content: &str) -> String {
    let whole = through(from, content.as_bytes(), content.len());
    for piece in [1, 2, 7, 1000] {
        assert_eq!(through(from, content.as_bytes(), piece), whole, "{content:?} in pieces of {piece}");
    }
    String::from_utf8(whole).unwrap()
}

#[test]
fn what_is_missing_stands_in_front_and_the_rest_ends_as_it_began() {
    let whole = "From: a@b.test\r\nDate: today\r\nMessage-ID: <1@b.test>\r\n\r\ntext\r\n";
    assert_eq!(repaired("scan@office.test", whole), whole);
    for (content, front) in [
        ("Date: today\r\nMessage-ID: <1@b>\r\n\r\ntext\r\n", vec![FROM]),
        ("From: a@b.test\r\nmessage-id : <1@b>\r\n\r\ntext\r\n", vec![DATE]),
        ("FROM: a@b.test\r\nDATE: today\r\n\r\ntext\r\n", vec![ID]),
        ("Subject: x\r\n\r\nFrom: in the body\r\n", vec![DATE, FROM, ID]),
        // A header that ends without an empty line, or not at all.
        ("Subject: x\r\nDear Ann,\r\nDate: no field\r\n", vec![DATE, FROM, ID]),
        ("Subject: x\r\n", vec![DATE, FROM, ID]),
        ("\r\nonly a body\r\n", vec![DATE, FROM, ID]),
        ("", vec![DATE, FROM, ID]),
        // Resent fields are others.
        ("Resent-From: a@b.test\r\nX-Date: x\r\n\r\n", vec![DATE, FROM, ID]),
    ] {
        assert_eq!(repaired("scan@office.test", content), [front.concat().as_str(), content].concat(), "{content:?}");
    }
}

#[test]
fn a_body_alone_gets_a_header_and_an_empty_line() {
    let front = [DATE, FROM, ID, "\r\n"].concat();
    for body in ["Dear Ann,\r\nhello\r\n", "no colon here\r\n", " indented: yes\r\n", "a b: c\r\n", ".\r\n"] {
        assert_eq!(repaired("scan@office.test", body), [front.as_str(), body].concat());
        let marked = format!("From scan Mon Nov  2 09:05:03 2026\r\n{body}");
        if !body.starts_with(' ') {
            assert_eq!(repaired("scan@office.test", &marked), [front.as_str(), body].concat());
        }
    }
}

#[test]
fn a_from_without_a_domain_gets_the_senders() {
    for (from, completed) in [
        ("From: scanner", "From: scanner@office.test"),
        ("From:scanner", "From:scanner@office.test"),
        ("from :   scanner.2  ", "from :   scanner.2@office.test  "),
        ("From: <scanner>", "From: <scanner@office.test>"),
        ("From: Scanner <scanner>", "From: Scanner <scanner@office.test>"),
        ("From: \"Scanner (2nd), floor\" <scanner>", "From: \"Scanner (2nd), floor\" <scanner@office.test>"),
        ("From: =?utf-8?Q?B=C3=BCro?= <scanner>", "From: =?utf-8?Q?B=C3=BCro?= <scanner@office.test>"),
        ("From: B\u{fc}ro\r\n\t<scanner>", "From: B\u{fc}ro\r\n\t<scanner@office.test>"),
    ] {
        let rest = "Date: today\r\nMessage-ID: <1@b>\r\n\r\ntext\r\n";
        assert_eq!(repaired("scan@office.test", &format!("{from}\r\n{rest}")), format!("{completed}\r\n{rest}"));
    }
    assert_eq!(
        repaired("", "From: scanner\r\nDate: x\r\nMessage-ID: <1@b>\r\n\r\n"),
        "From: scanner@relay.office.test\r\nDate: x\r\nMessage-ID: <1@b>\r\n\r\n"
    );
}

#[test]
fn a_from_that_is_not_that_simple_is_left_alone() {
    for from in [
        "scan@office.test",
        "Scanner <scan@office.test>",
        "Scanner",
        "My Scanner",
        "\"scanner\"",
        "a, b",
        "a, b <c>",
        "Group: a;",
        "scanner (2nd floor)",
        "a@b <c>",
        "<a> <b>",
        "\"a\" b\" <c>",
        "\"a\\\" <c>",
        "a..b",
        "a.",
        "< scanner >",
        "<a b>",
    ] {
        let content = format!("From: {from}\r\nDate: today\r\nMessage-ID: <1@b>\r\n\r\ntext\r\n");
        let completed = if from == "Scanner" { content.replace("Scanner", "Scanner@office.test") } else { content.clone() };
        assert_eq!(repaired("scan@office.test", &content), completed, "{from}");
    }
}

#[test]
fn a_from_of_nobody_is_the_senders() {
    for from in ["From:\r\n", "From: \r\n", "From: <>\r\n", "From:\r\n \t\r\n"] {
        let rest = "Date: today\r\nMessage-ID: <1@b>\r\n\r\ntext\r\n";
        assert_eq!(repaired("scan@office.test", &format!("{from}{rest}")), format!("{FROM}{rest}"), "{from:?}");
        // Nobody is known then.
        assert_eq!(repaired("", &format!("{from}{rest}")), format!("{from}{rest}"), "{from:?}");
    }
    let mut repair = Repair::new(facts("b\u{fc}ro@office.test"));
    let out = repair.pass(b"\r\n").into_owned();
    assert!(String::from_utf8(out).unwrap().contains("From: <b\u{fc}ro@office.test>\r\n"));
    assert!(repair.added().eight_bit);
}

#[test]
fn return_path_and_mailbox_separators_are_taken_out() {
    let rest = "From: a@b.test\r\nDate: today\r\nMessage-ID: <1@b>\r\n\r\nReturn-Path: <in@the.body>\r\n";
    for before in [
        "Return-Path: <evil@away.test>\r\n",
        "RETURN-PATH : <evil@away.test>\r\n\t(folded)\r\n",
        "Return-Path: <>\r\nReturn-Path: <x@y>\r\n",
        "From scan Mon Nov  2 09:05:03 2026\r\n",
        "From scan Mon Nov  2 09:05:03 2026\r\nReturn-Path: <x@y>\r\n",
    ] {
        assert_eq!(repaired("scan@office.test", &format!("{before}{rest}")), rest, "{before:?}");
        // A separator is one only at the very start.
        if !before.starts_with("From ") {
            assert_eq!(repaired("scan@office.test", &format!("X: y\r\n{before}{rest}")), format!("X: y\r\n{rest}"));
        }
    }
}

#[test]
fn a_signed_header_is_left_as_it_was_signed() {
    let signed = "DKIM-Signature: v=1; h=from:date:date\r\nFrom: scanner\r\n\r\ntext\r\n";
    assert_eq!(repaired("scan@office.test", signed), signed);
    assert_eq!(repaired("scan@office.test", &format!("Return-Path: <x@y>\r\n{signed}")), signed);
}

#[test]
fn a_header_without_end_passes_as_it_came_and_is_not_held() {
    let long = format!("Return-Path: <x@y>\r\nX-Long: {}\r\n\r\ntext\r\n", "x".repeat(MOST));
    for piece in [1000, 70_000, 1_000_000] {
        assert_eq!(through("scan@office.test", long.as_bytes(), piece), long.as_bytes());
    }
    let mut repair = Repair::new(facts("scan@office.test"));
    for _ in 0..1000 {
        repair.pass(&b"X-Y: z\r\n".repeat(100));
        assert!(repair.head.len() <= MOST + 1000);
    }
    // One that just fits is completed.
    let fits = format!("X: {}\r\n\r\ntext\r\n", "x".repeat(MOST - 7));
    assert_eq!(repaired("scan@office.test", &fits), [DATE, FROM, ID, &fits].concat());
    let exceeds = format!("X: {}\r\n\r\ntext\r\n", "x".repeat(MOST - 6));
    assert_eq!(repaired("scan@office.test", &exceeds), exceeds);
}

#[test]
fn what_was_added_is_told() {
    let mut repair = Repair::new(facts("scan@office.test"));
    repair.pass(b"Subject: x\r\n\r\n");
    assert_eq!(repair.added().message_id.as_deref(), Some("<00000000000000000000000000000007@relay.office.test>"));
    assert!(!repair.added().eight_bit);
}

#[test]
fn a_body_passes_without_copying() {
    let mut repair = Repair::new(facts("scan@office.test"));
    repair.pass(b"Subject: x\r\n\r\n");
    assert!(matches!(repair.pass(b"text\r\n"), Cow::Borrowed(b"text\r\n")));
}

proptest! {
    /// Pieces do not matter, nothing is lost, and the second time there is nothing to do.
    #[test]
    fn repairing_keeps_its_promises(lines in prop::collection::vec(prop_oneof![
        prop::sample::select(vec![
            "From: scanner", "From: a@b", "From:", "From x", "Date: y", "Message-ID: <1@b>", "Return-Path: <x@y>", " folded", "\t",
            "", "text", "DKIM-Signature: x", ":", "X:", "Subject : x",
        ]).prop_map(str::to_owned),
        "[ -~]{0,30}",
    ], 0..20), piece in 1usize..50, null in any::<bool>()) {
        let from = if null { "" } else { "scan@office.test" };
        let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let once = through(from, content.as_bytes(), content.len());
        prop_assert_eq!(&through(from, content.as_bytes(), piece), &once);
        let text = String::from_utf8(once.clone()).unwrap();
        prop_assert!(text.is_empty() || text.ends_with("\r\n"));
        // What is taken out or changed: Return-Path, a separator, one From.
        let kept = |line: &&String| !line.is_empty() && !line.to_ascii_lowercase().starts_with("from") && !line.to_ascii_lowercase().starts_with("return-path");
        let folded = |line: &&String| !line.starts_with([' ', '\t']);
        for line in lines.iter().filter(kept).filter(folded) {
            prop_assert!(text.contains(&format!("{line}\r\n")), "{line:?} is lost in {text:?}");
        }
        prop_assert_eq!(through(from, &once, piece), once, "{:?}", text);
    }
}
