//! An office: a host in a temporary folder, its settings, a device to send from, and its story to read.

use crate::client::{Client, PATIENCE};
use crate::fake_smart_host::SmartHostRunning;
use control::request::EntryFilter;
use control::settings::{AccessRule, ListenerEncryption, ListenerSettings, Settings, SignIn, SmartHostEncryption, SmartHostSettings};
use control::view::{EntryView, RecipientState, Snapshot, StoryView};
use control::{Answer, Request, Secret, Selection};
use futures_util::StreamExt;
use host::{Host, LogsTo, Options};
use relay::clock::{Clock, SystemClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

pub struct Office {
    pub folder: tempfile::TempDir,
    pub control: control::Client,
    host: Option<Host>,
    clock: Arc<dyn Clock>,
}

/// The account at the scripted provider.
pub const USER: &str = "relay@office.test";
pub const PASSWORD: &str = "correct horse 1";

impl Office {
    /// An office whose provider is the given smart host, over STARTTLS and signed in.
    pub async fn with(smart_host: &SmartHostRunning, ca_file: &Path) -> Self {
        Self::changed(smart_host, ca_file, |_| {}).await
    }

    /// The same with other settings.
    pub async fn changed(smart_host: &SmartHostRunning, ca_file: &Path, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings_for(smart_host.port(), ca_file);
        change(&mut settings);
        Self::start(settings, Arc::new(SystemClock)).await
    }

    pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::Builder::new().prefix("outtray-office").tempdir().expect("a folder");
        std::fs::write(folder.path().join("settings.json"), serde_json::to_vec_pretty(&settings).expect("JSON")).expect("settings");
        let host = start_host(folder.path(), &clock).await;
        let control = host.client();
        let office = Self { folder, control, host: Some(host), clock };
        office.give_password(PASSWORD).await;
        office
    }

    pub async fn give_password(&self, password: &str) {
        let secret = Secret::new(password.to_owned());
        let answer = self.control.call(Request::SetSecret { name: "smart-host".into(), secret, until_restart: true }).await;
        assert!(matches!(answer, Ok(Answer::Settings { .. })), "{answer:?}");
    }

    /// As after a power cut in so far as nothing is said: the host ends, another begins on the same folder.
    pub async fn restart(&mut self) {
        self.restart_after(|| {}).await;
    }

    /// The same, and something happens while no engine runs.
    pub async fn restart_after(&mut self, meanwhile: impl FnOnce()) {
        self.end().await;
        meanwhile();
        self.begin().await;
    }

    /// Its folder stays as it is left.
    pub async fn end(&mut self) {
        if let Some(host) = self.host.take() {
            host.stop().await;
        }
    }

    pub async fn begin(&mut self) {
        let host = start_host(self.folder.path(), &self.clock).await;
        self.control = host.client();
        self.host = Some(host);
        self.give_password(PASSWORD).await;
    }

    pub async fn stop(mut self) -> tempfile::TempDir {
        if let Some(host) = self.host.take() {
            host.stop().await;
        }
        self.folder
    }

    pub async fn address(&self) -> SocketAddr {
        self.addresses().await[0]
    }

    pub async fn addresses(&self) -> Vec<SocketAddr> {
        let snapshot = self.snapshot().await;
        snapshot.listeners.iter().map(|listener| SocketAddr::new(listener.address.parse().expect("an address"), listener.port)).collect()
    }

    /// A device that has said EHLO.
    pub async fn device(&self) -> Client {
        Client::greeted(self.address().await).await
    }

    pub fn engine(&self) -> &relay::Relay {
        self.host.as_ref().expect("a running host").engine()
    }

    pub async fn snapshot(&self) -> Snapshot {
        match self.control.call(Request::Snapshot).await {
            Ok(Answer::Snapshot { snapshot }) => *snapshot,
            other => panic!("{other:?}"),
        }
    }

    pub async fn ask(&self, request: Request) -> Answer {
        self.control.call(request).await.expect("an answer")
    }

    pub async fn queue(&self) -> Vec<EntryView> {
        self.page(Request::Queue { filter: EntryFilter::default(), offset: 0, limit: 500 }).await
    }

    pub async fn history(&self) -> Vec<EntryView> {
        self.page(Request::History { filter: EntryFilter::default(), offset: 0, limit: 500 }).await
    }

    pub async fn page(&self, request: Request) -> Vec<EntryView> {
        match self.ask(request).await {
            Answer::Page { page } => page.entries,
            other => panic!("{other:?}"),
        }
    }

    pub async fn story(&self, id: &str) -> StoryView {
        match self.ask(Request::Story { id: id.to_owned() }).await {
            Answer::Story { story } => *story,
            other => panic!("{other:?}"),
        }
    }

    pub async fn settings(&self) -> Settings {
        self.snapshot().await.settings.settings
    }

    pub async fn apply(&self, settings: Settings) -> Answer {
        self.ask(Request::ApplySettings { settings: Box::new(settings), secret: None }).await
    }

    pub fn one(id: &str) -> Selection {
        Selection::Ids { ids: vec![id.to_owned()] }
    }

    /// Waits, event by event, until the snapshot is as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut events = self.control.events();
        self.ask(Request::Subscribe).await;
        let waiting = async {
            loop {
                let snapshot = self.snapshot().await;
                if wanted(&snapshot) {
                    return snapshot;
                }
                assert!(events.next().await.is_some(), "the link was lost");
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!("never came: {what}; now: {:#?}\n{:#?}", self.snapshot().await, self.queue().await),
        }
    }

    pub async fn until_queue_is_empty(&self) {
        self.until("an empty queue", |snapshot| snapshot.counters.waiting == 0).await;
    }

    /// History as lines: recipient, state, the server's words.
    pub async fn told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for entry in self.history().await.iter().rev() {
            for recipient in self.story(&entry.id).await.recipients {
                let sender = if entry.sender.is_empty() { "<>" } else { &entry.sender };
                let reply = recipient.reply.unwrap_or_default();
                lines.push(format!("{sender} to {}: {} {reply}", recipient.address, word(recipient.state)).trim_end().to_owned());
            }
        }
        lines
    }
}

