//! What is changed and how, that pieces do not matter, and that a reader which is not ours finds every part as it was.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use std::process::Command;

fn plan(content: &[u8], piece: usize) -> Plan {
    let mut survey = Survey::default();
    content.chunks(piece).for_each(|piece| survey.see(piece));
    survey.finish()
}

fn through(content: &[u8], piece: usize) -> Vec<u8> {
    let mut converter = Converter::new(plan(content, piece));
    let mut out: Vec<u8> = content.chunks(piece).flat_map(|piece| converter.convert(piece)).collect();
    out.extend(converter.finish());
    out
}

/// In every way it can come.
fn converted(content: &[u8]) -> String {
    let whole = through(content, content.len().max(1));
    for piece in [1, 2, 3, 50] {
        assert!(through(content, piece) == whole, "pieces of {piece}: {}", content.escape_ascii());
    }
    String::from_utf8_lossy(&whole).into_owned()
}

/// `|` stands for CRLF.
fn wire(text: &str) -> Vec<u8> {
    text.replace('|', "\r\n").into_bytes()
}

fn check(content: &str, expected: &str) {
    assert_eq!(converted(&wire(content)).replace("\r\n", "|"), expected);
}

#[test]
fn a_text_becomes_quoted_printable() {
    check(
        "MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: 8bit|Subject: x||Grüße = gut |.|",
        "MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|Subject: x|Content-Transfer-Encoding: quoted-printable||\
         Gr=C3=BC=C3=9Fe =3D gut=20|.|",
    );
}

#[test]
fn what_says_nothing_of_its_letters_is_told_apart() {
    check(
        "Subject: x||Grüße|",
        "Subject: x|MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: quoted-printable||Gr=C3=BC=C3=9Fe|",
    );
    let latin = b"Subject: x\r\n\r\nGr\xfc\xdfe\r\n";
    assert!(converted(latin).contains("charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n"));
    // A letter that is cut by the end of the text is none.
    assert!(converted(b"Subject: x\r\n\r\n\xc3\xbc\xc3").contains("charset=unknown-8bit"));
    check(
        "Content-Type: text/html||<p>ü</p>|",
        "Content-Type: text/html|MIME-Version: 1.0|Content-Transfer-Encoding: quoted-printable||<p>=C3=BC</p>|",
    );
}

#[test]
fn what_is_no_text_becomes_base64_and_the_line_end_before_a_boundary_stays_outside() {
    check(
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=\"b 1\"|Content-Transfer-Encoding: 8bit||preamble|--b 1|\
         Content-Type: text/plain||seven bits|--b 1|content-type: IMAGE/png|content-transfer-encoding: binary||é|é|--b 1--|epilogue|",
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=\"b 1\"|Content-Transfer-Encoding: 7bit||preamble|--b 1|\
         Content-Type: text/plain||seven bits|--b 1|content-type: IMAGE/png|Content-Transfer-Encoding: base64||w6kNCsOp|--b 1--|epilogue|",
    );
    // Alone, its last line end is its own.
    check(
        "MIME-Version: 1.0|Content-Type: image/png||é|",
        "MIME-Version: 1.0|Content-Type: image/png|Content-Transfer-Encoding: base64||w6kNCg==|",
    );
}

#[test]
fn parts_in_parts_and_messages_in_messages_are_reached() {
    check(
        "Content-Type: multipart/mixed;|\tboundary=out||--out|Content-Type: multipart/alternative; boundary=\"in\"||--in||ä|--in|\
         Content-Type: text/html||<b>|--in--||--out|Content-Type: message/rfc822|Content-Transfer-Encoding: 8bit||Subject: in|\
         Content-Type: text/plain||ö|--out--|",
        "Content-Type: multipart/mixed;|\tboundary=out|MIME-Version: 1.0||--out|Content-Type: multipart/alternative; boundary=\"in\"||\
         --in|Content-Transfer-Encoding: quoted-printable||=C3=A4|--in|Content-Type: text/html||<b>|--in--||--out|\
         Content-Type: message/rfc822|Content-Transfer-Encoding: 7bit||Subject: in|Content-Type: text/plain|MIME-Version: 1.0|\
         Content-Transfer-Encoding: quoted-printable||=C3=B6|--out--|",
    );
    // In a digest a part is a message.
    check(
        "MIME-Version: 1.0|Content-Type: multipart/digest; boundary=d||--d||Subject: in||ä|--d--|",
        "MIME-Version: 1.0|Content-Type: multipart/digest; boundary=d||--d||Subject: in|MIME-Version: 1.0|\
         Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: quoted-printable||=C3=A4|--d--|",
    );
}

