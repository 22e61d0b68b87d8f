//! What an administrator reads of the service in the system's log: few entries, each a sentence with why and what to do.
//!
//! In: snapshots and facts of the engine. Out: [`Tiding`]s. Pure.
//! Invariant: an entry is made when something changes, not while it lasts.

use control::Problem;
use control::event::Fact;
use control::problem::ProblemCode;
use control::view::{LaneState, LaneView, ListenerView, Snapshot};
use relay::mail::reply::RemoteReply;
use std::collections::HashMap;
use std::fmt::Write;

/// An entry. Its number is for filters and alarms and never changes its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiding {
    pub number: u32,
    pub weight: Weight,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Note,
    Warning,
    Error,
}

pub const STARTED: u32 = 1;
pub const STOPPED: u32 = 2;
pub const NOT_STARTED: u32 = 3;
pub const LANE_DOWN: u32 = 10;
pub const LANE_UP: u32 = 11;
pub const PORT_DOWN: u32 = 20;
pub const PORT_UP: u32 = 21;
pub const SETTINGS_UNUSABLE: u32 = 30;
pub const DISK_FULL: u32 = 31;
pub const DATABASE_SET_ASIDE: u32 = 32;
pub const STORE_FAILED: u32 = 33;
pub const PART_CRASHED: u32 = 34;
pub const DATABASE_DAMAGED: u32 = 35;
pub const MESSAGE_UNREADABLE: u32 = 36;
pub const BURST_HELD: u32 = 37;
pub const PASSWORDS_GUESSED: u32 = 40;
pub const OTHER_NOTICE: u32 = 38;
pub const NOTICE_GONE: u32 = 39;

/// What was told last, so that nothing is told twice.
#[derive(Debug, Default)]
pub struct Tidings {
    /// By name, what is wrong with each.
    lanes: HashMap<String, ProblemCode>,
    ports_down: Vec<(String, u16)>,
    notices: Vec<Problem>,
}

pub fn stopped() -> Tiding {
    Tiding { number: STOPPED, weight: Weight::Note, text: "Outtray has stopped. No mail is taken until it is started again.".into() }
}

pub fn not_started(why: &str) -> Tiding {
    Tiding { number: NOT_STARTED, weight: Weight::Error, text: format!("Outtray could not start, so no mail is taken: {why}") }
}

impl Tidings {
    /// The first entries after the start.
    pub fn begin(&mut self, snapshot: &Snapshot) -> Vec<Tiding> {
        let ports: Vec<String> = snapshot.listeners.iter().filter(|listener| listener.problem.is_none()).map(port).collect();
        let takes =
            if ports.is_empty() { "It takes mail on no port yet".to_owned() } else { format!("It takes mail on {}", ports.join(", ")) };
        let text = format!(
            "Outtray {} has started. {takes}. Messages waiting to be handed over: {}. Data: {}",
            snapshot.engine.version, snapshot.counters.waiting, snapshot.engine.data_folder
        );
        let mut told = vec![Tiding { number: STARTED, weight: Weight::Note, text }];
        told.append(&mut self.catch_up(snapshot));
        told
    }

    /// What changed while nobody listened.
    pub fn catch_up(&mut self, snapshot: &Snapshot) -> Vec<Tiding> {
        let mut told = self.ports(&snapshot.listeners);
        told.extend(self.lane(&snapshot.lane));
        told.extend(snapshot.other_lanes.iter().filter_map(|lane| self.lane(lane)));
        told.append(&mut self.notices(&snapshot.notices));
        told
    }

    pub fn hear(&mut self, fact: &Fact) -> Vec<Tiding> {
        match fact {
            Fact::LaneChanged { lane } => self.lane(lane).into_iter().collect(),
            Fact::OtherLanesChanged { lanes } => lanes.iter().filter_map(|lane| self.lane(lane)).collect(),
            Fact::ListenersChanged { listeners } => self.ports(listeners),
            Fact::NoticesChanged { notices } => self.notices(notices),
            Fact::Several { facts } => facts.iter().flat_map(|fact| self.hear(fact)).collect(),
            Fact::QueueChanged { .. }
            | Fact::QueueLeft { .. }
            | Fact::Recent { .. }
            | Fact::CountersChanged { .. }
            | Fact::PausedChanged { .. }
            | Fact::ClientRefused { .. }
            | Fact::SettingsChanged { .. }
            | Fact::Probed { .. }
            | Fact::Lagged => Vec::new(),
        }
    }

