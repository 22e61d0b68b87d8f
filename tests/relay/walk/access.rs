//! Who may send what, over the wire: rules with conditions, rates, priorities; refusals and devices as people see them.

use super::{MESSAGE, Provider};
use control::request::AccessQuestion;
use control::settings::{AccessRule, DeviceAccount, Priority, RateLimits, RecipientScope, RuleAction, Settings};
use control::view::{DecidedBy, DecisionView, DeviceView, RefusalKind, RefusalPage};
use control::{Answer, Request};
use e2e::{Client, Office};

fn loopback(change: impl FnOnce(&mut AccessRule)) -> AccessRule {
    let mut rule = AccessRule::allowing("127.0.0.1", "Printers");
    change(&mut rule);
    rule
}

async fn with_rules(office: &Office, rules: Vec<AccessRule>) {
    let mut settings = office.settings().await;
    settings.rules = rules;
    settings.lists.own_domains = vec!["office.test".into()];
    assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
}

async fn devices(office: &Office) -> Vec<DeviceView> {
    match office.ask(Request::Devices).await {
        Answer::Devices { devices } => devices,
        other => panic!("{other:?}"),
    }
}

async fn refusals(office: &Office, text: &str) -> RefusalPage {
    match office.ask(Request::Refusals { text: text.into(), offset: 0, limit: 50 }).await {
        Answer::Refusals { page } => page,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_condition_of_a_rule_is_heard_by_the_device() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    with_rules(&office, vec![loopback(|rule| rule.require_encryption = true)]).await;
    let mut plain = office.device().await;
    plain.says("MAIL FROM:<scan@office.test>").await.hears("530 5.7.0 Must issue STARTTLS first: Printers: *").await;
    plain.starts_tls().await;
    plain.says("EHLO device.test").await.hears("250 *").await;
    plain.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    with_rules(&office, vec![loopback(|rule| rule.senders = vec!["office.test".into()])]).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@away.test>").await.hears("550 5.7.1 <scan@away.test>: Printers: *").await;
    device.says("MAIL FROM:<>").await.hears("250 *").await;
    device.says("RSET").await.hears("250 *").await;

    with_rules(&office, vec![loopback(|rule| rule.recipients = RecipientScope::OwnDomains)]).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("550 5.7.1 <ann@away.test>: Printers: *").await;
    device.says("RCPT TO:<bob@OFFICE.test>").await.hears("250 *").await;
    device.says("RSET").await.hears("250 *").await;

    with_rules(&office, vec![loopback(|rule| rule.message_bytes = Some(1000))]).await;
    let offered = device.says("EHLO device.test").await.hears("250 *").await;
    assert!(offered.contains("250-SIZE 1000\n"), "{offered}");
    device.says("MAIL FROM:<scan@office.test> SIZE=1001").await.hears("552 5.3.4 *").await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let reply = device.sends_message(&format!("{MESSAGE}{}\r\n", "x".repeat(1000))).await;
    assert!(reply.starts_with("552 5.3.4 "), "{reply}");

    with_rules(&office, vec![loopback(|rule| rule.action = RuleAction::Refuse), AccessRule::allowing("127.0.0.0/8", "")]).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1 <127.0.0.1>: Printers: *").await;
    provider.fake.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_rule_allows_in_a_minute_may_come_later() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let rate = RateLimits { messages_per_minute: Some(2), recipients_per_hour: Some(4), ..RateLimits::default() };
    with_rules(&office, vec![loopback(|rule| rule.rate = rate)]).await;
    let mut device = office.device().await;
    device.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], MESSAGE).await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("RCPT TO:<bob@away.test>").await.hears("250 *").await;
    device.says("RCPT TO:<zoe@away.test>").await.hears("450 4.7.1 Printers: no more than 4 recipients an hour *").await;
    assert!(device.sends_message(MESSAGE).await.starts_with("250 "));
    // Also over another connection.
    office.device().await.says("MAIL FROM:<scan@office.test>").await.hears("450 4.7.1 Printers: no more than 2 messages a minute *").await;
    let told = refusals(&office, "").await;
    assert_eq!(told.refusals.iter().map(|line| (line.why, line.count)).collect::<Vec<_>>(), [(RefusalKind::TooMuch, 2)]);
    provider.fake.until(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_waits_the_highest_priority_goes_first() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        if let Some(smart_host) = &mut settings.smart_host {
            smart_host.parallel_connections = 1;
        }
    })
    .await;
    office.ask(Request::Pause).await;
    for (priority, to) in [(Priority::Low, "low"), (Priority::Normal, "normal"), (Priority::High, "high"), (Priority::Normal, "later")] {
        with_rules(&office, vec![loopback(|rule| rule.priority = priority)]).await;
        office.device().await.hands_in("scan@office.test", &[&format!("{to}@away.test")], MESSAGE).await;
    }
    office.ask(Request::Resume).await;
    let order: Vec<String> = provider.fake.until(4).await.iter().map(|message| message.forward_paths.join(" ")).collect();
    assert_eq!(order, ["high@away.test", "normal@away.test", "later@away.test", "low@away.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_remembered_folded_and_survive_a_restart() {
    let provider = Provider::start().await;
    let mut office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    with_rules(&office, vec![AccessRule::allowing("10.99.0.0/24", "Elsewhere")]).await;
    let mut device = office.device().await;
    for n in 0..5 {
        device.says(&format!("MAIL FROM:<scan{n}@office.test>")).await.hears("550 5.7.1 *").await;
    }
    office.restart().await;
    let page = refusals(&office, "").await;
    let [line] = &page.refusals[..] else { panic!("{page:?}") };
    assert_eq!(
        (line.address.as_str(), line.client_name.as_str(), line.why, line.count),
        ("127.0.0.1", "device.test", RefusalKind::NotAllowed, 5)
    );
    assert_eq!(line.sender, "scan4@office.test");
    assert!(line.reply.starts_with("550 5.7.1 <127.0.0.1>: "), "{}", line.reply);
    assert_eq!(refusals(&office, "scan4@ device.test").await.total, 1);
    assert_eq!(refusals(&office, "scan3@").await.total, 0, "only the last is told");

    let seen = devices(&office).await;
    let [device] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((device.address.as_str(), device.rule.as_deref(), device.messages, device.refused_today), ("127.0.0.1", None, 1, 5));
    assert_eq!(device.last_refusal.as_ref(), Some(line));
    with_rules(&office, vec![AccessRule::allowing("127.0.0.0/8", "")]).await;
    assert_eq!(devices(&office).await[0].rule.as_deref(), Some("127.0.0.0/8"), "a rule without a name is called by its network");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_beforehand_is_answered_as_the_device_would_be() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let decide = async |question: &AccessQuestion, settings: Option<Settings>| match office
        .ask(Request::MayISend { question: question.clone(), settings: settings.map(Box::new) })
        .await
    {
        Answer::Decision { decision } => decision,
        other => panic!("{other:?}"),
    };
    let question = AccessQuestion {
        address: "127.0.0.1".into(),
        encrypted: false,
        account: None,
        sender: "scan@office.test".into(),
        recipient: "ann@away.test".into(),
    };
    let yes = DecisionView { permitted: true, by: DecidedBy::Rule, rule: Some(0), reply: None };
    assert_eq!(decide(&question, None).await, yes);
    let stranger = AccessQuestion { address: "192.0.2.7".into(), ..question.clone() };
    let no = decide(&stranger, None).await;
    assert_eq!((no.permitted, no.by, no.rule), (false, DecidedBy::Nothing, None));
    assert!(no.reply.unwrap_or_default().starts_with("550 5.7.1 <192.0.2.7>: "));

    // Settings that are not saved are tried too.
    let mut other = office.settings().await;
    other.rules = vec![loopback(|rule| rule.recipients = RecipientScope::OwnDomains)];
    other.lists.own_domains = vec!["office.test".into()];
    other.accounts = vec![DeviceAccount { name: "branch".into(), note: String::new(), enabled: true, senders: vec![] }];
    let no = decide(&question, Some(other.clone())).await;
    let mut device = {
        assert_eq!((no.permitted, no.by, no.rule), (false, DecidedBy::Rule, Some(0)));
        let signed_in = AccessQuestion { encrypted: true, account: Some("BRANCH".into()), ..stranger };
        assert_eq!(decide(&signed_in, Some(other.clone())).await, DecisionView { by: DecidedBy::Account, rule: None, ..yes });
        assert!(matches!(office.apply(other.clone()).await, Answer::Settings { .. }));
        office.device().await
    };
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears(&no.reply.unwrap_or_default()).await;

    other.lists.own_domains.clear();
    let asked = Request::MayISend { question: question.clone(), settings: Some(Box::new(other)) };
    assert!(matches!(office.ask(asked).await, Answer::Problems { problems } if problems[0].field == "rules[0].recipients"));
    let nobody = AccessQuestion { account: Some("nobody".into()), ..question };
    assert!(matches!(office.ask(Request::MayISend { question: nobody, settings: None }).await, Answer::Refused { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attack_of_refusals_does_not_keep_mail_waiting() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    with_rules(&office, vec![loopback(|rule| rule.senders = vec!["office.test".into()])]).await;
    let address = office.address().await;
    let attackers = (0..8).map(|_| {
        tokio::spawn(async move {
            for _ in 0..10 {
                let mut attacker = Client::greeted(address).await;
                // Twenty mistakes, and the connection is closed: never so many here.
                for _ in 0..15 {
                    attacker.says("MAIL FROM:<spam@away.test>").await.hears("550 *").await;
                }
            }
        })
    });
    let attackers: Vec<_> = attackers.collect();
    for _ in 0..10 {
        office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    }
    for attacker in attackers {
        attacker.await.unwrap();
    }
    let page = refusals(&office, "").await;
    assert_eq!(page.refusals.iter().map(|line| line.count).sum::<u32>(), 8 * 10 * 15);
    assert!(page.total <= 2, "one line an hour: {page:?}");
    office.until("all is counted", |snapshot| snapshot.counters.refused == 8 * 10 * 15).await;
    provider.fake.until(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_kept_out_and_sends_by_now_needs_nobody_any_more() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    with_rules(&office, vec![loopback(|rule| rule.require_encryption = true)]).await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("530 5.7.0 *").await;
    office.until("it is told of", |snapshot| snapshot.refused.iter().any(|client| client.why == RefusalKind::EncryptionNeeded)).await;
    device.starts_tls().await;
    device.says("EHLO device.test").await.hears("250 *").await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("it is told of no more", |snapshot| snapshot.refused.is_empty()).await;

    // One message that was refused says nothing of the others.
    with_rules(&office, vec![loopback(|rule| rule.senders = vec!["office.test".into()])]).await;
    device.says("MAIL FROM:<scan@away.test>").await.hears("550 5.7.1 *").await;
    device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(2).await;
    let refused: Vec<_> = office.snapshot().await.refused.iter().map(|client| client.why).collect();
    assert_eq!(refused, [RefusalKind::SenderNotAllowed]);
}
