//! The shelf, killed and reopened.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::history::Term;
use crate::mail::reply::RemoteReply;
use crate::mail::wish::{EnvelopeId, Notify, OriginalRecipient, Ret};
use crate::mail::{Body, Envelope, ForwardPath, Kind, Peer, Priority, Returns, ReversePath, Summary, Wish};
use crate::queue::{Schedule, StateWord, Via, settle};
use crate::smarthost::{Outcome, Refusal, RefusalKind};
use std::time::Duration;

pub struct Quiet;

impl Watcher for Quiet {
    fn committed(&self, _: Commit) {}
    fn wants_summaries(&self) -> bool {
        true
    }
    fn condition(&self, _: Condition<'_>) {}
}

pub(super) fn open(folder: &Path) -> (Store, Opened) {
    Store::open(folder, Box::new(Quiet)).unwrap()
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(super) fn submission(to: &[&str], subject: &str, content: Content) -> Submission {
    Submission {
        id: MessageId::at(now()),
        kind: Kind::Mail,
        peer: Some(Peer { address: "10.0.0.7".parse().unwrap(), name: "scanner".into(), tls: None, account: None, extended: true }),
        envelope: Envelope::new(
            ReversePath::parse("scan@office.test").unwrap(),
            to.iter().map(|path| ForwardPath::parse(path).unwrap()).collect(),
        ),
        content,
        summary: Summary { subject: subject.into(), message_id: "<1@x>".into(), hops: 1, ..Summary::default() },
        accepted_at: now(),
        priority: Priority::Normal,
        held: None,
    }
}

pub(super) fn memory(text: &'static str) -> Content {
    Content::Memory(Bytes::from_static(text.as_bytes()))
}

pub(super) fn schedule() -> Schedule {
    Schedule {
        first_retry: Duration::from_secs(60),
        longest_retry: Duration::from_secs(60),
        lifetime: Duration::from_secs(999),
        delay_notice: None,
    }
}

pub(super) fn sent() -> Outcome {
    Outcome::Sent(RemoteReply::parse("250 2.0.0 taken as 77").unwrap())
}

fn busy() -> Outcome {
    Outcome::Deferred(Refusal { kind: RefusalKind::Temporary, reply: RemoteReply::parse("450 4.2.0 busy") })
}

/// Settles every recipient of the only open message.
async fn try_once(store: &Store, seq: Seq, outcomes: &[Outcome]) -> Touched {
    let entry = store.entry(seq).await.unwrap().unwrap();
    let tried: Vec<usize> = entry.unsettled().map(|(n, _)| n).collect();
    let settlement = settle(
        &entry,
        &tried,
        outcomes,
        &Via { lane: "default", server: "smart.test", tls: Some("TLSv1.3"), tells_senders: false },
        &schedule(),
        now(),
    );
    store.settle(settlement, None, Cause::Attempt, now()).await.unwrap()
}

#[tokio::test]
async fn what_was_kept_is_there_after_the_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test", "bob@away.test"], "Scan 1", memory("Subject: Scan 1\r\n\r\nx\r\n"))).await.unwrap();
    // No close: as if killed. The second connection sees only what is on the disk (WAL included).
    let (again, opened) = open(folder.path());
    assert_eq!(opened.open.len(), 1);
    let entry = again.entry(opened.open[0].seq).await.unwrap().unwrap();
    assert_eq!(entry.recipients.len(), 2);
    assert_eq!(entry.peer.as_ref().unwrap().name, "scanner");
    let Some(Content::Memory(bytes)) = again.content(&entry).await.unwrap() else { panic!("no content") };
    assert_eq!(&bytes[..], b"Subject: Scan 1\r\n\r\nx\r\n");
}

#[tokio::test]
async fn what_a_client_said_of_a_message_is_kept_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut sent = submission(&["j\u{f6}rg@b\u{fc}ro.test", "bob@away.test"], "Gr\u{fc}\u{df}e", memory("Subject: x\r\n"));
    sent.peer.as_mut().unwrap().account = Some("nas".into());
    sent.envelope.returns = Returns { ret: Some(Ret::Full), envelope_id: EnvelopeId::parse("job+2B1") };
    sent.envelope.forward_paths[0].wish =
        Wish { notify: Notify::parse("SUCCESS,DELAY"), original: OriginalRecipient::parse("rfc822;sales@office.test") };
    sent.envelope.forward_paths[1].wish.notify = Notify::parse("NEVER");
    sent.summary.eight_bit_header = true;
    store.keep(sent.clone()).await.unwrap();
    let (again, _) = open(folder.path());
    let entry = again.entry(1).await.unwrap().unwrap();
    assert!(entry.utf8 && entry.summary.eight_bit_header);
    assert_eq!(entry.returns, sent.envelope.returns);
    assert_eq!(entry.recipients.iter().map(|recipient| recipient.path.clone()).collect::<Vec<_>>(), sent.envelope.forward_paths);
    assert_eq!(entry.peer, sent.peer);
}

