//! `outtrayd import iis`: what the Windows SMTP service was set to, what becomes of it, and the change of places.
//!
//! Looking needs no engine. Putting in force speaks to the running one; where none runs and there are no settings yet,
//! they are written for its first start. The Windows service itself is stopped and started from here, with this account's rights.

use super::{Exit, Failure, Outcome, Place, acts, link};
use clap::{Args, Subcommand};
use control::import::{
    ImportFate, ImportPart, ImportRow, ImportServer, ImportSource, ImportView, LeftMail, MailFolder, MetabaseFile, SmtpService,
    TakeOverView,
};
#[cfg(windows)]
use control::pipe::Guest;
use control::settings::PickupSettings;
use control::{Answer, Client, NewSecret, Request, Secret};
use host::import::Read;
use host::import::takeover::{self, Folders, NotDone, Right, Wanted, WindowsSmtp};
use host::settings::file as settings_file;
use relay::clock::{Clock, SystemClock};
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// The SMTP service of IIS, which Windows Server 2025 has no more
    Iis(IisArgs),
}

#[derive(Debug, Args)]
pub struct IisArgs {
    /// Read this MetaBase.xml instead of the service on this machine
    #[arg(long, value_name = "FILE")]
    metabase: Option<PathBuf>,
    /// The virtual server, when there are several
    #[arg(long, value_name = "NUMBER")]
    server: Option<u32>,
    /// Put the settings in force; the password is read from standard input or asked for
    #[arg(long)]
    apply: bool,
    /// Put them in force, stop and disable the Windows service and take its port
    #[arg(long, conflicts_with = "apply")]
    take_over: bool,
    /// Take the port with the settings that are in force here, whatever the Windows service was set to
    #[arg(long, requires = "take_over", conflicts_with_all = ["metabase", "server"])]
    keep_settings: bool,
    /// The account (its SID) the engine runs as, when it is neither this one nor the service's; not for people
    #[cfg(windows)]
    #[arg(long, hide = true, value_name = "SID", value_parser = account)]
    engine_of: Option<Guest>,
    /// Only read it, and tell the engine, whose account may not; for the window, not for people
    #[arg(long, hide = true, conflicts_with_all = ["apply", "take_over", "back"])]
    hand_over: bool,
    /// Give the port back and start the Windows service again
    #[arg(long, conflicts_with_all = ["apply", "take_over", "metabase", "server"])]
    back: bool,
}

pub async fn iis(place: &Place, arguments: IisArgs) -> Outcome {
    if arguments.back {
        let done = match connect(place, &arguments).await {
            Ok(client) => takeover::back(&client, &WindowsSmtp, &place.data).await,
            Err(Failure { exit: Exit::NoEngine, .. }) => takeover::back_without_engine(&WindowsSmtp, &place.data),
            Err(failure) => return Err(failure),
        };
        done.map_err(|why| not_done(place, why))?;
        return place.print(&takeover::view(&WindowsSmtp, &place.data), || {
            "The Windows SMTP service has its port again and runs as before.".into()
        });
    }
    if arguments.keep_settings {
        let client = connect(place, &arguments).await?;
        let answer = link::call(&client, Request::Settings).await?;
        let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
        return take_over(place, &client, Wanted::only(&settings.settings), None).await;
    }
    let service = takeover::view(&WindowsSmtp, &place.data);
    let file = arguments.metabase.as_deref().map(file).transpose()?;
    let read = host::import::read(file.as_ref(), service.service);
    if arguments.hand_over {
        let client = connect(place, &arguments).await?;
        let read = read.map_err(|trouble| Failure::new(Exit::Failed, trouble))?;
        judged(&client, &read, true).await?;
        return place.print(&json!({ "handedOver": true }), || "The engine has what was read.".into());
    }
    // Only administrators can read it, and only the engine knows which folders it may empty.
    let engine = connect(place, &arguments).await.ok();
    let here = host::import::look(read.as_ref(), &host::desk::around(), service);
    let there = match (&engine, &read) {
        (Some(client), Ok(read)) => judged(client, read, false).await.ok(),
        (_, _) => None,
    };
    let found = there.map_or_else(|| here.clone(), |found| ImportView { service: here.service.clone(), ..found });
    if let Some(trouble) = found.troubles.first() {
        return Err(Failure::new(Exit::Failed, trouble));
    }
    if found.servers.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            "there is no Windows SMTP service on this machine; give its MetaBase.xml with --metabase FILE",
        ));
    }
    if !arguments.apply && !arguments.take_over {
        return place.print(&found, || text(&found, arguments.server));
    }
    let server = chosen(&found, arguments.server)?;
    if !arguments.take_over {
        return apply(place, server).await;
    }
    let client = connect(place, &arguments).await?;
    let secret = password(server)?;
    let mut settings = server.settings.clone();
    let mut rights = Vec::new();
    if let (None, Some(pickup), Some(account)) = (&settings.pickup, pickup_of(&here, server.number), account_of(place, &arguments)) {
        let folders = [&pickup.folder, &pickup.bad_folder].map(PathBuf::from).into_iter().filter(|folder| folder.is_absolute());
        rights.extend(folders.map(|folder| Right { folder, account: account.clone() }));
        settings.pickup = Some(pickup.clone());
    }
    // What lies in its queue is sent only while it runs.
    found.service.left.iter().for_each(|left| place.warn(&left_in(left)));
    let folders = read.ok().and_then(|read| read.folders).unwrap_or_else(Folders::usual);
    let wanted = Wanted { secret, rights, folders, pickup_may_stay: true, ..Wanted::only(&settings) };
    take_over(place, &client, wanted, stays_behind(server)).await
}

