//! Room 6b, back: tells the sender what became of a message.
//!
//! In: [`ReportFacts`], an id for the report, the time. Out: a submission with the null reverse-path that holds
//! words for people, fields for programs, and the header of the original.
//! RFC 3464 (delivery status), RFC 3461 (what senders ask for), RFC 6522 (multipart/report), RFC 6533 (UTF-8),
//! RFC 3834 (automatic messages), RFC 5321 §6.1.
//!
//! Invariants: a report never causes a report. Whatever servers and senders wrote, a report is ASCII, in lines
//! of at most 998 octets that end in CRLF; only a message that comes back whole stands in it as it came.

mod fields;
mod mime;
mod quote;
mod words;

use crate::mail::field_text;
use crate::mail::reply::RemoteReply;
use crate::mail::wish::Ret;
use crate::mail::{Body, Content, Envelope, ForwardPath, Kind, Mailbox, MessageId, Priority, Returns, ReversePath, Submission, Summary};
use crate::queue::Why;
use bytes::Bytes;
use jiff::Timestamp;

/// What a report tells, gathered by the caller.
#[derive(Debug, Clone)]
pub struct ReportFacts<'a> {
    pub kind: ReportKind,
    /// Our own name: the reporting MTA.
    pub host_name: &'a str,
    pub original: MessageId,
    pub sender: &'a ReversePath,
    /// Whose name reports carry, where the smart host demands one; None: ours.
    pub from: Option<&'a Mailbox>,
    pub readers: Readers<'a>,
    pub arrived_at: Timestamp,
    /// As in [`Summary`]: text for people.
    pub subject: &'a str,
    pub message_id: &'a str,
    /// What its sender asked to be told, and how.
    pub returns: &'a Returns,
    /// Addresses and header of the original may hold UTF-8.
    pub utf8: bool,
    /// The original from its start, as far as it is at hand; at least its header.
    pub beginning: &'a [u8],
    /// That is all of it.
    pub is_whole: bool,
    pub recipients: Vec<Concerned>,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readers<'a> {
    pub sender: bool,
    /// The administrator.
    pub copy: Option<&'a Mailbox>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    Failure,
    Delay {
        given_up_at: Timestamp,
    },
    /// It went on to a server that tells senders nothing (RFC 3461 §5.2.2).
    Relayed,
}

/// A recipient the report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    pub address: ForwardPath,
    pub fate: Fate,
    /// The server whose answer is in the fate.
    pub server: Option<String>,
    /// When it was tried last, if that is known.
    pub tried_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Refused(Why),
    /// Given up at the end of the lifetime. `last` is None when it was never tried.
    Expired {
        last: Option<Why>,
    },
    /// Removed by a person.
    Deleted,
    /// Not yet delivered, and not given up.
    Late {
        last: Option<Why>,
    },
    /// Handed over, and no more will be heard.
    Relayed(RemoteReply),
}

impl Fate {
    fn why(&self) -> Option<&Why> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Expired { last } | Self::Late { last } => last.as_ref(),
            Self::Deleted | Self::Relayed(_) => None,
        }
    }
}

impl<'a> Readers<'a> {
    /// Who reads what became of a message of this sender.
    pub fn of(self, sender: &'a Mailbox) -> impl Iterator<Item = &'a Mailbox> {
        let copy = self.copy.filter(|copy| !self.sender || *copy != sender);
        self.sender.then_some(sender).into_iter().chain(copy)
    }
}

impl ReportFacts<'_> {
    /// The sender wants the message back (RFC 3461 §4.3: that holds for failure only).
    fn wants_whole(&self) -> bool {
        self.kind == ReportKind::Failure && self.returns.ret == Some(Ret::Full)
    }

    fn returns_whole(&self) -> bool {
        self.wants_whole() && self.is_whole && !self.beginning.is_empty()
    }
}

