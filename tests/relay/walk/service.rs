//! `outtrayd service` below a root with a systemd that is played: installed and started with the mail of another folder,
//! given back, and, whatever fails on the way, everything as it was.

use control::request::EntryFilter;
use control::{Answer, Client, Request};
use e2e::certs::Certs;
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

    /// Of its smart hosts, and whether it has them.
    async fn secrets(&self) -> Vec<(String, bool)> {
        let client = Client::over(control::pipe::connect(&self.folder()).await.unwrap());
        let Answer::Settings { settings } = client.call(Request::Settings).await.unwrap() else { panic!("no settings") };
        let all = settings.secrets.into_iter().map(|secret| (secret.name, secret.is_set));
        all.filter(|(name, _)| name.starts_with("smart-host")).collect()
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
    let restarted = root.service(&["restart"]);
    assert!(String::from_utf8_lossy(&restarted.stdout).starts_with("The service runs again."), "{restarted:?}");
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
async fn settings_that_only_an_administrator_could_use_were_called_installed() {
    let root = Root::new();
    fs::create_dir_all(root.folder()).unwrap();
    let file = root.folder().join("settings.json");
    fs::write(&file, SETTINGS).unwrap();
    let installed = root.service(&["install", "--start"]);
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");

    // A certificate that is there when the administrator's eyes look, and not when the service's do.
    let (chain, key) = (root.0.path().join("chain.pem"), root.0.path().join("key.pem"));
    let (chain_pem, key_pem) = Certs::new().server_pem(&["relay.office.test"]);
    fs::write(&chain, chain_pem).unwrap();
    fs::write(&key, key_pem).unwrap();
    fs::write(root.0.path().join("run/hidden"), key.to_str().unwrap()).unwrap();
    let given = root.0.path().join("given.json");
    let pem = serde_json::json!({"kind": "pem", "certificateFile": chain, "keyFile": key});
    fs::write(&given, serde_json::json!({"version": 1, "hostName": "relay.office.test", "certificate": pem}).to_string()).unwrap();
    let refused = root.service(&["install", "--settings", given.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("cannot use all of its settings") && said.contains("key.pem"), "{said}");
    assert_eq!((fs::read_to_string(&file).unwrap().as_str(), root.state().as_str()), (SETTINGS, "running"), "as it was");

    // Whoever starts it is told as well.
    assert_eq!(root.service(&["stop"]).status.code(), Some(0));
    fs::copy(&given, &file).unwrap();
    let started = root.service(&["start"]);
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!((started.status.code(), root.state().as_str()), (Some(4), "running"), "{said}");
    assert!(said.contains("key.pem"), "{said}");
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

/// Of a folder that ran with secrets, a service is made that has them all.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_a_folder_that_is_taken_over_are_sealed_for_the_service() {
    let root = Root::new();
    let (own, _) = lived_in().await;
    let sign_in = serde_json::json!({"kind": "password", "user": "scan"});
    let provider = |port: u16| serde_json::json!({"server": "127.0.0.1", "port": port, "encryption": "starttls", "signIn": sign_in});
    let backup = serde_json::json!({"name": "backup", "smartHost": provider(2)});
    let settings =
        serde_json::json!({"version": 1, "hostName": "relay.office.test", "smartHost": provider(1), "otherSmartHosts": [backup]});
    fs::write(own.path().join("settings.json"), settings.to_string()).unwrap();
    let secrets = tempfile::tempdir().unwrap();
    // With a line's end, as an editor leaves it.
    fs::write(secrets.path().join("smart-host"), "tr0ub4dor\n").unwrap();
    let install = |path: &str| {
        let mut install = Command::new(program());
        install.args(["service", "install", "--start", "--take-over"]).arg(own.path()).arg("--root").arg(root.0.path());
        install.env("CREDENTIALS_DIRECTORY", secrets.path()).env("PATH", path).stdin(Stdio::null()).output().unwrap()
    };

    let failed = install("/nonexistent");
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("the secret smart-host cannot be sealed"), "{said}");
    assert_eq!((root.state().as_str(), root.0.path().join("etc").exists()), ("notInstalled", false));

    if !fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0) {
        return e2e::left_out("root, who may make the machine's key");
    }
    let path = std::env::var("PATH").unwrap();
    let installed = install(&path);
    let said = String::from_utf8_lossy(&installed.stdout).into_owned();
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");
    assert!(
        said.contains("copies of its secrets are sealed: smart-host.") && said.contains("not sealed for the service: smart-host:backup;"),
        "{said}"
    );
    assert_eq!(root.secrets().await, [("smart-host".to_owned(), true), ("smart-host:backup".to_owned(), false)]);

    // The one that was missing, over the running service.
    let mut sealing = Command::new(program());
    sealing.args(["service", "install", "--secret-stdin", "smart-host:backup", "--root"]).arg(root.0.path());
    let mut sealing = sealing.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut sealing.stdin.take().unwrap(), b"correct horse").unwrap();
    let sealed = sealing.wait_with_output().unwrap();
    assert!(sealed.status.success() && !String::from_utf8_lossy(&sealed.stdout).contains("not sealed"), "{sealed:?}");
    assert_eq!(root.secrets().await, [("smart-host".to_owned(), true), ("smart-host:backup".to_owned(), true)]);

    // One with which it does not start: the service runs as before, with what it had.
    let unit = root.0.path().join("etc/systemd/system/outtray.service");
    let before = fs::read_to_string(&unit).unwrap();
    root.fails();
    let failed = Command::new("sh")
        .args(["-c", "printf x | \"$0\" service install --secret-stdin smart-host:third --root \"$1\""])
        .arg(program())
        .arg(root.0.path())
        .output()
        .unwrap();
    assert!(!failed.status.success(), "{failed:?}");
    assert_eq!(fs::read_to_string(&unit).unwrap(), before);
    assert!(!root.0.path().join("etc/outtray/smart-host.third.credential").exists());
}
