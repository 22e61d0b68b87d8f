//! From the contract's questions to the engine's.

use control::request::{EntryFilter, Refused, Selection};
use control::view::RecipientState;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use relay::Target;
use relay::history::{self, Filter};
use relay::mail::{Mailbox, MessageId};
use relay::queue::StateWord;

/// Days in a search are days on this machine's calendar.
pub fn filter(filter: &EntryFilter) -> Filter {
    Filter {
        terms: history::parse(&filter.text, &TimeZone::system()),
        states: filter.states.iter().map(|state| word(*state)).collect(),
        lane: filter.lane.clone(),
        accepted_until: None,
    }
}

pub fn target(selection: &Selection) -> Result<Target, Refused> {
    match selection {
        Selection::Ids { ids } => {
            // An id that cannot be one belongs to no message.
            let ids: Vec<_> = ids.iter().filter_map(|id| MessageId::parse(id)).collect();
            if ids.is_empty() { Err(Refused::NoSuchMessage) } else { Ok(Target::Ids(ids)) }
        }
        Selection::Matching { filter: wanted, accepted_until } => {
            let until = Timestamp::from_millisecond(*accepted_until)
                .map_err(|error| Refused::BadValue { field: "acceptedUntil".into(), said: error.to_string() })?;
            Ok(Target::Matching(Filter { accepted_until: Some(until), ..filter(wanted) }))
        }
    }
}

pub fn id(text: &str) -> Result<MessageId, Refused> {
    MessageId::parse(text).ok_or(Refused::NoSuchMessage)
}

pub fn mailbox(field: &str, text: &str) -> Result<Mailbox, Refused> {
    Mailbox::parse(text.trim()).map_err(|error| Refused::BadValue { field: field.to_owned(), said: error.to_string() })
}

fn word(state: RecipientState) -> StateWord {
    match state {
        RecipientState::Queued => StateWord::Queued,
        RecipientState::Deferred => StateWord::Deferred,
        RecipientState::Held => StateWord::Held,
        RecipientState::Sent => StateWord::Sent,
        RecipientState::Bounced => StateWord::Bounced,
        RecipientState::Expired => StateWord::Expired,
        RecipientState::Deleted => StateWord::Deleted,
    }
}
