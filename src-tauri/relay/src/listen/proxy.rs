//! The PROXY protocol v2 header that a TCP balancer puts in front of a connection ("The PROXY protocol, versions 1 & 2",
//! HAProxy, §2.2).
//!
//! In: a connection from an address that is named as a balancer. Out: whose connection it is, with nothing read behind the
//! header. The text form, version 1, is refused: its end must be searched for, and every balancer speaks both.
//!
//! Invariant: connections from anywhere else never come here, so nobody can lend himself another's address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// "\r\n\r\n\0\r\nQUIT\n": no line of SMTP and no beginning of TLS.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The text form begins so.
const TEXT: &[u8] = b"PROXY ";
const FIXED: usize = 16;
/// Addresses and what else a balancer likes to tell; a certificate of its client among it stays well below.
const LONGEST: usize = 4096;

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The balancer's own, to see whether we are here; or of one whose address it cannot tell.
    Balancer,
    Client(IpAddr),
}

/// What a person reads who set up the balancer.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error("it is named as a balancer and began without a PROXY protocol header; switch version 2 on there (`send-proxy-v2`)")]
    Missing,
    #[error("it sent the PROXY protocol's version 1, and version 2 is spoken here; switch that on there (`send-proxy-v2`)")]
    Version1,
    #[error("its PROXY protocol header is not one that is known: {0}")]
    Strange(&'static str),
    #[error("it is named as a balancer and its PROXY protocol header did not come")]
    Lost(#[from] io::Error),
}

/// Reads the header and not one octet more.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Origin, HeaderError> {
    let mut fixed = [0; FIXED];
    let mut had = 0;
    while had < FIXED {
        let read = stream.read(&mut fixed[had..]).await?;
        had += read;
        // A device that came past the balancer waits for our answer to its first few octets.
        let begun = &fixed[..had.min(SIGNATURE.len())];
        if !SIGNATURE.starts_with(begun) {
            return Err(if begun.starts_with(&TEXT[..TEXT.len().min(begun.len())]) { HeaderError::Version1 } else { HeaderError::Missing });
        }
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > LONGEST {
        return Err(HeaderError::Strange("it is longer than 4096 octets"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    origin(fixed[12], fixed[13], &rest)
}

/// What is behind the addresses is passed over, as the protocol allows.
fn origin(version_and_command: u8, family: u8, rest: &[u8]) -> Result<Origin, HeaderError> {
    match version_and_command {
        // LOCAL: the addresses mean nothing.
        0x20 => return Ok(Origin::Balancer),
        0x21 => {}
        0x22..=0x2f => return Err(HeaderError::Strange("its command is neither LOCAL nor PROXY")),
        _ => return Err(HeaderError::Strange("its version is not 2")),
    }
    match family {
        0x00 => Ok(Origin::Balancer),
        0x11 => match rest.get(..12) {
            Some(&[a, b, c, d, ..]) => Ok(Origin::Client(Ipv4Addr::new(a, b, c, d).into())),
            Some(_) | None => Err(HeaderError::Strange("it is too short for its addresses")),
        },
        0x21 => match rest.get(..36).and_then(|addresses| addresses.first_chunk::<16>()) {
            Some(source) => Ok(Origin::Client(IpAddr::from(Ipv6Addr::from(*source)).to_canonical())),
            None => Err(HeaderError::Strange("it is too short for its addresses")),
        },
        _ => Err(HeaderError::Strange("it is not about a TCP connection")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn header(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE.to_vec();
        header.extend([version_and_command, family]);
        header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        header.extend(rest);
        header
    }

    async fn of(bytes: &[u8]) -> (Result<Origin, String>, Vec<u8>) {
        let mut stream = bytes;
        let origin = read(&mut stream).await.map_err(|error| error.to_string());
        (origin, stream.to_vec())
    }

    const FOUR: [u8; 12] = [10, 0, 0, 7, 10, 0, 0, 1, 0x9c, 0x40, 0, 25];

    fn six(source: &str) -> Vec<u8> {
        let source: Ipv6Addr = source.parse().unwrap();
        [&source.octets()[..], &Ipv6Addr::LOCALHOST.octets(), &[0x9c, 0x40, 0, 25]].concat()
    }

    #[tokio::test]
    async fn the_clients_address_is_the_headers_and_nothing_behind_it_is_read() {
        let with_more = [&FOUR[..], &[0x04, 0, 3, 1, 2, 3]].concat();
        for (rest, family, address) in [
            (FOUR.to_vec(), 0x11, "10.0.0.7"),
            (with_more, 0x11, "10.0.0.7"),
            (six("fd00::7"), 0x21, "fd00::7"),
            (six("::ffff:10.0.0.7"), 0x21, "10.0.0.7"),
        ] {
            let (origin, left) = of(&[header(0x21, family, &rest), b"EHLO x\r\n".to_vec()].concat()).await;
            assert_eq!(origin, Ok(Origin::Client(address.parse().unwrap())));
            assert_eq!(left, b"EHLO x\r\n");
        }
    }

    #[tokio::test]
    async fn a_balancers_own_look_and_an_unknown_client_are_the_balancers() {
        for header in [header(0x20, 0x00, &[]), header(0x20, 0x11, &FOUR), header(0x20, 0x31, &[0; 216]), header(0x21, 0x00, &[1, 2, 3])] {
            let (origin, left) = of(&header).await;
            assert_eq!((origin, left.len()), (Ok(Origin::Balancer), 0));
        }
    }

    #[tokio::test]
    async fn what_is_no_header_of_version_2_is_told_apart() {
        for (bytes, said) in [
            (b"PROXY TCP4 10.0.0.7 10.0.0.1 40000 25\r\n".to_vec(), "it sent the PROXY protocol's version 1"),
            (b"EHLO device.test\r\n".to_vec(), "it is named as a balancer and began without"),
            (b"P".to_vec(), "it sent the PROXY protocol's version 1"),
            (b"Q".to_vec(), "it is named as a balancer and began without"),
            (vec![0x16, 3, 1, 0, 200], "it is named as a balancer and began without"),
            (SIGNATURE.to_vec(), "it is named as a balancer and its"),
            (header(0x21, 0x11, &FOUR)[..20].to_vec(), "it is named as a balancer and its"),
            (Vec::new(), "it is named as a balancer and its"),
            (header(0x31, 0x11, &FOUR), "its PROXY protocol header is not one that is known: its version is not 2"),
            (header(0x22, 0x11, &FOUR), "its PROXY protocol header is not one that is known: its command is"),
            (header(0x21, 0x12, &FOUR), "its PROXY protocol header is not one that is known: it is not about"),
            (header(0x21, 0x31, &[0; 216]), "its PROXY protocol header is not one that is known: it is not about"),
            (header(0x21, 0x11, &FOUR[..11]), "its PROXY protocol header is not one that is known: it is too short"),
            (header(0x21, 0x21, &FOUR), "its PROXY protocol header is not one that is known: it is too short"),
            (header(0x21, 0x11, &[0; 4097]), "its PROXY protocol header is not one that is known: it is longer"),
        ] {
            let said_of = of(&bytes).await.0.unwrap_err();
            assert!(said_of.starts_with(said), "{bytes:?}: {said_of}");
        }
    }
}
