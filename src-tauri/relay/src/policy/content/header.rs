//! Header rules, carried out while the header section passes by (RFC 5322 §2.2).
//!
//! In: a content in pieces. Out: the same content, without the fields that are taken out and with those that are put in; whether
//! it is refused or held. Touches no other field, no order, no body. A field that is taken out or put in breaks a
//! signature (DKIM) that covers it: that is what the office asked for. What is put into every message stands at the end of the
//! header: the fields that tell its way keep together in front (RFC 5321 §4.4).
//!
//! Invariant: the same octets in any pieces give the same octets and the same verdict.

use crate::mail::field_text::{encoded, fold};
use crate::mail::fields::field_name;
use crate::mail::trace::decode_all;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// A field is judged by so many of its octets; what is behind them shares its fate.
const FIELD: usize = 16 * 1024;

/// What is done about messages by a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// What people call it; empty: it has no name.
    pub name: String,
    /// The field's name.
    pub field: String,
    pub pattern: Pattern,
    pub action: HeaderAction,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderAction {
    Refuse,
    Hold,
    Remove,
    /// Put in front of the first field that matches.
    Add(NewField),
}

/// A field as it is put in, with its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewField(Vec<u8>);

impl NewField {
    /// ASCII stands as it is; other letters become encoded words (RFC 2047), folded.
    pub fn new(name: &str, value: &str) -> Self {
        let field = if value.is_ascii() { format!("{name}: {value}\r\n") } else { fold(name, &encoded(value)) };
        Self(field.into_bytes())
    }

    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// A text that must be found in a value, in any case; `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern(Vec<String>);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self(text.split('*').filter(|part| !part.is_empty()).map(str::to_lowercase).collect())
    }

    pub fn is_in(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        let mut rest = value.as_str();
        self.0.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// The rule that refuses a message, or for which it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub rule: String,
    pub field: String,
}

#[derive(Debug)]
pub struct HeaderPass {
    rules: Arc<[HeaderRule]>,
    /// Put into every message.
    every: Arc<[NewField]>,
    at: At,
    /// The field under way with its continuation lines, and the line under way.
    field: BytesMut,
    /// Where the line under way begins.
    line: usize,
    first: bool,
    /// Whether any field went on.
    has_fields: bool,
    /// Rules whose field was put in.
    added: Vec<bool>,
    held: Option<Matched>,
    refused: Option<Matched>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Header,
    /// In a field that was judged already and is not over.
    Long {
        drops: bool,
        line_start: bool,
    },
    Body,
}

/// What a line is.
enum Kind {
    Field,
    Continuation,
    /// The separator of mailbox files in front.
    Mailbox,
    /// Neither: the header section is over.
    Other,
}

impl HeaderPass {
    pub fn new(rules: Arc<[HeaderRule]>, every: Arc<[NewField]>) -> Self {
        let at = if rules.is_empty() && every.is_empty() { At::Body } else { At::Header };
        let added = vec![false; rules.len()];
        Self { rules, every, at, field: BytesMut::new(), line: 0, first: true, has_fields: false, added, held: None, refused: None }
    }

    /// What goes on of the next piece.
    pub fn pass(&mut self, piece: Bytes) -> Bytes {
        if self.at == At::Body {
            return piece;
        }
        let mut out = BytesMut::with_capacity(piece.len());
        let mut rest = &piece[..];
        while !rest.is_empty() {
            let taken = match self.at {
                At::Header => self.gather(rest, &mut out),
                At::Long { drops, line_start } => self.go_by(rest, drops, line_start, &mut out),
                At::Body => {
                    out.extend_from_slice(rest);
                    rest.len()
                }
            };
            rest = &rest[taken..];
        }
        out.freeze()
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        if self.at == At::Header && self.line < self.field.len() {
            self.line_ended(&mut out);
        }
        match self.at {
            At::Header => {
                let begun = !self.field.is_empty() && !self.field.ends_with(b"\n");
                let drops = self.field_ended(&mut out);
                self.put_in_every(begun && !drops, &mut out);
            }
            At::Long { drops, line_start } => self.put_in_every(!line_start && !drops, &mut out),
            At::Body => {}
        }
        self.at = At::Body;
        out.freeze()
    }

    /// Whether a rule may still match.
    pub fn is_in_header(&self) -> bool {
        self.at != At::Body
    }

    pub fn refused(&self) -> Option<&Matched> {
        self.refused.as_ref()
    }

    pub fn held(&self) -> Option<&Matched> {
        self.held.as_ref()
    }

