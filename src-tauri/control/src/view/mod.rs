//! What a watcher may see. Made by hand from the engine's own types at the desk; holds no secret.
//!
//! Times are milliseconds since 1970 (UTC); sizes are bytes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

mod certificate;
mod devices;
mod probe;
mod shape;
mod sign_in;
mod story;

pub use certificate::CertificateView;
pub use devices::{DecidedBy, DecisionView, DeviceView, RefusalPage, RefusalView};
pub use probe::{ProbeOutcome, ProbeStage, ProbeStep};
pub use shape::{DkimAlgorithm, DkimFound, DkimKeyView, DkimPublicView, RewrittenView};
pub use sign_in::{SignInView, SignInWaiting};
pub use story::{RecipientView, StoryKind, StoryStep, StoryView};

use crate::problem::Problem;
use crate::settings::{ListenerEncryption, Settings, SettingsProblem};

/// Everything a window needs to draw its first picture. Events with a higher `seq` come on top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct Snapshot {
    #[ts(type = "number")]
    pub seq: u64,
    pub engine: EngineView,
    pub lane: LaneView,
    /// Smart hosts beside the default one, in the order of the settings.
    #[serde(default)]
    pub other_lanes: Vec<LaneView>,
    pub paused: bool,
    pub counters: Counters,
    /// The last 24 hours, oldest first, one entry an hour (24 of them).
    pub hours: Vec<HourView>,
    pub listeners: Vec<ListenerView>,
    /// Clients that were refused lately, most recent first (at most 50).
    pub refused: Vec<RefusedClient>,
    /// The last things that happened to recipients, newest first (at most 20).
    pub recent: Vec<RecentView>,
    /// Troubles of the engine itself: disk, database, settings, ports.
    pub notices: Vec<Problem>,
    pub settings: SettingsView,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct EngineView {
    pub version: String,
    pub contract: u32,
    pub host_name: String,
    #[ts(type = "number")]
    pub started_at: i64,
    pub data_folder: String,
    /// True when the engine ends with the window's process; false for `outtrayd`.
    pub embedded: bool,
    pub process_id: u32,
}

/// The way to the provider and its health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct LaneView {
    /// `default`, or as the settings name it.
    #[serde(default = "default_lane")]
    pub name: String,
    /// Provider key of the settings (`microsoft365`, …), or `other`; empty when not set up.
    pub provider: String,
    pub server: String,
    pub port: u16,
    pub state: LaneState,
    /// Open connections to the smart host.
    pub connections: u32,
    /// When a message was last handed over.
    #[ts(type = "number | null")]
    pub last_success_at: Option<i64>,
    #[serde(default)]
    pub pace: PaceView,
    /// A person has paused it alone: its mail waits, and goes no other way.
    #[serde(default)]
    pub paused: bool,
    /// Messages that wait for it now; 0 where it is the only one.
    #[serde(default)]
    #[ts(type = "number")]
    pub waiting: u64,
    /// Its mail goes through another as long as it is down.
    #[serde(default)]
    pub failed_over: bool,
}

fn default_lane() -> String {
    crate::settings::DEFAULT_SMART_HOST.to_owned()
}

