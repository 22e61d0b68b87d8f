//! The desk: answers every request of the contract. The only opening to the engine.
//!
//! In: requests of windows, shells and tests. Out: views, and events made from the engine's facts.
//! Knows no socket; `control` brings the requests. Secrets come in and never go out.

mod access;
mod asks;
mod ends;
mod force;
mod import;
mod lanes;
mod probe;
mod shape;
mod sign_in;
mod views;

pub use force::{Force, Found, Unchanged, find};
pub use import::{Seen, around};

use crate::{dkim, machine, secrets};
use base64::Engine as _;
use control::event::{Event, Fact};
use control::machine::OutsideView;
use control::problem::{Problem, ProblemCode};
use control::request::{Answer, EntryFilter, NewSecret, Refused, Request};
use control::settings::DEFAULT_SMART_HOST;
use control::view::{Page, Snapshot};
use control::{Desk, Progress, Settings};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use relay::Relay;
use relay::store::{StoreError, Which};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Most of a message that one answer carries.
const PIECE: usize = 512 * 1024;
/// Most lines that one page carries.
const LONGEST_PAGE: u32 = 1000;

/// Clones are the same desk.
#[derive(Clone)]
pub struct FrontDesk {
    pub relay: Relay,
    pub force: Arc<Force>,
    pub stopping: CancellationToken,
    pub iis: Arc<Mutex<Seen>>,
}

impl Desk for FrontDesk {
    fn call(&self, request: Request, progress: Progress) -> BoxFuture<'static, Answer> {
        let desk = self.clone();
        Box::pin(async move {
            if desk.stopping.is_cancelled() {
                return Answer::Refused { refused: Refused::Stopping };
            }
            desk.answer(request, progress).await.unwrap_or_else(|refused| Answer::Refused { refused })
        })
    }

    fn subscribe(&self) -> BoxStream<'static, Event> {
        let force = self.force.clone();
        let (engine, host) = (self.relay.subscribe(), self.force.subscribe());
        Box::pin(stream::unfold((engine, host, force), |(mut engine, mut host, force)| async move {
            let event = tokio::select! {
                told = engine.recv() => match told {
                    Ok(event) => {
                        let around = force.around();
                        // Looking for who holds a port reads a lot of /proc.
                        let fact = if matches!(event.fact, relay::event::Fact::Listeners(_)) {
                            let event = event.clone();
                            tokio::task::spawn_blocking(move || views::fact(&event.fact, &around)).await.unwrap_or(Fact::Lagged)
                        } else {
                            views::fact(&event.fact, &around)
                        };
                        Event::numbered(event.seq, fact)
                    }
                    Err(RecvError::Lagged(_)) => Event::unnumbered(Fact::Lagged),
                    Err(RecvError::Closed) => return None,
                },
                told = host.recv() => match told {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => Event::unnumbered(Fact::Lagged),
                    Err(RecvError::Closed) => return None,
                },
            };
            Some((event, (engine, host, force)))
        }))
    }
}

