//! One connection: feeds its session and performs the steps.

use super::{Hall, Setup, Terms, replies};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::ListenerEncryption;
use crate::mail::repair::{Facts, Repair};
use crate::mail::trace::received_line;
use crate::mail::{Content, Envelope, Kind, MessageId, Peer, Submission, Summary};
use crate::policy::content::ContentCheck;
use crate::session::{Kept, Refused, RefusedWhy, Session, SessionPeer, Step, Verified};
use crate::store::{ContentWriter, StoreError};
use bytes::Bytes;
use jiff::Timestamp;
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
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
    let reply = replies::too_many_connections();
    let why = RefusedWhy::TooManyConnections;
    hall.note_refusal(client, "", &Refused { why, sender: String::new(), recipient: String::new(), reply: reply.clone() });
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
    repair: Repair,
    content: ContentWriter,
    check: ContentCheck,
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
                        // What is in force when a command comes decides about it, although its bytes are here first.
                        if setup.has_changed().unwrap_or(false) {
                            self.take_up(&mut setup, session);
                        }
                        session.set_disk_full(self.hall.disk_is_full());
                        session.set_allowance(self.hall.admit.allowance(&self.setup.config, self.client, self.hall.clock.now()));
                        session.feed(&buffer[..length]);
                    }
                },
                () = tokio::time::sleep_until(deadline) => session.timed_out(),
                () = self.hall.stop.cancelled(), if !stopping => {
                    stopping = true;
                    session.shutting_down();
                }
                changed = setup.changed(), if !stopping => if changed.is_ok() {
                    self.take_up(&mut setup, session);
                } else {
                    stopping = true;
                    session.shutting_down();
                },
            }
        }
    }

    fn take_up(&mut self, setup: &mut watch::Receiver<Arc<Setup>>, session: &mut Session) {
        self.setup = setup.borrow_and_update().clone();
        session.set_rules(Arc::clone(self.setup.rules(self.encryption)));
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
            Step::Verify { user, password } => self.verify(user, password, session).await,
            Step::Open(envelope) => self.open(envelope, session).await,
            Step::Content(piece) => self.take_in(piece, session).await,
            Step::Submit(summary) => self.submit(summary, session).await,
            Step::Discard => self.incoming = None,
            Step::Refused(refused) => self.hall.note_refusal(self.client, &session.peer().name, &refused),
            Step::Close => return Performed::Close,
        }
        Performed::GoOn
    }

    async fn verify(&mut self, user: String, password: SecretString, session: &mut Session) {
        let asked = self.hall.verify.verify(self.client, user, password);
        // Whoever looks at passwords may take its time with those who guess, but not for ever.
        let verified = tokio::time::timeout(self.setup.config.limits.command, asked).await.unwrap_or(Verified::NotNow);
        session.verified(verified);
    }

    async fn open(&mut self, envelope: Envelope, session: &mut Session) {
        let now = self.hall.clock.now();
        let id = MessageId::at(now);
        let trace = received_line(&session.peer(), &envelope, &self.setup.config.host_name, id, now);
        let facts = Facts { id, host_name: self.setup.config.host_name.clone(), reverse_path: envelope.reverse_path.clone(), now };
        let (content, check) = (self.hall.store.content_writer(id), ContentCheck::new(&self.setup.config.content));
        self.incoming = Some(Incoming { id, envelope, check, repair: Repair::new(facts), content });
        self.write_down(&trace, session).await;
    }

    /// A piece of what the client sends: looked at as it came, completed, kept.
    async fn take_in(&mut self, piece: Bytes, session: &mut Session) {
        let Some(incoming) = self.incoming.as_mut() else { return };
        match incoming.check.pass(piece) {
            Ok(piece) => {
                let repaired = incoming.repair.pass(&piece);
                self.write_down(&repaired, session).await;
            }
            Err(refusal) => {
                self.incoming = None;
                session.kept(Kept::Refused(refusal));
            }
        }
    }

    async fn write_down(&mut self, octets: &[u8], session: &mut Session) {
        let Some(incoming) = self.incoming.as_mut() else { return };
        if let Err(error) = incoming.content.write(octets).await {
            self.incoming = None;
            session.kept(verdict(&error));
        }
    }

    async fn submit(&mut self, summary: Summary, session: &mut Session) {
        let Some(incoming) = self.incoming.take() else { return session.kept(Kept::Failed) };
        let kept = self.keep(incoming, summary, session.peer()).await;
        session.kept(kept);
    }

    async fn keep(&self, incoming: Incoming, mut summary: Summary, peer: Peer) -> Kept {
        let Incoming { id, envelope, check, mut repair, mut content } = incoming;
        let checked = match check.finish() {
            Ok(checked) => checked,
            Err(refusal) => return Kept::Refused(refusal),
        };
        let rest = [repair.pass(&checked.rest).into_owned(), repair.finish()].concat();
        if let Err(error) = content.write(&rest).await {
            return verdict(&error);
        }
        summary.add(repair.added());
        let content = match content.finish().await {
            Ok(content) => content,
            Err(error) => return verdict(&error),
        };
        let accepted_at = self.hall.clock.now();
        let (size, recipients) = (content.size(), envelope.forward_paths.len());
        let Terms { priority, held } = match self.hall.admit.take(&self.setup.config, &peer, recipients, checked.held, accepted_at) {
            Ok(terms) => terms,
            Err(refusal) => {
                discard(content);
                return Kept::Refused(refusal);
            }
        };
        let is_held = held.is_some();
        let submission = Submission { id, kind: Kind::Mail, peer: Some(peer), envelope, content, summary, accepted_at, priority, held };
        match self.hall.store.keep(submission).await {
            Ok(()) => {
                tracing::info!(message_id = %id, recipients, size, held = is_held, "Accepted a message");
                Kept::Safe(id)
            }
            Err(error) => verdict(&error),
        }
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

/// A content that was finished and is not kept all the same.
fn discard(content: Content) {
    if let Content::File { path, .. } = content {
        // What cannot be removed now is removed at the next start.
        let _ = std::fs::remove_file(path);
    }
}

fn verdict(error: &StoreError) -> Kept {
    tracing::warn!(error = error.chain(), "Could not keep a message; its client was told to try again");
    match error {
        StoreError::Full => Kept::DiskFull,
        StoreError::Stopped => Kept::Stopping,
        StoreError::Damaged(_) | StoreError::Newer { .. } | StoreError::Database(_) | StoreError::File { .. } => Kept::Failed,
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
