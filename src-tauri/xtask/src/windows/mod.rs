//! The Windows product, made on any machine.
//!
//! [`step`]: part of every test run. Builds `outtrayd.exe` and the unit tests of contract and host without optimisation, and runs
//! the tests of `tests/windows` on them and on quickly packed installers under Wine. [`windows`]: what is handed out, optimised
//! and packed, tried in the same way.

mod compiler;
mod inventory;
mod package;
mod trial;
mod winget;

use crate::step::Steps;
use crate::{setup, target};
use anyhow::Result;
use compiler::Compiler;
use std::path::PathBuf;
use std::process::ExitCode;

const BUILD: &str = "outtrayd.exe and unit tests for Windows";
/// `watching` has a host in its own process, and makes cargo build the program too.
const TESTS: &[&str] = &["--package", "control", "--package", "host", "--lib", "--test", "watching"];
const TRY: &str = "outtrayd.exe and Setup under Wine";

pub fn step(steps: &mut Steps) {
    if cfg!(windows) {
        return steps.skip(TRY, "this is Windows: the other steps have shown it");
    }
    if let Err(error) = setup::packages(&[setup::WINDOWS, setup::INSTALLER].concat()) {
        println!("{error:#}");
    }
    let compiler = match Compiler::here() {
        Ok(compiler) => compiler,
        Err(missing) => return steps.skip(TRY, &format!("{missing:#}")),
    };
    let mut units = Vec::new();
    if !steps.need(BUILD, || compiler.tests(TESTS).map(|made| units = made)) {
        return;
    }
    if let Some(missing) = trial::missing() {
        return steps.skip(TRY, &format!("{missing} is not installed"));
    }
    trial::run(steps, TRY, &compiler.made(false), None, &units);
}

/// Builds, packs, tries, and tells sizes and hashes.
pub fn windows() -> Result<ExitCode> {
    setup::packages(&[setup::WINDOW, setup::WINDOWS, setup::INSTALLER].concat())?;
    setup::pages()?;
    let compiler = Compiler::here()?;
    let mut steps = Steps::default();
    let mut build = compiler.build(true);
    // Takes the window's unused commands out of the program.
    build.args(["--package", "host", "--package", "outtray"]).env("REMOVE_UNUSED_COMMANDS", crate::root().join("src-tauri"));
    let built = steps.one("outtray.exe and outtrayd.exe", &mut build);
    let mut words = Vec::new();
    if built && steps.need("pack", || package::pack(compiler, &out()).map(|told| words = told)) {
        if cfg!(windows) {
            steps.skip(TRY, "this is Windows: `cargo xtask test` shows it");
        } else {
            trial::run(&mut steps, TRY, &out(), Some(&out().join(package::SETUP)), &[]);
        }
        steps.need("sizes and hashes", || package::tell(&out(), &words));
    }
    Ok(steps.report())
}

/// What is handed out.
fn out() -> PathBuf {
    target().join("windows").join("out")
}
