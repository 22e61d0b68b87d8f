//! Signs what goes out, so that others can tell it is the office's and whole (DKIM: RFC 6376; RFC 8463 for Ed25519).
//!
//! In: a message as it goes out, in pieces, and who signs. Out: header fields that go in front of it. rsa-sha256 or
//! ed25519-sha256, relaxed/relaxed, since servers on the way refold lines. Signed are the fields in [`ALWAYS`], once more
//! than they are there, so that nobody can add another (RFC 6376 §8.15), and those in [`IF_THERE`]; no Received and no
//! trace field, which change on the way.
//!
//! `mail-auth` can sign too, but wants all of the message in memory at once, and brings a dozen crates; ring is here.
//!
//! Invariant: memory does not grow with the message.

mod canonical;
mod key;

pub use key::{Algorithm, KeyError, SigningKey};

use crate::mail::fields::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canonical::{BodyHash, header_field};
use std::sync::Arc;

/// A domain whose mail is signed.
#[derive(Debug, Clone)]
pub struct Signer {
    pub domain: String,
    pub selector: String,
    /// None: it is not there.
    pub key: Option<Arc<SigningKey>>,
}

const ALWAYS: [&str; 13] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];
/// RFC 6376 §5.4.1, RFC 8058 §4.
const IF_THERE: [&str; 9] = [
    "Content-Disposition",
    "Auto-Submitted",
    "List-Id",
    "List-Help",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// RFC 5322 §2.1.1.
const WIDTH: usize = 76;

/// Those who sign mail of this domain: its own, else those of the nearest domain above it, which is as good for DMARC
/// (RFC 7489 §3.1.1, relaxed).
pub(super) fn of_domain<'a>(signers: &'a [Signer], domain: &str) -> Vec<&'a Signer> {
    let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
    let fits = |signer: &&Signer| {
        let own = signer.domain.to_ascii_lowercase();
        domain == own || domain.strip_suffix(&own).is_some_and(|rest| rest.ends_with('.'))
    };
    let longest = signers.iter().filter(fits).map(|signer| signer.domain.len()).max();
    signers.iter().filter(fits).filter(|signer| Some(signer.domain.len()) == longest).collect()
}

/// Of a body in these pieces, as `bh=` has it.
#[doc(hidden)]
pub fn body_hash(pieces: &[&[u8]]) -> Vec<u8> {
    let mut hash = BodyHash::default();
    pieces.iter().for_each(|piece| hash.push(piece));
    hash.finish().as_ref().to_vec()
}

/// A message that is being looked through.
#[derive(Default)]
pub(super) struct Measured {
    header: Vec<u8>,
    /// The header has ended.
    ended: bool,
    body: BodyHash,
    size: u64,
    ends: Ends,
}

/// Whether the last octets are a line end, which the way out puts behind a message that has none.
#[derive(Default, PartialEq, Eq)]
enum Ends {
    #[default]
    Whole,
    Open,
}

impl Measured {
    pub(super) fn see(&mut self, octets: &[u8]) {
        let Some(last) = octets.last() else { return };
        self.size += octets.len() as u64;
        self.ends = if *last == b'\n' { Ends::Whole } else { Ends::Open };
        if self.ended {
            return self.body.push(octets);
        }
        let looked = self.header.len().saturating_sub(3);
        self.header.extend_from_slice(octets);
        let end = if self.header.starts_with(b"\r\n") {
            Some((0, 2))
        } else {
            let found = self.header[looked..].windows(4).position(|four| four == b"\r\n\r\n");
            found.map(|at| (looked + at + 2, looked + at + 4))
        };
        if let Some((header, body)) = end {
            self.ended = true;
            self.body.push(&self.header[body..]);
            self.header.truncate(header);
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size + if self.ends == Ends::Open { 2 } else { 0 }
    }

    /// A field for each signer, in their order.
    pub(super) fn sign(&mut self, signers: &[&Signer]) -> Result<Vec<u8>, KeyError> {
        let body = STANDARD.encode(std::mem::take(&mut self.body).finish());
        let fields = Fields::of(&self.header);
        let (names, mut said) = chosen(&fields);
        let chosen_fields = said.len();
        let mut out = Vec::new();
        for signer in signers {
            let key = signer.key.as_ref().ok_or(KeyError::CannotSign)?;
            let algorithm = match key.algorithm() {
                Algorithm::Rsa => "rsa-sha256",
                Algorithm::Ed25519 => "ed25519-sha256",
            };
            let mut value = format!(" v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n\ts={}; h=", signer.domain, signer.selector);
            folded(&names, ":", &mut value);
            value.push_str(&format!(";\r\n\tbh={body};\r\n\tb="));
            said.truncate(chosen_fields);
            header_field(b"DKIM-Signature", value.as_bytes(), &mut said);
            // The last line has no end (§3.7).
            said.truncate(said.len() - 2);
            let signature = STANDARD.encode(key.sign(&said)?);
            let pieces: Vec<&str> = signature.as_bytes().chunks(WIDTH - 4).filter_map(|piece| std::str::from_utf8(piece).ok()).collect();
            value.push_str(&pieces.join("\r\n\t "));
            out.extend_from_slice(format!("DKIM-Signature:{value}\r\n").as_bytes());
        }
        Ok(out)
    }
}

/// The names of the fields that are signed, and those fields in canonical form; of several with one name the last first
/// (§5.4.2).
fn chosen(fields: &Fields<'_>) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut said) = (Vec::new(), Vec::new());
    let every = ALWAYS.iter().map(|name| (*name, true)).chain(IF_THERE.iter().map(|name| (*name, false)));
    for (name, once_more) in every {
        let mut there: Vec<_> = fields.iter().filter(|field| field.is(name)).collect();
        while let Some(field) = there.pop() {
            names.push(name);
            header_field(field.name, field.value(), &mut said);
        }
        if once_more {
            names.push(name);
        }
    }
    (names, said)
}

/// On lines that are not too long; a separator stands at the end of a line.
fn folded(words: &[&str], separator: &str, out: &mut String) {
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            out.push_str(separator);
        }
        let line = out.rsplit('\n').next().map_or(0, str::len);
        if line + word.len() + separator.len() > WIDTH {
            out.push_str("\r\n\t ");
        }
        out.push_str(word);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
