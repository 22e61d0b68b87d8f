//! Fifteen wrong ways to write the end of data: none ends a message, leaves the house, or makes two of one.

use super::Provider;

const BEFORE: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b"\r\n\0"];
const BEHIND: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b"\0\r\n"];
const EVIL: &[u8] = b"MAIL FROM:<evil@office.test>\r\nRCPT TO:<x@away.test>\r\nDATA\r\nSubject: evil\r\n\r\nevil";

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_end_of_data_makes_two_messages_of_one() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    let mut sent = 0;
    for before in BEFORE {
        for behind in BEHIND {
            let end = [before, b".", behind].concat();
            if end == b"\r\n.\r\n" {
                continue;
            }
            device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
            device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
            device.says("DATA").await.hears("354 *").await;
            let subject = format!("Subject: {sent}\r\n\r\ntext");
            device.sends(&[subject.as_bytes(), &end, EVIL, b"\r\n.\r\n"].concat()).await.hears("250 2.0.0 Ok: queued as *").await;
            // The next reply is to this, so nothing of the message was taken for a command.
            device.says("NOOP").await.hears("250 2.0.0 Ok").await;
            sent += 1;
        }
    }
    provider.fake.until(sent).await;
    office.until_queue_is_empty().await;
    let taken = provider.fake.messages();
    assert_eq!(taken.len(), 15);
    for message in &taken {
        assert_eq!(message.reverse_path, "scan@office.test");
        let content = &message.content;
        let bare = content.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
        assert!(!bare && !content.contains(&0), "{}", content.escape_ascii());
        assert!(content.ends_with(&[EVIL, b"\r\n"].concat()), "{}", content.escape_ascii());
    }
    assert!(!provider.fake.commands().iter().any(|command| command.contains("evil")), "{:?}", provider.fake.commands());
}

/// In a chunk nothing is an end; what looks like one leaves as text.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_chunks_leaves_as_one_message() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    let first = b"Subject: chunks\r\n\r\ntext\r\n.\r";
    let last = [b"\n", EVIL, b"\n.\n\0.\r\n"].concat();
    device.sends(&[format!("BDAT {}\r\n", first.len()).as_bytes(), first].concat()).await;
    device.sends(&[format!("BDAT {} LAST\r\n", last.len()).as_bytes(), &last].concat()).await;
    device.hears("250 2.0.0 27 octets received").await;
    device.hears("250 2.0.0 Ok: queued as *").await;
    let taken = provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    let wanted = [b"Subject: chunks\r\n\r\ntext\r\n.\r\n", EVIL, b"\r\n.\r\n.\r\n"].concat();
    assert!(taken[0].content.ends_with(&wanted), "{}", taken[0].content.escape_ascii());
    assert_eq!(provider.fake.messages().len(), 1);
}
