//! The smart host: server, port, encryption, sign-in. RouteAction says most of it, in bits (documented with the metabase property).

use super::Rows;
use super::routes::{self, WayOut};
use crate::import::flags::{Flags, route};
use crate::import::{Holds, IisServer};
use crate::settings::check::is_host_name;
use control::Settings;
use control::import::ImportPart::Provider;
use control::settings::{DEFAULT_SMART_HOST, NamedSmartHost, SignIn, SmartHostEncryption, SmartHostSettings};
use std::net::IpAddr;

const PER_CONNECTION: &str = "Messages per connection";

/// True when a password has to be typed again.
pub fn carry(server: &IisServer, settings: &mut Settings, rows: &mut Rows) -> bool {
    const NONE: &str = "each domain’s own server was looked up";
    const CHOOSE: &str =
        "Outtray hands all mail to one mail provider, which does that work and keeps its address from being blocked. Choose one next.";
    // 0 means: none, though a name may stand there still.
    let is_used = server.number("SmartHostType") != Some(0);
    let named = match server.text("SmartHost") {
        Some(named) if is_used => named,
        Some(named) => {
            rows.left(Provider, "Smart host", format!("{named}, but switched off: {NONE}"), CHOOSE);
            return left_over(server, rows);
        }
        None => {
            rows.left(Provider, "Smart host", format!("none: {NONE}"), CHOOSE);
            return left_over(server, rows);
        }
    };
    // A list is tried in turn; an address stands in brackets.
    let mut hosts = named.split([';', ',']).map(|host| host.trim().trim_matches(['[', ']']).to_ascii_lowercase());
    let host = hosts.next().unwrap_or_default();
    let rest: Vec<String> = hosts.filter(|host| !host.is_empty()).collect();
    if host.parse::<IpAddr>().is_err() && !is_host_name(&host) {
        rows.left(Provider, "Smart host", named, "This is no name or address of a server. Choose the mail provider next.");
        return left_over(server, rows);
    }
    let provider = control::provider::provider_of_server(&host);
    rows.carried(Provider, "Smart host", &named, &host);
    const DIRECT: &str = "Attempt direct delivery first";
    match server.number("SmartHostType") {
        Some(1) => rows.changed(
            Provider,
            DIRECT,
            "on",
            "off: always through the smart host",
            "Mail sent directly from an office’s address is mostly refused today.",
        ),
        Some(_) => {
            rows.carried(Provider, DIRECT, "off", "off");
            rows.minor();
        }
        None => {}
    }
    let way = WayOut::of(server);
    let action = way_out(server, rows);
    let user = server.text("RouteUserName");
    let signs_in = action.has(route::SASL) && user.is_some();
    let port = carry_port(way.port, provider.is_some() && signs_in, rows);
    let encryption = carry_encryption(action.has(route::SSL) || way.encrypts, signs_in, port, provider.is_some(), rows);
    let sign_in = carry_sign_in(&action, user, rows);
    let needs_password = matches!(sign_in, SignIn::Password { .. });
    let messages_per_connection = messages_per_connection(server, rows);
    settings.smart_host = Some(SmartHostSettings {
        encryption,
        messages_per_connection,
        ..routes::smart_host_at(host, port, encryption != SmartHostEncryption::None, sign_in)
    });
    further(&rest, settings, rows);
    if server.number("RemoteTimeout").is_some() {
        rows.left(Provider, "Outbound time-out", seconds_of(server, "RemoteTimeout"), "Outtray uses the times of RFC 5321.");
        rows.minor();
    }
    connections(server, rows);
    needs_password
}

/// More than these nobody has tried in turn.
const MOST_FURTHER: usize = 8;

/// A list was tried in turn: so it is here. The same is demanded of each as of the first.
fn further(hosts: &[String], settings: &mut Settings, rows: &mut Rows) {
    const SETTING: &str = "Further smart hosts";
    let Some(first) = settings.smart_host.clone() else { return };
    let mut route = vec![DEFAULT_SMART_HOST.to_owned()];
    let mut named = Vec::new();
    for host in hosts.iter().filter(|host| **host != first.server) {
        if route.len() > MOST_FURTHER || (host.parse::<IpAddr>().is_err() && !is_host_name(host)) {
            rows.left(
                Provider,
                SETTING,
                host,
                "This is no name or address of a server, or there are too many. Add it under More providers.",
            );
            continue;
        }
        let name = routes::name_for(host, settings);
        let encrypts = first.encryption != SmartHostEncryption::None;
        let smart_host = SmartHostSettings {
            messages_per_connection: first.messages_per_connection,
            ..routes::smart_host_at(host.clone(), first.port, encrypts, first.sign_in.clone())
        };
        settings.other_smart_hosts.push(NamedSmartHost { name: name.clone(), smart_host });
        route.push(name);
        named.push(host.as_str());
    }
    if named.is_empty() {
        return;
    }
    settings.default_route = route;
    let (was, becomes) = (named.join(", "), format!("{}, when those before are down", named.join(", then ")));
    if first.sign_in.wants_secret() {
        rows.changed(Provider, SETTING, was, becomes, "Type their passwords too, under More providers: until then they are passed over.");
    } else {
        rows.carried(Provider, SETTING, was, becomes);
    }
}

