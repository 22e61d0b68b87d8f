//! The program as a shell sees it: what it prints, how it ends, and that a secret has one way in.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PORT_0: &str = r#"{"version": 1, "listeners": [{"address": "127.0.0.1", "port": 0, "encryption": "starttls"}]}"#;

#[test]
fn all_problems_of_a_settings_file_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bad = r#"{"version": 1, "hostname": "x", "listeners": [{"address": "lan", "port": 25, "encryption": "ssl"}], "rules": [{"network": "0.0.0.0/0"}]}"#;
    std::fs::write(folder.path().join("settings.json"), bad).unwrap();
    let checked = outtrayd(folder.path(), &["settings", "check"]);
    assert_eq!(checked.status.code(), Some(4));
    let told = text(&checked.stdout);
    for field in ["hostname \"x\"", "listeners[0].encryption \"ssl\"", "listeners[0].address \"lan\"", "rules[0].network \"0.0.0.0/0\""] {
        assert!(told.contains(field), "{field} is missing in {told}");
    }
    let json: Value = serde_json::from_slice(&outtrayd(folder.path(), &["settings", "check", "--json"]).stdout).unwrap();
    assert_eq!(json["problems"].as_array().unwrap().len(), 4);
    let run = outtrayd(folder.path(), &["run"]);
    assert_eq!(run.status.code(), Some(4));
    assert_eq!(text(&run.stdout), told);
}

#[test]
fn a_good_file_has_no_problems_and_the_schema_is_the_committed_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    std::fs::write(&file, PORT_0).unwrap();
    let checked = outtrayd(folder.path(), &["settings", "check", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let committed = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("settings.schema.json")).unwrap();
    assert_eq!(text(&outtrayd(folder.path(), &["settings", "schema"]).stdout), committed.replace("\r\n", "\n"));
}

#[test]
fn exit_codes_tell_what_was_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["fly"], 2),
        (&["queue", "--state", "lost"], 2),
        (&["retry"], 2),
        (&["retry", "--all", "x"], 2),
        (&["status"], 3),
        (&["settings", "show"], 3),
        (&["secret", "remove", "smart-host"], 3),
        (&["settings", "check", "gone.json"], 1),
    ] {
        let ended = outtrayd(folder.path(), arguments);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {ended:?}");
    }
    let failed = outtrayd(folder.path(), &["status", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&failed.stderr).unwrap()["exit"], 3);
}

/// Whoever reads JSON reads of a wrong command line as of any other failure.
#[test]
fn a_wrong_command_line_was_told_in_words_to_who_asked_for_json() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["fly", "--json"][..], "unrecognized subcommand 'fly'"),
        (&["--json", "queue", "--state", "lost"], "invalid value 'lost' for '--state <STATE>'"),
        (&["retry", "--json"], "the following required arguments were not provided"),
        (&["--json"], "Usage: outtrayd"),
    ] {
        let ended = outtrayd(folder.path(), arguments);
        let told: Value = serde_json::from_slice(&ended.stderr).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ended:?}"));
        assert_eq!((ended.status.code(), &told["exit"], told.as_object().unwrap().len()), (Some(2), &2.into(), 2), "{arguments:?}: {told}");
        assert!(told["error"].as_str().is_some_and(|error| error.contains(said)), "{arguments:?}: {told}");
        assert_eq!(text(&ended.stdout), "");
    }
    // Without it in words, also where it is but a name; and help is no failure.
    for arguments in [&["fly"][..], &["story", "--", "--json", "x"]] {
        let ended = outtrayd(folder.path(), arguments);
        assert!(ended.status.code() == Some(2) && text(&ended.stderr).starts_with("error: "), "{ended:?}");
    }
    let help = outtrayd(folder.path(), &["--help", "--json"]);
    assert!(help.status.code() == Some(0) && text(&help.stdout).contains("Usage: outtrayd") && help.stderr.is_empty(), "{help:?}");
}

