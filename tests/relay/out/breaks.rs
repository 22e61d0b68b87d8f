//! Where in a message the connection breaks, and who is charged for it.

use super::*;
use e2e::{Answer, Stage};

fn large(way: &Way, bytes: usize) -> Delivery {
    let line = b"a line like any other, seventy letters long, again and again and again\r\n";
    let content: Vec<u8> = line.iter().copied().cycle().take(bytes - bytes % line.len()).collect();
    delivery(&["ann@away.test"], way.file(&content))
}

#[tokio::test]
async fn lost_in_the_middle_of_the_content() {
    let way = Way::new();
    for after in [0, 1_000, 1_000_000] {
        let running = way.usual().at(Stage::Data, Answer::CloseAfter(after)).start().await;
        let attempt = way.open(&running).await.deliver(&large(&way, 5_000_000)).await;
        assert_eq!((&attempt.outcomes[..], &attempt.line), (&[lost()][..], &LineAfter::Spent), "after {after}");
        assert!(running.messages().is_empty());
    }
}

/// It reads no more: the block's own time-out ends it, the others are far longer.
#[tokio::test]
async fn a_smart_host_that_stops_reading_the_content_is_given_up() {
    let mut way = Way::new();
    way.config.timeouts.data_block = Duration::from_secs(2);
    way.config.timeouts.data_end = Duration::from_secs(60);
    let running = way.usual().at(Stage::Data, Answer::Freeze).start().await;
    let mut line = way.open(&running).await;
    let message = large(&way, 20_000_000);
    let attempt = tokio::time::timeout(Duration::from_secs(30), line.deliver(&message)).await.unwrap();
    assert_eq!((&attempt.outcomes[..], &attempt.line), (&[lost()][..], &LineAfter::Spent));
}

#[tokio::test]
async fn no_answer_to_the_end_of_the_content_is_cut_by_its_own_time_out() {
    let mut way = Way::new();
    way.config.timeouts.data_end = Duration::from_secs(2);
    let running = way.usual().at(Stage::Dot, Answer::Stall).start().await;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert_eq!((&attempt.outcomes[..], &attempt.line), (&[unanswered()][..], &LineAfter::Spent));
}

/// An answer cut in half is none: "250-" may have become anything.
#[tokio::test]
async fn half_an_answer_to_the_content_does_not_count_as_sent() {
    for half in [&b"2"[..], b"250", b"250 2.0.0 tak", b"250-2.0.0 taken\r\n"] {
        let way = Way::new();
        let running = way.usual().at(Stage::Dot, Answer::RawAndClose(half.to_vec())).start().await;
        let attempt = way.open(&running).await.deliver(&ann()).await;
        assert_eq!(attempt.outcomes, [unanswered()], "{half:?}");
        assert_ne!(attempt.line, LineAfter::Usable, "{half:?}");
    }
}

/// Every point between MAIL and the final dot, with somebody refused before it.
#[tokio::test]
async fn refused_recipients_keep_their_answer_wherever_it_breaks() {
    for pipelining in [true, false] {
        let half = Answer::RawAndClose(b"250-2.1.5 ok\r\n".to_vec());
        for (stage, fault) in [
            (Stage::Rcpt("late@away.test".into()), Answer::Close),
            (Stage::Rcpt("late@away.test".into()), half),
            (Stage::Data, Answer::Close),
            (Stage::Data, Answer::RawAndClose(b"354".to_vec())),
            (Stage::Dot, Answer::Close),
        ] {
            let way = Way::new().unencrypted();
            let fake = if pipelining { FakeSmartHost::new() } else { FakeSmartHost::new().without("PIPELINING") };
            let running = fake.refuse_recipient("ghost@", "550 5.1.1 no such user").at(stage.clone(), fault.clone()).start().await;
            let message = delivery(&["early@away.test", "ghost@away.test", "late@away.test"], SCAN);
            let attempt = way.open(&running).await.deliver(&message).await;
            let lost = if stage == Stage::Dot { "deferred AnswerLost" } else { "deferred ConnectionLost" };
            let wanted = [lost, "failed Recipient 550 5.1.1 no such user", lost];
            assert_eq!(story(&attempt), wanted, "{stage:?} {fault:?}, pipelining {pipelining}");
            assert_eq!(attempt.line, LineAfter::Spent, "{stage:?} {fault:?}, pipelining {pipelining}");
        }
    }
}

