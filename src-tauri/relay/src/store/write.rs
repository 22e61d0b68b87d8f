//! What one job changes, as SQL. Runs inside the writer's transaction.

use super::error::StoreError;
use super::rows::{Coded, held_code, held_columns, millis, notify_code};
use super::{devices, refusals};
use crate::event::Hour;
use crate::mail::wish::{EnvelopeId, OriginalRecipient};
use crate::mail::{Content, Priority, Submission};
use crate::queue::{Change, RecipientState, Record, RecordKind, Seq, Settlement, StateWord, Why, WhyKind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What a commit changed about one message, for counters and events.
#[derive(Debug, Clone)]
pub struct Touched {
    pub seq: Seq,
    /// None when it is new.
    pub before: Option<Standing>,
    pub after: Standing,
    /// Changes of recipients in this commit.
    pub news: Vec<Change>,
    /// The recipients that are not settled, and when each is due; of a new message they are all due at once.
    pub unsettled: Vec<(usize, i64)>,
}

/// What a message counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub open: bool,
    pub word: StateWord,
    pub next_attempt: Option<i64>,
    pub held: bool,
}

/// Inserts a message with its recipients.
pub fn keep(sql: &Connection, submission: &Submission) -> Result<Touched, StoreError> {
    let peer = submission.peer.as_ref();
    let file = match &submission.content {
        Content::Memory(_) => None,
        Content::File { path, .. } => path.file_name().map(|name| name.to_string_lossy().into_owned()),
    };
    let accepted_at = millis(submission.accepted_at);
    let recipients = &submission.envelope.forward_paths;
    sql.prepare_cached(
        "INSERT INTO message (id, kind, accepted_at, reverse_path, body, eight_bit, size, client, client_name, tls, extended,
           subject, message_id, file, first_recipient, recipients, account, utf8, eight_bit_header, ret, envelope_id,
           unsettled, state, next_attempt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?16, 0, ?3)",
    )?
    .execute(params![
        submission.id.0.as_bytes(),
        submission.kind.code(),
        accepted_at,
        submission.envelope.reverse_path.as_str(),
        submission.envelope.body.code(),
        submission.summary.eight_bit,
        i64::try_from(submission.content.size()).unwrap_or(i64::MAX),
        peer.map(|peer| peer.address.to_string()),
        submission.client_name(),
        peer.and_then(|peer| peer.tls.as_deref()),
        peer.is_some_and(|peer| peer.extended),
        submission.summary.subject,
        submission.summary.message_id,
        file,
        recipients.first().map_or("", |path| path.as_str()),
        recipients.len() as i64,
        peer.and_then(|peer| peer.account.as_deref()),
        submission.envelope.utf8,
        submission.summary.eight_bit_header,
        submission.envelope.returns.ret.map(Coded::code),
        submission.envelope.returns.envelope_id.as_ref().map(EnvelopeId::as_str),
    ])?;
    let seq = sql.last_insert_rowid();
    if let Content::Memory(bytes) = &submission.content {
        sql.prepare_cached("INSERT INTO content VALUES (?1, ?2)")?.execute(params![seq, &bytes[..]])?;
    }
    let mut insert = sql.prepare_cached(
        "INSERT INTO recipient (message, n, forward_path, state, due, notify, original) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)",
    )?;
    for (n, path) in recipients.iter().enumerate() {
        let original = path.wish.original.as_ref().map(OriginalRecipient::as_str);
        insert.execute(params![seq, n as i64, path.as_str(), accepted_at, path.wish.notify.map(notify_code), original])?;
    }
    set_apart(sql, seq, submission)?;
    devices::took(sql, submission)?;
    let held = submission.held.is_some();
    let word = if held { StateWord::Held } else { StateWord::Queued };
    let after = Standing { open: true, word, next_attempt: Some(accepted_at), held };
    Ok(Touched { seq, before: None, after, news: Vec::new(), unsettled: Vec::new() })
}

/// What most messages do not have: another priority, a reason to be held.
fn set_apart(sql: &Connection, seq: Seq, submission: &Submission) -> Result<(), StoreError> {
    if submission.priority != Priority::Normal {
        sql.prepare_cached("UPDATE message SET priority = ?2 WHERE seq = ?1")?.execute(params![seq, submission.priority.code()])?;
    }
    if let Some(why) = &submission.held {
        let (code, text) = held_columns(why);
        sql.prepare_cached("UPDATE message SET held = 1, held_why = ?2, held_for = ?3 WHERE seq = ?1")?
            .execute(params![seq, code, text])?;
        write_record(sql, seq, &Record { at: submission.accepted_at, recipient: None, kind: RecordKind::Held, lane: None })?;
    }
    Ok(())
}

