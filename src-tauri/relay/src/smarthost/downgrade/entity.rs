//! What the header of a message or of a part says of its body (RFC 2045 §5, §6; RFC 2046 §5).
//!
//! In: a header section. Out: what kind of body follows it, and how that is encoded.
//!
//! Invariant: what cannot be read is a part like any other, never a structure.

use crate::mail::fields::Fields;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::smarthost) struct Entity {
    pub kind: Kind,
    pub encoding: Encoding,
    pub is_text: bool,
    /// The header of a message, not of a part.
    pub is_message: bool,
    pub has_version: bool,
    pub has_type: bool,
    /// By who sends it, as a whole.
    pub is_signed: bool,
    /// `text/plain`, in small letters; empty when it cannot be read.
    pub name: String,
    /// In small letters.
    pub charset: Option<String>,
    /// How many multiparts it stands in.
    pub depth: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::smarthost) enum Kind {
    /// A body of its own.
    Leaf,
    Multipart {
        boundary: Vec<u8>,
        digest: bool,
    },
    /// Another message.
    Message,
    /// Signed: not to be changed.
    Sealed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::smarthost) enum Encoding {
    SevenBit,
    EightBit,
    /// Quoted-printable, base64, or one nobody here knows.
    Encoded,
}

impl Encoding {
    pub(super) fn is_encoded(self) -> bool {
        self == Self::Encoded
    }
}

impl Entity {
    /// `in_digest`: a part there is a message unless it says otherwise (RFC 2046 §5.1.5).
    pub(super) fn of(header: &[u8], is_message: bool, in_digest: bool) -> Self {
        let fields = Fields::of(header);
        let content_type = fields.first("Content-Type").map(|field| ContentType::parse(field.value()));
        let (has_type, content_type) = match content_type {
            Some(content_type) => (true, content_type),
            None if in_digest => (false, ContentType::of("message/rfc822")),
            None => (false, ContentType::of("text/plain")),
        };
        let encoding = fields.first("Content-Transfer-Encoding").map_or(Encoding::SevenBit, |field| encoding(field.value()));
        let (name, charset) = (content_type.name.clone(), content_type.charset);
        let kind = match (content_type.name.split('/').next().unwrap_or_default(), content_type.boundary) {
            _ if content_type.name == "multipart/signed" => Kind::Sealed,
            ("multipart", Some(boundary)) if !encoding.is_encoded() => {
                Kind::Multipart { boundary, digest: content_type.name == "multipart/digest" }
            }
            _ if matches!(content_type.name.as_str(), "message/rfc822" | "message/global" | "message/news") && !encoding.is_encoded() => {
                Kind::Message
            }
            _ => Kind::Leaf,
        };
        let is_text = content_type.name.starts_with("text/") || content_type.name.starts_with("message/") || content_type.name.is_empty();
        let (has_version, is_signed) = (fields.have("MIME-Version"), fields.have("DKIM-Signature"));
        Self { kind, encoding, is_text, is_message, has_version, has_type, is_signed, name, charset, depth: 0 }
    }
}

fn encoding(value: &[u8]) -> Encoding {
    match value.trim_ascii().to_ascii_lowercase().as_slice() {
        b"" | b"7bit" => Encoding::SevenBit,
        b"8bit" | b"binary" => Encoding::EightBit,
        _ => Encoding::Encoded,
    }
}

struct ContentType {
    /// In small letters; empty when it cannot be read.
    name: String,
    boundary: Option<Vec<u8>>,
    charset: Option<String>,
}

impl ContentType {
    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), boundary: None, charset: None }
    }

    fn parse(value: &[u8]) -> Self {
        let parts = split(value);
        let name = parts.first().copied().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let name = String::from_utf8(name).unwrap_or_default();
        let parameter = |wanted: &[u8]| {
            parts.iter().skip(1).find_map(|part| {
                let equals = part.iter().position(|&byte| byte == b'=')?;
                let (name, value) = (part[..equals].trim_ascii(), part[equals + 1..].trim_ascii());
                name.eq_ignore_ascii_case(wanted).then(|| unquoted(value))
            })
        };
        let charset = parameter(b"charset").and_then(|charset| String::from_utf8(charset.to_ascii_lowercase()).ok());
        // RFC 2046 §5.1.1: 1 to 70 characters; others write longer ones.
        let boundary = parameter(b"boundary").filter(|boundary| (1..=200).contains(&boundary.len()));
        Self { name, boundary, charset }
    }
}

/// At semicolons that do not stand in quotes.
fn split(value: &[u8]) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(|&byte| {
            let ends = byte == b';' && !quoted;
            match byte {
                b'"' if !escaped => quoted = !quoted,
                _ => {}
            }
            escaped = quoted && byte == b'\\' && !escaped;
            ends
        })
        .collect()
}

fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else {
        // A comment may follow.
        return value.split(|byte| byte.is_ascii_whitespace() || *byte == b'(').next().unwrap_or_default().to_vec();
    };
    let mut text = Vec::new();
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(bytes.next()),
            b'\r' | b'\n' => {}
            other => text.push(other),
        }
    }
    text
}
