//! Messages with and without attachments that are refused, in any pieces.

#![allow(clippy::unwrap_used)]

use super::programs::tests::archive;
use super::*;
use base64::Engine;
use proptest::prelude::*;

fn rules() -> ContentRules {
    let endings = ["exe", "js", "bat"].map(str::to_owned).into();
    ContentRules { attachments: Some(Arc::new(AttachmentRules { endings, programs: true })), ..ContentRules::default() }
}

/// What goes on, or the reply.
fn checked(rules: &ContentRules, content: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut check = ContentCheck::new(rules);
    let mut out = Vec::new();
    let told = |refusal: Refusal| format!("{:?}: {}", refusal.why, refusal.reply);
    for piece in content.chunks(size) {
        out.extend_from_slice(&check.pass(Bytes::copy_from_slice(piece)).map_err(told)?);
    }
    out.extend_from_slice(&check.finish().map_err(told)?.rest);
    Ok(out)
}

fn sizes(length: usize) -> [usize; 7] {
    [1, 2, 3, 7, 64, 513, length.max(1)]
}

/// The verdict of a content, which must be the same in all pieces and leave what goes on as it was.
fn verdict(content: &[u8]) -> Result<(), String> {
    let whole = checked(&rules(), content, content.len().max(1));
    for size in sizes(content.len()) {
        assert_eq!(checked(&rules(), content, size), whole, "in pieces of {size}");
    }
    whole.map(|out| assert_eq!(out, content))
}

