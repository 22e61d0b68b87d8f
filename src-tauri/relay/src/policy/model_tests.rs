//! Decisions, rates and bursts held against models that remember everything and look through all of it each time.

#![allow(clippy::unwrap_used)]

use super::burst::{BurstLimits, Bursts, DAYS, Judgement, Who};
use super::rate::{Allowance, Counters, Limits, Period, Rates, Room};
use super::*;
use crate::mail::Mailbox;
use jiff::Timestamp;
use proptest::prelude::*;

/// A rule of few addresses and few words, so that rules overlap and conditions are met now and then.
fn rule() -> impl Strategy<Value = Rule> {
    let conditions = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let limits = (prop::option::of(1u64..5), prop::option::of(1u32..4), any::<bool>());
    (0u8..8, 0u8..4, any::<bool>(), conditions, domains(), limits).prop_map(
        |(first, length, refuses, (encrypted, signed_in, plain, own), senders, (bytes, each_minute, high))| Rule {
            action: if refuses { Action::Refuse } else { Action::Allow },
            require_encryption: encrypted,
            require_sign_in: signed_in,
            plain_sign_in: plain,
            senders,
            own_domains_only: own,
            message_bytes: bytes,
            rates: Rates { messages: Limits([each_minute, None, None]), ..Rates::default() },
            priority: if high { Priority::High } else { Priority::Normal },
            ..Rule::allowing(Network::range([10, 0, 0, first].into(), [10, 0, 0, first + length].into()).unwrap())
        },
    )
}

/// Some of three domains.
fn domains() -> impl Strategy<Value = AddressList> {
    prop::collection::vec(prop::sample::select(vec!["a.test", "b.test", "c.test"]), 0..3)
        .prop_map(|domains| domains.into_iter().map(|domain| AddressPattern::Domain(domain.to_owned())).collect())
}

fn lists() -> impl Strategy<Value = Lists> {
    (domains(), domains(), domains(), domains(), domains()).prop_map(
        |(own_domains, allowed_senders, denied_senders, allowed_recipients, denied_recipients)| Lists {
            own_domains,
            allowed_senders,
            denied_senders,
            allowed_recipients,
            denied_recipients,
        },
    )
}

fn address() -> impl Strategy<Value = Mailbox> {
    prop::sample::select(vec!["x@a.test", "x@b.test", "x@c.test", "x@d.test"]).prop_map(|text| Mailbox::parse(text).unwrap())
}

/// Every condition that is not met, one after the other; None: it may be sent.
fn refused(policy: &Policy, asking: &Asking<'_>, sender: Option<&Mailbox>, recipient: &Mailbox) -> Option<(RefusedWhy, DecidedBy)> {
    let mut fitting = policy.rules.clone();
    fitting.retain(|rule| rule.network.first() <= asking.client && asking.client <= rule.network.last());
    let rule = fitting.first();
    let account = policy.accounts.iter().find(|account| account.enabled && Some(account.name.as_str()) == asking.account);
    let is_not_in = |list: &AddressList, mailbox: &Mailbox| !list.is_empty() && !list.holds(mailbox);
    let from = |judge: &dyn Fn(&Mailbox) -> bool| sender.is_some_and(judge);
    let lists = &policy.lists;
    let conditions = [
        (rule.is_none() && account.is_none(), RefusedWhy::NotAllowed, DecidedBy::Nothing),
        (rule.is_none() && !asking.encrypted, RefusedWhy::EncryptionNeeded, DecidedBy::Account),
        (rule.is_some_and(|rule| rule.action == Action::Refuse), RefusedWhy::NotAllowed, DecidedBy::Rule),
        (rule.is_some_and(|rule| rule.require_encryption && !asking.encrypted), RefusedWhy::EncryptionNeeded, DecidedBy::Rule),
        (rule.is_some_and(|rule| rule.require_sign_in && account.is_none()), RefusedWhy::SignInNeeded, DecidedBy::Rule),
        (rule.is_some_and(|rule| from(&|sender| is_not_in(&rule.senders, sender))), RefusedWhy::SenderNotAllowed, DecidedBy::Rule),
        (
            account.is_some_and(|account| from(&|sender| is_not_in(&account.senders, sender))),
            RefusedWhy::SenderNotAllowed,
            DecidedBy::Account,
        ),
        (from(&|sender| lists.denied_senders.holds(sender)), RefusedWhy::SenderNotAllowed, DecidedBy::Lists),
        (from(&|sender| is_not_in(&lists.allowed_senders, sender)), RefusedWhy::SenderNotAllowed, DecidedBy::Lists),
        (
            rule.is_some_and(|rule| rule.own_domains_only && !lists.own_domains.holds(recipient)),
            RefusedWhy::RecipientNotAllowed,
            DecidedBy::Rule,
        ),
        (lists.denied_recipients.holds(recipient), RefusedWhy::RecipientNotAllowed, DecidedBy::Lists),
        (is_not_in(&lists.allowed_recipients, recipient), RefusedWhy::RecipientNotAllowed, DecidedBy::Lists),
    ];
    conditions.into_iter().find(|(is_broken, ..)| *is_broken).map(|(_, why, by)| (why, by))
}

