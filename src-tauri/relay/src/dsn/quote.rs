//! What a report quotes of the original: its header section, for the sender to know it by.
//!
//! In: the beginning of a content. Out: its header fields, each line ended by CRLF; empty if it has none.
//! RFC 6522 §4 (text/rfc822-headers), RFC 5322 §2.2.
//!
//! Invariant: nothing of a body is quoted, also when no empty line stands before it.

const AT_MOST: usize = 16 * 1024;

pub fn header(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(AT_MOST)];
    let mut quoted = Vec::with_capacity(content.len());
    for (n, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Programs that read mailbox files leave their separator in front.
        if n == 0 && line.starts_with(b"From ") {
            continue;
        }
        if !(is_field(line) || is_continuation(line) && !quoted.is_empty()) {
            break;
        }
        quoted.extend(line.iter().filter(|byte| **byte != b'\r'));
        quoted.extend(b"\r\n");
    }
    quoted
}

fn is_field(line: &[u8]) -> bool {
    line.iter().position(|byte| *byte == b':').is_some_and(|colon| {
        let name = line[..colon].trim_ascii_end();
        !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
    })
}

/// A line of nothing but white space ends the header for some programs: a body may follow.
fn is_continuation(line: &[u8]) -> bool {
    (line.starts_with(b" ") || line.starts_with(b"\t")) && !line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_header_is_quoted() {
        for (content, quoted) in [
            (&b""[..], &b""[..]),
            (b"\r\nbody: x\r\n", b""),
            (b"A: b\r\n\tc\r\n\r\nbody: x\r\n", b"A: b\r\n\tc\r\n"),
            (b"A: b\r\nDear Ann,\r\nC: d\r\n", b"A: b\r\n"),
            (b"From ann Mon\r\nA: b\r\n", b"A: b\r\n"),
            (b" x\r\nA: b\r\n", b""),
            (b"A: b\r\n \r\nbody: x\r\n", b"A: b\r\n"),
            (b"A: b\nC: d", b"A: b\r\nC: d\r\n"),
            (b"A: b\r\nC: d\r", b"A: b\r\nC: d\r\n"),
            (b"A: b\rB: c\r\n", b"A: bB: c\r\n"),
            (b"A: \xff\0\r\n", b"A: \xff\0\r\n"),
        ] {
            assert_eq!(header(content), quoted, "{content:?}");
        }
        assert!(header(&b"A: b\r\n".repeat(100_000)).len() <= AT_MOST + 2);
    }
}
