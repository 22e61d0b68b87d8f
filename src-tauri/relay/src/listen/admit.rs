//! What sessions share of the policy: how much each client has sent lately, and what is usual for it.
//!
//! In: who hands in what, and when. Out: how much more it may send, and what is to be done with a message.
//! The decisions are `policy`'s; here is the lock around its counters.

use crate::board::Board;
use crate::config::Config;
use crate::event::Notice;
use crate::mail::{HeldWhy, Peer, Priority};
use crate::policy::burst::{Bursts, Judgement, SentHour, Who};
use crate::policy::rate::{Allowance, Counters};
use crate::policy::{Refusal, Verdict};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct Admit {
    counters: Mutex<Counters>,
    bursts: Mutex<Bursts>,
    board: Arc<Board>,
}

/// How a message is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub priority: Priority,
    pub held: Option<HeldWhy>,
}

impl Admit {
    /// With what was sent before, as the store remembers it.
    pub fn new(board: Arc<Board>, sent: BTreeMap<String, Vec<SentHour>>, now: Timestamp) -> Self {
        let mut bursts = Bursts::default();
        for (who, hours) in sent {
            if let Some(who) = Who::parse(&who) {
                bursts.learn(&who, hours, now);
            }
        }
        Self { counters: Mutex::default(), bursts: Mutex::new(bursts), board }
    }

    /// How much may be taken from this client now.
    pub fn allowance(&self, config: &Config, client: IpAddr, now: Timestamp) -> Allowance {
        let rates = config.policy.rates(client);
        if rates.is_unlimited() {
            return Allowance::default();
        }
        lock(&self.counters).allowance(client, &rates, now)
    }

    /// A message is complete: counts it, and says how it is to be kept. Refused when others of its client, sent at the
    /// same time, have used up what it may send.
    pub fn take(&self, config: &Config, peer: &Peer, recipients: usize, held: Option<HeldWhy>, now: Timestamp) -> Result<Terms, Refusal> {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        self.count(config, peer.address, recipients, now)?;
        let priority = config.policy.priority(peer.address);
        let mut bursts = lock(&self.bursts);
        let all = Who::all_of(peer.address, peer.account.as_deref());
        let burst = config.bursts.as_ref().and_then(|limits| {
            all.iter().find_map(|who| match bursts.judge(who, recipients, limits, now) {
                Judgement::Usual => None,
                Judgement::Burst { sent, most } => Some((who, sent, most)),
            })
        });
        // What a header rule holds is released by that reason's own hand, not with the burst.
        let is_burst = burst.is_some() && held.is_none();
        for who in &all {
            bursts.count(who, recipients, is_burst, now);
        }
        if let Some((who, sent, most)) = burst.filter(|_| is_burst) {
            tracing::warn!(%who, sent, most, "Holding the mail of a sender that sends far more than usual");
            let said = format!("{sent} recipients in this hour, and {most} would not be too many");
            self.board.raise_once(Notice::BurstHeld { who: who.to_string(), said });
            return Ok(Terms { priority, held: Some(HeldWhy::Burst { who: who.to_string() }) });
        }
        Ok(Terms { priority, held })
    }

    /// What a sender sent, after a person called it usual.
    pub fn learn(&self, who: &Who, hours: Vec<SentHour>, now: Timestamp) {
        lock(&self.bursts).learn(who, hours, now);
    }

    fn count(&self, config: &Config, client: IpAddr, recipients: u32, now: Timestamp) -> Result<(), Refusal> {
        let rates = config.policy.rates(client);
        if rates.is_unlimited() {
            return Ok(());
        }
        let mut counters = lock(&self.counters);
        match config.policy.within(client, counters.allowance(client, &rates, now), 1, recipients) {
            Verdict::Permit => {
                counters.count(client, recipients, now);
                Ok(())
            }
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
