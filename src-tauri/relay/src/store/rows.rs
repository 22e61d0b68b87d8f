//! Rows become domain types before they leave the store, and the other way round.

use crate::event::EntrySummary;
use crate::mail::reply::RemoteReply;
use crate::mail::wish::{EnvelopeId, Notify, OriginalRecipient, Ret};
use crate::mail::{Body, ForwardPath, HeldWhy, Kind, MessageId, Peer, Priority, Returns, ReversePath, Summary, Wish};
use crate::queue::{ContentPlace, QueueEntry, Recipient, RecipientState, StateWord, Why, WhyKind};
use jiff::Timestamp;
use rusqlite::Row;
use std::net::IpAddr;
use std::path::Path;

pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Numbers in the database for enums. Never renumber: old rows keep them.
pub trait Coded: Sized + Copy + PartialEq + 'static {
    const CODES: &'static [(Self, i64)];

    fn code(self) -> i64 {
        Self::CODES.iter().find(|(value, _)| *value == self).map_or(-1, |(_, code)| *code)
    }

    fn decode(code: i64) -> Option<Self> {
        Self::CODES.iter().find(|(_, known)| *known == code).map(|(value, _)| *value)
    }
}

impl Coded for Kind {
    const CODES: &'static [(Self, i64)] = &[(Self::Mail, 0), (Self::Report, 1), (Self::Test, 2)];
}

impl Coded for Body {
    const CODES: &'static [(Self, i64)] = &[(Self::SevenBit, 0), (Self::EightBitMime, 1)];
}

impl Coded for Priority {
    const CODES: &'static [(Self, i64)] = &[(Self::High, 0), (Self::Normal, 1), (Self::Low, 2)];
}

/// Numbers of reasons to hold; never renumber.
pub mod held_code {
    pub const PERSON: i64 = 0;
    pub const BURST: i64 = 1;
    pub const HEADER_RULE: i64 = 2;
}

/// A reason as its columns: its number, and for whom or by which rule.
pub fn held_columns(why: &HeldWhy) -> (i64, Option<&str>) {
    match why {
        HeldWhy::Person => (held_code::PERSON, None),
        HeldWhy::Burst { who } => (held_code::BURST, Some(who)),
        HeldWhy::HeaderRule { name } => (held_code::HEADER_RULE, Some(name)),
    }
}

fn held_why(row: &Row<'_>) -> rusqlite::Result<HeldWhy> {
    let text = || row.get::<_, Option<String>>("held_for").map(Option::unwrap_or_default);
    Ok(match row.get("held_why")? {
        held_code::BURST => HeldWhy::Burst { who: text()? },
        held_code::HEADER_RULE => HeldWhy::HeaderRule { name: text()? },
        _ => HeldWhy::Person,
    })
}

impl Coded for Ret {
    const CODES: &'static [(Self, i64)] = &[(Self::Full, 0), (Self::Headers, 1)];
}

pub fn notify_code(notify: Notify) -> i64 {
    i64::from(notify.success) | i64::from(notify.failure) << 1 | i64::from(notify.delay) << 2
}

fn notify(code: i64) -> Notify {
    Notify { success: code & 1 != 0, failure: code & 2 != 0, delay: code & 4 != 0 }
}

impl Coded for StateWord {
    const CODES: &'static [(Self, i64)] = &[
        (Self::Queued, 0),
        (Self::Deferred, 1),
        (Self::Held, 2),
        (Self::Sent, 3),
        (Self::Bounced, 4),
        (Self::Expired, 5),
        (Self::Deleted, 6),
    ];
}

impl Coded for WhyKind {
    const CODES: &'static [(Self, i64)] = &[
        (Self::Recipient, 0),
        (Self::Sender, 1),
        (Self::TooLarge, 2),
        (Self::Content, 3),
        (Self::Throttled, 4),
        (Self::AccountBlocked, 5),
        (Self::Temporary, 6),
        (Self::ConnectionLost, 7),
        (Self::Unsuitable, 8),
        (Self::Other, 9),
        (Self::AnswerLost, 10),
    ];
}

pub fn why(kind: Option<i64>, reply: Option<String>) -> Option<Why> {
    Some(Why { kind: WhyKind::decode(kind?).unwrap_or(WhyKind::Other), reply: reply.as_deref().and_then(RemoteReply::parse) })
}

pub fn message_id(row: &Row<'_>, column: &str) -> rusqlite::Result<MessageId> {
    let bytes: [u8; 16] = row.get(column)?;
    Ok(MessageId(uuid::Uuid::from_bytes(bytes)))
}

