//! Accounts, refusals, devices, bursts and priorities on the shelf.

#![allow(clippy::unwrap_used)]

use super::tests::{Quiet, memory, now, open, submission};
use super::*;
use crate::mail::{HeldWhy, Kind, Peer, Priority};
use crate::policy::burst::Who;
use crate::queue::RecordKind;
use jiff::SignedDuration;

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn hash(text: &str) -> Hash {
    Hash::from_database(text.into())
}

fn line(client: Option<[u8; 4]>, why: RefusedWhy, count: u32, at: Timestamp) -> RefusalLine {
    RefusalLine {
        hour: at.as_second().div_euclid(3600),
        client: client.map(IpAddr::from),
        client_name: "scanner".into(),
        why,
        count,
        first_at: at,
        last_at: at,
        sender: "scan@office.test".into(),
        recipient: "ann@away.test".into(),
        reply: "550 5.7.1 100% no".into(),
    }
}

fn from(address: [u8; 4], account: Option<&str>, held: Option<HeldWhy>, at: Timestamp) -> Submission {
    let peer = Peer {
        address: address.into(),
        name: "printer".into(),
        tls: Some("TLSv1.3".into()),
        account: account.map(str::to_owned),
        extended: true,
    };
    Submission {
        id: MessageId::at(at),
        peer: Some(peer),
        held,
        accepted_at: at,
        ..submission(&["ann@away.test", "bob@away.test"], "x", memory("\r\n"))
    }
}

fn burst(who: &str) -> Option<HeldWhy> {
    Some(HeldWhy::Burst { who: who.into() })
}

#[tokio::test]
async fn passwords_are_set_replaced_used_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let set = |name: &str, text: &str| AccountChange::Set { name: name.into(), hash: hash(text), now: now() };
    let of = async |name: &str| store.password_hash(name.into()).await.unwrap();
    store.change_account(set("Branch", "one")).await.unwrap();
    store.change_account(set("BRANCH", "two")).await.unwrap();
    store.change_account(set("Büro", "three")).await.unwrap();
    assert_eq!((of("branch").await, of("BÜRO").await, of("other").await), (Some(hash("two")), Some(hash("three")), None));
    for (at, used) in [(1, 1), (30, 1), (61, 61)] {
        store.change_account(AccountChange::Used { name: "Branch".into(), now: later(at) }).await.unwrap();
        assert_eq!(store.accounts().await.unwrap()[0].used_at, Some(later(used)), "written once a minute");
    }
    store.change_account(AccountChange::KeepOnly { names: vec!["büro".into()] }).await.unwrap();
    assert_eq!(store.accounts().await.unwrap(), [AccountState { name: "büro".into(), set_at: now(), used_at: None }]);
    store.change_account(AccountChange::Remove { name: "BÜRO".into() }).await.unwrap();
    assert_eq!(store.accounts().await.unwrap(), []);
}

#[tokio::test]
async fn refusals_are_added_up_found_counted_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.write_refusals(vec![line(Some([10, 0, 0, 7]), RefusedWhy::NotAllowed, 3, now())]).await.unwrap();
    let newer = RefusalLine { sender: "new@office.test".into(), ..line(Some([10, 0, 0, 7]), RefusedWhy::NotAllowed, 4, later(60)) };
    store.write_refusals(vec![newer, line(None, RefusedWhy::SignInFailed, 900, later(30))]).await.unwrap();
    store.write_refusals(vec![line(Some([10, 0, 0, 8]), RefusedWhy::Loop, 1, later(7200))]).await.unwrap();
    let page = async |text: &str, offset| {
        let page = store.refusals(crate::history::words(text), offset, 2).await.unwrap();
        let told: Vec<_> = page.lines.iter().map(|line| (line.client.map(|client| client.to_string()), line.count)).collect();
        (told, page.total)
    };
    let all = [(Some("10.0.0.8".to_owned()), 1), (Some("10.0.0.7".to_owned()), 7), (None, 900)];
    assert_eq!(page("", 0).await, (all[..2].to_vec(), 3));
    assert_eq!(page("", 2).await, (all[2..].to_vec(), 3));
    assert_eq!(page("10.0.0.7", 0).await, (vec![all[1].clone()], 1));
    assert_eq!(page("NEW@office no", 0).await, (vec![all[1].clone()], 1));
    assert_eq!(page("100%", 0).await.1, 3);
    assert_eq!(page("100_", 0).await.1, 0, "no wildcards");
    let folded = store.refusals(vec!["10.0.0.7".into()], 0, 1).await.unwrap().lines.remove(0);
    assert_eq!((folded.first_at, folded.last_at), (now(), later(60)));
    let hours = read::last_hours(&schema::open_reader(folder.path()).unwrap()).unwrap();
    assert_eq!(hours.iter().map(|hour| hour.refused).sum::<u32>(), 908);
    assert_eq!(store.refused_in(folded.hour).await.unwrap(), [([10, 0, 0, 7].into(), RefusedWhy::NotAllowed)]);
    assert_eq!(store.prune(later(61), later(61)).await.unwrap(), 2);
    assert_eq!(page("", 0).await, (all[..1].to_vec(), 1));
}

