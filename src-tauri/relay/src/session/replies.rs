//! What a session answers, one reply a function (RFC 5321 §4.2, RFC 2034, RFC 3463, RFC 5248).
//!
//! Whoever reads these reads them in a scanner's log: each says what to change.

use super::line::LONGEST;
use crate::mail::Severity::{Permanent, Success, Transient};
use crate::mail::{AddressError, MessageId, Reply};

pub(super) fn greeting(host_name: &str) -> Reply {
    Reply::plain(220, [format!("{host_name} ESMTP Outtray")])
}

pub(super) fn hello(host_name: &str) -> Reply {
    Reply::plain(250, [host_name.to_owned()])
}

/// EHLO's lines bear no enhanced code (RFC 2034 §4).
pub(super) fn extended_hello(host_name: &str, message_bytes: u64, starttls: bool) -> Reply {
    let mut lines = vec![host_name.to_owned(), format!("SIZE {message_bytes}"), "PIPELINING".into(), "8BITMIME".into()];
    if starttls {
        lines.push("STARTTLS".into());
    }
    lines.extend(["ENHANCEDSTATUSCODES".into(), "HELP".into()]);
    Reply::plain(250, lines)
}

pub(super) fn ok() -> Reply {
    Reply::new(Success, 50, 0, 0, "Ok")
}

pub(super) fn sender_ok() -> Reply {
    Reply::new(Success, 50, 1, 0, "Ok")
}

pub(super) fn recipient_ok() -> Reply {
    Reply::new(Success, 50, 1, 5, "Ok")
}

pub(super) fn go_ahead() -> Reply {
    Reply::plain(354, ["End data with <CR><LF>.<CR><LF>".to_owned()])
}

pub(super) fn queued(id: MessageId) -> Reply {
    Reply::new(Success, 50, 0, 0, format!("Ok: queued as {id}"))
}

pub(super) fn not_verified() -> Reply {
    Reply::new(Success, 52, 5, 0, "Addresses are not verified here; send mail and see")
}

pub(super) fn help() -> Reply {
    Reply::new(Success, 14, 0, 0, "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT STARTTLS")
}

pub(super) fn bye() -> Reply {
    Reply::new(Success, 21, 0, 0, "Bye")
}

pub(super) fn ready_for_tls() -> Reply {
    Reply::new(Success, 20, 0, 0, "Ready to start TLS")
}

pub(super) fn no_tls() -> Reply {
    Reply::new(Transient, 54, 7, 0, "TLS is not available here")
}

pub(super) fn already_tls() -> Reply {
    Reply::new(Permanent, 3, 5, 1, "This connection is encrypted already")
}

pub(super) fn unknown_command() -> Reply {
    Reply::new(Permanent, 0, 5, 2, "Command not recognized")
}

pub(super) fn not_implemented(verb: &str) -> Reply {
    Reply::new(Permanent, 2, 5, 1, format!("{verb} is not implemented"))
}

pub(super) fn line_too_long() -> Reply {
    Reply::new(Permanent, 0, 5, 6, format!("The line is longer than {LONGEST} octets"))
}

pub(super) fn syntax(usage: &str) -> Reply {
    Reply::new(Permanent, 1, 5, 4, format!("Syntax: {usage}"))
}

pub(super) fn bad_value(parameter: &str) -> Reply {
    Reply::new(Permanent, 1, 5, 4, format!("The value of {parameter} is not valid"))
}

pub(super) fn unknown_parameter(parameter: &str) -> Reply {
    Reply::new(Permanent, 55, 5, 4, format!("{parameter} is not supported"))
}

pub(super) fn bad_sender(error: AddressError) -> Reply {
    Reply::new(Permanent, 1, 1, 7, format!("The sender address is not valid: {error}"))
}

pub(super) fn bad_recipient(error: AddressError) -> Reply {
    Reply::new(Permanent, 1, 1, 3, format!("The recipient address is not valid: {error}"))
}

pub(super) fn not_ascii() -> Reply {
    Reply::new(Permanent, 53, 6, 7, "Addresses with characters outside ASCII cannot be sent through here")
}

pub(super) fn no_recipient_given() -> Reply {
    Reply::new(Permanent, 1, 1, 3, "The recipient address is empty")
}

pub(super) fn no_local_mailboxes() -> Reply {
    Reply::new(Permanent, 50, 1, 1, "There are no mailboxes here, not even postmaster; give the full address with its domain")
}

pub(super) fn hello_first() -> Reply {
    Reply::new(Permanent, 3, 5, 1, "Send HELO or EHLO first")
}

pub(super) fn nested_mail() -> Reply {
    Reply::new(Permanent, 3, 5, 1, "A sender was given already; RSET begins anew")
}

pub(super) fn mail_first() -> Reply {
    Reply::new(Permanent, 3, 5, 1, "Send MAIL first")
}

pub(super) fn no_recipients() -> Reply {
    Reply::new(Permanent, 54, 5, 1, "No valid recipients")
}

pub(super) fn too_many_recipients(limit: usize) -> Reply {
    Reply::new(Transient, 52, 5, 3, format!("A message can have {limit} recipients here; send it to the others separately"))
}

pub(super) fn too_large(limit: u64) -> Reply {
    Reply::new(Permanent, 52, 3, 4, format!("The message is larger than the {limit} octets allowed here"))
}

pub(super) fn mail_loop(limit: u32) -> Reply {
    Reply::new(Permanent, 54, 4, 6, format!("Mail loop: the message went through more than {limit} servers already"))
}

pub(super) fn disk_full() -> Reply {
    Reply::new(Transient, 52, 3, 1, "The disk is full here; try again later")
}

pub(super) fn not_kept() -> Reply {
    Reply::new(Transient, 51, 3, 0, "The message could not be stored; try again later")
}

pub(super) fn stopping(host_name: &str) -> Reply {
    Reply::new(Transient, 21, 3, 2, format!("{host_name} is being stopped; try again later"))
}

pub(super) fn timed_out(host_name: &str) -> Reply {
    Reply::new(Transient, 21, 4, 2, format!("{host_name} waited too long; closing the connection"))
}

pub(super) fn outlived(host_name: &str) -> Reply {
    Reply::new(Transient, 21, 4, 2, format!("{host_name}: this connection has been open for too long; connect again"))
}

pub(super) fn too_many_errors(host_name: &str) -> Reply {
    Reply::new(Transient, 21, 7, 0, format!("{host_name}: too many errors; closing the connection"))
}

pub(super) fn web_request(host_name: &str) -> Reply {
    Reply::new(Transient, 21, 7, 0, format!("{host_name} takes mail, not web requests; closing the connection"))
}
