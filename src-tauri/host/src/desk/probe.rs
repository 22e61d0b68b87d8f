//! The connection check: tries a smart host step by step, saved or not, and tells each step.

use super::{Force, asks, views};
use crate::oauth::Plan;
use crate::secrets::in_one_line;
use crate::settings::{Credentials, check::check_smart_host, graph, smart_host};
use control::request::{Answer, Refused};
use control::settings::SmartHostSettings;
use control::view::ProbeOutcome;
use control::{Progress, Secret};
use relay::smarthost::Tokens;
use relay::smarthost::probe::{self, ProbeReport};
use std::sync::Arc;

/// What is tried. Without `secret` the one stored for this smart host is used.
pub struct Given<'a> {
    pub smart_host: &'a SmartHostSettings,
    pub secret: Option<Secret>,
    pub lane: &'a str,
}

pub async fn probe(
    force: &Force,
    number: u32,
    Given { smart_host: settings, secret, lane }: Given<'_>,
    sender: Option<&str>,
    progress: Progress,
) -> Result<Answer, Refused> {
    let problems = check_smart_host(settings, &force.facts);
    if !problems.is_empty() {
        return Ok(Answer::Problems { problems });
    }
    let sender = sender.map(|sender| asks::mailbox("sender", sender)).transpose()?;
    let password = match secret {
        Some(secret) => Some(in_one_line(secret).into_inner()),
        None => force.password(lane).await,
    };
    let tokens = Plan::of(settings, &force.facts.folder)
        .map(|plan| Arc::new(force.oauth_of(lane).source(plan, password.clone())) as Arc<dyn Tokens>);
    let mut steps = Vec::new();
    let mut tell = |report: ProbeReport| {
        let step = views::probe_step(&report);
        progress.probed(number, step.clone());
        if step.outcome != ProbeOutcome::Started {
            steps.push(step);
        }
    };
    if let Some(graph) = tokens.as_ref().and_then(|tokens| graph(settings, &force.facts.folder, tokens, None)) {
        graph.probe(&mut tell).await;
        return Ok(Answer::Probed { steps });
    }
    let config = smart_host(settings, &force.facts.folder, Credentials { password, tokens, ..Credentials::default() });
    let host_name = force.engine_view().host_name;
    probe::probe(&config, &host_name, sender.as_ref(), tell).await;
    Ok(Answer::Probed { steps })
}
