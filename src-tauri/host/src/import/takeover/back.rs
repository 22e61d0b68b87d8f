//! The way back: the Windows SMTP service has its ports again, and stands as it did before.
//!
//! With the engine, which goes on without those ports; or where none runs, by its settings file: Outtray is about to go
//! from the machine, or does not start.

use super::{Before, NotDone, Refusal, SmtpSvc, Undo, must_control, put_in_force, read, settings_of, trouble};
use crate::lock::Lock;
use crate::settings::file;
use crate::settings::read::{self as document, Reading};
use control::Client;
use control::import::{ServiceStart, SmtpService};
use control::settings::{PickupSettings, Settings};
use std::path::Path;

/// Gives the ports back and the service its former start.
pub async fn back(engine: &Client, service: &dyn SmtpSvc, folder: &Path) -> Result<(), NotDone> {
    let before = to_give_back(service, folder)?;
    let former = settings_of(engine).await?;
    if let Err(why) = put_in_force(engine, &without(&former, &before), None).await {
        let said = match why {
            Refusal::Problems(problems) => return Err(NotDone::Problems(problems)),
            Refusal::Said(said) => said,
        };
        return Err(trouble(&said, "Nothing was changed."));
    }
    let mut undo = Undo { service, folder, before: &before, left_undone: Vec::new() };
    if let Err(said) = as_before(service, &before) {
        disable(&mut undo);
        undo.engine(engine, &former, None).await;
        return Err(does_not_start(undo, &said, "Outtray has its ports again."));
    }
    ended(undo)
}

/// The same where no engine runs: whichever starts in this folder next leaves the ports alone.
///
/// Settings that cannot be read stay as they are, and are named: their engine would find its ports taken, and say so.
pub fn back_without_engine(service: &dyn SmtpSvc, folder: &Path) -> Result<(), NotDone> {
    let before = to_give_back(service, folder)?;
    // One that is just starting would take the port all the same.
    let _none_starts = Lock::take(folder, String::new())
        .map_err(|error| trouble(&format!("Nothing was changed: {error}."), "Try again when it answers, or has ended."))?;
    let mut undo = Undo { service, folder, before: &before, left_undone: Vec::new() };
    if let Err(said) = as_before(service, &before) {
        disable(&mut undo);
        return Err(does_not_start(undo, &said, "It is stopped and disabled, as it was."));
    }
    if let Err(said) = write_without(folder, &before) {
        undo.left_undone.push(said);
    }
    ended(undo)
}

fn to_give_back(service: &dyn SmtpSvc, folder: &Path) -> Result<Before, NotDone> {
    let Some(before) = read(folder) else {
        return Err(trouble("Outtray has not taken over from the Windows SMTP service.", "There is nothing to give back."));
    };
    if service.state() == SmtpService::NotInstalled {
        return Err(trouble(
            "The Windows SMTP service is not installed any more.",
            "Add the feature “SMTP Server” in Server Manager first.",
        ));
    }
    must_control(service, folder)?;
    Ok(before)
}

/// Without the ports that were taken.
fn without(former: &Settings, before: &Before) -> Settings {
    let mut without = former.clone();
    without.listeners.retain(|listener| !before.ports.contains(&listener.port));
    // The old service empties it again; nobody else may, where the right to was given for this.
    let is_given = |pickup: &PickupSettings| before.given.iter().any(|right| Path::new(&pickup.folder) == right.folder);
    without.pickup = without.pickup.filter(|pickup| !is_given(pickup));
    without
}

fn write_without(folder: &Path, before: &Before) -> Result<(), String> {
    let path = file::path(folder);
    let complain = |said: &dyn std::fmt::Display| format!("{} still names the ports that were given back: {said}.", path.display());
    let Some(bytes) = file::read(&path).map_err(|error| complain(&error))? else { return Ok(()) };
    match document::read(&bytes) {
        Reading { settings: Some(settings), problems } if problems.is_empty() => {
            file::save(folder, &without(&settings, before)).map_err(|error| complain(&error))
        }
        Reading { problems, .. } => Err(complain(&problems.first().map_or("it cannot be read", |problem| &problem.wrong))),
    }
}

fn as_before(service: &dyn SmtpSvc, before: &Before) -> Result<(), String> {
    service.set_start(before.start)?;
    if before.ran { service.start() } else { Ok(()) }
}

fn disable(undo: &mut Undo<'_>) {
    if let Err(said) = undo.service.set_start(ServiceStart::Disabled) {
        undo.left_undone.push(format!("The Windows SMTP service is not disabled again: {said}."));
    }
}

fn does_not_start(undo: Undo<'_>, said: &str, stands: &str) -> NotDone {
    let remedy = format!("{stands} Look into the Windows event log (SMTPSVC).");
    undo.because(format!("The Windows SMTP service does not start: {said}."), &remedy)
}

fn ended(mut undo: Undo<'_>) -> Result<(), NotDone> {
    undo.rights();
    undo.record();
    match undo.left_undone.is_empty() {
        true => Ok(()),
        false => Err(undo.because("The way back was made.".to_owned(), "Look after what is left by hand.")),
    }
}
