//! What the golden files tell of.

use super::*;
use crate::mail::wish::{EnvelopeId, OriginalRecipient};
use std::sync::LazyLock;

pub fn all() -> Vec<(&'static str, ReportFacts<'static>)> {
    vec![
        (
            "failure_single",
            facts(
                ReportKind::Failure,
                vec![concerned(
                    "ghost@away.test",
                    Fate::Refused(refused(WhyKind::Recipient, "550 5.1.1 <ghost@away.test>: no such user here")),
                )],
            ),
        ),
        ("failure_several", facts(ReportKind::Failure, several())),
        (
            "delay",
            facts(
                ReportKind::Delay { given_up_at: "2026-11-07T09:05:03Z".parse().unwrap() },
                vec![
                    concerned(
                        "ann@away.test",
                        Fate::Late { last: Some(refused(WhyKind::Throttled, "452 4.5.3 too many messages, try again later")) },
                    ),
                    concerned("ben@away.test", Fate::Late { last: None }),
                    concerned("cid@away.test", Fate::Late { last: Some(Why { kind: WhyKind::ConnectionLost, reply: None }) }),
                ],
            ),
        ),
        (
            "expired",
            facts(
                ReportKind::Failure,
                vec![
                    concerned(
                        "ann@away.test",
                        Fate::Expired { last: Some(refused(WhyKind::Temporary, "451 4.3.0 mailbox is being moved")) },
                    ),
                    concerned("ben@away.test", Fate::Expired { last: None }),
                ],
            ),
        ),
        ("hostile", hostile()),
        ("thirty_recipients", facts(ReportKind::Failure, thirty())),
        ("asked_for", asked_for()),
        ("relayed", ReportFacts { kind: ReportKind::Relayed, ..relayed() }),
        ("failure_and_relayed", relayed_and_failed()),
        ("whole", whole(WHOLE)),
        ("whole_eight_bit", whole(WHOLE_EIGHT_BIT)),
        ("too_large_to_return", ReportFacts { is_whole: false, ..whole(HEADER) }),
        ("utf8", utf8()),
        ("copied", ReportFacts { readers: Readers { sender: true, copy: Some(&ADMINISTRATOR) }, ..relayed_and_failed() }),
        (
            "to_the_administrator",
            ReportFacts {
                readers: Readers { sender: false, copy: Some(&ADMINISTRATOR) },
                from: Some(&ADMINISTRATOR),
                ..ReportFacts { is_whole: false, ..whole(HEADER) }
            },
        ),
    ]
}

fn facts(kind: ReportKind, recipients: Vec<Concerned>) -> ReportFacts<'static> {
    ReportFacts {
        kind,
        host_name: "relay.office.test",
        original: id(1),
        sender: &SENDER,
        from: None,
        readers: SENDER_ONLY,
        arrived_at: "2026-11-02T09:05:03Z".parse().unwrap(),
        subject: "Scan of page 1",
        message_id: "<20261102.1@scanner.office.test>",
        returns: &NOTHING,
        utf8: false,
        beginning: HEADER,
        is_whole: false,
        recipients,
    }
}

const SENDER_ONLY: Readers<'static> = Readers { sender: true, copy: None };
static ADMINISTRATOR: LazyLock<Mailbox> = LazyLock::new(|| Mailbox::parse("admin@office.test").unwrap());
static SENDER: LazyLock<ReversePath> = LazyLock::new(|| ReversePath::parse("scan@office.test").unwrap());

const HEADER: &[u8] = b"Received: from scanner.office.test ([10.0.0.5])\r\n\tby relay.office.test (Outtray) with ESMTPS (TLSv1.3)\r\n\t\
    id 019a4e00000070008000000000000001;\r\n\tMon, 02 Nov 2026 09:05:03 +0000\r\nFrom: Scanner <scan@office.test>\r\n\
    Subject: Scan of page 1\r\nMessage-ID: <20261102.1@scanner.office.test>\r\n";

static NOTHING: Returns = Returns { ret: None, envelope_id: None };

/// ENVID, ORCPT and the header only.
fn asked_for() -> ReportFacts<'static> {
    static RETURNS: LazyLock<Returns> =
        LazyLock::new(|| Returns { ret: Some(Ret::Headers), envelope_id: EnvelopeId::parse("job+2B17+20of+20today") });
    let mut recipient = concerned("ann@away.test", Fate::Refused(refused(WhyKind::Recipient, "550 5.1.1 no such user")));
    recipient.address.wish.original = OriginalRecipient::parse("rfc822;sales+2Beurope@office.test");
    ReportFacts { returns: &RETURNS, is_whole: true, ..facts(ReportKind::Failure, vec![recipient]) }
}

fn relayed() -> ReportFacts<'static> {
    let taken = |reply: &str| Fate::Relayed(RemoteReply::parse(reply).unwrap());
    facts(
        ReportKind::Relayed,
        vec![concerned("ann@away.test", taken("250 2.6.0 queued as 77")), concerned("ben@away.test", taken("250 ok"))],
    )
}

fn relayed_and_failed() -> ReportFacts<'static> {
    let mut facts = ReportFacts { kind: ReportKind::Failure, ..relayed() };
    facts.recipients.truncate(1);
    facts.recipients.push(concerned("ghost@away.test", Fate::Refused(refused(WhyKind::Recipient, "550 5.1.1 no such user"))));
    facts
}

static FULL: Returns = Returns { ret: Some(Ret::Full), envelope_id: None };

