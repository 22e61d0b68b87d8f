//! Reads one command line (RFC 5321 §4.1.1).
//!
//! In: a line without its end. Out: a [`Command`] with checked addresses, or the reply that refuses it.
//!
//! Verbs and parameters are read by `smtp_proto`; paths are read here, as they stand on the wire. The
//! library hands out quoted local parts without their quotes, drops CR and postmaster, repairs UTF-8 and
//! knows no address literals: an address of ours must come out of a relay as it went in, or not at all.
//! Sloppy devices are served: a space behind the colon, no angle brackets, HELO without a name.

use super::replies;
use super::sign_in::{Mechanism, Sealed, sealed};
use crate::mail::{Body, ForwardPath, Reply, ReversePath};
use smtp_proto::request::parser;
use smtp_proto::{Error, MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME, Request};
use std::borrow::Cow;

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
        size: u64,
        body: Body,
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
const MAIL_USAGE: &str = "MAIL FROM:<address> [SIZE=octets] [BODY=7BIT or 8BITMIME]";
const RCPT_USAGE: &str = "RCPT TO:<address>";

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
    let (path, parameters) = split_path(rest, b"FROM").ok_or_else(|| replies::syntax(MAIL_USAGE))?;
    let text = ascii(path)?;
    let reverse_path = ReversePath::parse(text).map_err(replies::bad_sender)?;
    let (size, body) = mail_parameters(parameters)?;
    Ok(Command::Mail { reverse_path, size, body })
}

fn rcpt(rest: &[u8]) -> Result<Command, Reply> {
    let (path, parameters) = split_path(rest, b"TO").ok_or_else(|| replies::syntax(RCPT_USAGE))?;
    let text = ascii(path)?;
    if text.is_empty() {
        return Err(replies::no_recipient_given());
    }
    if text.eq_ignore_ascii_case("postmaster") {
        return Err(replies::no_local_mailboxes());
    }
    let forward_path = ForwardPath::parse(text).map_err(replies::bad_recipient)?;
    match words(parameters).next() {
        Some((name, _)) => Err(replies::unknown_parameter(&shown(name))),
        None => Ok(Command::Rcpt { forward_path }),
    }
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

fn ascii(path: &[u8]) -> Result<&str, Reply> {
    match std::str::from_utf8(path) {
        Ok(text) if text.is_ascii() => Ok(text),
        Ok(_) | Err(_) => Err(replies::not_ascii()),
    }
}

/// SIZE (RFC 1870) and BODY (RFC 6152), all that is offered.
fn mail_parameters(parameters: &[u8]) -> Result<(u64, Body), Reply> {
    if parameters.is_empty() {
        return Ok((0, Body::SevenBit));
    }
    let known = |name: &[u8]| name.eq_ignore_ascii_case(b"SIZE") || name.eq_ignore_ascii_case(b"BODY");
    if let Some((name, _)) = words(parameters).find(|(name, _)| !known(name)) {
        return Err(replies::unknown_parameter(&shown(name)));
    }
    // The library wraps around on such numbers.
    let endless = |value: &[u8]| value.len() > 18 && value.iter().all(u8::is_ascii_digit);
    if words(parameters).any(|(name, value)| name.eq_ignore_ascii_case(b"SIZE") && endless(value)) {
        return Ok((u64::MAX, Body::SevenBit));
    }
    let mut line = parameters.to_vec();
    line.extend_from_slice(b"\r\n");
    let mut bytes = line.iter();
    let mut reader = parser::Rfc5321Parser::new(&mut bytes);
    let mail = reader.mail_from_parameters(Cow::Borrowed("")).map_err(refusal)?;
    if mail.flags & MAIL_BODY_BINARYMIME != 0 {
        return Err(replies::unknown_parameter("BODY=BINARYMIME"));
    }
    let body = if mail.flags & MAIL_BODY_8BITMIME != 0 { Body::EightBitMime } else { Body::SevenBit };
    Ok((mail.size as u64, body))
}

/// `NAME=value` and `NAME`.
fn words(parameters: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    parameters.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(|word| {
        let name_end = word.iter().position(|&byte| byte == b'=').unwrap_or(word.len());
        (&word[..name_end], word.get(name_end + 1..).unwrap_or_default())
    })
}

/// Something of the client's, short enough to stand in a reply.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).to_ascii_uppercase()
}
