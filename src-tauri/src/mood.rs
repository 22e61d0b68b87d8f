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
    other_lanes: Vec<LaneView>,
    paused: bool,
    listeners: Vec<ListenerView>,
    notices: Vec<Problem>,
}

impl From<Snapshot> for Mood {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { lane, other_lanes, paused, listeners, notices, .. } = snapshot;
        Self::Known(Box::new(Known { lane, other_lanes, paused, listeners, notices }))
    }
}

impl Mood {
    /// Takes a fact in. False: a new snapshot is needed.
    pub fn hear(&mut self, fact: &Fact) -> bool {
        let Self::Known(known) = self else { return true };
        match fact {
            Fact::LaneChanged { lane } => known.lane = lane.clone(),
            Fact::OtherLanesChanged { lanes } => known.other_lanes.clone_from(lanes),
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
        if let Some(stuck) = self.stuck() {
            return stuck;
        }
        let rests = self.other_lanes.iter().any(|lane| matches!(lane.state, LaneState::Throttled { .. }));
        if rests || !self.notices.is_empty() || self.listeners.iter().any(|listener| listener.problem.is_some()) {
            return (Light::NeedsYou, "Mail is flowing, but something needs you".into());
        }
        (Light::Flowing, "Mail is flowing".into())
    }

    /// The provider that keeps mail waiting, the worst first, else one whose mail takes another way.
    fn stuck(&self) -> Option<(Light, String)> {
        let waiting = || self.lanes().filter(|lane| keeps_waiting(lane, self.is_first(lane)));
        if let Some(worst) = waiting().find(|lane| calls_somebody(lane)).or_else(|| waiting().next()) {
            let name = if self.is_first(worst) { worst.server.as_str() } else { worst.name.as_str() };
            return Some(match &worst.state {
                LaneState::Throttled { problem, .. } if !worst.paused => {
                    let light = if calls_somebody(worst) { Light::NeedsYou } else { Light::Flowing };
                    let mail = if self.is_first(worst) { "Mail is waiting".to_owned() } else { format!("Mail through {name} is waiting") };
                    (light, format!("{mail}: {} {}", worst.server, trouble(problem.code)))
                }
                LaneState::Throttled { .. } | LaneState::NotSetUp | LaneState::Ready | LaneState::Sending => {
                    (Light::NeedsYou, format!("Delivery through {name} is paused"))
                }
            });
        }
        let left = self.lanes().find(|lane| lane.failed_over && matches!(lane.state, LaneState::Throttled { .. }))?;
        let mail = if self.is_first(left) { "Mail".to_owned() } else { format!("Mail for {}", left.name) };
        Some((Light::NeedsYou, format!("{mail} is flowing through another provider")))
    }

    fn lanes(&self) -> impl Iterator<Item = &LaneView> {
        std::iter::once(&self.lane).chain(&self.other_lanes)
    }

    fn is_first(&self, lane: &LaneView) -> bool {
        std::ptr::eq(lane, &raw const self.lane)
    }

    fn broken(&self) -> Option<&'static str> {
        self.notices.iter().find_map(|notice| match notice.code {
            ProblemCode::StoreFailed => Some("Mail cannot be kept on this disk"),
            ProblemCode::DatabaseDamaged => Some("The mail database is damaged"),
            ProblemCode::EngineFault => Some("Something in the engine has ended"),
            ProblemCode::DiskFull => Some("The disk is full"),
            ProblemCode::NotSetUp
            | ProblemCode::HostNotFound
            | ProblemCode::ConnectionRefused
            | ProblemCode::ConnectionTimedOut
            | ProblemCode::ConnectionLost
            | ProblemCode::AnswerLost
            | ProblemCode::GreetingRefused
            | ProblemCode::TlsNotOffered
            | ProblemCode::TlsFailed
            | ProblemCode::TlsModeSwapped
            | ProblemCode::CertificateUntrusted
            | ProblemCode::CertificateWrongName
            | ProblemCode::CertificateExpired
            | ProblemCode::SignInNotOffered
            | ProblemCode::SignInRefused
            | ProblemCode::SignInSwitchedOff
            | ProblemCode::SignInNeeded
            | ProblemCode::SecretMissing
            | ProblemCode::SigningKeyMissing
            | ProblemCode::TokenNotAccepted
            | ProblemCode::TokenUnreachable
            | ProblemCode::SignInLapsed
            | ProblemCode::AppSecretRefused
            | ProblemCode::AppUnknown
            | ProblemCode::ConsentMissing
            | ProblemCode::TokenRefused
            | ProblemCode::SecretStoreUnavailable
            | ProblemCode::BrokenReply
            | ProblemCode::Throttled
            | ProblemCode::AccountBlocked
            | ProblemCode::SenderRefused
            | ProblemCode::RecipientRefused
            | ProblemCode::MessageTooLarge
            | ProblemCode::ContentRefused
            | ProblemCode::TemporaryTrouble
            | ProblemCode::LifetimeEnded
            | ProblemCode::MailLoop
            | ProblemCode::PortTaken
            | ProblemCode::AddressNotHere
            | ProblemCode::PortForbidden
            | ProblemCode::CertificateFileUnusable
            | ProblemCode::CertificateEnds
            | ProblemCode::AppSecretEnds
            | ProblemCode::SettingsUnreadable
            | ProblemCode::DatabaseSetAside
            | ProblemCode::MessageUnreadable
            | ProblemCode::PickupFailed
            | ProblemCode::BurstHeld
            | ProblemCode::PasswordsGuessed
            | ProblemCode::SenderWaits
            | ProblemCode::Other => None,
        })
    }

