//! A remote domain with a way of its own becomes a smart host and a route to it. Port and encryption are the virtual server's.

use crate::import::flags::route;
use crate::import::{Holds, IisDomain, IisServer};
use crate::settings::check::is_host_name;
use crate::settings::{LONGEST_ROUTE_NAME, address_pattern};
use control::Settings;
use control::provider::ProviderNullSender;
use control::settings::{NamedSmartHost, NullSender, RouteSettings, SignIn, SmartHostEncryption, SmartHostSettings, SmartHostTimeouts};
use relay::mail::Mailbox;
use relay::route::MOST_ROUTES;
use std::net::IpAddr;

/// Names of smart hosts are no longer.
const LONGEST: usize = 32;

/// How the virtual server goes out, for all its domains.
#[derive(Debug, Clone, Copy)]
pub struct WayOut {
    pub port: u16,
    pub encrypts: bool,
}

impl WayOut {
    pub fn of(server: &IisServer) -> Self {
        let port = server.number("RemoteSmtpPort").and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        Self { port: port.unwrap_or(25), encrypts: server.yes("AlwaysUseSsl") }
    }
}

/// What became of it.
#[derive(Debug)]
pub struct Route {
    pub becomes: String,
    /// What people must do and know.
    pub why: String,
}

/// What becomes of it, or why nothing does.
pub fn carry(domain: &IisDomain, host: &str, way: WayOut, settings: &mut Settings) -> Result<Route, &'static str> {
    if settings.smart_host.is_none() {
        return Err("Choose the mail provider first; then add this server under More providers, with a route for the domain.");
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
    let action = domain.flags("RouteAction").unwrap_or_default();
    let is_clear = action.unknown.is_empty();
    let user = domain.text("RouteUserName").filter(|_| action.has(route::SASL) || !is_clear);
    let sign_in = user.map_or(SignIn::None, |user| SignIn::Password { user });
    let encrypts = action.has(route::SSL) || way.encrypts || !is_clear;
    let smart_host = smart_host_at(server.clone(), way.port, encrypts, sign_in);
    let name = name_for(&domain.name, settings);
    let encrypted = if smart_host.encryption == SmartHostEncryption::None { "" } else { ", encrypted" };
    let becomes = format!("a route for {recipients} through {server}, port {}{encrypted}", smart_host.port);
    let why = match &smart_host.sign_in {
        SignIn::Password { user } => format!(
            "It signs in as {user}, and the password cannot be read: type it under More providers, at {name}. Mail for this domain waits \
             until then."
        ),
        _ => String::new(),
    };
    settings.other_smart_hosts.push(NamedSmartHost { name: name.clone(), smart_host });
    settings.routes.push(RouteSettings {
        name: domain.name.chars().take(LONGEST_ROUTE_NAME).collect(),
        recipients: vec![recipients],
        via: vec![name],
        ..RouteSettings::default()
    });
    Ok(Route { becomes, why })
}

/// No password goes out without encryption; a provider that is known has a port for those who sign in.
pub fn smart_host_at(server: String, port: u16, encrypts: bool, sign_in: SignIn) -> SmartHostSettings {
    let provider = control::provider::provider_of_server(&server);
    let signs_in = sign_in.wants_secret();
    let port = if port == 25 && provider.is_some() && signs_in { 587 } else { port };
    let encryption = match (port, encrypts || signs_in || provider.is_some()) {
        (465, _) => SmartHostEncryption::Implicit,
        (_, true) => SmartHostEncryption::Starttls,
        (_, false) => SmartHostEncryption::None,
    };
    SmartHostSettings {
        provider: provider.map_or(control::provider::OTHER, |provider| &provider.key).to_owned(),
        pace: provider.map(|provider| provider.pace_of(&server)).unwrap_or_default(),
        largest_message: provider.and_then(|provider| provider.largest_message),
        protocol: control::settings::SmartHostProtocol::Smtp,
        server,
        port,
        encryption,
        extra_ca_file: None,
        parallel_connections: 3,
        messages_per_connection: 100,
        null_sender: null_sender(provider, &sign_in),
        sign_in,
        timeouts: SmartHostTimeouts::default(),
        rewriting: None,
    }
}

/// Some take no mail without a sender from a mailbox that is signed in.
fn null_sender(provider: Option<&control::provider::Provider>, sign_in: &SignIn) -> NullSender {
    match (provider.and_then(|provider| provider.null_sender), sign_in) {
        (Some(ProviderNullSender::Account), SignIn::Password { user }) if Mailbox::parse(user).is_ok() => NullSender::Account,
        (_, _) => NullSender::AsItIs,
    }
}

/// Letters, digits and hyphens, and none that is there.
pub fn name_for(domain: &str, settings: &Settings) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let base: String = domain.chars().map(plain).collect::<String>().trim_matches('-').chars().take(LONGEST - 3).collect();
    let base = if base.is_empty() { "domain".to_owned() } else { base };
    let is_free = |name: &str| name != "default" && !settings.other_smart_hosts.iter().any(|other| other.name == name);
    (1..100).map(|number| if number == 1 { base.clone() } else { format!("{base}-{number}") }).find(|name| is_free(name)).unwrap_or(base)
}
