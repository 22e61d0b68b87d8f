//! Killed under load, ten times over: every message that got its 250 arrives, whole, also those whose content is in a file.

use super::Provider;
use e2e::daemon::furnish;
use e2e::load::{Promised, is_large, is_whole, send_until_killed, subject};
use e2e::{Client, Daemon};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const KILLS: usize = 10;
const DEVICES: usize = 8;
/// Messages promised in one life before the next kill.
const PROMISES: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn every_message_that_was_promised_arrives_whole_although_the_engine_is_killed_ten_times() {
    // Looked at as they come, and not remembered.
    let (arrived, spoilt) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(Mutex::new(Vec::new())));
    let (keeps, looks) = (Arc::clone(&arrived), Arc::clone(&spoilt));
    let provider = Provider::of(|fake| {
        fake.kept_by(move |_, taken| {
            let subject = subject(&taken.content);
            if !is_whole(&taken.content) {
                looks.lock().unwrap().push(format!("{subject}: {} octets", taken.content.len()));
            }
            keeps.lock().unwrap().insert(subject);
            Ok(())
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.limits.connections_per_client = 50;
    let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
    let promised = Promised::default();
    for life in 0..KILLS {
        let daemon = Daemon::start(&data, &credentials);
        send_until_killed(daemon.address, &life.to_string(), (DEVICES, PROMISES), &promised, || daemon.kill()).await;
    }
    let promised = promised.lock().unwrap().clone();
    assert!(promised.len() >= KILLS * PROMISES);
    let large = promised.iter().filter(|subject| is_large(subject)).count();
    assert!(large >= KILLS, "too few of them are large: {large}");

    let last = Daemon::start(&data, &credentials);
    loop {
        let kept = provider.fake.kept();
        if promised.is_subset(&arrived.lock().unwrap()) {
            break;
        }
        provider.fake.until_that(|fake| fake.kept() > kept).await;
    }
    let spoilt = spoilt.lock().unwrap();
    assert!(spoilt.is_empty(), "not as they were handed in: {spoilt:#?}");
    assert_eq!(last.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_a_message_under_way_come_to_its_end() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    let mut device = Client::greeted(daemon.address).await;
    let mut idle = Client::greeted(daemon.address).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    device.sends(b"Subject: half").await;
    let stopped = tokio::task::spawn_blocking(move || daemon.terminate());
    idle.hears("421 4.3.2 *").await;
    device.sends(b" a message\r\n\r\nx\r\n.\r\n").await.hears("250 2.0.0 *").await;
    assert_eq!(stopped.await.unwrap(), Some(0));
    let again = Daemon::start(&data, &credentials);
    provider.fake.until(1).await;
    drop(again);
}
