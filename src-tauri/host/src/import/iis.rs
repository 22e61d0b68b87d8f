//! The nouns: one virtual server of IIS SMTP as it was found, by ADSI, by WMI or in MetaBase.xml.

use super::flags::{self, Flags};
use super::ipsec::List;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One virtual server. Names of settings are in lower case: the three sources spell them differently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IisServer {
    pub number: u32,
    pub values: BTreeMap<String, Value>,
    pub domains: Vec<IisDomain>,
    /// Its domains could not be read: why.
    pub domains_unread: Option<String>,
}

/// A domain of a virtual server: local, alias, or remote with a way of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IisDomain {
    pub name: String,
    pub values: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    Text(String),
    Lines(Vec<String>),
    Access(Access),
    /// It is there and cannot be read: why, as a sentence.
    Unreadable(String),
}

/// Who may connect, or who may relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    OnlyThese(List),
    AllExcept(List),
}

/// The settings of a server or a domain, read by name.
pub trait Holds {
    fn values(&self) -> &BTreeMap<String, Value>;

    fn text(&self, name: &str) -> Option<String> {
        let text = match self.values().get(&name.to_ascii_lowercase())? {
            Value::Text(text) => text.trim().to_owned(),
            Value::Lines(lines) => lines.join(", "),
            Value::Access(_) | Value::Unreadable(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn lines(&self, name: &str) -> Vec<String> {
        match self.values().get(&name.to_ascii_lowercase()) {
            Some(Value::Lines(lines)) => lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
            Some(Value::Text(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(Value::Access(_) | Value::Unreadable(_)) | None => Vec::new(),
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        flags::number(&self.text(name)?)
    }

    /// Yeses and noes in one. One that is there and empty has none of them.
    fn flags(&self, name: &str) -> Option<Flags> {
        match self.values().get(&name.to_ascii_lowercase())? {
            Value::Text(text) => Some(flags::read(name, text)),
            Value::Lines(lines) => Some(flags::read(name, &lines.join("|"))),
            Value::Access(_) | Value::Unreadable(_) => None,
        }
    }

    /// It is there, and says no.
    fn no(&self, name: &str) -> bool {
        self.text(name).is_some() && !self.yes(name)
    }

    /// ADSI and WMI say True, MetaBase.xml TRUE; where it is a DWORD, all but 0 is a yes (4294967295 and -1 are the usual ones).
    fn yes(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| match flags::number(&text) {
            Some(number) => number != 0,
            None => matches!(text.to_ascii_lowercase().as_str(), "true" | "yes"),
        })
    }
}

impl Holds for IisServer {
    fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }
}

impl Holds for IisDomain {
    fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }
}
