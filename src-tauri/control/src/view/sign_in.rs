//! How the sign-in with a token stands. A token never comes out.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub struct SignInView {
    /// Who signed in, in the token service's words; None where an application signs in by itself, or it does not say.
    pub account: Option<String>,
    /// Tokens can be made without anybody's help.
    pub signed_in: bool,
    /// Until when the present token is good.
    #[ts(type = "number | null")]
    pub token_until: Option<i64>,
    /// When somebody signed in.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// There was no credential store to keep it in.
    pub until_restart: bool,
    /// Why there was no token when one was last asked for, or why the last sign-in failed.
    pub problem: Option<Problem>,
    /// A sign-in that has begun.
    pub waiting: Option<SignInWaiting>,
}

/// What somebody has to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export_to = "control.ts")]
pub enum SignInWaiting {
    /// Open the link with any browser and type the code.
    #[serde(rename_all = "camelCase")]
    DeviceCode {
        code: String,
        link: String,
        #[ts(type = "number")]
        until: i64,
    },
    /// Open the link with a browser on this machine.
    #[serde(rename_all = "camelCase")]
    Browser {
        link: String,
        #[ts(type = "number")]
        until: i64,
    },
}
