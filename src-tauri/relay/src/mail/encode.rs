//! Eight bits in seven: quoted-printable and base64 (RFC 2045 §6.7, §6.8), piece by piece.
//!
//! In: octets, cut anywhere. Out: ASCII lines of at most 76 characters, ended by CRLF.
//!
//! Invariant: what is held between two pieces is less than a line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 2045 §6.7 (5).
const WIDTH: usize = 76;
/// So many octets make a full line of base64.
const LINE: usize = WIDTH / 4 * 3;

/// For text: CRLF stays a line end, everything else that could suffer on the way is escaped.
#[derive(Debug, Default)]
pub struct QuotedPrintable {
    used: usize,
    held: Held,
}

/// What hangs on the next octet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Held {
    #[default]
    Nothing,
    /// White space at the end of a line is lost on the way.
    Space(u8),
    Cr,
    SpaceCr(u8),
}

impl QuotedPrintable {
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for &octet in octets {
            self.held = match (self.held, octet) {
                (Held::Cr, b'\n') => self.end_line(out),
                (Held::SpaceCr(space), b'\n') => {
                    self.escaped(space, out);
                    self.end_line(out)
                }
                (Held::Space(space), b'\r') => Held::SpaceCr(space),
                (held, octet) => {
                    self.let_go(held, out);
                    match octet {
                        b' ' | b'\t' => Held::Space(octet),
                        b'\r' => Held::Cr,
                        _ => {
                            self.letter(octet, out);
                            Held::Nothing
                        }
                    }
                }
            };
        }
    }

    /// Brings what is held out; the text may end in the middle of a line.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match std::mem::take(&mut self.held) {
            Held::Space(space) => self.escaped(space, out),
            held @ (Held::Nothing | Held::Cr | Held::SpaceCr(_)) => self.let_go(held, out),
        }
    }

    fn let_go(&mut self, held: Held, out: &mut Vec<u8>) {
        match held {
            Held::Nothing => {}
            Held::Space(space) => self.plain(space, out),
            Held::Cr => self.escaped(b'\r', out),
            Held::SpaceCr(space) => {
                self.plain(space, out);
                self.escaped(b'\r', out);
            }
        }
    }

    fn letter(&mut self, octet: u8, out: &mut Vec<u8>) {
        match octet {
            b'!'..=b'<' | b'>'..=b'~' => self.plain(octet, out),
            _ => self.escaped(octet, out),
        }
    }

    fn plain(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.make_room(1, out);
        out.push(octet);
    }

    fn escaped(&mut self, octet: u8, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        self.make_room(3, out);
        out.extend_from_slice(&[b'=', DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]]);
    }

    /// One place is kept free for the soft break.
    fn make_room(&mut self, places: usize, out: &mut Vec<u8>) {
        if self.used + places >= WIDTH {
            out.extend_from_slice(b"=\r\n");
            self.used = 0;
        }
        self.used += places;
    }

    fn end_line(&mut self, out: &mut Vec<u8>) -> Held {
        out.extend_from_slice(b"\r\n");
        self.used = 0;
        Held::Nothing
    }
}

/// For everything that is not text.
#[derive(Debug, Default)]
pub struct Base64 {
    held: Vec<u8>,
}

impl Base64 {
    pub fn push(&mut self, mut octets: &[u8], out: &mut Vec<u8>) {
        while self.held.len() + octets.len() >= LINE {
            let (now, later) = octets.split_at(LINE - self.held.len());
            self.held.extend_from_slice(now);
            self.write(out);
            octets = later;
        }
        self.held.extend_from_slice(octets);
    }

    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            self.write(out);
        }
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(STANDARD.encode(&self.held).as_bytes());
        out.extend_from_slice(b"\r\n");
        self.held.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(octets: &[u8], piece: usize) -> Vec<u8> {
        let (mut encoder, mut out) = (QuotedPrintable::default(), Vec::new());
        octets.chunks(piece).for_each(|piece| encoder.push(piece, &mut out));
        encoder.finish(&mut out);
        out
    }

    #[test]
    fn text_is_escaped_where_it_must_be() {
        for (octets, text) in [
            (&b""[..], ""),
            (b"plain\r\n", "plain\r\n"),
            (b"Gr\xfc\xdfe = x\r\n", "Gr=FC=DFe =3D x\r\n"),
            (b"end \r\nend\t\r\nend \r", "end=20\r\nend=09\r\nend =0D"),
            (b"last ", "last=20"),
            (b"a\rb\nc\r\r\n", "a=0Db=0Ac=0D\r\n"),
            (b" \r\r\n", " =0D\r\n"),
            (b"\0\x7f", "=00=7F"),
        ] {
            for piece in [1, 2, 100] {
                assert_eq!(String::from_utf8(quoted(octets, piece)).unwrap(), text, "{}", octets.escape_ascii());
            }
        }
        assert_eq!(quoted(&[b'x'; 80], 7), [&[b'x'; 75][..], b"=\r\n", &[b'x'; 5]].concat());
    }

    fn unquoted(text: &[u8]) -> Vec<u8> {
        let text = String::from_utf8(text.to_vec()).unwrap().replace("=\r\n", "");
        let mut octets = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((byte, more)) = rest.split_first() {
            rest = more;
            if *byte == b'=' {
                octets.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
                rest = &rest[2..];
            } else {
                octets.push(*byte);
            }
        }
        octets
    }

    proptest! {
        #[test]
        fn what_went_in_comes_out(pieces in prop::collection::vec(prop_oneof![
            Just(b"\r\n".to_vec()), Just(b" ".to_vec()), Just(b"\r".to_vec()), prop::collection::vec(any::<u8>(), 0..200),
        ], 0..20)) {
            let octets = pieces.concat();
            let (mut text, mut binary) = ((QuotedPrintable::default(), Vec::new()), (Base64::default(), Vec::new()));
            for piece in &pieces {
                text.0.push(piece, &mut text.1);
                binary.0.push(piece, &mut binary.1);
            }
            text.0.finish(&mut text.1);
            binary.0.finish(&mut binary.1);
            for encoded in [&text.1, &binary.1] {
                prop_assert!(encoded.is_ascii());
                let lines: Vec<_> = encoded.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
                prop_assert!(lines.iter().all(|line| line.len() <= WIDTH && !line.ends_with(b" ") && !line.ends_with(b"\t") && !line.contains(&b'\r')));
            }
            prop_assert_eq!(unquoted(&text.1), &octets[..]);
            let joined: Vec<u8> = binary.1.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            // A full line may end in padding only at the end of all.
            prop_assert_eq!(STANDARD.decode(joined).unwrap(), octets);
        }
    }
}
