//! Who may come in, over which kind of door, and what a door that cannot open says.

use super::{MESSAGE, Provider};
use control::settings::{AccessRule, ClientCertificates, ListenerEncryption, ListenerSettings};
use control::view::RefusalKind;
use control::{Answer, ProblemCode, Request};
use e2e::{Certs, Client, Office, client};
use relay::clock::{Clock, HandWound, SystemClock};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

fn listener(address: &str, port: u16, encryption: ListenerEncryption) -> ListenerSettings {
    ListenerSettings::new(address, port, encryption)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_allowed_is_refused_and_shown() {
    let provider = Provider::start().await;
    let network = AccessRule::allowing("10.99.0.0/24", "elsewhere");
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.rules = vec![network]).await;
    let mut device = office.device().await;
    let heard = device.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 *").await;
    assert!(heard.contains("127.0.0.1"), "{heard}");
    let snapshot = office.until("the refusal", |snapshot| !snapshot.refused.is_empty()).await;
    assert_eq!(snapshot.refused[0].why, RefusalKind::NotAllowed);
    assert_eq!(snapshot.refused[0].address, "127.0.0.1");
    assert_eq!(snapshot.refused[0].client_name, "device.test");
    office.until("it counted", |snapshot| snapshot.counters.refused == 1).await;

    // One click allows it, and the open session can send at once.
    let mut settings = office.settings().await;
    settings.rules = vec![AccessRule::allowing("127.0.0.1", "scanner")];
    assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_comes_in_plain_by_starttls_and_by_implicit_tls_over_both_families() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners = vec![
            listener("127.0.0.1", 0, ListenerEncryption::Starttls),
            listener("127.0.0.1", 0, ListenerEncryption::Implicit),
            listener("127.0.0.1", 0, ListenerEncryption::Plain),
            listener("::1", 0, ListenerEncryption::Starttls),
        ];
        settings.rules.push(AccessRule::allowing("::1", "this machine"));
    })
    .await;
    let addresses = office.addresses().await;

    let mut starttls = Client::greeted(addresses[0]).await;
    starttls.starts_tls().await;
    assert!(!starttls.says("EHLO device.test").await.hears("250 *").await.contains("STARTTLS"));
    starttls.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    let mut implicit = Client::connect_tls(addresses[1]).await;
    implicit.hears("220 *").await;
    implicit.says("EHLO device.test").await.hears("250 *").await;
    implicit.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    let mut plain = Client::connect(addresses[2]).await;
    plain.hears("220 *").await;
    assert!(!plain.says("EHLO device.test").await.hears("250 *").await.contains("STARTTLS"));
    plain.says("STARTTLS").await.hears("454 *").await;
    plain.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    Client::greeted(addresses[3]).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let taken = provider.fake.until(4).await;
    let traces: Vec<String> = taken.iter().map(|message| String::from_utf8_lossy(&message.content).into_owned()).collect();
    assert_eq!(traces.iter().filter(|trace| trace.contains("with ESMTPS (TLSv1.3)")).count(), 2, "{traces:#?}");
    assert!(traces.iter().any(|trace| trace.contains("([IPv6:::1])")), "{traces:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_and_the_other_doors_open_all_the_same() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners.insert(0, listener("127.0.0.1", port, ListenerEncryption::Starttls));
    })
    .await;
    let snapshot = office.snapshot().await;
    let problem = snapshot.listeners[0].problem.as_ref().unwrap();
    assert_eq!(problem.code, ProblemCode::PortTaken);
    assert!(problem.subject.as_deref().unwrap_or_default().contains("process"), "{problem:?}");
    assert_eq!(snapshot.listeners[1].problem, None);
    Client::greeted(office.addresses().await[1]).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    // Free again: applying the settings opens it.
    drop(holder);
    let settings = office.settings().await;
    office.apply(settings).await;
    Client::greeted(office.addresses().await[0]).await;
}

