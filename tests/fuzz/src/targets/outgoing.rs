//! What is changed on the way out: only the fields that say who sends, and those once; a footer, whatever the pieces; and
//! a body hash that white space at the ends of lines does not change.

use super::{mended, opened};
use crate::{Dice, naive};
use relay::bare::{Footing, body_hash};
use relay::mail::{Mailbox, ReversePath};
use relay::smarthost::footer::Footer;
use relay::smarthost::rewrite::{DisplayName, Rewriting, Row, Senders};
use std::sync::Arc;

pub const WORDS: &[&[u8]] = &[
    b"From: ",
    b"Sender: ",
    b"Reply-To: ",
    b"a@b.test",
    b"<a@b.test>",
    b"\"",
    b"(",
    b")",
    b"=?utf-8?q?x?=",
    b",",
    b":",
    b";",
    b"\r\n",
    b"\r\n ",
    b" \r\n",
    b"\r\n\r\n",
    b"Content-Type: text/plain",
    b"Content-Type: text/html",
    b"Content-Type: multipart/alternative; boundary=a",
    b"--a\r\n",
    b"--a--\r\n",
    b"; charset=utf-8",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"-----BEGIN PGP ",
    b"QUJD",
];

/// What may change, in small letters.
const OURS: [&str; 5] = ["from", "sender", "reply-to", "x-original-from", "x-original-sender"];

pub fn outgoing(data: &[u8]) {
    let Some((ways, mut dice, octets)) = opened(data) else { return };
    // As the store keeps it: our own line is the first.
    let content = [b"Received: x\r\n".to_vec(), mended(octets, &mut dice)].concat();
    senders(&content, ways);
    let footed = under(&content, None);
    assert!(footed == under(&content, Some(&mut dice)), "other octets in other pieces");
    assert!(naive::has_only_crlf(&footed), "{}", footed.escape_ascii());

    let (whole, pieces) = (body_hash(&[&content]), dice.pieces(&content));
    assert!(whole == body_hash(&pieces), "another hash in other pieces");
    let spaced: Vec<u8> = content.split_inclusive(|octet| *octet == b'\n').flat_map(spaced).collect();
    assert!(whole == body_hash(&[&spaced, b"\r\n \r\n"]), "white space changed the hash");
}

/// With white space in front of its line end.
fn spaced(line: &[u8]) -> Vec<u8> {
    line.strip_suffix(b"\r\n").map_or_else(|| line.to_vec(), |text| [text, b" \t\r\n"].concat())
}

fn senders(content: &[u8], ways: u8) {
    let end = naive::find(content, b"\r\n\r\n").map_or(content.len(), |at| at + 2);
    let header = &content[..end];
    let display_name = [DisplayName::Kept, DisplayName::Address, DisplayName::NameAndAddress][usize::from(ways % 3)];
    let to = Mailbox::parse("mail@office.example").unwrap();
    let rewriting = Rewriting { rows: vec![Row { senders: Senders::All, to }], display_name, reply_to: ways & 4 == 0 };
    let path = ReversePath::parse("scan@office.test").unwrap();
    let Some(after) = rewriting.header(header, &path) else { return };
    assert!(naive::has_only_crlf(&after) && after.ends_with(b"\r\n"), "{}", after.escape_ascii());
    assert!(others(header) == others(&after), "a field that is none of ours has changed: {}", after.escape_ascii());
    let froms = fields(&after).into_iter().filter(|field| name(field).as_deref() == Some("from")).count();
    assert_eq!(froms, 1, "{}", after.escape_ascii());
    assert_eq!(rewriting.header(&after, &path).map(|again| again.escape_ascii().to_string()), None, "once was not enough");
}

fn others(header: &[u8]) -> Vec<u8> {
    let is_other = |field: &&[u8]| name(field).is_none_or(|name| !OURS.contains(&name.as_str()));
    fields(header).into_iter().filter(is_other).collect::<Vec<_>>().concat()
}

/// The colon is on the first line.
fn name(field: &[u8]) -> Option<String> {
    naive::name(field.split(|octet| *octet == b'\n').next()?)
}

/// Each with its continuation lines, and lines that are none.
fn fields(header: &[u8]) -> Vec<&[u8]> {
    let (mut ends, mut at) = (Vec::new(), 0);
    for line in header.split_inclusive(|octet| *octet == b'\n') {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            ends.pop();
        }
        at += line.len();
        ends.push(at);
    }
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| &header[start..*end]).collect()
}

fn under(content: &[u8], dice: Option<&mut Dice>) -> Vec<u8> {
    let pieces = dice.map_or_else(|| vec![content], |dice| dice.pieces(content));
    let mut footing = Footing::new(Arc::new(Footer { text: "-- \nB\u{fc}ro".into(), html: "<p>B\u{fc}ro</p>".into() }));
    let mut out: Vec<u8> = pieces.iter().flat_map(|piece| footing.convert(piece)).collect();
    out.extend(footing.finish());
    out
}