    fn lane(&mut self, lane: &LaneView) -> Option<Tiding> {
        let server = format!("{}:{}", lane.server, lane.port);
        match &lane.state {
            LaneState::Throttled { problem, .. } => {
                if self.lanes.insert(lane.name.clone(), problem.code) == Some(problem.code) {
                    return None;
                }
                let text = format!(
                    "Mail cannot be handed to {server}: {}{}. It waits in the queue and is tried again by itself; nothing is lost. \
                     `outtrayd status` has the provider's own words.",
                    words(problem.code),
                    code(problem)
                );
                Some(Tiding { number: LANE_DOWN, weight: Weight::Warning, text })
            }
            // Another try begins while it rests: only a success ends the trouble.
            LaneState::Sending => None,
            LaneState::Ready => {
                self.lanes.remove(&lane.name)?;
                Some(Tiding { number: LANE_UP, weight: Weight::Note, text: format!("Mail is handed to {server} again.") })
            }
            LaneState::NotSetUp => {
                self.lanes.remove(&lane.name);
                None
            }
        }
    }

    fn ports(&mut self, listeners: &[ListenerView]) -> Vec<Tiding> {
        let mut told = Vec::new();
        let mut down = Vec::new();
        for listener in listeners {
            let name = (listener.address.clone(), listener.port);
            match &listener.problem {
                Some(problem) => {
                    if !self.ports_down.contains(&name) {
                        let text = format!("No mail is taken on {}: {}.", port(listener), sentence(problem));
                        told.push(Tiding { number: PORT_DOWN, weight: Weight::Error, text });
                    }
                    down.push(name);
                }
                None if self.ports_down.contains(&name) => {
                    told.push(Tiding {
                        number: PORT_UP,
                        weight: Weight::Note,
                        text: format!("Mail is taken on {} again.", port(listener)),
                    });
                }
                None => {}
            }
        }
        self.ports_down = down;
        told
    }

    fn notices(&mut self, notices: &[Problem]) -> Vec<Tiding> {
        let is_known = |known: &[Problem], notice: &Problem| known.iter().any(|other| other.code == notice.code);
        let mut told: Vec<Tiding> = notices.iter().filter(|notice| !is_known(&self.notices, notice)).map(noticed).collect();
        let gone = self.notices.iter().filter(|notice| !is_known(notices, notice));
        told.extend(gone.map(|notice| Tiding {
            number: NOTICE_GONE,
            weight: Weight::Note,
            text: format!(
                "This is over: {}.",
                if notice.code == ProblemCode::SenderWaits { words(notice.code).to_owned() } else { sentence(notice) }
            ),
        }));
        self.notices = notices.to_vec();
        told
    }
}

