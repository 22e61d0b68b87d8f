//! Attachments and header rules: what is wrong with them, and what they are for the engine.
//!
//! In: the part of the settings that says what may be in a message. Out: [`ContentRules`], or problems.

use super::check::Rules;
use super::short;
use control::Settings;
use control::settings::{self, AttachmentRules};
use relay::policy::content::{AttachmentRules as Attachments, ContentRules, HeaderAction, HeaderRule, NewField, Pattern};
use std::sync::Arc;

const LONGEST_NAME: usize = 100;
const LONGEST_ENDING: usize = 20;
const LONGEST_PATTERN: usize = 200;
/// With its name it must fit into a line (RFC 5322 §2.1.1); octets.
const LONGEST_VALUE: usize = 800;
/// Servers on the way write it and trust it (RFC 5321 §4.4).
const TRACE: [&str; 2] = ["Received", "Return-Path"];
/// A message with two of them is none (RFC 5322 §3.6), and who wrote it decides what stands there.
const ONCE: [&str; 11] = ["Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject"];
/// Computed over a message by who signs it (RFC 6376, RFC 8617).
const SIGNATURES: [&str; 4] = ["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"];
/// A rule as the engine knows it.
enum Ruled {
    ByField(HeaderRule),
    Every(NewField),
}

impl Rules<'_> {
    pub(super) fn content(&mut self, settings: &Settings) -> ContentRules {
        let Settings { attachments, headers, .. } = settings;
        let attachments = self.attachments(attachments);
        let (mut by_field, mut every) = (Vec::new(), Vec::new());
        for (index, rule) in headers.iter().enumerate() {
            match self.header(&format!("headers[{index}]"), rule) {
                Some(Ruled::ByField(rule)) => by_field.push(rule),
                Some(Ruled::Every(field)) => every.push(field),
                None => {}
            }
        }
        ContentRules { attachments, headers: by_field.into(), every: every.into() }
    }

    fn attachments(&mut self, attachments: &AttachmentRules) -> Option<Arc<Attachments>> {
        let AttachmentRules { refuse, extensions, programs_by_content } = attachments;
        for (index, ending) in extensions.iter().enumerate() {
            let field = format!("attachments.extensions[{index}]");
            if let Some(plain) = ending.strip_prefix('.').or(ending.strip_prefix("*.")) {
                self.wrong(field, short(ending), "the dot is not written here", plain);
            } else if ending.is_empty() || ending.chars().count() > LONGEST_ENDING || !ending.chars().all(char::is_alphanumeric) {
                let wrong = "this is no ending of a file name: letters and digits, 20 at most";
                self.wrong(field, short(ending), wrong, "an ending as in `exe`");
            }
        }
        let endings = extensions.iter().map(|ending| ending.to_lowercase()).collect();
        refuse.then(|| Arc::new(Attachments { endings, programs: *programs_by_content }))
    }

    /// None: what is wrong with it leaves nothing to be done.
    fn header(&mut self, at: &str, rule: &settings::HeaderRule) -> Option<Ruled> {
        let settings::HeaderRule { name, field, pattern, action } = rule;
        if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
            let wrong = "this name has control characters or is longer than 100 characters";
            self.wrong(format!("{at}.name"), short(name), wrong, "a short name, as in `Mailing lists`");
        }
        if pattern.chars().any(char::is_control) || pattern.chars().count() > LONGEST_PATTERN {
            let wrong = "this pattern has control characters or is longer than 200 characters";
            self.wrong(format!("{at}.pattern"), short(pattern), wrong, "a text that must be found, with `*` for anything");
        }
        match field {
            Some(field) => Some(Ruled::ByField(self.by_field(at, name, field, pattern, action))),
            None => self.every(at, name, pattern, action),
        }
    }

    fn by_field(&mut self, at: &str, name: &str, field: &str, pattern: &str, action: &settings::HeaderAction) -> HeaderRule {
        self.field_name(&format!("{at}.field"), field);
        let action = match action {
            settings::HeaderAction::Refuse => HeaderAction::Refuse,
            settings::HeaderAction::Hold => HeaderAction::Hold,
            settings::HeaderAction::Remove { field: other } => {
                self.may_change(&format!("{at}.field"), field, "taken out", "another field, or the action `refuse` or `hold`");
                if let Some(other) = other {
                    let wrong = "the field that matches is taken out, and no other";
                    self.wrong(format!("{at}.action.field"), short(other), wrong, "nothing here, or no field to match: every message");
                }
                HeaderAction::Remove
            }
            settings::HeaderAction::Add { field, value } => HeaderAction::Add(self.new_field(at, field, value)),
        };
        HeaderRule { name: name.to_owned(), field: field.to_owned(), pattern: Pattern::new(pattern), action }
    }

    fn every(&mut self, at: &str, name: &str, pattern: &str, action: &settings::HeaderAction) -> Option<Ruled> {
        if !pattern.is_empty() {
            let wrong = "a rule for every message has no field in which this could be found";
            self.wrong(format!("{at}.pattern"), short(pattern), wrong, "nothing here, or the field to look into");
        }
        match action {
            settings::HeaderAction::Refuse | settings::HeaderAction::Hold => {
                let wrong = "a rule that refuses or holds needs a field: this one fits every message, and no mail would go out";
                self.wrong(format!("{at}.field"), "", wrong, "a field, as in `Subject`, or the action `add` or `remove`");
                None
            }
            settings::HeaderAction::Remove { field } => {
                let at = format!("{at}.action.field");
                let Some(field) = field else {
                    self.wrong(at, "", "it is not said which field is taken out", "the name without the colon, as in `X-Scanner-Serial`");
                    return None;
                };
                self.field_name(&at, field);
                self.may_change(&at, field, "taken out", "another field");
                let (name, field) = (name.to_owned(), field.to_owned());
                Some(Ruled::ByField(HeaderRule { name, field, pattern: Pattern::default(), action: HeaderAction::Remove }))
            }
            settings::HeaderAction::Add { field, value } => Some(Ruled::Every(self.new_field(at, field, value))),
        }
    }

    fn new_field(&mut self, at: &str, field: &str, value: &str) -> NewField {
        let place = format!("{at}.action.field");
        self.field_name(&place, field);
        let (remedy, is) = ("another field, as in `X-Organization`", |name: &&str| field.eq_ignore_ascii_case(name));
        self.may_change(&place, field, "put in", remedy);
        if ONCE.iter().any(is) {
            self.wrong(&*place, short(field), "a message may have this field only once, and who writes it fills it in", remedy);
        } else if SIGNATURES.iter().any(is) {
            self.wrong(&*place, short(field), "this field is a signature, and only who signs can make one", remedy);
        } else if field.to_lowercase().starts_with("resent-") {
            self.wrong(&*place, short(field), "this field tells the way of a message and cannot be put in", remedy);
        }
        if value.is_empty() || value.len() > LONGEST_VALUE || value.trim() != value || value.chars().any(is_unseen) {
            let wrong = "a value is one line of letters that can be seen, 800 octets at most, without a space at its ends";
            self.wrong(format!("{at}.action.value"), short(value), wrong, "a text, as in `Muster GmbH`");
        }
        NewField::new(field, value)
    }

    /// RFC 5322 §2.2: printable ASCII without the colon.
    fn field_name(&mut self, at: &str, field: &str) {
        let is_one = (1..=LONGEST_NAME).contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !is_one {
            self.wrong(at, short(field), "this is no name of a header field", "the name without the colon, as in `Subject`");
        }
    }

    /// Without some fields a message cannot be read any more, or its way not be followed.
    fn may_change(&mut self, at: &str, field: &str, how: &str, remedy: &str) {
        let lower = field.to_lowercase();
        let wrong = if TRACE.iter().any(|trace| field.eq_ignore_ascii_case(trace)) {
            format!("this field tells the way of a message and cannot be {how}")
        } else if lower.starts_with("content-") || lower == "mime-version" {
            format!("this field says how the message is to be read and cannot be {how}")
        } else {
            return;
        };
        self.wrong(at, short(field), wrong, remedy);
    }
}

/// Control characters, other line ends, and what turns the direction of writing.
fn is_unseen(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
