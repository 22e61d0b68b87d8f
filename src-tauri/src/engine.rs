//! Embedded or attached? Either way it yields a `control::Client`, and this is the only place that knows.
//!
//! In: where engines may be ([`Service`]). Out: the link as it changes, events, answers.
//!
//! The machine's engine comes first: the one of the service. Where the service is installed and does
//! not answer the window waits for it and says so, rather than take mail into a second place. Else the
//! engine of the account's own folder runs in this process, unless another process holds that folder's
//! lock; then we attach to that one. A window that was attached to an engine that runs by itself stays a
//! guest there: when that one goes it waits for it, instead of taking its place. Where it was another
//! window's, or only a process that was about to end, it is our turn.

use crate::link::{Link, Reason, Told};
use crate::service::Service;
use control::{Answer, Client, Event, Fact, Request};
use futures_util::StreamExt;
use host::lock::LockError;
use host::service::State;
use host::{Host, HostError, LogsTo, Options};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A first start makes certificates and opens the credential store; a question waits that long for it.
const PATIENCE: Duration = Duration::from_secs(15);
const FIRST_GAP: Duration = Duration::from_millis(250);
const LONGEST_GAP: Duration = Duration::from_secs(5);

/// How often the engine is asked whether it still answers, and how long it may take.
#[derive(Debug, Clone, Copy)]
struct Pulse {
    every: Duration,
    silence: Duration,
}

const PULSE: Pulse = Pulse { every: Duration::from_secs(5), silence: Duration::from_secs(10) };

#[derive(Debug, Clone)]
pub struct Engine {
    link: watch::Receiver<Link>,
    told: broadcast::Sender<Told>,
    orders: mpsc::Sender<Order>,
    service: Arc<Service>,
    stopping: CancellationToken,
    ended: CancellationToken,
}

#[derive(Debug)]
enum Order {
    /// Let go of every engine, and say when that is done.
    Rest(Reason, oneshot::Sender<()>),
    GoOn,
}

/// While this lives the window has no engine, neither its own nor another.
#[derive(Debug)]
pub struct Resting(mpsc::Sender<Order>);

impl Drop for Resting {
    fn drop(&mut self) {
        // There is room for it: nobody else sends while somebody rests.
        let _ = self.0.try_send(Order::GoOn);
    }
}

impl Engine {
    /// The engine starts when the keeper runs.
    pub fn new(service: Service) -> (Self, Keeper) {
        let (link_is, link) = watch::channel(Link::Connecting);
        let (told, _) = broadcast::channel(1024);
        let (orders, orders_come) = mpsc::channel(8);
        let (stopping, ended) = (CancellationToken::new(), CancellationToken::new());
        let service = Arc::new(service);
        let keeper = Keeper {
            service: service.clone(),
            link_is,
            told: told.clone(),
            orders: orders_come,
            stopping: stopping.clone(),
            guest: false,
            pulse: PULSE,
            // Dropped with the keeper, however it ends: whoever waits for the end must not wait for ever.
            _at_the_end: ended.clone().drop_guard(),
        };
        (Self { link, told, orders, service, stopping, ended }, keeper)
    }

    pub async fn call(&self, request: Request) -> Result<Answer, String> {
        self.client().await?.call(request).await.map_err(|error| error.to_string())
    }

    pub fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// What happens from now on.
    pub fn told(&self) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    /// Whether mail stops when this process ends.
    pub fn is_ours(&self) -> bool {
        matches!(self.link(), Link::Connected { embedded: true, .. } | Link::Busy { embedded: true, .. })
    }

    /// Stops our own engine and lets go of another's, until the guard is dropped; the window says `why` meanwhile.
    pub async fn rest(&self, why: Reason) -> Result<Resting, String> {
        let (done, is_done) = oneshot::channel();
        self.orders.send(Order::Rest(why, done)).await.map_err(|_| "the window is closing".to_owned())?;
        let resting = Resting(self.orders.clone());
        is_done.await.map_err(|_| "the window is closing".to_owned())?;
        Ok(resting)
    }

