//! An open line: hands one message over after the other, and keeps one reply for each recipient.
//!
//! In: a delivery. Out: an attempt. RFC 5321 §3.3, 2920 (PIPELINING).
//! Invariant: what was not answered is never taken for sent, and what was answered keeps its answer.

use super::carry::Fit;
use super::classify::{Stage, Verdict, classify};
use super::content;
use super::fault::{Fault, remote_reply};
use super::mask::Mask;
use super::offers::Offers;
use super::shape::Shape;
use super::wire::Sender;
use super::{Attempt, BoxFuture, Delivery, Line, LineAfter, Outcome, Refusal};
use crate::config::SmartHostConfig;
use crate::mail::ForwardPath;
use crate::mail::reply::RemoteReply;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Quit};
use lettre::transport::smtp::response::{Response, Severity as ResponseSeverity};
use std::io;
use std::time::Duration;

/// Recipients offered in one write. More would let both sides wait for each other with full buffers.
const TOGETHER: usize = 100;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);
/// How long to wait for a reply of a server that takes no more.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// An open connection, greeted and signed in.
pub struct SmtpLine {
    pub(super) connection: AsyncSmtpConnection,
    pub(super) sender: Sender,
    pub(super) mask: Mask,
    pub(super) tls: Option<String>,
    pub(super) offers: Offers,
    pub(super) config: SmartHostConfig,
    /// Of the message under way.
    pub(super) shape: Shape,
    /// A message has gone over it: the other side may have closed it meanwhile.
    pub(super) used: bool,
    /// It broke, or the other side has said 421: nothing more can be said on it.
    pub(super) over: bool,
}

impl Line for SmtpLine {
    fn deliver<'a>(&'a mut self, delivery: &'a Delivery) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let attempt = self.hand_over(delivery).await;
            let line = match attempt.line {
                LineAfter::Usable if self.over => LineAfter::Spent,
                line @ (LineAfter::Usable | LineAfter::Spent | LineAfter::Down(_)) => line,
            };
            Attempt { line, ..attempt }
        })
    }

    fn quit(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let _ = self.say(Quit, GOODBYE).await;
        })
    }

    fn tls(&self) -> Option<String> {
        self.tls.clone()
    }

    fn tells_senders(&self) -> bool {
        self.offers.dsn
    }
}

impl SmtpLine {
    async fn hand_over(&mut self, delivery: &Delivery) -> Attempt {
        let changed = match self.shaped(delivery).await {
            Ok(changed) => changed,
            Err(misfit) => match self.misfit(misfit) {
                Some((kind, reply)) => return self.all(delivery, Verdict::Fail(kind), Some(reply)),
                None => {
                    let outcomes = vec![Outcome::Untouched; delivery.envelope.forward_paths.len()];
                    return Attempt { outcomes, line: LineAfter::Usable };
                }
            },
        };
        let delivery = changed.as_ref().unwrap_or(delivery);
        let (strangers, kind, reply) = match self.fit(delivery) {
            Fit::All => return self.converse(delivery).await,
            Fit::Nobody(kind, reply) => return self.all(delivery, Verdict::Fail(kind), Some(reply)),
            Fit::AllBut(strangers, kind, reply) => (strangers, kind, reply),
        };
        let mut others = delivery.clone();
        let mut place = 0..;
        others.envelope.forward_paths.retain(|_| place.next().is_none_or(|place| !strangers.contains(&place)));
        let mut attempt = self.converse(&others).await;
        for place in strangers {
            attempt.outcomes.insert(place, Outcome::Failed(Refusal { kind, reply: Some(reply.clone()) }));
        }
        attempt
    }

    /// MAIL to the answer behind the content.
    async fn converse(&mut self, delivery: &Delivery) -> Attempt {
        let nobody = || Attempt { outcomes: vec![Outcome::Untouched; delivery.envelope.forward_paths.len()], line: LineAfter::Spent };
        if self.over {
            return nobody();
        }
        let used = std::mem::replace(&mut self.used, true);
        let mut replies = Replies::new(delivery.envelope.forward_paths.len());
        match self.envelope(delivery, &mut replies).await {
            Ok(Envelope::Open) => self.content(delivery, replies).await,
            // It has sat idle too long, or has had enough of this connection; a new one will tell.
            Ok(Envelope::Refused(reply, Stage::Sender)) if used && reply.code == 421 => nobody(),
            Ok(Envelope::Refused(reply, stage)) => {
                let verdict = classify(&reply, stage);
                if let Err(fault) = self.reset_if_needed().await {
                    return self.broken(delivery, replies, &fault, false);
                }
                match stage {
                    Stage::SignIn | Stage::Sender => self.all(delivery, verdict, Some(reply)),
                    Stage::Recipient | Stage::Content => self.settled(delivery, replies, Some((verdict, reply))),
                }
            }
            Ok(Envelope::NobodyLeft) => match self.reset_if_needed().await {
                Ok(()) => self.settled(delivery, replies, None),
                Err(fault) => self.broken(delivery, replies, &fault, false),
            },
            // A connection that sat idle and is found closed tells nothing about the message.
            Err(Fault::Lost(_) | Fault::Silent) if used && !replies.any => nobody(),
            Err(fault) => self.broken(delivery, replies, &fault, false),
        }
    }

