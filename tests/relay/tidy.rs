//! The house rules, by plain text search over the repository's files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A foreign name, and the only places it lives in. In `relay`, `control`, `host` and the app.
const ROOMS: &[(&str, &[&str])] = &[
    ("smtp_proto", &["src-tauri/relay/src/session/"]),
    (
        "tokio::net",
        &[
            "src-tauri/relay/src/listen/",
            "src-tauri/relay/src/smarthost/",
            "src-tauri/control/src/pipe/",
            "src-tauri/host/src/oauth/browser.rs",
        ],
    ),
    ("tokio_rustls", &["src-tauri/relay/src/listen/", "src-tauri/relay/src/smarthost/"]),
    ("socket2", &["src-tauri/relay/src/listen/"]),
    ("rusqlite", &["src-tauri/relay/src/store/"]),
    ("lettre", &["src-tauri/relay/src/smarthost/", "src-tauri/relay/src/dsn/"]),
    ("hmac", &["src-tauri/relay/src/smarthost/"]),
    ("md5", &["src-tauri/relay/src/smarthost/"]),
    ("argon2", &["src-tauri/relay/src/policy/"]),
    ("rcgen", &["src-tauri/host/src/certificate.rs"]),
    ("p12_keystore", &["src-tauri/host/src/certificate/"]),
    ("x509_parser", &["src-tauri/relay/src/listen/", "src-tauri/host/src/certificate/"]),
    ("reqwest", &["src-tauri/host/src/oauth/", "src-tauri/host/src/graph/"]),
    ("mail_parser", &["src-tauri/host/src/graph/"]),
    ("ring::signature", &["src-tauri/host/src/oauth/assertion", "src-tauri/host/src/dkim/", "src-tauri/relay/src/smarthost/dkim/"]),
    ("hickory_resolver", &["src-tauri/host/src/dkim/"]),
    ("rsa", &["src-tauri/host/src/dkim/"]),
    ("rsntp", &["src-tauri/host/src/machine/"]),
    ("windows_registry", &["src-tauri/host/src/"]),
    ("keyring", &["src-tauri/host/src/secrets/"]),
    ("keyring_core", &["src-tauri/host/src/secrets/"]),
    ("tauri", &["src-tauri/src/", "src-tauri/build.rs"]),
    (
        "windows_sys",
        &["src-tauri/relay/src/listen/sockets.rs", "src-tauri/control/src/pipe/", "src-tauri/host/src/", "src-tauri/src/remote_desktop.rs"],
    ),
    ("anyhow", &["src-tauri/host/src/", "src-tauri/src/"]),
    ("SystemTime::now", &["src-tauri/relay/src/clock.rs"]),
    ("Instant::now", &["src-tauri/relay/src/clock.rs"]),
    ("Timestamp::now", &["src-tauri/relay/src/clock.rs"]),
    ("Zoned::now", &["src-tauri/relay/src/clock.rs"]),
];

/// Crates that must not come in by any door.
const BANNED: &[&str] = &["aws-lc-sys", "aws-lc-rs", "openssl-sys", "native-tls"];

