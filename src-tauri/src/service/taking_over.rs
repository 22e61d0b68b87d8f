//! The engine and the Windows SMTP service change places by an administrator's hand, where the engine itself may not.
//!
//! In: the engine, which way. Out: done, or the person said no. The verb speaks to the running engine, embedded or not,
//! and opens the ports of the settings that are in force; whatever fails, it puts back what it did.

use super::moving::sentence;
use crate::engine::Engine;
use control::{Answer, Request};
use host::service::elevation::Undone;
use std::ffi::OsString;
use std::path::Path;

/// False: the person said no.
pub async fn take_over(engine: &Engine, on: bool) -> Result<bool, String> {
    let service = engine.service().clone();
    let Ok(_one_at_a_time) = service.moving.try_lock() else { return Err("it is being done already".into()) };
    let Answer::Snapshot { snapshot } = engine.call(Request::Snapshot).await? else {
        return Err("the engine gave a strange answer".into());
    };
    let folder = Path::new(&snapshot.engine.data_folder);
    let mut words: Vec<OsString> = vec!["import".into(), "iis".into()];
    words.extend(if on { ["--take-over", "--keep-settings"].as_slice() } else { &["--back"] }.iter().map(OsString::from));
    words.extend(["--data".into(), folder.into()]);
    // An administrator with another account has to know whose engine this is. The service's everybody knows.
    if cfg!(windows) && service.machine_folder() != Some(folder) {
        let account = control::pipe::own_account().map_err(|error| format!("this account cannot be named: {error}"))?;
        words.extend(["--engine-of".into(), account.into()]);
    }
    match service.perform(words).await {
        Ok(()) => Ok(true),
        Err(Undone::Cancelled) => Ok(false),
        Err(Undone::Failed(said)) => Err(sentence(&said)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::tests::{Trial, is_embedded};

    #[tokio::test(flavor = "multi_thread")]
    async fn an_administrator_was_sent_to_a_command_line_that_looked_in_the_wrong_folder() {
        let script = r#"echo "$@" >> "$0.heard"; case "$*" in *--back*) exit 126;; *) exit 0;; esac"#;
        let mut trial = Trial::with_service(tempfile::tempdir().unwrap(), "machine", script);
        trial.until("embedded", is_embedded).await;
        assert_eq!(take_over(&trial.engine, true).await, Ok(true));
        assert_eq!(take_over(&trial.engine, false).await, Ok(false));
        let heard = std::fs::read_to_string(trial.folder.path().join("stand-in.heard")).unwrap();
        let own = trial.folder.path().join("own").display().to_string();
        let expected = format!("import iis --take-over --keep-settings --data {own}\nimport iis --back --data {own}\n");
        assert_eq!(heard, expected);
        trial.engine.stop().await;

        // What the real one says where there is no such service reaches the person.
        let here = std::env::current_exe().unwrap();
        let outtrayd = here.ancestors().nth(2).unwrap().join("outtrayd");
        assert!(outtrayd.exists(), "{} is missing: cargo build -p host", outtrayd.display());
        let script = format!("exec '{}' \"$@\"", outtrayd.display());
        let mut trial = Trial::with_service(tempfile::tempdir().unwrap(), "machine", &script);
        trial.until("embedded", is_embedded).await;
        let said = take_over(&trial.engine, true).await.unwrap_err();
        assert!(said.starts_with("The Windows SMTP service is not installed on this machine."), "{said}");
        trial.engine.stop().await;
    }
}
