//! The engine and the Windows SMTP service change places by an administrator's hand, where the engine itself may not.
//!
//! In: the engine, which way. Out: done, or the person said no. What it was set to is read in the same way. The verb speaks
//! to the running engine, embedded or not, and opens the ports of the settings that are in force; whatever fails, it puts
//! back what it did.

use super::own_account;
use crate::engine::Engine;
use control::{Answer, Request};
use std::ffi::OsString;
use std::path::Path;

/// False: the person said no.
pub async fn take_over(engine: &Engine, on: bool) -> Result<bool, String> {
    perform(engine, if on { &["--take-over", "--keep-settings"] } else { &["--back"] }).await
}

/// Only administrators can read what the Windows SMTP service is set to: the verb does, and tells the engine. The window
/// asks the engine as ever. False: the person said no.
pub async fn read(engine: &Engine) -> Result<bool, String> {
    perform(engine, &["--hand-over"]).await
}

async fn perform(engine: &Engine, act: &[&str]) -> Result<bool, String> {
    let Answer::Snapshot { snapshot } = engine.call(Request::Snapshot).await? else {
        return Err("the engine gave a strange answer".into());
    };
    let folder = Path::new(&snapshot.engine.data_folder);
    let mut words: Vec<OsString> = vec!["import".into(), "iis".into()];
    words.extend(act.iter().map(OsString::from));
    words.extend(["--data".into(), folder.into()]);
    // An administrator with another account has to know whose engine this is. The service's everybody knows.
    if cfg!(windows) && engine.service().machine_folder() != Some(folder) {
        words.extend(["--engine-of".into(), own_account()?.into()]);
    }
    engine.service().ask(words).await
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

    /// The engine's account may not read the settings, and was told to run as administrator, which a service cannot.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_administrator_reads_and_the_engine_knows() {
        let here = std::env::current_exe().unwrap();
        let outtrayd = here.ancestors().nth(2).unwrap().join("outtrayd");
        assert!(outtrayd.exists(), "{} is missing: cargo build -p host", outtrayd.display());
        let folder = tempfile::tempdir().unwrap();
        let metabase = folder.path().join("MetaBase.xml");
        let text = r#"<a><IIsSmtpServer Location="/LM/SmtpSvc/1" SmartHost="mail.example" RoutePassword="4963735f"/></a>"#;
        std::fs::write(&metabase, text).unwrap();
        let script = format!(
            r#"echo "$@" >> "$0.heard"; test -e "$0.no" && exit 126; exec '{}' "$@" --metabase '{}'"#,
            outtrayd.display(),
            metabase.display()
        );
        let mut trial = Trial::with_service(folder, "machine", &script);
        trial.until("embedded", is_embedded).await;
        let look = async || {
            let answer = trial.engine.call(Request::ImportLook { metabase: None }).await.unwrap();
            let Answer::Import { found } = answer else { panic!("{answer:?}") };
            found
        };
        let no = trial.folder.path().join("stand-in.no");
        std::fs::write(&no, "").unwrap();
        assert_eq!(read(&trial.engine).await, Ok(false));
        assert_eq!(look().await.servers.len(), 0);
        std::fs::remove_file(&no).unwrap();
        assert_eq!(read(&trial.engine).await, Ok(true));
        let found = look().await;
        assert_eq!(found.servers[0].settings.smart_host.as_ref().unwrap().server, "mail.example");
        assert!(!format!("{found:?}").contains("4963735f"));
        let heard = std::fs::read_to_string(trial.folder.path().join("stand-in.heard")).unwrap();
        let own = trial.folder.path().join("own").display().to_string();
        assert_eq!(heard, format!("import iis --hand-over --data {own}\n").repeat(2));
        std::fs::write(&metabase, "<a/>").unwrap();
        let said = read(&trial.engine).await.unwrap_err();
        assert!(said.contains("no SMTP virtual server"), "{said}");
        trial.engine.stop().await;
    }
}
