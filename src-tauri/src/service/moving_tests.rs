//! The whole way into the service and back: the window's own engine, the real `outtrayd`, and a systemd that is played
//! below a root of its own. Where the credential store is a trial's, the password goes along.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::tests::{Trial, is_attached, is_embedded};
use control::request::EntryFilter;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

const SYSTEMCTL: &str = include_str!("../../../tests/relay/walk/systemctl.sh");
const MACHINE: &str = "root/var/lib/outtray";
const SETTINGS: &str = r#"{"version": 1, "smartHost": {"server": "127.0.0.1", "port": 9, "encryption": "starttls",
    "signIn": {"kind": "password", "user": "ann"}}}"#;

/// A window whose engine has settings; its administrator is `outtrayd` itself, below a root.
struct House(Trial);

impl House {
    async fn new() -> Self {
        Self::with(SETTINGS).await
    }

    async fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("run/systemd/system")).unwrap();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("usr/bin/systemctl"), SYSTEMCTL).unwrap();
        fs::set_permissions(root.join("usr/bin/systemctl"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("own")).unwrap();
        fs::write(folder.path().join("own/settings.json"), settings).unwrap();
        let script = format!(
            "'{}' \"$@\" --root '{root}'; code=$?\n\
             if [ -e '{root}/etc/systemd/system/outtray.service' ]; then : > \"$0.installed\"; else rm -f \"$0.installed\"; fi\nexit $code",
            outtrayd().display(),
            root = root.display()
        );
        let mut trial = Trial::with_service(folder, MACHINE, &script);
        trial.until("embedded", is_embedded).await;
        Self(trial)
    }

    fn root(&self) -> PathBuf {
        self.0.folder.path().join("root")
    }

    async fn ask(&self, request: Request) -> Answer {
        self.0.engine.call(request).await.unwrap()
    }

    async fn waiting(&self) -> Vec<String> {
        match self.ask(Request::Queue { filter: EntryFilter::default(), offset: 0, limit: 10 }).await {
            Answer::Page { page } => page.entries.into_iter().map(|entry| entry.id).collect(),
            other => panic!("{other:?}"),
        }
    }

    async fn send(&self) -> String {
        match self.ask(Request::SendTest { sender: "a@office.test".into(), recipient: "b@away.test".into() }).await {
            Answer::Kept { id } => id,
            other => panic!("{other:?}"),
        }
    }

    /// For the default provider and for the other one.
    async fn signed_in(&self) -> [bool; 2] {
        let Answer::Settings { settings } = self.ask(Request::Settings).await else { panic!() };
        [settings.sign_in.as_ref(), settings.other_sign_ins.first().map(|other| &other.sign_in)]
            .map(|view| view.is_some_and(|view| view.signed_in))
    }

    async fn password_is_set(&self) -> bool {
        let Answer::Settings { settings } = self.ask(Request::Settings).await else { panic!() };
        settings.secrets.iter().any(|secret| secret.is_set)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = Command::new(outtrayd()).args(["service", "uninstall", "--root"]).arg(self.root()).output();
    }
}

