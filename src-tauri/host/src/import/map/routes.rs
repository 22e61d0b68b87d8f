//! A remote domain with a way of its own becomes a smart host and a route to it.

use crate::import::{Holds, IisDomain};
use crate::settings::check::is_host_name;
use crate::settings::{LONGEST_ROUTE_NAME, address_pattern};
use control::Settings;
use control::settings::{NamedSmartHost, Pace, RouteSettings, SignIn, SmartHostEncryption, SmartHostSettings, SmartHostTimeouts};
use relay::route::MOST_ROUTES;
use std::net::IpAddr;

const SSL: u64 = 0x4;
/// Names of smart hosts are no longer.
const LONGEST: usize = 32;

/// What becomes of it, or why nothing does.
pub fn carry(domain: &IisDomain, host: &str, settings: &mut Settings) -> Result<String, &'static str> {
    if settings.smart_host.is_none() {
        return Err("Choose the mail provider first; then add this server under More providers, with a route for the domain.");
    }
    if domain.text("RouteUserName").is_some() {
        return Err("It signs in, and its password cannot be read: add it under More providers, with a route for the domain.");
    }
    let server = host.split([';', ',']).next().unwrap_or_default().trim().trim_matches(['[', ']']).to_ascii_lowercase();
    if server.parse::<IpAddr>().is_err() && !is_host_name(&server) {
        return Err("This is no name or address of a server. Mail for this domain goes to the provider too.");
    }
    let recipients = match domain.name.strip_prefix('*') {
        Some(below) if below.starts_with('.') => below.to_owned(),
        Some(_) => return Err("This is no domain. Its mail goes to the provider too."),
        None => domain.name.clone(),
    };
    if address_pattern(&recipients).is_none() || recipients.contains('@') {
        return Err("This is no domain. Its mail goes to the provider too.");
    }
    // So many also have names of their own, see below.
    if settings.routes.len() >= MOST_ROUTES.min(90) {
        return Err("There are too many routes already. Put several domains into one, under More providers.");
    }
    let encrypts = domain.number("RouteAction").unwrap_or(0) & SSL != 0;
    let name = name_for(&domain.name, settings);
    settings.other_smart_hosts.push(NamedSmartHost {
        name: name.clone(),
        smart_host: SmartHostSettings {
            provider: "other".to_owned(),
            protocol: control::settings::SmartHostProtocol::Smtp,
            largest_message: None,
            null_sender: control::settings::NullSender::AsItIs,
            rewriting: None,
            server: server.clone(),
            port: 25,
            encryption: if encrypts { SmartHostEncryption::Starttls } else { SmartHostEncryption::None },
            sign_in: SignIn::None,
            extra_ca_file: None,
            parallel_connections: 3,
            pace: Pace::default(),
            messages_per_connection: 100,
            timeouts: SmartHostTimeouts::default(),
        },
    });
    let becomes = format!("a route for {recipients} through {server}");
    let route = RouteSettings {
        name: domain.name.chars().take(LONGEST_ROUTE_NAME).collect(),
        recipients: vec![recipients],
        via: vec![name],
        ..RouteSettings::default()
    };
    settings.routes.push(route);
    Ok(becomes)
}

/// Letters, digits and hyphens, and none that is there.
fn name_for(domain: &str, settings: &Settings) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let base: String = domain.chars().map(plain).collect::<String>().trim_matches('-').chars().take(LONGEST - 3).collect();
    let base = if base.is_empty() { "domain".to_owned() } else { base };
    let is_free = |name: &str| name != "default" && !settings.other_smart_hosts.iter().any(|other| other.name == name);
    (1..100).map(|number| if number == 1 { base.clone() } else { format!("{base}-{number}") }).find(|name| is_free(name)).unwrap_or(base)
}
