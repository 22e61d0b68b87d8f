//! A stop ends within ten seconds, whatever is under way, and loses nothing that was promised.

use super::{MESSAGE, Provider};
use control::Request;
use e2e::daemon::furnish;
use e2e::{Answer, Client, Daemon, Stage};
use std::path::PathBuf;
use std::time::Duration;

/// Ten seconds, and what a busy machine takes for itself.
const WITHIN: Duration = Duration::from_secs(15);

struct House {
    provider: Provider,
    _folder: tempfile::TempDir,
    data: PathBuf,
    credentials: PathBuf,
    daemon: Daemon,
}

impl House {
    async fn new() -> Self {
        let provider = Provider::start().await;
        let folder = tempfile::tempdir().unwrap();
        let settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
        let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
        let daemon = Daemon::start(&data, &credentials);
        Self { provider, _folder: folder, data, credentials, daemon }
    }

    /// In the middle of a content, and nothing more comes.
    async fn hanging_device(&self) -> Client {
        let mut device = Client::greeted(self.daemon.address).await;
        device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
        device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
        device.says("DATA").await.hears("354 *").await;
        device.sends(b"Subject: half\r\n\r\nhalf a page").await;
        device
    }

    /// It has the whole message, and does not say so.
    async fn silent_smart_host(&self) {
        self.provider.fake.at(Stage::Dot, Answer::Stall);
        Client::greeted(self.daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        self.provider.fake.until_silent(1).await;
    }

    /// A window that watches.
    async fn watcher(&self) -> control::Client {
        let watcher = control::Client::over(control::pipe::connect(&self.data).await.unwrap());
        watcher.call(Request::Subscribe).await.unwrap();
        watcher
    }

    /// Gives the house after the stop: its provider is well again, and a new engine runs.
    async fn stops(self, signal: &'static str) -> Self {
        let Self { provider, _folder, data, credentials, daemon } = self;
        let code = tokio::task::spawn_blocking(move || daemon.ends_by(signal, WITHIN)).await.unwrap();
        assert_eq!(code, Some(0), "{signal}");
        provider.fake.calm();
        let daemon = Daemon::start(&data, &credentials);
        Self { provider, _folder, data, credentials, daemon }
    }

    /// Everything that was promised, and nothing else, goes out.
    async fn sends(self, messages: usize) {
        let taken = self.provider.fake.until(messages).await;
        assert!(taken.iter().all(|taken| taken.content.ends_with(MESSAGE.as_bytes())), "{taken:?}");
        // One more shows that nothing else waited before it.
        let last = "Subject: last\r\n\r\nx\r\n";
        Client::greeted(self.daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], last).await;
        let taken = self.provider.fake.until(messages + 1).await;
        assert!(taken.len() == messages + 1 && taken[messages].content.ends_with(last.as_bytes()), "{taken:?}");
        assert_eq!(tokio::task::spawn_blocking(move || self.daemon.terminate()).await.unwrap(), Some(0));
    }
}

async fn a_device_hangs(signal: &'static str) {
    let house = House::new().await;
    let mut device = house.hanging_device().await;
    let house = house.stops(signal).await;
    // It was told to try again, or just lost; never that its half was taken.
    let heard = device.hears_out().await;
    assert!(heard.is_empty() || heard.starts_with(b"421 "), "{}", String::from_utf8_lossy(&heard));
    house.sends(0).await;
}

async fn the_smart_host_is_silent(signal: &'static str) {
    let house = House::new().await;
    house.silent_smart_host().await;
    house.stops(signal).await.sends(1).await;
}

async fn somebody_watches(signal: &'static str) {
    let house = House::new().await;
    let watcher = house.watcher().await;
    let house = house.stops(signal).await;
    assert!(watcher.call(Request::Snapshot).await.is_err(), "the engine it spoke to is gone");
    house.sends(0).await;
}

async fn all_at_once(signal: &'static str) {
    let house = House::new().await;
    let (_device, _watcher) = (house.hanging_device().await, house.watcher().await);
    house.silent_smart_host().await;
    house.stops(signal).await.sends(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_no_longer_than_ten_seconds_for_a_device_that_hangs() {
    tokio::join!(a_device_hangs("TERM"), a_device_hangs("INT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_no_longer_than_ten_seconds_for_a_silent_smart_host_and_the_message_is_sent_again() {
    tokio::join!(the_smart_host_is_silent("TERM"), the_smart_host_is_silent("INT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_who_watches() {
    tokio::join!(somebody_watches("TERM"), somebody_watches("INT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_in_time_with_all_of_them_at_once() {
    tokio::join!(all_at_once("TERM"), all_at_once("INT"));
}
