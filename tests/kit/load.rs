//! Devices that hand in one message after the other until the engine is killed.

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
            let message = stuffed(format!("Subject: {name}-{number}\r\n\r\n{}\r\n", "x".repeat(3000)).as_bytes());
            next = vec![
                (b"MAIL FROM:<scan@office.test>\r\n".to_vec(), "250"),
                (b"RCPT TO:<ann@away.test>\r\n".to_vec(), "250"),
                (b"DATA\r\n".to_vec(), "354"),
                (message, "250"),
            ];
        }
    }
}

pub fn subject(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}
