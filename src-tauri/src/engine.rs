//! Embedded or attached? Either way it yields a `control::Client`, and this is the only place that knows.
//!
//! In: a data folder. Out: the link as it changes, events, answers.
//!
//! The engine runs in this process unless another process holds the folder's lock; then we attach to
//! that one. A window that was attached stays a guest: when the other engine goes (a service being
//! restarted, say) it waits for it, instead of taking its place.

use control::{Answer, Client, Event, Fact, Request};
use futures_util::StreamExt;
use host::lock::LockError;
use host::{Host, HostError, LogsTo, Options};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A first start makes certificates and opens the credential store; a question waits that long for it.
const PATIENCE: Duration = Duration::from_secs(15);
const FIRST_GAP: Duration = Duration::from_millis(250);
const LONGEST_GAP: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub enum Link {
    Connecting,
    Connected { client: Client, embedded: bool },
    Lost { why: String },
}

/// What happens, in order.
#[derive(Debug, Clone)]
pub enum Told {
    Link(Link),
    Event(Arc<Event>),
}

#[derive(Debug, Clone)]
pub struct Engine {
    link: watch::Receiver<Link>,
    told: broadcast::Sender<Told>,
    stopping: CancellationToken,
    ended: CancellationToken,
}

impl Engine {
    /// The engine starts when the keeper runs.
    pub fn new(data: PathBuf) -> (Self, Keeper) {
        let (link_is, link) = watch::channel(Link::Connecting);
        let (told, _) = broadcast::channel(1024);
        let (stopping, ended) = (CancellationToken::new(), CancellationToken::new());
        // Dropped with the keeper, however it ends: whoever waits for the end must not wait for ever.
        let at_the_end = ended.clone().drop_guard();
        let keeper = Keeper { data, link_is, told: told.clone(), stopping: stopping.clone(), guest: false, _at_the_end: at_the_end };
        (Self { link, told, stopping, ended }, keeper)
    }

    pub async fn call(&self, request: Request) -> Result<Answer, String> {
        self.client().await?.call(request).await.map_err(|error| error.to_string())
    }

    pub fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    /// What happens from now on.
    pub fn told(&self) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    /// Whether mail stops when this process ends.
    pub fn is_ours(&self) -> bool {
        matches!(self.link(), Link::Connected { embedded: true, .. })
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
                Link::Connected { client, .. } => Ok(client.clone()),
                Link::Lost { why } => Err(why.clone()),
                Link::Connecting => Err("the engine is starting".into()),
            },
            Ok(Err(_)) => Err("the engine has stopped".into()),
            Err(_) => Err("the engine is still starting".into()),
        }
    }
}

pub struct Keeper {
    data: PathBuf,
    link_is: watch::Sender<Link>,
    told: broadcast::Sender<Told>,
    stopping: CancellationToken,
    guest: bool,
    _at_the_end: DropGuard,
}

impl Keeper {
    /// Until we are to stop.
    pub async fn keep(mut self) {
        let mut gap = FIRST_GAP;
        while !self.stopping.is_cancelled() {
            match self.once().await {
                Ok(()) => gap = FIRST_GAP,
                Err(why) => {
                    tracing::warn!(why, "No engine");
                    self.tell(Link::Lost { why });
                }
            }
            tokio::select! {
                () = tokio::time::sleep(gap) => gap = (gap * 2).min(LONGEST_GAP),
                () = self.stopping.cancelled() => {}
            }
        }
    }

    /// One engine, from its start to the end of the link. An error: there was none.
    async fn once(&mut self) -> Result<(), String> {
        if self.guest {
            return self.as_guest().await;
        }
        let logs = if cfg!(debug_assertions) { LogsTo::FileAndConsole } else { LogsTo::File };
        match Host::start(&self.data, Options { embedded: true, logs, ..Options::default() }).await {
            Ok(host) => {
                self.follow(host.client(), true).await;
                host.stop().await;
                Ok(())
            }
            Err(HostError::Lock(LockError::Held(_))) => {
                self.guest = true;
                self.as_guest().await
            }
            Err(error) => Err(chain(&error)),
        }
    }

    async fn as_guest(&self) -> Result<(), String> {
        let client = attach(&self.data).await?;
        self.follow(client, false).await;
        Ok(())
    }

    /// Until the link is lost, or we are to stop.
    async fn follow(&self, client: Client, embedded: bool) {
        // Before anybody can subscribe: no event may slip between.
        let mut events = client.events();
        self.tell(Link::Connected { client: client.clone(), embedded });
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => { let _ = self.told.send(Told::Event(Arc::new(event))); }
                    None => break,
                },
                () = self.stopping.cancelled() => break,
            }
        }
        let why = client.lost().unwrap_or_else(|| "the engine is stopping".into());
        self.tell(Link::Lost { why });
    }

    fn tell(&self, link: Link) {
        self.link_is.send_replace(link.clone());
        // Nobody listens yet at the very start; they read the link first.
        let _ = self.told.send(Told::Link(link));
    }
}

async fn attach(data: &Path) -> Result<Client, String> {
    let stream = control::pipe::connect(data).await.map_err(|error| format!("the engine does not answer: {error}"))?;
    Ok(Client::over(stream))
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
