//! Header rules, carried out while the header section passes by (RFC 5322 §2.2).
//!
//! In: a content in pieces. Out: the same content, without the fields that are taken out and with those that are put in; whether
//! it is refused or held. Touches no other field, no order, no body. A field that is taken out or put in breaks a
//! signature (DKIM) that covers it: that is what the office asked for.
//!
//! Invariant: the same octets in any pieces give the same octets and the same verdict.

use crate::mail::fields::field_name;
use crate::mail::trace::decode_all;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// A field is judged by so many of its octets; what is behind them shares its fate.
const FIELD: usize = 16 * 1024;

/// What is done about messages by a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// What people call it; empty: it has no name.
    pub name: String,
    /// The field's name.
    pub field: String,
    pub pattern: Pattern,
    pub action: HeaderAction,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderAction {
    Refuse,
    Hold,
    Remove,
    /// Put in front of the first field that matches.
    Add {
        field: String,
        value: String,
    },
}

/// A text that must be found in a value, in any case; `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern(Vec<String>);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self(text.split('*').filter(|part| !part.is_empty()).map(str::to_lowercase).collect())
    }

    pub fn is_in(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        let mut rest = value.as_str();
        self.0.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// The rule that refuses a message, or for which it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub rule: String,
    pub field: String,
}

#[derive(Debug)]
pub struct HeaderPass {
    rules: Arc<[HeaderRule]>,
    at: At,
    /// The field under way with its continuation lines, and the line under way.
    field: BytesMut,
    /// Where the line under way begins.
    line: usize,
    first: bool,
    /// Rules whose field was put in.
    added: Vec<bool>,
    held: Option<Matched>,
    refused: Option<Matched>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Header,
    /// In a field that was judged already and is not over.
    Long {
        drops: bool,
        line_start: bool,
    },
    Body,
}

/// What a line is.
enum Kind {
    Field,
    Continuation,
    /// The separator of mailbox files in front.
    Mailbox,
    /// Neither: the header section is over.
    Other,
}

impl HeaderPass {
    pub fn new(rules: Arc<[HeaderRule]>) -> Self {
        let at = if rules.is_empty() { At::Body } else { At::Header };
        let added = vec![false; rules.len()];
        Self { rules, at, field: BytesMut::new(), line: 0, first: true, added, held: None, refused: None }
    }

    /// What goes on of the next piece.
    pub fn pass(&mut self, piece: Bytes) -> Bytes {
        if self.at == At::Body {
            return piece;
        }
        let mut out = BytesMut::with_capacity(piece.len());
        let mut rest = &piece[..];
        while !rest.is_empty() {
            let taken = match self.at {
                At::Header => self.gather(rest, &mut out),
                At::Long { drops, line_start } => self.go_by(rest, drops, line_start, &mut out),
                At::Body => {
                    out.extend_from_slice(rest);
                    rest.len()
                }
            };
            rest = &rest[taken..];
        }
        out.freeze()
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        if self.at == At::Header && !self.field.is_empty() {
            if self.line < self.field.len() {
                self.line_ended(&mut out);
            }
            self.field_ended(&mut out);
            self.at = At::Body;
        }
        out.freeze()
    }

    /// Whether a rule may still match.
    pub fn is_in_header(&self) -> bool {
        self.at != At::Body
    }

    pub fn refused(&self) -> Option<&Matched> {
        self.refused.as_ref()
    }

    pub fn held(&self) -> Option<&Matched> {
        self.held.as_ref()
    }

    fn gather(&mut self, rest: &[u8], out: &mut BytesMut) -> usize {
        let room = FIELD - self.field.len();
        let end = rest.iter().position(|octet| *octet == b'\n').map_or(rest.len(), |end| end + 1);
        let taken = end.min(room);
        self.field.extend_from_slice(&rest[..taken]);
        if self.field.last() == Some(&b'\n') && self.line < self.field.len() {
            self.line_ended(out);
        }
        if self.at == At::Header && self.field.len() >= FIELD {
            self.too_long(out);
        }
        taken
    }

    fn line_ended(&mut self, out: &mut BytesMut) {
        match self.kind() {
            Kind::Continuation => {}
            Kind::Field => self.begin_field(out),
            Kind::Mailbox => out.extend_from_slice(&self.field.split()),
            Kind::Other => {
                self.begin_field(out);
                out.extend_from_slice(&self.field.split());
                self.at = At::Body;
            }
        }
        self.line = self.field.len();
        self.first = false;
    }

