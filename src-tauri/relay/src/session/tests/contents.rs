//! What comes out of a content, and where it ends: against a slow reading of the same rules.

use super::super::data::{DataReader, Piece};
use super::replay::Dice;
use bytes::BytesMut;
use proptest::prelude::*;

/// Feeds the wire in pieces of the sizes given; tells the content, and what was left behind its end.
fn read(wire: &[u8], mut size: impl FnMut(usize) -> usize) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut reader, mut input, mut content) = (DataReader::dotted(), BytesMut::new(), Vec::new());
    let mut rest = wire;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(size(rest.len()).clamp(1, rest.len()));
        rest = later;
        input.extend_from_slice(now);
        loop {
            match reader.next(&mut input) {
                Some(Piece::Content(piece)) => {
                    assert!(!piece.is_empty());
                    content.extend_from_slice(&piece);
                }
                Some(Piece::End) => return (content, Some([&input[..], rest].concat())),
                None => break,
            }
        }
        assert!(input.is_empty(), "nothing is held back");
    }
    (content, None)
}

fn read_in_every_way(wire: &[u8], seed: u64) -> (Vec<u8>, Option<Vec<u8>>) {
    let whole = read(wire, |rest| rest);
    let mut dice = Dice(seed);
    assert_eq!(read(wire, |_| 1), whole, "octet by octet: {}", wire.escape_ascii());
    assert_eq!(read(wire, |rest| dice.up_to(rest.min(3000))), whole, "in pieces: {}", wire.escape_ascii());
    whole
}

/// The same rules, one after the other over the whole text.
fn reference(wire: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let wire = [b"\r\n", wire].concat();
    let end = wire.windows(5).position(|five| five == b"\r\n.\r\n");
    let (stuffed, behind) = match end {
        Some(at) => (&wire[..at + 2], Some(wire[at + 5..].to_vec())),
        None => (&wire[..], None),
    };
    (mended(&unstuffed(stuffed)[2..]), behind)
}

fn unstuffed(text: &[u8]) -> Vec<u8> {
    let is_stuffing = |at: usize| {
        let behind_crlf = at >= 2 && text[at - 2..at] == *b"\r\n";
        let of_two_behind_lf = at >= 1 && text[at - 1] == b'\n' && text.get(at + 1) == Some(&b'.');
        text[at] == b'.' && (behind_crlf || of_two_behind_lf)
    };
    (0..text.len()).filter(|&at| !is_stuffing(at)).map(|at| text[at]).collect()
}

fn mended(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.first() {
        let length = if rest.starts_with(b"\r\r\n") {
            3
        } else if rest.starts_with(b"\r\n") {
            2
        } else {
            1
        };
        match first {
            b'\r' | b'\n' => out.extend(b"\r\n"),
            0 => {}
            other => out.push(other),
        }
        rest = &rest[length..];
    }
    out
}

/// RFC 5321 §4.5.2, as clients do it: line by line, whatever their lines end with.
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for (at, &byte) in content.iter().enumerate() {
        if byte == b'.' && (at == 0 || content[..at].ends_with(b"\n")) {
            wire.push(b'.');
        }
        wire.push(byte);
    }
    wire
}

fn is_normal(content: &[u8]) -> bool {
    let bare = |at: usize| match content[at] {
        b'\r' => content.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || content[at - 1] != b'\r',
        0 => true,
        _ => false,
    };
    !(0..content.len()).any(bare)
}