/// A queue written by the first form of the database, with a message in it.
#[tokio::test]
async fn an_older_queue_is_taken_over_with_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let older = Connection::open(folder.path().join("queue.db")).unwrap();
    older.execute_batch(include_str!("schema/0001.sql")).unwrap();
    older
        .execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO message (id, kind, accepted_at, reverse_path, body, eight_bit, size, client, client_name, extended, subject,
               message_id, first_recipient, recipients, unsettled, state, next_attempt)
             VALUES (x'00000000000000000000000000000007', 0, 1, 'scan@office.test', 1, 1, 3, '10.0.0.7', 'scanner', 1, 'Scan', '',
               'ann@away.test', 1, 1, 0, 1);
             INSERT INTO recipient (message, n, forward_path, state, due) VALUES (1, 0, 'ann@away.test', 0, 1);
             INSERT INTO content VALUES (1, 'x');",
        )
        .unwrap();
    drop(older);
    let (store, opened) = open(folder.path());
    assert_eq!((opened.open.len(), opened.set_aside.len()), (1, 0));
    let entry = store.entry(1).await.unwrap().unwrap();
    assert_eq!((entry.utf8, entry.returns, entry.body), (false, Returns::default(), Body::EightBitMime));
    assert_eq!(entry.recipients[0].path, ForwardPath::parse("ann@away.test").unwrap());
    store.keep(submission(&["bob@away.test"], "new", memory("x\r\n"))).await.unwrap();
}

#[tokio::test]
async fn a_message_leaves_the_queue_when_its_last_recipient_is_settled_and_its_content_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test", "bob@away.test"], "x", memory("\r\n"))).await.unwrap();
    let touched = try_once(&store, 1, &[sent(), busy()]).await;
    assert!(touched.after.open);
    assert_eq!(touched.after.word, StateWord::Deferred);
    assert_eq!(touched.after.next_attempt, Some(now().as_millisecond() + 60_000));
    let touched = try_once(&store, 1, &[sent()]).await;
    assert!(!touched.after.open);
    let entry = store.entry(1).await.unwrap().unwrap();
    assert!(store.content(&entry).await.unwrap().is_none());
    let (summary, _, records) = store.story(entry.id).await.unwrap().unwrap();
    assert_eq!((summary.state, summary.attempts, records.len()), (StateWord::Sent, 2, 3));
    let hours = open(folder.path()).1.hours;
    assert_eq!((hours[0].accepted, hours[0].sent), (1, 2));
}

#[tokio::test]
async fn a_settled_recipient_is_not_settled_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let entry = store.entry(1).await.unwrap().unwrap();
    let twice =
        || settle(&entry, &[0], &[sent()], &Via { lane: "default", server: "s", tls: None, tells_senders: false }, &schedule(), now());
    store.settle(twice(), None, Cause::Attempt, now()).await.unwrap();
    let second = store.settle(twice(), None, Cause::Attempt, now()).await.unwrap();
    assert!(second.news.is_empty());
    assert_eq!(store.story(entry.id).await.unwrap().unwrap().2.len(), 1);
}

