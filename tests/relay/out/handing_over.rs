//! Handing a message over: the exact bytes, the right parameters.

use super::*;

#[tokio::test]
async fn the_content_arrives_byte_for_byte() {
    let tricky = "Subject: dots\r\n\r\n.\r\n..\r\n...x\r\n.leading\r\nmiddle . dot\r\n\r\n.\r\nlast line\r\n.\r\n";
    let way = Way::new();
    let running = way.usual().start().await;
    let mut line = way.open(&running).await;
    let attempt = line.deliver(&delivery(&["ann@away.test"], tricky)).await;
    assert_eq!(attempt.line, LineAfter::Usable);
    assert_eq!(String::from_utf8_lossy(&running.until(1).await[0].content), tricky);
}

#[tokio::test]
async fn a_large_file_arrives_byte_for_byte() {
    // Lines that begin with dots at every distance from the borders of blocks.
    let mut bytes = b"Subject: large\r\n\r\n".to_vec();
    let mut n = 0_usize;
    while bytes.len() < 20_000_000 {
        bytes.extend(std::iter::repeat_n(b'.', n % 4));
        bytes.extend(std::iter::repeat_n(b'a' + (n % 26) as u8, n % 997));
        bytes.extend_from_slice(b"\r\n");
        n += 1;
    }
    let way = Way::new();
    let running = way.usual().start().await;
    let mut line = way.open(&running).await;
    let message = delivery(&["ann@away.test"], way.file(&bytes));
    let attempt = line.deliver(&message).await;
    assert_eq!(story(&attempt), ["sent 250 2.0.0 taken"]);
    let taken = running.until(1).await;
    assert!(taken[0].content == bytes, "{} bytes came, {} were sent", taken[0].content.len(), bytes.len());
    assert_eq!(taken[0].parameters, format!("SIZE={}", bytes.len()));
}

#[tokio::test]
async fn parameters_are_given_only_where_they_are_offered_and_needed() {
    let way = Way::new().unencrypted();
    let mut message = ann();
    message.eight_bit = true;

    let running = FakeSmartHost::new().start().await;
    way.open(&running).await.deliver(&message).await;
    assert_eq!(running.until(1).await[0].parameters, format!("SIZE={} BODY=8BITMIME", SCAN.len()));
    way.open(&running).await.deliver(&ann()).await;
    assert_eq!(running.until(2).await[1].parameters, format!("SIZE={}", SCAN.len()));

    let running = FakeSmartHost::new().without("SIZE").without("8BITMIME").start().await;
    way.open(&running).await.deliver(&message).await;
    assert_eq!(running.until(1).await[0].parameters, "");
}

#[tokio::test]
async fn eight_bits_go_as_seven_where_only_seven_are_taken() {
    let way = Way::new().unencrypted();
    let running = FakeSmartHost::new().without("8BITMIME").start().await;
    let text = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n.Gr\u{fc}\u{df}e\r\n";
    let encoded = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n.Gr=C3=BC=C3=9Fe\r\n";
    let mut message = delivery(&["ann@away.test"], text);
    message.eight_bit = true;
    let mut line = way.open(&running).await;
    assert_eq!(story(&line.deliver(&message).await), ["sent 250 2.0.0 taken"]);

    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let large = format!("{head}\r\n\r\n{}", body.repeat(200_000));
    let mut message = delivery(&["ann@away.test"], way.file(large.as_bytes()));
    message.eight_bit = true;
    line.deliver(&message).await;

    let signed = "DKIM-Signature: v=1\r\nSubject: x\r\n\r\nGr\u{fc}\u{df}e\r\n";
    let mut message = delivery(&["ann@away.test"], signed);
    message.eight_bit = true;
    line.deliver(&message).await;
    line.deliver(&ann()).await;

    let taken = running.until(4).await;
    assert_eq!(String::from_utf8_lossy(&taken[0].content), encoded);
    let (head, body) = encoded.split_once("\r\n\r\n").unwrap();
    assert!(taken[1].content == format!("{head}\r\n\r\n{}", body.repeat(200_000)).as_bytes());
    assert_eq!(String::from_utf8_lossy(&taken[2].content), signed);
    assert_eq!(String::from_utf8_lossy(&taken[3].content), SCAN);
    let parameters: Vec<_> = taken.iter().map(|message| message.parameters.as_str()).collect();
    // How long it will be is known only afterwards.
    assert_eq!(parameters, ["", "", "", &format!("SIZE={}", SCAN.len())]);
}

