//! Clients that take their time: who sends an octet now and then, who never reads, who never goes.

use super::{MESSAGE, Provider};
use control::settings::Settings;
use e2e::{Client, Office};
use std::time::{Duration, Instant};

async fn office(provider: &Provider, change: impl FnOnce(&mut Settings)) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), change).await
}

/// Sends the piece again and again until the other side has closed, and gives what was heard.
async fn sends_until_closed(device: &mut Client, piece: &[u8], every: Duration) -> String {
    let started = Instant::now();
    loop {
        tokio::select! {
            heard = device.hears_out() => return String::from_utf8_lossy(&heard).into_owned(),
            () = tokio::time::sleep(every) => {}
        }
        if !device.may_send(piece).await {
            return String::from_utf8_lossy(&device.hears_out().await).into_owned();
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the connection is still open");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_octet_now_and_then_buys_no_time_in_a_command_or_in_a_content() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| {
        settings.limits.idle_seconds = 2;
        settings.limits.command_seconds = 2;
    })
    .await;
    let mut device = office.device().await;
    let heard = sends_until_closed(&mut device, b"N", Duration::from_millis(200)).await;
    assert!(heard.starts_with("421 4.4.2"), "{heard}");

    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    let heard = sends_until_closed(&mut device, b"x\r\n", Duration::from_millis(200)).await;
    assert!(heard.starts_with("421 4.4.2"), "{heard}");
    assert!(office.history().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_that_is_slow_and_goes_on_is_taken() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.limits.command_seconds = 2).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    let line = format!("{}\r\n", "x".repeat(70));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        device.sends(line.repeat(400).as_bytes()).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    device.sends(b".\r\n").await.hears("250 2.0.0 *").await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_busy_all_the_time_is_sent_away_when_its_time_is_over() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.limits.session_seconds = 2).await;
    let mut device = office.device().await;
    let heard = sends_until_closed(&mut device, &b"NOOP\r\n".repeat(10), Duration::from_millis(1)).await;
    let last = heard.trim_end().lines().last().unwrap_or_default();
    assert_eq!(last, "421 4.4.2 relay.office.test: this connection has been open for too long; connect again");
    // Connecting again is all it takes.
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_and_never_reads_is_cut_and_costs_others_nothing() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.limits.command_seconds = 1).await;
    let mut deaf = office.device().await;
    // Goes on until our replies fill every buffer between us, we wait for it, and have waited long enough.
    let questions = b"HELP\r\n".repeat(1000);
    let started = Instant::now();
    while deaf.may_send(&questions).await {
        assert!(started.elapsed() < Duration::from_secs(50), "it is still listened to");
    }
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("the deaf one is gone", |snapshot| snapshot.counters.sessions <= 1).await;
    provider.fake.until(1).await;
}
