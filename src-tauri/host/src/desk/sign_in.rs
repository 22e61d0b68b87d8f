//! Signing in with a browser, and out again.

use super::{Force, FrontDesk, views};
use crate::oauth::Plan;
use crate::secrets::in_one_line;
use crate::settings::check::check_smart_host;
use control::Secret;
use control::problem::{Problem, ProblemCode};
use control::request::{Answer, Refused};
use control::settings::SmartHostSettings;
use control::view::SignInView;

/// Without `secret` the stored one is used, where one is wanted.
pub async fn begin(force: &Force, lane: &str, settings: &SmartHostSettings, secret: Option<Secret>) -> Result<Answer, Refused> {
    let problems = check_smart_host(settings, &force.facts);
    if !problems.is_empty() {
        return Ok(Answer::Problems { problems });
    }
    let nobody = || Refused::BadValue {
        field: "smartHost.signIn".into(),
        said: "with these settings nobody has to sign in with a browser; `deviceCode` or `authorizationCode` would be wanted".into(),
    };
    let plan = Plan::of(settings, &force.facts.folder).ok_or_else(nobody)?;
    let secret = match secret {
        Some(secret) => Some(in_one_line(secret).into_inner()),
        None if plan.wants_secret() => force.password(lane).await,
        None => None,
    };
    if plan.wants_secret() && secret.is_none() {
        return Err(Refused::Trouble { problem: Problem::new(ProblemCode::SecretMissing).about(plan.user) });
    }
    let begun = force.oauth_of(lane).begin(plan, secret).await;
    begun.map_err(|trouble| Refused::Trouble { problem: views::trouble(&trouble) })?.ok_or_else(nobody)?;
    view(force, lane).map(|sign_in| Answer::SignIn { sign_in }).ok_or_else(nobody)
}

/// From an engine whose place this one takes: what it has kept is worth the same here.
pub async fn take_over(desk: &FrontDesk, lane: &str, kept: Secret) -> Result<Answer, Refused> {
    let wrong = |field: &str, said: &str| Refused::BadValue { field: field.into(), said: said.into() };
    if desk.force.checked().settings.smart_host_of(lane).is_none() {
        return Err(wrong("name", "there is no such smart host"));
    }
    let _one_at_a_time = desk.force.changing.lock().await;
    if !desk.force.oauth_of(lane).take_over(&kept.into_inner()).await {
        return Err(wrong("secret", "this is not what an engine keeps of a sign-in"));
    }
    Ok(desk.settings().await)
}

pub async fn cancel(desk: &FrontDesk, lane: &str) -> Result<Answer, Refused> {
    desk.force.oauth_of(lane).cancel();
    Ok(desk.settings().await)
}

pub async fn sign_out(desk: &FrontDesk, lane: &str) -> Result<Answer, Refused> {
    desk.force.oauth_of(lane).sign_out().await.map_err(|error| Refused::Trouble { problem: error.problem() })?;
    tracing::info!("Signed out");
    // Lines that are open were signed in with what is forgotten now.
    let _one_at_a_time = desk.force.changing.lock().await;
    desk.relay.forget_lines();
    desk.force.renew(&desk.relay).await;
    Ok(desk.settings().await)
}

fn view(force: &Force, lane: &str) -> Option<SignInView> {
    force.oauth_of(lane).view(views::trouble)
}
