//! Taking over from the Windows SMTP service, as the window asks for it.

use super::FrontDesk;
use crate::import::takeover::{self, Folders, NotDone, Wanted, WindowsSmtp};
use crate::import::{self, Around, Read};
use crate::machine;
use control::import::MetabaseFile;
use control::problem::{Problem, ProblemCode};
use control::request::{Answer, NewSecret, Refused};
use control::{Client, Settings};
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// Reading it takes PowerShell some seconds.
pub async fn look(desk: &FrontDesk, metabase: Option<MetabaseFile>) -> Result<Answer, Refused> {
    let folder = desk.force.facts.folder.clone();
    let told = kept(desk).told.clone().filter(|_| metabase.is_none());
    let desk = desk.clone();
    blocking(move || {
        let service = takeover::view(&WindowsSmtp, &folder);
        let read = told.map_or_else(|| import::read(metabase.as_ref(), service.service), Ok);
        if let Ok(Read { folders: Some(folders), .. }) = &read {
            kept(&desk).folders = Some(folders.clone());
        }
        Answer::Import { found: Box::new(import::look(read.as_ref(), &around(), service)) }
    })
    .await
}

/// What somebody with more rights has read.
pub async fn read(desk: &FrontDesk, text: &str, keep: bool) -> Result<Answer, Refused> {
    let Some(read) = Read::from_text(text) else {
        return Err(Refused::NotUnderstood { said: "this is not what `outtrayd import iis` reads".to_owned() });
    };
    if keep {
        let mut kept = kept(desk);
        kept.folders.clone_from(&read.folders);
        kept.told = Some(read.clone());
    }
    let folder = desk.force.facts.folder.clone();
    blocking(move || Answer::Import { found: Box::new(import::look(Ok(&read), &around(), takeover::view(&WindowsSmtp, &folder))) }).await
}

/// What is known of the Windows SMTP service until the engine stops.
#[derive(Debug, Default)]
pub struct Seen {
    /// What somebody with more rights has read.
    told: Option<Read>,
    /// Where its mail is.
    folders: Option<Folders>,
}

fn kept(desk: &FrontDesk) -> MutexGuard<'_, Seen> {
    desk.iis.lock().unwrap_or_else(PoisonError::into_inner)
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
    let folders = kept(desk).folders.clone().unwrap_or_else(Folders::usual);
    change(desk, async move |engine, folder, now| {
        let wanted = Wanted { secret, former, folders, ..Wanted::only(&settings) };
        takeover::take_over(&engine, &WindowsSmtp, &folder, wanted, now).await.map(drop)
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
