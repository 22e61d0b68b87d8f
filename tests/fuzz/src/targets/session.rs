//! The session: octets in, steps out. Three targets: any octets at all, and contents behind DATA and BDAT.
//!
//! Octet by octet it is known where the wire stands at each step. So each reply is held against the line (and chunk, or
//! content) it answers, and each message against what was on the wire for it; in other pieces the steps must be the same.

use super::{is_one_line, opened};
use crate::{Dice, naive};
use relay::mail::{Envelope, Mailbox, MessageId, Reply, ReversePath, Severity};
use relay::policy::{Account, AddressList, DecidedBy, Policy, Refusal, RefusedWhy};
use relay::session::{Kept, Rules, Session, SessionPeer, Step, Verified};
use std::sync::Arc;

pub const WORDS: &[&[u8]] = &[
    b"EHLO x\r\n",
    b"HELO x\r\n",
    b"MAIL FROM:<a@b.test>\r\n",
    b"MAIL FROM:<>",
    b"RCPT TO:<ann@away.test>\r\n",
    b"DATA\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"STARTTLS\r\n",
    b"VRFY x\r\n",
    b"HELP\r\n",
    b"QUIT\r\n",
    b"BDAT 5\r\n",
    b"BDAT 0\r\n",
    b"BDAT 30 LAST\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 3 LAST\r\na\r\n",
    b"AUTH PLAIN AGEAYg==\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN\r\n",
    b"AUTH LOGIN =\r\n",
    b"YW5u\r\n",
    b"*\r\n",
    b" SIZE=5",
    b" BODY=8BITMIME",
    b" SMTPUTF8",
    b" RET=HDRS",
    b" ENVID=QQ+41",
    b" NOTIFY=SUCCESS,FAILURE",
    b" ORCPT=rfc822;a@b.test",
    b" AUTH=<>",
    b"<@c.test,@d.test:",
    b"<\"a b\"@[10.0.0.1]>",
    b"\xc3\xbc",
    b"Received: x\r\n",
    b"Subject: x\r\n",
    b"\r",
    b"\n",
    b"\0",
    b"\r\r\n",
    b"\r\n\0.\r\n",
    b"\n.\n",
    b"\r\n.\r",
    b"ETRN x\r\n",
    b"GET / HTTP/1.1\r\n",
];
pub const CONTENT_WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b".",
    b"\r\n.",
    b"\r\n..",
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r\n.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\r\n.\r\n",
    b"Received: x\r\n",
    b"Subject: =?utf-8?Q?=C3=BC?=\r\n",
    b"\r\n\r\n",
    b"QUIT\r\n",
    b"x",
];

const OPENING: &[u8] = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@away.test>\r\n";
/// An answer while signing in may be so long; nothing that is longer is ever held.
const MOST_HELD: usize = 12_288;
/// RFC 5321 §4.5.3.1.5.
const LONGEST_REPLY_LINE: usize = 512;

pub fn session(data: &[u8]) {
    let Some((ways, mut dice, wire)) = opened(data) else { return };
    played(ways, &mut dice, wire);
}

/// The content may hold anything, also its own end.
pub fn data(data: &[u8]) {
    let Some((ways, mut dice, text)) = opened(data) else { return };
    let wire = [OPENING, b"DATA\r\n", text, b"\r\n.\r\nQUIT\r\n"].concat();
    let messages = played(ways & !SMALL, &mut dice, &wire);
    assert!(!messages.is_empty(), "a content that has an end was never complete");
}

