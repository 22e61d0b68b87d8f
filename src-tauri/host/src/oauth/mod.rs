//! Tokens in place of a password (RFC 6749): who gives them, how somebody signs in, how they are renewed.
//!
//! In: settings, and what the credential store holds for them. Out: a [`Source`] that the engine asks for tokens, how it
//! stands, and a sign-in that somebody ends with a browser. No crate for OAuth: the one that is well kept knows neither
//! the assertion grants nor this reqwest, and the rest of it is a form sent by POST.
//!
//! Invariants: tokens are in memory only; a refresh token is in the credential store; neither goes to another service or
//! application than the one it is of, nor over anything but verified HTTPS.

mod assertion;
mod browser;
mod device;
mod endpoint;
mod kept;
mod plan;
mod refusals;
mod source;

pub(crate) use endpoint::in_words;
pub use plan::{Grant, Plan};
pub use source::Source;

use crate::secrets::{SIGN_IN, SecretError, Secrets, sign_in_of_lane};
use control::Problem;
use control::view::{SignInView, SignInWaiting};
use relay::clock::Clock;
use relay::smarthost::{Tokens, Trouble};
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// Sources that are remembered: in force, and tried out.
const SOURCES: usize = 3;

pub struct Oauth {
    secrets: Arc<Secrets>,
    /// What is kept of a sign-in is called so in the credential store.
    kept_as: String,
    clock: Arc<dyn Clock>,
    /// Counts changes of how anything stands.
    changed: watch::Sender<u64>,
    /// Somebody has signed in.
    signed_in: Arc<Notify>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The newest last.
    sources: VecDeque<Source>,
    in_force: Option<Source>,
    /// The same as the engine has it: as long as it is the same, so is the way to the smart host.
    handed: Option<(Source, Arc<dyn Tokens>)>,
    /// The one last begun or put in force.
    shown: Option<Source>,
    flow: Option<Flow>,
    flows: u64,
}

struct Flow {
    number: u64,
    waiting: SignInWaiting,
    task: AbortHandle,
}

impl Oauth {
    pub fn new(secrets: Arc<Secrets>, clock: Arc<dyn Clock>) -> Self {
        let (kept_as, changed, signed_in) = (SIGN_IN.to_owned(), watch::Sender::new(0), Arc::default());
        Self { secrets, kept_as, clock, changed, signed_in, known: Mutex::default() }
    }

    /// The same for another smart host. Who listens to this one hears of that too.
    pub fn of_lane(&self, lane: &str) -> Self {
        Self {
            secrets: Arc::clone(&self.secrets),
            kept_as: sign_in_of_lane(lane),
            clock: Arc::clone(&self.clock),
            changed: self.changed.clone(),
            signed_in: Arc::clone(&self.signed_in),
            known: Mutex::default(),
        }
    }

    /// The source for this plan: the same as long as plan and secret are.
    pub fn source(&self, plan: Plan, secret: Option<SecretString>) -> Source {
        let secret = secret.filter(|_| plan.wants_secret());
        let mut known = self.known();
        if let Some(source) = known.sources.iter().chain(&known.in_force).find(|source| source.is_of(&plan, secret.as_ref())) {
            return source.clone();
        }
        let source =
            Source::new(plan, secret, (Arc::clone(&self.secrets), self.kept_as.clone()), Arc::clone(&self.clock), self.changed.clone());
        known.sources.push_back(source.clone());
        if known.sources.len() > SOURCES {
            known.sources.pop_front();
        }
        source
    }

    /// What the engine asks from now on; None when no token is wanted.
    pub async fn put_in_force(&self, plan: Option<Plan>, secret: Option<SecretString>) -> Option<Arc<dyn Tokens>> {
        let now = plan.map(|plan| self.source(plan, secret));
        let before = {
            let mut known = self.known();
            if now.is_some() || known.in_force.is_some() {
                known.shown.clone_from(&now);
            }
            std::mem::replace(&mut known.in_force, now.clone())
        };
        if let Some(before) = before.filter(|before| now.as_ref().is_none_or(|now| !now.is(before))) {
            before.put_in_force(false).await;
        }
        let source = now?;
        source.put_in_force(true).await;
        let mut known = self.known();
        if let Some((_, tokens)) = known.handed.as_ref().filter(|(handed, _)| handed.is(&source)) {
            return Some(Arc::clone(tokens));
        }
        let tokens: Arc<dyn Tokens> = Arc::new(source.clone());
        known.handed = Some((source, Arc::clone(&tokens)));
        Some(tokens)
    }

