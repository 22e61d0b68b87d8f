//! What a watcher may ask.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::import::{ImportView, MetabaseFile, TakeOverTrouble, TakeOverView};
use crate::machine::{MachineView, OutsideView};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::settings::{Settings, SettingsProblem, SmartHostSettings};
use crate::view::{
    DecisionView, DeviceView, DkimAlgorithm, DkimFound, DkimKeyView, Page, ProbeStep, RecipientState, RefusalPage, RewrittenView,
    SettingsView, SignInView, Snapshot, StoryView,
};

/// The settings in a document, read as those in a request are: what reads them is large, and so it is there once.
pub fn settings_in(document: serde_json::Value) -> Result<Settings, serde_json::Error> {
    let request = serde_json::json!({ "ask": "applySettings", "settings": document });
    let Request::ApplySettings { settings, secret: _ } = serde_json::from_value(request)? else {
        return Err(serde::de::Error::custom("no settings"));
    };
    Ok(*settings)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "ask")]
#[ts(export_to = "control.ts")]
pub enum Request {
    /// From now on events come by themselves. Answer: `Done`.
    Subscribe,
    /// Answer: `Snapshot`.
    Snapshot,
    /// A part of the queue, oldest first. Answer: `Page`.
    #[serde(rename_all = "camelCase")]
    Queue {
        filter: EntryFilter,
        offset: u32,
        limit: u32,
    },
    /// A part of the history (settled messages and waiting ones), newest first. Answer: `Page`.
    #[serde(rename_all = "camelCase")]
    History {
        filter: EntryFilter,
        offset: u32,
        limit: u32,
    },
    /// Answer: `Story`.
    #[serde(rename_all = "camelCase")]
    Story {
        id: String,
    },
    /// The message as an .eml, in pieces of at most 512 KiB; base64. Answer: `Content`.
    #[serde(rename_all = "camelCase")]
    Content {
        id: String,
        #[ts(type = "number")]
        offset: u64,
    },
    /// Try now. Answer: `Count`.
    #[serde(rename_all = "camelCase")]
    Retry {
        which: Selection,
    },
    #[serde(rename_all = "camelCase")]
    Hold {
        which: Selection,
    },
    #[serde(rename_all = "camelCase")]
    Release {
        which: Selection,
    },
    /// Removes from the queue; `tell_sender` makes a failure report. Answer: `Count`.
    #[serde(rename_all = "camelCase")]
    Delete {
        which: Selection,
        tell_sender: bool,
    },
    /// Stops handing over; mail is still accepted. Kept over restarts. Answer: `Done`.
    Pause,
    Resume,
    /// Wakes a resting lane at once. Answer: `Done`.
    TryLane,
    /// Does something about one smart host. Answer: `Done`; for a sign-in: `Settings`.
    #[serde(rename_all = "camelCase")]
    Lane {
        /// `default`, or as the settings name it.
        lane: String,
        act: LaneAct,
    },
    /// Tries ports at once that could not be opened; how they stand then comes as an event. Answer: `Done`.
    TryListeners,
    /// Answer: `Settings`.
    Settings,
    /// Answer: `Problems` (empty when all is well).
    #[serde(rename_all = "camelCase")]
    CheckSettings {
        settings: Box<Settings>,
    },
    /// Checks, saves and puts in force, together with the secret that belongs to these settings: the server of before never
    /// sees it. Answer: `Settings`, or `Problems` and nothing is changed.
    #[serde(rename_all = "camelCase")]
    ApplySettings {
        settings: Box<Settings>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        secret: Option<NewSecret>,
    },
    /// Reads the settings file again. Answer: `Settings` or `Problems`.
    ReloadSettings,
    /// Stores a secret with the account that runs the engine. Answer: `Settings`.
    #[serde(rename_all = "camelCase")]
    SetSecret {
        name: String,
        secret: Secret,
        until_restart: bool,
    },
    #[serde(rename_all = "camelCase")]
    RemoveSecret {
        name: String,
    },
    /// Removes all that is kept for the settings in force, sign-ins too: before their engine is taken from the machine. Answer: `Settings`.
    RemoveAllSecrets,
    /// Answer: `Machine`.
    Machine,
    /// Asks the mail provider which address it sees us at, and this machine's time server what time it is.
    /// Answer: `Outside`.
    LookOutside,
    /// Tries a smart host step by step; the steps come as `Probed` events with this number
    /// (to this connection only, whether subscribed or not) while it goes on. Without `secret` the
    /// stored one is used. Answer: `Probed`, or `Problems` of what was given.
    #[serde(rename_all = "camelCase")]
    Probe {
        probe: u32,
        smart_host: Box<SmartHostSettings>,
        secret: Option<Secret>,
        sender: Option<String>,
        /// Which smart host it is, for its stored secret; None: the default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        lane: Option<String>,
    },
    /// Begins a sign-in that somebody ends with a browser, at the token service of these settings; one that was begun before
    /// is given up. How it goes on is told as `SettingsChanged`. Without `secret` the stored one is used where one is wanted.
    /// What comes of it is kept once these settings are in force. Answer: `SignIn`, or `Problems` of the settings.
    #[serde(rename_all = "camelCase")]
    BeginSignIn {
        smart_host: Box<SmartHostSettings>,
        secret: Option<Secret>,
        /// Which smart host it is; None: the default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        lane: Option<String>,
    },
    /// Gives up a sign-in that was begun. Answer: `Settings`.
    CancelSignIn,
    /// Forgets the sign-in in force: its tokens, and what they are made with. Answer: `Settings`.
    SignOut,
    /// Puts a test message into the queue. Answer: `Kept`.
    #[serde(rename_all = "camelCase")]
    SendTest {
        sender: String,
        recipient: String,
    },
    /// Sets the password of a device account; only its hash is kept. Answer: `Settings`.
    #[serde(rename_all = "camelCase")]
    SetAccountPassword {
        account: String,
        password: Secret,
    },
    /// Nobody can sign in with the account until it is given another. Answer: `Settings`.
    #[serde(rename_all = "camelCase")]
    RemoveAccountPassword {
        account: String,
    },
    /// May this client send this? Decided by the rules in force, or by those of `settings` before they are saved.
    /// Answer: `Decision`, or `Problems` of the settings.
    #[serde(rename_all = "camelCase")]
    MayISend {
        question: AccessQuestion,
        settings: Option<Box<Settings>>,
    },
    /// What this From (an address, or with a name) would become on the way to this smart host.
    /// Answer: `Rewritten`, or `Problems` of what the settings say of it.
    #[serde(rename_all = "camelCase")]
    SenderBecomes {
        smart_host: Box<SmartHostSettings>,
        from: String,
    },
    /// The key that signs mail of this domain. Answer: `DkimKey`.
    #[serde(rename_all = "camelCase")]
    DkimKey {
        domain: String,
        selector: String,
    },
    /// Makes a key and stores it with the account that runs the engine. One that is there is left alone, unless `replace`.
    /// Answer: `DkimKey`.
    #[serde(rename_all = "camelCase")]
    NewDkimKey {
        domain: String,
        selector: String,
        algorithm: DkimAlgorithm,
        replace: bool,
        until_restart: bool,
    },
    /// Asks the name servers whether the key is published. Answer: `DkimFound`, or it is refused without a key.
    #[serde(rename_all = "camelCase")]
    LookUpDkimKey {
        domain: String,
        selector: String,
    },
    /// Clients that handed in mail or tried to, the most recent first. Answer: `Devices`.
    Devices,
    /// Refusals that are remembered, folded by client, reason and hour; newest first. Answer: `Refusals`.
    #[serde(rename_all = "camelCase")]
    Refusals {
        /// Words that must be found in client, sender, recipient or reply.
        text: String,
        offset: u32,
        limit: u32,
    },
    /// A device whose mail is held as a burst: from now on it counts as usual what it sent. With `release` what is held
    /// goes out, else it stays held. Answer: `Count`.
    #[serde(rename_all = "camelCase")]
    EndBurst {
        /// An address, or `account:` and the name of a device account, as the notice has it.
        address: String,
        release: bool,
    },
    /// Forgets a refused client until it is refused again. Answer: `Done`.
    #[serde(rename_all = "camelCase")]
    ForgetRefused {
        address: String,
    },
    /// Reads the settings of the Windows SMTP service: from the file, else from this machine. Answer: `Import`.
    #[serde(rename_all = "camelCase")]
    ImportLook {
        metabase: Option<MetabaseFile>,
    },
    /// What a process with more rights read of the Windows SMTP service (`host::import::Read`, in JSON), judged by what the
    /// engine's account may. `keep`: for the looks that follow, too, until the engine stops. Answer: `Import`.
    #[serde(rename_all = "camelCase")]
    ImportRead {
        read: String,
        keep: bool,
    },
    /// How the Windows SMTP service stands. Answer: `TakeOver`.
    TakeOverState,
    /// Stops and disables the Windows SMTP service and opens the ports of these settings in its place.
    /// Answer: `TakeOver`, `Problems` of the settings, or `NotTakenOver`.
    #[serde(rename_all = "camelCase")]
    TakeOver {
        settings: Box<Settings>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        secret: Option<NewSecret>,
    },
    /// Gives the ports back to the Windows SMTP service and starts it. Answer: `TakeOver` or `NotTakenOver`.
    TakeOverBack,
}

