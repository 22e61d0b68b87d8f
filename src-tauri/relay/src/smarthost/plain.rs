//! The few lines spoken in plain text before STARTTLS (RFC 3207 §4).
//!
//! lettre would keep what came behind the 220 and read it as replies under TLS; here it is a trouble.

use super::classify::greeting_trouble;
use super::fault::remote_reply;
use super::wire::TcpStream;
use super::{Trouble, TroubleKind};
use crate::config::SmartHostConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Greeting and EHLO answer together are far below this.
const AT_MOST: usize = 64 * 1024;

pub struct Plain<'a> {
    stream: TcpStream,
    input: Vec<u8>,
    config: &'a SmartHostConfig,
}

/// One reply: its code and its lines without the code.
struct Heard {
    code: u16,
    lines: Vec<String>,
}

impl<'a> Plain<'a> {
    pub fn new(stream: TcpStream, config: &'a SmartHostConfig) -> Self {
        Self { stream, input: Vec::new(), config }
    }

    pub async fn greeting(&mut self) -> Result<(), Trouble> {
        let greeting = self.reply().await.map_err(|trouble| self.maybe_swapped(trouble))?;
        self.must_be_2xx(&greeting)
    }

    /// EHLO, STARTTLS. Gives the stream at the point where TLS begins.
    pub async fn start_tls(mut self, host_name: &str) -> Result<TcpStream, Trouble> {
        let hello = self.ask(&format!("EHLO {host_name}\r\n")).await?;
        self.must_be_2xx(&hello)?;
        let offered = hello.lines.iter().skip(1).any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
        if !offered {
            return Err(self.trouble(TroubleKind::TlsNotOffered, "STARTTLS is not in its answer to EHLO"));
        }
        let start = self.ask("STARTTLS\r\n").await?;
        if start.code != 220 {
            return Err(self.trouble(TroubleKind::TlsNotOffered, &start.text()));
        }
        if !self.input.is_empty() {
            return Err(
                self.trouble(TroubleKind::TlsFailed, "more came in plain text after the answer to STARTTLS; somebody may be in between")
            );
        }
        Ok(self.stream)
    }

    async fn ask(&mut self, line: &str) -> Result<Heard, Trouble> {
        let written = tokio::time::timeout(self.config.timeouts.command, self.stream.write_all(line.as_bytes())).await;
        match written {
            Ok(Ok(())) => self.reply().await,
            Ok(Err(error)) => Err(self.trouble(TroubleKind::ConnectionLost, &error.to_string())),
            Err(_) => Err(self.trouble(TroubleKind::ConnectionTimedOut, "no answer in time")),
        }
    }

    async fn reply(&mut self) -> Result<Heard, Trouble> {
        let patience = self.config.timeouts.command;
        match tokio::time::timeout(patience, self.read_reply()).await {
            Ok(heard) => heard,
            Err(_) => Err(self.trouble(TroubleKind::ConnectionTimedOut, "no answer in time")),
        }
    }

    async fn read_reply(&mut self) -> Result<Heard, Trouble> {
        let mut lines = Vec::new();
        let mut first = None;
        let mut total = 0;
        loop {
            let line = self.line().await?;
            total += line.len();
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
            let (Some(code), joint) = (code, line.as_bytes().get(3)) else {
                return Err(self.trouble(TroubleKind::BrokenReply, &printable(&line)));
            };
            if total > AT_MOST || !matches!(joint, None | Some(b' ' | b'-')) {
                return Err(self.trouble(TroubleKind::BrokenReply, &printable(&line)));
            }
            if first.is_some_and(|first| first != code) {
                return Err(self.trouble(TroubleKind::BrokenReply, "one reply with two codes"));
            }
            first = Some(code);
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if joint != Some(&b'-') {
                return Ok(Heard { code, lines });
            }
        }
    }

    async fn line(&mut self) -> Result<String, Trouble> {
        loop {
            if let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return Ok(printable(String::from_utf8_lossy(&line).trim_end()));
            }
            if self.input.len() > 8 * 1024 {
                return Err(self.trouble(TroubleKind::BrokenReply, "a reply line without an end"));
            }
            let mut buffer = [0; 2048];
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Err(self.trouble(TroubleKind::ConnectionLost, "it closed the connection")),
                Ok(length) => self.input.extend_from_slice(&buffer[..length]),
                Err(error) => return Err(self.trouble(TroubleKind::ConnectionLost, &error.to_string())),
            }
        }
    }

    fn must_be_2xx(&self, heard: &Heard) -> Result<(), Trouble> {
        if heard.code / 100 == 2 {
            return Ok(());
        }
        let kind = greeting_trouble(&remote_reply(heard.code, &heard.lines.join(" ")));
        Err(self.trouble(kind, &heard.text()))
    }

    /// TLS where a greeting was due: most likely port 465.
    fn maybe_swapped(&self, trouble: Trouble) -> Trouble {
        let speaks_tls = self.input.first().is_some_and(|byte| matches!(byte, 20..=23));
        if speaks_tls { Trouble { kind: TroubleKind::TlsModeSwapped, ..trouble } } else { trouble }
    }

    fn trouble(&self, kind: TroubleKind, said: &str) -> Trouble {
        Trouble { kind, subject: self.config.server.clone(), said: said.to_owned() }
    }
}

impl Heard {
    fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }
}

/// For logs and windows: one line, nothing that a terminal or a log reader would obey.
pub fn printable(text: &str) -> String {
    text.chars().take(500).map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}