fn encoded(octets: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(octets);
    text.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

fn mixed(part: &str) -> String {
    format!(
        "From: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x=1\"\r\n\r\npreamble\r\n--x=1\r\n\
         Content-Type: text/plain\r\n\r\nSee the file setup.exe.\r\n--x=1\r\n{part}\r\n--x=1--\r\nepilogue\r\n"
    )
}

fn base64_part(fields: &str, octets: &[u8]) -> String {
    mixed(&format!("{fields}Content-Transfer-Encoding: base64\r\n\r\n{}", encoded(octets)))
}

fn program() -> Vec<u8> {
    [b"MZ\x90\0\x03\0\0\0".as_slice(), &[7; 300]].concat()
}

const ENDS_IN_EXE: &str = "is not taken here: files that end in .exe may be harmful";

#[test]
fn messages_without_bad_attachments_go_on_as_they_are() {
    for content in [
        "",
        "\r\n",
        "no header at all: setup.exe\r\n",
        "Subject: setup.exe\r\n\r\nsetup.exe\r\n",
        "Content-Type: text/plain; name=a.txt\r\n\r\nx",
        "Content-Type: text/plain; charset=exe\r\nX-Name: a.exe\r\n\r\nname=a.exe\r\n",
        &mixed("Content-Type: application/pdf; name=\"a.exe.pdf\"\r\n\r\nx"),
        &mixed("Content-Disposition: attachment; filename=a.pdf\r\n\r\nContent-Type: x; name=a.exe"),
        &base64_part("Content-Type: application/zip; name=a.zip\r\n", &archive(&["a.txt", "b/c.pdf"])),
        &base64_part("Content-Type: text/plain; name=a.txt\r\n", b"MZ is the name of a company, and this is its letter"),
        &base64_part("Content-Type: image/jpeg\r\n", &[b"\xff\xd8\xff".as_slice(), &program()].concat()),
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\nContent-Type: a/b; name=a.exe\r\n\r\n--x--\r\n",
        "Content-Type: multipart/mixed\r\n\r\n--\r\nContent-Type: a/b; name=a.exe\r\n\r\n",
        "Content-Type: text/plain\r\n\r\nbegin 644\r\nbegin exe setup.exe\r\n begin 644 a.exe\r\n",
    ] {
        assert_eq!(verdict(content.as_bytes()), Ok(()), "{content}");
    }
}

#[test]
fn attachments_are_refused_by_their_names() {
    for (part, name) in [
        ("Content-Type: application/octet-stream; name=\"invoice.pdf.exe\"\r\n\r\nx", "invoice.pdf.exe"),
        ("Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment;\r\n\tfilename=\"b.EXE\"\r\n\r\nx", "b.EXE"),
        ("content-disposition: INLINE; FileName=my file.exe\r\n\r\nx", "my file.exe"),
        ("Content-Disposition: attachment; filename*=utf-8''%61%2Eexe\r\n\r\nx", "a.exe"),
        ("Content-Disposition: attachment; filename*0*=utf-8''inv;\r\n filename*1=\"oice.ex\"; filename*2*=%65\r\n\r\nx", "invoice.exe"),
        ("Content-Type: a/b; name=\"=?koi8-r?B?YS5leGU=?=\"\r\n\r\nx", "a.exe"),
        ("Content-Type: a/b; name=\"a.exe .\"\r\n\r\nx", "a.exe ."),
        ("Content-Type: a/b; name=\"a\"\r\nContent-Type: a/b; name=\"c.exe\"\r\n\r\nx", "c.exe"),
        ("Content-Disposition : attachment ; filename = a.exe", "a.exe"),
    ] {
        let told = verdict(mixed(part).as_bytes()).unwrap_err();
        assert_eq!(
            told,
            format!("Attachment: 550 5.7.1 The attachment \"{name}\" {ENDS_IN_EXE}; the administrator can change that in Outtray")
        );
    }
}

#[test]
fn attachments_are_refused_wherever_they_are() {
    let inner = mixed("Content-Type: a/b; name=a.exe\r\n\r\nx").replace("x=1", "inner");
    for content in [
        "Content-Type: a/b; name=a.exe\r\n\r\nx".to_owned(),
        "Content-Type: a/b; name=a.exe".to_owned(),
        mixed(&inner),
        mixed(&format!("Content-Type: message/rfc822\r\n\r\n{inner}")),
        mixed(
            "Content-Type: multipart/related; boundary=y\r\n\r\n--y\r\nContent-Type: text/html\r\n\r\nx\r\n--x=1  \r\nContent-Type: a/b; name=a.exe\r\n\r\n",
        ),
        "From ann Mon Nov  2\r\nContent-Type: a/b; name=a.exe\r\n\r\n".to_owned(),
        "Subject: x\r\n\r\nbegin 644 a.exe\r\nM...\r\nend\r\n".to_owned(),
        mixed("Content-Type: text/plain\r\n\r\nbegin 0755 a.exe\r\n"),
    ] {
        let told = verdict(content.as_bytes()).unwrap_err();
        assert!(told.contains(&format!("\"a.exe\" {ENDS_IN_EXE}")), "{told}: {content}");
    }
}

#[test]
fn programs_are_refused_whatever_their_name() {
    let quoted: String = program().iter().map(|octet| format!("={octet:02X}")).collect();
    for (content, name) in [
        (base64_part("Content-Type: image/png; name=\"photo.png\"\r\n", &program()), "\"photo.png\""),
        (base64_part("", b"\x7fELF\x02"), "\"without a name\""),
        (mixed(&format!("Content-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}")), "\"without a name\""),
        (format!("Content-Transfer-Encoding: BASE64\r\n\r\n{}", encoded(&program())), "\"without a name\""),
        // As one endless line, as some devices write it.
        (mixed(&format!("Content-Transfer-Encoding: base64\r\n\r\n{}", encoded(&program()).replace("\r\n", ""))), "\"without a name\""),
    ] {
        let told = verdict(content.as_bytes()).unwrap_err();
        assert_eq!(
            told,
            format!(
                "Attachment: 550 5.7.1 The attachment {name} is not taken here: it is a program; the administrator can change that in Outtray"
            )
        );
    }
    let without =
        ContentRules { attachments: Some(Arc::new(AttachmentRules { programs: false, ..AttachmentRules::default() })), ..rules() };
    assert!(checked(&without, base64_part("", &program()).as_bytes(), 99).is_ok());
    assert!(checked(&ContentRules::default(), mixed("Content-Type: a/b; name=a.exe\r\n\r\n").as_bytes(), 99).is_ok());
}

#[test]
fn names_in_archives_count_too() {
    let files: Vec<String> = (0..200).map(|n| format!("page{n}.txt")).chain(["dir/setup.JS".to_owned()]).collect();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let content = base64_part("Content-Disposition: attachment; filename=scans.zip\r\n", &archive(&names));
    assert_eq!(
        verdict(content.as_bytes()).unwrap_err(),
        "Attachment: 550 5.7.1 The attachment \"scans.zip\" is not taken here: the file \"dir/setup.JS\" in it may be harmful; \
         the administrator can change that in Outtray"
    );
}

#[test]
fn what_cannot_be_looked_through_is_refused() {
    let endless = format!("Content-Type: a/b; name={}.exe\r\n\r\n", "x".repeat(20_000));
    let folded = format!("Content-Disposition: a;\r\n{}filename=a.exe\r\n\r\n", " x=y;\r\n".repeat(5000));
    let mut deep = String::new();
    for level in 0..40 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    let boundary = format!("Content-Type: multipart/mixed; boundary={}\r\n\r\n", "b".repeat(300));
    for content in [endless, folded, deep, boundary] {
        let told = verdict(content.as_bytes()).unwrap_err();
        assert!(told.starts_with("Attachment: 550 5.7.1 An attachment is not taken here: "), "{told}");
    }
    // Other fields may be as long as they like.
    assert_eq!(verdict(format!("Subject: {}\r\n\r\n", "x".repeat(20_000)).as_bytes()), Ok(()));
}

#[test]
fn a_name_cannot_break_out_of_the_reply() {
    let name = format!("{}\u{202e}\u{fc}\\\"\\\r\n 250 ok.exe", "a".repeat(400));
    let told = verdict(mixed(&format!("Content-Type: a/b; name=\"{name}\"\r\n\r\n")).as_bytes()).unwrap_err();
    assert!(told.starts_with("Attachment: 550 5.7.1 The attachment \"...aaaa") && told.contains("??? 250 ok.exe\" is not taken"), "{told}");
    assert!(told.is_ascii() && !told.contains(['\r', '\n']) && told.len() < 500, "{told}");
}

#[test]
fn a_header_rule_is_named_and_goes_before_attachments() {
    let rule = |action| HeaderRule { name: "No lists".into(), field: "List-Id".into(), pattern: Pattern::new(""), action };
    let with = |rule: HeaderRule| ContentRules { headers: Arc::new([rule]), ..rules() };
    let refusing = with(rule(HeaderAction::Refuse));
    let content = b"Content-Type: a/b; name=a.exe\r\nTo: b\r\nList-Id: <x>\r\n\r\n";
    for size in sizes(content.len()) {
        let told = checked(&refusing, content, size).unwrap_err();
        assert!(
            told == "HeaderRule: 550 5.7.1 No lists: messages with such a List-Id are not taken here; the administrator can change that in Outtray",
            "{told}"
        );
    }
    let mut check = ContentCheck::new(&with(rule(HeaderAction::Hold)));
    check.pass(Bytes::from_static(b"list-id: <x>\r\nTo: a")).unwrap();
    let held = Some(HeldWhy::HeaderRule { name: "No lists".into() });
    assert_eq!(check.finish().unwrap(), Checked { rest: Bytes::from_static(b"list-id: <x>\r\nTo: a"), held });
    let nameless = HeaderRule { name: String::new(), ..rule(HeaderAction::Hold) };
    let mut check = ContentCheck::new(&with(nameless));
    check.pass(Bytes::from_static(b"List-Id: <x>\r\n\r\n")).unwrap();
    assert_eq!(check.finish().unwrap().held, Some(HeldWhy::HeaderRule { name: "List-Id".into() }));
}

proptest! {
    /// Whatever it is, in whatever pieces: the same verdict, and what goes on is what came.
    #[test]
    fn any_pieces_give_the_same_verdict(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "Content-Type: ", "multipart/mixed; boundary=b", "--b", "--b--", "\r\n", "\r\n\r\n", "Content-Disposition: a; filename",
                "=", "*0*=", "a.exe", "a.txt", "Content-Transfer-Encoding: base64", "TVqQAAMAAAA", "UEsDBA", "message/rfc822", " ", "\"", ";",
                "begin 644 ", "X-Bad: ",
            ]).prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..12),
        ], 0..50),
        sizes in prop::collection::vec(1usize..20, 1..10)
    ) {
        let content = parts.concat();
        let bad = HeaderRule { name: String::new(), field: "X-Bad".into(), pattern: Pattern::new("a"), action: HeaderAction::Refuse };
        let rules = ContentRules { headers: Arc::new([bad]), ..rules() };
        let whole = checked(&rules, &content, content.len().max(1));
        let mut check = ContentCheck::new(&rules);
        let mut rest = &content[..];
        let mut refused = None;
        for size in sizes.iter().cycle() {
            if rest.is_empty() || refused.is_some() {
                break;
            }
            let (piece, more) = rest.split_at((*size).min(rest.len()));
            refused = check.pass(Bytes::copy_from_slice(piece)).err();
            rest = more;
        }
        let refused = refused.or_else(|| check.finish().err());
        prop_assert_eq!(refused.map(|refusal| refusal.reply.to_string()), whole.err().map(|told| told.split_once(": ").unwrap().1.to_owned()));
    }
}
