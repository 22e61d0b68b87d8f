//! Which parts get a footer, and which are left alone.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn footer() -> Arc<Footer> {
    Arc::new(Footer { text: "-- \nBüro".into(), html: "<p>Büro</p>".into() })
}

fn under(message: &str, piece: usize) -> String {
    let mut footing = Footing::new(footer());
    let mut out: Vec<u8> = message.as_bytes().chunks(piece).flat_map(|piece| footing.convert(piece)).collect();
    out.extend(footing.finish());
    String::from_utf8(out).unwrap()
}

fn lines(message: &str) -> String {
    message.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Message, and what it becomes. The same: it is left alone.
fn cases() -> Vec<(&'static str, String, String)> {
    let row = |name, before: &str, after: &str| (name, lines(before), lines(after));
    let same = |name, message: &str| (name, lines(message), lines(message));
    vec![
        row(
            "a text that says nothing of its letters",
            "Subject: x\n\nHello\n",
            "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nMIME-Version: 1.0\n\nHello\n\n-- \nBüro\n",
        ),
        row(
            "a text in UTF-8 without a last line end",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\nHellö",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\nHellö\n\n-- \nBüro\n",
        ),
        row(
            "quoted-printable",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nHell=F6\n",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nHell=F6\n\n--=20\nB=FCro\n",
        ),
        row(
            "base64, whose lines are made anew",
            "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+\naGk8L2I+\n",
            "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+aGk8L2I+DQoNCjxwPkImIzI1MjtybzwvcD4NCg==\n",
        ),
        row(
            "both forms of an alternative, and nothing of what is attached",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\nbefore\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHello\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<b>hi</b>\n--c\n\
             Content-Type: text/html\n\n<i>no page</i>\n--c--\n--b--\n--a\nContent-Type: text/plain\n\nattached\n--a--\nbehind\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\nbefore\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHello\n\n-- \nBüro\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<b>hi</b>\n\n<p>B&#252;ro</p>\n--c\n\
             Content-Type: text/html\n\n<i>no page</i>\n--c--\n--b--\n--a\nContent-Type: text/plain\n\nattached\n--a--\nbehind\n",
        ),
        same("an attachment", "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nx\n"),
        same(
            "a scan without a text",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: application/pdf\n\nx\n--a\nContent-Type: text/plain\n\nx\n--a--\n",
        ),
        same("signed", "MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=a\n\n--a\nContent-Type: text/plain\n\nx\n--a--\n"),
        same(
            "signed within",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/signed; boundary=a\n\n--a\nContent-Type: text/plain\n\nx\n--a--\n--b--\n",
        ),
        same(
            "encrypted",
            "MIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary=a\n\n--a\nContent-Type: text/plain\n\nx\n--a--\n",
        ),
        same("S/MIME", "MIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nx\n"),
        same("signed by DKIM", "DKIM-Signature: v=1\nFrom: a\n\nx\n"),
        same(
            "PGP in the text",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nx\n-----BEGIN PGP MESSAGE-----\ny\n",
        ),
        same("a report", "MIME-Version: 1.0\nContent-Type: multipart/report; boundary=a\n\n--a\nContent-Type: text/plain\n\nx\n--a--\n"),
        same("a message in a message", "MIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: x\n\nx\n"),
        same(
            "letters of another kind",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\nAAAA\n",
        ),
        same("no end of the header", "Subject: x\n"),
    ]
}

#[test]
fn texts_get_it_and_nothing_else_does() {
    for (name, before, after) in cases() {
        for piece in [1, 3, 1000] {
            assert_eq!(under(&before, piece), after, "{name}, in pieces of {piece}");
        }
    }
}

#[test]
fn a_footer_in_one_form_is_put_into_that_form_only() {
    let only_html = Arc::new(Footer { text: String::new(), html: "<p>x</p>".into() });
    let message = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n";
    let mut footing = Footing::new(only_html);
    let mut out = footing.convert(message);
    out.extend(footing.finish());
    assert_eq!(out, message);
}

proptest! {
    /// Whatever it is, nothing of it is lost: taken out again, the footer leaves a raw message as it was.
    #[test]
    fn nothing_is_lost(parts in prop::collection::vec(prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=a\r\n".to_owned()), Just("\r\n".to_owned()), Just("--a\r\n".to_owned()), Just("--a--\r\n".to_owned()),
        Just("Content-Type: text/html\r\n".to_owned()), "[ -~]{0,20}\r\n",
    ], 0..20), piece in 1usize..50) {
        let message = parts.concat();
        let after = under(&message, piece);
        prop_assert_eq!(&after, &under(&message, 1000));
        let html = "\r\n<p>B&#252;ro</p>\r\n";
        if !after.contains("Büro") {
            let without = after.replacen(html, "", 1);
            prop_assert_eq!(without.trim_end(), message.trim_end());
        }
    }
}
