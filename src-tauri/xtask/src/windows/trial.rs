//! Runs `tests/windows` under Wine on programs just made.
//!
//! Wine 8 has no `bcryptprimitives.dll`, which Rust's library asks for random numbers on every Windows. A small one
//! is made for the trial; it is never handed out.

use super::compiler::says_version;
use crate::step::{self, Steps};
use crate::{cargo, target};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RANDOM_NUMBERS: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) { return SystemFunction036(bytes, (ULONG)length); }
";

/// What is needed and not there.
pub fn missing() -> Option<&'static str> {
    let on_path =
        |name: &str| std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if !says_version("wine") {
        return Some("wine");
    }
    (!on_path("Xvfb")).then_some("Xvfb")
}

/// `made` holds the programs; the installer is tried when it is among what is handed out. `units` are test programs.
pub fn run(steps: &mut Steps, name: &str, made: &Path, units: &[PathBuf]) {
    let mut folder = PathBuf::new();
    if steps.need("lay out the trial", || lay_out(made, units).map(|made| folder = made)) {
        // Of the whole workspace: the parts are not built anew with other features.
        let mut tests = cargo();
        tests.args(["test", "--workspace", "--locked", "--test", "windows"]).env("OUTTRAY_WINDOWS", &folder);
        if units.is_empty() {
            tests.args(["--", "--skip", "units::"]);
        }
        steps.tests(name, &mut tests);
    }
}

fn lay_out(made: &Path, units: &[PathBuf]) -> Result<PathBuf> {
    let folder = target().join("windows").join("trial");
    // Nothing of an earlier trial is tried again.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    fs::copy(made.join("outtrayd.exe"), folder.join("outtrayd.exe"))?;
    for unit in units {
        // `host-0123456789abcdef.exe` becomes `unit-host.exe`.
        let name = unit.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name).to_owned();
        fs::copy(unit, folder.join(format!("unit-{name}.exe")))?;
    }
    let source = folder.join("bcryptprimitives.c");
    fs::write(&source, RANDOM_NUMBERS)?;
    let mut compile = Command::new("x86_64-w64-mingw32-gcc");
    compile.args(["-shared", "-o"]).arg(folder.join("bcryptprimitives.dll")).arg(&source).arg("-ladvapi32");
    step::must("random numbers for Wine", &mut compile)?;
    Ok(folder)
}
