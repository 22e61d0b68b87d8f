//! The settings document: read, checked, turned into the engine's configuration, written.
//!
//! In: a JSON document, by file or by request. Out: [`Checked`], or every problem at once, each
//! with field, value and remedy.
//!
//! Invariant: what is in force was checked; a document that cannot be used changes nothing.

mod access;
pub mod check;
mod content;
pub mod dkim;
pub mod file;
mod footer;
pub mod networks;
pub mod pickup;
pub mod read;
pub mod rewriting;
pub mod schema;

mod convert;
mod doors;
mod routes;
mod shape;
mod sign_in;

pub(crate) use access::pattern as address_pattern;
pub use check::{CertificatePassword, Facts, Files, check, check_with};
pub use convert::{Checked, Credentials, graph, smart_host};
pub(crate) use routes::LONGEST_ROUTE_NAME;

use control::settings::SettingsProblem;

/// In words that fit on a line each: what a document holds may be anything, and goes to a terminal.
pub(crate) fn problem(
    field: impl Into<String>,
    value: impl Into<String>,
    wrong: impl Into<String>,
    remedy: impl Into<String>,
) -> SettingsProblem {
    let (field, wrong, remedy) = (on_one_line(&field.into()), on_one_line(&wrong.into()), on_one_line(&remedy.into()));
    SettingsProblem { field, value: short(&value.into()), wrong, remedy }
}

/// At most 80 characters, on one line.
pub(crate) fn short(text: &str) -> String {
    let mut letters = text.chars();
    let mut short = on_one_line(&letters.by_ref().take(80).collect::<String>());
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

fn on_one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
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
