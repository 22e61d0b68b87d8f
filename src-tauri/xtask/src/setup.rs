//! Installs what is missing: Debian packages, the pages' own packages; builds the pages.
//!
//! Asks before nothing and changes nothing that is there. Elsewhere than on Debian it says what is needed.

use crate::{npm, root, step, target};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// To build and open the window.
pub const WINDOW: &[&str] =
    &["build-essential", "pkg-config", "libdbus-1-dev", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev", "librsvg2-dev"];
/// To show it where there is no display, with a session bus and a credential store of its own, and to steer it.
pub const STAGE: &[&str] = &["xvfb", "xauth", "dbus", "gnome-keyring", "libsecret-1-0", "webkit2gtk-driver", "fonts-dejavu-core"];
/// Real SMTP programs on both sides, and a browser.
pub const MAIL: &[&str] = &["swaks", "libnet-ssleay-perl"];
pub const TESTS: &[&str] = &[
    "swaks",
    "libnet-ssleay-perl",
    "msmtp",
    "postfix",
    "sasl2-bin",
    "dovecot-core",
    "libsasl2-modules",
    "python3",
    "libmail-deliverystatus-bounceparser-perl",
    "openssl",
    "chromium",
    "systemd",
    // More that hand in mail, and what attackers look with.
    "curl",
    "php-cli",
    "mono-mcs",
    "mono-runtime",
    "nmap",
    // What verifies our signatures.
    "python3-dkim",
    "python3-nacl",
    // A name server for what is published.
    "dnsmasq-base",
    // What Exim needs, and what gives it an account that the system does not have.
    "libgnutls-dane0",
    "libidn12",
    "libnsl2",
    "libdb5.3",
    "libnss-wrapper",
];
/// A compiler for Windows, with the source of Rust's own library, and what runs what it makes.
pub const WINDOWS: &[&str] =
    &["rustc-web", "cargo-web", "rust-web-src", "gcc-mingw-w64-x86-64", "g++-mingw-w64-x86-64", "wine", "wine64", "xvfb"];
/// What packs the installer.
pub const INSTALLER: &[&str] = &["nsis", "mingw-w64-tools"];

pub fn everything() -> Result<()> {
    packages(&[WINDOW, STAGE, TESTS, WINDOWS, INSTALLER].concat())?;
    clients()?;
    token_service()?;
    pages()
}

/// Mail programs for the tests that are no Debian packages, or cannot be installed as such.
pub fn clients() -> Result<()> {
    exim()?;
    node_packages("the mail programs from npm", &root().join("tests/clients"))
}

/// Debian installs either Postfix or Exim: this one is only unpacked, where the tests look for it.
fn exim() -> Result<()> {
    const PACKAGE: &str = "exim4-daemon-light";
    let folder = target().join("exim");
    let on_debian = Command::new("dpkg").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !on_debian || folder.join("usr/sbin/exim4").is_file() {
        return Ok(());
    }
    println!("Unpacking from Debian, without installing it: {PACKAGE}");
    let download = target().join("exim-download");
    let unpacked = download.join("exim");
    fs::create_dir_all(&unpacked)?;
    let fetch = || Command::new("apt-get").args(["download", "-q", PACKAGE]).current_dir(&download).stdout(Stdio::null()).status();
    if !fetch()?.success() {
        must_apt(&["update", "-q"])?;
        if !fetch()?.success() {
            bail!("apt-get download {PACKAGE} failed");
        }
    }
    for package in fs::read_dir(&download)?.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "deb")) {
        step::must("unpack Exim", Command::new("dpkg").arg("--extract").arg(package.path()).arg(&unpacked))?;
    }
    // It comes as a program that makes anybody root.
    step::must("take its rights away", Command::new("chmod").arg("0755").arg(unpacked.join("usr/sbin/exim4")))?;
    fs::rename(unpacked, folder)?;
    fs::remove_dir_all(download)?;
    Ok(())
}

pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Debian packages. Elsewhere nothing is known about what is there: the build will say what it misses.
pub fn packages(wanted: &[&str]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let Ok(known) = Command::new("dpkg-query").args(["--show", "--showformat=${Package} ${db:Status-Status}\n"]).args(wanted).output()
    else {
        println!("This is no Debian: install yourself what answers to {}", wanted.join(" "));
        return Ok(());
    };
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let missing: Vec<&str> = wanted.iter().copied().filter(|name| !known.lines().any(|line| line == format!("{name} installed"))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing from Debian: {}", missing.join(" "));
    let by_hand = || format!("install them yourself: sudo apt-get install {}", missing.join(" "));
    must_apt(&["update", "-q"]).with_context(by_hand)?;
    must_apt(&[&["install", "-q", "-y", "--no-install-recommends"], missing.as_slice()].concat()).with_context(by_hand)
}

fn must_apt(arguments: &[&str]) -> Result<()> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut apt = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    let said = apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::inherit()).stdout(Stdio::null()).status()?;
    if !said.success() {
        bail!("apt-get {} failed", arguments.join(" "));
    }
    Ok(())
}

/// The pages' own packages, when what is wanted has changed since they were installed, and the pages.
pub fn pages() -> Result<()> {
    node_is_new_enough()?;
    let ui = root().join("ui");
    node_packages("the pages' packages", &ui)?;
    build_pages(&ui)
}

/// The OpenID provider that the sign-in tests ask for tokens.
pub fn token_service() -> Result<()> {
    node_is_new_enough()?;
    node_packages("the token service of the tests", &root().join("tests/oidc"))
}

fn node_packages(what: &str, folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| lock.display().to_string())?;
    let stamp = folder.join("node_modules/.outtray-lock");
    if fs::read(&stamp).ok().as_deref() != Some(&wanted) {
        step::must(&format!("install {what}"), npm().current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))?;
        fs::write(&stamp, &wanted)?;
    }
    Ok(())
}

/// Builds them when a source is newer than the last build.
fn build_pages(ui: &Path) -> Result<()> {
    let built = target().join("pages-built-from");
    let mut now = String::new();
    let mut folders = vec![ui.join("src"), ui.join("public")];
    let mut files = vec![ui.join("index.html"), ui.join("package-lock.json"), ui.join("vite.config.ts"), ui.join("vite.config.js")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    for file in files {
        if let Ok(about) = fs::metadata(&file) {
            let changed = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
            now.push_str(&format!("{} {} {}\n", file.display(), about.len(), changed.as_nanos()));
        }
    }
    if ui.join("dist/index.html").is_file() && fs::read_to_string(&built).is_ok_and(|then| then == now) {
        return Ok(());
    }
    step::must("build the pages", npm().args(["run", "build", "--silent"]))?;
    fs::create_dir_all(target())?;
    fs::write(built, now)?;
    Ok(())
}

fn node_is_new_enough() -> Result<()> {
    let said = Command::new("node").arg("--version").output().context("Node.js 20.19 or newer is needed (https://nodejs.org)")?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let mut parts = said.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < (20, 19) {
        bail!("Node.js 20.19 or newer is needed; this is {said}");
    }
    Ok(())
}
