//! The letters of a footer in those of a part (RFC 2045 §5, §6; RFC 2046 §4.1.2).

use super::Entity;
use crate::mail::fields::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Letter sets of which the first 128 are ASCII, by how their names begin.
const ABOVE_ASCII: [&str; 12] =
    ["utf-8", "us-ascii", "ascii", "iso-8859-", "windows-125", "cp125", "koi8", "gb", "big5", "euc-", "shift_jis", "unknown-8bit"];

/// None: ASCII means something else there. What it has no letter for becomes a question mark.
pub(super) fn in_letters(text: &str, charset: &str) -> Option<Vec<u8>> {
    if !ABOVE_ASCII.iter().any(|begin| charset.starts_with(begin)) {
        return None;
    }
    if text.is_ascii() || charset == "utf-8" {
        return Some(text.as_bytes().to_vec());
    }
    let latin = matches!(charset, "iso-8859-1" | "iso-8859-15" | "windows-1252" | "cp1252");
    let windows = matches!(charset, "windows-1252" | "cp1252");
    Some(
        text.chars()
            .map(|letter| match (letter, u8::try_from(u32::from(letter))) {
                (_, Ok(octet)) if octet < 0x80 => octet,
                ('\u{20ac}', _) if charset == "iso-8859-15" => 0xa4,
                ('\u{20ac}', _) if windows => 0x80,
                ('\u{2013}', _) if windows => 0x96,
                ('\u{2014}', _) if windows => 0x97,
                ('\u{2013}' | '\u{2014}', _) => b'-',
                (_, Ok(octet)) if latin && octet >= 0xa0 && !(charset == "iso-8859-15" && octet == 0xa4) => octet,
                _ => b'?',
            })
            .collect(),
    )
}

/// The same page in ASCII, whatever the letters of the part.
pub(super) fn in_ascii_html(html: &str) -> String {
    html.chars().map(|letter| if letter.is_ascii() { letter.to_string() } else { format!("&#{};", u32::from(letter)) }).collect()
}

/// The header of a text that was ASCII, or in seven bits, and is so no more.
pub(super) fn with_utf8(fields: &Fields<'_>, entity: &Entity, utf8: bool, eight_bit: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields.iter() {
        if utf8 && field.is("Content-Type") {
            out.extend_from_slice(&with_charset(field.octets));
        } else if !(eight_bit && field.is("Content-Transfer-Encoding")) {
            out.extend_from_slice(field.octets);
        }
    }
    if utf8 && !fields.have("Content-Type") {
        out.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\n");
    }
    if eight_bit {
        out.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
    }
    if entity.is_message && !entity.has_version {
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    out
}

/// `charset=us-ascii` becomes `charset=utf-8`, or is put in.
fn with_charset(field: &[u8]) -> Vec<u8> {
    let lower = field.to_ascii_lowercase();
    let at = lower.windows(8).position(|word| word == b"charset=").map(|at| at + 8);
    let Some(start) = at else {
        let end = field.trim_ascii_end().strip_suffix(b";").unwrap_or(field.trim_ascii_end());
        return [end, b"; charset=utf-8\r\n"].concat();
    };
    let quoted = field.get(start) == Some(&b'"');
    let rest = &field[start + usize::from(quoted)..];
    let length =
        rest.iter().position(|octet| if quoted { *octet == b'"' } else { matches!(octet, b';' | b'(') || octet.is_ascii_whitespace() });
    let length = length.unwrap_or(rest.len());
    [&field[..start + usize::from(quoted)], b"utf-8", &rest[length..]].concat()
}

/// Base64 piece by piece; what is none of it is passed over (RFC 2045 §6.8).
#[derive(Default)]
pub(super) struct Base64Reader {
    held: Vec<u8>,
}

impl Base64Reader {
    pub(super) fn read(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(octets.len());
        for &octet in octets.iter().filter(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')) {
            // Some encoders end each piece of their own.
            if octet == b'=' {
                plain.extend(self.finish());
            } else {
                self.held.push(octet);
            }
            if self.held.len() == 4 {
                plain.extend(self.finish());
            }
        }
        plain
    }

    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut group = std::mem::take(&mut self.held);
        if group.len() < 2 {
            return Vec::new();
        }
        // Bits that are left over are no octet.
        let octets = group.len() * 3 / 4;
        group.resize(4, b'A');
        let mut plain = STANDARD.decode(&group).unwrap_or_default();
        plain.truncate(octets);
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_are_those_of_the_part() {
        let written =
            |charset: &str| in_letters("Grüße \u{2013} 3 \u{20ac} \u{4f8b}", charset).map(|octets| octets.escape_ascii().to_string());
        assert_eq!(written("iso-8859-1").as_deref(), Some("Gr\\xfc\\xdfe - 3 ? ?"));
        assert_eq!(written("iso-8859-15").as_deref(), Some("Gr\\xfc\\xdfe - 3 \\xa4 ?"));
        assert_eq!(written("windows-1252").as_deref(), Some("Gr\\xfc\\xdfe \\x96 3 \\x80 ?"));
        assert_eq!(written("koi8-r").as_deref(), Some("Gr??e - 3 ? ?"));
        assert_eq!(written("utf-16"), None);
        assert_eq!(written("iso-2022-jp"), None);
        assert_eq!(in_ascii_html("<p>Grüße</p>"), "<p>Gr&#252;&#223;e</p>");
    }

    #[test]
    fn a_content_type_says_utf_8() {
        for (before, after) in [
            ("Content-Type: text/plain\r\n", "Content-Type: text/plain; charset=utf-8\r\n"),
            ("Content-Type: text/plain;\r\n", "Content-Type: text/plain; charset=utf-8\r\n"),
            (
                "content-type: text/plain;\r\n\tCharset=\"US-ASCII\"; format=flowed\r\n",
                "content-type: text/plain;\r\n\tCharset=\"utf-8\"; format=flowed\r\n",
            ),
            ("Content-Type: text/plain; charset=us-ascii\r\n", "Content-Type: text/plain; charset=utf-8\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&with_charset(before.as_bytes())), after);
        }
    }

    proptest! {
        #[test]
        fn base64_is_read_in_any_pieces(octets in prop::collection::vec(any::<u8>(), 0..200), piece in 1usize..9) {
            let text = STANDARD.encode(&octets);
            let mut reader = Base64Reader::default();
            let mut plain: Vec<u8> = text.as_bytes().chunks(piece).flat_map(|piece| reader.read(piece)).collect();
            plain.extend(reader.finish());
            prop_assert_eq!(plain, octets);
        }
    }
}
