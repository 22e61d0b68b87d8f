//! Eight-bit mail for a server that takes seven bits: each part that needs it becomes quoted-printable or
//! base64, and says so (RFC 6152 §3, RFC 2045 §6, RFC 2046 §5).
//!
//! In: a content, twice: once to see which parts need it, once to change them. Out: the same mail in ASCII.
//! Memory does not grow with the message, but by a few octets for each of its parts.
//!
//! What is signed (DKIM-Signature, multipart/signed) goes as it came: changed it would be worth nothing, and
//! servers that do not say 8BITMIME carry eight bits all the same. Headers stay as they are, for no encoding
//! fits every field.
//!
//! Invariant: decoded, every part is what it was, octet for octet.

pub(super) mod entity;
pub(super) mod walk;

use crate::mail::encode::{Base64, QuotedPrintable};
use crate::mail::fields::Fields;
use entity::{Encoding, Entity, Kind};
use walk::{Visitor, Walk};

/// Which parts are to be changed; made by a [`Survey`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    parts: Vec<Part>,
    /// Something with eight bits goes as it came.
    raw: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    eight_bit: bool,
    /// As far as is known it is UTF-8.
    utf8: bool,
}

impl Plan {
    fn changes(&self) -> bool {
        self.parts.iter().any(|part| part.eight_bit)
    }
}

/// The first look.
#[derive(Debug, Default)]
pub struct Survey {
    walk: Walk,
    notes: Notes,
}

#[derive(Debug, Default)]
struct Notes {
    plan: Plan,
    /// A letter in UTF-8 that is cut by the end of a piece.
    cut: Vec<u8>,
}

impl Survey {
    pub fn see(&mut self, piece: &[u8]) {
        self.walk.feed(piece, &mut self.notes);
    }

    pub fn finish(mut self) -> Plan {
        self.walk.finish(&mut self.notes);
        self.notes.plan
    }
}

impl Visitor for Notes {
    fn header(&mut self, entity: &Entity, _: &[u8], _: bool) {
        if let Kind::Leaf = entity.kind {
            self.plan.parts.push(Part { eight_bit: false, utf8: true });
        }
    }

    fn body(&mut self, octets: &[u8]) {
        let Some(part) = self.plan.parts.last_mut() else { return };
        part.eight_bit |= !octets.is_ascii();
        if part.utf8 && (part.eight_bit || !self.cut.is_empty()) {
            self.cut.extend_from_slice(octets);
            let known = match std::str::from_utf8(&self.cut) {
                Ok(_) => self.cut.len(),
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => {
                    part.utf8 = false;
                    self.cut.len()
                }
            };
            self.cut.drain(..known);
        }
    }

    fn body_ended(&mut self, _: bool) {
        if let Some(part) = self.plan.parts.last_mut() {
            part.utf8 &= self.cut.is_empty();
        }
        self.cut.clear();
    }

    fn between(&mut self, octets: &[u8]) {
        self.plan.raw |= !octets.is_ascii();
    }
}

/// The second look: writes what goes out.
#[derive(Debug)]
pub struct Converter {
    walk: Walk,
    writer: Writer,
}

#[derive(Debug)]
struct Writer {
    plan: Plan,
    /// Parts that have begun.
    begun: usize,
    encoder: Encoder,
    /// A line end that belongs to the boundary, if one follows.
    line_end: bool,
    out: Vec<u8>,
}

#[derive(Debug)]
enum Encoder {
    None,
    Text(QuotedPrintable),
    Other(Base64),
}

impl Converter {
    pub fn new(plan: Plan) -> Self {
        Self { walk: Walk::default(), writer: Writer { plan, begun: 0, encoder: Encoder::None, line_end: false, out: Vec::new() } }
    }

    /// What goes out for this piece.
    pub fn convert(&mut self, piece: &[u8]) -> Vec<u8> {
        self.walk.feed(piece, &mut self.writer);
        std::mem::take(&mut self.writer.out)
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.walk.finish(&mut self.writer);
        self.writer.out
    }
}

impl Visitor for Writer {
    fn header(&mut self, entity: &Entity, header: &[u8], ended: bool) {
        let part = match entity.kind {
            Kind::Leaf => {
                self.begun += 1;
                self.plan.parts.get(self.begun - 1).copied()
            }
            Kind::Multipart { .. } | Kind::Message | Kind::Sealed => None,
        };
        let word = match (&entity.kind, part) {
            // What is encoded already cannot be encoded again; eight bits in it are a mistake of its maker.
            (Kind::Leaf, Some(Part { eight_bit: true, .. })) if !entity.encoding.is_encoded() => {
                self.encoder = if entity.is_text { Encoder::Text(QuotedPrintable::default()) } else { Encoder::Other(Base64::default()) };
                Some(if entity.is_text { "quoted-printable" } else { "base64" })
            }
            (Kind::Multipart { .. } | Kind::Message, _) if entity.encoding == Encoding::EightBit && !self.plan.raw => Some("7bit"),
            (Kind::Leaf | Kind::Multipart { .. } | Kind::Message | Kind::Sealed, _) => None,
        };
        let lacks_version = entity.is_message && !entity.has_version;
        let Some(word) = word else {
            self.out.extend_from_slice(header);
            // What its parts will say holds only in mail that says it is MIME.
            if lacks_version && entity.has_type && self.plan.changes() {
                self.out.extend_from_slice(b"MIME-Version: 1.0\r\n");
            }
            return self.end_header(ended);
        };
        for field in Fields::of(header).iter().filter(|field| !field.is("Content-Transfer-Encoding")) {
            self.out.extend_from_slice(field.octets);
        }
        if lacks_version {
            self.out.extend_from_slice(b"MIME-Version: 1.0\r\n");
            if !entity.has_type {
                // It said nothing of its letters; RFC 1428 §3 has a name for that.
                let letters = if part.is_some_and(|part| part.utf8) { "utf-8" } else { "unknown-8bit" };
                self.out.extend_from_slice(format!("Content-Type: text/plain; charset={letters}\r\n").as_bytes());
            }
        }
        self.out.extend_from_slice(format!("Content-Transfer-Encoding: {word}\r\n").as_bytes());
        self.end_header(true);
    }

    fn body(&mut self, octets: &[u8]) {
        let out = &mut self.out;
        match &mut self.encoder {
            Encoder::None => out.extend_from_slice(octets),
            Encoder::Text(encoder) => encoder.push(octets, out),
            Encoder::Other(encoder) => {
                if std::mem::take(&mut self.line_end) {
                    encoder.push(b"\r\n", out);
                }
                match octets.strip_suffix(b"\r\n") {
                    Some(before) => {
                        encoder.push(before, out);
                        self.line_end = true;
                    }
                    None => encoder.push(octets, out),
                }
            }
        }
    }

    fn body_ended(&mut self, by_boundary: bool) {
        match std::mem::replace(&mut self.encoder, Encoder::None) {
            Encoder::None => {}
            Encoder::Text(mut encoder) => encoder.finish(&mut self.out),
            Encoder::Other(mut encoder) => {
                if std::mem::take(&mut self.line_end) && !by_boundary {
                    encoder.push(b"\r\n", &mut self.out);
                }
                encoder.finish(&mut self.out);
            }
        }
    }

    fn between(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }
}

impl Writer {
    fn end_header(&mut self, ended: bool) {
        if ended {
            self.out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests;
