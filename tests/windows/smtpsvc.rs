//! Changing places with a service called SMTPSVC under Wine's service manager. IIS is not there: another Outtray plays it,
//! which holds its port, starts and stops as a service does. UAC is not there either.

use crate::service::hand_in;
use crate::wine::{Said, WindowsDaemon, Wine, windows_path};
use std::path::Path;

const DATA: &str = r"C:\inetpub\played";
const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\SMTPSVC";

/// Removed whatever happens.
pub struct Played(&'static Wine);

impl Played {
    /// Installed to start by itself, and running.
    pub fn start(wine: &'static Wine, port: u16) -> Self {
        let folder = wine.path(DATA);
        std::fs::create_dir_all(&folder).unwrap();
        settings(&folder, port);
        let path = format!("{} service run --data {DATA}", windows_path(&wine.outtrayd()));
        let played = Self(wine);
        played.sc(&["create", "SMTPSVC", "binPath=", &path, "start=", "auto"]);
        played.sc(&["start", "SMTPSVC"]);
        played.until("RUNNING");
        played
    }

    fn sc(&self, words: &[&str]) -> Said {
        let said = self.0.run("sc", words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        said
    }

    /// Wine's `sc start` does not wait.
    pub fn until(&self, state: &str) {
        let begun = std::time::Instant::now();
        while !self.sc(&["query", "SMTPSVC"]).out.contains(state) {
            assert!(begun.elapsed() < crate::wine::PATIENCE, "never {state}");
        }
    }

    /// How it is started: 2 by itself, 4 not at all (SERVICE_AUTO_START, SERVICE_DISABLED).
    pub fn start_type(&self) -> String {
        let said = self.0.run("reg", &["query", SERVICE, "/v", "Start"]);
        said.out.split_whitespace().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = self.0.run("sc", &["stop", "SMTPSVC"]);
        let _ = self.0.run("sc", &["delete", "SMTPSVC"]);
        let _ = std::fs::remove_dir_all(self.0.path(DATA));
    }
}

fn settings(folder: &Path, port: u16) {
    let text = format!(
        r#"{{"version": 1, "rules": [{{"network": "127.0.0.1/32"}}],
            "listeners": [{{"address": "127.0.0.1", "port": {port}, "encryption": "plain"}}]}}"#
    );
    std::fs::write(folder.join("settings.json"), text).unwrap();
}

#[test]
fn the_port_is_taken_over_with_the_settings_in_force_and_given_back() {
    let wine = Wine::shared();
    let _machine = wine.machine();
    let port = e2e::postfix::free_port();
    let played = Played::start(wine, port);
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), port);
    let engine = WindowsDaemon::start(wine, folder.path());
    let problem = |engine: &WindowsDaemon| engine.asked(&["status"])["listeners"][0]["problem"]["code"].clone();
    assert_eq!(problem(&engine), "portTaken", "{}", engine.ready);
    let before = engine.asked(&["settings", "show"]);

    let taken = engine.told(&["import", "iis", "--take-over", "--keep-settings", "--engine-of", "S-1-5-21-1-2-3-1000"], "");
    assert_eq!(taken.code, Some(0), "{taken:?}\n{}", engine.errors());
    assert!(taken.out.starts_with("Outtray has the port now"), "{taken:?}");
    played.until("STOPPED");
    assert_eq!((played.start_type().as_str(), problem(&engine)), ("0x4", serde_json::Value::Null));
    assert_eq!(engine.asked(&["settings", "show"]), before, "nothing was imported over them");
    hand_in(port);
    assert_eq!(engine.asked(&["queue"])["entries"][0]["subject"], "through the service");

    let given = engine.told(&["import", "iis", "--back"], "");
    assert_eq!(given.code, Some(0), "{given:?}\n{}", engine.errors());
    played.until("RUNNING");
    assert_eq!((played.start_type().as_str(), engine.asked(&["status"])["listeners"].clone()), ("0x2", serde_json::json!([])));
    hand_in(port);
    assert_eq!(engine.asked(&["queue"])["total"], 1, "the other one has that message");
    assert_eq!(engine.stop(), Some(0));
}
