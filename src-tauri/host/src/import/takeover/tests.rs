//! The change of places with a real engine, and a service manager that keeps the contract and fails where it is told to.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Host, Options};
use control::settings::{ListenerEncryption, ListenerSettings};
use std::net::TcpListener;
use std::sync::Mutex;

/// Holds its port while it runs, as the real one does.
struct FakeSvc {
    port: u16,
    fails_at: Option<&'static str>,
    inside: Mutex<Inside>,
}

struct Inside {
    start: ServiceStart,
    listening: Option<TcpListener>,
    calls: Vec<String>,
}

impl FakeSvc {
    fn running() -> Self {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listening.local_addr().unwrap().port();
        let inside = Inside { start: ServiceStart::Automatic, listening: Some(listening), calls: Vec::new() };
        Self { port, fails_at: None, inside: Mutex::new(inside) }
    }

    fn called(&self, call: &str) -> Result<(), String> {
        self.inside.lock().unwrap().calls.push(call.to_owned());
        if self.fails_at == Some(call) { Err("Access is denied".to_owned()) } else { Ok(()) }
    }

    fn calls(&self) -> Vec<String> {
        self.inside.lock().unwrap().calls.clone()
    }
}

impl SmtpSvc for FakeSvc {
    fn state(&self) -> SmtpService {
        let inside = self.inside.lock().unwrap();
        SmtpService::Installed { running: inside.listening.is_some(), start: inside.start }
    }

    fn may_control(&self) -> bool {
        self.fails_at != Some("may")
    }

    fn stop(&self) -> Result<(), String> {
        self.called("stop")?;
        self.inside.lock().unwrap().listening = None;
        Ok(())
    }

    fn start(&self) -> Result<(), String> {
        self.called("start")?;
        let mut inside = self.inside.lock().unwrap();
        if inside.start == ServiceStart::Disabled {
            return Err("The service cannot be started because it is disabled".to_owned());
        }
        inside.listening = Some(TcpListener::bind(("127.0.0.1", self.port)).map_err(|error| error.to_string())?);
        Ok(())
    }

    fn set_start(&self, start: ServiceStart) -> Result<(), String> {
        self.called(if start == ServiceStart::Disabled { "disable" } else { "enable" })?;
        self.inside.lock().unwrap().start = start;
        Ok(())
    }
}

const AUTOMATIC_AND_RUNNING: SmtpService = SmtpService::Installed { running: true, start: ServiceStart::Automatic };
const DISABLED: SmtpService = SmtpService::Installed { running: false, start: ServiceStart::Disabled };

struct Stage {
    folder: tempfile::TempDir,
    host: Host,
    service: FakeSvc,
    wanted: Settings,
}

async fn stage(fails_at: Option<&'static str>) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), Options::default()).await.unwrap();
    let service = FakeSvc { fails_at, ..FakeSvc::running() };
    let listener = ListenerSettings::new("127.0.0.1", service.port, ListenerEncryption::Plain);
    let wanted = Settings { listeners: vec![listener], ..Settings::default() };
    Stage { folder, host, service, wanted }
}

impl Stage {
    async fn take_over(&self) -> Result<(), NotDone> {
        take_over(&self.host.client(), &self.service, self.folder.path(), Wanted::only(&self.wanted), 7).await
    }

    async fn back(&self) -> Result<(), NotDone> {
        back(&self.host.client(), &self.service, self.folder.path()).await
    }

    fn taken(&self) -> Option<TakenOver> {
        view(&self.service, self.folder.path()).taken
    }

    /// Who greets at the port.
    async fn ours_listens(&self) -> bool {
        let Answer::Snapshot { snapshot } = self.host.client().call(Request::Snapshot).await.unwrap() else { panic!() };
        snapshot.listeners.iter().any(|listener| listener.port == self.service.port && listener.problem.is_none())
    }
}

#[tokio::test]
async fn there_and_back_again() {
    let stage = stage(None).await;
    stage.take_over().await.unwrap();
    assert!(stage.ours_listens().await);
    assert_eq!(stage.service.state(), DISABLED);
    let before = TakenOver { at: 7, ports: vec![stage.service.port], start_before: ServiceStart::Automatic, ran_before: true };
    assert_eq!(stage.taken(), Some(before.clone()));
    // Once more, with other settings: how it stood at first is not forgotten.
    stage.take_over().await.unwrap();
    assert_eq!(stage.taken(), Some(before));
    stage.back().await.unwrap();
    assert!(!stage.ours_listens().await);
    assert_eq!((stage.service.state(), stage.taken()), (AUTOMATIC_AND_RUNNING, None));
    assert_eq!(stage.service.calls(), ["disable", "stop", "disable", "enable", "start"]);
    stage.host.stop().await;
}

#[tokio::test]
async fn ports_that_were_ours_before_went_away_on_the_way_back() {
    let mut stage = stage(None).await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = ListenerSettings { port: free.local_addr().unwrap().port(), ..stage.wanted.listeners[0].clone() };
    drop(free);
    let former = Settings { listeners: vec![ours.clone()], ..Settings::default() };
    let applied = stage.host.client().call(Request::ApplySettings { settings: Box::new(former.clone()), secret: None }).await;
    assert!(matches!(applied, Ok(Answer::Settings { .. })), "{applied:?}");
    stage.wanted.listeners.push(ours);
    stage.take_over().await.unwrap();
    assert_eq!(stage.taken().unwrap().ports, [stage.service.port]);
    stage.back().await.unwrap();
    assert_eq!(settings_of(&stage.host.client()).await.unwrap().listeners, former.listeners);
    stage.host.stop().await;
}

