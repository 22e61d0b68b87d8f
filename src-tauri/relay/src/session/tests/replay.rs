//! Plays a conversation whole, octet by octet and in random pieces; the steps must be the same.

use crate::mail::{Envelope, ForwardPath, MessageId, Reply, Returns, Severity, Summary, Wish};
use crate::policy::rate::{Allowance, Period, Room};
use crate::policy::{Account, AddressList, AddressPattern, DecidedBy, Policy, Refusal};
use crate::session::{Kept, Refused, RefusedWhy, Rules, Session, SessionPeer, Step, Verified};
use secrecy::ExposeSecret;
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) fn replay(transcript: &str) {
    let script = Script::read(transcript);
    assert_eq!(script.play(|rest| rest), script.expected, "the steps differ from the transcript");
    assert_eq!(script.play(|_| 1), script.expected, "octet by octet");
    for seed in 1..40 {
        let mut dice = Dice(seed);
        assert_eq!(script.play(|rest| dice.up_to(rest.min(40))), script.expected, "in random pieces, seed {seed}");
    }
}

pub(super) fn rules() -> Rules {
    Rules {
        host_name: "relay.office.test".into(),
        policy: Policy::new(["10.0.0.0/24".parse().unwrap()]),
        message_bytes: 1_000_000,
        recipients: 100,
        hops: 30,
        commands: 1000,
        errors: 20,
        starttls_offered: true,
    }
}

pub(super) fn peer() -> SessionPeer {
    SessionPeer { address: "10.0.0.5".parse().unwrap(), tls: None }
}

/// An account that may sign in.
pub(super) fn scanner() -> Account {
    Account { name: "scanner".into(), enabled: true, senders: AddressList::default() }
}

/// Small and repeatable.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        1 + (self.0 >> 33) as usize % most
    }
}

struct Script {
    rules: Rules,
    peer: SessionPeer,
    events: Vec<Event>,
    answers: VecDeque<Kept>,
    verdicts: VecDeque<Verified>,
    expected: Vec<String>,
}

enum Event {
    Says(Vec<u8>),
    Happens(String),
}

impl Script {
    fn read(transcript: &str) -> Self {
        let (rules, peer, events, expected) = (rules(), peer(), vec![], vec![]);
        let mut script = Self { rules, peer, events, answers: VecDeque::new(), verdicts: VecDeque::new(), expected };
        for line in transcript.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("" | "#", _) => {}
                ("C:", text) => match script.events.last_mut() {
                    Some(Event::Says(bytes)) => bytes.extend(wire(text)),
                    Some(Event::Happens(_)) | None => script.events.push(Event::Says(wire(text))),
                },
                ("E:", text) => script.events.push(Event::Happens(text.into())),
                ("A:", text) => script.answers.push_back(answer(text)),
                ("V:", text) => script.verdicts.push_back(verdict(text)),
                ("S:" | "*", _) => script.expected.push(line.trim_end().into()),
                ("set", text) => set(&mut script.rules, &mut script.peer, text),
                (other, _) => panic!("a transcript has no lines with {other:?}"),
            }
        }
        script
    }

    /// `piece` says how many of the octets left are fed next.
    fn play(&self, mut piece: impl FnMut(usize) -> usize) -> Vec<String> {
        let mut stage = Stage {
            session: Session::new(Arc::new(self.rules.clone()), self.peer.clone()),
            answers: self.answers.clone(),
            verdicts: self.verdicts.clone(),
            content: vec![],
            told: vec![],
        };
        if !matches!(self.events.first(), Some(Event::Happens(text)) if text == "stop") {
            stage.drain();
        }
        for event in &self.events {
            match event {
                Event::Says(bytes) => {
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        let (now, later) = rest.split_at(piece(rest.len()));
                        stage.session.feed(now);
                        stage.drain();
                        rest = later;
                    }
                }
                Event::Happens(text) => stage.happens(text, &self.rules),
            }
            stage.drain();
        }
        stage.flush();
        stage.told
    }
}

