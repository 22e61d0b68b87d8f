//! A part of the engine ends by accident: an alarm, never silence, and never the same message for ever.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::{HandWound, SystemClock};
use crate::config::{DEFAULT_LANE, Delivery, Limits, Listener, ListenerEncryption};
use crate::dispatch::Out;
use crate::event::{Fact, LaneState};
use crate::mail::reply::RemoteReply;
use crate::policy::Policy;
use crate::policy::content::ContentRules;
use crate::policy::sign_in::SignInLimits;
use crate::smarthost::{Attempt, BoxFuture, Line, LineAfter, Outcome, SmartHost, Trouble};
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// A way out that takes every message it has a permit for, crashes over one recipient and forgets another.
#[derive(Clone)]
struct StandIn {
    permits: Arc<Semaphore>,
    deliveries: Arc<AtomicUsize>,
}

const CRASHES: &str = "poison@away.test";
const FORGETS: &str = "vain@away.test";

impl StandIn {
    fn new(permits: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits)), deliveries: Arc::default() }
    }

    fn deliveries(&self) -> usize {
        self.deliveries.load(Ordering::SeqCst)
    }
}

impl SmartHost for StandIn {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Line>, Trouble>> {
        let line: Box<dyn Line> = Box::new(self.clone());
        Box::pin(async { Ok(line) })
    }
}

impl Line for StandIn {
    fn deliver<'a>(&'a mut self, delivery: &'a crate::smarthost::Delivery) -> BoxFuture<'a, Attempt> {
        Box::pin(async {
            self.deliveries.fetch_add(1, Ordering::SeqCst);
            self.permits.acquire().await.unwrap().forget();
            let paths = &delivery.envelope.forward_paths;
            let reply = RemoteReply { code: 250, enhanced: None, text: "taken".into() };
            let outcome = match paths[0].as_str() {
                CRASHES => panic!("a fault in handing over"),
                FORGETS => Outcome::Untouched,
                _ => Outcome::Sent(reply),
            };
            Attempt { outcomes: vec![outcome; paths.len()], line: LineAfter::Usable }
        })
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn tls(&self) -> Option<String> {
        None
    }

    fn tells_senders(&self) -> bool {
        false
    }
}

struct Trial {
    relay: Relay,
    way_out: StandIn,
    clock: Arc<HandWound>,
    events: broadcast::Receiver<SharedEvent>,
    _folder: tempfile::TempDir,
}

impl Trial {
    async fn start(way_out: StandIn) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config();
        let clock = Arc::new(HandWound::at(SystemClock.now()));
        let relay = Relay::start(config.clone(), folder.path(), clock.clone()).await.unwrap();
        let mut plan = Plan::new(1, &config);
        plan.lanes.push(Arc::new(Out {
            name: DEFAULT_LANE.into(),
            smart_host: Arc::new(way_out.clone()),
            server: "stand-in.test".into(),
            port: 25,
            parallel: 3,
            per_connection: 100,
            idle: Duration::from_secs(60),
            null_sender_as: None,
            pace: crate::config::Pace::default(),
            likeness: None,
        }));
        relay.0.tell(Tick::Reconfigured(Box::new(plan)));
        let events = relay.subscribe();
        Self { relay, way_out, clock, events, _folder: folder }
    }

    async fn until(&mut self, wanted: impl Fn(&Fact) -> bool) {
        let waiting = async { while !wanted(&self.events.recv().await.unwrap().fact) {} };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap();
    }

    async fn until_alarm(&mut self, said: &str) {
        self.until(|fact| match fact {
            Fact::Notices(notices) => {
                notices.iter().any(|notice| matches!(notice, Notice::EngineFault { said: heard } if heard.contains(said)))
            }
            _ => false,
        })
        .await;
    }

    async fn until_counted(&mut self, waiting: u64) {
        self.until(|fact| matches!(fact, Fact::Counters(counters) if counters.waiting == waiting)).await;
    }

    async fn until_sending(&mut self) {
        self.until(|fact| matches!(fact, Fact::Lane(lane) if lane.state == LaneState::Sending)).await;
    }

    async fn device(&self) -> Device {
        let address = self.relay.picture().await.listeners[0].address;
        let mut device = Device(BufReader::new(TcpStream::connect(address).await.unwrap()));
        assert!(device.hears().await.starts_with("220 "));
        assert!(device.says("HELO device.test\r\n").await.starts_with("250 "));
        device
    }
}

struct Device(BufReader<TcpStream>);

