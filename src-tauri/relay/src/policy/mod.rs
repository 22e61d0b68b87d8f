//! Room 3, may: who may send what through here (RFC 5321 §7.9). Pure decisions.
//!
//! In: what is known of a client, a sender, a recipient, a content. Out: a [`Verdict`], with the reply to give if it is
//! a refusal. Counters and memories of what was sent are here too, with the time as an argument.
//! What is not listed is refused, this machine itself too: an empty policy is a relay for nobody.
//!
//! Invariant: the first rule whose network holds the client's address decides; what it refuses no account allows.

pub mod burst;
pub mod content;
pub mod password;
pub mod rate;
pub mod sign_in;

mod bounded;
mod lists;
#[cfg(test)]
mod model_tests;
mod network;
pub(crate) mod replies;
#[cfg(test)]
mod tests;

pub use lists::{AddressList, AddressPattern};
pub use network::Network;

use crate::mail::{ForwardPath, Mailbox, Priority, Reply, ReversePath};
use ipnet::IpNet;
use rate::{Allowance, Rates};
use replies::Named;
use std::net::IpAddr;

/// Rules, accounts and lists; checked by whoever made them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub rules: Vec<Rule>,
    pub accounts: Vec<Account>,
    pub lists: Lists,
}

/// What holds for clients of one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub network: Network,
    /// The device hears it; empty: it has none.
    pub name: String,
    pub action: Action,
    pub require_encryption: bool,
    pub require_sign_in: bool,
    /// Passwords may come without TLS.
    pub plain_sign_in: bool,
    /// Empty: any.
    pub senders: AddressList,
    pub own_domains_only: bool,
    pub message_bytes: Option<u64>,
    pub rates: Rates,
    pub priority: Priority,
    /// Gets a copy of everything.
    pub archive: Option<Mailbox>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Allow,
    Refuse,
}

impl Rule {
    /// Everybody in this network may send, without conditions.
    pub fn allowing(network: Network) -> Self {
        Self {
            network,
            name: String::new(),
            action: Action::Allow,
            require_encryption: false,
            require_sign_in: false,
            plain_sign_in: false,
            senders: AddressList::default(),
            own_domains_only: false,
            message_bytes: None,
            rates: Rates::default(),
            priority: Priority::default(),
            archive: None,
        }
    }
}

/// A device account that can sign in; its password is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As the settings write it; letters of either case are the same.
    pub name: String,
    /// Nobody can sign in with one that is not.
    pub enabled: bool,
    /// Empty: any.
    pub senders: AddressList,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    pub own_domains: AddressList,
    /// Empty: any, as with recipients.
    pub allowed_senders: AddressList,
    pub denied_senders: AddressList,
    pub allowed_recipients: AddressList,
    pub denied_recipients: AddressList,
}

/// Who asks: what is known of a client when it says MAIL or RCPT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking<'a> {
    pub client: IpAddr,
    pub encrypted: bool,
    /// The device account it has signed in with.
    pub account: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Permit,
    Refuse(Refusal),
}

/// What a client hears, and what people see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub why: RefusedWhy,
    pub by: DecidedBy,
    pub reply: Reply,
}

/// Why a client was refused, as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedWhy {
    NotAllowed,
    EncryptionNeeded,
    SignInNeeded,
    SignInFailed,
    SenderNotAllowed,
    RecipientNotAllowed,
    TooMuch,
    Attachment,
    HeaderRule,
    TlsFailed,
    TooLarge,
    TooManyRecipients,
    TooManyConnections,
    Loop,
    DiskFull,
    Other,
}

