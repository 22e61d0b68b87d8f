//! What is handed out: both programs, WebView2Loader beside them, the installer, the list of parts, the winget manifest.
//!
//! With `OUTTRAY_SIGN_COMMAND` (a shell line in which `%1` stands for the file) programs, uninstaller and
//! installer are signed; without it that is said.

use super::inventory;
use crate::{root, step};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const SETUP: &str = "Outtray-Setup.exe";
/// The loader is there only when the window was not linked with it.
const PROGRAMS: [(&str, bool); 3] = [("outtrayd.exe", true), ("outtray.exe", true), ("WebView2Loader.dll", false)];

pub fn pack(made: &Path, out: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out)?;
    for (name, needed) in PROGRAMS {
        let from = made.join(name);
        if from.is_file() {
            fs::copy(&from, out.join(name)).with_context(|| from.display().to_string())?;
            sign(&out.join(name))?;
        } else if needed {
            bail!("{} was not built", from.display());
        }
    }
    if !is_there("makensis") {
        println!("makensis is not on the PATH (https://nsis.sourceforge.io): the programs are in {}, without an installer", out.display());
        return Ok(());
    }
    setup(out, &out.join(SETUP), VERSION, Packing::Small, sign_command().as_deref())?;
    let hash = hash(&out.join(SETUP))?;
    inventory::winget(out, VERSION, &hash)?;
    inventory::parts(out, VERSION)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Small,
    /// Large, in a second: for trials.
    Quick,
}

/// Makes an installer of the programs in a folder; `sign` is done to it and to the uninstaller in it.
pub fn setup(programs: &Path, to: &Path, version: &str, packing: Packing, sign: Option<&str>) -> Result<()> {
    let mut make = Command::new("makensis");
    make.args(["-V2", "-WX", "-INPUTCHARSET", "UTF8"]);
    make.arg(format!("-DVERSION={version}")).arg(format!("-DPROGRAMS={}", programs.display())).arg(format!("-DSETUP={}", to.display()));
    if packing == Packing::Quick {
        make.arg("-DQUICK");
    }
    if let Some(line) = sign {
        make.arg(format!("-DSIGN={}", line.replace("%1", "\"%1\"")));
    }
    make.arg(root().join("src-tauri/installer/outtray.nsi"));
    step::must(&format!("makensis, version {version}"), &mut make)
}

/// Prints the sizes and writes `SHA256SUMS`.
pub fn tell(out: &Path) -> Result<()> {
    let mut sums = String::new();
    let mut names: Vec<_> = fs::read_dir(out)?.flatten().filter(|entry| entry.path().is_file()).map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names.iter().filter(|name| *name != "SHA256SUMS") {
        let path = out.join(name);
        let hash = hash(&path)?;
        println!("{:>8.2} MB  {hash}  {}", fs::metadata(&path)?.len() as f64 / 1e6, name.display());
        sums.push_str(&format!("{hash}  {}\n", name.display()));
    }
    fs::write(out.join("SHA256SUMS"), sums)?;
    println!("in {}", out.display());
    if sign_command().is_none() {
        println!("NOT SIGNED: Windows will warn of an unknown publisher. Set OUTTRAY_SIGN_COMMAND to sign.");
    }
    Ok(())
}

fn sign_command() -> Option<String> {
    std::env::var("OUTTRAY_SIGN_COMMAND").ok().filter(|line| !line.trim().is_empty())
}

fn sign(file: &Path) -> Result<()> {
    let Some(line) = sign_command() else { return Ok(()) };
    let line = line.replace("%1", &format!("\"{}\"", file.display()));
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    // The line may hold a password: it is not printed.
    let status = Command::new(shell).args([flag, &line]).status()?;
    if !status.success() {
        bail!("OUTTRAY_SIGN_COMMAND failed on {} ({status})", file.display());
    }
    Ok(())
}

fn hash(file: &Path) -> Result<String> {
    let mut command = Command::new(if cfg!(windows) { "certutil" } else { "sha256sum" });
    if cfg!(windows) {
        command.arg("-hashfile").arg(file).arg("SHA256");
    } else {
        command.arg(file);
    }
    let said = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let hash = said.split_whitespace().find(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(hash.with_context(|| format!("no hash of {}", file.display()))?.to_uppercase())
}

pub fn is_there(program: &str) -> bool {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}
