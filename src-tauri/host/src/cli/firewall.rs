//! `outtrayd firewall …`: our rule in the Windows firewall, which Setup makes and takes away.

use super::{Exit, Failure, Outcome, Place, machine};
use clap::{Args, Subcommand};
use control::Settings;
use control::machine::FirewallView;
use host::machine::firewall;
use host::machine::opening::{self, Opening, Source};
use host::paths;
use host::service::{self, ServiceError};
use host::settings::{file, read};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;
use std::process::{Command, Stdio};

#[derive(Debug, Subcommand)]
pub enum FirewallCommand {
    /// Let devices in: to the ports of the service's settings, from this machine's networks and those that may send
    Open(OpenArgs),
    /// Take the rule away
    Close,
    /// Tell whether devices are let in, also while no engine runs
    Status,
}

/// Setup reads how this begins.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    public_network: bool,
    firewall: FirewallView,
}

#[derive(Debug, Args)]
pub struct OpenArgs {
    /// Other ports than the settings'
    #[arg(long, value_name = "PORT,…", value_delimiter = ',', value_parser = opening::port)]
    ports: Vec<u16>,
    /// Other networks: LocalSubnet, 192.168.1.0/24, 10.0.0.7; never public ones
    #[arg(long, value_name = "NETWORK,…", value_delimiter = ',', value_parser = opening::source)]
    networks: Vec<Source>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

pub fn perform(place: &Place, command: FirewallCommand) -> Outcome {
    match command {
        FirewallCommand::Open(what) => open(place, what),
        FirewallCommand::Close => {
            must_be_allowed()?;
            close()?;
            place.print(&json!({ "done": true }), || "The firewall has no rule of Outtray any more.".into())
        }
        FirewallCommand::Status => {
            let settings = settings()?;
            let firewall = firewall::look().view(&Opening::of(&settings).ports, &settings);
            let told = Told { public_network: firewall.public_network, firewall };
            place.print(&told, || machine::firewall_text(&told.firewall))
        }
    }
}

fn open(place: &Place, what: OpenArgs) -> Outcome {
    let mut opening = Opening::of(&settings()?);
    if !what.ports.is_empty() {
        opening.ports = what.ports;
    }
    if !what.networks.is_empty() {
        opening.sources = what.networks;
    }
    let rules: Vec<_> = programs()?.iter().map(|program| opening.words(program)).collect();
    if !what.dry_run {
        must_be_allowed()?;
        // One that is there may be for other ports.
        close()?;
        for words in &rules {
            netsh(words)?;
        }
    }
    place.print(&json!({ "done": !what.dry_run, "rules": rules }), || {
        rules.iter().fold(String::new(), |text, words| format!("{text}{}\n", opening::line(words)))
    })
}

/// Those of the service; none are fine too.
fn settings() -> Result<Settings, Failure> {
    let path = file::path(&paths::machine_data_folder());
    let Some(bytes) = file::read(&path)? else { return Ok(Settings::default()) };
    read::read(&bytes).settings.ok_or_else(|| {
        let said = format!("{} cannot be used; `outtrayd settings check` says why. Name the ports with --ports", path.display());
        Failure::new(Exit::SettingsProblems, said)
    })
}

/// The engine runs in either.
fn programs() -> std::io::Result<Vec<PathBuf>> {
    let this = std::env::current_exe()?;
    let window = this.with_file_name("outtray.exe");
    Ok([this].into_iter().chain(window.is_file().then_some(window)).collect())
}

fn close() -> Result<(), Failure> {
    if firewall::has_rule_named(opening::NAME) { netsh(&opening::closing()) } else { Ok(()) }
}

fn netsh(words: &[String]) -> Result<(), Failure> {
    let folder = std::env::var_os("SystemRoot").map_or_else(|| PathBuf::from(r"C:\Windows"), PathBuf::from);
    let output = Command::new(folder.join(r"System32\netsh.exe")).args(words).stdin(Stdio::null()).output()?;
    if output.status.success() { Ok(()) } else { Err(Failure::new(Exit::Failed, opening::refused(words, output.status.code()))) }
}

fn must_be_allowed() -> Result<(), ServiceError> {
    if service::is_elevated() { Ok(()) } else { Err(ServiceError::NotAllowed) }
}
