//! Cuts the input into command lines (RFC 5321 §2.3.8, §4.5.3.1.4; RFC 4954 §4 for answers while signing in).
//!
//! In: what has arrived. Out: one line at a time without its end, or the news that one was too long.
//! A line ends at LF, with or without CR: old devices send bare LF. No end of data hangs on that
//! (`data` knows CRLF.CRLF only), so a command cannot be hidden in a content this way.
//! Never keeps more than the longest line that may be.

use bytes::{Buf, BytesMut};

/// With its line end. RFC 5321 asks for 512; long parameters and source routes want more.
pub(super) const LONGEST: usize = 4096;
/// The same for an answer while signing in.
pub(super) const LONGEST_ANSWER: usize = 12_288;

#[derive(Debug, Default)]
pub(super) struct LineReader {
    /// How much of the input is known to hold no LF.
    searched: usize,
    /// Inside a line that is too long already.
    skipping: bool,
}

/// It may hold a password, so it is not to be printed.
pub(super) enum Line {
    Whole(BytesMut),
    TooLong,
}

impl LineReader {
    pub(super) fn next(&mut self, input: &mut BytesMut, longest: usize) -> Option<Line> {
        let found = input[self.searched..].iter().position(|&byte| byte == b'\n').map(|at| self.searched + at);
        let Some(end) = found else {
            self.searched = input.len();
            if self.skipping || input.len() >= longest {
                self.skipping = true;
                self.searched = 0;
                input.clear();
            }
            return None;
        };
        self.searched = 0;
        if std::mem::take(&mut self.skipping) || end >= longest {
            input.advance(end + 1);
            return Some(Line::TooLong);
        }
        let mut line = input.split_to(end + 1);
        let ending = line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line.truncate(line.len() - ending);
        Some(Line::Whole(line))
    }

    /// The input was thrown away.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_line_passes_and_one_octet_more_does_not() {
        for (octets, passes) in [(LONGEST - 1, true), (LONGEST, true), (LONGEST + 1, false), (9 * LONGEST, false)] {
            let wire = format!("{}\r\nNOOP\r\n", "x".repeat(octets - 2));
            for chunk in [1, 7, 4095, 4096, 4097, wire.len()] {
                let (mut reader, mut input, mut seen) = (LineReader::default(), BytesMut::new(), Vec::new());
                for piece in wire.as_bytes().chunks(chunk) {
                    input.extend_from_slice(piece);
                    while let Some(line) = reader.next(&mut input, LONGEST) {
                        seen.push(match line {
                            Line::Whole(text) => text.len().to_string(),
                            Line::TooLong => "too long".into(),
                        });
                    }
                    assert!(input.len() <= LONGEST);
                }
                let first = if passes { (octets - 2).to_string() } else { "too long".into() };
                assert_eq!(seen, [first, "4".into()], "{octets} octets in pieces of {chunk}");
            }
        }
    }
}