    /// Lets what is under way end. May be called more than once, by more than one.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.ended.cancelled().await;
    }

    async fn client(&self) -> Result<Client, String> {
        let mut link = self.link.clone();
        let settled = tokio::time::timeout(PATIENCE, link.wait_for(|link| !matches!(link, Link::Connecting))).await;
        match settled {
            Ok(Ok(link)) => match &*link {
                Link::Connected { client, .. } | Link::Busy { client, .. } => Ok(client.clone()),
                Link::Lost { why, .. } => Err(why.clone()),
                Link::Connecting => Err("the engine is starting".into()),
            },
            Ok(Err(_)) => Err("the engine has stopped".into()),
            Err(_) => Err("the engine is still starting".into()),
        }
    }
}

pub struct Keeper {
    service: Arc<Service>,
    link_is: watch::Sender<Link>,
    told: broadcast::Sender<Told>,
    orders: mpsc::Receiver<Order>,
    stopping: CancellationToken,
    guest: bool,
    pulse: Pulse,
    _at_the_end: DropGuard,
}

/// How one engine came to its end for us.
enum End {
    Lost(PathBuf, String),
    Stopping,
    Rest(Reason, oneshot::Sender<()>),
}

impl Keeper {
    /// Until we are to stop.
    pub async fn keep(mut self) {
        let mut gap = FIRST_GAP;
        while !self.stopping.is_cancelled() {
            let order = match self.once().await {
                Ok(End::Rest(why, done)) => Some(Order::Rest(why, done)),
                Ok(End::Stopping) => None,
                Ok(End::Lost(folder, why)) => {
                    gap = FIRST_GAP;
                    let reason = self.reason(&folder, None).await;
                    self.lost(reason, why);
                    self.pause(&mut gap).await
                }
                Err((reason, why)) => {
                    tracing::warn!(why, "No engine");
                    self.lost(reason, why);
                    self.pause(&mut gap).await
                }
            };
            if let Some(Order::Rest(why, done)) = order {
                self.rest(why, done).await;
                gap = FIRST_GAP;
            }
        }
    }

    async fn pause(&mut self, gap: &mut Duration) -> Option<Order> {
        tokio::select! {
            () = tokio::time::sleep(*gap) => *gap = (*gap * 2).min(LONGEST_GAP),
            order = self.orders.recv() => return order,
            () = self.stopping.cancelled() => {}
        }
        None
    }

