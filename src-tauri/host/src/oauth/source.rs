//! A source of tokens for one plan: asks when there is none that is good, once for all who wait, and keeps what it got.
//!
//! Invariants: a token is in memory only; one question at a time; a question that was begun is ended, also when nobody
//! waits for it any more, since its answer may hold the only refresh token that is still good.

use super::assertion;
use super::endpoint::{Endpoint, Form, Given};
use super::kept::{self, Kept};
use super::plan::{Grant, Plan, Proof};
use super::refusals;
use crate::secrets::Secrets;
use jiff::Timestamp;
use relay::clock::Clock;
use relay::smarthost::{BoxFuture, Tokens, Trouble, TroubleKind};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A token is renewed so long before its end, or when three quarters of its life are over.
const BEFORE_THE_END: Duration = Duration::from_secs(300);

#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    plan: Plan,
    /// The client secret, private key or key file.
    secret: Option<SecretString>,
    endpoint: Result<Endpoint, Trouble>,
    secrets: Arc<Secrets>,
    /// What is kept of a sign-in is called so in the credential store.
    kept_as: String,
    clock: Arc<dyn Clock>,
    changed: watch::Sender<u64>,
    renewing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    kept: Option<Kept>,
    /// Its plan is that of the settings in force: what comes of a sign-in goes to the credential store.
    in_force: bool,
    is_stored: bool,
    until_restart: bool,
    trouble: Option<Trouble>,
}

struct Token {
    text: SecretString,
    renew_at: Timestamp,
    until: Timestamp,
}

/// How things stand.
pub struct Standing {
    pub account: Option<String>,
    pub signed_in: bool,
    pub token_until: Option<Timestamp>,
    pub since: Option<i64>,
    pub until_restart: bool,
    pub trouble: Option<Trouble>,
}

impl Source {
    pub fn new(
        plan: Plan,
        secret: Option<SecretString>,
        (secrets, kept_as): (Arc<Secrets>, String),
        clock: Arc<dyn Clock>,
        changed: watch::Sender<u64>,
    ) -> Self {
        let endpoint = Endpoint::of(&plan);
        let (renewing, state) = Default::default();
        Self(Arc::new(Inner { plan, secret, endpoint, secrets, kept_as, clock, changed, renewing, state }))
    }

    pub fn is_of(&self, plan: &Plan, secret: Option<&SecretString>) -> bool {
        let exposed = |secret: Option<&SecretString>| secret.map(|secret| secret.expose_secret().to_owned());
        self.0.plan == *plan && exposed(self.0.secret.as_ref()) == exposed(secret)
    }

    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub fn plan(&self) -> &Plan {
        &self.0.plan
    }

    pub fn endpoint(&self) -> Result<&Endpoint, Trouble> {
        self.0.endpoint.as_ref().map_err(Trouble::clone)
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn standing(&self) -> Standing {
        let state = self.0.state();
        let token_until = state.token.as_ref().map(|token| token.until);
        Standing {
            account: state.kept.as_ref().and_then(|kept| kept.account.clone()),
            signed_in: if self.0.plan.wants_somebody() { state.kept.is_some() } else { self.0.secret.is_some() },
            token_until,
            since: state.kept.as_ref().map(|kept| kept.since),
            until_restart: state.until_restart,
            trouble: state.trouble.clone(),
        }
    }

    /// Its settings are in force from now on, or no longer.
    pub async fn put_in_force(&self, in_force: bool) {
        self.0.state().in_force = in_force;
        if in_force {
            self.0.read_kept().await;
            self.0.store().await;
        }
    }

    /// Somebody has signed in.
    pub async fn take(&self, given: Given) -> Result<(), Trouble> {
        let Some(refresh) = given.refresh.clone() else {
            let said = "no refresh token came along: the sign-in would not last; the application must be allowed offline access";
            return Err(self.0.trouble(TroubleKind::TokenRefused, said));
        };
        let kept = Kept { refresh, account: given.account.clone(), since: self.0.clock.now().as_millisecond() };
        self.0.remember(given, Some(kept)).await;
        Ok(())
    }

    pub fn failed(&self, trouble: Trouble) {
        self.0.state().trouble = Some(trouble);
        self.0.tell();
    }

    pub fn forget(&self) {
        let mut state = self.0.state();
        *state = State { in_force: state.in_force, ..State::default() };
        drop(state);
        self.0.tell();
    }

    /// With the application's proof.
    pub fn form(&self, fields: Form) -> Result<Form, Trouble> {
        self.0.form(fields)
    }
}

impl Tokens for Source {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Trouble>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = tokio::spawn(async move { inner.renewed().await });
            match asked.await {
                Ok(answer) => answer,
                Err(crashed) => Err(self.0.trouble(TroubleKind::TokenRefused, &crashed.to_string())),
            }
        })
    }

    fn refused(&self, token: &SecretString) {
        let mut state = self.0.state();
        if state.token.as_ref().is_some_and(|known| known.text.expose_secret() == token.expose_secret()) {
            state.token = None;
        }
    }
}

