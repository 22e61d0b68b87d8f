//! The way out, against a smart host that fails on demand.

mod breaks;
mod faults;
mod handing_over;
mod open;
mod practice;
mod probe;
mod probe_steps;
mod replies;
mod reuse;
mod table;
mod tokens;
mod trust;

use bytes::Bytes;
use e2e::{Certs, FakeSmartHost, SmartHostRunning};
use jiff::Timestamp;
use relay::config::{SignIn, SmartHostConfig, SmartHostEncryption, Timeouts};
use relay::mail::wish::{EnvelopeId, Notify, OriginalRecipient, Ret};
use relay::mail::{Content, Envelope, ForwardPath, MessageId, Returns, ReversePath, Wish};
use relay::smarthost::{Attempt, Delivery, Line, LineAfter, Outcome, Refusal, RefusalKind, SmartHost, SmtpHost, Trouble, TroubleKind};
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

const USER: &str = "relay@office.test";
const PASSWORD: &str = "correct horse battery";

/// An office that trusts the practice authority, and the smart host it looks at.
struct Way {
    certs: Certs,
    folder: tempfile::TempDir,
    config: SmartHostConfig,
}

impl Way {
    fn new() -> Self {
        let certs = Certs::new();
        let folder = tempfile::tempdir().unwrap();
        let config = SmartHostConfig {
            server: "localhost".into(),
            port: 0,
            encryption: SmartHostEncryption::Starttls,
            sign_in: SignIn::Password { user: USER.into(), password: Some(SecretString::from(PASSWORD)) },
            extra_ca_file: Some(certs.authority_file(folder.path())),
            parallel_connections: 1,
            pace: relay::config::Pace::default(),
            adapter: None,
            null_sender_as: None,
            messages_per_connection: 10,
            timeouts: Timeouts {
                connect: Duration::from_secs(60),
                tls: Duration::from_secs(60),
                command: Duration::from_secs(60),
                data_block: Duration::from_secs(60),
                data_end: Duration::from_secs(60),
                idle: Duration::from_secs(60),
            },
            rewriting: None,
            footer: None,
            signers: Vec::new().into(),
        };
        Self { certs, folder, config }
    }

    /// STARTTLS and a sign-in, as every provider wants it.
    fn usual(&self) -> FakeSmartHost {
        FakeSmartHost::new().starttls(self.certs.server()).auth(USER, PASSWORD)
    }

    fn unencrypted(mut self) -> Self {
        self.config.encryption = SmartHostEncryption::None;
        self.config.sign_in = SignIn::None;
        self
    }

    fn impatient(mut self) -> Self {
        let short = Duration::from_secs(2);
        self.config.timeouts = Timeouts { connect: short, tls: short, command: short, data_block: short, data_end: short, idle: short };
        self
    }

    fn host(&self, running: &SmartHostRunning) -> SmtpHost {
        self.host_on(running.port())
    }

    fn host_on(&self, port: u16) -> SmtpHost {
        let mut config = self.config.clone();
        config.port = port;
        SmtpHost::new(config, "relay.office.test".into())
    }

    async fn open(&self, running: &SmartHostRunning) -> Box<dyn Line> {
        self.host(running).open().await.unwrap_or_else(|trouble| panic!("not open: {trouble}"))
    }

    async fn trouble(&self, running: &SmartHostRunning) -> Trouble {
        match self.host(running).open().await {
            Ok(_) => panic!("opened, though it should not"),
            Err(trouble) => trouble,
        }
    }

    fn file(&self, bytes: &[u8]) -> Content {
        let path: PathBuf = self.folder.path().join("content");
        std::fs::write(&path, bytes).unwrap();
        Content::File { path, size: bytes.len() as u64 }
    }
}

fn delivery(recipients: &[&str], content: impl Into<Given>) -> Delivery {
    Delivery {
        message: MessageId::at(Timestamp::UNIX_EPOCH),
        envelope: Envelope::new(
            ReversePath::parse("scan@office.test").unwrap(),
            recipients.iter().map(|address| ForwardPath::parse(address).unwrap()).collect(),
        ),
        content: content.into().0,
        eight_bit: false,
        suspect: false,
        eight_bit_header: false,
    }
}

struct Given(Content);

impl From<&'static str> for Given {
    fn from(text: &'static str) -> Self {
        Self(Content::Memory(Bytes::from_static(text.as_bytes())))
    }
}

impl From<Content> for Given {
    fn from(content: Content) -> Self {
        Self(content)
    }
}

const SCAN: &str = "Subject: scan\r\n\r\npage 1\r\n";

fn ann() -> Delivery {
    delivery(&["ann@away.test"], SCAN)
}

/// The connection broke before the end of the content.
fn lost() -> Outcome {
    Outcome::Deferred(Refusal { kind: RefusalKind::ConnectionLost, reply: None })
}

/// It was handed over whole, and no answer came.
fn unanswered() -> Outcome {
    Outcome::Deferred(Refusal { kind: RefusalKind::AnswerLost, reply: None })
}

/// `sent`, `deferred Temporary 451 4.7.1 later` and so on, one for each recipient.
fn story(attempt: &Attempt) -> Vec<String> {
    let refused = |refusal: &Refusal| {
        let reply = refusal.reply.as_ref().map(|reply| format!(" {reply}")).unwrap_or_default();
        format!("{:?}{reply}", refusal.kind)
    };
    let line = |outcome: &Outcome| match outcome {
        Outcome::Sent(reply) => format!("sent {reply}"),
        Outcome::Deferred(refusal) => format!("deferred {}", refused(refusal)),
        Outcome::Failed(refusal) => format!("failed {}", refused(refusal)),
        Outcome::Untouched => "untouched".to_owned(),
    };
    attempt.outcomes.iter().map(line).collect()
}

fn down(attempt: &Attempt) -> Option<TroubleKind> {
    match &attempt.line {
        LineAfter::Down(trouble) => Some(trouble.kind),
        LineAfter::Usable | LineAfter::Spent => None,
    }
}
