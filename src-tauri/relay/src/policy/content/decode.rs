//! Transfer encodings while they pass by (RFC 2045 §6): base64, quoted-printable, none.
//!
//! In: an encoded body in pieces. Out: its octets, as a mail program would make them of it. What does not belong
//! there is left out or taken as it is, never an error.

/// What a body is written in.
#[derive(Debug)]
pub enum Decoder {
    Base64 {
        bits: u32,
        /// Letters of the group under way.
        letters: u8,
    },
    QuotedPrintable(Quoted),
    Identity,
}

#[derive(Debug, Clone, Copy)]
pub enum Quoted {
    Text,
    /// Behind `=`.
    Equals,
    /// Behind `=` and one digit.
    Digit(u8),
    /// Behind `=` CR: a line end that is none.
    SoftCr,
}

impl Decoder {
    /// By the value of Content-Transfer-Encoding.
    pub fn of(encoding: &[u8]) -> Self {
        let encoding = encoding.trim_ascii();
        if encoding.eq_ignore_ascii_case(b"base64") {
            Self::Base64 { bits: 0, letters: 0 }
        } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
            Self::QuotedPrintable(Quoted::Text)
        } else {
            Self::Identity
        }
    }

    pub fn feed(&mut self, text: &[u8], octets: &mut Vec<u8>) {
        match self {
            Self::Base64 { bits, letters } => text.iter().for_each(|letter| base64(*letter, bits, letters, octets)),
            Self::QuotedPrintable(state) => text.iter().for_each(|letter| *state = quoted(*state, *letter, octets)),
            Self::Identity => octets.extend_from_slice(text),
        }
    }
}

fn base64(letter: u8, bits: &mut u32, letters: &mut u8, octets: &mut Vec<u8>) {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => {
            // The end of what was encoded; something else may be put behind it.
            match *letters {
                2 => octets.push((*bits >> 4) as u8),
                3 => octets.extend([(*bits >> 10) as u8, (*bits >> 2) as u8]),
                _ => {}
            }
            (*bits, *letters) = (0, 0);
            return;
        }
        _ => return,
    };
    *bits = *bits << 6 | u32::from(value);
    *letters += 1;
    if *letters == 4 {
        octets.extend([(*bits >> 16) as u8, (*bits >> 8) as u8, *bits as u8]);
        (*bits, *letters) = (0, 0);
    }
}

fn quoted(state: Quoted, letter: u8, octets: &mut Vec<u8>) -> Quoted {
    match (state, letter) {
        (Quoted::Text, b'=') => Quoted::Equals,
        (Quoted::Text, _) => {
            octets.push(letter);
            Quoted::Text
        }
        (Quoted::Equals, b'\r') => Quoted::SoftCr,
        (Quoted::Equals, b'\n') | (Quoted::SoftCr, b'\n') => Quoted::Text,
        (Quoted::Equals, _) => match digit(letter) {
            Some(_) => Quoted::Digit(letter),
            None => {
                octets.extend([b'=', letter]);
                Quoted::Text
            }
        },
        (Quoted::SoftCr, _) => quoted(Quoted::Text, letter, octets),
        (Quoted::Digit(high), _) => {
            match (digit(high), digit(letter)) {
                (Some(high), Some(low)) => octets.push(high * 16 + low),
                (Some(_) | None, _) => octets.extend([b'=', high, letter]),
            }
            Quoted::Text
        }
    }
}

pub fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use proptest::prelude::*;

    fn decoded(encoding: &str, text: &[u8], size: usize) -> Vec<u8> {
        let mut decoder = Decoder::of(encoding.as_bytes());
        let mut octets = Vec::new();
        text.chunks(size).for_each(|piece| decoder.feed(piece, &mut octets));
        octets
    }

    #[test]
    fn bodies_are_decoded_in_any_pieces() {
        for (encoding, text, octets) in [
            ("base64", "aGVs\r\nbG8=\r\n", &b"hello"[..]),
            (" BASE64 ", "aGVsbG8", b"hel"),
            ("base64", "a G*V-s\nbG9v", b"helloo"),
            ("base64", "TQ==TVo=", b"MMZ"),
            ("base64", "====", b""),
            ("quoted-printable", "a=3Db=\r\nc=\nd", b"a=bcd"),
            ("Quoted-Printable", "=4d=5A=zz =4", b"MZ=zz "),
            ("7bit", "a=3Db", b"a=3Db"),
            ("", "x", b"x"),
        ] {
            for size in 1..=text.len() {
                assert_eq!(decoded(encoding, text.as_bytes(), size), octets, "{text:?} in pieces of {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(octets in prop::collection::vec(any::<u8>(), 0..400), line in 1usize..80, size in 1usize..80) {
            let text = base64::engine::general_purpose::STANDARD.encode(&octets);
            let text: Vec<u8> = text.as_bytes().chunks(line).flat_map(|line| [line, b"\r\n"].concat()).collect();
            prop_assert_eq!(decoded("base64", &text, size), octets);
        }
    }
}