/// What the engine makes of it.
async fn judged(client: &Client, read: &Read, keep: bool) -> Result<ImportView, Failure> {
    let text = read.to_text().ok_or_else(|| Failure::new(Exit::Failed, "the Windows SMTP service has too many settings"))?;
    match link::call(client, Request::ImportRead { read: text, keep }).await? {
        Answer::Import { found } => Ok(*found),
        answer => Err(link::strange(&answer)),
    }
}

/// Its pickup folder, where this process may empty it.
fn pickup_of(found: &ImportView, number: u32) -> Option<&PickupSettings> {
    found.servers.iter().find(|server| server.number == number)?.settings.pickup.as_ref()
}

/// The engine's account, where this process may give it rights.
#[cfg(windows)]
fn account_of(place: &Place, arguments: &IisArgs) -> Option<String> {
    let is_service = place.data == host::paths::machine_data_folder();
    let of_person = || arguments.engine_of.as_ref().map(|account| format!("*{}", account.sid()));
    let account = if is_service { Some(host::service::ACCOUNT.to_owned()) } else { of_person() };
    account.filter(|_| host::service::is_elevated())
}

#[cfg(unix)]
fn account_of(_: &Place, _: &IisArgs) -> Option<String> {
    None
}

/// Programs go on writing files there: somebody has to know.
fn stays_behind(server: &ImportServer) -> Option<&ImportRow> {
    server.rows.iter().find(|row| row.setting == host::import::PICKUP && row.fate == ImportFate::NotCarried)
}

fn in_a_line(row: &ImportRow) -> String {
    format!("{} {} is not carried over: {}", row.setting, row.was, row.why)
}

async fn connect(place: &Place, arguments: &IisArgs) -> Result<Client, Failure> {
    #[cfg(windows)]
    let engine_of = arguments.engine_of.as_ref();
    #[cfg(unix)]
    let (engine_of, _) = (None, arguments);
    link::connect_to(place, engine_of).await
}

#[cfg(windows)]
fn account(text: &str) -> Result<Guest, String> {
    Guest::from_sid(text).ok_or_else(|| "a SID such as S-1-5-21-1004336348-1177238915-682003330-1001".to_owned())
}

fn file(path: &Path) -> Result<MetabaseFile, Failure> {
    use base64::Engine as _;
    let bytes = std::fs::read(path).map_err(|error| Failure::new(Exit::Failed, format!("{} cannot be read: {error}", path.display())))?;
    Ok(MetabaseFile { name: path.display().to_string(), base64: base64::engine::general_purpose::STANDARD.encode(bytes) })
}

fn chosen(found: &ImportView, wanted: Option<u32>) -> Result<&ImportServer, Failure> {
    let listed = || found.servers.iter().map(|server| format!("{} ({})", server.number, server.name)).collect::<Vec<_>>().join(", ");
    match (wanted, found.servers.as_slice()) {
        (Some(number), servers) => servers
            .iter()
            .find(|server| server.number == number)
            .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no virtual server {number}; there is: {}", listed()))),
        (None, [one]) => Ok(one),
        (None, _) => Err(Failure::new(Exit::Usage, format!("choose one with --server NUMBER: {}", listed()))),
    }
}

async fn apply(place: &Place, server: &ImportServer) -> Outcome {
    match link::connect(place).await {
        Ok(client) => {
            let secret = password(server)?;
            if let Some(row) = stays_behind(server) {
                place.warn(&in_a_line(row));
            }
            let answer = link::call(&client, Request::ApplySettings { settings: Box::new(server.settings.clone()), secret }).await?;
            super::settings::in_force(place, answer)
        }
        Err(Failure { exit: Exit::NoEngine, .. }) => {
            let path = settings_file::path(&place.data);
            if path.exists() {
                let said = format!("no engine runs, and {} is there already: start the engine, then import again", path.display());
                return Err(Failure::new(Exit::NoEngine, said));
            }
            host::paths::ensure_data_folder(&place.data)?;
            settings_file::save(&place.data, &server.settings)?;
            let then = if server.needs_password { "; then give the password with: outtrayd secret set smart-host" } else { "" };
            place.print(&json!({ "path": path }), || format!("Written to {}. Start the engine{then}.", path.display()))
        }
        Err(failure) => Err(failure),
    }
}

