//! What is on the disk is damaged or gone: it is named, nothing is thrown away, and the rest of the mail goes on.

use super::{MESSAGE, Provider};
use control::view::Snapshot;
use control::{ProblemCode, Request, Selection};
use e2e::{Client, Office};
use relay::clock::{Clock, HandWound, SystemClock};
use relay::event::{Fact, LaneState};
use rusqlite::Connection;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn notice(snapshot: &Snapshot, code: ProblemCode) -> Option<&control::Problem> {
    snapshot.notices.iter().find(|notice| notice.code == code)
}

async fn until_noticed(office: &Office, code: ProblemCode) -> control::Problem {
    let snapshot = office.until("a notice", |snapshot| notice(snapshot, code).is_some()).await;
    notice(&snapshot, code).unwrap().clone()
}

/// Overwrites the first page of a table.
fn damage(folder: &Path, table: &str) {
    let database = folder.join("queue.db");
    let sql = Connection::open(&database).unwrap();
    // Everything into the file itself and out of everybody's memory, so that the page is read from there.
    sql.execute_batch("UPDATE mark SET value = value").unwrap();
    let busy = || sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).unwrap();
    // The engine may be at the same work just now.
    while busy() {}
    let page: u32 = sql.query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |row| row.get(0)).unwrap();
    drop(sql);
    let mut file = std::fs::File::options().write(true).open(database).unwrap();
    file.seek(SeekFrom::Start(u64::from(page - 1) * 4096)).unwrap();
    file.write_all(&[0xaa; 4096]).unwrap();
    file.sync_all().unwrap();
}

async fn hand_in_many(office: &Office) {
    let mut device = office.device().await;
    for number in 0..100 {
        device.hands_in("scan@office.test", &[&format!("r{number}@away.test")], MESSAGE).await;
    }
}