#[tokio::test]
async fn devices_are_remembered_with_what_they_sent_and_were_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (printer, scanner) = ([10, 0, 0, 7], [10, 0, 0, 8]);
    store.keep(from(printer, Some("branch"), None, now())).await.unwrap();
    let [ref first] = store.devices(now()).await.unwrap()[..] else { panic!("one device") };
    assert_eq!((first.recipients_this_hour, first.busiest_hour), (2, 0), "an hour that is not over is not usual yet");
    store.keep(from(printer, None, None, later(3600))).await.unwrap();
    store.keep(from(printer, None, burst("10.0.0.7"), later(3601))).await.unwrap();
    store.write_refusals(vec![line(Some(scanner), RefusedWhy::NotAllowed, 5, later(-90_000))]).await.unwrap();
    store
        .write_refusals(vec![line(Some(scanner), RefusedWhy::TooMuch, 2, later(60)), line(None, RefusedWhy::Loop, 1, later(9000))])
        .await
        .unwrap();
    let devices = store.devices(later(3700)).await.unwrap();
    let told: Vec<_> = devices.iter().map(|device| (device.address, device.name.as_str(), device.messages, device.refused_today)).collect();
    assert_eq!(told, [(printer.into(), "printer", 3, 0), (scanner.into(), "scanner", 0, 2)]);
    let [first, second] = &devices[..] else { panic!("{devices:?}") };
    assert_eq!((first.account.as_deref(), first.tls.as_deref()), (Some("branch"), Some("TLSv1.3")), "the last it signed in with");
    assert_eq!((first.first_at, first.last_at, first.messages_today), (now(), later(3601), 3));
    assert_eq!((first.recipients_this_hour, first.busiest_hour, first.held), (4, 2, 1));
    assert_eq!((second.first_at, second.last_at), (later(-90_000), later(60)));
    assert_eq!(second.last_refusal.as_ref().map(|line| line.why), Some(RefusedWhy::TooMuch));
    let tomorrow = store.devices(later(3700 + 86_400)).await.unwrap();
    assert_eq!((tomorrow[0].messages_today, tomorrow[0].messages, tomorrow[0].recipients_this_hour), (0, 3, 0));
    assert!(store.prune(later(3600), later(3700)).await.unwrap() > 0);
    assert_eq!(store.devices(later(3700)).await.unwrap().len(), 1, "who was not seen since is forgotten");
}

