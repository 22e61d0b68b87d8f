//! One file a reader.

pub mod address;
pub mod balancer;
pub mod content;
pub mod downgrade;
pub mod hello;
pub mod letter;
pub mod metabase;
pub mod outgoing;
pub mod pfx;
pub mod repair;
pub mod session;
pub mod settings;

use crate::{Dice, naive};
use bytes::BytesMut;
use relay::session::LineMender;

/// What is fed, and how: the first two octets say, the rest is it.
fn opened(data: &[u8]) -> Option<(u8, Dice, &[u8])> {
    let (&[ways, seed], rest) = data.split_first_chunk::<2>()?;
    Some((ways, Dice(seed.into()), rest))
}

/// As a content is when others than the session see it.
fn mended(octets: &[u8], dice: &mut Dice) -> Vec<u8> {
    let (mut mender, mut input, mut out) = (LineMender::default(), BytesMut::new(), Vec::new());
    for piece in dice.pieces(octets) {
        input.extend_from_slice(piece);
        while let Some(piece) = mender.next(&mut input) {
            out.extend_from_slice(&piece);
        }
        assert!(input.is_empty(), "it keeps what it has taken");
    }
    out.extend(mender.finish().into_iter().flatten());
    assert_eq!(out, naive::completed(octets), "line ends are not mended as they should be");
    out
}

/// What is shown to people or sent on one line.
fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
