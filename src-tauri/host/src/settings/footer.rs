//! What the office puts under what is written: what is wrong with it, and what it is for the engine.

use super::check::Rules;
use super::short;
use control::settings::FooterSettings;
use relay::smarthost::footer::Footer;

const LONGEST: usize = 10_000;

impl Rules<'_> {
    pub(super) fn footer(&mut self, footer: &FooterSettings) {
        let FooterSettings { text, html } = footer;
        if text.trim().is_empty() && html.trim().is_empty() {
            self.wrong("footer.text", "", "the footer is empty", "some text, some HTML, or no footer (`null`)");
        }
        for (name, words) in [("text", text), ("html", html)] {
            let control = words.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
            if words.len() > LONGEST || control {
                let wrong = "this is longer than 10,000 octets, or has control characters";
                self.wrong(format!("footer.{name}"), short(words), wrong, "a few lines");
            } else if words.lines().any(|line| line.len() > 900) {
                self.wrong(format!("footer.{name}"), short(words), "a line is longer than mail may have", "lines of at most 900 octets");
            }
        }
    }
}

/// For the engine. Lines end as people write them.
pub fn of(footer: &FooterSettings) -> Footer {
    let lines = |words: &str| words.trim_end().lines().collect::<Vec<_>>().join("\n");
    Footer { text: lines(&footer.text), html: lines(&footer.html) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Facts, check};
    use std::collections::HashMap;

    fn checked(footer: &str) -> Result<(String, String), Vec<String>> {
        let smart_host = r#"{"server": "a.test", "port": 587, "encryption": "starttls"}"#;
        let settings = serde_json::from_str(&format!(r#"{{"version": 1, "smartHost": {smart_host}, "footer": {footer}}}"#)).unwrap();
        let checked = check(&settings, &Facts::new("/nowhere".into(), "relay.test"));
        let checked = checked
            .map_err(|problems| problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.wrong)).collect::<Vec<_>>())?;
        let footer = checked.config(None, HashMap::new(), Vec::new()).smart_host.unwrap().footer.unwrap();
        Ok((footer.text.clone(), footer.html.clone()))
    }

    #[test]
    fn a_footer_has_lines_that_mail_may_have() {
        assert_eq!(checked(r#"{"text": "-- \nBüro\r\n\n"}"#), Ok(("-- \nBüro".to_owned(), String::new())));
        assert_eq!(checked("{}"), Err(vec!["footer.text: the footer is empty".to_owned()]));
        assert_eq!(
            checked(r#"{"text": "a\u0000b", "html": "x"}"#),
            Err(vec!["footer.text: this is longer than 10,000 octets, or has control characters".to_owned()])
        );
        let long = "x".repeat(901);
        assert_eq!(checked(&format!(r#"{{"html": "{long}"}}"#)), Err(vec!["footer.html: a line is longer than mail may have".to_owned()]));
    }
}
