//! Other senders for the provider: on the wire, and nowhere else.

use super::Provider;
use control::settings::{DisplayName, RewritingRow, RewritingSettings, RewrittenSenders, Settings};
use control::{Answer, Request};
use e2e::office::USER;
use e2e::{Office, Taken};

fn rewriting(senders: RewrittenSenders) -> impl FnOnce(&mut Settings) {
    let rewriting = RewritingSettings { senders, display_name: DisplayName::Kept, reply_to: true };
    move |settings| settings.smart_host.as_mut().unwrap().rewriting = Some(rewriting)
}

fn account() -> impl FnOnce(&mut Settings) {
    rewriting(RewrittenSenders::All { address: None })
}

/// Behind our own trace.
fn arrived(taken: &Taken) -> String {
    let text = String::from_utf8_lossy(&taken.content).into_owned();
    text.split_once(" +0000\r\n").map(|(_, rest)| rest.to_owned()).unwrap()
}

fn says_its_size(taken: &Taken) {
    assert_eq!(taken.parameters.split(' ').next(), Some(format!("SIZE={}", taken.content.len()).as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_sees_the_account_and_the_office_the_device() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), account()).await;
    let head = "DATE: today\r\nFrom:  =?utf-8?q?B=C3=BCro?=\r\n\t<scanner@office.test>\r\nSubject:  odd \t spacing\r\n\tfolded\r\nMessage-ID: <1@x>\r\n";
    let body = "From: not this one\r\n.\r\n\r\n";
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test", "ghost@away.test"], &format!("{head}\r\n{body}")).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;

    let mail = taken.iter().find(|taken| !taken.reverse_path.is_empty()).unwrap();
    assert_eq!(mail.reverse_path, USER);
    assert_eq!(
        arrived(mail),
        format!(
            "DATE: today\r\nFrom: =?utf-8?q?B=C3=BCro?= <{USER}>\r\nReply-To:  =?utf-8?q?B=C3=BCro?=\r\n\t<scanner@office.test>\r\n\
             X-Original-From:  =?utf-8?q?B=C3=BCro?=\r\n\t<scanner@office.test>\r\nSubject:  odd \t spacing\r\n\tfolded\r\nMessage-ID: <1@x>\r\n\r\n{body}"
        )
    );
    says_its_size(mail);

    // The report is for the device's people, from nobody, and readers see an address that the provider takes.
    let report = taken.iter().find(|taken| taken.reverse_path.is_empty()).unwrap();
    assert_eq!(report.forward_paths, ["scan@office.test"]);
    let text = String::from_utf8_lossy(&report.content).into_owned();
    assert!(text.lines().any(|line| line.starts_with("From: ") && line.ends_with(&format!("<{USER}>"))), "{text}");
    let story = office.story(&id).await;
    assert_eq!(story.entry.sender, "scan@office.test");
    assert!(
        office.told().await.contains(&"scan@office.test to ann@away.test: sent 250 2.0.0 taken".to_owned()),
        "{:#?}",
        office.told().await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_decides_for_each_sender_also_of_large_mail_and_where_seven_bits_are_taken() {
    let provider = Provider::of(|fake| fake.without("8BITMIME")).await;
    let row = |from: &str, to: &str| RewritingRow { from: from.into(), to: to.into() };
    let rows = vec![row("ups@office.test", "alarm@office.example"), row("office.test", "scan@office.example")];
    let office = Office::changed(&provider.fake, &provider.ca_file(), rewriting(RewrittenSenders::Rows { rows })).await;
    let mut device = office.device().await;
    // Kept in a file, and with letters that the provider does not take as they are.
    let large =
        format!("From: a@office.test\r\nDate: x\r\nMessage-ID: <l@x>\r\nReply-To: r@x.test\r\n\r\n{}end\r\n", "ü line\r\n".repeat(40_000));
    device.hands_in("a@office.test", &["ann@away.test"], &large).await;
    for from in ["ups@office.test", "ann@else.test"] {
        device
            .hands_in(from, &["ann@away.test"], &format!("Sender: {from}\r\nFrom: {from}\r\nDate: x\r\nMessage-ID: <{from}>\r\n\r\nx\r\n"))
            .await;
    }
    device.hands_in("", &["ann@away.test"], "From: <a@office.test>\r\nDate: x\r\nMessage-ID: <n@x>\r\n\r\nx\r\n").await;
    let taken = provider.fake.until(4).await;
    office.until_queue_is_empty().await;
    let of = |path: &str| taken.iter().find(|taken| taken.reverse_path == path).unwrap_or_else(|| panic!("{path} is not among them"));

    let large = arrived(of("scan@office.example"));
    let front = "From: <scan@office.example>\r\nX-Original-From: a@office.test\r\nDate: x\r\nMessage-ID: <l@x>\r\nReply-To: r@x.test\r\nMIME-Version: 1.0\r\n";
    assert!(large.starts_with(front), "{}", &large[..300]);
    assert_eq!(large.matches("=C3=BC line\r\n").count(), 40_000);
    assert_eq!(
        arrived(of("alarm@office.example")),
        "X-Original-Sender: ups@office.test\r\nFrom: <alarm@office.example>\r\nReply-To: ups@office.test\r\nX-Original-From: ups@office.test\r\n\
         Date: x\r\nMessage-ID: <ups@office.test>\r\n\r\nx\r\n"
    );
    assert_eq!(
        arrived(of("ann@else.test")),
        "Sender: ann@else.test\r\nFrom: ann@else.test\r\nDate: x\r\nMessage-ID: <ann@else.test>\r\n\r\nx\r\n"
    );
    assert!(arrived(of("")).starts_with("From: <scan@office.example>\r\nReply-To: <a@office.test>\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_beforehand_is_what_is_sent() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), account()).await;
    let smart_host = office.settings().await.smart_host.unwrap();
    let from = "\"Scanner, 2nd floor\" <scanner@office.test>";
    let answer = office.ask(Request::SenderBecomes { smart_host: Box::new(smart_host.clone()), from: from.into() }).await;
    let Answer::Rewritten { rewritten } = answer else { panic!("{answer:?}") };
    office.device().await.hands_in("scanner@office.test", &["ann@away.test"], &format!("From: {from}\r\n\r\nx\r\n")).await;
    let taken = provider.fake.until(1).await;
    assert_eq!(taken[0].reverse_path, rewritten.envelope);
    let sent = arrived(&taken[0]);
    for (name, value) in [("From", Some(rewritten.from)), ("Reply-To", rewritten.reply_to), ("X-Original-From", rewritten.original_from)] {
        assert!(sent.contains(&format!("{name}: {}\r\n", value.unwrap())), "{sent}");
    }

    // Before a server is chosen, too; and what is wrong is told, of this alone.
    let mut draft = smart_host;
    draft.server = String::new();
    draft.rewriting = Some(RewritingSettings {
        senders: RewrittenSenders::All { address: Some("nobody".into()) },
        display_name: DisplayName::Kept,
        reply_to: true,
    });
    let answer = office.ask(Request::SenderBecomes { smart_host: Box::new(draft), from: from.into() }).await;
    let Answer::Problems { problems } = answer else { panic!("{answer:?}") };
    assert_eq!(problems.iter().map(|problem| problem.field.as_str()).collect::<Vec<_>>(), ["smartHost.rewriting.senders.address"]);
}
