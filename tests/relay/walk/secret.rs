//! The password goes in and never comes out: not into a file, a log at the highest level, an
//! environment, a command line or a view, even when the provider shouts it back.

use super::{MESSAGE, Provider, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::daemon::{furnish, program};
use e2e::{Client, Daemon, Stage};
use std::path::Path;
use std::process::Command;

const PASSWORD: &str = "Zq7-needle-in-a-haystack-9";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_at_trace_level_the_password_is_nowhere() {
    let provider = Provider::of(|fake| fake.auth(e2e::office::USER, PASSWORD)).await;
    let line = STANDARD.encode(format!("\0{}\0{PASSWORD}", e2e::office::USER));
    provider.fake.times(1, Stage::Auth, reply(&format!("535 5.7.8 I do not like AUTH PLAIN {line} nor {PASSWORD}")));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.log_level = control::settings::LogLevel::Trace;
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;

    let needles = [PASSWORD.to_owned(), STANDARD.encode(PASSWORD), line];
    let must_not_tell = |place: &str, bytes: &[u8]| {
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{place} holds the password");
        }
    };
    for what in [&["status"][..], &["history"], &["settings", "show"], &["queue"]] {
        let output = Command::new(program()).args(what).args(["--json", "--data"]).arg(&data).output().unwrap();
        assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
        must_not_tell(&format!("outtrayd {what:?}"), &output.stdout);
    }
    for name in ["environ", "cmdline"] {
        must_not_tell(name, &std::fs::read(format!("/proc/{}/{name}", daemon.id())).unwrap());
    }
    assert_eq!(daemon.terminate(), Some(0));
    let mut seen = 0;
    look_through(&data, &mut |path, bytes| {
        seen += bytes.len();
        must_not_tell(&path.display().to_string(), bytes);
    });
    let logs = std::fs::read_dir(data.join("logs")).unwrap().count();
    assert!(logs > 0 && seen > 10_000, "there was something to look through: {logs} logs, {seen} bytes");
}

fn look_through(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            look_through(&path, look);
        } else if let Ok(bytes) = std::fs::read(&path) {
            look(&path, &bytes);
        }
    }
}
