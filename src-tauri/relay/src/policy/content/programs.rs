//! What a file is, whatever its name: programs of Windows, Linux and macOS, and the names in ZIP archives.
//!
//! In: the octets of an attachment in pieces. Out: what was found. Looks at the first [`START`] octets, and goes on only in
//! archives; keeps one name of those at a time. The layout of archives is that of PKWARE's APPNOTE, §4.3.7 and §4.3.12.

/// So many octets tell what a file is.
const START: usize = 64;
/// A longer name is none.
const LONGEST_NAME: usize = 1024;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";

#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Program,
    /// A file in an archive has this name.
    Entry(Vec<u8>),
}

#[derive(Debug)]
pub enum Sniffer {
    Start(Vec<u8>),
    Archive(Archive),
    /// Nothing more is to be seen.
    Done,
}

impl Sniffer {
    pub fn new() -> Self {
        Self::Start(Vec::with_capacity(START))
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// The next octets; gives what they show to `found`.
    pub fn see(&mut self, mut octets: &[u8], found: &mut impl FnMut(Found)) {
        if let Self::Start(start) = self {
            let room = octets.len().min(START - start.len());
            start.extend_from_slice(&octets[..room]);
            octets = &octets[room..];
            if start.len() == START {
                self.started(found);
            }
        }
        if let Self::Archive(archive) = self {
            archive.see(octets, found);
        }
    }

    /// The file has ended.
    pub fn finish(&mut self, found: &mut impl FnMut(Found)) {
        if matches!(self, Self::Start(_)) {
            self.started(found);
        }
        *self = Self::Done;
    }

    fn started(&mut self, found: &mut impl FnMut(Found)) {
        let Self::Start(start) = std::mem::replace(self, Self::Done) else { return };
        if is_program(&start) {
            found(Found::Program);
        } else if start.starts_with(b"PK\x03\x04") {
            let mut archive = Archive::default();
            archive.see(&start, found);
            *self = Self::Archive(archive);
        }
    }
}

/// Windows and DOS (`MZ`), Linux (ELF), macOS (Mach-O, one or several in one file).
fn is_program(start: &[u8]) -> bool {
    const MAGIC: [&[u8]; 6] = [
        b"\x7fELF",
        &[0xfe, 0xed, 0xfa, 0xce],
        &[0xfe, 0xed, 0xfa, 0xcf],
        &[0xce, 0xfa, 0xed, 0xfe],
        &[0xcf, 0xfa, 0xed, 0xfe],
        &[0xca, 0xfe, 0xba, 0xbe],
    ];
    // A text may begin with MZ too; the header of a program holds octets that no text has.
    let is_text = |octet: &u8| *octet >= 32 || matches!(octet, b'\t' | b'\r' | b'\n' | 12);
    MAGIC.iter().any(|magic| start.starts_with(magic)) || start.starts_with(b"MZ") && !start.iter().all(is_text)
}

/// Finds the headers of files in an archive wherever they stand: sizes in the headers cannot be trusted, and are missing
/// where the archive was written in one go.
#[derive(Debug, Default)]
pub struct Archive {
    /// The last octets, as far as they may begin a header; then the header.
    header: Vec<u8>,
    name: Option<(usize, Vec<u8>)>,
}

impl Archive {
    fn see(&mut self, octets: &[u8], found: &mut impl FnMut(Found)) {
        let mut rest = octets;
        while let Some((&octet, more)) = rest.split_first() {
            if let Some((left, name)) = &mut self.name {
                let taken = rest.len().min(*left);
                name.extend_from_slice(&rest[..taken]);
                *left -= taken;
                rest = &rest[taken..];
                if *left == 0
                    && let Some((_, name)) = self.name.take()
                    && !name.iter().any(u8::is_ascii_control)
                {
                    found(Found::Entry(name));
                }
                continue;
            }
            if self.header.is_empty() && octet != b'P' {
                // Compressed data goes by quickly.
                rest = rest.iter().position(|&octet| octet == b'P').map_or(&[][..], |at| &rest[at..]);
                continue;
            }
            rest = more;
            self.header.push(octet);
            self.header_grew();
        }
    }

