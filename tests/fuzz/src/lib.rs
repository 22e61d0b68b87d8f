//! Whatever octets there are, shown to every reader of what strangers send; each target holds its reader to its promises.
//!
//! In: octets. Out: nothing, or a panic that says which promise was broken. `tests/replay.rs` shows a target its corpus and
//! a bounded number of random cases in every test run; `main.rs` lets libFuzzer look for octets that reach new code.
//! A target is pure: the same octets give the same end.

// A target fails by a panic, and reads nothing but what it has been given.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod corpus;

mod dice;
mod naive;
mod targets;

pub use dice::{Dice, mutated};

use targets::{address, balancer, content, downgrade, hello, letter, metabase, outgoing, pfx, repair, session, settings};

/// A reader, and what is known about what it reads.
pub struct Target {
    pub name: &'static str,
    pub check: fn(&[u8]),
    /// Words of what it reads; a fuzzer puts them together.
    pub words: &'static [&'static [u8]],
}

pub const TARGETS: &[Target] = &[
    Target { name: "session", check: session::session, words: session::WORDS },
    Target { name: "data", check: session::data, words: session::CONTENT_WORDS },
    Target { name: "bdat", check: session::bdat, words: session::CONTENT_WORDS },
    Target { name: "address", check: address::address, words: address::WORDS },
    Target { name: "balancer", check: balancer::balancer, words: balancer::WORDS },
    Target { name: "hello", check: hello::hello, words: hello::WORDS },
    Target { name: "letter", check: letter::letter, words: letter::WORDS },
    Target { name: "content", check: content::content, words: content::WORDS },
    Target { name: "downgrade", check: downgrade::downgrade, words: content::WORDS },
    Target { name: "outgoing", check: outgoing::outgoing, words: outgoing::WORDS },
    Target { name: "repair", check: repair::repair, words: repair::WORDS },
    Target { name: "settings", check: settings::settings, words: settings::WORDS },
    Target { name: "metabase", check: metabase::metabase, words: metabase::WORDS },
    Target { name: "pfx", check: pfx::pfx, words: pfx::WORDS },
];

pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
