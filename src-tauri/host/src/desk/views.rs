//! From the engine's words to the contract's, by hand, so that both can change on different days.
//!
//! Mail is bytes in the engine; here, and only here, it becomes text.

use control::event::Fact;
use control::problem::{Problem, ProblemCode};
use control::settings::ListenerEncryption;
use control::view::{
    Counters, EntryKind, EntryView, HeldWhy, HourView, LaneState, LaneView, ListenerView, PaceView, ProbeOutcome, ProbeStage, ProbeStep,
    RecentView, RecipientState, RecipientView, RefusalKind, RefusedClient, StoryKind, StoryStep, StoryView,
};
use ipnet::IpNet;
use jiff::Timestamp;
use relay::Story;
use relay::event::{self as engine, BindProblemKind, Notice};
use relay::mail::Kind;
use relay::queue::{RecordKind, StateWord, Why, WhyKind};
use relay::session::RefusedWhy;
use relay::smarthost::probe::{self, ProbeReport};
use relay::smarthost::{Trouble, TroubleKind};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// What the engine does not know and a view needs.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Keys of the provider cards, by the names of the lanes.
    pub providers: HashMap<String, String>,
    /// The networks of this machine's cards.
    pub networks: Vec<IpNet>,
    /// The host's own troubles, told together with the engine's.
    pub notices: Vec<Problem>,
}

impl Around {
    /// The network of this machine that an address belongs to.
    pub fn network_of(&self, address: IpAddr) -> Option<String> {
        self.networks.iter().find(|network| network.contains(&address)).map(ToString::to_string)
    }
}

pub fn fact(fact: &engine::Fact, around: &Around) -> Fact {
    match fact {
        engine::Fact::QueueChanged(entries) => Fact::QueueChanged { entries: entries.iter().map(entry).collect() },
        engine::Fact::QueueLeft(entries) => Fact::QueueLeft { entries: entries.iter().map(entry).collect() },
        engine::Fact::Recent(lines) => Fact::Recent { lines: lines.iter().map(recent).collect() },
        engine::Fact::Counters(now) => Fact::CountersChanged { counters: counters(now) },
        engine::Fact::Lane(now) => Fact::LaneChanged { lane: lane(now, around) },
        engine::Fact::OtherLanes(now) => Fact::OtherLanesChanged { lanes: now.iter().map(|now| lane(now, around)).collect() },
        engine::Fact::Paused(paused) => Fact::PausedChanged { paused: *paused },
        engine::Fact::Listeners(now) => Fact::ListenersChanged { listeners: now.iter().map(listener).collect() },
        engine::Fact::Refused(client) => Fact::ClientRefused { client: refused(client, around) },
        engine::Fact::Notices(now) => Fact::NoticesChanged { notices: notices(now, around) },
    }
}

pub fn entry(entry: &engine::EntrySummary) -> EntryView {
    EntryView {
        id: entry.id.to_string(),
        accepted_at: millis(entry.accepted_at),
        sender: entry.sender.clone(),
        first_recipient: entry.first_recipient.clone(),
        recipients: entry.recipients,
        unsettled: entry.unsettled,
        subject: entry.subject.clone(),
        size: entry.size,
        client: entry.client.map(|client| client.to_string()).unwrap_or_default(),
        client_name: entry.client_name.clone(),
        kind: match entry.kind {
            Kind::Mail => EntryKind::Mail,
            Kind::Report => EntryKind::Report,
            Kind::Test => EntryKind::Test,
        },
        state: state(entry.state),
        attempts: entry.attempts,
        next_attempt: entry.next_attempt.map(millis),
        settled_at: entry.settled_at.map(millis),
        problem: entry.why.as_ref().map(why),
        held: entry.held.as_ref().map(|why| match why {
            relay::mail::HeldWhy::Person => HeldWhy::Person,
            relay::mail::HeldWhy::Burst { who: _ } => HeldWhy::Burst,
            relay::mail::HeldWhy::HeaderRule { name } => HeldWhy::HeaderRule { name: name.clone() },
        }),
        lane: entry.lane.clone(),
        waits_for: entry.waits_for.clone(),
    }
}

pub fn recent(line: &engine::Recent) -> RecentView {
    RecentView {
        at: millis(line.at),
        message: line.message.to_string(),
        sender: line.sender.clone(),
        recipient: line.recipient.clone(),
        client: line.client.map(|client| client.to_string()).unwrap_or_default(),
        state: state(line.state),
        took_ms: line.took_ms,
    }
}

pub fn counters(now: &engine::Counters) -> Counters {
    Counters {
        waiting: now.waiting,
        deferred: now.deferred,
        held: now.held,
        oldest_at: now.oldest_at.map(millis),
        accepted: now.accepted,
        sent: now.sent,
        failed: now.failed,
        refused: now.refused,
        sent_again: now.sent_again,
        sessions: now.sessions,
    }
}

