//! Settings, queue, history and secrets on their way into the service, or back.
//!
//! In: the engine, which way. Out: steps as they begin, then [`Moved`], or in words what went wrong.
//!
//! Promise: at no moment do two engines run, and at the end one does: the service's, or, when anything
//! failed on the way, our own again. A secret's own copy goes only when the service has said that it
//! holds it.

use super::{Service, own_account};
use crate::engine::Engine;
use crate::link::Reason;
use control::settings::DEFAULT_SMART_HOST;
use control::view::{SecretStoreView, SettingsView, SignInView};
use control::{Answer, Client, Request, Secret};
use host::secrets::{SMART_HOST, Secrets, names_of, sign_in_of_lane};
use host::service::elevation::Undone;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The service starts, makes certificates and reads its queue.
const SERVICE_ANSWERS_WITHIN: Duration = Duration::from_secs(60);
const KNOCK_AGAIN: Duration = Duration::from_millis(250);
/// A credential store that asks somebody to unlock it is given up on after 20 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// What is under way ends, for ten seconds at most.
    Stopping,
    /// The system asks the person, then the verb runs.
    Asking,
    /// The service is waited for.
    Attaching,
    /// Passwords change hands.
    HandingOver,
    /// It went wrong: everything is taken back.
    TakingBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Moved {
    #[serde(rename_all = "camelCase")]
    Done { password_missing: bool },
    /// The person said no; nothing was changed.
    Cancelled,
}

/// Into the service.
pub async fn there(engine: &Engine, step: impl Fn(Step)) -> Result<Moved, String> {
    let service = engine.service().clone();
    let Ok(_one_at_a_time) = service.moving.try_lock() else { return Err("it is being done already".into()) };
    let (true, Some(machine)) = (service.can_be_installed(), service.machine_folder()) else {
        return Err("outtrayd is not beside this program; install Outtray again".into());
    };
    step(Step::Stopping);
    let _resting = engine.rest(Reason::Moving).await?;
    let own = Secrets::open(service.own_folder()).await;
    step(Step::Asking);
    match service.perform(install(&service)?).await {
        Ok(()) => {}
        Err(Undone::Cancelled) => return Ok(Moved::Cancelled),
        Err(Undone::Failed(said)) => {
            return Err(format!("The service could not be installed: {}{}", sentence(&said), where_it_is(&service, false)));
        }
    }
    step(Step::Attaching);
    let attached = tokio::time::timeout(SERVICE_ANSWERS_WITHIN, answering(machine)).await;
    let Ok((client, before)) = attached else {
        step(Step::TakingBack);
        let gone_again = service.perform(uninstall(&service)).await.is_ok();
        let then = if gone_again { "was removed again" } else { "could not be removed again" };
        return Err(format!("The service was installed, did not answer within a minute, and {then}.{}", where_it_is(&service, false)));
    };
    step(Step::HandingOver);
    let mut after = before;
    for name in names_of(&after.settings) {
        // What cannot be read here can be typed again there.
        let Ok(Some(secret)) = own.hand_over(&name).await else { continue };
        let taken = if is_sealed(&after, &name) {
            true
        } else if let Some(settings) = give(&client, &name, secret).await {
            after = settings;
            true
        } else {
            false
        };
        if taken && let Err(error) = own.remove(&name).await {
            tracing::warn!(name, %error, "Our own copy of a secret could not be removed");
        }
    }
    hand_over_sign_ins(&own, &client, &after).await;
    Ok(Moved::Done { password_missing: misses_password(&after) })
}

/// So that nobody has to sign in again. A service whose store is read-only has them until its restart: ours stay then.
async fn hand_over_sign_ins(own: &Secrets, client: &Client, settings: &SettingsView) {
    for (lane, _) in settings.settings.smart_hosts().filter(|(_, smart_host)| smart_host.sign_in.wants_somebody()) {
        let name = sign_in_of_lane(lane);
        let Ok(Some(kept)) = own.hand_over_long(&name).await else { continue };
        let request = Request::SetSecret { name: name.clone(), secret: kept, until_restart: false };
        let taken = match tokio::time::timeout(ANSWER_WITHIN, client.call(request)).await {
            Ok(Ok(Answer::Settings { settings })) => sign_in_of(&settings, lane).is_some_and(|view| view.signed_in && !view.until_restart),
            _ => {
                tracing::warn!(lane, "The service did not take a sign-in");
                false
            }
        };
        if taken && let Err(error) = own.remove_long(&name).await {
            tracing::warn!(lane, %error, "Our own copy of a sign-in could not be removed");
        }
    }
}

fn sign_in_of<'a>(settings: &'a SettingsView, lane: &str) -> Option<&'a SignInView> {
    if lane == DEFAULT_SMART_HOST {
        return settings.sign_in.as_ref();
    }
    settings.other_sign_ins.iter().find(|other| other.name == lane).map(|other| &other.sign_in)
}