impl FrontDesk {
    async fn answer(&self, request: Request, progress: Progress) -> Result<Answer, Refused> {
        match request {
            // The connection itself subscribes.
            Request::Subscribe => Ok(Answer::Done),
            Request::Snapshot => Ok(Answer::Snapshot { snapshot: Box::new(self.snapshot().await?) }),
            Request::Queue { filter, offset, limit } => self.page(Which::Queue, &filter, offset, limit).await,
            Request::History { filter, offset, limit } => self.page(Which::History, &filter, offset, limit).await,
            Request::Story { id } => self.story(&id).await,
            Request::Content { id, offset } => self.content(&id, offset).await,
            Request::Retry { which } => {
                self.force.look_for_password(&self.relay).await;
                counted(self.relay.retry(asks::target(&which)?).await)
            }
            Request::Hold { which } => counted(self.relay.hold(asks::target(&which)?).await),
            Request::Release { which } => counted(self.relay.release(asks::target(&which)?).await),
            Request::Delete { which, tell_sender } => counted(self.relay.delete(asks::target(&which)?, tell_sender).await),
            Request::Pause => done(self.relay.pause().await),
            Request::Resume => done(self.relay.resume().await),
            Request::TryLane => {
                self.force.look_for_password(&self.relay).await;
                self.relay.try_lane(None);
                Ok(Answer::Done)
            }
            Request::Lane { lane, act } => lanes::act(self, lane, act).await,
            Request::TryListeners => {
                self.relay.try_listeners().await;
                Ok(Answer::Done)
            }
            Request::Settings => Ok(self.settings().await),
            Request::CheckSettings { settings } => {
                let problems = self.force.check(&settings, None).await.err().unwrap_or_default();
                Ok(Answer::Problems { problems })
            }
            Request::ApplySettings { settings, secret } => {
                let secret = secret.map(straight);
                secret.as_ref().map(|secret| fit(secret, &settings)).transpose()?;
                self.changed(self.force.apply(&self.relay, &settings, secret).await).await
            }
            Request::ReloadSettings => self.changed(self.force.reload(&self.relay).await).await,
            Request::SetSecret { name, secret, until_restart } => {
                self.set_secret(straight(NewSecret { name, secret, until_restart })).await
            }
            Request::RemoveSecret { name } => self.remove_secret(&name).await,
            Request::RemoveAllSecrets => self.remove_all_secrets().await,
            Request::Machine => self.machine().await,
            Request::LookOutside => self.look_outside().await,
            Request::Probe { probe, smart_host, secret, sender, lane } => {
                let lane = lane.unwrap_or_else(|| DEFAULT_SMART_HOST.to_owned());
                let given = probe::Given { smart_host: &smart_host, secret, lane: &lane };
                probe::probe(&self.force, probe, given, sender.as_deref(), progress).await
            }
            Request::BeginSignIn { smart_host, secret, lane } => {
                let lane = lane.unwrap_or_else(|| DEFAULT_SMART_HOST.to_owned());
                sign_in::begin(&self.force, &lane, &smart_host, secret).await
            }
            Request::CancelSignIn => sign_in::cancel(self, DEFAULT_SMART_HOST).await,
            Request::SignOut => sign_in::sign_out(self, DEFAULT_SMART_HOST).await,
            Request::SendTest { sender, recipient } => {
                let (sender, recipient) = (asks::mailbox("sender", &sender)?, asks::mailbox("recipient", &recipient)?);
                let id = self.relay.submit_test(sender, recipient).await.map_err(|error| store_trouble(&error))?;
                Ok(Answer::Kept { id: id.to_string() })
            }
            Request::ImportLook { metabase } => import::look(self, metabase).await,
            Request::ImportRead { read, keep } => import::read(self, &read, keep).await,
            Request::TakeOverState => import::state(self).await,
            Request::TakeOver { settings, secret } => {
                let secret = secret.map(straight);
                secret.as_ref().map(|secret| fit(secret, &settings)).transpose()?;
                import::take_over(self, *settings, secret).await
            }
            Request::TakeOverBack => import::back(self).await,
            Request::SetAccountPassword { account, password } => access::set_password(self, &account, password).await,
            Request::RemoveAccountPassword { account } => access::remove_password(self, &account).await,
            Request::MayISend { question, settings } => access::may_i_send(self, &question, settings.as_deref()),
            Request::SenderBecomes { smart_host, from } => Ok(shape::sender_becomes(&self.force, &smart_host, &from)),
            Request::DkimKey { domain, selector } => shape::dkim_key(&self.force, &domain, &selector).await,
            Request::NewDkimKey { domain, selector, algorithm, replace, until_restart } => {
                let wanted = shape::NewKey { domain, selector, algorithm, replace, until_restart };
                shape::new_dkim_key(self, wanted).await
            }
            Request::LookUpDkimKey { domain, selector } => shape::look_up_dkim_key(&self.force, &domain, &selector).await,
            Request::Devices => access::devices(self).await,
            Request::Refusals { text, offset, limit } => access::refusals(self, &text, offset, limit).await,
            Request::EndBurst { address, release } => access::end_burst(self, &address, release).await,
            Request::ForgetRefused { address } => {
                let address =
                    address.parse().map_err(|_| Refused::BadValue { field: "address".into(), said: "this is no IP address".into() })?;
                self.relay.forget_refused(address);
                Ok(Answer::Done)
            }
        }
    }

