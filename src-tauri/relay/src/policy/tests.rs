//! Who may send what, as tables.

#![allow(clippy::unwrap_used)]

use super::rate::{Allowance, Limits, Period, Rates, Room};
use super::*;
use crate::mail::Mailbox;
use proptest::prelude::*;

fn net(text: &str) -> Network {
    text.parse::<IpNet>().unwrap().into()
}

fn list(lines: &[&str]) -> AddressList {
    let pattern = |line: &&str| match line.contains('@') {
        true => AddressPattern::Mailbox(Mailbox::parse(line).unwrap()),
        false => AddressPattern::Domain((*line).to_owned()),
    };
    lines.iter().map(pattern).collect()
}

fn of(client: &str) -> Asking<'static> {
    Asking { client: client.parse().unwrap(), encrypted: false, account: None }
}

fn account(name: &str, senders: &[&str]) -> Account {
    Account { name: name.into(), enabled: true, senders: list(senders) }
}

fn from(text: &str) -> ReversePath {
    ReversePath::parse(text).unwrap()
}

fn to(text: &str) -> ForwardPath {
    ForwardPath::parse(text).unwrap()
}

/// The reply and what people see; or that it is permitted.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Permit => "permit".into(),
        Verdict::Refuse(refusal) => format!("{:?} by {:?}: {}", refusal.why, refusal.by, refusal.reply),
    }
}

#[test]
fn only_listed_networks_may_send() {
    for (allowed, client, may) in [
        (vec![], "10.0.0.5", false),
        (vec![], "127.0.0.1", false),
        (vec![], "::1", false),
        (vec!["10.0.0.0/24"], "10.0.0.5", true),
        (vec!["10.0.0.0/24"], "10.0.1.5", false),
        (vec!["10.0.0.0/24"], "127.0.0.1", false),
        (vec!["10.0.0.0/24"], "::ffff:10.0.0.5", true),
        (vec!["10.0.0.0/24", "127.0.0.0/8"], "127.0.0.1", true),
        (vec!["0.0.0.0/0"], "::1", false),
        (vec!["::/0"], "10.0.0.5", false),
        (vec!["::ffff:10.0.0.0/104"], "10.9.9.9", true),
    ] {
        let policy = Policy::new(allowed.iter().map(|net| net.parse().unwrap()));
        assert_eq!(policy.admits(&of(client)) == Verdict::Permit, may, "{client} with {allowed:?}");
    }
}

#[test]
fn the_first_rule_that_fits_decides() {
    let refusing = Rule { action: Action::Refuse, name: "Guests".into(), ..Rule::allowing(net("10.0.0.0/28")) };
    let policy =
        Policy { rules: vec![Rule::allowing(net("10.0.0.7/32")), refusing, Rule::allowing(net("10.0.0.0/24"))], ..Policy::default() };
    assert_eq!(told(&policy.admits(&of("10.0.0.7"))), "permit");
    assert_eq!(
        told(&policy.admits(&of("10.0.0.8"))),
        "NotAllowed by Rule: 550 5.7.1 <10.0.0.8>: Guests: nothing is taken from this address; the administrator can change that in Outtray"
    );
    assert_eq!(told(&policy.admits(&of("10.0.0.77"))), "permit");
}

#[test]
fn a_refusal_names_the_address_as_the_administrator_knows_it() {
    assert_eq!(
        told(&Policy::default().admits(&of("::ffff:10.0.0.77"))),
        "NotAllowed by Nothing: 550 5.7.1 <10.0.0.77>: this address may not send mail through here; the administrator can allow it in Outtray"
    );
}

