//! `outtrayd service` below a root with a systemd that is played: installed and started with the mail of another folder,
//! given back, and, whatever fails on the way, everything as it was.

use control::request::EntryFilter;
use control::{Answer, Client, Request};
use e2e::daemon::program;
use host::{Host, HostError, Options};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SYSTEMCTL: &str = include_str!("systemctl.sh");
const SETTINGS: &str = r#"{"version": 1, "hostName": "relay.office.test"}"#;

/// A system's files, and what the service does in them.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
        fs::create_dir_all(root.path().join("usr/bin")).unwrap();
        let systemctl = root.path().join("usr/bin/systemctl");
        fs::write(&systemctl, SYSTEMCTL).unwrap();
        fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
        Self(root)
    }

    fn service(&self, words: &[&str]) -> Output {
        Command::new(program()).arg("service").args(words).arg("--root").arg(self.0.path()).stdin(Stdio::null()).output().unwrap()
    }

    fn state(&self) -> String {
        let said = self.service(&["status", "--json"]);
        let state: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
        state["state"].as_str().unwrap().to_owned()
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("var/lib/outtray")
    }

    /// From now on the service does not start.
    fn fails(&self) {
        fs::write(self.0.path().join("run/fails"), "").unwrap();
    }

    /// What waits in the service's own engine.
    async fn waiting(&self) -> Vec<String> {
        waiting(&Client::over(control::pipe::connect(&self.folder()).await.unwrap())).await
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = self.service(&["uninstall"]);
    }
}

async fn waiting(client: &Client) -> Vec<String> {
    match client.call(Request::Queue { filter: EntryFilter::default(), offset: 0, limit: 10 }).await.unwrap() {
        Answer::Page { page } => page.entries.into_iter().map(|entry| entry.id).collect(),
        other => panic!("{other:?}"),
    }
}

/// A folder in which a message waits, and its id.
async fn lived_in() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.json"), SETTINGS).unwrap();
    let host = Host::start(folder.path(), Options::default()).await.unwrap();
    let request = Request::SendTest { sender: "scan@office.test".into(), recipient: "ann@away.test".into() };
    let Answer::Kept { id } = host.client().call(request).await.unwrap() else { panic!("not kept") };
    host.stop().await;
    (folder, id)
}

/// What waits in a folder whose engine nobody runs.
async fn looked_at(folder: &Path) -> Vec<String> {
    let host = Host::start(folder, Options::default()).await.unwrap();
    let found = waiting(&host.client()).await;
    host.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_install_never_started_and_so_never_answered() {
    let root = Root::new();
    let (own, id) = lived_in().await;
    let folder = own.path().to_str().unwrap();
    let installed = root.service(&["install", "--start", "--take-over", folder]);
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");
    assert!(String::from_utf8_lossy(&installed.stdout).starts_with("The service is installed and runs."), "{installed:?}");
    assert_eq!((root.state().as_str(), root.waiting().await), ("running", vec![id.clone()]));
    let gone = Host::start(own.path(), Options::default()).await.err();
    assert!(matches!(gone, Some(HostError::MovedAway(_))), "{gone:?}");

    // Over the running one: it runs again.
    let updated = root.service(&["install"]);
    assert!(String::from_utf8_lossy(&updated.stdout).starts_with("The service is up to date and runs."), "{updated:?}");
    assert_eq!(root.waiting().await, [id.as_str()]);

    let removed = root.service(&["uninstall", "--give-back", folder]);
    assert_eq!((removed.status.code(), root.state().as_str()), (Some(0), "notInstalled"), "{removed:?}");
    assert_eq!(looked_at(own.path()).await, [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_install_left_the_service_installed_and_no_engine_running() {
    // Mail waits where it is to go.
    let root = Root::new();
    let (own, id) = lived_in().await;
    let (other, _) = lived_in().await;
    fs::create_dir_all(root.folder().parent().unwrap()).unwrap();
    fs::rename(other.path(), root.folder()).unwrap();
    let folder = own.path().to_str().unwrap();
    let occupied = root.service(&["install", "--start", "--take-over", folder]);
    let said = String::from_utf8_lossy(&occupied.stderr).into_owned();
    assert_eq!((occupied.status.code(), root.state().as_str()), (Some(1), "notInstalled"), "{said}");
    assert!(said.contains("a queue of its own with 1 waiting messages"), "{said}");
    assert_eq!(looked_at(own.path()).await, [id.as_str()]);

    // It does not start.
    let root = Root::new();
    root.fails();
    let failed = root.service(&["install", "--start", "--take-over", folder]);
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!((failed.status.code(), root.state().as_str()), (Some(1), "notInstalled"), "{said}");
    assert!(said.contains("the service cannot be started") && !said.contains("taken back"), "{said}");
    assert_eq!(looked_at(own.path()).await, [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_with_which_it_does_not_start_are_taken_back() {
    let root = Root::new();
    fs::create_dir_all(root.folder()).unwrap();
    fs::write(root.folder().join("settings.json"), SETTINGS).unwrap();
    root.fails();
    let given = root.0.path().join("given.json");
    fs::write(&given, r#"{"version": 1, "hostName": "other.office.test"}"#).unwrap();
    let failed = root.service(&["install", "--start", "--settings", given.to_str().unwrap()]);
    assert_eq!((failed.status.code(), root.state().as_str()), (Some(1), "notInstalled"), "{failed:?}");
    assert_eq!(fs::read_to_string(root.folder().join("settings.json")).unwrap(), SETTINGS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_way_back_left_the_service_stopped() {
    let root = Root::new();
    let (own, id) = lived_in().await;
    let installed = root.service(&["install", "--start", "--take-over", own.path().to_str().unwrap()]);
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");
    let (occupied, _) = lived_in().await;
    let failed = root.service(&["uninstall", "--give-back", occupied.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("a queue of its own") && !said.contains("taken back"), "{said}");
    assert_eq!((root.state().as_str(), root.waiting().await), ("running", vec![id]));
}
