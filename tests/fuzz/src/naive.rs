//! What is read in pieces, with states and without copying, said once more as plainly as can be: to be compared with.

const CRLF: &[u8] = b"\r\n";

/// Where a text stands for the first time.
pub fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// What a content behind DATA becomes, given as it stood on the wire, without the line that ends it.
/// None: it has no end where one is.
pub fn undotted(wire: &[u8]) -> Option<Vec<u8>> {
    if wire.is_empty() {
        return Some(Vec::new());
    }
    let lines = lines(wire.strip_suffix(CRLF)?);
    let of_line = |line: &[u8]| [mended(&unstuffed(line.strip_prefix(b".").unwrap_or(line))), CRLF.to_vec()].concat();
    Some(lines.into_iter().flat_map(of_line).collect())
}

/// Of two dots behind a bare LF one is stuffing.
fn unstuffed(line: &[u8]) -> Vec<u8> {
    let mut rest = line;
    let mut text = Vec::new();
    while let Some(at) = find(rest, b"\n..") {
        text.extend_from_slice(&rest[..at + 2]);
        rest = &rest[at + 3..];
    }
    text.extend_from_slice(rest);
    text
}

/// What a content in chunks, or in a file, becomes.
pub fn completed(octets: &[u8]) -> Vec<u8> {
    let mut lines = lines(octets);
    let last = lines.pop().unwrap_or_default();
    let mut all: Vec<u8> = lines.iter().flat_map(|line| [mended(line), CRLF.to_vec()].concat()).collect();
    // Behind it stands no CRLF, so that no CR belongs to one.
    let last = without_nul(last);
    all.extend(broken(&last));
    if !all.is_empty() && !all.ends_with(CRLF) {
        all.extend(CRLF);
    }
    all
}

/// Between CRLFs.
fn lines(octets: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), octets);
    while let Some(end) = find(rest, CRLF) {
        lines.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    lines.push(rest);
    lines
}

/// A line in front of CRLF: CR CR LF is one line end.
fn mended(line: &[u8]) -> Vec<u8> {
    broken(&without_nul(line.strip_suffix(b"\r").unwrap_or(line)))
}

fn without_nul(line: &[u8]) -> Vec<u8> {
    line.iter().copied().filter(|octet| *octet != 0).collect()
}

/// CR and LF alone become CRLF.
fn broken(line: &[u8]) -> Vec<u8> {
    line.iter().flat_map(|octet| if matches!(octet, b'\r' | b'\n') { CRLF.to_vec() } else { vec![*octet] }).collect()
}

/// Whether every CR and every LF is part of a CRLF.
pub fn has_only_crlf(content: &[u8]) -> bool {
    lines(content).iter().all(|line| !line.iter().any(|octet| matches!(octet, b'\r' | b'\n')))
}

/// A header section in units: a field with its continuation lines, or a line that is none; and the body, which begins with
/// the first line that belongs to no field.
pub fn units(content: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut ends = Vec::new();
    let mut at = 0;
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        let first = at == 0;
        let continues = !first && matches!(line.first(), Some(b' ' | b'\t'));
        if !(continues || name(line).is_some() || first && line.starts_with(b"From ")) {
            break;
        }
        if continues {
            ends.pop();
        }
        at += line.len();
        ends.push(at);
    }
    let starts = [0].into_iter().chain(ends.iter().copied());
    (starts.zip(&ends).map(|(start, end)| &content[start..*end]).collect(), &content[at..])
}

/// A field's name, in small letters.
pub fn name(field: &[u8]) -> Option<String> {
    let colon = field.iter().position(|octet| *octet == b':')?;
    let name = field[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}
