//! What a session answers, one reply a line, with what it is said for (RFC 5321 §4.2, RFC 2034, RFC 3463, RFC 5248).
//!
//! Whoever reads these reads them in a scanner's log: each says what to change. The reference is made from this list.

use super::line::{LONGEST, LONGEST_ANSWER};
use crate::mail::known::known_replies;
use crate::mail::{AddressError, MessageId, Reply};

known_replies! {
    greeting(host_name: &str) = (220, "{host_name} ESMTP Outtray"), "the connection is open";
    hello(host_name: &str) = (250, "{host_name}"), "HELO; EHLO with a line for each extension";
    ok() = (Success, 50, 0, 0, "Ok"), "RSET or NOOP";
    sender_ok() = (Success, 50, 1, 0, "Ok"), "MAIL was taken";
    recipient_ok() = (Success, 50, 1, 5, "Ok"), "RCPT was taken; a recipient named twice is kept once";
    chunk_taken(octets: u64) = (Success, 50, 0, 0, "{octets} octets received"), "BDAT without LAST";
    go_ahead() = (354, "End data with <CR><LF>.<CR><LF>"), "DATA: send the message";
    queued(id: MessageId) = (Success, 50, 0, 0, "Ok: queued as {id}"), "the message is kept: it survives a power cut";
    not_verified() = (Success, 52, 5, 0, "Addresses are not verified here; send mail and see"), "VRFY";
    help() = (Success, 14, 0, 0, "AUTH BDAT DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY"), "HELP";
    bye() = (Success, 21, 0, 0, "Bye"), "QUIT";
    ready_for_tls() = (Success, 20, 0, 0, "Ready to start TLS"), "STARTTLS: begin the handshake";
    no_tls() = (Transient, 54, 7, 0, "TLS is not available here"), "STARTTLS at a port without it, or there is no certificate";
    already_tls() = (Permanent, 3, 5, 1, "This connection is encrypted already"), "STARTTLS under TLS";

    unknown_command() = (Permanent, 0, 5, 2, "Command not recognized"), "a command nobody knows";
    not_implemented(verb: &str) = (Permanent, 2, 5, 1, "{verb} is not implemented"), "a command that exists and is not offered (EXPN, ETRN, …)";
    line_too_long() = (Permanent, 0, 5, 6, "The line is longer than {LONGEST} octets"), "a command longer than that";
    syntax(usage: &str) = (Permanent, 1, 5, 4, "Syntax: {usage}"), "a command written wrongly, or with control characters";
    bad_value(parameter: &str) = (Permanent, 1, 5, 4, "The value of {parameter} is not valid"), "a parameter of MAIL or RCPT with a bad value";
    repeated_parameter(parameter: &str) = (Permanent, 1, 5, 4, "{parameter} is given twice"), "a parameter of MAIL or RCPT twice";
    unknown_parameter(parameter: &str) = (Permanent, 55, 5, 4, "{parameter} is not supported"), "a parameter of MAIL or RCPT that is not offered";
    bad_sender(error: AddressError) = (Permanent, 1, 1, 7, "The sender address is not valid: {error}"), "MAIL with something that is no address";
    bad_recipient(error: AddressError) = (Permanent, 1, 1, 3, "The recipient address is not valid: {error}"), "RCPT with something that is no address";
    not_ascii() = (Permanent, 53, 6, 7, "An address with letters beyond ASCII has to be UTF-8, and MAIL has to say SMTPUTF8"), "an address with letters beyond ASCII, and not in UTF-8 or without SMTPUTF8";
    no_recipient_given() = (Permanent, 1, 1, 3, "The recipient address is empty"), "`RCPT TO:<>`";
    no_local_mailboxes() = (Permanent, 50, 1, 1, "There are no mailboxes here, not even postmaster; give the full address with its domain"), "`RCPT TO:<postmaster>`";

    hello_first() = (Permanent, 3, 5, 1, "Send HELO or EHLO first"), "a command before HELO or EHLO";
    nested_mail() = (Permanent, 3, 5, 1, "A sender was given already; RSET begins anew"), "MAIL twice";
    mail_first() = (Permanent, 3, 5, 1, "Send MAIL first"), "RCPT, DATA or BDAT without MAIL";
    no_recipients() = (Permanent, 54, 5, 1, "No valid recipients"), "DATA or BDAT although no RCPT was taken";
    go_on_with_chunks() = (Permanent, 3, 5, 1, "The message has begun with BDAT; go on with BDAT, or begin anew with RSET"), "RCPT or DATA behind BDAT";
    too_many_recipients(limit: usize) = (Transient, 52, 5, 3, "A message can have {limit} recipients here; send it to the others separately"), "more recipients than allowed in one message; the others are kept";
    too_large(limit: u64) = (Permanent, 52, 3, 4, "The message is larger than the {limit} octets allowed here"), "larger than allowed: at MAIL with SIZE=, or at the end of data or of the chunk";
    mail_loop(limit: u32) = (Permanent, 54, 4, 6, "Mail loop: the message went through more than {limit} servers already"), "more Received lines than allowed";

    sign_in_user() = (334, "VXNlcm5hbWU6"), "AUTH LOGIN: the user name, please";
    sign_in_password() = (334, "UGFzc3dvcmQ6"), "AUTH LOGIN: the password, please";
    sign_in_both() = (334, ""), "AUTH PLAIN: user name and password, please";
    signed_in() = (Success, 35, 7, 0, "Signed in"), "user name and password are right";
    sign_in_refused() = (Permanent, 35, 7, 8, "The user name or the password is wrong, or the account is switched off"), "user name and password are not those of a device account";
    sign_in_not_now() = (Transient, 54, 7, 0, "Signing in is not possible now; try again later"), "too many wrong passwords from this address, or they cannot be checked at the moment";
    sign_in_cancelled() = (Permanent, 1, 7, 0, "Sign-in was cancelled"), "`*` in place of an answer";
    not_base64() = (Permanent, 1, 5, 2, "The answer is not valid BASE64, or does not hold what the mechanism wants"), "AUTH or an answer to it that cannot be decoded";
    unknown_mechanism() = (Permanent, 4, 5, 4, "This way to sign in is not offered here; PLAIN and LOGIN are"), "AUTH with another mechanism";
    answer_too_long() = (Permanent, 0, 5, 6, "The answer is longer than {LONGEST_ANSWER} octets"), "an answer while signing in that is longer than that";
    signed_in_already() = (Permanent, 3, 5, 1, "Somebody has signed in already"), "AUTH twice";
    no_sign_in_now() = (Permanent, 3, 5, 1, "Sign in before MAIL, not in the middle of a message"), "AUTH between MAIL and the end of data";
    no_sign_in_here() = (Permanent, 3, 5, 1, "There is nothing to sign in to from this address; send without signing in"), "AUTH where no sign-in is offered";
    sign_in_needs_tls() = (Permanent, 38, 7, 11, "Passwords are taken over encrypted connections only; use STARTTLS, or the port with TLS"), "AUTH in plain text where it is offered under TLS only";

    disk_full() = (Transient, 52, 3, 1, "The disk is full here; try again later"), "too little free space, or the store could not grow";
    not_kept() = (Transient, 51, 3, 0, "The message could not be stored; try again later"), "the store failed";
    stopping(host_name: &str) = (Transient, 21, 3, 2, "{host_name} is being stopped; try again later"), "Outtray is being stopped";
    timed_out(host_name: &str) = (Transient, 21, 4, 2, "{host_name} waited too long; closing the connection"), "silence, or half a command, for too long";
    outlived(host_name: &str) = (Transient, 21, 4, 2, "{host_name}: this connection has been open for too long; connect again"), "the connection has lived as long as one may";
    too_many_errors(host_name: &str) = (Transient, 21, 7, 0, "{host_name}: too many errors; closing the connection"), "too many mistakes in a row";
    too_many_commands(host_name: &str) = (Transient, 21, 7, 0, "{host_name}: too many commands; connect again to go on"), "more commands in one connection than allowed";
    out_of_step(host_name: &str) = (Transient, 21, 7, 0, "{host_name}: it cannot be told how much follows; closing the connection"), "BDAT without a number that can be read";
    web_request(host_name: &str) = (Transient, 21, 7, 0, "{host_name} takes mail, not web requests; closing the connection"), "a browser talked into speaking to us";
}

/// What an EHLO is told that is not told always.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extensions {
    pub message_bytes: u64,
    pub starttls: bool,
    pub sign_in: bool,
}

/// EHLO's lines bear no enhanced code (RFC 2034 §4).
pub(super) fn extended_hello(host_name: &str, extensions: Extensions) -> Reply {
    let Extensions { message_bytes, starttls, sign_in } = extensions;
    let mut lines = vec![host_name.to_owned(), format!("SIZE {message_bytes}"), "PIPELINING".into(), "8BITMIME".into(), "CHUNKING".into()];
    if starttls {
        lines.push("STARTTLS".into());
    }
    if sign_in {
        lines.push("AUTH PLAIN LOGIN".into());
    }
    lines.extend(["ENHANCEDSTATUSCODES".into(), "DSN".into(), "SMTPUTF8".into(), "HELP".into()]);
    Reply::plain(250, lines)
}
