//! Sixteen ways to write the end of data; one is the end. The others make no second message out of one.

use super::replay::{peer, rules};
use crate::mail::MessageId;
use crate::session::{Kept, Session, Step};
use std::sync::Arc;

const BEFORE: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b"\r\n\0"];
const BEHIND: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b"\0\r\n"];

/// Each message the session gave to be kept.
fn messages(wire: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut session = Session::new(Arc::new(rules()), peer());
    let (mut kept, mut content) = (Vec::new(), Vec::new());
    for bytes in wire.chunks(piece) {
        session.feed(bytes);
        while let Some(step) = session.next_step() {
            match step {
                Step::Content(piece) => content.extend_from_slice(&piece),
                Step::Submit(_) => {
                    kept.push(std::mem::take(&mut content));
                    session.kept(Kept::Safe(MessageId(uuid::Uuid::nil())));
                }
                Step::Discard => panic!("nothing is to be discarded"),
                Step::Reply(_) | Step::StartTls | Step::Verify { .. } | Step::Open(_) | Step::Refused(_) | Step::Close => {}
            }
        }
    }
    kept
}

#[test]
fn one_of_sixteen_ends_is_the_end() {
    for before in BEFORE {
        for behind in BEHIND {
            let end = [before, b".", behind].concat();
            let opening = b"HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@away.test>\r\nDATA\r\nSubject: x\r\n\r\ntext";
            let evil = b"MAIL FROM:<evil@b.test>\r\nRCPT TO:<x@away.test>\r\nDATA\r\nSubject: evil\r\n\r\n\r\n.\r\n";
            let wire = [&opening[..], &end, evil].concat();
            for piece in [1, 2, wire.len()] {
                let messages = messages(&wire, piece);
                let case = end.escape_ascii();
                if end == b"\r\n.\r\n" {
                    assert_eq!(messages, [&b"Subject: x\r\n\r\ntext\r\n"[..], b"Subject: evil\r\n\r\n\r\n"], "{case}");
                    continue;
                }
                assert_eq!(messages.len(), 1, "{case}");
                let content = &messages[0];
                assert!(content.ends_with(b"Subject: evil\r\n\r\n\r\n"), "{case}");
                let bare = content.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
                assert!(!bare && !content.contains(&0), "{case}: {}", content.escape_ascii());
            }
        }
    }
}

/// Behind BDAT there is no such end, and a number says where a chunk ends.
#[test]
fn no_end_at_all_in_a_chunk() {
    for before in BEFORE {
        for behind in BEHIND {
            let chunk = [&b"Subject: x\r\n\r\ntext"[..], before, b".", behind, b"QUIT\r\n"].concat();
            let opening = format!("HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@away.test>\r\nBDAT {} LAST\r\n", chunk.len());
            let wire = [opening.as_bytes(), &chunk].concat();
            for piece in [1, 2, wire.len()] {
                let messages = messages(&wire, piece);
                assert_eq!(messages.len(), 1);
                assert!(messages[0].ends_with(b"QUIT\r\n") && !messages[0].contains(&0), "{}", messages[0].escape_ascii());
            }
        }
    }
}
