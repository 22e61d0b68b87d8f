//! Header rules on contents in any pieces.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn rule(field: &str, pattern: &str, action: HeaderAction) -> HeaderRule {
    HeaderRule { name: "Lists".into(), field: field.into(), pattern: Pattern::new(pattern), action }
}

fn rules() -> Arc<[HeaderRule]> {
    let add = HeaderAction::Add(NewField::new("X-Office", "yes"));
    [
        rule("X-Secret", "", HeaderAction::Remove),
        rule("Subject", "spam", HeaderAction::Refuse),
        rule("subject", "lottery*million", HeaderAction::Hold),
        rule("From", "", add),
    ]
    .into()
}

/// What goes on, whether it is refused, whether it is held.
fn passed(content: &[u8], size: usize) -> (Vec<u8>, bool, bool) {
    let mut pass = HeaderPass::new(rules(), [].into());
    let mut out = Vec::new();
    for piece in content.chunks(size) {
        out.extend_from_slice(&pass.pass(Bytes::copy_from_slice(piece)));
        assert!(pass.field.len() <= FIELD);
    }
    out.extend_from_slice(&pass.finish());
    (out, pass.refused.is_some(), pass.held.is_some())
}

#[test]
fn fields_are_taken_out_put_in_refused_and_held() {
    for (content, expected, refused, held) in [
        ("To: a@b\r\nX-Secret: 1\r\n 2\r\nTo2: c\r\n\r\nX-Secret: body\r\n", "To: a@b\r\nTo2: c\r\n\r\nX-Secret: body\r\n", false, false),
        ("x-SECRET : 1\r\nX-Secrets: 2\r\n\r\n", "X-Secrets: 2\r\n\r\n", false, false),
        ("From: a@b\r\nFROM: c@d\r\n\r\n", "X-Office: yes\r\nFrom: a@b\r\nFROM: c@d\r\n\r\n", false, false),
        ("Subject: no SPAM here\r\n\r\n", "Subject: no SPAM here\r\n\r\n", true, false),
        ("Subject: =?utf-8?Q?s=70am?=\r\n\r\n", "Subject: =?utf-8?Q?s=70am?=\r\n\r\n", true, false),
        ("Subject:\r\n sp\r\n am\r\n\r\n", "Subject:\r\n sp\r\n am\r\n\r\n", false, false),
        ("Subject: win the\r\n\tLottery of a million\r\n\r\n", "Subject: win the\r\n\tLottery of a million\r\n\r\n", false, true),
        ("Subject: million lottery\r\n\r\n", "Subject: million lottery\r\n\r\n", false, false),
        ("To: a\r\n\r\nSubject: spam\r\n", "To: a\r\n\r\nSubject: spam\r\n", false, false),
        ("From ann\r\nX-Secret: 1\r\n\r\n", "From ann\r\n\r\n", false, false),
        ("Dear Ann,\r\nX-Secret: 1\r\n", "Dear Ann,\r\nX-Secret: 1\r\n", false, false),
        (" X-Secret: 1\r\nX-Secret: 2\r\n", " X-Secret: 1\r\nX-Secret: 2\r\n", false, false),
        ("X-Secret: no end", "", false, false),
        ("X-Secret: 1\r\nTo: no end", "To: no end", false, false),
        ("\r\nX-Secret: 1\r\n", "\r\nX-Secret: 1\r\n", false, false),
        ("", "", false, false),
    ] {
        for size in 1..=content.len().max(1) {
            assert_eq!(passed(content.as_bytes(), size), (expected.into(), refused, held), "{content:?} in pieces of {size}");
        }
    }
}

#[test]
fn endless_fields_are_judged_by_their_beginning() {
    let long = "x".repeat(3 * FIELD);
    let folded = " y\r\n".repeat(FIELD);
    for (content, expected) in [
        (format!("X-Secret: {long}\r\n{folded}To: a\r\n\r\n"), "To: a\r\n\r\n".to_owned()),
        (format!("X-Other: {long}\r\n{folded}X-Secret: {long}\r\n\r\n"), format!("X-Other: {long}\r\n{folded}\r\n")),
        (format!("To: a\r\n{long}\r\nX-Secret: body\r\n"), format!("To: a\r\n{long}\r\nX-Secret: body\r\n")),
        (format!("To: a\r\nX-Secret: {}\r\n\r\n", "z".repeat(FIELD - 9)), "To: a\r\n\r\n".to_owned()),
    ] {
        for size in [1, 1000, FIELD - 1, FIELD, FIELD + 1, content.len()] {
            assert!(passed(content.as_bytes(), size) == (expected.clone().into_bytes(), false, false), "in pieces of {size}");
        }
    }
}

/// What goes on of a content that gets a field, with the other rules.
fn filled(content: &[u8], size: usize) -> Vec<u8> {
    let mut pass = HeaderPass::new(rules(), [NewField::new("X-Org", "Muster GmbH")].into());
    let mut out = Vec::new();
    for piece in content.chunks(size) {
        out.extend_from_slice(&pass.pass(Bytes::copy_from_slice(piece)));
    }
    out.extend_from_slice(&pass.finish());
    out
}