/// What can be done about one smart host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum LaneAct {
    /// Hands nothing over to it, and leads its mail no other way. Kept over restarts.
    Pause,
    Resume,
    /// Wakes it at once when it rests, and tests senders it refuses.
    TryNow,
    /// Gives up a sign-in that was begun.
    CancelSignIn,
    /// Forgets its sign-in.
    SignOut,
}

/// One message that a client might send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct AccessQuestion {
    pub address: String,
    pub encrypted: bool,
    /// The device account it has signed in with; None: it has not.
    pub account: Option<String>,
    /// Empty for the null reverse-path.
    pub sender: String,
    pub recipient: String,
}

/// A secret for the account that runs the engine to store, or to keep in memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct NewSecret {
    pub name: String,
    pub secret: Secret,
    pub until_restart: bool,
}

/// Which messages an act concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum Selection {
    #[serde(rename_all = "camelCase")]
    Ids { ids: Vec<String> },
    /// All that match, but only those accepted up to that moment: what came later is not touched.
    #[serde(rename_all = "camelCase")]
    Matching {
        filter: EntryFilter,
        #[ts(type = "number")]
        accepted_until: i64,
    },
}

/// All parts must match; an empty filter matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export_to = "control.ts")]
pub struct EntryFilter {
    /// Words, each of which must be found in sender, a recipient, subject, client, Message-ID or a server's answer.
    /// `from:`, `to:`, `subject:`, `client:`, `before:2026-11-30`, `after:2026-11-01` narrow it.
    pub text: String,
    pub states: Vec<RecipientState>,
    /// Only what waits for this smart host, or, once settled, last went through it.
    pub lane: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum Answer {
    Done,
    #[serde(rename_all = "camelCase")]
    Snapshot {
        snapshot: Box<Snapshot>,
    },
    #[serde(rename_all = "camelCase")]
    Page {
        page: Page,
    },
    #[serde(rename_all = "camelCase")]
    Story {
        story: Box<StoryView>,
    },
    #[serde(rename_all = "camelCase")]
    Content {
        base64: String,
        #[ts(type = "number")]
        total: u64,
    },
    /// How many messages it concerned.
    #[serde(rename_all = "camelCase")]
    Count {
        #[ts(type = "number")]
        count: u64,
    },
    #[serde(rename_all = "camelCase")]
    Settings {
        settings: Box<SettingsView>,
    },
    #[serde(rename_all = "camelCase")]
    Problems {
        problems: Vec<SettingsProblem>,
    },
    #[serde(rename_all = "camelCase")]
    Decision {
        decision: DecisionView,
    },
    #[serde(rename_all = "camelCase")]
    Rewritten {
        rewritten: RewrittenView,
    },
    #[serde(rename_all = "camelCase")]
    DkimKey {
        key: DkimKeyView,
    },
    #[serde(rename_all = "camelCase")]
    DkimFound {
        found: DkimFound,
    },
    #[serde(rename_all = "camelCase")]
    Devices {
        devices: Vec<DeviceView>,
    },
    #[serde(rename_all = "camelCase")]
    Refusals {
        page: RefusalPage,
    },
    #[serde(rename_all = "camelCase")]
    Machine {
        machine: MachineView,
    },
    #[serde(rename_all = "camelCase")]
    Outside {
        outside: OutsideView,
    },
    /// How each step ended, in their order. The verdict is taken from here: events come by another
    /// way, and may come later.
    #[serde(rename_all = "camelCase")]
    Probed {
        steps: Vec<ProbeStep>,
    },
    #[serde(rename_all = "camelCase")]
    SignIn {
        sign_in: SignInView,
    },
    #[serde(rename_all = "camelCase")]
    Kept {
        id: String,
    },
    #[serde(rename_all = "camelCase")]
    Import {
        found: Box<ImportView>,
    },
    #[serde(rename_all = "camelCase")]
    TakeOver {
        state: TakeOverView,
    },
    #[serde(rename_all = "camelCase")]
    NotTakenOver {
        trouble: TakeOverTrouble,
    },
    /// It could not be done.
    #[serde(rename_all = "camelCase")]
    Refused {
        refused: Refused,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "why")]
#[ts(export_to = "control.ts")]
pub enum Refused {
    /// No such message (any more).
    NoSuchMessage,
    /// The content of a message that left the queue is not kept.
    ContentGone,
    /// The request was not understood; an engine of another version.
    #[serde(rename_all = "camelCase")]
    NotUnderstood { said: String },
    /// An address or another value in the request is wrong.
    #[serde(rename_all = "camelCase")]
    BadValue { field: String, said: String },
    /// A trouble with a code.
    #[serde(rename_all = "camelCase")]
    Trouble { problem: Problem },
    /// The engine is shutting down.
    Stopping,
}
