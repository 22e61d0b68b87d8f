//! The part of a report that programs read: message/delivery-status.
//!
//! In: the facts. Out: one group of fields for the message and one for each recipient.
//! RFC 3464 §2, RFC 3463 for the status, RFC 3461 §6.3 for what the sender gave, RFC 6533 §3 for addresses in UTF-8.
//!
//! Invariant: the class of a status says the same as the action beside it, whatever a server wrote.

use super::{Concerned, Fate, ReportFacts, ReportKind, date, mime};
use crate::mail::{EnhancedStatus, ForwardPath, Severity, field_text, wish};
use crate::queue::{Why, WhyKind};
use std::net::IpAddr;

const LETTERS: usize = 1000;

pub fn compose(facts: &ReportFacts<'_>) -> String {
    let envelope_id =
        facts.returns.envelope_id.as_ref().map(|id| format!("Original-Envelope-Id: {}\r\n", id.decoded())).unwrap_or_default();
    let mut text = format!(
        "{envelope_id}Reporting-MTA: dns; {}\r\nX-Outtray-Message-ID: {}\r\nArrival-Date: {}\r\n",
        facts.host_name,
        facts.original,
        date(facts.arrived_at)
    );
    for recipient in &facts.recipients {
        text.push_str("\r\n");
        text.push_str(&group(recipient, facts.kind));
    }
    text
}

fn group(recipient: &Concerned, kind: ReportKind) -> String {
    let fate = &recipient.fate;
    let original = recipient.address.wish.original.as_ref().map(|original| format!("Original-Recipient: {}\r\n", original.decoded()));
    let mut group = original.unwrap_or_default();
    // None of these is folded: white space in them would change.
    let address = final_recipient(&recipient.address);
    group.push_str(&format!("Final-Recipient: {address}\r\nAction: {}\r\nStatus: {}\r\n", action(fate), status(fate)));
    if let Some(server) = recipient.server.as_deref().and_then(server_name) {
        group.push_str(&format!("Remote-MTA: dns; {server}\r\n"));
    }
    if let Some(diagnostic) = diagnostic(fate) {
        group.push_str(&field_text::fold("Diagnostic-Code", &diagnostic));
    }
    if let Some(tried_at) = recipient.tried_at {
        group.push_str(&format!("Last-Attempt-Date: {}\r\n", date(tried_at)));
    }
    if let (ReportKind::Delay { given_up_at }, Fate::Late { .. }) = (kind, fate) {
        group.push_str(&format!("Will-Retry-Until: {}\r\n", date(given_up_at)));
    }
    group
}

fn action(fate: &Fate) -> &'static str {
    match fate {
        Fate::Refused(_) | Fate::Expired { .. } | Fate::Deleted => "failed",
        Fate::Late { .. } => "delayed",
        Fate::Relayed(_) => "relayed",
    }
}

fn final_recipient(address: &ForwardPath) -> String {
    if address.is_ascii() { format!("rfc822; {address}") } else { format!("utf-8; {}", wish::ascii_form(address.as_str())) }
}

fn status(fate: &Fate) -> EnhancedStatus {
    match fate {
        Fate::Refused(why) => said(why, Severity::Permanent),
        Fate::Expired { .. } => EnhancedStatus::new(Severity::Transient, 4, 7),
        Fate::Deleted => EnhancedStatus::new(Severity::Permanent, 7, 0),
        Fate::Late { last: Some(why) } => said(why, Severity::Transient),
        Fate::Late { last: None } => EnhancedStatus::new(Severity::Transient, 0, 0),
        Fate::Relayed(reply) => {
            let (subject, detail) =
                reply.enhanced.filter(|status| status.class == Severity::Success).map_or((0, 0), |status| (status.subject, status.detail));
            EnhancedStatus::new(Severity::Success, subject, detail)
        }
    }
}

/// The server's own subject and detail, unless they speak of success.
fn said(why: &Why, class: Severity) -> EnhancedStatus {
    let (subject, detail) = match &why.reply {
        Some(reply) => {
            reply.enhanced.filter(|status| status.class != Severity::Success).map_or((0, 0), |status| (status.subject, status.detail))
        }
        None => unsaid(why.kind),
    };
    EnhancedStatus::new(class, subject, detail)
}

