//! Questions to the store: pages of the queue and of the history, one message whole, what is open.

use super::error::StoreError;
use super::rows::{self, Coded, millis, timestamp};
use super::signs;
use super::write::record_code;
use crate::config::DEFAULT_LANE;
use crate::event::{EntrySummary, Hour, Recent};
use crate::history::{Filter, Term};
use crate::mail::reply::RemoteReply;
use crate::mail::{ForwardPath, MessageId, Priority, ReversePath};
use crate::queue::{self, QueueEntry, Record, RecordKind, Seq, StateWord, Why, WhyKind};
use crate::route::Signpost;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

/// A part of a list.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub entries: Vec<EntrySummary>,
    pub total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Messages with unsettled recipients, oldest first.
    Queue,
    /// All messages, newest first.
    History,
}

/// What the dispatcher must know of a waiting message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub seq: Seq,
    pub accepted_at: i64,
    pub next_attempt: i64,
    pub priority: Priority,
    /// See [`queue::sender_of`].
    pub sender: u64,
    /// See [`queue::from_of`].
    pub from: u64,
    pub held: bool,
    pub noticed: bool,
}

/// What was handed over before the start, as far as a provider's limits are concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// When the last messages were settled, in milliseconds.
    pub last_minute: Vec<i64>,
    /// Hours since 1970, with the recipients of each.
    pub last_day: Vec<(i64, u32)>,
}

/// From an offset, so many at most.
pub fn page(
    sql: &Connection,
    which: Which,
    filter: &Filter,
    (offset, limit): (u32, u32),
    signpost: Option<&Signpost>,
) -> Result<Page, StoreError> {
    let (condition, values) = all_conditions(sql, which, filter, signpost)?;
    let order = match which {
        Which::Queue => "ASC",
        Which::History => "DESC",
    };
    let total: i64 = sql
        .prepare_cached(&format!("SELECT count(*) FROM message WHERE {condition}"))?
        .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
    let mut select =
        sql.prepare_cached(&format!("SELECT * FROM message WHERE {condition} ORDER BY seq {order} LIMIT {limit} OFFSET {offset}"))?;
    let found = select.query_map(params_from_iter(values.iter()), |row| Ok((row.get("seq")?, rows::entry_summary(row)?)))?;
    let mut entries = Vec::new();
    for found in found {
        let (seq, mut summary) = found?;
        signs::add(sql, seq, &mut summary, signpost)?;
        entries.push(summary);
    }
    Ok(Page { entries, total: total.unsigned_abs() })
}

