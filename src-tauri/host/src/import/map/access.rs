//! Where devices connect and who may send: bindings, relay list, connection control.

use super::{Around, Rows};
use crate::import::ipsec::List;
use crate::import::{Access, Holds, IisServer, Value};
use crate::settings::networks::is_private;
use control::Settings;
use control::import::ImportPart::{Listening, Senders};
use control::settings::{AccessRule, ListenerEncryption, ListenerSettings};
use ipnet::IpNet;
use std::net::IpAddr;

pub fn carry(server: &IisServer, around: &Around, settings: &mut Settings, rows: &mut Rows) {
    listeners(server, settings, rows);
    senders(server, around, settings, rows);
    sign_in(server, rows);
}

fn listeners(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    let kinds = [
        ("ServerBindings", "IP address and port", ListenerEncryption::Starttls),
        ("SecureBindings", "Secure bindings", ListenerEncryption::Implicit),
    ];
    for (name, setting, encryption) in kinds {
        for binding in server.lines(name) {
            // `ip:port:host`; IPv6 never was possible.
            let mut parts = binding.split(':');
            let (address, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let address = if address.is_empty() || address == "*" { "0.0.0.0" } else { address };
            let (Ok(ip), Ok(port @ 1..)) = (address.parse::<IpAddr>(), port.parse::<u16>()) else {
                rows.left(Listening, setting, &binding, "This is no address and port.");
                continue;
            };
            let listener = ListenerSettings::new(ip.to_string(), port, encryption);
            let was = format!("{}, port {port}", if ip.is_unspecified() { "all unassigned".to_owned() } else { ip.to_string() });
            let offered = if encryption == ListenerEncryption::Starttls { "STARTTLS offered" } else { "TLS from the start" };
            if settings.listeners.iter().any(|other| other.port == port && other.address == listener.address) {
                continue;
            }
            rows.carried(Listening, setting, was, format!("{}:{port}, {offered}", listener.address));
            settings.listeners.push(listener);
        }
    }
    if settings.listeners.is_empty() {
        let listener = ListenerSettings::new("0.0.0.0", 25, ListenerEncryption::Starttls);
        rows.carried(Listening, "IP address and port", "all unassigned, port 25 (default)", "0.0.0.0:25, STARTTLS offered");
        settings.listeners.push(listener);
    }
}

fn senders(server: &IisServer, around: &Around, settings: &mut Settings, rows: &mut Rows) {
    const SETTING: &str = "Relay restrictions";
    match server.values.get("relayiplist") {
        Some(Value::Access(Access::OnlyThese(list))) => only_these(list, settings, rows),
        Some(Value::Access(Access::AllExcept(list))) => {
            let was = if list.is_empty() { "everyone may relay".to_owned() } else { format!("everyone except {}", said(list)) };
            propose(
                around,
                settings,
                rows,
                was,
                "Whoever reached it could send in the office’s name. Outtray never does that: these are this machine’s own networks. Add what is missing.",
            );
        }
        Some(Value::Unreadable(why)) => {
            propose(
                around,
                settings,
                rows,
                format!("cannot be read: {why}"),
                "These are this machine’s own networks instead. Add what is missing, take away what is too much.",
            );
        }
        Some(Value::Text(_) | Value::Lines(_)) | None => only_these(&List::default(), settings, rows),
    }
    connection_control(server, settings, rows);
    if settings.rules.is_empty() && !rows.0.iter().any(|row| row.setting == SETTING) {
        rows.left(Senders, SETTING, "only the list below, which is empty", "Nobody could relay by address. Say next who may send.");
    }
}

fn only_these(list: &List, settings: &mut Settings, rows: &mut Rows) {
    const SETTING: &str = "Relay restrictions";
    for network in without_those_inside_others(&list.networks) {
        let text = if is_single(&network) { network.addr().to_string() } else { network.to_string() };
        let everyone = network.prefix_len() == 0;
        if everyone || !(is_private(network.into()) || network.addr().is_loopback()) {
            rows.left(
                Senders,
                SETTING,
                format!("only {text}"),
                if everyone {
                    "It allowed the whole internet, which Outtray does not."
                } else {
                    "A public network: allow it in the next step if it really is the office’s own."
                },
            );
            continue;
        }
        rows.carried(Senders, SETTING, format!("only {text}"), text.clone());
        settings.rules.push(AccessRule::allowing(text, ""));
    }
    for name in &list.names {
        rows.left(
            Senders,
            SETTING,
            format!("only hosts of {name}"),
            "Names found by reverse lookup can be forged. Allow the devices’ addresses.",
        );
    }
    for odd in &list.odd {
        rows.left(Senders, SETTING, odd, "It cannot be said as a subnet. Allow what is meant in the next step.");
    }
}

fn propose(around: &Around, settings: &mut Settings, rows: &mut Rows, was: String, why: &str) {
    let networks = &around.private_networks;
    let becomes = networks.iter().map(|(network, _)| network.as_str()).collect::<Vec<_>>().join(", ");
    if networks.is_empty() {
        rows.left(Senders, "Relay restrictions", was, "Say in the next step who may send.");
        return;
    }
    rows.changed(Senders, "Relay restrictions", was, becomes, why);
    let named = |(network, card): &(String, String)| AccessRule::allowing(network, card);
    settings.rules.extend(networks.iter().map(named));
}

/// Who could not even connect cannot send here either.
fn connection_control(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    const SETTING: &str = "Connection control";
    let (list, only) = match server.values.get("ipsecurity") {
        Some(Value::Access(Access::OnlyThese(list))) => (list, true),
        Some(Value::Access(Access::AllExcept(list))) if !list.is_empty() => (list, false),
        Some(Value::Unreadable(why)) => {
            return rows.left(Senders, SETTING, format!("cannot be read: {why}"), "Look in the next step whether too many may send.");
        }
        Some(Value::Access(_) | Value::Text(_) | Value::Lines(_)) | None => return,
    };
    let was = format!("{} {}", if only { "only" } else { "all except" }, said(list));
    let touches = |network: &str| network.parse::<IpNet>().or_else(|_| network.parse::<IpAddr>().map(IpNet::from));
    let before = settings.rules.len();
    settings.rules.retain(|rule| {
        let Ok(network) = touches(&rule.network) else { return false };
        if only {
            list.networks.iter().any(|other| other.contains(&network))
        } else {
            !list.networks.iter().any(|other| other.contains(&network))
        }
    });
    let narrower: Vec<String> = settings
        .rules
        .iter()
        .filter_map(|rule| touches(&rule.network).ok())
        .flat_map(|network| list.networks.iter().filter(move |other| network.contains(*other) && **other != network))
        .map(ToString::to_string)
        .collect();
    let dropped = before - settings.rules.len();
    if narrower.is_empty() {
        let becomes =
            if dropped == 0 { "the same, by who may send".to_owned() } else { format!("{dropped} of the networks above are left out") };
        rows.changed(Senders, SETTING, was, becomes, "Outtray has one list: who may send. Everybody else is refused.");
    } else {
        let why = format!(
            "Outtray has one list of who may send, without exceptions inside a network. Allow smaller networks than those that hold {}.",
            narrower.join(", ")
        );
        rows.left(Senders, SETTING, was, &why);
    }
}

fn sign_in(server: &IisServer, rows: &mut Rows) {
    let flags = server.number("AuthFlags").unwrap_or(0);
    let basic = flags & 2 != 0 || server.yes("AuthBasic");
    let windows = flags & 4 != 0 || server.yes("AuthNTLM");
    // As numbers, or one by one.
    let anonymous = match server.number("AuthFlags") {
        Some(flags) => Some(flags & 1 != 0),
        None if server.yes("AuthAnonymous") => Some(true),
        None => server.no("AuthAnonymous").then_some(false),
    };
    match anonymous {
        Some(true) => {
            rows.carried(Senders, "Anonymous access", "on", "devices send without a sign-in");
            rows.minor();
        }
        Some(false) => rows.changed(
            Senders,
            "Anonymous access",
            "off: devices had to sign in",
            "devices send without a sign-in",
            "Outtray knows devices by their address alone. Look in the next step whether too many may send.",
        ),
        None => {}
    }
    let kinds: Vec<&str> = [(basic, "basic"), (windows, "Windows")].into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    if !kinds.is_empty() {
        rows.left(
            Senders,
            "Sign-in of devices",
            kinds.join(" and "),
            "Outtray knows devices by their address. Switch the sign-in off in the device, and allow its address.",
        );
    }
    if server.yes("RelayForAuth") {
        rows.left(Senders, "Allow all that sign in to relay", "on", "Nobody signs in here: allow the devices’ addresses.");
        if kinds.is_empty() {
            rows.minor();
        }
    }
    if let Some(domain) = server.text("DefaultLogonDomain") {
        rows.left(Senders, "Default domain of the sign-in", domain, "Devices do not sign in here.");
        rows.minor();
    }
    if server.number("AccessSSLFlags").is_some_and(|flags| flags & 8 != 0) {
        rows.left(
            Senders,
            "Require TLS of devices",
            "on",
            "Outtray offers encryption on every port and demands it on none but 465. Use port 465 for devices that can.",
        );
    }
}

fn is_single(network: &IpNet) -> bool {
    network.prefix_len() == network.max_prefix_len()
}

fn without_those_inside_others(networks: &[IpNet]) -> Vec<IpNet> {
    networks.iter().filter(|one| !networks.iter().any(|other| other != *one && other.contains(*one))).copied().collect()
}

fn said(list: &List) -> String {
    let networks = list.networks.iter().map(|network| if is_single(network) { network.addr().to_string() } else { network.to_string() });
    let all: Vec<String> = networks.chain(list.names.iter().cloned()).chain(list.odd.iter().cloned()).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}
