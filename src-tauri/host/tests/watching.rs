//! A host in this process, watched through its contract: what changes is told.

#![allow(clippy::unwrap_used)]

use control::event::{Event, Fact};
use control::settings::{LogLevel, Settings};
use control::view::Snapshot;
use control::{Answer, Client, Request};
use futures_util::{Stream, StreamExt};
use host::{Host, Options};
use std::time::Duration;

#[tokio::test]
async fn a_watcher_hears_of_messages_and_settings_and_misses_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), Options::default()).await.unwrap();
    let client = host.client();
    let mut events = client.events();
    assert_eq!(client.call(Request::Subscribe).await.unwrap(), Answer::Done);
    let mut known = snapshot(&client).await.seq;

    for _ in 0..20 {
        let kept = client.call(Request::SendTest { sender: "a@office.test".into(), recipient: "b@away.test".into() }).await.unwrap();
        assert!(matches!(kept, Answer::Kept { .. }), "{kept:?}");
    }
    let mut ids = std::collections::HashSet::new();
    let mut waiting = 0;
    while ids.len() < 20 || waiting < 20 {
        let event = next(&mut events).await;
        if event.is_numbered() {
            assert!(event.from <= known + 1, "{} is missing before {event:?}", known + 1);
            known = known.max(event.seq);
        }
        for fact in facts(event) {
            match fact {
                Fact::QueueChanged { entries } => ids.extend(entries.into_iter().map(|entry| entry.id)),
                Fact::CountersChanged { counters } => waiting = counters.waiting,
                _ => {}
            }
        }
    }
    assert_eq!(snapshot(&client).await.counters.waiting, 20);

    let settings = Settings { host_name: "relay.office.test".into(), log_level: LogLevel::Debug, ..Settings::default() };
    let applied = client.call(Request::ApplySettings { settings: Box::new(settings.clone()), secret: None }).await.unwrap();
    assert!(matches!(&applied, Answer::Settings { settings: view } if view.settings == settings), "{applied:?}");
    loop {
        let changed = facts(next(&mut events).await).into_iter().find_map(|fact| match fact {
            Fact::SettingsChanged { settings, engine } => Some((settings, engine)),
            _ => None,
        });
        if let Some((view, engine)) = changed {
            assert_eq!((view.settings, engine.host_name.as_str()), (settings, "relay.office.test"));
            break;
        }
    }
    host.stop().await;
    assert!(matches!(client.call(Request::Snapshot).await, Ok(Answer::Refused { .. }) | Err(_)));
}

#[tokio::test]
async fn a_second_window_attaches_through_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), Options { embedded: true, ..Options::default() }).await.unwrap();
    let refused = Host::start(folder.path(), Options::default()).await.err().unwrap();
    assert!(refused.to_string().starts_with("an engine already runs on this data folder: process "), "{refused}");
    let attached = Client::over(control::pipe::connect(folder.path()).await.unwrap());
    assert!(snapshot(&attached).await.engine.embedded);
    host.stop().await;
    attached.until_lost().await;
}

async fn snapshot(client: &Client) -> Snapshot {
    match client.call(Request::Snapshot).await.unwrap() {
        Answer::Snapshot { snapshot } => *snapshot,
        other => panic!("{other:?}"),
    }
}

async fn next(events: &mut (impl Stream<Item = Event> + Unpin)) -> Event {
    tokio::time::timeout(Duration::from_secs(10), events.next()).await.unwrap().unwrap()
}

fn facts(event: Event) -> Vec<Fact> {
    match event.fact {
        Fact::Several { facts } => facts,
        fact => vec![fact],
    }
}