/// Replies are told apart only by their order: after one too many, no refusal is known to be this recipient's.
#[tokio::test]
async fn one_reply_too_many_fails_nobody_for_anothers_refusal() {
    for pipelining in [true, false] {
        let extras = [&b"250 2.0.0 and by the way\r\n"[..], b"550 5.0.0 and by the way\r\n"];
        let orders = [
            ["ann@away.test", "ghost@away.test", "bob@away.test"],
            ["ann@away.test", "bob@away.test", "ghost@away.test"],
            ["ghost@away.test", "ann@away.test", "bob@away.test"],
        ];
        let cases = extras.iter().flat_map(|extra| orders.map(|order| (*extra, order)));
        for (extra, recipients) in cases {
            let way = Way::new().unencrypted();
            let fake = if pipelining { FakeSmartHost::new() } else { FakeSmartHost::new().without("PIPELINING") };
            let twice = Answer::Followed(extra.to_vec());
            let running = fake.refuse_recipient("ghost@", "550 5.1.1 no such user").at(Stage::Mail, twice).start().await;
            let attempt = way.open(&running).await.deliver(&delivery(&recipients, SCAN)).await;
            let story = story(&attempt);
            for (recipient, line) in recipients.iter().zip(&story) {
                let ghost = recipient.starts_with("ghost");
                assert!(ghost || !line.starts_with("failed"), "pipelining {pipelining}: {recipient} of {recipients:?} {story:?}");
                assert!(!ghost || !line.starts_with("sent"), "pipelining {pipelining}: {recipient} of {recipients:?} {story:?}");
            }
        }
    }
}

/// The same, left over from the message before on the same connection.
#[tokio::test]
async fn one_reply_too_many_after_a_message_does_not_reach_into_the_next() {
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let fake = if pipelining { FakeSmartHost::new() } else { FakeSmartHost::new().without("PIPELINING") };
        let running = fake.refuse_recipient("ghost@", "550 5.1.1 no such user").start().await;
        running.times(1, Stage::Dot, Answer::Followed(b"250 2.0.0 really\r\n".to_vec()));
        let mut line = way.open(&running).await;
        assert!(story(&line.deliver(&ann()).await)[0].starts_with("sent"));
        let recipients = ["ann@away.test", "ghost@away.test", "bob@away.test"];
        let attempt = line.deliver(&delivery(&recipients, SCAN)).await;
        let told = story(&attempt);
        assert!(!told[0].starts_with("failed") && !told[2].starts_with("failed"), "pipelining {pipelining}: {told:?}");
        assert!(!told[1].starts_with("sent"), "pipelining {pipelining}: {told:?}");
    }
}

#[tokio::test]
async fn a_smart_host_that_comes_back_takes_the_next_message() {
    let way = Way::new();
    let running = way.usual().start().await;
    let host = way.host(&running);
    let mut line = host.open().await.unwrap();
    line.deliver(&ann()).await;
    running.stop().await;
    assert_eq!(running.open_connections(), 0);
    let attempt = line.deliver(&ann()).await;
    assert_eq!((story(&attempt), &attempt.line), (vec!["untouched".to_owned()], &LineAfter::Spent));
    assert_eq!(host.open().await.err().unwrap().kind, TroubleKind::ConnectionRefused);
    running.start_again().await;
    let attempt = host.open().await.unwrap().deliver(&ann()).await;
    assert!(story(&attempt)[0].starts_with("sent"));
    running.until_that(|host| host.messages().len() == 2).await;
}