    fn is_deaf(&self) -> bool {
        !self.listeners.is_empty() && self.listeners.iter().all(|listener| listener.problem.is_some())
    }

    fn rests_for_long(&self) -> bool {
        self.lanes().any(|lane| keeps_waiting(lane, self.is_first(lane)) && calls_somebody(lane))
    }
}

/// Of a provider that is not the first nothing is said while no mail waits for it.
fn keeps_waiting(lane: &LaneView, first: bool) -> bool {
    let rests = matches!(lane.state, LaneState::Throttled { .. }) && !lane.failed_over;
    (lane.paused || rests) && (first || lane.waiting > 0)
}

/// A provider that only asks for patience is no reason to call anybody, nor is a pause that somebody wanted.
fn calls_somebody(lane: &LaneView) -> bool {
    match &lane.state {
        LaneState::Throttled { problem, .. } => {
            !lane.paused && !matches!(problem.code, ProblemCode::Throttled | ProblemCode::TemporaryTrouble)
        }
        LaneState::NotSetUp | LaneState::Ready | LaneState::Sending => false,
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
        ProblemCode::SigningKeyMissing => "gets no mail, since a key that signs it is missing",
        ProblemCode::SignInLapsed => "wants somebody to sign in again",
        ProblemCode::HostNotFound | ProblemCode::ConnectionRefused | ProblemCode::ConnectionTimedOut => "cannot be reached",
        ProblemCode::CertificateUntrusted | ProblemCode::CertificateWrongName | ProblemCode::CertificateExpired => {
            "shows a certificate that cannot be trusted"
        }
        ProblemCode::Throttled => "asks us to slow down",
        ProblemCode::AccountBlocked => "has blocked the account",
        ProblemCode::NotSetUp
        | ProblemCode::ConnectionLost
        | ProblemCode::AnswerLost
        | ProblemCode::GreetingRefused
        | ProblemCode::TlsNotOffered
        | ProblemCode::TlsFailed
        | ProblemCode::TlsModeSwapped
        | ProblemCode::SignInNotOffered
        | ProblemCode::TokenUnreachable
        | ProblemCode::SecretStoreUnavailable
        | ProblemCode::BrokenReply
        | ProblemCode::SenderRefused
        | ProblemCode::RecipientRefused
        | ProblemCode::MessageTooLarge
        | ProblemCode::ContentRefused
        | ProblemCode::TemporaryTrouble
        | ProblemCode::LifetimeEnded
        | ProblemCode::MailLoop
        | ProblemCode::PortTaken
        | ProblemCode::AddressNotHere
        | ProblemCode::PortForbidden
        | ProblemCode::CertificateFileUnusable
        | ProblemCode::CertificateEnds
        | ProblemCode::AppSecretEnds
        | ProblemCode::SettingsUnreadable
        | ProblemCode::DiskFull
        | ProblemCode::DatabaseSetAside
        | ProblemCode::DatabaseDamaged
        | ProblemCode::StoreFailed
        | ProblemCode::MessageUnreadable
        | ProblemCode::PickupFailed
        | ProblemCode::EngineFault
        | ProblemCode::BurstHeld
        | ProblemCode::PasswordsGuessed
        | ProblemCode::SenderWaits
        | ProblemCode::Other => "has a trouble",
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
        Known { lane, other_lanes: Vec::new(), paused: false, listeners: Vec::new(), notices: Vec::new() }
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

    /// The second of two providers rests, and so much mail waits for it.
    pub fn second_rests(waiting: u64) -> Mood {
        let mut known = known();
        let state = LaneState::Throttled { problem: Problem::new(ProblemCode::SignInRefused), since: 0, next_try: 1 };
        let second = LaneView { name: "Invoices".into(), server: "mail2.example".into(), state, waiting, ..known.lane.clone() };
        known.other_lanes = vec![second];
        Mood::Known(known.into())
    }

    fn second(change: impl FnMut(&mut LaneView)) -> Mood {
        let Mood::Known(mut known) = second_rests(3) else { panic!("a mood that is known") };
        known.other_lanes.iter_mut().for_each(change);
        Mood::Known(known)
    }

    #[test]
    fn a_second_provider_that_rests_with_mail_calls_somebody_until_it_flows() {
        let mut mood = second_rests(3);
        assert_eq!(mood.sentence(), "Mail through Invoices is waiting: mail2.example does not accept the sign-in");
        assert_eq!((mood.light(), mood.mail_stands_still()), (Light::NeedsYou, Some(true)));
        let Mood::Known(known) = &mood else { panic!("a mood that is known") };
        let mut well = known.other_lanes.clone();
        well.iter_mut().for_each(|lane| lane.state = LaneState::Ready);
        assert!(mood.hear(&Fact::OtherLanesChanged { lanes: well }));
        assert_eq!((mood.light(), mood.sentence().as_str()), (Light::Flowing, "Mail is flowing"));
        assert_eq!(mood.mail_stands_still(), Some(false));
    }

    #[test]
    fn a_second_provider_without_mail_or_with_another_way_stops_nothing() {
        let idle = second_rests(0);
        assert_eq!(idle.sentence(), "Mail is flowing, but something needs you");
        assert_eq!((idle.light(), idle.mail_stands_still()), (Light::NeedsYou, Some(false)));
        let left = second(|lane| lane.failed_over = true);
        assert_eq!(left.sentence(), "Mail for Invoices is flowing through another provider");
        assert_eq!(left.mail_stands_still(), Some(false));
        let paused = second(|lane| lane.paused = true);
        assert_eq!(paused.sentence(), "Delivery through Invoices is paused");
        assert_eq!((paused.light(), paused.mail_stands_still()), (Light::NeedsYou, Some(false)));
    }

    #[test]
    fn the_worst_of_several_providers_is_told() {
        let Mood::Known(mut known) = second_rests(3) else { panic!("a mood that is known") };
        known.lane.state = LaneState::Throttled { problem: Problem::new(ProblemCode::Throttled), since: 0, next_try: 1 };
        assert!(Mood::Known(known).sentence().starts_with("Mail through Invoices is waiting"));
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
