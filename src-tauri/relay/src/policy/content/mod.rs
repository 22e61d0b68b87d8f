//! What may be in a message: attachments that are refused, and header rules. Pure; sees a content once, as it passes by.
//!
//! In: a content in pieces. Out: what goes on of it, and whether the message is refused or held.
//! Memory is bounded whatever the content; only when there are header rules, and only in the header section, is anything copied.

mod attachments;
mod decode;
mod header;
mod names;
mod programs;
#[cfg(test)]
mod tests;

pub use attachments::AttachmentRules;
pub use header::{HeaderAction, HeaderRule, NewField, Pattern};

use super::replies::{self, Named};
use super::{DecidedBy, Refusal, RefusedWhy};
use crate::mail::{HeldWhy, Reply};
use attachments::{AttachmentScan, Unwanted};
use bytes::Bytes;
use header::{HeaderPass, Matched};
use std::sync::Arc;

/// Letters of an attachment's name that are told.
const NAME_LETTERS: usize = 60;

/// What the settings say about contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentRules {
    /// None: any attachment is taken.
    pub attachments: Option<Arc<AttachmentRules>>,
    pub headers: Arc<[HeaderRule]>,
    /// Put into every message.
    pub every: Arc<[NewField]>,
}

impl Default for ContentRules {
    fn default() -> Self {
        Self { attachments: None, headers: Arc::new([]), every: Arc::new([]) }
    }
}

impl ContentRules {
    /// What a message grows by at most.
    pub fn growth(&self) -> usize {
        let added = self.headers.iter().filter_map(|rule| match &rule.action {
            HeaderAction::Add(field) => Some(field),
            HeaderAction::Refuse | HeaderAction::Hold | HeaderAction::Remove => None,
        });
        added.chain(self.every.iter()).map(|field| field.octets().len()).sum()
    }
}

/// One content on its way.
#[derive(Debug)]
pub struct ContentCheck {
    header: HeaderPass,
    attachments: Option<AttachmentScan>,
}

/// A content that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was kept back until the end.
    pub rest: Bytes,
    pub held: Option<HeldWhy>,
}

impl ContentCheck {
    pub fn new(rules: &ContentRules) -> Self {
        Self {
            header: HeaderPass::new(Arc::clone(&rules.headers), Arc::clone(&rules.every)),
            attachments: rules.attachments.clone().map(AttachmentScan::new),
        }
    }

    /// What goes on of the next piece; or the message is refused, and no more is to be shown.
    pub fn pass(&mut self, piece: Bytes) -> Result<Bytes, Refusal> {
        if let Some(attachments) = &mut self.attachments {
            attachments.see(&piece);
        }
        let piece = self.header.pass(piece);
        // A header rule that refuses is told before an attachment, however the pieces fall: so all of the header must be seen.
        if self.header.is_in_header() { Ok(piece) } else { self.verdict().map(|()| piece) }
    }

    /// The content has ended.
    pub fn finish(mut self) -> Result<Checked, Refusal> {
        if let Some(attachments) = &mut self.attachments {
            attachments.finish();
        }
        let rest = self.header.finish();
        self.verdict()?;
        let named = |matched: &Matched| if matched.rule.is_empty() { matched.field.clone() } else { matched.rule.clone() };
        Ok(Checked { rest, held: self.header.held().map(|matched| HeldWhy::HeaderRule { name: named(matched) }) })
    }

    fn verdict(&self) -> Result<(), Refusal> {
        if let Some(Matched { rule, field }) = self.header.refused() {
            return Err(refusal(RefusedWhy::HeaderRule, DecidedBy::Rule, replies::header_refused(Named(rule), field)));
        }
        match self.attachments.as_ref().and_then(AttachmentScan::unwanted) {
            None => Ok(()),
            Some(unwanted) => Err(refusal(RefusedWhy::Attachment, DecidedBy::Lists, reply(unwanted))),
        }
    }
}

fn refusal(why: RefusedWhy, by: DecidedBy, reply: Reply) -> Refusal {
    Refusal { why, by, reply }
}

fn reply(unwanted: &Unwanted) -> Reply {
    match unwanted {
        Unwanted::Ending { name, ending } => replies::attachment_by_ending(&washed(name), &washed(ending)),
        Unwanted::Program { name } if name.is_empty() => replies::attachment_is_program("without a name"),
        Unwanted::Program { name } => replies::attachment_is_program(&washed(name)),
        Unwanted::Within { archive, name } => replies::attachment_holds(&washed(archive), &washed(name)),
        Unwanted::Unreadable => replies::attachment_unreadable(),
    }
}

/// Short, and nothing in it that could be taken for something of ours. Of a long name the end is told: it says what it is.
fn washed(name: &str) -> String {
    let letters: Vec<char> =
        name.chars().map(|letter| if letter.is_ascii_graphic() && letter != '"' || letter == ' ' { letter } else { '?' }).collect();
    match letters.len().checked_sub(NAME_LETTERS) {
        None | Some(0) => letters.into_iter().collect(),
        Some(over) => "...".chars().chain(letters[over..].iter().copied()).collect(),
    }
}
