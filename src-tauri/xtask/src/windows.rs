//! Everything must compile for Windows, from any machine.
//!
//! Three ways, the first that is there: this is Windows; the toolchain has the Windows library;
//! Debian's own compiler, which comes with the library's source and builds it once.
//! Only checked, not linked: what is linked and tried is the installer's matter.

use crate::step::Steps;
use crate::{cargo, root, setup, target};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-pc-windows-gnu";
const PACKAGES: [&str; 6] = ["--package", "relay", "--package", "control", "--package", "host"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

pub fn step(steps: &mut Steps) {
    const NAME: &str = "engine, contract and host compile for Windows";
    if cfg!(windows) {
        return steps.skip(NAME, "this is Windows: the other steps have shown it");
    }
    if has_windows_library() {
        steps.one(NAME, cargo().args(["check", "--locked", "--target", TARGET]).args(PACKAGES));
        return;
    }
    if let Err(error) = setup::packages(setup::WINDOWS) {
        println!("{error:#}");
    }
    if !Path::new(LIBRARY_SOURCE).is_file() || !Path::new(DEBIAN_CARGO).is_file() {
        return steps.skip(NAME, &format!("neither `rustup target add {TARGET}` nor Debian's rustc-web and rust-web-src are here"));
    }
    steps.one(NAME, &mut with_debians_compiler());
}

fn with_debians_compiler() -> Command {
    let folder = target().join("windows");
    let mut cargo = Command::new(DEBIAN_CARGO);
    cargo.current_dir(root());
    // What this program's own cargo and toolchain have set is not meant for another compiler.
    for name in ["LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "CARGO", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo
        // The library is built from its source by a compiler that calls itself stable.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", DEBIAN_RUSTC)
        // Folders of its own: another cargo's version may keep them in another form.
        .env("CARGO_HOME", folder.join("home"))
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc")
        // Nothing of this is ever run: no time is lost on making it fast.
        .args(["--config", "profile.dev.package.'*'.opt-level=0", "--config", "profile.dev.build-override.opt-level=0"])
        .args(["check", "--locked", "-Z", "build-std=std,panic_abort", "--target", TARGET])
        .args(PACKAGES);
    cargo
}

fn has_windows_library() -> bool {
    let said = Command::new("rustc").current_dir(root()).args(["--print", "target-libdir", "--target", TARGET]).output();
    said.is_ok_and(|said| said.status.success() && Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir())
}