    fn gather(&mut self, rest: &[u8], out: &mut BytesMut) -> usize {
        let room = FIELD - self.field.len();
        let end = rest.iter().position(|octet| *octet == b'\n').map_or(rest.len(), |end| end + 1);
        let taken = end.min(room);
        self.field.extend_from_slice(&rest[..taken]);
        if self.field.last() == Some(&b'\n') && self.line < self.field.len() {
            self.line_ended(out);
        }
        if self.at == At::Header && self.field.len() >= FIELD {
            self.too_long(out);
        }
        taken
    }

    fn line_ended(&mut self, out: &mut BytesMut) {
        match self.kind() {
            Kind::Continuation => {}
            Kind::Field => self.begin_field(out),
            Kind::Mailbox => out.extend_from_slice(&self.field.split()),
            Kind::Other => self.end_header(out),
        }
        self.line = self.field.len();
        self.first = false;
    }

    /// So much of one field: it is judged by what is there.
    fn too_long(&mut self, out: &mut BytesMut) {
        let line_start = self.line == self.field.len();
        if !line_start {
            match self.kind() {
                Kind::Continuation => {}
                Kind::Field if self.line == 0 => {}
                // Only the field before it has to go.
                Kind::Field => return self.begin_field(out),
                Kind::Mailbox | Kind::Other => return self.end_header(out),
            }
        }
        let drops = self.field_ended(out);
        self.first = false;
        self.at = At::Long { drops, line_start };
    }

    fn go_by(&mut self, rest: &[u8], drops: bool, line_start: bool, out: &mut BytesMut) -> usize {
        if line_start && !matches!(rest[0], b' ' | b'\t') {
            self.at = At::Header;
            return 0;
        }
        let end = rest.iter().position(|octet| *octet == b'\n');
        let taken = end.map_or(rest.len(), |end| end + 1);
        if !drops {
            out.extend_from_slice(&rest[..taken]);
        }
        self.at = At::Long { drops, line_start: end.is_some() };
        taken
    }

    /// What the line under way is, as far as it is there.
    fn kind(&self) -> Kind {
        let line = &self.field[self.line..];
        match line.first() {
            Some(b' ' | b'\t') if !self.first => Kind::Continuation,
            Some(_) if field_name(line).is_some() => Kind::Field,
            Some(_) if self.first && line.starts_with(b"From ") => Kind::Mailbox,
            Some(_) | None => Kind::Other,
        }
    }

    /// The line under way begins something new: what was before it is judged.
    fn begin_field(&mut self, out: &mut BytesMut) {
        let line = self.field.split_off(self.line);
        self.field_ended(out);
        self.field = line;
        self.line = 0;
    }

    /// The line under way is no part of the header.
    fn end_header(&mut self, out: &mut BytesMut) {
        self.begin_field(out);
        self.put_in_every(false, out);
        // A body that comes without a header: what is put in must not run into it.
        if !self.every.is_empty() && !self.has_fields && !self.field.starts_with(b"\r") {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(&self.field.split());
        self.at = At::Body;
    }

    /// `begun`: what went on last is a line without its end.
    fn put_in_every(&self, begun: bool, out: &mut BytesMut) {
        if begun && !self.every.is_empty() {
            out.extend_from_slice(b"\r\n");
        }
        self.every.iter().for_each(|field| out.extend_from_slice(field.octets()));
    }

    /// Judges the field and lets it go, or not. Whether it was dropped.
    fn field_ended(&mut self, out: &mut BytesMut) -> bool {
        let field = self.field.split();
        self.line = 0;
        let Some(colon) = field_name(&field) else {
            out.extend_from_slice(&field);
            return false;
        };
        let (name, value) = (field[..colon].trim_ascii_end(), &field[colon + 1..]);
        let mut drops = false;
        let mut text: Option<String> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            if !name.eq_ignore_ascii_case(rule.field.as_bytes()) || !rule.pattern.is_in(text.get_or_insert_with(|| unfolded(value))) {
                continue;
            }
            let matched = || Matched { rule: rule.name.clone(), field: rule.field.clone() };
            match &rule.action {
                HeaderAction::Refuse => drop(self.refused.get_or_insert_with(matched)),
                HeaderAction::Hold => drop(self.held.get_or_insert_with(matched)),
                HeaderAction::Remove => drops = true,
                HeaderAction::Add(field) => {
                    if !std::mem::replace(&mut self.added[index], true) {
                        out.extend_from_slice(field.octets());
                        self.has_fields = true;
                    }
                }
            }
        }
        if !drops {
            out.extend_from_slice(&field);
            self.has_fields = true;
        }
        drops
    }
}

/// As people read it.
fn unfolded(value: &[u8]) -> String {
    let unfolded: Vec<u8> = value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
    decode_all(unfolded.trim_ascii())
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
