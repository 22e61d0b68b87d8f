//! The connection check: tries a smart host step by step, saved or not, and tells each step.

use super::{Force, asks, views};
use crate::settings::{check::check_smart_host, smart_host};
use control::request::{Answer, Refused};
use control::settings::SmartHostSettings;
use control::{Progress, Secret};
use relay::smarthost::probe::{self, ProbeReport};

/// Without `secret` the stored one is used.
pub async fn probe(
    force: &Force,
    number: u32,
    settings: &SmartHostSettings,
    secret: Option<Secret>,
    sender: Option<&str>,
    progress: Progress,
) -> Result<Answer, Refused> {
    let problems = check_smart_host(settings, &force.facts);
    if !problems.is_empty() {
        return Ok(Answer::Problems { problems });
    }
    let sender = sender.map(|sender| asks::mailbox("sender", sender)).transpose()?;
    let password = match secret {
        Some(secret) => Some(secret.into_inner()),
        None => force.password().await,
    };
    let config = smart_host(settings, &force.facts.folder, password);
    let host_name = force.engine_view().host_name;
    let tell = |report: ProbeReport| progress.probed(number, views::probe_step(&report));
    probe::probe(&config, &host_name, sender.as_ref(), tell).await;
    Ok(Answer::Done)
}
