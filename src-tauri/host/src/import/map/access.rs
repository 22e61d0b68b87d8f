//! Where devices connect and who may send: bindings, relay list, connection control.

use super::{Around, Rows};
use crate::import::flags;
use crate::import::ipsec::List;
use crate::import::{Access, Holds, IisServer, Value};
use crate::settings::networks::is_private;
use control::Settings;
use control::import::ImportPart::{Listening, Senders};
use control::settings::{AccessRule, ListenerEncryption, ListenerSettings, RuleAction};
use ipnet::IpNet;
use std::net::IpAddr;

const RELAY: &str = "Relay restrictions";
const TLS: &str = "Require TLS of devices";
const CERTIFICATES: &str = "Certificates of devices";

pub fn carry(server: &IisServer, around: &Around, settings: &mut Settings, rows: &mut Rows) {
    listeners(server, settings, rows);
    senders(server, around, settings, rows);
    sign_in(server, settings, rows);
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
    let mut reach = Reach::default();
    match server.values.get("relayiplist") {
        Some(Value::Access(Access::OnlyThese(list))) => only_these(list, &mut reach, rows),
        Some(Value::Access(Access::AllExcept(list))) => {
            let was = if list.is_empty() { "everyone may relay".to_owned() } else { format!("everyone except {}", said(list)) };
            propose(
                around,
                &list.networks,
                &mut reach,
                rows,
                was,
                "Whoever reached it could send in the office’s name. Outtray never does that: these are this machine’s own networks. Add what is missing.",
            );
            not_by_name(RELAY, "everyone except", list, rows);
        }
        Some(Value::Unreadable(why)) => {
            propose(
                around,
                &[],
                &mut reach,
                rows,
                format!("cannot be read: {why}"),
                "These are this machine’s own networks instead. Add what is missing, take away what is too much.",
            );
        }
        Some(Value::Text(_) | Value::Lines(_)) | None => only_these(&List::default(), &mut reach, rows),
    }
    connection_control(server, &mut reach, rows);
    settings.rules = reach.rules();
    if settings.rules.is_empty() && !rows.0.iter().any(|row| row.setting == RELAY) {
        rows.left(Senders, RELAY, "only the list below, which is empty", "Nobody could relay by address. Say next who may send.");
    }
}

fn only_these(list: &List, reach: &mut Reach, rows: &mut Rows) {
    for network in &list.networks {
        let everyone = network.prefix_len() == 0;
        if everyone || !(is_private((*network).into()) || network.addr().is_loopback()) {
            rows.left(
                Senders,
                RELAY,
                format!("only {}", written(network)),
                if everyone {
                    "It allowed the whole internet, which Outtray does not."
                } else {
                    "A public network: allow it in the next step if it really is the office’s own."
                },
            );
        } else if reach.allow(*network, "") {
            rows.carried(Senders, RELAY, format!("only {}", written(network)), written(network));
        }
    }
    for network in &list.but_not {
        let was = format!("but not {}", written(network));
        rows.carried(Senders, RELAY, was, refused(&[*network], reach));
    }
    for name in &list.names {
        rows.left(
            Senders,
            RELAY,
            format!("only hosts of {name}"),
            "Names found by reverse lookup can be forged. Allow the devices’ addresses.",
        );
    }
    for odd in &list.odd {
        rows.left(Senders, RELAY, odd, "It cannot be said as a subnet. Allow what is meant in the next step.");
    }
}

/// This machine's own networks, without those that were shut out.
fn propose(around: &Around, but_not: &[IpNet], reach: &mut Reach, rows: &mut Rows, was: String, why: &str) {
    for (network, card) in &around.private_networks {
        if let Ok(network) = network.parse() {
            reach.allow(network, card);
        }
    }
    but_not.iter().for_each(|network| {
        reach.refuse(*network);
    });
    match reach.said() {
        None => rows.left(Senders, RELAY, was, "Say in the next step who may send."),
        Some(becomes) => rows.changed(Senders, RELAY, was, becomes, why),
    }
}

/// Who could not even connect cannot send here either.
fn connection_control(server: &IisServer, reach: &mut Reach, rows: &mut Rows) {
    const SETTING: &str = "Connection control";
    const ONE_LIST: &str = "Outtray has one list: who may send. Everybody else is refused.";
    match server.values.get("ipsecurity") {
        Some(Value::Access(Access::OnlyThese(list))) => {
            let was = format!("only {}", said(list));
            let before = reach.said();
            reach.only(&list.networks);
            list.but_not.iter().for_each(|network| {
                reach.refuse(*network);
            });
            let becomes = match reach.said() {
                now if now == before => "the same, by who may send".to_owned(),
                Some(now) => format!("who may send: {now}"),
                None => "nobody of those above may send".to_owned(),
            };
            rows.changed(Senders, SETTING, was, becomes, ONE_LIST);
            not_by_name(SETTING, "only", list, rows);
        }
        Some(Value::Access(Access::AllExcept(list))) if !list.is_empty() => {
            if !list.networks.is_empty() {
                rows.carried(Senders, SETTING, format!("all except {}", all_written(&list.networks)), refused(&list.networks, reach));
            }
            not_by_name(SETTING, "all except", list, rows);
        }
        Some(Value::Unreadable(why)) => {
            rows.left(Senders, SETTING, format!("cannot be read: {why}"), "Look in the next step whether too many may send.");
        }
        Some(Value::Access(_) | Value::Text(_) | Value::Lines(_)) | None => {}
    }
}

