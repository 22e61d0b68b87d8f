//! Why a command got no good answer, out of lettre's errors.

use super::plain::printable;
use crate::mail::reply::RemoteReply;
use crate::mail::status::{EnhancedStatus, Severity};
use std::io;

/// Why a command got no good answer.
pub(super) enum Fault {
    Reply(RemoteReply),
    Lost(String),
    Silent,
    Broken(String),
}

impl From<lettre::transport::smtp::Error> for Fault {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        let source = std::error::Error::source(&error);
        let said = source.map(ToString::to_string).unwrap_or_default();
        if let Some(code) = error.status() {
            return Self::Reply(remote_reply(code.into(), &said));
        }
        let invalid =
            source.and_then(|source| source.downcast_ref::<io::Error>()).is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
        if said == "incomplete response" {
            return Self::Lost("it closed the connection".to_owned());
        }
        if error.is_response() || error.is_client() || invalid {
            return Self::Broken(printable(&said));
        }
        Self::Lost(printable(&said))
    }
}

pub(super) fn remote_reply(code: u16, text: &str) -> RemoteReply {
    let text = printable(text);
    match EnhancedStatus::parse_prefix(&text) {
        Some((enhanced, rest)) if Severity::from_digit(u8::try_from(code / 100).unwrap_or(0)) == Some(enhanced.class) => {
            RemoteReply { code, enhanced: Some(enhanced), text: rest.to_owned() }
        }
        Some(_) | None => RemoteReply { code, enhanced: None, text },
    }
}
