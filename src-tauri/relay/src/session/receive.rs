//! Contents on their way through: behind DATA, and in chunks behind BDAT (RFC 3030 §2).
//!
//! In: what has arrived. Out: `Open`, pieces, and `Submit` or `Discard`.
//! Whatever is wrong with a content is said when its end, or the end of its chunk, has come: before that
//! nobody reads, and what follows would be taken for commands.
//!
//! Invariant: exactly the octets a BDAT announced are taken from the input, whatever becomes of them.

use super::command::Chunk;
use super::data::{DataReader, Piece};
use super::talk::not_kept;
use super::{Kept, Parties, RefusedWhy, Rules, Session, State, Step, replies};
use crate::mail::{Reply, trace::HeaderScan};
use bytes::Bytes;
use std::sync::Arc;

/// Behind DATA or the first BDAT.
#[derive(Debug)]
pub(super) struct Receiving {
    rules: Arc<Rules>,
    parties: Parties,
    message_bytes: u64,
    reader: DataReader,
    scan: HeaderScan,
    octets: u64,
    /// The content was discarded; this is said when its end has come.
    doom: Option<(RefusedWhy, Reply)>,
    /// What of the chunk under way is still to come; None behind DATA, where the text says where it ends.
    chunk: Option<Coming>,
}

#[derive(Debug, Clone, Copy)]
struct Coming {
    chunk: Chunk,
    left: u64,
}

/// A chunk nobody wants.
#[derive(Debug)]
pub(super) struct Swallowing {
    left: u64,
    refusal: Reply,
    then: State,
}

impl Session {
    pub(super) fn data(&mut self) {
        match &self.state {
            State::Transaction(transaction) if transaction.envelope.forward_paths.is_empty() => self.fault(replies::no_recipients()),
            State::Transaction(_) => {
                self.open(DataReader::dotted(), None);
                self.reply(replies::go_ahead());
            }
            State::BetweenChunks(_) => self.fault(replies::go_on_with_chunks()),
            State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::SigningIn(_)
            | State::Verifying
            | State::Receiving(_)
            | State::Swallowing(_)
            | State::Keeping(_)
            | State::StartingTls
            | State::Closed => self.out_of_order(),
        }
    }

    pub(super) fn bdat(&mut self, chunk: Chunk) {
        let coming = Some(Coming { chunk, left: chunk.octets });
        match std::mem::replace(&mut self.state, State::Ready) {
            State::BetweenChunks(receiving) => self.state = State::Receiving(Box::new(Receiving { chunk: coming, ..*receiving })),
            State::Transaction(transaction) if !transaction.envelope.forward_paths.is_empty() => {
                self.state = State::Transaction(transaction);
                self.open(DataReader::undotted(), coming);
            }
            then => {
                let refusal =
                    if matches!(then, State::Transaction(_)) { replies::no_recipients() } else { self.refusal_out_of_order(&then) };
                self.state = State::Swallowing(Box::new(Swallowing { left: chunk.octets, refusal, then }));
            }
        }
    }

    /// A BDAT that cannot be read: how much follows it nobody knows.
    pub(super) fn bdat_unreadable(&mut self) {
        self.reply(replies::syntax("BDAT octets [LAST]"));
        self.end(Some(replies::out_of_step(&self.rules.host_name)));
    }

    /// The transaction is over without a message.
    pub(super) fn abandon(&mut self) {
        if let State::BetweenChunks(receiving) = std::mem::replace(&mut self.state, State::Ready)
            && !receiving.is_doomed()
        {
            self.outbox.push_back(Step::Discard);
        }
    }

    fn open(&mut self, reader: DataReader, chunk: Option<Coming>) {
        let State::Transaction(transaction) = std::mem::replace(&mut self.state, State::Ready) else { return };
        let parties = Parties::of(&transaction.envelope.reverse_path, transaction.envelope.forward_paths.first());
        self.state = State::Receiving(Box::new(Receiving {
            rules: transaction.rules,
            parties,
            message_bytes: transaction.message_bytes,
            reader,
            scan: HeaderScan::default(),
            octets: 0,
            doom: None,
            chunk,
        }));
        self.outbox.push_back(Step::Open(transaction.envelope));
    }

