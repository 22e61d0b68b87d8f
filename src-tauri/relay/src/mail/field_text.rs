//! Text in header fields: encoded words where letters are beyond ASCII (RFC 2047), folded at spaces (RFC 5322 §2.2.3).
//!
//! In: a text of one line. Out: ASCII, in lines of at most 76 characters where its words allow it.
//!
//! Invariant: whoever decodes what is written reads the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const WIDTH: usize = 76;

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
    // Folding would take several spaces for one; an ASCII text that looks like an encoded word would be decoded by the reader.
    let foreign = |word: &str| word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_graphic()) || word.contains("=?");
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
}
