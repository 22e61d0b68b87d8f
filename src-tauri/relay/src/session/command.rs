//! Reads one command line (RFC 5321 §4.1.1).
//!
//! In: a line without its end. Out: a [`Command`] with checked addresses, or the reply that refuses it.
//!
//! Verbs are read by `smtp_proto`; paths are read here, as they stand on the wire. The library hands out
//! quoted local parts without their quotes, drops CR and postmaster, repairs UTF-8 and knows no address
//! literals: an address of ours must come out of a relay as it went in, or not at all.
//! Sloppy devices are served: a space behind the colon, no angle brackets, HELO without a name.

use super::parameters::{self, MailParameters, shown};
use super::replies;
use super::sign_in::{Mechanism, Sealed, sealed};
use crate::mail::{ForwardPath, Reply, ReversePath};
use smtp_proto::{Error, Request};

#[derive(Debug)]
pub(super) enum Command {
    Ehlo {
        name: String,
    },
    Helo {
        name: String,
    },
    Mail {
        reverse_path: ReversePath,
        parameters: MailParameters,
    },
    Rcpt {
        forward_path: ForwardPath,
    },
    Data,
    Bdat(Chunk),
    /// How many octets follow nobody can tell.
    UnreadableBdat,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
    StartTls,
    Auth {
        /// None: one that is not offered.
        mechanism: Option<Mechanism>,
        initial: Option<Sealed>,
    },
    /// A browser talked into speaking to us by some web page.
    WebRequest,
}

/// What a BDAT announces (RFC 3030 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub octets: u64,
    pub last: bool,
}

const WEB_VERBS: [&[u8]; 6] = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT"];
const MAIL_USAGE: &str = "MAIL FROM:<address> [parameters]";
const RCPT_USAGE: &str = "RCPT TO:<address> [parameters]";

/// Overwrites a password in the line.
pub(super) fn parse(line: &mut [u8]) -> Result<Command, Reply> {
    let start = line.len() - line.trim_ascii_start().len();
    let verb_end = line[start..].iter().position(|byte| matches!(byte, b' ' | b'\t')).map_or(line.len(), |at| start + at);
    let (head, rest) = line.split_at_mut(verb_end);
    let verb = head.trim_ascii();
    if verb.eq_ignore_ascii_case(b"AUTH") {
        return auth(rest);
    }
    let rest = rest.trim_ascii();
    if verb.eq_ignore_ascii_case(b"MAIL") {
        mail(rest)
    } else if verb.eq_ignore_ascii_case(b"RCPT") {
        rcpt(rest)
    } else if verb.eq_ignore_ascii_case(b"BDAT") {
        Ok(chunk(rest).map_or(Command::UnreadableBdat, Command::Bdat))
    } else if verb.eq_ignore_ascii_case(b"HELO") && rest.is_empty() {
        Ok(Command::Helo { name: String::new() })
    } else if WEB_VERBS.iter().any(|web| verb.eq_ignore_ascii_case(web)) {
        Ok(Command::WebRequest)
    } else {
        other(verb, rest)
    }
}

/// `PLAIN`, `LOGIN dXNlcg==` (RFC 4954 §4).
fn auth(rest: &mut [u8]) -> Result<Command, Reply> {
    let start = rest.len() - rest.trim_ascii_start().len();
    let end = start + rest[start..].trim_ascii_end().len();
    let rest = &mut rest[start..end];
    let name_end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
    let (name, answer) = rest.split_at_mut(name_end);
    let start = answer.len() - answer.trim_ascii_start().len();
    let initial = (start < answer.len()).then(|| sealed(&mut answer[start..]));
    if name.is_empty() {
        return Err(replies::syntax("AUTH mechanism [initial-response]"));
    }
    Ok(Command::Auth { mechanism: Mechanism::parse(name), initial })
}

fn mail(rest: &[u8]) -> Result<Command, Reply> {
    let (path, behind) = split_path(rest, b"FROM").ok_or_else(|| replies::syntax(MAIL_USAGE))?;
    let reverse_path = ReversePath::parse(utf8(path)?).map_err(replies::bad_sender)?;
    let parameters = parameters::of_mail(behind)?;
    if !(parameters.utf8 || reverse_path.is_ascii()) {
        return Err(replies::not_ascii());
    }
    Ok(Command::Mail { reverse_path, parameters })
}

fn rcpt(rest: &[u8]) -> Result<Command, Reply> {
    let (path, behind) = split_path(rest, b"TO").ok_or_else(|| replies::syntax(RCPT_USAGE))?;
    let text = utf8(path)?;
    if text.is_empty() {
        return Err(replies::no_recipient_given());
    }
    if text.eq_ignore_ascii_case("postmaster") {
        return Err(replies::no_local_mailboxes());
    }
    let mut forward_path = ForwardPath::parse(text).map_err(replies::bad_recipient)?;
    forward_path.wish = parameters::of_rcpt(behind)?;
    Ok(Command::Rcpt { forward_path })
}

