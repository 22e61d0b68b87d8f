//! Reads a header section while it passes by in pieces (RFC 5322 §2.2, §3.6).
//!
//! In: pieces of a normalised content. Out: a [`Summary`], for people and for loop detection.
//! Keeps at most [`LINE`] octets of a line and [`FIELD`] of a field, however long they are.

use super::words;
use crate::mail::Summary;
use crate::mail::fields::field_name;

const LINE: usize = 1000;
const FIELD: usize = 4000;
const SUBJECT_LETTERS: usize = 200;
const MESSAGE_ID_LETTERS: usize = 250;

#[derive(Debug, Default)]
pub struct HeaderScan {
    /// The line under way, without its end.
    line: Vec<u8>,
    /// There is an octet above 127 in it, perhaps behind what is kept.
    eight_bit_line: bool,
    wanted: Wanted,
    first_line_seen: bool,
    header_ended: bool,
    subject: Option<Vec<u8>>,
    message_id: Option<Vec<u8>>,
    hops: u32,
    eight_bit: bool,
    eight_bit_header: bool,
}

/// The field whose continuation lines are of interest.
#[derive(Debug, Default, Clone, Copy)]
enum Wanted {
    #[default]
    Nothing,
    Subject,
    MessageId,
}

impl HeaderScan {
    /// The next piece of the content.
    pub fn see(&mut self, piece: &[u8]) {
        self.eight_bit = self.eight_bit || !piece.is_ascii();
        let mut rest = piece;
        while !self.header_ended && !rest.is_empty() {
            let end = rest.iter().position(|&byte| byte == b'\n');
            let part = &rest[..end.unwrap_or(rest.len())];
            self.eight_bit_line |= !part.is_ascii();
            append(&mut self.line, part, LINE);
            let Some(end) = end else { return };
            self.line_ended();
            rest = &rest[end + 1..];
        }
    }

    /// Received fields so far.
    pub fn hops(&self) -> u32 {
        self.hops
    }

    pub fn finish(mut self) -> Summary {
        if !self.header_ended && !self.line.is_empty() {
            self.line_ended();
        }
        Summary {
            subject: shown(&words::decode(&self.subject.unwrap_or_default()), SUBJECT_LETTERS),
            message_id: shown(&String::from_utf8_lossy(&self.message_id.unwrap_or_default()), MESSAGE_ID_LETTERS),
            hops: self.hops,
            eight_bit: self.eight_bit,
            eight_bit_header: self.eight_bit_header,
        }
    }

    fn line_ended(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let first = !std::mem::replace(&mut self.first_line_seen, true);
        let eight_bit = std::mem::take(&mut self.eight_bit_line);
        match line.first() {
            None => self.header_ended = true,
            Some(b' ' | b'\t') if !first => self.continued(&line),
            Some(_) => match field_name(&line) {
                Some(name) => self.field(&line[..name], &line[name..]),
                // Programs that read mailbox files leave their separator in front.
                None if first && line.starts_with(b"From ") => {}
                None => self.header_ended = true,
            },
        }
        self.eight_bit_header |= eight_bit && !self.header_ended;
        line.clear();
        self.line = line;
    }

    fn field(&mut self, name: &[u8], value: &[u8]) {
        let name = name.trim_ascii_end();
        let value = value.get(1..).unwrap_or_default();
        self.wanted = Wanted::Nothing;
        if name.eq_ignore_ascii_case(b"Received") {
            self.hops += 1;
        } else if name.eq_ignore_ascii_case(b"Subject") && self.subject.is_none() {
            self.wanted = Wanted::Subject;
            self.subject = Some(value.to_vec());
        } else if name.eq_ignore_ascii_case(b"Message-ID") && self.message_id.is_none() {
            self.wanted = Wanted::MessageId;
            self.message_id = Some(value.to_vec());
        }
    }

    fn continued(&mut self, line: &[u8]) {
        let field = match self.wanted {
            Wanted::Nothing => None,
            Wanted::Subject => self.subject.as_mut(),
            Wanted::MessageId => self.message_id.as_mut(),
        };
        if let Some(field) = field {
            append(field, line, FIELD);
        }
    }
}