#[test]
fn a_rule_may_demand_encryption_and_a_sign_in() {
    let rule = Rule { require_encryption: true, require_sign_in: true, name: "Branch".into(), ..Rule::allowing(net("10.0.0.0/24")) };
    let policy = Policy { rules: vec![rule], accounts: vec![account("branch", &[])], ..Policy::default() };
    let asking = |encrypted, account| Asking { encrypted, account, ..of("10.0.0.5") };
    assert_eq!(
        told(&policy.admits(&asking(false, None))),
        "EncryptionNeeded by Rule: 530 5.7.0 Must issue STARTTLS first: Branch: mail is taken encrypted only"
    );
    assert_eq!(
        told(&policy.admits(&asking(true, None))),
        "SignInNeeded by Rule: 530 5.7.0 Authentication required: Branch: sign in with a device account of Outtray"
    );
    assert_eq!(told(&policy.admits(&asking(true, Some("BRANCH")))), "permit");
    assert!(told(&policy.admits(&asking(true, Some("gone")))).starts_with("SignInNeeded"), "an account that is no more");
    assert!(told(&policy.admits(&asking(false, Some("branch")))).starts_with("EncryptionNeeded"));
}

#[test]
fn an_account_lets_in_whom_no_rule_knows_and_nobody_a_rule_refuses() {
    let refusing = Rule { action: Action::Refuse, ..Rule::allowing(net("10.0.0.0/24")) };
    let policy = Policy { rules: vec![refusing], accounts: vec![account("branch", &["branch.test"])], ..Policy::default() };
    let signed_in = |client| Asking { encrypted: true, account: Some("branch"), ..of(client) };
    assert_eq!(told(&policy.may_send(&signed_in("192.0.2.9"), &from("scan@branch.test"))), "permit");
    assert_eq!(
        told(&policy.may_send(&signed_in("192.0.2.9"), &from("boss@office.test"))),
        "SenderNotAllowed by Account: 550 5.7.1 <boss@office.test>: the account branch may not send from this sender; \
         use one that Outtray names for it"
    );
    assert!(told(&policy.admits(&signed_in("10.0.0.5"))).starts_with("NotAllowed by Rule: 550 5.7.1"));
    assert!(
        told(&policy.admits(&Asking { encrypted: false, ..signed_in("192.0.2.9") })).starts_with("EncryptionNeeded by Account: 530 5.7.0")
    );
    for (encrypted, reply) in [(true, "sign in with"), (false, "sign in after STARTTLS with")] {
        assert_eq!(
            told(&policy.admits(&Asking { encrypted, ..of("192.0.2.9") })),
            format!(
                "NotAllowed by Nothing: 530 5.7.0 Authentication required: <192.0.2.9> is in no allowed network; {reply} \
                 a device account, or the administrator can allow this address in Outtray"
            )
        );
    }
}

#[test]
fn passwords_cross_the_network_encrypted_unless_a_rule_says_otherwise() {
    let plain = Rule { plain_sign_in: true, ..Rule::allowing(net("10.0.0.0/24")) };
    let refusing = Rule { action: Action::Refuse, ..Rule::allowing(net("10.0.1.0/24")) };
    let policy = Policy {
        rules: vec![plain, refusing, Rule::allowing(net("10.0.2.0/24"))],
        accounts: vec![account("branch", &[])],
        ..Policy::default()
    };
    for (client, encrypted, offered) in [
        ("10.0.0.5", false, true),
        ("10.0.0.5", true, true),
        ("10.0.2.5", false, false),
        ("10.0.2.5", true, true),
        ("192.0.2.9", false, false),
        ("192.0.2.9", true, true),
        ("10.0.1.5", true, false),
    ] {
        assert_eq!(policy.offers_sign_in(&Asking { encrypted, ..of(client) }), offered, "{client}, encrypted: {encrypted}");
    }
    let switched_off = Account { enabled: false, ..account("branch", &[]) };
    let nobody = Policy { accounts: vec![switched_off], ..policy };
    assert!(!nobody.offers_sign_in(&Asking { encrypted: true, ..of("10.0.0.5") }));
}

