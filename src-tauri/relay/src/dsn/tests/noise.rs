//! Whatever servers and senders wrote, a report keeps its form.

use super::*;
use crate::mail::{EnhancedStatus, Severity};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_breaks_the_form(
        subject in text(),
        message_id in text(),
        header in prop::collection::vec(prop_oneof![text().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..50)], 0..30),
        recipients in prop::collection::vec(recipient(), 1..30),
        kind in 0usize..3,
        full in any::<bool>(),
        is_whole in any::<bool>(),
        utf8 in any::<bool>(),
        whole in prop::collection::vec(text(), 0..20),
    ) {
        let header = header.concat();
        let sender = ReversePath::parse("scan@office.test").unwrap();
        let kind = [ReportKind::Delay { given_up_at: Timestamp::MAX }, ReportKind::Failure, ReportKind::Relayed][kind];
        let returns = Returns { ret: full.then_some(Ret::Full), envelope_id: None };
        // A message of the store has lines that end in CRLF, whatever else is in it.
        let message = [&header[..], b"\r\n", whole.concat().as_bytes()].concat();
        let message: Vec<u8> = message.split(|byte| matches!(byte, b'\r' | b'\n')).flat_map(|line| [line, b"\r\n"].concat()).collect();
        let whole = kind == ReportKind::Failure && full && is_whole;
        let expected = recipients.len();
        let facts = ReportFacts {
            kind,
            host_name: "relay.office.test",
            original: id(1),
            sender: &sender,
            from: None,
            readers: Readers { sender: true, copy: None },
            arrived_at: Timestamp::UNIX_EPOCH,
            subject: &subject,
            message_id: &message_id,
            returns: &returns,
            utf8,
            beginning: if whole { &message } else { &header },
            is_whole,
            recipients,
        };
        let report = compose(&facts, id(2), Timestamp::UNIX_EPOCH).unwrap();
        let octets = bytes(&report);
        if whole {
            // It is in there as it came, between two boundaries; the rest is as always.
            let at = octets.windows(message.len()).rposition(|window| window == message).unwrap();
            prop_assert!(octets[..at].is_ascii() && octets[at + message.len()..].starts_with(b"\r\n--=_"));
            let eight_bit = "Content-Transfer-Encoding: 8bit";
            prop_assert_eq!(String::from_utf8_lossy(&octets[..at]).matches(eight_bit).count(), if message.is_ascii() { 0 } else { 2 });
            return Ok(());
        }
        let text = String::from_utf8(octets).unwrap();

        prop_assert!(text.bytes().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')));
        prop_assert!(text.ends_with("\r\n"));
        let lines: Vec<_> = text.split_terminator("\r\n").collect();
        prop_assert!(lines.iter().all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));

        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = head.lines().filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect();
        let all = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version", "Content-Type"];
        prop_assert!(names.iter().all(|name| all.contains(name)), "{names:?}");

        let boundary = head.rsplit_once("boundary=\"").unwrap().1.trim_end_matches('"');
        prop_assert!(boundary.len() <= 70);
        let pieces: Vec<_> = body.split(boundary).collect();
        let parts = pieces.len() - 2;
        prop_assert!((2..=3).contains(&parts));
        prop_assert_eq!(pieces[parts + 1], "--\r\n");

        let status = pieces[2].split_once("\r\n\r\n").unwrap().1;
        let groups: Vec<_> = status.trim_end_matches("\r\n--").split("\r\n\r\n").collect();
        prop_assert_eq!(groups.len(), 1 + expected);
        for group in &groups[1..] {
            prop_assert_eq!(group.lines().filter(|line| line.starts_with("Action: ")).count(), 1);
            prop_assert!(group.lines().all(|line| line.starts_with(' ') || line.split_once(": ").is_some()), "{group}");
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "\r\n\r\n",
            "\r\n.\r\n",
            "\t",
            " ",
            ":",
            "X: ",
            "=?utf-8?Q?",
            "?=",
            "=",
            "=_",
            "--",
            "<",
            "@",
            ">",
            "\0",
            "\u{202e}",
        ])
        .prop_map(str::to_owned),
        Just(format!("--=_{}", id(2))),
        Just(format!("--=_1_{}--", id(2))),
        Just("long".repeat(600)),
        ".{0,20}",
        "[a-z]{1,8}",
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn recipient() -> impl Strategy<Value = Concerned> {
    (fate(), prop::option::of(text()), "[a-z]{1,8}", any::<bool>()).prop_map(|(fate, server, name, tried)| Concerned {
        address: ForwardPath::parse(&format!("{name}@away.test")).unwrap(),
        fate,
        server,
        tried_at: tried.then_some(Timestamp::UNIX_EPOCH),
    })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        why().prop_map(Fate::Refused),
        prop::option::of(why()).prop_map(|last| Fate::Expired { last }),
        prop::option::of(why()).prop_map(|last| Fate::Late { last }),
        text().prop_map(|text| Fate::Relayed(RemoteReply { code: 250, enhanced: None, text })),
        Just(Fate::Deleted),
    ]
}

fn why() -> impl Strategy<Value = Why> {
    let kind = prop::sample::select(vec![
        WhyKind::Recipient,
        WhyKind::Sender,
        WhyKind::TooLarge,
        WhyKind::Content,
        WhyKind::Throttled,
        WhyKind::AccountBlocked,
        WhyKind::Temporary,
        WhyKind::ConnectionLost,
        WhyKind::AnswerLost,
        WhyKind::Unsuitable,
        WhyKind::Other,
    ]);
    let enhanced = prop::option::of((0u8..3, 0u16..1000, 0u16..1000)).prop_map(|status| {
        status.map(|(class, subject, detail)| {
            let class = [Severity::Success, Severity::Transient, Severity::Permanent][usize::from(class)];
            EnhancedStatus::new(class, subject, detail)
        })
    });
    let reply = (any::<u16>(), enhanced, text()).prop_map(|(code, enhanced, text)| RemoteReply { code, enhanced, text });
    (kind, prop::option::of(reply)).prop_map(|(kind, reply)| Why { kind, reply })
}
