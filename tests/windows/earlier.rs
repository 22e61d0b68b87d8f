//! A data folder as the first engine left it: the first form of the database, and settings that name nothing younger.
//!
//! In: an installed service that is stopped. Out: the same service, running; Setup cannot tell it from an earlier version's,
//! since the program is a stand-in that does nothing but run. Everything is written by hand here and never changes: it is past.

use crate::machine::{DATA, FOLDER, Machine};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::fs;
use std::path::Path;

/// The form that engine made, as its own file said it.
const FORM: &str = include_str!("../../src-tauri/relay/src/store/schema/0001.sql");

/// What was on its way, oldest first: id, subject, and content as it was handed in.
pub struct Left {
    pub sent: String,
    pub waiting: [(String, Vec<u8>); 2],
}

/// Puts it in place of what is there, and starts the stand-in as the service's program.
pub fn lay_out(machine: &Machine, provider: u16, authority: &str) -> Left {
    let folder = machine.path(DATA);
    for name in ["queue.db", "queue.db-wal", "queue.db-shm", "settings.json", "settings.last-good.json"] {
        let _ = fs::remove_file(folder.join(name));
    }
    fs::write(folder.join("settings.json"), settings(provider, authority)).unwrap();
    let left = queue(&folder);
    fs::copy(machine.wine.made("earlier.exe"), machine.path(FOLDER).join("outtrayd.exe")).unwrap();
    let started = machine.wine.run("sc", &["start", "Outtray"]);
    assert_eq!(started.code, Some(0), "{started:?}");
    machine.until("the earlier service runs", || machine.wine.run("sc", &["query", "Outtray"]).out.contains("RUNNING"));
    left
}

fn settings(provider: u16, authority: &str) -> String {
    let settings = serde_json::json!({
        "version": 1,
        "hostName": "earlier.office.test",
        "listeners": [{ "address": "127.0.0.1", "port": 0, "encryption": "starttls" }],
        "certificate": { "kind": "selfSigned" },
        "rules": [{ "network": "127.0.0.1/32", "name": "this machine" }],
        "smartHost": {
            "provider": "other",
            "server": "127.0.0.1",
            "port": provider,
            "encryption": "starttls",
            "signIn": { "kind": "password", "user": e2e::office::USER },
            "extraCaFile": authority,
            "parallelConnections": 3,
            "messagesPerConnection": 100,
            "timeouts": { "connectSeconds": 30, "tlsSeconds": 30, "commandSeconds": 300, "dataBlockSeconds": 180, "dataEndSeconds": 600, "idleSeconds": 10 }
        },
        "limits": { "messageBytes": 25_000_000, "recipients": 1000, "connections": 500, "hops": 50 },
        "logLevel": "info"
    });
    settings.to_string()
}

/// Paused by a person: one message sent, one to be tried again, one too large for the database that was never tried.
fn queue(folder: &Path) -> Left {
    let sql = Connection::open(folder.join("queue.db")).unwrap();
    sql.execute_batch(FORM).unwrap();
    sql.pragma_update(None, "journal_mode", "WAL").unwrap();
    sql.pragma_update(None, "user_version", 1).unwrap();
    let now = Timestamp::now().as_millisecond();
    let an_hour_ago = now - 3_600_000;
    let id = |number: u8| format!("01981f6a7c007{number:03x}8000000000000007");
    let blob = |number: u8| (0..16).map(|at| u8::from_str_radix(&id(number)[2 * at..2 * at + 2], 16).unwrap()).collect::<Vec<_>>();
    let small = b"From: scan@office.test\r\nSubject: from before\r\n\r\n.\r\npage 1\r\n".to_vec();
    let large = format!("From: scan@office.test\r\nSubject: large, from before\r\n\r\n{}", "a line of a large scan\r\n".repeat(10_000))
        .into_bytes();
    let file = format!("{}.eml", id(3));
    fs::create_dir_all(folder.join("content")).unwrap();
    fs::write(folder.join("content").join(&file), &large).unwrap();

    let message = "INSERT INTO message (seq, id, kind, accepted_at, reverse_path, body, eight_bit, size, client, client_name, tls, extended,
            subject, message_id, file, first_recipient, recipients, unsettled, state, attempts, next_attempt, settled_at, why_kind, why_reply)
        VALUES (?1, ?2, 0, ?3, 'scan@office.test', 0, 0, ?4, '192.168.1.9', 'scanner', 'TLSv1.2', 1, ?5, 'm@office.test', ?6, ?7, 1, ?8, ?9, ?10,
            ?11, ?12, ?13, ?14)";
    let recipient = "INSERT INTO recipient (message, n, forward_path, state, attempts, due, settled_at, why_kind, reply)
        VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let record = "INSERT INTO record (message, n, at, kind, recipient, server, tls, why_kind, reply, next_attempt)
        VALUES (?1, 0, ?2, ?3, 0, 'smtp.away.test:587', 'TLSv1.3', ?4, ?5, ?6)";
    const NONE: Option<i64> = None;
    const NO_TEXT: Option<&str> = None;
    let (taken, busy) = ("250 2.0.0 taken as 4711", "451 4.3.0 busy, come back later");
    // Sent (3), to be tried again (1) for a passing reason (6), and queued (0).
    sql.execute(
        message,
        params![1, blob(1), an_hour_ago, 20, "sent before", NO_TEXT, "ann@away.test", 0, 3, 1, NONE, an_hour_ago, NONE, NO_TEXT],
    )
    .unwrap();
    sql.execute(recipient, params![1, "ann@away.test", 3, 1, NONE, an_hour_ago, NONE, taken]).unwrap();
    sql.execute(record, params![1, an_hour_ago, 0, NONE, taken, NONE]).unwrap();
    sql.execute(
        message,
        params![2, blob(2), an_hour_ago, small.len() as i64, "from before", NO_TEXT, "bob@away.test", 1, 1, 1, now, NONE, 6, busy],
    )
    .unwrap();
    sql.execute(recipient, params![2, "bob@away.test", 1, 1, now, NONE, 6, busy]).unwrap();
    sql.execute(record, params![2, an_hour_ago, 1, 6, busy, now]).unwrap();
    sql.execute("INSERT INTO content VALUES (2, ?1)", params![small]).unwrap();
    sql.execute(
        message,
        params![3, blob(3), now, large.len() as i64, "large, from before", file, "bob@away.test", 1, 0, 0, now, NONE, NONE, NO_TEXT],
    )
    .unwrap();
    sql.execute(recipient, params![3, "bob@away.test", 0, 0, now, NONE, NONE, NO_TEXT]).unwrap();
    sql.execute("INSERT INTO hour VALUES (?1, 3, 1, 0, 4)", params![now / 3_600_000]).unwrap();
    sql.execute_batch("INSERT INTO mark VALUES ('paused', 1), ('clean', 1)").unwrap();
    sql.close().unwrap();
    Left { sent: id(1), waiting: [(id(2), small), (id(3), large)] }
}