/// The content cut into chunks; whatever is in it, all of it is one message.
pub fn bdat(data: &[u8]) {
    let Some((ways, mut dice, text)) = opened(data) else { return };
    let mut wire = OPENING.to_vec();
    let chunks = dice.pieces(text);
    for (index, chunk) in chunks.iter().enumerate() {
        // The last of them may also come by itself.
        let last = if index + 1 == chunks.len() && ways & ASKS_LAST == 0 { " LAST" } else { "" };
        wire.extend_from_slice(format!("BDAT {}{last}\r\n", chunk.len()).as_bytes());
        wire.extend_from_slice(chunk);
    }
    if chunks.is_empty() || ways & ASKS_LAST != 0 {
        wire.extend_from_slice(b"bdat 0 last\r\n");
    }
    wire.extend_from_slice(b"QUIT\r\n");
    let messages = played(ways & !SMALL, &mut dice, &wire);
    assert_eq!(messages, [naive::completed(text)], "the chunks of one message");
}

// What the first octet says.
const STARTTLS_OFFERED: u8 = 1;
const TLS_AT_ONCE: u8 = 2;
const PLAIN_SIGN_IN: u8 = 4;
/// Limits that are soon reached.
const SMALL: u8 = 8;
const ASKS_LAST: u8 = 16;
/// Nobody is who they say. Not so in capital letters, that seeds may begin with something to read.
const UNKNOWN: u8 = 32;
/// The store keeps it. Set in letters.
const KEPT: u8 = 64;
/// The other way to say no.
const OTHER: u8 = 128;

/// Plays it in all ways; gives the messages that were complete.
fn played(ways: u8, dice: &mut Dice, wire: &[u8]) -> Vec<Vec<u8>> {
    let rules = Arc::new(rules(ways));
    let ending = dice.below(8);
    let mut octets = Stage::new(&rules, ways);
    octets.is_exact = true;
    octets.play(wire.chunks(1), wire, ending);
    for pieces in [vec![wire], dice.pieces(wire)] {
        let mut other = Stage::new(&rules, ways);
        other.play(pieces.into_iter(), wire, ending);
        // What is pipelined behind STARTTLS is thrown away, so there the pieces do matter.
        if !octets.told.iter().any(|told| told == "StartTls") {
            assert!(other.told == octets.told, "other steps in other pieces:\n{:#?}\n{:#?}", other.told, octets.told);
            assert!(other.messages == octets.messages, "other messages in other pieces");
        }
    }
    octets.messages
}

fn rules(ways: u8) -> Rules {
    let mut policy = Policy::new(["10.0.0.0/24".parse().unwrap()]);
    policy.rules[0].plain_sign_in = ways & PLAIN_SIGN_IN != 0;
    policy.accounts = vec![Account { name: "ann".into(), enabled: true, senders: AddressList::default() }];
    let small = ways & SMALL != 0;
    Rules {
        host_name: "relay.office.test".into(),
        policy,
        message_bytes: if small { 300 } else { 1_000_000 },
        recipients: if small { 2 } else { 100 },
        hops: if small { 1 } else { 1_000_000 },
        commands: if small { 40 } else { 100_000 },
        errors: if small { 4 } else { 100_000 },
        starttls_offered: ways & STARTTLS_OFFERED != 0,
    }
}

struct Stage {
    session: Session,
    ways: u8,
    /// Octet by octet, so that `fed` is where the wire stands at every step.
    is_exact: bool,
    /// The end has come from elsewhere than the wire.
    is_ending: bool,
    fed: usize,
    /// Where what the next reply answers begins.
    unanswered: usize,
    replies: usize,
    told: Vec<String>,
    content: Option<Vec<u8>>,
    source: Source,
    messages: Vec<Vec<u8>>,
}

/// Where a content comes from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    None,
    /// Opened; the next reply tells of what.
    Open,
    Data,
    /// What its chunks held so far.
    Chunks(Vec<u8>),
}

impl Stage {
    fn new(rules: &Arc<Rules>, ways: u8) -> Self {
        let tls = (ways & TLS_AT_ONCE != 0).then(|| "TLSv1.3".to_owned());
        let session = Session::new(Arc::clone(rules), SessionPeer { address: [10, 0, 0, 5].into(), tls });
        Self {
            session,
            ways,
            is_exact: false,
            is_ending: false,
            fed: 0,
            unanswered: 0,
            replies: 0,
            told: Vec::new(),
            content: None,
            source: Source::None,
            messages: Vec::new(),
        }
    }

