//! Looks for attachments that are not taken, while a content passes by (RFC 2045, RFC 2046, RFC 2183).
//!
//! In: a content in pieces, line ends as CRLF. Out: the first attachment that is refused, and why. By the endings of names
//! in Content-Type and Content-Disposition, by what programs begin with, by the names in ZIP archives, and by the names of
//! uuencoded files. Reads nested parts and messages; keeps no more than one field and the beginning of one line.
//!
//! Invariant: the same octets in any pieces give the same verdict.

use super::decode::Decoder;
use super::names;
use super::programs::{Found, Sniffer};
use crate::mail::fields::field_name;
use std::collections::HashSet;
use std::sync::Arc;

/// A field that is longer is no field of an honest message.
const FIELD: usize = 16 * 1024;
/// So much of a line tells whether it separates parts.
const LINE: usize = 512;
/// RFC 2046 §5.1.1 allows 70.
const BOUNDARY: usize = 256;
/// Parts within parts.
const DEEPEST: usize = 32;

/// What is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachmentRules {
    /// Endings of file names without the dot, in small letters.
    pub endings: HashSet<String>,
    /// Also programs with harmless names.
    pub programs: bool,
}

/// An attachment that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwanted {
    Ending {
        name: String,
        ending: String,
    },
    Program {
        name: String,
    },
    /// A file within an archive.
    Within {
        archive: String,
        name: String,
    },
    /// Made so that it cannot be looked through.
    Unreadable,
}

#[derive(Debug)]
pub struct AttachmentScan {
    rules: Arc<AttachmentRules>,
    /// Separators of the parts we are in, the outermost first.
    boundaries: Vec<Vec<u8>>,
    section: Section,
    /// The beginning of a line that is not whole yet.
    start: Vec<u8>,
    /// Behind the beginning of a line that is too long to be kept.
    within_line: bool,
    unwanted: Option<Unwanted>,
}

#[derive(Debug)]
enum Section {
    Header(Header),
    Body(Box<Body>),
    /// In front of the first part, or behind the last.
    Between,
}

#[derive(Debug, Default)]
struct Header {
    /// A field that matters, as far as it is there.
    field: Vec<u8>,
    kind: Option<Kind>,
    first_line_seen: bool,
}

/// What the fields of a part say.
#[derive(Debug, Default)]
struct Kind {
    kind: String,
    boundary: Option<Vec<u8>>,
    encoding: Vec<u8>,
    name: String,
}

#[derive(Debug)]
struct Body {
    decoder: Decoder,
    sniffer: Sniffer,
    octets: Vec<u8>,
    name: String,
    /// Plain text, in which a uuencoded file may stand.
    is_text: bool,
}

impl AttachmentScan {
    pub fn new(rules: Arc<AttachmentRules>) -> Self {
        Self {
            rules,
            boundaries: Vec::new(),
            section: Section::Header(Header::default()),
            start: Vec::new(),
            within_line: false,
            unwanted: None,
        }
    }

    /// The next piece of the content.
    pub fn see(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.unwanted.is_none() {
            let end = rest.iter().position(|octet| *octet == b'\n').map(|end| end + 1);
            let (line, more) = rest.split_at(end.unwrap_or(rest.len()));
            if self.within_line {
                self.go_on(line);
                self.within_line = end.is_none();
                rest = more;
            } else if self.start.is_empty() && end.is_some() && line.len() <= LINE {
                self.line(line);
                rest = more;
            } else {
                let room = line.len().min(LINE - self.start.len());
                self.start.extend_from_slice(&line[..room]);
                rest = &rest[room..];
                let whole = self.start.last() == Some(&b'\n');
                if whole || self.start.len() == LINE {
                    let start = std::mem::take(&mut self.start);
                    self.line(&start);
                    self.start = start;
                    self.start.clear();
                    self.within_line = !whole;
                }
            }
        }
    }

    /// The content has ended.
    pub fn finish(&mut self) {
        if self.unwanted.is_none() && !self.start.is_empty() {
            let start = std::mem::take(&mut self.start);
            self.line(&start);
        }
        self.header_ended();
        self.body_ended();
    }

    pub fn unwanted(&self) -> Option<&Unwanted> {
        self.unwanted.as_ref()
    }

    /// A line, or the beginning of one that is too long.
    fn line(&mut self, line: &[u8]) {
        if line.starts_with(b"--")
            && let Some((level, is_end)) = self.separates(line)
        {
            self.header_ended();
            self.body_ended();
            // Whatever was begun within is over with it.
            self.boundaries.truncate(if is_end { level } else { level + 1 });
            self.section = if is_end { Section::Between } else { Section::Header(Header::default()) };
            return;
        }
        match &mut self.section {
            Section::Header(_) => self.header_line(line),
            Section::Body(body) => {
                let found = if body.is_text { uuencoded(line) } else { None };
                if let Some(name) = found {
                    self.judge(&name);
                }
                self.body(line);
            }
            Section::Between => {}
        }
    }

    /// More of a line whose beginning was too long.
    fn go_on(&mut self, more: &[u8]) {
        match &mut self.section {
            Section::Header(header) => header.append(more),
            Section::Body(_) => self.body(more),
            Section::Between => {}
        }
        self.field_fits();
    }

    /// The innermost level whose parts this line separates, and whether it ends them.
    fn separates(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line[2..].trim_ascii_end();
        self.boundaries.iter().enumerate().rev().find_map(|(level, boundary)| match text.strip_prefix(boundary.as_slice())? {
            b"" => Some((level, false)),
            b"--" => Some((level, true)),
            _ => None,
        })
    }