#[tokio::test]
async fn a_large_content_goes_to_a_file_and_the_file_goes_with_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let id = MessageId::at(now());
    let mut writer = store.content_writer(id);
    let piece = vec![b'x'; 50_000];
    for _ in 0..10 {
        writer.write(&piece).await.unwrap();
    }
    let content = writer.finish().await.unwrap();
    assert_eq!(content.size(), 500_000);
    let Content::File { path, .. } = content.clone() else { panic!("in memory") };
    store.keep(Submission { id, ..submission(&["ann@away.test"], "x", content.clone()) }).await.unwrap();
    assert_eq!(store.content_piece(content, 499_990, 100).await.unwrap().len(), 10);
    // Still there after a crash, since a message needs it.
    let (store, _) = open(folder.path());
    assert!(path.exists());
    try_once(&store, 1, &[sent()]).await;
    store.close().await;
    assert!(!path.exists());
}

/// A large content, finished and in its file.
pub(super) async fn large(store: &Store) -> (MessageId, Content, PathBuf) {
    let id = MessageId::at(now());
    let mut writer = store.content_writer(id);
    writer.write(&vec![b'x'; 300_000]).await.unwrap();
    let content = writer.finish().await.unwrap();
    let Content::File { path, .. } = content.clone() else { panic!("in memory") };
    (id, content, path)
}

#[tokio::test]
async fn a_refused_content_leaves_nothing_behind_and_a_doubtful_one_stays_until_that_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let other = Connection::open(folder.path().join("queue.db")).unwrap();
    let keep = async |(id, content, path): (MessageId, Content, PathBuf)| {
        (store.keep(Submission { id, ..submission(&["ann@away.test"], "x", content) }).await, path)
    };
    other.execute_batch("CREATE TRIGGER fault BEFORE INSERT ON message BEGIN SELECT RAISE(FAIL, 'no'); END").unwrap();
    let (kept, path) = keep(large(&store).await).await;
    assert!(matches!(kept, Err(StoreError::Database(_))), "{kept:?}");
    assert!(!path.exists());
    // Nothing but the COMMIT fails: as with a disk that breaks at that moment, it may yet have happened.
    other
        .execute_batch(
            "DROP TRIGGER fault; CREATE TABLE trap (message REFERENCES message(seq) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER fault AFTER INSERT ON message BEGIN INSERT INTO trap VALUES (-1); END",
        )
        .unwrap();
    let (kept, path) = keep(large(&store).await).await;
    assert!(matches!(kept, Err(StoreError::Database(_))), "{kept:?}");
    assert!(path.exists());
    other.execute_batch("DROP TRIGGER fault").unwrap();
    let (kept, needed) = keep(large(&store).await).await;
    kept.unwrap();
    assert!(needed.exists());
    assert!(!path.exists(), "not kept after all");
}

#[tokio::test]
async fn a_message_taken_out_by_another_hand_is_not_settled_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let entry = store.entry(1).await.unwrap().unwrap();
    let other = Connection::open(folder.path().join("queue.db")).unwrap();
    other.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM message").unwrap();
    let settlement =
        settle(&entry, &[0], &[sent()], &Via { lane: "default", server: "s", tls: None, tells_senders: false }, &schedule(), now());
    let touched = store.settle(settlement, None, Cause::Attempt, now()).await.unwrap();
    assert!(!touched.after.open && touched.news.is_empty());
}

#[tokio::test]
async fn a_search_through_the_history_kept_mail_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let views = Arc::clone(&store.views);
    let search = std::thread::spawn(move || {
        let _busy = views.lock().unwrap();
        begin.send(()).unwrap();
        let _ = ended.recv();
    });
    begun.recv().unwrap();
    let entry = store.entry(1).await.unwrap().unwrap();
    assert!(store.content(&entry).await.unwrap().is_some());
    drop(end);
    search.join().unwrap();
}

