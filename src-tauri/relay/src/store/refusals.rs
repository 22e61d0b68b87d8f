//! Refusals on the shelf: added to, searched, forgotten.

use super::error::StoreError;
use super::read::pattern;
use super::rows::{Coded, millis, timestamp};
use crate::history::refusals::RefusalLine;
use crate::policy::RefusedWhy;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use std::net::IpAddr;

/// Lines that are kept at most, whatever the age they are allowed: about 50 MB.
const MOST: u32 = 100_000;

/// A part of the list.
#[derive(Debug, Clone, Default)]
pub struct RefusalPage {
    pub lines: Vec<RefusalLine>,
    pub total: u64,
}

pub fn add(sql: &Connection, line: &RefusalLine) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO refusal (hour, client, why, client_name, count, first_at, last_at, sender, recipient, reply)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (hour, client, why) DO UPDATE SET client_name = ?4, count = min(count + ?5, 4294967295),
           first_at = min(first_at, ?6), last_at = max(last_at, ?7), sender = ?8, recipient = ?9, reply = ?10",
    )?
    .execute(params![
        line.hour,
        line.client.map(|client| client.to_string()).unwrap_or_default(),
        line.why.code(),
        line.client_name,
        line.count,
        millis(line.first_at),
        millis(line.last_at),
        line.sender,
        line.recipient,
        line.reply,
    ])?;
    Ok(())
}

/// Newest first; each word must be found in client, its name, sender, recipient or reply.
pub fn page(sql: &Connection, words: &[String], offset: u32, limit: u32) -> Result<RefusalPage, StoreError> {
    let mut condition = String::from("1");
    let mut values: Vec<Value> = Vec::new();
    for word in words {
        values.push(Value::Text(pattern(word)));
        let like = format!("LIKE ?{} ESCAPE '\\'", values.len());
        condition.push_str(&format!(" AND (client {like} OR client_name {like} OR sender {like} OR recipient {like} OR reply {like})"));
    }
    let total: i64 = sql
        .prepare_cached(&format!("SELECT count(*) FROM refusal WHERE {condition}"))?
        .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
    let mut select =
        sql.prepare_cached(&format!("SELECT * FROM refusal WHERE {condition} ORDER BY last_at DESC LIMIT {limit} OFFSET {offset}"))?;
    let lines = select.query_map(params_from_iter(values.iter()), line)?.collect::<Result<_, _>>()?;
    Ok(RefusalPage { lines, total: total.unsigned_abs() })
}

/// Clients and reasons of one hour.
pub fn known(sql: &Connection, hour: i64) -> Result<Vec<(IpAddr, RefusedWhy)>, StoreError> {
    let mut select = sql.prepare("SELECT * FROM refusal WHERE hour = ?1 AND client <> ''")?;
    let lines = select.query_map([hour], line)?.collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().filter_map(|line| Some((line.client?, line.why))).collect())
}

/// The last refusal of each client, and how many it had since a moment.
pub fn by_client(sql: &Connection, since: Timestamp) -> Result<Vec<(RefusalLine, u32)>, StoreError> {
    // SQLite gives the other columns of the row that has the maximum.
    let mut select = sql.prepare_cached(
        "SELECT *, max(last_at) AS newest, sum(CASE WHEN hour >= ?1 THEN count ELSE 0 END) AS lately
         FROM refusal WHERE client <> '' GROUP BY client ORDER BY newest DESC LIMIT 1000",
    )?;
    let hour = since.as_second().div_euclid(3600) + 1;
    let lines = select.query_map([hour], |row| {
        let lately: i64 = row.get("lately")?;
        Ok((line(row)?, u32::try_from(lately).unwrap_or(u32::MAX)))
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// When each of the clients was refused first; as far as it is remembered.
pub fn first_at(sql: &Connection, client: IpAddr) -> Result<Option<Timestamp>, StoreError> {
    let first: Option<i64> =
        sql.prepare_cached("SELECT min(first_at) FROM refusal WHERE client = ?1")?.query_row([client.to_string()], |row| row.get(0))?;
    Ok(first.map(timestamp))
}

/// Forgets what is older, a few at a time, and what is too much; gives how many.
pub fn prune(sql: &Connection, before: Timestamp, at_most: u32) -> Result<usize, StoreError> {
    let old = sql
        .prepare_cached(
            "DELETE FROM refusal WHERE (hour, client, why) IN (SELECT hour, client, why FROM refusal WHERE last_at < ?1 LIMIT ?2)",
        )?
        .execute(params![millis(before), at_most])?;
    let too_many = sql
        .prepare_cached(
            "DELETE FROM refusal WHERE (hour, client, why) IN
             (SELECT hour, client, why FROM refusal ORDER BY last_at DESC LIMIT ?2 OFFSET ?1)",
        )?
        .execute(params![MOST, at_most])?;
    Ok(old + too_many)
}

fn line(row: &Row<'_>) -> rusqlite::Result<RefusalLine> {
    let client: String = row.get("client")?;
    Ok(RefusalLine {
        hour: row.get("hour")?,
        client: client.parse().ok(),
        client_name: row.get("client_name")?,
        why: RefusedWhy::decode(row.get("why")?).unwrap_or(RefusedWhy::Other),
        count: row.get("count")?,
        first_at: timestamp(row.get("first_at")?),
        last_at: timestamp(row.get("last_at")?),
        sender: row.get("sender")?,
        recipient: row.get("recipient")?,
        reply: row.get("reply")?,
    })
}

impl Coded for RefusedWhy {
    const CODES: &'static [(Self, i64)] = &[
        (Self::NotAllowed, 0),
        (Self::EncryptionNeeded, 1),
        (Self::SignInNeeded, 2),
        (Self::SignInFailed, 3),
        (Self::SenderNotAllowed, 4),
        (Self::RecipientNotAllowed, 5),
        (Self::TooMuch, 6),
        (Self::Attachment, 7),
        (Self::HeaderRule, 8),
        (Self::TlsFailed, 9),
        (Self::TooLarge, 10),
        (Self::TooManyRecipients, 11),
        (Self::TooManyConnections, 12),
        (Self::Loop, 13),
        (Self::DiskFull, 14),
        (Self::Other, 15),
    ];
}
