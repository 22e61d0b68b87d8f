//! The database cannot be written: nothing is promised, nothing is handed over twice, and all goes on by itself.

use super::{MESSAGE, Provider, reply};
use control::request::EntryFilter;
use control::view::{LaneState, RecipientState};
use control::{ProblemCode, Request, Selection};
use e2e::{Office, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use relay::event::Fact;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;

/// What another program has of the queue's database.
fn another_program(office: &Office) -> Connection {
    let other = Connection::open(office.folder.path().join("queue.db")).unwrap();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    other
}

async fn until_it_fails(office: &Office) {
    office.until("a store that fails", |snapshot| snapshot.notices.iter().any(|n| n.code == ProblemCode::StoreFailed)).await;
}

async fn until_it_works(office: &Office) {
    office.until("a store that works", |snapshot| snapshot.notices.is_empty()).await;
}

/// What was asked before now waits in the writer's row: each of these takes as many steps as getting there.
async fn all_asked(office: &Office) {
    for _ in 0..30 {
        office.snapshot().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_outcome_could_not_be_kept_was_handed_over_again_and_again() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    office.ask(Request::Pause).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let other = another_program(&office);
    other.execute_batch("CREATE TRIGGER fault BEFORE UPDATE ON recipient BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END").unwrap();
    office.ask(Request::Resume).await;
    provider.fake.until(1).await;
    until_it_fails(&office).await;
    // What can be kept is taken, but waits: what became of it could not be kept either.
    let mut device = office.device().await;
    for _ in 0..20 {
        device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    }
    assert_eq!(provider.fake.messages().len(), 1, "copies");
    assert_eq!(office.snapshot().await.counters.waiting, 21);
    other.execute_batch("DROP TRIGGER fault").unwrap();
    office.until_queue_is_empty().await;
    until_it_works(&office).await;
    let taken = provider.fake.messages();
    assert_eq!((taken.len(), taken[0].forward_paths[0].as_str()), (21, "ann@away.test"), "each once");
    assert!(office.history().await.iter().all(|entry| entry.state == RecipientState::Sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_holds_the_database_cost_a_copy_every_ten_seconds() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let other = another_program(&office);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    provider.fake.start_again().await;
    office.ask(Request::TryLane).await;
    provider.fake.until(1).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let heard = device.sends_message(MESSAGE).await;
    assert!(heard.starts_with("451 4.3.0 "), "{heard}");
    until_it_fails(&office).await;
    other.execute_batch("COMMIT").unwrap();
    office.until_queue_is_empty().await;
    until_it_works(&office).await;
    // The same connection may send again.
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    assert_eq!(provider.fake.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_was_told_that_the_relay_stops_when_its_store_failed() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let other = another_program(&office);
    other.execute_batch("CREATE TRIGGER fault BEFORE INSERT ON message BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END").unwrap();
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let heard = device.sends_message(MESSAGE).await;
    assert!(heard.starts_with("451 4.3.0 "), "{heard}");
    let asked = office.ask(Request::SendTest { sender: "relay@office.test".into(), recipient: "ann@away.test".into() }).await;
    let control::Answer::Refused { refused: control::Refused::Trouble { problem } } = asked else { panic!("{asked:?}") };
    assert_eq!(problem.code, ProblemCode::StoreFailed);
    assert!(problem.said.as_deref().is_some_and(|said| said.contains("disk I/O error")), "{problem:?}");
    other.execute_batch("DROP TRIGGER fault").unwrap();
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    until_it_works(&office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_in_the_same_commit_as_an_outcome_was_forgotten() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 busy"));
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    (settings.delivery.first_rest_seconds, settings.delivery.longest_rest_seconds) = (60, 60);
    let office = Office::start(settings, clock.clone()).await;
    let mut device = office.device().await;
    let id = device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let other = another_program(&office);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The first waits for the lock; what comes behind it shares the next commit.
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<bob@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    device.sends(b"Subject: first in line\r\n\r\nx\r\n.\r\n").await;
    provider.fake.start_again().await;
    office.ask(Request::TryLane).await;
    provider.fake.until_command("RCPT TO:<ann@away.test>").await;
    provider.fake.until_command("RSET").await;
    all_asked(&office).await;
    let hold = office.ask(Request::Hold { which: Office::one(&id) });
    let unlock = async {
        all_asked(&office).await;
        other.execute_batch("COMMIT").unwrap();
    };
    let (held, ()) = tokio::join!(hold, unlock);
    assert_eq!(held, control::Answer::Count { count: 1 });
    device.hears("250 *").await;
    provider.fake.until(1).await;
    clock.advance(Duration::from_secs(600));
    office.engine().look();
    device.hands_in("scan@office.test", &["zoe@away.test"], MESSAGE).await;
    provider.fake.until(2).await;
    assert_eq!(office.queue().await[0].state, RecipientState::Held);
    assert!(provider.fake.messages().iter().all(|message| message.forward_paths != ["ann@away.test"]), "handed over while on hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_took_a_commit_for_every_message() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    office.ask(Request::Pause).await;
    let mut device = office.device().await;
    for _ in 0..300 {
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    }
    // The counters are told once with every commit.
    let mut events = office.engine().subscribe();
    let all = Selection::Matching { filter: EntryFilter::default(), accepted_until: SystemClock.now().as_millisecond() };
    assert_eq!(office.ask(Request::Delete { which: all, tell_sender: false }).await, control::Answer::Count { count: 300 });
    let mut commits = 0;
    while let Ok(event) = events.try_recv() {
        commits += usize::from(matches!(event.fact, Fact::Counters(_)));
    }
    assert!((1..=60).contains(&commits), "{commits} commits");
    assert_eq!(office.snapshot().await.counters.waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_could_not_be_kept_was_forgotten() {
    let provider = Provider::start().await;
    provider.fake.at(Stage::Rcpt(String::new()), reply("450 4.2.0 busy"));
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    (settings.delivery.first_retry_seconds, settings.delivery.longest_retry_seconds) = (3600, 3600);
    // Soon enough that the clock does not leap there: after a leap mail is tried first.
    settings.delivery.delay_notice_seconds = 500;
    let office = Office::start(settings, clock.clone()).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("a first attempt", |snapshot| snapshot.counters.deferred == 1).await;
    let other = another_program(&office);
    other
        .execute_batch("CREATE TRIGGER fault BEFORE UPDATE OF noticed ON message BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END")
        .unwrap();
    clock.advance(Duration::from_secs(501));
    office.engine().look();
    until_it_fails(&office).await;
    other.execute_batch("DROP TRIGGER fault").unwrap();
    until_it_works(&office).await;
    provider.fake.calm();
    clock.advance(Duration::from_secs(60));
    office.engine().look();
    let taken = provider.fake.until(1).await;
    assert!(String::from_utf8_lossy(&taken[0].content).contains("Action: delayed"));
}

/// A file that is read-only to everybody, also to those who have it open.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_costs_no_message_and_no_copy() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let Some(locked) = Immutable::make(office.folder.path().join("queue.db-wal")) else {
        return e2e::left_out("the right to make a file immutable (root), and a file system that knows it");
    };
    provider.fake.start_again().await;
    office.ask(Request::TryLane).await;
    provider.fake.until(1).await;
    until_it_fails(&office).await;
    // Large ones bring a file: what is refused leaves none behind.
    for content in [MESSAGE.to_owned(), format!("Subject: large\r\n\r\n{}", "a line\r\n".repeat(40_000))] {
        device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
        device.says("RCPT TO:<bob@away.test>").await.hears("250 *").await;
        let heard = device.sends_message(&content).await;
        assert!(heard.starts_with("451 4.3.0 "), "{heard}");
    }
    assert_eq!(provider.fake.messages().len(), 1);
    drop(locked);
    office.until_queue_is_empty().await;
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    until_it_works(&office).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    assert_eq!(provider.fake.messages().len(), 2);
    assert_eq!(std::fs::read_dir(office.folder.path().join("content")).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
struct Immutable(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Immutable {
    fn make(file: std::path::PathBuf) -> Option<Self> {
        let made = std::process::Command::new("chattr").arg("+i").arg(&file).stderr(std::process::Stdio::null()).status();
        made.is_ok_and(|status| status.success()).then_some(Self(file))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = std::process::Command::new("chattr").arg("-i").arg(&self.0).status();
    }
}
