//! Reports to senders: never one about a report, and one that a mail program can read.

use super::Provider;
use control::request::Answer;
use control::settings::{NullSender, ReportSettings};
use control::view::EntryKind;
use e2e::{Office, Stage};
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_causes_no_further_report() {
    let provider = Provider::of(|fake| {
        fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")
            .refuse_recipient("scan@office.test", "550 5.1.1 a device reads no mail")
    })
    .await;
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    office.until("both are settled", |snapshot| snapshot.counters.waiting == 0 && snapshot.counters.failed == 2).await;
    assert_eq!(office.history().await.len(), 2);
    assert!(provider.fake.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_mail_parser_reads_the_report_as_it_arrived() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    let taken = provider.fake.until(1).await;
    let script = "
import email, email.policy, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.SMTP)
assert m.get_content_type() == 'multipart/report' and not m.defects, m.defects
parts = list(m.iter_parts())
status = parts[1].get_payload()
print(status[1]['Final-Recipient'], status[1]['Status'], m['Auto-Submitted'], 'Scan 1' in parts[2].get_payload())
";
    let mut python = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    python.stdin.take().unwrap().write_all(&taken[0].content).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "rfc822; ghost@away.test 5.1.1 auto-replied True");
}

/// A device that says what it wants to hear.
async fn asks(device: &mut e2e::Client, mail: &str, rcpts: &[&str]) {
    device.says(&format!("MAIL FROM:<scan@office.test>{mail}")).await.hears("250 *").await;
    for rcpt in rcpts {
        device.says(&format!("RCPT TO:{rcpt}")).await.hears("250 *").await;
    }
    let reply = device.sends_message(super::MESSAGE).await;
    assert!(reply.starts_with("250 "), "{reply}");
}

