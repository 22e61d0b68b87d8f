//! Attachments and header rules: what is wrong with them, and what they are for the engine.
//!
//! In: the part of the settings that says what may be in a message. Out: [`ContentRules`], or problems.

use super::check::Rules;
use super::short;
use control::Settings;
use control::settings::{self, AttachmentRules};
use relay::policy::content::{AttachmentRules as Attachments, ContentRules, HeaderAction, HeaderRule, Pattern};
use std::sync::Arc;

const LONGEST_NAME: usize = 100;
const LONGEST_ENDING: usize = 20;
const LONGEST_PATTERN: usize = 200;
/// With its name it must fit into a line (RFC 5322 §2.1.1).
const LONGEST_VALUE: usize = 800;
/// Servers on the way write it and trust it (RFC 5321 §4.4).
const TRACE: [&str; 2] = ["Received", "Return-Path"];

impl Rules<'_> {
    pub(super) fn content(&mut self, settings: &Settings) -> ContentRules {
        let Settings { attachments, headers, .. } = settings;
        ContentRules { attachments: self.attachments(attachments), headers: self.headers(headers).into() }
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

    fn headers(&mut self, headers: &[settings::HeaderRule]) -> Vec<HeaderRule> {
        headers.iter().enumerate().map(|(index, rule)| self.header(&format!("headers[{index}]"), rule)).collect()
    }

    fn header(&mut self, at: &str, rule: &settings::HeaderRule) -> HeaderRule {
        let settings::HeaderRule { name, field, pattern, action } = rule;
        if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
            let wrong = "this name has control characters or is longer than 100 characters";
            self.wrong(format!("{at}.name"), short(name), wrong, "a short name, as in `Mailing lists`");
        }
        self.field_name(&format!("{at}.field"), field);
        if pattern.chars().any(char::is_control) || pattern.chars().count() > LONGEST_PATTERN {
            let wrong = "this pattern has control characters or is longer than 200 characters";
            self.wrong(format!("{at}.pattern"), short(pattern), wrong, "a text that must be found, with `*` for anything");
        }
        let action = match action {
            settings::HeaderAction::Refuse => HeaderAction::Refuse,
            settings::HeaderAction::Hold => HeaderAction::Hold,
            settings::HeaderAction::Remove => {
                self.may_change(&format!("{at}.field"), field, "taken out");
                HeaderAction::Remove
            }
            settings::HeaderAction::Add { field, value } => {
                self.field_name(&format!("{at}.action.field"), field);
                self.may_change(&format!("{at}.action.field"), field, "put in");
                if value.len() > LONGEST_VALUE || value.trim() != value || !value.chars().all(|letter| (' '..='~').contains(&letter)) {
                    let wrong = "a value has printable ASCII characters only, 800 at most, and no space at its ends";
                    self.wrong(format!("{at}.action.value"), short(value), wrong, "a plain text, as in `office printers`");
                }
                HeaderAction::Add { field: field.clone(), value: value.clone() }
            }
        };
        HeaderRule { name: name.clone(), field: field.clone(), pattern: Pattern::new(pattern), action }
    }

    /// RFC 5322 §2.2: printable ASCII without the colon.
    fn field_name(&mut self, at: &str, field: &str) {
        let is_one = (1..=LONGEST_NAME).contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !is_one {
            self.wrong(at, short(field), "this is no name of a header field", "the name without the colon, as in `Subject`");
        }
    }

    /// Without some fields a message cannot be read any more, or its way not be followed.
    fn may_change(&mut self, at: &str, field: &str, how: &str) {
        let lower = field.to_lowercase();
        let wrong = if TRACE.iter().any(|trace| field.eq_ignore_ascii_case(trace)) {
            format!("this field tells the way of a message and cannot be {how}")
        } else if lower.starts_with("content-") || lower == "mime-version" {
            format!("this field says how the message is to be read and cannot be {how}")
        } else {
            return;
        };
        self.wrong(at, short(field), wrong, "another field, or the action `refuse` or `hold`");
    }
}