impl Device {
    async fn hears(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(30), self.0.read_line(&mut line)).await.unwrap().unwrap();
        line
    }

    async fn says(&mut self, words: &str) -> String {
        self.0.write_all(words.as_bytes()).await.unwrap();
        self.hears().await
    }

    /// The reply to the content.
    async fn hands_in(&mut self, to: &str) -> String {
        assert!(self.says("MAIL FROM:<scan@office.test>\r\n").await.starts_with("250 "));
        assert!(self.says(&format!("RCPT TO:<{to}>\r\n")).await.starts_with("250 "));
        assert!(self.says("DATA\r\n").await.starts_with("354 "));
        self.says("Subject: x\r\n\r\nx\r\n.\r\n").await
    }
}

#[tokio::test]
async fn a_crashed_writer_was_met_with_silence_and_its_mail_sent_for_ever() {
    let mut trial = Trial::start(StandIn::new(0)).await;
    let mut device = trial.device().await;
    assert!(device.hands_in("ann@away.test").await.starts_with("250 "));
    trial.until_sending().await;
    trial.relay.0.store.crash();
    trial.until_alarm("start Outtray again").await;
    // What comes of it now cannot be kept.
    trial.way_out.permits.add_permits(100);
    for _ in 0..5 {
        let heard = device.hands_in("bob@away.test").await;
        assert!(heard.starts_with("451 4.3.0 "), "{heard}");
    }
    trial.relay.retry(Target::Matching(Filter::default())).await.unwrap_err();
    let deleted = trial.relay.delete(Target::Matching(Filter::default()), false).await;
    assert!(matches!(deleted, Ok(0) | Err(StoreError::Crashed)), "{deleted:?}");
    assert_eq!(trial.way_out.deliveries(), 1);
    trial.relay.stop(Duration::from_secs(8)).await;
    assert_eq!(trial.way_out.deliveries(), 1);
}

#[tokio::test]
async fn a_message_over_which_handing_over_crashed_was_sent_again_at_once() {
    let mut trial = Trial::start(StandIn::new(100)).await;
    let mut device = trial.device().await;
    device.hands_in(CRASHES).await;
    trial.until_alarm("the work on message no. 1 crashed").await;
    // The others go on.
    for _ in 0..5 {
        device.hands_in("ann@away.test").await;
        trial.until_counted(1).await;
    }
    assert_eq!(trial.way_out.deliveries(), 6);
    // A person may try it, and may be rid of it.
    let all = || Target::Matching(Filter::default());
    assert_eq!(trial.relay.retry(all()).await.unwrap(), 1);
    trial.until_sending().await;
    trial.until(|fact| matches!(fact, Fact::Lane(lane) if lane.state == LaneState::Ready)).await;
    assert_eq!(trial.way_out.deliveries(), 7);
    assert_eq!(trial.relay.delete(all(), false).await.unwrap(), 1);
    trial.relay.stop(Duration::from_secs(8)).await;
}

#[tokio::test]
async fn an_attempt_in_vain_was_made_again_at_once() {
    let mut trial = Trial::start(StandIn::new(10_000)).await;
    let mut device = trial.device().await;
    device.hands_in(FORGETS).await;
    for _ in 0..20 {
        device.hands_in("ann@away.test").await;
        trial.until_counted(1).await;
    }
    assert_eq!(trial.way_out.deliveries(), 21, "once while the clock stands");
    trial.clock.advance(Duration::from_secs(2));
    trial.relay.look();
    // Not by the lane's word alone: what it said of the others may still be on its way to us.
    let way_out = trial.way_out.clone();
    trial.until(|fact| way_out.deliveries() > 21 && matches!(fact, Fact::Lane(lane) if lane.state == LaneState::Ready)).await;
    assert_eq!(trial.way_out.deliveries(), 22);
    trial.relay.stop(Duration::from_secs(8)).await;
}

pub(crate) fn config() -> Config {
    let second = Duration::from_secs;
    Config {
        host_name: "relay.office.test".into(),
        listeners: vec![Listener::new(([127, 0, 0, 1], 0).into(), ListenerEncryption::Plain)],
        pickup: None,
        policy: Policy::new(["127.0.0.0/8".parse().unwrap()]),
        sign_ins: SignInLimits { failures: 10, pause: second(60) },
        bursts: None,
        content: ContentRules::default(),
        limits: Limits {
            message_bytes: 1_000_000,
            recipients: 100,
            connections: 100,
            connections_per_client: 100,
            connections_per_subnet: 100,
            idle: second(60),
            command: second(60),
            session: second(3600),
            tls: second(60),
            commands: 1000,
            errors: 10,
            hops: 20,
            free_disk_bytes: 0,
        },
        delivery: Delivery {
            first_retry: second(60),
            longest_retry: second(60),
            lifetime: second(86_400),
            delay_notice: None,
            first_rest: second(60),
            longest_rest: second(60),
            failover_after: second(120),
        },
        smart_host: None,
        reports: crate::config::Reports { to_senders: true, copy_to: None },
        other_smart_hosts: Vec::new(),
        routing: crate::route::Routing::default(),
        history_keep: second(86_400),
    }
}
