//! The reader of ClientHellos: what rustls understands it understands too, and never differently; what has come whole does
//! not change by what comes behind it.

use super::opened;
use relay::bare::{client_hello, suite_name};
use rustls::server::Acceptor;

pub const WORDS: &[&[u8]] = &[
    b"\x16\x03\x01",
    b"\x16\x03\x03",
    b"\x01\x00",
    b"\x03\x01",
    b"\x03\x03",
    b"\x80\x2e\x01\x03\x01",
    b"\x00\x2b\x00\x03\x02\x03\x04",
    b"\x00\x0d\x00\x04\x00\x02\x04\x03",
    b"\x00\x0a\x00\x04\x00\x02\x00\x1d",
    b"\x00\xff",
    b"\x56\x00",
    b"\x13\x01",
    b"\xc0\x2f",
    b"\x01\x00",
];

pub fn hello(data: &[u8]) {
    let Some((_, mut dice, wire)) = opened(data) else { return };
    let whole = client_hello(wire);
    let cut = client_hello(&wire[..dice.below(wire.len() + 1)]);
    assert!(cut.is_none() || cut == whole, "{cut:?} became {whole:?}");
    if let Some(offer) = &whole {
        assert!(offer.cipher_suites.len() * 2 <= wire.len());
        assert!(!offer.version_name().is_empty());
        assert!(offer.cipher_suites.iter().all(|suite| !suite_name(*suite).is_empty()));
    }
    if let Some(suites) = understood(wire) {
        let offer = whole.expect("rustls understands it");
        // Two of the numbers are messages of their own.
        let suites: Vec<u16> = suites.into_iter().filter(|suite| ![0x00ff, 0x5600].contains(suite)).collect();
        assert_eq!(offer.cipher_suites, suites);
    }
}

/// The cipher suites, as rustls reads them.
fn understood(mut wire: &[u8]) -> Option<Vec<u16>> {
    let mut acceptor = Acceptor::default();
    loop {
        if acceptor.read_tls(&mut wire).ok()? == 0 {
            return None;
        }
        if let Some(accepted) = acceptor.accept().ok()? {
            return Some(accepted.client_hello().cipher_suites().iter().map(|suite| u16::from(*suite)).collect());
        }
    }
}