pub fn hour(hour: &engine::Hour) -> HourView {
    HourView { from: hour.number * 3_600_000, accepted: hour.accepted, sent: hour.sent, failed: hour.failed, refused: hour.refused }
}

pub fn lane(lane: &engine::Lane, around: &Around) -> LaneView {
    LaneView {
        name: lane.name.clone(),
        provider: around.providers.get(&lane.name).cloned().unwrap_or_default(),
        server: lane.server.clone(),
        port: lane.port,
        state: match &lane.state {
            engine::LaneState::NotSetUp => LaneState::NotSetUp,
            engine::LaneState::Ready => LaneState::Ready,
            engine::LaneState::Sending => LaneState::Sending,
            engine::LaneState::Throttled { trouble: why, since, next_try } => {
                LaneState::Throttled { problem: trouble(why), since: millis(*since), next_try: millis(*next_try) }
            }
        },
        connections: lane.connections,
        last_success_at: lane.last_success_at.map(millis),
        pace: PaceView {
            recipients_today: lane.pace.recipients_today,
            recipients_per_day: lane.pace.recipients_per_day,
            waits_until: lane.pace.waits_until.map(millis),
            slowed: lane.pace.slowed,
        },
        paused: lane.paused,
        waiting: lane.waiting,
        failed_over: lane.failed_over,
    }
}

pub fn listener(listener: &engine::ListenerState) -> ListenerView {
    let port = listener.address.port();
    ListenerView {
        address: listener.address.ip().to_string(),
        port,
        encryption: match listener.encryption {
            relay::config::ListenerEncryption::Starttls => ListenerEncryption::Starttls,
            relay::config::ListenerEncryption::Implicit => ListenerEncryption::Implicit,
            relay::config::ListenerEncryption::Plain => ListenerEncryption::Plain,
        },
        problem: listener.problem.as_ref().map(|problem| {
            let (code, subject) = match problem.kind {
                // The program that has it, if the system tells; else the port.
                BindProblemKind::PortTaken => (ProblemCode::PortTaken, crate::machine::ports::holder(port)),
                // Windows says "forbidden" of a port that another program has for itself alone, too.
                BindProblemKind::PortForbidden => match crate::machine::ports::holder(port).filter(|_| cfg!(windows)) {
                    Some(holder) => (ProblemCode::PortTaken, Some(holder)),
                    None => (ProblemCode::PortForbidden, None),
                },
                BindProblemKind::AddressNotHere => (ProblemCode::AddressNotHere, Some(listener.address.ip().to_string())),
                BindProblemKind::Other => (ProblemCode::Other, None),
            };
            Problem::new(code).about(subject.unwrap_or_else(|| port.to_string())).said(problem.said.clone())
        }),
    }
}

pub fn refused(client: &engine::RefusedClient, around: &Around) -> RefusedClient {
    RefusedClient {
        address: client.address.to_string(),
        client_name: client.client_name.clone(),
        count: client.count,
        first_at: millis(client.first_at),
        last_at: millis(client.last_at),
        last_sender: client.last_sender.clone(),
        last_recipient: client.last_recipient.clone(),
        last_reply: client.last_reply.clone(),
        why: refusal_kind(client.why),
        network: around.network_of(client.address),
    }
}

pub fn refusal_kind(why: RefusedWhy) -> RefusalKind {
    match why {
        RefusedWhy::NotAllowed => RefusalKind::NotAllowed,
        RefusedWhy::EncryptionNeeded => RefusalKind::EncryptionNeeded,
        RefusedWhy::SignInNeeded => RefusalKind::SignInNeeded,
        RefusedWhy::SignInFailed => RefusalKind::SignInFailed,
        RefusedWhy::SenderNotAllowed => RefusalKind::SenderNotAllowed,
        RefusedWhy::RecipientNotAllowed => RefusalKind::RecipientNotAllowed,
        RefusedWhy::TooMuch => RefusalKind::TooMuch,
        RefusedWhy::Attachment => RefusalKind::Attachment,
        RefusedWhy::HeaderRule => RefusalKind::HeaderRule,
        RefusedWhy::TlsFailed => RefusalKind::TlsFailed,
        RefusedWhy::TooLarge => RefusalKind::TooLarge,
        RefusedWhy::TooManyRecipients => RefusalKind::TooManyRecipients,
        RefusedWhy::TooManyConnections => RefusalKind::TooManyConnections,
        RefusedWhy::Loop => RefusalKind::Loop,
        RefusedWhy::DiskFull => RefusalKind::DiskFull,
        RefusedWhy::Other => RefusalKind::Other,
    }
}

