//! What is changed in a message on its way out: questions of people, answered by the engine's own code.

use super::{Force, FrontDesk};
use crate::dkim;
use crate::settings::dkim::{is_domain, is_selector};
use crate::settings::{check::check_smart_host, rewriting};
use control::problem::{Problem, ProblemCode};
use control::request::{Answer, Refused};
use control::settings::SmartHostSettings;
use control::view::{DkimAlgorithm, RewrittenView};
use relay::smarthost::rewrite::{DisplayName, Preview, Rewriting};

pub fn sender_becomes(force: &Force, smart_host: &SmartHostSettings, from: &str) -> Answer {
    // Server and password may still be missing: nobody is called.
    let mut problems = check_smart_host(smart_host, &force.facts);
    problems.retain(|problem| problem.field.starts_with("smartHost.rewriting"));
    if !problems.is_empty() {
        return Answer::Problems { problems };
    }
    let none = Rewriting { rows: Vec::new(), display_name: DisplayName::Kept, reply_to: false };
    let Preview { envelope, from, reply_to, original_from } = rewriting::of(smart_host).unwrap_or(none).preview(from);
    Answer::Rewritten { rewritten: RewrittenView { envelope, from, reply_to, original_from } }
}

pub struct NewKey {
    pub domain: String,
    pub selector: String,
    pub algorithm: DkimAlgorithm,
    pub replace: bool,
    pub until_restart: bool,
}

pub async fn dkim_key(force: &Force, domain: &str, selector: &str) -> Result<Answer, Refused> {
    named(domain, selector)?;
    let key = dkim::read(&force.secrets, domain, selector).await.map_err(|error| Refused::Trouble { problem: error.problem() })?;
    Ok(Answer::DkimKey { key: dkim::view(&force.secrets, domain, selector, key.as_ref()) })
}

pub async fn new_dkim_key(desk: &FrontDesk, wanted: NewKey) -> Result<Answer, Refused> {
    let NewKey { domain, selector, algorithm, replace, until_restart } = wanted;
    named(&domain, &selector)?;
    let _one_at_a_time = desk.force.changing.lock().await;
    let secrets = &desk.force.secrets;
    let trouble = |error: crate::secrets::SecretError| Refused::Trouble { problem: error.problem() };
    if !replace && dkim::read(secrets, &domain, &selector).await.map_err(trouble)?.is_some() {
        let said = "there is a key of this name already; what is published for it would be worth nothing".into();
        return Err(Refused::BadValue { field: "selector".into(), said });
    }
    let fault = |said: String| Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault).said(said) };
    let made = tokio::task::spawn_blocking(move || dkim::generate(algorithm)).await.map_err(|error| fault(error.to_string()))?;
    let made = made.map_err(|error| fault(error.to_string()))?;
    secrets.write(&dkim::secret_name(&domain, &selector), made, until_restart).await.map_err(trouble)?;
    tracing::info!(domain, selector, "A key that signs mail was made");
    desk.force.renew(&desk.relay).await;
    // A lane that rests for want of it need rest no longer.
    desk.relay.try_lane(None);
    dkim_key(&desk.force, &domain, &selector).await
}

pub async fn look_up_dkim_key(force: &Force, domain: &str, selector: &str) -> Result<Answer, Refused> {
    named(domain, selector)?;
    let key = dkim::read(&force.secrets, domain, selector).await.map_err(|error| Refused::Trouble { problem: error.problem() })?;
    let Some(key) = key else {
        return Err(Refused::Trouble { problem: Problem::new(ProblemCode::SigningKeyMissing).about(domain) });
    };
    Ok(Answer::DkimFound { found: dkim::look_up(&dkim::record_name(domain, selector), &key.public()).await })
}

fn named(domain: &str, selector: &str) -> Result<(), Refused> {
    let bad = |field: &str, said: &str| Refused::BadValue { field: field.into(), said: said.into() };
    if !is_domain(domain) {
        return Err(bad("domain", "this is no domain"));
    }
    if is_selector(selector) { Ok(()) } else { Err(bad("selector", "letters, digits and hyphens, as in `outtray`")) }
}