fn append(to: &mut Vec<u8>, more: &[u8], most: usize) {
    let room = most.saturating_sub(to.len());
    to.extend_from_slice(&more[..more.len().min(room)]);
}

/// One line of text: control characters and runs of white space are one space.
fn shown(text: &str, letters: usize) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(content: &[u8], size: usize) -> Summary {
        let mut scan = HeaderScan::default();
        for piece in content.chunks(size) {
            scan.see(piece);
            assert!(scan.line.len() <= LINE);
        }
        scan.finish()
    }

    #[test]
    fn what_is_read_from_a_header() {
        for (content, subject, message_id, hops) in [
            ("", "", "", 0),
            ("\r\nSubject: body\r\n", "", "", 0),
            ("Subject: one\r\n\r\nSubject: two\r\n", "one", "", 0),
            ("Subject: one\r\nSubject: two\r\n\r\n", "one", "", 0),
            ("SUBJECT :  one  \r\n\r\n", "one", "", 0),
            ("Subject: a\r\n b\r\n\tc\r\nX: y\r\n d\r\n\r\n", "a b c", "", 0),
            ("Subject:\r\n one\r\n\r\n", "one", "", 0),
            ("Subject:\r\n\r\n", "", "", 0),
            ("Subject: no end", "no end", "", 0),
            ("Message-ID:\r\n <a@b>\r\nSubject: x\r\n\r\n", "x", "<a@b>", 0),
            ("message-id: <a@b>\r\n\r\n", "", "<a@b>", 0),
            ("Received: a\r\n\tb\r\nRECEIVED:c\r\nReceived-SPF: d\r\nX-Received: e\r\n\r\nReceived: f\r\n", "", "", 2),
            ("From ann Mon Nov  2\r\nSubject: mailbox\r\n\r\n", "mailbox", "", 0),
            ("Dear Ann,\r\nSubject: no header\r\n", "", "", 0),
            ("Subject: x\r\nnot a field\r\nReceived: y\r\n", "x", "", 0),
            (" Subject: x\r\nReceived: y\r\n\r\n", "", "", 0),
            ("Subject: a\tb\0c\x1bd\r\n\r\n", "a b c d", "", 0),
        ] {
            let expected = Summary { subject: subject.into(), message_id: message_id.into(), hops, ..Summary::default() };
            for size in [1, 2, 7, 1000] {
                assert_eq!(scan(content.as_bytes(), size), expected, "{content:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn octets_above_127_are_noticed_anywhere() {
        let long = [&b"Subject: "[..], &b"x".repeat(5000), b"\xff\r\n\r\n"].concat();
        for (content, eight_bit, in_header) in [
            (&b"Subject: x\r\n\r\nplain\r\n"[..], false, false),
            (b"Subject: x\r\n\r\nca\xe9\r\n", true, false),
            (b"X: \xff\r\n\r\nplain\r\n", true, true),
            (b"X: y\r\n \xff\r\n\r\nplain\r\n", true, true),
            (b"X: \xff", true, true),
            (b"X: y\r\nDear J\xf6rg,\r\n", true, false),
            ("\r\nä".as_bytes(), true, false),
            (&long, true, true),
        ] {
            for size in [1, 3, 9000] {
                let summary = scan(content, size);
                assert_eq!((summary.eight_bit, summary.eight_bit_header), (eight_bit, in_header), "{}", content.escape_ascii());
            }
        }
    }

    #[test]
    fn endless_fields_are_cut() {
        let content = format!("Subject: {}\r\n{}\r\nReceived: x\r\n\r\n", "a".repeat(100_000), " b".repeat(100_000));
        let summary = scan(content.as_bytes(), 4096);
        assert_eq!((summary.subject, summary.hops), ("a".repeat(SUBJECT_LETTERS), 1));
        let content = format!("Message-ID: <{}>\r\n{}\r\n", "a".repeat(5000), " b\r\n".repeat(100_000));
        assert_eq!(scan(content.as_bytes(), 4096).message_id.len(), MESSAGE_ID_LETTERS);
    }
}
