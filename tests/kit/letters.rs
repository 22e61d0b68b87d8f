//! Two hundred messages, the same in every run, and how each must leave the house.
//!
//! What leaves is written down here, piece by piece beside what comes in, by hand and not by the engine's own code.

const DATE: &str = "Date: Mon, 02 Nov 2026 09:05:03 +0000\r\n";
const FROM: &str = "From: Scanner <scan@office.test>\r\n";
const TO: &str = "To: ann@away.test\r\n";

pub struct Letter {
    pub kind: &'static str,
    /// As the device has it, before dots are stuffed.
    pub comes: Vec<u8>,
    /// Fields that are put in front of it, in their order.
    pub gets: Vec<&'static str>,
    /// Behind them.
    pub leaves: Vec<u8>,
    /// MAIL says BODY=8BITMIME.
    pub eight_bit: bool,
    /// MAIL says SMTPUTF8, and the addresses are such.
    pub utf8: bool,
}

impl Letter {
    /// One that must leave octet for octet.
    fn kept(kind: &'static str, text: impl Into<Vec<u8>>) -> Self {
        let comes = text.into();
        Self { kind, gets: Vec::new(), leaves: comes.clone(), comes, eight_bit: false, utf8: false }
    }

    /// One in which a piece becomes another: `before` and `behind` stay.
    fn becoming(kind: &'static str, before: &str, piece: &str, becomes: &str, behind: &str) -> Self {
        let leaves = [before, becomes, behind].concat().into_bytes();
        Self { leaves, ..Self::kept(kind, [before, piece, behind].concat()) }
    }

