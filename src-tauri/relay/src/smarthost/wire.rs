//! The wire to the smart host: TCP, STARTTLS and TLS are ours, lettre gets the finished stream.
//!
//! In: the configuration. Out: a [`Wire`] that is encrypted and verified as configured, or a [`Trouble`].
//! RFC 3207 (STARTTLS), RFC 8314 (implicit TLS). Every wait has its time-out.
//!
//! Invariant: bytes that came in plain text are never read as if they had come encrypted.

use super::plain::Plain;
use super::replies::ReplyLines;
use super::trust::Trust;
use super::{Trouble, TroubleKind};
use crate::config::{SmartHostConfig, SmartHostEncryption};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};
pub use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// An open stream, and what is known of it.
pub struct Wire {
    pub stream: Box<dyn Stream>,
    pub peer: SocketAddr,
    pub tls: Option<TlsFacts>,
    /// The greeting was read before TLS began.
    pub greeted: bool,
}

#[derive(Debug, Clone)]
pub struct TlsFacts {
    /// `TLSv1.3`
    pub version: String,
    /// The server's own certificate, DER.
    pub certificate: Option<Vec<u8>>,
}

/// Opens the wire as configured.
pub async fn open(config: &SmartHostConfig, trust: &Trust, host_name: &str) -> Result<Wire, Trouble> {
    let addresses = resolve(config).await?;
    let (stream, peer) = connect(config, &addresses).await?;
    match config.encryption {
        SmartHostEncryption::None => Ok(Wire { stream: Box::new(stream), peer, tls: None, greeted: false }),
        SmartHostEncryption::Implicit => encrypt(config, trust, stream, peer, false).await,
        SmartHostEncryption::Starttls => start_tls(config, trust, stream, peer, host_name).await,
    }
}

/// The plain dialogue up to STARTTLS, then the handshake.
pub async fn start_tls(
    config: &SmartHostConfig,
    trust: &Trust,
    stream: TcpStream,
    peer: SocketAddr,
    host_name: &str,
) -> Result<Wire, Trouble> {
    let mut plain = Plain::new(stream, config);
    if let Err(trouble) = plain.greeting().await {
        return Err(or_swapped(config, trust, trouble).await);
    }
    let stream = plain.start_tls(host_name).await?;
    encrypt(config, trust, stream, peer, true).await
}

/// A server that says nothing may be waiting for TLS (465 and 587 swapped): one more connection tells.
pub async fn or_swapped(config: &SmartHostConfig, trust: &Trust, trouble: Trouble) -> Trouble {
    if !matches!(trouble.kind, TroubleKind::ConnectionTimedOut | TroubleKind::ConnectionLost) {
        return trouble;
    }
    let asking = async {
        let (stream, _) = connect(config, &resolve(config).await?).await?;
        let name = trust.server_name(config)?;
        let handshake = TlsConnector::from(trust.client()?).connect(name, stream);
        Ok::<bool, Trouble>(match handshake.await {
            Ok(_) => true,
            // A certificate, right or wrong, is shown only by a server that speaks TLS.
            Err(error) => super::trust::is_about_certificate(&error),
        })
    };
    match tokio::time::timeout(config.timeouts.tls, asking).await {
        Ok(Ok(true)) => Trouble { kind: TroubleKind::TlsModeSwapped, ..trouble },
        Ok(Ok(false) | Err(_)) | Err(_) => trouble,
    }
}

/// The addresses of the server's name, as the system gives them.
pub async fn resolve(config: &SmartHostConfig) -> Result<Vec<SocketAddr>, Trouble> {
    let server = config.server.trim_start_matches('[').trim_end_matches(']');
    let trouble = |said: String| Trouble { kind: TroubleKind::HostNotFound, subject: config.server.clone(), said };
    let found = tokio::time::timeout(config.timeouts.connect, tokio::net::lookup_host((server, config.port))).await;
    let found: Vec<SocketAddr> =
        found.map_err(|_| trouble("no answer in time".into()))?.map_err(|error| trouble(error.to_string()))?.collect();
    if found.is_empty() { Err(trouble("the name has no address".into())) } else { Ok(found) }
}

