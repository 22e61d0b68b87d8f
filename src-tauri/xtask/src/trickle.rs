//! Mail from a real SMTP client (swaks), and the comparison of what was sent with what arrived.

use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is to become of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    /// One recipient gets it; the other is unknown, and the sender is told.
    ArrivesForOne,
    /// The provider puts it off at first.
    ArrivesLate,
    /// The device is in no allowed network.
    Refused,
}

pub struct Letter {
    pub subject: String,
    pub fate: Fate,
    file: PathBuf,
    /// The queue's name for it.
    pub id: Option<String>,
}

const SENDERS: [&str; 3] = ["scanner@office.example", "backup@office.example", "accounting@office.example"];

/// Sends letter number `number`; a few in every ten have another fate than to arrive.
pub fn send(folder: &Path, port: u16, number: usize) -> Result<Letter> {
    let fate = match number % 8 {
        3 => Fate::ArrivesForOne,
        5 => Fate::ArrivesLate,
        6 => Fate::Refused,
        _ => Fate::Arrives,
    };
    let from = SENDERS[number % SENDERS.len()];
    let to = match fate {
        Fate::Arrives | Fate::Refused => "anna@customer.example",
        Fate::ArrivesForOne => "bea@customer.example,gone@customer.example",
        Fate::ArrivesLate => "full@customer.example",
    };
    let subject = format!("Practice letter {number}");
    let file = folder.join(format!("letter-{number}.txt"));
    fs::write(&file, letter(&subject, from, to, number))?;

    let mut swaks = Command::new("swaks");
    swaks.args(["--server", "127.0.0.1", "--port", &port.to_string(), "--from", from, "--to", to, "--helo", "device.office.example"]);
    swaks.arg("--data").arg(format!("@{}", file.display()));
    // In the network 127.0.0.0/8 everybody is this machine; only one of them is allowed.
    swaks.args(["--local-interface", if fate == Fate::Refused { "127.0.0.77" } else { "127.0.0.1" }]);
    if number.is_multiple_of(4) {
        swaks.arg("--tls");
    }
    let said = swaks.stdin(Stdio::null()).output().context("swaks")?;
    let talk = String::from_utf8_lossy(&said.stdout).into_owned();
    let id = talk.split_once("queued as ").map(|(_, id)| id.lines().next().unwrap_or_default().trim().to_owned());
    match (&id, fate) {
        (Some(id), Fate::Arrives | Fate::ArrivesForOne | Fate::ArrivesLate) => println!("sent      {subject} to {to}: accepted as {id}"),
        (None, Fate::Refused) => println!("refused   {subject} from a device that is not allowed: {}", refusal(&talk)),
        (Some(id), Fate::Refused) => bail!("{subject} was accepted as {id} from a device that is not allowed"),
        (None, _) => bail!("{subject} was not accepted:\n{talk}{}", String::from_utf8_lossy(&said.stderr)),
    }
    Ok(Letter { subject, fate, file, id })
}

fn refusal(talk: &str) -> &str {
    talk.lines().find_map(|line| line.strip_prefix("<** ")).unwrap_or("no reason was given")
}

/// Small and large, with dots at line starts, lines of the full length and letters beyond ASCII.
fn letter(subject: &str, from: &str, to: &str, number: usize) -> String {
    let mut text = format!(
        "Date: Mon, 23 Nov 2026 10:00:{:02} +0000\nFrom: {from}\nTo: {}\nSubject: {subject}\nMessage-ID: <practice-{number}-{}@office.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
        number % 60,
        to.replace(',', ", "),
        std::process::id(),
    );
    let _ = writeln!(text, ".a line that begins with a dot\n..and one with two\nGrüße aus dem Büro");
    let _ = write!(text, "{}", "x".repeat(990));
    let mut random = number as u64 + 1;
    for _ in 0..[4, 40, 400, 4000][number % 4] {
        text.push('\n');
        for _ in 0..9 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let _ = write!(text, "{:08x}", random >> 32);
        }
    }
    text
}

impl Letter {
    pub fn is_to_arrive(&self) -> bool {
        self.fate != Fate::Refused
    }

    /// The provider's copy, once it is there.
    pub fn found(&self, taken: &Path) -> Option<PathBuf> {
        let files = fs::read_dir(taken).ok()?.flatten().map(|entry| entry.path());
        files.filter(|path| path.extension().is_some_and(|end| end == "envelope")).map(|path| path.with_extension("eml")).find(|path| {
            // The subject alone would also be found in a report about it.
            fs::read(path).is_ok_and(|content| header(&content).contains(&format!("\r\nSubject: {}\r\n", self.subject)))
        })
    }

    /// True when what arrived is what was sent, behind the lines that tell its way.
    pub fn is_intact(&self, arrived: &Path) -> Result<bool> {
        // The client ends the last line itself.
        let sent = format!("{}\n", fs::read_to_string(&self.file)?).replace('\n', "\r\n").into_bytes();
        let arrived_bytes = fs::read(arrived)?;
        let body = &arrived_bytes[length_of_trace(&arrived_bytes)..];
        let (before, after) = (checksum(&sent)?, checksum(body)?);
        let same = sent == body && before == after;
        println!("{}  {}  sent {before}  arrived {after}", if same { "intact  " } else { "CHANGED " }, self.subject);
        Ok(same)
    }
}

fn header(content: &[u8]) -> String {
    let end = content.windows(4).position(|four| four == b"\r\n\r\n").map_or(content.len(), |at| at + 2);
    String::from_utf8_lossy(&content[..end]).into_owned()
}

/// The `Received:` fields at the top.
fn length_of_trace(content: &[u8]) -> usize {
    let mut length = 0;
    let mut in_trace = false;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        in_trace = line.starts_with(b"Received:") || (in_trace && line.starts_with_whitespace());
        if !in_trace {
            break;
        }
        length += line.len();
    }
    length
}

trait StartsWithWhitespace {
    fn starts_with_whitespace(&self) -> bool;
}

impl StartsWithWhitespace for [u8] {
    fn starts_with_whitespace(&self) -> bool {
        matches!(self.first(), Some(b' ' | b'\t'))
    }
}

/// SHA-256, by the system's own program: a second opinion beside the comparison of bytes.
fn checksum(content: &[u8]) -> Result<String> {
    use std::io::Write as _;
    let mut sum = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("sha256sum")?;
    sum.stdin.take().context("no way in")?.write_all(content)?;
    let said = sum.wait_with_output()?;
    Ok(String::from_utf8_lossy(&said.stdout).chars().take(16).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_trace_is_taken_off() {
        let content = b"Received: from a\r\n\tby b\r\nReceived: c\r\nSubject: x\r\n folded\r\n\r\nReceived: body";
        assert_eq!(&content[length_of_trace(content)..], b"Subject: x\r\n folded\r\n\r\nReceived: body");
    }

    #[test]
    fn a_subject_in_the_body_is_no_header() {
        assert_eq!(header(b"A: b\r\nC: d\r\n\r\nSubject: x\r\n\r\n"), "A: b\r\nC: d\r\n");
    }
}
