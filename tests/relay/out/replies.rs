//! What a reply in the middle of a message means, with and without PIPELINING.

use super::*;
use e2e::{Answer, Stage};
use futures_util::future::join_all;

/// What came of it: one word line for each recipient, the trouble, and whether the line can go on.
type Story = (Vec<String>, Option<TroubleKind>, bool);

async fn tried(way: &Way, pipelining: bool, faults: &[(Stage, Answer)], recipients: &[&str]) -> (Story, SmartHostRunning) {
    tried_of(way, pipelining, faults, &delivery(recipients, SCAN)).await
}

async fn tried_of(way: &Way, pipelining: bool, faults: &[(Stage, Answer)], message: &Delivery) -> (Story, SmartHostRunning) {
    let mut fake = if pipelining { FakeSmartHost::new() } else { FakeSmartHost::new().without("PIPELINING") };
    for (stage, answer) in faults {
        fake = fake.at(stage.clone(), answer.clone());
    }
    let running = fake.start().await;
    let mut line = way.open(&running).await;
    let attempt = line.deliver(message).await;
    if attempt.line == LineAfter::Usable {
        running.calm();
        let next = line.deliver(&ann()).await;
        assert!(story(&next)[0].starts_with("sent"), "a usable line takes the next message: {:?} {:?}", story(&next), running.commands());
    }
    ((story(&attempt), down(&attempt), attempt.line == LineAfter::Usable), running)
}

fn reply(text: &str) -> Answer {
    Answer::Reply(text.to_owned())
}

fn rcpt(address: &str) -> Stage {
    Stage::Rcpt(address.to_owned())
}

#[tokio::test]
async fn one_refused_recipient_does_not_stop_the_other() {
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let faults =
            [(rcpt("ghost@away.test"), reply("550 5.1.1 no such user")), (rcpt("full@away.test"), reply("452 4.2.2 mailbox full"))];
        let ((story, down, usable), running) =
            tried(&way, pipelining, &faults, &["ghost@away.test", "ann@away.test", "full@away.test"]).await;
        assert_eq!(story, ["failed Recipient 550 5.1.1 no such user", "sent 250 2.0.0 taken", "deferred Recipient 452 4.2.2 mailbox full"]);
        assert!(usable && down.is_none());
        assert_eq!(running.until(1).await[0].forward_paths, ["ann@away.test"]);
    }
}

#[tokio::test]
async fn when_all_are_refused_nothing_is_sent() {
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let refused = (rcpt(""), reply("550 5.1.1 no such user"));
        // A server may go on at DATA although it took nobody (RFC 2920 §3.1).
        for faults in [vec![refused.clone()], vec![refused, (Stage::Data, reply("354 go on anyway"))]] {
            let ((story, down, usable), running) = tried(&way, pipelining, &faults, &["a@away.test", "b@away.test"]).await;
            assert_eq!(story, ["failed Recipient 550 5.1.1 no such user", "failed Recipient 550 5.1.1 no such user"]);
            assert!(usable && down.is_none());
            let full: Vec<_> = running.messages().into_iter().filter(|taken| taken.forward_paths.contains(&"a@away.test".into())).collect();
            assert!(full.is_empty());
        }
    }
}

#[tokio::test]
async fn a_refused_sender_is_about_the_message() {
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let ((story, down, usable), _) = tried(&way, pipelining, &[(Stage::Mail, reply("451 4.3.0 later"))], &["ann@away.test"]).await;
        assert_eq!((story, down, usable), (vec!["deferred Temporary 451 4.3.0 later".into()], None, true));
        // SendAsDenied and its like: a fault of the set-up, so nothing bounces for it.
        let denied = reply("550 5.7.60 SMTP; Client does not have permissions to send as this sender");
        for stage in [Stage::Mail, Stage::Dot] {
            let ((story, down, usable), _) = tried(&way, pipelining, &[(stage, denied.clone())], &["ann@away.test"]).await;
            assert!(story[0].starts_with("deferred Sender"), "{story:?}");
            assert!(down.is_none() && usable);
        }
    }
}

#[tokio::test]
async fn faults_of_the_lane_leave_the_message_untouched() {
    let cases = [
        (Stage::Mail, "530 5.7.57 Client not authenticated to send mail", TroubleKind::SignInNeeded),
        (Stage::Mail, "535 5.7.3 Authentication unsuccessful", TroubleKind::SignInRefused),
        (Stage::Mail, "550 5.7.30 Basic authentication is not supported", TroubleKind::SignInSwitchedOff),
        (Stage::Mail, "421 4.3.2 closing", TroubleKind::Throttled),
        (Stage::Dot, "454 Throttling failure: Maximum sending rate exceeded", TroubleKind::Throttled),
        (Stage::Dot, "550 5.1.8 Access denied, bad outbound sender", TroubleKind::AccountBlocked),
    ];
    for pipelining in [true, false] {
        for (stage, said, wanted) in &cases {
            let way = Way::new().unencrypted();
            let ((story, down, _), _) = tried(&way, pipelining, &[(stage.clone(), reply(said))], &["a@away.test", "b@away.test"]).await;
            assert_eq!((story.as_slice(), down), (&["untouched".to_owned(), "untouched".to_owned()][..], Some(*wanted)), "{said}");
        }
    }
}