#[test]
fn what_is_signed_goes_as_it_came() {
    for content in [
        "DKIM-Signature: v=1|MIME-Version: 1.0|Content-Type: text/plain||Grüße|",
        "MIME-Version: 1.0|Content-Type: multipart/signed; boundary=s||--s|Content-Type: text/plain||Grüße|--s|\
         Content-Type: application/pgp-signature||x|--s--|",
    ] {
        check(content, content);
    }
    // What is not covered by the signature is changed; the whole cannot say 7bit then.
    check(
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=m|Content-Transfer-Encoding: 8bit||--m|\
         Content-Type: multipart/signed; boundary=s||--s||ä|--s--|--m||ö|--m--|",
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=m|Content-Transfer-Encoding: 8bit||--m|\
         Content-Type: multipart/signed; boundary=s||--s||ä|--s--|--m|Content-Transfer-Encoding: quoted-printable||=C3=B6|--m--|",
    );
    // A signed message that came along in another is only a part of it.
    assert!(converted(&wire("Content-Type: message/rfc822||DKIM-Signature: v=1||ä|")).is_ascii());
}

#[test]
fn what_needs_no_change_gets_none() {
    for content in [
        "",
        "|",
        "Subject: x||seven bits|",
        "Subject: x|",
        "no header|at all|",
        "Content-Type: multipart/mixed; boundary=b||--b||a|--b||b|",
        "Content-Type: multipart/mixed||--b||no boundary is given|",
        // Encoded already, whatever else is in there.
        "MIME-Version: 1.0|Content-Transfer-Encoding: base64||ä|",
        "MIME-Version: 1.0|Content-Transfer-Encoding: x-uuencode||ä|",
        // Headers stay.
        "Subject: Grüße||seven bits|",
    ] {
        check(content, content);
    }
}

#[test]
fn odd_mail_is_not_lost() {
    // No blank line, a boundary in a header, parts without end, a header that never ends, a very long line.
    check(
        "Subject: x|Grüße|",
        "Subject: x|MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: quoted-printable||Gr=C3=BC=C3=9Fe|",
    );
    check(
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=b||--b|Content-Type: text/plain|--b||ä",
        "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=b||--b|Content-Type: text/plain|--b|Content-Transfer-Encoding: quoted-printable||=C3=A4",
    );
    let endless = format!("X: {}ä|Content-Type: text/plain||ä|", "x".repeat(70_000)).replace('|', "\r\n");
    assert_eq!(converted(endless.as_bytes()), endless);
    let long = format!("MIME-Version: 1.0|Content-Type: image/png||{}|", "é".repeat(5000)).replace('|', "\r\n");
    let out = converted(long.as_bytes());
    assert!(out.is_ascii() && out.lines().all(|line| line.len() <= 76));
    // Thirty-one multiparts in each other.
    let deep: String = (0..40).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}||--b{n}|")).collect();
    assert!(converted(&wire(&format!("MIME-Version: 1.0|{deep}||ä|"))).is_ascii());
}

#[test]
fn memory_does_not_grow_with_the_message() {
    let mut converter = Converter::new(Plan { parts: vec![Part { eight_bit: true, utf8: true }], raw: false });
    let mut out = converter.convert(b"MIME-Version: 1.0\r\n\r\n").len();
    for _ in 0..200 {
        out += converter.convert(&[0xe4; 10_000]).len();
        assert!(converter.walk.line.len() <= 10_000 + 2000 && converter.writer.out.is_empty());
    }
    assert!(out > 5_000_000, "{out}");
}

