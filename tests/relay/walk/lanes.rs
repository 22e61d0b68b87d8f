//! Several smart hosts: which mail goes through which, what happens when one is down, and what a person does about one.

mod failover;

use super::{MESSAGE, reply};
use control::request::{EntryFilter, LaneAct, Selection};
use control::settings::{AccessRule, NamedSmartHost, NullSender, Pace, RouteSettings, Settings, SignIn, SmartHostEncryption};
use control::view::{LaneState, LaneView, RecipientState, Snapshot};
use control::{Answer, ProblemCode, Request};
use e2e::{Client, FakeSmartHost, Office, SmartHostRunning, Stage};
use relay::clock::{Clock, HandWound, SystemClock};
use relay::event::Fact;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Two providers that want neither encryption nor a sign-in.
struct Two {
    first: SmartHostRunning,
    second: SmartHostRunning,
}

impl Two {
    async fn start() -> Self {
        Self { first: FakeSmartHost::new().start().await, second: FakeSmartHost::new().start().await }
    }

    /// The first is the default one, the second is called `second`.
    fn settings(&self) -> Settings {
        let mut settings = e2e::office::settings_for(self.first.port(), std::path::Path::new(""));
        let smart_host = settings.smart_host.as_mut().unwrap();
        smart_host.extra_ca_file = None;
        smart_host.sign_in = SignIn::None;
        smart_host.encryption = SmartHostEncryption::None;
        let mut second = smart_host.clone();
        second.port = self.second.port();
        settings.other_smart_hosts = vec![NamedSmartHost { name: "second".into(), smart_host: second }];
        settings.delivery.failover_after_seconds = 0;
        settings
    }

    async fn office(&self, change: impl FnOnce(&mut Settings)) -> Office {
        let mut settings = self.settings();
        change(&mut settings);
        Office::start(settings, Arc::new(SystemClock)).await
    }
}

fn route(senders: &[&str], recipients: &[&str], clients: &[&str], via: &[&str]) -> RouteSettings {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let (senders, recipients, clients, via) = (owned(senders), owned(recipients), owned(clients), owned(via));
    RouteSettings { name: String::new(), senders, recipients, clients, via }
}

fn lane_two(snapshot: &Snapshot) -> &LaneView {
    &snapshot.other_lanes[0]
}

fn rests(lane: &LaneView) -> bool {
    matches!(lane.state, LaneState::Throttled { .. })
}

fn to(smart_host: &SmartHostRunning) -> Vec<String> {
    let mut to: Vec<String> = smart_host.messages().iter().flat_map(|taken| taken.forward_paths.clone()).collect();
    to.sort();
    to
}