    fn header_grew(&mut self) {
        let seen = self.header.len().min(4);
        if !(LOCAL.starts_with(&self.header[..seen]) || CENTRAL.starts_with(&self.header[..seen])) {
            // The octet that did not fit may begin another one.
            let last = self.header.last().copied();
            self.header.clear();
            self.header.extend(last.filter(|last| *last == b'P'));
            return;
        }
        let (length, name_at) = if self.header.starts_with(&CENTRAL) { (46, 28) } else { (30, 26) };
        if self.header.len() == length {
            let name = usize::from(u16::from_le_bytes([self.header[name_at], self.header[name_at + 1]]));
            self.header.clear();
            if (1..=LONGEST_NAME).contains(&name) {
                self.name = Some((name, Vec::new()));
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A file in an archive, as a program that does not know the sizes beforehand writes it; and its line in the directory.
    pub fn archive(names: &[&str]) -> Vec<u8> {
        let length = |name: &str| u16::try_from(name.len()).unwrap_or(0).to_le_bytes();
        let mut bytes = Vec::new();
        for name in names {
            bytes.extend([&LOCAL[..], &[20, 0, 8, 0, 8, 0], &[0; 16], &length(name), &[0, 0], name.as_bytes()].concat());
            bytes.extend(b"PKPK\x03compressed\x00data");
        }
        for name in names {
            bytes.extend([&CENTRAL[..], &[0; 24], &length(name), &[0; 16], name.as_bytes()].concat());
        }
        bytes
    }

    fn seen(bytes: &[u8], size: usize) -> Vec<Found> {
        let (mut sniffer, mut all) = (Sniffer::new(), Vec::new());
        bytes.chunks(size).for_each(|piece| sniffer.see(piece, &mut |found| all.push(found)));
        sniffer.finish(&mut |found| all.push(found));
        all
    }

    #[test]
    fn programs_are_known_by_how_they_begin() {
        let windows = [b"MZ\x90\0\x03\0\0\0".as_slice(), &[0; 90]].concat();
        for (bytes, program) in [
            (&windows[..], true),
            (b"MZ\x90\0", true),
            (b"MZ is how this text begins, and it goes on and on and on and on and on and on", false),
            (b"MZ", false),
            (b"\x7fELF\x02\x01\x01", true),
            (b"\xcf\xfa\xed\xfe\x07\0\0\x01", true),
            (b"\xca\xfe\xba\xbe\0\0\0\x02", true),
            (b"%PDF-1.7", false),
            (b"\xff\xd8\xff\xe0", false),
            (b" MZ\x90\0", false),
            (b"", false),
        ] {
            for size in [1, 3, 64, 1000] {
                assert_eq!(seen(bytes, size) == [Found::Program], program, "{bytes:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn names_in_an_archive_are_found_in_any_pieces() {
        let bytes = archive(&["readme.txt", "dir/setup.exe", "\u{fc}.txt"]);
        let names: Vec<Found> = ["readme.txt", "dir/setup.exe", "\u{fc}.txt"].map(|name| Found::Entry(name.into())).into();
        let names: Vec<Found> = names
            .iter()
            .chain(&names)
            .map(|found| match found {
                Found::Entry(name) => Found::Entry(name.clone()),
                Found::Program => Found::Program,
            })
            .collect();
        for size in 1..=bytes.len() {
            assert_eq!(seen(&bytes, size), names, "in pieces of {size}");
        }
        assert_eq!(seen(&[b"not an archive".as_slice(), &bytes].concat(), 50), []);
    }

    #[test]
    fn what_only_looks_like_a_header_is_no_name() {
        let mut bytes = archive(&["a.txt"]);
        bytes.extend([&LOCAL[..], &[0; 22], &[0xff, 0xff], &[0, 0]].concat());
        bytes.extend([&LOCAL[..], &[0; 22], &[4, 0], &[0, 0], b"a\0.b"].concat());
        bytes.extend(b"PPK\x03\x04");
        assert_eq!(seen(&bytes, 7), [Found::Entry(b"a.txt".to_vec()), Found::Entry(b"a.txt".to_vec())]);
    }
}
