//! Tries a smart host step by step and tells each step as it happens; for the setup and for "check connection".
//!
//! In: a configuration that need not be in force. Out: one report when a stage begins and one when it ends.
//! The same wire, trust and sign-in as for real mail; no message is sent.

use super::Trouble;
use super::certificate;
use super::smtp::SmtpHost;
use super::wire::{self, Wire};
use crate::clock::waiting_now;
use crate::config::{SignIn, SmartHostConfig, SmartHostEncryption};
use crate::mail::Mailbox;
use std::net::IpAddr;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStage {
    Name,
    Connect,
    Encrypt,
    Greet,
    SignIn,
    Sender,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    pub stage: ProbeStage,
    pub outcome: ProbeOutcome,
    pub took: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeOutcome {
    Started,
    /// What was found, in words.
    Passed(String),
    Failed(Trouble),
    Skipped,
}

const ORDER: [ProbeStage; 6] =
    [ProbeStage::Name, ProbeStage::Connect, ProbeStage::Encrypt, ProbeStage::Greet, ProbeStage::SignIn, ProbeStage::Sender];

/// Nobody waits five minutes before a progress bar.
const LONGEST: Duration = Duration::from_secs(20);

/// True when every stage passed or had nothing to do.
pub async fn probe(config: &SmartHostConfig, host_name: &str, sender: Option<&Mailbox>, report: impl FnMut(ProbeReport) + Send) -> bool {
    let host = impatient(config, host_name);
    let mut probe = Probe { report, stage: ProbeStage::Name, since: waiting_now() };
    match probe.run(&host, sender).await {
        Ok(()) => true,
        Err(trouble) => {
            probe.end(ProbeOutcome::Failed(host.masked(trouble)));
            let at = probe.stage;
            for stage in ORDER.into_iter().skip_while(|stage| *stage != at).skip(1) {
                probe.skip(stage);
            }
            false
        }
    }
}

/// The address the smart host sees us at, when its greeting says so (many do; Postfix does not). Nobody signs in.
pub async fn seen_at(config: &SmartHostConfig, host_name: &str) -> Result<Option<IpAddr>, Trouble> {
    let host = impatient(config, host_name);
    let greeted = async { host.greet(wire::open(host.config(), host.trust(), host.host_name()).await?).await };
    let line = greeted.await.map_err(|trouble| host.masked(trouble))?;
    let seen = line.offers.sees_us_at;
    tokio::spawn(super::Line::quit(Box::new(line)));
    Ok(seen)
}

fn impatient(config: &SmartHostConfig, host_name: &str) -> SmtpHost {
    let mut config = config.clone();
    for patience in [&mut config.timeouts.connect, &mut config.timeouts.tls, &mut config.timeouts.command] {
        *patience = (*patience).min(LONGEST);
    }
    SmtpHost::new(config, host_name.to_owned())
}

struct Probe<R> {
    report: R,
    stage: ProbeStage,
    since: tokio::time::Instant,
}

impl<R: FnMut(ProbeReport) + Send> Probe<R> {
    async fn run(&mut self, host: &SmtpHost, sender: Option<&Mailbox>) -> Result<(), Trouble> {
        let config = host.config();
        self.begin(ProbeStage::Name);
        let addresses = wire::resolve(config).await?;
        self.pass(match addresses.as_slice() {
            [one] => one.ip().to_string(),
            several => format!("{} addresses", several.len()),
        });

        self.begin(ProbeStage::Connect);
        let (stream, peer) = wire::connect(config, &addresses).await?;
        self.pass(peer.to_string());

        self.begin(ProbeStage::Encrypt);
        let wire = match config.encryption {
            SmartHostEncryption::None => {
                self.end(ProbeOutcome::Skipped);
                Wire { stream: Box::new(stream), peer, tls: None, greeted: false }
            }
            SmartHostEncryption::Implicit => wire::encrypt(config, host.trust(), stream, peer, false).await?,
            SmartHostEncryption::Starttls => wire::start_tls(config, host.trust(), stream, peer, host.host_name()).await?,
        };
        if let Some(facts) = &wire.tls {
            self.pass(describe(facts));
        }

        self.begin(ProbeStage::Greet);
        let mut line = host.greet(wire).await?;
        let size = line
            .offers
            .largest
            .map_or_else(|| "no size limit told".to_owned(), |largest| format!("takes messages of up to {} MB", largest / 1_000_000));
        self.pass(size);

        self.begin(ProbeStage::SignIn);
        match &config.sign_in {
            // A certificate was shown already, if one is wanted.
            SignIn::None | SignIn::Certificate { .. } => self.end(ProbeOutcome::Skipped),
            SignIn::Password { user, .. } | SignIn::Token { user, .. } => {
                host.check().await?;
                let mechanism = host.sign_in(&mut line).await?;
                self.pass(format!("{user} ({})", mechanism.unwrap_or_default()));
            }
        }

        match sender {
            None => self.skip(ProbeStage::Sender),
            Some(sender) => {
                self.begin(ProbeStage::Sender);
                let said = line.try_sender(sender.as_str()).await?;
                self.pass(said);
            }
        }
        tokio::spawn(super::Line::quit(Box::new(line)));
        Ok(())
    }

    fn begin(&mut self, stage: ProbeStage) {
        (self.stage, self.since) = (stage, waiting_now());
        (self.report)(ProbeReport { stage, outcome: ProbeOutcome::Started, took: Duration::ZERO });
    }

    fn pass(&mut self, found: String) {
        self.end(ProbeOutcome::Passed(found));
    }

    fn skip(&mut self, stage: ProbeStage) {
        (self.report)(ProbeReport { stage, outcome: ProbeOutcome::Skipped, took: Duration::ZERO });
    }

    fn end(&mut self, outcome: ProbeOutcome) {
        (self.report)(ProbeReport { stage: self.stage, outcome, took: self.since.elapsed() });
    }
}

fn describe(facts: &wire::TlsFacts) -> String {
    let of_certificate = facts.certificate.as_deref().map(certificate::read).unwrap_or_default();
    let mut parts = vec![facts.version.clone()];
    parts.extend(of_certificate.names.first().cloned());
    parts.extend(of_certificate.not_after.map(|end| format!("valid until {end}")));
    parts.join(" · ")
}
