//! What a client hears that is refused, one reply a function (RFC 3463, RFC 4954 §6, RFC 3207 §4).
//!
//! Each names the reason the office gave its rule, and what can be done. Whoever reads these reads them in a scanner's log.

use super::rate::Period;
use crate::mail::Severity::{Permanent, Transient};
use crate::mail::{ForwardPath, Mailbox, Reply};
use std::net::IpAddr;

pub(super) fn address_not_allowed(client: IpAddr) -> Reply {
    let client = client.to_canonical();
    let text = format!("<{client}>: this address may not send mail through here; the administrator can allow it in Outtray");
    Reply::new(Permanent, 50, 7, 1, text)
}

/// RFC 4954 §6: what a command hears that needs a sign-in.
pub(super) fn address_needs_account(client: IpAddr, encrypted: bool) -> Reply {
    let client = client.to_canonical();
    let first = if encrypted { "" } else { ", after STARTTLS," };
    let text = format!(
        "Authentication required: <{client}> is in no allowed network; sign in{first} with a device account, \
         or the administrator can allow this address in Outtray"
    );
    Reply::new(Permanent, 30, 7, 0, text)
}

pub(super) fn address_refused(client: IpAddr, rule: &str) -> Reply {
    let client = client.to_canonical();
    let text = format!("<{client}>: {}nothing is taken from this address; the administrator can change that in Outtray", named(rule));
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn starttls_first(rule: &str) -> Reply {
    Reply::new(Permanent, 30, 7, 0, format!("Must issue STARTTLS first: {}mail is taken encrypted only", named(rule)))
}

pub(super) fn sign_in_first(rule: &str) -> Reply {
    let text = format!("Authentication required: {}sign in with a device account of Outtray", named(rule));
    Reply::new(Permanent, 30, 7, 0, text)
}

/// RFC 4954 §6.
pub(super) fn password_needs_tls() -> Reply {
    Reply::new(Permanent, 38, 7, 11, "Encryption required: passwords are taken over TLS only; switch on STARTTLS")
}

pub(super) fn sender_not_in_rule(sender: &Mailbox, rule: &str) -> Reply {
    let text = format!("<{sender}>: {}this address may not send from this sender; use one that its rule in Outtray names", named(rule));
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn sender_not_of_account(sender: &Mailbox, account: &str) -> Reply {
    let text = format!("<{sender}>: the account {account} may not send from this sender; use one that Outtray names for it");
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn sender_not_allowed(sender: &Mailbox) -> Reply {
    let text = format!("<{sender}>: this sender is not allowed here; the administrator can allow it in Outtray");
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn recipient_not_own(recipient: &ForwardPath, rule: &str) -> Reply {
    let text = format!("<{recipient}>: {}mail from this address goes to the office's own domains only", named(rule));
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn recipient_not_allowed(recipient: &ForwardPath) -> Reply {
    let text = format!("<{recipient}>: this recipient is not allowed here; the administrator can allow it in Outtray");
    Reply::new(Permanent, 50, 7, 1, text)
}

pub(super) fn too_much(rule: &str, what: &str, limit: u32, period: Period) -> Reply {
    let period = period.word();
    let text = format!("{}no more than {limit} {what} a {period} are taken from one device; try again later", named(rule));
    Reply::new(Transient, 50, 7, 1, text)
}

/// The reason as the office calls it, in front of what it means.
fn named(rule: &str) -> String {
    if rule.is_empty() { String::new() } else { format!("{rule}: ") }
}
