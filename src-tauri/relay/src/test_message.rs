//! The message that `send-test` and the wizard put into the queue.

use crate::mail::{Content, Envelope, Kind, Mailbox, MessageId, Priority, ReversePath, Submission, Summary};
use bytes::Bytes;
use jiff::Timestamp;

pub fn compose(sender: Mailbox, recipient: Mailbox, host_name: &str, now: Timestamp) -> Submission {
    let id = MessageId::at(now);
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let subject = "Test message from Outtray";
    let message_id = format!("<{id}@{host_name}>");
    let ascii = sender.is_ascii() && recipient.is_ascii();
    let text = format!(
        "From: Outtray <{sender}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: {message_id}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nAuto-Submitted: auto-generated\r\n\r\n\
         This is a test message.\r\n\r\n\
         Outtray on {host_name} put it into its queue and handed it to your mail\r\n\
         provider. If you can read this, mail from your devices will arrive too.\r\n"
    );
    Submission {
        id,
        kind: Kind::Test,
        peer: None,
        envelope: Envelope::new(ReversePath::Mailbox(sender), vec![recipient.into()]),
        content: Content::Memory(Bytes::from(text)),
        summary: Summary { subject: subject.to_owned(), message_id, eight_bit: !ascii, eight_bit_header: !ascii, hops: 0 },
        accepted_at: now,
        priority: Priority::Normal,
        held: None,
    }
}