    async fn snapshot(&self) -> Result<Snapshot, Refused> {
        self.force.look_at_networks();
        self.force.look_at_accounts(&self.relay).await;
        let picture = self.relay.picture().await;
        let around = self.force.around();
        let states = picture.listeners.clone();
        let listeners = tokio::task::spawn_blocking(move || states.iter().map(views::listener).collect())
            .await
            .map_err(|_| Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault) })?;
        Ok(Snapshot {
            seq: picture.seq,
            engine: self.force.engine_view(),
            lane: views::lane(&picture.lane, &around),
            other_lanes: picture.other_lanes.iter().map(|lane| views::lane(lane, &around)).collect(),
            paused: picture.paused,
            counters: views::counters(&picture.counters),
            hours: picture.hours.iter().map(views::hour).collect(),
            listeners,
            refused: picture.refused.iter().map(|client| views::refused(client, &around)).collect(),
            recent: picture.recent.iter().map(views::recent).collect(),
            notices: views::notices(&picture.notices, &around),
            settings: self.force.settings_view(),
        })
    }

    async fn page(&self, which: Which, filter: &EntryFilter, offset: u32, limit: u32) -> Result<Answer, Refused> {
        let page = self.relay.page(which, asks::filter(filter), offset, limit.min(LONGEST_PAGE)).await;
        let (page, seq) = page.map_err(|error| store_trouble(&error))?;
        Ok(Answer::Page { page: Page { entries: page.entries.iter().map(views::entry).collect(), total: page.total, seq } })
    }

    async fn story(&self, id: &str) -> Result<Answer, Refused> {
        let story = self.relay.story(asks::id(id)?).await.map_err(|error| store_trouble(&error))?;
        Ok(Answer::Story { story: Box::new(views::story(&story.ok_or(Refused::NoSuchMessage)?)) })
    }

    async fn content(&self, id: &str, offset: u64) -> Result<Answer, Refused> {
        let id = asks::id(id)?;
        match self.relay.content(id, offset, PIECE).await.map_err(|error| store_trouble(&error))? {
            Some((bytes, total)) => Ok(Answer::Content { base64: base64::engine::general_purpose::STANDARD.encode(&bytes), total }),
            None => match self.relay.story(id).await.map_err(|error| store_trouble(&error))? {
                Some(_) => Err(Refused::ContentGone),
                None => Err(Refused::NoSuchMessage),
            },
        }
    }

    async fn settings(&self) -> Answer {
        self.force.look_at_accounts(&self.relay).await;
        Answer::Settings { settings: Box::new(self.force.settings_view()) }
    }

    async fn changed(&self, changed: Result<(), Unchanged>) -> Result<Answer, Refused> {
        match changed {
            Ok(()) => Ok(self.settings().await),
            Err(Unchanged::Problems(problems)) => Ok(Answer::Problems { problems }),
            Err(Unchanged::Refused(refused)) => Err(refused),
        }
    }

    async fn set_secret(&self, new: NewSecret) -> Result<Answer, Refused> {
        if let Some(lane) = secrets::lane_of_sign_in(&new.name) {
            return sign_in::take_over(self, &lane, new.secret).await;
        }
        fit(&new, &self.force.checked().settings)?;
        let NewSecret { name, secret, until_restart } = new;
        let _one_at_a_time = self.force.changing.lock().await;
        self.force
            .secrets
            .write(&name, secret.into_inner(), until_restart)
            .await
            .map_err(|error| Refused::Trouble { problem: error.problem() })?;
        tracing::info!(name, until_restart, "A secret was set");
        self.force.renew(&self.relay).await;
        // A lane that rests for want of a password need rest no longer.
        self.relay.try_lane(secrets::lane_of(&name));
        Ok(self.settings().await)
    }

    async fn remove_secret(&self, name: &str) -> Result<Answer, Refused> {
        // Also of a smart host that is gone.
        if secrets::lane_of(name).is_none() {
            known(name, &self.force.checked().settings)?;
        }
        let _one_at_a_time = self.force.changing.lock().await;
        self.force.secrets.remove(name).await.map_err(|error| Refused::Trouble { problem: error.problem() })?;
        tracing::info!(name, "A secret was removed");
        self.force.renew(&self.relay).await;
        Ok(self.settings().await)
    }

    async fn remove_all_secrets(&self) -> Result<Answer, Refused> {
        let settings = self.force.checked().settings.clone();
        let _one_at_a_time = self.force.changing.lock().await;
        let removed = self.force.secrets.remove_all(&settings).await;
        self.force.renew(&self.relay).await;
        removed.map_err(|error| Refused::Trouble { problem: error.problem() })?;
        tracing::info!("All secrets were removed");
        Ok(self.settings().await)
    }

    async fn machine(&self) -> Result<Answer, Refused> {
        let listeners = self.relay.picture().await.listeners;
        let ours: Vec<u16> =
            listeners.iter().filter(|listener| listener.problem.is_none()).map(|listener| listener.address.port()).collect();
        let settings = self.force.checked().settings.clone();
        let machine = tokio::task::spawn_blocking(move || machine::view(&ours, &settings)).await;
        machine.map(|machine| Answer::Machine { machine }).map_err(|_| Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault) })
    }

    async fn look_outside(&self) -> Result<Answer, Refused> {
        let clock = tokio::task::spawn_blocking(machine::outside::clock);
        let config = self.force.config().await.smart_host;
        let host_name = self.force.engine_view().host_name;
        let seen = machine::outside::seen(config.as_ref(), &host_name, views::trouble).await;
        let clock = clock.await.map_err(|_| Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault) })?;
        Ok(Answer::Outside { outside: OutsideView { seen, clock } })
    }
}

