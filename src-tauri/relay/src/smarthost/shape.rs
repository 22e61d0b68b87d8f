//! What is changed in a message on its way to this smart host: another sender, a footer, seven bits, and at last signatures.
//!
//! In: a delivery, and what the server offers. Out: the delivery as it is said here, and a [`Shape`] that `content` follows.
//! The kept message stays as it is: its reports, its history and other smart hosts know its own sender. What is signed
//! is read once more for that, before anything is said of it, so that memory does not grow with it and its size is known.
//!
//! Invariant: what is signed is, octet for octet, what is sent behind the signature.

use super::content::{self, Shaped};
use super::dkim::{self, Measured};
use super::downgrade::Plan;
use super::footer::Footer;
use super::line::SmtpLine;
use super::rewrite::{Rewriting, author_domain};
use super::{Delivery, RefusalKind};
use crate::mail::reply::RemoteReply;
use crate::mail::{EnhancedStatus, ReversePath, Severity};
use std::io;
use std::sync::Arc;

/// A header that means something is shorter.
const LONGEST_HEADER: usize = 1024 * 1024;

/// How the content of one message goes out. The default: as it is.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// What goes in front of all, header fields of ours.
    pub signatures: Vec<u8>,
    pub head: Option<Head>,
    pub footer: Option<Arc<Footer>>,
    /// Which parts become seven bits.
    pub plan: Option<Plan>,
    /// How much it will be in all. None: it is the content's size, or not known.
    pub size: Option<u64>,
}

/// Another header section, without the empty line that ends it.
#[derive(Debug)]
pub(super) struct Head {
    pub octets: Vec<u8>,
    /// So many octets of the content.
    pub instead_of: usize,
}

/// Why a message cannot be given the shape it has to have.
pub(super) enum Misfit {
    /// For good.
    Unsuitable(RemoteReply),
    /// Its content could not be read.
    Unreadable(io::Error),
}

impl From<io::Error> for Misfit {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl SmtpLine {
    /// Looks the message through and decides. None: the delivery is said as it is.
    pub(super) async fn shaped(&mut self, delivery: &Delivery) -> Result<Option<Delivery>, Misfit> {
        self.shape = Shape::default();
        let (rewriting, signers) = (self.config.rewriting.clone(), self.config.signers.clone());
        let footer = footer_of(self.config.footer.as_ref(), delivery);
        if rewriting.is_none() && signers.is_empty() && footer.is_none() {
            if self.must_become_seven_bit(delivery) {
                self.shape.plan = Some(content::survey(&delivery.content, None, None).await?);
            }
            return Ok(None);
        }
        let header = content::header(&delivery.content, LONGEST_HEADER).await?.ok_or_else(|| Misfit::Unsuitable(too_long()))?;
        let mut changed = delivery.clone();
        let mut shape = Shape::default();
        if let Some(rewriting) = &rewriting {
            (changed.envelope.reverse_path, shape.head) = rewritten(rewriting, &header, delivery);
        }
        changed.eight_bit |= footer.as_ref().is_some_and(|footer| footer.is_eight_bit());
        shape.footer = footer;
        if self.must_become_seven_bit(&changed) {
            shape.plan = Some(content::survey(&delivery.content, shape.head.as_ref(), shape.footer.clone()).await?);
        }
        let header = shape.head.as_ref().map_or(&header, |head| &head.octets);
        let domain = author_domain(header).or_else(|| changed.envelope.reverse_path.domain().map(str::to_owned));
        let signing = domain.map(|domain| dkim::of_domain(&signers, &domain)).unwrap_or_default();
        if !signing.is_empty() || shape.footer.is_some() {
            let mut measured = Measured::default();
            let mut pieces = Shaped::of(&delivery.content, shape.head.as_ref(), shape.footer.clone(), shape.plan.clone()).await?;
            while let Some(piece) = pieces.next().await? {
                measured.see(&piece);
            }
            shape.signatures = measured.sign(&signing).map_err(|error| Misfit::Unreadable(io::Error::other(error)))?;
            shape.size = Some(measured.size() + shape.signatures.len() as u64);
        } else if let (Some(head), None) = (&shape.head, &shape.plan) {
            shape.size = Some(delivery.content.size() + head.octets.len() as u64 - head.instead_of as u64);
        }
        self.shape = shape;
        Ok(Some(changed))
    }

    pub(super) fn misfit(&self, misfit: Misfit) -> Option<(RefusalKind, RemoteReply)> {
        match misfit {
            Misfit::Unsuitable(reply) => Some((RefusalKind::Unsuitable, reply)),
            Misfit::Unreadable(error) => {
                tracing::warn!(%error, "A message could not be read on its way out; it is tried again");
                None
            }
        }
    }
}

/// A message in one piece, for a way out that takes it as such: with the sender and the footer that the office wants, and who its
/// sender is there. Not signed: whoever takes it so writes it anew, and signs that. None: its header is too long to be changed.
pub async fn whole(
    delivery: &Delivery,
    rewriting: Option<&Rewriting>,
    footer: Option<&Arc<Footer>>,
) -> io::Result<Option<(Vec<u8>, ReversePath)>> {
    let (mut sender, mut head) = (delivery.envelope.reverse_path.clone(), None);
    if let Some(rewriting) = rewriting {
        let Some(header) = content::header(&delivery.content, LONGEST_HEADER).await? else { return Ok(None) };
        (sender, head) = rewritten(rewriting, &header, delivery);
    }
    let mut octets = Vec::new();
    let mut pieces = Shaped::of(&delivery.content, head.as_ref(), footer_of(footer, delivery), None).await?;
    while let Some(piece) = pieces.next().await? {
        octets.extend_from_slice(&piece);
    }
    Ok(Some((octets, sender)))
}

fn rewritten(rewriting: &Rewriting, header: &[u8], delivery: &Delivery) -> (ReversePath, Option<Head>) {
    let path = &delivery.envelope.reverse_path;
    let head = rewriting.header(header, path).map(|octets| Head { octets, instead_of: header.len() });
    (rewriting.envelope(path), head)
}

/// Reports have none.
fn footer_of(footer: Option<&Arc<Footer>>, delivery: &Delivery) -> Option<Arc<Footer>> {
    footer.filter(|_| delivery.envelope.reverse_path != ReversePath::Null).cloned()
}

fn too_long() -> RemoteReply {
    let text = format!("its header has more than {LONGEST_HEADER} octets: its sender cannot be changed, nor can it be signed");
    RemoteReply { code: 554, enhanced: Some(EnhancedStatus::new(Severity::Permanent, 6, 0)), text }
}
