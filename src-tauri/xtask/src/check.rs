//! What can be said about the code without running it.

use crate::step::Steps;
use crate::{cargo, npm, root, setup};
use anyhow::Result;
use std::process::{Command, ExitCode, Stdio};

pub fn check() -> Result<ExitCode> {
    setup::packages(setup::WINDOW)?;
    setup::pages()?;
    let mut steps = Steps::default();
    light(&mut steps);
    steps.one("clippy", cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]));
    let windows = ["clippy", "--workspace", "--test", "windows", "--locked", "--", "--deny", "warnings"];
    steps.one("clippy of the tests under Wine", cargo().args(windows));
    dependencies(&mut steps);
    steps.tests("house rules", cargo().args(["test", "--quiet", "--locked", "--package", "e2e", "--test", "relay", "tidy"]));
    Ok(steps.report())
}

/// What takes seconds; part of every test run.
pub fn light(steps: &mut Steps) {
    steps.one("format", cargo().args(["fmt", "--all", "--check"]));
    steps.one("types and lint of the pages", npm().args(["run", "check", "--silent"]));
}

/// Licences and advisories, where the tool is installed. Banned crates are also looked for by the house rules, everywhere.
pub fn dependencies(steps: &mut Steps) {
    const NAME: &str = "licences and advisories of the dependencies";
    let there = Command::new("cargo-deny").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok_and(|status| status.success()) {
        let config = root().join(".deny.toml");
        steps.one(NAME, cargo().args(["deny", "--config"]).arg(config).args(["check", "bans", "licenses", "sources"]));
    } else {
        steps.skip(NAME, "cargo-deny is not installed (`cargo install cargo-deny`)");
    }
}