/// Over the borders of what is offered in one write, each reply belongs to its own recipient.
#[tokio::test]
async fn each_of_250_recipients_gets_its_own_reply() {
    for pipelining in [true, false] {
        let way = Way::new();
        let fake = if pipelining { way.usual() } else { way.usual().without("PIPELINING") };
        let mut fake = fake;
        for n in (0..250).filter(|n| n % 7 == 3 || (99..=101).contains(n)) {
            let reply = if n % 2 == 0 { format!("550 5.1.1 no number {n}") } else { format!("450-4.2.0 wait\n450 4.2.0 number {n}") };
            fake = fake.refuse_recipient(&format!("n{n}@away.test"), &reply);
        }
        let running = fake.start().await;
        let names: Vec<String> = (0..250).map(|n| format!("n{n}@away.test")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let attempt = way.open(&running).await.deliver(&delivery(&names, SCAN)).await;
        for (n, line) in story(&attempt).iter().enumerate() {
            let refused = n % 7 == 3 || (99..=101).contains(&n);
            let wanted = match (refused, n % 2) {
                (false, _) => "sent 250 2.0.0 taken".to_owned(),
                (true, 0) => format!("failed Recipient 550 5.1.1 no number {n}"),
                (true, _) => line.clone(),
            };
            assert_eq!(*line, wanted, "pipelining {pipelining}");
            assert!(!refused || line.ends_with(&format!("number {n}")), "{n}: {line}");
        }
        assert_eq!(attempt.line, LineAfter::Usable);
        assert_eq!(running.messages()[0].forward_paths.len(), 250 - (0..250).filter(|n| n % 7 == 3 || (99..=101).contains(n)).count());
        // All refused, more than one write.
        running.refuse_recipient("", "550 5.1.1 nobody");
        let attempt = way.open(&running).await.deliver(&delivery(&names, SCAN)).await;
        assert!(story(&attempt).iter().all(|line| line.starts_with("failed Recipient 550 5.1.1 nobody")));
        assert_eq!(attempt.line, LineAfter::Usable);
        assert_eq!(running.messages().len(), 1);
    }
}

/// The sender refused, and yet a 354: nothing of the message may follow (RFC 2920 §3.1).
#[tokio::test]
async fn a_refused_sender_and_a_354_send_no_content() {
    for recipients in [1, 3, 250] {
        let way = Way::new().unencrypted();
        let running = FakeSmartHost::new()
            .at(Stage::Mail, Answer::Reply("550 5.7.1 not you".into()))
            .at(Stage::Data, Answer::Reply("354 go on anyway".into()))
            .start()
            .await;
        let names: Vec<String> = (0..recipients).map(|n| format!("n{n}@away.test")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut line = way.open(&running).await;
        let attempt = line.deliver(&delivery(&names, SCAN)).await;
        assert!(story(&attempt).iter().all(|line| line.contains("550 5.7.1 not you")), "{:?}", story(&attempt));
        assert!(running.messages().is_empty(), "{:?}", running.messages());
        running.calm();
        let next = line.deliver(&ann()).await;
        assert!(story(&next)[0].starts_with("sent"), "{:?}", running.commands());
    }
}

/// It says no in the middle of a large message and closes: its words count, not the broken pipe.
#[tokio::test]
async fn a_refusal_in_the_middle_of_a_large_message_is_heard() {
    let way = Way::new().unencrypted();
    let running = FakeSmartHost::new().at(Stage::Data, Answer::ReplyAndClose("354 go on\n552 5.3.4 too large for me".into())).start().await;
    let attempt = way.open(&running).await.deliver(&large(&way, 5_000_000)).await;
    assert_eq!(story(&attempt), ["failed TooLarge 552 5.3.4 too large for me"]);
    assert_eq!(attempt.line, LineAfter::Spent);
}