    /// So much of one field: it is judged by what is there.
    fn too_long(&mut self, out: &mut BytesMut) {
        let line_start = self.line == self.field.len();
        if !line_start {
            match self.kind() {
                Kind::Continuation => {}
                Kind::Field if self.line == 0 => {}
                // Only the field before it has to go.
                Kind::Field => return self.begin_field(out),
                Kind::Mailbox | Kind::Other => {
                    self.begin_field(out);
                    out.extend_from_slice(&self.field.split());
                    self.at = At::Body;
                    return;
                }
            }
        }
        let drops = self.field_ended(out);
        self.first = false;
        self.at = At::Long { drops, line_start };
    }

    fn go_by(&mut self, rest: &[u8], drops: bool, line_start: bool, out: &mut BytesMut) -> usize {
        if line_start && !matches!(rest[0], b' ' | b'\t') {
            self.at = At::Header;
            return 0;
        }
        let end = rest.iter().position(|octet| *octet == b'\n');
        let taken = end.map_or(rest.len(), |end| end + 1);
        if !drops {
            out.extend_from_slice(&rest[..taken]);
        }
        self.at = At::Long { drops, line_start: end.is_some() };
        taken
    }

    /// What the line under way is, as far as it is there.
    fn kind(&self) -> Kind {
        let line = &self.field[self.line..];
        match line.first() {
            Some(b' ' | b'\t') if !self.first => Kind::Continuation,
            Some(_) if field_name(line).is_some() => Kind::Field,
            Some(_) if self.first && line.starts_with(b"From ") => Kind::Mailbox,
            Some(_) | None => Kind::Other,
        }
    }

    /// The line under way begins something new: what was before it is judged.
    fn begin_field(&mut self, out: &mut BytesMut) {
        let line = self.field.split_off(self.line);
        self.field_ended(out);
        self.field = line;
        self.line = 0;
    }

    /// Judges the field and lets it go, or not. Whether it was dropped.
    fn field_ended(&mut self, out: &mut BytesMut) -> bool {
        let field = self.field.split();
        self.line = 0;
        let Some(colon) = field_name(&field) else {
            out.extend_from_slice(&field);
            return false;
        };
        let (name, value) = (field[..colon].trim_ascii_end(), &field[colon + 1..]);
        let mut drops = false;
        let mut text: Option<String> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            if !name.eq_ignore_ascii_case(rule.field.as_bytes()) || !rule.pattern.is_in(text.get_or_insert_with(|| unfolded(value))) {
                continue;
            }
            let matched = || Matched { rule: rule.name.clone(), field: rule.field.clone() };
            match &rule.action {
                HeaderAction::Refuse => drop(self.refused.get_or_insert_with(matched)),
                HeaderAction::Hold => drop(self.held.get_or_insert_with(matched)),
                HeaderAction::Remove => drops = true,
                HeaderAction::Add { field, value } => {
                    if !std::mem::replace(&mut self.added[index], true) {
                        out.extend_from_slice(format!("{field}: {value}\r\n").as_bytes());
                    }
                }
            }
        }
        if !drops {
            out.extend_from_slice(&field);
        }
        drops
    }
}