impl RefusedWhy {
    /// Whether it keeps a client out as a whole, and not only the one message: mail that is taken from it shows that this is over.
    pub fn keeps_out(self) -> bool {
        match self {
            Self::NotAllowed
            | Self::EncryptionNeeded
            | Self::SignInNeeded
            | Self::SignInFailed
            | Self::TlsFailed
            | Self::TooManyConnections
            | Self::DiskFull => true,
            Self::SenderNotAllowed
            | Self::RecipientNotAllowed
            | Self::TooMuch
            | Self::Attachment
            | Self::HeaderRule
            | Self::TooLarge
            | Self::TooManyRecipients
            | Self::Loop
            | Self::Other => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    Rule,
    Account,
    Lists,
    /// Nothing allows it.
    Nothing,
}

/// A verdict on a whole message, and what decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub by: DecidedBy,
    /// The rule that fits the client's address.
    pub rule: Option<usize>,
}

impl Policy {
    /// Everybody in these networks may send, without conditions.
    pub fn new(allowed: impl IntoIterator<Item = IpNet>) -> Self {
        let rules = allowed.into_iter().map(|net| Rule::allowing(net.into())).collect();
        Self { rules, ..Self::default() }
    }

    /// The rule that decides about this address, and its place.
    pub fn rule_for(&self, client: IpAddr) -> Option<(usize, &Rule)> {
        self.rules.iter().enumerate().find(|(_, rule)| rule.network.contains(client))
    }

    /// The account of this name, if one can sign in with it.
    pub fn account(&self, name: &str) -> Option<&Account> {
        let name = name.to_lowercase();
        self.accounts.iter().find(|account| account.enabled && account.name.to_lowercase() == name)
    }

    fn has_accounts(&self) -> bool {
        self.accounts.iter().any(|account| account.enabled)
    }

    /// Whether this client may hand in mail at all, whoever it is from.
    pub fn admits(&self, asking: &Asking<'_>) -> Verdict {
        let client = asking.client.to_canonical();
        let signed_in = asking.account.and_then(|name| self.account(name));
        let Some((_, rule)) = self.rule_for(client) else {
            return match signed_in {
                Some(_) if asking.encrypted => Verdict::Permit,
                Some(_) => refuse(RefusedWhy::EncryptionNeeded, DecidedBy::Account, replies::starttls_first(Named(""))),
                None if !self.has_accounts() => refuse(RefusedWhy::NotAllowed, DecidedBy::Nothing, replies::address_not_allowed(client)),
                None if asking.encrypted => refuse(RefusedWhy::NotAllowed, DecidedBy::Nothing, replies::account_needed(client)),
                None => refuse(RefusedWhy::NotAllowed, DecidedBy::Nothing, replies::account_and_tls_needed(client)),
            };
        };
        match rule.action {
            Action::Refuse => refuse(RefusedWhy::NotAllowed, DecidedBy::Rule, replies::address_refused(client, Named(&rule.name))),
            Action::Allow if rule.require_encryption && !asking.encrypted => {
                refuse(RefusedWhy::EncryptionNeeded, DecidedBy::Rule, replies::starttls_first(Named(&rule.name)))
            }
            Action::Allow if rule.require_sign_in && signed_in.is_none() => {
                refuse(RefusedWhy::SignInNeeded, DecidedBy::Rule, replies::sign_in_first(Named(&rule.name)))
            }
            Action::Allow => Verdict::Permit,
        }
    }

    /// Whether this client may hand in mail from this sender. Reports (null reverse-path) have none to be judged by.
    pub fn may_send(&self, asking: &Asking<'_>, sender: &ReversePath) -> Verdict {
        if let refused @ Verdict::Refuse(_) = self.admits(asking) {
            return refused;
        }
        let ReversePath::Mailbox(sender) = sender else { return Verdict::Permit };
        let not_allowed = |by, reply| refuse(RefusedWhy::SenderNotAllowed, by, reply);
        if let Some((_, rule)) = self.rule_for(asking.client)
            && !rule.senders.allows(sender)
        {
            return not_allowed(DecidedBy::Rule, replies::sender_not_in_rule(sender, Named(&rule.name)));
        }
        if let Some(account) = asking.account.and_then(|name| self.account(name))
            && !account.senders.allows(sender)
        {
            return not_allowed(DecidedBy::Account, replies::sender_not_of_account(sender, &account.name));
        }
        if self.lists.denied_senders.holds(sender) || !self.lists.allowed_senders.allows(sender) {
            return not_allowed(DecidedBy::Lists, replies::sender_not_allowed(sender));
        }
        Verdict::Permit
    }