fn text(message: &e2e::Taken) -> String {
    String::from_utf8_lossy(&message.content).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_hears_of_success_from_us_when_the_provider_would_not_tell() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = provider.office().await;
    let mut device = office.device().await;
    asks(
        &mut device,
        " ENVID=job+2B17 RET=HDRS",
        &["<ann@away.test> NOTIFY=SUCCESS ORCPT=rfc822;sales@office.test", "<bob@away.test>", "<ghost@away.test> NOTIFY=NEVER"],
    )
    .await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let report = text(taken.iter().find(|message| message.reverse_path.is_empty()).unwrap());
    for line in [
        "Subject: Handed over: Scan 1",
        "Original-Envelope-Id: job+17",
        "Original-Recipient: rfc822; sales@office.test",
        "Final-Recipient: rfc822; ann@away.test",
        "Action: relayed",
        "Status: 2.0.0",
    ] {
        assert!(report.lines().any(|known| known == line), "{line} in {report}");
    }
    assert!(!report.contains("bob@away.test") && !report.contains("ghost@away.test"), "{report}");
    assert_eq!(provider.fake.messages().len(), 2);
    let id = office.history().await.last().unwrap().id.clone();
    let told = office.story(&id).await.steps;
    assert!(told.iter().any(|step| matches!(step.what, control::view::StoryKind::Confirmed { .. })), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_tells_senders_itself_is_asked_to_and_we_are_silent() {
    let provider = Provider::of(|fake| fake.offering("DSN")).await;
    let office = provider.office().await;
    asks(&mut office.device().await, " ENVID=x RET=FULL", &["<ann@away.test> NOTIFY=SUCCESS,DELAY"]).await;
    let taken = provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert!(taken[0].parameters.ends_with(" RET=FULL ENVID=x"), "{}", taken[0].parameters);
    assert!(provider.fake.commands().iter().any(|command| command == "RCPT TO:<ann@away.test> NOTIFY=SUCCESS,DELAY"));
    assert_eq!(office.history().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_back_whole_when_that_was_asked_for_also_after_a_restart() {
    let provider = Provider::of(|fake| fake.at(e2e::Stage::Dot, super::reply("451 4.3.0 later"))).await;
    let mut office = provider.office().await;
    asks(&mut office.device().await, " RET=FULL", &["<ann@away.test>"]).await;
    provider.fake.until_command("DATA").await;
    office.restart().await;
    provider.fake.calm();
    provider.fake.refuse_recipient("ann@away.test", "550 5.1.1 no such user");
    let taken = provider.fake.until(1).await;
    let report = text(&taken[0]);
    let quoted = report.split_once("Content-Type: message/rfc822\r\n").map(|(_, rest)| rest).unwrap_or_else(|| panic!("{report}"));
    assert!(quoted.contains(super::MESSAGE) && quoted.contains("Received: from device.test"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_with_addresses_in_utf_8_goes_where_it_can_and_comes_back_readable_where_it_cannot() {
    let provider = Provider::of(|fake| fake.offering("SMTPUTF8")).await;
    let office = provider.office().await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test> SMTPUTF8").await.hears("250 *").await;
    device.says("RCPT TO:<j\u{f6}rg@b\u{fc}ro.test>").await.hears("250 *").await;
    let reply = device.sends_message("From: scan@office.test\r\nSubject: Gr\u{fc}\u{df}e\r\n\r\npage 1\r\n").await;
    assert!(reply.starts_with("250 "), "{reply}");
    let taken = provider.fake.until(1).await;
    assert!(taken[0].parameters.ends_with(" BODY=8BITMIME SMTPUTF8"), "{}", taken[0].parameters);
    assert_eq!(taken[0].forward_paths, ["j\u{f6}rg@b\u{fc}ro.test"]);
    let content = text(&taken[0]);
    assert!(content.contains(" with UTF8SMTP\r\n") && content.contains("\r\n\tfor <j\u{f6}rg@b\u{fc}ro.test>;"), "{content}");
    office.until_queue_is_empty().await;

    let other = Provider::start().await;
    let office = other.office().await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test> SMTPUTF8").await.hears("250 *").await;
    device.says("RCPT TO:<j\u{f6}rg@b\u{fc}ro.test>").await.hears("250 *").await;
    device.sends_message(super::MESSAGE).await;
    let taken = other.fake.until(1).await;
    office.until_queue_is_empty().await;
    let report = text(&taken[0]);
    assert!(taken[0].reverse_path.is_empty() && report.is_ascii(), "{report}");
    assert!(report.contains("Final-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}ro.test\r\nAction: failed\r\nStatus: 5.6.7\r\n"), "{report}");
    assert_eq!(other.fake.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_reads_a_copy_or_reads_alone() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.reports = ReportSettings { to_senders: true, copy_to: Some("admin@office.test".into()) };
    })
    .await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert_eq!(taken[0].forward_paths, ["scan@office.test", "admin@office.test"]);
    office.until_queue_is_empty().await;

    let mut settings = office.settings().await;
    settings.reports.to_senders = false;
    assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    let taken = provider.fake.until(2).await;
    assert_eq!(taken[1].forward_paths, ["admin@office.test"]);
    assert!(text(&taken[1]).contains("\r\nA message of your office was not delivered"), "{}", text(&taken[1]));
    office.until_queue_is_empty().await;
    assert_eq!(office.history().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_refuses_mail_without_a_sender_never_gets_a_report_until_it_carries_the_accounts_name() {
    const DENIED: &str = "550 5.7.60 SMTP; Client does not have permissions to send as this sender";
    let provider = Provider::of(|fake| {
        fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user").at(Stage::From(String::new()), super::reply(DENIED))
    })
    .await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        if let Some(smart_host) = &mut settings.smart_host {
            smart_host.null_sender = NullSender::Address { address: "relay@office.test".into() };
        }
    })
    .await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert_eq!((taken[0].reverse_path.as_str(), taken[0].forward_paths.concat()), ("relay@office.test", "scan@office.test".to_owned()));
    let report = text(&taken[0]);
    for line in ["From: Outtray Mail Delivery <relay@office.test>", "Auto-Submitted: auto-replied"] {
        assert!(report.lines().any(|known| known == line), "{line} in {report}");
    }
    // It is still a report: a refusal of it would not cause another.
    office.until_queue_is_empty().await;
    let report = office.history().await.remove(0);
    assert_eq!((report.kind, report.sender.as_str()), (EntryKind::Report, ""));
}
