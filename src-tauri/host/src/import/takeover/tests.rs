//! The change of places with a real engine, and a service manager that keeps the contract and fails where it is told to.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::import::IisServer;
use crate::settings::file;
use crate::{Host, Options};
use control::import::MailFolder;
use control::settings::{ListenerEncryption, ListenerSettings, PickupSettings};
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

    /// Where the folder is made, the right to it was given: even root makes no folders in /proc.
    fn give(&self, right: &Right) -> Result<(), String> {
        self.called("give")?;
        std::fs::create_dir(&right.folder).map_err(|error| error.to_string())
    }

    fn take_back(&self, right: &Right) -> Result<(), String> {
        self.called("take back")?;
        std::fs::remove_dir_all(&right.folder).map_err(|error| error.to_string())
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
        self.take_over_with(Vec::new()).await.map(drop)
    }

    async fn take_over_with(&self, rights: Vec<Right>) -> Result<Done, NotDone> {
        let wanted = Wanted { pickup_may_stay: !rights.is_empty(), rights, ..Wanted::only(&self.wanted) };
        take_over(&self.host.client(), &self.service, self.folder.path(), wanted, 7).await
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
async fn where_no_engine_runs_the_way_back_is_made_in_its_settings() {
    let Stage { folder, host, service, wanted } = stage(None).await;
    let wanted = Settings { host_name: "kept.test".into(), ..wanted };
    take_over(&host.client(), &service, folder.path(), Wanted::only(&wanted), 7).await.unwrap();
    host.stop().await;
    let starting = crate::lock::Lock::take(folder.path(), String::new()).unwrap();
    let Err(NotDone::Trouble(trouble)) = back_without_engine(&service, folder.path()) else { panic!("an engine holds the folder") };
    assert!(trouble.wrong.starts_with("Nothing was changed: an engine already runs"), "{trouble:?}");
    assert_eq!(service.state(), DISABLED);
    drop(starting);

    // Looked at with Notepad meanwhile, which puts a mark in front.
    let text = std::fs::read_to_string(file::path(folder.path())).unwrap();
    std::fs::write(file::path(folder.path()), format!("\u{feff}{text}")).unwrap();
    back_without_engine(&service, folder.path()).unwrap();
    assert_eq!((service.state(), read(folder.path())), (AUTOMATIC_AND_RUNNING, None));
    let host = Host::start(folder.path(), Options::default()).await.unwrap();
    let settings = settings_of(&host.client()).await.unwrap();
    assert_eq!((settings.listeners, settings.host_name.as_str()), (vec![], "kept.test"));
    host.stop().await;
}

#[tokio::test]
async fn without_engine_what_fails_is_told_and_the_way_back_stays_open() {
    let Stage { folder, host, service, wanted } = stage(Some("start")).await;
    take_over(&host.client(), &service, folder.path(), Wanted::only(&wanted), 7).await.unwrap();
    host.stop().await;
    let Err(NotDone::Trouble(trouble)) = back_without_engine(&service, folder.path()) else { panic!("it does not start") };
    assert_eq!(trouble.wrong, "The Windows SMTP service does not start: Access is denied.");
    assert_eq!((service.state(), trouble.left_undone), (DISABLED, Vec::<String>::new()));

    // A file that somebody has broken is left as it is.
    let service = FakeSvc { fails_at: None, ..service };
    std::fs::write(file::path(folder.path()), "{").unwrap();
    let Err(NotDone::Trouble(trouble)) = back_without_engine(&service, folder.path()) else { panic!("it cannot be read") };
    assert!(trouble.left_undone[0].contains("settings.json still names the ports"), "{trouble:?}");
    assert_eq!(service.state(), AUTOMATIC_AND_RUNNING);
    assert_eq!(std::fs::read_to_string(file::path(folder.path())).unwrap(), "{");
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
        let wanted = Wanted { secret: secret("new"), former: former.clone(), ..Wanted::only(&stage.wanted) };
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

/// A place where files can be made once the folder is there. Without it, its parent is a file.
fn pickup_in(folder: &Path) -> (PickupSettings, Right) {
    let folder = folder.join("mailroot");
    let pickup = PickupSettings { folder: folder.join("x").display().to_string(), bad_folder: "badmail".into() };
    (pickup, Right { folder, account: r"NT SERVICE\Outtray".into() })
}

/// An administrator may empty the pickup folder, the engine's account may not: the usual case. Nothing at all was taken over.
// In /proc nobody makes files, not even root.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pickup_folder_the_engine_may_not_empty_kept_everything_else_from_moving() {
    let mut stage = stage(None).await;
    let closed = PickupSettings { folder: "/proc/self".into(), bad_folder: "badmail".into() };
    let right = Right { folder: "/proc/outtray".into(), account: "engine".into() };
    stage.wanted.pickup = Some(closed);
    assert_eq!(stage.take_over_with(vec![right]).await, Ok(Done { without_pickup: true }));
    assert!(stage.ours_listens().await);
    let now = settings_of(&stage.host.client()).await.unwrap();
    assert_eq!((now.pickup, now.listeners), (None, stage.wanted.listeners.clone()));
    assert_eq!(stage.service.calls(), ["give", "disable", "stop"]);
    stage.back().await.unwrap();

    // Who has written the settings by hand is told instead.
    let NotDone::Problems(problems) = stage.take_over().await.unwrap_err() else { panic!() };
    assert_eq!(problems[0].field, "pickup.folder");
    stage.host.stop().await;
}

#[tokio::test]
async fn the_right_to_the_pickup_folder_is_given_and_taken_back() {
    let mut stage = stage(None).await;
    let outside = tempfile::tempdir().unwrap();
    let (pickup, right) = pickup_in(outside.path());
    stage.wanted.pickup = Some(pickup.clone());
    assert_eq!(stage.take_over_with(vec![right.clone()]).await, Ok(Done { without_pickup: false }));
    assert_eq!(settings_of(&stage.host.client()).await.unwrap().pickup, Some(pickup));
    assert!(right.folder.exists());
    stage.back().await.unwrap();
    assert!(!right.folder.exists());
    assert_eq!(stage.service.calls(), ["give", "disable", "stop", "enable", "start", "take back"]);

    // What fails leaves no right behind.
    stage.service.fails_at = Some("stop");
    assert!(matches!(stage.take_over_with(vec![right.clone()]).await, Err(NotDone::Trouble(_))));
    assert!(!right.folder.exists());
    assert_eq!(stage.taken(), None);
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
    for name in ["Queue/a.EML", "Queue/b.EML", "Badmail/x.BAD", "Badmail/x.BDP", "Badmail/x.bdr", "Drop/y.eml"] {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    let left: Vec<_> = left_mail(&Folders::in_root(root.path())).into_iter().map(|left| (left.folder, left.messages)).collect();
    assert_eq!(left, [(MailFolder::Queue, 2), (MailFolder::Badmail, 1)]);
}

/// Only the usual place was looked into, and what could not be looked into was empty.
#[test]
fn mail_is_looked_for_where_the_service_keeps_it_and_a_closed_folder_is_not_empty() {
    let root = tempfile::tempdir().unwrap();
    let queue = root.path().join("D/Queue");
    std::fs::create_dir_all(&queue).unwrap();
    std::fs::write(queue.join("a.EML"), "x").unwrap();
    // A file where a folder should be cannot be looked into, by root neither.
    let badmail = root.path().join("Badmail");
    std::fs::write(&badmail, "x").unwrap();
    let value = |path: &Path| crate::import::Value::Text(path.display().to_string());
    let mut server = IisServer { number: 1, ..IisServer::default() };
    server.values = [("queuedirectory".to_owned(), value(&queue)), ("badmaildirectory".to_owned(), value(&badmail))].into();
    let left = left_mail(&Folders::of(&[server.clone(), server]));
    let [queued, bad] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!((queued.folder, queued.messages, queued.path.as_str()), (MailFolder::Queue, 1, queue.display().to_string().as_str()));
    assert_eq!((bad.folder, bad.messages, bad.unreadable.is_some()), (MailFolder::Badmail, 0, true));
}

#[tokio::test]
async fn where_its_mail_is_is_not_forgotten_when_it_has_stopped() {
    let stage = stage(None).await;
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("Queue")).unwrap();
    std::fs::write(root.path().join("Queue/a.EML"), "x").unwrap();
    let wanted = Wanted { folders: Folders::in_root(root.path()), ..Wanted::only(&stage.wanted) };
    take_over(&stage.host.client(), &stage.service, stage.folder.path(), wanted, 7).await.unwrap();
    let left: Vec<_> = view(&stage.service, stage.folder.path()).left.into_iter().map(|left| (left.folder, left.messages)).collect();
    assert_eq!(left, [(MailFolder::Queue, 1)]);
    stage.host.stop().await;
}
