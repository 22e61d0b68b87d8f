//! Microsoft Graph as a way out, for organisations that have SMTP switched off altogether: the second adapter behind the
//! engine's `SmartHost`.
//!
//! In: a delivery. Out: one outcome for all its recipients, since Graph takes a message or does not. It does not when one of them
//! cannot be, and does not say which: then it gets the message for each alone.
//! A message of up to 3 MB is sent in one request (`sendMail`, MIME); of a larger one a draft is made, its attachments are put
//! on it by upload sessions, and it is sent (learn.microsoft.com, "user: sendMail", "Attach large files to Outlook messages").
//! Other than with SMTP a message is in memory while it is under way; a mailbox takes 35 MB unless its administrator changed that.
//!
//! Invariant: a token goes to this server over TLS, and to nobody else; addresses for uploads need none.

mod answer;
mod letter;

use crate::oauth::in_words;
use answer::{Refused, Said, Verdict};
use base64::Engine as _;
use letter::{Attachment, Letter, Unfit};
use relay::clock::waiting_now;
use relay::mail::reply::RemoteReply;
use relay::mail::{EnhancedStatus, Severity};
use relay::smarthost::footer::Footer;
use relay::smarthost::probe::{ProbeOutcome, ProbeReport, ProbeStage};
use relay::smarthost::rewrite::Rewriting;
use relay::smarthost::{
    Attempt, BoxFuture, Delivery, Line, LineAfter, Outcome, Refusal, RefusalKind, SmartHost, Tokens, Trouble, TroubleKind,
    certificate_trouble, client_for_others, whole,
};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A request has 4 MB, and base64 makes four octets of three.
const TOGETHER: usize = 3_000_000;
/// A piece of an upload; a multiple of 320 KiB, as is asked for.
const PIECE: usize = 10 * 320 * 1024;
const LARGEST_ANSWER: usize = 256 * 1024;

/// What is asked in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailbox {
    /// Everything in the name of one.
    Account(String),
    /// Each message in the name of its sender; reports and the like in that of the account.
    Sender { account: String },
}

pub struct GraphConfig {
    pub server: String,
    pub port: u16,
    pub mailbox: Mailbox,
    /// Which address senders become; None: they stay.
    pub rewriting: Option<Rewriting>,
    /// The office's.
    pub footer: Option<Arc<Footer>>,
    pub patience: Duration,
}

pub struct GraphHost {
    http: Result<(reqwest::Client, reqwest::Url), Trouble>,
    config: Arc<GraphConfig>,
    tokens: Arc<dyn Tokens>,
    /// Until then Graph wants to hear nothing.
    quiet: Arc<Mutex<Option<Instant>>>,
}

impl GraphHost {
    pub fn new(config: GraphConfig, tokens: Arc<dyn Tokens>, extra_ca_file: Option<&Path>) -> Self {
        Self { http: client(&config, extra_ca_file), config: Arc::new(config), tokens, quiet: Arc::default() }
    }
}

impl GraphHost {
    /// Tries what can be tried without sending anything: a token, and a message that cannot be one. Whoever may send hears
    /// what is wrong with the message; whoever may not hears that.
    pub async fn probe(&self, report: &mut (dyn FnMut(ProbeReport) + Send)) {
        use ProbeOutcome::{Failed, Passed, Skipped, Started};
        let mut tell = |stage, outcome, since: Instant| report(ProbeReport { stage, outcome, took: waiting_now().duration_since(since) });
        let since = waiting_now();
        for stage in [ProbeStage::Name, ProbeStage::Connect, ProbeStage::Encrypt, ProbeStage::Greet] {
            tell(stage, Skipped, since);
        }
        tell(ProbeStage::SignIn, Started, since);
        let line = match self.line().await {
            Ok(line) => line,
            Err(trouble) => {
                tell(ProbeStage::SignIn, Failed(trouble), since);
                return tell(ProbeStage::Sender, Skipped, since);
            }
        };
        tell(ProbeStage::SignIn, Passed("a token was given".to_owned()), since);
        let since = waiting_now();
        tell(ProbeStage::Sender, Started, since);
        let mailbox = self.config.mailbox.of("").to_owned();
        let nothing = line.post(&["users", &mailbox, "sendMail"]).header("Content-Type", "text/plain").body("no message");
        let outcome = match line.ask(nothing).await {
            // It cannot be sent, and that is all that is wrong.
            Err(Refused::Answer(said)) if said.status == 400 => Passed(mailbox),
            answered => {
                let attempt = line.judged(&[""], answered, false);
                let own = attempt.outcomes.into_iter().next();
                match (attempt.line, own) {
                    (LineAfter::Down(trouble), _) => Failed(trouble),
                    (
                        _,
                        Some(Outcome::Deferred(Refusal { reply: Some(reply), .. }) | Outcome::Failed(Refusal { reply: Some(reply), .. })),
                    ) => Failed(Trouble { kind: TroubleKind::Other, subject: mailbox, said: reply.to_string() }),
                    (_, _) => {
                        Failed(Trouble { kind: TroubleKind::ConnectionLost, subject: self.config.server.clone(), said: String::new() })
                    }
                }
            }
        };
        tell(ProbeStage::Sender, outcome, since);
    }