#[test]
fn rule_and_lists_say_who_mail_may_be_from_and_for() {
    let rule =
        Rule { name: "Printers".into(), senders: list(&["office.test"]), own_domains_only: true, ..Rule::allowing(net("10.0.0.0/24")) };
    let lists = Lists {
        own_domains: list(&["office.test", "sub.office.test"]),
        allowed_senders: list(&["office.test", "away.test"]),
        denied_senders: list(&["boss@office.test"]),
        allowed_recipients: list(&["office.test", "away.test"]),
        denied_recipients: list(&["all@office.test"]),
    };
    let policy = Policy { rules: vec![rule, Rule::allowing(net("10.0.1.0/24"))], lists, ..Policy::default() };
    let (printer, other) = (of("10.0.0.5"), of("10.0.1.5"));
    for (asking, sender, verdict) in [
        (printer, "scan@office.test", "permit"),
        (printer, "", "permit"),
        (
            printer,
            "scan@away.test",
            "SenderNotAllowed by Rule: 550 5.7.1 <scan@away.test>: Printers: this address may not send from this sender; \
             use one that its rule in Outtray names",
        ),
        (other, "scan@away.test", "permit"),
        (other, "", "permit"),
        (
            other,
            "scan@far.test",
            "SenderNotAllowed by Lists: 550 5.7.1 <scan@far.test>: this sender is not allowed here; the administrator can allow it in Outtray",
        ),
        (
            other,
            "\"BOSS\"@Office.test",
            "SenderNotAllowed by Lists: 550 5.7.1 <\"BOSS\"@Office.test>: this sender is not allowed here; \
             the administrator can allow it in Outtray",
        ),
    ] {
        assert_eq!(told(&policy.may_send(&asking, &from(sender))), verdict, "{sender}");
    }
    for (asking, recipient, verdict) in [
        (printer, "ann@office.test", "permit"),
        (
            printer,
            "ann@away.test",
            "RecipientNotAllowed by Rule: 550 5.7.1 <ann@away.test>: Printers: mail from this address goes to the office's own domains only",
        ),
        (
            printer,
            "all@office.test",
            "RecipientNotAllowed by Lists: 550 5.7.1 <all@office.test>: this recipient is not allowed here; \
             the administrator can allow it in Outtray",
        ),
        (printer, "ann@sub.office.test", "RecipientNotAllowed by Lists"),
        (other, "ann@away.test", "permit"),
        (other, "ann@far.test", "RecipientNotAllowed by Lists"),
    ] {
        let told = told(&policy.may_send_to(&asking, &to(recipient)));
        assert!(told.starts_with(verdict), "{recipient}: {told}");
    }
}

#[test]
fn a_decision_tells_what_decided() {
    let rules = vec![Rule { own_domains_only: true, ..Rule::allowing(net("10.0.0.0/24")) }, Rule::allowing(net("10.0.1.0/24"))];
    let policy = Policy { rules, accounts: vec![account("branch", &[])], ..Policy::default() };
    let decide = |asking: Asking<'_>| {
        let Decision { verdict, by, rule } = policy.decide(&asking, &from("a@b.test"), &to("c@d.test"));
        (verdict == Verdict::Permit, by, rule)
    };
    assert_eq!(decide(of("10.0.1.5")), (true, DecidedBy::Rule, Some(1)));
    assert_eq!(decide(of("10.0.0.5")), (false, DecidedBy::Rule, Some(0)));
    assert_eq!(decide(of("192.0.2.9")), (false, DecidedBy::Nothing, None));
    assert_eq!(decide(Asking { encrypted: true, account: Some("branch"), ..of("192.0.2.9") }), (true, DecidedBy::Account, None));
}