/// Others went well where this message was told of a fault of the lane.
#[tokio::test]
async fn what_is_told_of_a_suspect_is_its_own_and_the_lane_goes_on() {
    let throttled = "454 Throttling failure: Maximum sending rate exceeded";
    let blocked = "550 5.1.8 Access denied, bad outbound sender";
    let cases = [
        (Stage::Mail, "530 5.7.57 Client not authenticated to send mail", "deferred Other"),
        (Stage::Mail, "421 4.3.2 closing", "deferred Throttled"),
        (rcpt(""), "550 5.7.64 TenantAttribution; Relay Access Denied", "deferred AccountBlocked"),
        (Stage::Data, throttled, "deferred Throttled"),
        (Stage::Dot, blocked, "deferred AccountBlocked"),
        // What was a refusal before is one still.
        (Stage::Dot, "554 5.6.0 cannot convert", "failed Unsuitable"),
    ];
    let suspect = Delivery { suspect: true, ..delivery(&["a@away.test", "b@away.test"], SCAN) };
    for pipelining in [true, false] {
        for (stage, said, wanted) in &cases {
            let way = Way::new().unencrypted();
            let ((story, down, usable), _) = tried_of(&way, pipelining, &[(stage.clone(), reply(said))], &suspect).await;
            assert_eq!((story, down), (vec![format!("{wanted} {said}"); 2], None), "{said}");
            assert_eq!(usable, !said.starts_with("421"), "{said}");
        }
    }
}

/// Behind the final dot nobody knows whether it was taken.
fn lost_at(stage: &Stage) -> &'static str {
    if *stage == Stage::Dot { "deferred AnswerLost" } else { "deferred ConnectionLost" }
}

/// Such a provider may hang up on it, or talk nonsense: that is no reason to rest either.
#[tokio::test]
async fn a_suspect_that_is_hung_up_on_is_charged_and_the_lane_goes_on() {
    let suspect = Delivery { suspect: true, ..delivery(&["a@away.test", "b@away.test"], SCAN) };
    let mut rows = Vec::new();
    for pipelining in [true, false] {
        for fault in [Answer::Close, Answer::Stall, Answer::Raw(b"hello?\r\n".to_vec())] {
            for stage in [Stage::Mail, rcpt("b@away.test"), Stage::Data, Stage::Dot] {
                let (suspect, fault) = (suspect.clone(), fault.clone());
                rows.push(async move {
                    let way = Way::new().unencrypted().impatient();
                    let ((story, down, usable), _) = tried_of(&way, pipelining, &[(stage.clone(), fault.clone())], &suspect).await;
                    let lost = lost_at(&stage).to_owned();
                    assert_eq!((story, down, usable), (vec![lost; 2], None, false), "{stage:?} {fault:?}");
                });
            }
        }
    }
    join_all(rows).await;
}

#[tokio::test]
async fn a_recipient_refused_beside_one_that_was_taken_is_no_fault_of_the_lane() {
    let blocked = "550 5.7.64 TenantAttribution; Relay Access Denied";
    let limit = "452 Too many recipients received this hour";
    let both = ["x@odd.test", "ann@away.test"];
    for pipelining in [true, false] {
        let way = Way::new().unencrypted();
        let ((story, down, usable), _) = tried(&way, pipelining, &[(rcpt("x@odd.test"), reply(blocked))], &both).await;
        assert_eq!(story, [format!("deferred AccountBlocked {blocked}"), "sent 250 2.0.0 taken".to_owned()]);
        assert!(usable && down.is_none());
        // A limit is met in the middle.
        let way = Way::new().unencrypted();
        let ((story, down, _), _) = tried(&way, pipelining, &[(rcpt("x@odd.test"), reply(limit))], &both).await;
        assert_eq!((story[0].as_str(), down), ("untouched", Some(TroubleKind::Throttled)));
    }
}

#[tokio::test]
async fn the_reply_to_the_content_is_that_of_all_who_were_taken() {
    for pipelining in [true, false] {
        for stage in [Stage::Data, Stage::Dot] {
            let way = Way::new().unencrypted();
            let faults = [(rcpt("ghost@away.test"), reply("550 5.1.1 no such user")), (stage.clone(), reply("451 4.3.0 disk full"))];
            let ((story, down, usable), _) = tried(&way, pipelining, &faults, &["ann@away.test", "ghost@away.test"]).await;
            assert_eq!(story, ["deferred Temporary 451 4.3.0 disk full", "failed Recipient 550 5.1.1 no such user"], "{stage:?}");
            assert!(usable && down.is_none(), "{stage:?}");
        }
        let way = Way::new().unencrypted();
        let ((story, ..), _) = tried(&way, pipelining, &[(Stage::Dot, reply("554 5.7.1 spam"))], &["ann@away.test"]).await;
        assert_eq!(story, ["failed Content 554 5.7.1 spam"]);
    }
}

