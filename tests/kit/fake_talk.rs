//! One conversation of the fake smart host (RFC 5321 server side, 3207, 4954, 2920).

use crate::fake_smart_host::{Book, Encryption, SignsIn, Taken};
use crate::faults::{Answer, Stage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Talk<'a> {
    stream: Box<dyn Stream>,
    input: Vec<u8>,
    /// The line that is being answered.
    heard: String,
    number: usize,
    encrypted: bool,
    signed_in: Option<String>,
    book: &'a Book,
    transaction: Option<Transaction>,
}

struct Transaction {
    reverse_path: String,
    parameters: String,
    forward_paths: Vec<String>,
}

/// Whether an answer went out as the ordinary course has it.
enum Said {
    AsUsual,
    Otherwise,
}

pub(crate) async fn converse(stream: TcpStream, number: usize, book: &Book) {
    let stream = Box::new(stream);
    let (input, heard) = (Vec::new(), String::new());
    let mut talk = Talk { stream, input, heard, number, encrypted: false, signed_in: None, book, transaction: None };
    // A connection that breaks is how many tests end.
    let _ = talk.run().await;
    let _ = talk.stream.shutdown().await;
}

impl Talk<'_> {
    async fn run(&mut self) -> io::Result<()> {
        if let Some(answer) = self.fault(&Stage::Connect) {
            self.give(answer, "").await?;
        }
        if let Encryption::Implicit(config) = self.encryption() {
            self.encrypt(config).await?;
        }
        self.say(Stage::Greeting, "220 fake.test ESMTP").await?;
        while let Some(line) = self.line().await? {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello().await?,
                "STARTTLS" => self.start_tls().await?,
                "AUTH" => self.auth(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.rcpt(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.transaction = None;
                    self.say(Stage::Rset, "250 2.0.0 forgotten").await?;
                }
                "NOOP" => self.write("250 2.0.0 ok").await?,
                "QUIT" => return self.write("221 2.0.0 bye").await,
                _ => self.write("500 5.5.2 what").await?,
            }
        }
        Ok(())
    }

    async fn hello(&mut self) -> io::Result<()> {
        let offers = self.book.read(|pages| pages.offers.clone());
        let mut lines = vec!["fake.test greets you".to_owned()];
        lines.extend(offers.lines);
        if !self.encrypted && matches!(offers.encryption, Encryption::Starttls(_)) {
            lines.push("STARTTLS".into());
        } else if offers.sign_in.is_some() && !offers.mechanisms.is_empty() {
            lines.push(format!("AUTH {}", offers.mechanisms));
        }
        let last = lines.len() - 1;
        let reply: Vec<String> =
            lines.iter().enumerate().map(|(n, line)| format!("250{}{line}", if n == last { ' ' } else { '-' })).collect();
        let stage = if self.encrypted { Stage::EhloEncrypted } else { Stage::Ehlo };
        self.say(stage, &reply.join("\n")).await?;
        Ok(())
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        let Encryption::Starttls(config) = self.encryption() else {
            return self.write("502 5.5.1 not offered").await;
        };
        if let Said::AsUsual = self.say(Stage::Starttls, "220 2.0.0 go ahead").await? {
            self.encrypt(config).await?;
        }
        Ok(())
    }

    async fn encrypt(&mut self, config: Arc<rustls::ServerConfig>) -> io::Result<()> {
        self.input.clear();
        if let Some(answer) = self.fault(&Stage::Handshake) {
            self.give(answer, "").await?;
        }
        let plain = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        match TlsAcceptor::from(config).accept(plain).await {
            Ok(stream) => {
                let has_shown = stream.get_ref().1.peer_certificates().is_some();
                if has_shown && matches!(self.book.read(|pages| pages.offers.sign_in.clone()), Some(SignsIn::Certificate)) {
                    self.signed_in = Some("a certificate".to_owned());
                }
                self.stream = Box::new(stream);
                self.encrypted = true;
                Ok(())
            }
            Err(error) => {
                self.book.write(|pages| pages.handshakes_failed += 1);
                Err(error)
            }
        }
    }

    async fn auth(&mut self, rest: &str) -> io::Result<()> {
        let Some(wanted) = self.book.read(|pages| pages.offers.sign_in.clone()) else {
            return self.write("503 5.5.1 not offered").await;
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let right = match (mechanism.to_ascii_uppercase().as_str(), &wanted) {
            ("PLAIN", SignsIn::Password(user, password)) => {
                let response = if initial.is_empty() { self.challenge("").await? } else { decoded(initial) };
                let parts: Vec<&str> = response.split('\0').collect();
                (parts.get(1) == Some(&user.as_str()) && parts.get(2) == Some(&password.as_str())).then_some(user)
            }
            ("LOGIN", SignsIn::Password(user, password)) => {
                let name = if initial.is_empty() { self.challenge("Username:").await? } else { decoded(initial) };
                let given = self.challenge("Password:").await?;
                (name == *user && given == *password).then_some(user)
            }
            ("CRAM-MD5", SignsIn::Password(user, password)) => {
                let challenge = format!("<{}.1@fake.test>", self.number);
                let mut proof = Hmac::<Md5>::new_from_slice(password.as_bytes()).expect("any key");
                proof.update(challenge.as_bytes());
                let proof: String = proof.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                (self.challenge(&challenge).await? == format!("{user} {proof}")).then_some(user)
            }
            ("XOAUTH2" | "OAUTHBEARER", SignsIn::Token(user, judge)) => {
                let response = if initial.is_empty() { self.challenge("").await? } else { decoded(initial) };
                let parts: Vec<&str> = response.split('\u{1}').collect();
                let named = parts.first().is_some_and(|name| *name == format!("user={user}") || *name == format!("n,a={user},"));
                let token = parts.iter().find_map(|part| part.strip_prefix("auth=Bearer ")).unwrap_or_default();
                let why = if !named { "401" } else { judge(token.to_owned()).await };
                if !why.is_empty() {
                    let challenge = format!("{{\"status\":\"{why}\",\"schemes\":\"bearer\",\"scope\":\"smtp.send\"}}");
                    let answer = self.challenge(&challenge).await?;
                    let wanted = if mechanism.eq_ignore_ascii_case("OAUTHBEARER") { "\u{1}" } else { "" };
                    if answer != wanted {
                        return self.write("501 5.5.2 this is no answer to a challenge").await;
                    }
                }
                why.is_empty().then_some(user)
            }
            _ => None,
        };
        let usual = if right.is_some() { "235 2.7.0 welcome" } else { "535 5.7.8 user name or password wrong" };
        if let Said::AsUsual = self.say(Stage::Auth, usual).await? {
            self.signed_in = right.cloned();
        }
        Ok(())
    }

    async fn challenge(&mut self, words: &str) -> io::Result<String> {
        self.write(&format!("334 {}", STANDARD.encode(words))).await?;
        Ok(decoded(&self.line().await?.unwrap_or_default()))
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if self.signed_in.is_none() && self.book.read(|pages| pages.offers.sign_in.is_some()) {
            return self.write("530 5.7.0 sign in first").await;
        }
        let Some((reverse_path, parameters)) = path(rest, "FROM:") else {
            return self.write("501 5.1.7 bad sender").await;
        };
        if let Said::AsUsual = self.say(Stage::From(reverse_path.clone()), "250 2.1.0 sender ok").await? {
            self.transaction = Some(Transaction { reverse_path, parameters, forward_paths: Vec::new() });
        }
        Ok(())
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        if self.transaction.is_none() {
            return self.write("503 5.5.1 MAIL first").await;
        }
        let Some((address, _)) = path(rest, "TO:") else {
            return self.write("501 5.1.3 bad recipient").await;
        };
        if let Said::AsUsual = self.say(Stage::Rcpt(address.clone()), "250 2.1.5 recipient ok").await?
            && let Some(transaction) = &mut self.transaction
        {
            transaction.forward_paths.push(address);
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        let ready = self.transaction.as_ref().is_some_and(|transaction| !transaction.forward_paths.is_empty());
        let usual = if ready { "354 go on" } else { "503 5.5.1 no valid recipients" };
        let mut limit = usize::MAX;
        let goes_on = match self.fault(&Stage::Data) {
            None => {
                self.write(usual).await?;
                ready
            }
            Some(Answer::CloseAfter(bytes)) => {
                limit = bytes;
                self.write(usual).await?;
                ready
            }
            // A script may say 354 also where no recipient was taken (RFC 2920 §3.1).
            Some(Answer::Reply(reply)) => {
                self.write(&reply).await?;
                reply.starts_with("354")
            }
            Some(answer) => matches!(self.give(answer, usual).await?, Said::AsUsual) && ready,
        };
        if !goes_on {
            return Ok(());
        }
        let content = self.content(limit).await?;
        self.say_dot(content).await
    }

    /// Takes the message only if the dot is answered as usual.
    async fn say_dot(&mut self, content: Vec<u8>) -> io::Result<()> {
        let transaction = self.transaction.take();
        let (connection, encrypted, signed_in) = (self.number, self.encrypted, self.signed_in.clone());
        let fault = self.fault(&Stage::Dot);
        let takes = match &fault {
            None | Some(Answer::Late(_) | Answer::Followed(_) | Answer::Freeze) => true,
            // Taken, but the answer gets lost: the case that ends in a duplicate.
            Some(Answer::Close) => true,
            Some(Answer::Reply(reply) | Answer::ReplyAndClose(reply) | Answer::First(_, reply) | Answer::Echo(reply)) => {
                reply.starts_with('2')
            }
            Some(Answer::Raw(bytes) | Answer::RawAndClose(bytes)) => bytes.starts_with(b"2"),
            Some(Answer::Stall | Answer::EndlessLine | Answer::EndlessReply | Answer::CloseAfter(_)) => false,
        };
        if takes && let Some(Transaction { reverse_path, parameters, forward_paths }) = transaction {
            let taken = Taken { connection, encrypted, signed_in, reverse_path, parameters, forward_paths, content };
            if self.book.write(|pages| pages.keep(taken)).is_err() {
                return self.write("452 4.3.1 cannot keep it").await;
            }
        }
        match fault {
            None => self.write("250 2.0.0 taken").await,
            Some(answer) => self.give(answer, "250 2.0.0 taken").await.map(|_| ()),
        }
    }

    /// Up to CRLF.CRLF and nothing else, dot-stuffing undone (RFC 5321 §4.5.2).
    async fn content(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut searched = 0;
        loop {
            // Cursors, so that a large message costs one pass.
            let mut start = 0;
            while let Some(found) = self.input[searched..].windows(2).position(|pair| pair == b"\r\n") {
                let end = searched + found + 2;
                let line = &self.input[start..end];
                if line == b".\r\n" {
                    self.input.drain(..end);
                    return Ok(content);
                }
                content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                (start, searched) = (end, end);
                if content.len() > limit {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            }
            self.input.drain(..start);
            searched = self.input.len().saturating_sub(1);
            self.fill().await?;
        }
    }

    /// Says the usual, or what the script has for this stage.
    async fn say(&mut self, stage: Stage, usual: &str) -> io::Result<Said> {
        match self.fault(&stage) {
            Some(answer) => self.give(answer, usual).await,
            None => self.write(usual).await.map(|()| Said::AsUsual),
        }
    }

    async fn give(&mut self, answer: Answer, usual: &str) -> io::Result<Said> {
        match answer {
            Answer::Reply(reply) | Answer::First(_, reply) => self.write(&reply).await?,
            Answer::Echo(words) => self.write(&format!("{words} {}", self.heard)).await?,
            Answer::ReplyAndClose(reply) => {
                self.write(&reply).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Answer::Raw(bytes) => self.send(&bytes).await?,
            Answer::RawAndClose(bytes) => {
                self.send(&bytes).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Answer::Freeze => {
                self.write(usual).await?;
                std::future::pending::<()>().await;
            }
            Answer::Close | Answer::CloseAfter(_) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Answer::Stall => {
                self.book.write(|pages| pages.stalled += 1);
                loop {
                    self.fill().await?;
                }
            }
            Answer::EndlessLine => {
                self.send(b"250 ").await?;
                loop {
                    self.send(&[b'x'; 4096]).await?;
                }
            }
            Answer::EndlessReply => loop {
                self.send(&b"250-and another thing\r\n".repeat(100)).await?;
            },
            Answer::Late(delay) => {
                tokio::time::sleep(delay).await;
                self.write(usual).await?;
                return Ok(Said::AsUsual);
            }
            Answer::Followed(bytes) => {
                let mut all = wire(usual);
                all.extend_from_slice(&bytes);
                self.send(&all).await?;
                return Ok(Said::AsUsual);
            }
        }
        Ok(Said::Otherwise)
    }

    fn fault(&self, stage: &Stage) -> Option<Answer> {
        self.book.write(|pages| pages.faults.take(stage))
    }

    fn encryption(&self) -> Encryption {
        self.book.read(|pages| pages.offers.encryption.clone())
    }

    /// One line without its CRLF; None when the client has gone.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.input.windows(2).position(|pair| pair == b"\r\n") {
                let bytes: Vec<u8> = self.input.drain(..end + 2).collect();
                let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let more = !self.input.is_empty();
                self.heard.clone_from(&line);
                self.book.write(|pages| {
                    pages.pipelined |= more;
                    pages.commands.push((self.number, line.clone()));
                });
                return Ok(Some(line));
            }
            match self.fill().await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        let mut block = vec![0; 64 * 1024];
        match self.stream.read(&mut block).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.input.extend_from_slice(&block[..length]);
                Ok(())
            }
        }
    }

    async fn write(&mut self, reply: &str) -> io::Result<()> {
        self.send(&wire(reply)).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }
}

fn wire(reply: &str) -> Vec<u8> {
    if reply.is_empty() {
        return Vec::new();
    }
    format!("{}\r\n", reply.replace('\n', "\r\n")).into_bytes()
}

/// `FROM:<a@b> SIZE=1` into `a@b` and `SIZE=1`.
fn path(rest: &str, keyword: &str) -> Option<(String, String)> {
    let rest = rest.get(..keyword.len()).filter(|start| start.eq_ignore_ascii_case(keyword)).map(|_| &rest[keyword.len()..])?;
    let (address, parameters) = rest.strip_prefix('<')?.rsplit_once('>')?;
    Some((address.to_owned(), parameters.trim().to_owned()))
}

fn decoded(text: &str) -> String {
    STANDARD.decode(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