fn noticed(notice: &Problem) -> Tiding {
    let (number, weight, then) = match notice.code {
        ProblemCode::CertificateEnds => {
            (OTHER_NOTICE, Weight::Warning, "Put a renewed one in its place; it is used from then on without a restart")
        }
        ProblemCode::AppSecretEnds => (
            OTHER_NOTICE,
            Weight::Warning,
            "Make a new one where the application is registered, and give it to Outtray; without it mail waits",
        ),
        ProblemCode::SettingsUnreadable => {
            (SETTINGS_UNUSABLE, Weight::Error, "Older settings stay in force. Mend the file, then use `outtrayd settings reload`")
        }
        ProblemCode::DiskFull => (DISK_FULL, Weight::Error, "Devices are told to try again later. Make room on this disk"),
        ProblemCode::DatabaseSetAside => (
            DATABASE_SET_ASIDE,
            Weight::Error,
            "A new queue was begun. Messages that waited are in that folder; ask for help before deleting it",
        ),
        ProblemCode::StoreFailed => (
            STORE_FAILED,
            Weight::Error,
            "Devices are told to try again later, and no mail is handed over meanwhile. Look at the disk and its rights",
        ),
        ProblemCode::DatabaseDamaged => (
            DATABASE_DAMAGED,
            Weight::Error,
            "Look at the disk, then restart the service: what is damaged is set aside and a new queue begun",
        ),
        ProblemCode::MessageUnreadable => (
            MESSAGE_UNREADABLE,
            Weight::Error,
            "It waits and is looked at again by itself. Look at the disk and at what a virus scanner took away",
        ),
        ProblemCode::EngineFault => (PART_CRASHED, Weight::Error, "Restart the service; accepted mail is not lost"),
        ProblemCode::PickupFailed => {
            (OTHER_NOTICE, Weight::Warning, "They stay there and are tried again. Look at the folder and its rights")
        }
        ProblemCode::BurstHeld => {
            (BURST_HELD, Weight::Warning, "Its mail is taken and held. Look at it, then release or delete it in the window")
        }
        ProblemCode::PasswordsGuessed => {
            (PASSWORDS_GUESSED, Weight::Warning, "It may be a device with an old password, or somebody who guesses")
        }
        ProblemCode::SenderWaits => {
            // Who that is, and what was said, is not for everybody who reads this log.
            let text = format!("{}. Its mail waits; the window and `outtrayd status` tell whose it is.", words(notice.code));
            return Tiding { number: OTHER_NOTICE, weight: Weight::Warning, text };
        }
        _ => (OTHER_NOTICE, Weight::Warning, "The window and `outtrayd status` tell more"),
    };
    Tiding { number, weight, text: format!("{}. {then}.", sentence(notice)) }
}

fn port(listener: &ListenerView) -> String {
    if listener.address.contains(':') {
        format!("[{}]:{}", listener.address, listener.port)
    } else {
        format!("{}:{}", listener.address, listener.port)
    }
}

/// A trouble in words, without a full stop: what it is, what it concerns, what the other side said.
pub fn sentence(problem: &Problem) -> String {
    let mut text = words(problem.code).to_owned();
    if let Some(subject) = &problem.subject {
        let _ = write!(text, " ({})", plain(subject));
    }
    if let Some(said) = &problem.said {
        let _ = write!(text, ", in its own words: {}", plain(said.trim_end_matches('.')));
    }
    text
}

/// The numbers of a provider's answer. Its words and the account may be somebody's, and many may read this log.
fn code(problem: &Problem) -> String {
    let reply = problem.said.as_deref().and_then(RemoteReply::parse).filter(|reply| (400..600).contains(&reply.code));
    reply.map(|reply| format!(" (its answer: {})", RemoteReply { text: String::new(), ..reply })).unwrap_or_default()
}

/// As the Event Log can show it: it takes a percent sign and a number in a text (the card in an IPv6 address, what a
/// server said) for the place of another text, and then shows neither (ReportEvent's documentation). An invisible letter parts them.
#[cfg_attr(not(windows), allow(dead_code))]
pub fn without_inserts(text: &str) -> String {
    const WORD_JOINER: char = '\u{2060}';
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if shown.ends_with('%') && (letter.is_ascii_digit() || matches!(letter, '%' | '{' | '!')) {
            shown.push(WORD_JOINER);
        }
        shown.push(letter);
    }
    shown
}

