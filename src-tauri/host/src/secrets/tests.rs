//! Secrets in memory, from files, and in a real keyring.
//!
//! The keyring test needs a session bus with a Secret Service that is unlocked and nobody's. `OUTTRAY_TEST_SECRET_SERVICE=1`, which
//! `cargo xtask test` sets, says that there is one; without it the test fails, unless `OUTTRAY_TESTS_LEFT_OUT=1` leaves it out.
//!
//! ```text
//! OUTTRAY_TEST_SECRET_SERVICE=1 dbus-run-session -- sh -c \
//!   'printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null && cargo test -p host secrets'
//! ```

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use super::credentials_directory::CredentialsDirectory;
use super::*;

/// Unreadable as often as is said, then with this password in it; None: there is no store at all.
struct Played(Option<Mutex<(usize, SecretString)>>);

impl Played {
    fn locked_for(times: usize, password: &str) -> Self {
        Self(Some(Mutex::new((times, password.to_owned().into()))))
    }

    fn open(&self) -> Result<std::sync::MutexGuard<'_, (usize, SecretString)>, SecretError> {
        let mut inside = self.0.as_ref().ok_or_else(|| SecretError::Unavailable("no session bus".into()))?.lock().unwrap();
        if inside.0 > 0 {
            inside.0 -= 1;
            return Err(SecretError::Failed("locked".into()));
        }
        Ok(inside)
    }
}

impl Store for Played {
    fn view(&self) -> SecretStoreView {
        match &self.0 {
            None => SecretStoreView::Unavailable { said: "the credential store cannot be used: no session bus".into() },
            Some(_) => SecretStoreView::SecretService,
        }
    }
    fn read(&self, _name: &str) -> Result<Option<SecretString>, SecretError> {
        let inside = self.open()?;
        Ok(Some(inside.1.clone()).filter(|secret| !secret.expose_secret().is_empty()))
    }
    fn write(&self, _name: &str, secret: &SecretString) -> Result<(), SecretError> {
        self.open()?.1 = secret.clone();
        Ok(())
    }
    fn remove(&self, _name: &str) -> Result<(), SecretError> {
        self.open()?.1 = String::new().into();
        Ok(())
    }
}

impl Secrets {
    async fn text(&self) -> Option<String> {
        self.read(SMART_HOST).await.unwrap().map(|secret| secret.expose_secret().to_owned())
    }

    async fn shown(&self) -> SecretView {
        self.view(SMART_HOST, &self.read(SMART_HOST).await)
    }
}

/// Keeps what a store keeps that has room for 2560 bytes an entry, as Windows has.
#[derive(Default, Clone)]
struct Narrow(Arc<Mutex<HashMap<String, String>>>);

impl Store for Narrow {
    fn view(&self) -> SecretStoreView {
        SecretStoreView::WindowsCredentialManager
    }
    fn read(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(SecretString::from))
    }
    fn write(&self, name: &str, secret: &SecretString) -> Result<(), SecretError> {
        if secret.expose_secret().len() > LONGEST {
            return Err(SecretError::Failed("too long".into()));
        }
        self.0.lock().unwrap().insert(name.to_owned(), secret.expose_secret().to_owned());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

#[tokio::test]
async fn what_is_longer_than_an_entry_is_kept_in_several_and_leaves_nothing_behind() {
    let store = Narrow::default();
    let secrets = Secrets::with(Box::new(store.clone()));
    let entries = || store.0.lock().unwrap().len();
    let read = async || secrets.read_long(SIGN_IN).await.unwrap().map(|secret| secret.expose_secret().to_owned());
    assert_eq!(read().await, None);
    for (length, wanted) in [(1, 1), (2558, 1), (2559, 2), (9000, 4), (6000, 3), (10, 1)] {
        let text: String = (0..length).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
        secrets.write_long(SIGN_IN, &text.clone().into(), false).await.unwrap();
        assert_eq!((read().await, entries()), (Some(text), wanted), "{length}");
    }
    let endless: SecretString = "x".repeat(20_000).into();
    assert!(secrets.write_long(SIGN_IN, &endless, false).await.is_err());
    secrets.write_long(SIGN_IN, &"y".repeat(6000).into(), false).await.unwrap();
    store.0.lock().unwrap().remove("smart-host-sign-in.2");
    assert_eq!(read().await, None, "half of it is of no use");
    secrets.remove_long(SIGN_IN).await.unwrap();
    assert_eq!((read().await, entries()), (None, 0));
}

#[test]
fn keys_and_key_files_become_one_line_and_anything_else_stays() {
    let straight = |text: &str| in_one_line(Secret::new(text.into())).into_inner().expose_secret().to_owned();
    assert_eq!(
        straight("-----BEGIN PRIVATE KEY-----\r\nMIIE\nAQ==\n-----END PRIVATE KEY-----\n"),
        "-----BEGIN PRIVATE KEY----- MIIE AQ== -----END PRIVATE KEY-----"
    );
    let file = r#"{ "type": "service_account",
        "private_key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", "client_email": "a@b.test", "client_x509_cert_url": "https://x" }"#;
    let kept: serde_json::Value = serde_json::from_str(&straight(file)).unwrap();
    let wanted =
        serde_json::json!({ "client_email": "a@b.test", "private_key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n" });
    assert_eq!(kept, wanted);
    assert_eq!(unfit(&straight(file)), None);
    for other in ["tr0ub4dor", "{not json", r#"{"a": 1}"#, " spaces stay ", "two\nlines"] {
        assert_eq!(straight(other), other);
    }
}