struct Stage {
    session: Session,
    answers: VecDeque<Kept>,
    verdicts: VecDeque<Verified>,
    content: Vec<u8>,
    told: Vec<String>,
}

impl Stage {
    fn drain(&mut self) {
        while let Some(step) = self.session.next_step() {
            if let Step::Content(piece) = step {
                self.content.extend_from_slice(&piece);
                continue;
            }
            // How much came before a discard depends on the pieces.
            if matches!(step, Step::Discard) {
                self.content.clear();
            }
            self.flush();
            self.told.extend(shown(&step));
            match step {
                Step::Submit(_) => self.session.kept(self.answers.pop_front().unwrap_or(SAFE)),
                Step::Verify { .. } => self.session.verified(self.verdicts.pop_front().unwrap_or(Verified::No)),
                _ => {}
            }
        }
    }

    fn flush(&mut self) {
        if !self.content.is_empty() {
            self.told.push(format!("* content {}", std::mem::take(&mut self.content).escape_ascii()));
        }
    }

    fn happens(&mut self, what: &str, rules: &Rules) {
        match what.split_once(' ').unwrap_or((what, "")) {
            ("tls", version) => self.session.tls_started(version.into()),
            ("silence", _) => self.session.timed_out(),
            ("outlived", _) => self.session.outlived(),
            ("gone", _) => self.session.hung_up(),
            ("stop", _) => self.session.shutting_down(),
            ("disk", state) => self.session.set_disk_full(state == "full"),
            ("peer", _) => {
                let peer = self.session.peer();
                self.told.push(format!("* peer {:?} {:?} {:?}", peer.name, peer.tls, peer.account));
            }
            ("kept", state) => self.session.kept(answer(state)),
            ("left", rooms) => {
                let mut rooms = rooms.split(' ').map(|left| Room::Left { left: left.parse().unwrap(), limit: 5, period: Period::Minute });
                let (messages, recipients) = (rooms.next().unwrap(), rooms.next().unwrap());
                self.session.set_allowance(Allowance { messages, recipients });
            }
            ("set", change) => {
                let mut rules = rules.clone();
                set(&mut rules, &mut peer(), change);
                self.session.set_rules(Arc::new(rules));
            }
            (other, _) => panic!("nothing is called {other:?}"),
        }
    }
}

const SAFE: Kept = Kept::Safe(MessageId(uuid::Uuid::from_u128(7)));

fn answer(text: &str) -> Kept {
    match text {
        "safe" => SAFE,
        "refused" => {
            let reply = Reply::new(Severity::Permanent, 50, 7, 1, "not that");
            Kept::Refused(Refusal { why: RefusedWhy::Attachment, by: DecidedBy::Lists, reply })
        }
        "disk full" => Kept::DiskFull,
        "failed" => Kept::Failed,
        "stopping" => Kept::Stopping,
        other => panic!("nothing is kept like {other:?}"),
    }
}

fn verdict(text: &str) -> Verified {
    match text.split_once(' ').unwrap_or((text, "")) {
        ("yes", account) => Verified::Yes { account: account.into() },
        ("no", _) => Verified::No,
        ("not", "now") => Verified::NotNow,
        (other, _) => panic!("nobody is {other:?}"),
    }
}

