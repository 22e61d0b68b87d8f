//! The rules a settings document must keep.
//!
//! In: [`Settings`] of the right form, and [`Facts`] about this machine. Out: [`Checked`], or all
//! problems at once. Reads the certificate files it names, nothing else. A file that was good once may be gone
//! without making the settings unusable: that is said by [`Files`].

use super::networks::{self, NetworkError};
use super::{Checked, problem, short};
use crate::certificate;
use control::problem::{Problem, ProblemCode};
use control::settings::{
    AllowedNetwork, CertificateSettings, Delivery, Limits, ListenerEncryption, ListenerSettings, SettingsProblem, SignIn,
    SmartHostEncryption, SmartHostSettings, SmartHostTimeouts,
};
use control::{Settings, settings::HistorySettings};
use ipnet::IpNet;
use relay::config::Listener;
use rustls::ServerConfig;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

/// What a check must know besides the document.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where relative file names begin.
    pub folder: PathBuf,
    /// This machine's own name, in force when the document gives none.
    pub host_name: String,
}

/// Which of the files that settings name may be missing or broken. What is wrong with them is a notice then, no problem.
#[derive(Debug, Clone, Copy)]
pub enum Files<'a> {
    /// None: somebody has just named them.
    MustBeGood,
    /// Those that these settings name too: they are in force, and another change is not held up by them.
    AsIn(&'a Settings),
    /// All: a start, at which mail must not stop for a file.
    MayBeGone,
}

pub const PROVIDERS: [&str; 6] = ["microsoft365", "google", "sendgrid", "ses", "mailgun", "other"];
const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;
const YEAR: u32 = 366 * DAY;

pub fn check(settings: &Settings, facts: &Facts) -> Result<Checked, Vec<SettingsProblem>> {
    check_with(settings, facts, Files::MustBeGood)
}

pub fn check_with(settings: &Settings, facts: &Facts, files: Files<'_>) -> Result<Checked, Vec<SettingsProblem>> {
    let mut rules = Rules { facts, files, problems: Vec::new(), unusable: Vec::new() };
    rules.range("version", settings.version, 1..=1);
    let host_name = rules.host_name(&settings.host_name);
    let listeners = rules.listeners(&settings.listeners);
    let certificate = rules.certificate(&settings.certificate);
    let allowed = rules.allowed(&settings.allowed);
    if let Some(smart_host) = &settings.smart_host {
        rules.smart_host("smartHost", smart_host);
    }
    rules.limits(&settings.limits);
    rules.delivery(&settings.delivery);
    let HistorySettings { keep_days } = settings.history;
    rules.range("history.keepDays", keep_days, 1..=3650);
    if rules.problems.is_empty() {
        let unusable = rules.unusable;
        Ok(Checked { settings: settings.clone(), folder: facts.folder.clone(), host_name, listeners, allowed, certificate, unusable })
    } else {
        Err(rules.problems)
    }
}

/// The part for a smart host alone, as the connection check tries one that is not saved.
pub fn check_smart_host(smart_host: &SmartHostSettings, facts: &Facts) -> Vec<SettingsProblem> {
    let mut rules = Rules { facts, files: Files::MustBeGood, problems: Vec::new(), unusable: Vec::new() };
    rules.smart_host("smartHost", smart_host);
    rules.problems
}

struct Rules<'a> {
    facts: &'a Facts,
    files: Files<'a>,
    problems: Vec<SettingsProblem>,
    unusable: Vec<Problem>,
}

