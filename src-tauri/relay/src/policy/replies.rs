//! What a client hears that may not send what it wants to (RFC 3463, RFC 3207 §4, RFC 4954 §6).
//!
//! Each names the reason as the office called its rule, and what can be done. The reference is made from this list.

use crate::mail::known::known_replies;
use crate::mail::{ForwardPath, Mailbox};
use std::fmt;
use std::net::IpAddr;

known_replies! {
    address_not_allowed(client: IpAddr) = (Permanent, 50, 7, 1, "<{client}>: this address may not send mail through here; the administrator can allow it in Outtray"), "this client's address is in no allowed network";
    account_needed(client: IpAddr) = (Permanent, 30, 7, 0, "Authentication required: <{client}> is in no allowed network; sign in with a device account, or the administrator can allow this address in Outtray"), "this client's address is in no allowed network, and there are device accounts";
    account_and_tls_needed(client: IpAddr) = (Permanent, 30, 7, 0, "Authentication required: <{client}> is in no allowed network; sign in after STARTTLS with a device account, or the administrator can allow this address in Outtray"), "likewise, without encryption";
    address_refused(client: IpAddr, rule: Named<'_>) = (Permanent, 50, 7, 1, "<{client}>: {rule}nothing is taken from this address; the administrator can change that in Outtray"), "a rule refuses this client's network";
    starttls_first(rule: Named<'_>) = (Permanent, 30, 7, 0, "Must issue STARTTLS first: {rule}mail is taken encrypted only"), "its rule wants encryption";
    sign_in_first(rule: Named<'_>) = (Permanent, 30, 7, 0, "Authentication required: {rule}sign in with a device account of Outtray"), "its rule wants a sign-in";
    sender_not_in_rule(sender: &Mailbox, rule: Named<'_>) = (Permanent, 50, 7, 1, "<{sender}>: {rule}this address may not send from this sender; use one that its rule in Outtray names"), "its rule names senders, and not this one";
    sender_not_of_account(sender: &Mailbox, account: &str) = (Permanent, 50, 7, 1, "<{sender}>: the account {account} may not send from this sender; use one that Outtray names for it"), "the device account names senders, and not this one";
    sender_not_allowed(sender: &Mailbox) = (Permanent, 50, 7, 1, "<{sender}>: this sender is not allowed here; the administrator can allow it in Outtray"), "the lists do not allow this sender";
    recipient_not_own(recipient: &ForwardPath, rule: Named<'_>) = (Permanent, 50, 7, 1, "<{recipient}>: {rule}mail from this address goes to the office's own domains only"), "its rule allows the office's own domains only";
    recipient_not_allowed(recipient: &ForwardPath) = (Permanent, 50, 7, 1, "<{recipient}>: this recipient is not allowed here; the administrator can allow it in Outtray"), "the lists do not allow this recipient";
    too_much(rule: Named<'_>, limit: u32, what: &str, each: &str) = (Transient, 50, 7, 1, "{rule}no more than {limit} {what} {each} are taken from one device; try again later"), "more messages or recipients than its rule allows in this time";
    header_refused(rule: Named<'_>, field: &str) = (Permanent, 50, 7, 1, "{rule}messages with such a {field} are not taken here; the administrator can change that in Outtray"), "a header rule refuses the message";
    attachment_by_ending(name: &str, ending: &str) = (Permanent, 50, 7, 1, "The attachment \"{name}\" is not taken here: files that end in .{ending} may be harmful; the administrator can change that in Outtray"), "an attachment whose name ends so";
    attachment_is_program(name: &str) = (Permanent, 50, 7, 1, "The attachment \"{name}\" is not taken here: it is a program; the administrator can change that in Outtray"), "an attachment that is a program, whatever its name";
    attachment_holds(name: &str, entry: &str) = (Permanent, 50, 7, 1, "The attachment \"{name}\" is not taken here: the file \"{entry}\" in it may be harmful; the administrator can change that in Outtray"), "a ZIP archive with a file whose name ends so";
    attachment_unreadable() = (Permanent, 50, 7, 1, "An attachment is not taken here: it cannot be told what it is; the administrator can change that in Outtray"), "an attachment made so that it cannot be looked through";
}

/// A rule's name in front of what it means; nothing when it has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a>(pub &'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}
