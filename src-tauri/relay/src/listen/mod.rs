//! Room 1, in: sockets, TLS, time-outs and caps. Pumps bytes into sessions and performs their steps.
//!
//! In: the configuration, connections. Out: submissions to the store, refusals to the board.
//! RFC 5321 §4.5.3.2 (time-outs), RFC 3207 (STARTTLS), RFC 8314 §3.3 (implicit TLS).
//!
//! Invariant: "250" after the end of data is written only after `Store::keep` has answered.

mod accounts;
mod admit;
mod caps;
mod connection;
mod doors;
mod handshake;
pub(crate) mod hello;
mod pace;
pub(crate) mod proxy;
mod reading;
mod refused;
pub(crate) mod replies;
mod sockets;

pub use doors::Doors;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Config, Listener, ListenerEncryption};
use crate::mail::{Reply, Severity};
use crate::session::{Refused, RefusedWhy, Rules, Verified};
use crate::store::Store;
pub use accounts::Accounts;
pub use admit::{Admit, Terms};
pub use refused::RefusedBook;

use caps::Caps;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Whoever knows the device accounts.
pub trait Verify: Send + Sync {
    /// Whether this is the password of that user. May take its time, and is not asked again meanwhile by that client's session.
    fn verify(&self, client: IpAddr, user: String, password: SecretString) -> BoxFuture<'_, Verified>;
}

/// What every connection needs.
pub(crate) struct Hall {
    pub store: Store,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    pub setup: watch::Receiver<Arc<Setup>>,
    pub caps: Caps,
    pub disk_full: Arc<AtomicBool>,
    pub verify: Arc<dyn Verify>,
    pub admit: Arc<Admit>,
    pub refused: Arc<RefusedBook>,
    /// No new connections, sessions say goodbye.
    pub stop: CancellationToken,
}

/// Who decides about clients beside the policy itself, and who remembers what was refused.
pub struct May {
    pub verify: Arc<dyn Verify>,
    pub admit: Arc<Admit>,
    pub refused: Arc<RefusedBook>,
}

/// The part of the configuration that sessions live by; replaced as a whole.
pub struct Setup {
    pub config: Config,
    with_starttls: Arc<Rules>,
    without: Arc<Rules>,
}

impl Setup {
    pub fn new(config: Config) -> Arc<Self> {
        let with_starttls = Arc::new(Rules::new(&config, true));
        let without = Arc::new(Rules::new(&config, false));
        Arc::new(Self { config, with_starttls, without })
    }

    fn rules(&self, listener: &Listener) -> &Arc<Rules> {
        match listener.encryption {
            ListenerEncryption::Starttls if listener.tls.is_some() => &self.with_starttls,
            ListenerEncryption::Starttls | ListenerEncryption::Implicit | ListenerEncryption::Plain => &self.without,
        }
    }
}

/// What is written on a door, and may be written anew while connections that came through it live.
#[derive(Debug)]
pub(crate) struct Plate(Mutex<Arc<Listener>>);

impl Plate {
    fn new(listener: Listener) -> Self {
        Self(Mutex::new(Arc::new(listener)))
    }

    fn listener(&self) -> Arc<Listener> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, listener: Listener) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(listener);
    }
}

impl Hall {
    /// For the Devices page and the history.
    fn note_refusal(&self, client: IpAddr, client_name: &str, refused: &Refused) {
        self.refused.note(client, client_name, refused, self.clock.now());
    }

    fn disk_is_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }

    /// Nobody could be spoken to: what a person reads is no reply that was heard.
    fn refused(&self, client: IpAddr, why: RefusedWhy, text: String) {
        tracing::info!(%client, why = text, "A connection was closed");
        let reply = Reply::new(Severity::Transient, 21, 7, 0, text);
        self.note_refusal(client, "", &Refused { why, sender: String::new(), recipient: String::new(), reply });
    }
}