async fn act(office: &Office, lane: &str, act: LaneAct) {
    assert_eq!(office.ask(Request::Lane { lane: lane.into(), act }).await, Answer::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_takes_the_way_of_its_sender_its_recipient_and_its_device() {
    let two = Two::start().await;
    let office = two
        .office(|settings| {
            settings.rules.push(AccessRule::allowing("127.0.0.2/32", "Alarm"));
            settings.routes = vec![
                route(&["news@office.test"], &[], &[], &["second"]),
                route(&[], &["partner.test"], &[], &["second"]),
                route(&[], &[], &["Alarm"], &["second"]),
            ];
        })
        .await;
    let address = office.address().await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["plain@away.test"], MESSAGE).await;
    device.hands_in("news@office.test", &["news@away.test"], MESSAGE).await;
    // One message, to recipients that take different ways.
    device.hands_in("scan@office.test", &["ann@away.test", "bob@partner.test", "cyd@away.test"], MESSAGE).await;
    let mut alarm = Client::connect_from(Ipv4Addr::new(127, 0, 0, 2), address).await;
    alarm.hears("220 *").await;
    alarm.says("HELO alarm").await.hears("250 *").await;
    alarm.hands_in("scan@office.test", &["alarm@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    assert_eq!(to(&two.first), ["ann@away.test", "cyd@away.test", "plain@away.test"]);
    assert_eq!(to(&two.second), ["alarm@away.test", "bob@partner.test", "news@away.test"]);
    // The story says through which.
    let history = office.history().await;
    let news = history.iter().find(|entry| entry.sender == "news@office.test").unwrap();
    assert_eq!(news.lane.as_deref(), Some("second"));
    let steps = office.story(&news.id).await.steps;
    assert_eq!(steps.last().unwrap().lane.as_deref(), Some("second"));
}

fn by_lane(lane: &str) -> EntryFilter {
    EntryFilter { lane: Some(lane.into()), ..EntryFilter::default() }
}

/// To whom, and what it waits for, in the order of the list.
async fn waiting(office: &Office, filter: EntryFilter) -> Vec<(String, String)> {
    let queue = office.page(Request::Queue { filter, offset: 0, limit: 50 }).await;
    queue.into_iter().map(|entry| (entry.first_recipient, entry.waits_for.join(" "))).collect()
}

fn lines(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(to, lanes)| ((*to).to_owned(), (*lanes).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_say_which_lane_mail_waits_for_and_which_it_went_through() {
    let two = Two::start().await;
    let office = two.office(|settings| settings.routes = vec![route(&[], &["partner.test"], &[], &["second"])]).await;
    act(&office, "default", LaneAct::Pause).await;
    act(&office, "second", LaneAct::Pause).await;
    office.until("both are paused", |snapshot| snapshot.lane.paused && lane_two(snapshot).paused).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    device.hands_in("scan@office.test", &["bob@partner.test"], MESSAGE).await;
    device.hands_in("scan@office.test", &["cyd@away.test", "dan@partner.test"], MESSAGE).await;
    let (ann, bob, cyd) = (("ann@away.test", "default"), ("bob@partner.test", "second"), ("cyd@away.test", "default second"));
    assert_eq!(waiting(&office, EntryFilter::default()).await, lines(&[ann, bob, cyd]));
    assert_eq!(waiting(&office, by_lane("second")).await, lines(&[bob, cyd]));
    assert_eq!(waiting(&office, by_lane("default")).await, lines(&[ann, cyd]));
    assert_eq!(waiting(&office, by_lane("third")).await, []);
    // What is done to all that match is done to them alone.
    let which = Selection::Matching { filter: by_lane("default"), accepted_until: SystemClock.now().as_millisecond() };
    assert_eq!(office.ask(Request::Retry { which }).await, Answer::Count { count: 2 });

    act(&office, "second", LaneAct::Resume).await;
    let wanted = lines(&[ann, ("cyd@away.test", "default")]);
    let half_has_gone = async {
        while waiting(&office, EntryFilter::default()).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), half_has_gone).await.unwrap();
    let history = async |lane: &str| {
        let page = office.page(Request::History { filter: by_lane(lane), offset: 0, limit: 50 }).await;
        page.into_iter().map(|entry| (entry.first_recipient, entry.lane.unwrap_or_default())).collect::<Vec<_>>()
    };
    assert_eq!(history("second").await, lines(&[("bob@partner.test", "second")]));
    assert_eq!(history("default").await, lines(&[("cyd@away.test", "second"), ("ann@away.test", "")]), "they wait for it");
    act(&office, "default", LaneAct::Resume).await;
    office.until_queue_is_empty().await;
    assert_eq!(history("default").await, lines(&[("cyd@away.test", "default"), ("ann@away.test", "default")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_lane_that_is_down_is_told_to_wait_for_the_next() {
    let two = Two::start().await;
    two.first.stop().await;
    two.second.at(Stage::Rcpt(String::new()), reply("450 4.2.0 later"));
    let office = two.office(|settings| settings.default_route = vec!["default".into(), "second".into()]).await;
    let mut events = office.engine().subscribe();
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("it was tried there", |snapshot| snapshot.counters.deferred == 1).await;
    assert_eq!(waiting(&office, EntryFilter::default()).await, lines(&[("ann@away.test", "second")]));
    // Events say the same as pages do.
    let told = loop {
        if let Fact::QueueChanged(entries) = &events.recv().await.unwrap().fact
            && let Some(entry) = entries.iter().find(|entry| entry.attempts == 1)
        {
            break (entry.lane.clone(), entry.waits_for.clone());
        }
    };
    assert_eq!(told, (Some("second".to_owned()), vec!["second".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_carries_the_name_that_its_own_way_wants() {
    let first = FakeSmartHost::new().refuse_recipient("ghost@away.test", "550 5.1.1 no such user").start().await;
    let two = Two { first, second: FakeSmartHost::new().start().await };
    let office = two
        .office(|settings| {
            let address = |name: &str| NullSender::Address { address: format!("{name}@office.test") };
            settings.smart_host.as_mut().unwrap().null_sender = address("one");
            settings.other_smart_hosts[0].smart_host.null_sender = address("two");
            settings.routes = vec![route(&["<>"], &[], &[], &["second"])];
        })
        .await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    let reports = two.second.messages();
    assert_eq!((reports.len(), reports[0].reverse_path.as_str()), (1, "two@office.test"));
    let report = String::from_utf8_lossy(&reports[0].content).into_owned();
    assert!(report.contains("From: Outtray Mail Delivery <two@office.test>\r\n"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_lane_stays_paused_over_a_restart_and_the_other_goes_on() {
    let two = Two::start().await;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = two.settings();
    settings.routes = vec![route(&[], &["partner.test"], &[], &["second", "default"])];
    // Were it not for the person, it would be given up.
    settings.delivery.lifetime_seconds = 60;
    settings.delivery.delay_notice_seconds = 0;
    let mut office = Office::start(settings, clock.clone()).await;
    act(&office, "second", LaneAct::Pause).await;
    office.until("it is paused", |snapshot| lane_two(snapshot).paused).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["bob@partner.test"], MESSAGE).await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    two.first.until(1).await;
    office.until("one waits", |snapshot| snapshot.counters.waiting == 1 && lane_two(snapshot).waiting == 1).await;
    drop(device);
    office.restart().await;
    let waits = office.until("it still waits", |snapshot| lane_two(snapshot).paused && lane_two(snapshot).waiting == 1).await;
    assert!(!waits.paused && !waits.lane.paused);
    // Long after its lifetime it is still there, and nobody was told that it failed.
    clock.advance(Duration::from_secs(300));
    office.engine().look();
    office.device().await.hands_in("scan@office.test", &["cyd@away.test"], MESSAGE).await;
    two.first.until(2).await;
    let still = office.until("it waits on", |snapshot| snapshot.counters.waiting == 1).await;
    assert_eq!(still.counters.failed, 0);
    act(&office, "second", LaneAct::Resume).await;
    two.second.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(to(&two.second), ["bob@partner.test"]);
    assert_eq!(to(&two.first), ["ann@away.test", "cyd@away.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_to_a_smart_host_that_is_not_there_is_told_with_its_field_and_remedy() {
    let two = Two::start().await;
    let office = two.office(|_| {}).await;
    let mut settings = office.settings().await;
    settings.routes = vec![route(&[], &[], &[], &["secnod", "second", "second"])];
    settings.default_route = vec!["nobody".into()];
    let Answer::Problems { problems } = office.apply(settings).await else { panic!("taken") };
    let told: Vec<_> = problems.iter().map(|problem| (problem.field.as_str(), problem.value.as_str(), problem.remedy.as_str())).collect();
    assert_eq!(
        told,
        [
            ("routes[0].via[0]", "secnod", "one of: default, second"),
            ("routes[0].via[2]", "second", "nothing: leave it out"),
            ("defaultRoute[0]", "nobody", "one of: default, second"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn new_routes_hold_for_what_waits_and_lanes_that_did_not_change_keep_their_connections() {
    let two = Two::start().await;
    let office = two.office(|settings| settings.routes = vec![route(&[], &["partner.test"], &[], &["second"])]).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    two.first.until(1).await;
    act(&office, "second", LaneAct::Pause).await;
    device.hands_in("scan@office.test", &["bob@partner.test"], MESSAGE).await;
    office.until("one waits", |snapshot| snapshot.counters.waiting == 1).await;
    let mut settings = office.settings().await;
    settings.routes.clear();
    assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
    two.first.until(2).await;
    office.until_queue_is_empty().await;
    let connections: Vec<usize> = two.first.messages().iter().map(|taken| taken.connection).collect();
    assert_eq!(connections, [1, 1], "over the connection that was open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sender_makes_only_its_own_mail_wait() {
    let two = Two::start().await;
    let denied = "554 5.2.252 SendAsDenied; relay@office.test not allowed to send as boss@office.test";
    two.first.times(1, Stage::Mail, reply(denied));
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = two.settings();
    settings.delivery.first_retry_seconds = 600;
    settings.delivery.longest_retry_seconds = 600;
    settings.smart_host.as_mut().unwrap().parallel_connections = 1;
    let office = Office::start(settings, clock.clone()).await;
    let mut device = office.device().await;
    device.hands_in("boss@office.test", &["n0@away.test"], MESSAGE).await;
    let told = office.until("it is told", |snapshot| !snapshot.notices.is_empty()).await;
    let notice = &told.notices[0];
    assert_eq!((notice.code, notice.subject.as_deref()), (ProblemCode::SenderWaits, Some("boss@office.test")));
    assert!(notice.said.as_deref().unwrap().contains("SendAsDenied"));
    for number in 1..5 {
        device.hands_in("boss@office.test", &[&format!("n{number}@away.test")], MESSAGE).await;
    }
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    two.first.until(1).await;
    let waiting = office.until("the others wait", |snapshot| snapshot.counters.waiting == 5).await;
    assert!(!rests(&waiting.lane), "the lane is well");
    assert_eq!(to(&two.first), ["ann@away.test"]);
    let mut attempts: Vec<u32> = office.queue().await.iter().map(|entry| entry.attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [0, 0, 0, 0, 1], "who only waits is charged nothing");
    // Its time has come: one tests it, and then all of them go.
    clock.advance(Duration::from_secs(601));
    office.engine().look();
    office.until("nothing waits, and nothing is told", |snapshot| snapshot.counters.waiting == 0 && snapshot.notices.is_empty()).await;
    assert_eq!(two.first.messages().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_tests_a_refused_sender_and_what_is_deleted_takes_the_notice_along() {
    let two = Two::start().await;
    two.first.at(Stage::Mail, reply("554 5.7.60 SMTP; Client does not have permissions to send as this sender"));
    let office = two
        .office(|settings| {
            settings.delivery.first_retry_seconds = 600;
            settings.delivery.longest_retry_seconds = 600;
        })
        .await;
    let mut device = office.device().await;
    device.hands_in("boss@office.test", &["n0@away.test"], MESSAGE).await;
    office.until("it is told", |snapshot| !snapshot.notices.is_empty()).await;
    device.hands_in("boss@office.test", &["n1@away.test"], MESSAGE).await;
    office.until("both wait", |snapshot| snapshot.counters.waiting == 2).await;
    act(&office, "default", LaneAct::TryNow).await;
    office.until("the other was tried", |snapshot| snapshot.counters.deferred == 2).await;
    let queue = office.queue().await;
    assert_eq!(queue.iter().map(|entry| (entry.attempts, entry.state)).collect::<Vec<_>>(), [(1, RecipientState::Deferred); 2]);
    let ids = queue.into_iter().map(|entry| entry.id).collect();
    let which = control::Selection::Ids { ids };
    assert_eq!(office.ask(Request::Delete { which, tell_sender: false }).await, Answer::Count { count: 2 });
    office.until("nothing is told any more", |snapshot| snapshot.notices.is_empty()).await;
}

/// A provider that counts: more than so many messages in any 60 seconds are refused, and each refusal is counted.
fn counting(clock: Arc<HandWound>, per_minute: usize, refusals: Arc<AtomicUsize>) -> FakeSmartHost {
    let taken: Mutex<Vec<i64>> = Mutex::default();
    FakeSmartHost::new().kept_by(move |_, _| {
        let now = clock.now().as_millisecond();
        let mut taken = taken.lock().unwrap();
        taken.retain(|at| at + 60_000 > now);
        if taken.len() >= per_minute {
            refusals.fetch_add(1, Ordering::SeqCst);
            return Err(std::io::Error::other("too fast"));
        }
        taken.push(now);
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_over_two_lanes_of_different_pace_meet_no_refusal() {
    const MESSAGES: usize = 10_000;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let refusals = Arc::new(AtomicUsize::new(0));
    let paces = [2000, 5000];
    let start = async |pace: usize| counting(clock.clone(), pace, Arc::clone(&refusals)).start().await;
    let two = Two { first: start(paces[0]).await, second: start(paces[1]).await };
    let mut settings = two.settings();
    let pace = |most: usize| Pace { messages_per_minute: u32::try_from(most).ok(), ..Pace::default() };
    settings.smart_host.as_mut().unwrap().pace = pace(paces[0]);
    settings.other_smart_hosts[0].smart_host.pace = pace(paces[1]);
    settings.routes = vec![route(&[], &["partner.test"], &[], &["second"])];
    let office = Office::start(settings, clock.clone()).await;
    let address = office.address().await;
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            tokio::spawn(async move {
                let mut device = Client::greeted(address).await;
                for number in 0..MESSAGES / 8 {
                    let domain = if number % 2 == 0 { "partner" } else { "away" };
                    let from = format!("scan{sender}@office.test");
                    device.hands_in(&from, &[&format!("n{number}@{domain}.test")], MESSAGE).await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let idle = |lane: &LaneView| lane.waiting == 0 || lane.pace.waits_until.is_some();
    for _ in 0..200 {
        let now = office.until("each waits for its time", |now| idle(&now.lane) && idle(lane_two(now))).await;
        if now.counters.waiting == 0 {
            break;
        }
        clock.advance(Duration::from_secs(10));
        office.engine().look();
    }
    assert_eq!(office.snapshot().await.counters.waiting, 0);
    assert_eq!((refusals.load(Ordering::SeqCst), two.first.kept(), two.second.kept()), (0, MESSAGES / 2, MESSAGES / 2));
}