fn set(rules: &mut Rules, peer: &mut SessionPeer, text: &str) {
    let (what, value) = text.split_once(' ').unwrap();
    match what {
        "address" => peer.address = value.parse().unwrap(),
        "tls" => peer.tls = Some(value.into()),
        "message_bytes" => rules.message_bytes = value.parse().unwrap(),
        "recipients" => rules.recipients = value.parse().unwrap(),
        "hops" => rules.hops = value.parse().unwrap(),
        "commands" => rules.commands = value.parse().unwrap(),
        "errors" => rules.errors = value.parse().unwrap(),
        "starttls" => rules.starttls_offered = value == "yes",
        "sign_in" => rules.policy.accounts = if value == "yes" { vec![scanner()] } else { vec![] },
        "plain_sign_in" => rules.policy.rules.iter_mut().for_each(|rule| rule.plain_sign_in = value == "yes"),
        "allowed" => rules.policy = Policy::new([value.parse().unwrap()]),
        "require_encryption" => rules.policy.rules[0].require_encryption = value == "yes",
        "senders" => rules.policy.rules[0].senders = [AddressPattern::Domain(value.into())].into_iter().collect(),
        "own_domains" => {
            rules.policy.rules[0].own_domains_only = true;
            rules.policy.lists.own_domains = [AddressPattern::Domain(value.into())].into_iter().collect();
        }
        "client_bytes" => rules.policy.rules[0].message_bytes = Some(value.parse().unwrap()),
        other => panic!("no rule is called {other:?}"),
    }
}

fn shown(step: &Step) -> Vec<String> {
    let lines = |reply: &Reply| reply.to_wire().lines().map(|line| format!("S: {line}").trim_end().to_owned()).collect();
    match step {
        Step::Reply(reply) => lines(reply),
        Step::StartTls => vec!["* starttls".into()],
        Step::Verify { user, password } => vec![format!("* verify {user:?} {:?}", password.expose_secret())],
        Step::Open(envelope) => {
            let to: Vec<_> = envelope.forward_paths.iter().map(|path| path.as_str()).collect();
            let mut told = vec![format!("* open <{}> to {} {:?}{}", envelope.reverse_path, to.join(" "), envelope.body, besides(envelope))];
            told.extend(envelope.forward_paths.iter().filter(|path| path.wish != Wish::default()).map(wished));
            told
        }
        Step::Content(_) => vec![],
        Step::Submit(summary) => {
            let Summary { subject, message_id, hops, eight_bit, .. } = summary;
            vec![format!("* submit {subject:?} {message_id:?} {hops} {eight_bit}")]
        }
        Step::Discard => vec!["* discard".into()],
        Step::Refused(Refused { why, sender, recipient, reply }) => {
            vec![format!("* refused {why:?} <{sender}> <{recipient}> {}", reply.code())]
        }
        Step::Close => vec!["* close".into()],
    }
}

/// What MAIL said besides the sender.
fn besides(envelope: &Envelope) -> String {
    let Envelope { utf8, returns: Returns { ret, envelope_id }, .. } = envelope;
    let utf8 = if *utf8 { " utf8" } else { "" };
    let ret = ret.map(|ret| format!(" ret {ret}")).unwrap_or_default();
    let id = envelope_id.as_ref().map(|id| format!(" envid {}", id.as_str())).unwrap_or_default();
    [utf8, &ret, &id].concat()
}

fn wished(path: &ForwardPath) -> String {
    let Wish { notify, original } = &path.wish;
    let notify = notify.map(|notify| format!(" notify {notify}")).unwrap_or_default();
    let original = original.as_ref().map(|original| format!(" orcpt {}", original.as_str())).unwrap_or_default();
    format!("* recipient {path}{notify}{original}")
}

/// `\r \n \0 \t \\ \xFF`, `{x*5000}` for repetition; ends with CRLF unless `\c` stands at the end.
fn wire(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next().unwrap() {
                'r' => bytes.push(b'\r'),
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                '0' => bytes.push(0),
                '\\' => bytes.push(b'\\'),
                'x' => {
                    let digits: String = letters.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                }
                'c' => return bytes,
                other => panic!("no such escape: {other:?}"),
            },
            '{' => {
                let inner: String = letters.by_ref().take_while(|&letter| letter != '}').collect();
                let (what, times) = inner.rsplit_once('*').unwrap();
                bytes.extend(what.repeat(times.parse().unwrap()).into_bytes());
            }
            other => bytes.extend(other.to_string().into_bytes()),
        }
    }
    bytes.extend(b"\r\n");
    bytes
}
