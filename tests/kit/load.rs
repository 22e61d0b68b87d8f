//! A device that hands in one message after the other until the connection breaks.

use crate::client::stuffed;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;

/// The subjects of all messages that got their 250.
pub type Promised = Arc<Mutex<BTreeSet<String>>>;

/// Notes each message that got its 250 and tells of it.
pub async fn send_until_dead(address: SocketAddr, name: String, promised: Promised, told: UnboundedSender<()>) {
    let Ok(stream) = TcpStream::connect(address).await else { return };
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut expect = async |code: &str| loop {
        match lines.next_line().await {
            Ok(Some(line)) if line.as_bytes().get(3) == Some(&b'-') => {}
            Ok(Some(line)) => return line.starts_with(code),
            Ok(None) | Err(_) => return false,
        }
    };
    if !expect("220").await || write.write_all(b"EHLO device.test\r\n").await.is_err() || !expect("250").await {
        return;
    }
    for number in 0.. {
        let subject = format!("{name}-{number}");
        let message = stuffed(format!("Subject: {subject}\r\n\r\n{}\r\n", "x".repeat(3000)).as_bytes());
        for (say, hear) in [
            (&b"MAIL FROM:<scan@office.test>\r\n"[..], "250"),
            (b"RCPT TO:<ann@away.test>\r\n", "250"),
            (b"DATA\r\n", "354"),
            (&message, "250"),
        ] {
            if write.write_all(say).await.is_err() || !expect(hear).await {
                return;
            }
        }
        promised.lock().unwrap().insert(subject);
        let _ = told.send(());
    }
}

pub fn subject(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}