/// How much of what the provider takes is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct PaceView {
    /// Recipients of the last 24 hours.
    pub recipients_today: u32,
    /// The provider's limit for them, as the settings have it.
    pub recipients_per_day: Option<u32>,
    /// Mail that is due waits until then, so that no limit is exceeded.
    #[ts(type = "number | null")]
    pub waits_until: Option<i64>,
    /// Slower than the settings allow, since the provider complained; it becomes faster by itself.
    pub slowed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum LaneState {
    /// No smart host set: mail waits.
    NotSetUp,
    /// Nothing tried yet, or nothing wrong.
    Ready,
    /// Messages are being handed over now.
    Sending,
    /// Resting after trouble; tried again by itself.
    #[serde(rename_all = "camelCase")]
    Throttled {
        problem: Problem,
        #[ts(type = "number")]
        since: i64,
        #[ts(type = "number")]
        next_try: i64,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct Counters {
    /// Messages in the queue: waiting, will retry, on hold.
    #[ts(type = "number")]
    pub waiting: u64,
    /// Of those, messages that have been tried and will be tried again.
    #[ts(type = "number")]
    pub deferred: u64,
    #[ts(type = "number")]
    pub held: u64,
    /// When the oldest waiting message was accepted.
    #[ts(type = "number | null")]
    pub oldest_at: Option<i64>,
    /// In the last 24 hours: messages accepted, recipients handed over, recipients failed or given up, refusals.
    #[ts(type = "number")]
    pub accepted: u64,
    #[ts(type = "number")]
    pub sent: u64,
    #[ts(type = "number")]
    pub failed: u64,
    #[ts(type = "number")]
    pub refused: u64,
    /// In the last 24 hours: how often a message was sent again, because it was handed over whole and the answer was lost.
    /// Its recipients may have it twice.
    #[serde(default)]
    #[ts(type = "number")]
    pub sent_again: u64,
    /// Sessions open with devices now.
    pub sessions: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct HourView {
    /// Start of the hour.
    #[ts(type = "number")]
    pub from: i64,
    pub accepted: u32,
    pub sent: u32,
    pub failed: u32,
    pub refused: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct ListenerView {
    pub address: String,
    /// The port it really has (the settings may say 0).
    pub port: u16,
    pub encryption: ListenerEncryption,
    /// None when it listens.
    pub problem: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RefusedClient {
    pub address: String,
    pub client_name: String,
    pub count: u32,
    #[ts(type = "number")]
    pub first_at: i64,
    #[ts(type = "number")]
    pub last_at: i64,
    pub last_sender: String,
    pub last_recipient: String,
    /// The reply it heard last.
    pub last_reply: String,
    pub why: RefusalKind,
    /// The machine's network this address belongs to (`10.0.0.0/24`), when there is one.
    pub network: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum RefusalKind {
    /// No rule allows its address.
    NotAllowed,
    /// Its rule wants TLS first.
    EncryptionNeeded,
    /// Its rule wants a sign-in first.
    SignInNeeded,
    /// A wrong user name or password.
    SignInFailed,
    /// Its rule, its account or the lists do not allow this sender.
    SenderNotAllowed,
    /// Its rule or the lists do not allow this recipient.
    RecipientNotAllowed,
    /// It sent more than its rule allows in this time.
    TooMuch,
    Attachment,
    HeaderRule,
    /// No TLS version or cipher in common, or a certificate that was not accepted.
    TlsFailed,
    TooLarge,
    TooManyRecipients,
    TooManyConnections,
    Loop,
    DiskFull,
    Other,
}

/// One recipient's last news, for "just now".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RecentView {
    #[ts(type = "number")]
    pub at: i64,
    pub message: String,
    pub sender: String,
    pub recipient: String,
    pub client: String,
    pub state: RecipientState,
    /// From accepted to this state.
    #[ts(type = "number")]
    pub took_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum RecipientState {
    /// Waiting for its first try.
    Queued,
    /// Tried; will be tried again.
    Deferred,
    /// Kept back until released.
    Held,
    /// Handed over to the smart host.
    Sent,
    /// Refused for good; the sender was told.
    Bounced,
    /// Given up after its lifetime; the sender was told.
    Expired,
    /// Deleted from the queue by a person.
    Deleted,
}

/// One line of the queue or of the history: a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct EntryView {
    pub id: String,
    #[ts(type = "number")]
    pub accepted_at: i64,
    /// Empty for reports (`<>`).
    pub sender: String,
    pub first_recipient: String,
    /// How many recipients there are in all.
    pub recipients: u32,
    /// How many are not settled yet.
    pub unsettled: u32,
    pub subject: String,
    #[ts(type = "number")]
    pub size: u64,
    /// Address of the client that handed it in; empty for reports.
    pub client: String,
    pub client_name: String,
    pub kind: EntryKind,
    /// The state that matters most to a person: held, deferred, queued while unsettled; else failures before success.
    pub state: RecipientState,
    /// How often it was tried.
    pub attempts: u32,
    #[ts(type = "number | null")]
    pub next_attempt: Option<i64>,
    #[ts(type = "number | null")]
    pub settled_at: Option<i64>,
    /// Why it waits or failed, with the server's last words.
    pub problem: Option<Problem>,
    /// Why it is on hold; None when it is not.
    #[serde(default)]
    pub held: Option<HeldWhy>,
    /// Through which smart host it last went.
    #[serde(default)]
    pub lane: Option<String>,
    /// The smart hosts its unsettled recipients wait for now; empty where there is only one.
    #[serde(default)]
    pub waits_for: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum HeldWhy {
    /// A person has put it on hold.
    Person,
    /// Its device sent far more than usual.
    Burst,
    /// A header rule says so.
    #[serde(rename_all = "camelCase")]
    HeaderRule { name: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum EntryKind {
    /// Handed in by a client.
    Mail,
    /// A report we made (failure or delay).
    Report,
    /// A test message made by the wizard or `send-test`.
    Test,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct Page {
    pub entries: Vec<EntryView>,
    /// How many match in all.
    #[ts(type = "number")]
    pub total: u64,
    /// The snapshot point: events with a higher `seq` are newer than this page.
    #[ts(type = "number")]
    pub seq: u64,
}

/// The settings in force, and what belongs to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct SettingsView {
    /// What is in force now.
    pub settings: Settings,
    /// Where the document lies.
    pub path: String,
    /// What is wrong with the document on the disk; the settings above stay in force.
    pub problems: Vec<SettingsProblem>,
    pub secrets: Vec<SecretView>,
    pub store: SecretStoreView,
    /// The device accounts of the settings above, in their order.
    #[serde(default)]
    pub accounts: Vec<AccountView>,
    /// None where no token is wanted.
    #[serde(default)]
    pub sign_in: Option<SignInView>,
    /// Of smart hosts beside the default one, where tokens are wanted.
    #[serde(default)]
    pub other_sign_ins: Vec<NamedSignIn>,
    /// What devices see when they encrypt. None: no port encrypts, or there is none to show.
    #[serde(default)]
    pub certificate: Option<CertificateView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct NamedSignIn {
    pub name: String,
    pub sign_in: SignInView,
}

/// What is known of a device account. Neither its password nor the hash of it ever comes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct AccountView {
    pub name: String,
    /// Without a password nobody can sign in with it.
    pub has_password: bool,
    #[ts(type = "number | null")]
    pub last_used_at: Option<i64>,
}

/// Whether a secret is set. The secret itself never comes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct SecretView {
    pub name: String,
    pub is_set: bool,
    /// Kept in memory only, lost at the next restart.
    pub until_restart: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SecretStoreView {
    /// Windows Credential Manager.
    WindowsCredentialManager,
    /// The desktop's keyring through Secret Service.
    SecretService,
    /// Files handed over by systemd (read only).
    CredentialsDirectory,
    /// None on this machine, or locked: only "keep until restart" is possible.
    #[serde(rename_all = "camelCase")]
    Unavailable { said: String },
}
