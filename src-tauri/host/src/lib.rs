//! A relay at home on this machine: settings file, secrets, logs, paths, lock, machine facts, and the
//! desk that answers the contract. [`Host`] is the one door; `outtrayd` and the window open it.
//!
//! ```text
//! Host ── FrontDesk ── relay::Relay
//!          └ Force: settings/ secrets/ oauth/ certificate logs
//! ```

pub mod certificate;
pub mod desk;
mod dkim;
pub mod graph;
pub mod import;
pub mod lock;
pub mod logs;
pub mod machine;
pub mod moving;
pub mod oauth;
pub mod paths;
pub mod secrets;
pub mod service;
pub mod settings;

mod files;
mod handles;
mod home;

pub use home::{Host, HostError, LogsTo, Options};
