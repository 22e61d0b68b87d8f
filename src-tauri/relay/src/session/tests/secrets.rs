//! What a client sends to sign in is in nothing that can be printed, and asked for in the exact words of the standard.

use super::replay::{peer, rules, scanner};
use crate::session::{Session, SessionPeer, Step};
use std::sync::Arc;

fn signing_in() -> Session {
    let mut rules = rules();
    rules.policy.accounts = vec![scanner()];
    let mut session = Session::new(Arc::new(rules), SessionPeer { tls: Some("TLSv1.3".into()), ..peer() });
    session.feed(b"HELO x\r\n");
    while session.next_step().is_some() {}
    session
}

#[test]
fn no_debug_text_shows_a_password() {
    for (lines, fed) in [
        (&b"AUTH PLAIN AGFubgBob3JzZQ==\r\n"[..], 1),
        (b"AUTH PLAIN\r\nAGFubgBob3JzZQ==\r\n", 1),
        (b"AUTH LOGIN\r\nYW5u\r\naG9yc2U=\r\n", 1),
        (b"AUTH PLAIN AGFubgBob3JzZQ==\r\n", 1000),
        (b"AUTH LOGIN YW5u\r\naG9yc2U=\r\n", 1000),
    ] {
        let mut session = signing_in();
        let mut verified = false;
        let mut told = String::new();
        for piece in lines.chunks(fed) {
            session.feed(piece);
            told.push_str(&format!("{session:?}"));
            while let Some(step) = session.next_step() {
                told.push_str(&format!("{step:?} {session:?}"));
                verified |= matches!(step, Step::Verify { .. });
            }
        }
        assert!(verified, "{}", lines.escape_ascii());
        assert!(!told.contains("horse") && !told.contains("aG9yc2U") && !told.contains("Ym9yc2"), "{told}");
        assert!(!told.contains(&format!("{:?}", b"horse")), "{told}");
    }
}

#[test]
fn a_question_is_a_code_a_space_and_the_question() {
    for (command, question) in
        [("AUTH PLAIN", "334 \r\n"), ("AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"), ("AUTH LOGIN =", "334 UGFzc3dvcmQ6\r\n")]
    {
        let mut session = signing_in();
        session.feed(format!("{command}\r\n").as_bytes());
        let Some(Step::Reply(reply)) = session.next_step() else { panic!("no reply to {command}") };
        assert_eq!(reply.to_wire(), question);
    }
}
