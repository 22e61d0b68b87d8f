//! One connection: feeds its session and performs the steps.

use super::{Hall, Setup};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::ListenerEncryption;
use crate::mail::trace::received_line;
use crate::mail::{Envelope, Kind, MessageId, Reply, Severity, Submission, Summary};
use crate::session::{Kept, Refused, RefusedWhy, Session, SessionPeer, Step};
use crate::store::{ContentWriter, StoreError};
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Read at a time. A thousand idle connections hold a thousand of these.
const READ: usize = 16 * 1024;

pub async fn serve(stream: TcpStream, peer: SocketAddr, encryption: ListenerEncryption, hall: Arc<Hall>) {
    // Replies are small and waited for: without this each may be held back for the other side's delayed ACK.
    let _ = stream.set_nodelay(true);
    let client = peer.ip().to_canonical();
    let setup = hall.setup.borrow().clone();
    let limits = &setup.config.limits;
    let Some(_place) = hall.caps.take(client, limits.connections, limits.connections_per_client) else {
        return turn_away(stream, client, encryption, &hall).await;
    };
    let _counted = Counted::new(Arc::clone(&hall.board), Arc::clone(&hall.clock));
    tracing::debug!(%client, "Connection opened");
    let mut visit = Visit { hall, encryption, client, setup, incoming: None };
    match encryption {
        ListenerEncryption::Implicit => {
            if let Some((mut stream, tls)) = visit.shake_hands(stream).await {
                let session = visit.session(Some(tls));
                visit.pump(&mut stream, &mut Box::new(session)).await;
                end(stream).await;
            }
        }
        ListenerEncryption::Starttls | ListenerEncryption::Plain => visit.plain(stream).await,
    }
    tracing::debug!(%client, "Connection closed");
}

/// Over the limits: one line, unless the client waits for TLS and could not read it.
async fn turn_away(mut stream: TcpStream, client: IpAddr, encryption: ListenerEncryption, hall: &Hall) {
    let reply = Reply::new(Severity::Transient, 21, 7, 0, "too many connections, try again later");
    let why = RefusedWhy::TooManyConnections;
    let now = hall.clock.now();
    hall.board.refused(client, "", &Refused { why, sender: String::new(), recipient: String::new(), reply: reply.clone() }, now);
    hall.store.count_refusal(now);
    if encryption != ListenerEncryption::Implicit {
        let _ = tokio::time::timeout(Duration::from_secs(2), stream.write_all(reply.to_wire().as_bytes())).await;
    }
}

/// Where the pump stopped.
enum After {
    StartTls,
    Over,
}

struct Visit {
    hall: Arc<Hall>,
    encryption: ListenerEncryption,
    client: IpAddr,
    setup: Arc<Setup>,
    /// The content on its way in.
    incoming: Option<Incoming>,
}

struct Incoming {
    id: MessageId,
    envelope: Envelope,
    content: ContentWriter,
}

impl Visit {
    fn session(&self, tls: Option<String>) -> Session {
        Session::new(Arc::clone(self.setup.rules(self.encryption)), SessionPeer { address: self.client, tls })
    }

    async fn plain(&mut self, mut stream: TcpStream) {
        let mut session = Box::new(self.session(None));
        match self.pump(&mut stream, &mut session).await {
            After::Over => end(stream).await,
            After::StartTls => {
                if let Some((mut stream, tls)) = self.shake_hands(stream).await {
                    session.tls_started(tls);
                    self.pump(&mut stream, &mut session).await;
                    end(stream).await;
                }
            }
        }
    }