#[tokio::test]
async fn what_senders_want_to_hear_goes_on_where_it_is_understood() {
    let way = Way::new().unencrypted();
    let mut message = delivery(&["ann@away.test", "bob@away.test", "carl@away.test"], SCAN);
    message.envelope.returns = Returns { ret: Some(Ret::Full), envelope_id: EnvelopeId::parse("QQ+2B1") };
    let paths = &mut message.envelope.forward_paths;
    paths[0].wish = Wish { notify: Notify::parse("success,failure"), original: OriginalRecipient::parse("rfc822;sales+2Bx@away.test") };
    paths[1].wish.notify = Notify::parse("never");

    let running = FakeSmartHost::new().offering("DSN").start().await;
    let mut line = way.open(&running).await;
    line.deliver(&message).await;
    assert!(line.tells_senders());
    assert_eq!(running.until(1).await[0].parameters, format!("SIZE={} RET=FULL ENVID=QQ+2B1", SCAN.len()));
    let asked: Vec<_> = running.commands().into_iter().filter(|command| command.starts_with("RCPT")).collect();
    assert_eq!(
        asked,
        [
            "RCPT TO:<ann@away.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;sales+2Bx@away.test",
            "RCPT TO:<bob@away.test> NOTIFY=NEVER",
            "RCPT TO:<carl@away.test>",
        ]
    );

    let running = FakeSmartHost::new().start().await;
    let mut line = way.open(&running).await;
    line.deliver(&message).await;
    assert!(!line.tells_senders());
    assert_eq!(running.until(1).await[0].parameters, format!("SIZE={}", SCAN.len()));
    assert!(running.commands().iter().filter(|command| command.starts_with("RCPT")).all(|command| command.ends_with('>')));
}

#[tokio::test]
async fn letters_beyond_ascii_go_only_where_they_are_taken() {
    let way = Way::new().unencrypted();
    let subject = "Subject: Gr\u{fc}\u{df}e\r\n\r\npage 1\r\n";
    let utf8 = |to: &[&str], content: &'static str| {
        let mut message = delivery(to, content);
        message.envelope.utf8 = true;
        message.eight_bit = !content.is_ascii();
        message.eight_bit_header = message.eight_bit;
        message
    };
    let running = FakeSmartHost::new().offering("SMTPUTF8").start().await;
    let attempt = way.open(&running).await.deliver(&utf8(&["j\u{f6}rg@away.test"], subject)).await;
    assert_eq!(story(&attempt), ["sent 250 2.0.0 taken"]);
    let taken = &running.until(1).await[0];
    assert_eq!(taken.parameters, format!("SIZE={} BODY=8BITMIME SMTPUTF8", subject.len()));
    assert_eq!(taken.forward_paths, ["j\u{f6}rg@away.test"]);
    assert_eq!(taken.content, subject.as_bytes());

    let running = FakeSmartHost::new().start().await;
    let unfit = "failed Unsuitable 553 5.6.7 localhost takes no addresses or headers with letters beyond ASCII (SMTPUTF8)";
    // The header needs it, then the sender, then one of the recipients, then all of them.
    let attempt = way.open(&running).await.deliver(&utf8(&["ann@away.test"], subject)).await;
    assert_eq!(story(&attempt), [unfit]);
    let mut message = utf8(&["ann@away.test"], SCAN);
    message.envelope.reverse_path = ReversePath::parse("b\u{fc}ro@office.test").unwrap();
    assert_eq!(story(&way.open(&running).await.deliver(&message).await), [unfit]);
    assert_eq!(story(&way.open(&running).await.deliver(&utf8(&["j\u{f6}rg@away.test"], SCAN)).await), [unfit]);
    assert!(running.messages().is_empty() && !running.commands().iter().any(|command| command.starts_with("MAIL")));

    let some = utf8(&["j\u{f6}rg@away.test", "ann@away.test", "\u{4f8b}@away.test", "bob@away.test"], SCAN);
    let attempt = way.open(&running).await.deliver(&some).await;
    assert_eq!(story(&attempt), [unfit, "sent 250 2.0.0 taken", unfit, "sent 250 2.0.0 taken"]);
    // Said, and not needed: mail like any other.
    let attempt = way.open(&running).await.deliver(&utf8(&["ann@away.test"], SCAN)).await;
    assert_eq!(story(&attempt), ["sent 250 2.0.0 taken"]);
    let taken = running.until(2).await;
    assert_eq!(taken[0].forward_paths, ["ann@away.test", "bob@away.test"]);
    assert!(taken.iter().all(|message| message.parameters == format!("SIZE={}", SCAN.len())));
}

