//! Who handed in mail, and how much hour by hour.

use super::error::StoreError;
use super::refusals;
use super::rows::{held_code, millis, timestamp};
use crate::history::refusals::RefusalLine;
use crate::mail::{HeldWhy, Submission};
use crate::policy::burst::{DAYS, SentHour, Who, hour_of};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One client, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub address: IpAddr,
    /// What it called itself last.
    pub name: String,
    pub account: Option<String>,
    pub tls: Option<String>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Messages taken, in all and in the last 24 hours.
    pub messages: u32,
    pub messages_today: u32,
    /// Recipients in this hour, and in the busiest of those that count as usual.
    pub recipients_this_hour: u32,
    pub busiest_hour: u32,
    /// Messages that are held as a burst now.
    pub held: u32,
    pub refused_today: u32,
    pub last_refusal: Option<RefusalLine>,
}

/// Clients that are told of at a time.
const MOST: usize = 1000;

impl Device {
    fn unknown(address: IpAddr, at: Timestamp) -> Self {
        Self {
            address,
            name: String::new(),
            account: None,
            tls: None,
            first_at: at,
            last_at: at,
            messages: 0,
            messages_today: 0,
            recipients_this_hour: 0,
            busiest_hour: 0,
            held: 0,
            refused_today: 0,
            last_refusal: None,
        }
    }
}

/// A message was taken: remembers its client, and counts for what is usual.
pub fn took(sql: &Connection, submission: &Submission) -> Result<(), StoreError> {
    let Some(peer) = &submission.peer else { return Ok(()) };
    sql.prepare_cached(
        "INSERT INTO device (address, name, account, tls, first_at, last_at, messages) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
         ON CONFLICT (address) DO UPDATE SET name = ?2, account = coalesce(?3, account), tls = ?4, last_at = ?5, messages = messages + 1",
    )?
    .execute(params![peer.address.to_string(), peer.name, peer.account, peer.tls, millis(submission.accepted_at)])?;
    let recipients = submission.envelope.forward_paths.len() as i64;
    let (went_on, held) = match submission.held {
        Some(HeldWhy::Burst { .. }) => (0, recipients),
        Some(HeldWhy::Person | HeldWhy::HeaderRule { .. }) | None => (recipients, 0),
    };
    let mut count = sql.prepare_cached(
        "INSERT INTO sent_hour (who, hour, messages, recipients, held) VALUES (?1, ?2, 1, ?3, ?4)
         ON CONFLICT (who, hour) DO UPDATE SET messages = messages + 1, recipients = recipients + ?3, held = held + ?4",
    )?;
    for who in Who::all_of(peer.address, peer.account.as_deref()) {
        count.execute(params![who.to_string(), hour_of(submission.accepted_at), went_on, held])?;
    }
    Ok(())
}

/// The hours that count for what is usual, in their order.
pub fn sent_hours(sql: &Connection, now: Timestamp) -> Result<BTreeMap<String, Vec<SentHour>>, StoreError> {
    let mut select = sql.prepare("SELECT who, hour, recipients, held, usual FROM sent_hour WHERE hour >= ?1 ORDER BY who, hour")?;
    let mut rows = select.query([first_hour(now)])?;
    let mut hours: BTreeMap<String, Vec<SentHour>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let hour = SentHour { number: row.get(1)?, recipients: row.get(2)?, held: row.get(3)?, usual: row.get(4)? };
        hours.entry(row.get(0)?).or_default().push(hour);
    }
    Ok(hours)
}

/// A person says that what this sender sent is usual.
pub fn call_usual(sql: &Connection, who: &str) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE sent_hour SET usual = max(usual, recipients + held), recipients = recipients + held, held = 0 WHERE who = ?1 AND held > 0",
        [who],
    )?;
    Ok(())
}

/// Senders with messages that are held as a burst.
pub fn bursting(sql: &Connection) -> Result<Vec<String>, StoreError> {
    let mut select = sql.prepare_cached(
        "SELECT DISTINCT held_for FROM message WHERE held_for IS NOT NULL AND unsettled > 0 AND held = 1 AND held_why = ?1 ORDER BY held_for",
    )?;
    let senders = select.query_map([held_code::BURST], |row| row.get(0))?;
    Ok(senders.collect::<Result<_, _>>()?)
}

