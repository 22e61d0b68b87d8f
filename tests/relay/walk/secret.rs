//! The password goes in and never comes out: not into a file, a log at the highest level, the console, an
//! environment, a command line or a view, even when the provider shouts it back. And nobody's
//! address or subject stands in a log that was not asked for details.

use super::{MESSAGE, Provider, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use control::settings::TokenGrant;
use e2e::daemon::{furnish, program};
use e2e::office::USER;
use e2e::{Answer, Certs, Client, Daemon, FakeSmartHost, OpenIdProvider, Stage};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

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
    let console = data.join("stderr");
    let daemon = Daemon::start_telling(&data, Some(&credentials), &console);
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
    tells_all(&console);
}

/// Its standard error has what the log has, the details too: it was looked through with the rest of the folder.
fn tells_all(console: &Path) {
    let told = std::fs::read_to_string(console).unwrap();
    for what in ["DEBUG", "Starting", "Stopped"] {
        assert!(told.contains(what), "{what} is missing: {told}");
    }
}

/// Given from a shell and kept by a store, or by none: it is used and is nowhere.
async fn given_from_a_shell(kept: bool) {
    let provider = Provider::of(|fake| fake.auth(USER, PASSWORD)).await;
    let line = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    provider.fake.times(1, Stage::Auth, Answer::Echo(format!("535 5.7.8 I do not like {PASSWORD} nor")));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.log_level = control::settings::LogLevel::Trace;
    let (data, credentials) = furnish(folder.path(), &settings, "");
    std::fs::remove_file(credentials.join("smart-host")).unwrap();
    // Where systemd gives none, nothing is kept over a restart.
    let credentials = (!kept).then_some(credentials.as_path());
    let needles = [PASSWORD.to_owned(), STANDARD.encode(PASSWORD), line];
    let must_not_tell = |place: &str, bytes: &[u8]| {
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{place} holds the password");
        }
    };
    let shell = |words: &[&str], input: &str| {
        let mut child = Command::new(program());
        child.args(words).args(["--json", "--data"]).arg(&data);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        must_not_tell(&format!("what outtrayd {words:?} says"), &[&output.stdout[..], &output.stderr].concat());
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let hands_in = async |daemon: &Daemon| {
        Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    };

    let consoles = [data.join("stderr-1"), data.join("stderr-2")];
    let daemon = Daemon::start_telling(&data, credentials, &consoles[0]);
    hands_in(&daemon).await;
    let words = ["secret", "set", "smart-host", "--until-restart"];
    shell(if kept { &words[..3] } else { &words }, PASSWORD);
    provider.fake.until(1).await;
    for words in [&["status"][..], &["history"], &["settings", "show"], &["queue"]] {
        shell(words, "");
    }
    for name in ["environ", "cmdline"] {
        must_not_tell(name, &std::fs::read(format!("/proc/{}/{name}", daemon.id())).unwrap());
    }
    assert_eq!(daemon.terminate(), Some(0));

    let daemon = Daemon::start_telling(&data, credentials, &consoles[1]);
    let secrets: serde_json::Value = serde_json::from_str(&shell(&["status"], "")).unwrap();
    assert_eq!(secrets["settings"]["secrets"][0]["isSet"], kept, "{secrets:#}");
    hands_in(&daemon).await;
    if !kept {
        shell(&words, PASSWORD);
    }
    provider.fake.until(2).await;
    shell(&["secret", "remove", "smart-host"], "");
    assert_eq!(daemon.terminate(), Some(0));
    look_through(&data, &mut |path, bytes| must_not_tell(&path.display().to_string(), bytes));
    consoles.iter().for_each(|console| tells_all(console));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_given_from_a_shell_until_the_restart_is_nowhere() {
    given_from_a_shell(false).await;
}

/// Its store is the session's own, which encrypts what it keeps.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_given_from_a_shell_into_a_secret_service_is_there_and_nowhere_else() {
    if std::env::var_os("OUTTRAY_TEST_SECRET_SERVICE").is_none() {
        return e2e::left_out("a Secret Service and OUTTRAY_TEST_SECRET_SERVICE=1, as in `cargo xtask test`");
    }
    given_from_a_shell(true).await;
}

