//! A header section taken apart, field by field (RFC 5322 §2.2, §2.2.3).
//!
//! In: a header section, or the beginning of one. Out: its fields with all their octets, in their order.
//!
//! Invariant: the octets of the fields, one after the other, are the header.

/// Where the colon stands, if the line begins like a field: printable octets, perhaps a space before the colon.
pub fn field_name(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(colon)
}

#[derive(Debug)]
pub struct Fields<'a>(Vec<Field<'a>>);

#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Empty for a line that is no field.
    pub name: &'a [u8],
    /// With its continuation lines and line ends.
    pub octets: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn of(header: &'a [u8]) -> Self {
        let mut fields: Vec<Field<'a>> = Vec::new();
        let (mut start, mut at) = (0, 0);
        for line in header.split_inclusive(|&byte| byte == b'\n') {
            let continues = matches!(line.first(), Some(b' ' | b'\t'));
            match fields.last_mut() {
                Some(last) if continues => last.octets = &header[start..at + line.len()],
                Some(_) | None => {
                    start = at;
                    let name = field_name(line).map_or(&line[..0], |colon| line[..colon].trim_ascii_end());
                    fields.push(Field { name, octets: line });
                }
            }
            at += line.len();
        }
        Self(fields)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter()
    }

    pub fn have(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    pub fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.0.iter().find(|field| field.is(name))
    }
}

impl<'a> Field<'a> {
    /// Names are the same in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Behind the colon, still folded, with the line end.
    pub fn value(&self) -> &'a [u8] {
        let colon = field_name(self.octets).map_or(self.octets.len(), |colon| colon + 1);
        &self.octets[colon..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_falls_into_fields() {
        let header = b"From x\r\n y\r\nA: b\r\n\tc\r\nB :d\r\n:e\r\n";
        let fields = Fields::of(header);
        let parts: Vec<_> = fields.iter().map(|field| (field.name, field.value())).collect();
        let nothing = &b""[..];
        assert_eq!(parts, [(nothing, nothing), (b"A", b" b\r\n\tc\r\n"), (b"B", b"d\r\n"), (nothing, nothing)]);
        assert!(fields.have("a") && fields.have("b") && !fields.have("From"));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(header in prop::collection::vec(prop_oneof![Just(b"\r\n ".to_vec()), Just(b"\r\nA: ".to_vec()), prop::collection::vec(any::<u8>(), 0..9)], 0..20)) {
            let header = header.concat();
            let octets: Vec<u8> = Fields::of(&header).iter().flat_map(|field| field.octets.to_vec()).collect();
            prop_assert_eq!(octets, header);
        }
    }
}