/// Applies a settlement. What has been settled meanwhile is left as it is.
pub fn settle(sql: &Connection, settlement: &Settlement, files: &mut Vec<PathBuf>) -> Result<Touched, StoreError> {
    let before = standing(sql, settlement.seq)?;
    if before.is_none() {
        // Taken out by another program's hand: there is nothing left to change, and trying again would not help.
        let after = Standing { open: false, word: StateWord::Deleted, next_attempt: None, held: false };
        return Ok(Touched { seq: settlement.seq, before, after, news: Vec::new(), unsettled: Vec::new() });
    }
    let mut news = Vec::new();
    for change in &settlement.changes {
        if apply(sql, settlement.seq, change)? {
            news.push(change.clone());
        }
    }
    for record in &settlement.records {
        let applies = record.recipient.is_none_or(|n| news.iter().any(|change| change.recipient == n));
        if applies {
            write_record(sql, settlement.seq, record)?;
        }
    }
    if settlement.noticed {
        sql.prepare_cached("UPDATE message SET noticed = 1 WHERE seq = ?1")?.execute([settlement.seq])?;
    }
    let (after, unsettled) = refresh(sql, settlement.seq, settlement.lane.as_deref(), files)?;
    Ok(Touched { seq: settlement.seq, before, after, news, unsettled })
}

/// Recipients that had a message handed over for them whole before, without an answer.
pub fn unanswered_before(sql: &Connection, settlement: &Settlement) -> Result<HashSet<usize>, StoreError> {
    if settlement.changes.iter().all(|change| change.attempts <= 1) {
        return Ok(HashSet::new());
    }
    let mut select = sql.prepare_cached("SELECT DISTINCT recipient FROM record WHERE message = ?1 AND kind = ?2 AND why_kind = ?3")?;
    let found = select.query_map(params![settlement.seq, record_code::DEFERRED, WhyKind::AnswerLost.code()], |row| row.get(0))?;
    Ok(found
        .filter_map(|n: rusqlite::Result<Option<i64>>| n.transpose())
        .collect::<Result<Vec<i64>, _>>()?
        .into_iter()
        .filter_map(|n| usize::try_from(n).ok())
        .collect())
}

/// Whether a message that waits has its content in this file.
pub fn is_needed(sql: &Connection, file: &Path) -> Result<bool, StoreError> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut select = sql.prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE unsettled > 0 AND file = ?1)")?;
    Ok(select.query_row([name], |row| row.get(0))?)
}

