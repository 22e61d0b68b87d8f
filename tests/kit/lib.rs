//! The test kit: an office (a host in a temporary folder), devices (lines in, lines out), and smart
//! hosts: a scripted one and a real Postfix, also with a real Dovecot; real servers that send through us. The fakes speak the real contract.
#![allow(clippy::expect_used, clippy::unwrap_used)] // a test that cannot be set up should say so and end

pub mod certs;
pub mod client;
pub mod daemon;
#[cfg(unix)]
pub mod dovecot;
#[cfg(unix)]
pub mod exim;
pub mod fake_smart_host;
mod fake_talk;
mod faults;
pub mod graph;
mod left_out;
pub mod letters;
pub mod load;
pub mod metabase;
#[cfg(unix)]
pub mod names;
mod node;
pub mod office;
#[cfg(unix)]
pub mod postfix;
pub mod token_service;
pub mod way;

pub use certs::Certs;
pub use client::Client;
pub use daemon::Daemon;
pub use fake_smart_host::{FakeSmartHost, SmartHostRunning, Taken};
pub use faults::{Answer, Stage};
pub use left_out::left_out;
pub use office::Office;
pub use token_service::OpenIdProvider;