/// The open messages a filter matches.
pub fn matching(sql: &Connection, filter: &Filter, signpost: Option<&Signpost>) -> Result<Vec<Seq>, StoreError> {
    let (condition, values) = all_conditions(sql, Which::Queue, filter, signpost)?;
    let mut select = sql.prepare_cached(&format!("SELECT seq FROM message WHERE {condition} ORDER BY seq"))?;
    Ok(select.query_map(params_from_iter(values.iter()), |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The open messages among these ids.
pub fn open_of(sql: &Connection, ids: &[MessageId]) -> Result<Vec<Seq>, StoreError> {
    let mut select = sql.prepare_cached("SELECT seq FROM message WHERE id = ?1 AND unsettled > 0")?;
    let mut seqs = Vec::with_capacity(ids.len());
    for id in ids {
        seqs.extend(select.query_row([id.0.as_bytes()], |row| row.get::<_, Seq>(0)).optional()?);
    }
    Ok(seqs)
}

/// With the lane, of which the database knows only what has been.
fn all_conditions(
    sql: &Connection,
    which: Which,
    filter: &Filter,
    signpost: Option<&Signpost>,
) -> Result<(String, Vec<Value>), StoreError> {
    let (mut condition, mut values) = condition(which, filter);
    if let Some(lane) = &filter.lane {
        let open = match signs::waiting_for(sql, lane, signpost)? {
            Some(list) => {
                values.push(Value::Text(list));
                format!("unsettled > 0 AND seq IN (SELECT value FROM json_each(?{}))", values.len())
            }
            None => "unsettled > 0".to_owned(),
        };
        values.push(Value::Text(lane.clone()));
        condition.push_str(&format!(" AND ({open} OR unsettled = 0 AND lane = ?{})", values.len()));
    }
    Ok((condition, values))
}

/// The SQL of a filter. Values are bound, never written into the text.
fn condition(which: Which, filter: &Filter) -> (String, Vec<Value>) {
    let mut sql = String::from(match which {
        Which::Queue => "unsettled > 0",
        Which::History => "1",
    });
    let mut values: Vec<Value> = Vec::new();
    for term in &filter.terms {
        let mut like = |text: &str, columns: &str| {
            values.push(Value::Text(pattern(text)));
            sql.push_str(" AND ");
            sql.push_str(&columns.replace("{}", &format!("LIKE ?{} ESCAPE '\\'", values.len())));
        };
        match term {
            Term::Anywhere(text) => like(
                text,
                "(reverse_path {} OR first_recipient {} OR subject {} OR client {} OR client_name {} OR message_id {} OR why_reply {}
                  OR recipients > 1 AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = seq AND (r.forward_path {} OR r.reply {})))",
            ),
            Term::From(text) => like(text, "reverse_path {}"),
            Term::To(text) => like(
                text,
                "(first_recipient {} OR recipients > 1 AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = seq AND r.forward_path {}))",
            ),
            Term::Subject(text) => like(text, "subject {}"),
            Term::Client(text) => like(text, "(client {} OR client_name {})"),
            Term::Before(at) => {
                values.push(Value::Integer(millis(*at)));
                sql.push_str(&format!(" AND accepted_at < ?{}", values.len()));
            }
            Term::After(at) => {
                values.push(Value::Integer(millis(*at)));
                sql.push_str(&format!(" AND accepted_at >= ?{}", values.len()));
            }
        }
    }
    if let Some(until) = filter.accepted_until {
        values.push(Value::Integer(millis(until)));
        sql.push_str(&format!(" AND accepted_at <= ?{}", values.len()));
    }
    if !filter.states.is_empty() {
        let words: Vec<String> = filter.states.iter().map(|state| state_condition(*state)).collect();
        sql.push_str(&format!(" AND ({})", words.join(" OR ")));
    }
    (sql, values)
}

fn state_condition(state: StateWord) -> String {
    match state {
        StateWord::Held => "(held = 1 AND unsettled > 0)".to_owned(),
        StateWord::Queued | StateWord::Deferred => format!("(state = {} AND held = 0 AND unsettled > 0)", state.code()),
        StateWord::Sent | StateWord::Bounced | StateWord::Expired | StateWord::Deleted => {
            format!("(state = {} AND unsettled = 0)", state.code())
        }
    }
}

pub fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

pub fn all_open(sql: &Connection) -> Result<Vec<Open>, StoreError> {
    let mut select = sql.prepare(
        "SELECT seq, accepted_at, next_attempt, held, noticed, priority, client, reverse_path
         FROM message WHERE unsettled > 0 ORDER BY seq",
    )?;
    let open = select.query_map([], |row| {
        let accepted_at = row.get(1)?;
        Ok(Open {
            seq: row.get(0)?,
            accepted_at,
            next_attempt: row.get::<_, Option<i64>>(2)?.unwrap_or(accepted_at),
            priority: Priority::decode(row.get(5)?).unwrap_or_default(),
            sender: queue::sender_of(row.get_ref(6)?.as_str_or_null()?, row.get_ref(7)?.as_str()?),
            from: queue::from_of(row.get_ref(7)?.as_str()?),
            held: row.get(3)?,
            noticed: row.get(4)?,
        })
    })?;
    Ok(open.collect::<Result<_, _>>()?)
}

pub fn entry(sql: &Connection, seq: Seq, content_folder: &Path) -> Result<Option<QueueEntry>, StoreError> {
    let mut select = sql.prepare_cached("SELECT * FROM recipient WHERE message = ?1 ORDER BY n")?;
    let recipients = select.query_map([seq], rows::recipient)?.collect::<Result<Vec<_>, _>>()?;
    let entry = sql
        .prepare_cached("SELECT * FROM message WHERE seq = ?1")?
        .query_row([seq], |row| rows::queue_entry(row, recipients, content_folder))
        .optional()?;
    Ok(entry)
}

pub fn seq_of(sql: &Connection, id: MessageId) -> Result<Option<Seq>, StoreError> {
    Ok(sql.prepare_cached("SELECT seq FROM message WHERE id = ?1")?.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?)
}

pub fn summary(sql: &Connection, seq: Seq, signpost: Option<&Signpost>) -> Result<EntrySummary, StoreError> {
    let mut summary = sql.prepare_cached("SELECT * FROM message WHERE seq = ?1")?.query_row([seq], rows::entry_summary)?;
    signs::add(sql, seq, &mut summary, signpost)?;
    Ok(summary)
}

pub fn id_of(sql: &Connection, seq: Seq) -> Result<Option<MessageId>, StoreError> {
    let mut select = sql.prepare_cached("SELECT id FROM message WHERE seq = ?1")?;
    Ok(select.query_row([seq], |row| rows::message_id(row, "id")).optional()?)
}

pub fn content_row(sql: &Connection, seq: Seq) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sql.prepare_cached("SELECT bytes FROM content WHERE message = ?1")?.query_row([seq], |row| row.get(0)).optional()?)
}

