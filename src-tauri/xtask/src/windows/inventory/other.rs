//! What no registry of packages tells of: C that crates bring along, Microsoft's loader, the stub of Setup, and what compilers
//! link into every program.

use super::{Part, in_purl};
use crate::windows::compiler::{Compiler, TARGET};
use crate::windows::package;
use crate::{cargo, root};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MINGW: &str = "x86_64-w64-mingw32-gcc";
const LOADER: &str = "WebView2Loader.dll";

/// `out` holds what is handed out.
pub fn parts(out: &Path, compiler: Compiler) -> Result<Vec<Part>> {
    let metadata = said(cargo().args(["metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]))?;
    let folders = folders(&metadata);
    let folder = |name: &str| {
        let found = folders.iter().find(|(crate_name, _)| crate_name == name);
        found.map(|(_, folder)| folder.as_path()).with_context(|| format!("cargo knows no {name}"))
    };
    let mut parts = vec![sqlite(folder("libsqlite3-sys")?)?, loader(folder("webview2-com-sys")?, out)?, setup_stub()?, library(compiler)?];
    parts.extend(of_ring(folder("ring")?)?);
    match compiler {
        // Of Visual Studio only what is a part of Windows is used, or Windows' own.
        Compiler::Native => {}
        Compiler::Toolchain | Compiler::Debian => parts.extend(mingw()?),
    }
    Ok(parts)
}

fn sqlite(folder: &Path) -> Result<Part> {
    let header = folder.join("sqlite3/sqlite3.h");
    let text = fs::read_to_string(&header).with_context(|| header.display().to_string())?;
    let version = sqlite_version(&text).with_context(|| format!("{} names no version", header.display()))?;
    Ok(Part {
        cpe: Some(format!("cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*")),
        about: Some("C source in libsqlite3-sys; public domain".into()),
        ..part("sqlite", "SQLite", Some(version), "blessing")
    })
}

fn sqlite_version(header: &str) -> Option<String> {
    let rest = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "))?;
    Some(rest.trim().trim_matches('"').to_owned())
}

/// ring tells from where its C and assembler are, and not of which day.
fn of_ring(folder: &Path) -> Result<[Part; 2]> {
    for wanted in ["LICENSE-BoringSSL", "third_party/fiat/LICENSE"] {
        if !folder.join(wanted).is_file() {
            bail!("{} is gone: what does ring bring along now?", folder.join(wanted).display());
        }
    }
    let about = |what: &str| Some(format!("{what} in ring"));
    Ok([
        Part { about: about("C and assembler"), ..part("boringssl", "BoringSSL", None, "Apache-2.0 AND ISC") },
        Part { about: about("arithmetic of elliptic curves"), ..part("fiat-crypto", "fiat-crypto", None, "Apache-2.0") },
    ])
}

/// As a file beside the window, or linked into it: both are of one kit.
fn loader(folder: &Path, out: &Path) -> Result<Part> {
    let beside = out.join(LOADER);
    let kept = folder.join("x64").join(LOADER);
    let octets = fs::read(&kept).with_context(|| kept.display().to_string())?;
    let version = file_version(&octets).with_context(|| format!("{} tells no version", kept.display()))?;
    let is_beside = beside.is_file();
    Ok(Part {
        purl: format!("pkg:nuget/Microsoft.Web.WebView2@{version}"),
        hash: if is_beside { Some(("SHA-256", package::hash(&beside)?.to_lowercase())) } else { None },
        about: Some(format!("WebView2Loader, {}", if is_beside { "a file beside the window" } else { "linked into the window" })),
        ..part("", "Microsoft.Web.WebView2", Some(version), "BSD-3-Clause")
    })
}

/// What stands in a Windows program under this name: both in UTF-16, with zeros between them.
fn file_version(program: &[u8]) -> Option<String> {
    let name: Vec<u8> = "FileVersion".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = program.windows(name.len()).position(|window| window == name)? + name.len();
    let letters = program[at..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let value: Vec<u16> = letters.skip_while(|letter| *letter == 0).take_while(|letter| *letter != 0).take(40).collect();
    String::from_utf16(&value).ok().filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
}

fn setup_stub() -> Result<Part> {
    let version = said(Command::new(package::makensis().context("makensis is not here")?).arg("-VERSION"))?;
    let version = version.trim().trim_start_matches('v').to_owned();
    let about = Some("the program that Setup and the uninstaller are, with its plug-ins; CPL-1.0 is for its LZMA".into());
    Ok(Part { about, ..part("nsis", "NSIS", Some(version), "Zlib AND CPL-1.0") })
}

/// Of the compiler that has made the programs.
fn library(compiler: Compiler) -> Result<Part> {
    let build = compiler.build(true);
    let own = build.get_envs().find_map(|(name, value)| if name == "RUSTC" { value.map(ToOwned::to_owned) } else { None });
    let version = said(Command::new(own.unwrap_or_else(|| "rustc".into())).arg("--version").current_dir(root()))?;
    let version = version.split(' ').nth(1).context("rustc told no version")?.to_owned();
    let about = Some("standard library, with the crates it is made of".into());
    Ok(Part { about, ..part("rust-std", "Rust standard library", Some(version), "MIT OR Apache-2.0") })
}

fn mingw() -> Result<[Part; 2]> {
    // It ends with the kind of threads: `12-win32`.
    let compiler = said(Command::new(MINGW).arg("-dumpfullversion"))?;
    let compiler = compiler.trim().split('-').next().unwrap_or_default().to_owned();
    let defined = said(Command::new(MINGW).args(["-dM", "-E", "-include", "_mingw.h", "-x", "c", "/dev/null"]))?;
    let number = |name: &str| defined.lines().find_map(|line| Some(line.strip_prefix("#define ")?.strip_prefix(name)?.trim().to_owned()));
    let numbers = ["__MINGW64_VERSION_MAJOR", "__MINGW64_VERSION_MINOR", "__MINGW64_VERSION_BUGFIX"].map(number);
    let runtime: Option<Vec<String>> = numbers.into_iter().collect();
    let runtime = runtime.with_context(|| format!("{MINGW} told no version of its runtime"))?.join(".");
    let about = |what: &str| Some(format!("{what} of both programs"));
    Ok([
        Part { about: about("start and C runtime"), ..part("mingw-w64", "mingw-w64 runtime", Some(runtime), "ZPL-2.1") },
        Part { about: about("unwinding"), ..part("libgcc", "libgcc", Some(compiler), "GPL-3.0-or-later WITH GCC-exception-3.1") },
    ])
}

fn part(purl: &str, name: &str, version: Option<String>, licence: &str) -> Part {
    let at = version.as_deref().map(|version| format!("@{}", in_purl(version))).unwrap_or_default();
    let purl = format!("pkg:generic/{purl}{at}");
    Part { purl, name: name.into(), version, licence: Some(licence.into()), hash: None, cpe: None, about: None }
}

/// Where cargo has each crate's source: name and folder.
fn folders(metadata: &str) -> Vec<(String, PathBuf)> {
    let paths = metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let folders = paths.filter_map(|path| Some(PathBuf::from(path.replace("\\\\", "\\")).parent()?.to_owned()));
    let named = folders.filter_map(|folder| {
        // `libsqlite3-sys-0.40.0`
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let (name, version) = name.rsplit_once('-')?;
        version.starts_with(|first: char| first.is_ascii_digit()).then(|| (name.to_owned(), folder.clone()))
    });
    named.collect()
}

fn said(command: &mut Command) -> Result<String> {
    let said = command.output().with_context(|| format!("{command:?}"))?;
    if !said.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&said.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Of the sources this tree is built from.
    #[test]
    fn the_versions_are_those_of_the_sources() {
        let metadata = said(cargo().args(["metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET])).unwrap();
        let folders = folders(&metadata);
        let folder = |wanted: &str| folders.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
        let sqlite = sqlite(&folder("libsqlite3-sys")).unwrap();
        let version = sqlite.version.unwrap();
        assert!(version.starts_with("3.") && sqlite.cpe.unwrap().contains(&version), "{version}");
        let loader = loader(&folder("webview2-com-sys"), Path::new("/nowhere")).unwrap();
        assert!(loader.version.unwrap().starts_with("1.0.") && loader.hash.is_none());
        assert!(of_ring(&folder("ring")).is_ok());
        assert!(of_ring(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn a_programs_version_is_found_in_its_octets() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let program = [wide("x FileVersion"), vec![0; 4], wide("1.0.3800.47"), vec![0; 2], wide("more")].concat();
        assert_eq!(file_version(&program).as_deref(), Some("1.0.3800.47"));
        assert_eq!(file_version(&wide("FileVersion")), None);
        assert_eq!(file_version(b"nothing"), None);
    }

    #[test]
    fn folders_of_crates_are_told_from_ours() {
        let metadata = r#"{"manifest_path":"/r/src/libsqlite3-sys-0.40.0/Cargo.toml"},{"manifest_path":"/home/x/src-tauri/Cargo.toml"},{"manifest_path":"C:\\r\\ring-0.17.14\\Cargo.toml"}"#;
        let found = folders(metadata);
        assert!(found.contains(&("libsqlite3-sys".into(), PathBuf::from("/r/src/libsqlite3-sys-0.40.0"))), "{found:?}");
        assert!(!found.iter().any(|(name, _)| name.contains("tauri")), "{found:?}");
    }
}