impl Inner {
    async fn renewed(&self) -> Result<SecretString, Trouble> {
        let _one_at_a_time = self.renewing.lock().await;
        if let Some(token) = self.good() {
            return Ok(token);
        }
        match self.ask().await {
            Ok((given, kept)) => {
                let token = given.token.clone();
                self.remember(given, kept).await;
                Ok(token)
            }
            Err(trouble) => {
                tracing::warn!(kind = ?trouble.kind, service = self.plan.host(), "No token");
                tracing::debug!(subject = trouble.subject, said = trouble.said, "In its own words");
                self.state().trouble = Some(trouble.clone());
                self.tell();
                Err(trouble)
            }
        }
    }

    fn good(&self) -> Option<SecretString> {
        let now = self.clock.now();
        self.state().token.as_ref().filter(|token| now < token.renew_at).map(|token| token.text.clone())
    }

    /// A token, and what is kept of the sign-in if that has changed.
    async fn ask(&self) -> Result<(Given, Option<Kept>), Trouble> {
        if self.plan.wants_secret() && self.secret.is_none() {
            return Err(Trouble { kind: TroubleKind::SecretMissing, subject: self.plan.user.clone(), said: String::new() });
        }
        let (fields, before) = match self.plan.grant {
            Grant::ClientCredentials => (vec![("grant_type", "client_credentials".to_owned())], None),
            Grant::JwtBearer => {
                let assertion = self.service_account()?;
                (vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()), ("assertion", assertion)], None)
            }
            Grant::DeviceCode | Grant::AuthorizationCode => {
                self.read_kept().await;
                let Some(kept) = self.state().kept.clone() else {
                    return Err(Trouble {
                        kind: TroubleKind::SignInLapsed,
                        subject: self.plan.user.clone(),
                        said: "nobody has signed in yet".into(),
                    });
                };
                let refresh = kept.refresh.expose_secret().to_owned();
                (vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh)], Some(kept))
            }
        };
        let mut form = self.form(fields)?;
        // The assertion has the scopes already (Google's way).
        if self.plan.grant != Grant::JwtBearer && !self.plan.scopes.is_empty() {
            form.push(("scope", self.plan.scopes.clone()));
        }
        let endpoint = self.endpoint.as_ref().map_err(Trouble::clone)?;
        let given = endpoint.token(&self.plan.token, &form).await.map_err(|refusal| refusals::trouble(&self.plan, &refusal))?;
        // Another one came: the former is good no longer, or not for long (RFC 6749 §6).
        let kept = before.and_then(|before| given.refresh.clone().map(|refresh| Kept { refresh, ..before }));
        Ok((given, kept))
    }

    fn form(&self, mut fields: Form) -> Result<Form, Trouble> {
        if self.plan.grant != Grant::JwtBearer {
            fields.push(("client_id", self.plan.client_id.clone()));
        }
        let secret = self.secret.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        match &self.plan.proof {
            Proof::None => {}
            Proof::Secret => fields.push(("client_secret", secret.to_owned())),
            Proof::Certificate(file) => {
                let now = self.clock.now().as_second();
                let assertion = assertion::of_application(&self.plan.client_id, &self.plan.token, secret, file, now);
                let assertion = assertion.map_err(|said| self.trouble(TroubleKind::AppSecretRefused, &said))?;
                fields.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()));
                fields.push(("client_assertion", assertion));
            }
        }
        Ok(fields)
    }

    fn service_account(&self) -> Result<String, Trouble> {
        let Plan { client_id, user, scopes, token, .. } = &self.plan;
        let key = self.secret.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let now = self.clock.now().as_second();
        assertion::of_service_account(client_id, user, scopes, token, key, now)
            .map_err(|said| self.trouble(TroubleKind::AppSecretRefused, &said))
    }

    async fn remember(&self, given: Given, kept: Option<Kept>) {
        let now = self.clock.now();
        let life = given.life;
        let at = |from_now: Duration| now.checked_add(from_now).unwrap_or(now);
        let early = BEFORE_THE_END.min(life / 4);
        {
            let mut state = self.state();
            state.token = Some(Token { text: given.token, renew_at: at(life.saturating_sub(early)), until: at(life) });
            state.trouble = None;
            if let Some(kept) = kept {
                (state.kept, state.is_stored) = (Some(kept), false);
            }
        }
        self.store().await;
        self.tell();
    }

    /// What is in the credential store, if nothing better is known.
    async fn read_kept(&self) {
        if !self.plan.wants_somebody() || self.state().kept.is_some() {
            return;
        }
        match kept::read(&self.secrets, &self.kept_as, &self.plan.mark()).await {
            Ok(kept) => {
                let mut state = self.state();
                (state.kept, state.is_stored) = (kept, true);
            }
            Err(error) => tracing::warn!(%error, "What is kept of the sign-in could not be read"),
        }
    }

    async fn store(&self) {
        let kept = {
            let state = self.state();
            if !state.in_force || state.is_stored {
                return;
            }
            state.kept.clone()
        };
        if let Some(kept) = kept {
            let until_restart = kept::write(&self.secrets, &self.kept_as, &self.plan.mark(), &kept).await;
            let mut state = self.state();
            (state.is_stored, state.until_restart) = (true, until_restart);
        }
    }

    fn tell(&self) {
        self.changed.send_modify(|turn| *turn += 1);
    }

    fn trouble(&self, kind: TroubleKind, said: &str) -> Trouble {
        Trouble { kind, subject: self.plan.client_id.clone(), said: said.to_owned() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
