//! Signing in (RFC 4954): PLAIN (RFC 4616), and LOGIN as clients have always spoken it.
//!
//! In: AUTH and the answers to it. Out: one [`Step::Verify`], or the reply that ends the attempt.
//! Every attempt ends with one reply, and an attempt that failed changes nothing.
//!
//! Invariant: nothing of a password is in anything that can be printed.

use super::{Parties, RefusedWhy, Session, State, Step, Verified, replies};
use crate::mail::Reply;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

/// Some devices leave the padding out; everything else is as strict as RFC 4954 §4 wants it.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
}

impl Mechanism {
    pub(super) fn parse(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"PLAIN") {
            Some(Self::Plain)
        } else if name.eq_ignore_ascii_case(b"LOGIN") {
            Some(Self::Login)
        } else {
            None
        }
    }

    fn first_question(self) -> Asked {
        match self {
            Self::Plain => Asked::Both,
            Self::Login => Asked::User,
        }
    }
}

/// What the client was asked for last.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Both,
    User,
    Password { user: String },
}

/// What the client sent, still encoded.
pub(super) type Sealed = SecretSlice<u8>;

/// What an answer leads to.
enum Next {
    Ask(Asked),
    Verify {
        user: String,
        password: SecretString,
    },
    /// It wants to act for somebody else, which nobody may here.
    Refuse,
    Broken,
}

impl Session {
    pub(super) fn auth(&mut self, mechanism: Option<Mechanism>, initial: Option<Sealed>) {
        if let Some(refusal) = self.no_sign_in() {
            return self.fault(refusal);
        }
        let Some(mechanism) = mechanism else { return self.fault(replies::unknown_mechanism()) };
        match initial {
            None => self.ask(mechanism.first_question()),
            // RFC 4954 §4: there is an answer, and it is empty.
            Some(sealed) if sealed.expose_secret() == b"=" => self.take_answer(mechanism.first_question(), b""),
            Some(sealed) => self.take_answer(mechanism.first_question(), sealed.expose_secret()),
        }
    }

    /// A line while an answer is awaited.
    pub(super) fn hear_answer(&mut self, asked: Asked, line: &[u8]) {
        match line.trim_ascii() {
            // RFC 4954 §4 names no enhanced code for this; X.7.0 is what RFC 5248 has for 501 in matters of sign-in.
            b"*" => self.fault(replies::sign_in_cancelled()),
            answer => self.take_answer(asked, answer),
        }
    }

    /// Answers [`Step::Verify`].
    pub fn verified(&mut self, verified: Verified) {
        if !matches!(self.state, State::Verifying) {
            return;
        }
        self.state = State::Ready;
        let refusal = match verified {
            Verified::Yes { account } => {
                self.peer.account = Some(account);
                self.reply(replies::signed_in());
                return self.stop_if_due();
            }
            Verified::No => replies::sign_in_refused(),
            Verified::NotNow => replies::sign_in_not_now(),
        };
        self.refuse_sign_in(refusal);
        self.stop_if_due();
    }

    fn no_sign_in(&self) -> Option<Reply> {
        match self.state {
            State::Ready => {}
            State::Transaction(_) | State::BetweenChunks(_) => return Some(replies::no_sign_in_now()),
            State::Connected
            | State::AwaitingHello
            | State::SigningIn(_)
            | State::Verifying
            | State::Receiving(_)
            | State::Swallowing(_)
            | State::Keeping(_)
            | State::StartingTls
            | State::Closed => return Some(replies::hello_first()),
        }
        if self.peer.account.is_some() {
            return Some(replies::signed_in_already());
        }
        if self.rules.policy.offers_sign_in(&self.asking()) {
            return None;
        }
        let encrypted = crate::policy::Asking { encrypted: true, ..self.asking() };
        let only_tls_is_missing = self.rules.policy.offers_sign_in(&encrypted);
        Some(if only_tls_is_missing { replies::sign_in_needs_tls() } else { replies::no_sign_in_here() })
    }

    fn take_answer(&mut self, asked: Asked, answer: &[u8]) {
        let next = match BASE64.decode(answer).map(Zeroizing::new) {
            Ok(decoded) => next(asked, &decoded),
            Err(_) => Next::Broken,
        };
        match next {
            Next::Ask(asked) => self.ask(asked),
            Next::Verify { user, password } => {
                self.state = State::Verifying;
                self.outbox.push_back(Step::Verify { user, password });
            }
            Next::Refuse => self.refuse_sign_in(replies::sign_in_refused()),
            Next::Broken => self.fault(replies::not_base64()),
        }
    }

    fn ask(&mut self, asked: Asked) {
        self.reply(match asked {
            Asked::Both => replies::sign_in_both(),
            Asked::User => replies::sign_in_user(),
            Asked::Password { .. } => replies::sign_in_password(),
        });
        self.state = State::SigningIn(asked);
    }

    fn refuse_sign_in(&mut self, reply: Reply) {
        self.refuse(RefusedWhy::SignInFailed, Parties::unknown(), reply.clone());
        self.fault(reply);
    }
}

fn next(asked: Asked, answer: &[u8]) -> Next {
    match asked {
        Asked::Both => plain(answer),
        Asked::User => Next::Ask(Asked::Password { user: text(answer) }),
        Asked::Password { user } => Next::Verify { user, password: text(answer).into() },
    }
}

/// `authorization NUL user NUL password` (RFC 4616 §2).
fn plain(message: &[u8]) -> Next {
    let mut parts = message.split(|byte| *byte == 0);
    let (Some(acts_for), Some(user), Some(password), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Next::Broken;
    };
    if !acts_for.is_empty() && acts_for != user {
        return Next::Refuse;
    }
    Next::Verify { user: text(user), password: text(password).into() }
}

/// UTF-8, or else what old devices mean by an umlaut: ISO 8859-1.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Takes the initial answer out of a command line, and overwrites it there.
pub(super) fn sealed(bytes: &mut [u8]) -> Sealed {
    let sealed = Sealed::from(bytes.to_vec());
    bytes.zeroize();
    sealed
}