/// Clients that handed in mail or tried to, the most recent first.
pub fn devices(sql: &Connection, now: Timestamp) -> Result<Vec<Device>, StoreError> {
    let day_ago = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    let mut devices: BTreeMap<IpAddr, Device> = BTreeMap::new();
    let mut select = sql.prepare_cached("SELECT * FROM device ORDER BY last_at DESC LIMIT 1000")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(address) = row.get::<_, String>("address")?.parse() else { continue };
        let device = Device {
            name: row.get("name")?,
            account: row.get("account")?,
            tls: row.get("tls")?,
            first_at: timestamp(row.get("first_at")?),
            last_at: timestamp(row.get("last_at")?),
            messages: row.get("messages")?,
            ..Device::unknown(address, now)
        };
        devices.insert(address, device);
    }
    add_refusals(sql, &mut devices, day_ago)?;
    add_hours(sql, &mut devices, day_ago, now)?;
    add_held(sql, &mut devices)?;
    let mut devices: Vec<Device> = devices.into_values().collect();
    devices.sort_by_key(|device| std::cmp::Reverse((device.last_at, device.address)));
    devices.truncate(MOST);
    Ok(devices)
}

fn add_refusals(sql: &Connection, devices: &mut BTreeMap<IpAddr, Device>, day_ago: Timestamp) -> Result<(), StoreError> {
    for (line, lately) in refusals::by_client(sql, day_ago)? {
        let Some(address) = line.client else { continue };
        let first_at = refusals::first_at(sql, address)?.unwrap_or(line.first_at);
        let device = devices.entry(address).or_insert_with(|| Device::unknown(address, first_at));
        if device.messages == 0 || line.last_at > device.last_at {
            device.name.clone_from(&line.client_name);
        }
        device.first_at = device.first_at.min(first_at);
        device.last_at = device.last_at.max(line.last_at);
        device.refused_today = lately;
        device.last_refusal = Some(line);
    }
    Ok(())
}

fn add_hours(sql: &Connection, devices: &mut BTreeMap<IpAddr, Device>, day_ago: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let mut select = sql.prepare_cached(
        "SELECT who, sum(CASE WHEN hour > ?2 THEN messages ELSE 0 END), sum(CASE WHEN hour = ?3 THEN recipients + held ELSE 0 END),
           max(CASE WHEN hour = ?3 THEN usual ELSE max(recipients, usual) END)
         FROM sent_hour WHERE hour >= ?1 GROUP BY who",
    )?;
    let mut rows = select.query(params![first_hour(now), hour_of(day_ago), hour_of(now)])?;
    while let Some(row) = rows.next()? {
        let Ok(address) = row.get::<_, String>(0)?.parse() else { continue };
        let Some(device) = devices.get_mut(&address) else { continue };
        let number = |index| row.get::<_, i64>(index).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        (device.messages_today, device.recipients_this_hour, device.busiest_hour) = (number(1)?, number(2)?, number(3)?);
    }
    Ok(())
}

fn add_held(sql: &Connection, devices: &mut BTreeMap<IpAddr, Device>) -> Result<(), StoreError> {
    let mut select = sql.prepare_cached(
        "SELECT client, count(*) FROM message
         WHERE held_for IS NOT NULL AND unsettled > 0 AND held = 1 AND held_why = ?1 GROUP BY client",
    )?;
    let mut rows = select.query([held_code::BURST])?;
    while let Some(row) = rows.next()? {
        let address = row.get::<_, Option<String>>(0)?.and_then(|text| text.parse().ok());
        if let Some(device) = address.and_then(|address: IpAddr| devices.get_mut(&address)) {
            device.held = row.get(1)?;
        }
    }
    Ok(())
}

/// Forgets hours that count no more, and clients not seen since, a few at a time; gives how many.
pub fn prune(sql: &Connection, before: Timestamp, now: Timestamp, at_most: u32) -> Result<usize, StoreError> {
    let hours = sql
        .prepare_cached("DELETE FROM sent_hour WHERE (who, hour) IN (SELECT who, hour FROM sent_hour WHERE hour < ?1 LIMIT ?2)")?
        .execute(params![first_hour(now), at_most])?;
    let devices = sql
        .prepare_cached("DELETE FROM device WHERE address IN (SELECT address FROM device WHERE last_at < ?1 LIMIT ?2)")?
        .execute(params![millis(before), at_most])?;
    Ok(hours + devices)
}

fn first_hour(now: Timestamp) -> i64 {
    hour_of(now) - (DAYS + 1) * 24
}
