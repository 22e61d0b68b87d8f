//! Client and server together, and each alone against a peer that behaves badly.

#![allow(clippy::unwrap_used)]

use crate::event::{Event, Fact};
use crate::frame::{self, LARGEST_FRAME, ServerFrame};
use crate::request::{Answer, EntryFilter, Refused, Request, Selection};
use crate::server::{FIRST_WORD, MOMENT};
use crate::settings::{Settings, SmartHostEncryption, SmartHostSettings};
use crate::view::{Counters, Page, ProbeOutcome, ProbeStage, ProbeStep};
use crate::{Client, ClientError, Desk, Progress, Secret, serve};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::broadcast;

#[tokio::test]
async fn every_request_crosses_unchanged_and_brings_its_own_answer() {
    let (desk, client) = desk_and_client();
    let (requests, expected) = (all_requests(), all_requests().len());
    let calls = requests.iter().map(|request| client.call(request.clone()));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.len(), expected);
    let heard = desk.heard.lock().unwrap().clone();
    for (request, answer) in requests.iter().zip(answers) {
        assert_eq!(answer.unwrap(), answer_to(request));
        // The server itself answers this one.
        if *request != Request::Subscribe {
            assert!(heard.contains(request), "{request:?}");
        }
    }
}

#[tokio::test]
async fn steps_of_a_check_come_before_its_answer_and_without_subscription() {
    let (_, client) = desk_and_client();
    let mut events = client.events();
    assert_eq!(client.call(probe()).await.unwrap(), Answer::Probed { steps: vec![step()] });
    let fact = events.next().await.unwrap().fact;
    assert_eq!(fact, Fact::Probed { probe: 7, step: step() });
}

#[tokio::test]
async fn a_panicking_desk_is_an_answer_too() {
    let (_, client) = desk_and_client();
    let answer = client.call(Request::SendTest { sender: "panic".into(), recipient: String::new() }).await.unwrap();
    assert!(matches!(answer, Answer::Refused { refused: Refused::Trouble { .. } }), "{answer:?}");
    assert_eq!(client.call(Request::Pause).await.unwrap(), Answer::Done);
}

#[tokio::test(start_paused = true)]
async fn the_first_event_comes_at_once_and_the_next_are_gathered() {
    let (desk, client) = desk_and_client();
    let mut events = client.events();
    client.call(Request::Subscribe).await.unwrap();
    for seq in 1..=10 {
        desk.tell(counted(seq));
        if seq == 1 {
            assert_eq!(tokio::time::timeout(MOMENT / 8, events.next()).await.unwrap().unwrap(), counted(1));
        }
    }
    let Fact::CountersChanged { counters } = counted(10).fact else { panic!() };
    let expected = Event { from: 2, seq: 10, fact: Fact::CountersChanged { counters } };
    assert!(tokio::time::timeout(MOMENT / 2, events.next()).await.is_err());
    assert_eq!(events.next().await.unwrap(), expected);
}

