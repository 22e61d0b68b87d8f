//! Who a message is from and for (RFC 5321 §2.3.1), and how it is to be carried; apart from what its header says.

use super::address::{ForwardPath, Mailbox, ReversePath};
use super::wish::{Notify, Returns, Wish};

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

    /// A copy for this mailbox, of which the sender hears nothing (RFC 3461 §4.1, NEVER). Who gets the message anyway gets one.
    pub fn add_copy(&mut self, mailbox: &Mailbox) {
        if !self.forward_paths.iter().any(|path| path.as_str().eq_ignore_ascii_case(mailbox.as_str())) {
            let wish = Wish { notify: Some(Notify::default()), original: None };
            self.forward_paths.push(ForwardPath { mailbox: mailbox.clone(), wish });
        }
    }
}

/// What the client said about the content (RFC 6152).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    #[default]
    SevenBit,
    EightBitMime,
}