#[test]
fn a_field_for_every_message_ends_its_header() {
    let long = "x".repeat(2 * FIELD);
    for (content, expected) in [
        ("To: a\r\n b\r\n\r\nX: body\r\n", "To: a\r\n b\r\nX-Org: Muster GmbH\r\n\r\nX: body\r\n"),
        (
            "Received: by b\r\nReceived: by a\r\nFrom: c\r\n\r\n",
            "Received: by b\r\nReceived: by a\r\nX-Office: yes\r\nFrom: c\r\nX-Org: Muster GmbH\r\n\r\n",
        ),
        // One that is there already stays.
        ("X-Org: old\r\n\r\n", "X-Org: old\r\nX-Org: Muster GmbH\r\n\r\n"),
        ("X-Secret: 1\r\n\r\nbody", "X-Org: Muster GmbH\r\n\r\nbody"),
        ("X-Secret: 1\r\nbody", "X-Org: Muster GmbH\r\n\r\nbody"),
        ("To: a\r\nbody", "To: a\r\nX-Org: Muster GmbH\r\nbody"),
        ("Dear Ann,\r\n", "X-Org: Muster GmbH\r\n\r\nDear Ann,\r\n"),
        (" To: a\r\n", "X-Org: Muster GmbH\r\n\r\n To: a\r\n"),
        ("From ann\r\nDear", "From ann\r\nX-Org: Muster GmbH\r\n\r\nDear"),
        ("\r\nbody", "X-Org: Muster GmbH\r\n\r\nbody"),
        ("To: a\r\n", "To: a\r\nX-Org: Muster GmbH\r\n"),
        ("To: no end", "To: no end\r\nX-Org: Muster GmbH\r\n"),
        ("X-Secret: no end", "X-Org: Muster GmbH\r\n"),
        ("", "X-Org: Muster GmbH\r\n"),
    ] {
        for size in 1..=content.len().max(1) {
            assert_eq!(String::from_utf8_lossy(&filled(content.as_bytes(), size)), expected, "{content:?} in pieces of {size}");
        }
    }
    for (content, expected) in [
        (format!("To: {long}"), format!("To: {long}\r\nX-Org: Muster GmbH\r\n")),
        (format!("To: {long}\r\n\r\nx"), format!("To: {long}\r\nX-Org: Muster GmbH\r\n\r\nx")),
        (format!("X-Secret: {long}"), "X-Org: Muster GmbH\r\n".to_owned()),
        (long.clone(), format!("X-Org: Muster GmbH\r\n\r\n{long}")),
    ] {
        for size in [1, 1000, FIELD - 1, FIELD, FIELD + 1, content.len()] {
            assert!(filled(content.as_bytes(), size) == expected.as_bytes(), "in pieces of {size}");
        }
    }
}

#[test]
fn a_value_beyond_ascii_becomes_encoded_words() {
    assert_eq!(NewField::new("X-Org", "a  =?b?=").octets(), b"X-Org: a  =?b?=\r\n", "as it is");
    for value in ["Gr\u{fc}n  & S\u{f6}hne", "\u{20ac}", "M\u{fc}ller und Partner ".repeat(20).trim()] {
        let field = String::from_utf8(NewField::new("X-Organization", value).octets().to_vec()).unwrap();
        assert!(field.is_ascii() && field.ends_with("\r\n") && field.lines().all(|line| line.len() <= 76), "{field}");
        assert_eq!(unfolded(&field.as_bytes()["X-Organization:".len()..]), value);
    }
}

#[test]
fn without_rules_nothing_is_copied() {
    let mut pass = HeaderPass::new([].into(), [].into());
    let piece = Bytes::from_static(b"To: a\r\n");
    assert_eq!(pass.pass(piece.clone()).as_ptr(), piece.as_ptr());
}

proptest! {
    #[test]
    fn any_pieces_give_the_same(
        parts in prop::collection::vec(prop::sample::select(vec![
            "X-Secret", "Subject", "From", "To", ":", " ", "\t", "\r\n", "\r\n\r\n", "spam", "a", "From ", "\u{fc}"
        ]), 0..60),
        sizes in prop::collection::vec(1usize..9, 1..20)
    ) {
        let content = parts.concat().into_bytes();
        let whole = passed(&content, content.len().max(1));
        let mut pass = HeaderPass::new(rules(), [].into());
        let (mut out, mut rest) = (Vec::new(), &content[..]);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, more) = rest.split_at((*size).min(rest.len()));
            out.extend_from_slice(&pass.pass(Bytes::copy_from_slice(piece)));
            rest = more;
        }
        out.extend_from_slice(&pass.finish());
        prop_assert_eq!((out, pass.refused.is_some(), pass.held.is_some()), whole);
    }

    /// What matches no rule goes on octet by octet.
    #[test]
    fn what_no_rule_concerns_is_not_touched(content in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
        let concerned = ["x-secret", "from"].iter().any(|name| String::from_utf8_lossy(&content).to_lowercase().contains(name));
        prop_assume!(!concerned);
        prop_assert_eq!(passed(&content, size).0, content);
    }

    /// Whatever it is, in whatever pieces: the field is in the header once, and without it all is as if there was no such rule.
    #[test]
    fn a_field_for_every_message_is_in_each_once(
        parts in prop::collection::vec(prop::sample::select(vec![
            "X-Secret: 1", "To", ":", " ", "\r\n", "\r\n\r\n", "a", "From ", "From: x"
        ]), 0..40),
        size in 1usize..30
    ) {
        let content = format!("To: a\r\n{}\r\n", parts.concat());
        let with = String::from_utf8(filled(content.as_bytes(), size)).unwrap();
        let (before, after) = with.split_once("X-Org: Muster GmbH\r\n").unwrap();
        prop_assert_eq!(format!("{before}{after}").into_bytes(), passed(content.as_bytes(), size).0);
        prop_assert!(!before.contains("\r\n\r\n"));
    }
}
