//! Who a message is from and for (RFC 5321 §2.3.1), and how it is to be carried; apart from what its header says.

use super::address::{ForwardPath, ReversePath};
use super::wish::Returns;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub reverse_path: ReversePath,
    /// In the order given, without repetitions.
    pub forward_paths: Vec<ForwardPath>,
    pub body: Body,
    /// Addresses and header may hold UTF-8 (RFC 6531).
    pub utf8: bool,
    pub returns: Returns,
}

impl Envelope {
    /// Without any extension, but with UTF-8 if the addresses need it.
    pub fn new(reverse_path: ReversePath, forward_paths: Vec<ForwardPath>) -> Self {
        let utf8 = !reverse_path.is_ascii() || !forward_paths.iter().all(ForwardPath::is_ascii);
        Self { reverse_path, forward_paths, body: Body::SevenBit, utf8, returns: Returns::default() }
    }
}

/// What the client said about the content (RFC 6152).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    #[default]
    SevenBit,
    EightBitMime,
}