#[test]
fn one_line_says_that_it_is_ready_and_a_second_engine_is_told_who_runs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), PORT_0);
    assert!(engine.ready.starts_with("outtrayd ready: 127.0.0.1:"), "{}", engine.ready);
    assert!(engine.ready.contains(" starttls; control "), "{}", engine.ready);
    let second = outtrayd(folder.path(), &["run"]);
    assert_eq!(second.status.code(), Some(6));
    assert!(text(&second.stderr).contains(&format!("process {}", engine.child.id())), "{second:?}");
    let second = outtrayd(folder.path(), &["run", "--json"]);
    let told: Value = serde_json::from_slice(&second.stderr).unwrap();
    assert_eq!((second.status.code(), &told["exit"], text(&second.stdout).as_str()), (Some(6), &6.into(), ""), "{second:?}");
    assert!(told["error"].as_str().is_some_and(|error| error.contains(&format!("process {}", engine.child.id()))), "{told}");
    let status = outtrayd(folder.path(), &["status"]);
    assert!(text(&status.stdout).contains("listening"), "{status:?}");
    assert_eq!(engine.stop(), Some(0));
    assert_eq!(outtrayd(folder.path(), &["status"]).status.code(), Some(3));
    assert!(!folder.path().join("control.sock").exists());
}

#[test]
fn a_killed_engine_leaves_nothing_that_stops_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::start(folder.path(), PORT_0);
    engine.child.kill().unwrap();
    engine.child.wait().unwrap();
    assert_eq!(outtrayd(folder.path(), &["status"]).status.code(), Some(3));
    let again = Engine::start(folder.path(), PORT_0);
    assert_eq!(outtrayd(folder.path(), &["status"]).status.code(), Some(0));
    assert_eq!(again.stop(), Some(0));
}

#[test]
fn a_secret_comes_in_through_standard_input_only_and_is_found_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let settings = r#"{"version": 1, "logLevel": "trace", "smartHost": {"server": "127.0.0.1", "port": 1, "encryption": "starttls",
        "signIn": {"kind": "password", "user": "ann@office.test"}}}"#;
    let engine = Engine::start(folder.path(), settings);
    assert_eq!(outtrayd(folder.path(), &["secret", "set", "smart-host", "tr0ub4dor"]).status.code(), Some(2));
    // There is no credential store in this environment, and never a plain file instead.
    let refused = with_input(folder.path(), &["secret", "set", "smart-host"], b"tr0ub4dor\n");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("secretStoreUnavailable"), "{refused:?}");
    let kept = with_input(folder.path(), &["secret", "set", "smart-host", "--until-restart", "--json"], b"tr0ub4dor\n");
    assert_eq!(kept.status.code(), Some(0), "{kept:?}");
    let secrets = r#"[{"name":"smart-host","isSet":true,"untilRestart":true},{"name":"certificate","isSet":false,"untilRestart":false}]"#;
    assert_eq!(text(&kept.stdout).trim(), secrets);
    assert_eq!(with_input(folder.path(), &["secret", "set", "smart-host"], b"").status.code(), Some(2));
    assert_eq!(with_input(folder.path(), &["secret", "set", "other"], b"x").status.code(), Some(2));
    for arguments in [&["status", "--json"][..], &["settings", "show"]] {
        assert!(!text(&outtrayd(folder.path(), arguments).stdout).contains("tr0ub4dor"));
    }
    let removed = outtrayd(folder.path(), &["secret", "remove", "smart-host", "--json"]);
    assert_eq!(text(&removed.stdout).trim(), secrets.replace("true", "false"));
    assert_eq!(engine.stop(), Some(0));
    // Among them what it logged at trace level and what it printed.
    for file in files(folder.path()) {
        #[cfg(unix)]
        if !["settings.json", "stderr.txt"].iter().any(|ours| file.ends_with(ours)) {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o077, 0, "{} can be read by others", file.display());
        }
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"tr0ub4dor"), "{}", file.display());
    }
}

