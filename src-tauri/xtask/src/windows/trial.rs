//! Runs `tests/windows` under Wine on programs just made, and on two installers of them.
//!
//! What Wine 8 lacks is made from `tests/windows/stand_in`, for the trial only; it is never handed out.

use super::compiler::says_version;
use super::package::{self, Packing};
use crate::step::{self, Steps};
use crate::{cargo, root, target};
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMPILER: &str = "x86_64-w64-mingw32-gcc";
/// What is made of each source, and how.
const STAND_INS: [(&str, &str, &[&str]); 9] = [
    ("bcryptprimitives.c", "bcryptprimitives.dll", &["-shared"]),
    ("rstrtmgr.c", "rstrtmgr.dll", &["-shared"]),
    ("earlier.c", "earlier.exe", &[]),
    ("hnetcfg.c", "hnetcfg.dll", &["-shared"]),
    ("outtray.c", "window.exe", &["-municode", "-mwindows"]),
    ("pipe.c", "pipe.exe", &["-municode"]),
    ("powershell.c", "powershell.exe", &[]),
    ("start_type.c", "start_type.exe", &[]),
    ("webview2.c", "webview2.exe", &[]),
];
/// Older than every other: what an upgrade begins with.
const VERSION_BEFORE: &str = "0.0.1";

/// What is needed and not there.
pub fn missing() -> Option<&'static str> {
    if !says_version("wine") {
        return Some("wine");
    }
    ["Xvfb", "makensis"].into_iter().find(|name| !package::is_there(name))
}

/// `made` holds the programs; `setup` is the installer that is handed out, if it is to be tried. `units` are test programs.
pub fn run(steps: &mut Steps, name: &str, made: &Path, setup: Option<&Path>, units: &[PathBuf]) {
    let mut folder = PathBuf::new();
    if steps.need("lay out the trial", || lay_out(made, setup, units).map(|made| folder = made)) {
        // Of the whole workspace: the parts are not built anew with other features.
        let mut tests = cargo();
        tests.args(["test", "--workspace", "--locked", "--test", "windows"]).env("OUTTRAY_WINDOWS", &folder);
        // Of what is handed out there are no unit tests; before that, no window, and figures nobody wants.
        let left_out = if setup.is_some() { &["units::"][..] } else { &["resources::of_the_window", "figures::"] };
        tests.arg("--").args(left_out.iter().flat_map(|name| ["--skip", name]));
        steps.tests(name, &mut tests);
        // What is measured, and what was typed and read from installing to uninstalling.
        let told = if setup.is_some() { &["figures.txt", "transcript.txt"][..] } else { &[] };
        for text in told.iter().filter_map(|name| fs::read_to_string(folder.join(name)).ok()) {
            println!("{text}");
        }
    }
}

fn lay_out(made: &Path, setup: Option<&Path>, units: &[PathBuf]) -> Result<PathBuf> {
    let folder = target().join("windows").join("trial");
    // Nothing of an earlier trial is tried again.
    let _ = fs::remove_dir_all(&folder);
    let programs = folder.join("programs");
    fs::create_dir_all(&programs)?;
    for (source, to, how) in STAND_INS {
        let mut compile = Command::new(COMPILER);
        compile.args(how).args(["-Wall", "-Werror", "-s", "-o"]).arg(folder.join(to));
        compile.arg(root().join("tests/windows/stand_in").join(source)).arg("-ladvapi32");
        step::must(to, &mut compile)?;
    }
    fs::copy(made.join("outtrayd.exe"), folder.join("outtrayd.exe"))?;
    if setup.is_some() {
        fs::copy(made.join("outtray.exe"), folder.join("outtray.exe"))?;
    }
    for unit in units {
        // `host-0123456789abcdef.exe` becomes `unit-host.exe`.
        let name = unit.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name).to_owned();
        fs::copy(unit, folder.join(format!("unit-{name}.exe")))?;
    }
    // Without what only a debugger reads, which is half of it.
    let mut strip = Command::new("x86_64-w64-mingw32-strip");
    step::must("strip", strip.arg("-o").arg(programs.join("outtrayd.exe")).arg(made.join("outtrayd.exe")))?;
    // Small, and made in no time: what the window shows is nothing to an installer.
    fs::copy(folder.join("window.exe"), programs.join("outtray.exe"))?;
    let before = folder.join("Outtray-Setup-before.exe");
    package::setup(&programs, &before, VERSION_BEFORE, Packing::Quick, Some(&signing(&folder)?))?;
    both_were_signed(&folder)?;
    match setup {
        Some(setup) => _ = fs::copy(setup, folder.join(package::SETUP))?,
        None => package::setup(&programs, &folder.join(package::SETUP), package::VERSION, Packing::Quick, None)?,
    }
    Ok(folder)
}

/// In place of a signature: a file beside it.
fn signing(folder: &Path) -> Result<String> {
    let signed = folder.join("signed");
    let _ = fs::remove_dir_all(&signed);
    fs::create_dir(&signed)?;
    Ok(format!("cp %1 '{}'", signed.display()))
}

fn both_were_signed(folder: &Path) -> Result<()> {
    let signed = fs::read_dir(folder.join("signed"))?.count();
    if signed == 2 { Ok(()) } else { bail!("uninstaller and installer are to be signed, and {signed} of them were") }
}
