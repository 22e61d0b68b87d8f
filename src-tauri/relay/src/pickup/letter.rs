//! Reads a file's header as the SMTP service of IIS did: who the message is from and for, and what of it goes on.
//!
//! In: the header section, line ends mended. Out: an envelope, and the header without what was meant for us alone; or what
//! is wrong with it. `X-Sender` and `X-Receiver` lines at the very top are the envelope (and go); what they leave open say
//! From and To, Cc, Bcc (RFC 5322 §3.6). Bcc always goes (§3.6.3).

use super::addresses::{self, NoAddress};
use super::bad::Bad;
use crate::mail::fields::{Field, Fields};
use crate::mail::{ForwardPath, Mailbox, ReversePath};

#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub reverse_path: ReversePath,
    /// In the order given, without repetitions.
    pub forward_paths: Vec<ForwardPath>,
    pub header: Vec<u8>,
}

pub fn read(header: &[u8], most_recipients: usize) -> Result<Letter, Bad> {
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    let fields: Vec<Field<'_>> = Fields::of(header).iter().copied().collect();
    for (index, line) in fields.iter().enumerate().filter(|(_, field)| field.name.is_empty()) {
        // Programs that read mailbox files leave their separator in front; it is taken out later. A line that is no field would
        // end the header for some and not for others: what stands behind it might be read as nobody meant it.
        if index > 0 || !line.octets.starts_with(b"From ") {
            let line = String::from_utf8_lossy(line.octets.trim_ascii_end());
            return Err(Bad::NoField(line.chars().take(80).collect()));
        }
    }
    let top = fields.iter().take_while(|field| field.is("X-Sender") || field.is("X-Receiver")).count();
    let (ours, header_fields) = fields.split_at(top);

    let reverse_path = match ours.iter().find(|field| field.is("X-Sender")) {
        Some(sender) => sender_line(sender)?,
        None => sender_field(header_fields)?,
    };
    let mut receivers: Vec<&Field<'_>> = ours.iter().filter(|field| field.is("X-Receiver")).collect();
    if receivers.is_empty() {
        receivers = header_fields.iter().filter(|field| field.is("To") || field.is("Cc") || field.is("Bcc")).collect();
    }
    let mut forward_paths: Vec<ForwardPath> = Vec::new();
    for field in receivers {
        for mailbox in addresses(field)? {
            if !forward_paths.iter().any(|other| is_same(&other.mailbox, &mailbox)) {
                forward_paths.push(ForwardPath::from(mailbox));
            }
        }
    }
    if forward_paths.is_empty() {
        return Err(Bad::NoRecipient);
    }
    if forward_paths.len() > most_recipients {
        return Err(Bad::TooManyRecipients(most_recipients));
    }
    let stays = header_fields.iter().filter(|field| !field.is("Bcc")).map(|field| field.octets);
    Ok(Letter { reverse_path, forward_paths, header: stays.collect::<Vec<_>>().concat() })
}

/// `X-Sender: <>` is the null reverse-path.
fn sender_line(field: &Field<'_>) -> Result<ReversePath, Bad> {
    if field.value().trim_ascii() == b"<>" {
        return Ok(ReversePath::Null);
    }
    match addresses(field)?.as_slice() {
        [one] => Ok(ReversePath::Mailbox(one.clone())),
        [] => Err(Bad::NoSender),
        [_, ..] => Err(Bad::ManySenders),
    }
}

