//! The session as conversations, and as properties.

#![allow(clippy::unwrap_used)]

mod contents;
mod noise;
mod reference;
mod replay;
mod secrets;
mod smuggling;
mod transcripts;
