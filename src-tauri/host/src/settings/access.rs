//! Rules, accounts, lists, bursts: what is wrong with them, and what they are for the engine.
//!
//! In: the part of the settings that says who may send what. Out: a [`Policy`], or problems.
//! Invariant: a rule that passes decides about at least one address.

use super::check::Rules;
use super::networks::{self, NetworkError};
use super::short;
use control::Settings;
use control::settings::{self, AccessRule, AddressLists, BurstSettings, DeviceAccount, RateLimits, RecipientScope, RuleAction};
use relay::mail::{Mailbox, Priority};
use relay::policy::rate::{Limits, Rates};
use relay::policy::{Account, Action, AddressList, AddressPattern, Lists, Network, Policy, Rule};

/// Names that are told to devices and people.
const LONGEST_NAME: usize = 100;
const MOST_A_PERIOD: u32 = 10_000_000;

impl Rules<'_> {
    pub(super) fn access(&mut self, settings: &Settings) -> Policy {
        let Settings { rules, accounts, lists, bursts, .. } = settings;
        let rules = self.rules(rules, lists);
        let accounts = self.accounts(accounts);
        let lists = self.lists(lists);
        self.bursts(bursts);
        Policy { rules, accounts, lists }
    }

    fn rules(&mut self, rules: &[AccessRule], lists: &AddressLists) -> Vec<Rule> {
        let mut checked: Vec<(usize, Rule)> = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let at = format!("rules[{index}]");
            let field = format!("{at}.network");
            let network = self.network(&field, &rule.network);
            if let Some(network) = network {
                self.is_reached(&field, rule, network, &checked);
                self.is_meant(&field, rule, network);
            }
            checked.extend(self.rule(&at, rule, network, lists).map(|rule| (index, rule)));
        }
        checked.into_iter().map(|(_, rule)| rule).collect()
    }

    pub(super) fn network(&mut self, field: &str, text: &str) -> Option<Network> {
        let (wrong, remedy) = match networks::parse(text) {
            Ok(network) => return Some(network),
            Err(NetworkError::NotOne) => (
                "this is neither a subnet, nor an IP address, nor a range",
                "a subnet as in `192.168.1.0/24`, one address as in `192.168.1.7`, or a range as in `192.168.1.20-192.168.1.29`".to_owned(),
            ),
            Err(NetworkError::HostBits { network, address }) => (
                "this is an address within a subnet, not the subnet",
                format!("{network} for the whole subnet, {address} for this address alone"),
            ),
            Err(NetworkError::Mapped(network)) => ("this is an IPv4 address in the clothes of IPv6", network),
            Err(NetworkError::Backwards(range)) => ("this range ends before it begins", range),
            Err(NetworkError::TwoFamilies) => (
                "this range begins in one family of addresses and ends in the other",
                "two of them, one for IPv4 and one for IPv6".to_owned(),
            ),
        };
        self.wrong(field, short(text), wrong, remedy);
        None
    }

    /// Whether the rules before it leave anything to it.
    fn is_reached(&mut self, field: &str, rule: &AccessRule, network: Network, before: &[(usize, Rule)]) {
        if let Some((first, _)) = before.iter().find(|(_, other)| other.network == network) {
            return self.wrong(field, &rule.network, format!("it is the same as rules[{first}]"), "nothing: leave it out");
        }
        if !network.is_covered_by(before.iter().map(|(_, other)| &other.network)) {
            return;
        }
        let alone = before.iter().find(|(_, other)| network.is_covered_by([&other.network]));
        let (wrong, remedy) = match alone {
            Some((first, _)) => (
                format!("rules[{first}] decides about all of these addresses already"),
                format!("put it in front of rules[{first}], or leave it out"),
            ),
            None => (
                "the rules before it decide about all of these addresses already".to_owned(),
                "put it in front of them, or leave it out".to_owned(),
            ),
        };
        self.wrong(field, &rule.network, wrong, remedy);
    }

    /// Strangers can have public addresses. Who must sign in, or may not send at all, is no danger.
    fn is_meant(&mut self, field: &str, rule: &AccessRule, network: Network) {
        let lets_in = rule.action == RuleAction::Allow && !rule.require_sign_in;
        if !lets_in || rule.public_on_purpose || networks::is_private(network) {
            return;
        }
        let (wrong, remedy) = if networks::is_everybody(network) {
            ("this lets the whole internet send mail through here", "the subnets of your office, as in `192.168.1.0/24`")
        } else {
            (
                "these addresses are public: strangers may send mail through here",
                "the subnets of your office, as in `192.168.1.0/24`, or `publicOnPurpose` if these addresses are yours",
            )
        };
        self.wrong(field, &rule.network, wrong, remedy);
    }

    fn rule(&mut self, at: &str, rule: &AccessRule, network: Option<Network>, lists: &AddressLists) -> Option<Rule> {
        let AccessRule {
            network: _,
            name,
            public_on_purpose: _,
            action,
            require_encryption,
            require_sign_in,
            plain_sign_in,
            senders,
            recipients,
            message_bytes,
            rate,
            priority,
            archive,
        } = rule;
        if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
            let wrong = "this name has control characters or is longer than 100 characters";
            self.wrong(format!("{at}.name"), short(name), wrong, "a short name, as in `Warehouse printers`");
        }
        let own_domains_only = *recipients == RecipientScope::OwnDomains;
        if own_domains_only && lists.own_domains.is_empty() {
            let wrong = "it allows mail to the office's own domains only, and there are none";
            self.wrong(format!("{at}.recipients"), "ownDomains", wrong, "`any`, or name the domains in `lists.ownDomains`");
        }
        if let Some(bytes) = message_bytes {
            self.range(format!("{at}.messageBytes"), *bytes, 1_000..=150_000_000);
        }
        let senders = self.list(&format!("{at}.senders"), senders);
        let rates = self.rates(&format!("{at}.rate"), rate);
        let archive = archive.as_ref().and_then(|address| self.archive(format!("{at}.archive"), address));
        Some(Rule {
            network: network?,
            name: name.clone(),
            action: match action {
                RuleAction::Allow => Action::Allow,
                RuleAction::Refuse => Action::Refuse,
            },
            require_encryption: *require_encryption,
            require_sign_in: *require_sign_in,
            plain_sign_in: *plain_sign_in,
            senders,
            own_domains_only,
            message_bytes: *message_bytes,
            rates,
            priority: match priority {
                settings::Priority::High => Priority::High,
                settings::Priority::Normal => Priority::Normal,
                settings::Priority::Low => Priority::Low,
            },
            archive,
        })
    }

    fn archive(&mut self, field: String, address: &str) -> Option<Mailbox> {
        let mailbox = Mailbox::parse(address).ok().filter(Mailbox::is_ascii);
        if mailbox.is_none() {
            let wrong = "this is no mail address, or not one that every server takes";
            self.wrong(field, short(address), wrong, "one address, as in `archive@office.example`");
        }
        mailbox
    }

    fn rates(&mut self, at: &str, rate: &RateLimits) -> Rates {
        let RateLimits {
            messages_per_minute,
            messages_per_hour,
            messages_per_day,
            recipients_per_minute,
            recipients_per_hour,
            recipients_per_day,
        } = rate;
        for (name, limit) in [
            ("messagesPerMinute", messages_per_minute),
            ("messagesPerHour", messages_per_hour),
            ("messagesPerDay", messages_per_day),
            ("recipientsPerMinute", recipients_per_minute),
            ("recipientsPerHour", recipients_per_hour),
            ("recipientsPerDay", recipients_per_day),
        ] {
            if let Some(limit) = limit {
                self.range(format!("{at}.{name}"), *limit, 1..=MOST_A_PERIOD);
            }
        }
        Rates {
            messages: Limits([*messages_per_minute, *messages_per_hour, *messages_per_day]),
            recipients: Limits([*recipients_per_minute, *recipients_per_hour, *recipients_per_day]),
        }
    }

    fn accounts(&mut self, accounts: &[DeviceAccount]) -> Vec<Account> {
        let mut checked = Vec::new();
        for (index, DeviceAccount { name, note, enabled, senders }) in accounts.iter().enumerate() {
            let at = format!("accounts[{index}]");
            if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
                let wrong = "a user name has 1 to 100 characters, none of them a control character, and no space at its ends";
                self.wrong(format!("{at}.name"), short(name), wrong, "what the device will sign in with, as in `branch-scanner`");
            }
            let same = |other: &DeviceAccount| other.name.to_lowercase() == name.to_lowercase();
            if let Some(first) = accounts[..index].iter().position(same) {
                let wrong = format!("accounts[{first}] has this name already; capital letters make no difference");
                self.wrong(format!("{at}.name"), short(name), wrong, "another name");
            }
            if note.chars().any(char::is_control) || note.chars().count() > 2 * LONGEST_NAME {
                let wrong = "this note has control characters or is longer than 200 characters";
                self.wrong(format!("{at}.note"), short(note), wrong, "a short note, as in `Branch office scanner`");
            }
            let senders = self.list(&format!("{at}.senders"), senders);
            checked.push(Account { name: name.clone(), enabled: *enabled, senders });
        }
        checked
    }

    fn lists(&mut self, lists: &AddressLists) -> Lists {
        let AddressLists { own_domains, allowed_senders, denied_senders, allowed_recipients, denied_recipients } = lists;
        for (index, line) in own_domains.iter().enumerate().filter(|(_, line)| line.contains('@')) {
            let remedy = format!("the domain alone: `{}`", line.rsplit('@').next().unwrap_or_default());
            self.wrong(format!("lists.ownDomains[{index}]"), short(line), "this is an address, not a domain", remedy);
        }
        Lists {
            own_domains: self.list("lists.ownDomains", own_domains),
            allowed_senders: self.list("lists.allowedSenders", allowed_senders),
            denied_senders: self.list("lists.deniedSenders", denied_senders),
            allowed_recipients: self.list("lists.allowedRecipients", allowed_recipients),
            denied_recipients: self.list("lists.deniedRecipients", denied_recipients),
        }
    }

    fn list(&mut self, at: &str, lines: &[String]) -> AddressList {
        self.list_but(at, lines, |_| false)
    }

    /// Without lines that mean something else.
    pub(super) fn list_but(&mut self, at: &str, lines: &[String], means_else: impl Fn(&str) -> bool) -> AddressList {
        let mut patterns = Vec::new();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| !means_else(line)) {
            match pattern(line) {
                Some(pattern) => patterns.push(pattern),
                None => {
                    let remedy = match line.strip_prefix('@') {
                        Some(domain) if pattern(domain).is_some() => format!("`{domain}` for all addresses there"),
                        Some(_) | None => "an address as in `ann@office.example`, a domain as in `office.example`, or `.office.example` for its subdomains".to_owned(),
                    };
                    self.wrong(format!("{at}[{index}]"), short(line), "this is neither an address nor a domain", remedy);
                }
            }
        }
        patterns.into_iter().collect()
    }

    fn bursts(&mut self, bursts: &BurstSettings) {
        let BurstSettings { hold: _, times_the_usual, least_per_hour, most_per_hour } = bursts;
        self.range("bursts.timesTheUsual", *times_the_usual, 1..=1000);
        let least_fits = self.range("bursts.leastPerHour", *least_per_hour, 1..=MOST_A_PERIOD);
        if self.range("bursts.mostPerHour", *most_per_hour, 0..=MOST_A_PERIOD) && least_fits && (1..*least_per_hour).contains(most_per_hour)
        {
            let wrong = "more than this is always held, and up to `leastPerHour` never: this is less";
            self.wrong("bursts.mostPerHour", most_per_hour, wrong, format!("at least {least_per_hour}, or 0 for no such limit"));
        }
    }
}

/// One line of a list; None when it is neither an address nor a domain.
pub(crate) fn pattern(line: &str) -> Option<AddressPattern> {
    // What can stand behind an @ is a domain.
    let domain = |domain: &str| Mailbox::parse(&format!("x@{domain}")).is_ok().then(|| domain.to_owned());
    match line.strip_prefix('.') {
        Some(parent) => domain(parent).map(AddressPattern::SubdomainsOf),
        None if line.contains('@') => Mailbox::parse(line).ok().map(AddressPattern::Mailbox),
        None => domain(line).map(AddressPattern::Domain),
    }
}
