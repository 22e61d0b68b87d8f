//! The service under Wine's service manager: installed, started, spoken to, stopped, brought up to date, removed.
//!
//! Wine does not enforce accounts, access lists and privileges, and has no Event Log to look into.

use crate::wine::{Said, WindowsDaemon, Wine, windows_path};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Where the installer puts it; a path with a space must be quoted, or Windows may start `C:\Program.exe`.
const PROGRAM: &str = r"C:\Program Files\Outtray\outtrayd.exe";
const DATA: &str = r"C:\ProgramData\Outtray";

/// The service of this test; whatever happens, it is removed.
struct Installed(&'static Wine);

impl Installed {
    fn told(&self, words: &[&str]) -> Said {
        self.0.run(PROGRAM, words)
    }

    fn must(&self, words: &[&str]) -> Said {
        let said = self.told(words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}\n{}", self.log());
        said
    }

    fn asked(&self, words: &[&str]) -> serde_json::Value {
        let said = self.must(&[words, &["--json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    fn state(&self) -> String {
        self.asked(&["service", "status"])["state"].as_str().unwrap_or_default().to_owned()
    }

    fn query(&self, words: &[&str]) -> Said {
        self.0.run("sc", words)
    }

    fn log(&self) -> String {
        let files = std::fs::read_dir(self.0.path(DATA).join("logs")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = self.told(&["service", "uninstall", "--remove-data"]);
        let program = self.0.path(PROGRAM);
        let _ = std::fs::remove_file(&program);
        let _ = program.parent().map(std::fs::remove_dir);
    }
}

impl Installed {
    /// The program where the installer would put it, and no service.
    fn beforehand(wine: &'static Wine) -> Self {
        let program = wine.path(PROGRAM);
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        std::fs::copy(wine.outtrayd(), &program).unwrap();
        Self(wine)
    }
}

#[test]
fn the_service_is_installed_takes_mail_and_leaves_nothing() {
    let wine = Wine::shared();
    let _machine = wine.machine();
    let service = Installed::beforehand(wine);
    assert_eq!(service.state(), "notInstalled");
    let refused = service.told(&["service", "start"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("not installed"), "{refused:?}");

    // Settings that cannot be used change nothing.
    let file = tempfile::tempdir().unwrap();
    let settings = file.path().join("settings.json");
    std::fs::write(&settings, r#"{"version": 1, "limits": {"hops": 0}}"#).unwrap();
    let given = windows_path(&settings);
    let refused = service.told(&["service", "install", "--settings", &given]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert_eq!(service.state(), "notInstalled");

    let listener = r#"{"version": 1, "rules": [{"network": "127.0.0.1/32"}], "listeners": [{"address": "127.0.0.1", "port": 0, "encryption": "plain"}]}"#;
    std::fs::write(&settings, listener).unwrap();
    let user = "S-1-5-21-1-2-3-1000";
    let installed = service.must(&["service", "install", "--settings", &given, "--user", user]);
    assert!(installed.out.starts_with("The service is installed"), "{installed:?}");
    assert_eq!(service.state(), "stopped");
    let known = wine.run("reg", &["query", r"HKLM\SYSTEM\CurrentControlSet\Services\Outtray"]);
    for value in [&format!(r#""{PROGRAM}" service run --data {DATA}"#), r"NT SERVICE\Outtray", "Outtray mail relay", "PreshutdownTimeout"] {
        assert!(known.out.contains(value), "{value}: {known:?}");
    }
    let recorded = wine.run("reg", &["query", r"HKLM\SOFTWARE\Outtray", "/v", "InstalledBy"]);
    assert!(recorded.out.contains(user), "{recorded:?}");
    let source = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Outtray";
    assert!(wine.run("reg", &["query", source]).out.contains("EventCreate.exe"));

    service.must(&["service", "start"]);
    assert_eq!(service.state(), "running");
    service.must(&["service", "start"]);
    let running = service.query(&["query", "Outtray"]);
    assert!(running.out.contains("RUNNING"), "{running:?}");

    // The engine answers through its pipe, and takes mail.
    let status = service.asked(&["status"]);
    assert_eq!(status["engine"]["dataFolder"], DATA);
    let port = status["listeners"][0]["port"].as_u64().unwrap();
    hand_in(u16::try_from(port).unwrap());
    assert_eq!(service.asked(&["queue"])["entries"][0]["subject"], "through the service");

    let begun = Instant::now();
    service.must(&["service", "stop"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(service.state(), "stopped");
    assert_eq!(service.told(&["status"]).code, Some(3));
    assert!(service.log().contains("Stopping"), "{}", service.log());

    // Installed again over a running one: it runs again, and has its mail.
    service.must(&["service", "start"]);
    let updated = service.must(&["service", "install"]);
    assert!(updated.out.starts_with("The service is up to date and runs."), "{updated:?}");
    assert_eq!(service.asked(&["queue"])["total"], 1);

    let removed = service.must(&["service", "uninstall"]);
    assert!(removed.out.contains("stay in"), "{removed:?}");
    assert_eq!(service.state(), "notInstalled");
    assert_ne!(service.query(&["query", "Outtray"]).code, Some(0));
    assert!(!wine.run("reg", &["query", source]).out.contains("EventCreate.exe"));
    assert!(wine.path(DATA).join("queue.db").exists());
    // Once more: nothing is there, and that is fine.
    service.must(&["service", "uninstall", "--remove-data"]);
    assert!(!wine.path(DATA).exists());
}

#[test]
fn waiting_mail_moves_to_the_service_and_back() {
    let wine = Wine::shared();
    let _machine = wine.machine();
    let service = Installed::beforehand(wine);
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("settings.json"), r#"{"version": 1, "hostName": "relay.office.test"}"#).unwrap();
    let engine = WindowsDaemon::start(wine, own.path());
    let sent = engine.asked(&["send-test", "ann@away.test"]);
    let folder = windows_path(own.path());

    // Not while it is in use, nor over mail that waits; nothing is left of the attempt, and the window can read why.
    let refused = service.told(&["service", "install", "--start", "--take-over", &folder, "--answer-to", "mark-1"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("is in use"), "{refused:?}");
    assert_eq!(engine.stop(), Some(0));
    let left = wine.run("reg", &["query", r"HKLM\SOFTWARE\Outtray", "/v", "LastWord"]);
    assert!(left.out.contains("mark-1 ") && left.out.contains("is in use"), "{left:?}");
    let there = wine.path(DATA);
    let (occupied, waiting) = occupied(wine);
    std::fs::rename(occupied.path(), &there).unwrap();
    let refused = service.told(&["service", "install", "--start", "--take-over", &folder]);
    assert_eq!((refused.code, service.state().as_str()), (Some(1), "notInstalled"), "{refused:?}");
    assert!(refused.err.contains("a queue of its own with 1 waiting messages"), "{refused:?}");
    std::fs::rename(&there, occupied.path()).unwrap();

    let installed = service.must(&["service", "install", "--start", "--take-over", &folder]);
    assert!(installed.out.starts_with("The service is installed and runs."), "{installed:?}");
    assert_eq!(service.state(), "running");
    assert_eq!(service.asked(&["status"])["engine"]["hostName"], "relay.office.test");
    assert_eq!(service.asked(&["queue"])["entries"][0]["id"], sent["id"]);
    let moved = wine.run(PROGRAM, &["run", "--data", &folder]);
    assert_eq!(moved.code, Some(1), "{moved:?}");
    assert!(moved.err.contains("has moved to"), "{moved:?}");

    // A way back that fails leaves it running.
    let refused = service.told(&["service", "uninstall", "--give-back", &windows_path(occupied.path())]);
    assert_eq!((refused.code, service.state().as_str()), (Some(1), "running"), "{refused:?}");
    assert_eq!(service.asked(&["queue"])["entries"][0]["id"], sent["id"]);
    assert_ne!(waiting, sent["id"]);

    service.must(&["service", "uninstall", "--give-back", &folder]);
    assert_eq!(service.state(), "notInstalled");
    assert_ne!(wine.run("reg", &["query", r"HKLM\SOFTWARE\Outtray"]).code, Some(0), "nothing is left in the registry");
    let engine = WindowsDaemon::start(wine, own.path());
    assert_eq!(engine.asked(&["queue"])["entries"][0]["id"], sent["id"]);
    assert_eq!(engine.stop(), Some(0));
}

/// A folder in which another message waits, and its id.
fn occupied(wine: &'static Wine) -> (tempfile::TempDir, serde_json::Value) {
    // Beside what it is to be moved to.
    let folder = tempfile::tempdir_in(wine.path(r"C:\ProgramData")).unwrap();
    let engine = WindowsDaemon::start(wine, folder.path());
    let sent = engine.asked(&["send-test", "bob@away.test"]);
    assert_eq!(engine.stop(), Some(0));
    (folder, sent["id"].clone())
}

#[test]
fn what_the_service_manager_starts_is_not_for_people() {
    let wine = Wine::shared();
    let said = wine.run(wine.outtrayd(), &["service", "run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("outtrayd service start"), "{said:?}");
    let refused = wine.run(wine.outtrayd(), &["service", "install", "--user", "S-1-5)(A;;FA;;;WD"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let elsewhere = wine.run(wine.outtrayd(), &["service", "install", "--data", r"C:\elsewhere"]);
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
}

/// One message, as a scanner would hand it in.
pub fn hand_in(port: u16) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let message = "Subject: through the service\r\n\r\nhello\r\n.";
    for (say, code) in [
        ("", "220"),
        ("HELO scanner", "250"),
        ("MAIL FROM:<scan@office.test>", "250"),
        ("RCPT TO:<ann@away.test>", "250"),
        ("DATA", "354"),
        (message, "250"),
        ("QUIT", "221"),
    ] {
        if !say.is_empty() {
            stream.write_all(format!("{say}\r\n").as_bytes()).unwrap();
        }
        let mut reply = String::new();
        replies.read_line(&mut reply).unwrap();
        assert!(reply.starts_with(code), "{say}: {reply}");
    }
}
