//! Who a message is from and for (RFC 5321 §2.3.1); apart from what its header says.

use super::address::{ForwardPath, ReversePath};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub reverse_path: ReversePath,
    /// In the order given, without repetitions.
    pub forward_paths: Vec<ForwardPath>,
    pub body: Body,
}

/// What the client said about the content (RFC 6152).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    #[default]
    SevenBit,
    EightBitMime,
}
