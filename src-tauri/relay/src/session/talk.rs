//! What each command does in each state (RFC 5321 §4.1.4, §4.3.2).
//!
//! Every command gets exactly one reply; a refusal people should see comes before it as a step.

use super::command::{self, Command};
use super::line::Line;
use super::parameters::MailParameters;
use super::replies::Extensions;
use super::{Kept, Parties, RefusedWhy, Session, State, Step, Transaction, replies};
use crate::mail::{Envelope, ForwardPath, Peer, Reply, ReversePath};
use crate::policy::{Asking, Refusal, Verdict};
use secrecy::zeroize::Zeroize;
use std::sync::Arc;

impl Session {
    pub(super) fn hear(&mut self, line: Line) {
        self.commands = self.commands.saturating_add(1);
        if self.commands > self.rules.commands {
            return self.end(Some(replies::too_many_commands(&self.rules.host_name)));
        }
        let asked = match std::mem::replace(&mut self.state, State::Ready) {
            State::SigningIn(asked) => Some(asked),
            other @ (State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::Verifying
            | State::Transaction(_)
            | State::Receiving(_)
            | State::BetweenChunks(_)
            | State::Swallowing(_)
            | State::Keeping(_)
            | State::StartingTls
            | State::Closed) => {
                self.state = other;
                None
            }
        };
        match (line, asked) {
            (Line::Whole(mut text), Some(asked)) => {
                self.hear_answer(asked, &text);
                text.zeroize();
            }
            (Line::TooLong, Some(_)) => self.fault(replies::answer_too_long()),
            (Line::Whole(mut text), None) => match command::parse(&mut text) {
                Ok(command) => self.obey(command),
                Err(refusal) => self.fault(refusal),
            },
            (Line::TooLong, None) => self.fault(replies::line_too_long()),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Ehlo { name } => self.hello(name, true),
            Command::Helo { name } => self.hello(name, false),
            Command::Mail { reverse_path, parameters } => self.mail(reverse_path, parameters),
            Command::Rcpt { forward_path } => self.rcpt(forward_path),
            Command::Data => self.data(),
            Command::Bdat(chunk) => self.bdat(chunk),
            Command::UnreadableBdat => self.bdat_unreadable(),
            Command::Rset => {
                if matches!(self.state, State::Transaction(_) | State::BetweenChunks(_)) {
                    self.abandon();
                }
                self.reply(replies::ok());
            }
            Command::Noop => self.reply(replies::ok()),
            Command::Vrfy => self.reply(replies::not_verified()),
            Command::Help => self.reply(replies::help()),
            Command::StartTls => self.starttls(),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial),
            Command::Quit => self.end(Some(replies::bye())),
            Command::WebRequest => self.end(Some(replies::web_request(&self.rules.host_name))),
        }
    }

    fn hello(&mut self, name: String, extended: bool) {
        self.peer.name = name;
        self.peer.extended = extended;
        self.abandon();
        let rules = &self.rules;
        self.reply(if extended {
            let extensions = Extensions {
                message_bytes: rules.policy.message_bytes(self.peer.address, rules.message_bytes),
                starttls: rules.starttls_offered && self.peer.tls.is_none(),
                sign_in: self.peer.account.is_none() && rules.policy.offers_sign_in(&self.asking()),
            };
            replies::extended_hello(&rules.host_name, extensions)
        } else {
            replies::hello(&rules.host_name)
        });
    }

    fn mail(&mut self, reverse_path: ReversePath, parameters: MailParameters) {
        match self.state {
            State::Ready => {}
            State::Transaction(_) | State::BetweenChunks(_) => return self.fault(replies::nested_mail()),
            State::Connected
            | State::AwaitingHello
            | State::SigningIn(_)
            | State::Verifying
            | State::Receiving(_)
            | State::Swallowing(_)
            | State::Keeping(_)
            | State::StartingTls
            | State::Closed => return self.fault(replies::hello_first()),
        }
        // Here and not at RCPT: what a device logs is often the answer to MAIL only.
        if let Verdict::Refuse(Refusal { why, reply, .. }) = self.rules.policy.may_send(&self.asking(), &reverse_path) {
            self.refuse(why, Parties::of(&reverse_path, None), reply.clone());
            return self.fault(reply);
        }
        if let Verdict::Refuse(Refusal { why, reply, .. }) = self.rules.policy.within(self.peer.address, self.allowance, 1, 0) {
            self.refuse(why, Parties::of(&reverse_path, None), reply.clone());
            return self.reply(reply);
        }
        let message_bytes = self.rules.policy.message_bytes(self.peer.address, self.rules.message_bytes);
        if parameters.size > message_bytes {
            let reply = replies::too_large(message_bytes);
            self.refuse(RefusedWhy::TooLarge, Parties::of(&reverse_path, None), reply.clone());
            return self.fault(reply);
        }
        if self.disk_full {
            let reply = replies::disk_full();
            self.refuse(RefusedWhy::DiskFull, Parties::of(&reverse_path, None), reply.clone());
            return self.reply(reply);
        }
        let MailParameters { size: _, body, utf8, returns } = parameters;
        let envelope = Envelope { reverse_path, forward_paths: Vec::new(), body, utf8, returns };
        self.state = State::Transaction(Transaction { rules: Arc::clone(&self.rules), envelope, message_bytes, overfull: false });
        self.reply(replies::sender_ok());
    }

    fn rcpt(&mut self, forward_path: ForwardPath) {
        let asking = asking(&self.peer);
        let transaction = match &mut self.state {
            State::Transaction(transaction) => transaction,
            State::BetweenChunks(_) => return self.fault(replies::go_on_with_chunks()),
            State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::SigningIn(_)
            | State::Verifying
            | State::Receiving(_)
            | State::Swallowing(_)
            | State::Keeping(_)
            | State::StartingTls
            | State::Closed => return self.out_of_order(),
        };
        if !(transaction.envelope.utf8 || forward_path.is_ascii()) {
            return self.fault(replies::not_ascii());
        }
        let parties = || Parties::of(&transaction.envelope.reverse_path, Some(&forward_path));
        let policy = &transaction.rules.policy;
        if let Verdict::Refuse(Refusal { why, reply, .. }) = policy.may_send_to(&asking, &forward_path) {
            self.outbox.push_back(parties().refused(why, reply.clone()));
            return self.fault(reply);
        }
        let limit = transaction.rules.recipients;
        let known = &mut transaction.envelope.forward_paths;
        if known.iter().any(|other| is_same(other, &forward_path)) {
            return self.reply(replies::recipient_ok());
        }
        let all = u32::try_from(known.len()).unwrap_or(u32::MAX).saturating_add(1);
        if let Verdict::Refuse(Refusal { why, reply, .. }) = policy.within(asking.client, self.allowance, 0, all) {
            self.outbox.push_back(parties().refused(why, reply.clone()));
            return self.reply(reply);
        }
        if known.len() < limit {
            known.push(forward_path);
            return self.reply(replies::recipient_ok());
        }
        // Not a mistake of the client: RFC 5321 §4.5.3.1.10 has it send the rest in another transaction.
        let reply = replies::too_many_recipients(limit);
        if !std::mem::replace(&mut transaction.overfull, true) {
            let parties = Parties::of(&transaction.envelope.reverse_path, Some(&forward_path));
            self.refuse(RefusedWhy::TooManyRecipients, parties, reply.clone());
        }
        self.reply(reply);
    }

    pub(super) fn tell_kept(&mut self, kept: Kept, parties: Parties) {
        match kept {
            Kept::Safe(id) => {
                self.errors = 0;
                self.reply(replies::queued(id));
            }
            Kept::Refused(_) | Kept::DiskFull | Kept::Failed => {
                let (why, reply) = not_kept(kept);
                self.refuse(why, parties, reply.clone());
                self.reply(reply);
            }
            // Told below, now or never.
            Kept::Stopping => self.stopping = true,
        }
        self.stop_if_due();
    }

    fn starttls(&mut self) {
        if self.peer.tls.is_some() {
            return self.fault(replies::already_tls());
        }
        if !self.rules.starttls_offered {
            return self.fault(replies::no_tls());
        }
        self.drop_input();
        self.abandon();
        self.state = State::StartingTls;
        self.reply(replies::ready_for_tls());
        self.outbox.push_back(Step::StartTls);
    }

    pub(super) fn asking(&self) -> Asking<'_> {
        asking(&self.peer)
    }

    /// RCPT, DATA or BDAT without MAIL.
    pub(super) fn out_of_order(&mut self) {
        let reply = self.refusal_out_of_order(&self.state);
        self.fault(reply);
    }

    /// Often MAIL was refused and the client did not look: so it hears the reason again.
    pub(super) fn refusal_out_of_order(&self, state: &State) -> Reply {
        match (state, self.rules.policy.admits(&self.asking())) {
            (State::AwaitingHello, _) => replies::hello_first(),
            (_, Verdict::Refuse(refusal)) => refusal.reply,
            (_, Verdict::Permit) => replies::mail_first(),
        }
    }

    pub(super) fn stop_if_due(&mut self) {
        let between_commands =
            matches!(self.state, State::Connected | State::AwaitingHello | State::Ready | State::SigningIn(_) | State::Transaction(_));
        if self.stopping && between_commands {
            self.end(Some(replies::stopping(&self.rules.host_name)));
        }
    }

    /// The last thing a session does.
    pub(super) fn end(&mut self, last_word: Option<Reply>) {
        let last_word = match std::mem::replace(&mut self.state, State::Closed) {
            State::Closed => return,
            // Plain text would only break the handshake.
            State::StartingTls => None,
            State::Receiving(receiving) | State::BetweenChunks(receiving) => {
                if !receiving.is_doomed() {
                    self.outbox.push_back(Step::Discard);
                }
                last_word
            }
            State::Connected
            | State::AwaitingHello
            | State::Ready
            | State::SigningIn(_)
            | State::Verifying
            | State::Transaction(_)
            | State::Swallowing(_)
            | State::Keeping(_) => last_word,
        };
        self.drop_input();
        if let Some(reply) = last_word {
            self.reply(reply);
        }
        self.outbox.push_back(Step::Close);
    }

    pub(super) fn drop_input(&mut self) {
        self.input.clear();
        self.lines.reset();
    }

    pub(super) fn reply(&mut self, reply: Reply) {
        self.outbox.push_back(Step::Reply(reply));
    }

    /// A mistake of the client.
    pub(super) fn fault(&mut self, reply: Reply) {
        self.reply(reply);
        self.errors += 1;
        if self.errors >= self.rules.errors {
            self.end(Some(replies::too_many_errors(&self.rules.host_name)));
        }
    }

    pub(super) fn refuse(&mut self, why: RefusedWhy, parties: Parties, reply: Reply) {
        self.outbox.push_back(parties.refused(why, reply));
    }
}

pub(super) fn not_kept(kept: Kept) -> (RefusedWhy, Reply) {
    match kept {
        Kept::Refused(Refusal { why, reply, .. }) => (why, reply),
        Kept::DiskFull => (RefusedWhy::DiskFull, replies::disk_full()),
        Kept::Safe(_) | Kept::Failed | Kept::Stopping => (RefusedWhy::Other, replies::not_kept()),
    }
}

fn asking(peer: &Peer) -> Asking<'_> {
    Asking { client: peer.address, encrypted: peer.tls.is_some(), account: peer.account.as_deref() }
}

/// Domains are the same in any case; local parts are the other side's business (RFC 5321 §2.4).
fn is_same(one: &ForwardPath, other: &ForwardPath) -> bool {
    one.mailbox.local() == other.mailbox.local() && one.mailbox.domain().eq_ignore_ascii_case(other.mailbox.domain())
}
