//! The contract between a relay engine and whoever watches it.
//!
//! Requests go in, replies come out, events arrive by themselves, each with a sequence number.
//! The window, `outtrayd` in a shell and the tests all speak it; in one process too, over an
//! in-memory duplex with the same codec. Knows nothing of the engine, of Tauri or of the store.
//!
//! Rule for callers: subscribe first, then take the snapshot; a gap means ask again ([`event`]).
//!
//! ```text
//! Client ── frames over any byte stream (pipe, in memory) ── serve ── dyn Desk
//! ```

pub mod client;
pub mod event;
pub mod import;
pub mod machine;
pub mod pipe;
pub mod problem;
pub mod provider;
pub mod request;
pub mod secret;
pub mod server;
pub mod settings;
pub mod view;

mod frame;
mod gather;

pub use client::{Client, ClientError};
pub use event::{Event, Fact};
pub use problem::{Problem, ProblemCode};
pub use request::{Answer, NewSecret, Refused, Request, Selection};
pub use secret::Secret;
pub use server::{Desk, Progress, serve};
pub use settings::Settings;

/// Version of the contract. A window and an engine of different numbers say so to the person.
pub const CONTRACT: u32 = 1;

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod conversation;
