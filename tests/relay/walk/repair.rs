//! What devices leave out is put in front; everything else arrives as it was sent.

use super::Provider;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_leaves_out_is_put_in_front() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    let id = device.hands_in("scan@office.test", &["ann@away.test"], "Return-Path: <x@y.test>\r\nSubject: bare\r\n\r\npage 1\r\n").await;
    device.hands_in("scan@office.test", &["ann@away.test"], "page 1 of a device that knows no header\r\n").await;
    device
        .hands_in("scan@office.test", &["ann@away.test"], "From: Scanner <scanner>\r\nDate: x\r\nMessage-ID: <1@x.test>\r\n\r\nx\r\n")
        .await;
    let taken = provider.fake.until(3).await;
    office.until_queue_is_empty().await;
    let arrived = |end: &str| {
        let texts = taken.iter().map(|message| String::from_utf8_lossy(&message.content).into_owned());
        let text = texts.into_iter().find(|text| text.ends_with(end)).unwrap_or_else(|| panic!("{end:?} is not among {taken:#?}"));
        // Behind our own trace.
        text.split_once(" +0000\r\n").map(|(_, rest)| rest.to_owned()).unwrap()
    };

    let bare = arrived("Subject: bare\r\n\r\npage 1\r\n");
    let (front, _) = bare.split_once("Subject: ").unwrap();
    let fields: Vec<_> = front.lines().collect();
    assert!(
        matches!(fields[..], [date, from, message_id]
        if date.starts_with("Date: ") && date.ends_with(" +0000")
        && from == "From: <scan@office.test>"
        && message_id == format!("Message-ID: <{id}@relay.office.test>")),
        "{bare}"
    );

    let body = arrived("\r\n\r\npage 1 of a device that knows no header\r\n");
    assert!(body.contains("From: <scan@office.test>\r\nMessage-ID: <"), "{body}");
    assert_eq!(arrived("x\r\n"), "From: Scanner <scanner@office.test>\r\nDate: x\r\nMessage-ID: <1@x.test>\r\n\r\nx\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_message_arrives_byte_for_byte_behind_the_trace() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    let contents = [
        "X-First: \t odd   spacing \r\nDATE : yesterday\r\nfrom:a@office.test\r\nmessage-id:<1@x>\r\nX-First: twice\r\n\r\n.\r\nReturn-Path: x\r\n".to_owned(),
        format!("DKIM-Signature: v=1; h=from:date\r\nFrom: scanner\r\nX-Long: {}\r\n\r\n{}\r\n", "x".repeat(2000), "y".repeat(2000)),
        format!("From: a@office.test\r\nDate: x\r\nMessage-ID: <2@x>\r\nTo: {}\r\n\r\nmany\r\n", "ann@away.test,\r\n ".repeat(20_000)),
    ];
    for content in &contents {
        device.hands_in("scan@office.test", &["ann@away.test"], content).await;
    }
    let taken = provider.fake.until(contents.len()).await;
    for content in &contents {
        let is_whole = |message: &&e2e::Taken| {
            let text = String::from_utf8_lossy(&message.content).into_owned();
            text.split_once(" +0000\r\n").is_some_and(|(_, rest)| rest == content)
        };
        assert!(taken.iter().any(|message| is_whole(&message)), "changed: {:?}", &content[..60]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_refers_to_the_message_by_the_id_it_was_given() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ghost@away.test"], "Subject: bare\r\n\r\nx\r\n").await;
    let taken = provider.fake.until(1).await;
    let report = String::from_utf8_lossy(&taken[0].content).into_owned();
    assert!(report.contains(&format!("In-Reply-To: <{id}@relay.office.test>\r\n")), "{report}");
}