/// Refuses them; in words what that means here.
fn refused(networks: &[IpNet], reach: &mut Reach) -> String {
    let (touched, others): (Vec<IpNet>, Vec<IpNet>) = networks.iter().partition(|network| reach.refuse(**network));
    match (touched.is_empty(), others.is_empty()) {
        (true, _) => "the same: nobody there may send".to_owned(),
        (false, true) => format!("{} is refused", all_written(&touched)),
        (false, false) => format!("{} is refused; nobody else there may send", all_written(&touched)),
    }
}

/// What a list names in another way than by subnets.
fn not_by_name(setting: &str, how: &str, list: &List, rows: &mut Rows) {
    for name in &list.names {
        let why = "Names found by reverse lookup can be forged. Allow or refuse the devices’ addresses.";
        rows.left(Senders, setting, format!("{how} hosts of {name}"), why);
    }
    for odd in &list.odd {
        rows.left(
            Senders,
            setting,
            format!("{how} {odd}"),
            "It cannot be said as a subnet. Allow or refuse what is meant in the next step.",
        );
    }
}

/// Who may send, while it is found out. Subnets lie apart or one within the other, so that what is in two lists is a subnet too.
#[derive(Debug, Default)]
struct Reach {
    /// None lies within another.
    allowed: Vec<(IpNet, String)>,
    /// Parts of those that are allowed.
    refused: Vec<IpNet>,
}

impl Reach {
    /// False when it was allowed already.
    fn allow(&mut self, network: IpNet, name: &str) -> bool {
        if self.allowed.iter().any(|(known, _)| known.contains(&network)) {
            return false;
        }
        self.allowed.retain(|(known, _)| !network.contains(known));
        self.allowed.push((network, name.to_owned()));
        true
    }

    /// Whether anybody there could have sent.
    fn refuse(&mut self, network: IpNet) -> bool {
        let before = self.allowed.len();
        self.allowed.retain(|(known, _)| !network.contains(known));
        let is_part = self.allowed.iter().any(|(known, _)| known.contains(&network));
        if is_part {
            self.refused.push(network);
            self.refused = IpNet::aggregate(&self.refused);
            // All its parts together may be the whole.
            self.allowed.retain(|(known, _)| !self.refused.iter().any(|refused| refused.contains(known)));
        }
        self.refused.retain(|refused| self.allowed.iter().any(|(known, _)| known.contains(refused)));
        is_part || self.allowed.len() < before
    }

    /// Only who is in these networks, too.
    fn only(&mut self, networks: &[IpNet]) {
        for (known, name) in std::mem::take(&mut self.allowed) {
            for other in networks {
                if other.contains(&known) {
                    self.allow(known, &name);
                } else if known.contains(other) {
                    self.allow(*other, &name);
                }
            }
        }
        for refused in std::mem::take(&mut self.refused) {
            self.refuse(refused);
        }
    }

    fn said(&self) -> Option<String> {
        let allowed: Vec<IpNet> = self.allowed.iter().map(|(network, _)| *network).collect();
        match (allowed.is_empty(), self.refused.is_empty()) {
            (true, _) => None,
            (false, true) => Some(all_written(&allowed)),
            (false, false) => Some(format!("{}, but not {}", all_written(&allowed), all_written(&self.refused))),
        }
    }

    /// The first that fits decides: so the exceptions come first.
    fn rules(self) -> Vec<AccessRule> {
        let refusing = |network| AccessRule { action: RuleAction::Refuse, ..AccessRule::allowing(written(network), "Shut out in IIS") };
        let mut rules: Vec<AccessRule> = self.refused.iter().map(refusing).collect();
        rules.extend(self.allowed.iter().map(|(network, name)| AccessRule::allowing(written(network), name.as_str())));
        rules
    }
}

