//! What a device left out is put in: the same octets whatever the pieces, every field once, and the body as it came.

use super::{mended, opened};
use crate::naive;
use relay::mail::repair::{Facts, Repair};
use relay::mail::{MessageId, ReversePath};

pub const WORDS: &[&[u8]] = &[
    b"Date: x\r\n",
    b"From: ",
    b"scanner",
    b"Scanner <scanner>",
    b"<>",
    b"Message-ID: <x>\r\n",
    b"Return-Path: <x>\r\n",
    b"From ann Mon\r\n",
    b"DKIM-Signature: x\r\n",
    b"\r\n",
    b"\r\n ",
    b"\r\n\r\n",
    b":",
    b"\"",
    b"<",
    b">",
    b"@",
    b"Subject: x\r\n",
];
/// More of a header is not looked at.
const MOST: usize = 64 * 1024;

pub fn repair(data: &[u8]) {
    let Some((ways, mut dice, octets)) = opened(data) else { return };
    let content = mended(octets, &mut dice);
    let sender = if ways & 1 == 0 { "a@b.test" } else { "" };
    let out = repaired(&[&content], sender);
    assert!(out == repaired(&dice.pieces(&content), sender), "other octets in other pieces");
    let (units, body) = naive::units(&content);
    if content.len() > MOST {
        return;
    }
    assert!(out.ends_with(body), "the body is not as it came:\n{}\n{}", content.escape_ascii(), out.escape_ascii());
    let is_signed = has(&units, "dkim-signature");
    let (whole, _) = naive::units(&out);
    for (name, is_owed) in [("date", true), ("message-id", true), ("from", !sender.is_empty())] {
        assert!(is_signed || !is_owed || has(&whole, name), "{name} is missing: {}", out.escape_ascii());
    }
    assert!(!has(&whole, "return-path"), "{}", out.escape_ascii());
    // Done once, there is nothing left to do.
    assert_eq!(repaired(&[&out], sender).escape_ascii().to_string(), out.escape_ascii().to_string());
}

fn has(units: &[&[u8]], name: &str) -> bool {
    units.iter().any(|unit| naive::name(unit).as_deref() == Some(name))
}

fn repaired(pieces: &[&[u8]], sender: &str) -> Vec<u8> {
    let facts = Facts {
        id: MessageId(uuid::Uuid::nil()),
        host_name: "relay.office.test".into(),
        reverse_path: ReversePath::parse(sender).unwrap(),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let mut repair = Repair::new(facts);
    let mut out: Vec<u8> = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&repair.pass(piece));
    }
    out.extend(repair.finish());
    out
}