#[tokio::test]
async fn unfinished_content_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut writer = store.content_writer(MessageId::at(now()));
    writer.write(&vec![b'x'; 300_000]).await.unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path().join("content")).unwrap().count(), 0);
    // A file left by a killed process goes at the next start.
    std::fs::write(folder.path().join("content/left.eml"), "x").unwrap();
    let _again = open(folder.path());
    assert_eq!(std::fs::read_dir(folder.path().join("content")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("queue.db"), vec![b'?'; 9000]).unwrap();
    std::fs::create_dir(folder.path().join("content")).unwrap();
    std::fs::write(folder.path().join("content/precious.eml"), "mail").unwrap();
    let (store, opened) = open(folder.path());
    let [SetAside { path: place, said }] = &opened.set_aside[..] else { panic!("{:?}", opened.set_aside) };
    assert!(said.contains("not a database"), "{said}");
    assert_eq!(std::fs::read(place.join("queue.db")).unwrap().len(), 9000);
    assert_eq!(std::fs::read_to_string(place.join("content/precious.eml")).unwrap(), "mail");
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
}

/// Overwrites the first page of a table, out of everybody's memory.
fn damage(folder: &Path, table: &str) {
    let other = Connection::open(folder.join("queue.db")).unwrap();
    let page: u32 = other.query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |row| row.get(0)).unwrap();
    other.execute_batch("UPDATE mark SET value = value").unwrap();
    while other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).unwrap() {}
    let mut file = std::fs::File::options().write(true).open(folder.join("queue.db")).unwrap();
    file.seek(SeekFrom::Start(u64::from(page - 1) * 4096)).unwrap();
    std::io::Write::write_all(&mut file, &[0xaa; 4096]).unwrap();
}

#[tokio::test]
async fn damage_found_while_a_large_database_is_opened_stopped_the_start() {
    for table in ["message", "hour"] {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
        // Too large to be looked through after an orderly end.
        let other = Connection::open(folder.path().join("queue.db")).unwrap();
        other.execute_batch("CREATE TABLE pad AS SELECT zeroblob(65 * 1024 * 1024)").unwrap();
        drop(other);
        store.close().await;
        damage(folder.path(), table);
        let (store, opened) = open(folder.path());
        assert_eq!(opened.set_aside.len(), 1, "{table}");
        store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    }
}

#[tokio::test]
async fn damage_met_on_the_way_is_no_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let other = Connection::open(folder.path().join("queue.db")).unwrap();
    let marks = || {
        let marks: String =
            other.query_row("SELECT group_concat(name || value) FROM (SELECT * FROM mark ORDER BY name)", [], |row| row.get(0)).unwrap();
        marks
    };
    assert_eq!(marks(), "clean0,damaged0");
    damage(folder.path(), "recipient");
    let read = store.entry(1).await;
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    store.close().await;
    assert_eq!(marks(), "clean0,damaged1");
}

/// An index that lacks what its table has: no page of it is wrong.
fn spoil_an_index(folder: &Path) {
    let reopened = || {
        let sql = Connection::open(folder.join("queue.db")).unwrap();
        sql.execute_batch("PRAGMA writable_schema = ON").unwrap();
        sql
    };
    let index = "name = 'message_settled'";
    reopened()
        .execute_batch(&format!("CREATE TABLE saved AS SELECT * FROM sqlite_schema WHERE {index}; DELETE FROM sqlite_schema WHERE {index}"))
        .unwrap();
    reopened().execute_batch("UPDATE message SET unsettled = 0, settled_at = 1").unwrap();
    reopened().execute_batch("INSERT INTO sqlite_schema SELECT * FROM saved").unwrap();
    reopened().execute_batch("DROP TABLE saved").unwrap();
}