#[test]
fn no_spelling_of_the_end_but_the_right_one() {
    let ends: [&[u8]; 13] =
        [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n", b"\n\n", b"\r\r", b"\0\r\n", b"\r\0\n", b"\r\n\0", b"\x0b", b"\x85"];
    for before in ends {
        for dots in [&b"."[..], b"..", b"\0.", b".\0", b". "] {
            for behind in ends {
                let wire = [b"text", before, dots, behind, b"MAIL FROM:<evil@b.test>\r\nnot the end"].concat();
                let right = before.ends_with(b"\r\n") && dots == b"." && behind.starts_with(b"\r\n");
                let (content, left) = read_in_every_way(&wire, 7);
                assert_eq!(left.is_some(), right, "{}", wire.escape_ascii());
                assert!(is_normal(&content), "{}", wire.escape_ascii());
                assert_eq!((content, left), reference(&wire), "{}", wire.escape_ascii());
            }
        }
    }
}

#[test]
fn every_short_text_is_read_by_the_rules() {
    let alphabet = b"\r\n.x\0";
    for number in 0..5usize.pow(7) {
        let text: Vec<u8> = (0..7).map(|place| alphabet[number / 5usize.pow(place) % 5]).collect();
        let wire = [&text[..], b"\r\n.\r\nQUIT\r\n"].concat();
        let expected = reference(&wire);
        assert_eq!(read(&wire, |rest| rest), expected, "{}", wire.escape_ascii());
        assert_eq!(read(&wire, |_| 1), expected, "{}", wire.escape_ascii());
    }
}

/// Python's smtplib, given bytes, writes LF as it came and stuffs behind it; a dot it had to stuff arrived twice.
#[test]
fn a_dot_stuffed_behind_a_bare_line_feed_stayed_doubled() {
    for (wire, arrives) in [
        ("a\n..\nb\n...c\n.d\r\n", "a\r\n.\r\nb\r\n..c\r\n.d\r\n"),
        // One dot alone was never stuffed, and is no end.
        ("a\n.\r\nb\n.\nc\r\n", "a\r\n.\r\nb\r\n.\r\nc\r\n"),
        ("a\n\n..\r\n", "a\r\n\r\n.\r\n"),
        ("a\r..\r\n", "a\r\n..\r\n"),
    ] {
        let (content, left) = read_in_every_way(format!("{wire}.\r\nQUIT\r\n").as_bytes(), 7);
        assert_eq!((content, left), (arrives.as_bytes().to_vec(), Some(b"QUIT\r\n".to_vec())), "{wire:?}");
    }
}

#[test]
fn clean_content_is_handed_on_without_copying() {
    let mut input = BytesMut::from("Subject: x\r\n\r\n");
    input.extend_from_slice("a line of text as they are\r\n".repeat(1000).as_bytes());
    let start = input.as_ptr();
    let length = input.len();
    let Some(Piece::Content(piece)) = DataReader::dotted().next(&mut input) else { panic!("no content") };
    assert_eq!((piece.as_ptr(), piece.len()), (start, length));
}

/// Stretches long enough for every way through the reader.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let stretch = prop_oneof![
        4 => prop::sample::select(vec!["\r\n", "\r", "\n", ".", "\r\r\n", "\r\n.", "\r\n.\r\n", "\n.\n", "\0", "\r\n\0.\r\n", "\r\0\n", "\r\n..", "x"]).prop_map(|text| text.as_bytes().to_vec()),
        2 => (1..200usize).prop_map(|length| vec![b'a'; length]),
        2 => (1..100usize, 1..60usize).prop_map(|(length, lines)| format!("{}\r\n", "b".repeat(length)).repeat(lines).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ];
    prop::collection::vec(stretch, 0..30).prop_map(|stretches| stretches.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_wire_is_read_by_the_rules(wire in content(), seed: u64) {
        let (content, left) = read_in_every_way(&wire, seed);
        prop_assert!(left.is_some() || !wire.ends_with(b"\r\n.\r\n"));
        let (expected, expected_left) = reference(&wire);
        prop_assert_eq!(&left, &expected_left);
        // Without an end a CR or a dot may be waiting for what follows.
        if left.is_some() {
            prop_assert!(is_normal(&content));
            prop_assert_eq!(content, expected);
        } else {
            prop_assert!(expected.starts_with(&content));
            prop_assert!(expected.len() - content.len() <= 4);
        }
    }

    /// Dots mean nothing there, and what stands behind the chunk is left alone.
    #[test]
    fn what_comes_in_chunks_is_mended_like_the_rest(content in content(), seed: u64) {
        let mut dice = Dice(seed);
        let (mut reader, mut arrived, mut rest) = (DataReader::undotted(), Vec::new(), &content[..]);
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(dice.up_to(rest.len().min(3000)));
            rest = later;
            let mut input = BytesMut::from(&[chunk, b"\r\n.\r\nQUIT\r\n"].concat()[..]);
            let end = input.len() - chunk.len();
            while input.len() > end {
                let left = (input.len() - end) as u64;
                match reader.next_within(&mut input, left) {
                    Some(Piece::Content(piece)) => arrived.extend_from_slice(&piece),
                    Some(Piece::End) => panic!("a chunk has no end of its own"),
                    None => {}
                }
            }
            prop_assert_eq!(&input[..], b"\r\n.\r\nQUIT\r\n");
        }
        while let Some(Piece::Content(piece)) = reader.finish() {
            arrived.extend_from_slice(&piece);
        }
        let mut expected = mended(&content);
        if !expected.is_empty() && !expected.ends_with(b"\r\n") {
            expected.extend_from_slice(b"\r\n");
        }
        prop_assert_eq!(arrived, expected);
    }

    #[test]
    fn what_a_good_client_sends_arrives(content in content(), seed: u64) {
        let content = [&content[..], b"\r\n"].concat();
        let wire = [&stuffed(&content)[..], b".\r\nQUIT\r\n"].concat();
        let (arrived, left) = read_in_every_way(&wire, seed);
        prop_assert_eq!(arrived, mended(&content));
        prop_assert_eq!(left, Some(b"QUIT\r\n".to_vec()));
    }
}