/// The engine's troubles, then the host's.
pub fn notices(now: &[Notice], around: &Around) -> Vec<Problem> {
    let of_engine = now.iter().map(|notice| match notice {
        Notice::DiskFull { said } => Problem::new(ProblemCode::DiskFull).said(said.clone()),
        Notice::DatabaseSetAside { path, said } => Problem::new(ProblemCode::DatabaseSetAside).about(path.clone()).said(said.clone()),
        Notice::DatabaseDamaged { said } => Problem::new(ProblemCode::DatabaseDamaged).said(said.clone()),
        Notice::Unreadable { count, said } => Problem::new(ProblemCode::MessageUnreadable).about(count.to_string()).said(said.clone()),
        Notice::StoreFailed { said } => Problem::new(ProblemCode::StoreFailed).said(said.clone()),
        Notice::EngineFault { said } => Problem::new(ProblemCode::EngineFault).said(said.clone()),
        Notice::PickupFailed { folder, said } => Problem::new(ProblemCode::PickupFailed).about(folder.clone()).said(said.clone()),
        Notice::BurstHeld { who, said } => Problem::new(ProblemCode::BurstHeld).about(who.clone()).said(said.clone()),
        Notice::PasswordsGuessed { address, said } => {
            Problem::new(ProblemCode::PasswordsGuessed).about(address.to_string()).said(said.clone())
        }
        Notice::SenderRefused { lane, sender, said } => {
            let whom = if lane == relay::config::DEFAULT_LANE { sender.clone() } else { format!("{sender}, {lane}") };
            Problem::new(ProblemCode::SenderWaits).about(whom).said(said.clone())
        }
    });
    of_engine.chain(around.notices.iter().cloned()).collect()
}

pub fn story(story: &Story) -> StoryView {
    let of = |index: usize| story.entry.recipients.get(index).map(|recipient| recipient.path.to_string()).unwrap_or_default();
    let peer = story.entry.peer.as_ref();
    let accepted = StoryStep {
        at: millis(story.entry.accepted_at),
        what: StoryKind::Accepted {
            client: peer.map(|peer| peer.address.to_string()).unwrap_or_default(),
            client_name: story.summary.client_name.clone(),
            tls: peer.and_then(|peer| peer.tls.clone()),
            size: story.entry.size,
        },
        lane: None,
    };
    let mut unanswered = HashSet::new();
    let steps = story.records.iter().map(|record| {
        if matches!(&record.kind, RecordKind::Deferred { why, .. } if why.kind == WhyKind::AnswerLost) {
            unanswered.insert(record.recipient);
        }
        let again = unanswered.contains(&record.recipient);
        let recipient = record.recipient.map(of).unwrap_or_default();
        let what = match &record.kind {
            RecordKind::Sent { server, tls, reply } => {
                StoryKind::Sent { recipient, server: server.clone(), tls: tls.clone(), reply: reply.to_string(), again }
            }
            RecordKind::Deferred { server, why: news, next_attempt } => {
                StoryKind::Deferred { recipient, server: server.clone(), problem: why(news), next_attempt: millis(*next_attempt) }
            }
            RecordKind::Bounced { server, why: news } => StoryKind::Bounced { recipient, server: server.clone(), problem: why(news) },
            RecordKind::Expired { why: news } => StoryKind::Expired { recipient, problem: news.as_ref().map(why) },
            RecordKind::DelayNoticed { report } => StoryKind::DelayNoticed { report: report.to_string() },
            RecordKind::Reported { report } => StoryKind::Reported { report: report.to_string() },
            RecordKind::Confirmed { report } => StoryKind::Confirmed { report: report.to_string() },
            RecordKind::Held => StoryKind::Held,
            RecordKind::Released => StoryKind::Released,
            RecordKind::TriedNow => StoryKind::TriedNow,
            RecordKind::Deleted => StoryKind::Deleted { recipient },
        };
        StoryStep { at: millis(record.at), what, lane: record.lane.clone() }
    });
    StoryView {
        entry: entry(&story.summary),
        recipients: story
            .entry
            .recipients
            .iter()
            .map(|recipient| RecipientView {
                address: recipient.path.to_string(),
                state: match recipient.state.word() {
                    StateWord::Queued | StateWord::Deferred if story.entry.held => RecipientState::Held,
                    word => state(word),
                },
                reply: recipient.state.reply().map(ToString::to_string),
                settled_at: recipient.state.settled_at().map(millis),
            })
            .collect(),
        steps: std::iter::once(accepted).chain(steps).collect(),
        header: story.header.as_ref().map(|header| String::from_utf8_lossy(header).into_owned()),
        expires_at: millis(story.expires_at),
        delay_notice_at: story.notice_at.filter(|_| !story.entry.noticed).map(millis),
    }
}

