//! The link's states against an engine that is played, over a real socket or pipe.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::arguments::{Arguments, StandIn};
use control::view::EngineView;
use control::{Desk, Progress};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::sync::Semaphore;

/// CI has two slow cores.
const LONG: Duration = Duration::from_secs(60);

/// Answers as long as there are permits.
#[derive(Clone)]
struct Played(Arc<Semaphore>);

impl Desk for Played {
    fn call(&self, _: Request, _: Progress) -> BoxFuture<'static, Answer> {
        let open = self.0.clone();
        Box::pin(async move {
            let _open = open.acquire_owned().await;
            Answer::Done
        })
    }

    fn subscribe(&self) -> BoxStream<'static, Event> {
        futures_util::stream::pending().boxed()
    }
}

/// An engine on this folder; ends with the connections when it is aborted.
fn play(folder: &Path, desk: &Played) -> JoinSet<()> {
    let mut listener = control::pipe::Listener::bind(folder, None).unwrap();
    let (desk, mut playing) = (desk.clone(), JoinSet::new());
    playing.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok(stream) = listener.accept().await {
            connections.spawn(control::serve(stream, Arc::new(desk.clone())));
        }
    });
    playing
}

pub(crate) struct Trial {
    pub folder: tempfile::TempDir,
    pub engine: Engine,
    told: broadcast::Receiver<Told>,
}

impl Trial {
    /// With a stand-in for the service that is this script.
    fn new(script: &str, pulse: Pulse) -> Self {
        Self::of(tempfile::tempdir().unwrap(), "machine", script, pulse)
    }

    pub fn with_service(folder: tempfile::TempDir, machine: &str, script: &str) -> Self {
        Self::of(folder, machine, script, PULSE)
    }

    fn of(folder: tempfile::TempDir, machine: &str, script: &str, pulse: Pulse) -> Self {
        let (own, machine, program) = (folder.path().join("own"), folder.path().join(machine), folder.path().join("stand-in"));
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let stand_in = Some(StandIn { program, machine });
        let (engine, mut keeper) = Engine::new(Service::new(&Arguments { data: own, trial: true, hidden: true, stand_in }));
        keeper.pulse = pulse;
        let told = engine.told();
        tokio::spawn(keeper.keep());
        Self { folder, engine, told }
    }

    /// As the stand-in says it.
    fn says_installed(&self) {
        std::fs::write(self.folder.path().join("stand-in.installed"), "").unwrap();
    }

    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Link) -> bool) -> Link {
        let waiting = async {
            loop {
                if let Told::Link(link) = self.told.recv().await.unwrap()
                    && wanted(&link)
                {
                    return link;
                }
            }
        };
        tokio::time::timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("never {what}; now {:?}", self.engine.link()))
    }

    async fn until_lost(&mut self, wanted: Reason) {
        self.until(&format!("{wanted:?}"), |link| matches!(link, Link::Lost { reason, .. } if *reason == wanted)).await;
    }

    pub async fn embedded(&self) -> Option<EngineView> {
        match self.engine.call(Request::Snapshot).await {
            Ok(Answer::Snapshot { snapshot }) => Some(snapshot.engine),
            _ => None,
        }
    }
}

pub fn is_attached(link: &Link) -> bool {
    matches!(link, Link::Connected { embedded: false, .. })
}