/// Tries one address after the other; the trouble of the last one is told.
pub async fn connect(config: &SmartHostConfig, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Trouble> {
    let subject = format!("{}:{}", config.server, config.port);
    let mut trouble = Trouble { kind: TroubleKind::HostNotFound, subject: subject.clone(), said: "the name has no address".into() };
    for address in addresses {
        match tokio::time::timeout(config.timeouts.connect, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands and the end of data are small and waited for.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Ok(Err(error)) => {
                let kind = match error.kind() {
                    io::ErrorKind::TimedOut => TroubleKind::ConnectionTimedOut,
                    _ => TroubleKind::ConnectionRefused,
                };
                trouble = Trouble { kind, subject: subject.clone(), said: format!("{address}: {error}") };
            }
            Err(_) => {
                trouble = Trouble { kind: TroubleKind::ConnectionTimedOut, subject: subject.clone(), said: format!("{address}: no answer") }
            }
        }
    }
    Err(trouble)
}

/// The TLS handshake, verified, within its own time.
pub async fn encrypt(config: &SmartHostConfig, trust: &Trust, stream: TcpStream, peer: SocketAddr, greeted: bool) -> Result<Wire, Trouble> {
    let name = trust.server_name(config)?;
    let handshake = TlsConnector::from(trust.client()?).connect(name, stream);
    match tokio::time::timeout(config.timeouts.tls, handshake).await {
        Ok(Ok(stream)) => {
            let (_, session) = stream.get_ref();
            let version = session.protocol_version().map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}").replace('_', "."));
            let certificate = session.peer_certificates().and_then(|chain| chain.first()).map(|certificate| certificate.to_vec());
            Ok(Wire { stream: Box::new(stream), peer, tls: Some(TlsFacts { version, certificate }), greeted })
        }
        Ok(Err(error)) => Err(super::trust::explain(&error, &config.server)),
        Err(_) => Err(Trouble {
            kind: TroubleKind::ConnectionTimedOut,
            subject: config.server.clone(),
            said: "the encryption was not agreed in time".into(),
        }),
    }
}

/// The sending side, shared by lettre (commands) and us (content); never used by both at once.
#[derive(Clone)]
pub struct Sender(Arc<Mutex<WriteHalf<Box<dyn Stream>>>>);

/// What lettre reads and writes: the finished stream, its replies bounded and readable.
///
/// lettre says EHLO by itself and keeps too little of the answer. So its first conversation is with us:
/// it reads a greeting and an answer that never came over the wire, and its EHLO goes nowhere.
pub struct Adapter {
    peer: SocketAddr,
    read: ReadHalf<Box<dyn Stream>>,
    sender: Sender,
    rehearsed: &'static [u8],
    swallows: bool,
    lines: ReplyLines,
}

impl Adapter {
    pub fn over(wire: Wire) -> (Self, Sender) {
        let (read, write) = tokio::io::split(wire.stream);
        let sender = Sender(Arc::new(Mutex::new(write)));
        let rehearsed = b"220 ready\r\n250 ready\r\n";
        let adapter = Self { peer: wire.peer, read, sender: sender.clone(), rehearsed, swallows: true, lines: ReplyLines::default() };
        (adapter, sender)
    }
}

impl AsyncRead for Adapter {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.rehearsed.is_empty() {
            let length = self.rehearsed.len().min(buffer.remaining());
            buffer.put_slice(&self.rehearsed[..length]);
            self.rehearsed = &self.rehearsed[length..];
            return Poll::Ready(Ok(()));
        }
        loop {
            let lines = self.lines.take(buffer.remaining());
            if !lines.is_empty() {
                buffer.put_slice(&lines);
                return Poll::Ready(Ok(()));
            }
            let mut block = [0; 2048];
            let mut block = ReadBuf::new(&mut block);
            ready!(Pin::new(&mut self.read).poll_read(cx, &mut block))?;
            if block.filled().is_empty() {
                // Said as a lost connection: lettre would call half a reply at the end a broken one.
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection")));
            }
            self.lines.add(block.filled())?;
        }
    }
}

impl AsyncWrite for Adapter {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.swallows) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.lines.written();
        Pin::new(&mut self.sender).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.sender).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.sender).poll_shutdown(cx)
    }
}

impl Sender {
    fn with<T>(&self, act: impl FnOnce(Pin<&mut WriteHalf<Box<dyn Stream>>>) -> T) -> T {
        act(Pin::new(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl AsyncWrite for Sender {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|write| write.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|write| write.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|write| write.poll_shutdown(cx))
    }
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Adapter {
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::smarthost::sign_in::tests::config;

    #[tokio::test]
    async fn commands_do_not_wait_for_what_follows_them() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = config();
        config.timeouts.connect = std::time::Duration::from_secs(60);
        let Ok((stream, peer)) = connect(&config, &[address]).await else { panic!("not connected") };
        assert_eq!(peer, address);
        assert!(stream.nodelay().unwrap());
    }
}
