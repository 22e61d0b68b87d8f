//! Taking over from the Windows SMTP service, as the window asks for it.

use super::FrontDesk;
use crate::import::takeover::{self, NotDone, Wanted, WindowsSmtp};
use crate::import::{self, Around};
use crate::machine;
use control::import::MetabaseFile;
use control::problem::{Problem, ProblemCode};
use control::request::{Answer, NewSecret, Refused};
use control::{Client, Settings};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Reading it takes PowerShell some seconds.
pub async fn look(desk: &FrontDesk, metabase: Option<MetabaseFile>) -> Result<Answer, Refused> {
    let folder = desk.force.facts.folder.clone();
    blocking(move || {
        let around = around();
        Answer::Import { found: Box::new(import::look(metabase.as_ref(), &around, takeover::view(&WindowsSmtp, &folder))) }
    })
    .await
}

/// The private networks of this machine's cards.
pub fn around() -> Around {
    let private = machine::networks().into_iter().filter(|network| network.private);
    Around { private_networks: private.map(|network| (network.network, network.card)).collect(), ..Around::default() }
}

pub async fn state(desk: &FrontDesk) -> Result<Answer, Refused> {
    let folder = desk.force.facts.folder.clone();
    blocking(move || Answer::TakeOver { state: takeover::view(&WindowsSmtp, &folder) }).await
}

pub async fn take_over(desk: &FrontDesk, settings: Settings, secret: Option<NewSecret>) -> Result<Answer, Refused> {
    let former = match &secret {
        Some(secret) => former(desk, &secret.name).await?,
        None => None,
    };
    change(desk, async move |engine, folder, now| {
        takeover::take_over(&engine, &WindowsSmtp, &folder, Wanted { settings: &settings, secret, former }, now).await
    })
    .await
}

/// What is to be put back when the take-over fails.
async fn former(desk: &FrontDesk, name: &str) -> Result<Option<NewSecret>, Refused> {
    let found = desk.force.secrets.read(name).await;
    let until_restart = desk.force.secrets.view(name, &found).until_restart;
    let found = desk.force.secrets.hand_over(name).await.map_err(|error| Refused::Trouble { problem: error.problem() })?;
    Ok(found.map(|secret| NewSecret { name: name.to_owned(), secret, until_restart }))
}

pub async fn back(desk: &FrontDesk) -> Result<Answer, Refused> {
    change(desk, async |engine, folder, _| takeover::back(&engine, &WindowsSmtp, &folder).await).await
}

/// On a thread of its own: a service takes its time to stop.
async fn change<F, Act>(desk: &FrontDesk, act: Act) -> Result<Answer, Refused>
where
    Act: FnOnce(Client, PathBuf, i64) -> F + Send + 'static,
    F: Future<Output = Result<(), NotDone>>,
{
    let engine = Client::in_memory(Arc::new(desk.clone()));
    let (folder, now) = (desk.force.facts.folder.clone(), desk.force.now_millis());
    blocking(move || {
        let outcome = Handle::current().block_on(act(engine, folder.clone(), now));
        match outcome {
            Ok(()) => Answer::TakeOver { state: takeover::view(&WindowsSmtp, &folder) },
            Err(NotDone::Problems(problems)) => Answer::Problems { problems },
            Err(NotDone::Trouble(trouble)) => Answer::NotTakenOver { trouble },
        }
    })
    .await
}

async fn blocking(ask: impl FnOnce() -> Answer + Send + 'static) -> Result<Answer, Refused> {
    tokio::task::spawn_blocking(ask).await.map_err(|_| Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault) })
}
