//! The form in which a message is signed: relaxed, for header and body (RFC 6376 §3.4.2, §3.4.4).
//!
//! In: a body cut anywhere, or one header field. Out: its hash, or its canonical octets.
//!
//! Invariant: of a body nothing is held but the hash, however long its lines and however many of them are empty.

use ring::digest::{Context, Digest, SHA256};

/// Hashes a body as it passes by.
pub(super) struct BodyHash {
    hash: Context,
    out: Vec<u8>,
    /// Line ends that count only when something follows.
    ends: u64,
    /// White space that counts only when something follows in its line.
    space: bool,
    /// A CR whose LF has not come yet.
    cr: bool,
    any: bool,
}

impl Default for BodyHash {
    fn default() -> Self {
        Self { hash: Context::new(&SHA256), out: Vec::new(), ends: 0, space: false, cr: false, any: false }
    }
}

impl BodyHash {
    pub(super) fn push(&mut self, mut octets: &[u8]) {
        while let Some(&octet) = octets.first() {
            match octet {
                b'\n' if std::mem::take(&mut self.cr) => {
                    self.ends += 1;
                    self.space = false;
                }
                b' ' | b'\t' | b'\r' => {
                    self.lone_cr();
                    self.cr = octet == b'\r';
                    self.space |= !self.cr;
                }
                _ => {
                    self.lone_cr();
                    let end = octets.iter().position(|octet| matches!(octet, b' ' | b'\t' | b'\r')).unwrap_or(octets.len());
                    self.write(&octets[..end]);
                    octets = &octets[end..];
                    continue;
                }
            }
            octets = &octets[1..];
        }
        self.hash.update(&self.out);
        self.out.clear();
    }

    pub(super) fn finish(mut self) -> Digest {
        self.lone_cr();
        if self.any {
            // One line end, whether there was none or there were many.
            self.out.extend_from_slice(b"\r\n");
        }
        self.hash.update(&self.out);
        self.hash.finish()
    }

    fn lone_cr(&mut self) {
        if std::mem::take(&mut self.cr) {
            self.write(b"\r");
        }
    }

    fn write(&mut self, octets: &[u8]) {
        for _ in 0..std::mem::take(&mut self.ends) {
            self.out.extend_from_slice(b"\r\n");
            if self.out.len() > 64 * 1024 {
                self.hash.update(&self.out);
                self.out.clear();
            }
        }
        if std::mem::take(&mut self.space) {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(octets);
        self.any = true;
    }
}

/// `subject: unfolded, without needless white space`, ended by CRLF.
pub(super) fn header_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    // Folding is white space, too.
    let words = value.split(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
    for (place, word) in words.enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ring::digest::digest;

    fn hash(body: &[u8], piece: usize) -> Vec<u8> {
        let mut hash = BodyHash::default();
        body.chunks(piece).for_each(|piece| hash.push(piece));
        hash.finish().as_ref().to_vec()
    }

    /// The rules one by one, as RFC 6376 §3.4.4 has them.
    fn plainly(body: &[u8]) -> Vec<u8> {
        let text: String = body.iter().map(|octet| char::from(*octet)).collect();
        let lines = text.split("\r\n").map(|line| {
            let mut canonical = String::new();
            for letter in line.chars() {
                match letter {
                    ' ' | '\t' if canonical.ends_with(' ') => {}
                    ' ' | '\t' => canonical.push(' '),
                    other => canonical.push(other),
                }
            }
            canonical.strip_suffix(' ').unwrap_or(&canonical).to_owned()
        });
        let lines: Vec<String> = lines.collect();
        let last = lines.iter().rposition(|line| !line.is_empty());
        let kept = last.map_or(&lines[..0], |last| &lines[..=last]);
        kept.iter().flat_map(|line| line.chars().map(|letter| letter as u8).chain(*b"\r\n").collect::<Vec<u8>>()).collect()
    }

    #[test]
    fn bodies_are_hashed_in_their_relaxed_form() {
        for (body, canonical) in [
            (&b""[..], &b""[..]),
            (b"\r\n\r\n", b""),
            (b" \r\n\t\r\n", b""),
            (b"x", b"x\r\n"),
            (b"x\r\n\r\n\r\n", b"x\r\n"),
            // The example of §3.4.5.
            (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
            (b"\r\na\r\n\r\nb \r\n", b"\r\na\r\n\r\nb\r\n"),
            (b".\r\n..\r\n", b".\r\n..\r\n"),
            (b"a\rb\nc \r", b"a\rb\nc \r\r\n"),
        ] {
            assert_eq!(plainly(body), canonical, "{}", body.escape_ascii());
            for piece in [1, 2, 3, 100] {
                assert_eq!(hash(body, piece), digest(&SHA256, canonical).as_ref(), "{} in {piece}", body.escape_ascii());
            }
        }
    }

    #[test]
    fn header_fields_are_unfolded_and_their_names_small() {
        let mut out = Vec::new();
        header_field(b"A", b" X\r\n", &mut out);
        header_field(b"B", b" Y\t\r\n\tZ  \r\n", &mut out);
        header_field(b"SubJect", b"\r\n", &mut out);
        assert_eq!(out, b"a:X\r\nb:Y Z\r\nsubject:\r\n");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(lines in prop::collection::vec("[ \t.ax]{0,6}(\r\n){0,2}", 0..20), piece in 1usize..9) {
            let body = lines.concat().into_bytes();
            let canonical = plainly(&body);
            prop_assert_eq!(hash(&body, piece), digest(&SHA256, &canonical).as_ref().to_vec());
        }
    }
}