#[test]
fn who_may_send_is_asked_and_passwords_of_devices_are_set_from_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let settings = r#"{"version": 1, "logLevel": "trace", "listeners": [{"address": "127.0.0.1", "port": 0, "encryption": "starttls"}],
        "rules": [{"network": "10.0.0.0/24", "name": "Office", "requireEncryption": true}],
        "accounts": [{"name": "branch", "note": "Branch office"}, {"name": "old", "enabled": false}]}"#;
    let engine = Engine::start(folder.path(), settings);
    let told = |arguments: &[&str]| {
        let ended = outtrayd(folder.path(), arguments);
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {ended:?}");
        text(&ended.stdout)
    };
    assert_eq!(outtrayd(folder.path(), &["account", "set-password", "branch", "tr0ub4dor"]).status.code(), Some(2), "never as an argument");
    let unknown = with_input(folder.path(), &["account", "set-password", "nobody"], b"tr0ub4dor\n");
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(text(&unknown.stderr).contains("there is: branch, old"), "{unknown:?}");
    let set = with_input(folder.path(), &["account", "set-password", "BRANCH"], b"tr0ub4dor\n");
    assert_eq!((set.status.code(), text(&set.stdout).trim()), (Some(0), "The password is set; only its hash is kept."), "{set:?}");
    let list = told(&["account", "list"]);
    let words = |line: usize| list.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((words(1).as_str(), words(2).as_str()), ("branch set - Branch office", "old switched off -"), "{list}");
    let json: Value = serde_json::from_str(&told(&["account", "list", "--json"])).unwrap();
    assert_eq!(json[0], serde_json::json!({"name": "branch", "hasPassword": true, "lastUsedAt": null}));

    let ask = |more: &[&str]| told(&[&["may-i-send"], more, &["--from", "scan@office.test", "--to", "ann@away.test"]].concat());
    assert_eq!(ask(&["10.0.0.7", "--tls"]).trim(), "yes, by rules[0]");
    assert!(ask(&["10.0.0.7"]).starts_with("no, by rules[0]: 530 5.7.0 Must issue STARTTLS first: Office: "));
    assert!(ask(&["192.0.2.7"]).starts_with("no, by nothing allows it: 530 5.7.0 Authentication required: <192.0.2.7> "));
    assert_eq!(ask(&["192.0.2.7", "--tls", "--account", "branch"]).trim(), "yes, by the device account");
    let bad = outtrayd(folder.path(), &["may-i-send", "scanner", "--from", "", "--to", "ann@away.test"]);
    assert_eq!((bad.status.code(), text(&bad.stderr).contains("address: this is no IP address")), (Some(2), true), "{bad:?}");

    assert!(told(&["devices"]).starts_with("address "));
    assert_eq!(told(&["refusals", "--json"]).trim(), r#"{"refusals":[],"total":0}"#);
    assert_eq!(told(&["end-burst", "10.0.0.7", "--release", "--json"]).trim(), r#"{"count":0}"#);
    assert_eq!(told(&["account", "remove-password", "branch"]).trim(), "The password is removed: nobody can sign in with this account.");
    assert!(told(&["account", "list"]).contains("missing"));
    assert_eq!(engine.stop(), Some(0));
    for file in files(folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"tr0ub4dor"), "{}", file.display());
        let may_hold_hashes = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("queue.db"));
        assert!(may_hold_hashes || !bytes.windows(8).any(|window| window == b"argon2id"), "{}", file.display());
    }
}

#[test]
fn a_connection_check_tells_which_step_failed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), r#"{"version": 1}"#);
    assert_eq!(outtrayd(folder.path(), &["probe"]).status.code(), Some(1));
    // Nobody listens on port 1.
    let smart_host = br#"{"version": 1, "smartHost": {"server": "127.0.0.1", "port": 1, "encryption": "starttls"}}"#;
    assert_eq!(with_input(folder.path(), &["settings", "apply", "-"], smart_host).status.code(), Some(0));
    let probed = outtrayd(folder.path(), &["probe"]);
    assert_eq!(probed.status.code(), Some(1), "{probed:?}");
    assert!(text(&probed.stdout).contains("connect  failed   connectionRefused"), "{probed:?}");
    let steps: Value = serde_json::from_slice(&outtrayd(folder.path(), &["probe", "--json"]).stdout).unwrap();
    let stages: Vec<_> = steps.as_array().unwrap().iter().map(|step| (&step["stage"], &step["outcome"]["kind"])).collect();
    assert_eq!(stages.len(), 6, "{steps}");
    assert_eq!((stages[1].0, stages[1].1), (&"connect".into(), &"failed".into()), "{steps}");
    assert_eq!(engine.stop(), Some(0));
}