    async fn line(&self) -> Result<GraphLine, Trouble> {
        let (http, base) = self.http.clone()?;
        let quiet = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = quiet.and_then(|until| until.checked_duration_since(waiting_now())).filter(|left| !left.is_zero()) {
            let said = format!("it wants to be left alone for {} seconds more", left.as_secs() + 1);
            return Err(Trouble { kind: TroubleKind::Throttled, subject: self.config.server.clone(), said });
        }
        let token = self.tokens.token().await?;
        Ok(GraphLine {
            http,
            base,
            config: Arc::clone(&self.config),
            tokens: Arc::clone(&self.tokens),
            token,
            quiet: Arc::clone(&self.quiet),
        })
    }
}

/// Who is asked, and below what address.
fn client(config: &GraphConfig, extra_ca_file: Option<&Path>) -> Result<(reqwest::Client, reqwest::Url), Trouble> {
    let failed = |error: reqwest::Error| Trouble { kind: TroubleKind::TlsFailed, subject: config.server.clone(), said: error.to_string() };
    let host = if config.server.contains(':') { format!("[{}]", config.server) } else { config.server.clone() };
    let base = reqwest::Url::parse(&format!("https://{host}:{}/v1.0", config.port)).map_err(|error| Trouble {
        kind: TroubleKind::HostNotFound,
        subject: config.server.clone(),
        said: error.to_string(),
    })?;
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(client_for_others(extra_ca_file)?)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(config.patience)
        .user_agent(concat!("Outtray/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    Ok((http, base))
}

impl SmartHost for GraphHost {
    /// Gets a token; Graph itself is asked with the first message.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Line>, Trouble>> {
        Box::pin(async move { Ok(Box::new(self.line().await?) as Box<dyn Line>) })
    }
}

struct GraphLine {
    http: reqwest::Client,
    base: reqwest::Url,
    config: Arc<GraphConfig>,
    tokens: Arc<dyn Tokens>,
    token: SecretString,
    quiet: Arc<Mutex<Option<Instant>>>,
}

/// What one request led to.
type Answered = Result<Said, Refused>;

impl Line for GraphLine {
    fn deliver<'a>(&'a mut self, delivery: &'a Delivery) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let recipients: Vec<&str> = delivery.envelope.forward_paths.iter().map(|path| path.as_str()).collect();
            let (content, sender) = match whole(delivery, self.config.rewriting.as_ref(), self.config.footer.as_ref()).await {
                Ok(Some(whole)) => whole,
                Ok(None) => return all(&recipients, Outcome::Failed(unsuitable(&Unfit::NoMessage)), LineAfter::Usable),
                Err(error) => {
                    tracing::error!(message_id = %delivery.message, %error, "A message could not be read");
                    return all(&recipients, Outcome::Untouched, LineAfter::Usable);
                }
            };
            let mailbox = self.config.mailbox.of(sender.as_str()).to_owned();
            let together = self.hand_over(&content, &recipients, &mailbox, delivery.suspect).await;
            if recipients.len() > 1 && together.outcomes.iter().all(is_of_recipient) {
                self.one_by_one(&content, &recipients, &mailbox, delivery.suspect).await
            } else {
                together
            }
        })
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn tls(&self) -> Option<String> {
        Some("HTTPS".to_owned())
    }

    fn tells_senders(&self) -> bool {
        false
    }
}

