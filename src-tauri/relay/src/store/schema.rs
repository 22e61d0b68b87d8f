//! Opens the database, brings it to the newest form, looks for damage, and sets what is damaged aside.

use super::error::StoreError;
use super::read;
use super::write::{self, CLEAN, DAMAGED};
use super::writer::PATIENCE;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file per step; `user_version` counts the steps taken.
const STEPS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
];

/// A database up to this size is looked through at every start: it takes less than a second.
const SMALL: i64 = 64 * 1024 * 1024;

/// In a folder set aside: what was wrong.
const REASON: &str = "reason.txt";

/// A folder with what could not be used any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub path: PathBuf,
    pub said: String,
}

/// Opens `queue.db` for writing.
pub fn open(folder: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(folder.join("queue.db"))?;
    connection.busy_timeout(PATIENCE)?;
    // FULL: in WAL mode anything less may lose the last commits in a power cut, and our 250 means disk.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
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
    look_for_damage(&connection)?;
    write::mark(&connection, CLEAN, false)?;
    Ok(connection)
}

/// Looks through the whole database when the engine before did not end in order, and more closely when it met damage.
fn look_for_damage(connection: &Connection) -> Result<(), StoreError> {
    let size: i64 = connection.query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| row.get(0))?;
    let look = if read::mark(connection, DAMAGED)? {
        "PRAGMA integrity_check(1)"
    } else if size <= SMALL || !read::mark(connection, CLEAN)? {
        "PRAGMA quick_check(1)"
    } else {
        return Ok(());
    };
    let verdict: String = connection.query_row(look, [], |row| row.get(0))?;
    if verdict != "ok" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(StoreError::Damaged(Arc::new(rusqlite::Error::SqliteFailure(code, Some(verdict)))));
    }
    write::mark(connection, DAMAGED, false)
}

/// A second connection that only reads.
pub fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join("queue.db"), flags)?;
    connection.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Moves database and contents into a folder of their own: nothing of them is thrown away.
pub fn set_aside(folder: &Path, said: &str) -> Result<(), StoreError> {
    let place = (1..).map(|number| folder.join(format!("damaged-{number}"))).find(|place| !place.exists()).unwrap_or_default();
    std::fs::create_dir(&place).map_err(|error| StoreError::file("make the folder", &place, error))?;
    // The database last: as long as it is there, nobody takes the contents for somebody's leavings.
    for name in ["content", "queue.db-wal", "queue.db-shm", "queue.db"] {
        let from = folder.join(name);
        if from.exists() {
            std::fs::rename(&from, place.join(name)).map_err(|error| StoreError::file("move", &from, error))?;
        }
    }
    let reason = place.join(REASON);
    std::fs::write(&reason, format!("{said}\n")).map_err(|error| StoreError::file("write", &reason, error))
}

/// What has been set aside in a folder and is still there, newest first.
pub fn all_set_aside(folder: &Path) -> Vec<SetAside> {
    let Ok(listing) = std::fs::read_dir(folder) else { return Vec::new() };
    let number = |name: &str| name.strip_prefix("damaged-").and_then(|number| number.parse::<u32>().ok());
    let mut found: Vec<_> =
        listing.flatten().filter_map(|entry| Some((number(&entry.file_name().to_string_lossy())?, entry.path()))).collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    let reason = |path: &Path| std::fs::read_to_string(path.join(REASON)).map(|said| said.trim().to_owned()).unwrap_or_default();
    found.into_iter().filter(|(_, path)| path.is_dir()).map(|(_, path)| SetAside { said: reason(&path), path }).collect()
}