pub fn is_embedded(link: &Link) -> bool {
    matches!(link, Link::Connected { embedded: true, .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_is_waited_for_and_busy_is_told_apart_from_gone() {
    let mut trial = Trial::new("exit 1", Pulse { every: Duration::from_millis(20), silence: Duration::from_millis(200) });
    // The first engine of a fresh trial is its own.
    trial.until("embedded", is_embedded).await;
    let resting = trial.engine.rest(Reason::Moving).await.unwrap();
    let machine = trial.folder.path().join("machine");
    std::fs::create_dir(&machine).unwrap();
    trial.says_installed();
    drop(resting);
    trial.until_lost(Reason::ServiceStopped).await;
    assert!(!trial.engine.is_ours());

    let desk = Played(Arc::new(Semaphore::new(8)));
    let played = play(&machine, &desk);
    trial.until("attached", is_attached).await;
    let closed = desk.0.clone().acquire_many_owned(8).await.unwrap();
    trial.until("busy", |link| matches!(link, Link::Busy { embedded: false, .. })).await;
    drop(closed);
    trial.until("attached again", is_attached).await;
    drop(played);
    trial.until_lost(Reason::ServiceStopped).await;
    let _played = play(&machine, &desk);
    trial.until("attached to the next one", is_attached).await;
    trial.engine.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_cancelled_or_fails_leaves_our_own_engine_running() {
    let script = r#"echo "$@" >> "$0.heard"; if [ -e "$0.fail" ]; then echo "no room on the disk" >&2; exit 1; fi; exit 126"#;
    let mut trial = Trial::new(script, PULSE);
    trial.until("embedded", is_embedded).await;
    let steps = std::sync::Mutex::new(Vec::new());
    let moved = crate::service::moving::there(&trial.engine, |step| steps.lock().unwrap().push(step)).await;
    assert_eq!(moved, Ok(crate::service::moving::Moved::Cancelled));
    use crate::service::moving::Step;
    assert_eq!(*steps.lock().unwrap(), [Step::Stopping, Step::Asking]);
    trial.until_lost(Reason::Moving).await;
    trial.until("embedded again", is_embedded).await;
    let own = trial.folder.path().join("own");
    assert!(trial.embedded().await.unwrap().embedded);
    let heard = std::fs::read_to_string(trial.folder.path().join("stand-in.heard")).unwrap();
    assert_eq!(heard.trim(), format!("service install --start --take-over {}", own.display()));

    std::fs::write(trial.folder.path().join("stand-in.fail"), "").unwrap();
    let failed = crate::service::moving::there(&trial.engine, |_| {}).await;
    assert_eq!(failed, Err("The service could not be installed: no room on the disk. Everything is as it was.".into()));
    trial.until_lost(Reason::Moving).await;
    trial.until("embedded after the failure", is_embedded).await;
    trial.engine.stop().await;
}

/// A folder of its own that is there before the window.
fn own_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    (folder, own)
}

/// Whoever quits and starts again at once meets the one that is still ending.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_still_held_is_ours_when_its_holder_has_ended() {
    let (folder, own) = own_folder();
    let ending = host::lock::Lock::take(&own, "nobody".into()).unwrap();
    let mut trial = Trial::of(folder, "machine", "exit 1", PULSE);
    trial.until_lost(if cfg!(unix) { Reason::Restarting } else { Reason::Gone }).await;
    drop(ending);
    trial.until("embedded", is_embedded).await;
    trial.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_another_window_had_the_engine_it_is_ours_when_that_one_has_ended() {
    let (folder, own) = own_folder();
    let other = Host::start(&own, Options { embedded: true, ..Options::default() }).await.unwrap();
    let mut trial = Trial::of(folder, "machine", "exit 1", PULSE);
    trial.until("attached", is_attached).await;
    assert!(trial.embedded().await.is_some());
    other.stop().await;
    trial.until("embedded", is_embedded).await;
    trial.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_engine_runs_by_itself_the_window_waits_for_it_and_does_not_take_its_place() {
    let (folder, own) = own_folder();
    let other = Host::start(&own, Options::default()).await.unwrap();
    let mut trial = Trial::of(folder, "machine", "exit 1", PULSE);
    trial.until("attached", is_attached).await;
    assert!(trial.embedded().await.is_some());
    other.stop().await;
    trial.until_lost(Reason::Gone).await;
    // The second attempt has found nobody either.
    trial.until_lost(Reason::Gone).await;
    let other = Host::start(&own, Options::default()).await.unwrap();
    trial.until("attached", is_attached).await;
    trial.engine.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_engine_is_restarted() {
    let mut trial = Trial::new("exit 1", PULSE);
    trial.until("embedded", is_embedded).await;
    assert_eq!(crate::service::moving::restart(&trial.engine).await, Ok(true));
    trial.until_lost(Reason::Restarting).await;
    trial.until("embedded again", is_embedded).await;
    assert!(trial.engine.call(control::Request::Settings).await.is_ok());
    trial.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_another_program_is_left_to_it() {
    let mut trial = Trial::new("exit 1", PULSE);
    trial.until("embedded", is_embedded).await;
    let machine = trial.folder.path().join("machine");
    std::fs::create_dir(&machine).unwrap();
    let resting = trial.engine.rest(Reason::Moving).await.unwrap();
    let _played = play(&machine, &Played(Arc::new(Semaphore::new(8))));
    drop(resting);
    trial.until("attached", is_attached).await;
    let refused = crate::service::moving::restart(&trial.engine).await;
    assert!(refused.is_err_and(|why| why.starts_with("Another program runs it")));
    trial.engine.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_we_may_not_enter_is_said_and_no_second_engine_starts() {
    let mut trial = Trial::new("exit 1", PULSE);
    trial.until("embedded", is_embedded).await;
    let resting = trial.engine.rest(Reason::Moving).await.unwrap();
    let machine = trial.folder.path().join("machine");
    // Nobody may enter; root may, and finds nothing there.
    std::fs::create_dir(&machine).unwrap();
    trial.says_installed();
    std::fs::set_permissions(&machine, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let root = control::pipe::own_account().unwrap() == "0";
    drop(resting);
    trial.until_lost(if root { Reason::ServiceStopped } else { Reason::NotAllowed }).await;
    std::fs::set_permissions(&machine, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    trial.engine.stop().await;
}
