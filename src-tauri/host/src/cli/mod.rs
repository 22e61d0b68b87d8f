//! The command line: what may be said, and how it ends.
//!
//! In: arguments, and a secret or settings from standard input. Out: text or JSON on standard output,
//! troubles on standard error, an [`Exit`] code. A running engine is spoken to through its control
//! socket only, never behind its back.

#![allow(clippy::print_stdout, clippy::print_stderr)] // this is the program that prints

mod access;
mod acts;
mod certificate;
#[cfg(windows)]
mod firewall;
mod import;
mod link;
mod machine;
mod probe;
mod run;
mod service;
mod settings;
mod shape;
mod show;
mod sign_in;

use clap::{Args, Parser, Subcommand};
use control::Request;
use control::request::LaneAct;
use control::view::RecipientState;
use std::path::PathBuf;
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  it failed; the reason stands on standard error
  2  the command line was wrong
  3  no engine runs on this data folder
  4  the settings have problems; all of them are listed
  5  no such message is waiting
  6  another engine already runs on this data folder";

/// The SMTP relay of a small office: run it, and speak to a running one.
#[derive(Debug, Parser)]
#[command(name = "outtrayd", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The data folder [default: the machine's for administrators or where the service is installed, else this account's own]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Leave the reason of a failure for the window that asked for this; not for people
    #[cfg(windows)]
    #[arg(long, global = true, hide = true, value_name = "MARK")]
    answer_to: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the relay until it is told to stop; prints one line when it is ready
    Run,
    /// Show how the relay is doing
    Status,
    /// List waiting messages, oldest first
    Queue(ListArgs),
    /// List all messages that are remembered, newest first
    History(ListArgs),
    /// Tell the whole story of one message
    Story { id: String },
    /// Try messages now
    Retry(WhichArgs),
    /// Keep messages back until they are released
    Hold(WhichArgs),
    /// Let held messages go
    Release(WhichArgs),
    /// Remove messages from the queue
    Delete {
        #[command(flatten)]
        which: WhichArgs,
        /// Send the senders a report that their message was not delivered
        #[arg(long)]
        tell_sender: bool,
    },
    /// Stop handing messages over; mail is still taken, also after a restart
    Pause {
        /// Only to this smart host; its mail goes no other way
        #[arg(value_name = "LANE")]
        lane: Option<String>,
    },
    /// Hand messages over again
    Resume {
        /// Only to this smart host
        #[arg(value_name = "LANE")]
        lane: Option<String>,
    },
    /// Try the way to the providers now instead of waiting
    TryLane {
        /// Only to this smart host
        #[arg(value_name = "LANE")]
        lane: Option<String>,
    },
    /// List the smart hosts, how each is doing and what it has used of its limits
    Lanes,
    /// Try the ports now that could not be opened, and tell which are still taken
    TryListeners,
    /// Show what this machine says of itself: name, networks, who holds the ports of mail, firewall
    Machine {
        /// Also ask the provider which address it sees, and the time server how far the clock is off
        #[arg(long)]
        outside: bool,
    },
    /// Show the certificate that devices see when they encrypt
    Certificate {
        /// As a text to be saved for devices that want to know whom to trust
        #[arg(long)]
        pem: bool,
    },
    /// Check the connection to the provider, step by step, without sending mail
    Probe {
        /// To this smart host [default: the default one]
        #[arg(long, value_name = "LANE")]
        lane: Option<String>,
        /// Also ask whether the provider takes mail from this address
        #[arg(long, value_name = "ADDRESS")]
        sender: Option<String>,
    },
    /// Store or remove a secret with the account that runs the engine
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Sign in to the provider with a browser, for settings that want a token in place of a password
    SignIn {
        /// To this smart host [default: the default one]
        #[arg(long, global = true, value_name = "LANE")]
        lane: Option<String>,
        #[command(subcommand)]
        command: Option<sign_in::SignInCommand>,
    },
    /// Take over from another mail service
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Show, check and apply settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Run Outtray as a service of this machine, also when nobody is signed in
    #[command(subcommand)]
    Service(service::ServiceCommand),
    /// Let devices in through the Windows firewall, or no longer
    #[cfg(windows)]
    #[command(subcommand)]
    Firewall(firewall::FirewallCommand),
    /// Set the passwords of device accounts
    #[command(subcommand)]
    Account(access::AccountCommand),
    /// List the devices that handed in mail or tried to
    Devices,
    /// List what was refused, newest first
    Refusals(access::RefusalArgs),
    /// Ask whether a device may send something, and what decides
    MayISend(access::MayISendArgs),
    /// Keys that sign mail (DKIM): make one, show what is to be published, look it up
    #[command(subcommand)]
    Dkim(shape::DkimCommand),
    /// Show what a sender becomes on the way to the provider
    SenderBecomes {
        /// An address, or a From with a name, as in `Scanner <scanner@office.example>`
        from: String,
    },
    /// A device that is held for sending too much: count what it sent as usual
    EndBurst {
        /// Its address, or `account:` and the name of a device account
        address: String,
        /// Let go what is held; else it stays on hold
        #[arg(long)]
        release: bool,
    },
    /// Put a test message into the queue
    SendTest {
        address: String,
        /// The sender [default: the sign-in's address, else outtray@ this relay's name]
        #[arg(long, value_name = "ADDRESS")]
        from: Option<String>,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Words to be found; from:, to:, subject:, client:, before:2026-11-30, after: narrow it
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// Only messages in this state; may be given more than once
    #[arg(long, value_parser = state)]
    state: Vec<RecipientState>,
    /// Only messages that wait for this smart host, or last went through it
    #[arg(long)]
    lane: Option<String>,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[arg(long, default_value_t = 0)]
    offset: u32,
}