    fn gets(mut self, fields: &[&'static str]) -> Self {
        self.gets = fields.to_vec();
        self
    }
}

pub fn two_hundred() -> Vec<Letter> {
    type Writes = fn(u64, &mut Dice) -> Letter;
    let kinds: [(u64, Writes); 11] = [
        (30, ordinary),
        (25, eight_bits),
        (20, utf8_addresses),
        (15, long_lines),
        (25, leading_dots),
        (10, without_body),
        (15, without_header),
        (20, all_octets),
        (15, odd_line_ends),
        (15, odd_headers),
        (10, sizes),
    ];
    let mut dice = Dice(0x5eed);
    kinds.iter().flat_map(|(count, writes)| (0..*count).map(|n| writes(n, &mut dice)).collect::<Vec<_>>()).collect()
}

fn ordinary(n: u64, dice: &mut Dice) -> Letter {
    Letter::kept("ordinary", header(n, "") + &dice.text(1 + n as usize * 3))
}

fn eight_bits(n: u64, dice: &mut Dice) -> Letter {
    let charset = if n.is_multiple_of(2) { "utf-8" } else { "iso-8859-1" };
    let mut text =
        header(n, &format!("MIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n"));
    text += &dice.text(3);
    let umlauts = "Größe: 7 µm, Preis: 12 €\r\nÄÖÜ\r\n";
    let octets =
        if n.is_multiple_of(2) { umlauts.as_bytes().to_vec() } else { umlauts.chars().map(|letter| letter as u32 as u8).collect() };
    // Some devices say what they send, some do not.
    Letter { eight_bit: n % 4 < 2, ..Letter::kept("8-bit", [text.as_bytes(), &octets].concat()) }
}

fn utf8_addresses(n: u64, dice: &mut Dice) -> Letter {
    let header = format!(
        "{DATE}From: Jörg Müller <jörg@büro.test>\r\nTo: 用户@例子.公司\r\nMessage-ID: <ü{n}@büro.test>\r\nSubject: Übergröße {n}\r\n\r\n"
    );
    Letter { utf8: true, eight_bit: n.is_multiple_of(2), ..Letter::kept("UTF-8 addresses", header + &dice.text(4)) }
}

/// 2,000 octets, of which the line end is two or none, in the body or in the header.
fn long_lines(n: u64, dice: &mut Dice) -> Letter {
    let line = |octets: usize, dice: &mut Dice| dice.letters(octets);
    let text = match n % 3 {
        0 => header(n, "") + &(line(2000, dice) + "\r\n").repeat(3),
        1 => header(n, "") + &dice.text(2) + &line(1998, dice) + "\r\n" + &dice.text(2),
        _ => {
            header(n, &format!("X-Long: {}\r\nX-Folded: {}\r\n {}\r\n", line(1990, dice), line(900, dice), line(1997, dice)))
                + &dice.text(1)
        }
    };
    Letter::kept("2,000-octet lines", text)
}

fn leading_dots(n: u64, dice: &mut Dice) -> Letter {
    let dots = [".", "..", "...", ".a", "..a", ". ", ".\t.", "a.", ".From: x@y", ".."];
    let mut text = header(n, "");
    for k in 0..=n as usize {
        text += dots[(n as usize + k) % dots.len()];
        text += "\r\n";
        if k % 4 == 3 {
            text += &dice.text(1);
        }
    }
    Letter::kept("leading dots", text)
}

/// The header ends the message, or an empty line does, or several.
fn without_body(n: u64, _: &mut Dice) -> Letter {
    let text = header(n, "");
    match n % 3 {
        0 => Letter::kept("empty body", text.trim_end().to_owned() + "\r\n"),
        1 => Letter::kept("empty body", text),
        _ => Letter::kept("empty body", text + &"\r\n".repeat(n as usize)),
    }
}

fn without_header(n: u64, dice: &mut Dice) -> Letter {
    let body = match n % 3 {
        0 => format!("{n} pages were scanned\r\n"),
        1 => format!("<html>\r\n\r\n{}</html>\r\n", dice.text(2)),
        // The empty line that ends a header which is not there.
        _ => format!("\r\nScan {n}\r\n{}", dice.text(3)),
    };
    let bare = if body.starts_with("\r\n") { "" } else { "\r\n" };
    Letter::becoming("no header", "", "", bare, &body).gets(&["Date", "From", "Message-ID"])
}

/// Everything an octet can be but NUL, CR and LF, in lines of any length.
fn all_octets(n: u64, dice: &mut Dice) -> Letter {
    let mut text = header(n, "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n").into_bytes();
    for _ in 0..=n {
        let octets = dice.below(900) + 1;
        text.extend((0..octets).map(|_| dice.octet()));
        text.extend_from_slice(b"\r\n");
    }
    Letter { eight_bit: true, ..Letter::kept("binary but for NUL", text) }
}

fn odd_line_ends(n: u64, dice: &mut Dice) -> Letter {
    let pieces = [
        ("one\ntwo", "one\r\ntwo"),
        ("one\rtwo", "one\r\ntwo"),
        ("one\r\r\ntwo", "one\r\ntwo"),
        ("one\n\n\ntwo", "one\r\n\r\n\r\ntwo"),
        ("one\0 and\0\0 two", "one and two"),
        ("one\r\0two", "one\r\ntwo"),
        ("\n\r\n", "\r\n\r\n"),
        ("one\n.\n..two", "one\r\n.\r\n..two"),
    ];
    let (before, behind) = (header(n, "") + &dice.text(2), String::from("\r\n") + &dice.text(2));
    let (odd, even) = pieces[n as usize % pieces.len()];
    if n < 8 {
        return Letter::becoming("odd line ends", &before, odd, even, &behind);
    }
    let unix = |text: &str| text.replace("\r\n", "\n");
    match n {
        // As a program on Unix has it, header and all, but for the last line end.
        8..=11 => Letter::becoming("odd line ends", "", &unix(&before), &before, &format!("end{behind}")),
        _ => Letter::becoming("odd line ends", &before, &odd.repeat(3), &even.repeat(3), &behind),
    }
}

fn odd_headers(n: u64, dice: &mut Dice) -> Letter {
    let id = format!("Message-ID: <{n}@device.test>\r\n");
    let rest = format!("Subject: {n}\r\n\r\n{}", dice.text(2));
    let behind = [TO, &id, &rest].concat();
    match n {
        0 => Letter::kept("no Date", [FROM, &behind].concat()).gets(&["Date"]),
        1 => Letter::kept("no From", [DATE, &behind].concat()).gets(&["From"]),
        2 => Letter::kept("no Message-ID", [DATE, FROM, TO, &rest].concat()).gets(&["Message-ID"]),
        3 => Letter::kept("only a Subject", rest).gets(&["Date", "From", "Message-ID"]),
        4 => Letter::becoming("a From without a domain", DATE, "From: scanner\r\n", "From: scanner@office.test\r\n", &behind),
        5 => Letter::becoming("a From without a domain", DATE, "From: Scan 2 <scan>\r\n", "From: Scan 2 <scan@office.test>\r\n", &behind),
        6 => Letter::becoming("a From of nobody", DATE, "From: <>\r\n", "", &behind).gets(&["From"]),
        7 => Letter::becoming("a Return-Path", &[DATE, FROM].concat(), "Return-Path: <x@y.test>\r\n", "", &behind),
        8 => Letter::becoming(
            "a mailbox's From line",
            "",
            "From scan@office.test Mon Nov  2 09:05:03 2026\r\n",
            "",
            &[DATE, FROM, &behind].concat(),
        ),
        9 => Letter::kept("a signed header", ["DKIM-Signature: v=1; d=office.test;\r\n\tb=abc\r\nFrom: scanner\r\n", &rest].concat()),
        10 => Letter::kept(
            "Received lines",
            ["Received: from a by b;\r\n\tMon, 02 Nov 2026 09:05:03 +0000\r\n".repeat(3).as_str(), DATE, FROM, &behind].concat(),
        ),
        11 => Letter::kept(
            "fields twice, in odd case and folded",
            ["dATE:x\r\n", FROM, "from: b@c.test\r\nSubject:\r\n folded\r\n\tagain\r\n", &behind].concat(),
        ),
        12 => Letter::becoming("no line end at the end", &[DATE, FROM, &behind].concat(), "end", "end\r\n", ""),
        13 => Letter::kept("an empty line", "\r\n").gets(&["Date", "From", "Message-ID"]),
        _ => Letter::kept("nothing at all", "").gets(&["Date", "From", "Message-ID"]),
    }
}

/// About the size from which contents are kept in files, and up to the largest that is taken.
fn sizes(n: u64, dice: &mut Dice) -> Letter {
    const SIZES: [usize; 10] = [998, 65_535, 65_536, 131_071, 131_072, 131_073, 1_000_000, 1_048_576, 4_000_001, 25_000_000];
    let mut text = header(n, "");
    let page = dice.text(500);
    let size = SIZES[n as usize];
    while text.len() + page.len() < size {
        text += &page;
    }
    let left = size - text.len();
    text += &dice.letters(left % 900);
    text += &format!("{}\r\n", "x".repeat(898)).repeat(left / 900);
    // Within the last line, so that the size stays.
    text.replace_range(size - 2.., "\r\n");
    Letter::kept(if size == 25_000_000 { "25 MB" } else { "large" }, text)
}

fn header(n: u64, more: &str) -> String {
    format!("{DATE}{FROM}{TO}Message-ID: <{n}@device.test>\r\nSubject: Scan {n}\r\n{more}\r\n")
}

/// The same throws in every run (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn octet(&mut self) -> u8 {
        loop {
            let octet = self.below(255) as u8 + 1;
            if !matches!(octet, b'\r' | b'\n') {
                return octet;
            }
        }
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    /// Lines of printable ASCII, some empty, some ending in blanks.
    fn text(&mut self, lines: usize) -> String {
        let mut text = String::new();
        for _ in 0..lines {
            let length = self.below(78);
            text.extend((0..length).map(|_| char::from(b' ' + self.below(95) as u8)));
            text += "\r\n";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_two_hundred_and_the_same_every_time() {
        let (one, other) = (two_hundred(), two_hundred());
        assert_eq!(one.len(), 200);
        assert!(one.iter().zip(&other).all(|(one, other)| one.comes == other.comes && one.leaves == other.leaves));
        assert_eq!(one.last().map(|letter| letter.comes.len()), Some(25_000_000));
        assert!(one.iter().all(|letter| !letter.leaves.contains(&0)));
    }
}
