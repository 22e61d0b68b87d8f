//! Mail that waits when a relay moves to another folder is handed over from there, once.

use super::{MESSAGE, Provider};
use control::view::LaneState;
use control::{Answer, Request, Secret};
use e2e::office::PASSWORD;
use host::{Host, HostError, Options};

/// More than the store keeps in its database: its content is a file of its own.
const LARGE: usize = 300_000;

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_waited_is_handed_over_from_the_new_folder_once() {
    let provider = Provider::start().await;
    provider.fake.stop().await;
    let office = provider.office().await;
    let large = format!("{MESSAGE}{}", "all work and no play\r\n".repeat(LARGE / 22));
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], &large).await;
    office.until("a resting lane", |snapshot| matches!(snapshot.lane.state, LaneState::Throttled { .. })).await;
    let old = office.stop().await;

    let new = tempfile::tempdir().unwrap();
    host::moving::move_home(old.path(), new.path()).unwrap();
    assert!(matches!(Host::start(old.path(), Options::default()).await, Err(HostError::MovedAway(_))));
    provider.fake.start_again().await;
    let host = Host::start(new.path(), Options::default()).await.unwrap();
    let secret = Secret::new(PASSWORD.to_owned());
    let told = host.client().call(Request::SetSecret { name: "smart-host".into(), secret, until_restart: true }).await.unwrap();
    assert!(matches!(told, Answer::Settings { .. }), "{told:?}");
    provider.fake.until(2).await;
    host.stop().await;
    let mut sizes: Vec<bool> = provider.fake.messages().iter().map(|taken| taken.content.len() > LARGE - 1000).collect();
    sizes.sort();
    assert_eq!(sizes, [false, true], "each came once");
}
