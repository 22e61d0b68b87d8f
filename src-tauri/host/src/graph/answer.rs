//! What Graph's answers mean. A table; pure.
//!
//! In: status, error code and words (learn.microsoft.com, "Microsoft Graph error responses and resource types"). Out: a verdict for
//! the message or for the lane, and the answer in the form in which others give theirs.

use relay::mail::reply::RemoteReply;
use relay::mail::{EnhancedStatus, Severity};
use relay::smarthost::{RefusalKind, Trouble, TroubleKind};
use serde_json::Value;
use std::time::Duration;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    /// By which Microsoft's support finds it again.
    pub request: Option<String>,
    /// Retry-After (RFC 9110 §10.2.3), in seconds.
    pub wait: Option<Duration>,
    pub body: Value,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Refused {
    /// Nothing was said: the lane's trouble.
    NotSaid(Trouble),
    /// It was said, and no answer came: it may have been taken.
    Lost,
    /// The same at a step after which nothing is sent yet.
    Unfinished,
    Answer(Said),
    /// An answer that cannot be.
    Broken(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Defer(RefusalKind),
    Fail(RefusalKind),
    Lane(TroubleKind),
}

use Verdict::{Defer, Fail, Lane};

impl Said {
    pub fn word(&self, name: &str) -> Option<String> {
        self.body.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn error(&self, name: &str) -> &str {
        self.body.get("error").and_then(|error| error.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    /// `of_sender` when each sender has a mailbox of its own: then it is the sender's fault and not the lane's.
    pub fn verdict(&self, of_sender: bool) -> Verdict {
        let mailbox = |kind| if of_sender { Defer(RefusalKind::Sender) } else { Lane(kind) };
        match (self.status, self.error("code")) {
            (_, "ErrorSendAsDenied" | "ErrorSubmissionSendAsDenied") => Defer(RefusalKind::Sender),
            (
                _,
                "ErrorMessageSizeExceeded" | "ErrorAttachmentSizeLimitExceeded" | "RequestEntityTooLarge" | "MaximumRequestLengthExceeded",
            ) => Fail(RefusalKind::TooLarge),
            (_, "ErrorInvalidRecipients" | "ErrorInvalidSmtpAddress") => Fail(RefusalKind::Recipient),
            (_, "ErrorQuotaExceeded" | "ErrorExceededMessageLimit" | "ErrorSubmissionQuotaExceeded") => Lane(TroubleKind::Throttled),
            (_, "ErrorAccountSuspend" | "ErrorAccountDisabled") => mailbox(TroubleKind::AccountBlocked),
            (
                _,
                "MailboxNotEnabledForRESTAPI"
                | "ErrorInvalidUser"
                | "ErrorNonExistentMailbox"
                | "ResourceNotFound"
                | "Request_ResourceNotFound",
            ) => mailbox(TroubleKind::AccountBlocked),
            (401, _) => Lane(TroubleKind::TokenNotAccepted),
            (403, _) => mailbox(TroubleKind::ConsentMissing),
            (404, _) => mailbox(TroubleKind::AccountBlocked),
            (413, _) => Fail(RefusalKind::TooLarge),
            (429, _) => Lane(TroubleKind::Throttled),
            // It names a time: it is the service that has too much to do.
            (503 | 504, _) if self.wait.is_some() => Lane(TroubleKind::Throttled),
            (500.., _) => Defer(RefusalKind::Temporary),
            (400..500, _) => Fail(RefusalKind::Content),
            (_, _) => Defer(RefusalKind::Other),
        }
    }

    /// As a reply of a server: history, reports and pages know no other form.
    pub fn reply(&self) -> RemoteReply {
        let (code, words) = (self.error("code"), self.error("message"));
        let text: String =
            format!("HTTP {} {code} {words}", self.status).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect();
        let (number, severity, subject) = match self.verdict(false) {
            // Other address status (RFC 3463 §3.2): it does not say what is wrong with it.
            Fail(RefusalKind::Recipient) => (550, Severity::Permanent, 1),
            Fail(_) => (554, Severity::Permanent, 0),
            Defer(_) | Lane(_) => (451, Severity::Transient, 0),
        };
        RemoteReply { code: number, enhanced: Some(EnhancedStatus::new(severity, subject, 0)), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(status: u16, code: &str) -> Said {
        Said { status, request: None, wait: None, body: json!({ "error": { "code": code, "message": "some\r\nwords" } }) }
    }

    #[test]
    fn each_answer_means_what_the_documents_say() {
        for (status, code, verdict) in [
            (403, "ErrorSendAsDenied", Defer(RefusalKind::Sender)),
            (403, "ErrorAccessDenied", Lane(TroubleKind::ConsentMissing)),
            (404, "MailboxNotEnabledForRESTAPI", Lane(TroubleKind::AccountBlocked)),
            (404, "ErrorInvalidUser", Lane(TroubleKind::AccountBlocked)),
            (401, "InvalidAuthenticationToken", Lane(TroubleKind::TokenNotAccepted)),
            (400, "ErrorInvalidRecipients", Fail(RefusalKind::Recipient)),
            (400, "ErrorMimeContentInvalidBase64String", Fail(RefusalKind::Content)),
            (413, "", Fail(RefusalKind::TooLarge)),
            (429, "ApplicationThrottled", Lane(TroubleKind::Throttled)),
            (500, "UnknownError", Defer(RefusalKind::Temporary)),
            (503, "ErrorServerBusy", Defer(RefusalKind::Temporary)),
        ] {
            assert_eq!(said(status, code).verdict(false), verdict, "{status} {code}");
        }
        assert_eq!(Said { wait: Some(Duration::from_secs(9)), ..said(503, "") }.verdict(false), Lane(TroubleKind::Throttled));
        assert_eq!(said(404, "ErrorInvalidUser").verdict(true), Defer(RefusalKind::Sender), "that sender has no mailbox");
    }

    #[test]
    fn an_answer_is_told_on_one_line() {
        assert_eq!(said(403, "ErrorSendAsDenied").reply().to_string(), "451 4.0.0 HTTP 403 ErrorSendAsDenied some words");
        assert_eq!(said(413, "").reply().code, 554);
        let nothing = Said { status: 502, request: None, wait: None, body: Value::Null };
        assert_eq!(nothing.reply().text, "HTTP 502");
    }
}