    fn header_line(&mut self, line: &[u8]) {
        let Section::Header(header) = &mut self.section else { return };
        let first = !std::mem::replace(&mut header.first_line_seen, true);
        match line.first() {
            Some(b' ' | b'\t') if !first => {
                header.append(line);
                return self.field_fits();
            }
            Some(_) if field_name(line).is_some() => {
                self.field_ended();
                if let Section::Header(header) = &mut self.section {
                    header.begin(line);
                }
                return self.field_fits();
            }
            // The separator of mailbox files.
            Some(_) if first && line.starts_with(b"From ") => return,
            Some(_) | None => {}
        }
        let is_blank = matches!(line, b"\r\n" | b"\n");
        self.header_ended();
        if !is_blank {
            self.body(line);
        }
    }

    fn field_fits(&mut self) {
        if let Section::Header(header) = &self.section
            && header.field.len() > FIELD
        {
            self.refuse(Unwanted::Unreadable);
        }
    }

    /// Takes in what a whole field says.
    fn field_ended(&mut self) {
        let Section::Header(header) = &mut self.section else { return };
        let field = std::mem::take(&mut header.field);
        let Some(colon) = field_name(&field) else { return };
        let value: Vec<u8> = field[colon + 1..].iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
        let name = field[..colon].trim_ascii_end();
        let kind = header.kind.get_or_insert_default();
        if name.eq_ignore_ascii_case(b"Content-Transfer-Encoding") {
            kind.encoding = names::kind(&value).into_bytes();
            return;
        }
        let parameters = names::parameters(&value);
        let key = if name.eq_ignore_ascii_case(b"Content-Type") {
            kind.kind = names::kind(&value);
            kind.boundary = parameters.iter().find(|(name, _)| name == "boundary").map(|(_, boundary)| boundary.trim_ascii_end().to_vec());
            "name"
        } else {
            "filename"
        };
        let named = names::names(&parameters, key);
        if let (Some(first), true) = (named.first(), kind.name.is_empty()) {
            kind.name.clone_from(first);
        }
        for name in &named {
            self.judge(name);
        }
    }

    fn header_ended(&mut self) {
        self.field_ended();
        let Section::Header(header) = &mut self.section else { return };
        let Kind { kind, boundary, encoding, name } = header.kind.take().unwrap_or_default();
        if kind.starts_with("multipart/")
            && let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty())
        {
            if boundary.len() > BOUNDARY || self.boundaries.len() == DEEPEST {
                return self.refuse(Unwanted::Unreadable);
            }
            self.boundaries.push(boundary);
            self.section = Section::Between;
            return;
        }
        let decoder = Decoder::of(&encoding);
        let is_plain = matches!(decoder, Decoder::Identity);
        if is_plain && matches!(kind.as_str(), "message/rfc822" | "message/global") {
            self.section = Section::Header(Header::default());
            return;
        }
        let is_text = is_plain && (kind.is_empty() || kind.starts_with("text/"));
        self.section = Section::Body(Box::new(Body { decoder, sniffer: Sniffer::new(), octets: Vec::new(), name, is_text }));
    }

    fn body(&mut self, text: &[u8]) {
        let Section::Body(body) = &mut self.section else { return };
        if body.sniffer.is_done() {
            return;
        }
        body.octets.clear();
        body.decoder.feed(text, &mut body.octets);
        let mut all = Vec::new();
        body.sniffer.see(&body.octets, &mut |found| all.push(found));
        self.found(all);
    }

    fn body_ended(&mut self) {
        let Section::Body(body) = &mut self.section else { return };
        let mut all = Vec::new();
        body.sniffer.finish(&mut |found| all.push(found));
        self.found(all);
    }

    fn found(&mut self, all: Vec<Found>) {
        if all.is_empty() {
            return;
        }
        let Section::Body(body) = &self.section else { return };
        let archive = body.name.clone();
        for found in all {
            match found {
                Found::Program if self.rules.programs => self.refuse(Unwanted::Program { name: archive.clone() }),
                Found::Program => {}
                Found::Entry(name) => {
                    let name = String::from_utf8_lossy(&name).into_owned();
                    if self.is_refused(&name).is_some() {
                        self.refuse(Unwanted::Within { archive: archive.clone(), name });
                    }
                }
            }
        }
    }

    fn judge(&mut self, name: &str) {
        if let Some(ending) = self.is_refused(name) {
            self.refuse(Unwanted::Ending { name: name.to_owned(), ending });
        }
    }

    fn is_refused(&self, name: &str) -> Option<String> {
        names::ending(name).filter(|ending| self.rules.endings.contains(ending))
    }

    fn refuse(&mut self, unwanted: Unwanted) {
        self.unwanted.get_or_insert(unwanted);
    }
}

impl Header {
    fn begin(&mut self, line: &[u8]) {
        const WANTED: [&[u8]; 3] = [b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding"];
        let name = field_name(line).map(|colon| line[..colon].trim_ascii_end());
        if name.is_some_and(|name| WANTED.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))) {
            self.field.extend_from_slice(line);
        }
    }

    fn append(&mut self, more: &[u8]) {
        if !self.field.is_empty() {
            let room = (FIELD + 1).saturating_sub(self.field.len());
            self.field.extend_from_slice(&more[..more.len().min(room)]);
        }
    }
}

/// `begin 644 setup.exe`, as mail programs still understand it.
fn uuencoded(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?.trim_ascii();
    let mode = rest.iter().position(|octet| *octet == b' ')?;
    let is_mode = (3..=4).contains(&mode) && rest[..mode].iter().all(|octet| (b'0'..=b'7').contains(octet));
    is_mode.then(|| String::from_utf8_lossy(rest[mode..].trim_ascii()).into_owned())
}
