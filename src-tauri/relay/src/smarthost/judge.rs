//! From the replies to a message to what became of each recipient, and of the line. Follows `classify`.

use super::classify::{Stage, Verdict, classify, is_one_too_many};
use super::fault::Fault;
use super::line::{Replies, SmtpLine};
use super::{Attempt, Delivery, LineAfter, Outcome, Refusal, RefusalKind, Trouble, TroubleKind};
use crate::config::SignIn;
use crate::mail::reply::RemoteReply;

impl SmtpLine {
    /// One outcome for each recipient, from its own reply and the reply to the content.
    pub(super) fn settled(&self, delivery: &Delivery, replies: Replies, content: Option<(Verdict, RemoteReply)>) -> Attempt {
        let mut line = LineAfter::Usable;
        let mut outcomes = Vec::with_capacity(replies.recipients.len());
        for recipient in replies.recipients {
            outcomes.push(match (recipient, &replies.taken, &content) {
                // Others went: the next transaction has room for this one, and follows at once (RFC 5321 §4.5.3.1.10).
                (Some(Err(reply)), Some(_), _) if is_one_too_many(&reply) => Outcome::Untouched,
                (Some(Err(reply)), taken, _) => {
                    let verdict = self.of_recipient(&reply, delivery.suspect, taken.is_some());
                    self.outcome(verdict, Some(reply), &mut line)
                }
                (Some(Ok(())), Some(reply), _) => Outcome::Sent(reply.clone()),
                (Some(Ok(())), None, Some((verdict, reply))) => {
                    self.outcome(of_message(*verdict, delivery.suspect), Some(reply.clone()), &mut line)
                }
                (Some(Ok(())), None, None) | (None, _, _) => Outcome::Untouched,
            });
        }
        Attempt { outcomes, line }
    }

    pub(super) fn all(&self, delivery: &Delivery, verdict: Verdict, reply: Option<RemoteReply>) -> Attempt {
        let mut line = LineAfter::Usable;
        let verdict = of_message(verdict, delivery.suspect);
        let outcomes = delivery.envelope.forward_paths.iter().map(|_| self.outcome(verdict, reply.clone(), &mut line)).collect();
        Attempt { outcomes, line }
    }

    fn outcome(&self, verdict: Verdict, reply: Option<RemoteReply>, line: &mut LineAfter) -> Outcome {
        let reply = reply.map(|reply| self.clean(reply));
        match verdict {
            Verdict::Defer(kind) => Outcome::Deferred(Refusal { kind, reply }),
            Verdict::Fail(kind) => Outcome::Failed(Refusal { kind, reply }),
            Verdict::Lane(kind) => {
                let said = reply.as_ref().map(ToString::to_string).unwrap_or_default();
                *line = LineAfter::Down(Trouble { kind, subject: self.config.server.clone(), said });
                Outcome::Untouched
            }
        }
    }

    /// The connection broke in the middle of this message. Recipients already refused keep their answer;
    /// the others are tried again, at the message's own pace, so that one message cannot block all others.
    /// Replies that are none are the lane's fault; but once all was sent, the message may have been taken.
    /// Before that they may mean that replies are out of step, and a refusal may be another recipient's.
    pub(super) fn broken(&self, delivery: &Delivery, replies: Replies, fault: &Fault, all_sent: bool) -> Attempt {
        let broken = matches!(fault, Fault::Broken(_));
        let charged = all_sent || delivery.suspect || replies.any && !broken;
        let kind = if all_sent { RefusalKind::AnswerLost } else { RefusalKind::ConnectionLost };
        let mut after = LineAfter::Usable;
        let mut outcomes = Vec::with_capacity(replies.recipients.len());
        for recipient in replies.recipients {
            outcomes.push(match recipient {
                Some(Err(reply)) if !broken || all_sent => {
                    self.outcome(self.of_recipient(&reply, delivery.suspect, false), Some(reply), &mut after)
                }
                Some(Ok(()) | Err(_)) | None if charged => Outcome::Deferred(Refusal { kind, reply: None }),
                Some(Ok(()) | Err(_)) | None => Outcome::Untouched,
            });
        }
        let line = match after {
            LineAfter::Down(trouble) => LineAfter::Down(trouble),
            LineAfter::Usable | LineAfter::Spent if delivery.suspect || charged && !broken => LineAfter::Spent,
            LineAfter::Usable | LineAfter::Spent => LineAfter::Down(self.fault_trouble(fault)),
        };
        Attempt { outcomes, line }
    }

