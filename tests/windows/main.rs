//! The Windows programs, run under Wine by people who have no Windows at hand.
//!
//! Not among the ordinary tests: they need programs compiled for Windows. `cargo xtask test windows` builds
//! them and runs these; by hand: `OUTTRAY_WINDOWS=target/windows/trial cargo test --workspace --test windows`, once it
//! has laid out that folder: `outtrayd.exe`, two installers, unit tests as programs, and what Wine lacks (see [`wine`]).

#![cfg(unix)] // on Windows itself the ordinary tests show it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod earlier;
mod facts;
mod figures;
mod installer;
mod machine;
mod mail;
mod pipe;
mod resources;
mod service;
mod smtpsvc;
mod switches;
mod units;
mod walk;
mod wine;
