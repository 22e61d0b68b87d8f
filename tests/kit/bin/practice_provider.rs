//! A mail provider to practise on: demands STARTTLS and sign-in, with an authority of its own.
//!
//! In: `practice-provider FOLDER`. Out: how to reach it, one `name value` a line, then `ready`; each
//! message it takes as `FOLDER/taken/N.eml` (exact content) and `N.envelope`. Ends with its standard input.
//!
//! `gone@…` is refused for good, `full@…` twice for now and then taken.
#![allow(clippy::print_stdout)] // a program for people and tests

use anyhow::{Context as _, Result};
use e2e::{Answer, Certs, FakeSmartHost, Stage, Taken};
use std::io::Read;
use std::path::{Path, PathBuf};

const USER: &str = "relay@practice.example";
const PASSWORD: &str = "correct horse 7";

#[tokio::main]
async fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("usage: practice-provider FOLDER")?);
    let taken = folder.join("taken");
    std::fs::create_dir_all(&taken)?;
    let certs = Certs::new();
    let authority = certs.authority_file(&folder);
    let provider = FakeSmartHost::new()
        .starttls(certs.server())
        .auth(USER, PASSWORD)
        .refuse_recipient("gone@", "550 5.1.1 nobody of that name here")
        .at(Stage::Rcpt("full@".into()), Answer::First(2, "452 4.2.2 mailbox full, try again later".into()))
        .kept_by(move |number, message| keep(&taken, number, message))
        .start()
        .await;
    println!("server 127.0.0.1\nport {}\nuser {USER}\npassword {PASSWORD}\nauthority {}\nready", provider.port(), authority.display());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// Before it is answered with 250, and the envelope last: who sees it finds the content whole.
fn keep(folder: &Path, number: usize, message: &Taken) -> std::io::Result<()> {
    std::fs::write(folder.join(format!("{number}.eml")), &message.content)?;
    let envelope = format!(
        "from {}\nto {}\nencrypted {}\nsigned-in {}\n",
        message.reverse_path,
        message.forward_paths.join(" "),
        message.encrypted,
        message.signed_in.as_deref().unwrap_or("no"),
    );
    let unfinished = folder.join(format!("{number}.part"));
    std::fs::write(&unfinished, envelope)?;
    std::fs::rename(unfinished, folder.join(format!("{number}.envelope")))
}
