//! Room 7, book: finding messages again, and refusals as records ([`refusals`]).
//!
//! In: what a person typed in the search box. Out: [`Term`]s for the store. Pure.
//! All words must match; `from:`, `to:`, `subject:`, `client:`, `before:`, `after:` narrow one.

pub mod refusals;

use crate::queue::StateWord;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A question to queue or history. Empty matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub terms: Vec<Term>,
    pub states: Vec<StateWord>,
    /// Only what waits for this lane, or, once settled, last went through it.
    pub lane: Option<String>,
    /// Only what was accepted up to this moment.
    pub accepted_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Anywhere(String),
    From(String),
    To(String),
    Subject(String),
    Client(String),
    Before(Timestamp),
    After(Timestamp),
}

/// Reads a search box. Quotes keep words together. A date that is none is searched for as text.
/// Dates are days in `zone`: `after:` includes the day, `before:` does not.
pub fn parse(text: &str, zone: &TimeZone) -> Vec<Term> {
    words(text).into_iter().map(|word| term(word, zone)).collect()
}

fn term(word: String, zone: &TimeZone) -> Term {
    let Some((key, value)) = word.split_once(':') else { return Term::Anywhere(word) };
    if value.is_empty() {
        return Term::Anywhere(word);
    }
    let midnight = |value: &str| {
        let day: Date = value.parse().ok()?;
        day.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp())
    };
    match key.to_ascii_lowercase().as_str() {
        "from" => Term::From(value.to_owned()),
        "to" => Term::To(value.to_owned()),
        "subject" => Term::Subject(value.to_owned()),
        "client" | "device" => Term::Client(value.to_owned()),
        "before" => midnight(value).map_or(Term::Anywhere(word.clone()), Term::Before),
        "after" => midnight(value).map_or(Term::Anywhere(word.clone()), Term::After),
        _ => Term::Anywhere(word),
    }
}

/// The words of a search box.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
        } else if letter.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_box_is_read_word_by_word() {
        let read = |text| parse(text, &TimeZone::UTC);
        assert_eq!(read("  "), []);
        assert_eq!(
            read("invoice from:scan@ \"two words\""),
            [Term::Anywhere("invoice".into()), Term::From("scan@".into()), Term::Anywhere("two words".into())]
        );
        assert_eq!(read("subject:\"a b\" device:10.0"), [Term::Subject("a b".into()), Term::Client("10.0".into())]);
        assert_eq!(read("after:1970-01-02"), [Term::After(Timestamp::from_second(86_400).unwrap_or_default())]);
        assert_eq!(
            read("before:soon to: re:x"),
            [Term::Anywhere("before:soon".into()), Term::Anywhere("to:".into()), Term::Anywhere("re:x".into())]
        );
    }
}
