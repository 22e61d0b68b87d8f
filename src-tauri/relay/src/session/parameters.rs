//! What stands behind the address in MAIL and RCPT (RFC 5321 §4.1.2; RFC 1870, 3461, 4954 §5, 6152, 6531).
//!
//! In: the rest of the command line. Out: checked values, or the reply that refuses them.
//! The library reads these too, but lets wrong ones pass and decodes what has to go on as it came.
//!
//! Invariant: each parameter is known, well-formed and there once.

use super::replies;
use crate::mail::wish::{EnvelopeId, Notify, OriginalRecipient, Ret, is_xtext};
use crate::mail::{Body, Reply, Returns, Wish};

/// What MAIL said besides the sender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MailParameters {
    /// A hint, 0 when it was not given; the octets are counted anyway.
    pub size: u64,
    pub body: Body,
    pub utf8: bool,
    pub returns: Returns,
}

pub(super) fn of_mail(text: &[u8]) -> Result<MailParameters, Reply> {
    let mut parameters = MailParameters::default();
    for word in words(text)? {
        match word.name.as_str() {
            "SIZE" => parameters.size = word.value(size)?,
            "BODY" => parameters.body = word.body()?,
            "SMTPUTF8" => parameters.utf8 = word.bare()?,
            "RET" => parameters.returns.ret = Some(word.value(Ret::parse)?),
            "ENVID" => parameters.returns.envelope_id = Some(word.value(EnvelopeId::parse)?),
            // Whoever sent it in the first place: nobody here is trusted to say so for another (RFC 4954 §5).
            "AUTH" => word.value(|value| is_xtext(value).then_some(()))?,
            _ => return Err(word.unknown()),
        }
    }
    Ok(parameters)
}

pub(super) fn of_rcpt(text: &[u8]) -> Result<Wish, Reply> {
    let mut wish = Wish::default();
    for word in words(text)? {
        match word.name.as_str() {
            "NOTIFY" => wish.notify = Some(word.value(Notify::parse)?),
            "ORCPT" => wish.original = Some(word.value(OriginalRecipient::parse)?),
            _ => return Err(word.unknown()),
        }
    }
    Ok(wish)
}

/// `NAME` or `NAME=value`.
struct Word<'a> {
    /// In capitals.
    name: String,
    value: Option<&'a [u8]>,
}

fn words(text: &[u8]) -> Result<Vec<Word<'_>>, Reply> {
    let mut words: Vec<Word<'_>> = Vec::new();
    for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        let mut parts = word.splitn(2, |&byte| byte == b'=');
        let name = shown(parts.next().unwrap_or_default());
        if words.iter().any(|known| known.name == name) {
            return Err(replies::repeated_parameter(&name));
        }
        words.push(Word { name, value: parts.next() });
    }
    Ok(words)
}

impl Word<'_> {
    fn value<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Reply> {
        let value = self.value.and_then(|value| std::str::from_utf8(value).ok()).filter(|value| !value.is_empty());
        value.and_then(parse).ok_or_else(|| replies::bad_value(&self.name))
    }

    fn bare(&self) -> Result<bool, Reply> {
        if self.value.is_none() { Ok(true) } else { Err(replies::bad_value(&self.name)) }
    }

    fn body(&self) -> Result<Body, Reply> {
        let body = self.value(|value| Some(value.to_ascii_uppercase()))?;
        match body.as_str() {
            "7BIT" => Ok(Body::SevenBit),
            "8BITMIME" => Ok(Body::EightBitMime),
            "BINARYMIME" => Err(replies::unknown_parameter("BODY=BINARYMIME")),
            _ => Err(replies::bad_value(&self.name)),
        }
    }

    fn unknown(&self) -> Reply {
        replies::unknown_parameter(&self.name)
    }
}

/// More than can be counted is more than is allowed.
fn size(value: &str) -> Option<u64> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

/// Something of the client's, short enough to stand in a reply.
pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).to_ascii_uppercase()
}
