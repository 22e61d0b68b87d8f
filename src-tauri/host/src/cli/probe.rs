//! `outtrayd probe`: the connection check of the settings in force.

use super::{Exit, Failure, Outcome, Place, link, show};
use control::settings::DEFAULT_SMART_HOST;
use control::view::{ProbeOutcome, ProbeStage, ProbeStep};
use control::{Answer, Client, Request};

pub async fn probe(place: &Place, lane: Option<String>, sender: Option<String>) -> Outcome {
    let client = link::connect(place).await?;
    let steps = try_it(&client, lane, sender).await?;
    place.print(&steps, || steps.iter().map(line).collect())?;
    if steps.iter().any(|step| matches!(step.outcome, ProbeOutcome::Failed { .. })) {
        return Err(Failure::new(Exit::Failed, "the provider cannot be used like this"));
    }
    Ok(())
}

/// How each step ended.
async fn try_it(client: &Client, lane: Option<String>, sender: Option<String>) -> Result<Vec<ProbeStep>, Failure> {
    let answer = link::call(client, Request::Settings).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    let of_lane = lane.as_deref().unwrap_or(DEFAULT_SMART_HOST);
    let Some(smart_host) = settings.settings.smart_host_of(of_lane).cloned() else {
        return Err(Failure::new(Exit::Failed, "no such provider is set up"));
    };
    let asked = Request::Probe { probe: 1, smart_host: Box::new(smart_host), secret: None, sender, lane };
    match link::call(client, asked).await? {
        Answer::Probed { steps } => Ok(steps),
        answer => Err(link::strange(&answer)),
    }
}

fn line(step: &ProbeStep) -> String {
    let stage = match step.stage {
        ProbeStage::Name => "name",
        ProbeStage::Connect => "connect",
        ProbeStage::Encrypt => "encrypt",
        ProbeStage::Greet => "greet",
        ProbeStage::SignIn => "sign in",
        ProbeStage::Sender => "sender",
    };
    let (outcome, said) = match &step.outcome {
        ProbeOutcome::Started => ("started", String::new()),
        ProbeOutcome::Passed { found } => ("passed", show::plain(found)),
        ProbeOutcome::Failed { problem } => ("failed", show::trouble(problem)),
        ProbeOutcome::Skipped => ("skipped", String::new()),
    };
    format!("{stage:7}  {outcome:7}  {said}").trim_end().to_owned() + "\n"
}