    /// MAIL, RCPT and DATA; in one write where the other side can take that (RFC 2920).
    async fn envelope(&mut self, delivery: &Delivery, replies: &mut Replies) -> Result<Envelope, Fault> {
        let mail = self.mail_command(delivery);
        let patience = self.config.timeouts.command;
        if !self.offers.pipelining {
            if let Err(fault) = completed(self.say(mail, patience).await) {
                return self.or_refused(fault, Stage::Sender);
            }
            replies.any = true;
            for (index, path) in delivery.envelope.forward_paths.iter().enumerate() {
                let said = self.say(self.rcpt_command(path), patience).await;
                replies.put(index, said)?;
            }
            if replies.none_accepted() {
                return Ok(Envelope::NobodyLeft);
            }
            return match self.say(Data, patience).await {
                Ok(response) => self.go_on(&response),
                Err(fault) => self.or_refused(fault, Stage::Content),
            };
        }
        let mut sender = None;
        let paths = &delivery.envelope.forward_paths;
        let groups: Vec<&[ForwardPath]> = paths.chunks(TOGETHER).collect();
        for (number, group) in groups.iter().enumerate() {
            let mut text = if number == 0 { mail.clone() } else { String::new() };
            group.iter().for_each(|path| text.push_str(&self.rcpt_command(path)));
            // DATA goes along only when all recipients do: else whether anyone is left is known before.
            let with_data = groups.len() == 1;
            if with_data {
                text.push_str("DATA\r\n");
            }
            let mut first = Some(self.say(text, patience).await);
            if number == 0 {
                let answer = completed(first.take().unwrap_or(Err(Fault::Silent)));
                replies.any |= matches!(answer, Ok(_) | Err(Fault::Reply(_)));
                sender = Some(keep_going(answer)?);
            }
            for index in 0..group.len() {
                let said = match first.take() {
                    Some(said) => said,
                    None => self.listen(patience).await,
                };
                match (replies.put(number * TOGETHER + index, said), &sender) {
                    (Ok(()), _) => {}
                    // 421 and gone, for example: the reply to MAIL is the one that counts.
                    (Err(_), Some(Err(reply))) => return Ok(Envelope::Refused(reply.clone(), Stage::Sender)),
                    (Err(fault), Some(Ok(_)) | None) => return Err(fault),
                }
            }
            if with_data {
                let data = keep_going(self.listen(patience).await)?;
                return self.after_pipeline(sender, replies, data).await;
            }
            if let Some(Err(reply)) = &sender {
                return Ok(Envelope::Refused(reply.clone(), Stage::Sender));
            }
        }
        if replies.none_accepted() {
            return Ok(Envelope::NobodyLeft);
        }
        match self.say(Data, patience).await {
            Ok(response) => self.go_on(&response),
            Err(fault) => self.or_refused(fault, Stage::Content),
        }
    }

    /// All replies are in. A 354 although nobody was accepted must be answered with an end of data (RFC 2920 §3.1).
    async fn after_pipeline(
        &mut self,
        sender: Option<Result<Response, RemoteReply>>,
        replies: &Replies,
        data: Result<Response, RemoteReply>,
    ) -> Result<Envelope, Fault> {
        let refused = match sender {
            Some(Err(reply)) => Some(Envelope::Refused(reply, Stage::Sender)),
            Some(Ok(_)) | None if replies.none_accepted() => Some(Envelope::NobodyLeft),
            Some(Ok(_)) | None => None,
        };
        match (refused, data) {
            (Some(refused), Ok(response)) if response.has_code(354) => {
                // Whatever it says to an empty message for nobody, nothing was sent.
                let _ = self.say(".\r\n", self.config.timeouts.data_end).await;
                Ok(refused)
            }
            (Some(refused), Ok(_) | Err(_)) => Ok(refused),
            (None, Ok(response)) => self.go_on(&response),
            (None, Err(reply)) => Ok(Envelope::Refused(reply, Stage::Content)),
        }
    }

