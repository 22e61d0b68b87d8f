//! A file of the pickup folder: who it is from and for, and what of its header goes on.

use super::{is_one_line, mended, opened};
use crate::naive;
use relay::bare::letter as read;
use relay::mail::{Mailbox, ReversePath};

pub const WORDS: &[&[u8]] = &[
    b"X-Sender: ",
    b"X-Receiver: ",
    b"From: ",
    b"To: ",
    b"Cc: ",
    b"Bcc: ",
    b"Sender: ",
    b"\r\n",
    b"\r\n ",
    b"\r\n\t",
    b"<a@b.test>",
    b"ann@away.test",
    b",",
    b";",
    b":",
    b"(",
    b")",
    b"\"",
    b"\\",
    b"<",
    b">",
    b"[",
    b"]",
    b"@",
    b"<@c.test:",
    b"Group:",
    b"\xef\xbb\xbf",
    b"From ann Mon\r\n",
    b"=?utf-8?Q?=2C?=",
];
const MOST: usize = 3;

pub fn letter(data: &[u8]) {
    let Some((_, mut dice, file)) = opened(data) else { return };
    let text = mended(file, &mut dice);
    let header = &text[..naive::find(&text, b"\r\n\r\n").map_or(text.len(), |end| end + 2)];
    let letter = match read(header, MOST) {
        Ok(letter) => letter,
        Err(bad) => {
            let why = bad.text("order.eml", "badmail", jiff::Timestamp::UNIX_EPOCH);
            assert!(!why.trim().is_empty());
            return;
        }
    };
    assert!((1..=MOST).contains(&letter.forward_paths.len()));
    let sender = match &letter.reverse_path {
        ReversePath::Null => None,
        ReversePath::Mailbox(mailbox) => Some(mailbox),
    };
    for (index, path) in letter.forward_paths.iter().enumerate() {
        let is_again = letter.forward_paths[..index].iter().any(|other| other == path);
        assert!(!is_again, "{path} gets it twice");
    }
    for mailbox in letter.forward_paths.iter().map(|path| &path.mailbox).chain(sender) {
        assert_eq!(Mailbox::parse(mailbox.as_str()).as_ref(), Ok(mailbox));
        assert!(is_one_line(mailbox.as_str()));
    }
    assert_eq!(letter.header.escape_ascii().to_string(), goes_on(header).escape_ascii().to_string());
}

/// All but what was meant for us alone.
fn goes_on(header: &[u8]) -> Vec<u8> {
    let (fields, behind) = naive::units(header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header));
    assert!(behind.is_empty(), "a line that is no field was taken for one");
    let is = |field: &&[u8], names: &[&str]| naive::name(field).is_some_and(|name| names.contains(&name.as_str()));
    let rest = fields.iter().skip_while(|field| is(field, &["x-sender", "x-receiver"]));
    rest.filter(|field| !is(field, &["bcc"])).flat_map(|field| field.to_vec()).collect()
}
