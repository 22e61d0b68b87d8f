//! The content on its way out: in blocks, dots doubled (RFC 5321 §4.5.2), ended by CRLF.CRLF.
//!
//! Memory does not grow with the message. The shelf keeps content with CRLF line ends only. A header that is changed
//! (see `shape`) is in memory, and what it stands in place of is passed over.

use super::downgrade::{Converter, Plan, Survey};
use super::footer::{Footer, Footing};
use super::shape::{Head, Shape};
use crate::mail::Content;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWrite, AsyncWriteExt};

const BLOCK: usize = 64 * 1024;

/// Writes it all and flushes. Each block has its own time; [`io::ErrorKind::TimedOut`] when one took longer.
pub async fn send<W: AsyncWrite + Unpin>(content: &Content, shape: &Shape, to: &mut W, block_time: Duration) -> io::Result<()> {
    let mut stuffing = Stuffing::default();
    let mut block = Vec::with_capacity(content.size().min(BLOCK as u64) as usize + 64 + shape.signatures.len());
    stuffing.add(&shape.signatures, &mut block);
    let mut pieces = Shaped::of(content, shape.head.as_ref(), shape.footer.clone(), shape.plan.clone()).await?;
    while let Some(piece) = pieces.next().await? {
        stuffing.add(&piece, &mut block);
        if block.len() >= BLOCK {
            write(to, &mut block, block_time).await?;
        }
    }
    stuffing.end(&mut block);
    write(to, &mut block, block_time).await?;
    tokio::time::timeout(block_time, to.flush()).await.map_err(|_| io::ErrorKind::TimedOut)?
}

/// Which parts must be changed for a server that takes seven bits only.
pub async fn survey(content: &Content, head: Option<&Head>, footer: Option<Arc<Footer>>) -> io::Result<Plan> {
    let mut survey = Survey::default();
    let mut pieces = Shaped::of(content, head, footer, None).await?;
    while let Some(piece) = pieces.next().await? {
        survey.see(&piece);
    }
    Ok(survey.finish())
}

/// The header section, without the empty line that ends it. None: it is longer than `most`.
pub async fn header(content: &Content, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::new();
    let mut pieces = Pieces::of(content, None).await?;
    while let Some(piece) = pieces.next().await? {
        let looked = header.len().saturating_sub(3);
        header.extend_from_slice(piece);
        if header.starts_with(b"\r\n") {
            return Ok(Some(Vec::new()));
        }
        if let Some(end) = header[looked..].windows(4).position(|octets| octets == b"\r\n\r\n") {
            header.truncate(looked + end + 2);
            return Ok((header.len() <= most).then_some(header));
        }
        if header.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(header))
}

/// A content as it goes out, but for its dots: with another header, a footer, and in seven bits where it has to be.
pub(super) struct Shaped<'a> {
    pieces: Pieces<'a>,
    footing: Option<Footing>,
    converter: Option<Converter>,
}

impl<'a> Shaped<'a> {
    pub(super) async fn of(
        content: &'a Content,
        head: Option<&'a Head>,
        footer: Option<Arc<Footer>>,
        plan: Option<Plan>,
    ) -> io::Result<Self> {
        Ok(Self { pieces: Pieces::of(content, head).await?, footing: footer.map(Footing::new), converter: plan.map(Converter::new) })
    }

    pub(super) async fn next(&mut self) -> io::Result<Option<Cow<'_, [u8]>>> {
        let piece = match (self.pieces.next().await?, &mut self.footing) {
            (Some(piece), Some(footing)) => Some(Cow::Owned(footing.convert(piece))),
            (Some(piece), None) => Some(Cow::Borrowed(piece)),
            (None, footing) => footing.take().map(|footing| Cow::Owned(footing.finish())),
        };
        match (piece, &mut self.converter) {
            (Some(piece), Some(converter)) => Ok(Some(Cow::Owned(converter.convert(&piece)))),
            (Some(piece), None) => Ok(Some(piece)),
            (None, converter) => Ok(converter.take().map(|converter| Cow::Owned(converter.finish()))),
        }
    }
}