fn unsaid(kind: WhyKind) -> (u16, u16) {
    match kind {
        WhyKind::ConnectionLost | WhyKind::AnswerLost => (4, 2),
        WhyKind::TooLarge => (3, 4),
        WhyKind::Unsuitable => (6, 3),
        WhyKind::Recipient
        | WhyKind::Sender
        | WhyKind::Content
        | WhyKind::Throttled
        | WhyKind::AccountBlocked
        | WhyKind::Temporary
        | WhyKind::Other => (0, 0),
    }
}

fn diagnostic(fate: &Fate) -> Option<String> {
    match fate {
        Fate::Refused(_) | Fate::Expired { .. } | Fate::Late { .. } => {
            let reply = fate.why()?.reply.as_ref()?;
            Some(format!("smtp; {}", mime::ascii(&mime::one_line(&reply.to_string(), LETTERS))))
        }
        Fate::Relayed(_) => None,
        Fate::Deleted => Some("x-outtray; removed from the queue by an administrator".to_owned()),
    }
}

/// A name, or an address as a literal (RFC 5321 §4.1.3); None for what is neither.
fn server_name(server: &str) -> Option<String> {
    match server.parse::<IpAddr>() {
        Ok(IpAddr::V4(four)) => Some(format!("[{four}]")),
        Ok(IpAddr::V6(six)) => Some(format!("[IPv6:{six}]")),
        Err(_) => {
            let plain = server.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            (plain && (1..=255).contains(&server.len())).then(|| server.to_owned())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mail::reply::RemoteReply;

    fn why(kind: WhyKind, reply: Option<&str>) -> Why {
        Why { kind, reply: reply.map(|line| RemoteReply::parse(line).unwrap()) }
    }

    #[test]
    fn a_status_agrees_with_its_action() {
        for (fate, status_and_action) in [
            (Fate::Refused(why(WhyKind::Recipient, Some("550 5.1.1 no such user"))), "5.1.1 failed"),
            (Fate::Refused(why(WhyKind::Recipient, Some("550 no such user"))), "5.0.0 failed"),
            (Fate::Refused(why(WhyKind::Recipient, Some("550 2.1.5 fine"))), "5.0.0 failed"),
            (Fate::Refused(why(WhyKind::Content, Some("550 4.7.1 looks like spam"))), "5.7.1 failed"),
            (Fate::Refused(why(WhyKind::Unsuitable, None)), "5.6.3 failed"),
            (Fate::Refused(why(WhyKind::Other, None)), "5.0.0 failed"),
            (Fate::Expired { last: Some(why(WhyKind::Temporary, Some("451 4.3.0 later"))) }, "4.4.7 failed"),
            (Fate::Expired { last: None }, "4.4.7 failed"),
            (Fate::Deleted, "5.7.0 failed"),
            (Fate::Late { last: Some(why(WhyKind::Throttled, Some("452 4.5.3 too many"))) }, "4.5.3 delayed"),
            (Fate::Late { last: Some(why(WhyKind::Throttled, Some("554 5.7.1 too many"))) }, "4.7.1 delayed"),
            (Fate::Late { last: Some(why(WhyKind::Temporary, Some("451 later"))) }, "4.0.0 delayed"),
            (Fate::Late { last: Some(why(WhyKind::ConnectionLost, None)) }, "4.4.2 delayed"),
            (Fate::Late { last: Some(why(WhyKind::AnswerLost, None)) }, "4.4.2 delayed"),
            (Fate::Refused(why(WhyKind::AnswerLost, None)), "5.4.2 failed"),
            (Fate::Late { last: None }, "4.0.0 delayed"),
            (Fate::Relayed(RemoteReply::parse("250 2.6.0 queued").unwrap()), "2.6.0 relayed"),
            (Fate::Relayed(RemoteReply::parse("250 ok").unwrap()), "2.0.0 relayed"),
            (Fate::Relayed(RemoteReply::parse("250 5.1.1 odd").unwrap()), "2.0.0 relayed"),
        ] {
            assert_eq!(format!("{} {}", status(&fate), action(&fate)), status_and_action, "{fate:?}");
        }
    }

    #[test]
    fn a_server_is_named_as_the_standard_wants_it() {
        for (server, name) in [
            ("smart.test", Some("smart.test")),
            ("10.0.0.1", Some("[10.0.0.1]")),
            ("fd00::1", Some("[IPv6:fd00::1]")),
            ("x\r\nAction: delivered", None),
            ("b\u{fc}ro.test", None),
            ("", None),
        ] {
            assert_eq!(server_name(server).as_deref(), name);
        }
    }
}
