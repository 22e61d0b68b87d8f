//! The shelf, killed and reopened.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::history::Term;
use crate::mail::reply::RemoteReply;
use crate::mail::wish::{EnvelopeId, Notify, OriginalRecipient, Ret};
use crate::mail::{Body, Envelope, ForwardPath, Kind, Peer, Returns, ReversePath, Summary, Wish};
use crate::queue::{Schedule, StateWord, Via, settle};
use crate::smarthost::{Outcome, Refusal, RefusalKind};
use std::time::Duration;

struct Quiet;

impl Watcher for Quiet {
    fn committed(&self, _: Commit) {}
    fn wants_summaries(&self) -> bool {
        true
    }
    fn failing(&self, _: Option<&StoreError>) {}
}

fn open(folder: &Path) -> (Store, Opened) {
    Store::open(folder, Box::new(Quiet)).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn submission(to: &[&str], subject: &str, content: Content) -> Submission {
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
    }
}

fn memory(text: &'static str) -> Content {
    Content::Memory(Bytes::from_static(text.as_bytes()))
}

fn schedule() -> Schedule {
    Schedule {
        first_retry: Duration::from_secs(60),
        longest_retry: Duration::from_secs(60),
        lifetime: Duration::from_secs(999),
        delay_notice: None,
    }
}

fn sent() -> Outcome {
    Outcome::Sent(RemoteReply::parse("250 2.0.0 taken as 77").unwrap())
}

fn busy() -> Outcome {
    Outcome::Deferred(Refusal { kind: RefusalKind::Temporary, reply: RemoteReply::parse("450 4.2.0 busy") })
}

/// Settles every recipient of the only open message.
async fn try_once(store: &Store, seq: Seq, outcomes: &[Outcome]) -> Touched {
    let entry = store.entry(seq).await.unwrap().unwrap();
    let tried: Vec<usize> = entry.unsettled().map(|(n, _)| n).collect();
    let settlement =
        settle(&entry, &tried, outcomes, &Via { server: "smart.test", tls: Some("TLSv1.3"), tells_senders: false }, &schedule(), now());
    store.settle(settlement, None, now()).await.unwrap()
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
    assert_eq!((opened.open.len(), opened.set_aside), (1, None));
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
    assert_eq!((summary.state, summary.attempts, records.len()), (StateWord::Sent, 1, 3));
    let hours = store.hours_since(0).await.unwrap();
    assert_eq!((hours[0].accepted, hours[0].sent), (1, 2));
}

#[tokio::test]
async fn a_settled_recipient_is_not_settled_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
    let entry = store.entry(1).await.unwrap().unwrap();
    let twice = || settle(&entry, &[0], &[sent()], &Via { server: "s", tls: None, tells_senders: false }, &schedule(), now());
    store.settle(twice(), None, now()).await.unwrap();
    let second = store.settle(twice(), None, now()).await.unwrap();
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
    let (place, said) = opened.set_aside.unwrap();
    assert!(said.contains("not a database"), "{said}");
    assert_eq!(std::fs::read(place.join("queue.db")).unwrap().len(), 9000);
    assert_eq!(std::fs::read_to_string(place.join("content/precious.eml")).unwrap(), "mail");
    store.keep(submission(&["ann@away.test"], "x", memory("\r\n"))).await.unwrap();
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
    let word = |touched: Vec<Touched>| touched.first().map(|t| t.after.word);
    assert_eq!(word(store.act(vec![1], Act::Hold, now()).await.unwrap()), Some(StateWord::Held));
    assert_eq!(word(store.act(vec![1], Act::Hold, now()).await.unwrap()), None);
    assert_eq!(word(store.act(vec![1, 99], Act::Release, now()).await.unwrap()), Some(StateWord::Queued));
    try_once(&store, 1, &[busy()]).await;
    let touched = store.act(vec![1], Act::TryNow, now()).await.unwrap();
    assert_eq!(touched[0].after.next_attempt, Some(now().as_millisecond()));
    assert_eq!(touched[0].after.word, StateWord::Deferred);
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
        store.page(which, Filter { terms, states, accepted_until: None }, 0, 10).await.unwrap().total
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
    assert_eq!(store.prune(later).await.unwrap(), 1);
    let left = store.page(Which::History, Filter::default(), 0, 10).await.unwrap();
    assert_eq!(left.entries.iter().map(|e| e.subject.as_str()).collect::<Vec<_>>(), ["waits"]);
}
