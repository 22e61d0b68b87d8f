//! The Windows programs, run under Wine by people who have no Windows at hand.
//!
//! Not among the ordinary tests: they need programs compiled for Windows. `cargo xtask test windows` builds
//! them and runs these; by hand: `OUTTRAY_WINDOWS=<folder> cargo test --workspace --test windows`, where the
//! folder holds `outtrayd.exe` and `bcryptprimitives.dll` (see [`wine`]), and for [`units`] unit tests as programs.

#![cfg(unix)] // on Windows itself the ordinary tests show it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod mail;
mod service;
mod units;
mod wine;
