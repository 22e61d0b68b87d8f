//! The rules a settings document must keep.
//!
//! In: [`Settings`] of the right form, and [`Facts`] about this machine. Out: [`Checked`], or all
//! problems at once. Reads the certificate files it names, nothing else. A file that was good once may be gone
//! without making the settings unusable: that is said by [`Files`].

use super::{Checked, problem, short};
use crate::certificate;
use control::problem::Problem;
use control::settings::{Delivery, Limits, Pace, SettingsProblem, SmartHostSettings, SmartHostTimeouts};
use control::{Settings, settings::HistorySettings};
use secrecy::SecretString;
use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// What a check must know besides the document.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where relative file names begin.
    pub folder: PathBuf,
    /// This machine's own name, in force when the document gives none.
    pub host_name: String,
    pub certificate_password: CertificatePassword,
}

impl Facts {
    /// Without passwords.
    pub fn new(folder: PathBuf, host_name: impl Into<String>) -> Self {
        Self { folder, host_name: host_name.into(), certificate_password: CertificatePassword::Unknown }
    }
}

/// The password of a PFX file with the certificate, as far as whoever checks knows it.
#[derive(Debug, Clone)]
pub enum CertificatePassword {
    /// It is not: the file is looked at, and opened by whoever knows it.
    Unknown,
    /// The one in the credential store; empty when there is none.
    Stored(SecretString),
    /// Given together with these settings.
    Given(SecretString),
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
    let pickup = settings.pickup.as_ref().map(|pickup| rules.pickup(pickup));
    let policy = rules.access(settings);
    let content = rules.content(settings);
    if let Some(smart_host) = &settings.smart_host {
        rules.smart_host("smartHost", smart_host);
    }
    let routing = rules.routing(settings);
    rules.limits(&settings.limits);
    rules.delivery(&settings.delivery);
    let HistorySettings { keep_days } = settings.history;
    rules.range("history.keepDays", keep_days, 1..=3650);
    if rules.problems.is_empty() {
        let (settings, folder, unusable) = (settings.clone(), facts.folder.clone(), rules.unusable);
        Ok(Checked { settings, folder, host_name, listeners, pickup, policy, content, routing, certificate, unusable })
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

pub(super) struct Rules<'a> {
    pub(super) facts: &'a Facts,
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

    pub(super) fn smart_host(&mut self, at: &str, smart_host: &SmartHostSettings) {
        let field = |name: &str| format!("{at}.{name}");
        let SmartHostSettings {
            provider,
            server,
            port,
            encryption,
            sign_in,
            extra_ca_file,
            parallel_connections,
            pace,
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
        self.sign_in(at, sign_in, *encryption);
        if let Some(file) = extra_ca_file
            && let Err(error) = certificate::read_chain(&self.facts.folder.join(file))
        {
            let is_known = self.is_known(|now| now.smart_hosts().any(|(_, smart_host)| smart_host.extra_ca_file.as_ref() == Some(file)));
            self.file(field("extraCaFile"), file, &error, is_known);
        }
        self.range(field("parallelConnections"), *parallel_connections, 1..=50);
        let Pace { messages_per_minute, recipients_per_day, recipients_per_message } = pace;
        for (name, value, most) in [
            ("messagesPerMinute", messages_per_minute, 1_000_000),
            ("recipientsPerDay", recipients_per_day, 100_000_000),
            ("recipientsPerMessage", recipients_per_message, 10_000),
        ] {
            if let Some(value) = value {
                self.range(field(&format!("pace.{name}")), *value, 1..=most);
            }
        }
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
            connections_per_subnet,
            idle_seconds,
            command_seconds,
            session_seconds,
            commands,
            errors,
            tls_seconds,
            sign_in_failures,
            sign_in_pause_seconds,
            hops,
            free_disk_bytes,
            ..
        } = limits;
        self.range("limits.messageBytes", *message_bytes, 1_000..=150_000_000);
        self.range("limits.recipients", *recipients, 1..=50_000);
        self.range("limits.connections", *connections, 1..=10_000);
        self.range("limits.connectionsPerClient", *connections_per_client, 1..=10_000);
        self.range("limits.connectionsPerSubnet", *connections_per_subnet, 1..=10_000);
        self.range("limits.idleSeconds", *idle_seconds, 1..=HOUR);
        self.range("limits.commandSeconds", *command_seconds, 1..=HOUR);
        self.range("limits.sessionSeconds", *session_seconds, 1..=7 * DAY);
        // A message with a few recipients must fit.
        self.range("limits.commands", *commands, 20..=10_000_000);
        self.range("limits.errors", *errors, 1..=10_000);
        self.range("limits.tlsSeconds", *tls_seconds, 1..=HOUR);
        self.range("limits.signInFailures", *sign_in_failures, 1..=1000);
        self.range("limits.signInPauseSeconds", *sign_in_pause_seconds, 1..=DAY);
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
            failover_after_seconds: failover_after,
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
        self.range("delivery.failoverAfterSeconds", *failover_after, 0..=DAY);
        let rest_fits = self.range("delivery.firstRestSeconds", *rest, 1..=DAY);
        if self.range("delivery.longestRestSeconds", *longest_rest, 1..=DAY) && rest_fits && longest_rest < rest {
            let wrong = "the longest rest is shorter than the first (`firstRestSeconds`)";
            self.wrong("delivery.longestRestSeconds", longest_rest, wrong, format!("at least {rest}"));
        }
    }

    /// Whether it is in range; else a problem.
    pub(super) fn range<N: PartialOrd + Display>(&mut self, field: impl Into<String>, value: N, range: RangeInclusive<N>) -> bool {
        let fits = range.contains(&value);
        if !fits {
            let wrong = if value < *range.start() { "this is too small" } else { "this is too large" };
            self.wrong(field, value, wrong, format!("a whole number from {} to {}", range.start(), range.end()));
        }
        fits
    }

    /// Whether a file may be gone; `in_force`: whether settings name it too.
    pub(super) fn is_known(&self, in_force: impl FnOnce(&Settings) -> bool) -> bool {
        match self.files {
            Files::MustBeGood => false,
            Files::AsIn(now) => in_force(now),
            Files::MayBeGone => true,
        }
    }

    pub(super) fn file(&mut self, field: impl Into<String>, named: &str, error: &certificate::CertificateError, may_be_gone: bool) {
        if may_be_gone {
            self.unusable.push(error.problem(&self.facts.folder.join(named)));
        } else {
            self.wrong(field, named, error.to_string(), error.remedy());
        }
    }

    pub(super) fn wrong(&mut self, field: impl Into<String>, value: impl Display, wrong: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(problem(field, value.to_string(), wrong, remedy));
    }
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