// The clock stands while there is anything to do, so the moment ends only after all was gathered.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_that_it_lagged_and_costs_nothing_more() {
    let desk = Arc::new(TestDesk::default());
    let (mut peer, theirs) = tokio::io::duplex(64);
    tokio::spawn(serve(theirs, desk.clone()));
    send(&mut peer, br#"{"id":1,"request":{"ask":"subscribe"}}"#).await;
    assert_eq!(receive(&mut peer).await, r#"{"id":1,"answer":{"kind":"done"}}"#);
    // More entries than it may owe.
    for seq in 1..=10_000 {
        desk.tell(Event::numbered(seq, Fact::QueueChanged { entries: vec![entry(seq)] }));
    }
    let mut lagged = false;
    while let Ok(frame) = tokio::time::timeout(Duration::from_millis(500), receive(&mut peer)).await {
        lagged |= frame.contains(r#""kind":"lagged""#);
    }
    assert!(lagged);
}

#[tokio::test]
async fn a_frame_too_large_gets_a_reason_and_ends_the_connection() {
    let (mut peer, served) = raw_server();
    peer.write_all(&(LARGEST_FRAME as u32 + 1).to_be_bytes()).await.unwrap();
    assert_eq!(receive(&mut peer).await, r#"{"broken":"the frame is larger than 16 MiB"}"#);
    assert_eq!(peer.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(served.await.unwrap().unwrap_err().to_string(), "the frame is larger than 16 MiB");
}

#[tokio::test]
async fn garbage_gets_a_reason_and_ends_the_connection() {
    for garbage in ["EHLO scanner", "[]", "{}", r#"{"id":"x","request":{}}"#, "\u{0}"] {
        let (mut peer, served) = raw_server();
        send(&mut peer, garbage.as_bytes()).await;
        let last = receive(&mut peer).await;
        assert!(last.starts_with(r#"{"broken":"the frame is no valid JSON of this contract"#), "{last}");
        assert_eq!(peer.read(&mut [0; 8]).await.unwrap(), 0);
        served.await.unwrap().unwrap_err();
    }
}

#[tokio::test]
async fn a_request_of_another_version_is_answered_and_the_connection_stays() {
    let (mut peer, _served) = raw_server();
    send(&mut peer, br#"{"id":1,"request":{"ask":"teleport"}}"#).await;
    let answer = receive(&mut peer).await;
    assert!(answer.starts_with(r#"{"id":1,"answer":{"kind":"refused","refused":{"why":"notUnderstood""#), "{answer}");
    send(&mut peer, br#"{"id":2,"request":{"ask":"pause"}}"#).await;
    assert_eq!(receive(&mut peer).await, r#"{"id":2,"answer":{"kind":"done"}}"#);
}

#[tokio::test]
async fn a_peer_that_vanishes_in_the_middle_of_a_frame_ends_only_its_own_connection() {
    let (mut peer, served) = raw_server();
    peer.write_all(&[0, 0, 1, 0, b'{']).await.unwrap();
    drop(peer);
    assert!(matches!(served.await.unwrap(), Err(frame::FrameError::CutOff | frame::FrameError::Io(_))));
}

#[tokio::test(start_paused = true)]
async fn who_connects_and_says_nothing_or_half_a_word_is_let_go_and_who_listens_stays() {
    let (mut silent, silently) = raw_server();
    let (mut half, halfway) = raw_server();
    half.write_all(&[0, 0, 1, 0, b'{']).await.unwrap();
    let (mut listener, _served) = raw_server();
    send(&mut listener, br#"{"id":1,"request":{"ask":"subscribe"}}"#).await;
    receive(&mut listener).await;
    assert!(tokio::time::timeout(FIRST_WORD / 2, silent.read(&mut [0; 8])).await.is_err(), "nobody is hurried");
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(half.read(&mut [0; 8]).await.unwrap(), 0);
    silently.await.unwrap().unwrap();
    halfway.await.unwrap().unwrap();
    tokio::time::sleep(FIRST_WORD * 10).await;
    send(&mut listener, br#"{"id":2,"request":{"ask":"pause"}}"#).await;
    assert_eq!(receive(&mut listener).await, r#"{"id":2,"answer":{"kind":"done"}}"#);
}

#[tokio::test]
async fn an_engine_s_frame_too_large_is_a_lost_link_and_no_memory() {
    let (ours, mut engine) = tokio::io::duplex(4096);
    let client = Client::over(ours);
    engine.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    assert_eq!(client.until_lost().await, "the frame is larger than 16 MiB");
}

/// What an engine of the next version might say: more fields, other facts, other answers.
#[tokio::test]
async fn an_engine_of_a_newer_version_is_understood_as_far_as_possible() {
    let (ours, mut engine) = tokio::io::duplex(1 << 16);
    let client = Client::over(ours);
    let mut events = client.events();
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Snapshot).await }
    });
    receive(&mut engine).await;
    let snapshot = serde_json::json!({"id": 1, "newAround": 1, "answer": {"kind": "snapshot", "snapshot": {
        "seq": 7, "paused": true, "hours": [], "listeners": [], "refused": [], "recent": [], "moods": ["new"],
        "engine": {"version": "9.0.0", "contract": crate::CONTRACT + 1, "hostName": "relay", "startedAt": 0, "dataFolder": "/srv",
                   "embedded": false, "processId": 4, "cluster": {"nodes": 3}},
        "lane": {"provider": "", "server": "", "port": 0, "state": {"kind": "ready", "since": 3}, "connections": 0, "lastSuccessAt": null},
        "counters": serde_json::to_value(Counters::default()).unwrap(),
        "notices": [{"code": "diskFull"}, {"code": "moonPhase", "said": "waning"}],
        "settings": {"settings": Settings::default(), "path": "/srv/settings.json", "problems": [], "secrets": [],
                     "store": {"kind": "secretService"}, "origin": "cloud"},
    }}});
    send(&mut engine, snapshot.to_string().as_bytes()).await;
    let Answer::Snapshot { snapshot } = asked.await.unwrap().unwrap() else { panic!("no snapshot") };
    assert_eq!((snapshot.engine.contract, snapshot.paused), (crate::CONTRACT + 1, true));
    assert_eq!(snapshot.notices[1].code, crate::ProblemCode::Other);

    // A fact nobody knows here: something was missed, ask again.
    send(&mut engine, br#"{"event":{"from":8,"seq":8,"fact":{"kind":"teleported","whom":"ann"}}}"#).await;
    assert_eq!(events.next().await.unwrap(), Event::unnumbered(Fact::Lagged));
    // A frame of a kind nobody knows here is passed over.
    send(&mut engine, br#"{"weather":"fine"}"#).await;
    send(&mut engine, br#"{"event":{"from":9,"seq":9,"fact":{"kind":"pausedChanged","paused":false,"by":"ann"}}}"#).await;
    assert_eq!(events.next().await.unwrap(), Event::numbered(9, Fact::PausedChanged { paused: false }));
    assert_eq!(client.lost(), None);
}

#[tokio::test]
async fn a_lost_link_is_told_to_every_call_and_stream() {
    let (ours, mut engine) = tokio::io::duplex(4096);
    let client = Client::over(ours);
    let mut events = client.events();
    let calls = [client.clone(), client.clone()].map(|client| tokio::spawn(async move { client.call(Request::Pause).await }));
    receive(&mut engine).await;
    receive(&mut engine).await;
    drop(engine);
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(ClientError::LinkLost(_))));
    }
    assert_eq!(events.next().await, None);
    assert!(matches!(client.call(Request::Pause).await, Err(ClientError::LinkLost(_))));
    assert_eq!(client.until_lost().await, "the engine closed it");
    assert_eq!(client.events().next().await, None);
}

#[tokio::test]
async fn garbage_from_an_engine_is_a_lost_link_and_a_strange_answer_only_a_failed_call() {
    let (ours, mut engine) = tokio::io::duplex(4096);
    let client = Client::over(ours);
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Pause).await }
    });
    receive(&mut engine).await;
    send(&mut engine, br#"{"id":1,"answer":{"kind":"teleported"}}"#).await;
    assert!(matches!(call.await.unwrap(), Err(ClientError::NotUnderstood(_))));
    assert_eq!(client.lost(), None);
    send(&mut engine, b"220 relay.office ESMTP").await;
    assert!(client.until_lost().await.contains("no valid JSON"));
}

#[tokio::test]
async fn a_request_too_large_fails_alone() {
    let (_, client) = desk_and_client();
    let sender = "x".repeat(LARGEST_FRAME);
    let asked = client.call(Request::SendTest { sender, recipient: String::new() }).await;
    assert!(matches!(asked, Err(ClientError::TooLarge)));
    assert_eq!(client.call(Request::Pause).await.unwrap(), Answer::Done);
}

#[tokio::test]
async fn an_answer_too_large_is_refused_alone() {
    let (_, client) = desk_and_client();
    let answer = client.call(Request::Content { id: "huge".into(), offset: 0 }).await.unwrap();
    assert!(matches!(answer, Answer::Refused { .. }));
    assert_eq!(client.call(Request::Pause).await.unwrap(), Answer::Done);
}

struct TestDesk {
    heard: Mutex<Vec<Request>>,
    events: broadcast::Sender<Event>,
}

impl Default for TestDesk {
    fn default() -> Self {
        Self { heard: Mutex::default(), events: broadcast::channel(20_000).0 }
    }
}

impl TestDesk {
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

impl Desk for TestDesk {
    fn call(&self, request: Request, progress: Progress) -> BoxFuture<'static, Answer> {
        self.heard.lock().unwrap().push(request.clone());
        Box::pin(async move {
            if let Request::Probe { probe, .. } = request {
                progress.probed(probe, step());
            }
            answer_to(&request)
        })
    }

    fn subscribe(&self) -> BoxStream<'static, Event> {
        Box::pin(stream::unfold(self.events.subscribe(), |mut events| async move {
            let event = events.recv().await.ok()?;
            Some((event, events))
        }))
    }
}

fn answer_to(request: &Request) -> Answer {
    match request {
        Request::SendTest { sender, .. } => {
            assert_ne!(sender, "panic", "this desk panics when asked to");
            Answer::Kept { id: "1".into() }
        }
        Request::Content { id, .. } if id == "huge" => Answer::Content { base64: "x".repeat(LARGEST_FRAME), total: 0 },
        Request::Queue { offset, .. } => Answer::Page { page: Page { total: u64::from(*offset), ..Page::default() } },
        Request::Retry { .. } => Answer::Count { count: 3 },
        Request::CheckSettings { .. } => Answer::Problems { problems: vec![] },
        Request::Story { .. } => Answer::Refused { refused: Refused::NoSuchMessage },
        Request::Probe { .. } => Answer::Probed { steps: vec![step()] },
        _ => Answer::Done,
    }
}

fn all_requests() -> Vec<Request> {
    let filter = || EntryFilter { text: "from:ann".into(), states: vec![crate::view::RecipientState::Held], lane: Some("second".into()) };
    let which = || Selection::Ids { ids: vec!["a".into(), "b".into()] };
    let secret = || {
        let secret = Secret::new("tr0ub4dor".into());
        Some(crate::request::NewSecret { name: "smart-host".into(), secret, until_restart: false })
    };
    let settings = || Box::new(Settings { smart_host: Some(smart_host()), ..Settings::default() });
    vec![
        Request::Subscribe,
        Request::Snapshot,
        Request::Queue { filter: filter(), offset: 100, limit: 50 },
        Request::History { filter: filter(), offset: 0, limit: 1 },
        Request::Story { id: "a".into() },
        Request::Content { id: "a".into(), offset: 1 << 40 },
        Request::Retry { which: which() },
        Request::Hold { which: which() },
        Request::Release { which: Selection::Matching { filter: filter(), accepted_until: 5 } },
        Request::Delete { which: which(), tell_sender: true },
        Request::Pause,
        Request::Resume,
        Request::TryLane,
        Request::TryListeners,
        Request::Settings,
        Request::CheckSettings { settings: settings() },
        Request::ApplySettings { settings: settings(), secret: None },
        Request::ApplySettings { settings: settings(), secret: secret() },
        Request::TakeOver { settings: settings(), secret: secret() },
        Request::ImportRead { read: "{}".into(), keep: true },
        Request::ReloadSettings,
        Request::SetSecret { name: "smart-host".into(), secret: Secret::new("tr0ub4dor".into()), until_restart: true },
        Request::RemoveSecret { name: "smart-host".into() },
        Request::RemoveAllSecrets,
        Request::Machine,
        probe(),
        Request::BeginSignIn { smart_host: Box::new(smart_host()), secret: Some(Secret::new("tr0ub4dor".into())), lane: None },
        Request::Lane { lane: "backup".into(), act: crate::request::LaneAct::Pause },
        Request::CancelSignIn,
        Request::SignOut,
        Request::SendTest { sender: "a@b.test".into(), recipient: "c@d.test".into() },
        Request::ForgetRefused { address: "10.0.0.9".into() },
    ]
}

fn probe() -> Request {
    Request::Probe {
        probe: 7,
        smart_host: Box::new(smart_host()),
        secret: Some(Secret::new("tr0ub4dor".into())),
        sender: Some("a@b.test".into()),
        lane: Some("backup".into()),
    }
}

fn smart_host() -> SmartHostSettings {
    SmartHostSettings {
        provider: "other".into(),
        server: "smtp.away.test".into(),
        port: 587,
        encryption: SmartHostEncryption::Starttls,
        sign_in: crate::settings::SignIn::Password { user: "ann".into() },
        extra_ca_file: None,
        parallel_connections: 3,
        protocol: crate::settings::SmartHostProtocol::Smtp,
        largest_message: None,
        null_sender: crate::settings::NullSender::default(),
        pace: crate::settings::Pace::default(),
        messages_per_connection: 100,
        timeouts: crate::settings::SmartHostTimeouts::default(),
        rewriting: None,
    }
}

fn step() -> ProbeStep {
    ProbeStep { stage: ProbeStage::Name, outcome: ProbeOutcome::Passed { found: "10.0.0.1".into() }, took_ms: 3 }
}

fn counted(seq: u64) -> Event {
    Event::numbered(seq, Fact::CountersChanged { counters: Counters { waiting: seq, ..Counters::default() } })
}

fn entry(number: u64) -> crate::view::EntryView {
    serde_json::from_value(serde_json::json!({
        "id": number.to_string(), "acceptedAt": 0, "sender": "", "firstRecipient": "", "recipients": 1, "unsettled": 1,
        "subject": "", "size": 0, "client": "", "clientName": "", "kind": "mail", "state": "queued", "attempts": 0,
    }))
    .unwrap()
}

fn desk_and_client() -> (Arc<TestDesk>, Client) {
    let desk = Arc::new(TestDesk::default());
    (desk.clone(), Client::in_memory(desk))
}

type Served = tokio::task::JoinHandle<Result<(), frame::FrameError>>;

fn raw_server() -> (DuplexStream, Served) {
    let (peer, theirs) = tokio::io::duplex(4096);
    (peer, tokio::spawn(serve(theirs, Arc::new(TestDesk::default()))))
}

async fn send(peer: &mut DuplexStream, json: &[u8]) {
    peer.write_all(&(json.len() as u32).to_be_bytes()).await.unwrap();
    peer.write_all(json).await.unwrap();
}

async fn receive(peer: &mut DuplexStream) -> String {
    let mut length = [0; 4];
    peer.read_exact(&mut length).await.unwrap();
    let mut json = vec![0; u32::from_be_bytes(length) as usize];
    peer.read_exact(&mut json).await.unwrap();
    String::from_utf8(json).unwrap()
}

#[test]
fn an_event_frame_and_an_answer_frame_look_like_this() {
    let event = ServerFrame::Event { event: Box::new(Event::unnumbered(Fact::Lagged)) };
    assert_eq!(frame::encode(&event).unwrap(), Bytes::from(r#"{"event":{"from":1,"seq":0,"fact":{"kind":"lagged"}}}"#));
}
