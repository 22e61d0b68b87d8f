//! Reads a content behind DATA: finds its end, takes the stuffed dots out, mends its line ends
//! (RFC 5321 §4.1.1.4, §4.5.2, §2.3.8). One behind BDAT has neither dots nor an end of its own (RFC 3030 §2).
//!
//! In: what has arrived. Out: pieces of the content, every line ended by CRLF; then its end.
//! The end is CRLF.CRLF as it stood on the wire, and nothing else; the 354 counts as a line end before.
//! What arises from mending a bare CR or LF is never an end, and a dot alone behind it is text. Of two dots behind
//! a bare LF one is stuffing: programs that write LF stuff their lines all the same (Python's smtplib, given bytes).
//! Whatever is taken out here is put in again on the way out, so no other server can see an end where we saw none.
//!
//! Mending: a CR or LF alone becomes CRLF. CR CR LF is one line end, since programs that write CRLF to
//! a text-mode stream send it; it would break their header in two otherwise. NUL is taken out: mail has
//! none (RFC 5322 §2.2, RFC 2045 §2.8), and a server that drops it would see CRLF.CRLF in CRLF NUL . CRLF.

use bytes::{Buf, Bytes, BytesMut};

const CR: u8 = b'\r';
const LF: u8 = b'\n';
const NUL: u8 = 0;
const CRLF: &[u8] = b"\r\n";
/// A clean stretch at least so long is handed on without copying.
const WORTH_SPLITTING: usize = 1024;
/// What is copied is handed on in pieces of about this size.
const PIECE: usize = 64 * 1024;
/// How many octets are looked at together.
const BLOCK: usize = 64;

#[derive(Debug)]
pub(super) struct DataReader {
    at: At,
    /// Dots are stuffed, and one alone on a line is the end.
    dotted: bool,
}

#[derive(Debug)]
pub(super) enum Piece {
    Content(Bytes),
    End,
}

/// Where the reader stands: what it took that is not handed on yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Behind a CRLF, or at the very start.
    LineStart,
    /// CRLF and a dot: the dot is stuffing, or the end begins.
    Dot,
    /// CRLF, dot, CR.
    DotCr,
    /// Anywhere else, also behind a bare CR.
    Within,
    /// Behind a bare LF, where dots are stuffed.
    Mended,
    /// The same and a dot: if another follows, this one is stuffing.
    MendedDot,
    /// A CR that may be bare.
    Cr,
    /// Two of them.
    CrCr,
    /// The end was seen.
    End,
}

impl DataReader {
    pub(super) fn dotted() -> Self {
        Self { at: At::LineStart, dotted: true }
    }

    pub(super) fn undotted() -> Self {
        Self { at: At::LineStart, dotted: false }
    }

    /// Takes no more than `most` octets; what stands behind them is left as it is.
    pub(super) fn next_within(&mut self, input: &mut BytesMut, most: u64) -> Option<Piece> {
        let most = input.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let behind = input.split_off(most);
        let piece = self.next(input);
        // They lie side by side, so that nothing is copied.
        input.unsplit(behind);
        piece
    }

