//! One smart host stands in for another: when, for which mail, and when no more.

use super::super::{MESSAGE, Provider, reply};
use super::{Two, lane_two, rests, route, to};
use control::request::Selection;
use control::settings::{NamedSmartHost, SignIn, SmartHostEncryption};
use control::view::LaneState;
use control::{Answer, ProblemCode, Request, Secret};
use e2e::{FakeSmartHost, Office, Stage};
use relay::clock::SystemClock;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_the_one_that_stands_in_waits_for_the_first() {
    let two = Two { first: FakeSmartHost::new().start().await, second: FakeSmartHost::new().size(1000).start().await };
    two.first.stop().await;
    let office = two.office(|settings| settings.default_route = vec!["default".into(), "second".into()]).await;
    let large = format!("{MESSAGE}{}", "a line of a scan\r\n".repeat(100));
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["large@away.test"], &large).await;
    device.hands_in("scan@office.test", &["small@away.test"], MESSAGE).await;
    two.second.until(1).await;
    let waits = office.until("it alone waits", |snapshot| snapshot.counters.deferred == 1 && snapshot.counters.waiting == 1).await;
    assert_eq!((waits.counters.failed, to(&two.second)), (0, vec!["small@away.test".to_owned()]));
    two.first.start_again().await;
    office.ask(Request::TryLane).await;
    // Each message may be the one that finds it well.
    while two.first.messages().is_empty() {
        device.hands_in("scan@office.test", &["small@away.test"], MESSAGE).await;
        office.until("it is sent", |snapshot| snapshot.counters.waiting == 1).await;
    }
    office.ask(Request::Retry { which: Selection::Ids { ids: vec![office.queue().await[0].id.clone()] } }).await;
    office.until_queue_is_empty().await;
    assert!(to(&two.first).contains(&"large@away.test".to_owned()) && !to(&two.second).contains(&"large@away.test".to_owned()));
    assert_eq!(office.snapshot().await.counters.failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_through_the_next_one_when_the_first_is_down_and_comes_back_when_it_is_well() {
    let two = Two::start().await;
    two.first.stop().await;
    let office = two.office(|settings| settings.default_route = vec!["default".into(), "second".into()]).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    two.second.until(1).await;
    let left = office.until("it has failed over", |snapshot| snapshot.counters.waiting == 0 && snapshot.lane.failed_over).await;
    assert!(rests(&left.lane) && left.counters.failed == 0, "{left:#?}");
    assert_eq!(office.history().await[0].attempts, 1, "the one that is down costs no attempt");
    two.first.start_again().await;
    // Each message may be the one that tries it.
    for number in 0.. {
        device.hands_in("scan@office.test", &[&format!("n{number}@away.test")], MESSAGE).await;
        let now = office.until("it is sent", |snapshot| snapshot.counters.waiting == 0).await;
        if !rests(&now.lane) {
            break;
        }
    }
    let before = two.second.messages().len();
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    assert!(to(&two.first).contains(&"bob@away.test".to_owned()));
    assert_eq!(two.second.messages().len(), before);
    assert!(!office.snapshot().await.lane.failed_over);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_is_down_for_a_moment_keeps_its_mail() {
    let two = Two::start().await;
    two.first.stop().await;
    let office = two
        .office(|settings| {
            settings.default_route = vec!["default".into(), "second".into()];
            settings.delivery.failover_after_seconds = 600;
        })
        .await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let resting = office.until("it rests", |snapshot| rests(&snapshot.lane)).await;
    assert!(!resting.lane.failed_over);
    two.first.start_again().await;
    two.first.until(1).await;
    office.until_queue_is_empty().await;
    assert!(two.second.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_message_that_hears_of_a_blocked_account_goes_through_the_next() {
    let two = Two::start().await;
    two.first.at(Stage::Mail, reply("550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP"));
    let office = two.office(|settings| settings.default_route = vec!["default".into(), "second".into()]).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    two.second.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(office.history().await[0].attempts, 1, "what is the lane's is charged to nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_is_left_at_once_and_each_smart_host_has_its_own_secret() {
    let provider = Provider::start().await;
    let plain = FakeSmartHost::new().start().await;
    let mut settings = e2e::office::settings_for(plain.port(), &provider.ca_file());
    let smart_host = settings.smart_host.as_mut().unwrap();
    let mut second = smart_host.clone();
    second.port = provider.fake.port();
    (smart_host.sign_in, smart_host.encryption, smart_host.extra_ca_file) = (SignIn::None, SmartHostEncryption::None, None);
    settings.other_smart_hosts = vec![NamedSmartHost { name: "second".into(), smart_host: second }];
    settings.delivery.failover_after_seconds = 3600;
    settings.delivery.first_rest_seconds = 600;
    settings.delivery.longest_rest_seconds = 600;
    settings.routes = vec![route(&["scan@office.test"], &[], &[], &["second", "default"])];
    let office = Office::start(settings.clone(), Arc::new(SystemClock)).await;
    let give = async |name: &str, password: &str| {
        let secret = Secret::new(password.to_owned());
        office.ask(Request::SetSecret { name: name.into(), secret, until_restart: true }).await
    };
    let Answer::Settings { settings: view } = give("smart-host:second", "wrong").await else { panic!("not taken") };
    let set = |name: &str| view.secrets.iter().any(|secret| secret.name == name && secret.is_set);
    assert!(set("smart-host:second"));
    assert!(matches!(give("smart-host:third", "x").await, Answer::Refused { .. }));
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    plain.until(1).await;
    let left = office.until("it is left", |snapshot| lane_two(snapshot).failed_over).await;
    let LaneState::Throttled { problem, .. } = &lane_two(&left).state else { panic!("not resting") };
    assert_eq!(problem.code, ProblemCode::SignInRefused);
    give("smart-host:second", e2e::office::PASSWORD).await;
    device.hands_in("scan@office.test", &["bob@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!((to(&plain), to(&provider.fake)), (vec!["ann@away.test".to_owned()], vec!["bob@away.test".to_owned()]));
    // Taken out of the settings, its secret goes too.
    settings.other_smart_hosts.clear();
    settings.routes.clear();
    let Answer::Settings { settings: view } = office.apply(settings).await else { panic!("not taken") };
    assert!(view.secrets.iter().all(|secret| secret.name != "smart-host:second"), "{:?}", view.secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_refused_and_asks_no_other_smart_host() {
    let two = Two::start().await;
    two.first.at(Stage::Rcpt("ghost@away.test".into()), reply("550 5.1.1 no such user"));
    let office = two.office(|settings| settings.default_route = vec!["default".into(), "second".into()]).await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], MESSAGE).await;
    office.until("it is settled, and so is the report", |snapshot| snapshot.counters.waiting == 0 && snapshot.counters.sent == 1).await;
    let told = office.told().await;
    assert!(told[0].starts_with("scan@office.test to ghost@away.test: bounced"), "{told:?}");
    // The report goes the way of all mail.
    assert_eq!((to(&two.first), to(&two.second)), (vec!["scan@office.test".to_owned()], Vec::new()));
}