    fn play<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>, wire: &[u8], ending: usize) {
        self.perform(wire);
        for piece in pieces {
            self.session.feed(piece);
            self.fed += piece.len();
            self.perform(wire);
        }
        if self.is_exact && self.source == Source::Data && self.session.is_receiving() {
            let received = [b"\r\n", &wire[self.unanswered..]].concat();
            assert_eq!(naive::find(&received, b"\r\n.\r\n"), None, "the end of a content went by");
        }
        self.is_ending = true;
        match ending {
            0 => self.session.hung_up(),
            1 => self.session.timed_out(),
            2 => self.session.shutting_down(),
            3 => self.session.outlived(),
            4 => self.session.kept(Kept::Failed),
            _ => {}
        }
        self.perform(wire);
        let lines = wire.iter().filter(|octet| **octet == b'\n').count();
        assert!(self.replies <= lines + 2, "{} replies to {lines} lines, a greeting and a last word", self.replies);
    }

    fn perform(&mut self, wire: &[u8]) {
        while let Some(step) = self.session.next_step() {
            assert_ne!(self.told.last().map(String::as_str), Some("Close"), "nothing follows Close");
            match &step {
                Step::Open(envelope) => {
                    check_envelope(envelope);
                    assert!(self.content.replace(Vec::new()).is_none(), "one content at a time");
                    self.source = Source::Open;
                }
                Step::Content(piece) => {
                    self.content.as_mut().expect("a content is open").extend_from_slice(piece);
                    continue;
                }
                Step::Submit(_) => {
                    let content = self.content.take().expect("a content is open");
                    self.submitted(&content, wire);
                    self.messages.push(content);
                    self.session.kept(self.kept());
                }
                Step::Discard => assert!(self.content.take().is_some(), "a content is open"),
                Step::Reply(reply) => self.replied(reply, wire),
                Step::Refused(refused) => {
                    assert!(is_one_line(&refused.sender) && is_one_line(&refused.recipient), "{refused:?}");
                }
                Step::StartTls => {
                    self.session.tls_started("TLSv1.3".into());
                    self.unanswered = self.fed;
                }
                Step::Verify { .. } => self.session.verified(self.verified()),
                Step::Close => assert!(self.content.is_none(), "a content is still open"),
            }
            self.told.push(format!("{step:?}"));
        }
        assert!(self.session.buffered() < MOST_HELD, "{} octets are held", self.session.buffered());
    }

    fn kept(&self) -> Kept {
        match (self.ways & KEPT != 0, self.ways & OTHER != 0) {
            (true, _) => Kept::Safe(MessageId(uuid::Uuid::nil())),
            (false, true) => Kept::DiskFull,
            (false, false) => {
                let reply = Reply::new(Severity::Permanent, 50, 7, 1, "not that");
                Kept::Refused(Refusal { why: RefusedWhy::Attachment, by: DecidedBy::Lists, reply })
            }
        }
    }

    fn verified(&self) -> Verified {
        match (self.ways & UNKNOWN != 0, self.ways & OTHER != 0) {
            (false, _) => Verified::Yes { account: "ann".into() },
            (true, true) => Verified::NotNow,
            (true, false) => Verified::No,
        }
    }

    /// The message is what was on the wire for it, and nothing else.
    fn submitted(&self, content: &[u8], wire: &[u8]) {
        assert!(naive::has_only_crlf(content) && !content.contains(&0), "{}", content.escape_ascii());
        assert!(content.is_empty() || content.ends_with(b"\r\n"));
        if !self.is_exact {
            return;
        }
        let since = &wire[self.unanswered..self.fed];
        let expected = match &self.source {
            Source::Data => since.strip_suffix(b".\r\n").and_then(naive::undotted).expect("the end of a content"),
            Source::Chunks(before) => naive::completed(&[before, chunk(since).expect("the last chunk")].concat()),
            Source::Open => naive::completed(chunk(since).expect("the only chunk")),
            Source::None => panic!("no content was opened"),
        };
        assert_eq!(content.escape_ascii().to_string(), expected.escape_ascii().to_string(), "what was on the wire is another message");
    }

    /// It answers the line, the chunk or the content before it, and that alone.
    fn replied(&mut self, reply: &Reply, wire: &[u8]) {
        let said = reply.to_wire();
        for line in said.split_terminator("\r\n") {
            assert!(line.is_ascii() && is_one_line(line) && line.len() + 2 <= LONGEST_REPLY_LINE, "{line:?}");
        }
        self.replies += 1;
        let since = &wire[self.unanswered..self.fed];
        self.unanswered = self.fed;
        if !self.is_exact || self.is_ending || since.is_empty() {
            // The greeting, or the last word behind one mistake too many.
            return;
        }
        match std::mem::replace(&mut self.source, Source::None) {
            Source::Data => {
                let received = [b"\r\n", since].concat();
                let end = naive::find(&received, b"\r\n.\r\n");
                assert_eq!(end, received.len().checked_sub(5), "the end of a content: {}", since.escape_ascii());
            }
            Source::Open if reply.code() == 354 => {
                assert!(is_one_command(since), "{}", since.escape_ascii());
                self.source = Source::Data;
            }
            source @ (Source::Open | Source::Chunks(_)) => {
                let before = if let Source::Chunks(before) = source { before } else { Vec::new() };
                match chunk(since) {
                    // It goes on unless it was the last, or is not to go on; then nothing is open any more.
                    Some(chunk) if self.content.is_some() => self.source = Source::Chunks([before, chunk.to_vec()].concat()),
                    Some(_) => {}
                    None => {
                        assert!(is_one_command(since), "{}", since.escape_ascii());
                        if self.content.is_some() {
                            self.source = Source::Chunks(before);
                        }
                    }
                }
            }
            Source::None => assert!(is_one_command(since) || chunk(since).is_some(), "{}", since.escape_ascii()),
        }
    }
}