/// A tree of parts as mail programs write them, and as nobody should.
fn mail() -> impl Strategy<Value = String> {
    let text = "(ä|ö|€|=|\\.| |\t|[a-z]){0,90}";
    let lines = prop::collection::vec(text, 0..6).prop_map(|lines| lines.iter().map(|line| format!("{line}\r\n")).collect::<String>());
    let kind =
        prop::sample::select(vec!["text/plain; charset=utf-8", "text/html", "application/octet-stream", "image/png; name=\"a;b\"", ""]);
    let encoding = prop::sample::select(vec!["", "8bit", "BINARY", "7bit"]);
    let leaf = (kind, encoding, lines).prop_map(|(kind, encoding, body)| {
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let encoding = if encoding.is_empty() { String::new() } else { format!("Content-Transfer-Encoding: {encoding}\r\n") };
        format!("{kind}{encoding}\r\n{body}")
    });
    leaf.prop_recursive(3, 12, 4, |inner| {
        let multipart = (prop::collection::vec(inner.clone(), 1..4), 0..1000u32, any::<bool>()).prop_map(|(parts, number, eight)| {
            let encoding = if eight { "Content-Transfer-Encoding: 8bit\r\n" } else { "" };
            let parts: String = parts.iter().map(|part| format!("--=_{number}_\r\n{part}\r\n")).collect();
            format!("Content-Type: multipart/mixed;\r\n boundary=\"=_{number}_\"\r\n{encoding}\r\n{parts}--=_{number}_--\r\n")
        });
        let message = inner.prop_map(|inner| format!("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n{inner}"));
        prop_oneof![multipart, message]
    })
    .prop_map(|body| format!("From: a@b.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n{body}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn any_mail_becomes_ascii_whatever_its_pieces(mail in mail(), piece in 1usize..200) {
        let out = through(mail.as_bytes(), mail.len());
        prop_assert!(out.is_ascii(), "{}", String::from_utf8_lossy(&out));
        prop_assert!(through(mail.as_bytes(), piece) == out);
        prop_assert!(out.split(|byte| *byte == b'\n').all(|line| line.is_empty() || line.ends_with(b"\r")));
        // There is nothing more to do.
        prop_assert!(through(&out, piece) == out);
    }

    #[test]
    fn nothing_makes_it_fail(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(vec!["Content-Type: multipart/mixed; boundary=b", "\r\n", "--b", "--b--", "Content-Type: message/rfc822", ":", "\"", "ä"]).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..9),
    ], 0..40), piece in 1usize..20) {
        let content = pieces.concat();
        prop_assert!(through(&content, piece) == through(&content, content.len().max(1)));
    }
}

/// Python's parser sees the same parts before and after, decoded octet for octet.
#[test]
#[cfg_attr(windows, ignore = "python3 is not to be found there by this name")]
fn a_reader_of_another_kind_finds_every_part_as_it_was() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    for number in 0..100 {
        let mail = mail().new_tree(&mut runner).unwrap().current();
        std::fs::write(folder.path().join(format!("{number}.before")), &mail).unwrap();
        std::fs::write(folder.path().join(format!("{number}.after")), through(mail.as_bytes(), 1000)).unwrap();
    }
    let output = match Command::new("python3").args(["-c", include_str!("compare.py")]).arg(folder.path()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // As for the tests of the whole house, see README.
            let may_be_left_out = std::env::var_os("OUTTRAY_TESTS_LEFT_OUT").is_some();
            return assert!(may_be_left_out, "this test wants python3; where that cannot be had, OUTTRAY_TESTS_LEFT_OUT=1 leaves it out");
        }
        Err(error) => panic!("{error}"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.trim().parse::<u32>().unwrap() > 100, "{told} parts were compared");
}