/// What was taken of one client: when, and for how many recipients.
type Taken = Vec<(i64, u32)>;

/// The tightest of the limits, by looking at all that was taken: each period counts in twelfths, begun ones whole.
fn room_left(limits: &Limits, taken: &[(i64, u32)], now: i64) -> Room {
    let periods = [(Period::Minute, 60_000i64), (Period::Hour, 3_600_000), (Period::Day, 86_400_000)];
    let mut tightest = Room::Unlimited;
    for (limit, (period, millis)) in limits.0.into_iter().zip(periods) {
        let Some(limit) = limit else { continue };
        let slice = millis / 12;
        let since = (now.div_euclid(slice) - 12) * slice;
        let counted: u32 = taken.iter().filter(|(then, _)| *then >= since).map(|(_, count)| count).sum();
        let left = limit.saturating_sub(counted);
        if !matches!(tightest, Room::Left { left: least, .. } if least <= left) {
            tightest = Room::Left { left, limit, period };
        }
    }
    tightest
}

/// What a sender sent in its hours: recipients that went on, and those that were held.
#[derive(Default)]
struct Log(Vec<(i64, u32, bool)>);

impl Log {
    fn in_hour(&self, hour: i64, held: bool) -> u32 {
        self.0.iter().filter(|(then, _, was_held)| *then == hour && *was_held == held).map(|(_, count, _)| count).sum()
    }