const WHOLE: &[u8] = b"Received: from scanner.office.test ([10.0.0.5])\r\n\tby relay.office.test (Outtray) with ESMTP\r\n\t\
    id 019a4e00000070008000000000000001;\r\n\tMon, 02 Nov 2026 09:05:03 +0000\r\nFrom: scan@office.test\r\n\
    Subject: Scan of page 1\r\n\r\n--=_019a4e00000070008000000000000002\r\n.\r\npage 1\r\n";

const WHOLE_EIGHT_BIT: &[u8] = b"From: scan@office.test\r\nSubject: Scan\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n";

fn whole(content: &'static [u8]) -> ReportFacts<'static> {
    let failed = concerned("ghost@away.test", Fate::Refused(refused(WhyKind::Recipient, "550 5.1.1 no such user")));
    ReportFacts { returns: &FULL, beginning: content, is_whole: true, ..facts(ReportKind::Failure, vec![failed]) }
}

/// From an address in UTF-8 to others, with a header in UTF-8.
fn utf8() -> ReportFacts<'static> {
    static SENDER: LazyLock<ReversePath> = LazyLock::new(|| ReversePath::parse("b\u{fc}ro@b\u{fc}ro.test").unwrap());
    let unfit =
        refused(WhyKind::Unsuitable, "553 5.6.7 smart.provider.test takes no addresses or headers with letters beyond ASCII (SMTPUTF8)");
    let mut second = concerned("\u{7528}\u{6237}+x@\u{4f8b}\u{5b50}.test", Fate::Refused(unfit.clone()));
    second.address.wish.original = OriginalRecipient::parse("utf-8;j\u{f6}rg@away.test");
    ReportFacts {
        sender: &SENDER,
        from: None,
        readers: SENDER_ONLY,
        utf8: true,
        subject: "Gr\u{fc}\u{df}e",
        beginning: "From: b\u{fc}ro@b\u{fc}ro.test\r\nSubject: Gr\u{fc}\u{df}e\r\n".as_bytes(),
        ..facts(ReportKind::Failure, vec![concerned("j\u{f6}rg@away.test", Fate::Refused(unfit)), second])
    }
}

fn several() -> Vec<Concerned> {
    let away = |name: &str, fate| concerned(&format!("{name}@away.test"), fate);
    vec![
        away("recipient", Fate::Refused(refused(WhyKind::Recipient, "550 5.1.1 no such user"))),
        away("sender", Fate::Refused(refused(WhyKind::Sender, "550 5.7.60 client does not have permissions to send as this sender"))),
        away("too.large", Fate::Refused(refused(WhyKind::TooLarge, "552 5.3.4 message size exceeds fixed limit"))),
        away("content", Fate::Refused(refused(WhyKind::Content, "554 5.7.1 message rejected as spam"))),
        away("throttled", Fate::Refused(refused(WhyKind::Throttled, "550 5.4.5 daily sending quota exceeded"))),
        away("blocked", Fate::Refused(refused(WhyKind::AccountBlocked, "535 account locked"))),
        away("temporary", Fate::Refused(refused(WhyKind::Temporary, "451 local trouble"))),
        away("lost", Fate::Refused(Why { kind: WhyKind::ConnectionLost, reply: None })),
        away("unanswered", Fate::Expired { last: Some(Why { kind: WhyKind::AnswerLost, reply: None }) }),
        away("unsuitable", Fate::Refused(Why { kind: WhyKind::Unsuitable, reply: None })),
        away("other.said", Fate::Refused(refused(WhyKind::Other, "554 transaction failed"))),
        away("other", Fate::Refused(Why { kind: WhyKind::Other, reply: None })),
        away("\"never. so\"", Fate::Deleted),
        away("deleted", Fate::Deleted),
    ]
}

/// Everything that came from outside tries to be something else.
fn hostile() -> ReportFacts<'static> {
    let reply = RemoteReply {
        code: 550,
        enhanced: None,
        text: format!("Gr\u{fc}\u{df}e\r\n.\r\n--=_{}\r\nAction: delivered\0\u{1b}[31m\u{202e}evil\u{202c} {}", id(2), "x".repeat(2000)),
    };
    static RAW: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut header = format!("--=_{0}:\r\n--=_{0}--:\r\nX-From: me\r\n.:\r\nSubject: ", id(2)).into_bytes();
        header.extend(b"Gr\xfc\xdfe \xf0\x9f\x98 \0 end = \r\n\tand more \rB: x\r\nX-Long: ");
        header.extend([b'y'; 3000]);
        header.extend(b"\r\n\r\nThis is the body.\r\n");
        header
    });
    ReportFacts {
        sender: &ODD_SENDER,
        from: None,
        readers: SENDER_ONLY,
        subject: "=?utf-8?Q?x?=\r\nBcc: all@away.test\r\n\r\nGr\u{fc}\u{df}e \u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
        message_id: "<1@x>\r\nBcc: all@away.test",
        beginning: &RAW,
        ..facts(
            ReportKind::Failure,
            vec![Concerned {
                server: Some("smart.test\r\nAction: delivered".into()),
                ..concerned("\"a;b (c) \\\" d\"@away.test", Fate::Refused(Why { kind: WhyKind::Other, reply: Some(reply) }))
            }],
        )
    }
}

static ODD_SENDER: LazyLock<ReversePath> = LazyLock::new(|| ReversePath::parse("\"scan, <x@y>\"@office.test").unwrap());

fn thirty() -> Vec<Concerned> {
    let away = |n: usize| {
        let why = match n % 3 {
            0 => refused(WhyKind::Sender, "550 5.7.1 sender not allowed"),
            _ => refused(WhyKind::Recipient, &format!("550 5.1.1 r{n}@away.test is unknown")),
        };
        concerned(&format!("r{n}@away.test"), Fate::Refused(why))
    };
    (1..=30).map(away).collect()
}