/// What it demanded of the way out. Words nobody knows may have demanded all of it.
fn way_out(server: &IisServer, rows: &mut Rows) -> Flags {
    let mut action = server.flags("RouteAction").unwrap_or_default();
    if !action.unknown.is_empty() {
        action.bits |= route::SSL | route::SASL;
        let was = format!("could not be read: {}", action.unknown.join(", "));
        let why = "Encryption is demanded, and a sign-in where a user name is there. Look into IIS Manager for what was meant.";
        rows.left(Provider, "Outbound security", was, why);
    }
    action
}

/// What belonged to a way out that is not carried over. No password is needed for it.
fn left_over(server: &IisServer, rows: &mut Rows) -> bool {
    let action = way_out(server, rows);
    let tls = (action.has(route::SSL) || server.yes("AlwaysUseSsl")).then(|| "on".to_owned());
    let connections = ["MaxOutConnections", "MaxOutConnectionsPerDomain"].into_iter().filter_map(|name| server.number(name)).min();
    for (setting, was) in [
        ("Outbound TCP port", server.text("RemoteSmtpPort")),
        ("Outbound TLS encryption", tls),
        ("Outbound sign-in", server.text("RouteUserName")),
        (PER_CONNECTION, server.text("MaxBatchedMessages")),
        ("Outbound time-out", server.number("RemoteTimeout").map(|_| seconds_of(server, "RemoteTimeout"))),
        ("Outbound connections", connections.map(|most| most.to_string())),
    ] {
        if let Some(was) = was {
            rows.left(Provider, setting, was, "It belonged to the way that was; the provider you choose next has its own.");
            rows.minor();
        }
    }
    false
}

fn carry_port(port: u16, known_and_signing_in: bool, rows: &mut Rows) -> u16 {
    if port == 25 && known_and_signing_in {
        rows.changed(
            Provider,
            "Outbound TCP port",
            "25",
            "587",
            "The port this provider gives for signed-in mail; many networks block 25.",
        );
        return 587;
    }
    rows.carried(Provider, "Outbound TCP port", port.to_string(), port.to_string());
    port
}

fn carry_encryption(was: bool, signs_in: bool, port: u16, known: bool, rows: &mut Rows) -> SmartHostEncryption {
    const SETTING: &str = "Outbound TLS encryption";
    let (encryption, name) =
        if port == 465 { (SmartHostEncryption::Implicit, "TLS from the start") } else { (SmartHostEncryption::Starttls, "STARTTLS") };
    if was {
        rows.changed(
            Provider,
            SETTING,
            "on",
            format!("{name}, certificate checked"),
            "IIS did not check whose certificate it was. For an office’s own server, add its authority in the settings.",
        );
        return encryption;
    }
    if signs_in || known || port == 465 {
        rows.changed(Provider, SETTING, "off", format!("{name}, certificate checked"), "Outtray sends no password without encryption.");
        return encryption;
    }
    rows.carried(Provider, SETTING, "off", "none");
    SmartHostEncryption::None
}

fn carry_sign_in(action: &Flags, user: Option<String>, rows: &mut Rows) -> SignIn {
    const SETTING: &str = "Outbound sign-in";
    match user {
        Some(user) if action.has(route::SASL) => {
            let way = if action.has(route::NTLM | route::KERBEROS) && !action.has(route::CLEARTEXT) { "Windows sign-in" } else { "basic" };
            // DOMAIN\user means nothing to a mail provider.
            rows.changed(
                Provider,
                SETTING,
                format!("{way} as {user}"),
                format!("{user}, with a password"),
                "The password is encrypted for the old service alone and cannot be read: type it again.",
            );
            SignIn::Password { user }
        }
        unused => {
            let kept = unused.map(|user| format!("; {user} is kept there, unused")).unwrap_or_default();
            rows.carried(Provider, SETTING, format!("none (anonymous){kept}"), "none");
            SignIn::None
        }
    }
}

fn messages_per_connection(server: &IisServer, rows: &mut Rows) -> u32 {
    const SETTING: &str = PER_CONNECTION;
    match server.number("MaxBatchedMessages") {
        Some(0) => {
            rows.changed(Provider, SETTING, "no limit", "100", "Providers end longer connections anyway.");
            rows.minor();
            100
        }
        Some(number) => {
            let number = u32::try_from(number).unwrap_or(u32::MAX).min(10_000);
            rows.carried(Provider, SETTING, number.to_string(), number.to_string());
            rows.minor();
            number
        }
        None => 100,
    }
}

fn connections(server: &IisServer, rows: &mut Rows) {
    let wanted = ["MaxOutConnections", "MaxOutConnectionsPerDomain"].into_iter().filter_map(|name| server.number(name)).min();
    if let Some(most) = wanted {
        rows.changed(Provider, "Outbound connections", most.to_string(), "3", "Providers block senders that open more at a time.");
        rows.minor();
    }
}

fn seconds_of(server: &IisServer, name: &str) -> String {
    server.number(name).map(|seconds| format!("{seconds} s")).unwrap_or_default()
}
