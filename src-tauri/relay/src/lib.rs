//! The SMTP relay engine. A message walks through its rooms in this order:
//! `listen` (or `pickup`) → `session` → `policy` → `queue` + `store` → `dispatch` → `smarthost` → `queue::settle`
//! → `dsn` → `history`. [`Relay`] is the one door for whoever runs it.
//!
//! The engine runs the same without a window; it knows no settings file, no credential store, no Tauri.

pub mod board;
pub mod clock;
pub mod config;
pub mod event;
pub mod mail;

pub mod listen;
mod pickup;
pub mod policy;
pub mod session;

pub mod route;

pub mod queue;
pub mod store;

pub mod dispatch;
pub mod smarthost;

pub mod dsn;
pub mod history;

#[doc(hidden)]
pub mod bare;

mod disk;
mod engine;
mod test_message;

pub use engine::{AccountError, Relay, StartError, Story, Target};
