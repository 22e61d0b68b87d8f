//! One connection: feeds its session and performs the steps.

use super::caps::Full;
use super::handshake::{self, Failure};
use super::pace::Pace;
use super::proxy::{self, Origin};
use super::{Hall, Plate, Setup, Terms, reading, replies};
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
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

/// For the other side to hear that it is over.
const GOODBYE: Duration = Duration::from_secs(2);
/// Replies are gathered up to here before they are written.
const GATHERED: usize = 16 * 1024;

pub async fn serve(mut stream: TcpStream, peer: SocketAddr, plate: Arc<Plate>, hall: Arc<Hall>) {
    // Replies are small and waited for: without this each may be held back for the other side's delayed ACK.
    let _ = stream.set_nodelay(true);
    let setup = hall.setup.borrow().clone();
    let (limits, listener) = (&setup.config.limits, plate.listener());
    let mut client = peer.ip().to_canonical();
    let mut place = match hall.caps.enter(limits.into()) {
        Ok(place) => place,
        Err(full) => return turn_away(stream, client, listener.encryption, full, &hall).await,
    };
    if listener.proxies.iter().any(|balancers| balancers.contains(client)) {
        match tokio::time::timeout(limits.tls, proxy::read(&mut stream)).await {
            Ok(Ok(Origin::Client(behind))) => client = behind,
            Ok(Ok(Origin::Balancer)) => {}
            Ok(Err(error)) => return hall.refused(client, RefusedWhy::Other, error.to_string()),
            Err(_) => {
                return hall.refused(client, RefusedWhy::Other, proxy::HeaderError::Lost(std::io::ErrorKind::TimedOut.into()).to_string());
            }
        }
    }
    if let Err(full) = place.claim(client, limits.into()) {
        return turn_away(stream, client, listener.encryption, full, &hall).await;
    }
    let _counted = Counted::new(Arc::clone(&hall.board), Arc::clone(&hall.clock));
    tracing::debug!(%client, "Connection opened");
    let pace = Pace::from_now(limits);
    let mut visit = Visit { hall, plate, client, setup: Arc::clone(&setup), pace, incoming: None };
    match listener.encryption {
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
async fn turn_away(mut stream: TcpStream, client: IpAddr, encryption: ListenerEncryption, full: Full, hall: &Hall) {
    let reply = match full {
        Full::InAll => replies::too_many_connections(),
        Full::Client => replies::too_many_from(&client.to_string()),
        Full::Subnet(subnet) => replies::too_many_from(&subnet.to_string()),
    };
    if encryption != ListenerEncryption::Implicit {
        let _ = tokio::time::timeout(GOODBYE, stream.write_all(reply.to_wire().as_bytes())).await;
    }
    let why = RefusedWhy::TooManyConnections;
    hall.note_refusal(client, "", &Refused { why, sender: String::new(), recipient: String::new(), reply });
}

/// Where the pump stopped.
enum After {
    StartTls,
    Over,
}

struct Visit {
    hall: Arc<Hall>,
    plate: Arc<Plate>,
    client: IpAddr,
    setup: Arc<Setup>,
    pace: Pace,
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
        Session::new(Arc::clone(self.setup.rules(&self.plate.listener())), SessionPeer { address: self.client, tls })
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
    async fn shake_hands(&self, stream: TcpStream) -> Option<(TlsStream<TcpStream>, String)> {
        let Some(tls) = self.plate.listener().tls.clone() else {
            self.hall.refused(self.client, RefusedWhy::TlsFailed, "there is no certificate here that could be used".to_owned());
            return None;
        };
        match handshake::shake_hands(stream, self.client, tls, self.setup.config.limits.tls).await {
            Ok(encrypted) => Some(encrypted),
            Err(Failure::NothingSaid) => {
                tracing::debug!(client = %self.client, "A device hung up instead of starting TLS");
                None
            }
            Err(Failure::Told(why)) => {
                self.hall.refused(self.client, RefusedWhy::TlsFailed, why);
                None
            }
        }
    }

    /// Reads, feeds, performs, writes; until the session ends or asks for TLS.
    async fn pump<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, session: &mut Session) -> After {
        let mut setup = self.hall.setup.clone();
        let mut output = Vec::new();
        let mut stopping = false;
        self.pace.renew(session, &self.setup.config.limits);
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
                // Who asks much and reads nothing waits for himself.
                if output.len() >= GATHERED && !self.write(stream, &mut output).await {
                    return self.gone(session);
                }
            }
            if !self.write(stream, &mut output).await || !session.wants_input() {
                return self.gone(session);
            }
            self.pace.worked_off(progress, session, &self.setup.config.limits);
            // What ends a session comes first: a client that never stops sending must not keep it from being seen.
            tokio::select! {
                biased;
                () = self.hall.stop.cancelled(), if !stopping => {
                    stopping = true;
                    session.shutting_down();
                }
                () = self.pace.is_over() => self.pace.end(session),
                changed = setup.changed(), if !stopping => if changed.is_ok() {
                    self.take_up(&mut setup, session);
                } else {
                    stopping = true;
                    session.shutting_down();
                },
                read = reading::read(stream, |bytes| {
                    session.set_disk_full(self.hall.disk_is_full());
                    session.set_allowance(self.hall.admit.allowance(&self.setup.config, self.client, self.hall.clock.now()));
                    session.feed(bytes);
                }) => match read {
                    Ok(0) | Err(_) => return self.gone(session),
                    Ok(length) => self.pace.arrived(length),
                },
            }
        }
    }

    /// The client is: what was not complete is forgotten.
    fn gone(&mut self, session: &mut Session) -> After {
        session.hung_up();
        while session.next_step().is_some() {}
        self.incoming = None;
        After::Over
    }

    fn take_up(&mut self, setup: &mut watch::Receiver<Arc<Setup>>, session: &mut Session) {
        self.setup = setup.borrow_and_update().clone();
        session.set_rules(Arc::clone(self.setup.rules(&self.plate.listener())));
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
        let Incoming { id, mut envelope, check, mut repair, mut content } = incoming;
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
        if let Some(archive) = self.setup.config.policy.archive(peer.address) {
            envelope.add_copy(archive);
        }
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
        let written = tokio::time::timeout_at(self.pace.to_write(&self.setup.config.limits), async {
            stream.write_all(output).await?;
            stream.flush().await
        })
        .await;
        // Emptied and small again: it may be kept for hours.
        *output = Vec::new();
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
        StoreError::Damaged(_)
        | StoreError::Newer { .. }
        | StoreError::Locked(_)
        | StoreError::Database(_)
        | StoreError::File { .. }
        | StoreError::Crashed => Kept::Failed,
    }
}

/// Says goodbye on the transport. What still comes is thrown away unread: closing before would make the system
/// answer it with a reset, which takes our last reply from a client that has not read it yet.
async fn end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let _ = tokio::time::timeout(GOODBYE, async {
        stream.shutdown().await?;
        while reading::read(&mut stream, |_| {}).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
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

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
