//! Commands that change something.

use super::{Exit, Failure, Outcome, Place, WhichArgs, link, show};
use control::request::{EntryFilter, Selection};
use control::{Answer, Request, Secret};
use relay::clock::{Clock, SystemClock};
use serde_json::json;
use std::io::{IsTerminal, Read};

/// More than any credential store keeps.
const LONGEST_SECRET: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub enum Act {
    Retry,
    Hold,
    Release,
    Delete { tell_sender: bool },
}

pub async fn act(place: &Place, which: WhichArgs, act: Act) -> Outcome {
    let named = which.id.len() as u64;
    let which = if which.all {
        Selection::Matching { filter: EntryFilter::default(), accepted_until: SystemClock.now().as_millisecond() }
    } else {
        Selection::Ids { ids: which.id }
    };
    let (request, done) = match act {
        Act::Retry => (Request::Retry { which }, "to be tried now"),
        Act::Hold => (Request::Hold { which }, "on hold"),
        Act::Release => (Request::Release { which }, "released"),
        Act::Delete { tell_sender } => (Request::Delete { which, tell_sender }, "deleted"),
    };
    let answer = link::ask(place, request).await?;
    let Answer::Count { count } = answer else { return Err(link::strange(&answer)) };
    place.print(&json!({ "count": count }), || format!("{count} {} {done}", if count == 1 { "message" } else { "messages" }))?;
    if count < named {
        let said = format!("{} of {named} are not waiting (any more), or cannot be {done}", named - count);
        return Err(Failure::new(Exit::NoSuchMessage, said));
    }
    Ok(())
}

/// A request whose answer says no more than that it was done.
pub async fn tell(place: &Place, request: Request, done: &str) -> Outcome {
    match link::ask(place, request).await? {
        Answer::Done => place.print(&json!({ "done": true }), || done.to_owned()),
        Answer::Settings { settings } => place.print(&settings.secrets, || done.to_owned()),
        answer => Err(link::strange(&answer)),
    }
}

/// Fails while a port is still shut, so that a script can wait for it.
pub async fn try_listeners(place: &Place) -> Outcome {
    let client = link::connect(place).await?;
    let answer = link::call(&client, Request::TryListeners).await?;
    let Answer::Done = answer else { return Err(link::strange(&answer)) };
    let answer = link::call(&client, Request::Snapshot).await?;
    let Answer::Snapshot { snapshot } = answer else { return Err(link::strange(&answer)) };
    place.print(&snapshot.listeners, || show::ports(&snapshot.listeners))?;
    match snapshot.listeners.iter().filter(|listener| listener.problem.is_some()).count() {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Failed, "one port could not be opened")),
        shut => Err(Failure::new(Exit::Failed, format!("{shut} ports could not be opened"))),
    }
}

pub async fn set_secret(place: &Place, name: String, until_restart: bool) -> Outcome {
    // First the engine: nobody should type a secret in vain.
    let client = link::connect(place).await?;
    let secret = Secret::new(read_secret()?);
    let answer = link::call(&client, Request::SetSecret { name, secret, until_restart }).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    let done = if until_restart { "The secret is kept until the next restart." } else { "The secret is stored." };
    place.print(&settings.secrets, || done.to_owned())
}

pub async fn send_test(place: &Place, address: String, from: Option<String>) -> Outcome {
    let client = link::connect(place).await?;
    let sender = match from {
        Some(from) => from,
        None => own_sender(&client).await?,
    };
    let answer = link::call(&client, Request::SendTest { sender: sender.clone(), recipient: address.clone() }).await?;
    let Answer::Kept { id } = answer else { return Err(link::strange(&answer)) };
    place.print(&json!({ "id": id, "from": sender, "to": address }), || format!("In the queue as {id}, from {sender} to {address}"))
}

/// Most providers take only the address that signs in.
async fn own_sender(client: &control::Client) -> Result<String, Failure> {
    let answer = link::call(client, Request::Snapshot).await?;
    let Answer::Snapshot { snapshot } = answer else { return Err(link::strange(&answer)) };
    if let Some(smart_host) = &snapshot.settings.settings.smart_host
        && let Some(user) = smart_host.sign_in.user()
        && user.contains('@')
    {
        return Ok(user.to_owned());
    }
    Ok(format!("outtray@{}", snapshot.engine.host_name))
}

/// All of standard input without its last line end; at a terminal, one line.
pub fn read_secret() -> std::io::Result<String> {
    let input = std::io::stdin();
    let mut text = String::new();
    if input.is_terminal() {
        text = rpassword::prompt_password("Type the secret and press Enter. It is not shown: ")?;
    } else {
        input.lock().take(LONGEST_SECRET).read_to_string(&mut text)?;
    }
    let end = text.strip_suffix('\n').map_or(text.len(), |text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(end);
    Ok(text)
}
