//! What a device hands in arrives at the provider, byte for byte.

use super::{MESSAGE, Provider};
use control::view::{RecipientState, StoryKind};
use e2e::Office;
use e2e::client::stuffed;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_handed_over_signed_in_and_its_story_is_told() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert!(taken[0].encrypted);
    assert_eq!(taken[0].signed_in.as_deref(), Some(e2e::office::USER));
    assert_eq!(taken[0].reverse_path, "scan@office.test");
    assert_eq!(taken[0].forward_paths, ["ann@away.test"]);
    let content = String::from_utf8_lossy(&taken[0].content).into_owned();
    let (trace, rest) = content.split_once("From: ").unwrap();
    assert!(trace.starts_with("Received: from device.test ([127.0.0.1])\r\n\tby relay.office.test"), "{trace}");
    assert!(trace.contains(&format!("id {id}")), "{trace}");
    assert_eq!(format!("From: {rest}"), MESSAGE);

    office.until_queue_is_empty().await;
    let story = office.story(&id).await;
    assert_eq!(story.entry.state, RecipientState::Sent);
    assert_eq!(story.entry.subject, "Scan 1");
    assert!(matches!(&story.steps[0].what, StoryKind::Accepted { client, tls: None, .. } if client == "127.0.0.1"), "{:?}", story.steps);
    assert!(matches!(&story.steps[1].what, StoryKind::Sent { tls: Some(_), .. }), "{:?}", story.steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_arrive_byte_for_byte_small_and_large() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let head = "Subject: bytes\r\n\r\n";
    let contents = [
        format!("{head}.\r\n..\r\n.x\r\n...\r\nend"),
        format!("{head}{}\r\n", "long line ".repeat(300)),
        format!("{head}\r\n\r\n\r\n"),
        format!("{head}{}", ".dotted line\r\n".repeat(60_000)),
        "\r\nno header at all\r\n".to_owned(),
        format!("{head}\u{e4}\u{f6}\u{fc} \u{20ac}\r\n"),
    ];
    let mut device = office.device().await;
    for content in &contents {
        device.hands_in("scan@office.test", &["ann@away.test"], content).await;
    }
    let taken = provider.fake.until(contents.len()).await;
    for content in &contents {
        let mut wanted = content.clone().into_bytes();
        if !wanted.ends_with(b"\r\n") {
            wanted.extend_from_slice(b"\r\n");
        }
        assert!(
            taken.iter().any(|message| message.content.ends_with(&wanted) && message.content.starts_with(b"Received: ")),
            "lost or changed: {:?}",
            &content[..content.len().min(60)]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_line_ends_leave_the_house_as_crlf_and_never_end_a_message() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says("DATA").await.hears("354 *").await;
    device.sends(b"Subject: x\n\na\n.\nMAIL FROM:<evil@office.test>\r.\rb\r\n.\r\n").await.hears("250 *").await;
    device.says("QUIT").await.hears("221 *").await;
    let taken = provider.fake.until(1).await;
    let content = String::from_utf8_lossy(&taken[0].content).into_owned();
    assert!(content.ends_with("Subject: x\r\n\r\na\r\n.\r\nMAIL FROM:<evil@office.test>\r\n.\r\nb\r\n"), "{content:?}");
    office.until_queue_is_empty().await;
    assert_eq!(provider.fake.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_gets_its_own_answer_and_the_sender_one_report() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "ghost@away.test"], MESSAGE).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let told = office.told().await;
    assert!(told[0].starts_with("scan@office.test to ann@away.test: sent 250"), "{told:?}");
    assert_eq!(told[1], "scan@office.test to ghost@away.test: bounced 550 5.1.1 no such user");
    assert!(told[2].starts_with("<> to scan@office.test: sent"), "{told:?}");
    let report = taken.iter().find(|message| message.reverse_path.is_empty()).unwrap();
    let text = String::from_utf8_lossy(&report.content);
    assert!(text.contains("Final-Recipient: rfc822; ghost@away.test"), "{text}");
    assert!(!text.contains("Final-Recipient: rfc822; ann@away.test"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_recipient_is_tried_again_and_nobody_else_gets_a_second_copy() {
    let provider = Provider::start().await;
    provider.fake.times(2, e2e::Stage::Rcpt("busy@away.test".into()), super::reply("450 4.2.0 busy"));
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test", "busy@away.test"], MESSAGE).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    assert_eq!(taken[0].forward_paths, ["ann@away.test"]);
    assert_eq!(taken[1].forward_paths, ["busy@away.test"]);
    let story = office.story(&id).await;
    assert_eq!(story.entry.state, RecipientState::Sent);
    let deferred = story.steps.iter().filter(|step| matches!(step.what, StoryKind::Deferred { .. })).count();
    assert_eq!(deferred, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_transactions_are_answered_in_order() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    let mut batch = Vec::new();
    for number in 0..3 {
        batch.extend_from_slice(b"MAIL FROM:<scan@office.test>\r\nRCPT TO:<ann@away.test>\r\nDATA\r\n");
        device.sends(&batch).await;
        batch.clear();
        for start in ["250 2.1.0 *", "250 2.1.5 *", "354 *"] {
            device.hears(start).await;
        }
        batch.extend_from_slice(&stuffed(format!("Subject: {number}\r\n\r\nx\r\n").as_bytes()));
        batch.extend_from_slice(b"RSET\r\nNOOP\r\n");
        device.sends(&batch).await;
        batch.clear();
        for start in ["250 2.0.0 Ok: queued as *", "250 2.0.0 *", "250 2.0.0 *"] {
            device.hears(start).await;
        }
    }
    provider.fake.until(3).await;
    assert!(provider.fake.was_pipelined());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_450_user_unknown_was_bounced_at_the_first_try() {
    let provider = Provider::start().await;
    provider.fake.times(1, e2e::Stage::Rcpt("ann@away.test".into()), super::reply("450 4.1.1 <ann@away.test>: User unknown"));
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let taken = provider.fake.until(1).await;
    assert_eq!(taken[0].forward_paths, ["ann@away.test"], "tried again instead of reported");
    office.until_queue_is_empty().await;
    let kinds: Vec<_> = office.story(&id).await.steps.into_iter().map(|step| step.what).collect();
    assert!(matches!(kinds[1..], [StoryKind::Deferred { .. }, StoryKind::Sent { .. }]), "{kinds:?}");
    assert_eq!(office.history().await.len(), 1, "no report was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_the_provider_is_refused_at_the_door() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        if let Some(smart_host) = &mut settings.smart_host {
            smart_host.largest_message = Some(104_096);
        }
    })
    .await;
    let mut device = e2e::Client::connect(office.address().await).await;
    device.hears("220 *").await;
    let offers = device.says("EHLO device.test").await.hears("250 *").await;
    assert!(offers.contains("SIZE 100000"), "{offers}");
    device.says("MAIL FROM:<scan@office.test> SIZE=100001").await.hears("552 5.3.4 *").await;
    device.says("MAIL FROM:<scan@office.test> SIZE=100000").await.hears("250 *").await;
}