#[test]
fn settings_that_cannot_be_used_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), PORT_0);
    let file = folder.path().join("settings.json");
    let before = std::fs::read(&file).unwrap();
    let applied = with_input(folder.path(), &["settings", "apply", "-"], br#"{"version": 1, "limits": {"hops": 0}}"#);
    assert_eq!(applied.status.code(), Some(4), "{applied:?}");
    assert!(text(&applied.stdout).contains("limits.hops"), "{applied:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);

    // Broken by hand: the old ones stay in force, and it is said.
    std::fs::write(&file, "{ \"version\": 1, ").unwrap();
    let reloaded = outtrayd(folder.path(), &["settings", "reload"]);
    assert_eq!(reloaded.status.code(), Some(4), "{reloaded:?}");
    assert!(text(&reloaded.stdout).contains("line 1, column"), "{reloaded:?}");
    let status: Value = serde_json::from_slice(&outtrayd(folder.path(), &["status", "--json"]).stdout).unwrap();
    assert_eq!(status["notices"][0]["code"], "settingsUnreadable");
    assert_eq!(status["settings"]["settings"]["listeners"][0]["address"], "127.0.0.1");
    assert_eq!(engine.stop(), Some(0));

    // Also over a restart: what was last in force is taken from its copy.
    let engine = Engine::start_as_it_is(folder.path());
    assert!(engine.ready.starts_with("outtrayd ready: 127.0.0.1:"), "{}", engine.ready);
    let good = with_input(folder.path(), &["settings", "apply", "-"], br#"{"version": 1, "hostName": "relay.office.test"}"#);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let status: Value = serde_json::from_slice(&outtrayd(folder.path(), &["status", "--json"]).stdout).unwrap();
    assert_eq!(status["notices"], serde_json::json!([]));
    assert_eq!(status["engine"]["hostName"], "relay.office.test");
    assert_eq!(status["listeners"], serde_json::json!([]));
    let shown = outtrayd(folder.path(), &["settings", "show"]);
    assert_eq!(shown.stdout, std::fs::read(&file).unwrap());
    assert_eq!(engine.stop(), Some(0));
}

#[test]
fn messages_are_listed_held_released_and_deleted_from_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), r#"{"version": 1, "hostName": "relay.office.test"}"#);
    let sent: Value = serde_json::from_slice(&outtrayd(folder.path(), &["send-test", "ann@away.test", "--json"]).stdout).unwrap();
    let id = sent["id"].as_str().unwrap();
    assert_eq!(sent["from"], "outtray@relay.office.test");
    assert_eq!(outtrayd(folder.path(), &["send-test", "nobody"]).status.code(), Some(2));
    let queue = outtrayd(folder.path(), &["queue"]);
    assert!(text(&queue.stdout).contains(id), "{queue:?}");
    assert_eq!(text(&outtrayd(folder.path(), &["hold", id]).stdout).trim(), "1 message on hold");
    let held: Value = serde_json::from_slice(&outtrayd(folder.path(), &["queue", "--state", "held", "--json"]).stdout).unwrap();
    assert_eq!(held["total"], 1);
    assert_eq!(outtrayd(folder.path(), &["release", "--all"]).status.code(), Some(0));
    assert_eq!(outtrayd(folder.path(), &["pause"]).status.code(), Some(0));
    assert!(text(&outtrayd(folder.path(), &["status"]).stdout).contains("paused"));
    assert_eq!(outtrayd(folder.path(), &["resume"]).status.code(), Some(0));
    assert_eq!(outtrayd(folder.path(), &["try-lane"]).status.code(), Some(0));
    let story = outtrayd(folder.path(), &["story", id]);
    assert!(text(&story.stdout).contains("put on hold"), "{story:?}");
    assert_eq!(outtrayd(folder.path(), &["delete", id]).status.code(), Some(0));
    assert_eq!(outtrayd(folder.path(), &["delete", id]).status.code(), Some(5));
    assert_eq!(outtrayd(folder.path(), &["retry", "nonsense"]).status.code(), Some(5));
    assert_eq!(outtrayd(folder.path(), &["story", "00000000000000000000000000000000"]).status.code(), Some(5));
    let history: Value = serde_json::from_slice(&outtrayd(folder.path(), &["history", "to:ann@away", "--json"]).stdout).unwrap();
    assert_eq!(history["entries"][0]["state"], "deleted");
    assert_eq!(engine.stop(), Some(0));
}