#[derive(Debug, Args)]
struct WhichArgs {
    /// Messages, as `queue` lists them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Vec<String>,
    /// Every message that is waiting now
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Store a secret, read from standard input: there is no way to give it as an argument
    Set {
        /// `smart-host`, or `smart-host:LANE` of another than the default one, is the password of the provider, or the client secret, private key or key file it gives tokens for
        name: String,
        /// Keep it in memory only, lost at the next restart
        #[arg(long)]
        until_restart: bool,
    },
    /// Forget a secret
    Remove {
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All there are, sign-ins too: before Outtray is taken from the machine
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
enum SettingsCommand {
    /// Print the settings in force
    Show,
    /// Check a settings file, with or without a running engine
    Check {
        /// `-` is standard input [default: settings.json in the data folder]
        file: Option<PathBuf>,
    },
    /// Check a settings file, save it as the engine's own and put it in force
    Apply {
        /// `-` is standard input
        file: PathBuf,
    },
    /// Put in force what stands in settings.json in the data folder
    Reload,
    /// Print the JSON Schema of the settings file
    Schema,
}

/// How a command ended; `--help` documents the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NoEngine = 3,
    SettingsProblems = 4,
    NoSuchMessage = 5,
    AlreadyRuns = 6,
}

/// Why a command did not do what it was told.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    said: String,
}

type Outcome = Result<(), Failure>;

impl Failure {
    fn new(exit: Exit, said: impl Into<String>) -> Self {
        Self { exit, said: said.into() }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        // With all its causes on one line.
        Self::new(Exit::Failed, format!("{:#}", anyhow::Error::new(error)))
    }
}

/// What was said, or how the program ends without doing anything.
pub fn arguments() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| {
        // Help and version were asked for.
        if !error.use_stderr() {
            let _ = error.print();
            return code(Exit::Done);
        }
        // What was said could not be read whole, and whoever reads JSON reads this too.
        if std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json") {
            let said = error.render().to_string();
            print_failure(true, Exit::Usage, said.strip_prefix("error: ").unwrap_or(&said).trim_end());
        } else {
            let _ = error.print();
        }
        code(Exit::Usage)
    })
}

fn print_failure(json: bool, exit: Exit, said: &str) {
    if json {
        eprintln!("{}", serde_json::json!({ "error": said, "exit": exit as u8 }));
    } else if !said.is_empty() {
        eprintln!("outtrayd: {said}");
    }
}

impl Arguments {
    /// The service manager of Windows wants to hear from this process, which must not have begun anything else.
    #[cfg(windows)]
    pub fn service_folder(&self) -> Option<PathBuf> {
        let is_it = matches!(self.command, Command::Service(service::ServiceCommand::Run));
        is_it.then(|| self.data.clone().unwrap_or_else(host::paths::machine_data_folder))
    }
}