/// One row of `message` as a list shows it.
pub fn entry_summary(row: &Row<'_>) -> rusqlite::Result<EntrySummary> {
    let client: Option<String> = row.get("client")?;
    let held: bool = row.get("held")?;
    let unsettled: u32 = row.get("unsettled")?;
    let state = StateWord::decode(row.get("state")?).unwrap_or(StateWord::Queued);
    let next_attempt: Option<i64> = row.get("next_attempt")?;
    let settled_at: Option<i64> = row.get("settled_at")?;
    Ok(EntrySummary {
        id: message_id(row, "id")?,
        kind: Kind::decode(row.get("kind")?).unwrap_or(Kind::Mail),
        accepted_at: timestamp(row.get("accepted_at")?),
        sender: row.get("reverse_path")?,
        first_recipient: row.get("first_recipient")?,
        recipients: row.get("recipients")?,
        unsettled,
        subject: row.get("subject")?,
        size: row.get::<_, i64>("size")?.unsigned_abs(),
        client: client.as_deref().and_then(|text| text.parse().ok()),
        client_name: row.get("client_name")?,
        state: if held && unsettled > 0 { StateWord::Held } else { state },
        attempts: row.get("attempts")?,
        next_attempt: next_attempt.map(timestamp).filter(|_| !held),
        settled_at: settled_at.map(timestamp),
        why: why(row.get("why_kind")?, row.get("why_reply")?),
        held: if held && unsettled > 0 { Some(held_why(row)?) } else { None },
        lane: row.get("lane")?,
        waits_for: Vec::new(),
    })
}

/// One row of `message` with its recipients, ready to be worked on.
pub fn queue_entry(row: &Row<'_>, recipients: Vec<Recipient>, content_folder: &Path) -> rusqlite::Result<QueueEntry> {
    let client: Option<String> = row.get("client")?;
    let address: Option<IpAddr> = client.as_deref().and_then(|text| text.parse().ok());
    let file: Option<String> = row.get("file")?;
    let unsettled: u32 = row.get("unsettled")?;
    let reverse_path: String = row.get("reverse_path")?;
    let envelope_id: Option<String> = row.get("envelope_id")?;
    Ok(QueueEntry {
        seq: row.get("seq")?,
        id: message_id(row, "id")?,
        kind: Kind::decode(row.get("kind")?).unwrap_or(Kind::Mail),
        peer: match address {
            Some(address) => Some(Peer {
                address,
                name: row.get("client_name")?,
                tls: row.get("tls")?,
                account: row.get("account")?,
                extended: row.get("extended")?,
            }),
            None => None,
        },
        reverse_path: ReversePath::parse(&reverse_path).unwrap_or(ReversePath::Null),
        body: Body::decode(row.get("body")?).unwrap_or_default(),
        utf8: row.get("utf8")?,
        returns: Returns {
            ret: row.get::<_, Option<i64>>("ret")?.and_then(Ret::decode),
            envelope_id: envelope_id.as_deref().and_then(EnvelopeId::parse),
        },
        recipients,
        summary: Summary {
            subject: row.get("subject")?,
            message_id: row.get("message_id")?,
            hops: 0,
            eight_bit: row.get("eight_bit")?,
            eight_bit_header: row.get("eight_bit_header")?,
        },
        size: row.get::<_, i64>("size")?.unsigned_abs(),
        content: match file {
            _ if unsettled == 0 => ContentPlace::Gone,
            Some(name) => ContentPlace::File(content_folder.join(name)),
            None => ContentPlace::Row,
        },
        accepted_at: timestamp(row.get("accepted_at")?),
        priority: Priority::decode(row.get("priority")?).unwrap_or_default(),
        held: row.get("held")?,
        noticed: row.get("noticed")?,
    })
}

pub fn recipient(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    let text: String = row.get("forward_path")?;
    let mut path = ForwardPath::parse(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))?;
    let original: Option<String> = row.get("original")?;
    path.wish =
        Wish { notify: row.get::<_, Option<i64>>("notify")?.map(notify), original: original.as_deref().and_then(OriginalRecipient::parse) };
    let due: Option<i64> = row.get("due")?;
    let due = due.map_or(Timestamp::UNIX_EPOCH, timestamp);
    let settled_at: Option<i64> = row.get("settled_at")?;
    let at = settled_at.map_or(Timestamp::UNIX_EPOCH, timestamp);
    let reply: Option<String> = row.get("reply")?;
    let known = why(row.get("why_kind")?, reply.clone());
    let or_other = || known.clone().unwrap_or(Why { kind: WhyKind::Other, reply: None });
    let state = match StateWord::decode(row.get("state")?) {
        Some(StateWord::Deferred) => RecipientState::Deferred { due, why: or_other() },
        Some(StateWord::Sent) => {
            let reply = reply.as_deref().and_then(RemoteReply::parse);
            RecipientState::Sent { at, reply: reply.unwrap_or(RemoteReply { code: 250, enhanced: None, text: String::new() }) }
        }
        Some(StateWord::Bounced) => RecipientState::Bounced { at, why: or_other() },
        Some(StateWord::Expired) => RecipientState::Expired { at, why: known },
        Some(StateWord::Deleted) => RecipientState::Deleted { at },
        Some(StateWord::Queued | StateWord::Held) | None => RecipientState::Queued { due },
    };
    Ok(Recipient { path, attempts: row.get("attempts")?, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_differ<T: Coded + std::fmt::Debug>() {
        for (value, code) in T::CODES {
            assert_eq!(value.code(), *code);
            assert_eq!(T::decode(*code), Some(*value));
        }
    }

    #[test]
    fn a_wish_is_kept_in_three_bits() {
        for bits in 0..8 {
            assert_eq!(notify_code(notify(bits)), bits);
        }
    }

    #[test]
    fn every_code_leads_back_to_its_value() {
        all_differ::<Kind>();
        all_differ::<Body>();
        all_differ::<Ret>();
        all_differ::<StateWord>();
        all_differ::<WhyKind>();
        all_differ::<Priority>();
        all_differ::<crate::policy::RefusedWhy>();
    }
}
