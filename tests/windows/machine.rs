//! The machine as Setup finds and leaves it: one test at a time has it, and nothing stays installed.

use crate::wine::{PATIENCE, Said, Wine};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

pub const FOLDER: &str = r"C:\Program Files\Outtray";
pub const DATA: &str = r"C:\ProgramData\Outtray";
pub const START_MENU: &str = r"C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Outtray.lnk";
pub const APPS: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Outtray";
pub const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Outtray";
pub const WEBVIEW2: &str = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
/// What the stand-ins are to say.
pub const STAND_IN: &str = r"HKLM\SOFTWARE\Stand-in";

// How Setup and the uninstaller end; the README says the same.
pub const DONE: Option<i32> = Some(0);
pub const FAILED: Option<i32> = Some(2);
pub const WRONG_SWITCH: Option<i32> = Some(3);
pub const WRONG_SETTINGS: Option<i32> = Some(4);
pub const NEWER_IS_THERE: Option<i32> = Some(5);
pub const IN_USE: Option<i32> = Some(6);
pub const ANOTHER_SETUP: Option<i32> = Some(7);
pub const NOT_ALL: Option<i32> = Some(8);
pub const NOT_HERE: Option<i32> = Some(9);

/// The machine, for one test alone; whatever happens, nothing stays installed.
pub struct Machine {
    pub wine: &'static Wine,
    pub setup: PathBuf,
    /// Where the programs go.
    pub folder: &'static str,
    _alone: MutexGuard<'static, ()>,
}

impl Machine {
    pub fn new() -> Self {
        Self::with_programs_in(FOLDER)
    }

    pub fn with_programs_in(folder: &'static str) -> Self {
        let wine = Wine::shared();
        Self { wine, setup: wine.made("Outtray-Setup.exe"), folder, _alone: wine.machine() }
    }

    /// Setup of this version, without questions. What it prints is what it writes into its log.
    pub fn setup(&self, words: &[&str]) -> Said {
        self.wine.run(&self.setup, &[&["/S", "/LANG=en"], words].concat())
    }

    pub fn setup_before(&self, words: &[&str]) -> Said {
        self.wine.run(self.wine.made("Outtray-Setup-before.exe"), &[&["/S", "/LANG=en"], words].concat())
    }

    /// As Windows and deployment tools do it: by the command line Setup has left them.
    pub fn uninstall_quietly(&self, words: &[&str]) -> Said {
        let line = self.registered(APPS, "QuietUninstallString").expect("a way to uninstall");
        let (program, rest) = line.strip_prefix('"').and_then(|line| line.split_once('"')).expect("a program in quotes");
        // Wine joins them by spaces again.
        let mut all: Vec<&str> = rest.split_whitespace().collect();
        for (place, word) in words.iter().enumerate() {
            all.insert(1 + place, word);
        }
        let said = self.wine.run(program, &all);
        if said.code == DONE {
            self.until("the folder has gone", || !self.path(self.folder).exists());
        }
        said
    }

    pub fn outtrayd(&self, words: &[&str], input: &str) -> Said {
        let said = self.wine.run_with_input(format!(r"{}\outtrayd.exe", self.folder), words, input);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        said
    }

    pub fn asked(&self, words: &[&str]) -> Value {
        let said = self.outtrayd(&[words, &["--json"]].concat(), "");
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    pub fn service(&self) -> String {
        self.asked(&["service", "status"])["state"].as_str().unwrap_or_default().to_owned()
    }

    pub fn address(&self) -> SocketAddr {
        let port = self.asked(&["status"])["listeners"][0]["port"].as_u64().unwrap();
        SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap()))
    }

    /// A value of the registry.
    pub fn registered(&self, key: &str, name: &str) -> Option<String> {
        let said = self.wine.run("reg", &["query", key, "/v", name]);
        let line = said.out.lines().find(|line| line.trim_start().starts_with(name))?.trim().to_owned();
        line.split("    ").nth(2).map(str::to_owned)
    }

    pub fn register(&self, key: &str, name: &str, value: &str) {
        let said = self.wine.run("reg", &["add", key, "/v", name, "/d", value, "/f"]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }

    pub fn register_number(&self, key: &str, name: &str, value: u32) {
        let said = self.wine.run("reg", &["add", key, "/v", name, "/t", "REG_DWORD", "/d", &value.to_string(), "/f"]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }

    pub fn path(&self, there: &str) -> PathBuf {
        self.wine.path(there)
    }

    pub fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < PATIENCE, "never: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whatever there is with our name: files anywhere but in the log's folder, keys and values of the registry. Not the passwords of
    /// other tests' data folders, which nobody has uninstalled.
    pub fn traces(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.path(r"C:\"), &mut |path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if name.contains("outtray") && name != "outtray-setup.log" {
                found.push(path.display().to_string());
            }
        });
        for root in [r"HKLM\Software", r"HKLM\System\CurrentControlSet\Services", r"HKCU\Software"] {
            let file = self.path(r"C:\registry.txt");
            let said = self.wine.run("reg", &["export", root, r"C:\registry.txt", "/y"]);
            assert_eq!(said.code, Some(0), "{said:?}");
            let bytes = std::fs::read(&file).unwrap();
            std::fs::remove_file(&file).unwrap();
            let text: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            let text = String::from_utf16_lossy(&text);
            assert!(text.contains("[HKEY_"), "this looks into nothing: {root}");
            let ours = text.lines().filter(|line| line.to_lowercase().contains("outtray") && !is_of_another_folder(line));
            found.extend(ours.map(|line| format!("{root}: {line}")));
        }
        found
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.path(self.folder).join("uninstall.exe").exists() {
            let _ = self.uninstall_quietly(&["/REMOVEDATA"]);
        }
        // A test may have said that WebView2 is there: the next one's window would be opened, and could only complain.
        for root in [r"HKCU\Software", r"HKLM\SOFTWARE\WOW6432Node"] {
            let _ = self.wine.run("reg", &["delete", &format!(r"{root}\{WEBVIEW2}"), "/f"]);
        }
        let _ = self.wine.run("reg", &["delete", STAND_IN, "/f"]);
    }
}

/// A password's name ends in `@` and a mark of its data folder (`control::pipe::folder_mark`).
fn is_of_another_folder(line: &str) -> bool {
    let service =
        DATA.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mark = line.rsplit_once('@').map_or("", |(_, rest)| rest.trim_end_matches(['"', ']']));
    line.contains("Outtray/") && u64::from_str_radix(mark, 16).is_ok_and(|mark| mark != service)
}

fn walk(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        look(&entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), look);
        }
    }
}

/// A program that runs beside the test and has said that it is there.
pub struct Beside(Child);

impl Beside {
    pub fn start(wine: &Wine, program: &str, words: &[&str]) -> Self {
        let mut command = wine.command(program);
        let mut child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("wine");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "{program} ended at once");
        Self(child)
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