#[tokio::test]
async fn a_burst_is_ended_by_letting_it_go_or_by_keeping_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let who = "10.0.0.7";
    store.keep(from([10, 0, 0, 7], Some("branch"), None, now())).await.unwrap();
    store.keep(from([10, 0, 0, 7], Some("branch"), burst(who), now())).await.unwrap();
    store.keep(from([10, 0, 0, 8], None, burst("account:branch"), now())).await.unwrap();
    let rule = Some(HeldWhy::HeaderRule { name: "Lists".into() });
    store.keep(from([10, 0, 0, 7], None, rule.clone(), now())).await.unwrap();
    assert_eq!(store.bursting().await.unwrap(), [who, "account:branch"]);
    let hours = |hours: &BTreeMap<String, Vec<SentHour>>, who: &str| {
        hours.get(who).map(|hours| hours.iter().map(|hour| (hour.recipients, hour.held, hour.usual)).collect::<Vec<_>>())
    };
    let sent = store.sent_hours(now()).await.unwrap();
    assert_eq!(hours(&sent, who), Some(vec![(4, 2, 0)]));
    assert_eq!(hours(&sent, "account:branch"), Some(vec![(2, 2, 0)]));

    let released = store.end_burst(who.into(), true, now()).await.unwrap();
    assert_eq!(released.iter().map(|touched| (touched.seq, touched.after.held)).collect::<Vec<_>>(), [(2, false)]);
    assert_eq!(hours(&store.sent_hours(now()).await.unwrap(), who), Some(vec![(6, 0, 6)]));
    let id = store.entry(2).await.unwrap().unwrap().id;
    let kinds: Vec<RecordKind> = store.story(id).await.unwrap().unwrap().2.into_iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [RecordKind::Held, RecordKind::Released]);

    let kept = store.end_burst("account:branch".into(), false, now()).await.unwrap();
    assert_eq!(kept.iter().map(|touched| (touched.seq, touched.after.held)).collect::<Vec<_>>(), [(3, true)]);
    assert_eq!(store.bursting().await.unwrap(), [""; 0]);
    let held: Vec<_> =
        store.page(Which::Queue, Filter::default(), 0, 9).await.unwrap().entries.into_iter().map(|entry| entry.held).collect();
    assert_eq!(held, [None, None, Some(HeldWhy::Person), rule]);
    assert_eq!(store.end_burst(who.into(), true, now()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_message_keeps_its_priority_and_why_it_is_held_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    for (priority, held) in [(Priority::High, None), (Priority::Normal, burst("10.0.0.7")), (Priority::Low, None)] {
        store.keep(Submission { priority, ..from([10, 0, 0, 7], None, held, now()) }).await.unwrap();
    }
    store.close().await;
    let (store, opened) = open(folder.path());
    let told: Vec<_> = opened.open.iter().map(|open| (open.priority, open.held)).collect();
    assert_eq!(told, [(Priority::High, false), (Priority::Normal, true), (Priority::Low, false)]);
    for open in &opened.open {
        assert_eq!(open.sender, store.entry(open.seq).await.unwrap().unwrap().sender(), "the same before and after a restart");
    }
    assert_eq!(opened.held, 1);
    let entry = store.entry(1).await.unwrap().unwrap();
    assert_eq!((entry.priority, entry.held, entry.kind), (Priority::High, false, Kind::Mail));
    assert_eq!(store.page(Which::Queue, Filter::default(), 1, 1).await.unwrap().entries[0].held, burst("10.0.0.7"));
    // A person's hand takes the place of the reason.
    store.act(&[2], Act::Release, now()).await.unwrap();
    store.act(&[2], Act::Hold, now()).await.unwrap();
    assert_eq!(store.page(Which::Queue, Filter::default(), 1, 1).await.unwrap().entries[0].held, Some(HeldWhy::Person));
}

#[tokio::test]
async fn what_is_usual_is_counted_for_the_address_and_for_its_account() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.keep(from([10, 0, 0, 7], Some("branch"), None, now())).await.unwrap();
    store.keep(from([10, 0, 0, 8], Some("branch"), None, later(1))).await.unwrap();
    store.keep(Submission { peer: None, ..from([10, 0, 0, 9], None, None, now()) }).await.unwrap();
    let sent = store.sent_hours(now()).await.unwrap();
    let told: Vec<_> = sent.iter().map(|(who, hours)| (who.as_str(), hours[0].recipients)).collect();
    assert_eq!(told, [("10.0.0.7", 2), ("10.0.0.8", 2), ("account:branch", 4)]);
    assert!(sent.keys().all(|who| Who::parse(who).is_some()));
    let weeks = later(16 * 86_400);
    assert_eq!(store.sent_hours(weeks).await.unwrap().len(), 0, "hours that count no more");
    assert_eq!(store.prune(later(-1), weeks).await.unwrap(), 3);
}

#[tokio::test]
async fn a_database_of_the_first_form_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let sql = Connection::open(folder.path().join("queue.db")).unwrap();
    sql.execute_batch(include_str!("schema/0001.sql")).unwrap();
    sql.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO message (id, kind, accepted_at, reverse_path, body, eight_bit, size, client_name, extended, subject, message_id,
           held, first_recipient, recipients, unsettled, state, next_attempt)
         VALUES (x'00000000000000000000000000000007', 0, 1000, 'a@b.test', 0, 0, 1, '', 0, 'old', '', 1, 'c@d.test', 1, 1, 0, 1000);
         INSERT INTO recipient (message, n, forward_path, state, due) VALUES (1, 0, 'c@d.test', 0, 1000);
         INSERT INTO hour VALUES (7, 5, 4, 3, 2);",
    )
    .unwrap();
    drop(sql);
    let (store, opened) = Store::open(folder.path(), Box::new(Quiet)).unwrap();
    assert_eq!(opened.open.iter().map(|open| (open.seq, open.priority, open.held)).collect::<Vec<_>>(), [(1, Priority::Normal, true)]);
    let page = store.page(Which::Queue, Filter::default(), 0, 9).await.unwrap();
    assert_eq!((page.entries[0].subject.as_str(), &page.entries[0].held), ("old", &Some(HeldWhy::Person)));
    let hour = Hour { number: 7, accepted: 5, sent: 4, failed: 3, refused: 2, sent_again: 0 };
    assert_eq!(opened.hours, [hour], "hours from before anybody counted what was sent again");
}
