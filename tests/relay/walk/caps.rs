//! Limits: size, recipients, connections, time, loops, and how each is said.

use super::{MESSAGE, Provider};
use e2e::{Client, Office};

#[tokio::test(flavor = "multi_thread")]
async fn too_large_is_refused_at_mail_and_at_the_end_of_data_and_nothing_is_kept() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.limits.message_bytes = 100_000).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test> SIZE=200000").await.hears("552 5.3.4 *").await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let heard = device.sends_message(&"x".repeat(70).repeat(4000)).await;
    assert!(heard.starts_with("552 5.3.4"), "{heard}");
    // The session goes on.
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.history().await.len(), 1);
    assert_eq!(std::fs::read_dir(office.folder.path().join("content")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_hear_421_and_places_are_given_back() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.limits.connections_per_client = 2).await;
    let first = office.device().await;
    let _second = office.device().await;
    let mut third = Client::connect(office.address().await).await;
    third.hears("421 4.7.0 *").await;
    third.is_hung_up_on().await;
    drop(first);
    office.until("one place is free", |snapshot| snapshot.counters.sessions == 1).await;
    office.device().await;
}

#[cfg(target_os = "linux")] // which lets a program have any address of 127.0.0.0/8
#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_has_its_own_limit_and_others_are_not_in_its_way() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.limits.connections_per_subnet = 2).await;
    let address = office.address().await;
    let mut open = Vec::new();
    for own in [[127, 0, 7, 1], [127, 0, 7, 2], [127, 0, 8, 1]] {
        let mut device = Client::connect_from(own.into(), address).await;
        device.hears("220 *").await;
        open.push(device);
    }
    let mut third = Client::connect_from([127, 0, 7, 3].into(), address).await;
    third.hears("421 4.7.0 too many connections from 127.0.7.0/24, try again later").await;
    third.is_hung_up_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_and_a_handshake_without_end_are_cut_after_their_own_time() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.limits.idle_seconds = 1;
        settings.limits.tls_seconds = 1;
    })
    .await;
    let mut silent = office.device().await;
    silent.hears("421 4.4.2 *").await;
    silent.is_hung_up_on().await;
    let mut half = office.device().await;
    half.says("STARTTLS").await.hears("220 *").await;
    half.sends(&[22, 3, 1]).await;
    half.is_hung_up_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_mistakes_and_too_many_commands_hear_421_and_are_hung_up_on() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.limits.errors = 2;
        settings.limits.commands = 20;
    })
    .await;
    let mut wrong = office.device().await;
    wrong.says("SEND").await.hears("500 5.5.2 *").await;
    wrong.says("SAML").await.hears("500 5.5.2 *").await;
    wrong.hears("421 4.7.0 *").await;
    wrong.is_hung_up_on().await;
    let mut busy = office.device().await;
    for _ in 0..19 {
        busy.says("NOOP").await.hears("250 2.0.0 Ok").await;
    }
    busy.says("NOOP").await.hears("421 4.7.0 *").await;
    busy.is_hung_up_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_has_gone_round_too_often_is_refused() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.limits.hops = 10).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let heard = device.sends_message(&format!("{}Subject: loop\r\n\r\nx\r\n", "Received: from a by b; today\r\n".repeat(11))).await;
    assert!(heard.starts_with("554 5.4.6"), "{heard}");
    assert!(office.history().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nearly_full_disk_is_said_and_mail_is_taken_again_without_a_restart() {
    let provider = Provider::start().await;
    let office =
        Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.limits.free_disk_bytes = 1_000_000_000_000_000).await;
    office.until("the notice", |snapshot| !snapshot.notices.is_empty()).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("452 4.3.1 *").await;
    let mut settings = office.settings().await;
    settings.limits.free_disk_bytes = 0;
    office.apply(settings).await;
    office.until("room again", |snapshot| snapshot.notices.is_empty()).await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
}
