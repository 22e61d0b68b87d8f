//! What is handed out: both programs, WebView2Loader beside them, the installer, the list of parts, the winget manifest.
//!
//! With `OUTTRAY_SIGN_COMMAND` (a shell line in which `%1` stands for the file) programs, uninstaller and
//! installer are signed; without it that is said.

use super::compiler::Compiler;
use super::{inventory, winget};
use crate::{root, step};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const SETUP: &str = "Outtray-Setup.exe";
/// The loader is there only when the window was not linked with it.
const PROGRAMS: [(&str, bool); 3] = [("outtrayd.exe", true), ("outtray.exe", true), ("WebView2Loader.dll", false)];

/// Gives what is to be told at the end. Without an installer it fails, and leaves the programs.
pub fn pack(compiler: Compiler, out: &Path) -> Result<Vec<String>> {
    let made = compiler.made(true);
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
    needed(makensis(), out)?;
    setup(out, &out.join(SETUP), VERSION, Packing::Small, sign_command().as_deref())?;
    inventory::write(out, VERSION, compiler)?;
    let mut words = Vec::new();
    words.extend(winget::write(out, VERSION, &hash(&out.join(SETUP))?, winget::address().as_deref())?);
    if sign_command().is_none() {
        words.push("NOT SIGNED: Windows will warn of an unknown publisher. Set OUTTRAY_SIGN_COMMAND to sign.".to_owned());
    }
    Ok(words)
}

fn needed(makensis: Option<PathBuf>, out: &Path) -> Result<PathBuf> {
    makensis.with_context(|| {
        format!(
            "{SETUP} was not made: makensis is missing. Install NSIS 3.08 or newer ({}) and try again. The programs are in {}",
            if cfg!(windows) { "`winget install NSIS.NSIS`, or https://nsis.sourceforge.io" } else { "Debian's package nsis" },
            out.display()
        )
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Small,
    /// Large, in a second: for trials.
    Quick,
}

/// Makes an installer of the programs in a folder; `sign` is done to it and to the uninstaller in it.
pub fn setup(programs: &Path, to: &Path, version: &str, packing: Packing, sign: Option<&str>) -> Result<()> {
    let mut make = Command::new(makensis().unwrap_or_else(|| "makensis".into()));
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

/// Prints the sizes and these words, and writes `SHA256SUMS`.
pub fn tell(out: &Path, words: &[String]) -> Result<()> {
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
    for line in words {
        println!("{line}");
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

pub fn hash(file: &Path) -> Result<String> {
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

/// On the PATH, or where its installer puts it on Windows, which leaves the PATH alone.
pub fn makensis() -> Option<PathBuf> {
    on_path("makensis").or_else(|| {
        let installed = PathBuf::from(std::env::var_os("ProgramFiles(x86)")?).join("NSIS").join("makensis.exe");
        installed.is_file().then_some(installed)
    })
}

pub fn is_there(program: &str) -> bool {
    on_path(program).is_some()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn without_makensis_the_command_had_ended_well_and_had_made_no_setup() {
        let said = needed(None, Path::new("/made/here")).unwrap_err().to_string();
        for word in [SETUP, "NSIS", "/made/here"] {
            assert!(said.contains(word), "{word} is missing in {said}");
        }
        assert_eq!(needed(Some("x".into()), Path::new("/made/here")).unwrap(), PathBuf::from("x"));
    }
}