/// None when there is nobody to tell, or nothing.
pub fn compose(facts: &ReportFacts<'_>, id: MessageId, now: Timestamp) -> Option<Submission> {
    let sender = match facts.sender {
        ReversePath::Null => return None,
        ReversePath::Mailbox(sender) => sender,
    };
    let readers: Vec<&Mailbox> = facts.readers.of(sender).collect();
    if facts.recipients.is_empty() || readers.is_empty() {
        return None;
    }
    let subject = subject(facts);
    let message_id = format!("<{id}@{}>", facts.host_name);
    let mut parts = vec![
        mime::part("text/plain; charset=utf-8", "What happened", words::compose(facts, sender).as_bytes()),
        mime::part("message/delivery-status", "Delivery report", fields::compose(facts).as_bytes()),
    ];
    let header = quote::header(facts.beginning);
    if facts.returns_whole() {
        // RFC 6532 §3.7: a message with UTF-8 in its header has a type of its own.
        let kind = if facts.utf8 && !header.is_ascii() { "message/global" } else { "message/rfc822" };
        parts.push(mime::as_it_is(kind, "The message", facts.beginning));
    } else if !header.is_empty() {
        let kind = if facts.utf8 && !header.is_ascii() { "message/global-headers" } else { "text/rfc822-headers" };
        parts.push(mime::part(kind, "Header of the message", &header));
    }
    let boundary = mime::boundary(id, &parts);
    let eight_bit = !parts.iter().all(|part| part.is_ascii());
    let mut content = head(facts, &readers, &subject, &message_id, now).into_bytes();
    content.extend(mime::join(&boundary, eight_bit, &parts));
    Some(Submission {
        id,
        kind: Kind::Report,
        peer: None,
        envelope: Envelope {
            body: if eight_bit { Body::EightBitMime } else { Body::SevenBit },
            ..Envelope::new(ReversePath::Null, readers.iter().map(|reader| (*reader).clone().into()).collect())
        },
        content: Content::Memory(Bytes::from(content)),
        summary: Summary { subject, message_id, eight_bit, ..Summary::default() },
        accepted_at: now,
        priority: Priority::Normal,
        held: None,
    })
}

fn subject(facts: &ReportFacts<'_>) -> String {
    const LETTERS: usize = 170;
    let happened = match facts.kind {
        ReportKind::Failure => "Not delivered",
        ReportKind::Delay { .. } => "Not yet delivered",
        ReportKind::Relayed => "Handed over",
    };
    match mime::one_line(facts.subject, LETTERS).as_str() {
        "" => format!("{happened}: message without a subject"),
        original => format!("{happened}: {original}"),
    }
}

fn head(facts: &ReportFacts<'_>, readers: &[&Mailbox], subject: &str, message_id: &str, now: Timestamp) -> String {
    let to: String = ["To", "Cc"].iter().zip(readers).map(|(name, reader)| addressed(name, reader)).collect();
    let from = match facts.from {
        Some(account) => account.to_string(),
        None => format!("postmaster@{}", facts.host_name),
    };
    let mut head = format!(
        "From: Outtray Mail Delivery <{from}>\r\n{to}{}Date: {}\r\nMessage-ID: {message_id}\r\n",
        field_text::fold("Subject", &field_text::encoded(subject)),
        date(now),
    );
    if is_message_id(facts.message_id) {
        head.push_str(&format!("In-Reply-To: {0}\r\nReferences: {0}\r\n", facts.message_id));
    }
    head.push_str("Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
    head
}

fn addressed(field: &str, reader: &Mailbox) -> String {
    if reader.is_ascii() {
        return format!("{field}: <{reader}>\r\n");
    }
    // A header in ASCII cannot hold the address; a group without members says who is meant (RFC 6857 §3.1.10).
    field_text::fold(field, &format!("{} :;", field_text::encoded(reader.as_str())))
}

/// RFC 5322 §3.3.
fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `<left@right>` with nothing in it that would need quoting (RFC 5322 §3.6.4); what was cut short is none.
fn is_message_id(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else { return false };
    let Some((left, right)) = inner.split_once('@') else { return false };
    let right = right.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(right);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.:".contains(&byte);
    text.len() <= 250 && [left, right].iter().all(|side| !side.is_empty() && side.bytes().all(plain))
}

#[cfg(test)]
mod tests;
