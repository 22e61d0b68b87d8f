//! The content on its way out: in blocks, dots doubled (RFC 5321 §4.5.2), ended by CRLF.CRLF.
//!
//! Memory does not grow with the message. The shelf keeps content with CRLF line ends only.

use super::downgrade::{Converter, Plan, Survey};
use crate::mail::Content;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

const BLOCK: usize = 64 * 1024;

/// Writes it all and flushes. Each block has its own time; [`io::ErrorKind::TimedOut`] when one took longer.
/// With a plan, eight bits go as seven.
pub async fn send<W: AsyncWrite + Unpin>(content: &Content, plan: Option<Plan>, to: &mut W, block_time: Duration) -> io::Result<()> {
    let (mut stuffing, mut converter) = (Stuffing::default(), plan.map(Converter::new));
    let mut block = Vec::with_capacity(content.size().min(BLOCK as u64) as usize + 64);
    let mut pieces = Pieces::of(content).await?;
    while let Some(piece) = pieces.next().await? {
        match &mut converter {
            Some(converter) => stuffing.add(&converter.convert(piece), &mut block),
            None => stuffing.add(piece, &mut block),
        }
        if block.len() >= BLOCK {
            write(to, &mut block, block_time).await?;
        }
    }
    if let Some(converter) = converter {
        stuffing.add(&converter.finish(), &mut block);
    }
    stuffing.end(&mut block);
    write(to, &mut block, block_time).await?;
    tokio::time::timeout(block_time, to.flush()).await.map_err(|_| io::ErrorKind::TimedOut)?
}

/// Which parts must be changed for a server that takes seven bits only.
pub async fn survey(content: &Content) -> io::Result<Plan> {
    let mut survey = Survey::default();
    let mut pieces = Pieces::of(content).await?;
    while let Some(piece) = pieces.next().await? {
        survey.see(piece);
    }
    Ok(survey.finish())
}

/// A content, piece by piece, wherever it is.
enum Pieces<'a> {
    Memory(&'a [u8]),
    File { file: tokio::fs::File, left: u64, buffer: Vec<u8> },
}

impl<'a> Pieces<'a> {
    async fn of(content: &'a Content) -> io::Result<Self> {
        Ok(match content {
            Content::Memory(bytes) => Self::Memory(bytes),
            Content::File { path, size } => Self::File { file: tokio::fs::File::open(path).await?, left: *size, buffer: vec![0; BLOCK] },
        })
    }

    async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        match self {
            Self::Memory(rest) => {
                let (piece, later) = rest.split_at(rest.len().min(BLOCK));
                *rest = later;
                Ok((!piece.is_empty()).then_some(piece))
            }
            Self::File { left: 0, .. } => Ok(None),
            Self::File { file, left, buffer } => {
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
        runtime.block_on(send(content, None, &mut out, Duration::from_secs(5))).unwrap();
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
