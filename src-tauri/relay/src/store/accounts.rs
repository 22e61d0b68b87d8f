//! The passwords of device accounts, as hashes. Names are kept in small letters.

use super::error::StoreError;
use super::rows::{millis, timestamp};
use crate::policy::password::Hash;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// What is known of an account that has a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// In small letters.
    pub name: String,
    pub set_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// What can be done to accounts.
#[derive(Debug, Clone)]
pub enum AccountChange {
    Set {
        name: String,
        hash: Hash,
        now: Timestamp,
    },
    Remove {
        name: String,
    },
    /// All others are forgotten.
    KeepOnly {
        names: Vec<String>,
    },
    /// Somebody has signed in.
    Used {
        name: String,
        now: Timestamp,
    },
}

/// A device signs in for each message; when it last did need not be known to the second.
const WORTH_WRITING: SignedDuration = SignedDuration::from_secs(60);

pub fn change(sql: &Connection, change: &AccountChange) -> Result<(), StoreError> {
    match change {
        AccountChange::Set { name, hash, now } => {
            sql.prepare_cached(
                "INSERT INTO account (name, hash, set_at) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET hash = ?2, set_at = ?3",
            )?
            .execute(params![name.to_lowercase(), hash.for_database(), millis(*now)])?;
        }
        AccountChange::Remove { name } => {
            sql.execute("DELETE FROM account WHERE name = ?1", [name.to_lowercase()])?;
        }
        AccountChange::KeepOnly { names } => {
            let keep: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
            for AccountState { name, .. } in all(sql)? {
                if !keep.contains(&name) {
                    sql.execute("DELETE FROM account WHERE name = ?1", [name])?;
                }
            }
        }
        AccountChange::Used { name, now } => {
            let since = now.saturating_sub(WORTH_WRITING).unwrap_or(*now);
            sql.prepare_cached("UPDATE account SET used_at = ?2 WHERE name = ?1 AND coalesce(used_at, 0) <= ?3")?.execute(params![
                name.to_lowercase(),
                millis(*now),
                millis(since)
            ])?;
        }
    }
    Ok(())
}

pub fn hash_of(sql: &Connection, name: &str) -> Result<Option<Hash>, StoreError> {
    let hash =
        sql.prepare_cached("SELECT hash FROM account WHERE name = ?1")?.query_row([name.to_lowercase()], |row| row.get(0)).optional()?;
    Ok(hash.map(Hash::from_database))
}

pub fn all(sql: &Connection) -> Result<Vec<AccountState>, StoreError> {
    let mut select = sql.prepare_cached("SELECT name, set_at, used_at FROM account ORDER BY name")?;
    let accounts = select.query_map([], |row| {
        let used_at: Option<i64> = row.get(2)?;
        Ok(AccountState { name: row.get(0)?, set_at: timestamp(row.get(1)?), used_at: used_at.map(timestamp) })
    })?;
    Ok(accounts.collect::<Result<_, _>>()?)
}
