//! A message as Microsoft Graph takes it. Pure.
//!
//! In: a content, the recipients it is for, how large a request may be. Out: a [`Letter`]: the message whose header names those
//! recipients and nobody else, and the attachments that have to travel apart from it.
//!
//! Graph knows no envelope: a message goes to whom To, Cc and Bcc name (learn.microsoft.com, "Send messages with MIME content").
//! Attachments of 3 to 150 MB are put on a draft by an upload session of their own ("Attach large files to Outlook messages").
//!
//! Invariant: the recipients named in the letter are exactly those it is for.

use mail_parser::{HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub mime: Vec<u8>,
    /// To be put on the draft.
    pub attachments: Vec<Attachment>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub kind: String,
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has no header that can be read.
    NoMessage,
    /// Without all its attachments it has so many bytes. A signed message cannot be taken apart at all.
    TooLarge(usize),
}

/// `most` is how many bytes may stay together.
pub fn compose(content: &[u8], recipients: &[&str], most: usize) -> Result<Letter, Unfit> {
    let message = MessageParser::default().parse(content).ok_or(Unfit::NoMessage)?;
    let mut edits = addressed(&message, content, recipients);
    let mut attachments = Vec::new();
    let mut left = content.len();
    for part in if left > most { apart(&message) } else { Vec::new() } {
        if left <= most {
            break;
        }
        let cut = if std::ptr::eq(part, &message.parts[0]) { body(part, content) } else { whole(part, content) };
        left -= cut.iter().map(|(range, instead)| range.len() - instead.len().min(range.len())).sum::<usize>();
        attachments.push(attachment(part, attachments.len()));
        edits.extend(cut);
    }
    if left > most { Err(Unfit::TooLarge(left)) } else { Ok(Letter { mime: edited(content, edits), attachments }) }
}

type Edit = (Range<usize>, Vec<u8>);

/// Whom the header names.
fn addressed(message: &Message<'_>, content: &[u8], recipients: &[&str]) -> Vec<Edit> {
    let root = message.root_part();
    let mut unnamed: Vec<&str> = recipients.to_vec();
    let mut edits = Vec::new();
    for header in &root.headers {
        let range = header.offset_field as usize..header.offset_end as usize;
        match &header.name {
            HeaderName::To | HeaderName::Cc => {}
            // Bcc is ours to write. What was resent names people of another delivery.
            HeaderName::Bcc | HeaderName::ResentTo | HeaderName::ResentCc | HeaderName::ResentBcc => {
                edits.push((range, Vec::new()));
                continue;
            }
            _ => continue,
        }
        let named: Vec<&str> =
            header.value.as_address().iter().flat_map(|list| list.iter()).filter_map(|one| one.address.as_deref()).collect();
        let (ours, others): (Vec<&str>, Vec<&str>) =
            named.iter().partition(|name| recipients.iter().any(|own| own.eq_ignore_ascii_case(name)));
        unnamed.retain(|own| !ours.iter().any(|name| own.eq_ignore_ascii_case(name)));
        if others.is_empty() && !ours.is_empty() {
            continue;
        }
        // Who is named and not meant now would get it, too: they are told by another delivery, or were never to be.
        let field = if header.name == HeaderName::To { "To" } else { "Cc" };
        let instead = if ours.is_empty() { Vec::new() } else { listed(field, &ours) };
        edits.push((range, instead));
    }
    if !unnamed.is_empty() {
        let end = root.offset_body as usize;
        let place = if end >= 2 && content.get(end - 2..end) == Some(b"\r\n") { end - 2 } else { 0 };
        edits.push((place..place, listed("Bcc", &unnamed)));
    }
    edits
}

/// One a line: addresses are never broken.
fn listed(field: &str, addresses: &[&str]) -> Vec<u8> {
    let lines: Vec<String> = addresses.iter().map(|address| format!("<{address}>")).collect();
    format!("{field}: {}\r\n", lines.join(",\r\n\t")).into_bytes()
}

/// What can travel apart, the largest first.
fn apart<'a>(message: &'a Message<'_>) -> Vec<&'a MessagePart<'a>> {
    let root = message.root_part();
    let children = match &root.body {
        PartType::Multipart(children) if root.content_type().and_then(|kind| kind.subtype()) == Some("mixed") => children.as_slice(),
        PartType::Multipart(_) => &[],
        // A scanner's file may be the whole message.
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Text(_) | PartType::Html(_) | PartType::Message(_) => &[0],
    };
    let is_text = |id: &u32| message.text_body.contains(id) || message.html_body.contains(id);
    let parts = children.iter().filter(|id| !is_text(id)).filter_map(|id| message.parts.get(*id as usize));
    let mut parts: Vec<_> = parts.filter(|part| !matches!(part.body, PartType::Multipart(_))).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.offset_end - part.offset_header));
    parts
}

/// A part with the delimiter before it (RFC 2046 §5.1.1).
fn whole(part: &MessagePart<'_>, content: &[u8]) -> Vec<Edit> {
    let header = part.offset_header as usize;
    // The delimiter is the line that ends where the part begins.
    let line = content.get(..header.saturating_sub(2)).unwrap_or_default();
    let begin = line.windows(2).rposition(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
    let mut end = part.offset_end as usize;
    // The line end before the next delimiter belongs to that.
    if content.get(end..end + 2) == Some(b"\r\n") {
        end += 2;
    }
    vec![(begin..end, Vec::new())]
}

/// The body of a message that is nothing but a file, and what its header says of it.
fn body(part: &MessagePart<'_>, content: &[u8]) -> Vec<Edit> {
    let of_body = |name: &HeaderName<'_>| {
        matches!(
            name,
            HeaderName::ContentType | HeaderName::ContentTransferEncoding | HeaderName::ContentDisposition | HeaderName::ContentId
        )
    };
    let fields = part.headers.iter().filter(|header| of_body(&header.name));
    let mut edits: Vec<Edit> = fields.map(|header| (header.offset_field as usize..header.offset_end as usize, Vec::new())).collect();
    edits.push((part.offset_body as usize..content.len(), Vec::new()));
    edits
}

fn attachment(part: &MessagePart<'_>, number: usize) -> Attachment {
    let kind = part.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")),
    );
    let name = part.attachment_name().map(str::to_owned);
    let ending = if kind == "message/rfc822" { "eml" } else { "bin" };
    Attachment {
        name: name.unwrap_or_else(|| format!("attachment-{}.{ending}", number + 1)),
        kind,
        content_id: part.content_id().map(str::to_owned),
        bytes: part.contents().to_vec(),
    }
}

fn edited(content: &[u8], mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = Vec::with_capacity(content.len());
    let mut at = 0;
    for (range, instead) in edits {
        out.extend_from_slice(content.get(at..range.start).unwrap_or_default());
        out.extend_from_slice(&instead);
        at = at.max(range.end);
    }
    out.extend_from_slice(content.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