/// As people read it.
fn unfolded(value: &[u8]) -> String {
    let unfolded: Vec<u8> = value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
    decode_all(unfolded.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(field: &str, pattern: &str, action: HeaderAction) -> HeaderRule {
        HeaderRule { name: "Lists".into(), field: field.into(), pattern: Pattern::new(pattern), action }
    }

    fn rules() -> Arc<[HeaderRule]> {
        let add = HeaderAction::Add { field: "X-Office".into(), value: "yes".into() };
        [
            rule("X-Secret", "", HeaderAction::Remove),
            rule("Subject", "spam", HeaderAction::Refuse),
            rule("subject", "lottery*million", HeaderAction::Hold),
            rule("From", "", add),
        ]
        .into()
    }

    /// What goes on, whether it is refused, whether it is held.
    fn passed(content: &[u8], size: usize) -> (Vec<u8>, bool, bool) {
        let mut pass = HeaderPass::new(rules());
        let mut out = Vec::new();
        for piece in content.chunks(size) {
            out.extend_from_slice(&pass.pass(Bytes::copy_from_slice(piece)));
            assert!(pass.field.len() <= FIELD);
        }
        out.extend_from_slice(&pass.finish());
        (out, pass.refused.is_some(), pass.held.is_some())
    }

    #[test]
    fn fields_are_taken_out_put_in_refused_and_held() {
        for (content, expected, refused, held) in [
            (
                "To: a@b\r\nX-Secret: 1\r\n 2\r\nTo2: c\r\n\r\nX-Secret: body\r\n",
                "To: a@b\r\nTo2: c\r\n\r\nX-Secret: body\r\n",
                false,
                false,
            ),
            ("x-SECRET : 1\r\nX-Secrets: 2\r\n\r\n", "X-Secrets: 2\r\n\r\n", false, false),
            ("From: a@b\r\nFROM: c@d\r\n\r\n", "X-Office: yes\r\nFrom: a@b\r\nFROM: c@d\r\n\r\n", false, false),
            ("Subject: no SPAM here\r\n\r\n", "Subject: no SPAM here\r\n\r\n", true, false),
            ("Subject: =?utf-8?Q?s=70am?=\r\n\r\n", "Subject: =?utf-8?Q?s=70am?=\r\n\r\n", true, false),
            ("Subject:\r\n sp\r\n am\r\n\r\n", "Subject:\r\n sp\r\n am\r\n\r\n", false, false),
            ("Subject: win the\r\n\tLottery of a million\r\n\r\n", "Subject: win the\r\n\tLottery of a million\r\n\r\n", false, true),
            ("Subject: million lottery\r\n\r\n", "Subject: million lottery\r\n\r\n", false, false),
            ("To: a\r\n\r\nSubject: spam\r\n", "To: a\r\n\r\nSubject: spam\r\n", false, false),
            ("From ann\r\nX-Secret: 1\r\n\r\n", "From ann\r\n\r\n", false, false),
            ("Dear Ann,\r\nX-Secret: 1\r\n", "Dear Ann,\r\nX-Secret: 1\r\n", false, false),
            (" X-Secret: 1\r\nX-Secret: 2\r\n", " X-Secret: 1\r\nX-Secret: 2\r\n", false, false),
            ("X-Secret: no end", "", false, false),
            ("X-Secret: 1\r\nTo: no end", "To: no end", false, false),
            ("\r\nX-Secret: 1\r\n", "\r\nX-Secret: 1\r\n", false, false),
            ("", "", false, false),
        ] {
            for size in 1..=content.len().max(1) {
                assert_eq!(passed(content.as_bytes(), size), (expected.into(), refused, held), "{content:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn endless_fields_are_judged_by_their_beginning() {
        let long = "x".repeat(3 * FIELD);
        let folded = " y\r\n".repeat(FIELD);
        for (content, expected) in [
            (format!("X-Secret: {long}\r\n{folded}To: a\r\n\r\n"), "To: a\r\n\r\n".to_owned()),
            (format!("X-Other: {long}\r\n{folded}X-Secret: {long}\r\n\r\n"), format!("X-Other: {long}\r\n{folded}\r\n")),
            (format!("To: a\r\n{long}\r\nX-Secret: body\r\n"), format!("To: a\r\n{long}\r\nX-Secret: body\r\n")),
            (format!("To: a\r\nX-Secret: {}\r\n\r\n", "z".repeat(FIELD - 9)), "To: a\r\n\r\n".to_owned()),
        ] {
            for size in [1, 1000, FIELD - 1, FIELD, FIELD + 1, content.len()] {
                assert!(passed(content.as_bytes(), size) == (expected.clone().into_bytes(), false, false), "in pieces of {size}");
            }
        }
    }

    #[test]
    fn without_rules_nothing_is_copied() {
        let mut pass = HeaderPass::new([].into());
        let piece = Bytes::from_static(b"To: a\r\n");
        assert_eq!(pass.pass(piece.clone()).as_ptr(), piece.as_ptr());
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "X-Secret", "Subject", "From", "To", ":", " ", "\t", "\r\n", "\r\n\r\n", "spam", "a", "From ", "\u{fc}"
            ]), 0..60),
            sizes in prop::collection::vec(1usize..9, 1..20)
        ) {
            let content = parts.concat().into_bytes();
            let whole = passed(&content, content.len().max(1));
            let mut pass = HeaderPass::new(rules());
            let (mut out, mut rest) = (Vec::new(), &content[..]);
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, more) = rest.split_at((*size).min(rest.len()));
                out.extend_from_slice(&pass.pass(Bytes::copy_from_slice(piece)));
                rest = more;
            }
            out.extend_from_slice(&pass.finish());
            prop_assert_eq!((out, pass.refused.is_some(), pass.held.is_some()), whole);
        }

        /// What matches no rule goes on octet by octet.
        #[test]
        fn what_no_rule_concerns_is_not_touched(content in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
            let concerned = ["x-secret", "from"].iter().any(|name| String::from_utf8_lossy(&content).to_lowercase().contains(name));
            prop_assume!(!concerned);
            prop_assert_eq!(passed(&content, size).0, content);
        }
    }
}