#[tokio::test]
async fn a_store_that_could_not_be_read_once_was_never_asked_again() {
    let secrets = Secrets::with(Box::new(Played::locked_for(2, "tr0ub4dor")));
    assert!(matches!(secrets.read(SMART_HOST).await, Err(SecretError::Failed(_))));
    assert!(!secrets.shown().await.is_set);
    assert_eq!(secrets.text().await.as_deref(), Some("tr0ub4dor"));
    assert!(secrets.shown().await.is_set);
}

#[tokio::test]
async fn what_a_secret_takes_the_place_of_can_be_put_back() {
    for until_restart in [true, false] {
        let secrets = Secrets::with(Box::new(Played::locked_for(0, "stored")));
        let new = || "new".to_owned().into();
        let former = secrets.replace(SMART_HOST, new(), until_restart).await.unwrap();
        assert_eq!(secrets.text().await.as_deref(), Some("new"));
        secrets.put_back(SMART_HOST, former).await.unwrap();
        assert_eq!((secrets.text().await.as_deref(), secrets.shown().await.until_restart), (Some("stored"), false));

        secrets.write(SMART_HOST, "in memory".to_owned().into(), true).await.unwrap();
        let former = secrets.replace(SMART_HOST, new(), until_restart).await.unwrap();
        secrets.put_back(SMART_HOST, former).await.unwrap();
        assert_eq!((secrets.text().await.as_deref(), secrets.shown().await.until_restart), (Some("in memory"), true));

        let empty = Secrets::with(Box::new(Played::locked_for(0, "")));
        let former = empty.replace(SMART_HOST, new(), until_restart).await.unwrap();
        empty.put_back(SMART_HOST, former).await.unwrap();
        assert_eq!(empty.text().await, None);
    }
    // What cannot be stored takes nothing's place.
    let locked = Secrets::with(Box::new(Played::locked_for(1, "stored")));
    assert!(locked.replace(SMART_HOST, "new".to_owned().into(), false).await.is_err());
    assert_eq!(locked.text().await.as_deref(), Some("stored"));
}

#[tokio::test]
async fn without_a_store_there_is_only_memory() {
    let secrets = Secrets::with(Box::new(Played(None)));
    assert_eq!(secrets.store_view(), SecretStoreView::Unavailable { said: "the credential store cannot be used: no session bus".into() });
    let refused = secrets.write(SMART_HOST, "tr0ub4dor".to_owned().into(), false).await.unwrap_err();
    assert_eq!(refused.to_string(), "the credential store cannot be used: no session bus");
    assert!(secrets.read(SMART_HOST).await.unwrap().is_none());
    secrets.write(SMART_HOST, "tr0ub4dor".to_owned().into(), true).await.unwrap();
    assert_eq!(secrets.read(SMART_HOST).await.unwrap().unwrap().expose_secret(), "tr0ub4dor");
    assert_eq!(secrets.shown().await, SecretView { name: SMART_HOST.into(), is_set: true, until_restart: true });
    assert_eq!(secrets.hand_over(SMART_HOST).await.unwrap(), Some(control::Secret::new("tr0ub4dor".into())));
    secrets.remove(SMART_HOST).await.unwrap();
    assert!(!secrets.shown().await.is_set);
}

#[tokio::test]
async fn what_systemd_hands_over_is_read_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Secrets::with(Box::new(CredentialsDirectory::at(folder.path().to_owned())));
    assert!(secrets.read(SMART_HOST).await.unwrap().is_none());
    std::fs::write(folder.path().join("smart-host"), "tr0ub4dor \n").unwrap();
    assert_eq!(secrets.read(SMART_HOST).await.unwrap().unwrap().expose_secret(), "tr0ub4dor ");
    assert!(matches!(secrets.write(SMART_HOST, "x".to_owned().into(), false).await, Err(SecretError::ReadOnly)));
    assert!(matches!(secrets.remove(SMART_HOST).await, Err(SecretError::ReadOnly)));
    secrets.write(SMART_HOST, "other".to_owned().into(), true).await.unwrap();
    assert_eq!(secrets.read(SMART_HOST).await.unwrap().unwrap().expose_secret(), "other");
}

