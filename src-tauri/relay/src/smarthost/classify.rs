//! What a refusal means: for this recipient, for this message, or for the whole lane. Pure; a table.
//!
//! The most telling text first, then the enhanced code, then the basic code: providers report
//! configuration faults as 4xx and used-up quotas as 5xx, so the first digit alone decides last.

use super::{RefusalKind, TroubleKind};
use crate::mail::Severity;
use crate::mail::reply::RemoteReply;

/// Where in the conversation it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    SignIn,
    /// MAIL FROM
    Sender,
    /// RCPT TO
    Recipient,
    /// DATA or the end of data
    Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try this later; it counts as an attempt.
    Defer(RefusalKind),
    /// It will never work.
    Fail(RefusalKind),
    /// Nothing about the message: rest the lane.
    Lane(TroubleKind),
}

use Verdict::{Defer, Fail, Lane};

struct Rule {
    /// All of these, in any case, are in the reply's text.
    words: &'static [&'static str],
    /// The reply code, or 0 for any.
    code: u16,
    verdict: Verdict,
}

const fn rule(code: u16, words: &'static [&'static str], verdict: Verdict) -> Rule {
    Rule { words, code, verdict }
}

/// Known sentences of providers. The first that fits decides.
const SENTENCES: &[Rule] = &[
    // Microsoft 365
    rule(535, &["smtpclientauthentication is disabled"], Lane(TroubleKind::SignInSwitchedOff)),
    rule(535, &["security defaults"], Lane(TroubleKind::SignInSwitchedOff)),
    rule(535, &["did not meet the criteria"], Lane(TroubleKind::SignInSwitchedOff)),
    rule(0, &["basic authentication is not supported"], Lane(TroubleKind::SignInSwitchedOff)),
    rule(530, &["5.7.57"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["not authenticated to send"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["sendasdenied"], Defer(RefusalKind::Sender)),
    rule(0, &["does not have permissions to send as this sender"], Defer(RefusalKind::Sender)),
    rule(0, &["concurrent connections limit exceeded"], Lane(TroubleKind::Throttled)),
    rule(0, &["sender thread limit exceeded"], Lane(TroubleKind::Throttled)),
    rule(0, &["submissionquotaexceeded"], Lane(TroubleKind::Throttled)),
    rule(554, &["quotaexceeded"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["bad outbound sender"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["spam abuse detected"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["traffic not accepted from this ip"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["tenantattribution"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["tenantinboundattribution"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["banned sending ip"], Lane(TroubleKind::AccountBlocked)),
    // Google
    rule(0, &["application-specific password required"], Lane(TroubleKind::SignInSwitchedOff)),
    rule(0, &["mail relay denied"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["invalid credentials for relay"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["sending limit exceeded"], Lane(TroubleKind::Throttled)),
    rule(0, &["relay limit exceeded"], Lane(TroubleKind::Throttled)),
    rule(0, &["unusual rate of"], Lane(TroubleKind::Throttled)),
    // SendGrid
    rule(0, &["does not match a verified sender"], Defer(RefusalKind::Sender)),
    rule(0, &["not authorized to send from that email"], Defer(RefusalKind::Sender)),
    rule(0, &["unauthenticated senders not allowed"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["maximum credits exceeded"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["too many recipients received this hour"], Lane(TroubleKind::Throttled)),
    // Amazon SES
    rule(554, &["email address is not verified"], Defer(RefusalKind::Sender)),
    rule(0, &["throttling failure"], Lane(TroubleKind::Throttled)),
    rule(0, &["is not authorized to perform"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["too many concurrent smtp connections"], Lane(TroubleKind::Throttled)),
    // Others
    rule(0, &["unauthorized ip address"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["sandbox", "domain"], Lane(TroubleKind::AccountBlocked)),
    rule(0, &["sender signature not"], Defer(RefusalKind::Sender)),
    rule(0, &["relaying disallowed as"], Defer(RefusalKind::Sender)),
    rule(0, &["must issue a starttls"], Lane(TroubleKind::TlsNotOffered)),
    rule(0, &["authentication required"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["relay access denied"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["unable to relay"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["relaying denied"], Lane(TroubleKind::SignInNeeded)),
    rule(0, &["user unknown"], Fail(RefusalKind::Recipient)),
    rule(0, &["no such user"], Fail(RefusalKind::Recipient)),
    rule(0, &["message size exceeds"], Fail(RefusalKind::TooLarge)),
];

/// Judges a refusal (4xx, 5xx, or something that should not have been said there).
pub fn classify(reply: &RemoteReply, stage: Stage) -> Verdict {
    match by_words(reply, stage) {
        // What was said as "not now" is never taken for "never", whatever words came with it (RFC 5321 §4.2.1).
        Fail(kind) if reply.code < 500 => Defer(kind),
        verdict @ (Fail(_) | Defer(_) | Lane(_)) => verdict,
    }
}

fn by_words(reply: &RemoteReply, stage: Stage) -> Verdict {
    let text = format!("{reply}").to_ascii_lowercase();
    let spoken =
        SENTENCES.iter().find(|rule| (rule.code == 0 || rule.code == reply.code) && rule.words.iter().all(|word| text.contains(word)));
    if let Some(rule) = spoken {
        return at(stage, rule.verdict, reply);
    }
    if stage == Stage::SignIn {
        return Lane(sign_in_trouble(reply));
    }
    if let Some(verdict) = by_enhanced(reply, stage) {
        return verdict;
    }
    by_code(reply, stage)
}

/// No room for this recipient in this transaction, and nothing said about the recipient.
pub fn is_one_too_many(reply: &RemoteReply) -> bool {
    let said = || reply.text.to_ascii_lowercase().contains("too many recipients") && !reply.text.contains("hour");
    reply.code == 452 && reply.enhanced.map_or_else(said, |status| (status.subject, status.detail) == (5, 3))
}

/// While signing in there is no message yet that anything could be about.
fn at(stage: Stage, verdict: Verdict, reply: &RemoteReply) -> Verdict {
    match (stage, verdict) {
        (Stage::SignIn, Defer(_) | Fail(_)) => Lane(sign_in_trouble(reply)),
        (Stage::SignIn | Stage::Sender | Stage::Recipient | Stage::Content, verdict) => verdict,
    }
}

/// A refusal in place of a greeting or of an answer to EHLO.
pub fn greeting_trouble(reply: &RemoteReply) -> TroubleKind {
    match (classify(reply, Stage::SignIn), reply.code) {
        (Lane(kind @ TroubleKind::AccountBlocked), _) => kind,
        // With any other code it is a sentence of a provider that says so.
        (Lane(kind @ TroubleKind::Throttled), 421 | 432 | 454 | 500..) => kind,
        (Lane(_) | Defer(_) | Fail(_), _) => TroubleKind::GreetingRefused,
    }
}

fn sign_in_trouble(reply: &RemoteReply) -> TroubleKind {
    match reply.code {
        // Not now, which is said of no password (RFC 4954 §6: 454 is a temporary failure).
        400..500 => TroubleKind::Throttled,
        _ => TroubleKind::SignInRefused,
    }
}

fn by_enhanced(reply: &RemoteReply, stage: Stage) -> Option<Verdict> {
    let status = reply.enhanced?;
    let permanent = reply.code >= 500;
    Some(match (status.subject, status.detail) {
        (1, 1 | 2 | 3 | 6 | 10) => Fail(RefusalKind::Recipient),
        (1, 7 | 8) => Defer(RefusalKind::Sender),
        (2, 1 | 2) if stage == Stage::Recipient => Fail(RefusalKind::Recipient),
        (2, 3) | (3, 4) => Fail(RefusalKind::TooLarge),
        (4, 1) if permanent && stage == Stage::Recipient => Fail(RefusalKind::Recipient),
        (4, 5) => Lane(TroubleKind::Throttled),
        (7, 30) => Lane(TroubleKind::SignInSwitchedOff),
        (7, 60) => Defer(RefusalKind::Sender),
        (7, 57) => Lane(TroubleKind::SignInNeeded),
        (7, 8 | 9 | 139) => Lane(TroubleKind::SignInRefused),
        (7, 232 | 233) => Lane(TroubleKind::Throttled),
        (7, 501 | 708) => Lane(TroubleKind::AccountBlocked),
        (7, 64 | 68) => Lane(TroubleKind::AccountBlocked),
        (7, 606..=649) if permanent => Lane(TroubleKind::AccountBlocked),
        (7, 28) => Lane(TroubleKind::Throttled),
        (7, 26) => Fail(RefusalKind::Content),
        (6, _) => Fail(RefusalKind::Unsuitable),
        _ => return None,
    })
}

fn by_code(reply: &RemoteReply, stage: Stage) -> Verdict {
    match (reply.code, reply.severity()) {
        // In the middle of a message it may be about this message: were it the lane's, one message could stop all others.
        (421, _) if matches!(stage, Stage::Recipient | Stage::Content) => Defer(RefusalKind::Temporary),
        (421, _) | (432, _) => Lane(TroubleKind::Throttled),
        (530 | 538, _) => Lane(TroubleKind::SignInNeeded),
        (534 | 535, _) => Lane(TroubleKind::SignInRefused),
        (452, _) if stage == Stage::Recipient => Defer(RefusalKind::Throttled),
        (552, _) if stage != Stage::Recipient => Fail(RefusalKind::TooLarge),
        // We spoke badly, or it did: not the message's fault (RFC 5321 §4.2.2).
        (500 | 502 | 503 | 504, _) => Defer(RefusalKind::Other),
        (_, Some(Severity::Transient)) => Defer(RefusalKind::Temporary),
        (_, Some(Severity::Permanent)) => match stage {
            Stage::Recipient => Fail(RefusalKind::Recipient),
            Stage::Sender => Fail(RefusalKind::Sender),
            Stage::Content | Stage::SignIn => Fail(RefusalKind::Content),
        },
        (_, Some(Severity::Success) | None) => Defer(RefusalKind::Other),
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
