//! The systemd unit as `outtrayd service install` writes it, judged by systemd's own tools; and what systemd hears of the process.

use e2e::daemon::program;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

#[test]
fn the_unit_is_sound_and_has_few_rights() {
    let root = tempfile::tempdir().unwrap();
    let unit = install(root.path());
    // It looks for the program the unit names, which is this one.
    let verified = analyze(&["verify", "--man=no"], &unit);
    assert!(verified.status.success() && verified.stderr.is_empty(), "{verified:?}");
    // Exposure below 2.0; the threshold is in tenths.
    let judged = analyze(&["security", "--offline=true", "--threshold=19", "--no-pager"], &unit);
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    assert!(said.contains("Overall exposure level"), "{said}");
}

#[test]
fn settings_are_checked_and_laid_out_before_the_first_start() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("given.json");
    std::fs::write(&file, r#"{"version": 1, "limits": {"hops": 0}}"#).unwrap();
    let refused = service(root.path(), &["install", "--settings", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(!root.path().join("etc").exists(), "nothing was changed");

    let good = r#"{"version": 1, "hostName": "relay.office.test"}"#;
    std::fs::write(&file, good).unwrap();
    let installed = service(root.path(), &["install", "--settings", file.to_str().unwrap()]);
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");
    let laid_out = root.path().join("var/lib/outtray/settings.json");
    assert_eq!(std::fs::read_to_string(&laid_out).unwrap(), good);
    let kept = service(root.path(), &["uninstall"]);
    assert_eq!(kept.status.code(), Some(0), "{kept:?}");
    assert!(laid_out.exists() && !root.path().join("etc/systemd/system/outtray.service").exists());
    let removed = service(root.path(), &["uninstall", "--remove-data"]);
    assert_eq!(removed.status.code(), Some(0), "{removed:?}");
    assert!(!root.path().join("var/lib/outtray").exists());
}

#[test]
fn every_secret_is_sealed_and_stands_nowhere() {
    let root = tempfile::tempdir().unwrap();
    let words = ["install", "--password-stdin", "--secret-stdin", "smart-host:backup", "--secret-stdin", "dkim.s1.office.example"];
    let installed = service_told(root.path(), &words, "tr0ub4dor\ncorrect horse\nbattery staple\n");
    if !installed.status.success() {
        // Only root may make the machine's key; then nothing is installed and it is said why.
        let said = String::from_utf8_lossy(&installed.stderr);
        assert!(said.contains("the secret smart-host cannot be sealed"), "{installed:?}");
        assert!(!root.path().join("etc").exists());
        return e2e::left_out("systemd-creds and root, who may make the machine's key");
    }
    let path = root.path().join("etc/systemd/system/outtray.service");
    let unit = std::fs::read_to_string(&path).unwrap();
    let names = ["dkim.s1.office.example", "smart-host", "smart-host.backup"];
    let lines: Vec<&str> = unit.lines().filter(|line| line.starts_with("LoadCredentialEncrypted=")).collect();
    assert_eq!(lines, names.map(|name| format!("LoadCredentialEncrypted={name}:/etc/outtray/{name}.credential")));
    for (name, secret) in names.iter().zip(["battery staple", "tr0ub4dor", "correct horse"]) {
        let file = root.path().join(format!("etc/outtray/{name}.credential"));
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{name}");
        assert!(!std::fs::read_to_string(&file).unwrap().contains(secret) && !unit.contains(secret), "{name}");
        assert_eq!(opened(name, &file), secret);
    }

    // Judged as it stands: a secret gives no right.
    let verified = analyze(&["verify", "--man=no"], &path);
    assert!(verified.status.success() && verified.stderr.is_empty(), "{verified:?}");
    let judged = analyze(&["security", "--offline=true", "--threshold=19", "--no-pager"], &path);
    assert!(judged.status.success(), "{judged:?}");

    // A new one takes the place of that of its name; the others stay.
    let again = service_told(root.path(), &["install", "--secret-stdin", "smart-host:backup"], "another\n");
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), unit);
    assert_eq!(opened("smart-host.backup", &root.path().join("etc/outtray/smart-host.backup.credential")), "another");
    assert_eq!(opened("smart-host", &root.path().join("etc/outtray/smart-host.credential")), "tr0ub4dor");

    // They stay when the data stays, and go with it: all of them.
    let kept = service(root.path(), &["uninstall"]);
    assert!(String::from_utf8_lossy(&kept.stdout).contains("dkim.s1.office.example, smart-host, smart-host.backup"), "{kept:?}");
    assert!(root.path().join("etc/outtray/smart-host.credential").exists());
    let removed = service(root.path(), &["uninstall", "--remove-data"]);
    assert_eq!(removed.status.code(), Some(0), "{removed:?}");
    assert!(!root.path().join("etc/outtray").exists());
}