/// What strangers wrote becomes one line.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn words(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::NotSetUp => "no mail provider has been set up",
        ProblemCode::HostNotFound => "the provider's server name has no address",
        ProblemCode::ConnectionRefused => "nobody answers at the provider's port, or a firewall is in the way",
        ProblemCode::ConnectionTimedOut => "the provider does not answer in time",
        ProblemCode::ConnectionLost => "the connection to the provider broke",
        ProblemCode::AnswerLost => "the provider's answer to a message was lost; it is sent again",
        ProblemCode::GreetingRefused => "the provider refuses to talk to this machine",
        ProblemCode::TlsNotOffered => "the provider offers no encryption here",
        ProblemCode::TlsFailed => "the encrypted connection could not be made",
        ProblemCode::TlsModeSwapped => "the kind of encryption does not fit the port",
        ProblemCode::CertificateUntrusted => "this machine does not trust the provider's certificate",
        ProblemCode::CertificateWrongName => "the provider's certificate is for another name",
        ProblemCode::CertificateExpired => "the provider's certificate is out of date, or this machine's clock is wrong",
        ProblemCode::SignInNotOffered => "the provider offers no sign-in here",
        ProblemCode::SignInRefused => "the provider does not accept user name or password",
        ProblemCode::SignInSwitchedOff => "the provider has password sign-in switched off for this account",
        ProblemCode::SignInNeeded => "the provider wants a sign-in and none is set",
        ProblemCode::SecretMissing => "the password is not in this account's credential store",
        ProblemCode::SigningKeyMissing => "a key that signs outgoing mail is not in this account's credential store",
        ProblemCode::TokenNotAccepted => "the provider does not accept the token it was given",
        ProblemCode::TokenUnreachable => "the sign-in service that gives tokens cannot be reached",
        ProblemCode::SignInLapsed => "the sign-in has ended; somebody must sign in again",
        ProblemCode::AppSecretRefused => "the application's secret or certificate is wrong or has run out",
        ProblemCode::AppUnknown => "the application is not known to the sign-in service",
        ProblemCode::ConsentMissing => "an administrator must agree to what the application wants",
        ProblemCode::TokenRefused => "the sign-in service gives no token",
        ProblemCode::SecretStoreUnavailable => "the credential store cannot be used",
        ProblemCode::BrokenReply => "the provider's answers are no SMTP",
        ProblemCode::Throttled => "the provider asks for fewer messages at a time",
        ProblemCode::AccountBlocked => "the account is blocked at the provider, or its quota is used up",
        ProblemCode::SenderRefused => "the provider refuses the sender",
        ProblemCode::RecipientRefused => "the recipient was refused",
        ProblemCode::MessageTooLarge => "the message is too large for the provider",
        ProblemCode::ContentRefused => "the provider refused the content",
        ProblemCode::TemporaryTrouble => "the provider has a trouble of its own",
        ProblemCode::LifetimeEnded => "it was tried until its time was over",
        ProblemCode::MailLoop => "a message went round in a loop",
        ProblemCode::PortTaken => "another program has the port",
        ProblemCode::AddressNotHere => "this machine does not have the address",
        ProblemCode::PortForbidden => "the system does not allow this port",
        ProblemCode::CertificateFileUnusable => "a certificate file cannot be used",
        ProblemCode::CertificateEnds => "A certificate must be renewed",
        ProblemCode::AppSecretEnds => "The secret of an application must be renewed",
        ProblemCode::SettingsUnreadable => "The settings file cannot be used",
        ProblemCode::DiskFull => "The disk is full",
        ProblemCode::DatabaseSetAside => "The queue's database was damaged and has been set aside",
        ProblemCode::DatabaseDamaged => "The queue's database is damaged",
        ProblemCode::StoreFailed => "The queue's database cannot be written",
        ProblemCode::MessageUnreadable => "Messages in the queue cannot be read from the disk",
        ProblemCode::EngineFault => "A part of Outtray has crashed",
        ProblemCode::PickupFailed => "Files in the pickup folder are not taken",
        ProblemCode::BurstHeld => "A device sends far more than usual",
        ProblemCode::PasswordsGuessed => "Too many wrong passwords came from one address",
        ProblemCode::SenderWaits => "A mail provider takes no mail from a sender",
        ProblemCode::Other => "there is a trouble",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use control::settings::ListenerEncryption;
    use control::view::PaceView;

    fn lane(state: LaneState) -> Fact {
        Fact::LaneChanged {
            lane: LaneView {
                name: "default".into(),
                provider: String::new(),
                server: "smtp.provider.test".into(),
                port: 587,
                state,
                connections: 0,
                last_success_at: None,
                pace: PaceView::default(),
                paused: false,
                waiting: 0,
                failed_over: false,
            },
        }
    }

    fn resting(code: ProblemCode) -> Fact {
        let problem = Problem::new(code).about("ann@office.test").said("535 5.7.8 no\r\nway, ann@office.test");
        lane(LaneState::Throttled { problem, since: 0, next_try: 1 })
    }

    #[test]
    fn a_trouble_is_told_when_it_begins_and_when_it_ends() {
        let mut tidings = Tidings::default();
        let down = tidings.hear(&resting(ProblemCode::SignInRefused));
        assert_eq!(down.len(), 1);
        assert_eq!((down[0].number, down[0].weight), (LANE_DOWN, Weight::Warning));
        assert_eq!(
            down[0].text,
            "Mail cannot be handed to smtp.provider.test:587: the provider does not accept user name or password \
             (its answer: 535 5.7.8). It waits in the queue and is tried again by itself; nothing is lost. \
             `outtrayd status` has the provider's own words.",
            "numbers for everybody who reads this log, words and account for whoever asks"
        );
        // The next try fails the same way: no news.
        assert_eq!(tidings.hear(&lane(LaneState::Sending)), []);
        assert_eq!(tidings.hear(&resting(ProblemCode::SignInRefused)), []);
        assert_eq!(tidings.hear(&resting(ProblemCode::HostNotFound)).len(), 1);
        let up = tidings.hear(&Fact::Several { facts: vec![lane(LaneState::Ready)] });
        assert_eq!(up, [Tiding { number: LANE_UP, weight: Weight::Note, text: "Mail is handed to smtp.provider.test:587 again.".into() }]);
        assert_eq!(tidings.hear(&lane(LaneState::Ready)), []);
    }

    #[test]
    fn a_taken_port_and_a_full_disk_are_errors_until_they_are_over() {
        let mut tidings = Tidings::default();
        let listener = |problem: Option<ProblemCode>| Fact::ListenersChanged {
            listeners: vec![ListenerView {
                address: "0.0.0.0".into(),
                port: 25,
                encryption: ListenerEncryption::Plain,
                problem: problem.map(Problem::new),
            }],
        };
        let taken = tidings.hear(&listener(Some(ProblemCode::PortTaken)));
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].number, taken[0].weight), (PORT_DOWN, Weight::Error));
        assert_eq!(taken[0].text, "No mail is taken on 0.0.0.0:25: another program has the port.");
        assert_eq!(tidings.hear(&listener(Some(ProblemCode::PortTaken))), []);
        assert_eq!(tidings.hear(&listener(None)).first().map(|tiding| tiding.number), Some(PORT_UP));

        let numbers = |told: Vec<Tiding>| told.into_iter().map(|tiding| tiding.number).collect::<Vec<_>>();
        let codes = [ProblemCode::DiskFull, ProblemCode::EngineFault, ProblemCode::SettingsUnreadable];
        let notices = codes.map(Problem::new).to_vec();
        assert_eq!(numbers(tidings.hear(&Fact::NoticesChanged { notices })), [DISK_FULL, PART_CRASHED, SETTINGS_UNUSABLE]);
        let notices = vec![Problem::new(ProblemCode::EngineFault)];
        assert_eq!(numbers(tidings.hear(&Fact::NoticesChanged { notices })), [NOTICE_GONE, NOTICE_GONE]);
    }

    #[test]
    fn mail_that_cannot_be_read_is_no_store_that_cannot_be_written() {
        let mut tidings = Tidings::default();
        let notices = vec![
            Problem::new(ProblemCode::StoreFailed),
            Problem::new(ProblemCode::DatabaseDamaged),
            Problem::new(ProblemCode::MessageUnreadable).about("2").said("message 01: its content is gone"),
        ];
        let told = tidings.hear(&Fact::NoticesChanged { notices });
        assert_eq!(told.iter().map(|tiding| tiding.number).collect::<Vec<_>>(), [STORE_FAILED, DATABASE_DAMAGED, MESSAGE_UNREADABLE]);
        let start = "Messages in the queue cannot be read from the disk (2), in its own words: message 01: its content is gone. ";
        assert!(told[2].text.starts_with(start), "{}", told[2].text);
    }

    #[test]
    fn an_address_with_its_card_left_the_event_log_with_a_text_it_could_not_show() {
        assert_eq!(
            without_inserts("100 % of [fe80::1%12]:25 said %1, %%2 and %!"),
            "100 % of [fe80::1%\u{2060}12]:25 said %\u{2060}1, %\u{2060}%\u{2060}2 and %\u{2060}!"
        );
        assert_eq!(without_inserts("100%"), "100%");
    }
}
