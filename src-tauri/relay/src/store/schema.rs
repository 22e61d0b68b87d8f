//! Opens the database, brings it to the newest form, and sets a damaged one aside.

use super::error::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// One file per step; `user_version` counts the steps taken.
const STEPS: &[&str] = &[include_str!("schema/0001.sql"), include_str!("schema/0002.sql")];

/// What was found and, if need be, done.
pub struct Opened {
    pub connection: Connection,
    /// The folder a damaged database and its contents were moved to.
    pub set_aside: Option<(PathBuf, String)>,
}

/// Opens `queue.db` for writing. A damaged one is moved into a folder of its own with everything that
/// belongs to it, and a new one begun: nothing of it is thrown away.
pub fn open(folder: &Path) -> Result<Opened, StoreError> {
    match try_open(folder) {
        Ok(connection) => Ok(Opened { connection, set_aside: None }),
        Err(StoreError::Damaged(error)) => {
            let place = set_aside(folder)?;
            let connection = try_open(folder)?;
            Ok(Opened { connection, set_aside: Some((place, error.to_string())) })
        }
        Err(error) => Err(error),
    }
}

fn try_open(folder: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(folder.join("queue.db"))?;
    // FULL: in WAL mode anything less may lose the last commits in a power cut, and our 250 means disk.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;
         PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -4000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (index, step) in STEPS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let change = connection.transaction()?;
        change.execute_batch(step)?;
        change.pragma_update(None, "user_version", index as i64 + 1)?;
        change.commit()?;
    }
    check_after_a_crash(&connection)?;
    Ok(connection)
}

/// Looks through the whole database when the engine before did not end in order.
fn check_after_a_crash(connection: &Connection) -> Result<(), StoreError> {
    let clean = connection.query_row("SELECT value FROM mark WHERE name = 'clean'", [], |row| row.get::<_, bool>(0)).unwrap_or(false);
    if !clean {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(StoreError::Damaged(rusqlite::Error::SqliteFailure(code, Some(verdict))));
        }
    }
    connection.execute("INSERT OR REPLACE INTO mark VALUES ('clean', 0)", [])?;
    Ok(())
}

/// A second connection that only reads.
pub fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join("queue.db"), flags)?;
    connection.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn set_aside(folder: &Path) -> Result<PathBuf, StoreError> {
    let mut place = folder.join("damaged-1");
    let mut number = 1;
    while place.exists() {
        number += 1;
        place = folder.join(format!("damaged-{number}"));
    }
    std::fs::create_dir(&place).map_err(|error| StoreError::file("make the folder", &place, error))?;
    for name in ["queue.db", "queue.db-wal", "queue.db-shm", "content"] {
        let from = folder.join(name);
        if from.exists() {
            std::fs::rename(&from, place.join(name)).map_err(|error| StoreError::file("move", &from, error))?;
        }
    }
    Ok(place)
}