#[tokio::test]
async fn a_failed_take_over_left_the_new_password_with_the_old_server() {
    let signs_in = |server: &str| {
        let text =
            format!(r#"{{"server": "{server}", "port": 9, "encryption": "starttls", "signIn": {{"kind": "password", "user": "ann"}}}}"#);
        serde_json::from_str(&text).unwrap()
    };
    let secret = |text: &str| Some(NewSecret { name: "smart-host".into(), secret: control::Secret::new(text.into()), until_restart: true });
    for former in [None, secret("old")] {
        let mut stage = stage(None).await;
        let client = stage.host.client();
        let settings = Settings { smart_host: Some(signs_in("old.test")), ..Settings::default() };
        client.call(Request::ApplySettings { settings: Box::new(settings.clone()), secret: secret("old") }).await.unwrap();
        stage.wanted.smart_host = Some(signs_in("new.test"));
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        stage.wanted.listeners[0].port = other.local_addr().unwrap().port();
        let wanted = Wanted { settings: &stage.wanted, secret: secret("new"), former: former.clone() };
        let failed = take_over(&client, &stage.service, stage.folder.path(), wanted, 7).await.unwrap_err();
        let NotDone::Trouble(trouble) = failed else { panic!() };
        let Answer::Settings { settings: now } = client.call(Request::Settings).await.unwrap() else { panic!() };
        assert_eq!(now.settings, settings);
        // The former one is back, or none is there, and that is said.
        assert_eq!(now.secrets[0].is_set, former.is_some());
        assert_eq!(trouble.left_undone.iter().any(|left| left.contains("has to be given again")), former.is_none(), "{trouble:?}");
        stage.host.stop().await;
    }
}

#[tokio::test]
async fn whatever_fails_on_the_way_the_service_has_its_port_again() {
    for fails_at in ["may", "disable", "stop"] {
        let stage = stage(Some(fails_at)).await;
        let NotDone::Trouble(trouble) = stage.take_over().await.unwrap_err() else { panic!("{fails_at}") };
        assert!(!trouble.wrong.is_empty() && !trouble.remedy.is_empty() && trouble.left_undone.is_empty(), "{fails_at}: {trouble:?}");
        assert_eq!((stage.service.state(), stage.taken()), (AUTOMATIC_AND_RUNNING, None), "{fails_at}");
        assert!(!stage.ours_listens().await);
        stage.host.stop().await;
    }
}

#[tokio::test]
async fn a_port_that_does_not_open_is_given_back_at_once() {
    let mut stage = stage(None).await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port();
    stage.wanted.listeners.push(ListenerSettings { port: taken, ..stage.wanted.listeners[0].clone() });
    let NotDone::Trouble(trouble) = stage.take_over().await.unwrap_err() else { panic!() };
    assert!(trouble.wrong.contains(&taken.to_string()) && trouble.left_undone.is_empty(), "{trouble:?}");
    assert_eq!((stage.service.state(), stage.taken()), (AUTOMATIC_AND_RUNNING, None));
    assert_eq!(stage.service.calls(), ["disable", "stop", "enable", "start"]);
    assert!(!stage.ours_listens().await);
    stage.host.stop().await;
}

#[tokio::test]
async fn settings_with_problems_touch_nothing() {
    let mut stage = stage(None).await;
    stage.wanted.listeners[0].address = "nowhere".into();
    let NotDone::Problems(problems) = stage.take_over().await.unwrap_err() else { panic!() };
    assert_eq!(problems[0].field, "listeners[0].address");
    assert_eq!((stage.service.calls(), stage.taken()), (Vec::<String>::new(), None));
    stage.host.stop().await;
}

#[tokio::test]
async fn a_service_that_does_not_come_back_leaves_us_at_the_port() {
    for fails_at in ["enable", "start"] {
        let mut stage = stage(None).await;
        stage.take_over().await.unwrap();
        stage.service.fails_at = Some(fails_at);
        let NotDone::Trouble(trouble) = stage.back().await.unwrap_err() else { panic!("{fails_at}") };
        assert!(trouble.wrong.contains("Access is denied") && trouble.left_undone.is_empty(), "{fails_at}: {trouble:?}");
        assert!(stage.ours_listens().await, "{fails_at}");
        assert!(stage.taken().is_some(), "{fails_at}: the way back stays open");
        stage.host.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_put_back_is_named() {
    let mut stage = stage(Some("enable")).await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    stage.wanted.listeners.push(ListenerSettings { port: other.local_addr().unwrap().port(), ..stage.wanted.listeners[0].clone() });
    let NotDone::Trouble(trouble) = stage.take_over().await.unwrap_err() else { panic!() };
    assert_eq!(trouble.left_undone.len(), 2, "still disabled, and so it does not run: {trouble:?}");
    stage.host.stop().await;
}

#[test]
fn mail_that_is_left_is_counted() {
    let root = tempfile::tempdir().unwrap();
    for name in ["Queue/a.EML", "Queue/b.EML", "Badmail/x.BAD", "Badmail/x.BDP", "Badmail/x.BDR", "Drop/y.eml"] {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    let left: Vec<_> = left_mail(root.path()).into_iter().map(|left| (left.folder, left.messages)).collect();
    assert_eq!(left, [(MailFolder::Queue, 2), (MailFolder::Badmail, 1)]);
}
