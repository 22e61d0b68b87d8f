//! A device: lines in, lines out, and nothing clever in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, ConfigBuilder, SupportedProtocolVersion};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// How long a test waits for an answer before it calls it missing.
pub const PATIENCE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub struct Client {
    stream: Option<Box<dyn Stream>>,
    input: Vec<u8>,
    /// Everything said and heard, for the message of a failing test.
    pub transcript: Vec<String>,
}

impl Client {
    /// Connects; the greeting is still to be heard.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connect");
        stream.set_nodelay(true).unwrap();
        Self { stream: Some(Box::new(stream)), input: Vec::new(), transcript: Vec::new() }
    }

    /// Connects to a port with TLS from the first byte.
    pub async fn connect_tls(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connect");
        let mut client = Self { stream: None, input: Vec::new(), transcript: Vec::new() };
        client.stream = Some(Box::new(handshake(stream).await));
        client
    }

    /// Connects as a device with another address of this machine (any of 127.0.0.0/8 on Linux).
    pub async fn connect_from(own: Ipv4Addr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(own.into(), 0)).expect("an address of this machine");
        let stream = socket.connect(address).await.expect("connect");
        stream.set_nodelay(true).unwrap();
        Self { stream: Some(Box::new(stream)), input: Vec::new(), transcript: Vec::new() }
    }

    /// The handshake on a connection that has been used already, or at its start; `config` says what is trusted and shown.
    pub async fn tries_tls(&mut self, config: ClientConfig) -> std::io::Result<()> {
        let plain = self.stream.take().unwrap();
        let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
        self.stream = Some(Box::new(TlsConnector::from(Arc::new(config)).connect(name, plain).await?));
        Ok(())
    }

    /// Connected, greeted, EHLO said.
    pub async fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.hears("220 *").await;
        client.says("EHLO device.test").await.hears("250 *").await;
        client
    }

    pub async fn says(&mut self, line: &str) -> &mut Self {
        self.sends(format!("{line}\r\n").as_bytes()).await;
        self.transcript.push(format!("C: {line}"));
        self
    }

    /// Raw bytes.
    pub async fn sends(&mut self, bytes: &[u8]) -> &mut Self {
        let stream = self.stream.as_mut().unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        self
    }

    /// Raw bytes, if the other side still takes them.
    pub async fn may_send(&mut self, bytes: &[u8]) -> bool {
        let stream = self.stream.as_mut().unwrap();
        stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
    }

    /// Closes its own direction; what the other side says can still be heard.
    pub async fn says_no_more(&mut self) {
        // Who has hung up already needs no goodbye.
        let _ = self.stream.as_mut().unwrap().shutdown().await;
    }

    /// The next reply, all its lines joined by newlines; `*` at the end of the pattern matches anything.
    pub async fn hears(&mut self, pattern: &str) -> String {
        let reply = self.reply().await;
        let last = reply.lines().last().unwrap_or_default();
        let matches = match pattern.strip_suffix('*') {
            Some(start) => last.starts_with(start),
            None => last == pattern,
        };
        assert!(matches, "heard {reply:?}, wanted {pattern:?}\n{}", self.transcript.join("\n"));
        reply
    }

    /// The next reply, whatever it is.
    pub async fn reply(&mut self) -> String {
        let mut lines: Vec<String> = Vec::new();
        loop {
            let line = self.line().await.unwrap_or_else(|| panic!("connection closed\n{}", self.transcript.join("\n")));
            let last = line.as_bytes().get(3) != Some(&b'-');
            self.transcript.push(format!("S: {line}"));
            lines.push(line);
            if last {
                return lines.join("\n");
            }
        }
    }

    /// The other side has closed.
    pub async fn is_hung_up_on(&mut self) {
        assert_eq!(self.line().await, None, "{}", self.transcript.join("\n"));
    }

    /// DATA, the content dot-stuffed, the end; gives the reply to it.
    pub async fn sends_message(&mut self, content: &str) -> String {
        self.says("DATA").await.hears("354 *").await;
        self.sends(stuffed(content.as_bytes()).as_slice()).await;
        self.reply().await
    }

    /// A whole transaction that is accepted; gives the queue id out of the reply.
    pub async fn hands_in(&mut self, from: &str, to: &[&str], content: &str) -> String {
        self.says(&format!("MAIL FROM:<{from}>")).await.hears("250 *").await;
        for to in to {
            self.says(&format!("RCPT TO:<{to}>")).await.hears("250 *").await;
        }
        let reply = self.sends_message(content).await;
        assert!(reply.starts_with("250 "), "{reply}");
        reply.rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// STARTTLS and the handshake; the certificate is taken as it is, as devices do.
    pub async fn starts_tls(&mut self) {
        self.says("STARTTLS").await.hears("220 *").await;
        let plain = self.stream.take().unwrap();
        self.stream = Some(Box::new(handshake(plain).await));
    }

    /// Everything until the other side closes. When dropped before, nothing is lost.
    pub async fn hears_out(&mut self) -> Vec<u8> {
        let mut buffer = [0; 4096];
        loop {
            let read = tokio::time::timeout(PATIENCE, self.stream.as_mut().unwrap().read(&mut buffer)).await;
            match read.unwrap_or_else(|_| panic!("it was not closed\n{}", self.transcript.join("\n"))) {
                // A reset is an end too.
                Ok(0) | Err(_) => return std::mem::take(&mut self.input),
                Ok(length) => self.input.extend_from_slice(&buffer[..length]),
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.input.windows(2).position(|window| window == b"\r\n") {
                let line = String::from_utf8_lossy(&self.input[..end]).into_owned();
                self.input.drain(..end + 2);
                return Some(line);
            }
            let mut buffer = [0; 4096];
            let read = tokio::time::timeout(PATIENCE, self.stream.as_mut().unwrap().read(&mut buffer)).await;
            match read.unwrap_or_else(|_| panic!("no answer\n{}", self.transcript.join("\n"))) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.input.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

/// RFC 5321 §4.5.2, and the end of data.
pub fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(content.len() + 8);
    let mut line_start = true;
    for byte in content {
        if line_start && *byte == b'.' {
            wire.push(b'.');
        }
        wire.push(*byte);
        line_start = *byte == b'\n';
    }
    if !wire.ends_with(b"\r\n") && !wire.is_empty() {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

async fn handshake<S: Stream + 'static>(stream: S) -> impl Stream {
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(trusting(|builder| builder.with_no_client_auth()))).connect(name, stream).await.expect("TLS handshake")
}

/// As devices do: whatever certificate is shown is taken. `show` says what the device shows itself.
pub fn trusting(show: impl FnOnce(ConfigBuilder<ClientConfig, WantsClientCert>) -> ClientConfig) -> ClientConfig {
    show(trusting_with(rustls::crypto::ring::default_provider(), rustls::DEFAULT_VERSIONS))
}

/// The same with few ciphers, few versions.
pub fn trusting_with(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = Arc::new(provider);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    builder.dangerous().with_custom_certificate_verifier(Arc::new(Trusting(provider)))
}

/// A scanner does not look at certificates.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &[rustls_pki_types::CertificateDer<'_>],
        _: &rustls_pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls_pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls_pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
