//! How long a client may take: for a command, for a block of content, between commands, and in all (RFC 5321 §4.5.3.2).
//!
//! In: what was done and what arrived. Out: when it is over. An octet now and then buys no time: in a content time is
//! given anew for whole blocks, elsewhere for whole commands.

use crate::clock::waiting_now;
use crate::config::Limits;
use crate::session::Session;
use tokio::time::Instant;

/// Of content, to arrive within the time of one command.
const BLOCK: usize = 16 * 1024;

#[derive(Debug)]
pub struct Pace {
    opened: Instant,
    /// For what is waited for now.
    patience: Instant,
    /// For the connection.
    life: Instant,
    /// Since time was last given anew.
    arrived: usize,
    receiving: bool,
}

impl Pace {
    pub fn from_now(limits: &Limits) -> Self {
        let now = waiting_now();
        Self { opened: now, patience: now + limits.idle, life: now + limits.session, arrived: 0, receiving: false }
    }

    pub fn arrived(&mut self, octets: usize) {
        self.arrived = self.arrived.saturating_add(octets);
    }

    /// All that had arrived was worked off. Whether a whole command, or some content, was in it says `progress`.
    pub fn worked_off(&mut self, progress: bool, session: &Session, limits: &Limits) {
        self.life = self.opened + limits.session;
        let within_content = self.receiving && session.is_receiving();
        if if within_content { self.arrived >= BLOCK } else { progress } {
            self.renew(session, limits);
        }
    }

    pub fn renew(&mut self, session: &Session, limits: &Limits) {
        self.receiving = session.is_receiving();
        self.arrived = 0;
        self.patience = waiting_now() + if self.receiving || session.buffered() > 0 { limits.command } else { limits.idle };
    }

    pub async fn is_over(&self) {
        tokio::time::sleep_until(self.patience.min(self.life)).await;
    }

    /// Says why.
    pub fn end(&self, session: &mut Session) {
        if waiting_now() >= self.life { session.outlived() } else { session.timed_out() }
    }

    /// By when a client must have taken our replies.
    pub fn to_write(&self, limits: &Limits) -> Instant {
        self.life.min(waiting_now() + limits.command)
    }
}
