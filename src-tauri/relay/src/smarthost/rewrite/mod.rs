//! Other senders for a provider that takes mail of certain addresses only (many want the account's own).
//!
//! In: a header section as it was kept, and the envelope's sender. Out: both as this smart host gets to see them.
//!
//! - The envelope's sender, From and Sender are each looked up in the rows, in order; what no row names stays. The null
//!   reverse-path stays null (RFC 5321 §4.5.5). A From of several mailboxes, or a group, is looked up by its first one
//!   and becomes one mailbox; what cannot be read is looked up as anybody.
//! - `X-Original-From` keeps the From of before, octet for octet: the name Google Groups and others give it when they
//!   do the same. Reply-To keeps it too, so that answers reach the device's people, unless the mail has one.
//! - A Sender that is not From any more than before goes (RFC 5322 §3.6.2), kept as `X-Original-Sender`.
//! - Resent-* fields tell of an earlier journey (RFC 5322 §3.6.6) and are left alone.
//!
//! Invariant: no octet changes but those of the fields named here, and what is already right is not touched.

mod from;

use crate::mail::fields::{Field, Fields};
use crate::mail::{Mailbox, ReversePath};
use crate::policy::AddressList;
use from::{Name, Named};

/// RFC 5322 §2.1.1.
const WIDTH: usize = 78;

/// Who becomes whom; checked by whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewriting {
    pub rows: Vec<Row>,
    pub display_name: DisplayName,
    /// Answers go to the sender of before.
    pub reply_to: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub senders: Senders,
    pub to: Mailbox,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Senders {
    All,
    These(AddressList),
}

/// What a reader sees before the new address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DisplayName {
    /// The name that was there.
    #[default]
    Kept,
    /// The address that was there.
    Address,
    /// Both.
    NameAndAddress,
}

/// What would become of a From, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The envelope's sender; empty: null.
    pub envelope: String,
    pub from: String,
    pub reply_to: Option<String>,
    pub original_from: Option<String>,
}

impl Rewriting {
    pub fn envelope(&self, path: &ReversePath) -> ReversePath {
        match path {
            ReversePath::Null => ReversePath::Null,
            ReversePath::Mailbox(mailbox) => ReversePath::Mailbox(self.changed(Some(mailbox)).unwrap_or(mailbox).clone()),
        }
    }

    /// None: nothing is to be changed. `header` is without the empty line that ends it.
    pub fn header(&self, header: &[u8], path: &ReversePath) -> Option<Vec<u8>> {
        let fields = Fields::of(header);
        let (from, sender) = (fields.first("From"), fields.first("Sender"));
        let authors = from.map(|field| from::mailboxes(field.value())).unwrap_or_default();
        let author = match (from, path) {
            (Some(_), _) => self.changed(authors.first().map(|named| &named.mailbox)),
            // Without a From there is only one address it can be from.
            (None, ReversePath::Mailbox(mailbox)) => self.row(Some(mailbox)).map(|row| &row.to),
            (None, ReversePath::Null) => self.row(None).map(|row| &row.to),
        };
        let new_sender = sender.and_then(|field| self.changed(from::mailboxes(field.value()).first().map(|named| &named.mailbox)));
        if author.is_none() && new_sender.is_none() {
            return None;
        }
        let mut out = Vec::with_capacity(header.len() + 256);
        if let (None, Some(to)) = (from, author) {
            out.extend_from_slice(format!("From: <{to}>\r\n").as_bytes());
        }
        let mut first = true;
        for field in fields.iter() {
            match (author, new_sender) {
                (Some(to), _) if field.is("From") => {
                    if std::mem::take(&mut first) {
                        self.write_from(authors.first(), to, &mut out);
                        if self.reply_to && !authors.is_empty() && !fields.have("Reply-To") {
                            renamed(field, "Reply-To", &mut out);
                        }
                    }
                    // Of a second From, which no mail may have, nobody can say whose it is.
                    renamed(field, "X-Original-From", &mut out);
                }
                (_, Some(to)) if field.is("Sender") => {
                    let alone = author.or(match authors.as_slice() {
                        [one] => Some(&one.mailbox),
                        [] | [_, _, ..] => None,
                    });
                    if !alone.is_some_and(|author| is_same(author, to)) {
                        out.extend_from_slice(format!("Sender: <{to}>\r\n").as_bytes());
                    }
                    renamed(field, "X-Original-Sender", &mut out);
                }
                (Some(_) | None, Some(_) | None) => out.extend_from_slice(field.octets),
            }
        }
        Some(out)
    }