    async fn content(&mut self, delivery: &Delivery, mut replies: Replies) -> Attempt {
        let sent = self.send(delivery).await;
        if let Err(error) = sent {
            let theirs = matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::TimedOut);
            // It may have said why it stopped reading ("too large"), which is worth more than a broken pipe.
            if theirs && let Err(Fault::Reply(reply)) = self.listen(LAST_WORDS).await {
                self.over = true;
                let verdict = classify(&reply, Stage::Content);
                return self.settled(delivery, replies, Some((verdict, reply)));
            }
            self.over = true;
            let fault = match error.kind() {
                io::ErrorKind::TimedOut => Fault::Silent,
                _ => Fault::Lost(error.to_string()),
            };
            return self.broken(delivery, replies, &fault, false);
        }
        match self.listen(self.config.timeouts.data_end).await {
            Ok(response) if response.code().to_string().starts_with('2') => {
                let reply = self.clean(remote_reply(response.code().into(), &response.message().collect::<Vec<_>>().join(" ")));
                replies.taken = Some(reply);
                self.settled(delivery, replies, None)
            }
            Ok(response) => {
                let fault = Fault::Broken(format!("{} after the end of data", response.code()));
                self.broken(delivery, replies, &fault, true)
            }
            Err(Fault::Reply(reply)) => {
                let verdict = classify(&reply, Stage::Content);
                self.settled(delivery, replies, Some((verdict, reply)))
            }
            Err(fault) => self.broken(delivery, replies, &fault, true),
        }
    }

    async fn send(&mut self, delivery: &Delivery) -> io::Result<()> {
        content::send(&delivery.content, &self.shape, &mut self.sender, self.config.timeouts.data_block).await
    }

    fn go_on(&self, response: &Response) -> Result<Envelope, Fault> {
        if response.has_code(354) { Ok(Envelope::Open) } else { Err(Fault::Broken(format!("{} instead of 354", response.code()))) }
    }

    fn or_refused(&self, fault: Fault, stage: Stage) -> Result<Envelope, Fault> {
        match fault {
            Fault::Reply(reply) => Ok(Envelope::Refused(reply, stage)),
            other @ (Fault::Lost(_) | Fault::Silent | Fault::Broken(_)) => Err(other),
        }
    }
}

/// How the envelope was taken.
enum Envelope {
    /// 354: the content may come.
    Open,
    Refused(RemoteReply, Stage),
    NobodyLeft,
}

/// One answer for each recipient.
pub(super) struct Replies {
    pub recipients: Vec<Option<Result<(), RemoteReply>>>,
    /// The reply to the content.
    pub taken: Option<RemoteReply>,
    /// Something of this message was answered.
    pub any: bool,
}

impl Replies {
    fn new(recipients: usize) -> Self {
        Self { recipients: vec![None; recipients], taken: None, any: false }
    }

    fn put(&mut self, index: usize, said: Result<Response, Fault>) -> Result<(), Fault> {
        let said = keep_going(completed(said))?;
        self.any = true;
        if let Some(place) = self.recipients.get_mut(index) {
            *place = Some(said.map(|_| ()));
        }
        Ok(())
    }

    fn none_accepted(&self) -> bool {
        !self.recipients.iter().any(|recipient| matches!(recipient, Some(Ok(()))))
    }
}

/// Only 2xx says that it was done: lettre takes 3xx for a yes as well.
pub(super) fn completed(said: Result<Response, Fault>) -> Result<Response, Fault> {
    match said {
        Ok(response) if response.code().severity == ResponseSeverity::PositiveCompletion => Ok(response),
        Ok(response) => Err(Fault::Broken(format!("{} out of place", response.code()))),
        Err(fault) => Err(fault),
    }
}

/// A refusal is an answer too; anything else ends the conversation.
fn keep_going(said: Result<Response, Fault>) -> Result<Result<Response, RemoteReply>, Fault> {
    match said {
        Ok(response) => Ok(Ok(response)),
        Err(Fault::Reply(reply)) => Ok(Err(reply)),
        Err(fault @ (Fault::Lost(_) | Fault::Silent | Fault::Broken(_))) => Err(fault),
    }
}