/// Who wrote it; of several, who sent it for them (RFC 5322 §3.6.2).
fn sender_field(fields: &[Field<'_>]) -> Result<ReversePath, Bad> {
    let mut written = Vec::new();
    for name in ["From", "Sender"] {
        if let Some(field) = fields.iter().find(|field| field.is(name)) {
            written = addresses(field)?;
            if let [one] = written.as_slice() {
                return Ok(ReversePath::Mailbox(one.clone()));
            }
        }
    }
    written.into_iter().next().map(ReversePath::Mailbox).ok_or(Bad::NoSender)
}

/// Of a field with its continuation lines; where they began, white space stays.
fn addresses(field: &Field<'_>) -> Result<Vec<Mailbox>, Bad> {
    let value = String::from_utf8_lossy(field.value()).replace("\r\n", "");
    addresses::read(&value).map_err(|NoAddress { piece, why }| Bad::NoAddress {
        field: String::from_utf8_lossy(field.name).into_owned(),
        piece,
        why,
    })
}

/// Domains are the same in any case (RFC 5321 §2.4).
fn is_same(one: &Mailbox, other: &Mailbox) -> bool {
    one.local() == other.local() && one.domain().eq_ignore_ascii_case(other.domain())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(header: &str) -> Result<(String, Vec<String>, String), Bad> {
        read(header.replace('\n', "\r\n").as_bytes(), 3).map(|letter| {
            let to = letter.forward_paths.iter().map(ToString::to_string).collect();
            (letter.reverse_path.to_string(), to, String::from_utf8(letter.header).unwrap().replace("\r\n", "\n"))
        })
    }

    fn letter(from: &str, to: &[&str], header: &str) -> Result<(String, Vec<String>, String), Bad> {
        Ok((from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect(), header.to_owned()))
    }

    #[test]
    fn lines_at_the_top_are_the_envelope_and_go() {
        let rest = "From: erp@office.test\nTo: eve@away.test\nSubject: x\n";
        assert_eq!(
            of(&format!("X-Sender: bounces@office.test\nX-Receiver: ann@away.test\nx-receiver: <bob@away.test>\n{rest}")),
            letter("bounces@office.test", &["ann@away.test", "bob@away.test"], rest)
        );
        assert_eq!(of(&format!("\u{feff}x-receiver: ann@away.test\n{rest}")), letter("erp@office.test", &["ann@away.test"], rest));
        assert_eq!(of(&format!("X-SENDER: <>\n{rest}")), letter("", &["eve@away.test"], rest));
        // Further down they are fields like any other.
        let later = format!("{rest}X-Receiver: ann@away.test\n");
        assert_eq!(of(&later), letter("erp@office.test", &["eve@away.test"], &later));
    }

    #[test]
    fn else_the_header_says_it_and_blind_copies_stay_blind() {
        assert_eq!(
            of(
                "From: ERP <erp@office.test>\nTo: Ann <ann@away.test>,\n\tann@AWAY.test\nBcc: eve@away.test,\n eve@away.test\nCc: bob@away.test\nSubject: x\n"
            ),
            letter(
                "erp@office.test",
                &["ann@away.test", "eve@away.test", "bob@away.test"],
                "From: ERP <erp@office.test>\nTo: Ann <ann@away.test>,\n\tann@AWAY.test\nCc: bob@away.test\nSubject: x\n"
            )
        );
        assert_eq!(of("From: a@office.test, b@office.test\nSender: b@office.test\nTo: ann@away.test\n").unwrap().0, "b@office.test");
        assert_eq!(of("From: a@office.test, b@office.test\nTo: ann@away.test\n").unwrap().0, "a@office.test");
        let mailbox = "From: a@office.test\nTo: ann@away.test\n";
        let separated = format!("From ann Mon Nov  2\n{mailbox}");
        assert_eq!(of(&separated), letter("a@office.test", &["ann@away.test"], &separated));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let no_address = |field: &str, piece: &str| {
            Err(Bad::NoAddress { field: field.into(), piece: piece.into(), why: Some(crate::mail::AddressError::NoDomain) })
        };
        for (header, bad) in [
            ("", Err(Bad::NoSender)),
            ("To: ann@away.test\n", Err(Bad::NoSender)),
            ("X-Sender:\nTo: ann@away.test\n", Err(Bad::NoSender)),
            ("X-Sender: a@b.test, c@d.test\nTo: ann@away.test\n", Err(Bad::ManySenders)),
            ("From: a@b.test\nSubject: x\n", Err(Bad::NoRecipient)),
            ("From: a@b.test\nTo: \n", Err(Bad::NoRecipient)),
            ("From: a@b.test\nTo: ann\n", no_address("To", "ann")),
            ("From: erp\nTo: ann@away.test\n", no_address("From", "erp")),
            ("X-Receiver: ann\nFrom: a@b.test\nTo: ann@away.test\n", no_address("X-Receiver", "ann")),
            ("From: a@b.test\nTo: a@b.test, b@b.test, c@b.test\nCc: d@b.test\n", Err(Bad::TooManyRecipients(3))),
            ("Dear Ann,\nTo: ann@away.test\n", Err(Bad::NoField("Dear Ann,".into()))),
            ("From: a@b.test\nTo: ann@away.test\nno field\nBcc: b@away.test\n", Err(Bad::NoField("no field".into()))),
            (" From: a@b.test\nTo: ann@away.test\n", Err(Bad::NoField(" From: a@b.test".into()))),
        ] {
            assert_eq!(of(header), bad, "{header:?}");
        }
    }
}
