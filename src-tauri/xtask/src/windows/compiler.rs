//! Who compiles for Windows: three ways, the first that is there. This is Windows; the toolchain has the
//! Windows library; Debian's own compiler, which comes with the library's source and builds it once.

use crate::{cargo, root, target};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const TARGET: &str = "x86_64-pc-windows-gnu";
const LINKER: &str = "x86_64-w64-mingw32-gcc";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

#[derive(Debug, Clone, Copy)]
pub enum Compiler {
    Native,
    Toolchain,
    Debian,
}

impl Compiler {
    pub fn here() -> Result<Self> {
        if cfg!(windows) {
            return Ok(Self::Native);
        }
        if !says_version(LINKER) {
            bail!("{LINKER} is not installed");
        }
        if has_windows_library() {
            return Ok(Self::Toolchain);
        }
        if Path::new(LIBRARY_SOURCE).is_file() && Path::new(DEBIAN_CARGO).is_file() {
            return Ok(Self::Debian);
        }
        bail!("neither `rustup target add {TARGET}` nor Debian's rustc-web and rust-web-src are here")
    }

    /// `cargo build`; packages are still to be named.
    pub fn build(self, release: bool) -> Command {
        let mut build = self.cargo("build");
        if release {
            build.arg("--release");
            if matches!(self, Self::Debian) {
                // Without what reads debug information, which released programs do not have.
                build.args(["-Z", "build-std-features=panic-unwind,optimize_for_size"]);
            }
        }
        build
    }

    /// Builds tests without running them, and the programs beside them; gives the test programs. All in one go: built
    /// apart, their dependencies would be built twice with other features.
    pub fn tests(self, words: &[&str]) -> Result<Vec<PathBuf>> {
        let mut build = self.cargo("test");
        build.args(["--no-run", "--message-format=json-render-diagnostics"]).args(words).stdin(Stdio::null()).stderr(Stdio::inherit());
        let built = build.output()?;
        if !built.status.success() {
            bail!("the tests for Windows cannot be built ({})", built.status);
        }
        Ok(String::from_utf8_lossy(&built.stdout).lines().filter_map(test_program).collect())
    }

    fn cargo(self, verb: &str) -> Command {
        let mut build = match self {
            Self::Native | Self::Toolchain => cargo(),
            Self::Debian => debians_cargo(),
        };
        build.args([verb, "--locked"]).env("CARGO_TARGET_DIR", folder());
        match self {
            Self::Native => {}
            Self::Toolchain => {
                build.args(["--target", TARGET]).env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER);
            }
            Self::Debian => {
                build.args(["-Z", "build-std=std,panic_abort", "--target", TARGET]);
                build.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER);
            }
        }
        build
    }

    /// Where [`Self::build`] puts the programs.
    pub fn made(self, release: bool) -> PathBuf {
        let folder = match self {
            Self::Native => folder(),
            Self::Toolchain | Self::Debian => folder().join(TARGET),
        };
        folder.join(if release { "release" } else { "debug" })
    }
}

/// What cargo tells of each thing it has made is one line of JSON; that of a test names the program.
fn test_program(line: &str) -> Option<PathBuf> {
    let profile = line.split("\"profile\":{").nth(1)?.split('}').next()?;
    let program = line.split("\"executable\":\"").nth(1)?.split('"').next()?;
    profile.contains("\"test\":true").then(|| PathBuf::from(program))
}

/// Of its own: another cargo's version may keep it in another form.
fn folder() -> PathBuf {
    target().join("windows")
}

fn debians_cargo() -> Command {
    let mut cargo = Command::new(DEBIAN_CARGO);
    cargo.current_dir(root());
    // What this program's own cargo and toolchain have set is not meant for another compiler.
    for name in ["LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "CARGO", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        cargo.env_remove(name);
    }
    // The library is built from its source by a compiler that calls itself stable.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", DEBIAN_RUSTC).env("CARGO_HOME", folder().join("home"));
    cargo
}

pub fn says_version(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn has_windows_library() -> bool {
    let said = Command::new("rustc").current_dir(root()).args(["--print", "target-libdir", "--target", TARGET]).output();
    said.is_ok_and(|said| said.status.success() && Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_told_from_programs_and_libraries() {
        let line = |profile: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["lib"],"name":"host","test":true}},"profile":{{"opt_level":"0","test":{profile}}},"filenames":["/t/a"],"executable":{executable},"fresh":true}}"#
            )
        };
        assert_eq!(test_program(&line("true", r#""/t/deps/host-1.exe""#)), Some(PathBuf::from("/t/deps/host-1.exe")));
        for other in [line("false", r#""/t/outtrayd.exe""#), line("true", "null"), r#"{"reason":"build-finished"}"#.to_owned()] {
            assert_eq!(test_program(&other), None, "{other}");
        }
    }
}
