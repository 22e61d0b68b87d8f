//! Replies as they come off the wire, made fit for lettre, which is strict where servers are not.
//!
//! In: bytes. Out: whole lines ended by CRLF, UTF-8, none too long, a space behind a lone code (RFC 5321 §4.2.1).
//! Invariant: what is kept is bounded, whatever the other side sends.

use std::io;

/// A reply line may be 512 octets (RFC 5321 §4.5.3.1.5); providers send longer ones, but not endless ones.
const LINE: usize = 8 * 1024;
/// What lettre takes of one line; the rest is words nobody needs.
const KEPT: usize = 900;
/// One reply of many lines. lettre reads a reply from its start again at every line, so length costs twice.
const REPLY: usize = 16 * 1024;
/// All replies to what was written last.
const REPLIES: usize = 256 * 1024;

#[derive(Default)]
pub struct ReplyLines {
    line: Vec<u8>,
    ready: Vec<u8>,
    reply: usize,
    since_written: usize,
}

impl ReplyLines {
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.since_written += bytes.len();
        if self.since_written > REPLIES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply without an end"));
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() > LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply line without an end"));
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.reply = if line.get(3) == Some(&b'-') { self.reply + line.len() } else { 0 };
                if self.reply > REPLY {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply without an end"));
                }
                self.finish(&line);
            }
        }
        Ok(())
    }

    /// A new command was written: what comes now answers it.
    pub fn written(&mut self) {
        self.since_written = 0;
    }

    /// Up to so many bytes of finished lines.
    pub fn take(&mut self, at_most: usize) -> Vec<u8> {
        let length = self.ready.len().min(at_most);
        self.ready.drain(..length).collect()
    }

    fn finish(&mut self, line: &[u8]) {
        let text = readable(line.trim_ascii_end());
        let end = (0..=text.len().min(KEPT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.ready.extend_from_slice(&text.as_bytes()[..end]);
        if end == 3 {
            self.ready.push(b' ');
        }
        self.ready.extend_from_slice(b"\r\n");
    }
}

/// A reply should be ASCII, may be UTF-8, and is at times neither.
fn readable(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => line.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_and_readable_in_any_pieces() {
        let said = b"250-one\r\n250\n250-caf\xe9\r\n250-\xc3\xbc\r\n354\r\nhalf";
        for size in 1..said.len() {
            let mut lines = ReplyLines::default();
            said.chunks(size).for_each(|chunk| lines.add(chunk).unwrap());
            assert_eq!(String::from_utf8(lines.take(1000)).unwrap(), "250-one\r\n250 \r\n250-caf?\r\n250-ü\r\n354 \r\n");
        }
    }

    #[test]
    fn long_lines_are_cut_and_endless_ones_refused() {
        let mut lines = ReplyLines::default();
        lines.add(format!("250 {}\r\n", "ü".repeat(2000)).as_bytes()).unwrap();
        assert!(lines.take(10_000).len() < 1000);
        assert!(lines.add(&[b'x'; LINE + 1]).is_err());

        let mut lines = ReplyLines::default();
        assert!((0..2000).any(|_| lines.add(b"250-more\r\n").is_err()));
        let mut lines = ReplyLines::default();
        assert!((0..2000).all(|_| lines.add(b"250-more\r\n250 done\r\n").is_ok()), "many short replies are none");
    }
}
