//! The settings document: read, checked, turned into the engine's configuration, written.
//!
//! In: a JSON document, by file or by request. Out: [`Checked`], or every problem at once, each
//! with field, value and remedy.
//!
//! Invariant: what is in force was checked; a document that cannot be used changes nothing.

mod access;
pub mod check;
mod content;
pub mod file;
pub mod networks;
pub mod pickup;
pub mod read;
pub mod schema;

mod convert;
mod doors;
mod shape;
mod sign_in;

pub use check::{CertificatePassword, Facts, Files, check, check_with};
pub use convert::{Checked, Credentials, smart_host};

use control::settings::SettingsProblem;

pub(crate) fn problem(
    field: impl Into<String>,
    value: impl Into<String>,
    wrong: impl Into<String>,
    remedy: impl Into<String>,
) -> SettingsProblem {
    SettingsProblem { field: field.into(), value: value.into(), wrong: wrong.into(), remedy: remedy.into() }
}

/// At most 80 characters, on one line.
pub(crate) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(80).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().count() > 80 {
        short.push('…');
    }
    short
}

/// Reads a document and checks it: all problems of form and of value together.
pub fn read_and_check(bytes: &[u8], facts: &Facts) -> Result<Checked, Vec<SettingsProblem>> {
    read_and_check_with(bytes, facts, Files::MustBeGood)
}

pub fn read_and_check_with(bytes: &[u8], facts: &Facts, files: Files<'_>) -> Result<Checked, Vec<SettingsProblem>> {
    let reading = read::read(bytes);
    let Some(settings) = reading.settings else { return Err(reading.problems) };
    let checked = check_with(&settings, facts, files);
    if reading.problems.is_empty() {
        return checked;
    }
    // A stand-in for a value of the wrong form is no problem of its own.
    let mut problems = reading.problems;
    let formless: Vec<String> = problems.iter().map(|problem| problem.field.clone()).collect();
    let is_stand_in = |field: &str| {
        formless.iter().any(|path| field.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
    };
    problems.extend(checked.err().unwrap_or_default().into_iter().filter(|problem| !is_stand_in(&problem.field)));
    Err(problems)
}

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod content_tests;
#[cfg(test)]
mod rules;
