//! The Received line we put in front, and what we read in headers that pass by.
//!
//! In: who sent a message, and its content in pieces. Out: a header field (RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3),
//! and a [`crate::mail::Summary`]. What a client called itself never gets into a header unwashed.

mod header;
mod words;

pub use header::HeaderScan;
pub use words::decode_all;

use super::{Envelope, MessageId, Peer};
use jiff::Timestamp;
use std::net::IpAddr;

/// The field for a message of one connection, folded, with its CRLF. The recipient is named when there
/// is just one: others must not learn of a blind copy (RFC 5321 §7.2).
pub fn received_line(peer: &Peer, envelope: &Envelope, host_name: &str, id: MessageId, now: Timestamp) -> Vec<u8> {
    let address = literal(peer.address);
    let name = client_name(&peer.name).unwrap_or_else(|| address.clone());
    let protocol = match (envelope.utf8, peer.extended) {
        (true, true | false) => "UTF8SMTP",
        (false, true) => "ESMTP",
        (false, false) => "SMTP",
    };
    // The words for what was used exist for the extended protocols only.
    let means = match (protocol, peer.tls.is_some(), peer.account.is_some()) {
        ("SMTP", _, _) | (_, false, false) => "",
        (_, true, false) => "S",
        (_, false, true) => "A",
        (_, true, true) => "SA",
    };
    let tls = peer.tls.as_deref().map(|version| format!(" ({})", washed(version))).unwrap_or_default();
    let (recipient, date) = (only_recipient(envelope), date(now));
    format!("Received: from {name} ({address})\r\n\tby {host_name} (Outtray) with {protocol}{means}{tls}\r\n\tid {id}{recipient};\r\n\t{date}\r\n")
        .into_bytes()
}

/// The field for a message out of a file: nobody handed it in over a connection (RFC 5322 §3.6.7).
pub fn received_from_pickup(envelope: &Envelope, host_name: &str, id: MessageId, now: Timestamp) -> Vec<u8> {
    let (recipient, date) = (only_recipient(envelope), date(now));
    format!("Received: by {host_name} (Outtray, from its pickup folder)\r\n\tid {id}{recipient};\r\n\t{date}\r\n").into_bytes()
}

fn only_recipient(envelope: &Envelope) -> String {
    match envelope.forward_paths.as_slice() {
        [only] => format!("\r\n\tfor <{only}>"),
        _ => String::new(),
    }
}

fn date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `[10.0.0.5]`, `[IPv6:fd00::7]` (RFC 5321 §4.1.3).
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => format!("[{four}]"),
        IpAddr::V6(six) => format!("[IPv6:{six}]"),
    }
}

/// What it called itself, with everything replaced that could mean something in a header.
fn client_name(name: &str) -> Option<String> {
    let name = washed(name);
    (!name.is_empty()).then_some(name)
}

fn washed(text: &str) -> String {
    let harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_.:[]".contains(letter);
    text.chars().take(255).map(|letter| if harmless(letter) { letter } else { '?' }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mail::{ForwardPath, ReversePath};

    fn line(address: &str, name: &str, tls: Option<&str>, extended: bool, recipient: Option<&str>) -> String {
        let peer = Peer { address: address.parse().unwrap(), name: name.into(), tls: tls.map(str::to_owned), account: None, extended };
        let recipients = recipient.iter().map(|path| ForwardPath::parse(path).unwrap()).collect();
        let envelope = Envelope::new(ReversePath::Null, recipients);
        let now = "2026-11-02T09:05:03.5Z".parse().unwrap();
        let id = MessageId(uuid::Uuid::from_u128(7));
        String::from_utf8(received_line(&peer, &envelope, "relay.office.test", id, now)).unwrap()
    }

    #[test]
    fn a_received_line_tells_the_way() {
        assert_eq!(
            line("10.0.0.5", "scanner.office.test", Some("TLSv1.3"), true, Some("ann@away.test")),
            "Received: from scanner.office.test ([10.0.0.5])\r\n\tby relay.office.test (Outtray) with ESMTPS (TLSv1.3)\r\n\t\
             id 00000000000000000000000000000007\r\n\tfor <ann@away.test>;\r\n\tMon, 02 Nov 2026 09:05:03 +0000\r\n"
        );
        assert_eq!(
            line("fd00::5", "", None, false, None),
            "Received: from [IPv6:fd00::5] ([IPv6:fd00::5])\r\n\tby relay.office.test (Outtray) with SMTP\r\n\t\
             id 00000000000000000000000000000007;\r\n\tMon, 02 Nov 2026 09:05:03 +0000\r\n"
        );
    }

    #[test]
    fn the_protocol_word_is_one_of_rfc_3848() {
        for (utf8, extended, tls, account, words) in [
            (false, false, None, None, " with SMTP\r\n"),
            (false, false, Some("TLSv1.2"), Some("nas"), " with SMTP (TLSv1.2)\r\n"),
            (false, true, None, None, " with ESMTP\r\n"),
            (false, true, Some("TLSv1.2"), None, " with ESMTPS (TLSv1.2)\r\n"),
            (false, true, None, Some("nas"), " with ESMTPA\r\n"),
            (false, true, Some("TLSv1.2"), Some("nas"), " with ESMTPSA (TLSv1.2)\r\n"),
            (true, true, None, None, " with UTF8SMTP\r\n"),
            (true, true, Some("TLSv1.2"), None, " with UTF8SMTPS (TLSv1.2)\r\n"),
            (true, true, None, Some("nas"), " with UTF8SMTPA\r\n"),
            (true, true, Some("TLSv1.2"), Some("nas"), " with UTF8SMTPSA (TLSv1.2)\r\n"),
        ] {
            let envelope = Envelope { utf8, ..Envelope::new(ReversePath::Null, vec![]) };
            let (tls, account) = (tls.map(str::to_owned), account.map(str::to_owned));
            let peer = Peer { address: "10.0.0.5".parse().unwrap(), name: "x".into(), tls, account, extended };
            let line = received_line(&peer, &envelope, "relay.office.test", MessageId(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH);
            assert!(String::from_utf8(line).unwrap().contains(words), "{words}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_the_line() {
        for (name, washed) in [
            ("pc_1.local", "pc_1.local"),
            ("[10.0.0.5]", "[10.0.0.5]"),
            ("[IPv6:fd00::5]", "[IPv6:fd00::5]"),
            ("x) by evil (y;", "x??by?evil??y?"),
            ("x\r\nSubject: evil", "x??Subject:?evil"),
            ("büro\0", "b?ro?"),
            ("a@b \"<>\\", "a?b?????"),
        ] {
            let line = line("10.0.0.5", name, None, true, None);
            assert!(line.starts_with(&format!("Received: from {washed} ([10.0.0.5])\r\n\tby ")), "{line}");
        }
        assert!(line("::ffff:10.0.0.5", &"x".repeat(9000), None, true, None).lines().all(|line| line.len() < 998));
    }
}
