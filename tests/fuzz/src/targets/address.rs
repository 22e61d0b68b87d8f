//! Addresses as they stand on the wire, and what RCPT may say beside them: what is taken comes out as it went in, and can
//! stand in any line; a list knows an address again however it is written.

use super::is_one_line;
use relay::mail::wish::{EnvelopeId, Notify, OriginalRecipient};
use relay::mail::{ForwardPath, Mailbox, ReversePath};
use relay::policy::{AddressList, AddressPattern};

pub const WORDS: &[&[u8]] = &[
    b"@",
    b"\"",
    b"\\",
    b".",
    b"[10.0.0.1]",
    b"[IPv6:::1]",
    b"xn--",
    b"\xc3\xbc",
    b"\xe2\x80\xae",
    b"\xe3\x80\x82",
    b"rfc822;",
    b"utf-8;",
    b"+41",
    b"+0D",
    b"SUCCESS,FAILURE",
    b"NEVER",
    b",",
    b" ",
    b"-",
    b"_",
    b"<",
    b">",
];

pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(mailbox) = Mailbox::parse(text) {
        taken(&mailbox, text);
    }
    // As people mean it: without quotes, which are put where they must be.
    if let Some((local, domain)) = text.split_once('\n')
        && let Ok(mailbox) = Mailbox::from_parts(local, domain)
    {
        taken(&mailbox, mailbox.as_str());
        assert_eq!(mailbox.domain(), domain);
        let meant = mailbox.local().strip_prefix('"').map_or_else(|| mailbox.local().to_owned(), unescaped);
        assert_eq!(meant, local, "{mailbox} is somebody else");
    }
    if let Some(id) = EnvelopeId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!(is_one_line(text) && text.is_ascii() && is_one_line(&id.decoded()));
    }
    if let Some(original) = OriginalRecipient::parse(text) {
        assert_eq!(OriginalRecipient::parse(original.as_str()).as_ref(), Some(&original));
        assert!(is_one_line(original.as_str()) && original.as_str().is_ascii() && is_one_line(&original.decoded()));
    }
    if let Some(notify) = Notify::parse(text) {
        assert_eq!(Notify::parse(&notify.to_string()), Some(notify));
    }
}

fn taken(mailbox: &Mailbox, text: &str) {
    assert_eq!(mailbox.as_str(), text);
    assert_eq!(Mailbox::parse(&mailbox.to_string()).as_ref(), Ok(mailbox));
    assert_eq!(format!("{}@{}", mailbox.local(), mailbox.domain()), text);
    assert!(is_one_line(text) && text.len() <= 254, "{text:?}");
    assert_eq!(ForwardPath::parse(text).map(|path| path.mailbox).as_ref(), Ok(mailbox));
    assert_eq!(ReversePath::parse(text), Ok(ReversePath::Mailbox(mailbox.clone())));
    let shouted = Mailbox::parse(&text.to_ascii_uppercase()).expect("capital letters make no other address of it");
    for pattern in [AddressPattern::Mailbox(mailbox.clone()), AddressPattern::Domain(mailbox.domain().to_owned())] {
        let list: AddressList = [pattern.clone()].into_iter().collect();
        assert!(list.holds(mailbox) && list.holds(&shouted), "{pattern:?} does not hold {text}");
    }
    let list: AddressList = [AddressPattern::SubdomainsOf(mailbox.domain().to_owned())].into_iter().collect();
    assert!(!list.holds(mailbox), "{text} is in no subdomain of its own domain");
}

/// What stands in a quoted string, behind its first quote.
fn unescaped(quoted: &str) -> String {
    let mut meant = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => meant.extend(letters.next()),
            '"' => break,
            other => meant.push(other),
        }
    }
    meant
}