    /// Whether this client, which may send, may send to this recipient.
    pub fn may_send_to(&self, asking: &Asking<'_>, recipient: &ForwardPath) -> Verdict {
        let not_allowed = |by, reply| refuse(RefusedWhy::RecipientNotAllowed, by, reply);
        if let Some((_, rule)) = self.rule_for(asking.client)
            && rule.own_domains_only
            && !self.lists.own_domains.holds(&recipient.mailbox)
        {
            return not_allowed(DecidedBy::Rule, replies::recipient_not_own(recipient, Named(&rule.name)));
        }
        if self.lists.denied_recipients.holds(&recipient.mailbox) || !self.lists.allowed_recipients.allows(&recipient.mailbox) {
            return not_allowed(DecidedBy::Lists, replies::recipient_not_allowed(recipient));
        }
        Verdict::Permit
    }

    /// Whether this client may send a password now.
    pub fn offers_sign_in(&self, asking: &Asking<'_>) -> bool {
        let rule = self.rule_for(asking.client).map(|(_, rule)| rule);
        self.has_accounts()
            && rule.is_none_or(|rule| rule.action == Action::Allow)
            && (asking.encrypted || rule.is_some_and(|rule| rule.plain_sign_in))
    }

    /// All of it at once, for who wants to know beforehand.
    pub fn decide(&self, asking: &Asking<'_>, sender: &ReversePath, recipient: &ForwardPath) -> Decision {
        let rule = self.rule_for(asking.client).map(|(place, _)| place);
        let verdict = match self.may_send(asking, sender) {
            Verdict::Permit => self.may_send_to(asking, recipient),
            refused @ Verdict::Refuse(_) => refused,
        };
        let by = match &verdict {
            Verdict::Refuse(refusal) => refusal.by,
            Verdict::Permit if rule.is_some() => DecidedBy::Rule,
            Verdict::Permit => DecidedBy::Account,
        };
        Decision { verdict, by, rule }
    }

    /// The largest message this client may send.
    pub fn message_bytes(&self, client: IpAddr, general: u64) -> u64 {
        self.rule_for(client).and_then(|(_, rule)| rule.message_bytes).map_or(general, |bytes| bytes.min(general))
    }

    pub fn rates(&self, client: IpAddr) -> Rates {
        self.rule_for(client).map(|(_, rule)| rule.rates).unwrap_or_default()
    }

    /// Who gets a copy of what this client sends.
    pub fn archive(&self, client: IpAddr) -> Option<&Mailbox> {
        self.rule_for(client).and_then(|(_, rule)| rule.archive.as_ref())
    }

    pub fn priority(&self, client: IpAddr) -> Priority {
        self.rule_for(client).map(|(_, rule)| rule.priority).unwrap_or_default()
    }

    /// Whether so much more fits into what this client may send now.
    pub fn within(&self, client: IpAddr, allowance: Allowance, messages: u32, recipients: u32) -> Verdict {
        let of_messages = allowance.messages.limit_for(messages).map(|limit| ("messages", limit));
        let of_recipients = || allowance.recipients.limit_for(recipients).map(|limit| ("recipients", limit));
        let Some((what, (limit, period))) = of_messages.or_else(of_recipients) else { return Verdict::Permit };
        let name = self.rule_for(client).map_or("", |(_, rule)| rule.name.as_str());
        refuse(RefusedWhy::TooMuch, DecidedBy::Rule, replies::too_much(Named(name), limit, what, period.each()))
    }
}

fn refuse(why: RefusedWhy, by: DecidedBy, reply: Reply) -> Verdict {
    Verdict::Refuse(Refusal { why, by, reply })
}
