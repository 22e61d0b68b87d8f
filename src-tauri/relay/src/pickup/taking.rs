//! One file on its way into the store.

use super::bad::Bad;
use super::folder::{self, Candidate, Opened};
use super::letter::{self, Letter};
use super::{Collector, Order, blocking};
use crate::mail::repair::{Facts, Repair};
use crate::mail::trace::{HeaderScan, received_from_pickup};
use crate::mail::{Body, Content, Envelope, Kind, MessageId, Priority, Submission};
use crate::policy::content::{Checked, ContentCheck};
use crate::session::LineMender;
use crate::store::StoreError;
use bytes::{Bytes, BytesMut};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// Read at a time.
const PIECE: usize = 64 * 1024;
/// No header is longer.
const LONGEST_HEADER: usize = 1024 * 1024;

pub enum Taken {
    /// The file is not there any more, whatever became of it.
    Gone,
    /// It is to be looked at again.
    Later,
}

/// Why it was not.
enum Refused {
    Bad(Bad),
    Trouble(io::Error),
    Store(StoreError),
}

impl From<Bad> for Refused {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Trouble(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Collector {
    pub(super) async fn take(&self, order: &Order, candidate: &Candidate) -> Result<Taken, String> {
        let path = order.pickup.folder.join(&candidate.name);
        if let Some(id) = candidate.claimed()
            && self.store.story(id).await.map_err(|error| error.chain())?.is_some()
        {
            // It was kept, and the engine ended before it could remove the file.
            return self.remove(path).await.map(|()| Taken::Gone);
        }
        let opening = path.clone();
        let file = match blocking(move || folder::open(&opening)).await {
            Ok(Opened::File(file)) => file,
            Ok(Opened::Busy) => {
                tracing::debug!(file = %path.display(), "Another program has it open; it is looked at again");
                return Ok(Taken::Later);
            }
            Ok(Opened::Nothing) => return Ok(Taken::Gone),
            Err(error) => return Err(error.to_string()),
        };
        // Closed again when this ends: Windows removes no open file.
        match self.keep(order, candidate, file).await {
            Ok(claimed) => self.remove(claimed).await.map(|()| Taken::Gone),
            Err(Refused::Bad(bad)) => self.set_aside(order, candidate, bad).await.map(|()| Taken::Gone),
            Err(Refused::Trouble(error)) => Err(error.to_string()),
            // The engine tells of its store itself.
            Err(Refused::Store(error)) => {
                tracing::warn!(error = error.chain(), file = %path.display(), "Could not keep a message; its file stays where it is");
                Ok(Taken::Later)
            }
        }
    }

    /// Gives what the file is called now.
    async fn keep(&self, order: &Order, candidate: &Candidate, file: File) -> Result<PathBuf, Refused> {
        let now = self.clock.now();
        let id = candidate.claimed().unwrap_or_else(|| MessageId::at(now));
        let mut text = Text::of(file);
        let Letter { reverse_path, forward_paths, header } = letter::read(&text.header().await?, order.recipients)?;
        let mut repair = Repair::new(Facts { id, host_name: order.host_name.clone(), reverse_path: reverse_path.clone(), now });
        let mut envelope = Envelope::new(reverse_path, forward_paths);
        let mut content = self.store.content_writer(id);
        content.write(&received_from_pickup(&envelope, &order.host_name, id, now)).await?;
        let mut scan = HeaderScan::default();
        let mut check = ContentCheck::new(&order.content);
        let mut octets = 0;
        let mut piece = Bytes::from(header);
        loop {
            octets += piece.len() as u64;
            if octets > order.message_bytes {
                return Err(Bad::TooLarge(order.message_bytes).into());
            }
            scan.see(&piece);
            if scan.hops() > order.hops {
                return Err(Bad::Loop(order.hops).into());
            }
            let passed = check.pass(piece).map_err(Bad::from)?;
            content.write(&repair.pass(&passed)).await?;
            piece = match text.next().await? {
                Some(piece) => piece,
                None => break,
            };
        }
        let Checked { rest, held } = check.finish().map_err(Bad::from)?;
        content.write(&repair.pass(&rest)).await?;
        content.write(&repair.finish()).await?;
        let content = content.finish().await?;
        let mut summary = scan.finish();
        summary.add(repair.added());
        if summary.eight_bit {
            envelope.body = Body::EightBitMime;
        }
        let (size, recipients) = (content.size(), envelope.forward_paths.len());
        let claimed = match self.claim(order, candidate, id).await {
            Ok(claimed) => claimed,
            Err(error) => {
                discard(content);
                return Err(error.into());
            }
        };
        let submission =
            Submission { id, kind: Kind::Mail, peer: None, envelope, content, summary, accepted_at: now, priority: Priority::Normal, held };
        self.store.keep(submission).await?;
        tracing::info!(message_id = %id, recipients, size, file = %candidate.name.display(), "Accepted a message from the pickup folder");
        Ok(claimed)
    }

    async fn claim(&self, order: &Order, candidate: &Candidate, id: MessageId) -> io::Result<PathBuf> {
        let (folder, name) = (order.pickup.folder.clone(), candidate.name.clone());
        if candidate.claimed().is_some() {
            return Ok(folder.join(name));
        }
        blocking(move || folder::claim(&folder, &name, id)).await
    }

    async fn remove(&self, path: PathBuf) -> Result<(), String> {
        blocking(move || std::fs::remove_file(path)).await.map_err(|error| format!("it cannot be removed: {error}"))
    }

    async fn set_aside(&self, order: &Order, candidate: &Candidate, bad: Bad) -> Result<(), String> {
        let now = self.clock.now();
        self.store.count_refusal(now);
        tracing::warn!(file = %candidate.name.display(), why = %bad, "A file in the pickup folder is no message that can be taken");
        let (pickup, name) = (order.pickup.clone(), candidate.name.clone());
        let moved = blocking(move || folder::set_aside(&pickup, &name, &bad, now)).await;
        moved.map(drop).map_err(|error| format!("it cannot be moved to {}: {error}", order.pickup.bad_folder.display()))
    }
}

/// A content that nobody will keep.
fn discard(content: Content) {
    match content {
        Content::Memory(_) => {}
        Content::File { path, .. } => {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "Could not remove a content file");
            }
        }
    }
}