async fn take_over(place: &Place, client: &Client, wanted: Wanted<'_>, left: Option<&ImportRow>) -> Outcome {
    let now = SystemClock.now().as_millisecond();
    let has_pickup = wanted.settings.pickup.is_some();
    let done = takeover::take_over(client, &WindowsSmtp, &place.data, wanted, now).await;
    let done = done.map_err(|why| not_done(place, why))?;
    if let Some(row) = left.filter(|_| !has_pickup || done.without_pickup) {
        place.warn(&in_a_line(row));
    }
    place.print(&takeover::view(&WindowsSmtp, &place.data), || {
        "Outtray has the port now; the Windows SMTP service is stopped and disabled.\nThe way back: outtrayd import iis --back".into()
    })
}

fn password(server: &ImportServer) -> Result<Option<NewSecret>, Failure> {
    if !server.needs_password {
        return Ok(None);
    }
    let secret = acts::read_secret()?;
    if secret.is_empty() {
        return Err(Failure::new(Exit::Usage, "the smart host wants a sign-in: give its password on standard input, or type it"));
    }
    Ok(Some(NewSecret { name: host::secrets::SMART_HOST.into(), secret: Secret::new(secret), until_restart: false }))
}

fn not_done(place: &Place, why: NotDone) -> Failure {
    match why {
        NotDone::Problems(problems) => {
            let _ = super::settings::print_problems(place, &problems);
            Failure::new(Exit::SettingsProblems, "these settings cannot be used; nothing was changed")
        }
        NotDone::Trouble(trouble) => {
            let left: String = trouble.left_undone.iter().map(|left| format!(" {left}")).collect();
            Failure::new(Exit::Failed, format!("{}{left} {}", trouble.wrong, trouble.remedy))
        }
    }
}

fn text(found: &ImportView, wanted: Option<u32>) -> String {
    let mut text = match &found.source {
        ImportSource::Nothing => String::new(),
        ImportSource::Adsi | ImportSource::Wmi => "Read from the Windows SMTP service on this machine.\n".to_owned(),
        ImportSource::Metabase { name } => format!("Read from {name}.\n"),
    };
    text.push_str("= the same here   ~ in another form   - not carried over\n");
    for server in found.servers.iter().filter(|server| wanted.is_none_or(|number| server.number == number)) {
        let _ = writeln!(text, "\n{} (number {})", server.name, server.number);
        for (part, title) in PARTS {
            let mut rows = server.rows.iter().filter(|row| row.part == part).peekable();
            if rows.peek().is_some() {
                let _ = writeln!(text, "\n  {title}");
            }
            rows.for_each(|row| lines(row, &mut text));
        }
        if server.needs_password {
            text.push_str("\nThe password cannot be read: it is asked for when these settings are put in force.\n");
        }
    }
    service(&found.service, &mut text);
    text
}

const PARTS: [(ImportPart, &str); 6] = [
    (ImportPart::Provider, "Mail provider"),
    (ImportPart::Senders, "Who may send"),
    (ImportPart::Listening, "Listening"),
    (ImportPart::Messages, "Messages and connections"),
    (ImportPart::Delivery, "Retries and reports"),
    (ImportPart::Other, "Other"),
];

fn lines(row: &ImportRow, text: &mut String) {
    let line = match row.fate {
        ImportFate::Carried if row.was == row.becomes => format!("= {}: {}", row.setting, row.was),
        ImportFate::Carried => format!("= {}: {} → {}", row.setting, row.was, row.becomes),
        ImportFate::Changed => format!("~ {}: {} → {}", row.setting, row.was, row.becomes),
        ImportFate::NotCarried => format!("- {}: {}", row.setting, row.was),
    };
    wrap(&line, "  ", "      ", text);
    if !row.why.is_empty() {
        wrap(&row.why, "      ", "      ", text);
    }
}

/// A terminal that was made a little wider than 80 is no surprise; one much wider is.
const WIDTH: usize = 100;

fn wrap(line: &str, first: &str, further: &str, text: &mut String) {
    let mut now = first.to_owned();
    let mut empty = true;
    for word in line.split_whitespace() {
        if !empty && now.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{now}");
            (now, empty) = (further.to_owned(), true);
        }
        if !empty {
            now.push(' ');
        }
        now.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{now}");
}

fn service(view: &TakeOverView, text: &mut String) {
    match view.service {
        SmtpService::Installed { running: true, .. } => {
            text.push_str("\nThe Windows SMTP service runs on this machine. To change places: outtrayd import iis --take-over\n");
        }
        SmtpService::Installed { running: false, .. } => text.push_str("\nThe Windows SMTP service is on this machine and does not run.\n"),
        SmtpService::NotInstalled | SmtpService::Unknown => {}
    }
    view.left.iter().for_each(|left| {
        let _ = writeln!(text, "{}", left_in(left));
    });
}

fn left_in(left: &LeftMail) -> String {
    if let Some(said) = &left.unreadable {
        return format!("{} cannot be looked into ({said}): look there as administrator, mail may be left in it", left.path);
    }
    let what = match left.folder {
        MailFolder::Queue => "wait in its queue and are sent only while it runs; pause it in IIS Manager and wait until none is left",
        MailFolder::Pickup => "lie in its pickup folder and are taken only while it runs",
        MailFolder::Badmail => "could not be delivered and lie in its badmail folder",
    };
    format!("{} messages {what}: {}", left.messages, left.path)
}
