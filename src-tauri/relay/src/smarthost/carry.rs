//! How a message is carried over this connection: what it needs of the server, and the parameters that say so.
//!
//! In: a delivery, and what the server offers. Out: who can be served at all, MAIL and RCPT as they go out.
//! RFC 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 3461 (DSN).
//!
//! Invariant: what is not offered is not used.

use super::line::SmtpLine;
use super::{Delivery, RefusalKind};
use crate::mail::reply::RemoteReply;
use crate::mail::{Body, EnhancedStatus, ForwardPath, ReversePath, Severity};

/// For whom a message can be handed over here.
pub(super) enum Fit {
    All,
    Nobody(RefusalKind, RemoteReply),
    /// All but those at these places.
    AllBut(Vec<usize>, RefusalKind, RemoteReply),
}

impl SmtpLine {
    /// RFC 1870 §6.1, RFC 6531 §3.2: it has said what it can, no need to ask.
    pub(super) fn fit(&self, delivery: &Delivery) -> Fit {
        let (size, envelope) = (self.shape.size.unwrap_or(delivery.content.size()), &delivery.envelope);
        if let Some(largest) = self.offers.largest.filter(|largest| size > *largest) {
            let text = format!("the message has {size} bytes; {} takes at most {largest}", self.config.server);
            return Fit::Nobody(RefusalKind::TooLarge, refusal(52, 3, 4, text));
        }
        if self.offers.utf8 || !envelope.utf8 {
            return Fit::All;
        }
        let text = format!("{} takes no addresses or headers with letters beyond ASCII (SMTPUTF8)", self.config.server);
        let refusal = refusal(53, 6, 7, text);
        let strangers: Vec<usize> =
            envelope.forward_paths.iter().enumerate().filter(|(_, path)| !path.is_ascii()).map(|(place, _)| place).collect();
        if delivery.eight_bit_header || !envelope.reverse_path.is_ascii() || strangers.len() == envelope.forward_paths.len() {
            Fit::Nobody(RefusalKind::Unsuitable, refusal)
        } else if strangers.is_empty() {
            // The client said SMTPUTF8 and needed none: this is mail like any other.
            Fit::All
        } else {
            Fit::AllBut(strangers, RefusalKind::Unsuitable, refusal)
        }
    }

    /// It never bounces for that (RFC 6152 §3): it is changed on its way out.
    pub(super) fn must_become_seven_bit(&self, delivery: &Delivery) -> bool {
        delivery.eight_bit && !self.offers.eight_bit
    }

    pub(super) fn mail_command(&self, delivery: &Delivery) -> String {
        let envelope = &delivery.envelope;
        let mut command = match (&envelope.reverse_path, &self.config.null_sender_as) {
            (ReversePath::Null, Some(account)) => format!("MAIL FROM:<{account}>"),
            (reverse_path, _) => format!("MAIL FROM:<{reverse_path}>"),
        };
        // How much it will be in seven bits is known beforehand only when it is signed.
        let size = self.shape.size.or_else(|| (!self.must_become_seven_bit(delivery)).then(|| delivery.content.size()));
        if let Some(size) = size.filter(|_| self.offers.size) {
            command.push_str(&format!(" SIZE={size}"));
        }
        if self.offers.eight_bit && (delivery.eight_bit || envelope.body == Body::EightBitMime) {
            command.push_str(" BODY=8BITMIME");
        }
        if self.offers.utf8 && envelope.utf8 {
            command.push_str(" SMTPUTF8");
        }
        if self.offers.dsn {
            if let Some(ret) = envelope.returns.ret {
                command.push_str(&format!(" RET={ret}"));
            }
            if let Some(id) = &envelope.returns.envelope_id {
                command.push_str(&format!(" ENVID={}", id.as_str()));
            }
        }
        command.push_str("\r\n");
        command
    }

    pub(super) fn rcpt_command(&self, path: &ForwardPath) -> String {
        let mut command = format!("RCPT TO:<{path}>");
        if self.offers.dsn {
            if let Some(notify) = path.wish.notify {
                command.push_str(&format!(" NOTIFY={notify}"));
            }
            if let Some(original) = &path.wish.original {
                command.push_str(&format!(" ORCPT={}", original.as_str()));
            }
        }
        command.push_str("\r\n");
        command
    }
}

/// What the server would say.
fn refusal(rest: u16, subject: u16, detail: u16, text: String) -> RemoteReply {
    RemoteReply { code: 500 + rest, enhanced: Some(EnhancedStatus::new(Severity::Permanent, subject, detail)), text }
}
