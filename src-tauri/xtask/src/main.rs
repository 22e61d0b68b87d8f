//! What a person types: `cargo xtask run | demo | test | windows | check | fuzz | setup`.
//!
//! Installs what is missing, builds, and runs. Standard library only (and `anyhow`): it must be ready in seconds.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod demo;
mod fuzz;
mod setup;
mod stage;
mod step;
mod tally;
mod test;
mod trickle;
mod windows;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask COMMAND

  run      the window on this machine's own data folder (or: run --data DIR); --release for the fast build
  demo     the window on a practice mail provider, with mail from a real SMTP client;
           without a display (or with --headless) it takes pictures, compares what arrived and ends by itself
  test     every test; the last line says how many passed
           (or some: test check rust pages window windows; all but one: test --without windows)
  windows  outtray.exe, outtrayd.exe and Outtray-Setup.exe, tried under Wine, with sizes and hashes
  check    format, clippy, dependencies, types, lint, house rules
  fuzz     shows readers of what strangers send octets that reach new code: fuzz [TARGET] [SECONDS]
  setup    only install what is missing";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match perform(&words) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(words: &[&str]) -> Result<ExitCode> {
    match words {
        ["run", rest @ ..] => run(rest),
        ["demo"] => demo::demo(!setup::has_display()),
        ["demo", "--headless"] => demo::demo(true),
        ["test", parts @ ..] => test::test(parts),
        ["fuzz", words @ ..] => fuzz::fuzz(words),
        ["windows"] => windows::windows(),
        ["check"] => check::check(),
        ["setup"] => {
            setup::everything()?;
            Ok(ExitCode::SUCCESS)
        }
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("unknown: {}\n\n{HELP}", other.join(" ")),
    }
}

fn run(words: &[&str]) -> Result<ExitCode> {
    let release = words.contains(&"--release");
    let rest: Vec<&str> = words.iter().copied().filter(|word| *word != "--release").collect();
    setup::packages(setup::WINDOW)?;
    setup::pages()?;
    let mut build = cargo();
    build.args(["build", "--package", "outtray"]);
    if release {
        // Takes the window's unused commands out of the program; a debug build leaves them to the capability file.
        build.arg("--release").env("REMOVE_UNUSED_COMMANDS", root().join("src-tauri"));
    }
    step::must("build the window", &mut build)?;
    let status = Command::new(program(if release { "release" } else { "debug" }, "outtray")).args(rest).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

fn program(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(root().join("ui")).env("NO_COLOR", "1");
    npm
}

fn node(script: &str) -> Command {
    let mut node = Command::new("node");
    node.current_dir(root()).arg(root().join(script)).env("NO_COLOR", "1");
    node
}