pub fn probe_step(report: &ProbeReport) -> ProbeStep {
    ProbeStep {
        stage: match report.stage {
            probe::ProbeStage::Name => ProbeStage::Name,
            probe::ProbeStage::Connect => ProbeStage::Connect,
            probe::ProbeStage::Encrypt => ProbeStage::Encrypt,
            probe::ProbeStage::Greet => ProbeStage::Greet,
            probe::ProbeStage::SignIn => ProbeStage::SignIn,
            probe::ProbeStage::Sender => ProbeStage::Sender,
        },
        outcome: match &report.outcome {
            probe::ProbeOutcome::Started => ProbeOutcome::Started,
            probe::ProbeOutcome::Passed(found) => ProbeOutcome::Passed { found: found.clone() },
            probe::ProbeOutcome::Failed(why) => ProbeOutcome::Failed { problem: trouble(why) },
            probe::ProbeOutcome::Skipped => ProbeOutcome::Skipped,
        },
        took_ms: u32::try_from(report.took.as_millis()).unwrap_or(u32::MAX),
    }
}

pub fn trouble(trouble: &Trouble) -> Problem {
    let code = match trouble.kind {
        TroubleKind::HostNotFound => ProblemCode::HostNotFound,
        TroubleKind::ConnectionRefused => ProblemCode::ConnectionRefused,
        TroubleKind::ConnectionTimedOut => ProblemCode::ConnectionTimedOut,
        TroubleKind::ConnectionLost => ProblemCode::ConnectionLost,
        TroubleKind::GreetingRefused => ProblemCode::GreetingRefused,
        TroubleKind::TlsNotOffered => ProblemCode::TlsNotOffered,
        TroubleKind::TlsFailed => ProblemCode::TlsFailed,
        TroubleKind::TlsModeSwapped => ProblemCode::TlsModeSwapped,
        TroubleKind::CertificateUntrusted => ProblemCode::CertificateUntrusted,
        TroubleKind::CertificateWrongName => ProblemCode::CertificateWrongName,
        TroubleKind::CertificateExpired => ProblemCode::CertificateExpired,
        TroubleKind::CertificateFileUnusable => ProblemCode::CertificateFileUnusable,
        TroubleKind::SignInNotOffered => ProblemCode::SignInNotOffered,
        TroubleKind::SignInRefused => ProblemCode::SignInRefused,
        TroubleKind::SignInSwitchedOff => ProblemCode::SignInSwitchedOff,
        TroubleKind::SignInNeeded => ProblemCode::SignInNeeded,
        TroubleKind::SecretMissing => ProblemCode::SecretMissing,
        TroubleKind::SigningKeyMissing => ProblemCode::SigningKeyMissing,
        TroubleKind::TokenNotAccepted => ProblemCode::TokenNotAccepted,
        TroubleKind::TokenUnreachable => ProblemCode::TokenUnreachable,
        TroubleKind::SignInLapsed => ProblemCode::SignInLapsed,
        TroubleKind::AppSecretRefused => ProblemCode::AppSecretRefused,
        TroubleKind::AppUnknown => ProblemCode::AppUnknown,
        TroubleKind::ConsentMissing => ProblemCode::ConsentMissing,
        TroubleKind::TokenRefused => ProblemCode::TokenRefused,
        TroubleKind::BrokenReply => ProblemCode::BrokenReply,
        TroubleKind::Throttled => ProblemCode::Throttled,
        TroubleKind::AccountBlocked => ProblemCode::AccountBlocked,
        TroubleKind::Other => ProblemCode::Other,
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Problem { code, subject: text(&trouble.subject), said: text(&trouble.said) }
}

fn why(why: &Why) -> Problem {
    let code = match why.kind {
        WhyKind::Recipient => ProblemCode::RecipientRefused,
        WhyKind::Sender => ProblemCode::SenderRefused,
        WhyKind::TooLarge => ProblemCode::MessageTooLarge,
        WhyKind::Content => ProblemCode::ContentRefused,
        WhyKind::Throttled => ProblemCode::Throttled,
        WhyKind::AccountBlocked => ProblemCode::AccountBlocked,
        WhyKind::Temporary => ProblemCode::TemporaryTrouble,
        WhyKind::ConnectionLost => ProblemCode::ConnectionLost,
        WhyKind::AnswerLost => ProblemCode::AnswerLost,
        WhyKind::Unsuitable | WhyKind::Other => ProblemCode::Other,
    };
    Problem { code, subject: None, said: why.reply.as_ref().map(ToString::to_string) }
}

fn state(word: StateWord) -> RecipientState {
    match word {
        StateWord::Queued => RecipientState::Queued,
        StateWord::Deferred => RecipientState::Deferred,
        StateWord::Held => RecipientState::Held,
        StateWord::Sent => RecipientState::Sent,
        StateWord::Bounced => RecipientState::Bounced,
        StateWord::Expired => RecipientState::Expired,
        StateWord::Deleted => RecipientState::Deleted,
    }
}

pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}
