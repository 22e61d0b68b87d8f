//! Devices that hand in one message after the other until the engine is killed: most are small, some as large as contents that
//! are kept in files. What a message holds follows from its subject, so that whoever gets it can tell whether it is whole.

use crate::client::{PATIENCE, stuffed};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// The subjects of all messages that got their 250.
pub type Promised = Arc<Mutex<BTreeSet<String>>>;

/// Devices hand in messages until so many were promised; then the engine is killed.
///
/// They stop then by themselves: Wine may keep a dead program's connection open.
///
/// # Panics
/// When it says no before that, or says nothing at all: with what each device heard last.
pub async fn send_until_killed(
    address: SocketAddr,
    life: &str,
    (devices, promises): (usize, usize),
    promised: &Promised,
    kill: impl FnOnce(),
) {
    let (told, mut news) = tokio::sync::mpsc::unbounded_channel();
    let (dead, is_dead) = tokio::sync::watch::channel(false);
    let device =
        |device| Device { name: format!("{life}-{device}"), promised: Arc::clone(promised), told: told.clone(), is_dead: is_dead.clone() };
    let devices: Vec<_> = (0..devices).map(device).map(|device| tokio::spawn(device.send_until_dead(address))).collect();
    drop((told, is_dead));
    let mut trouble = None;
    for number in 0..promises {
        match tokio::time::timeout(PATIENCE, news.recv()).await {
            Ok(Some(())) => {}
            Ok(None) => trouble = Some(format!("every device was sent away after {number} promises")),
            Err(_) => trouble = Some(format!("no further promise after {number}")),
        }
        if trouble.is_some() {
            break;
        }
    }
    kill();
    dead.send_replace(true);
    let mut ends = Vec::new();
    for device in devices {
        ends.push(device.await.expect("a device"));
    }
    assert_eq!(trouble, None, "life {life}: {ends:?}");
}

struct Device {
    name: String,
    promised: Promised,
    told: UnboundedSender<()>,
    is_dead: watch::Receiver<bool>,
}

impl Device {
    /// Notes each message that got its 250 and tells of it. Gives why it could not go on.
    async fn send_until_dead(self, address: SocketAddr) -> String {
        let Self { name, promised, told, mut is_dead } = self;
        let stream = match TcpStream::connect(address).await {
            Ok(stream) => stream,
            Err(error) => return format!("not connected: {error}"),
        };
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut expect = async |code: &str| loop {
            let line = tokio::select! {
                // What was answered before the end counts.
                biased;
                line = lines.next_line() => line,
                _ = is_dead.wait_for(|is_dead| *is_dead) => return Err(format!("killed before {code}")),
            };
            match line {
                Ok(Some(line)) if line.as_bytes().get(3) == Some(&b'-') => {}
                Ok(Some(line)) if line.starts_with(code) => return Ok(()),
                Ok(Some(line)) => return Err(format!("{line} instead of {code}")),
                Ok(None) => return Err(format!("closed instead of {code}")),
                Err(error) => return Err(format!("{error} instead of {code}")),
            }
        };
        let mut number = 0_usize;
        let mut next = vec![(Vec::new(), "220"), (b"EHLO device.test\r\n".to_vec(), "250")];
        loop {
            for (say, hear) in next {
                if let Err(error) = write.write_all(&say).await {
                    return format!("message {number}: {error}");
                }
                if let Err(end) = expect(hear).await {
                    return format!("message {number}: {end}");
                }
            }
            if number > 0 {
                promised.lock().unwrap().insert(format!("{name}-{number}"));
                let _ = told.send(());
            }
            number += 1;
            let message = stuffed(&letter(&format!("{name}-{number}")));
            next = vec![
                (b"MAIL FROM:<scan@office.test>\r\n".to_vec(), "250"),
                (b"RCPT TO:<ann@away.test>\r\n".to_vec(), "250"),
                (b"DATA\r\n".to_vec(), "354"),
                (message, "250"),
            ];
        }
    }
}

/// The message with this subject: about 3 KB, and each fourth of a device 200 KiB to 1 MiB. No two lines are the same, some begin with
/// dots: what is missing, twice or another message's shows.
pub fn letter(subject: &str) -> Vec<u8> {
    // FNV-1a.
    let seed = subject.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3));
    let size = if is_large(subject) { 200 * 1024 + (seed % (824 * 1024)) as usize } else { 3000 };
    let mut letter = format!("Subject: {subject}\r\n\r\n").into_bytes();
    let mut number = 0_u64;
    while letter.len() < size {
        number += 1;
        let dots = ["", "", "", ".", ".."][(number % 5) as usize];
        letter.extend_from_slice(format!("{dots}{subject} {number} {:x}\r\n", seed.wrapping_mul(number)).as_bytes());
    }
    letter
}

/// Whether the message with this subject is one of the large ones.
pub fn is_large(subject: &str) -> bool {
    subject.rsplit('-').next().and_then(|number| number.parse::<usize>().ok()).is_some_and(|number| number % 4 == 2)
}

/// Whether it is what a device handed in, octet for octet, behind the header fields that the engine puts in front.
pub fn is_whole(content: &[u8]) -> bool {
    let front = content.strip_suffix(&letter(&subject(content))[..]);
    front.is_some_and(|front| front.windows(4).all(|octets| octets != b"\r\n\r\n"))
}

pub fn subject(content: &[u8]) -> String {
    let found = content.split(|octet| *octet == b'\n').find_map(|line| line.strip_prefix(b"Subject: "));
    String::from_utf8_lossy(found.unwrap_or_default()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_twice_or_anothers_shows() {
        let front = b"Received: from device.test\r\n";
        for subject_of in ["3-1-1", "3-1-2"] {
            let letter = letter(subject_of);
            assert_eq!(is_large(subject_of), letter.len() >= 200 * 1024);
            assert!((3000..=1024 * 1024 + 200).contains(&letter.len()), "{}", letter.len());
            let middle = letter.len() / 2;
            let whole = [front, &letter[..]].concat();
            assert!(is_whole(&whole) && subject(&whole) == subject_of);
            for spoilt in [
                [&letter[..middle], &letter[middle + 1..]].concat(),
                [&letter[..middle], &letter[middle - 1..]].concat(),
                letter[..letter.len() - 2].to_vec(),
                [&letter[..], b"\r\n"].concat(),
                [&letter[..], &letter[..]].concat(),
                [format!("Subject: {subject_of}\r\n\r\n").as_bytes(), &super::letter("3-2-2")].concat(),
            ] {
                assert!(!is_whole(&spoilt), "{} octets of {}", spoilt.len(), letter.len());
            }
        }
    }
}