/// An office whose first port another program has, and that program.
async fn beside_another_program(provider: &Provider) -> (Office, Arc<HandWound>, std::net::TcpListener) {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.listeners.insert(0, listener("127.0.0.1", holder.local_addr().unwrap().port(), ListenerEncryption::Starttls));
    let office = Office::start(settings, clock.clone()).await;
    assert!(office.snapshot().await.listeners[0].problem.is_some());
    (office, clock, holder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_became_free_stayed_shut() {
    let provider = Provider::start().await;
    let (office, clock, holder) = beside_another_program(&provider).await;
    clock.advance(Duration::from_secs(15));
    office.engine().look();
    drop(holder);
    clock.advance(Duration::from_secs(15));
    office.engine().look();
    office.until("the port is open", |snapshot| snapshot.listeners[0].problem.is_none()).await;
    Client::greeted(office.addresses().await[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_again_by_hand_opens_a_port_at_once_and_says_when_it_is_still_taken() {
    let provider = Provider::start().await;
    let (office, _, holder) = beside_another_program(&provider).await;
    assert_eq!(office.ask(Request::TryListeners).await, Answer::Done);
    let problem = office.snapshot().await.listeners[0].problem.clone().unwrap();
    assert_eq!(problem.code, ProblemCode::PortTaken);
    let mut command = tokio::process::Command::new(e2e::daemon::program());
    let shut = command.args(["try-listeners", "--data"]).arg(office.folder.path()).output().await.unwrap();
    assert_eq!(shut.status.code(), Some(1), "{shut:?}");
    assert!(String::from_utf8_lossy(&shut.stdout).contains("portTaken"), "{shut:?}");
    drop(holder);
    let open = command.output().await.unwrap();
    assert_eq!(open.status.code(), Some(0), "{open:?}");
    Client::greeted(office.addresses().await[0]).await;
}

/// All of 127.0.0.0/8 is this machine on Linux and Windows.
#[cfg(any(target_os = "linux", windows))]
#[tokio::test(flavor = "multi_thread")]
async fn changing_the_encryption_of_a_port_found_it_taken_by_ourselves() {
    let provider = Provider::start().await;
    // An address nobody else here uses: on 127.0.0.1 any connection could have got the port meanwhile.
    let address = "127.45.0.1";
    let port = std::net::TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port();
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners = vec![listener(address, port, ListenerEncryption::Starttls)];
        settings.rules[0].network = "127.0.0.0/8".into();
    })
    .await;
    let mut before = office.device().await;
    for encryption in [ListenerEncryption::Plain, ListenerEncryption::Starttls].into_iter().cycle().take(10) {
        let mut settings = office.settings().await;
        settings.listeners[0].encryption = encryption;
        assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
        assert_eq!(office.snapshot().await.listeners[0].problem, None, "{encryption:?}");
    }
    before.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_are_changed_and_every_open_session_goes_on() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners = vec![listener("127.0.0.1", port, ListenerEncryption::Starttls)];
    })
    .await;
    let devices = Certs::new();
    let folder = tempfile::tempdir().unwrap();
    let authority_file = devices.authority_file(folder.path()).display().to_string();
    let mut certified = listener("127.0.0.1", port, ListenerEncryption::Implicit);
    certified.client_certificates = Some(ClientCertificates { authority_file, required: true });
    let mut balanced = listener("127.0.0.1", port, ListenerEncryption::Plain);
    balanced.proxies = vec!["127.0.0.1".into()];

    let mut first = Client::greeted(address).await;
    let mut kept = 0;
    for (becomes, what) in [
        (vec![listener("127.0.0.1", port, ListenerEncryption::Implicit)], "TLS from the first octet"),
        (vec![certified], "a certificate"),
        (vec![balanced], "a balancer"),
        (vec![], "none"),
        // Where another one of ours was a moment ago.
        (vec![listener("0.0.0.0", port, ListenerEncryption::Plain)], "no encryption"),
        (vec![listener("127.0.0.1", port, ListenerEncryption::Starttls), listener("127.0.0.1", 0, ListenerEncryption::Plain)], "STARTTLS"),
    ] {
        let mut settings = office.settings().await;
        settings.listeners = becomes;
        let wanted = settings.listeners.len();
        assert!(matches!(office.apply(settings).await, Answer::Settings { .. }), "{what}");
        let listeners = office.snapshot().await.listeners;
        assert!(listeners.len() == wanted && listeners.iter().all(|listener| listener.problem.is_none()), "{what}: {listeners:?}");
        match what {
            "none" => assert!(tokio::net::TcpStream::connect(address).await.is_err()),
            "TLS from the first octet" => drop(Client::connect_tls(address).await.hears("220 *").await),
            "a certificate" => {
                let (certificate, key) = devices.client("scanner 7");
                let mut device = Client::connect(address).await;
                device.tries_tls(client::trusting(|builder| builder.with_client_auth_cert(vec![certificate], key).unwrap())).await.unwrap();
                device.hears("220 *").await;
            }
            "a balancer" => {
                let mut device = Client::connect(address).await;
                device.sends(b"EHLO device.test\r\n").await;
                assert_eq!(device.hears_out().await, b"");
            }
            "no encryption" => drop(Client::greeted(address).await.says("STARTTLS").await.hears("454 *").await),
            _ => Client::greeted(address).await.starts_tls().await,
        }
        first.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        kept += 1;
    }
    provider.fake.until(kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_wrong_change_nothing_and_all_faults_are_told() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let before = office.settings().await;
    let mut wrong = before.clone();
    wrong.rules.push(AccessRule::allowing("0.0.0.0/0", ""));
    wrong.limits.message_bytes = 1;
    wrong.listeners[0].address = "nowhere".into();
    match office.ask(Request::ApplySettings { settings: Box::new(wrong), secret: None }).await {
        Answer::Problems { problems } => {
            let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
            for field in ["rules[1].network", "limits.messageBytes", "listeners[0].address"] {
                assert!(fields.contains(&field), "{fields:?}");
            }
            assert!(problems.iter().all(|problem| !problem.wrong.is_empty() && !problem.remedy.is_empty()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(office.settings().await, before);
}