pub fn records(sql: &Connection, seq: Seq) -> Result<Vec<Record>, StoreError> {
    let mut select = sql.prepare_cached("SELECT * FROM record WHERE message = ?1 ORDER BY n")?;
    let records = select.query_map([seq], record)?.collect::<Result<Vec<Option<Record>>, _>>()?;
    Ok(records.into_iter().flatten().collect())
}

/// None for a kind this version does not know.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<Record>> {
    let reply: Option<String> = row.get("reply")?;
    let reply = reply.as_deref().and_then(RemoteReply::parse);
    let why_kind: Option<i64> = row.get("why_kind")?;
    let why = why_kind.map(|code| Why { kind: WhyKind::decode(code).unwrap_or(WhyKind::Other), reply: reply.clone() });
    let or_other = |why: Option<Why>| why.unwrap_or(Why { kind: WhyKind::Other, reply: None });
    let server = || row.get::<_, Option<String>>("server").map(Option::unwrap_or_default);
    let report = || row.get::<_, Option<[u8; 16]>>("report").map(|bytes| MessageId(uuid::Uuid::from_bytes(bytes.unwrap_or_default())));
    let kind = match row.get("kind")? {
        record_code::SENT => RecordKind::Sent {
            server: server()?,
            tls: row.get("tls")?,
            reply: reply.unwrap_or(RemoteReply { code: 250, enhanced: None, text: String::new() }),
        },
        record_code::DEFERRED => RecordKind::Deferred {
            server: server()?,
            why: or_other(why),
            next_attempt: timestamp(row.get::<_, Option<i64>>("next_attempt")?.unwrap_or_default()),
        },
        record_code::BOUNCED => RecordKind::Bounced { server: server()?, why: or_other(why) },
        record_code::EXPIRED => RecordKind::Expired { why },
        record_code::DELAY_NOTICED => RecordKind::DelayNoticed { report: report()? },
        record_code::REPORTED => RecordKind::Reported { report: report()? },
        record_code::CONFIRMED => RecordKind::Confirmed { report: report()? },
        record_code::HELD => RecordKind::Held,
        record_code::RELEASED => RecordKind::Released,
        record_code::TRIED_NOW => RecordKind::TriedNow,
        record_code::DELETED => RecordKind::Deleted,
        _ => return Ok(None),
    };
    let recipient: Option<i64> = row.get("recipient")?;
    Ok(Some(Record {
        at: timestamp(row.get("at")?),
        recipient: recipient.and_then(|n| usize::try_from(n).ok()),
        kind,
        lane: row.get("lane")?,
    }))
}

