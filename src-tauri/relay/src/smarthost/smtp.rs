//! The SMTP adapter: a smart host as configured, opened as far as sign-in; messages go over its [`SmtpLine`].
//!
//! lettre's low-level commands on a stream of ours: its ready-made `send` gives up at the first refused
//! recipient, its calls have no time-outs, and its content call wants the whole message in memory.
//! RFC 5321 §4.1.1.1 (EHLO).

use super::classify::greeting_trouble;
use super::fault::Fault;
use super::line::SmtpLine;
use super::mask::Mask;
use super::offers::Offers;
use super::plain::printable;
use super::shape::Shape;
use super::trust::Trust;
use super::wire::{self, Adapter, Wire};
use super::{BoxFuture, Line, SmartHost, Trouble, TroubleKind};
use crate::config::{SignIn, SmartHostConfig, SmartHostEncryption};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A smart host reached by SMTP.
pub struct SmtpHost {
    config: SmartHostConfig,
    trust: Trust,
    host_name: String,
    mask: Mutex<Mask>,
}

impl SmtpHost {
    pub fn new(config: SmartHostConfig, host_name: String) -> Self {
        let trust = Trust::new(&config);
        let mask = match &config.sign_in {
            SignIn::Password { user, password: Some(password) } => Mask::of(user, password),
            // What is to be masked of a token is known when there is one.
            SignIn::Password { password: None, .. } | SignIn::Token { .. } | SignIn::Certificate { .. } | SignIn::None => Mask::default(),
        };
        Self { config, trust, host_name, mask: Mutex::new(mask) }
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(super) fn config(&self) -> &SmartHostConfig {
        &self.config
    }

    pub(super) fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Hello on an open wire; not signed in yet.
    pub(super) async fn greet(&self, wire: Wire) -> Result<SmtpLine, Trouble> {
        let tls = wire.tls.as_ref().map(|facts| facts.version.clone());
        let greeted = wire.greeted;
        let (adapter, sender) = Adapter::over(wire);
        let hello = ClientId::Domain(self.host_name.clone());
        let patience = self.config.timeouts.command;
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(adapter), &hello);
        let connection = opening.await.map_err(|error| self.greeting_trouble(&Fault::from(error)))?;
        let (config, offers, mask) = (self.config.clone(), Offers::default(), self.mask().clone());
        let shape = Shape::default();
        let mut line = SmtpLine { connection, sender, mask, tls, offers, config, shape, used: false, over: false };
        match line.hello(greeted, hello, patience).await {
            Ok(()) => {}
            Err(fault) => {
                let trouble = self.greeting_trouble(&fault);
                return Err(match self.config.encryption {
                    SmartHostEncryption::None => wire::or_swapped(&self.config, &self.trust, trouble).await,
                    SmartHostEncryption::Starttls | SmartHostEncryption::Implicit => trouble,
                });
            }
        }
        Ok(line)
    }

    fn greeting_trouble(&self, fault: &Fault) -> Trouble {
        match fault {
            Fault::Reply(reply) => {
                let kind = greeting_trouble(reply);
                self.trouble(kind, &self.config.server, &reply.to_string())
            }
            Fault::Lost(said) => self.trouble(TroubleKind::ConnectionLost, &self.config.server, said),
            Fault::Silent => self.trouble(TroubleKind::ConnectionTimedOut, &self.config.server, "no answer in time"),
            Fault::Broken(said) => self.trouble(TroubleKind::BrokenReply, &self.config.server, said),
        }
    }

    /// Whatever stage it is of: a server may have kept the password of an earlier connection, and greet with it.
    pub(super) fn masked(&self, trouble: Trouble) -> Trouble {
        Trouble { said: self.mask().clean(&trouble.said), ..trouble }
    }

    pub(super) fn mask(&self) -> MutexGuard<'_, Mask> {
        self.mask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open_line(&self) -> Result<SmtpLine, Trouble> {
        self.check().await?;
        // The office wants its mail signed: it does not go unsigned because a key is gone.
        if let Some(signer) = self.config.signers.iter().find(|signer| signer.key.is_none()) {
            return Err(self.trouble(TroubleKind::SigningKeyMissing, &signer.domain, ""));
        }
        let wire = wire::open(&self.config, &self.trust, &self.host_name).await?;
        let mut line = self.greet(wire).await?;
        self.sign_in(&mut line).await?;
        Ok(line)
    }

    pub(super) fn trouble(&self, kind: TroubleKind, subject: &str, said: &str) -> Trouble {
        Trouble { kind, subject: subject.to_owned(), said: printable(said) }
    }
}

impl SmartHost for SmtpHost {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Line>, Trouble>> {
        Box::pin(async move {
            let line = self.open_line().await.map_err(|trouble| self.masked(trouble))?;
            Ok(Box::new(line) as Box<dyn Line>)
        })
    }
}

impl AsyncTokioStream for Adapter {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer())
    }
}
