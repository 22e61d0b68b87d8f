//! How the mail is doing, in one light and one sentence, for the tray and its notifications.
//!
//! In: the link, the snapshot, facts. Out: [`Mood::light`], [`Mood::sentence`]. Pure; the order of
//! what matters is the one of the window's own top line (`ui/src/words/sentence.ts`).

use control::view::{LaneState, LaneView, ListenerView, Snapshot};
use control::{Fact, Problem, ProblemCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Flowing,
    NeedsYou,
    Stopped,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    Starting,
    /// The engine cannot be reached.
    Gone,
    Known(Known),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    lane: LaneView,
    paused: bool,
    listeners: Vec<ListenerView>,
    notices: Vec<Problem>,
}

impl From<Snapshot> for Mood {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { lane, paused, listeners, notices, .. } = snapshot;
        Self::Known(Known { lane, paused, listeners, notices })
    }
}

impl Mood {
    /// Takes a fact in. False: a new snapshot is needed.
    pub fn hear(&mut self, fact: &Fact) -> bool {
        let Self::Known(known) = self else { return true };
        match fact {
            Fact::LaneChanged { lane } => known.lane = lane.clone(),
            Fact::PausedChanged { paused } => known.paused = *paused,
            Fact::ListenersChanged { listeners } => known.listeners.clone_from(listeners),
            Fact::NoticesChanged { notices } => known.notices.clone_from(notices),
            Fact::Several { facts } => return facts.iter().all(|fact| self.hear(fact)),
            Fact::Lagged => return false,
            Fact::QueueChanged { .. }
            | Fact::QueueLeft { .. }
            | Fact::Recent { .. }
            | Fact::CountersChanged { .. }
            | Fact::ClientRefused { .. }
            | Fact::SettingsChanged { .. }
            | Fact::Probed { .. } => {}
        }
        true
    }

    pub fn paused(&self) -> bool {
        matches!(self, Self::Known(known) if known.paused)
    }

    pub fn light(&self) -> Light {
        self.look().0
    }

    pub fn sentence(&self) -> String {
        self.look().1
    }

    /// Mail stands still, and nobody asked for it.
    pub fn mail_stands_still(&self) -> bool {
        match self {
            Self::Starting => false,
            Self::Gone => true,
            Self::Known(known) => known.broken().is_some() || known.is_deaf() || (!known.paused && known.rests_for_long()),
        }
    }

    fn look(&self) -> (Light, String) {
        match self {
            Self::Starting => (Light::Flowing, "Starting".into()),
            Self::Gone => (Light::Stopped, "The engine does not answer".into()),
            Self::Known(known) => known.look(),
        }
    }
}

impl Known {
    fn look(&self) -> (Light, String) {
        if let Some(broken) = self.broken() {
            return (Light::NeedsYou, broken.to_owned());
        }
        if self.lane.state == LaneState::NotSetUp {
            return (Light::NeedsYou, "Not set up yet".into());
        }
        if self.is_deaf() {
            return (Light::NeedsYou, "Devices cannot connect".into());
        }
        if self.paused {
            return (Light::Stopped, "Delivery is paused".into());
        }
        if let LaneState::Throttled { problem, .. } = &self.lane.state {
            let light = if self.rests_for_long() { Light::NeedsYou } else { Light::Flowing };
            return (light, format!("Mail is waiting: {} {}", self.lane.server, trouble(problem.code)));
        }
        if !self.notices.is_empty() || self.listeners.iter().any(|listener| listener.problem.is_some()) {
            return (Light::NeedsYou, "Mail is flowing, but something needs you".into());
        }
        (Light::Flowing, "Mail is flowing".into())
    }

    fn broken(&self) -> Option<&'static str> {
        self.notices.iter().find_map(|notice| match notice.code {
            ProblemCode::StoreFailed => Some("Mail cannot be kept on this disk"),
            ProblemCode::DatabaseDamaged => Some("The mail database is damaged"),
            ProblemCode::EngineFault => Some("Something in the engine has ended"),
            ProblemCode::DiskFull => Some("The disk is full"),
            _ => None,
        })
    }

    fn is_deaf(&self) -> bool {
        !self.listeners.is_empty() && self.listeners.iter().all(|listener| listener.problem.is_some())
    }

    /// A provider that only asks for patience is no reason to call anybody.
    fn rests_for_long(&self) -> bool {
        match &self.lane.state {
            LaneState::Throttled { problem, .. } => !matches!(problem.code, ProblemCode::Throttled | ProblemCode::TemporaryTrouble),
            LaneState::NotSetUp | LaneState::Ready | LaneState::Sending => false,
        }
    }
}

fn trouble(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::SignInRefused | ProblemCode::SignInSwitchedOff | ProblemCode::SignInNeeded | ProblemCode::SecretMissing => {
            "does not accept the sign-in"
        }
        ProblemCode::HostNotFound | ProblemCode::ConnectionRefused | ProblemCode::ConnectionTimedOut => "cannot be reached",
        ProblemCode::CertificateUntrusted | ProblemCode::CertificateWrongName | ProblemCode::CertificateExpired => {
            "shows a certificate that cannot be trusted"
        }
        ProblemCode::Throttled => "asks us to slow down",
        ProblemCode::AccountBlocked => "has blocked the account",
        _ => "has a trouble",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let lane = LaneView {
            provider: "other".into(),
            server: "mail.example".into(),
            port: 587,
            state: LaneState::Ready,
            connections: 0,
            last_success_at: None,
        };
        Known { lane, paused: false, listeners: Vec::new(), notices: Vec::new() }
    }

    fn resting(code: ProblemCode) -> Mood {
        let mut known = known();
        known.lane.state = LaneState::Throttled { problem: Problem::new(code), since: 0, next_try: 1 };
        Mood::Known(known)
    }

    #[test]
    fn all_is_well() {
        let mood = Mood::Known(known());
        assert_eq!((mood.light(), mood.sentence().as_str()), (Light::Flowing, "Mail is flowing"));
        assert!(!mood.mail_stands_still());
    }

    #[test]
    fn a_refused_sign_in_calls_somebody_and_a_slow_provider_does_not() {
        let refused = resting(ProblemCode::SignInRefused);
        assert_eq!(refused.sentence(), "Mail is waiting: mail.example does not accept the sign-in");
        assert_eq!(refused.light(), Light::NeedsYou);
        assert!(refused.mail_stands_still());
        assert!(!resting(ProblemCode::Throttled).mail_stands_still());
    }

    #[test]
    fn a_pause_is_wanted_and_calls_nobody() {
        let mut mood = resting(ProblemCode::ConnectionRefused);
        assert!(mood.hear(&Fact::PausedChanged { paused: true }));
        assert_eq!((mood.light(), mood.paused()), (Light::Stopped, true));
        assert!(!mood.mail_stands_still());
    }

    #[test]
    fn a_gap_asks_for_a_new_snapshot() {
        assert!(!Mood::Known(known()).hear(&Fact::Lagged));
    }

    #[test]
    fn an_engine_that_is_gone_is_said() {
        assert_eq!(Mood::Gone.light(), Light::Stopped);
        assert!(Mood::Gone.mail_stands_still());
    }
}