    /// What mail from `said`, an address or a whole From, would become.
    pub fn preview(&self, said: &str) -> Preview {
        let said: String = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let line = format!("From: {}\r\n", said.trim());
        let sender = from::mailboxes(said.as_bytes()).into_iter().next();
        let path = sender.map_or(ReversePath::Null, |named| ReversePath::Mailbox(named.mailbox));
        let header = self.header(line.as_bytes(), &path).unwrap_or_else(|| line.clone().into_bytes());
        let fields = Fields::of(&header);
        let shown = |name: &str| {
            let field = fields.first(name)?;
            let text = String::from_utf8_lossy(field.value()).into_owned();
            Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        Preview {
            envelope: self.envelope(&path).to_string(),
            from: shown("From").unwrap_or_default(),
            reply_to: shown("Reply-To"),
            original_from: shown("X-Original-From"),
        }
    }

    fn row(&self, mailbox: Option<&Mailbox>) -> Option<&Row> {
        self.rows.iter().find(|row| match (&row.senders, mailbox) {
            (Senders::All, _) => true,
            (Senders::These(list), Some(mailbox)) => list.holds(mailbox),
            (Senders::These(_), None) => false,
        })
    }

    /// Whom it becomes, where that is somebody else.
    fn changed(&self, mailbox: Option<&Mailbox>) -> Option<&Mailbox> {
        let to = &self.row(mailbox)?.to;
        (!mailbox.is_some_and(|mailbox| is_same(mailbox, to))).then_some(to)
    }

    fn write_from(&self, author: Option<&Named<'_>>, to: &Mailbox, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(b"From: ");
        let name = author.map(|named| self.name(named)).unwrap_or_default();
        if !name.is_empty() {
            out.extend_from_slice(&name);
            let line = out[start..].rsplit(|&octet| octet == b'\n').next().map_or(0, <[u8]>::len);
            let fits = line + to.as_str().len() + 3 <= WIDTH;
            out.extend_from_slice(if fits { b" " } else { b"\r\n " });
        }
        out.extend_from_slice(format!("<{to}>\r\n").as_bytes());
    }

    fn name(&self, author: &Named<'_>) -> Vec<u8> {
        let address = author.mailbox.as_str();
        let kept = match author.name {
            Name::None => Vec::new(),
            Name::Phrase(phrase) => phrase.to_vec(),
            // Encoded words mean something only outside of quotes (RFC 2047 §5).
            Name::Comment(text) if is_encoded(text) && text.iter().all(|octet| !b"()<>@,;:\\\".[]".contains(octet)) => text.to_vec(),
            Name::Comment(text) => quoted(&unescaped(text)),
        };
        match self.display_name {
            DisplayName::Kept => kept,
            DisplayName::Address => quoted(address.as_bytes()),
            DisplayName::NameAndAddress if kept.is_empty() => quoted(address.as_bytes()),
            DisplayName::NameAndAddress if is_encoded(&kept) => [&kept, &b" "[..], &quoted(format!("({address})").as_bytes())].concat(),
            DisplayName::NameAndAddress => quoted(&[&plain(&kept)[..], b" (", address.as_bytes(), b")"].concat()),
        }
    }
}

/// The domain of the first mailbox in From; it decides who signs.
pub(super) fn author_domain(header: &[u8]) -> Option<String> {
    let fields = Fields::of(header);
    let authors = from::mailboxes(fields.first("From")?.value());
    authors.first().map(|named| named.mailbox.domain().to_owned())
}

fn renamed(field: &Field<'_>, name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    out.extend_from_slice(field.value());
}

/// Providers make no difference between letters of either case.
fn is_same(one: &Mailbox, other: &Mailbox) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

fn is_encoded(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"=?")
}

/// Words as people read them: without the quotes that hold them, on one line.
fn plain(phrase: &[u8]) -> Vec<u8> {
    match phrase.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
        Some(inner) if !inner.ends_with(b"\\") => unescaped(inner),
        Some(_) | None => phrase.to_vec(),
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let (mut plain, mut octets) = (Vec::with_capacity(text.len()), text.iter());
    while let Some(&octet) = octets.next() {
        plain.extend(if octet == b'\\' { octets.next().copied() } else { Some(octet) });
    }
    plain
}

/// A quoted-string, unfolded (RFC 5322 §3.2.4).
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        if quoted.len() > 1 {
            quoted.push(b' ');
        }
        for &octet in word {
            if matches!(octet, b'"' | b'\\') {
                quoted.push(b'\\');
            }
            quoted.push(octet);
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
