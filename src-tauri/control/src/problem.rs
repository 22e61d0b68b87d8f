//! A trouble as a code; the words people read stand in `ui/src/words.ts`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A trouble, what is known about it, and the other side's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts", optional_fields)]
pub struct Problem {
    pub code: ProblemCode,
    /// What it concerns: a host name, a port, a file, a user name. Never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The server's or the system's own words, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Problem {
    pub fn new(code: ProblemCode) -> Self {
        Self { code, subject: None, said: None }
    }

    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    #[must_use]
    pub fn said(mut self, words: impl Into<String>) -> Self {
        self.said = Some(words.into());
        self
    }
}

/// One code for each trouble a page treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "control.ts")]
pub enum ProblemCode {
    /// No smart host has been set yet.
    NotSetUp,
    /// The smart host's name has no address.
    HostNotFound,
    /// Nobody listens there, or a firewall answers for it.
    ConnectionRefused,
    /// No answer in time.
    ConnectionTimedOut,
    /// The connection ended in the middle of the conversation.
    ConnectionLost,
    /// A message was handed over whole and no answer came: it is sent again and may arrive twice.
    AnswerLost,
    /// The greeting or the answer to EHLO was a refusal.
    GreetingRefused,
    /// STARTTLS was wanted and is not offered, or was refused.
    TlsNotOffered,
    /// The TLS conversation failed for another reason than the certificate.
    TlsFailed,
    /// Plain SMTP where TLS was expected, or the other way round (465 and 587 swapped).
    TlsModeSwapped,
    /// The certificate is signed by nobody this machine trusts.
    CertificateUntrusted,
    /// The certificate is for another name.
    CertificateWrongName,
    /// The certificate is out of date (or this machine's clock is wrong).
    CertificateExpired,
    /// The smart host offers no sign-in (or none we speak), and we have one to give.
    SignInNotOffered,
    /// User name or password not accepted.
    SignInRefused,
    /// The provider has password sign-in switched off (Microsoft: 5.7.139, 5.7.30).
    SignInSwitchedOff,
    /// The smart host wants a sign-in and none is set.
    SignInNeeded,
    /// The password is not in the credential store.
    SecretMissing,
    /// Mail of the domain in `subject` is to be signed, and its key is not in the credential store.
    SigningKeyMissing,
    /// The smart host does not accept a token that was just made for it.
    TokenNotAccepted,
    /// Who gives tokens cannot be reached, or has a trouble of its own that will pass.
    TokenUnreachable,
    /// The sign-in has ended: somebody must sign in again.
    SignInLapsed,
    /// The application's own secret, key or certificate is wrong or has run out.
    AppSecretRefused,
    /// The application is not known to who gives tokens, or may not do this.
    AppUnknown,
    /// An administrator has not agreed to what the application wants.
    ConsentMissing,
    /// No token is given for another reason.
    TokenRefused,
    /// This machine has no credential store, or it is locked.
    SecretStoreUnavailable,
    /// Replies that are no SMTP: endless, broken, out of order.
    BrokenReply,
    /// Too much at once: the provider asks us to slow down.
    Throttled,
    /// The provider's quota or our account there is used up or blocked.
    AccountBlocked,
    /// Every sender is refused: sender rule of the provider.
    SenderRefused,
    /// The recipient does not exist or does not want the message.
    RecipientRefused,
    /// The message is larger than the provider takes.
    MessageTooLarge,
    /// The content was refused (spam, policy, virus).
    ContentRefused,
    /// The provider has a temporary trouble of its own.
    TemporaryTrouble,
    /// Tried until its lifetime ended.
    LifetimeEnded,
    /// The message has gone round in a loop.
    MailLoop,
    /// A port we were to listen on is taken by another program (named in `subject` if known).
    PortTaken,
    /// An address we were to listen on is not this machine's.
    AddressNotHere,
    /// No right to listen on that port.
    PortForbidden,
    /// A certificate or key file cannot be used.
    CertificateFileUnusable,
    /// A certificate ends soon, or has ended; `subject` is its file, `said` tells when.
    CertificateEnds,
    /// The application's secret ends soon, or has ended; `subject` is the mailbox it signs in as, `said` tells when.
    AppSecretEnds,
    /// A settings file that cannot be read; the old settings stay in force.
    SettingsUnreadable,
    /// The disk is full (or nearly): mail is refused for now with 452.
    DiskFull,
    /// The database was damaged and has been set aside; `subject` is its new path.
    DatabaseSetAside,
    /// The database is damaged; the next start sets it aside.
    DatabaseDamaged,
    /// The database cannot be written.
    StoreFailed,
    /// Messages that wait cannot be read from the disk; `subject` is how many, `said` tells of one.
    MessageUnreadable,
    /// Files in the pickup folder (`subject`) are not taken, or not all of them.
    PickupFailed,
    /// Something in the engine ended that must never end.
    EngineFault,
    /// A device sends far more than usual: its mail is held. `subject` is its address, or `account:` and the account it
    /// signs in with; `Request::EndBurst` takes either.
    BurstHeld,
    /// Too many wrong passwords came from the address in `subject`: it cannot sign in for a while.
    PasswordsGuessed,
    /// A smart host takes no mail from the sender in `subject`: its mail waits there and is tested now and then; others' goes on.
    SenderWaits,
    /// Anything else, or a code of a newer engine; `said` tells.
    #[serde(other)]
    Other,
}
