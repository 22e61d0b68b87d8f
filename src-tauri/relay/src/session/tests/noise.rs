//! Whatever arrives: no panic, no growth, and steps in an order `listen` can perform.

use super::super::line::LONGEST_ANSWER;
use super::replay::{Dice, peer, rules, scanner};
use crate::mail::MessageId;
use crate::session::{Kept, Session, Step, Verified};
use proptest::prelude::*;
use std::sync::Arc;

fn phrase() -> impl Strategy<Value = Vec<u8>> {
    let known = vec![
        "EHLO x\r\n",
        "HELO x\r\n",
        "MAIL FROM:<a@b.test>\r\n",
        "MAIL FROM:<> SIZE=5 BODY=8BITMIME\r\n",
        "RCPT TO:<ann@away.test>\r\n",
        "DATA\r\n",
        "DATA\r\nSubject: x\r\n\r\ntext\r\n.\r\n",
        ".\r\n",
        "\r\n.\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "STARTTLS\r\n",
        "VRFY x\r\n",
        "HELP\r\n",
        "BDAT 5\r\n",
        "BDAT 0\r\n",
        "BDAT 30 LAST\r\n",
        "BDAT 0 LAST\r\n",
        "BDAT 3 LAST\r\na\r\n",
        "AUTH PLAIN x\r\n",
        "AUTH PLAIN AGEAYg==\r\n",
        "AUTH PLAIN\r\n",
        "AUTH LOGIN\r\n",
        "AUTH LOGIN =\r\n",
        "YW5u\r\n",
        "*\r\n",
        "MAIL FROM:<\"",
        "RCPT TO:",
        "<",
        ">",
        "\"",
        "\\",
        "@",
        "\r",
        "\n",
        "\0",
        " ",
        "=",
        "SIZE=",
        "BODY=",
        "Received: x\r\n",
    ];
    prop_oneof![
        8 => prop::sample::select(known).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 1..20_000usize).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn speech() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(phrase(), 0..60).prop_map(|phrases| phrases.concat())
}

/// Performs every step as `listen` would, and checks that it could. Contents are joined.
fn perform(session: &mut Session, told: &mut Vec<String>, content: &mut Option<Vec<u8>>, seed: u64) {
    while let Some(step) = session.next_step() {
        assert_ne!(told.last().map(String::as_str), Some("Close"), "nothing follows Close");
        match &step {
            Step::Open(envelope) => {
                assert!(!envelope.forward_paths.is_empty());
                assert!(content.replace(Vec::new()).is_none(), "one content at a time");
            }
            Step::Content(piece) => content.as_mut().unwrap().extend_from_slice(piece),
            Step::Submit(_) => {
                let whole = content.take().unwrap();
                assert!(whole.is_empty() || whole.ends_with(b"\r\n"));
                session.kept(match seed % 3 {
                    0 => Kept::DiskFull,
                    1 => Kept::Failed,
                    _ => Kept::Safe(MessageId(uuid::Uuid::nil())),
                });
            }
            Step::Discard => assert!(content.take().is_some()),
            Step::StartTls => session.tls_started("TLSv1.3".into()),
            Step::Verify { .. } => session.verified(match seed % 3 {
                0 => Verified::No,
                1 => Verified::NotNow,
                _ => Verified::Yes { account: "ann".into() },
            }),
            Step::Close => assert!(content.is_none()),
            Step::Reply(_) | Step::Refused(_) => {}
        }
        if !matches!(step, Step::Content(_)) {
            told.push(format!("{step:?}"));
        }
    }
    assert!(session.buffered() < LONGEST_ANSWER, "{} octets are held", session.buffered());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_speech_in_any_pieces_gives_the_same_steps(speech in speech(), seed: u64, offered: bool, limit in 5u64..5000) {
        let mut rules = crate::session::Rules { message_bytes: limit, hops: 2, starttls_offered: offered, ..rules() };
        rules.policy.accounts = vec![scanner()];
        let rules = Arc::new(rules);
        let mut stories = Vec::new();
        for way in 0..3 {
            let mut dice = Dice(seed);
            let mut session = Session::new(Arc::clone(&rules), peer());
            let (mut told, mut content, mut rest) = (Vec::new(), None, &speech[..]);
            perform(&mut session, &mut told, &mut content, seed);
            while !rest.is_empty() {
                let size = match way { 0 => rest.len(), 1 => 1, _ => dice.up_to(rest.len().min(500)) };
                let (now, later) = rest.split_at(size);
                session.feed(now);
                perform(&mut session, &mut told, &mut content, seed);
                rest = later;
            }
            match seed % 4 {
                0 => session.hung_up(),
                1 => session.timed_out(),
                2 => session.shutting_down(),
                _ => {}
            }
            perform(&mut session, &mut told, &mut content, seed);
            stories.push(told);
        }
        // What is pipelined behind STARTTLS is thrown away, so there the pieces do matter.
        if !stories[1].contains(&"StartTls".to_owned()) {
            prop_assert_eq!(&stories[0], &stories[1]);
            prop_assert_eq!(&stories[1], &stories[2]);
        }
    }
}

#[test]
fn a_content_without_end_is_not_held() {
    let mut session = Session::new(Arc::new(rules()), peer());
    session.feed(b"HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@away.test>\r\nDATA\r\n");
    let mut passed = 0;
    for piece in [&b"\r"[..], b"\n", b"\r\r\r\r", b"x", b"\r\n.y", b"\r\n.\r"].iter().cycle().take(500_000) {
        while let Some(step) = session.next_step() {
            if let Step::Content(octets) = step {
                passed += octets.len();
            }
        }
        assert_eq!(session.buffered(), 0);
        session.feed(piece);
    }
    assert!(passed > 900_000 && passed <= 1_000_000, "{passed}");
}