/// Of these settings.
fn known(name: &str, settings: &Settings) -> Result<(), Refused> {
    let others = settings.other_smart_hosts.iter().map(|other| secrets::of_lane(&other.name));
    let names: Vec<String> = secrets::NAMES.iter().map(|name| (*name).to_owned()).chain(others).collect();
    if names.iter().any(|known| known == name) || dkim::is_secret_name(name) {
        return Ok(());
    }
    let said = format!("there is no such secret; there is: {}, {}SELECTOR.DOMAIN", names.join(", "), dkim::PREFIX);
    Err(Refused::BadValue { field: "name".into(), said })
}

fn straight(new: NewSecret) -> NewSecret {
    NewSecret { secret: secrets::in_one_line(new.secret), ..new }
}

/// Whether there is such a secret, and this can be one; it is not repeated.
fn fit(new: &NewSecret, settings: &Settings) -> Result<(), Refused> {
    known(&new.name, settings)?;
    match secrets::unfit(new.secret.clone().into_inner().expose_secret()) {
        None => Ok(()),
        Some(said) => Err(Refused::BadValue { field: "secret".into(), said: said.into() }),
    }
}

fn counted(count: Result<u64, StoreError>) -> Result<Answer, Refused> {
    count.map(|count| Answer::Count { count }).map_err(|error| store_trouble(&error))
}

fn done(done: Result<(), StoreError>) -> Result<Answer, Refused> {
    done.map(|()| Answer::Done).map_err(|error| store_trouble(&error))
}

fn store_trouble(error: &StoreError) -> Refused {
    let code = match error {
        StoreError::Full => ProblemCode::DiskFull,
        StoreError::Stopped => return Refused::Stopping,
        StoreError::Crashed => ProblemCode::EngineFault,
        StoreError::Damaged(_) => ProblemCode::DatabaseDamaged,
        StoreError::Newer { .. } | StoreError::Locked(_) | StoreError::Database(_) | StoreError::File { .. } => ProblemCode::StoreFailed,
    };
    Refused::Trouble { problem: Problem::new(code).said(error.chain()) }
}