/// The last things that happened to recipients of the newest messages, newest first.
pub fn recent(sql: &Connection, at_most: usize) -> Result<Vec<Recent>, StoreError> {
    let mut select = sql.prepare_cached(
        "SELECT m.id, m.accepted_at, m.reverse_path, m.client, r.forward_path, r.state, coalesce(r.settled_at, m.accepted_at) AS at
         FROM (SELECT * FROM message ORDER BY seq DESC LIMIT 40) m JOIN recipient r ON r.message = m.seq
         ORDER BY at DESC LIMIT ?1",
    )?;
    let lines = select.query_map([at_most as i64], |row| {
        let (accepted_at, at): (i64, i64) = (row.get("accepted_at")?, row.get("at")?);
        let client: Option<String> = row.get("client")?;
        Ok(Recent {
            at: timestamp(at),
            message: rows::message_id(row, "id")?,
            sender: row.get("reverse_path")?,
            recipient: row.get("forward_path")?,
            client: client.as_deref().and_then(|text| text.parse().ok()),
            state: StateWord::decode(row.get("state")?).unwrap_or(StateWord::Queued),
            took_ms: at - accepted_at,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// As many as anybody shows, newest first.
pub fn last_hours(sql: &Connection) -> Result<Vec<Hour>, StoreError> {
    let mut select = sql.prepare("SELECT number, accepted, sent, failed, refused, sent_again FROM hour ORDER BY number DESC LIMIT 24")?;
    let hours = select.query_map([], |row| {
        Ok(Hour {
            number: row.get(0)?,
            accepted: row.get(1)?,
            sent: row.get(2)?,
            failed: row.get(3)?,
            refused: row.get(4)?,
            sent_again: row.get(5)?,
        })
    })?;
    Ok(hours.collect::<Result<_, _>>()?)
}

/// What each lane was given lately, as far as its provider's limits are concerned: the last messages, and a day's recipients.
pub fn handed_over_before(sql: &Connection) -> Result<HashMap<String, Before>, StoreError> {
    let mut before: HashMap<String, Before> = HashMap::new();
    // The last minute before the engine ended, whenever that was; the same hours are far enough back for a day and a half.
    let mut select = sql.prepare(
        "SELECT coalesce(r.lane, ?1), max(r.at) FROM message m JOIN record r ON r.message = m.seq
         WHERE m.unsettled = 0 AND m.settled_at > (SELECT max(settled_at) FROM message WHERE unsettled = 0) - 120000
           AND r.kind IN (?2, ?3, ?4) GROUP BY r.message, coalesce(r.lane, ?1)",
    )?;
    let tried = [record_code::SENT, record_code::DEFERRED, record_code::BOUNCED];
    let mut rows = select.query((DEFAULT_LANE, tried[0], tried[1], tried[2]))?;
    while let Some(row) = rows.next()? {
        before.entry(row.get(0)?).or_default().last_minute.push(row.get(1)?);
    }
    let mut select = sql.prepare("SELECT lane, hour, recipients FROM lane_hour WHERE hour > (SELECT max(hour) FROM lane_hour) - 36")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        before.entry(row.get(0)?).or_default().last_day.push((row.get(1)?, row.get(2)?));
    }
    Ok(before)
}

/// In front of the name of a lane that is paused, as a mark.
pub const PAUSED_LANE: &str = "paused:";

pub fn paused_lanes(sql: &Connection) -> Result<Vec<String>, StoreError> {
    let mut select = sql.prepare("SELECT name FROM mark WHERE value != 0 AND substr(name, 1, 7) = ?1")?;
    let names: Vec<String> = select.query_map([PAUSED_LANE], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names.iter().filter_map(|name| name.strip_prefix(PAUSED_LANE)).map(str::to_owned).collect())
}

/// What decides which way an open message goes.
#[derive(Debug, Clone)]
pub struct OpenRecipients {
    pub seq: Seq,
    pub client: Option<IpAddr>,
    pub reverse_path: ReversePath,
    /// Each that is not settled: its place, its address, when it is due.
    pub unsettled: Vec<(usize, Option<ForwardPath>, i64)>,
}

pub fn open_recipients(sql: &Connection) -> Result<Vec<OpenRecipients>, StoreError> {
    let mut select = sql.prepare(
        "SELECT m.seq, m.client, m.reverse_path, r.n, r.forward_path, r.due FROM message m JOIN recipient r ON r.message = m.seq
         WHERE m.unsettled > 0 AND r.due IS NOT NULL ORDER BY m.seq, r.n",
    )?;
    let mut rows = select.query([])?;
    let mut all: Vec<OpenRecipients> = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: Seq = row.get(0)?;
        if all.last().is_none_or(|last| last.seq != seq) {
            let client: Option<String> = row.get(1)?;
            let reverse_path: String = row.get(2)?;
            all.push(OpenRecipients {
                seq,
                client: client.as_deref().and_then(|text| text.parse().ok()),
                reverse_path: ReversePath::parse(&reverse_path).unwrap_or(ReversePath::Null),
                unsettled: Vec::new(),
            });
        }
        let (n, path): (i64, String) = (row.get(3)?, row.get(4)?);
        if let (Some(last), Ok(n)) = (all.last_mut(), usize::try_from(n)) {
            last.unsettled.push((n, ForwardPath::parse(&path).ok(), row.get(5)?));
        }
    }
    Ok(all)
}

/// Waiting, deferred, held: how many messages of each.
pub fn standing_counts(sql: &Connection) -> Result<(u64, u64, u64), StoreError> {
    let count = |row: &Row<'_>, index| row.get::<_, Option<i64>>(index).map(|n| n.unwrap_or(0).unsigned_abs());
    let counts = sql.query_row("SELECT count(*), sum(state = 1 AND held = 0), sum(held) FROM message WHERE unsettled > 0", [], |row| {
        Ok((count(row, 0)?, count(row, 1)?, count(row, 2)?))
    })?;
    Ok(counts)
}

pub fn oldest_open(sql: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<i64> = sql
        .prepare_cached("SELECT accepted_at FROM message WHERE unsettled > 0 ORDER BY seq LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.map(timestamp))
}

pub fn mark(sql: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(sql.query_row("SELECT value FROM mark WHERE name = ?1", [name], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// The names of content files that messages still need.
pub fn files_needed(sql: &Connection) -> Result<std::collections::HashSet<String>, StoreError> {
    let mut select = sql.prepare("SELECT file FROM message WHERE unsettled > 0 AND file IS NOT NULL")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