pub async fn perform(arguments: Arguments) -> ExitCode {
    #[cfg(windows)]
    let answer_to = arguments.answer_to;
    let Arguments { command, data, json, .. } = arguments;
    let is_other_folder = data.is_some();
    let data = data.unwrap_or_else(host::paths::default_data_folder);
    let place = Place { data, json };
    let outcome = match command {
        Command::Run => run::run(&place).await,
        Command::Status => show::status(&place).await,
        Command::Queue(list) => show::list(&place, list, show::Which::Queue).await,
        Command::History(list) => show::list(&place, list, show::Which::History).await,
        Command::Story { id } => show::story(&place, id).await,
        Command::Retry(which) => acts::act(&place, which, acts::Act::Retry).await,
        Command::Hold(which) => acts::act(&place, which, acts::Act::Hold).await,
        Command::Release(which) => acts::act(&place, which, acts::Act::Release).await,
        Command::Delete { which, tell_sender } => acts::act(&place, which, acts::Act::Delete { tell_sender }).await,
        Command::Pause { lane: None } => acts::tell(&place, Request::Pause, "Paused: mail is taken, none is handed over.").await,
        Command::Resume { lane: None } => acts::tell(&place, Request::Resume, "Mail is handed over again.").await,
        Command::Pause { lane: Some(lane) } => {
            acts::tell(&place, Request::Lane { lane, act: LaneAct::Pause }, "Paused: its mail waits, and goes no other way.").await
        }
        Command::Resume { lane: Some(lane) } => {
            acts::tell(&place, Request::Lane { lane, act: LaneAct::Resume }, "Mail is handed to it again.").await
        }
        Command::Lanes => show::lanes(&place).await,
        Command::Import(import::ImportCommand::Iis(arguments)) => import::iis(&place, arguments).await,
        Command::Machine { outside } => machine::machine(&place, outside).await,
        Command::Certificate { pem } => certificate::certificate(&place, pem).await,
        Command::TryLane { lane: None } => acts::tell(&place, Request::TryLane, "Trying the provider now.").await,
        Command::TryLane { lane: Some(lane) } => acts::tell(&place, Request::Lane { lane, act: LaneAct::TryNow }, "Trying it now.").await,
        Command::TryListeners => acts::try_listeners(&place).await,
        Command::Probe { lane, sender } => probe::probe(&place, lane, sender).await,
        Command::Secret(SecretCommand::Set { name, until_restart }) => acts::set_secret(&place, name, until_restart).await,
        Command::Secret(SecretCommand::Remove { name: Some(name), .. }) => {
            acts::tell(&place, Request::RemoveSecret { name }, "The secret is removed.").await
        }
        Command::Secret(SecretCommand::Remove { name: None, .. }) => {
            acts::tell(&place, Request::RemoveAllSecrets, "All secrets are removed.").await
        }
        Command::SignIn { lane, command } => sign_in::perform(&place, lane, command).await,
        Command::Settings(SettingsCommand::Show) => settings::show(&place).await,
        Command::Settings(SettingsCommand::Check { file }) => settings::check(&place, file),
        Command::Settings(SettingsCommand::Apply { file }) => settings::apply(&place, file).await,
        Command::Settings(SettingsCommand::Reload) => settings::reload(&place).await,
        Command::Settings(SettingsCommand::Schema) => settings::schema(),
        Command::Service(command) => service::perform(&place, is_other_folder, command).await,
        #[cfg(windows)]
        Command::Firewall(command) => firewall::perform(&place, command),
        Command::Account(command) => access::account(&place, command).await,
        Command::Devices => access::devices(&place).await,
        Command::Refusals(arguments) => access::refusals(&place, arguments).await,
        Command::MayISend(arguments) => access::may_i_send(&place, arguments).await,
        Command::Dkim(command) => shape::dkim(&place, command).await,
        Command::SenderBecomes { from } => shape::sender_becomes(&place, from).await,
        Command::EndBurst { address, release } => access::end_burst(&place, address, release).await,
        Command::SendTest { address, from } => acts::send_test(&place, address, from).await,
    };
    match outcome {
        Ok(()) => code(Exit::Done),
        Err(Failure { exit, said }) => {
            #[cfg(windows)]
            if let Some(mark) = answer_to {
                host::service::elevation::leave_word(&mark, &said);
            }
            print_failure(json, exit, &said);
            code(exit)
        }
    }
}

pub fn failed(said: &str) -> ExitCode {
    eprintln!("outtrayd: {said}");
    code(Exit::Failed)
}

/// Which engine, and how to print.
struct Place {
    data: PathBuf,
    json: bool,
}

impl Place {
    /// JSON as it is, or the text made by `text`.
    fn print(&self, value: &impl serde::Serialize, text: impl FnOnce() -> String) -> Outcome {
        use std::io::Write;
        let mut text = if self.json { serde_json::to_string(value)? } else { text() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // A reader that has seen enough (`| head`) is no failure.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(())
    }

    /// It was done; this has to be known as well.
    #[allow(clippy::unused_self)]
    fn warn(&self, said: &str) {
        eprintln!("outtrayd: {said}");
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// As the contract spells them.
fn state(text: &str) -> Result<RecipientState, String> {
    serde_json::from_value(text.into()).map_err(|_| "one of: queued, deferred, held, sent, bounced, expired, deleted".to_owned())
}