/// Out of the service, into the account's own folder. No engine gives a password back.
pub async fn back(engine: &Engine, step: impl Fn(Step)) -> Result<Moved, String> {
    let service = engine.service().clone();
    let Ok(_one_at_a_time) = service.moving.try_lock() else { return Err("it is being done already".into()) };
    let needed = match engine.call(Request::Settings).await {
        Ok(Answer::Settings { settings }) => needs_password(&settings),
        Ok(_) | Err(_) => true,
    };
    step(Step::Stopping);
    let _resting = engine.rest(Reason::Moving).await?;
    step(Step::Asking);
    match service.perform(uninstall(&service)).await {
        Ok(()) => Ok(Moved::Done { password_missing: needed }),
        Err(Undone::Cancelled) => Ok(Moved::Cancelled),
        Err(Undone::Failed(said)) => Err(format!("The service could not be removed: {}{}", sentence(&said), where_it_is(&service, true))),
    }
}

/// Ends the engine and starts it again: our own, or the service's. False: the person said no.
pub async fn restart(engine: &Engine) -> Result<bool, String> {
    if engine.is_ours() {
        // Dropped at once: the keeper then begins anew.
        return engine.rest(Reason::Restarting).await.map(|_resting| true);
    }
    if !engine.service().is_installed() {
        return Err("Another program runs it: restart that.".into());
    }
    engine.service().ask(vec!["service".into(), "restart".into()]).await
}

fn install(service: &Service) -> Result<Vec<std::ffi::OsString>, String> {
    let mut words = vec!["service".into(), "install".into(), "--start".into()];
    // Only Windows lets another account than the service's and an administrator in.
    if cfg!(windows) {
        words.extend(["--user".into(), own_account()?.into()]);
    }
    words.extend(["--take-over".into(), service.own_folder().into()]);
    Ok(words)
}

fn uninstall(service: &Service) -> Vec<std::ffi::OsString> {
    vec!["service".into(), "uninstall".into(), "--give-back".into(), service.own_folder().into()]
}

/// `outtrayd: …` without a full stop becomes a sentence.
pub(super) fn sentence(said: &str) -> String {
    let said = said.trim().trim_start_matches("outtrayd: ");
    if said.ends_with(['.', '!', '?']) { said.to_owned() } else { format!("{said}.") }
}

/// How things are after a failure, as far as it can be seen; `before`: the service was installed, and had the mail.
fn where_it_is(service: &Service, before: bool) -> String {
    let gone_to = host::moving::moved_to(service.own_folder());
    let installed = service.is_installed();
    if installed == before && gone_to.is_some() == before {
        return " Everything is as it was.".to_owned();
    }
    let state = if installed { " The service is installed." } else { " The service is not installed." };
    let mail = gone_to.map(|folder| format!(" The mail is in {}.", folder.display())).unwrap_or_default();
    format!("{state}{mail}")
}

/// Until the engine of that folder answers.
async fn answering(folder: &Path) -> (Client, SettingsView) {
    loop {
        if let Ok(stream) = control::pipe::connect(folder).await {
            let client = Client::over(stream);
            if let Ok(Answer::Settings { settings }) = client.call(Request::Settings).await {
                return (client, *settings);
            }
        }
        tokio::time::sleep(KNOCK_AGAIN).await;
    }
}

/// The settings as they are then, if the other engine holds the secret for good.
async fn give(client: &Client, name: &str, secret: Secret) -> Option<SettingsView> {
    let request = Request::SetSecret { name: name.to_owned(), secret, until_restart: false };
    match tokio::time::timeout(ANSWER_WITHIN, client.call(request)).await {
        Ok(Ok(Answer::Settings { settings })) if holds(&settings, name) => Some(*settings),
        _ => {
            tracing::warn!(name, "The service did not take a secret");
            None
        }
    }
}

fn holds(settings: &SettingsView, name: &str) -> bool {
    settings.secrets.iter().any(|secret| secret.name == name && secret.is_set && !secret.until_restart)
}

/// On Linux the verb has sealed ours already, and the service writes none.
fn is_sealed(settings: &SettingsView, name: &str) -> bool {
    settings.store == SecretStoreView::CredentialsDirectory && holds(settings, name)
}

fn needs_password(settings: &SettingsView) -> bool {
    settings.settings.smart_host.as_ref().is_some_and(|smart_host| smart_host.sign_in.wants_secret())
}

fn misses_password(settings: &SettingsView) -> bool {
    needs_password(settings) && !settings.secrets.iter().any(|secret| secret.name == SMART_HOST && secret.is_set)
}

#[cfg(all(test, unix))]
#[path = "moving_tests.rs"]
mod tests;
