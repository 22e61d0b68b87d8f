//! What became of one message, from its acceptance to its end.

use super::{EntryView, RecipientState};
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The whole story of one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct StoryView {
    pub entry: EntryView,
    pub recipients: Vec<RecipientView>,
    /// What happened, oldest first.
    pub steps: Vec<StoryStep>,
    /// The header section as text, while the content is still kept.
    pub header: Option<String>,
    #[ts(type = "number")]
    pub expires_at: i64,
    #[ts(type = "number | null")]
    pub delay_notice_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct RecipientView {
    pub address: String,
    pub state: RecipientState,
    /// The server's last answer, in the original.
    pub reply: Option<String>,
    #[ts(type = "number | null")]
    pub settled_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct StoryStep {
    #[ts(type = "number")]
    pub at: i64,
    pub what: StoryKind,
    /// Through which smart host, if it was tried.
    #[serde(default)]
    pub lane: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum StoryKind {
    #[serde(rename_all = "camelCase")]
    Accepted {
        client: String,
        client_name: String,
        /// `TLSv1.3` and the like; None without encryption.
        tls: Option<String>,
        #[ts(type = "number")]
        size: u64,
    },
    #[serde(rename_all = "camelCase")]
    Sent {
        recipient: String,
        server: String,
        tls: Option<String>,
        reply: String,
        /// It had been handed over whole before, and the answer was lost: the recipient may have it twice.
        #[serde(default)]
        again: bool,
    },
    #[serde(rename_all = "camelCase")]
    Deferred {
        recipient: String,
        server: String,
        problem: Problem,
        #[ts(type = "number")]
        next_attempt: i64,
    },
    #[serde(rename_all = "camelCase")]
    Bounced {
        recipient: String,
        server: String,
        problem: Problem,
    },
    #[serde(rename_all = "camelCase")]
    Expired {
        recipient: String,
        problem: Option<Problem>,
    },
    #[serde(rename_all = "camelCase")]
    DelayNoticed {
        report: String,
    },
    /// A failure report was made for the sender.
    #[serde(rename_all = "camelCase")]
    Reported {
        report: String,
    },
    /// The sender, who had asked for it, was told that the message was handed over.
    #[serde(rename_all = "camelCase")]
    Confirmed {
        report: String,
    },
    Held,
    Released,
    /// A person asked for a try now.
    TriedNow,
    #[serde(rename_all = "camelCase")]
    Deleted {
        recipient: String,
    },
}