/// `1000` and `1000 LAST`. The library takes any tail for nothing.
fn chunk(rest: &[u8]) -> Option<Chunk> {
    let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (size, last) = (words.next()?, words.next());
    if words.next().is_some() || last.is_some_and(|last| !last.eq_ignore_ascii_case(b"LAST")) {
        return None;
    }
    Some(Chunk { octets: number(size)?, last: last.is_some() })
}

/// Digits and nothing else, and not so many that they could not be counted.
fn number(digits: &[u8]) -> Option<u64> {
    let plain = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if plain { std::str::from_utf8(digits).ok()?.parse().ok() } else { None }
}

fn other(verb: &[u8], rest: &[u8]) -> Result<Command, Reply> {
    let mut line = Vec::with_capacity(verb.len() + rest.len() + 3);
    line.extend_from_slice(verb);
    if !rest.is_empty() {
        line.push(b' ');
        line.extend_from_slice(rest);
    }
    line.extend_from_slice(b"\r\n");
    let request = Request::parse(&mut line.iter()).map_err(refusal)?;
    if line[..line.len() - 2].iter().any(u8::is_ascii_control) {
        return Err(replies::syntax(&format!("{} without control characters", request.name())));
    }
    let bare = |command: Command| if rest.is_empty() { Ok(command) } else { Err(replies::syntax(&shown(verb))) };
    match request {
        Request::Ehlo { host } => Ok(Command::Ehlo { name: host.into_owned() }),
        Request::Helo { host } => Ok(Command::Helo { name: host.into_owned() }),
        Request::Data => bare(Command::Data),
        Request::Rset => bare(Command::Rset),
        Request::StartTls => bare(Command::StartTls),
        Request::Noop { .. } => Ok(Command::Noop),
        // RFC 6531 §3.7.4.2.
        Request::Vrfy { .. } if !rest.is_ascii() && !rest.to_ascii_uppercase().ends_with(b" SMTPUTF8") => Err(replies::not_ascii()),
        Request::Vrfy { .. } => Ok(Command::Vrfy),
        Request::Help { .. } => Ok(Command::Help),
        Request::Quit => Ok(Command::Quit),
        Request::Lhlo { .. } | Request::Expn { .. } | Request::Etrn { .. } | Request::Atrn { .. } | Request::Burl { .. } => {
            Err(replies::not_implemented(request.name()))
        }
        // Taken apart above.
        Request::Auth { .. } => Err(replies::unknown_mechanism()),
        Request::Bdat { .. } => Ok(Command::UnreadableBdat),
        Request::Mail { .. } => Err(replies::syntax(MAIL_USAGE)),
        Request::Rcpt { .. } => Err(replies::syntax(RCPT_USAGE)),
    }
}

fn refusal(error: Error) -> Reply {
    match error {
        Error::UnknownCommand => replies::unknown_command(),
        Error::SyntaxError { syntax } => replies::syntax(syntax),
        Error::InvalidParameter { param } => replies::bad_value(param),
        Error::UnsupportedParameter { param } => replies::unknown_parameter(&param),
        Error::InvalidSenderAddress => replies::syntax(MAIL_USAGE),
        Error::InvalidRecipientAddress => replies::syntax(RCPT_USAGE),
        Error::NeedsMoreData { .. } | Error::ResponseTooLong | Error::InvalidResponse { .. } => replies::unknown_command(),
    }
}

/// Takes `FROM:<a@b> SIZE=1` apart: the path without brackets and source route, and the parameters.
/// None: it is not written like that at all.
fn split_path<'a>(rest: &'a [u8], keyword: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (word, rest) = rest.split_at_checked(keyword.len())?;
    if !word.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let (path, parameters) = match rest.strip_prefix(b"<") {
        Some(inner) => {
            let end = unquoted(inner, |byte| byte == b'>')?;
            (inner[..end].trim_ascii(), &inner[end + 1..])
        }
        None => {
            let end = unquoted(rest, |byte| byte == b' ' || byte == b'\t').unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            rest.split_at(end)
        }
    };
    let apart = parameters.first().is_none_or(u8::is_ascii_whitespace);
    apart.then(|| (without_route(path), parameters.trim_ascii()))
}

/// The first octet that fits and does not stand in a quoted string.
fn unquoted(text: &[u8], fits: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().position(|&byte| {
        let hit = !quoted && fits(byte);
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && byte == b'\\' && !escaped;
        hit
    })
}

/// `@a.test,@b.test:ann@c.test` is `ann@c.test` (RFC 5321 §4.1.1.3, appendix C).
fn without_route(path: &[u8]) -> &[u8] {
    let Some(colon) = path.iter().position(|&byte| byte == b':') else { return path };
    let mut hops = path[..colon].split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let is_hop = |hop: &[u8]| hop.len() > 1 && hop[0] == b'@' && hop.iter().all(u8::is_ascii_graphic);
    if hops.all(is_hop) { path[colon + 1..].trim_ascii_start() } else { path }
}

/// RFC 6531 §3.3. Whether letters beyond ASCII may be there at all hangs on the transaction.
fn utf8(path: &[u8]) -> Result<&str, Reply> {
    std::str::from_utf8(path).map_err(|_| replies::not_ascii())
}
