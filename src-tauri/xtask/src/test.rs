//! Every test there is, each thing built once.

use crate::stage::{Folder, Stage};
use crate::step::{self, Steps};
use crate::{cargo, check, node, npm, program, setup, target, windows};
use anyhow::{Result, bail};
use std::process::ExitCode;

/// The parts a person may ask for by name; all of them when none is named.
pub const PARTS: [&str; 5] = ["check", "rust", "pages", "window", "windows"];

/// `--without` before the names means all but these.
pub fn test(words: &[&str]) -> Result<ExitCode> {
    let (without, wanted) = match words {
        ["--without", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if let Some(unknown) = wanted.iter().find(|word| !PARTS.contains(word)) {
        bail!("unknown part of the tests: {unknown}; known are {}", PARTS.join(", "));
    }
    let wants = |part: &str| wanted.is_empty() || wanted.contains(&part) != without;
    let mut steps = Steps::default();
    let linux = cfg!(target_os = "linux");
    steps.need("install what is missing", || {
        setup::packages(&[setup::WINDOW, setup::STAGE, setup::TESTS].concat())?;
        setup::clients()
    });
    let pages = steps.need("the pages", setup::pages);
    if wants("rust") {
        steps.need("the token service of the tests", setup::token_service);
    }
    if wants("check") {
        check::light(&mut steps);
    }

    // All at once, programs and tests: built apart, their dependencies would be built twice with other features.
    let built = (wants("rust") || wants("window"))
        && steps.need("build", || step::must("cargo build", cargo().args(["build", "--workspace", "--all-targets", "--locked"])));
    if built && wants("rust") {
        rust(&mut steps, linux);
    }
    if pages && wants("pages") {
        steps.tests("pages: units", npm().args(["test", "--silent"]));
        steps.tests("pages: in a browser", npm().args(["run", "test:pages", "--silent"]));
    }
    if wants("window") {
        match (linux, built && pages) {
            (true, true) => window(&mut steps),
            (true, false) => {}
            (false, _) => steps.skip("the real window", "it can be steered on Linux only"),
        }
    }
    if wants("windows") {
        windows::step(&mut steps);
    } else if without {
        steps.skip("the Windows programs under Wine", "left out on request");
    }
    Ok(steps.report())
}

/// With a credential store that is nobody's, so that the real one is tested and the person's own is not touched.
fn rust(steps: &mut Steps, linux: bool) {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"]);
    if !linux {
        steps.tests("engine, contract, host, end to end", &mut tests);
        return;
    }
    let mut stage = None;
    // Counted when it fails; the tests that want it then fail as well.
    steps.need("a credential store for the tests", || {
        stage = Some(Stage::set(false)?);
        Ok(())
    });
    if let Some(stage) = &stage {
        tests.env("OUTTRAY_TEST_SECRET_SERVICE", "1");
        stage.dress(&mut tests);
    }
    steps.tests("engine, contract, host, end to end", &mut tests);
}

fn window(steps: &mut Steps) {
    let staged = Stage::set(true).and_then(|stage| Ok((stage, Folder::new("window")?)));
    match staged {
        Ok((stage, folder)) => {
            let mut test = node("tests/ui/window.mjs");
            test.arg(program("debug", "outtray")).arg(program("debug", "practice-provider")).arg(folder.path());
            // What the window looked like after each test, for when one fails.
            test.env("OUTTRAY_SHOTS", target().join("window-pictures"));
            steps.tests("the real window", stage.dress(&mut test));
        }
        Err(error) => {
            steps.need("the real window", || Err(error));
        }
    }
}