/// A file's text, line ends mended, piece by piece.
struct Text {
    /// Shared with the thread that reads, and open to the end: so nobody else can open it meanwhile.
    file: Arc<File>,
    at_end: bool,
    input: BytesMut,
    mender: Option<LineMender>,
    /// Read with the header, and not part of it.
    ahead: Bytes,
}

impl Text {
    fn of(file: File) -> Self {
        Self { file: Arc::new(file), at_end: false, input: BytesMut::new(), mender: Some(LineMender::default()), ahead: Bytes::new() }
    }

    /// The header section, without the empty line behind it.
    async fn header(&mut self) -> Result<Bytes, Refused> {
        let mut read = BytesMut::new();
        loop {
            let Some(piece) = self.piece().await? else {
                return if read.is_empty() { Err(Bad::Empty.into()) } else { Ok(read.freeze()) };
            };
            if read.is_empty() && (piece.starts_with(b"\xff\xfe") || piece.starts_with(b"\xfe\xff")) {
                return Err(Bad::Utf16.into());
            }
            let from = read.len().saturating_sub(3);
            read.extend_from_slice(&piece);
            let end = if read.starts_with(b"\r\n") {
                Some(0)
            } else {
                read[from..].windows(4).position(|window| window == b"\r\n\r\n").map(|at| from + at + 2)
            };
            if let Some(end) = end {
                let header = read.split_to(end).freeze();
                self.ahead = read.freeze();
                return Ok(header);
            }
            if read.len() > LONGEST_HEADER {
                return Err(Bad::EndlessHeader(LONGEST_HEADER).into());
            }
        }
    }

    /// What follows: the empty line, the body.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.ahead.is_empty() { self.piece().await } else { Ok(Some(std::mem::take(&mut self.ahead))) }
    }

    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let Some(mender) = self.mender.as_mut() else { return Ok(None) };
            if let Some(piece) = mender.next(&mut self.input) {
                return Ok(Some(piece));
            }
            if self.at_end {
                return Ok(self.mender.take().and_then(LineMender::finish));
            }
            let (file, mut buffer) = (Arc::clone(&self.file), std::mem::take(&mut self.input));
            self.input = blocking(move || {
                buffer.resize(PIECE, 0);
                let read = (&*file).read(&mut buffer)?;
                buffer.truncate(read);
                Ok(buffer)
            })
            .await?;
            self.at_end = self.input.is_empty();
        }
    }
}
