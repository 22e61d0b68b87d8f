//! An office behind a TCP balancer: whose connection it is says the balancer's PROXY protocol v2 header, and nobody else.

use super::{MESSAGE, Provider};
use control::settings::{AccessRule, ListenerEncryption, Settings};
use control::view::RefusalKind;
use e2e::{Client, Office, client};
use std::net::Ipv4Addr;

const BALANCER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// TCP over IPv4 or, for an address of 16 octets, IPv6.
fn header(command: u8, source: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([0x20 | command, if source.len() == 4 { 0x11 } else { 0x21 }]);
    let addresses = [source, source, &[0x9c, 0x40, 0, 25]].concat();
    header.extend((addresses.len() as u16).to_be_bytes());
    header.extend(addresses);
    header
}

async fn office(provider: &Provider, change: impl FnOnce(&mut Settings)) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners[0].proxies = vec![BALANCER.to_string()];
        settings.rules =
            vec![AccessRule::allowing("10.0.0.0/24", "behind the balancer"), AccessRule::allowing("fd00::/8", "also behind it")];
        change(settings);
    })
    .await
}

#[cfg(target_os = "linux")] // which lets a program have any address of 127.0.0.0/8
#[tokio::test(flavor = "multi_thread")]
async fn the_device_behind_the_balancer_is_the_client_in_rules_traces_and_refusals() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    let address = office.address().await;
    for (source, trace) in [(&[10, 0, 0, 7][..], "([10.0.0.7])"), (&[&[0xfd][..], &[0; 14], &[7]].concat(), "([IPv6:fd00::7])")] {
        let before = provider.fake.messages().len();
        let mut device = Client::connect_from(BALANCER, address).await;
        device.sends(&header(1, source)).await.hears("220 *").await;
        device.says("EHLO device.test").await.hears("250 *").await;
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        let taken = provider.fake.until(before + 1).await;
        assert!(String::from_utf8_lossy(&taken[before].content).contains(trace));
    }
    // In pieces, and with something behind it in the same packet.
    let mut device = Client::connect_from(BALANCER, address).await;
    let whole = [header(1, &[10, 0, 1, 7]), b"EHLO device.test\r\n".to_vec()].concat();
    device.sends(&whole[..5]).await.sends(&whole[5..20]).await.sends(&whole[20..]).await.hears("220 *").await;
    device.hears("250 *").await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 <10.0.1.7>*").await;
    let snapshot = office.until("the refusal", |snapshot| !snapshot.refused.is_empty()).await;
    assert_eq!(snapshot.refused[0].address, "10.0.1.7");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_balancers_own_look_is_its_own_and_may_not_send() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    let mut look = Client::connect_from(BALANCER, office.address().await).await;
    look.sends(&header(0, &[10, 0, 0, 7])).await.hears("220 *").await;
    look.says("EHLO device.test").await.hears("250 *").await;
    look.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 <127.0.0.9>*").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_somebody_else_is_no_header() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    let mut stranger = Client::connect(office.address().await).await;
    stranger.hears("220 *").await;
    // To a session its first lines are mistakes, and "QUIT" is what it says.
    stranger.sends(&header(1, &[10, 0, 0, 7])).await;
    let heard = String::from_utf8(stranger.hears_out().await).unwrap();
    assert!(heard.lines().all(|line| line.starts_with("500 5.5.2 ") || line.starts_with("221 2.0.0 ")), "{heard}");
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 <127.0.0.1>*").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_balancer_without_its_header_is_hung_up_on_unheard_and_told_what_is_missing() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.limits.tls_seconds = 1).await;
    let address = office.address().await;
    for (bytes, told) in [
        (&b"EHLO device.test\r\n"[..], "send-proxy-v2"),
        (b"PROXY TCP4 10.0.0.7 10.0.0.1 40000 25\r\n", "version 1"),
        (&header(1, &[10, 0, 0, 7])[..20], "did not come"),
        (b"", "did not come"),
    ] {
        let mut balancer = Client::connect_from(BALANCER, address).await;
        balancer.sends(bytes).await;
        assert_eq!(balancer.hears_out().await, b"", "{told}");
        let wanted = |reply: &str| reply.contains(told);
        let snapshot = office.until(told, |snapshot| snapshot.refused.first().is_some_and(|client| wanted(&client.last_reply))).await;
        assert_eq!((snapshot.refused[0].address.as_str(), snapshot.refused[0].why), ("127.0.0.9", RefusalKind::Other));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn with_tls_from_the_first_octet_the_header_comes_before_it() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.listeners[0].encryption = ListenerEncryption::Implicit).await;
    let mut device = Client::connect_from(BALANCER, office.address().await).await;
    device.sends(&header(1, &[10, 0, 0, 7])).await;
    device.tries_tls(client::trusting(|builder| builder.with_no_client_auth())).await.unwrap();
    device.hears("220 *").await;
    device.says("EHLO device.test").await.hears("250 *").await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert!(String::from_utf8_lossy(&taken[0].content).contains("([10.0.0.7])\r\n\tby relay.office.test (Outtray) with ESMTPS"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn caps_count_the_device_and_not_its_balancer() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| settings.limits.connections_per_client = 1).await;
    let address = office.address().await;
    let mut open = Vec::new();
    for last in 1..4 {
        let mut device = Client::connect_from(BALANCER, address).await;
        device.sends(&header(1, &[10, 0, 0, last])).await.hears("220 *").await;
        open.push(device);
    }
    let mut again = Client::connect_from(BALANCER, address).await;
    again.sends(&header(1, &[10, 0, 0, 2])).await.hears("421 4.7.0 too many connections from 10.0.0.2, try again later").await;
    again.is_hung_up_on().await;
}
