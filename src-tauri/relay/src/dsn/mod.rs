//! Room 6b, back: tells the sender what became of a message.
//!
//! In: [`ReportFacts`], an id for the report, the time. Out: a submission with the null reverse-path that holds
//! words for people, fields for programs, and the header of the original.
//! RFC 3464 (delivery status), RFC 6522 (multipart/report), RFC 3834 (automatic messages), RFC 5321 §6.1.
//!
//! Invariants: a report never causes a report. Whatever servers and senders wrote, a report is ASCII, in lines
//! of at most 998 octets that end in CRLF.

mod fields;
mod mime;
mod quote;
mod words;

use crate::mail::{Body, Content, Envelope, ForwardPath, Kind, Mailbox, MessageId, Priority, ReversePath, Submission, Summary};
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
    pub arrived_at: Timestamp,
    /// As in [`Summary`]: text for people.
    pub subject: &'a str,
    pub message_id: &'a str,
    /// The header section of the original, as far as it is at hand.
    pub header: &'a [u8],
    pub recipients: Vec<Concerned>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    Failure,
    Delay { given_up_at: Timestamp },
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
}

impl Fate {
    fn why(&self) -> Option<&Why> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Expired { last } | Self::Late { last } => last.as_ref(),
            Self::Deleted => None,
        }
    }
}

/// None when there is nobody to tell, or nothing.
pub fn compose(facts: &ReportFacts<'_>, id: MessageId, now: Timestamp) -> Option<Submission> {
    let sender = match facts.sender {
        ReversePath::Null => return None,
        ReversePath::Mailbox(sender) => sender,
    };
    if facts.recipients.is_empty() {
        return None;
    }
    let subject = subject(facts);
    let message_id = format!("<{id}@{}>", facts.host_name);
    let mut parts = vec![
        mime::part("text/plain; charset=utf-8", "What happened", words::compose(facts, sender).as_bytes()),
        mime::part("message/delivery-status", "Delivery report", fields::compose(facts).as_bytes()),
    ];
    let header = quote::header(facts.header);
    if !header.is_empty() {
        parts.push(mime::part("text/rfc822-headers", "Header of the message", &header));
    }
    let boundary = mime::boundary(id, &parts);
    let mut content = head(facts, sender, &subject, &message_id, &boundary, now);
    content.push_str(&mime::join(&boundary, &parts));
    Some(Submission {
        id,
        kind: Kind::Report,
        peer: None,
        envelope: Envelope { reverse_path: ReversePath::Null, forward_paths: vec![ForwardPath(sender.clone())], body: Body::SevenBit },
        content: Content::Memory(Bytes::from(content)),
        summary: Summary { subject, message_id, hops: 0, eight_bit: false },
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
    };
    match mime::one_line(facts.subject, LETTERS).as_str() {
        "" => format!("{happened}: message without a subject"),
        original => format!("{happened}: {original}"),
    }
}

fn head(facts: &ReportFacts<'_>, sender: &Mailbox, subject: &str, message_id: &str, boundary: &str, now: Timestamp) -> String {
    let mut head = format!(
        "From: Outtray Mail Delivery <postmaster@{}>\r\nTo: <{sender}>\r\n{}Date: {}\r\nMessage-ID: {message_id}\r\n",
        facts.host_name,
        mime::fold("Subject", &mime::encoded(subject)),
        date(now),
    );
    if is_message_id(facts.message_id) {
        head.push_str(&format!("In-Reply-To: {0}\r\nReferences: {0}\r\n", facts.message_id));
    }
    head.push_str(&format!(
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\n"
    ));
    head
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
