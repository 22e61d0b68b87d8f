//! A balancer's header (PROXY protocol v2): read as the protocol says, whatever the pieces, and not one octet too much.

use super::opened;
use relay::bare::{Origin, balancer_header};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};

pub const WORDS: &[&[u8]] = &[
    b"\r\n\r\n\0\r\nQUIT\n",
    b"PROXY TCP4 ",
    b"\x20\x00\x00\x00",
    b"\x21\x11\x00\x0c",
    b"\x21\x21\x00\x24",
    b"\x21\x00",
    b"\x21\x31",
    b"\x0a\x00\x00\x07",
    b"\xff\xff",
];
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

pub fn balancer(data: &[u8]) {
    let Some((_, mut dice, wire)) = opened(data) else { return };
    let mut stream = Pieces { pieces: dice.pieces(wire), read: 0 };
    let read = match pin!(balancer_header(&mut stream)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => read,
        Poll::Pending => panic!("it waits for something else than octets"),
    };
    match (read, header(wire)) {
        (Ok(origin), Some((expected, length))) => {
            assert_eq!(origin, expected);
            assert_eq!(stream.read, length, "what stands behind the header is the session's");
        }
        (Err(error), None) => assert!(!error.to_string().is_empty()),
        (read, expected) => panic!("{read:?}, and {expected:?} is what the header says"),
    }
}

/// Once more, with all of it at hand.
fn header(wire: &[u8]) -> Option<(Origin, usize)> {
    let [version_and_command, family, high, low, ..] = *wire.strip_prefix(SIGNATURE)? else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let body = wire.get(16..16 + length).filter(|_| length <= 4096)?;
    let origin = match (version_and_command, family) {
        (0x20, _) | (0x21, 0x00) => Origin::Balancer,
        (0x21, 0x11) => Origin::Client(IpAddr::V4(Ipv4Addr::from(*body.get(..12)?.first_chunk::<4>()?))),
        (0x21, 0x21) => Origin::Client(IpAddr::V6(Ipv6Addr::from(*body.get(..36)?.first_chunk::<16>()?)).to_canonical()),
        (_, _) => return None,
    };
    Some((origin, 16 + length))
}

/// Gives a piece at a time, and then nothing.
struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    read: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if let Some(piece) = self.pieces.first().copied() {
            let (now, later) = piece.split_at(piece.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.read += now.len();
            if later.is_empty() {
                self.pieces.remove(0);
            } else {
                self.pieces[0] = later;
            }
        }
        Poll::Ready(Ok(()))
    }
}