/// What a store of 2560 octets an entry keeps in pieces systemd keeps in one.
#[tokio::test]
async fn what_settings_need_goes_from_a_store_to_systemd_and_is_read_there() {
    let text = r#"{"version": 1, "dkim": [{"domain": "office.example", "selector": "s1"}],
        "smartHost": {"server": "a.example", "port": 587, "encryption": "starttls", "signIn": {"kind": "password", "user": "scan"}},
        "otherSmartHosts": [{"name": "backup", "smartHost": {"server": "b.example", "port": 587, "encryption": "starttls", "signIn":
            {"kind": "oauth", "user": "a@b.example", "clientId": "x", "service": {"kind": "google"}, "grant": {"kind": "authorizationCode"}}}},
            {"name": "open", "smartHost": {"server": "c.example", "port": 25, "encryption": "none", "signIn": {"kind": "none"}}}]}"#;
    let settings: control::Settings = serde_json::from_str(text).unwrap();
    let secrets = Secrets::with(Box::new(Narrow::default()));
    let long = "r".repeat(6000);
    for (name, secret) in
        [(SMART_HOST, "tr0ub4dor"), ("smart-host:open", "not needed"), ("dkim.s1.office.example", "key"), (CERTIFICATE, "not needed")]
    {
        secrets.write(name, secret.to_owned().into(), false).await.unwrap();
    }
    secrets.write_long(&sign_in_of_lane("backup"), &long.clone().into(), false).await.unwrap();
    let (found, unread) = secrets.to_be_sealed(&settings).await;
    assert!(unread.is_empty());

    let folder = tempfile::tempdir().unwrap();
    for (name, secret) in found {
        std::fs::write(folder.path().join(credential_name(&name)), secret.into_inner().expose_secret()).unwrap();
    }
    let there = Secrets::with(Box::new(CredentialsDirectory::at(folder.path().to_owned())));
    let read = async |name: &str| there.read(name).await.unwrap().map(|secret| secret.expose_secret().to_owned());
    assert_eq!(read(SMART_HOST).await.as_deref(), Some("tr0ub4dor"));
    assert_eq!(read("dkim.s1.office.example").await.as_deref(), Some("key"));
    assert_eq!((read("smart-host:open").await, read(CERTIFICATE).await), (None, None));
    assert_eq!(there.read_long(&sign_in_of_lane("backup")).await.unwrap().unwrap().expose_secret(), long);
    assert_eq!(wanted_by(&settings).iter().filter(|name| !name.starts_with("smart-host:backup")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_given_up_on() {
    struct Locked;
    impl Store for Locked {
        fn view(&self) -> SecretStoreView {
            SecretStoreView::SecretService
        }
        fn read(&self, _name: &str) -> Result<Option<SecretString>, SecretError> {
            std::thread::sleep(Duration::from_millis(300));
            Ok(None)
        }
        fn write(&self, _name: &str, _secret: &SecretString) -> Result<(), SecretError> {
            Ok(())
        }
        fn remove(&self, _name: &str) -> Result<(), SecretError> {
            Ok(())
        }
    }
    let secrets = Secrets::with(Box::new(Locked));
    let store = secrets.store.clone().lock_owned().await;
    assert!(matches!(secrets.read(SMART_HOST).await, Err(SecretError::NoAnswer)));
    drop(store);
}

#[test]
fn an_unfit_secret_is_refused_without_being_repeated() {
    assert_eq!(unfit("tr0ub4dor und mehr"), None);
    for (secret, why) in [(String::new(), "empty"), ("a\nb".into(), "line"), ("x".repeat(2561), "2560")] {
        let said = unfit(&secret).unwrap();
        assert!(said.contains(why));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_real_secret_service_keeps_secrets_apart_by_data_folder() {
    if std::env::var_os("OUTTRAY_TEST_SECRET_SERVICE").is_none() {
        let may_be_left_out = std::env::var_os("OUTTRAY_TESTS_LEFT_OUT").is_some();
        return assert!(
            may_be_left_out,
            "this test wants a Secret Service (see the head of this file); OUTTRAY_TESTS_LEFT_OUT=1 leaves it out"
        );
    }
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = Secrets::open(one.path()).await;
    assert_eq!(secrets.store_view(), SecretStoreView::SecretService);
    assert!(secrets.read(SMART_HOST).await.unwrap().is_none());
    secrets.write(SMART_HOST, "tr0ub4dor ä".to_owned().into(), false).await.unwrap();
    secrets.write(SMART_HOST, "c0rrect h0rse".to_owned().into(), false).await.unwrap();
    // As after a restart.
    let again = Secrets::open(one.path()).await;
    assert_eq!(again.read(SMART_HOST).await.unwrap().unwrap().expose_secret(), "c0rrect h0rse");
    assert_eq!(again.shown().await, SecretView { name: SMART_HOST.into(), is_set: true, until_restart: false });
    assert!(Secrets::open(other.path()).await.read(SMART_HOST).await.unwrap().is_none());
    again.remove(SMART_HOST).await.unwrap();
    assert!(secrets.read(SMART_HOST).await.unwrap().is_none());
    secrets.remove(SMART_HOST).await.unwrap();
}
