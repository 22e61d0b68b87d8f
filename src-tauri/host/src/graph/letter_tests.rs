//! Letters for Graph: whom they go to, what travels apart, what cannot be sent.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

const MOST: usize = 3_000_000;

fn mime(content: &str, recipients: &[&str]) -> String {
    let letter = compose(content.as_bytes(), recipients, MOST).unwrap();
    assert_eq!(letter.attachments, []);
    String::from_utf8(letter.mime).unwrap()
}

/// Everybody a letter goes to, as a reader of headers finds them.
fn goes_to(mime: &[u8]) -> Vec<String> {
    let message = MessageParser::default().parse(mime).unwrap();
    let fields = message.headers().iter().filter(|header| matches!(header.name, HeaderName::To | HeaderName::Cc | HeaderName::Bcc));
    let mut all: Vec<String> = fields
        .flat_map(|header| header.value.as_address())
        .flat_map(|list| list.iter())
        .filter_map(|one| one.address.as_deref())
        .map(str::to_owned)
        .collect();
    all.sort();
    all
}

#[test]
fn whom_the_header_names_already_stays_as_it_stands() {
    let text = "From: scan@office.test\r\nTo: \"Ann, of sales\" <Ann@away.test>,\r\n\tbob@away.test\r\nSubject: x\r\n\r\npage 1\r\n";
    assert_eq!(mime(text, &["ann@away.test", "bob@away.test"]), text);
}

#[test]
fn who_is_meant_and_not_named_stands_in_a_bcc() {
    let text = "From: scan@office.test\r\nTo: ann@away.test\r\nBcc: old@away.test\r\n\r\npage 1\r\n";
    let wanted = "From: scan@office.test\r\nTo: ann@away.test\r\nBcc: <bob@away.test>,\r\n\t<cid@away.test>\r\n\r\npage 1\r\n";
    assert_eq!(mime(text, &["ann@away.test", "bob@away.test", "cid@away.test"]), wanted);
    assert_eq!(mime("Subject: x\r\n\r\npage 1\r\n", &["ann@away.test"]), "Subject: x\r\nBcc: <ann@away.test>\r\n\r\npage 1\r\n");
}

#[test]
fn somebody_named_and_not_meant_got_a_second_copy() {
    let text = "To: ann@away.test, Bob <bob@away.test>\r\nCc: cid@away.test\r\nSubject: x\r\n\r\nTo: cid@away.test\r\n";
    assert_eq!(mime(text, &["bob@away.test"]), "To: <bob@away.test>\r\nSubject: x\r\n\r\nTo: cid@away.test\r\n");
}

fn file(bytes: usize) -> String {
    use base64::Engine as _;
    let code = base64::engine::general_purpose::STANDARD.encode(vec![7_u8; bytes]);
    code.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

fn part(name: &str, bytes: usize) -> String {
    format!(
        "--b\r\nContent-Type: application/pdf; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}",
        file(bytes)
    )
}

const HEAD: &str = "To: ann@away.test\r\nSubject: scans\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
                    --b\r\nContent-Type: text/plain\r\n\r\ntwo scans\r\n";

#[test]
fn large_attachments_travel_apart_and_small_ones_stay() {
    let text = format!("{HEAD}{}{}{}--b--\r\n", part("small.pdf", 1000), part("large.pdf", 4_000_000), part("last.pdf", 2_500_000));
    let letter = compose(text.as_bytes(), &["ann@away.test"], MOST).unwrap();
    let apart: Vec<_> = letter.attachments.iter().map(|each| (each.name.as_str(), each.kind.as_str(), each.bytes.len())).collect();
    assert_eq!(apart, [("large.pdf", "application/pdf", 4_000_000), ("last.pdf", "application/pdf", 2_500_000)]);
    assert_eq!(String::from_utf8(letter.mime).unwrap(), format!("{HEAD}{}--b--\r\n", part("small.pdf", 1000)));
    // One of them is enough.
    let text = format!("{HEAD}{}{}--b--\r\n", part("a.pdf", 1_500_000), part("b.pdf", 1_000_000));
    let letter = compose(text.as_bytes(), &["ann@away.test"], MOST).unwrap();
    assert_eq!(letter.attachments.iter().map(|each| each.name.as_str()).collect::<Vec<_>>(), ["a.pdf"]);
    assert_eq!(letter.mime, format!("{HEAD}{}--b--\r\n", part("b.pdf", 1_000_000)).into_bytes());
}

#[test]
fn a_message_that_is_nothing_but_a_file_keeps_its_header() {
    let head = "From: scan@office.test\r\nTo: ann@away.test\r\nMIME-Version: 1.0\r\n";
    let text =
        format!("{head}Content-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", file(5_000_000));
    let letter = compose(text.as_bytes(), &["ann@away.test"], MOST).unwrap();
    assert_eq!(String::from_utf8(letter.mime).unwrap(), format!("{head}\r\n"));
    assert_eq!((letter.attachments[0].name.as_str(), letter.attachments[0].bytes.len()), ("scan.pdf", 5_000_000));
}

#[test]
fn what_cannot_be_taken_apart_is_said_to_be_too_large() {
    let long = format!("To: ann@away.test\r\n\r\n{}", "text\r\n".repeat(600_000));
    assert_eq!(compose(long.as_bytes(), &["ann@away.test"], MOST), Err(Unfit::TooLarge(long.len())));
    let signed = HEAD.replace("multipart/mixed", "multipart/signed; protocol=\"application/pkcs7-signature\"");
    let signed = format!("{signed}{}--b--\r\n", part("large.pdf", 4_000_000));
    assert_eq!(compose(signed.as_bytes(), &["ann@away.test"], MOST), Err(Unfit::TooLarge(signed.len())));
}

proptest! {
    #[test]
    fn a_letter_goes_to_whom_it_is_meant_for_and_nobody_else(
        to in prop::collection::vec(0_usize..6, 0..4), cc in prop::collection::vec(0_usize..6, 0..3), meant in prop::collection::btree_set(0_usize..6, 1..6),
    ) {
        let address = |n: &usize| format!("r{n}@away.test");
        let field = |name: &str, all: &[usize]| match all {
            [] => String::new(),
            all => format!("{name}: {}\r\n", all.iter().map(address).collect::<Vec<_>>().join(", ")),
        };
        let text = format!("From: scan@office.test\r\n{}{}Subject: x\r\n\r\nbody\r\n", field("To", &to), field("Cc", &cc));
        let meant: Vec<String> = meant.iter().map(address).collect();
        let names: Vec<&str> = meant.iter().map(String::as_str).collect();
        let letter = compose(text.as_bytes(), &names, MOST).unwrap();
        let mut told = goes_to(&letter.mime);
        told.dedup();
        prop_assert_eq!(told, meant);
        prop_assert!(letter.mime.ends_with(b"Subject: x\r\n\r\nbody\r\n") || String::from_utf8_lossy(&letter.mime).contains("Subject: x\r\nBcc: "));
    }

    #[test]
    fn noise_is_no_reason_to_panic(noise in prop::collection::vec(any::<u8>(), 0..2000), most in 0_usize..3000) {
        let _ = compose(&noise, &["ann@away.test"], most);
    }
}