    /// Works off a piece of the content. False: there is none yet.
    pub(super) fn receive(&mut self) -> bool {
        let State::Receiving(receiving) = &mut self.state else { return false };
        let piece = match &mut receiving.chunk {
            None => receiving.reader.next(&mut self.input),
            Some(coming) if coming.left == 0 => match coming.chunk.last {
                true => receiving.reader.finish(),
                false => Some(Piece::End),
            },
            Some(coming) => {
                let before = self.input.len();
                let piece = receiving.reader.next_within(&mut self.input, coming.left);
                let taken = (before - self.input.len()) as u64;
                coming.left -= taken;
                if piece.is_none() {
                    return taken > 0;
                }
                piece
            }
        };
        match piece {
            Some(Piece::Content(piece)) => {
                self.outbox.extend(receiving.content(piece));
                true
            }
            Some(Piece::End) => {
                self.end_of_piece();
                true
            }
            None => false,
        }
    }

    /// Works off a chunk nobody wants. False: more of it is to come.
    pub(super) fn swallow(&mut self) -> bool {
        let State::Swallowing(swallowing) = &mut self.state else { return false };
        let taken = self.input.len().min(usize::try_from(swallowing.left).unwrap_or(usize::MAX));
        bytes::Buf::advance(&mut self.input, taken);
        swallowing.left -= taken as u64;
        if swallowing.left > 0 {
            return false;
        }
        if let State::Swallowing(swallowing) = std::mem::replace(&mut self.state, State::Ready) {
            self.state = swallowing.then;
            self.fault(swallowing.refusal);
            self.stop_if_due();
        }
        true
    }

    fn end_of_piece(&mut self) {
        let State::Receiving(receiving) = std::mem::replace(&mut self.state, State::Ready) else { return };
        let chunk = receiving.chunk.map(|coming| coming.chunk);
        match (&receiving.doom, chunk) {
            (None, Some(Chunk { octets, last: false })) => {
                self.state = State::BetweenChunks(receiving);
                self.reply(replies::chunk_taken(octets));
            }
            (None, Some(Chunk { last: true, .. }) | None) => {
                let Receiving { parties, scan, .. } = *receiving;
                self.state = State::Keeping(parties);
                self.outbox.push_back(Step::Submit(scan.finish()));
            }
            (Some((why, reply)), _) => {
                let (why, reply) = (*why, reply.clone());
                self.refuse(why, receiving.parties, reply.clone());
                self.reply(reply);
                self.stop_if_due();
            }
        }
    }

    /// The content cannot be kept although it has not ended.
    pub(super) fn give_up_content(&mut self, receiving: &mut Receiving, kept: Kept) {
        self.stopping |= kept == Kept::Stopping;
        if receiving.doom.is_none() {
            receiving.doom = Some(not_kept(kept));
            self.outbox.push_back(Step::Discard);
        }
    }
}

impl Receiving {
    pub(super) fn is_doomed(&self) -> bool {
        self.doom.is_some()
    }

    /// A piece of the content goes on, unless it makes the message one that cannot be taken.
    fn content(&mut self, piece: Bytes) -> Option<Step> {
        if self.doom.is_some() {
            return None;
        }
        let room = usize::try_from(self.message_bytes.saturating_sub(self.octets)).unwrap_or(usize::MAX);
        // What is too much is not looked at: whatever the pieces, the trouble is told that comes first.
        self.scan.see(&piece[..piece.len().min(room)]);
        self.octets = self.octets.saturating_add(piece.len() as u64);
        self.doom = if self.scan.hops() > self.rules.hops {
            Some((RefusedWhy::Loop, replies::mail_loop(self.rules.hops)))
        } else if piece.len() > room {
            Some((RefusedWhy::TooLarge, replies::too_large(self.message_bytes)))
        } else {
            None
        };
        Some(if self.doom.is_some() { Step::Discard } else { Step::Content(piece) })
    }
}