    fn of_recipient(&self, reply: &RemoteReply, suspect: bool, others_taken: bool) -> Verdict {
        match (classify(reply, Stage::Recipient), &self.config.sign_in) {
            // Signed in we are: it is this recipient it will not relay for, and the lane is well.
            (Verdict::Lane(TroubleKind::SignInNeeded), SignIn::Password { .. } | SignIn::Token { .. }) => {
                Verdict::Defer(RefusalKind::Other)
            }
            // A limit is reached in the middle of the recipients, too; any other fault of the lane all would have heard.
            (verdict @ Verdict::Lane(kind), _) => of_message(verdict, suspect || others_taken && kind != TroubleKind::Throttled),
            (verdict @ (Verdict::Defer(_) | Verdict::Fail(_)), _) => verdict,
        }
    }

    pub(super) fn fault_trouble(&self, fault: &Fault) -> Trouble {
        let (kind, said) = match fault {
            Fault::Reply(reply) => (TroubleKind::Other, reply.to_string()),
            Fault::Lost(said) => (TroubleKind::ConnectionLost, said.clone()),
            Fault::Silent => (TroubleKind::ConnectionTimedOut, "no answer in time".to_owned()),
            Fault::Broken(said) => (TroubleKind::BrokenReply, said.clone()),
        };
        Trouble { kind, subject: self.config.server.clone(), said: self.mask.clean(&said) }
    }

    pub(super) fn clean(&self, reply: RemoteReply) -> RemoteReply {
        RemoteReply { text: self.mask.clean(&reply.text), ..reply }
    }
}

/// The same words, where the lane is known to be well: they are about the message, which is tried again at its own pace.
fn of_message(verdict: Verdict, lane_is_well: bool) -> Verdict {
    match verdict {
        Verdict::Lane(kind) if lane_is_well => Verdict::Defer(match kind {
            TroubleKind::Throttled => RefusalKind::Throttled,
            TroubleKind::AccountBlocked => RefusalKind::AccountBlocked,
            TroubleKind::ConnectionTimedOut | TroubleKind::ConnectionLost | TroubleKind::BrokenReply => RefusalKind::ConnectionLost,
            TroubleKind::HostNotFound
            | TroubleKind::ConnectionRefused
            | TroubleKind::GreetingRefused
            | TroubleKind::TlsNotOffered
            | TroubleKind::TlsFailed
            | TroubleKind::TlsModeSwapped
            | TroubleKind::CertificateUntrusted
            | TroubleKind::CertificateWrongName
            | TroubleKind::CertificateExpired
            | TroubleKind::CertificateFileUnusable
            | TroubleKind::SignInNotOffered
            | TroubleKind::SignInRefused
            | TroubleKind::SignInSwitchedOff
            | TroubleKind::SignInNeeded
            | TroubleKind::SecretMissing
            | TroubleKind::SigningKeyMissing
            | TroubleKind::TokenNotAccepted
            | TroubleKind::TokenUnreachable
            | TroubleKind::SignInLapsed
            | TroubleKind::AppSecretRefused
            | TroubleKind::AppUnknown
            | TroubleKind::ConsentMissing
            | TroubleKind::TokenRefused
            | TroubleKind::Other => RefusalKind::Other,
        }),
        verdict @ (Verdict::Lane(_) | Verdict::Defer(_) | Verdict::Fail(_)) => verdict,
    }
}
