//! Header rules and the search for attachments: the same verdict whatever the pieces, a reply nobody can break, and
//! no octet changed but in the fields that rules name.

use super::{mended, opened};
use crate::naive;
use bytes::Bytes;
use relay::bare::decode_all;
use relay::policy::content::{AttachmentRules, Checked, ContentCheck, ContentRules, HeaderAction, HeaderRule, NewField, Pattern};
use std::sync::Arc;

pub const WORDS: &[&[u8]] = &[
    b"Content-Type: ",
    b"multipart/mixed; boundary=b",
    b"--b",
    b"--b--",
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"Content-Disposition: a; filename",
    b"name",
    b"=",
    b"*0*=",
    b"*=utf-8''",
    b"a.exe",
    b"a.txt",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: 8bit\r\n",
    b"TVqQAAMAAAA",
    b"UEsDBA",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"MZ\x90\0",
    b"=4D=5A",
    b"message/rfc822",
    b"text/plain; charset=utf-8",
    b"\"",
    b"\\",
    b";",
    b"begin 644 ",
    b"=?utf-8?Q?a=2Eexe?=",
    b"=?utf-8?B?YS5leGU=?=",
    b"X-Secret: ",
    b"Subject: ",
    b"spam",
    b"From: a@b\r\n",
    b"From ann\r\n",
    b"MIME-Version: 1.0\r\n",
    b"DKIM-Signature: x\r\n",
    b"multipart/signed; boundary=b",
    b"\xc3\xbc",
    b"\xff",
    b" ",
    b"\t",
];
/// What is longer is judged by its beginning.
const LONGEST_FIELD: usize = 16 * 1024;

pub fn content(data: &[u8]) {
    let Some((_, mut dice, octets)) = opened(data) else { return };
    let content = mended(octets, &mut dice);
    let rules = rules();
    let whole = judged(&rules, &[&content]);
    let other = judged(&rules, &dice.pieces(&content));
    assert_eq!(whole.as_ref().map(|(_, held)| held), other.as_ref().map(|(_, held)| held), "another verdict in other pieces");
    let (units, body) = naive::units(&content);
    let refused = units.iter().any(|unit| value_of(unit, "subject").is_some_and(|value| value.contains("spam")));
    match whole {
        Err(reply) => {
            assert!(reply.is_ascii() && reply.len() <= 512 && !reply.contains(char::is_control), "{reply:?}");
            assert_eq!(reply.contains("No spam"), refused, "{reply}");
        }
        Ok((out, held)) => {
            assert!(other.is_ok_and(|(other, _)| other == out), "other octets in other pieces");
            if units.iter().all(|unit| unit.len() < LONGEST_FIELD) {
                assert!(!refused, "a subject that is refused");
                let expected = [ruled(&units), body.to_vec()].concat();
                assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
                assert_eq!(held, units.iter().any(|unit| value_of(unit, "x-hold").is_some()));
            }
        }
    }
}

fn rules() -> ContentRules {
    let rule = |name: &str, field: &str, pattern: &str, action| HeaderRule {
        name: name.into(),
        field: field.into(),
        pattern: Pattern::new(pattern),
        action,
    };
    let add = HeaderAction::Add(NewField::new("X-Office", "yes"));
    let headers = [
        rule("", "X-Secret", "", HeaderAction::Remove),
        rule("No spam", "Subject", "spam", HeaderAction::Refuse),
        rule("", "X-Hold", "", HeaderAction::Hold),
        rule("", "From", "", add),
    ];
    let endings = ["exe", "js"].map(str::to_owned).into();
    ContentRules {
        attachments: Some(Arc::new(AttachmentRules { endings, programs: true })),
        headers: headers.into(),
        ..ContentRules::default()
    }
}

/// What goes on and whether it is held, or the reply.
fn judged(rules: &ContentRules, pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), String> {
    let mut check = ContentCheck::new(rules);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&check.pass(Bytes::copy_from_slice(piece)).map_err(|refusal| refusal.reply.to_string())?);
    }
    let Checked { rest, held } = check.finish().map_err(|refusal| refusal.reply.to_string())?;
    out.extend_from_slice(&rest);
    Ok((out, held.is_some()))
}

/// The header as the rules above leave it.
fn ruled(units: &[&[u8]]) -> Vec<u8> {
    let (mut out, mut added) = (Vec::new(), false);
    for unit in units {
        match naive::name(unit).as_deref() {
            Some("x-secret") => continue,
            Some("from") if !std::mem::replace(&mut added, true) => out.extend_from_slice(b"X-Office: yes\r\n"),
            _ => {}
        }
        out.extend_from_slice(unit);
    }
    out
}

/// In small letters, as people read it.
fn value_of(unit: &[u8], name: &str) -> Option<String> {
    if naive::name(unit).as_deref() != Some(name) {
        return None;
    }
    let colon = unit.iter().position(|octet| *octet == b':')?;
    let value: Vec<u8> = unit[colon + 1..].iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
    Some(decode_all(value.trim_ascii()).to_lowercase())
}
