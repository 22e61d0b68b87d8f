//! What may be in a message, and when a device's mail is held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Attachments that are refused with 550 5.7.1; the reply names the attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct AttachmentRules {
    /// Whether anything is refused.
    pub refuse: bool,
    /// Endings of file names, without the dot, in any case.
    pub extensions: Vec<String>,
    /// Also programs that bear a harmless name, known by how their content begins (Windows, Linux and macOS programs).
    pub programs_by_content: bool,
}

impl Default for AttachmentRules {
    fn default() -> Self {
        Self { refuse: true, extensions: EXECUTABLE.iter().map(|ending| (*ending).to_owned()).collect(), programs_by_content: true }
    }
}

/// What Windows runs when a person opens it, as the large providers refuse it too
/// (Google: "File types blocked in Gmail"; Microsoft: "Blocked attachments in Outlook").
const EXECUTABLE: [&str; 38] = [
    "ade", "adp", "appx", "bat", "chm", "cmd", "com", "cpl", "diagcab", "dll", "exe", "hta", "ins", "isp", "jar", "js", "jse", "lib",
    "lnk", "mde", "msc", "msi", "msix", "msp", "mst", "nsh", "pif", "ps1", "reg", "scr", "sct", "sys", "vb", "vbe", "vbs", "vxd", "wsc",
    "wsf",
];

/// What is done about messages by a header field, or about every message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "control.ts")]
pub struct HeaderRule {
    /// What people call it; the device hears it when mail is refused.
    #[serde(default)]
    pub name: String,
    /// The field's name, as in `Subject`, in any case. `null`: every message, whatever fields it has; only for `add` and `remove`.
    #[serde(default)]
    pub field: Option<String>,
    /// What its value must hold, in any case; `*` stands for anything. Empty: the field is there.
    #[serde(default)]
    pub pattern: String,
    pub action: HeaderAction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum HeaderAction {
    /// 550 5.7.1 with the rule's name.
    Refuse,
    /// Taken, and kept back until a person releases it.
    Hold,
    /// The matching fields are taken out, or, of every message, all of the name that is given here; a signature (DKIM) over them breaks.
    #[serde(rename_all = "camelCase")]
    Remove {
        #[serde(default)]
        field: Option<String>,
    },
    /// A field is put in front of the first one that matches, or, of every message, at the end of its header; a signature over
    /// fields of its name breaks. Letters beyond ASCII are encoded (RFC 2047).
    #[serde(rename_all = "camelCase")]
    Add { field: String, value: String },
}

/// A device that suddenly sends far more than usual has its mail taken and held, with a notice:
/// a looping scanner or a stolen account must not get the office blocked at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(export_to = "control.ts")]
pub struct BurstSettings {
    pub hold: bool,
    /// Held above this many times the busiest hour of the device in the last 14 days.
    pub times_the_usual: u32,
    /// Never held below this many recipients an hour, however quiet the device has been.
    pub least_per_hour: u32,
    /// Always held above this many recipients an hour; 0: no ceiling.
    pub most_per_hour: u32,
}

impl Default for BurstSettings {
    fn default() -> Self {
        Self { hold: true, times_the_usual: 5, least_per_hour: 100, most_per_hour: 2000 }
    }
}