/// One line, or the beginning of one for a reply that needs no more.
fn is_one_command(octets: &[u8]) -> bool {
    octets.iter().position(|octet| *octet == b'\n') == octets.len().checked_sub(1)
}

/// What stands behind `BDAT octets` in these octets, if that is what they are, whole and without anything behind it.
fn chunk(octets: &[u8]) -> Option<&[u8]> {
    let end = octets.iter().position(|octet| *octet == b'\n')?;
    let (line, chunk) = octets.split_at(end + 1);
    let words: Vec<String> = String::from_utf8_lossy(line).split_ascii_whitespace().map(str::to_ascii_uppercase).collect();
    let size: usize = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["BDAT", size] | ["BDAT", size, "LAST"] => size.parse().ok()?,
        _ => return None,
    };
    (chunk.len() == size).then_some(chunk)
}

/// Every address comes out of a relay as it went in, and can stand in a line.
fn check_envelope(envelope: &Envelope) {
    assert!(!envelope.forward_paths.is_empty(), "a message for nobody");
    let sender = match &envelope.reverse_path {
        ReversePath::Null => None,
        ReversePath::Mailbox(mailbox) => Some(mailbox),
    };
    for mailbox in envelope.forward_paths.iter().map(|path| &path.mailbox).chain(sender) {
        assert_eq!(Mailbox::parse(mailbox.as_str()).as_ref(), Ok(mailbox));
        assert!(is_one_line(mailbox.as_str()) && (envelope.utf8 || mailbox.is_ascii()), "{mailbox}");
    }
    for wished in envelope.forward_paths.iter().filter_map(|path| path.wish.original.as_ref()) {
        assert!(wished.as_str().is_ascii() && is_one_line(wished.as_str()) && is_one_line(&wished.decoded()), "{wished:?}");
    }
}
