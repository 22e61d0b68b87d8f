//! The table, row by row: wordings seen from providers, and what must become of each.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::mail::EnhancedStatus;

#[test]
fn every_known_answer_has_its_meaning() {
    let content = Stage::Content;
    let rows: &[(&str, Stage, Verdict)] = &[
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            Stage::SignIn,
            Lane(TroubleKind::SignInSwitchedOff),
        ),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
            Stage::SignIn,
            Lane(TroubleKind::SignInSwitchedOff),
        ),
        (
            "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
            Stage::SignIn,
            Lane(TroubleKind::SignInSwitchedOff),
        ),
        (
            "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.",
            Stage::SignIn,
            Lane(TroubleKind::SignInSwitchedOff),
        ),
        ("535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", Stage::SignIn, Lane(TroubleKind::SignInRefused)),
        ("535 5.7.3 Authentication unsuccessful", Stage::SignIn, Lane(TroubleKind::SignInRefused)),
        ("550 5.7.30 Basic authentication is not supported for Client Submission.", Stage::SignIn, Lane(TroubleKind::SignInSwitchedOff)),
        ("550 5.7.30 Basic authentication is not supported for Client Submission.", Stage::Sender, Lane(TroubleKind::SignInSwitchedOff)),
        ("530 5.7.57 Client not authenticated to send mail.", Stage::Sender, Lane(TroubleKind::SignInNeeded)),
        ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", content, Defer(RefusalKind::Sender)),
        ("554 5.2.252 SendAsDenied; a@x not allowed to send as b@x", content, Defer(RefusalKind::Sender)),
        ("554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", content, Defer(RefusalKind::Sender)),
        ("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", content, Lane(TroubleKind::Throttled)),
        ("432 4.3.2 Concurrent connections limit exceeded", Stage::SignIn, Lane(TroubleKind::Throttled)),
        ("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", content, Lane(TroubleKind::Throttled)),
        ("554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException", content, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.232 Your message can't be sent because your tenant exceeded its limit", content, Lane(TroubleKind::Throttled)),
        (
            "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
            Stage::Sender,
            Lane(TroubleKind::AccountBlocked),
        ),
        ("550 5.1.8 Access denied, bad outbound sender", content, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.64 TenantAttribution; Relay Access Denied", Stage::Recipient, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.68 TenantInboundAttribution; Direct Send not allowed", Stage::Recipient, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", Stage::Recipient, Lane(TroubleKind::AccountBlocked)),
        ("451 4.7.500 Server busy. Please try again later", Stage::Recipient, Defer(RefusalKind::Temporary)),
        ("451 4.7.0 Temporary server error. Please try again later.", content, Defer(RefusalKind::Temporary)),
        ("550 5.4.1 Recipient address rejected: Access denied.", Stage::Recipient, Fail(RefusalKind::Recipient)),
        ("552 5.3.4 Message size exceeds fixed maximum message size", content, Fail(RefusalKind::TooLarge)),
        ("535 5.7.8 Username and Password not accepted.", Stage::SignIn, Lane(TroubleKind::SignInRefused)),
        ("534 5.7.9 Application-specific password required.", Stage::SignIn, Lane(TroubleKind::SignInSwitchedOff)),
        ("550 5.7.0 Mail relay denied [192.0.2.1].", Stage::Recipient, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.1 Invalid credentials for relay [192.0.2.1].", Stage::Sender, Lane(TroubleKind::AccountBlocked)),
        ("550 5.4.5 Daily SMTP relay limit exceeded for user.", content, Lane(TroubleKind::Throttled)),
        ("550 5.4.5 Daily user sending limit exceeded.", content, Lane(TroubleKind::Throttled)),
        ("450 4.2.1 Peak SMTP relay limit exceeded.", content, Lane(TroubleKind::Throttled)),
        ("550 5.7.26 This mail is unauthenticated", content, Fail(RefusalKind::Content)),
        ("421 4.7.28 unusual rate of unsolicited mail", content, Lane(TroubleKind::Throttled)),
        ("552 5.2.3 Your message exceeded Google's message size limits.", content, Fail(RefusalKind::TooLarge)),
        ("452 4.5.3 Your message has too many recipients.", Stage::Recipient, Defer(RefusalKind::Throttled)),
        ("550 The from address does not match a verified Sender Identity.", content, Defer(RefusalKind::Sender)),
        ("535 Authentication failed: Bad username / password", Stage::SignIn, Lane(TroubleKind::SignInRefused)),
        ("550 Unauthenticated senders not allowed", Stage::Sender, Lane(TroubleKind::SignInNeeded)),
        ("451 Authentication failed: Maximum credits exceeded", Stage::SignIn, Lane(TroubleKind::AccountBlocked)),
        ("452 Too many recipients received this hour", Stage::Recipient, Lane(TroubleKind::Throttled)),
        ("554 Message rejected: Email address is not verified.", content, Defer(RefusalKind::Sender)),
        ("454 Throttling failure: Maximum sending rate exceeded.", content, Lane(TroubleKind::Throttled)),
        ("454 Throttling failure: Daily message quota exceeded.", content, Lane(TroubleKind::Throttled)),
        ("535 Authentication Credentials Invalid", Stage::SignIn, Lane(TroubleKind::SignInRefused)),
        ("554 Access denied: User `arn:x' is not authorized to perform `ses:SendRawEmail'", content, Lane(TroubleKind::AccountBlocked)),
        ("421 Too many concurrent SMTP connections", Stage::Sender, Lane(TroubleKind::Throttled)),
        ("525 5.7.1 Unauthorized IP address", Stage::SignIn, Lane(TroubleKind::AccountBlocked)),
        ("421 Domain x is not allowed to send: Sandbox subdomains are for test purposes only", content, Lane(TroubleKind::AccountBlocked)),
        ("550 5.7.1 sender signature not found", content, Defer(RefusalKind::Sender)),
        ("553 5.7.1 Relaying disallowed as a@b", Stage::Sender, Defer(RefusalKind::Sender)),
        ("550 5.1.1 User unknown", Stage::Recipient, Fail(RefusalKind::Recipient)),
        ("550 5.1.1 User unknown", content, Fail(RefusalKind::Recipient)),
        ("550 5.1.2 host unknown", Stage::Recipient, Fail(RefusalKind::Recipient)),
        ("452 4.2.2 mailbox full", Stage::Recipient, Defer(RefusalKind::Recipient)),
        ("552 5.2.2 mailbox full", Stage::Recipient, Fail(RefusalKind::Recipient)),
        ("554 5.7.1 Service unavailable; blocked using a list", Stage::Recipient, Fail(RefusalKind::Recipient)),
        ("450 4.1.1 User unknown", Stage::Recipient, Defer(RefusalKind::Recipient)),
        ("450 4.7.26 This mail is unauthenticated", content, Defer(RefusalKind::Content)),
        ("450 4.7.1 greylisted, try again later", Stage::Recipient, Defer(RefusalKind::Temporary)),
        ("554 5.7.1 <x@y>: Relay access denied", Stage::Recipient, Lane(TroubleKind::SignInNeeded)),
        ("530 5.7.0 Must issue a STARTTLS command first", Stage::Sender, Lane(TroubleKind::TlsNotOffered)),
        ("421 4.3.2 shutting down", Stage::Sender, Lane(TroubleKind::Throttled)),
        ("500 5.5.1 what?", Stage::Sender, Defer(RefusalKind::Other)),
        ("354 go on", Stage::Recipient, Defer(RefusalKind::Other)),
        ("554 5.6.0 cannot convert", content, Fail(RefusalKind::Unsuitable)),
    ];
    let mut wrong = Vec::new();
    for (said, stage, wanted) in rows {
        let got = classify(&RemoteReply::parse(said).unwrap(), *stage);
        if got != *wanted {
            wrong.push(format!("{said}: {got:?}, wanted {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn while_signing_in_nothing_is_ever_a_messages_fault() {
    for code in 300..600 {
        let verdict = classify(&RemoteReply { code, enhanced: None, text: "no such user".into() }, Stage::SignIn);
        assert!(matches!(verdict, Lane(_)), "{code}: {verdict:?}");
    }
}

/// "450 4.1.1 User unknown" is a server whose address book is not there just now, not an address that is wrong.
#[test]
fn a_4xx_bounced_because_its_words_sounded_final() {
    let sentences = SENTENCES.iter().map(|rule| (None, rule.words.join(" ")));
    let details = (0..=9).flat_map(|subject| (0..=710).map(move |detail| (Some((subject, detail)), String::new())));
    for (status, text) in sentences.chain(details) {
        for stage in [Stage::Sender, Stage::Recipient, Stage::Content] {
            for code in [354, 421, 432, 450, 451, 452, 454, 499] {
                let enhanced = status.map(|(subject, detail)| EnhancedStatus::new(Severity::Transient, subject, detail));
                let verdict = classify(&RemoteReply { code, enhanced, text: text.clone() }, stage);
                assert!(!matches!(verdict, Fail(_)), "{code} {status:?} {text} at {stage:?}: {verdict:?}");
            }
        }
    }
}

#[test]
fn one_recipient_too_many_is_told_from_a_full_mailbox_and_from_a_limit() {
    for (text, is) in [
        ("452 4.5.3 Too many recipients", true),
        ("452 Too many recipients", true),
        ("452 Too many recipients received this hour", false),
        ("452 4.2.2 Mailbox full", false),
        ("452 4.3.1 Insufficient system storage", false),
        ("552 5.5.3 Too many recipients", false),
        ("450 4.5.3 Too many recipients", false),
    ] {
        assert_eq!(is_one_too_many(&RemoteReply::parse(text).unwrap()), is, "{text}");
    }
}
