//! A footer of the office under what people write: text in text, HTML in HTML (RFC 2045, RFC 2046).
//!
//! In: a content in pieces. Out: the same with the footer in its first text: a text of its own, each form of a
//! multipart/alternative, the first part of multipart/mixed and multipart/related. It is put in the part's own encoding and
//! letters; plain ASCII becomes UTF-8 where the footer has other letters.
//!
//! Left alone is what is signed or encrypted (multipart/signed, multipart/encrypted, PGP, S/MIME, a DKIM-Signature of
//! others), attachments, messages in messages, reports, and letters that cannot be told apart from others (UTF-16, ISO-2022).
//!
//! Invariant: nothing else changes but the lines of base64 in such a part, and memory does not grow with the message.

mod letters;

use super::downgrade::entity::{Entity, Kind};
use super::downgrade::walk::{Visitor, Walk};
use crate::mail::encode::{Base64, QuotedPrintable};
use crate::mail::fields::Fields;
use letters::{Base64Reader, in_ascii_html, in_letters, with_utf8};
use std::sync::Arc;

/// Lines are ended by LF. Empty: such parts get none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footer {
    pub text: String,
    pub html: String,
}

impl Footer {
    /// Whether it may bring letters into mail that has none.
    pub(super) fn is_eight_bit(&self) -> bool {
        !self.text.is_ascii()
    }
}

pub struct Footing {
    walk: Walk,
    writer: Writer,
}

struct Writer {
    footer: Arc<Footer>,
    /// The multiparts that are open.
    levels: Vec<Level>,
    /// The header of the whole is still to come.
    at_top: bool,
    /// The part under way, if it gets a footer.
    part: Option<Part>,
    out: Vec<u8>,
}

struct Level {
    /// Each of its parts is one form of the same, or the first is what is read.
    every: bool,
    fits: bool,
    parts: usize,
}

struct Part {
    encoding: Encoding,
    /// As it stands in the part, before it is encoded.
    footer: Vec<u8>,
    /// The octet that came last.
    last: Option<u8>,
    /// Signed or encrypted in itself (RFC 4880 §6.2).
    sealed: bool,
}

enum Encoding {
    Raw,
    QuotedPrintable,
    Base64 { reader: Base64Reader, writer: Base64 },
}

impl Footing {
    pub fn new(footer: Arc<Footer>) -> Self {
        let writer = Writer { footer, levels: Vec::new(), at_top: true, part: None, out: Vec::new() };
        Self { walk: Walk::default(), writer }
    }

    /// What goes on for this piece.
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
        self.part = None;
        self.levels.truncate(entity.depth);
        let fits = match (std::mem::take(&mut self.at_top), self.levels.last_mut()) {
            (true, _) => true,
            // A message that came along in another.
            (false, Some(_) | None) if entity.is_message => false,
            (false, Some(level)) => {
                level.parts += 1;
                level.fits && (level.every || level.parts == 1)
            }
            (false, None) => false,
        };
        match &entity.kind {
            Kind::Multipart { .. } => {
                let every = entity.name == "multipart/alternative";
                let fits = fits && (every || matches!(entity.name.as_str(), "multipart/mixed" | "multipart/related"));
                self.levels.push(Level { every, fits, parts: 0 });
            }
            Kind::Leaf if fits && ended => {
                if let Some((part, changed)) = self.part_of(entity, header) {
                    self.part = Some(part);
                    self.out.extend_from_slice(changed.as_deref().unwrap_or(header));
                    self.out.extend_from_slice(b"\r\n");
                    return;
                }
            }
            Kind::Leaf | Kind::Message | Kind::Sealed => {}
        }
        self.out.extend_from_slice(header);
        if ended {
            self.out.extend_from_slice(b"\r\n");
        }
    }

    fn body(&mut self, octets: &[u8]) {
        let Some(part) = &mut self.part else { return self.out.extend_from_slice(octets) };
        match &mut part.encoding {
            Encoding::Raw | Encoding::QuotedPrintable => {
                part.sealed |= octets.starts_with(b"-----BEGIN PGP ");
                part.last = octets.last().copied().or(part.last);
                self.out.extend_from_slice(octets);
            }
            Encoding::Base64 { reader, writer } => {
                let plain = reader.read(octets);
                part.sealed |= plain.windows(15).any(|words| words == b"-----BEGIN PGP ");
                part.last = plain.last().copied().or(part.last);
                writer.push(&plain, &mut self.out);
            }
        }
    }

    fn body_ended(&mut self, _: bool) {
        let Some(Part { encoding, mut footer, last, sealed }) = self.part.take() else { return };
        if sealed {
            footer.clear();
        }
        if !sealed && last.is_some_and(|last| last != b'\n') {
            footer.splice(0..0, *b"\r\n");
        }
        match encoding {
            Encoding::Raw => self.out.extend_from_slice(&footer),
            Encoding::QuotedPrintable => {
                let mut encoder = QuotedPrintable::default();
                encoder.push(&footer, &mut self.out);
                encoder.finish(&mut self.out);
            }
            Encoding::Base64 { mut reader, mut writer } => {
                writer.push(&reader.finish(), &mut self.out);
                writer.push(&footer, &mut self.out);
                writer.finish(&mut self.out);
            }
        }
    }

    fn between(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }
}

impl Writer {
    /// What is to be put into this part, and its header if that changes. None: nothing.
    fn part_of(&self, entity: &Entity, header: &[u8]) -> Option<(Part, Option<Vec<u8>>)> {
        let fields = Fields::of(header);
        let value = |name: &str| fields.first(name).map(|field| String::from_utf8_lossy(field.value().trim_ascii()).to_ascii_lowercase());
        if value("Content-Disposition").is_some_and(|value| value.starts_with("attachment")) {
            return None;
        }
        let encoding = match value("Content-Transfer-Encoding").as_deref() {
            None | Some("" | "7bit" | "8bit" | "binary") => Encoding::Raw,
            Some("quoted-printable") => Encoding::QuotedPrintable,
            Some("base64") => Encoding::Base64 { reader: Base64Reader::default(), writer: Base64::default() },
            Some(_) => return None,
        };
        let charset = entity.charset.as_deref().unwrap_or("us-ascii");
        let is_ascii = matches!(charset, "us-ascii" | "ascii");
        let (written, changed) = match entity.name.as_str() {
            "text/html" if !self.footer.html.is_empty() => (in_letters(&in_ascii_html(&self.footer.html), charset)?, None),
            "text/plain" if !self.footer.text.is_empty() => {
                let changes = is_ascii && !self.footer.text.is_ascii();
                let written = in_letters(&self.footer.text, if changes { "utf-8" } else { charset })?;
                let raw = matches!(encoding, Encoding::Raw);
                let eight_bit = raw && !written.is_ascii();
                (written, (changes || eight_bit).then(|| with_utf8(&fields, entity, changes, eight_bit)))
            }
            _ => return None,
        };
        let lines = written.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut footer = b"\r\n".to_vec();
        for line in lines {
            footer.extend_from_slice(line);
            footer.extend_from_slice(b"\r\n");
        }
        Some((Part { encoding, footer, last: None, sealed: false }, changed))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
