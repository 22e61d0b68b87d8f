//! `outtrayd sign-in`: shows what somebody has to open with a browser, and waits until it is done.

use super::{Exit, Failure, Outcome, Place, link, show};
use clap::Subcommand;
use control::request::LaneAct;
use control::settings::DEFAULT_SMART_HOST;
use control::view::{SettingsView, SignInView, SignInWaiting};
use control::{Answer, Client, Request};
use futures_util::StreamExt;

#[derive(Debug, Subcommand)]
pub enum SignInCommand {
    /// Tell how the sign-in stands
    Status,
    /// Forget it: tokens, and what they are made with
    Forget,
}

pub async fn perform(place: &Place, lane: Option<String>, command: Option<SignInCommand>) -> Outcome {
    let lane = lane.unwrap_or_else(|| DEFAULT_SMART_HOST.to_owned());
    match command {
        None => begin(place, lane).await,
        Some(SignInCommand::Status) => status(place, &lane).await,
        Some(SignInCommand::Forget) => forget(place, lane).await,
    }
}

/// With `--json`, one line for what is to be done, and one for how it ended.
async fn begin(place: &Place, lane: String) -> Outcome {
    let client = link::connect(place).await?;
    let Some(smart_host) = settings(&client).await?.settings.smart_host_of(&lane).cloned() else {
        return Err(Failure::new(Exit::Failed, "no such provider is set up"));
    };
    // From now on nothing that happens is missed.
    let mut events = client.events();
    link::call(&client, Request::Subscribe).await?;
    let begun = match link::call(&client, Request::BeginSignIn { smart_host: Box::new(smart_host), secret: None, lane: Some(lane.clone()) })
        .await?
    {
        Answer::SignIn { sign_in } => sign_in,
        answer => return Err(link::strange(&answer)),
    };
    if let Some(waiting) = &begun.waiting {
        place.print(waiting, || asked(waiting))?;
    }
    let ended = loop {
        match of_lane(settings(&client).await?, &lane) {
            Some(SignInView { waiting: Some(_), .. }) => {}
            Some(ended) => break ended,
            None => return Err(Failure::new(Exit::Failed, "the settings have changed meanwhile: no token is wanted any more")),
        }
        if events.next().await.is_none() {
            return Err(Failure::new(Exit::NoEngine, "the engine has stopped"));
        }
    };
    place.print(&ended, || text(&ended))?;
    match &ended.problem {
        Some(problem) => Err(Failure::new(Exit::Failed, show::trouble(problem))),
        None if ended.signed_in => Ok(()),
        None => Err(Failure::new(Exit::Failed, "the sign-in was given up")),
    }
}

async fn status(place: &Place, lane: &str) -> Outcome {
    let client = link::connect(place).await?;
    let view = of_lane(settings(&client).await?, lane);
    place.print(&view, || view.as_ref().map_or_else(|| "The settings want no token.".to_owned(), text))
}

async fn forget(place: &Place, lane: String) -> Outcome {
    match link::ask(place, Request::Lane { lane: lane.clone(), act: LaneAct::SignOut }).await? {
        Answer::Settings { settings } => place.print(&of_lane(*settings, &lane), || "The sign-in is forgotten.".to_owned()),
        answer => Err(link::strange(&answer)),
    }
}

fn of_lane(view: SettingsView, lane: &str) -> Option<SignInView> {
    if lane == DEFAULT_SMART_HOST {
        return view.sign_in;
    }
    view.other_sign_ins.into_iter().find(|other| other.name == lane).map(|other| other.sign_in)
}

async fn settings(client: &Client) -> Result<SettingsView, Failure> {
    match link::call(client, Request::Settings).await? {
        Answer::Settings { settings } => Ok(*settings),
        answer => Err(link::strange(&answer)),
    }
}

fn asked(waiting: &SignInWaiting) -> String {
    match waiting {
        SignInWaiting::DeviceCode { code, link, until } => {
            format!(
                "Open {} with any browser, type the code {} and sign in, before {}.",
                show::plain(link),
                show::plain(code),
                show::when(Some(*until))
            )
        }
        SignInWaiting::Browser { link, until } => {
            format!("Open this with a browser on this machine and sign in, before {}:\n{}", show::when(Some(*until)), show::plain(link))
        }
    }
}

fn text(view: &SignInView) -> String {
    let mut rows = vec![["signed in".to_owned(), if view.signed_in { "yes" } else { "no" }.to_owned()]];
    if let Some(account) = &view.account {
        rows.push(["as".to_owned(), show::plain(account)]);
    }
    if view.since.is_some() {
        let kept = if view.until_restart { ", kept until the restart" } else { "" };
        rows.push(["since".to_owned(), format!("{}{kept}", show::when(view.since))]);
    }
    if view.token_until.is_some() {
        rows.push(["token until".to_owned(), show::when(view.token_until)]);
    }
    if let Some(waiting) = &view.waiting {
        rows.push(["waiting".to_owned(), asked(waiting)]);
    }
    if let Some(problem) = &view.problem {
        rows.push(["problem".to_owned(), show::trouble(problem)]);
    }
    show::table(&rows)
}
