//! What the machine under the engine says about itself, so that nobody has to type it.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct MachineView {
    pub host_name: String,
    /// The DNS domain it belongs to, when it belongs to one.
    pub domain: Option<String>,
    pub networks: Vec<NetworkView>,
    /// For 25, 587, 465 and 2525: free, ours, or whose.
    pub ports: Vec<PortView>,
    pub firewall: FirewallView,
    pub os: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct NetworkView {
    /// `192.168.1.0/24`.
    pub network: String,
    /// This machine's address in it.
    pub address: String,
    /// Name of the network card.
    pub card: String,
    /// How many addresses it has; None when more than 2^53.
    #[ts(type = "number | null")]
    pub addresses: Option<u64>,
    pub private: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct PortView {
    pub port: u16,
    pub state: PortState,
    /// The program that holds it, when known.
    pub holder: Option<String>,
    /// Whether the firewall lets devices reach it; None when that cannot be said for sure.
    pub let_in: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum PortState {
    Free,
    Ours,
    Taken,
    Forbidden,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct FirewallView {
    pub state: FirewallState,
    /// As people know it: "Windows Defender Firewall", "ufw".
    pub name: Option<String>,
    /// What an administrator types to let the ports in from the local network, when that is known.
    pub command: Option<String>,
    /// The same for `outtrayd firewall open`, where our own program does it.
    pub opening: Option<OpeningView>,
    /// Windows calls a network of this machine public: there our rule does not count, and devices are kept out.
    pub public_network: bool,
}

/// What a rule in the firewall is to let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct OpeningView {
    pub ports: Vec<u16>,
    /// `LocalSubnet`, `10.0.0.0/8`; never public ones.
    pub networks: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum FirewallState {
    On,
    Off,
    Unknown,
}

/// What only others can tell: asked on a click, never by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct OutsideView {
    pub seen: SeenView,
    pub clock: ClockView,
}

/// The address the mail provider sees this office at: what its connector or an SPF record must name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SeenView {
    #[serde(rename_all = "camelCase")]
    At { address: String },
    /// The provider's greeting does not say.
    NotTold,
    /// No provider is set up.
    NobodyToAsk,
    #[serde(rename_all = "camelCase")]
    Trouble { problem: Problem },
}

/// How far this machine's clock is from a time server's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum ClockView {
    /// Milliseconds this machine is behind; negative when it is ahead.
    #[serde(rename_all = "camelCase")]
    Behind {
        #[ts(type = "number")]
        millis: i64,
        server: String,
    },
    /// This machine names no time server.
    NobodyToAsk,
    #[serde(rename_all = "camelCase")]
    NoAnswer { server: String, said: String },
}