impl GraphLine {
    async fn hand_over(&mut self, content: &[u8], recipients: &[&str], mailbox: &str, suspect: bool) -> Attempt {
        let letter = match letter::compose(content, recipients, TOGETHER) {
            Ok(letter) => letter,
            Err(unfit) => return all(recipients, Outcome::Failed(unsuitable(&unfit)), LineAfter::Usable),
        };
        let mut answered = self.send(mailbox, &letter).await;
        if matches!(&answered, Err(Refused::Answer(said)) if said.status == 401) {
            // Called back, or at its end: one more try with another.
            self.tokens.refused(&self.token);
            match self.tokens.token().await {
                Ok(token) => self.token = token,
                Err(trouble) => return all(recipients, Outcome::Untouched, LineAfter::Down(trouble)),
            }
            answered = self.send(mailbox, &letter).await;
        }
        self.judged(recipients, answered, suspect)
    }

    /// Whom it does not come to for a fault of the lane, has not been tried.
    async fn one_by_one(&mut self, content: &[u8], recipients: &[&str], mailbox: &str, suspect: bool) -> Attempt {
        let mut attempt = Attempt { outcomes: Vec::new(), line: LineAfter::Usable };
        for recipient in recipients {
            if attempt.line == LineAfter::Usable {
                let alone = self.hand_over(content, &[recipient], mailbox, suspect).await;
                attempt.outcomes.extend(alone.outcomes);
                attempt.line = alone.line;
            } else {
                attempt.outcomes.push(Outcome::Untouched);
            }
        }
        attempt
    }

    async fn send(&self, mailbox: &str, letter: &Letter) -> Answered {
        let mime = base64::engine::general_purpose::STANDARD.encode(&letter.mime);
        if letter.attachments.is_empty() {
            return self.ask(self.post(&["users", mailbox, "sendMail"]).header("Content-Type", "text/plain").body(mime)).await;
        }
        let draft = self.prepare(self.post(&["users", mailbox, "messages"]).header("Content-Type", "text/plain").body(mime)).await?;
        let id = draft.word("id").ok_or_else(|| Refused::Broken("its answer to a draft names none".into()))?;
        match self.complete(mailbox, &id, &letter.attachments).await {
            Ok(said) => Ok(said),
            Err(refused) => {
                // What is left of it is in nobody's way, and in nobody's drafts.
                let _ = self.ask(self.request(Method::DELETE, &["users", mailbox, "messages", &id])).await;
                Err(refused)
            }
        }
    }

    async fn complete(&self, mailbox: &str, draft: &str, attachments: &[Attachment]) -> Answered {
        for attachment in attachments {
            let item = json!({ "AttachmentItem": {
                "attachmentType": "file",
                "name": attachment.name,
                "size": attachment.bytes.len(),
                "contentType": attachment.kind,
                "contentId": attachment.content_id,
                "isInline": attachment.content_id.is_some(),
            }});
            let session = self.post(&["users", mailbox, "messages", draft, "attachments", "createUploadSession"]);
            let session = self.prepare(session.header("Content-Type", "application/json").body(item.to_string())).await?;
            let to = session.word("uploadUrl").filter(|url| url.starts_with("https://"));
            let to = to.ok_or_else(|| Refused::Broken("its answer names no place for an attachment".into()))?;
            self.upload(&to, &attachment.bytes).await?;
        }
        self.ask(self.post(&["users", mailbox, "messages", draft, "send"]).header("Content-Length", "0")).await
    }

    /// The address is a secret of its own: no token goes there, and it is told nobody.
    async fn upload(&self, to: &str, bytes: &[u8]) -> Result<(), Refused> {
        for (number, piece) in bytes.chunks(PIECE).enumerate() {
            let first = number * PIECE;
            let range = format!("bytes {first}-{}/{}", first + piece.len() - 1, bytes.len());
            let put = self.http.put(to).header("Content-Type", "application/octet-stream").header("Content-Range", range);
            self.prepare(put.body(piece.to_vec())).await?;
        }
        Ok(())
    }