#[test]
fn a_secret_that_cannot_be_sealed_is_named_and_nothing_is_changed() {
    let refused = |words: &[&str], input: &str, path: &str| {
        let root = tempfile::tempdir().unwrap();
        let mut install = Command::new(program());
        install.args(["service", "install"]).args(words).arg("--root").arg(root.path()).env("PATH", path);
        let said = told(install, input);
        assert!(!said.status.success() && !root.path().join("etc").exists(), "{said:?}");
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    let path = std::env::var("PATH").unwrap();
    let two = ["--secret-stdin", "smart-host", "--secret-stdin", "smart-host:backup"];
    let said = refused(&two, "one\ntwo\n", "/nonexistent");
    assert!(said.contains("the secret smart-host cannot be sealed") && said.contains("LoadCredential=smart-host:FILE"), "{said}");
    let said = refused(&two, "one\n", &path);
    assert!(said.contains("no line for smart-host:backup"), "{said}");
    let said = refused(&["--secret-stdin", "../../shadow"], "one\n", &path);
    assert!(said.contains("../../shadow"), "{said}");
}

/// By root, with the machine's key.
fn opened(name: &str, file: &Path) -> String {
    let opened = Command::new("systemd-creds").args(["decrypt", &format!("--name={name}")]).arg(file).arg("-").output().unwrap();
    assert!(opened.status.success(), "{opened:?}");
    String::from_utf8(opened.stdout).unwrap()
}

#[test]
fn systemd_hears_when_it_is_ready_reads_settings_again_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("settings.json"),
        r#"{"version": 1, "listeners": [{"address": "127.0.0.1", "port": 0, "encryption": "plain"}]}"#,
    )
    .unwrap();
    let socket = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let process = Command::new(program())
        .args(["run", "--data"])
        .arg(folder.path())
        .env("NOTIFY_SOCKET", &socket)
        .env("CREDENTIALS_DIRECTORY", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut process = Process(process);
    let ready = heard(&systemd);
    assert!(ready.starts_with("READY=1\nSTATUS=Takes mail on 127.0.0.1:"), "{ready}");
    signal(&process.0, "-HUP");
    assert_eq!(heard(&systemd), "RELOADING=1");
    assert!(heard(&systemd).starts_with("READY=1\n"));
    signal(&process.0, "-TERM");
    assert_eq!(heard(&systemd), "STOPPING=1");
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
}

/// As under the unit: an account of its own, which may not look at others' processes.
#[test]
fn who_holds_a_port_cannot_be_told_by_an_account_of_its_own_and_the_port_is_told_all_the_same() {
    if !root() {
        return e2e::left_out("root, who can run a program as another account");
    }
    let folder = tempfile::tempdir().unwrap();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let settings = format!(
        r#"{{"version": 1, "listeners": [{{"address": "127.0.0.1", "port": {port}, "encryption": "plain"}},
            {{"address": "127.0.0.1", "port": 0, "encryption": "plain"}}]}}"#
    );
    let (data, copy) = (folder.path().join("data"), folder.path().join("outtrayd"));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("settings.json"), settings).unwrap();
    std::fs::copy(program(), &copy).unwrap();
    for path in [folder.path(), &data, &data.join("settings.json")] {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let nobody = || {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]).arg(&copy);
        command.arg("--data").arg(&data).stdin(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut process = Process(nobody().arg("run").stdout(Stdio::piped()).spawn().unwrap());
    let mut ready = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.starts_with("outtrayd ready: 127.0.0.1:"), "{ready}");
    let told = nobody().args(["status", "--json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told:?}"));
    let problem = &status["listeners"][0]["problem"];
    assert_eq!((problem["code"].as_str(), problem["subject"].as_str()), (Some("portTaken"), Some(port.to_string().as_str())), "{status:#}");
}

/// The account of nobody, on every Linux.
const NOBODY: u32 = 65_534;

fn root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn heard(systemd: &UnixDatagram) -> String {
    let mut said = [0; 1024];
    let length = systemd.recv(&mut said).expect("word from the process");
    String::from_utf8_lossy(&said[..length]).into_owned()
}

fn signal(process: &std::process::Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap().success());
}

fn install(root: &Path) -> PathBuf {
    let installed = service(root, &["install"]);
    assert_eq!(installed.status.code(), Some(0), "{installed:?}");
    root.join("etc/systemd/system/outtray.service")
}

fn service(root: &Path, words: &[&str]) -> Output {
    Command::new(program()).arg("service").args(words).arg("--root").arg(root).stdin(Stdio::null()).output().unwrap()
}

fn service_told(root: &Path, words: &[&str], input: &str) -> Output {
    let mut command = Command::new(program());
    command.arg("service").args(words).arg("--root").arg(root);
    told(command, input)
}

fn told(mut command: Command, input: &str) -> Output {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended without reading.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

fn analyze(words: &[&str], unit: &Path) -> Output {
    Command::new("systemd-analyze").args(words).arg(unit).stdin(Stdio::null()).output().expect("systemd-analyze (package systemd)")
}
