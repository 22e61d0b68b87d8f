//! The way to the running engine.

use super::{Exit, Failure, Place};
use control::pipe::{self, Guest};
use control::request::Refused;
use control::{Answer, Client, Request};
use std::io::ErrorKind;
use std::time::Duration;

/// A connection check may wait for the other side in each of its steps; nothing else takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(180);

/// One question to the engine that runs on the data folder; what it refuses is a failure.
pub async fn ask(place: &Place, request: Request) -> Result<Answer, Failure> {
    let client = connect(place).await?;
    call(&client, request).await
}

pub async fn connect(place: &Place) -> Result<Client, Failure> {
    connect_to(place, None).await
}

/// To an engine that may also run as that account.
pub async fn connect_to(place: &Place, account: Option<&Guest>) -> Result<Client, Failure> {
    match pipe::connect_to(&place.data, account).await {
        Ok(stream) => Ok(Client::over(stream)),
        Err(error) => Err(match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory => {
                Failure::new(Exit::NoEngine, format!("no engine runs on {}", place.data.display()))
            }
            // Not the system's refusal but ours: it says who else answers there.
            ErrorKind::PermissionDenied if error.raw_os_error().is_none() => Failure::new(Exit::Failed, error.to_string()),
            ErrorKind::PermissionDenied => {
                Failure::new(Exit::Failed, format!("this account may not speak to the engine on {}", place.data.display()))
            }
            _ => Failure::new(Exit::Failed, format!("the engine on {} cannot be spoken to: {error}", place.data.display())),
        }),
    }
}

pub async fn call(client: &Client, request: Request) -> Result<Answer, Failure> {
    let answer = tokio::time::timeout(PATIENCE, client.call(request)).await;
    match answer.map_err(|_| Failure::new(Exit::Failed, "the engine does not answer"))?? {
        Answer::Refused { refused } => Err(match refused {
            Refused::NoSuchMessage => Failure::new(Exit::NoSuchMessage, "no such message"),
            Refused::ContentGone => Failure::new(Exit::NoSuchMessage, "the content of this message is not kept any more"),
            Refused::NotUnderstood { said } => {
                Failure::new(Exit::Failed, format!("the engine did not understand; is it of another version? {said}"))
            }
            Refused::BadValue { field, said } => Failure::new(Exit::Usage, format!("{field}: {said}")),
            Refused::Trouble { problem } => Failure::new(Exit::Failed, super::show::trouble(&problem)),
            Refused::Stopping => Failure::new(Exit::NoEngine, "the engine is stopping"),
        }),
        answer => Ok(answer),
    }
}

/// An answer of another kind than the question's.
pub fn strange(answer: &Answer) -> Failure {
    // Not the whole of it: it may be large.
    let kind = serde_json::to_value(answer).ok().and_then(|value| value.get("kind").cloned()).unwrap_or_default();
    Failure::new(Exit::Failed, format!("the engine gave a strange answer: {kind}"))
}