#[tokio::test]
async fn after_damage_was_met_a_closer_look_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    store.close().await;
    spoil_an_index(folder.path());
    let (store, opened) = open(folder.path());
    assert_eq!(opened.set_aside, [], "the quick look sees nothing");
    store.close().await;
    write::mark(&Connection::open(folder.path().join("queue.db")).unwrap(), write::DAMAGED, true).unwrap();
    let (_, opened) = open(folder.path());
    assert!(opened.set_aside[0].said.contains("message_settled"), "{:?}", opened.set_aside);
}

#[tokio::test]
async fn a_database_of_a_newer_outtray_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    Connection::open(folder.path().join("queue.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(folder.path(), Box::new(Quiet)), Err(StoreError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn hold_release_and_try_now_change_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let act = async |seqs: &[Seq], act| {
        let changed = store.act(seqs, act, now()).await.unwrap();
        let page = store.page(Which::Queue, Filter::default(), 0, 1).await.unwrap();
        (changed, page.entries[0].state)
    };
    assert_eq!(act(&[1], Act::Hold).await, (1, StateWord::Held));
    assert_eq!(act(&[1], Act::Hold).await, (0, StateWord::Held));
    assert_eq!(act(&[1, 99], Act::Release).await, (1, StateWord::Queued));
    try_once(&store, 1, &[busy()]).await;
    assert_eq!(act(&[1], Act::TryNow).await, (1, StateWord::Deferred));
    assert_eq!(store.entry(1).await.unwrap().unwrap().next_attempt(), Some(now()));
}

#[tokio::test]
async fn pages_filter_by_every_term_and_state() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    for (to, subject) in
        [(&["ann@away.test"][..], "Scan 100%"), (&["bob@away.test", "zoe@far.test"], "Invoice_7"), (&["ann@away.test"], "x")]
    {
        store.keep(submission(to, subject, memory("\r\n"))).await.unwrap();
    }
    try_once(&store, 3, &[sent()]).await;
    let total = async |which, terms: Vec<Term>, states: Vec<StateWord>| {
        store.page(which, Filter { terms, states, lane: None, accepted_until: None }, 0, 10).await.unwrap().total
    };
    let text = |text: &str| Term::Anywhere(text.into());
    assert_eq!(total(Which::Queue, vec![], vec![]).await, 2);
    assert_eq!(total(Which::History, vec![], vec![]).await, 3);
    assert_eq!(total(Which::History, vec![text("100%")], vec![]).await, 1);
    assert_eq!(total(Which::History, vec![text("_")], vec![]).await, 1);
    assert_eq!(total(Which::History, vec![text("FAR.test")], vec![]).await, 1);
    assert_eq!(total(Which::History, vec![text("taken as 77")], vec![]).await, 1);
    assert_eq!(total(Which::History, vec![Term::To("zoe".into()), Term::Subject("invoice".into())], vec![]).await, 1);
    assert_eq!(total(Which::History, vec![Term::Client("10.0.0".into())], vec![]).await, 3);
    assert_eq!(total(Which::History, vec![Term::From("nobody".into())], vec![]).await, 0);
    assert_eq!(total(Which::History, vec![], vec![StateWord::Sent]).await, 1);
    assert_eq!(total(Which::Queue, vec![], vec![StateWord::Queued]).await, 2);
    assert_eq!(total(Which::History, vec![Term::After(now()), Term::Before(now())], vec![]).await, 0);
    let newest_first = store.page(Which::History, Filter::default(), 1, 1).await.unwrap();
    assert_eq!(newest_first.entries[0].subject, "Invoice_7");
    assert_eq!(store.matching(Filter::default()).await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn old_history_is_forgotten_and_waiting_mail_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "done", memory("\r\n"))).await.unwrap();
    store.keep(submission(&["ann@away.test"], "waits", memory("\r\n"))).await.unwrap();
    try_once(&store, 1, &[sent()]).await;
    let later = now().checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!(store.prune(later, now()).await.unwrap(), 2, "a message, and the client that was not seen since");
    let left = store.page(Which::History, Filter::default(), 0, 10).await.unwrap();
    assert_eq!(left.entries.iter().map(|e| e.subject.as_str()).collect::<Vec<_>>(), ["waits"]);
}
