//! The log: a file a day and the console, at a level that can be changed while the engine runs.

use super::{MESSAGE, Provider};
use control::settings::{AccessRule, LogLevel, Settings};
use control::{Answer, Request};
use e2e::daemon::furnish;
use e2e::{Client, Daemon};
use futures_util::StreamExt;
use std::net::Ipv4Addr;

#[tokio::test(flavor = "multi_thread")]
async fn another_level_counts_from_then_on_in_the_file_and_on_the_console() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.rules = vec![AccessRule::allowing("127.0.0.0/8", "This machine")];
    settings.log_level = LogLevel::Warn;
    let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
    let console = folder.path().join("stderr");
    let daemon = Daemon::start_telling(&data, Some(&credentials), &console);
    let control = control::Client::over(control::pipe::connect(&data).await.unwrap());
    let changes = async |level: LogLevel| {
        let settings = Box::new(Settings { log_level: level, ..settings.clone() });
        let answer = control.call(Request::ApplySettings { settings, secret: None }).await.unwrap();
        assert!(matches!(answer, Answer::Settings { .. }), "{answer:?}");
    };

    // Each device has an address of its own, by which its lines are found.
    let device = async |last: u8| {
        let own = Ipv4Addr::new(127, 0, 0, last);
        let mut device = Client::connect_from(own, daemon.address).await;
        device.hears("220 *").await;
        device.says("EHLO device.test").await.hears("250 *").await;
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        device.says("QUIT").await.hears("221 *").await;
        device.is_hung_up_on().await;
        own.to_string()
    };
    let before = device(2).await;
    until_nothing_waits(&control).await;
    changes(LogLevel::Debug).await;
    let meanwhile = device(3).await;
    changes(LogLevel::Info).await;
    let behind = device(4).await;
    provider.fake.until(3).await;
    assert_eq!(daemon.terminate(), Some(0));

    let files: Vec<_> = std::fs::read_dir(data.join("logs")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let day = name.strip_prefix("outtray.").and_then(|rest| rest.strip_suffix(".log")).unwrap_or_default();
        assert!(day.parse::<jiff::civil::Date>().is_ok(), "{name} is no file of a day");
    }
    let in_files: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let on_console = std::fs::read_to_string(&console).unwrap();
    for (place, log) in [("the file", in_files), ("the console", on_console)] {
        let opened = |device: &str| {
            log.lines().filter(|line| line.contains("DEBUG") && line.contains("Connection opened") && line.contains(device)).count()
        };
        assert_eq!([&before, &meanwhile, &behind].map(|device| opened(device)), [0, 1, 0], "{place}: {log}");
        // What is told at info: nothing of the start and of the first message, but of the others, and of the stop.
        assert_eq!(["Starting", "Handed over", "Stopped"].map(|said| log.matches(said).count()), [0, 2, 1], "{place}: {log}");
    }
}

/// Every message has left, and what came of it is written.
async fn until_nothing_waits(control: &control::Client) {
    let mut events = control.events();
    control.call(Request::Subscribe).await.unwrap();
    let waiting = async {
        loop {
            let Answer::Snapshot { snapshot } = control.call(Request::Snapshot).await.unwrap() else { panic!() };
            if snapshot.counters.waiting == 0 {
                return;
            }
            events.next().await.expect("a running engine");
        }
    };
    tokio::time::timeout(e2e::client::PATIENCE, waiting).await.expect("an empty queue");
}