impl Rules<'_> {
    fn host_name(&mut self, name: &str) -> String {
        if name.is_empty() {
            return self.facts.host_name.clone();
        }
        if !is_host_name(name) {
            self.wrong("hostName", name, "this is no host name", "letters, digits, hyphens and dots, as in `relay.office.example`");
        }
        name.to_owned()
    }

    fn listeners(&mut self, listeners: &[ListenerSettings]) -> Vec<Listener> {
        let mut checked: Vec<(usize, Listener)> = Vec::new();
        for (index, listener) in listeners.iter().enumerate() {
            let field = format!("listeners[{index}]");
            let remedy = "an address of this machine, or `0.0.0.0` for all of IPv4, `::` for all of IPv6";
            let Ok(address) = listener.address.parse::<IpAddr>() else {
                self.wrong(format!("{field}.address"), &listener.address, "this is no IP address", remedy);
                continue;
            };
            if address.to_canonical() != address {
                let remedy = address.to_canonical().to_string();
                self.wrong(format!("{field}.address"), &listener.address, "this is an IPv4 address in the clothes of IPv6", remedy);
                continue;
            }
            if address.is_multicast() || address == IpAddr::from([255; 4]) {
                self.wrong(format!("{field}.address"), &listener.address, "no machine has this address", remedy);
                continue;
            }
            let address = SocketAddr::new(address, listener.port);
            if let Some((first, _)) = checked.iter().find(|(_, other)| collide(address, other.address)) {
                let wrong = format!("listeners[{first}] already takes this port there");
                self.wrong(format!("{field}.port"), listener.port, wrong, "another port or another address, or nothing");
            }
            let encryption = match listener.encryption {
                ListenerEncryption::Starttls => relay::config::ListenerEncryption::Starttls,
                ListenerEncryption::Implicit => relay::config::ListenerEncryption::Implicit,
                ListenerEncryption::Plain => relay::config::ListenerEncryption::Plain,
            };
            checked.push((index, Listener { address, encryption }));
        }
        checked.into_iter().map(|(_, listener)| listener).collect()
    }

    /// The office's own, loaded; None for the one we make.
    fn certificate(&mut self, certificate: &CertificateSettings) -> Option<Arc<ServerConfig>> {
        match certificate {
            CertificateSettings::SelfSigned => None,
            CertificateSettings::Pem { certificate_file, key_file } => {
                let (chain, key) = (self.facts.folder.join(certificate_file), self.facts.folder.join(key_file));
                // Each alone first, so that troubles of both are told.
                let troubles = [certificate::read_chain(&chain).err(), certificate::read_key(&key).err()];
                let mut troubles: Vec<_> = troubles.into_iter().flatten().collect();
                if troubles.is_empty() {
                    match certificate::load(&chain, &key) {
                        Ok(config) => return Some(config),
                        Err(error) => troubles.push(error),
                    }
                }
                let is_known = self.is_known(|now| now.certificate == *certificate);
                for error in troubles {
                    let (field, value) = match error.whose() {
                        certificate::Whose::Certificate => ("certificate.certificateFile", certificate_file),
                        certificate::Whose::Key => ("certificate.keyFile", key_file),
                    };
                    self.file(field, value, &error, is_known);
                }
                None
            }
        }
    }

    fn allowed(&mut self, allowed: &[AllowedNetwork]) -> Vec<IpNet> {
        let mut checked: Vec<(usize, IpNet)> = Vec::new();
        for (index, AllowedNetwork { network: text, name, public_on_purpose }) in allowed.iter().enumerate() {
            let field = format!("allowed[{index}].network");
            if name.chars().any(char::is_control) || name.chars().count() > 100 {
                let wrong = "this name has control characters or is longer than 100 characters";
                self.wrong(format!("allowed[{index}].name"), short(name), wrong, "a short name, as in `Warehouse printers`");
            }
            let network = match networks::parse(text) {
                Ok(network) => network,
                Err(NetworkError::NotOne) => {
                    let remedy = "a subnet as in `192.168.1.0/24`, or one address as in `192.168.1.7`";
                    self.wrong(field, text, "this is neither a subnet nor an IP address", remedy);
                    continue;
                }
                Err(NetworkError::HostBits { network, address }) => {
                    let wrong = "this is an address within a subnet, not the subnet";
                    self.wrong(field, text, wrong, format!("{network} for the whole subnet, {address} for this address alone"));
                    continue;
                }
                Err(NetworkError::Mapped(network)) => {
                    let wrong = "this is an IPv4 address in the clothes of IPv6";
                    self.wrong(field, text, wrong, network.to_string());
                    continue;
                }
            };
            if let Some((first, _)) = checked.iter().find(|(_, other)| *other == network) {
                self.wrong(field, text, format!("it is the same as allowed[{first}]"), "nothing: leave it out");
                continue;
            }
            if !networks::is_private(&network) && !public_on_purpose {
                let (wrong, remedy) = if network.prefix_len() == 0 {
                    ("this lets the whole internet send mail through here", "the subnets of your office, as in `192.168.1.0/24`")
                } else {
                    (
                        "these addresses are public: strangers may send mail through here",
                        "the subnets of your office, as in `192.168.1.0/24`, or `publicOnPurpose` if these addresses are yours",
                    )
                };
                self.wrong(field, text, wrong, remedy);
            }
            checked.push((index, network));
        }
        checked.into_iter().map(|(_, network)| network).collect()
    }

    fn smart_host(&mut self, at: &str, smart_host: &SmartHostSettings) {
        let field = |name: &str| format!("{at}.{name}");
        let SmartHostSettings {
            provider,
            server,
            port,
            encryption,
            sign_in,
            extra_ca_file,
            parallel_connections,
            messages_per_connection,
            timeouts,
        } = smart_host;
        if !PROVIDERS.contains(&provider.as_str()) {
            self.wrong(field("provider"), short(provider), "this provider is not known", format!("one of: {}", PROVIDERS.join(", ")));
        }
        if !is_host_name(server) && server.parse::<IpAddr>().is_err() {
            let remedy = if server.contains(['/', ':']) {
                "only the server's name, without protocol and port, as in `smtp.example.com`"
            } else {
                "the server's name, as in `smtp.example.com`, or its address"
            };
            self.wrong(field("server"), short(server), "this is neither a server name nor an IP address", remedy);
        }
        if *port == 0 {
            self.wrong(field("port"), port, "there is no such port", "587 with `starttls`, 465 with `implicit`, as your provider says");
        }
        match sign_in {
            SignIn::None => {}
            SignIn::Password { user } => {
                if user.is_empty() || user.len() > 500 || user.chars().any(char::is_control) {
                    let wrong = "this is no user name";
                    self.wrong(field("signIn.user"), short(user), wrong, "the user name your provider gave you, often a mail address");
                }
                if *encryption == SmartHostEncryption::None {
                    let wrong = "a password would cross the network readable by everyone";
                    self.wrong(field("encryption"), "none", wrong, "`starttls` or `implicit`; or the sign-in `none`");
                }
            }
        }
        if let Some(file) = extra_ca_file
            && let Err(error) = certificate::read_chain(&self.facts.folder.join(file))
        {
            let of = |now: &Settings| now.smart_host.as_ref().and_then(|smart_host| smart_host.extra_ca_file.clone());
            let is_known = self.is_known(|now| of(now).as_ref() == Some(file));
            self.file(field("extraCaFile"), file, &error, is_known);
        }
        self.range(field("parallelConnections"), *parallel_connections, 1..=50);
        self.range(field("messagesPerConnection"), *messages_per_connection, 1..=10_000);
        let SmartHostTimeouts { connect_seconds, tls_seconds, command_seconds, data_block_seconds, data_end_seconds, idle_seconds } =
            timeouts;
        for (name, seconds) in [
            ("connectSeconds", connect_seconds),
            ("tlsSeconds", tls_seconds),
            ("commandSeconds", command_seconds),
            ("dataBlockSeconds", data_block_seconds),
            ("dataEndSeconds", data_end_seconds),
        ] {
            self.range(field(&format!("timeouts.{name}")), *seconds, 1..=HOUR);
        }
        self.range(field("timeouts.idleSeconds"), *idle_seconds, 0..=HOUR);
    }

    fn limits(&mut self, limits: &Limits) {
        let Limits {
            message_bytes,
            recipients,
            connections,
            connections_per_client,
            idle_seconds,
            command_seconds,
            tls_seconds,
            hops,
            free_disk_bytes,
        } = limits;
        self.range("limits.messageBytes", *message_bytes, 1_000..=150_000_000);
        self.range("limits.recipients", *recipients, 1..=50_000);
        self.range("limits.connections", *connections, 1..=10_000);
        self.range("limits.connectionsPerClient", *connections_per_client, 1..=10_000);
        self.range("limits.idleSeconds", *idle_seconds, 1..=HOUR);
        self.range("limits.commandSeconds", *command_seconds, 1..=HOUR);
        self.range("limits.tlsSeconds", *tls_seconds, 1..=HOUR);
        self.range("limits.hops", *hops, 1..=1000);
        self.range("limits.freeDiskBytes", *free_disk_bytes, 0..=1_000_000_000_000_000);
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let Delivery {
            first_retry_seconds: first,
            longest_retry_seconds: longest,
            lifetime_seconds: lifetime,
            delay_notice_seconds: notice,
            first_rest_seconds: rest,
            longest_rest_seconds: longest_rest,
        } = delivery;
        let first_fits = self.range("delivery.firstRetrySeconds", *first, 1..=7 * DAY);
        if self.range("delivery.longestRetrySeconds", *longest, 1..=30 * DAY) && first_fits && longest < first {
            let wrong = "the longest gap is shorter than the first (`firstRetrySeconds`)";
            self.wrong("delivery.longestRetrySeconds", longest, wrong, format!("at least {first}"));
        }
        let lifetime_fits = self.range("delivery.lifetimeSeconds", *lifetime, 1..=YEAR);
        if lifetime_fits && first_fits && lifetime < first {
            let wrong = "a message would be given up before its second try (`firstRetrySeconds`)";
            self.wrong("delivery.lifetimeSeconds", lifetime, wrong, format!("at least {first}; five days (432000) is usual"));
        }
        if lifetime_fits && *notice != 0 && notice >= lifetime {
            let wrong = "the message would be given up before the notice (`lifetimeSeconds`)";
            self.wrong("delivery.delayNoticeSeconds", notice, wrong, format!("less than {lifetime}, or 0 for no notice"));
        }
        let rest_fits = self.range("delivery.firstRestSeconds", *rest, 1..=DAY);
        if self.range("delivery.longestRestSeconds", *longest_rest, 1..=DAY) && rest_fits && longest_rest < rest {
            let wrong = "the longest rest is shorter than the first (`firstRestSeconds`)";
            self.wrong("delivery.longestRestSeconds", longest_rest, wrong, format!("at least {rest}"));
        }
    }

    /// Whether it is in range; else a problem.
    fn range<N: PartialOrd + Display>(&mut self, field: impl Into<String>, value: N, range: RangeInclusive<N>) -> bool {
        let fits = range.contains(&value);
        if !fits {
            let wrong = if value < *range.start() { "this is too small" } else { "this is too large" };
            self.wrong(field, value, wrong, format!("a whole number from {} to {}", range.start(), range.end()));
        }
        fits
    }

    /// Whether a file may be gone; `in_force`: whether settings name it too.
    fn is_known(&self, in_force: impl FnOnce(&Settings) -> bool) -> bool {
        match self.files {
            Files::MustBeGood => false,
            Files::AsIn(now) => in_force(now),
            Files::MayBeGone => true,
        }
    }

    fn file(&mut self, field: impl Into<String>, named: &str, error: &certificate::CertificateError, may_be_gone: bool) {
        if may_be_gone {
            let path = self.facts.folder.join(named).display().to_string();
            let said = format!("{error}; wanted: {}", error.remedy());
            self.unusable.push(Problem::new(ProblemCode::CertificateFileUnusable).about(path).said(said));
        } else {
            self.wrong(field, named, error.to_string(), error.remedy());
        }
    }

    fn wrong(&mut self, field: impl Into<String>, value: impl Display, wrong: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(problem(field, value.to_string(), wrong, remedy));
    }
}

/// Whether the system could not give both. `::` is IPv6 only; port 0 is another one each time.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

/// Labels of letters, digits, hyphens; underscores too, since office machines are called so.
pub fn is_host_name(name: &str) -> bool {
    let all_digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253
        && !name.split('.').all(all_digits)
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}