fn word(state: RecipientState) -> &'static str {
    match state {
        RecipientState::Queued => "queued",
        RecipientState::Deferred => "deferred",
        RecipientState::Held => "held",
        RecipientState::Sent => "sent",
        RecipientState::Bounced => "bounced",
        RecipientState::Expired => "expired",
        RecipientState::Deleted => "deleted",
    }
}

async fn start_host(folder: &Path, clock: &Arc<dyn Clock>) -> Host {
    let options = Options { embedded: true, logs: LogsTo::Nowhere, needs_settings: true, clock: Arc::clone(clock) };
    Host::start(folder, options).await.expect("a host")
}

/// One listener on a free port, loopback allowed, nothing held, and quick retries.
pub fn settings_for(smart_host_port: u16, ca_file: &Path) -> Settings {
    let mut settings = Settings { host_name: "relay.office.test".into(), ..Settings::default() };
    settings.listeners = vec![ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Starttls)];
    settings.rules = vec![AccessRule::allowing(format!("{}/32", Ipv4Addr::LOCALHOST), "This machine")];
    settings.smart_host = Some(SmartHostSettings {
        provider: "other".into(),
        server: "127.0.0.1".into(),
        port: smart_host_port,
        encryption: SmartHostEncryption::Starttls,
        sign_in: SignIn::Password { user: USER.into() },
        extra_ca_file: Some(ca_file.display().to_string()),
        parallel_connections: 3,
        protocol: control::settings::SmartHostProtocol::Smtp,
        largest_message: None,
        null_sender: control::settings::NullSender::default(),
        pace: control::settings::Pace::default(),
        messages_per_connection: 100,
        timeouts: control::settings::SmartHostTimeouts::default(),
        rewriting: None,
    });
    settings.limits.free_disk_bytes = 0;
    // Tests send as much as they like.
    settings.bursts.hold = false;
    settings.delivery.first_retry_seconds = 1;
    settings.delivery.longest_retry_seconds = 2;
    settings.delivery.first_rest_seconds = 1;
    settings.delivery.longest_rest_seconds = 2;
    settings
}