    /// The TLS handshake, within its own time.
    async fn shake_hands(&self, stream: TcpStream) -> Option<(tokio_rustls::server::TlsStream<TcpStream>, String)> {
        let tls = self.setup.config.tls.clone()?;
        match tokio::time::timeout(self.setup.config.limits.tls, TlsAcceptor::from(tls).accept(stream)).await {
            Ok(Ok(stream)) => {
                let version = stream.get_ref().1.protocol_version().map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}"));
                Some((stream, version.replace('_', ".")))
            }
            Ok(Err(error)) => {
                tracing::info!(client = %self.client, %error, "A device could not agree on encryption");
                None
            }
            Err(_) => {
                tracing::info!(client = %self.client, "A TLS handshake took too long");
                None
            }
        }
    }

    /// Reads, feeds, performs, writes; until the session ends or asks for TLS.
    async fn pump<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, session: &mut Session) -> After {
        let mut setup = self.hall.setup.clone();
        let mut buffer = vec![0; READ];
        let mut output = Vec::new();
        let mut deadline = self.deadline(session);
        let mut stopping = false;
        loop {
            let mut progress = false;
            while let Some(step) = session.next_step() {
                progress = true;
                match self.perform(step, session, &mut output).await {
                    Performed::GoOn => {}
                    Performed::StartTls => {
                        return if self.write(stream, &mut output).await { After::StartTls } else { After::Over };
                    }
                    Performed::Close => {
                        self.write(stream, &mut output).await;
                        return After::Over;
                    }
                }
            }
            if !self.write(stream, &mut output).await || !session.wants_input() {
                session.hung_up();
                while session.next_step().is_some() {}
                return After::Over;
            }
            // Half a command does not buy more time: that is how slow clients would hold a place for ever.
            if progress || session.is_receiving() {
                deadline = self.deadline(session);
            }
            tokio::select! {
                biased;
                read = stream.read(&mut buffer) => match read {
                    Ok(0) | Err(_) => {
                        session.hung_up();
                        self.incoming = None;
                        return After::Over;
                    }
                    Ok(length) => {
                        session.set_disk_full(self.hall.disk_is_full());
                        session.feed(&buffer[..length]);
                    }
                },
                () = tokio::time::sleep_until(deadline) => session.timed_out(),
                () = self.hall.stop.cancelled(), if !stopping => {
                    stopping = true;
                    session.shutting_down();
                }
                changed = setup.changed(), if !stopping => if changed.is_ok() {
                    self.setup = setup.borrow_and_update().clone();
                    session.set_rules(Arc::clone(self.setup.rules(self.encryption)));
                } else {
                    stopping = true;
                    session.shutting_down();
                },
            }
        }
    }

    fn deadline(&self, session: &Session) -> tokio::time::Instant {
        let limits = &self.setup.config.limits;
        // tokio's clock: a time-out counts waiting, not the time of day.
        let now = crate::clock::waiting_now();
        now + if session.is_receiving() || session.buffered() > 0 { limits.command } else { limits.idle }
    }

    async fn perform(&mut self, step: Step, session: &mut Session, output: &mut Vec<u8>) -> Performed {
        match step {
            Step::Reply(reply) => output.extend_from_slice(reply.to_wire().as_bytes()),
            Step::StartTls => return Performed::StartTls,
            Step::Open(envelope) => self.open(envelope, session).await,
            Step::Content(piece) => self.take_in(&piece, session).await,
            Step::Submit(summary) => self.submit(summary, session).await,
            Step::Discard => self.incoming = None,
            Step::Refused(refused) => {
                let now = self.hall.clock.now();
                tracing::info!(client = %self.client, why = ?refused.why, code = refused.reply.code(), "Refused a client");
                tracing::debug!(client = %self.client, reply = %refused.reply, "It was told");
                self.hall.board.refused(self.client, &session.peer().name, &refused, now);
                self.hall.store.count_refusal(now);
            }
            Step::Close => return Performed::Close,
        }
        Performed::GoOn
    }

    async fn open(&mut self, envelope: Envelope, session: &mut Session) {
        let now = self.hall.clock.now();
        let id = MessageId::at(now);
        let only = match envelope.forward_paths.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let trace = received_line(&session.peer(), &self.setup.config.host_name, id, only, now);
        self.incoming = Some(Incoming { id, envelope, content: self.hall.store.content_writer(id) });
        self.take_in(&trace, session).await;
    }

    async fn take_in(&mut self, piece: &[u8], session: &mut Session) {
        let Some(incoming) = self.incoming.as_mut() else { return };
        if let Err(error) = incoming.content.write(piece).await {
            self.incoming = None;
            session.kept(verdict(&error));
        }
    }

    async fn submit(&mut self, summary: Summary, session: &mut Session) {
        let Some(Incoming { id, envelope, content }) = self.incoming.take() else {
            return session.kept(Kept::Failed);
        };
        let kept = match content.finish().await {
            Ok(content) => {
                let accepted_at = self.hall.clock.now();
                let (size, recipients) = (content.size(), envelope.forward_paths.len());
                let submission = Submission { id, kind: Kind::Mail, peer: Some(session.peer()), envelope, content, summary, accepted_at };
                let kept = self.hall.store.keep(submission).await;
                if kept.is_ok() {
                    tracing::info!(message_id = %id, recipients, size, "Accepted a message");
                }
                kept
            }
            Err(error) => Err(error),
        };
        session.kept(match kept {
            Ok(()) => Kept::Safe(id),
            Err(error) => verdict(&error),
        });
    }

    /// False when the client does not take it.
    async fn write<S: AsyncWrite + Unpin>(&self, stream: &mut S, output: &mut Vec<u8>) -> bool {
        if output.is_empty() {
            return true;
        }
        let written = tokio::time::timeout(self.setup.config.limits.command, async {
            stream.write_all(output).await?;
            stream.flush().await
        })
        .await;
        output.clear();
        matches!(written, Ok(Ok(())))
    }
}

enum Performed {
    GoOn,
    StartTls,
    Close,
}

fn verdict(error: &StoreError) -> Kept {
    tracing::warn!(error = error.chain(), "Could not keep a message; its client was told to try again");
    match error {
        StoreError::Full => Kept::DiskFull,
        StoreError::Stopped => Kept::Stopping,
        StoreError::Damaged(_)
        | StoreError::Newer { .. }
        | StoreError::Locked(_)
        | StoreError::Database(_)
        | StoreError::File { .. }
        | StoreError::Crashed => Kept::Failed,
    }
}

/// Says goodbye on the transport, so that the client reads our last reply before the connection is gone.
async fn end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let _ = tokio::time::timeout(Duration::from_secs(2), stream.shutdown()).await;
}

/// A session in the counters for as long as it lives.
struct Counted(Arc<Board>, Arc<dyn Clock>);

impl Counted {
    fn new(board: Arc<Board>, clock: Arc<dyn Clock>) -> Self {
        board.count_sessions(1, clock.now());
        Self(board, clock)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let now: Timestamp = self.1.now();
        self.0.count_sessions(-1, now);
    }
}
