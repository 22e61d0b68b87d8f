//! `outtrayd settings …`

use super::{Exit, Failure, Outcome, Place, link};
use control::settings::SettingsProblem;
use control::{Answer, Request};
use host::machine;
use host::settings::{self, Facts, file, read};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The settings in force, in the form of the file.
pub async fn show(place: &Place) -> Outcome {
    let answer = link::ask(place, Request::Settings).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    for problem in &settings.problems {
        eprintln!("outtrayd: {} cannot be used, these are older: {}: {}", settings.path, problem.field, problem.wrong);
    }
    print!("{}", file::text(&settings.settings));
    Ok(())
}

pub fn check(place: &Place, given: Option<PathBuf>) -> Outcome {
    let path = given.unwrap_or_else(|| file::path(&place.data));
    let bytes = read_document(&path)?;
    match settings::read_and_check(&bytes, &facts(place)?) {
        Ok(_) => place.print(&json!({ "problems": [] }), || format!("{}: no problems", path.display())),
        Err(problems) => refused(place, &problems),
    }
}

/// A settings file to begin with; its bytes if nothing is wrong with it.
pub fn checked(place: &Place, given: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read_document(given)?;
    match settings::read_and_check(&bytes, &facts(place)?) {
        Ok(_) => Ok(bytes),
        Err(problems) => Err(refused(place, &problems).err().unwrap_or_else(|| Failure::new(Exit::SettingsProblems, String::new()))),
    }
}

pub async fn apply(place: &Place, given: PathBuf) -> Outcome {
    let bytes = read_document(&given)?;
    let reading = read::read(&bytes);
    let (Some(settings), true) = (reading.settings, reading.problems.is_empty()) else {
        // Its form is wrong; what else is wrong with it can be told without the engine.
        let problems = settings::read_and_check(&bytes, &facts(place)?).err().unwrap_or(reading.problems);
        return refused(place, &problems);
    };
    let answer = link::ask(place, Request::ApplySettings { settings: Box::new(settings), secret: None }).await?;
    in_force(place, answer)
}

pub async fn reload(place: &Place) -> Outcome {
    let answer = link::ask(place, Request::ReloadSettings).await?;
    in_force(place, answer)
}

pub fn schema() -> Outcome {
    print!("{}", settings::schema::TEXT);
    Ok(())
}

/// One problem a line, or all of them as JSON.
pub fn print_problems(place: &Place, problems: &[SettingsProblem]) -> Outcome {
    place.print(&json!({ "problems": problems }), || {
        problems.iter().fold(String::new(), |lines, problem| format!("{lines}{}\n", line(problem)))
    })
}

pub fn line(problem: &SettingsProblem) -> String {
    let SettingsProblem { field, value, wrong, remedy } = problem;
    let field = if field.is_empty() { "(the file)" } else { field };
    let value = if value.is_empty() { String::new() } else { format!(" {value:?}") };
    format!("{field}{value}: {wrong}; put there: {remedy}")
}

pub fn in_force(place: &Place, answer: Answer) -> Outcome {
    match answer {
        Answer::Settings { settings } => place.print(&settings, || format!("Saved in {} and in force.", settings.path)),
        Answer::Problems { problems } => refused(place, &problems),
        answer => Err(link::strange(&answer)),
    }
}

fn refused(place: &Place, problems: &[SettingsProblem]) -> Outcome {
    print_problems(place, problems)?;
    let count = problems.len();
    let said = format!("{count} {}; nothing was changed", if count == 1 { "problem" } else { "problems" });
    Err(Failure::new(Exit::SettingsProblems, said))
}

fn facts(place: &Place) -> std::io::Result<Facts> {
    Ok(Facts::new(std::path::absolute(&place.data)?, machine::host_name()))
}

fn read_document(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| Failure::new(Exit::Failed, format!("{} cannot be read: {error}", path.display())))
}
