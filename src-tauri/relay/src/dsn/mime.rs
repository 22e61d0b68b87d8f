//! Puts a report into a form that every server takes, whatever is in it.
//!
//! In: texts and octets of any kind. Out: header fields and body parts in ASCII, lines of at most 998 octets.
//! RFC 2045 §6.7 (quoted-printable), RFC 2046 §5.1 (boundaries).
//!
//! Invariant: the boundary occurs in no part.

use crate::mail::MessageId;
use crate::mail::encode::QuotedPrintable;

/// RFC 5322 §2.1.1, without the CRLF.
const LONGEST_LINE: usize = 998;

/// Text of others as one line: control characters, letters that turn the direction of writing, and runs of
/// white space are one space.
pub fn one_line(text: &str, letters: usize) -> String {
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let apart = |letter: char| letter.is_whitespace() || letter.is_control() || turns(letter);
    let words: Vec<_> = text.split(apart).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(letters).collect()
}

/// For fields that know no encoding (RFC 3464 §2.1.1).
pub fn ascii(text: &str) -> String {
    text.chars().map(|letter| if (' '..='~').contains(&letter) { letter } else { '?' }).collect()
}

/// A message as it came, with a header in front. Nothing but 7bit and 8bit may stand there (RFC 2046 §5.2.1).
pub fn as_it_is(content_type: &str, description: &str, body: &[u8]) -> Vec<u8> {
    let encoding = if body.is_ascii() { "7bit" } else { "8bit" };
    let mut part = part_header(content_type, description, encoding).into_bytes();
    part.extend_from_slice(body);
    part
}

/// A body part with its header. The body has lines that end in CRLF; it may hold any octets.
pub fn part(content_type: &str, description: &str, body: &[u8]) -> Vec<u8> {
    let (encoding, text) = match plain(body) {
        Some(text) => ("7bit", text.to_owned()),
        None => ("quoted-printable", quoted_printable(body)),
    };
    format!("{}{text}", part_header(content_type, description, encoding)).into_bytes()
}

fn part_header(content_type: &str, description: &str, encoding: &str) -> String {
    format!("Content-Type: {content_type}\r\nContent-Description: {description}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
}

/// The text, if it can go as it is.
fn plain(body: &[u8]) -> Option<&str> {
    let harmless = |line: &[u8]| line.len() <= LONGEST_LINE && line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if !lines(body).all(harmless) {
        return None;
    }
    std::str::from_utf8(body).ok()
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r\n").unwrap_or(line))
}

fn quoted_printable(body: &[u8]) -> String {
    let mut text = Vec::with_capacity(body.len() * 2);
    let mut encoder = QuotedPrintable::default();
    encoder.push(body, &mut text);
    encoder.finish(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Quoted-printable never holds `=_`; whatever else the parts hold, it is looked for.
pub fn boundary(id: MessageId, parts: &[Vec<u8>]) -> String {
    let mut boundary = format!("=_{id}");
    let mut tried = 0;
    let is_in = |part: &[u8], boundary: &str| part.windows(boundary.len()).any(|window| window == boundary.as_bytes());
    while parts.iter().any(|part| is_in(part, &boundary)) {
        tried += 1;
        boundary = format!("=_{tried}_{id}");
    }
    boundary
}

/// The rest of the header, and the parts, each of which ends in CRLF.
pub fn join(boundary: &str, eight_bit: bool, parts: &[Vec<u8>]) -> Vec<u8> {
    let encoding = if eight_bit { "Content-Transfer-Encoding: 8bit\r\n" } else { "" };
    let kind = "multipart/report; report-type=delivery-status";
    let mut body = format!("Content-Type: {kind};\r\n\tboundary=\"{boundary}\"\r\n{encoding}\r\n").into_bytes();
    for part in parts {
        for piece in [b"--", boundary.as_bytes(), b"\r\n", part, b"\r\n"] {
            body.extend_from_slice(piece);
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_that_someone_guessed_is_not_used() {
        let id = MessageId(uuid::Uuid::from_u128(7));
        let guessed = format!("--=_{id}\r\n--=_1_{id}--\r\n");
        assert_eq!(boundary(id, &[Vec::new(), guessed.into_bytes()]), format!("=_2_{id}"));
    }
}
