//! Taking over from the Windows SMTP service (IIS SMTP): what was found, what becomes of each of
//! its settings, and the state of the two services. Words for people are made by the host here,
//! since a shell shows the same lines as the window.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::settings::Settings;

/// A `MetaBase.xml` somebody picked, whatever its encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct MetabaseFile {
    pub name: String,
    /// The bytes of the file.
    pub base64: String,
}

/// What there is to take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct ImportView {
    pub source: ImportSource,
    /// The virtual servers, in the order of their numbers.
    pub servers: Vec<ImportServer>,
    /// What could not be read, and what to do, as sentences.
    pub troubles: Vec<String>,
    pub service: TakeOverView,
}

/// Where the settings were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum ImportSource {
    /// The service is not on this machine, or nothing of it can be read.
    Nothing,
    /// From the running system, through ADSI.
    Adsi,
    /// From the running system, through WMI.
    Wmi,
    #[serde(rename_all = "camelCase")]
    Metabase { name: String },
}

/// One virtual server, and what Outtray would be with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct ImportServer {
    pub number: u32,
    /// As IIS Manager shows it.
    pub name: String,
    pub rows: Vec<ImportRow>,
    /// Ready for the setup; the smart host is None when there was none.
    pub settings: Settings,
    /// The password was kept encrypted for that machine alone: it has to be typed again.
    pub needs_password: bool,
}

/// What becomes of one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct ImportRow {
    pub part: ImportPart,
    /// The setting, as IIS Manager calls it.
    pub setting: String,
    pub was: String,
    /// Empty when it is not carried over.
    pub becomes: String,
    pub fate: ImportFate,
    /// Why it changes or stays behind, and what to do, as sentences. Empty when it simply carries over.
    pub why: String,
    /// It stood at its default or unused: nothing a person must read.
    pub minor: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ImportFate {
    /// The same here.
    Carried,
    /// Taken over in another form.
    Changed,
    NotCarried,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ImportPart {
    Provider,
    Senders,
    Listening,
    Messages,
    Delivery,
    Other,
}

/// The Windows SMTP service beside Outtray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct TakeOverView {
    pub service: SmtpService,
    /// Whether this engine may stop and start it.
    pub may_control: bool,
    /// Set while Outtray has taken over: the way back is open.
    pub taken: Option<TakenOver>,
    /// Mail that still lies in its folders.
    pub left: Vec<LeftMail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SmtpService {
    NotInstalled,
    /// It could not be asked.
    Unknown,
    #[serde(rename_all = "camelCase")]
    Installed {
        running: bool,
        start: ServiceStart,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ServiceStart {
    Automatic,
    Manual,
    Disabled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct TakenOver {
    #[ts(type = "number")]
    pub at: i64,
    /// The ports Outtray took.
    pub ports: Vec<u16>,
    /// How the service was started before.
    pub start_before: ServiceStart,
    pub ran_before: bool,
}

/// Messages in one folder of the Windows SMTP service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct LeftMail {
    pub folder: MailFolder,
    pub path: String,
    #[ts(type = "number")]
    pub messages: u64,
    /// Nobody knows how many: it could not be looked into, in the system's words.
    #[serde(default)]
    pub unreadable: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum MailFolder {
    Queue,
    Pickup,
    Badmail,
}

/// Why a take-over or the way back was not made; everything is as it was unless `left_undone` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct TakeOverTrouble {
    /// What went wrong, as a sentence.
    pub wrong: String,
    /// What to do, as a sentence.
    pub remedy: String,
    /// What could not be put back as it was, as sentences. Usually empty.
    pub left_undone: Vec<String>,
}