#[test]
fn size_rate_and_priority_are_those_of_the_rule() {
    let rates = Rates { messages: Limits([Some(3), None, None]), recipients: Limits::default() };
    let rule =
        Rule { name: "Alarms".into(), message_bytes: Some(1000), rates, priority: Priority::High, ..Rule::allowing(net("10.0.0.0/24")) };
    let policy = Policy { rules: vec![rule], ..Policy::default() };
    let (inside, outside) = ("10.0.0.5".parse().unwrap(), "192.0.2.9".parse().unwrap());
    assert_eq!(
        (policy.message_bytes(inside, 5000), policy.message_bytes(inside, 500), policy.message_bytes(outside, 5000)),
        (1000, 500, 5000)
    );
    assert_eq!((policy.rates(inside), policy.rates(outside)), (rates, Rates::default()));
    assert_eq!((policy.priority(inside), policy.priority(outside)), (Priority::High, Priority::Normal));
    let full = Room::Left { left: 2, limit: 3, period: Period::Minute };
    let within = |messages, recipients, many| told(&policy.within(inside, Allowance { messages, recipients }, many, many));
    assert_eq!((within(full, full, 2).as_str(), within(Room::Unlimited, Room::Unlimited, 99).as_str()), ("permit", "permit"));
    assert_eq!(
        within(full, Room::Unlimited, 3),
        "TooMuch by Rule: 450 4.7.1 Alarms: no more than 3 messages a minute are taken from one device; try again later"
    );
    assert_eq!(
        within(Room::Unlimited, full, 3),
        "TooMuch by Rule: 450 4.7.1 Alarms: no more than 3 recipients a minute are taken from one device; try again later"
    );
}

#[test]
fn no_reply_is_longer_than_a_line_may_be() {
    let long = format!("{}@{}.test", "a".repeat(64), ["b".repeat(60), "c".repeat(60), "d".repeat(57)].join("."));
    let name = "Ü".repeat(100);
    let rule = |change: fn(&mut Rule)| {
        let mut rule = Rule { name: name.clone(), ..Rule::allowing(net("fd00::/8")) };
        change(&mut rule);
        Policy { rules: vec![rule], accounts: vec![account(&name, &["x.test"])], ..Policy::default() }
    };
    let asking = Asking { client: "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap(), encrypted: true, account: Some(&name) };
    for verdict in [
        rule(|rule| rule.action = Action::Refuse).admits(&asking),
        rule(|rule| rule.require_encryption = true).admits(&Asking { encrypted: false, ..asking }),
        rule(|rule| rule.require_sign_in = true).admits(&Asking { account: None, ..asking }),
        rule(|rule| rule.senders = list(&["x.test"])).may_send(&asking, &from(&long)),
        rule(|_| {}).may_send(&asking, &from(&long)),
        rule(|rule| rule.own_domains_only = true).may_send_to(&asking, &to(&long)),
    ] {
        let Verdict::Refuse(refusal) = verdict else { panic!("permitted") };
        let wire = refusal.reply.to_wire();
        assert!(wire.len() <= 512 && wire.is_ascii(), "{} octets: {wire}", wire.len());
    }
}

proptest! {
    /// Whatever the rules: what decides is the first that fits, and without one only an account helps.
    #[test]
    fn no_later_rule_changes_what_an_earlier_one_decided(
        rules in prop::collection::vec((0u8..8, 0u8..4, any::<bool>()), 0..8), client in 0u8..8, account_known in any::<bool>()
    ) {
        let rules: Vec<Rule> = rules
            .into_iter()
            .map(|(first, length, refuses)| {
                let network = Network::range([10, 0, 0, first].into(), [10, 0, 0, first + length].into()).unwrap();
                Rule { action: if refuses { Action::Refuse } else { Action::Allow }, ..Rule::allowing(network) }
            })
            .collect();
        let first = rules.iter().find(|rule| rule.network.contains([10, 0, 0, client].into())).map(|rule| rule.action);
        let accounts = if account_known { vec![account("a", &[])] } else { vec![] };
        let policy = Policy { rules, accounts, ..Policy::default() };
        let asking = Asking { client: [10, 0, 0, client].into(), encrypted: true, account: Some("a") };
        let permitted = policy.admits(&asking) == Verdict::Permit;
        prop_assert_eq!(permitted, match first {
            Some(Action::Allow) => true,
            Some(Action::Refuse) => false,
            None => account_known,
        });
    }
}
