//! Walks through the parts of a message without holding them (RFC 2046 §5.1, RFC 5322 §2.1).
//!
//! In: a content in pieces. Out: headers, bodies and what stands between them, in their order, to a [`Visitor`].
//! Holds one header and one line at most; what is longer is handed on in pieces, or as it is.
//!
//! Invariant: what the visitor is given, one after the other, is the content.

use super::entity::{Entity, Kind};
use crate::mail::fields::field_name;

/// No header that means something is longer.
const HEADER: usize = 64 * 1024;
/// No boundary is.
const LINE: usize = 2000;
/// Deeper ones are bodies like any other.
const DEPTH: usize = 30;

pub(in crate::smarthost) trait Visitor {
    /// A header section without the empty line that ends it, and whether there is one.
    fn header(&mut self, entity: &Entity, header: &[u8], ended: bool);
    /// Some of the body of the part whose header came last.
    fn body(&mut self, octets: &[u8]);
    /// A line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
    fn body_ended(&mut self, by_boundary: bool);
    /// What is not to be changed: boundaries, what stands around them, what is signed.
    fn between(&mut self, octets: &[u8]);
}

#[derive(Debug)]
pub(in crate::smarthost) struct Walk {
    /// The line under way.
    pub(super) line: Vec<u8>,
    /// Its beginning is gone on already.
    within: bool,
    at: At,
    header: Vec<u8>,
    /// The first header, that of the whole, is still to come.
    at_top: bool,
    open: Vec<Open>,
}

/// A multipart that has begun.
#[derive(Debug)]
struct Open {
    boundary: Vec<u8>,
    digest: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Header { is_message: bool },
    Body,
    Between,
}

impl Default for Walk {
    fn default() -> Self {
        Self { line: Vec::new(), within: false, at: At::Header { is_message: true }, header: Vec::new(), at_top: true, open: Vec::new() }
    }
}

impl Walk {
    pub(in crate::smarthost) fn feed(&mut self, piece: &[u8], visitor: &mut impl Visitor) {
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            let ends = part.ends_with(b"\n");
            if self.line.is_empty() && ends {
                self.take(part, true, visitor);
            } else {
                self.line.extend_from_slice(part);
                if ends || self.line.len() > LINE {
                    let mut line = std::mem::take(&mut self.line);
                    // A line end is never cut in two.
                    if line.last() == Some(&b'\r') {
                        self.line.extend(line.pop());
                    }
                    self.take(&line, ends, visitor);
                }
            }
        }
    }

    pub(in crate::smarthost) fn finish(&mut self, visitor: &mut impl Visitor) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take(&line, true, visitor);
        }
        self.end_part(false, visitor);
    }

    /// A line, or a piece of one that is too long.
    fn take(&mut self, line: &[u8], ends: bool, visitor: &mut impl Visitor) {
        let starts = !std::mem::replace(&mut self.within, !ends);
        let whole = starts && ends;
        if whole && let Some((level, closes)) = self.boundary(line) {
            self.end_part(true, visitor);
            visitor.between(line);
            self.open.truncate(if closes { level } else { level + 1 });
            self.at = if closes { At::Between } else { At::Header { is_message: false } };
            return;
        }
        match self.at {
            At::Header { is_message } => {
                let first = self.header.is_empty();
                let is_empty = matches!(line, b"\r\n" | b"\n");
                let goes_on = !starts || (!first && matches!(line, [b' ' | b'\t', ..])) || field_name(line).is_some();
                if starts && is_empty {
                    self.end_header(is_message, true, visitor);
                } else if goes_on && self.header.len() + line.len() <= HEADER {
                    self.header.extend_from_slice(line);
                } else if goes_on {
                    // Nobody can say what this is; it goes as it came.
                    visitor.between(&std::mem::take(&mut self.header));
                    visitor.between(line);
                    self.at = At::Between;
                } else {
                    self.end_header(is_message, false, visitor);
                    self.pass(line, visitor);
                }
            }
            At::Body | At::Between => self.pass(line, visitor),
        }
    }

    fn pass(&mut self, line: &[u8], visitor: &mut impl Visitor) {
        match self.at {
            At::Body => visitor.body(line),
            At::Between => visitor.between(line),
            // A message in a message whose header has just ended; its own has no fields.
            At::Header { is_message } => {
                self.end_header(is_message, false, visitor);
                visitor.body(line);
            }
        }
    }

    fn end_header(&mut self, is_message: bool, ended: bool, visitor: &mut impl Visitor) {
        let header = std::mem::take(&mut self.header);
        let in_digest = !is_message && self.open.last().is_some_and(|open| open.digest);
        let mut entity = Entity { depth: self.open.len(), ..Entity::of(&header, is_message, in_digest) };
        // A message that came along in another is not what is being sent.
        if std::mem::replace(&mut self.at_top, false) && entity.is_signed {
            entity.kind = Kind::Sealed;
        }
        if matches!(entity.kind, Kind::Multipart { .. }) && self.open.len() >= DEPTH {
            entity.kind = Kind::Leaf;
        }
        visitor.header(&entity, &header, ended);
        self.at = match entity.kind {
            Kind::Leaf => At::Body,
            Kind::Message => At::Header { is_message: true },
            Kind::Sealed => At::Between,
            Kind::Multipart { boundary, digest } => {
                self.open.push(Open { boundary, digest });
                At::Between
            }
        };
    }

    /// The part under way is over, also one that has a header only.
    fn end_part(&mut self, by_boundary: bool, visitor: &mut impl Visitor) {
        if let At::Header { is_message } = self.at
            && (is_message || !self.header.is_empty())
        {
            self.end_header(is_message, false, visitor);
        }
        if self.at == At::Body {
            visitor.body_ended(by_boundary);
        }
        self.at = At::Between;
    }

    /// Which of the open multiparts this line belongs to, and whether it closes it.
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.trim_ascii_end().strip_prefix(b"--")?;
        self.open.iter().enumerate().rev().find_map(|(level, open)| match line.strip_prefix(&open.boundary[..])? {
            b"" => Some((level, false)),
            b"--" => Some((level, true)),
            _ => None,
        })
    }
}