const TOP_LEVEL: &[&str] = &["Cargo.toml", "Cargo.lock", "src-tauri", "ui", "icons", "tests", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// A file longer than this is two files.
const LONGEST: usize = 600;

#[test]
fn a_foreign_name_lives_in_one_room() {
    let mut wrong = String::new();
    for file in files().iter().filter(|file| is_rust(file) && is_ours(file)) {
        for (number, line) in code_of(file) {
            for (name, homes) in ROOMS {
                if names(&line, name) && !homes.iter().any(|home| file.starts_with(home)) && !is_excused(file, name) {
                    let _ = writeln!(wrong, "{file}:{number}: {name} lives in {}", homes.join(", "));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Time that is only measured to be told, or waited for, by rooms that are not the engine.
fn is_excused(file: &str, name: &str) -> bool {
    name.ends_with("::now") && (file.starts_with("src-tauri/src/") || file.starts_with("src-tauri/host/") || is_test(file))
        || (is_test(file) && matches!(name, "rcgen" | "tokio::net" | "rusqlite" | "tokio_rustls"))
}

#[test]
fn the_pure_rooms_know_no_store_no_socket_and_no_clock() {
    let mut wrong = String::new();
    let pure = ["session", "policy", "queue"].map(|room| format!("src-tauri/relay/src/{room}/"));
    for file in files().iter().filter(|file| is_rust(file) && pure.iter().any(|room| file.starts_with(room))) {
        for (number, line) in code_of(file) {
            for word in ["crate::store", "crate::listen", "crate::smarthost", "crate::clock", "tokio", ".await"] {
                if names(&line, word) && !is_an_outcome(&line) {
                    let _ = writeln!(wrong, "{file}:{number}: {word}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What came of a delivery is said in these words, from the way out to the queue.
fn is_an_outcome(line: &str) -> bool {
    line.strip_prefix("use crate::smarthost::").is_some_and(|names| {
        names
            .split(|c: char| !c.is_alphanumeric())
            .filter(|name| !name.is_empty())
            .all(|name| ["Outcome", "Refusal", "RefusalKind"].contains(&name))
    })
}

/// The queue's rules and the way out meet in `dispatch`; `event` speaks of both to whoever watches.
#[test]
fn only_dispatch_knows_both_the_queue_and_the_smart_host() {
    const ROOT: &str = "src-tauri/relay/src/";
    let mut known: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for file in files_of(&[ROOT]).filter(|file| is_rust(file) && !is_test(file)) {
        let Some(room) = file[ROOT.len()..].split(['/', '.']).next() else { continue };
        for (number, line) in code_of(file) {
            for word in ["queue", "smarthost"] {
                let is_at_home = room == word;
                if (is_at_home || names(&line, &format!("crate::{word}"))) && !(room == "queue" && is_an_outcome(&line)) {
                    known.entry(room).or_default().entry(word).or_insert_with(|| format!("{file}:{number}: {line}"));
                }
                // Written so, this rule would not see it.
                assert!(!line.starts_with("use crate::{"), "{file}:{number}: one line for each room");
            }
        }
    }
    let both: BTreeMap<_, _> = known.iter().filter(|(_, names)| names.len() == 2).collect();
    let rooms: Vec<&str> = both.keys().map(|room| **room).collect();
    assert_eq!(rooms, ["dispatch", "event"], "{both:#?}");
}

#[test]
fn relay_and_control_know_nothing_of_ours() {
    let mut wrong = String::new();
    for file in files().iter().filter(|file| is_rust(file)) {
        let strangers: &[&str] = if file.starts_with("src-tauri/relay/") {
            &["control::", "host::", "outtray::"]
        } else if file.starts_with("src-tauri/control/") {
            &["relay::", "host::", "outtray::"]
        } else if file.starts_with("src-tauri/src/") {
            &["relay::"]
        } else {
            continue;
        };
        for (number, line) in code_of(file) {
            if let Some(stranger) = strangers.iter().find(|stranger| line.starts_with(&format!("use {stranger}"))) {
                let _ = writeln!(wrong, "{file}:{number}: {stranger}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_file_is_two_files() {
    let long: Vec<String> = files()
        .iter()
        .filter(|file| is_source(file))
        .filter_map(|file| {
            let lines = read(file).lines().count();
            (lines > LONGEST).then(|| format!("{file}: {lines} lines"))
        })
        .collect();
    assert!(long.is_empty(), "more than {LONGEST} lines: {long:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, or this file would find itself.
    let words = ["TODO", "FIXME", "XXX", "HACK"].map(|word| format!("{word}:"));
    let macros = ["unimplemented", "todo", "dbg"].map(|word| format!("{word}!("));
    let mut wrong = String::new();
    for file in files().iter().filter(|file| is_source(file)) {
        for (number, line) in read(file).lines().enumerate() {
            if words.iter().chain(&macros).any(|word| line.contains(word.as_str())) {
                let _ = writeln!(wrong, "{file}:{}: {}", number + 1, line.trim());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_file_of_the_engine_says_what_it_is() {
    let silent: Vec<&String> = files_of(&["src-tauri/relay/src/", "src-tauri/control/src/", "src-tauri/host/src/", "src-tauri/src/"])
        .filter(|file| is_rust(file) && !read(file).trim_start().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no head: {silent:#?}");
}

#[test]
fn pages_know_no_other_page_and_parts_know_no_engine() {
    let mut wrong = String::new();
    for file in files_of(&["ui/src/"]) {
        let page = file.strip_prefix("ui/src/pages/").and_then(|rest| rest.split('/').next());
        for (number, line) in read(file).lines().enumerate() {
            let Some(from) = imported(line) else { continue };
            let place = resolved(file, from);
            let is_another_page = page.is_some_and(|page| {
                place.strip_prefix("ui/src/pages/").is_some_and(|rest| rest.split('/').next().is_some_and(|other| other != page))
            });
            let is_a_part_with_an_engine = file.starts_with("ui/src/parts/")
                && (place.starts_with("ui/src/live/") || place.starts_with("ui/src/bridge/"))
                // Names of the contract's types are words, not the engine.
                && !line.trim_start().starts_with("import type");
            let is_tauri_elsewhere = from.starts_with("@tauri-apps/") && !file.starts_with("ui/src/bridge/");
            if is_another_page || is_a_part_with_an_engine || is_tauri_elsewhere {
                let _ = writeln!(wrong, "{file}:{}: {from}", number + 1);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_top_level_is_short() {
    let top: BTreeSet<&str> = files().iter().filter_map(|file| file.split('/').next()).collect();
    let strange: Vec<&&str> = top.iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn banned_crates_come_in_by_no_door() {
    let lock = read("Cargo.lock");
    for name in BANNED {
        assert!(!lock.lines().any(|line| line == format!("name = \"{name}\"")), "{name} is in Cargo.lock");
    }
    assert!(lock.lines().any(|line| line == "name = \"ring\""), "this test looks in the wrong place");
}

#[test]
fn the_window_may_open_the_links_it_knows_and_no_others() {
    let known: BTreeSet<String> = quoted(&read("ui/src/bridge/bridge.ts")).collect();
    let allowed: BTreeSet<String> = quoted(&read("src-tauri/capabilities/main.json")).collect();
    assert_eq!(known, allowed, "LINKS in bridge.ts and the list in capabilities/main.json");
    assert!(!known.is_empty());
}

fn quoted(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('"').filter(|part| part.starts_with("https://")).map(str::to_owned)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Everything that is or would be committed, with `/` on every system.
fn files() -> &'static [String] {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    FILES.get_or_init(list_files)
}

fn list_files() -> Vec<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root()).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let listed = git.output().expect("git");
    assert!(listed.status.success(), "these rules need the repository: {}", String::from_utf8_lossy(&listed.stderr));
    let files = String::from_utf8(listed.stdout).expect("names in UTF-8");
    let files: Vec<String> = files.split('\0').filter(|file| root().join(file).is_file()).map(str::to_owned).collect();
    assert!(files.len() > 50, "this looks in the wrong place");
    files
}

fn files_of(places: &[&str]) -> impl Iterator<Item = &'static String> {
    files().iter().filter(move |file| places.iter().any(|place| file.starts_with(place)))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn is_rust(file: &str) -> bool {
    file.ends_with(".rs")
}

fn is_source(file: &str) -> bool {
    [".rs", ".ts", ".tsx", ".mjs", ".css", ".sql"].iter().any(|end| file.ends_with(end)) && !file.contains("/generated/")
}

fn is_ours(file: &str) -> bool {
    ["src-tauri/relay/", "src-tauri/control/", "src-tauri/host/", "src-tauri/src/"].iter().any(|place| file.starts_with(place))
}

fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("tests.rs") || file.ends_with("test.rs") || file.contains("_test")
}

/// Lines with their numbers, without comments, up to the tests in the file.
fn code_of(file: &str) -> Vec<(usize, String)> {
    let text = read(file);
    let mut code = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line == "#[cfg(test)]"
            && text
                .lines()
                .skip(number + 1)
                .find(|next| !next.starts_with("#["))
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
        {
            break;
        }
        let line = line.split("//").next().unwrap_or_default().trim();
        if !line.is_empty() {
            code.push((number + 1, line.to_owned()));
        }
    }
    code
}

/// Whether the name stands there as a whole path, not as a part of a longer word.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = !name.starts_with(word) || !line[..at].ends_with(word);
        let rest = &line[at + name.len()..];
        // A crate's name is followed by a path or ends the line; a word in a text or a field is neither.
        let is_path = name.contains("::") || name.starts_with('.') || name.starts_with("crate") || rest.starts_with("::");
        before && !rest.starts_with(word) && is_path && !line[..at].ends_with("self::") && !line[..at].ends_with("crate::")
    })
}

/// What an import line imports from.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_import = line.starts_with("import ") || line.starts_with("export ") || line.starts_with("} from ") || line.contains("import(");
    let from = line.split(" from ").nth(1).or_else(|| line.split("import(").nth(1)).or_else(|| line.strip_prefix("import "))?;
    is_import.then(|| from.split('"').nth(1)).flatten()
}

/// Where a relative import leads to, from the repository.
fn resolved(file: &str, from: &str) -> String {
    if !from.starts_with('.') {
        return from.to_owned();
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn these_rules_see_what_they_look_for() {
    assert!(names("use rusqlite::Connection;", "rusqlite"));
    assert!(names("let now = Instant::now();", "Instant::now"));
    assert!(!names("let rusqlite_like = 1;", "rusqlite"));
    assert!(!names("use crate::host::x;", "host"));
    assert!(!names("a string about tauri", "tauri"));
    assert_eq!(imported("import { a } from \"../live/store\";"), Some("../live/store"));
    assert_eq!(imported("} from \"./x\";"), Some("./x"));
    assert_eq!(resolved("ui/src/pages/queue/a.tsx", "../../live/x"), "ui/src/live/x");
}
