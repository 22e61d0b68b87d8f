//! The session as conversations, and as properties.

#![allow(clippy::unwrap_used)]

mod contents;
mod noise;
mod replay;
mod transcripts;
