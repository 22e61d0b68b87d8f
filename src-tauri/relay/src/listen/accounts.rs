//! Looks at the passwords of device accounts (RFC 4954).
//!
//! In: who says to be whom, with which password. Out: a [`Verified`]; who guesses is slowed and then refused.
//! One password of an address at a time, and two in all, each on a thread that nobody waits for: hashing takes its time and
//! memory, and must not take the machine's. A name that is not there takes as long as one that is.

use super::Verify;
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Notice;
use crate::policy::Policy;
use crate::policy::password::Hash;
use crate::policy::sign_in::{self, SignInLimits, SignIns, Standing};
use crate::session::Verified;
use crate::store::{AccountChange, Store};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, Semaphore};
use tokio_util::sync::CancellationToken;

/// Passwords that are looked at together.
const TOGETHER: usize = 2;

pub struct Accounts {
    store: Store,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    rules: Mutex<(Arc<Policy>, SignInLimits)>,
    sign_ins: Mutex<SignIns>,
    /// Whoever signs in from an address stands in its line.
    lines: Mutex<HashMap<IpAddr, Arc<tokio::sync::Mutex<()>>>>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Accounts {
    pub fn new(store: Store, board: Arc<Board>, clock: Arc<dyn Clock>, config: &Config, stop: CancellationToken) -> Self {
        Self {
            store,
            board,
            clock,
            rules: Mutex::new(rules(config)),
            sign_ins: Mutex::default(),
            lines: Mutex::default(),
            places: Arc::new(Semaphore::new(TOGETHER)),
            stop,
        }
    }

    pub fn reconfigure(&self, config: &Config) {
        *lock(&self.rules) = rules(config);
    }

    async fn look(&self, client: IpAddr, user: String, password: SecretString) -> Verified {
        let _in_line = self.stand_in_line(client).await;
        let (policy, limits) = lock(&self.rules).clone();
        let now = self.clock.now();
        let standing = lock(&self.sign_ins).standing(client, limits, now);
        match standing {
            Standing::Welcome => {}
            Standing::Slowed { until } => tokio::time::sleep(until_then(now, until)).await,
            Standing::Refused { .. } => return Verified::NotNow,
        }
        let hash = match self.store.password_hash(user.clone()).await {
            Ok(hash) => hash,
            Err(error) => {
                tracing::warn!(error = error.chain(), "A password could not be looked at");
                return Verified::NotNow;
            }
        };
        let account = policy.account(&user).map(|account| account.name.clone()).filter(|_| hash.is_some());
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return Verified::NotNow };
        let fits = tokio::task::spawn_blocking(move || {
            // Held by the thread, which works on when the session is gone.
            let _place = place;
            hash.unwrap_or_else(Hash::decoy).fits(&password)
        });
        match (account, fits.await) {
            (Some(account), Ok(true)) => self.welcome(client, account),
            (Some(_) | None, Ok(_)) => self.turn_away(client, limits),
            (Some(_) | None, Err(_)) => Verified::NotNow,
        }
    }

    fn welcome(&self, client: IpAddr, account: String) -> Verified {
        lock(&self.sign_ins).succeeded(client);
        self.board.lower(|notice| matches!(notice, Notice::PasswordsGuessed { address, .. } if *address == client));
        tracing::info!(%client, account, "A device signed in");
        let change = AccountChange::Used { name: account.clone(), now: self.clock.now() };
        let store = self.store.clone();
        tokio::spawn(async move {
            // When it was used last is nice to know, no more.
            let _ = store.change_account(change).await;
        });
        Verified::Yes { account }
    }

    fn turn_away(&self, client: IpAddr, limits: SignInLimits) -> Verified {
        let now = self.clock.now();
        let refused_until = lock(&self.sign_ins).failed(client, limits, now);
        match refused_until {
            // Not the name it gave: people type their passwords there.
            None => tracing::info!(%client, "A device gave a wrong user name or password"),
            Some(until) => self.tell_people(client, limits, now, until),
        }
        Verified::No
    }

    fn tell_people(&self, client: IpAddr, limits: SignInLimits, now: Timestamp, until: Timestamp) {
        tracing::warn!(%client, failures = limits.failures, %until, "Too many wrong passwords from one address: it cannot sign in for a while");
        let minutes = limits.pause.as_secs().div_ceil(60);
        let said = format!("{} wrong passwords; its sign-in is refused for {minutes} minutes", limits.failures);
        let notice = Notice::PasswordsGuessed { address: client, said };
        self.board.raise(notice.clone());
        let (board, stop) = (Arc::clone(&self.board), self.stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(until_then(now, until)) => board.lower(|other| *other == notice),
                () = stop.cancelled() => {}
            }
        });
    }

    async fn stand_in_line(&self, client: IpAddr) -> InLine<'_> {
        let address = sign_in::key(client);
        let line = Arc::clone(lock(&self.lines).entry(address).or_default());
        InLine { accounts: self, address, turn: Some(line.lock_owned().await) }
    }
}

impl Verify for Accounts {
    fn verify(&self, client: IpAddr, user: String, password: SecretString) -> BoxFuture<'_, Verified> {
        Box::pin(self.look(client, user, password))
    }
}

/// A turn in the line of an address; the last one out takes the line away.
struct InLine<'a> {
    accounts: &'a Accounts,
    address: IpAddr,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let mut lines = lock(&self.accounts.lines);
        self.turn = None;
        // Everybody who comes takes a share of the line under this lock: one share means that nobody waits.
        if lines.get(&self.address).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&self.address);
        }
    }
}

fn rules(config: &Config) -> (Arc<Policy>, SignInLimits) {
    (Arc::new(config.policy.clone()), config.sign_ins)
}

fn until_then(now: Timestamp, then: Timestamp) -> Duration {
    then.duration_since(now).try_into().unwrap_or(Duration::ZERO)
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "accounts_tests.rs"]
mod tests;
