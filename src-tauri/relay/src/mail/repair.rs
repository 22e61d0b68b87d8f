//! Completes what devices hand in (RFC 6409 §8): Date, Message-ID and From where they are missing, a domain in From,
//! a header where there is none; takes Return-Path and mailbox separators out, which have no place there yet.
//!
//! In: pieces of a normalised content, who it is from. Out: the content as it goes on.
//! What is missing stands in front, so that the rest ends as it began. A signed header is not added to, and a
//! header beyond [`MOST`] octets passes as it came: nobody can say what is missing in it.
//!
//! Invariant: no octet changes but those of a From without a domain, and none is held once the header has ended.

use super::fields::{Field, Fields, field_name};
use super::{MessageId, ReversePath};
use jiff::Timestamp;
use std::borrow::Cow;

/// How much of a header is looked at.
const MOST: usize = 64 * 1024;

/// What a repair needs to know of a message.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: MessageId,
    pub host_name: String,
    pub reverse_path: ReversePath,
    pub now: Timestamp,
}

/// One content on its way through.
#[derive(Debug)]
pub struct Repair {
    facts: Facts,
    /// The header as far as it is here.
    head: Vec<u8>,
    /// How much of it has been looked through, line by line.
    looked: usize,
    /// How much is known to hold no further line end.
    searched: usize,
    passing: bool,
    added: Added,
}

/// What was put in front, as far as others want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    pub message_id: Option<String>,
    /// A From with letters beyond ASCII.
    pub eight_bit: bool,
}

impl Repair {
    pub fn new(facts: Facts) -> Self {
        Self { facts, head: Vec::new(), looked: 0, searched: 0, passing: false, added: Added::default() }
    }

    /// What can go on now; nothing while the header is not whole.
    pub fn pass<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        if self.passing {
            return Cow::Borrowed(piece);
        }
        self.head.extend_from_slice(piece);
        while let Some(found) = self.head[self.searched..].iter().position(|&byte| byte == b'\n') {
            let (start, end) = (self.looked, self.searched + found + 1);
            if end > MOST {
                break;
            }
            if self.ends_header(&self.head[start..end]) {
                return Cow::Owned(self.repaired(start));
            }
            (self.looked, self.searched) = (end, end);
        }
        self.searched = self.head.len();
        if self.head.len() > MOST {
            self.passing = true;
            return Cow::Owned(std::mem::take(&mut self.head));
        }
        Cow::Borrowed(&[])
    }

    /// There is no more: what was held, when the header never ended.
    pub fn finish(&mut self) -> Vec<u8> {
        if self.passing { Vec::new() } else { self.repaired(self.head.len()) }
    }

    pub fn added(&self) -> &Added {
        &self.added
    }

    /// The line after the last field: an empty one, or one of the body.
    fn ends_header(&self, line: &[u8]) -> bool {
        let first = self.looked == 0;
        match line {
            [b'\r', ..] => true,
            [b' ' | b'\t', ..] => first,
            _ => field_name(line).is_none() && !(first && is_separator(line)),
        }
    }

    /// `end` is where the header ends and the rest begins.
    fn repaired(&mut self, end: usize) -> Vec<u8> {
        self.passing = true;
        let head = std::mem::take(&mut self.head);
        let (header, rest) = head.split_at(end);
        let fields = Fields::of(header);
        let mut out = self.missing(&fields).into_bytes();
        for field in fields.iter().filter(|field| !(field.name.is_empty() || field.is("Return-Path"))) {
            if is_signed(&fields) || !field.is("From") {
                out.extend_from_slice(field.octets);
            } else {
                out.extend_from_slice(&self.named(field));
            }
        }
        // A body that came without a header has none of the empty lines that end one.
        let bare = fields.iter().all(|field| field.name.is_empty()) && !rest.is_empty() && !rest.starts_with(b"\r\n");
        if bare {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(rest);
        out
    }

    fn missing(&mut self, fields: &Fields<'_>) -> String {
        let mut front = String::new();
        if is_signed(fields) {
            return front;
        }
        if !fields.have("Date") {
            front.push_str(&format!("Date: {}\r\n", self.facts.now.strftime("%a, %d %b %Y %H:%M:%S +0000")));
        }
        let named = fields.iter().any(|field| field.is("From") && !field.is_from_nobody());
        if let (false, ReversePath::Mailbox(sender)) = (named, &self.facts.reverse_path) {
            self.added.eight_bit |= !sender.is_ascii();
            front.push_str(&format!("From: <{sender}>\r\n"));
        }
        if !fields.have("Message-ID") {
            let id = format!("<{}@{}>", self.facts.id, self.facts.host_name);
            front.push_str(&format!("Message-ID: {id}\r\n"));
            self.added.message_id = Some(id);
        }
        front
    }

    /// A From as it goes on; nothing of it when another was put in front.
    fn named<'a>(&mut self, field: &Field<'a>) -> Cow<'a, [u8]> {
        let domain = match &self.facts.reverse_path {
            ReversePath::Mailbox(_) if field.is_from_nobody() => return Cow::Borrowed(&[]),
            // The domain the device gave itself: mail from there is what the provider expects.
            ReversePath::Mailbox(sender) => sender.domain(),
            ReversePath::Null => &self.facts.host_name,
        };
        match field.place_of_domain() {
            Some(place) => {
                self.added.eight_bit |= !domain.is_ascii();
                let (before, behind) = field.octets.split_at(place);
                Cow::Owned([before, b"@", domain.as_bytes(), behind].concat())
            }
            None => Cow::Borrowed(field.octets),
        }
    }
}

/// A From, as devices write it.
trait Named {
    fn is_from_nobody(&self) -> bool;
    fn place_of_domain(&self) -> Option<usize>;
}

impl Named for Field<'_> {
    /// `From:` and `From: <>`, as devices write that know no address of their own.
    fn is_from_nobody(&self) -> bool {
        matches!(self.value().trim_ascii(), b"" | b"<>")
    }

    /// Where the domain goes in `scanner` and `Scanner 2 <scanner>`. None: it has one, or it is not that simple.
    fn place_of_domain(&self) -> Option<usize> {
        let value = self.value();
        let simple = value.trim_ascii();
        let start = self.octets.len() - value.len() + (value.len() - value.trim_ascii_start().len());
        if is_local(simple) {
            return Some(start + simple.len());
        }
        let inner = simple.strip_suffix(b">")?;
        let open = inner.iter().rposition(|&byte| byte == b'<')?;
        let (name, local) = (inner[..open].trim_ascii(), &inner[open + 1..]);
        (is_phrase(name) && is_local(local)).then_some(start + inner.len())
    }
}

/// A signature covers fields by name, also ones that are not there (RFC 6376 §5.4.2).
fn is_signed(fields: &Fields<'_>) -> bool {
    fields.have("DKIM-Signature")
}

fn is_separator(line: &[u8]) -> bool {
    line.starts_with(b"From ")
}

/// A local part that needs no quotes (RFC 5322 §3.2.3).
fn is_local(text: &[u8]) -> bool {
    let atom =
        |atom: &[u8]| !atom.is_empty() && atom.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte));
    text.split(|&byte| byte == b'.').all(atom)
}

/// A name that cannot hold a second address, a comment or a group: words, or one quoted string.
fn is_phrase(text: &[u8]) -> bool {
    let harmless = |&byte: &u8| !(b"\"\\<>()[],;:@".contains(&byte) || byte.is_ascii_control());
    match text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
        Some(quoted) => quoted.iter().all(|byte| !(b"\"\\".contains(byte) || byte.is_ascii_control())),
        None => text.iter().all(harmless),
    }
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
