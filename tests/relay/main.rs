//! End to end: one behaviour a file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(unix)]
mod clients;
mod out;
mod tidy;
mod walk;
