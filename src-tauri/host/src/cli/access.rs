//! Who may send what: device accounts, devices, refusals, and the question before somebody tries.

use super::acts::read_secret;
use super::show::{plain, table, when};
use super::{Outcome, Place, link};
use clap::{Args, Subcommand};
use control::request::AccessQuestion;
use control::view::{DecidedBy, DecisionView, DeviceView, RefusalView};
use control::{Answer, Request, Secret};
use serde_json::json;
use std::fmt::Write;

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// List the device accounts
    List,
    /// Set an account's password, read from standard input: there is no way to give it as an argument
    SetPassword { name: String },
    /// Nobody can sign in with the account until it is given another password
    RemovePassword { name: String },
}

#[derive(Debug, Args)]
pub struct MayISendArgs {
    /// The IP address of the device
    address: String,
    /// The sender; empty for a report
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Over an encrypted connection
    #[arg(long)]
    tls: bool,
    /// Signed in with this device account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

#[derive(Debug, Args)]
pub struct RefusalArgs {
    /// Words to be found in address, name, sender, recipient or answer
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[arg(long, default_value_t = 0)]
    offset: u32,
}

pub async fn account(place: &Place, command: AccountCommand) -> Outcome {
    let (request, done) = match command {
        AccountCommand::List => (Request::Settings, None),
        AccountCommand::SetPassword { name } => {
            // First the engine: nobody should type a password in vain.
            link::connect(place).await?;
            let password = Secret::new(read_secret()?);
            (Request::SetAccountPassword { account: name, password }, Some("The password is set; only its hash is kept."))
        }
        AccountCommand::RemovePassword { name } => {
            (Request::RemoveAccountPassword { account: name }, Some("The password is removed: nobody can sign in with this account."))
        }
    };
    let answer = link::ask(place, request).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    place.print(&settings.accounts, || match done {
        Some(done) => done.to_owned(),
        None => {
            let mut rows = vec![["account", "password", "last used", "note"].map(str::to_owned)];
            rows.extend(settings.accounts.iter().zip(&settings.settings.accounts).map(|(state, account)| {
                let password = match (account.enabled, state.has_password) {
                    (false, _) => "switched off",
                    (true, true) => "set",
                    (true, false) => "missing",
                };
                [plain(&state.name), password.to_owned(), when(state.last_used_at), plain(&account.note)]
            }));
            table(&rows)
        }
    })
}

pub async fn may_i_send(place: &Place, arguments: MayISendArgs) -> Outcome {
    let MayISendArgs { address, from, to, tls, account } = arguments;
    let question = AccessQuestion { address, encrypted: tls, account, sender: from, recipient: to };
    let answer = link::ask(place, Request::MayISend { question, settings: None }).await?;
    let Answer::Decision { decision } = answer else { return Err(link::strange(&answer)) };
    place.print(&decision, || decision_text(&decision))
}

pub async fn devices(place: &Place) -> Outcome {
    let answer = link::ask(place, Request::Devices).await?;
    let Answer::Devices { devices } = answer else { return Err(link::strange(&answer)) };
    place.print(&devices, || {
        let mut rows =
            vec![["address", "name", "rule", "last seen", "encryption", "account", "today", "held", "refused"].map(str::to_owned)];
        rows.extend(devices.iter().map(device_row));
        table(&rows)
    })
}

pub async fn refusals(place: &Place, arguments: RefusalArgs) -> Outcome {
    let RefusalArgs { words, limit, offset } = arguments;
    let answer = link::ask(place, Request::Refusals { text: words.join(" "), offset, limit }).await?;
    let Answer::Refusals { page } = answer else { return Err(link::strange(&answer)) };
    place.print(&page, || {
        let mut rows = vec![["last", "count", "address", "name", "from", "to", "answer"].map(str::to_owned)];
        rows.extend(page.refusals.iter().map(refusal_row));
        let mut text = table(&rows);
        let shown = page.refusals.len() as u64;
        if shown < page.total {
            let _ = writeln!(text, "{shown} of {}", page.total);
        }
        text
    })
}

pub async fn end_burst(place: &Place, address: String, release: bool) -> Outcome {
    let answer = link::ask(place, Request::EndBurst { address, release }).await?;
    let Answer::Count { count } = answer else { return Err(link::strange(&answer)) };
    let messages = if count == 1 { "message" } else { "messages" };
    let done = if release { "released" } else { "kept on hold" };
    place.print(&json!({ "count": count }), || format!("{count} {messages} {done}; what was sent counts as usual from now on"))
}

fn decision_text(decision: &DecisionView) -> String {
    let by = match (decision.by, decision.rule) {
        (DecidedBy::Rule, Some(rule)) => format!("rules[{rule}]"),
        (DecidedBy::Rule, None) => "a rule".to_owned(),
        (DecidedBy::Account, _) => "the device account".to_owned(),
        (DecidedBy::Lists, _) => "the lists".to_owned(),
        (DecidedBy::Nothing, _) => "nothing allows it".to_owned(),
    };
    match &decision.reply {
        None => format!("yes, by {by}"),
        Some(reply) => format!("no, by {by}: {}", plain(reply)),
    }
}

fn device_row(device: &DeviceView) -> [String; 9] {
    [
        device.address.clone(),
        plain(&device.client_name),
        device.rule.as_deref().map_or_else(|| "none fits".to_owned(), plain),
        when(Some(device.last_seen_at)),
        if device.messages == 0 { "-".to_owned() } else { device.tls.clone().unwrap_or_else(|| "none".to_owned()) },
        device.account.as_deref().map_or_else(|| "-".to_owned(), plain),
        device.messages_today.to_string(),
        device.held.to_string(),
        device.refused_today.to_string(),
    ]
}

fn refusal_row(refusal: &RefusalView) -> [String; 7] {
    [
        when(Some(refusal.last_at)),
        refusal.count.to_string(),
        if refusal.address.is_empty() { "others".to_owned() } else { refusal.address.clone() },
        plain(&refusal.client_name),
        plain(&refusal.sender),
        plain(&refusal.recipient),
        plain(&refusal.reply),
    ]
}