/// A content, piece by piece, wherever it is; its new header first, if it has one.
struct Pieces<'a> {
    head: Option<&'a [u8]>,
    place: Place<'a>,
}

enum Place<'a> {
    Memory(&'a [u8]),
    File { file: tokio::fs::File, left: u64, buffer: Vec<u8> },
}

impl<'a> Pieces<'a> {
    async fn of(content: &'a Content, head: Option<&'a Head>) -> io::Result<Self> {
        let passed_over = head.map_or(0, |head| head.instead_of);
        let place = match content {
            Content::Memory(bytes) => Place::Memory(bytes.get(passed_over..).unwrap_or_default()),
            Content::File { path, size } => {
                let mut file = tokio::fs::File::open(path).await?;
                let start = file.seek(io::SeekFrom::Start(passed_over as u64)).await?;
                Place::File { file, left: size.saturating_sub(start), buffer: vec![0; BLOCK] }
            }
        };
        Ok(Self { head: head.map(|head| head.octets.as_slice()), place })
    }

    async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        match &mut self.place {
            Place::Memory(rest) => {
                let (piece, later) = rest.split_at(rest.len().min(BLOCK));
                *rest = later;
                Ok((!piece.is_empty()).then_some(piece))
            }
            Place::File { left: 0, .. } => Ok(None),
            Place::File { file, left, buffer } => {
                let length = file.read(buffer).await?;
                if length == 0 {
                    // Half a message must not be ended as if it were whole: the connection is dropped instead.
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the content is shorter than it was"));
                }
                *left = left.saturating_sub(length as u64);
                Ok(Some(&buffer[..length]))
            }
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(to: &mut W, block: &mut Vec<u8>, block_time: Duration) -> io::Result<()> {
    tokio::time::timeout(block_time, to.write_all(block)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    block.clear();
    Ok(())
}

/// Where in a line we are, over the borders of pieces.
struct Stuffing {
    line_start: bool,
}

impl Default for Stuffing {
    fn default() -> Self {
        Self { line_start: true }
    }
}

impl Stuffing {
    fn add(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            if self.line_start && piece[0] == b'.' {
                out.push(b'.');
            }
            // Dots matter only behind a line end: everything up to the next one is copied as it is.
            let end = piece.iter().position(|byte| *byte == b'\n').map_or(piece.len(), |at| at + 1);
            out.extend_from_slice(&piece[..end]);
            self.line_start = out.last() == Some(&b'\n');
            piece = &piece[end..];
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        if !self.line_start {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn wire(content: &Content) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut out = Vec::new();
        runtime.block_on(send(content, &Shape::default(), &mut out, Duration::from_secs(5))).unwrap();
        out
    }

    #[test]
    fn dots_are_doubled_at_line_starts_only() {
        let said = |text: &'static str| String::from_utf8(wire(&Content::Memory(Bytes::from_static(text.as_bytes())))).unwrap();
        assert_eq!(said(""), ".\r\n");
        assert_eq!(said("a.b\r\n"), "a.b\r\n.\r\n");
        assert_eq!(said(".\r\n..x\r\na"), "..\r\n...x\r\na\r\n.\r\n");
    }

    proptest! {
        /// The same bytes from memory and from a file, and a receiver that undoes the dots gets them back.
        #[test]
        fn a_receiver_gets_back_what_was_sent(lines in prop::collection::vec("[.a]{0,5}", 0..40), long in 0usize..3) {
            let mut text = lines.join("\r\n");
            text.push_str(&"\r\n.x".repeat(long * 30_000));
            text.push_str("\r\n");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("content");
            std::fs::write(&path, &text).unwrap();
            let from_memory = wire(&Content::Memory(Bytes::from(text.clone())));
            prop_assert_eq!(&wire(&Content::File { path, size: text.len() as u64 }), &from_memory);
            let body = from_memory.strip_suffix(b".\r\n").unwrap();
            let back: Vec<u8> = body.split_inclusive(|b| *b == b'\n').flat_map(|line| line.strip_prefix(b".").unwrap_or(line).to_vec()).collect();
            prop_assert_eq!(back, text.into_bytes());
        }
    }
}