    async fn rest(&mut self, why: Reason, done: oneshot::Sender<()>) {
        self.lost(why, "the engine rests for a moment".into());
        self.guest = false;
        let _ = done.send(());
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::GoOn) | None => break,
                    Some(Order::Rest(_, done)) => { let _ = done.send(()); }
                },
                () = self.stopping.cancelled() => break,
            }
        }
        self.tell(Link::Connecting);
    }

    /// One engine, from its start to the end of the link. An error: there was none.
    async fn once(&mut self) -> Result<End, (Reason, String)> {
        let own = self.service.own_folder().to_owned();
        if let Some(machine) = self.service.machine_folder().map(Path::to_owned) {
            match control::pipe::connect(&machine).await {
                Ok(stream) => return Ok(self.follow(Client::over(stream), &machine, false).await),
                Err(error) if self.service.is_installed() => return Err(self.no_answer(&machine, &error).await),
                Err(_) => {}
            }
        }
        if !self.guest {
            let logs = if cfg!(debug_assertions) { LogsTo::FileAndConsole } else { LogsTo::File };
            match Host::start(&own, Options { embedded: true, logs, ..Options::default() }).await {
                Ok(host) => {
                    let end = self.follow(host.client(), &own, true).await;
                    host.stop().await;
                    return Ok(end);
                }
                Err(HostError::Lock(LockError::Held(_))) => {}
                Err(error) => return Err((Reason::Failed, chain(&error))),
            }
        }
        match control::pipe::connect(&own).await {
            Ok(stream) => {
                let client = Client::over(stream);
                let (mut asking, by_itself) = (JoinSet::new(), Arc::new(OnceLock::new()));
                asking.spawn(ask_whether_by_itself(client.clone(), by_itself.clone()));
                let end = self.follow(client, &own, false).await;
                if let Some(by_itself) = by_itself.get() {
                    self.guest = *by_itself;
                }
                Ok(end)
            }
            Err(error) => Err(self.no_answer(&own, &error).await),
        }
    }

    async fn no_answer(&self, folder: &Path, error: &io::Error) -> (Reason, String) {
        (self.reason(folder, Some(error)).await, format!("the engine does not answer: {error}"))
    }

    /// Why nobody answers for this folder.
    async fn reason(&self, folder: &Path, error: Option<&io::Error>) -> Reason {
        if error.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
            return Reason::NotAllowed;
        }
        if self.service.machine_folder() == Some(folder) && self.service.is_installed() {
            return match self.service.state().await {
                Some(State::Stopped) => Reason::ServiceStopped,
                Some(State::Starting | State::Stopping | State::Running { .. }) => Reason::Restarting,
                Some(State::NotInstalled) | None => Reason::Gone,
            };
        }
        // It holds the folder, and is not yet, or no longer, to be spoken to.
        match host::lock::holder(folder) {
            Some(holder) if is_alive(holder.process) => Reason::Restarting,
            _ => Reason::Gone,
        }
    }

    /// Until the link is lost, we are to stop, or to rest.
    async fn follow(&mut self, client: Client, folder: &Path, embedded: bool) -> End {
        // Before anybody can subscribe: no event may slip between.
        let mut events = client.events();
        let (busy_is, mut busy) = watch::channel(false);
        let mut pulse = JoinSet::new();
        pulse.spawn(feel_pulse(client.clone(), self.pulse, busy_is));
        self.tell(Link::Connected { client: client.clone(), embedded });
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => { let _ = self.told.send(Told::Event(Arc::new(event))); }
                    None => break,
                },
                Ok(()) = busy.changed() => {
                    let client = client.clone();
                    let now = *busy.borrow_and_update();
                    self.tell(if now { Link::Busy { client, embedded } } else { Link::Connected { client, embedded } });
                }
                order = self.orders.recv() => if let Some(Order::Rest(why, done)) = order { return End::Rest(why, done) },
                () = self.stopping.cancelled() => {
                    self.lost(Reason::Gone, "the engine is stopping".into());
                    return End::Stopping;
                }
            }
        }
        End::Lost(folder.to_owned(), client.lost().unwrap_or_else(|| "the engine is stopping".into()))
    }

    fn lost(&self, reason: Reason, why: String) {
        self.tell(Link::Lost { reason, why });
    }

    fn tell(&self, link: Link) {
        self.link_is.send_replace(link.clone());
        // Nobody listens yet at the very start; they read the link first.
        let _ = self.told.send(Told::Link(link));
    }
}

/// Whether an engine in another process goes on without a window; nothing when it is gone before it has said so.
async fn ask_whether_by_itself(client: Client, by_itself: Arc<OnceLock<bool>>) {
    if let Ok(Answer::Snapshot { snapshot }) = client.call(Request::Snapshot).await {
        let _ = by_itself.set(!snapshot.engine.embedded);
    }
}

/// Says when the engine has not answered for a while, and when it does again.
async fn feel_pulse(client: Client, pulse: Pulse, busy: watch::Sender<bool>) {
    loop {
        tokio::time::sleep(pulse.every).await;
        // The cheapest question that the desk itself must answer.
        let mut answered = std::pin::pin!(client.call(Request::Settings));
        if tokio::time::timeout(pulse.silence, answered.as_mut()).await.is_err() {
            busy.send_replace(true);
            if answered.await.is_err() {
                return;
            }
            busy.send_replace(false);
        }
    }
}

fn is_alive(process: u32) -> bool {
    // Windows: nothing worth the rights it takes; the service manager says it there.
    cfg!(unix) && Path::new("/proc").join(process.to_string()).exists()
}

/// An event that says: something was missed.
pub fn missed() -> Event {
    Event::unnumbered(Fact::Lagged)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            said.push_str(": ");
            said.push_str(&cause_said);
        }
        next = cause.source();
    }
    said
}

#[cfg(test)]
#[path = "engine_tests.rs"]
pub(crate) mod tests;
