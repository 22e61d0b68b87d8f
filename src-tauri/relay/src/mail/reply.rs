//! What we answer to a client (RFC 5321 §4.2, with enhanced codes of RFC 2034), and what a server answered to us.

use super::status::{EnhancedStatus, Severity};
use std::fmt;

/// A reply of ours. Lines never hold CR or LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<EnhancedStatus>,
    lines: Vec<String>,
}

impl Reply {
    /// `severity` gives the first digit and the enhanced class; `rest` the other two digits (`50` of 550).
    pub fn new(severity: Severity, rest: u8, subject: u16, detail: u16, text: impl Into<String>) -> Self {
        Self {
            code: u16::from(severity.digit()) * 100 + u16::from(rest),
            enhanced: Some(EnhancedStatus::new(severity, subject, detail)),
            lines: vec![clean(text.into())],
        }
    }

    /// Replies that bear no enhanced code: greeting, EHLO, 354 (RFC 2034 §4).
    pub fn plain(code: u16, lines: impl IntoIterator<Item = String>) -> Self {
        Self { code, enhanced: None, lines: lines.into_iter().map(clean).collect() }
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    pub fn enhanced(&self) -> Option<EnhancedStatus> {
        self.enhanced
    }

    /// What it says, without its numbers.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    pub fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// The bytes on the wire, every line with its code, ended by CRLF.
    pub fn to_wire(&self) -> String {
        let mut wire = String::new();
        let last = self.lines.len().saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate() {
            let joint = if index == last { ' ' } else { '-' };
            match self.enhanced {
                Some(enhanced) => wire.push_str(&format!("{}{joint}{enhanced} {line}\r\n", self.code)),
                None => wire.push_str(&format!("{}{joint}{line}\r\n", self.code)),
            }
        }
        wire
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_wire().trim_end())
    }
}

/// A reply of a smart host, as it is kept and shown: secrets already masked, one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteReply {
    pub code: u16,
    pub enhanced: Option<EnhancedStatus>,
    /// Text without the codes; lines joined by a space.
    pub text: String,
}

impl RemoteReply {
    pub fn severity(&self) -> Option<Severity> {
        u8::try_from(self.code / 100).ok().and_then(Severity::from_digit)
    }

    /// Reads back what [`fmt::Display`] wrote, as the store keeps it.
    pub fn parse(line: &str) -> Option<Self> {
        let code = line.get(..3)?.parse().ok()?;
        let rest = line.get(3..)?.trim_start();
        Some(match EnhancedStatus::parse_prefix(rest) {
            Some((enhanced, text)) => Self { code, enhanced: Some(enhanced), text: text.to_owned() },
            None => Self { code, enhanced: None, text: rest.to_owned() },
        })
    }
}

impl fmt::Display for RemoteReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

/// A reply is one line each and ASCII; what a client sent us must not be able to break it.
fn clean(text: String) -> String {
    if text.bytes().all(|byte| (32..127).contains(&byte)) {
        return text;
    }
    text.chars().map(|letter| if (' '..='~').contains(&letter) { letter } else { '?' }).collect()
}
