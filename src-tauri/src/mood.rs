//! How the mail is doing, in one light and one sentence, for the tray and its notifications.
//!
//! In: the link, the snapshot, facts. Out: [`Mood::light`], [`Mood::sentence`]. Pure; the order of
//! what matters is the one of the window's own top line (`ui/src/words/sentence.ts`).

use crate::link::Reason;
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
    Lost(Reason),
    Known(Box<Known>),
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
        Self::Known(Box::new(Known { lane, paused, listeners, notices }))
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
            | Fact::OtherLanesChanged { .. }
            | Fact::ClientRefused { .. }
            | Fact::SettingsChanged { .. }
            | Fact::Probed { .. } => {}
        }
        true
    }

    pub fn paused(&self) -> bool {
        matches!(self, Self::Known(known) if known.paused)
    }

    /// Whether there is an engine that does what it is asked.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    pub fn light(&self) -> Light {
        self.look().0
    }

    pub fn sentence(&self) -> String {
        self.look().1
    }

    /// Whether mail stands still though nobody asked for it. None: that cannot be seen from here.
    pub fn mail_stands_still(&self) -> Option<bool> {
        match self {
            Self::Starting => None,
            Self::Lost(reason) => match reason {
                Reason::Gone | Reason::Restarting | Reason::ServiceStopped | Reason::Failed => Some(true),
                Reason::Busy | Reason::NotAllowed | Reason::Moving => None,
            },
            Self::Known(known) => Some(known.broken().is_some() || known.is_deaf() || (!known.paused && known.rests_for_long())),
        }
    }

    fn look(&self) -> (Light, String) {
        match self {
            Self::Starting => (Light::Flowing, "Starting".into()),
            Self::Lost(reason) => {
                let (light, sentence) = lost(*reason);
                (light, sentence.into())
            }
            Self::Known(known) => known.look(),
        }
    }
}

/// In the window these are `sayLost` (`ui/src/words/connection.ts`).
fn lost(reason: Reason) -> (Light, &'static str) {
    match reason {
        Reason::Gone => (Light::Stopped, "The engine does not answer"),
        Reason::Restarting => (Light::Stopped, "The engine is restarting"),
        Reason::Busy => (Light::NeedsYou, "The engine is busy"),
        Reason::ServiceStopped => (Light::Stopped, "The Outtray service is stopped"),
        Reason::NotAllowed => (Light::NeedsYou, "This account may not look at the relay"),
        Reason::Moving => (Light::Flowing, "The relay is moving"),
        Reason::Failed => (Light::Stopped, "The relay could not start"),
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
            // Its mail goes another way.
            LaneState::Throttled { .. } if self.lane.failed_over => false,
            LaneState::Throttled { problem, .. } => !matches!(problem.code, ProblemCode::Throttled | ProblemCode::TemporaryTrouble),
            LaneState::NotSetUp | LaneState::Ready | LaneState::Sending => false,
        }
    }
}

fn trouble(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::SignInRefused
        | ProblemCode::SignInSwitchedOff
        | ProblemCode::SignInNeeded
        | ProblemCode::SecretMissing
        | ProblemCode::TokenNotAccepted
        | ProblemCode::AppSecretRefused
        | ProblemCode::AppUnknown
        | ProblemCode::ConsentMissing
        | ProblemCode::TokenRefused => "does not accept the sign-in",
        ProblemCode::SignInLapsed => "wants somebody to sign in again",
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
pub mod tests {
    use super::*;

    pub fn flowing() -> Mood {
        Mood::Known(known().into())
    }

    fn known() -> Known {
        let lane = LaneView {
            name: "default".into(),
            provider: "other".into(),
            server: "mail.example".into(),
            port: 587,
            state: LaneState::Ready,
            connections: 0,
            last_success_at: None,
            pace: control::view::PaceView::default(),
            paused: false,
            waiting: 0,
            failed_over: false,
        };
        Known { lane, paused: false, listeners: Vec::new(), notices: Vec::new() }
    }

    fn resting(code: ProblemCode) -> Mood {
        let mut known = known();
        known.lane.state = LaneState::Throttled { problem: Problem::new(code), since: 0, next_try: 1 };
        Mood::Known(known.into())
    }

    #[test]
    fn all_is_well() {
        let mood = flowing();
        assert_eq!((mood.light(), mood.sentence().as_str()), (Light::Flowing, "Mail is flowing"));
        assert_eq!(mood.mail_stands_still(), Some(false));
    }

    #[test]
    fn a_refused_sign_in_calls_somebody_and_a_slow_provider_does_not() {
        let refused = resting(ProblemCode::SignInRefused);
        assert_eq!(refused.sentence(), "Mail is waiting: mail.example does not accept the sign-in");
        assert_eq!(refused.light(), Light::NeedsYou);
        assert_eq!(refused.mail_stands_still(), Some(true));
        assert_eq!(resting(ProblemCode::Throttled).mail_stands_still(), Some(false));
    }

    #[test]
    fn a_pause_is_wanted_and_calls_nobody() {
        let mut mood = resting(ProblemCode::ConnectionRefused);
        assert!(mood.hear(&Fact::PausedChanged { paused: true }));
        assert_eq!((mood.light(), mood.paused()), (Light::Stopped, true));
        assert_eq!(mood.mail_stands_still(), Some(false));
    }

    #[test]
    fn a_gap_asks_for_a_new_snapshot() {
        assert!(!flowing().hear(&Fact::Lagged));
    }

    #[test]
    fn an_engine_that_is_gone_is_said() {
        let gone = Mood::Lost(Reason::Gone);
        assert_eq!(gone.light(), Light::Stopped);
        assert_eq!((gone.mail_stands_still(), gone.is_known()), (Some(true), false));
    }

    #[test]
    fn a_relay_that_this_account_may_not_see_calls_nobody() {
        let unseen = Mood::Lost(Reason::NotAllowed);
        assert_eq!(unseen.sentence(), "This account may not look at the relay");
        assert_eq!(unseen.mail_stands_still(), None);
    }
}
