//! Encoded words in header fields (RFC 2047), as far as office mail needs them.
//!
//! In: an unfolded field value as it came. Out: text for people. UTF-8, ISO-8859-1, ISO-8859-15 and
//! Windows-1252; words in other character sets stay as they are. Never fails.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

pub(super) fn decode(value: &[u8]) -> String {
    decode_with(value, None)
}

/// The same, but words in unknown character sets are read too, as far as they are like ASCII: for who looks for something in it.
pub fn decode_all(value: &[u8]) -> String {
    decode_with(value, Some(Charset::Windows1252))
}

fn decode_with(value: &[u8], unknown: Option<Charset>) -> String {
    let mut text = String::new();
    let mut rest = value;
    // Octets of words that follow each other in one character set: some programs cut a letter in two.
    let mut open: Option<(Charset, Vec<u8>)> = None;
    while let Some(at) = find(rest, b"=?") {
        let (plain, from_word) = rest.split_at(at);
        let Some((charset, octets, length)) = encoded_word(from_word, unknown) else {
            close(&mut open, &mut text);
            text.push_str(&raw(&rest[..at + 2]));
            rest = &rest[at + 2..];
            continue;
        };
        let joined = plain.iter().all(u8::is_ascii_whitespace);
        match &mut open {
            Some((before, octets_before)) if joined && *before == charset => octets_before.extend(octets),
            Some(_) | None => {
                let between_words = open.is_some() && joined;
                close(&mut open, &mut text);
                if !between_words {
                    text.push_str(&raw(plain));
                }
                open = Some((charset, octets));
            }
        }
        rest = &from_word[length..];
    }
    close(&mut open, &mut text);
    text.push_str(&raw(rest));
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Windows1252,
    Latin9,
}

fn close(open: &mut Option<(Charset, Vec<u8>)>, text: &mut String) {
    match open.take() {
        None => {}
        Some((Charset::Utf8, octets)) => text.push_str(&String::from_utf8_lossy(&octets)),
        Some((Charset::Windows1252, octets)) => text.extend(octets.into_iter().map(windows_1252)),
        Some((Charset::Latin9, octets)) => text.extend(octets.into_iter().map(latin_9)),
    }
}

/// `=?charset?encoding?text?=` at the start: what it holds, and how long it is.
fn encoded_word(bytes: &[u8], unknown: Option<Charset>) -> Option<(Charset, Vec<u8>, usize)> {
    let inner = bytes.strip_prefix(b"=?")?;
    let first = find(inner, b"?")?;
    let (charset, encoding) = (&inner[..first], *inner.get(first + 1)?);
    let text = inner.get(first + 2..)?.strip_prefix(b"?")?;
    let end = find(text, b"?=")?;
    let charset = match charset.split(|&byte| byte == b'*').next().unwrap_or_default().to_ascii_lowercase().as_slice() {
        b"utf-8" | b"utf8" | b"us-ascii" => Charset::Utf8,
        b"iso-8859-1" | b"latin1" | b"windows-1252" | b"cp1252" => Charset::Windows1252,
        b"iso-8859-15" => Charset::Latin9,
        _ => unknown?,
    };
    let octets = match encoding {
        b'B' | b'b' => LENIENT.decode(&text[..end]).ok()?,
        b'Q' | b'q' => quoted(&text[..end]),
        _ => return None,
    };
    Some((charset, octets, bytes.len() - text.len() + end + 2))
}

/// RFC 2047 §4.2; what is not well-formed stays.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        octets.push(match (byte, more) {
            (b'_', _) => b' ',
            (b'=', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high * 16 + low
                }
                (Some(_) | None, _) => byte,
            },
            (_, _) => byte,
        });
    }
    octets
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// What stands outside encoded words: ASCII by the standard, UTF-8 or an old code page in fact.
fn raw(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(windows_1252).collect(),
    }
}

/// ISO-8859-1 too: nobody means the control characters it has in 80 to 9F.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        0..=0x7f | 0xa0..=0xff => char::from(byte),
    }
}

fn latin_9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        _ => char::from(byte),
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encoded_words_become_text() {
        for (value, text) in [
            ("plain", "plain"),
            ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe_an_alle?=", "Grüße an alle"),
            ("=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
            ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
            ("=?iso-8859-1?Q?Gr=FC=dfe?=", "Grüße"),
            ("=?ISO-8859-15?Q?=A4_5?=", "€ 5"),
            ("=?windows-1252?Q?=80_5_=96_=84x=93?=", "€ 5 – „x“"),
            ("=?US-ASCII*en?Q?hello?=", "hello"),
            ("Re: =?utf-8?Q?=C3=BC?= and =?utf-8?Q?=C3=A4?=!", "Re: ü and ä!"),
            ("=?utf-8?Q?a?= =?utf-8?Q?b?=\t =?iso-8859-1?Q?=FC?= c", "abü c"),
            // a letter cut in two
            ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
            ("=?koi8-r?Q?=C1?= x", "=?koi8-r?Q?=C1?= x"),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?utf-8?B?***?= x", "=?utf-8?B?***?= x"),
            ("=?utf-8?Q?no end", "=?utf-8?Q?no end"),
            ("=?utf-8?Q?50=_=4?=", "50= =4"),
            ("=??=?=?", "=??=?=?"),
            ("1 =? 2", "1 =? 2"),
            ("Grüße", "Grüße"),
        ] {
            assert_eq!(decode(value.as_bytes()), text, "{value}");
        }
        assert_eq!(decode(b"Gr\xfc\xdfe"), "Grüße");
        assert_eq!(decode(b"=?utf-8?Q?=FF?="), "\u{fffd}");
    }

    #[test]
    fn who_looks_for_something_reads_all_words() {
        assert_eq!(decode_all(b"=?koi8-r?Q?a.exe?= =?x?B?YQ==?= =?utf-8?Q?=C3=BC?="), "a.exeaü");
        assert_eq!(decode_all(b"=?koi8-r?X?a?="), "=?koi8-r?X?a?=");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(parts in prop::collection::vec(prop_oneof![
            prop::sample::select(vec!["=?", "?=", "utf-8", "?Q?", "?B?", "=C3", "_", " ", "?", "="]).prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..5),
        ], 0..40)) {
            decode(&parts.concat());
        }
    }
}