/// Whether the content of a message is in a file.
pub fn has_file(sql: &Connection, seq: Seq) -> Result<bool, StoreError> {
    let found = sql.prepare_cached("SELECT file IS NOT NULL FROM message WHERE seq = ?1")?.query_row([seq], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// What a person can do to a message without knowing its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    TryNow,
    Hold,
    Release,
    /// For a message that cannot be read: nobody can be told.
    Delete,
}

/// None when the message is not in the queue, or the act changes nothing.
pub fn act(sql: &Connection, seq: Seq, act: Act, now: Timestamp, files: &mut Vec<PathBuf>) -> Result<Option<Touched>, StoreError> {
    let Some(before) = standing(sql, seq)?.filter(|before| before.open) else { return Ok(None) };
    let kind = match act {
        Act::Hold if before.held => return Ok(None),
        Act::Release if !before.held => return Ok(None),
        Act::Hold => {
            hold(sql, seq)?;
            RecordKind::Held
        }
        Act::Release => {
            sql.prepare_cached("UPDATE message SET held = 0, held_why = 0, held_for = NULL WHERE seq = ?1")?.execute([seq])?;
            due_now(sql, seq, now)?;
            RecordKind::Released
        }
        Act::TryNow => {
            due_now(sql, seq, now)?;
            RecordKind::TriedNow
        }
        Act::Delete => {
            sql.prepare_cached("UPDATE recipient SET state = ?3, due = NULL, settled_at = ?2 WHERE message = ?1 AND due IS NOT NULL")?
                .execute(params![seq, millis(now), StateWord::Deleted.code()])?;
            RecordKind::Deleted
        }
    };
    write_record(sql, seq, &Record { at: now, recipient: None, kind, lane: None })?;
    let (after, unsettled) = refresh(sql, seq, None, files)?;
    Ok(Some(Touched { seq, before: Some(before), after, news: Vec::new(), unsettled }))
}

fn hold(sql: &Connection, seq: Seq) -> Result<(), StoreError> {
    let hold = "UPDATE message SET held = 1, held_why = ?2, held_for = NULL WHERE seq = ?1";
    sql.prepare_cached(hold)?.execute([seq, held_code::PERSON])?;
    Ok(())
}

/// A burst is over for a person: what was sent counts as usual, and what is held of it goes out or is kept back by the person.
/// Gives the messages that were held, changed or not.
pub fn end_burst(sql: &Connection, who: &str, release: bool, now: Timestamp, files: &mut Vec<PathBuf>) -> Result<Vec<Touched>, StoreError> {
    devices::call_usual(sql, who)?;
    let held: Vec<Seq> = sql
        .prepare_cached("SELECT seq FROM message WHERE held_for = ?1 AND held_why = ?2 AND held = 1 AND unsettled > 0 ORDER BY seq")?
        .query_map(params![who, held_code::BURST], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut touched = Vec::new();
    for seq in held {
        if release {
            touched.extend(act(sql, seq, Act::Release, now, files)?);
        } else if let Some(before) = standing(sql, seq)? {
            hold(sql, seq)?;
            let unsettled = unsettled(sql, seq)?;
            touched.push(Touched { seq, before: Some(before), after: before, news: Vec::new(), unsettled });
        }
    }
    Ok(touched)
}

fn due_now(sql: &Connection, seq: Seq, now: Timestamp) -> Result<(), StoreError> {
    sql.prepare_cached("UPDATE recipient SET due = ?2 WHERE message = ?1 AND due IS NOT NULL")?.execute(params![seq, millis(now)])?;
    Ok(())
}

fn apply(sql: &Connection, seq: Seq, change: &Change) -> Result<bool, StoreError> {
    let state = &change.state;
    let changed = sql
        .prepare_cached(
            "UPDATE recipient SET state = ?3, attempts = ?4, due = ?5, settled_at = ?6, why_kind = ?7, reply = ?8
             WHERE message = ?1 AND n = ?2 AND due IS NOT NULL",
        )?
        .execute(params![
            seq,
            change.recipient as i64,
            state.word().code(),
            change.attempts,
            state.due().map(millis),
            state.settled_at().map(millis),
            state.why().map(|why| why.kind.code()),
            state.reply().map(ToString::to_string),
        ])?;
    Ok(changed == 1)
}

/// Makes the summary of a message say what its recipients say, and forgets the content of one that is done.
fn refresh(sql: &Connection, seq: Seq, lane: Option<&str>, files: &mut Vec<PathBuf>) -> Result<(Standing, Vec<(usize, i64)>), StoreError> {
    let mut sum = Sum::default();
    let mut unsettled = Vec::new();
    {
        let mut select =
            sql.prepare_cached("SELECT state, attempts, due, settled_at, why_kind, reply, n FROM recipient WHERE message = ?1")?;
        let mut rows = select.query([seq])?;
        while let Some(row) = rows.next()? {
            let due = row.get(2)?;
            sum.add(row.get(0)?, row.get(1)?, due, row.get(3)?, row.get(4)?, row.get(5)?);
            if let (Some(due), Ok(n)) = (due, usize::try_from(row.get::<_, i64>(6)?)) {
                unsettled.push((n, due));
            }
        }
    }
    let word = sum.word();
    let news = sum.news(word);
    let (held, file): (bool, Option<String>) = sql
        .prepare_cached(
            "UPDATE message SET unsettled = ?2, state = ?3, attempts = ?4, next_attempt = ?5, settled_at = ?6, why_kind = ?7, why_reply = ?8,
             lane = coalesce(?9, lane) WHERE seq = ?1 RETURNING held, file",
        )?
        .query_row(
            params![
                seq,
                sum.unsettled,
                word.code(),
                sum.attempts,
                sum.next_attempt,
                if sum.unsettled == 0 { sum.settled_at } else { None },
                news.and_then(|news| news.0),
                news.and_then(|news| news.1.clone()),
                lane,
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
    if sum.unsettled == 0 {
        match file {
            Some(name) => files.push(PathBuf::from(name)),
            None => {
                sql.prepare_cached("DELETE FROM content WHERE message = ?1")?.execute([seq])?;
            }
        }
    }
    let open = sum.unsettled > 0;
    let word = if open && held { StateWord::Held } else { word };
    Ok((Standing { open, word, next_attempt: sum.next_attempt, held }, unsettled))
}

fn unsettled(sql: &Connection, seq: Seq) -> Result<Vec<(usize, i64)>, StoreError> {
    let mut select = sql.prepare_cached("SELECT n, due FROM recipient WHERE message = ?1 AND due IS NOT NULL")?;
    let unsettled = select.query_map([seq], |row| Ok((usize::try_from(row.get::<_, i64>(0)?).unwrap_or_default(), row.get(1)?)))?;
    Ok(unsettled.collect::<Result<_, _>>()?)
}

/// Why and the server's answer, as columns.
type News = (Option<i64>, Option<String>);

/// The recipients of one message, summed up.
#[derive(Default)]
struct Sum {
    unsettled: u32,
    attempts: u32,
    next_attempt: Option<i64>,
    settled_at: Option<i64>,
    /// The newest news for each state: (why, reply).
    by_word: Vec<(StateWord, News)>,
}

impl Sum {
    fn add(&mut self, state: i64, attempts: u32, due: Option<i64>, settled_at: Option<i64>, why: Option<i64>, reply: Option<String>) {
        if let Some(due) = due {
            self.unsettled += 1;
            self.next_attempt = Some(self.next_attempt.map_or(due, |earliest| earliest.min(due)));
        }
        self.attempts = self.attempts.max(attempts);
        self.settled_at = self.settled_at.max(settled_at);
        let word = StateWord::decode(state).unwrap_or(StateWord::Queued);
        if !self.by_word.iter().any(|(known, _)| *known == word) {
            self.by_word.push((word, (why, reply)));
        }
    }

    fn word(&self) -> StateWord {
        let order: &[StateWord] = if self.unsettled > 0 {
            &[StateWord::Deferred, StateWord::Queued]
        } else {
            &[StateWord::Bounced, StateWord::Expired, StateWord::Deleted, StateWord::Sent]
        };
        order.iter().copied().find(|word| self.by_word.iter().any(|(known, _)| known == word)).unwrap_or(StateWord::Queued)
    }

    fn news(&self, word: StateWord) -> Option<&News> {
        self.by_word.iter().find(|(known, _)| *known == word).map(|(_, news)| news)
    }
}

fn standing(sql: &Connection, seq: Seq) -> Result<Option<Standing>, StoreError> {
    let found = sql
        .prepare_cached("SELECT unsettled, state, next_attempt, held FROM message WHERE seq = ?1")?
        .query_row([seq], |row| {
            let (open, held): (bool, bool) = (row.get::<_, i64>(0)? > 0, row.get(3)?);
            let word = StateWord::decode(row.get(1)?).unwrap_or(StateWord::Queued);
            Ok(Standing { open, word: if open && held { StateWord::Held } else { word }, next_attempt: row.get(2)?, held })
        })
        .optional()?;
    Ok(found)
}

/// Numbers of record kinds in the database; never renumber.
pub mod record_code {
    pub const SENT: i64 = 0;
    pub const DEFERRED: i64 = 1;
    pub const BOUNCED: i64 = 2;
    pub const EXPIRED: i64 = 3;
    pub const DELAY_NOTICED: i64 = 4;
    pub const REPORTED: i64 = 5;
    pub const HELD: i64 = 6;
    pub const RELEASED: i64 = 7;
    pub const TRIED_NOW: i64 = 8;
    pub const DELETED: i64 = 9;
    pub const CONFIRMED: i64 = 10;
}

/// The columns of `record` that not every kind has.
#[derive(Default)]
struct Columns<'a> {
    kind: i64,
    server: Option<&'a str>,
    tls: Option<&'a str>,
    why: Option<&'a Why>,
    reply: Option<String>,
    next_attempt: Option<i64>,
    report: Option<&'a [u8]>,
}

fn write_record(sql: &Connection, seq: Seq, record: &Record) -> Result<(), StoreError> {
    let columns = match &record.kind {
        RecordKind::Sent { server, tls, reply } => Columns {
            kind: record_code::SENT,
            server: Some(server),
            tls: tls.as_deref(),
            reply: Some(reply.to_string()),
            ..Columns::default()
        },
        RecordKind::Deferred { server, why, next_attempt } => Columns {
            kind: record_code::DEFERRED,
            server: Some(server),
            why: Some(why),
            next_attempt: Some(millis(*next_attempt)),
            ..Columns::default()
        },
        RecordKind::Bounced { server, why } => {
            Columns { kind: record_code::BOUNCED, server: Some(server), why: Some(why), ..Columns::default() }
        }
        RecordKind::Expired { why } => Columns { kind: record_code::EXPIRED, why: why.as_ref(), ..Columns::default() },
        RecordKind::DelayNoticed { report } => {
            Columns { kind: record_code::DELAY_NOTICED, report: Some(report.0.as_bytes()), ..Columns::default() }
        }
        RecordKind::Reported { report } => Columns { kind: record_code::REPORTED, report: Some(report.0.as_bytes()), ..Columns::default() },
        RecordKind::Confirmed { report } => {
            Columns { kind: record_code::CONFIRMED, report: Some(report.0.as_bytes()), ..Columns::default() }
        }
        RecordKind::Held => Columns { kind: record_code::HELD, ..Columns::default() },
        RecordKind::Released => Columns { kind: record_code::RELEASED, ..Columns::default() },
        RecordKind::TriedNow => Columns { kind: record_code::TRIED_NOW, ..Columns::default() },
        RecordKind::Deleted => Columns { kind: record_code::DELETED, ..Columns::default() },
    };
    let reply = columns.reply.or_else(|| columns.why.and_then(|why| why.reply.as_ref()).map(ToString::to_string));
    sql.prepare_cached(
        "INSERT INTO record (message, n, at, kind, recipient, server, tls, why_kind, reply, next_attempt, report, lane)
         VALUES (?1, (SELECT coalesce(max(n) + 1, 0) FROM record WHERE message = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        seq,
        millis(record.at),
        columns.kind,
        record.recipient.map(|n| n as i64),
        columns.server,
        columns.tls,
        columns.why.map(|why| why.kind.code()),
        reply,
        columns.next_attempt,
        columns.report,
        record.lane,
    ])?;
    Ok(())
}

/// Marks: the engine before ended in order; and: it met damage.
pub const CLEAN: &str = "clean";
pub const DAMAGED: &str = "damaged";

/// What must outlive a restart and is no message.
pub fn mark(sql: &Connection, name: &str, value: bool) -> Result<(), StoreError> {
    sql.prepare_cached("INSERT OR REPLACE INTO mark VALUES (?1, ?2)")?.execute((name, value))?;
    Ok(())
}

pub fn add_to_hour(sql: &Connection, hour: &Hour) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO hour (number, accepted, sent, failed, refused, sent_again) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (number) DO UPDATE SET accepted = accepted + ?2, sent = sent + ?3, failed = failed + ?4,
         refused = refused + ?5, sent_again = sent_again + ?6",
    )?
    .execute((hour.number, hour.accepted, hour.sent, hour.failed, hour.refused, hour.sent_again))?;
    Ok(())
}

/// Recipients that were offered to a lane.
pub fn add_to_lane_hour(sql: &Connection, lane: &str, hour: i64, recipients: u32) -> Result<(), StoreError> {
    sql.prepare_cached("INSERT INTO lane_hour VALUES (?1, ?2, ?3) ON CONFLICT (lane, hour) DO UPDATE SET recipients = recipients + ?3")?
        .execute((lane, hour, recipients))?;
    Ok(())
}

/// More than a day of them is of no use to anybody.
const LANE_HOURS: i64 = 48;

/// Removes settled messages from before a moment, and whatever else is remembered for a while, a few at a time; gives how many.
pub fn prune(sql: &Connection, before: Timestamp, now: Timestamp, at_most: u32) -> Result<usize, StoreError> {
    let messages = sql
        .prepare_cached("DELETE FROM message WHERE seq IN (SELECT seq FROM message WHERE unsettled = 0 AND settled_at < ?1 LIMIT ?2)")?
        .execute(params![millis(before), at_most])?;
    sql.prepare_cached("DELETE FROM lane_hour WHERE hour < ?1")?.execute([now.as_second().div_euclid(3600) - LANE_HOURS])?;
    Ok(messages + refusals::prune(sql, before, at_most)? + devices::prune(sql, before, now, at_most)?)
}

/// How a recipient's new state counts in the hour.
pub fn counts_as(state: &RecipientState) -> (u32, u32) {
    match state.word() {
        StateWord::Sent => (1, 0),
        StateWord::Bounced | StateWord::Expired => (0, 1),
        StateWord::Queued | StateWord::Deferred | StateWord::Held | StateWord::Deleted => (0, 0),
    }
}