    /// There is no more: brings the last line to its end first.
    pub(super) fn finish(&mut self) -> Option<Piece> {
        let rest: &'static [u8] = match self.at {
            At::LineStart | At::Mended | At::Dot | At::DotCr | At::End => return Some(Piece::End),
            At::Within | At::Cr => CRLF,
            At::MendedDot => b".\r\n",
            At::CrCr => b"\r\n\r\n",
        };
        self.at = At::LineStart;
        Some(Piece::Content(Bytes::from_static(rest)))
    }

    /// None: more input is needed. Behind the end nothing is taken from the input.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Option<Piece> {
        if self.at == At::End {
            return Some(Piece::End);
        }
        let clean = self.clean(input);
        if clean >= WORTH_SPLITTING || (clean > 0 && clean == input.len()) {
            let piece = input.split_to(clean).freeze();
            self.pass(&piece);
            return Some(Piece::Content(piece));
        }
        let mended = self.mend(input);
        if !mended.is_empty() {
            return Some(Piece::Content(mended));
        }
        (self.at == At::End).then_some(Piece::End)
    }

    /// Copies, stretch by stretch, octet by octet where something is to be decided.
    fn mend(&mut self, input: &mut BytesMut) -> Bytes {
        let mut out = BytesMut::with_capacity(input.len().min(PIECE));
        let mut used = 0;
        while used < input.len() && out.len() < PIECE && self.at != At::End {
            let rest = &input[used..];
            let clean = self.clean(&rest[..rest.len().min(PIECE)]);
            if clean > 0 {
                out.extend_from_slice(&rest[..clean]);
                self.pass(&rest[..clean]);
                used += clean;
            } else {
                self.take(rest[0], &mut out);
                used += 1;
            }
        }
        input.advance(used);
        out.freeze()
    }

    /// How much of this can be handed on as it is.
    fn clean(&self, bytes: &[u8]) -> usize {
        match self.at {
            At::LineStart | At::Mended if self.dotted && bytes.first() == Some(&b'.') => 0,
            At::LineStart | At::Mended | At::Within => clean_prefix(bytes),
            At::Dot | At::DotCr | At::MendedDot | At::Cr | At::CrCr | At::End => 0,
        }
    }

    /// A clean stretch went by.
    fn pass(&mut self, clean: &[u8]) {
        self.at = if clean.last() == Some(&LF) { At::LineStart } else { At::Within };
    }

    fn take(&mut self, byte: u8, out: &mut BytesMut) {
        if self.at == At::MendedDot {
            out.extend_from_slice(b".");
            self.at = At::Within;
            if byte == b'.' {
                return;
            }
        }
        self.at = match (self.at, byte) {
            (at, NUL) => {
                out.extend_from_slice(match at {
                    At::DotCr | At::Cr => CRLF,
                    At::CrCr => b"\r\n\r\n",
                    At::LineStart | At::Dot | At::Within | At::Mended | At::MendedDot | At::End => b"",
                });
                let line_start = matches!(at, At::LineStart | At::Cr | At::CrCr);
                if line_start && !self.dotted { At::LineStart } else { At::Within }
            }
            (At::LineStart, b'.') if self.dotted => At::Dot,
            (At::Mended, b'.') => At::MendedDot,
            (At::Dot, CR) => At::DotCr,
            (At::DotCr, LF) => At::End,
            (At::LineStart | At::Within | At::Mended, CR) => At::Cr,
            (At::DotCr | At::Cr, CR) => At::CrCr,
            (At::Cr | At::CrCr, LF) => {
                out.extend_from_slice(CRLF);
                At::LineStart
            }
            (At::CrCr, CR) => {
                out.extend_from_slice(CRLF);
                At::CrCr
            }
            (At::LineStart | At::Dot | At::Within | At::Mended, LF) => {
                out.extend_from_slice(CRLF);
                // Where dots are stuffed only what stood on the wire is a line start.
                if self.dotted { At::Mended } else { At::LineStart }
            }
            (At::LineStart | At::Dot | At::Within | At::Mended | At::MendedDot, other) => {
                out.extend_from_slice(&[other]);
                At::Within
            }
            (At::DotCr | At::Cr, other) => {
                out.extend_from_slice(&[CR, LF, other]);
                At::Within
            }
            (At::CrCr, other) => {
                out.extend_from_slice(&[CR, LF, CR, LF, other]);
                At::Within
            }
            (At::End, _) => At::End,
        };
    }
}

/// Mends the line ends of a content that comes from a file: whole, without stuffed dots.
#[derive(Debug)]
pub struct LineMender(DataReader);

impl Default for LineMender {
    fn default() -> Self {
        Self(DataReader::undotted())
    }
}

impl LineMender {
    /// What can be handed on of what has been read. None: all of it was taken.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Bytes> {
        match self.0.next(input) {
            Some(Piece::Content(piece)) => Some(piece),
            Some(Piece::End) | None => None,
        }
    }

    /// There is no more: the end of the last line, if it has none.
    pub fn finish(mut self) -> Option<Bytes> {
        match self.0.finish() {
            Some(Piece::Content(end)) => Some(end),
            Some(Piece::End) | None => None,
        }
    }
}

/// How long the text is free of NUL, bare CR, bare LF and dots behind CRLF, given that no CR stands before it.
/// A CR at the very end is left for later.
fn clean_prefix(bytes: &[u8]) -> usize {
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return 0 };
    if first == LF {
        return 0;
    }
    let mut from = 0;
    while from + BLOCK < bytes.len() && is_clean(&bytes[from..=from + BLOCK]) {
        from += BLOCK;
    }
    for at in from..bytes.len() - 1 {
        match (bytes[at], bytes[at + 1]) {
            (CR, LF) => {}
            (CR | NUL, _) => return at,
            (_, LF) | (LF, b'.') => return at + 1,
            (_, _) => {}
        }
    }
    if matches!(last, CR | NUL) { bytes.len() - 1 } else { bytes.len() }
}

/// Without branches, so that the compiler can look at many octets at once.
fn is_clean(block: &[u8]) -> bool {
    let pairs = block[..BLOCK].iter().zip(&block[1..]);
    pairs.fold(0, |dirt, (&this, &next)| {
        dirt | u8::from(this == NUL) | (u8::from(this == CR) ^ u8::from(next == LF)) | (u8::from(this == LF) & u8::from(next == b'.'))
    }) == 0
}