async fn tries_to_hand_in(device: &mut Client) -> String {
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.sends_message(MESSAGE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_damaged_after_an_orderly_end_was_never_set_aside() {
    for table in ["recipient", "content", "message"] {
        let provider = Provider::start().await;
        let mut office = provider.office().await;
        office.ask(Request::Pause).await;
        hand_in_many(&office).await;
        office.end().await;
        damage(office.folder.path(), table);
        office.begin().await;
        let problem = until_noticed(&office, ProblemCode::DatabaseSetAside).await;
        let place = office.folder.path().join("damaged-1");
        assert_eq!(problem.subject.as_deref(), place.to_str(), "{table}");
        assert!(place.join("queue.db").exists(), "{table}: what is damaged is kept");
        office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        provider.fake.until(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_met_on_the_way_was_called_an_orderly_end() {
    let provider = Provider::start().await;
    let mut office = provider.office().await;
    office.ask(Request::Pause).await;
    hand_in_many(&office).await;
    office.restart().await;
    damage(office.folder.path(), "recipient");
    let heard = tries_to_hand_in(&mut office.device().await).await;
    assert!(heard.starts_with("451 4.3.0 "), "{heard}");
    until_noticed(&office, ProblemCode::DatabaseDamaged).await;
    office.restart().await;
    let problem = until_noticed(&office, ProblemCode::DatabaseSetAside).await;
    assert!(problem.said.as_deref().is_some_and(|said| !said.is_empty()), "{problem:?}");
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_was_set_aside_was_forgotten_by_the_next_restart() {
    let provider = Provider::start().await;
    let mut office = provider.office().await;
    office.end().await;
    let data = office.folder.path().to_owned();
    std::fs::write(data.join("queue.db"), vec![b'?'; 9000]).unwrap();
    for _ in 0..2 {
        office.begin().await;
        let problem = until_noticed(&office, ProblemCode::DatabaseSetAside).await;
        assert_eq!(problem.subject.as_deref(), data.join("damaged-1").to_str());
        assert!(problem.said.as_deref().is_some_and(|said| said.contains("not a database")), "{problem:?}");
        office.end().await;
    }
    office.begin().await;
    // Somebody has taken care of it.
    std::fs::remove_dir_all(data.join("damaged-1")).unwrap();
    office.until("no notice", |snapshot| notice(snapshot, ProblemCode::DatabaseSetAside).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_without_their_database_were_thrown_away() {
    let provider = Provider::start().await;
    let mut office = provider.office().await;
    office.ask(Request::Pause).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], &large("Subject: large")).await;
    office.end().await;
    let data = office.folder.path().to_owned();
    let file = only_content(&data);
    std::fs::remove_file(data.join("queue.db")).unwrap();
    office.begin().await;
    until_noticed(&office, ProblemCode::DatabaseSetAside).await;
    assert!(data.join("damaged-1/content").join(file.file_name().unwrap()).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_content_was_away_for_a_while_was_given_up_at_once() {
    let provider = Provider::start().await;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let office = Office::start(e2e::office::settings_for(provider.fake.port(), &provider.ca_file()), clock.clone()).await;
    office.ask(Request::Pause).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], &large("Subject: large")).await;
    let file = only_content(office.folder.path());
    let quarantine = office.folder.path().join("quarantine");
    std::fs::rename(&file, &quarantine).unwrap();
    let mut events = office.engine().subscribe();
    office.ask(Request::Resume).await;
    let problem = until_noticed(&office, ProblemCode::MessageUnreadable).await;
    assert_eq!(problem.subject.as_deref(), Some("1"));
    assert!(problem.said.as_deref().is_some_and(|said| said.contains("failed to open")), "{problem:?}");
    assert!(notice(&office.snapshot().await, ProblemCode::StoreFailed).is_none(), "the disk can be written");
    // Nobody else waits for it.
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    // Half of it must not go out either, and is no trouble of the provider.
    std::fs::write(&file, "Subject: lar").unwrap();
    clock.advance(Duration::from_secs(11));
    office.engine().look();
    office.until("a second look", |snapshot| said_of_unreadable(snapshot).contains("12 bytes instead of")).await;
    std::fs::rename(&quarantine, &file).unwrap();
    clock.advance(Duration::from_secs(21));
    office.engine().look();
    provider.fake.until(2).await;
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;
    office.until_queue_is_empty().await;
    assert_eq!(provider.fake.messages()[1].forward_paths, ["ann@away.test"]);
    while let Ok(event) = events.try_recv() {
        let rests = matches!(&event.fact, Fact::Lane(lane) if matches!(lane.state, LaneState::Throttled { .. }));
        assert!(!rests, "the way out was never in doubt");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_makes_no_sense_was_read_again_without_a_pause() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    let mut office = provider.office().await;
    office.ask(Request::Pause).await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let other = Connection::open(office.folder.path().join("queue.db")).unwrap();
    other.execute_batch("UPDATE recipient SET forward_path = 'no address'").unwrap();
    drop(other);
    // Nothing of it is in memory any more.
    office.restart().await;
    let mut events = office.engine().subscribe();
    provider.fake.start_again().await;
    office.ask(Request::Resume).await;
    let problem = until_noticed(&office, ProblemCode::MessageUnreadable).await;
    assert!(problem.said.as_deref().is_some_and(|said| said.contains(&id)), "{problem:?}");
    // The rest goes on meanwhile.
    let mut device = office.device().await;
    for number in 1..=20 {
        device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
        provider.fake.until(number).await;
    }
    let mut tries = 0;
    while let Ok(event) = events.try_recv() {
        tries += usize::from(matches!(&event.fact, Fact::Lane(lane) if lane.state == LaneState::Sending));
    }
    assert!((1..=25).contains(&tries), "{tries} attempts");
    // It can be got rid of, and then it needs nobody.
    let which = Selection::Ids { ids: vec![id.clone()] };
    assert_eq!(office.ask(Request::Delete { which, tell_sender: false }).await, control::Answer::Count { count: 1 });
    office.until("no notice", |snapshot| snapshot.notices.is_empty()).await;
    office.until_queue_is_empty().await;
}

fn said_of_unreadable(snapshot: &Snapshot) -> &str {
    notice(snapshot, ProblemCode::MessageUnreadable).and_then(|problem| problem.said.as_deref()).unwrap_or_default()
}

/// One that is kept in a file.
fn large(head: &str) -> String {
    format!("{head}\r\n\r\n{}", "a line of a large message\r\n".repeat(10_000))
}

fn only_content(data: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(data.join("content")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}