/// Signed in from a shell, with a token service that gives tokens and a provider that echoes them: neither the token nor what
/// it is made with is anywhere but in memory, where there is no credential store that could take it.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_at_trace_level_tokens_are_nowhere() {
    let certs = Certs::new();
    let folder = tempfile::tempdir().unwrap();
    let service = OpenIdProvider::start(&certs, folder.path());
    let desk = service.desk();
    let fake = FakeSmartHost::new().starttls(certs.server()).tokens(USER, move |token| desk.judge(token)).start().await;
    fake.times(1, Stage::Auth, Answer::Echo("535 5.7.8 I do not like".into()));
    let mut settings = e2e::office::settings_for(fake.port(), &folder.path().join("authority.pem"));
    settings.smart_host.as_mut().unwrap().sign_in = service.sign_in("desktop", TokenGrant::DeviceCode);
    settings.log_level = control::settings::LogLevel::Trace;
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let console = data.join("stderr");
    let daemon = Daemon::start_telling(&data, Some(&credentials), &console);
    Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    let mut shell = Command::new(program()).args(["sign-in", "--json", "--data"]).arg(&data).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let asked: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(asked["kind"], "deviceCode", "{asked}");
    let link = format!("{}?user_code={}", asked["link"].as_str().unwrap(), asked["code"].as_str().unwrap());
    desk.visit(&link).await;
    let ended: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&ended["signedIn"], &ended["account"], &ended["untilRestart"]), (&true.into(), &USER.into(), &true.into()));
    assert!(shell.wait().unwrap().success());
    fake.until(1).await;

    let mut needles: Vec<String> = desk.values("AccessToken").await;
    assert!(needles.len() >= 2, "the first was refused: {needles:?}");
    for token in needles.clone() {
        needles.push(STANDARD.encode(&token));
        needles.push(STANDARD.encode(format!("user={USER}\u{1}auth=Bearer {token}\u{1}\u{1}")));
    }
    let kept = desk.values("RefreshToken").await;
    assert!(!kept.is_empty());
    needles.extend(kept);
    needles.extend(desk.values("DeviceCode").await);
    let must_not_tell = |place: &str, bytes: &[u8]| {
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{place} holds {needle}");
        }
    };
    for what in [&["status"][..], &["history"], &["settings", "show"], &["sign-in", "status"]] {
        let output = Command::new(program()).args(what).args(["--json", "--data"]).arg(&data).output().unwrap();
        assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
        must_not_tell(&format!("outtrayd {what:?}"), &output.stdout);
    }
    for name in ["environ", "cmdline"] {
        must_not_tell(name, &std::fs::read(format!("/proc/{}/{name}", daemon.id())).unwrap());
    }
    let forgotten = Command::new(program()).args(["sign-in", "forget", "--json", "--data"]).arg(&data).output().unwrap();
    let forgotten: serde_json::Value = serde_json::from_slice(&forgotten.stdout).unwrap();
    assert_eq!(forgotten["signedIn"], false, "{forgotten}");
    assert_eq!(daemon.terminate(), Some(0));
    let mut seen = 0;
    look_through(&data, &mut |path, bytes| {
        seen += bytes.len();
        must_not_tell(&path.display().to_string(), bytes);
    });
    assert!(seen > 10_000, "there was something to look through: {seen} bytes");
    tells_all(&console);
}

/// Everything that people and providers wrote bears this word: sign-in, sender, recipients, subject, replies.
const SOMEBODY: &str = "somebody";

/// Mail that is sent, deferred, refused and reported, a device that is refused, and a lane that is down; then what the logs say.
async fn logs_of_a_day(level: control::settings::LogLevel) -> String {
    let user = format!("{SOMEBODY}@office.test");
    let provider = Provider::of(|fake| fake.auth(&user, PASSWORD)).await;
    let fake = &provider.fake;
    fake.times(1, Stage::Auth, reply(&format!("535 5.7.8 {user} may not sign in")));
    fake.times(1, Stage::Mail, reply(&format!("530 5.7.57 {user} is not authenticated to send mail")));
    fake.times(1, Stage::Rcpt("".into()), reply(&format!("550 5.7.64 TenantAttribution; <{user}>: Relay Access Denied")));
    fake.at(Stage::Rcpt(format!("{SOMEBODY}.gone@away.test")), reply(&format!("550 5.1.1 <{SOMEBODY}.gone@away.test> unknown")));
    fake.times(1, Stage::Rcpt(format!("{SOMEBODY}.busy@away.test")), reply(&format!("450 4.2.1 <{SOMEBODY}.busy@away.test> busy")));
    fake.times(1, Stage::Dot, reply(&format!("452 4.3.1 not now, {user}")));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(fake.port(), &provider.ca_file());
    settings.smart_host.as_mut().unwrap().sign_in = control::settings::SignIn::Password { user };
    settings.log_level = level;
    settings.limits.recipients = 2;
    let (data, credentials) = furnish(folder.path(), &settings, PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    let mut device = Client::greeted(daemon.address).await;
    let sender = format!("{SOMEBODY}.else@office.test");
    let [ann, gone, busy] = ["ann", "gone", "busy"].map(|who| format!("{SOMEBODY}.{who}@away.test"));
    let content = format!("From: {sender}\r\nTo: {ann}\r\nSubject: for {SOMEBODY}\r\nX-Who: {SOMEBODY}\r\n\r\nDear {SOMEBODY}\r\n");
    device.hands_in(&sender, &[&ann, &gone], &content).await;
    device.hands_in(&sender, &[&busy], &content).await;
    // One recipient too many, and an address that is none.
    device.says(&format!("MAIL FROM:<{sender}>")).await.hears("250 *").await;
    for to in [&ann, &gone] {
        device.says(&format!("RCPT TO:<{to}>")).await.hears("250 *").await;
    }
    device.says(&format!("RCPT TO:<{busy}>")).await.hears("452 *").await;
    device.says("RSET").await.hears("250 *").await;
    device.says(&format!("MAIL FROM:<{SOMEBODY} {sender}>")).await.hears("501 *").await;
    // Both messages, and the report of the recipient that is gone.
    fake.until(3).await;
    assert_eq!(daemon.terminate(), Some(0));
    let mut logs = String::new();
    look_through(&data.join("logs"), &mut |_, bytes| logs.push_str(&String::from_utf8_lossy(bytes)));
    logs
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_stood_in_the_log_above_debug() {
    let logs = logs_of_a_day(control::settings::LogLevel::Info).await;
    for told in ["SignInRefused", "535", "5.7.8", "TooManyRecipients", "Handed over", "Failed", "Deferred", "Telling the sender"] {
        assert!(logs.contains(told), "{told}: {logs}");
    }
    let wrong: Vec<&str> = logs.lines().filter(|line| line.to_lowercase().contains(SOMEBODY)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Whoever asks for details gets them, and this test would have seen them.
    let logs = logs_of_a_day(control::settings::LogLevel::Debug).await;
    assert!(logs.contains(&format!("{SOMEBODY}@office.test may not sign in")), "{logs}");
    let above: Vec<&str> = logs.lines().filter(|line| line.contains(SOMEBODY) && !line.contains("DEBUG")).collect();
    assert!(above.is_empty(), "{above:#?}");
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