fn sign_in(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    // In one value, or one by one.
    let in_one = server.flags("AuthFlags");
    let has = |bit| in_one.as_ref().is_some_and(|flags| flags.has(bit));
    let basic = has(flags::BASIC) || server.yes("AuthBasic");
    let windows = has(flags::NTLM) || server.yes("AuthNTLM");
    if let Some(unknown) = in_one.as_ref().map(|flags| &flags.unknown).filter(|unknown| !unknown.is_empty()) {
        rows.left(
            Senders,
            "Authentication",
            format!("could not be read: {}", unknown.join(", ")),
            "Only what is known to let devices in without a sign-in does so here. Look into IIS Manager for what was meant.",
        );
    }
    let anonymous = match &in_one {
        Some(flags) => Some(flags.has(flags::ANONYMOUS)),
        None if server.yes("AuthAnonymous") => Some(true),
        None => server.no("AuthAnonymous").then_some(false),
    };
    match anonymous {
        Some(true) => {
            rows.carried(Senders, "Anonymous access", "on", "devices send without a sign-in");
            rows.minor();
        }
        Some(false) => {
            demand(settings, |rule| rule.require_sign_in = true);
            rows.changed(
                Senders,
                "Anonymous access",
                "off: devices had to sign in",
                "every rule demands a sign-in",
                "Nobody can send until there are device accounts: make them under Access. Or let rules do without, which is more than IIS allowed.",
            );
        }
        None => {}
    }
    let others = [(has(flags::MD5), "digest"), (has(flags::PASSPORT), "Passport")];
    let kinds: Vec<&str> =
        [(basic, "basic"), (windows, "Windows")].into_iter().chain(others).filter_map(|(on, name)| on.then_some(name)).collect();
    if !kinds.is_empty() {
        rows.left(
            Senders,
            "Sign-in of devices",
            kinds.join(" and "),
            "Devices signed in with Windows accounts, whose passwords cannot be read. Make a device account for each under Access, or switch \
             the sign-in off in the device and allow its address.",
        );
    }
    if server.yes("RelayForAuth") {
        rows.left(
            Senders,
            "Allow all that sign in to relay",
            "on",
            "Device accounts let in who is in no network, over TLS. Make one for each device that needs it, under Access.",
        );
        if kinds.is_empty() {
            rows.minor();
        }
    }
    if let Some(domain) = server.text("DefaultLogonDomain") {
        rows.left(Senders, "Default domain of the sign-in", domain, "Device accounts have no domain.");
        rows.minor();
    }
    tls(server, settings, rows);
}

/// What is not understood demands TLS as well.
fn tls(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    let in_one = server.flags("AccessSSLFlags").unwrap_or_default();
    let has = |bit, name| in_one.has(bit) || server.yes(name);
    let certificate = has(flags::REQUIRE_CERT, "AccessSSLRequireCert");
    let strong = has(flags::SSL_128, "AccessSSL128");
    if has(flags::SSL, "AccessSSL") || strong || certificate {
        demand(settings, |rule| rule.require_encryption = true);
        rows.carried(Senders, TLS, if strong { "on, 128 bit" } else { "on" }, "every rule demands encryption");
    } else if !in_one.unknown.is_empty() {
        demand(settings, |rule| rule.require_encryption = true);
        let was = format!("could not be read: {}", in_one.unknown.join(", "));
        let why = "To be on the safe side. Switch it off under Access where devices cannot.";
        rows.changed(Senders, TLS, was, "every rule demands encryption", why);
        return;
    }
    if !in_one.unknown.is_empty() {
        let was = format!("could not be read: {}", in_one.unknown.join(", "));
        rows.left(Senders, TLS, was, "Encryption is demanded. Look into IIS Manager for what else was.");
    }
    if certificate {
        demand(settings, |rule| rule.require_sign_in = true);
        rows.changed(
            Senders,
            CERTIFICATES,
            "demanded",
            "every rule demands a sign-in",
            "Which certificates are good stands in Windows’ store. Name their authority in the settings (`clientCertificates`), then let rules do without.",
        );
    } else if has(flags::NEGOTIATE_CERT, "AccessSSLNegotiateCert") {
        rows.left(Senders, CERTIFICATES, "asked for", "Nobody had to have one.");
        rows.minor();
    }
}

/// Of everybody who is let in.
fn demand(settings: &mut Settings, demand: impl Fn(&mut AccessRule)) {
    settings.rules.iter_mut().filter(|rule| rule.action == RuleAction::Allow).for_each(demand);
}

fn written(network: &IpNet) -> String {
    if is_single(network) { network.addr().to_string() } else { network.to_string() }
}

fn all_written(networks: &[IpNet]) -> String {
    networks.iter().map(written).collect::<Vec<_>>().join(", ")
}

fn is_single(network: &IpNet) -> bool {
    network.prefix_len() == network.max_prefix_len()
}

fn said(list: &List) -> String {
    let but_not = list.but_not.iter().map(|network| format!("but not {}", written(network)));
    let networks = list.networks.iter().map(written);
    let all: Vec<String> = networks.chain(list.names.iter().cloned()).chain(list.odd.iter().cloned()).chain(but_not).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}