/// Relay denied means "sign in" to one who has not, and "not for this one" to one who has.
#[tokio::test]
async fn a_signed_in_lane_does_not_rest_for_one_address_it_will_not_relay_to() {
    let denied = reply("554 5.7.1 <x@odd.test>: Relay access denied");
    let way = Way::new();
    let running = way.usual().at(rcpt("x@odd.test"), denied.clone()).start().await;
    let attempt = way.open(&running).await.deliver(&delivery(&["x@odd.test", "ann@away.test"], SCAN)).await;
    assert_eq!(story(&attempt), ["deferred Other 554 5.7.1 <x@odd.test>: Relay access denied", "sent 250 2.0.0 taken"]);
    assert_eq!(attempt.line, LineAfter::Usable);

    let way = Way::new().unencrypted();
    let ((story, down, _), _) = tried(&way, true, &[(rcpt(""), denied)], &["x@odd.test"]).await;
    assert_eq!((story, down), (vec!["untouched".to_owned()], Some(TroubleKind::SignInNeeded)));
}

/// One message the provider cannot bear must not stop all others for ever.
#[tokio::test]
async fn a_421_to_one_message_is_charged_to_that_message() {
    for pipelining in [true, false] {
        for stage in [rcpt("ann@away.test"), Stage::Dot] {
            let way = Way::new().unencrypted();
            let fault = Answer::ReplyAndClose("421 4.7.0 this one is suspicious".into());
            let ((story, down, usable), _) = tried(&way, pipelining, &[(stage.clone(), fault)], &["ann@away.test"]).await;
            assert!(story[0].starts_with("deferred"), "{stage:?}: {story:?}");
            assert!(down.is_none() && !usable, "{stage:?}: {down:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_mail_charges_the_message() {
    for pipelining in [true, false] {
        for fault in [Answer::Close, Answer::Stall] {
            for stage in [rcpt("ann@away.test"), Stage::Data, Stage::Dot] {
                let way = Way::new().unencrypted().impatient();
                let faults = [(rcpt("ghost@away.test"), reply("550 5.1.1 no such user")), (stage.clone(), fault.clone())];
                let ((story, down, usable), _) = tried(&way, pipelining, &faults, &["ghost@away.test", "ann@away.test"]).await;
                assert_eq!(story, ["failed Recipient 550 5.1.1 no such user", lost_at(&stage)], "{stage:?} {fault:?}");
                assert!(down.is_none() && !usable);
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_at_mail_charges_nobody() {
    for pipelining in [true, false] {
        for (fault, wanted) in [(Answer::Close, TroubleKind::ConnectionLost), (Answer::Stall, TroubleKind::ConnectionTimedOut)] {
            let way = Way::new().unencrypted().impatient();
            let ((story, down, _), _) = tried(&way, pipelining, &[(Stage::Mail, fault)], &["ann@away.test"]).await;
            assert_eq!((story, down), (vec!["untouched".to_owned()], Some(wanted)));
        }
    }
}

#[tokio::test]
async fn replies_that_are_none_rest_the_lane_and_charge_nobody() {
    for pipelining in [true, false] {
        for fault in [Answer::EndlessLine, Answer::EndlessReply, Answer::Raw(b"hello?\r\n".to_vec())] {
            for stage in [Stage::Mail, rcpt("ann@away.test"), Stage::Data] {
                let way = Way::new().unencrypted().impatient();
                let ((story, down, _), _) = tried(&way, pipelining, &[(stage.clone(), fault.clone())], &["ann@away.test"]).await;
                assert_eq!((story, down), (vec!["untouched".to_owned()], Some(TroubleKind::BrokenReply)), "{stage:?} {fault:?}");
            }
            // It may have been taken: charged, so that a message is not sent over and over at once.
            let way = Way::new().unencrypted().impatient();
            let ((story, down, _), _) = tried(&way, pipelining, &[(Stage::Dot, fault.clone())], &["ann@away.test"]).await;
            assert_eq!((story, down), (vec!["deferred AnswerLost".to_owned()], Some(TroubleKind::BrokenReply)), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn odd_replies_that_can_be_understood_are() {
    let cases: [&[u8]; 4] = [b"250 caf\xe9\r\n", b"250\r\n", b"250-2.1.0 one\r\n250 2.1.0 two\r\n", "250 überall ok\r\n".as_bytes()];
    for bytes in cases {
        for stage in [Stage::Mail, Stage::Dot] {
            let way = Way::new().unencrypted();
            let running = FakeSmartHost::new().start().await;
            let mut line = way.open(&running).await;
            if stage == Stage::Dot {
                running.at(stage, Answer::Raw(bytes.to_vec()));
                let attempt = line.deliver(&ann()).await;
                assert!(story(&attempt)[0].starts_with("sent 250"), "{bytes:?}: {:?}", story(&attempt));
            }
        }
    }
}

/// The server says why it stops reading, and closes: its answer counts, not the broken pipe.
#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_the_content_is_heard() {
    let way = Way::new().unencrypted();
    let running = FakeSmartHost::new().at(Stage::Data, reply("354 go on\n552 5.3.4 too large for me")).start().await;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert_eq!(story(&attempt), ["failed TooLarge 552 5.3.4 too large for me"]);
}