#[tokio::test]
async fn a_report_goes_out_with_the_null_reverse_path() {
    let way = Way::new();
    let running = way.usual().start().await;
    let mut report = ann();
    report.envelope.reverse_path = ReversePath::Null;
    way.open(&running).await.deliver(&report).await;
    assert_eq!(running.until(1).await[0].reverse_path, "");
}

#[tokio::test]
async fn too_large_for_the_announced_size_is_not_even_tried() {
    let way = Way::new();
    let running = way.usual().size(10).start().await;
    let mut line = way.open(&running).await;
    let attempt = line.deliver(&ann()).await;
    let [Outcome::Failed(refusal)] = attempt.outcomes.as_slice() else { panic!("{:?}", story(&attempt)) };
    assert_eq!(refusal.kind, RefusalKind::TooLarge);
    assert_eq!(attempt.line, LineAfter::Usable);
    assert!(!running.commands().iter().any(|command| command.starts_with("MAIL")));

    // "SIZE 0" is no limit (RFC 1870 §4).
    let running = way.usual().size(0).start().await;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert!(story(&attempt)[0].starts_with("sent"), "{:?}", story(&attempt));
}

#[tokio::test]
async fn a_thousand_recipients_in_one_message() {
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let fake = if pipelining { FakeSmartHost::new() } else { FakeSmartHost::new().without("PIPELINING") };
        let running = fake.refuse_recipient("person517@away.test", "550 5.1.1 no such person").start().await;
        let names: Vec<String> = (0..1000).map(|n| format!("person{n}@away.test")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let attempt = way.open(&running).await.deliver(&delivery(&names, SCAN)).await;
        let story = story(&attempt);
        assert_eq!(story.iter().filter(|line| line.starts_with("sent")).count(), 999);
        assert!(story[517].starts_with("failed Recipient 550 5.1.1"), "{}", story[517]);
        assert_eq!(running.until(1).await[0].forward_paths.len(), 999);
        assert_eq!(running.was_pipelined(), pipelining);
    }
}

#[tokio::test]
async fn content_that_cannot_be_read_is_never_sent_in_half() {
    let way = Way::new();
    let running = way.usual().start().await;
    let mut line = way.open(&running).await;
    let Content::File { path, size } = way.file(&[b'x'; 1000]) else { panic!() };
    let short = delivery(&["ann@away.test"], Content::File { path: path.clone(), size: size + 1 });
    let gone = delivery(&["ann@away.test"], Content::File { path: path.with_extension("gone"), size });
    for message in [short, gone] {
        let attempt = line.deliver(&message).await;
        assert!(story(&attempt)[0].starts_with("deferred"), "{:?}", story(&attempt));
        assert_eq!(attempt.line, LineAfter::Spent);
        line = way.open(&running).await;
    }
    line.deliver(&ann()).await;
    let taken = running.until(1).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].content, SCAN.as_bytes());
}
