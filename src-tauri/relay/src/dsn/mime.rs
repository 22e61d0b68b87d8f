//! Puts a report into a form that every server takes, whatever is in it.
//!
//! In: texts and octets of any kind. Out: header fields and body parts in ASCII, lines of at most 998 octets.
//! RFC 2045 §6.7 (quoted-printable), RFC 2046 §5.1 (boundaries), RFC 2047 (encoded words), RFC 5322 §2.2.3 (folding).
//!
//! Invariant: the boundary occurs in no part.

use crate::mail::MessageId;
use crate::mail::encode::QuotedPrintable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 5322 §2.1.1, without the CRLF.
const LONGEST_LINE: usize = 998;
const WIDTH: usize = 76;

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

/// Breaks a text at its spaces. A word wider than a line stands alone, and is cut only when no line could hold it.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    const LONGEST_WORD: usize = 900;
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split_ascii_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(LONGEST_WORD) {
            match lines.last_mut() {
                Some(line) if used + 1 + piece.len() <= width => {
                    line.push(' ');
                    line.extend(piece);
                    used += 1 + piece.len();
                }
                Some(_) | None => {
                    lines.push(piece.iter().collect());
                    used = piece.len();
                }
            }
        }
    }
    lines
}

/// A header field with its CRLF, folded where the value has spaces. The value is ASCII.
pub fn fold(name: &str, value: &str) -> String {
    let mut field = wrap(&format!("{name}: {value}"), WIDTH - 1).join("\r\n ");
    field.push_str("\r\n");
    field
}

/// Text for a header field: as it is, or in encoded words from where they are needed.
pub fn encoded(text: &str) -> String {
    const OCTETS: usize = 45;
    // An ASCII text that looks like an encoded word would be decoded by the reader.
    let foreign = |word: &str| !word.bytes().all(|byte| byte.is_ascii_graphic()) || word.contains("=?");
    let mut plain = Vec::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next_if(|word| !foreign(word)) {
        plain.push(word.to_owned());
    }
    let rest = words.collect::<Vec<_>>().join(" ");
    let mut piece = String::new();
    for letter in rest.chars() {
        if piece.len() + letter.len_utf8() > OCTETS {
            plain.push(encoded_word(&piece));
            piece.clear();
        }
        piece.push(letter);
    }
    if !piece.is_empty() {
        plain.push(encoded_word(&piece));
    }
    plain.join(" ")
}

fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(text))
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
    fn text_becomes_encoded_words_only_where_it_must() {
        for (text, field) in [
            ("Scan of page 1", "Scan of page 1"),
            ("Re: Gr\u{fc}\u{df}e", "Re: =?utf-8?B?R3LDvMOfZQ==?="),
            ("=?utf-8?Q?x?= y", "=?utf-8?B?PT91dGYtOD9RP3g/PSB5?="),
            ("", ""),
        ] {
            assert_eq!(encoded(text), field);
        }
        let long = fold("Subject", &encoded(&"\u{20ac}".repeat(200)));
        assert!(long.lines().count() > 10 && long.lines().all(|line| line.len() <= WIDTH), "{long}");
    }

    #[test]
    fn a_field_is_folded_at_spaces() {
        assert_eq!(fold("X", "a b"), "X: a b\r\n");
        let folded = fold("X", &format!("{} {}", "a".repeat(70), "b".repeat(2000)));
        let lengths: Vec<_> = folded.split_terminator("\r\n").map(str::len).collect();
        assert_eq!(lengths, [73, 901, 901, 201]);
        assert!(folded.split_terminator("\r\n").skip(1).all(|line| line.starts_with(" b")));
    }

    #[test]
    fn a_boundary_that_someone_guessed_is_not_used() {
        let id = MessageId(uuid::Uuid::from_u128(7));
        let guessed = format!("--=_{id}\r\n--=_1_{id}--\r\n");
        assert_eq!(boundary(id, &[Vec::new(), guessed.into_bytes()]), format!("=_2_{id}"));
    }
}