#[test]
fn smart_hosts_are_listed_paused_and_given_secrets_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let host = r#"{"server": "127.0.0.1", "port": 1, "encryption": "starttls", "signIn": {"kind": "password", "user": "relay"}}"#;
    let settings = format!(
        r#"{{"version": 1, "smartHost": {host}, "otherSmartHosts": [{{"name": "news", "smartHost": {host}}}], "defaultRoute": ["default", "news"]}}"#
    );
    let engine = Engine::start(folder.path(), &settings);
    let lanes = || serde_json::from_slice::<Value>(&outtrayd(folder.path(), &["lanes", "--json"]).stdout).unwrap();
    let paused = |lanes: &Value| [0, 1].map(|at| lanes[at]["paused"].as_bool().unwrap());
    assert_eq!((lanes()[0]["name"].as_str(), lanes()[1]["name"].as_str()), (Some("default"), Some("news")));
    assert_eq!(outtrayd(folder.path(), &["pause", "news"]).status.code(), Some(0));
    // The engine says so a moment later than it is kept.
    assert!((0..1000).any(|_| paused(&lanes()) == [false, true]));
    assert!(text(&outtrayd(folder.path(), &["lanes"]).stdout).contains("paused: its mail waits"));
    assert_eq!(outtrayd(folder.path(), &["resume", "news"]).status.code(), Some(0));
    assert!((0..1000).any(|_| paused(&lanes()) == [false, false]));
    assert_eq!(outtrayd(folder.path(), &["try-lane", "news"]).status.code(), Some(0));
    let strange = outtrayd(folder.path(), &["pause", "nobody"]);
    assert_eq!(strange.status.code(), Some(2), "{strange:?}");
    assert!(text(&strange.stderr).contains("there is: default, news"), "{strange:?}");
    let kept = with_input(folder.path(), &["secret", "set", "smart-host:news", "--until-restart", "--json"], b"tr0ub4dor\n");
    assert!(text(&kept.stdout).contains(r#"{"name":"smart-host:news","isSet":true,"untilRestart":true}"#), "{kept:?}");
    assert_eq!(with_input(folder.path(), &["secret", "set", "smart-host:nobody"], b"x").status.code(), Some(2));
    assert_eq!(engine.stop(), Some(0));
}

#[test]
fn the_certificate_that_devices_see_is_shown_and_saved_from_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), PORT_0);
    let shown = text(&outtrayd(folder.path(), &["certificate"]).stdout);
    let fingerprint = shown.lines().find_map(|line| line.strip_prefix("fingerprint  ")).unwrap();
    assert!(shown.contains("for          localhost\n") && shown.contains("issued by    Outtray itself\n"), "{shown}");
    assert_eq!(fingerprint.split_once(' ').unwrap().0.split(':').count(), 32, "{shown}");
    let file = std::fs::read_to_string(folder.path().join("certificates/self-signed.pem")).unwrap().replace("\r\n", "\n");
    let pem = text(&outtrayd(folder.path(), &["certificate", "--pem"]).stdout);
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && file.ends_with(&pem), "{pem}\n{file}");
    let view: Value = serde_json::from_slice(&outtrayd(folder.path(), &["certificate", "--json"]).stdout).unwrap();
    assert_eq!((&view["own"], view["pem"].as_str()), (&true.into(), Some(pem.as_str())));
    assert_eq!(engine.stop(), Some(0));

    let engine = Engine::start(folder.path(), &PORT_0.replace("starttls", "plain"));
    let none = outtrayd(folder.path(), &["certificate"]);
    assert!(none.status.code() == Some(1) && text(&none.stderr).contains("no port encrypts"), "{none:?}");
    assert_eq!(engine.stop(), Some(0));
}

struct Engine {
    child: Child,
    ready: String,
}

impl Engine {
    fn start(folder: &Path, settings: &str) -> Self {
        std::fs::write(folder.join("settings.json"), settings).unwrap();
        Self::start_as_it_is(folder)
    }

    fn start_as_it_is(folder: &Path) -> Self {
        let log = std::fs::File::create(folder.join("stderr.txt")).unwrap();
        let mut child = command(folder, &["run"]).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.starts_with("outtrayd ready: "), "{ready:?} {}", std::fs::read_to_string(folder.join("stderr.txt")).unwrap());
        Self { child, ready }
    }

    /// How it ended; None when it took more than ten seconds.
    fn stop(mut self) -> Option<i32> {
        if cfg!(unix) {
            assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        } else {
            self.child.kill().unwrap();
        }
        (0..1000)
            .find_map(|_| {
                std::thread::sleep(Duration::from_millis(10));
                self.child.try_wait().unwrap()
            })?
            .code()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn outtrayd(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).stdin(Stdio::null()).output().unwrap()
}

fn with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(folder, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command line that is refused reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Without the credential store of whoever runs the tests.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outtrayd"));
    command.args(arguments).arg("--data").arg(folder).current_dir(folder);
    command.env_remove("CREDENTIALS_DIRECTORY").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    command
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