/// Cargo puts it beside the folder of this program.
fn outtrayd() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let program = here.ancestors().nth(2).unwrap().join("outtrayd");
    assert!(program.exists(), "{} is missing: cargo build -p host", program.display());
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_sending_never_worked_at_the_first_click() {
    let mut house = House::new().await;
    let id = house.send().await;
    let has_store = std::env::var_os("OUTTRAY_TEST_SECRET_SERVICE").is_some();
    let secret = Secret::new("tr0ub4dor".into());
    let set = Request::SetSecret { name: SMART_HOST.into(), secret, until_restart: !has_store };
    assert!(matches!(house.ask(set).await, Answer::Settings { .. }));

    let steps = Mutex::new(Vec::new());
    let moved = there(&house.0.engine, |step| steps.lock().unwrap().push(step)).await;
    assert_eq!(moved, Ok(Moved::Done { password_missing: !has_store }));
    assert_eq!(*steps.lock().unwrap(), [Step::Stopping, Step::Asking, Step::Attaching, Step::HandingOver]);
    house.0.until("attached", is_attached).await;
    assert!(!house.0.embedded().await.unwrap().embedded);
    assert_eq!((house.waiting().await, house.password_is_set().await), (vec![id.clone()], has_store));
    assert!(house.0.engine.service().is_installed());

    let moved = back(&house.0.engine, |_| {}).await;
    assert_eq!(moved, Ok(Moved::Done { password_missing: true }));
    house.0.until("embedded again", is_embedded).await;
    assert_eq!(house.waiting().await, [id]);
    assert!(!house.0.engine.service().is_installed());
    // Its own copy went with the move, and no engine gives a password away.
    assert!(!house.password_is_set().await);
    house.0.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_in_for_two_providers_need_not_do_it_again_for_the_service() {
    let smart_host = r#"{"server": "127.0.0.1", "port": 9, "encryption": "starttls", "signIn": {"kind": "oauth", "user": "ann@a.test",
        "clientId": "app", "grant": {"kind": "deviceCode"}, "service": {"kind": "custom", "token": "https://127.0.0.1:9/token",
        "device": "https://127.0.0.1:9/device"}}}"#;
    let settings =
        format!(r#"{{"version": 1, "smartHost": {smart_host}, "otherSmartHosts": [{{"name": "news", "smartHost": {smart_host}}}]}}"#);
    let mut house = House::with(&settings).await;
    let has_store = std::env::var_os("OUTTRAY_TEST_SECRET_SERVICE").is_some();
    let plan = host::oauth::Plan::of(&serde_json::from_str(smart_host).unwrap(), Path::new("/")).unwrap();
    let kept = serde_json::json!({ "for": plan.mark(), "refresh": "long-lived", "account": "ann@a.test", "since": 1 }).to_string();
    for name in ["smart-host-sign-in", "smart-host-sign-in:news"] {
        let secret = Secret::new(kept.clone());
        assert!(matches!(house.ask(Request::SetSecret { name: name.into(), secret, until_restart: false }).await, Answer::Settings { .. }));
    }
    assert_eq!(house.signed_in().await, [true, true]);
    there(&house.0.engine, |_| {}).await.unwrap();
    house.0.until("attached", is_attached).await;
    assert_eq!(house.signed_in().await, [has_store, has_store]);
    house.0.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_move_left_no_engine_and_said_that_everything_was_as_before() {
    let mut house = House::new().await;
    let id = house.send().await;
    fs::write(house.root().join("run/fails"), "").unwrap();
    let failed = there(&house.0.engine, |_| {}).await.unwrap_err();
    assert!(failed.starts_with("The service could not be installed: the service cannot be started: "), "{failed}");
    assert!(failed.ends_with("tells more. Everything is as it was."), "{failed}");
    house.0.until("embedded again", is_embedded).await;
    assert_eq!(house.waiting().await, [id.as_str()]);

    // Once it is there, a way back that fails leaves the service running.
    fs::remove_file(house.root().join("run/fails")).unwrap();
    there(&house.0.engine, |_| {}).await.unwrap();
    house.0.until("attached", is_attached).await;
    let occupied = house.0.folder.path().join("own");
    let (aside, elsewhere) = (house.0.folder.path().join("aside"), tempfile::tempdir().unwrap());
    fs::rename(&occupied, &aside).unwrap();
    let stray = host::Host::start(&occupied, host::Options::default()).await.unwrap();
    let kept = stray.client().call(Request::SendTest { sender: "a@office.test".into(), recipient: "b@away.test".into() }).await;
    assert!(matches!(kept, Ok(Answer::Kept { .. })));
    stray.stop().await;
    let failed = back(&house.0.engine, |_| {}).await.unwrap_err();
    assert!(failed.contains("a queue of its own with 1 waiting messages") && !failed.contains("Everything"), "{failed}");
    assert!(failed.contains("The service is installed"), "{failed}");
    house.0.until("attached again", is_attached).await;
    assert_eq!(house.waiting().await, [id]);
    fs::rename(&occupied, elsewhere.path().join("own")).unwrap();
    fs::rename(&aside, &occupied).unwrap();
    house.0.engine.stop().await;
}