    fn judged(&self, recipients: u32, limits: &BurstLimits, hour: i64) -> Judgement {
        let first_day = hour.div_euclid(24) - DAYS;
        let usual = (first_day * 24..hour).map(|before| self.in_hour(before, false)).max().unwrap_or(0);
        let most = (usual * limits.times_the_usual).max(limits.least_per_hour);
        let most = limits.most_per_hour.map_or(most, |ceiling| most.min(ceiling));
        let sent = self.in_hour(hour, false) + self.in_hour(hour, true) + recipients;
        let before = hour - 1;
        let went_on = self.in_hour(before, true) > 0 && self.in_hour(before, false) + self.in_hour(before, true) > most;
        if sent > most || went_on { Judgement::Burst { sent, most } } else { Judgement::Usual }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Which of many reasons is told, and who decided, is as the order of the conditions says.
    #[test]
    fn the_first_condition_that_is_not_met_is_the_one_that_is_told(
        rules in prop::collection::vec(rule(), 0..6), lists in lists(), of_account in domains(), enabled: bool, knows_account: bool,
        client in 0u8..8, encrypted: bool, sender in prop::option::of(address()), recipient in address(),
    ) {
        let accounts = vec![Account { name: "ann".into(), enabled, senders: of_account }];
        let policy = Policy { rules, accounts, lists };
        let asking = Asking { client: [10, 0, 0, client].into(), encrypted, account: knows_account.then_some("ann") };
        let path = sender.clone().map_or(ReversePath::Null, ReversePath::Mailbox);
        let Decision { verdict, by, rule } = policy.decide(&asking, &path, &ForwardPath::from(recipient.clone()));
        let place = policy.rules.iter().position(|rule| rule.network.contains(asking.client));
        prop_assert_eq!(rule, place);
        let told = match &verdict {
            Verdict::Permit => None,
            Verdict::Refuse(refusal) => Some((refusal.why, refusal.by)),
        };
        prop_assert_eq!(told, refused(&policy, &asking, sender.as_ref(), &recipient));
        let decider = told.map_or(if rule.is_some() { DecidedBy::Rule } else { DecidedBy::Account }, |(_, by)| by);
        prop_assert_eq!(by, decider);
        // What else hangs on a rule hangs on the same one.
        let of_rule = place.map(|place| &policy.rules[place]);
        prop_assert_eq!(policy.message_bytes(asking.client, 3), of_rule.and_then(|rule| rule.message_bytes).unwrap_or(3).min(3));
        prop_assert_eq!(policy.rates(asking.client), of_rule.map(|rule| rule.rates).unwrap_or_default());
        prop_assert_eq!(policy.priority(asking.client), of_rule.map(|rule| rule.priority).unwrap_or_default());
        let may = of_rule.is_none_or(|rule| rule.action == Action::Allow) && (encrypted || of_rule.is_some_and(|rule| rule.plain_sign_in));
        prop_assert_eq!(policy.offers_sign_in(&asking), enabled && may);
    }

    /// Whatever is taken when: what is left is what a log of all of it says, for messages and for recipients.
    #[test]
    fn a_rate_leaves_what_a_log_of_everything_leaves(
        messages in prop::array::uniform3(prop::option::of(1u32..40)), recipients in prop::array::uniform3(prop::option::of(1u32..200)),
        gaps in prop::collection::vec((prop_oneof![0i64..3000, 0i64..400_000, 0i64..90_000_000], 1u32..30), 1..80),
    ) {
        let rates = Rates { messages: Limits(messages), recipients: Limits(recipients) };
        let client = [10, 0, 0, 7].into();
        let (mut counters, mut all, mut each): (Counters, Taken, Taken) = Default::default();
        let mut now = 1_800_000_000_000;
        for (gap, many) in gaps {
            now += gap;
            let at = Timestamp::from_millisecond(now).unwrap();
            let left = Allowance { messages: room_left(&rates.messages, &all, now), recipients: room_left(&rates.recipients, &each, now) };
            prop_assert_eq!(counters.allowance(client, &rates, at), left);
            if left.messages.limit_for(1).or(left.recipients.limit_for(many)).is_none() {
                counters.count(client, many, at);
                all.push((now, 1));
                each.push((now, many));
            }
        }
    }

    /// Whatever is sent when: held is what a log of everything says is above the usual.
    #[test]
    fn a_burst_is_what_a_log_of_everything_says(
        sent in prop::collection::vec((prop_oneof![4 => 0i64..2, 2 => 0i64..40, 1 => 0i64..500], 1u32..400), 1..60),
        times in 1u32..6, least in 1u32..300, ceiling in prop::option::of(300u32..900),
    ) {
        let limits = BurstLimits { times_the_usual: times, least_per_hour: least, most_per_hour: ceiling };
        let who = Who::Client([10, 0, 0, 7].into());
        let (mut bursts, mut log) = (Bursts::default(), Log::default());
        let mut hour = 500_000;
        for (gap, recipients) in sent {
            hour += gap;
            let now = Timestamp::from_second(hour * 3600 + 30).unwrap();
            let judgement = bursts.judge(&who, recipients, &limits, now);
            prop_assert_eq!(judgement, log.judged(recipients, &limits, hour));
            let held = judgement != Judgement::Usual;
            bursts.count(&who, recipients, held, now);
            log.0.push((hour, recipients, held));
        }
    }
}