    fn post(&self, path: &[&str]) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        self.http.request(method, url).bearer_auth(self.token.expose_secret())
    }

    async fn ask(&self, request: RequestBuilder) -> Answered {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let said = read(response).await.map_err(|error| self.lost(&error))?;
        if (200..300).contains(&said.status) { Ok(said) } else { Err(Refused::Answer(said)) }
    }

    /// A step after which nothing is sent yet.
    async fn prepare(&self, request: RequestBuilder) -> Answered {
        self.ask(request).await.map_err(|refused| match refused {
            Refused::Lost => Refused::Unfinished,
            other @ (Refused::NotSaid(_) | Refused::Unfinished | Refused::Answer(_) | Refused::Broken(_)) => other,
        })
    }

    fn lost(&self, error: &reqwest::Error) -> Refused {
        let said = in_words(error);
        let trouble = |kind| Trouble { kind, subject: self.config.server.clone(), said: said.clone() };
        if let Some(trouble) = certificate_trouble(error, &self.config.server) {
            return Refused::NotSaid(trouble);
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => Refused::NotSaid(trouble(TroubleKind::ConnectionTimedOut)),
            (true, false) => Refused::NotSaid(trouble(TroubleKind::ConnectionRefused)),
            (false, _) => Refused::Lost,
        }
    }

    fn judged(&self, recipients: &[&str], answered: Answered, suspect: bool) -> Attempt {
        let said = match answered {
            Ok(said) => {
                let text = format!("Accepted by Microsoft Graph, request {}", said.request.as_deref().unwrap_or("unnamed"));
                let reply = RemoteReply { code: 250, enhanced: Some(EnhancedStatus::new(Severity::Success, 0, 0)), text };
                return all(recipients, Outcome::Sent(reply), LineAfter::Usable);
            }
            Err(Refused::NotSaid(trouble)) => return all(recipients, Outcome::Untouched, LineAfter::Down(trouble)),
            Err(refused @ (Refused::Lost | Refused::Unfinished)) => {
                let kind = if matches!(refused, Refused::Lost) { RefusalKind::AnswerLost } else { RefusalKind::ConnectionLost };
                return all(recipients, Outcome::Deferred(Refusal { kind, reply: None }), LineAfter::Spent);
            }
            Err(Refused::Broken(said)) => {
                let trouble = Trouble { kind: TroubleKind::BrokenReply, subject: self.config.server.clone(), said };
                return all(recipients, Outcome::Untouched, LineAfter::Down(trouble));
            }
            Err(Refused::Answer(said)) => said,
        };
        if let Some(wait) = said.wait {
            *self.quiet.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting_now() + wait);
        }
        let reply = said.reply();
        match said.verdict(matches!(self.config.mailbox, Mailbox::Sender { .. })) {
            Verdict::Lane(kind) if suspect && kind != TroubleKind::Throttled => {
                let refusal = Refusal { kind: RefusalKind::Other, reply: Some(reply) };
                all(recipients, Outcome::Deferred(refusal), LineAfter::Usable)
            }
            Verdict::Lane(kind) => {
                let trouble = Trouble { kind, subject: self.config.server.clone(), said: reply.to_string() };
                all(recipients, Outcome::Untouched, LineAfter::Down(trouble))
            }
            Verdict::Defer(kind) => all(recipients, Outcome::Deferred(Refusal { kind, reply: Some(reply) }), LineAfter::Usable),
            Verdict::Fail(kind) => all(recipients, Outcome::Failed(Refusal { kind, reply: Some(reply) }), LineAfter::Usable),
        }
    }
}

impl Mailbox {
    fn of<'a>(&'a self, sender: &'a str) -> &'a str {
        match self {
            Self::Account(account) => account,
            Self::Sender { account } if sender.is_empty() => account,
            Self::Sender { .. } => sender,
        }
    }
}

async fn read(mut response: Response) -> reqwest::Result<Said> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (request, wait) = (header("request-id"), header("retry-after"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST_ANSWER {
            break;
        }
    }
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Said { status, request, wait: wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs), body })
}

fn unsuitable(unfit: &Unfit) -> Refusal {
    let reply = |detail: (u16, u16), text: String| RemoteReply {
        code: 552,
        enhanced: Some(EnhancedStatus::new(Severity::Permanent, detail.0, detail.1)),
        text,
    };
    match unfit {
        Unfit::NoMessage => {
            Refusal { kind: RefusalKind::Content, reply: Some(reply((6, 0), "the message has no header that can be read".into())) }
        }
        Unfit::TooLarge(bytes) => {
            let text = format!("the text of the message has {bytes} bytes; Microsoft Graph takes at most {TOGETHER} beside attachments");
            Refusal { kind: RefusalKind::TooLarge, reply: Some(reply((3, 4), text)) }
        }
    }
}

fn is_of_recipient(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Refusal { kind: RefusalKind::Recipient, reply: _ }))
}

fn all(recipients: &[&str], outcome: Outcome, line: LineAfter) -> Attempt {
    Attempt { outcomes: vec![outcome; recipients.len()], line }
}