    pub fn view(&self, problem: impl Fn(&Trouble) -> Problem) -> Option<SignInView> {
        let known = self.known();
        let standing = known.shown.as_ref()?.standing();
        Some(SignInView {
            account: standing.account,
            signed_in: standing.signed_in,
            token_until: standing.token_until.map(jiff::Timestamp::as_millisecond),
            since: standing.since,
            until_restart: standing.until_restart,
            problem: standing.trouble.as_ref().map(problem),
            waiting: known.flow.as_ref().map(|flow| flow.waiting.clone()),
        })
    }

    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub async fn somebody_signed_in(&self) {
        self.signed_in.notified().await;
    }

    /// Begins a sign-in; the one before is given up. None for a grant that needs nobody.
    pub async fn begin(self: &Arc<Self>, plan: Plan, secret: Option<SecretString>) -> Result<Option<SignInWaiting>, Trouble> {
        self.cancel();
        let grant = plan.grant;
        let source = self.source(plan, secret);
        self.known().shown = Some(source.clone());
        let begun = match grant {
            Grant::DeviceCode => device::begin(&source).await.map(|(waiting, code)| {
                let source = source.clone();
                self.follow(waiting, source.clone(), async move { device::wait(&source, code).await })
            }),
            Grant::AuthorizationCode => browser::begin(&source).await.map(|(waiting, door)| {
                let source = source.clone();
                self.follow(waiting, source.clone(), async move { browser::wait(&source, door).await })
            }),
            Grant::ClientCredentials | Grant::JwtBearer => return Ok(None),
        };
        if let Err(trouble) = &begun {
            source.failed(trouble.clone());
        }
        begun.map(Some)
    }

    fn follow(
        self: &Arc<Self>,
        waiting: SignInWaiting,
        source: Source,
        ends: impl Future<Output = Result<(), Trouble>> + Send + 'static,
    ) -> SignInWaiting {
        let mut known = self.known();
        known.flows += 1;
        let number = known.flows;
        let oauth = Arc::clone(self);
        let task = tokio::spawn(async move {
            let ended = ends.await;
            oauth.ended(number, &source, ended);
        });
        let former = known.flow.replace(Flow { number, waiting: waiting.clone(), task: task.abort_handle() });
        drop(known);
        if let Some(former) = former {
            former.task.abort();
        }
        self.tell();
        waiting
    }

    fn ended(&self, number: u64, source: &Source, ended: Result<(), Trouble>) {
        {
            let mut known = self.known();
            if known.flow.as_ref().is_some_and(|flow| flow.number == number) {
                known.flow = None;
            }
        }
        match ended {
            Ok(()) => {
                tracing::info!(service = source.plan().host(), "Somebody has signed in");
                self.signed_in.notify_one();
                self.tell();
            }
            Err(trouble) => {
                tracing::warn!(kind = ?trouble.kind, service = source.plan().host(), "A sign-in did not succeed");
                source.failed(trouble);
            }
        }
    }

    pub fn cancel(&self) {
        let flow = self.known().flow.take();
        if let Some(flow) = flow {
            flow.task.abort();
            self.tell();
        }
    }

    /// Forgets tokens and what they are made with; a client secret stays where it is.
    pub async fn sign_out(&self) -> Result<(), SecretError> {
        self.cancel();
        kept::forget(&self.secrets, &self.kept_as).await?;
        let sources: Vec<Source> = {
            let known = self.known();
            known.sources.iter().chain(&known.in_force).cloned().collect()
        };
        sources.iter().for_each(Source::forget);
        Ok(())
    }

    /// Goes on with what another engine of this machine has kept of a sign-in. False: it is none.
    pub async fn take_over(&self, kept: &SecretString) -> bool {
        let Some(until_restart) = kept::take_over(&self.secrets, &self.kept_as, kept).await else { return false };
        tracing::info!(until_restart, "A sign-in was handed over");
        let in_force = self.known().in_force.clone();
        if let Some(source) = in_force {
            source.put_in_force(true).await;
        }
        self.signed_in.notify_one();
        self.tell();
        true
    }

    /// A sign-in that is not used for long ends by itself; using it now and then keeps it.
    pub async fn use_it(&self) {
        let source = self.known().in_force.clone().filter(|source| source.plan().wants_somebody() && source.standing().signed_in);
        if let Some(source) = source {
            // What is wrong is told by the source itself.
            let _ = source.token().await;
        }
    }

    fn tell(&self) {
        self.changed.send_modify(|turn| *turn += 1);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
