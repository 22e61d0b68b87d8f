//! What is changed in a message on its way out: the sender, the signature.

use super::show::plain;
use super::{Exit, Failure, Outcome, Place, link};
use clap::Subcommand;
use control::view::{DkimAlgorithm, DkimFound, DkimKeyView};
use control::{Answer, Request};
use std::fmt::Write;

#[derive(Debug, Subcommand)]
pub enum DkimCommand {
    /// Make a key for a domain and store it with the account that runs the engine; prints what is to be published
    New {
        domain: String,
        #[arg(long, default_value = "outtray", value_name = "NAME")]
        selector: String,
        /// A short key of the newer kind, which not every receiver knows
        #[arg(long)]
        ed25519: bool,
        /// In place of one that is there
        #[arg(long)]
        replace: bool,
        /// Keep it in memory only, lost at the next restart
        #[arg(long)]
        until_restart: bool,
    },
    /// Show what is to be published for the domains of the settings, or for one
    Show {
        domain: Option<String>,
        #[arg(long, default_value = "outtray", value_name = "NAME")]
        selector: String,
    },
    /// Ask the name servers whether a key is published; fails while it is not
    LookUp {
        domain: String,
        #[arg(long, default_value = "outtray", value_name = "NAME")]
        selector: String,
    },
}

pub async fn dkim(place: &Place, command: DkimCommand) -> Outcome {
    let client = link::connect(place).await?;
    match command {
        DkimCommand::New { domain, selector, ed25519, replace, until_restart } => {
            let algorithm = if ed25519 { DkimAlgorithm::Ed25519 } else { DkimAlgorithm::Rsa };
            let key = key_of(&client, Request::NewDkimKey { domain, selector, algorithm, replace, until_restart }).await?;
            place.print(&key, || shown(&key))
        }
        DkimCommand::Show { domain, selector } => {
            let wanted = match domain {
                Some(domain) => vec![(domain, selector)],
                None => {
                    let answer = link::call(&client, Request::Settings).await?;
                    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
                    settings.settings.dkim.into_iter().map(|entry| (entry.domain, entry.selector)).collect()
                }
            };
            let mut keys = Vec::new();
            for (domain, selector) in wanted {
                keys.push(key_of(&client, Request::DkimKey { domain, selector }).await?);
            }
            place.print(&keys, || match keys.is_empty() {
                true => "No domain is signed for. `outtrayd dkim new DOMAIN` makes a key; then put the domain into `dkim` of the settings."
                    .to_owned(),
                false => keys.iter().map(shown).collect::<Vec<_>>().join("\n"),
            })
        }
        DkimCommand::LookUp { domain, selector } => {
            let answer = link::call(&client, Request::LookUpDkimKey { domain, selector }).await?;
            let Answer::DkimFound { found } = answer else { return Err(link::strange(&answer)) };
            let (said, is_published) = match &found {
                DkimFound::Published => ("It is published: receivers find the key that signs.".to_owned(), true),
                DkimFound::NotFound => ("It is not published (yet).".to_owned(), false),
                DkimFound::Other { record } => (format!("Something else is published there: {}", plain(record)), false),
                DkimFound::NoAnswer { said } => (format!("The name servers could not be asked: {}", plain(said)), false),
            };
            place.print(&found, || said)?;
            if is_published { Ok(()) } else { Err(Failure::new(Exit::Failed, "")) }
        }
    }
}

async fn key_of(client: &control::Client, request: Request) -> Result<DkimKeyView, Failure> {
    match link::call(client, request).await? {
        Answer::DkimKey { key } => Ok(key),
        answer => Err(link::strange(&answer)),
    }
}

fn shown(view: &DkimKeyView) -> String {
    let DkimKeyView { domain, selector, record_name, key } = view;
    let mut text = format!("{domain}, selector {selector}\n");
    // Writing to a text cannot fail.
    let _ = match key {
        None => writeln!(text, "  no key: mail of this domain waits; make one with `outtrayd dkim new {domain} --selector {selector}`"),
        Some(key) => {
            let kept = if key.until_restart { " (until the next restart)" } else { "" };
            let kind = match key.algorithm {
                DkimAlgorithm::Rsa => "RSA, 2048 bits or more",
                DkimAlgorithm::Ed25519 => "Ed25519",
            };
            writeln!(
                text,
                "  key:    {kind}{kept}\n  name:   {record_name}\n  type:   TXT\n  value:  {}\n  or, in a zone file:\n  {}",
                key.record, key.zone_line
            )
        }
    };
    text
}

pub async fn sender_becomes(place: &Place, from: String) -> Outcome {
    let client = link::connect(place).await?;
    let answer = link::call(&client, Request::Settings).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    let Some(smart_host) = settings.settings.smart_host else {
        return Err(Failure::new(Exit::Failed, "no provider is set up"));
    };
    let answer = link::call(&client, Request::SenderBecomes { smart_host: Box::new(smart_host), from }).await?;
    let Answer::Rewritten { rewritten } = answer else { return Err(link::strange(&answer)) };
    place.print(&rewritten, || {
        let mut text = format!("MAIL FROM:<{}>\nFrom: {}\n", plain(&rewritten.envelope), plain(&rewritten.from));
        for (name, value) in [("Reply-To", &rewritten.reply_to), ("X-Original-From", &rewritten.original_from)] {
            if let Some(value) = value {
                text.push_str(&format!("{name}: {}\n", plain(value)));
            }
        }
        text
    })
}
