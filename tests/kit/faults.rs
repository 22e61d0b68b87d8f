//! What goes wrong at a scripted smart host: where in the conversation, what happens there, and how often.
//!
//! In: rules, the newest first. Out: for a stage that is reached, the fault that is due there, if there is one.

use std::collections::HashMap;
use std::time::Duration;

/// Where in the conversation a fault sits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before anything is said.
    Connect,
    Greeting,
    Ehlo,
    /// EHLO under TLS; [`Stage::Ehlo`] is both.
    EhloEncrypted,
    Starttls,
    /// In place of the TLS handshake.
    Handshake,
    Auth,
    Mail,
    /// MAIL in the name of this address, empty for `<>`; [`Stage::Mail`] is all of them.
    From(String),
    /// RCPT for this address; `ghost@` for that name in any domain; empty for every address.
    Rcpt(String),
    Data,
    /// The answer to the final dot.
    Dot,
    Rset,
}

/// What happens there instead of the ordinary answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Lines without their CRLF, joined by LF.
    Reply(String),
    /// A reply, and then the connection is closed.
    ReplyAndClose(String),
    /// The reply to the first so many who ask for the same (each recipient for itself), then the ordinary answer.
    First(usize, String),
    /// These words and the line that is answered.
    Echo(String),
    /// These bytes as they are, and the conversation goes on.
    Raw(Vec<u8>),
    /// These bytes, half a reply for example, and then the connection is closed.
    RawAndClose(Vec<u8>),
    Close,
    /// Says nothing more, keeps the connection and reads on.
    Stall,
    /// The ordinary answer, and then it neither reads nor says anything.
    Freeze,
    /// One line without an end.
    EndlessLine,
    /// `250-` for ever.
    EndlessReply,
    /// The ordinary answer, later.
    Late(Duration),
    /// The ordinary answer with these bytes right behind it.
    Followed(Vec<u8>),
    /// Reads no more than so many bytes of content, then closes.
    CloseAfter(usize),
}

#[derive(Default)]
pub(crate) struct Faults {
    rules: Vec<(Stage, Answer, Option<usize>)>,
    /// How often each was answered by [`Answer::First`].
    asked: HashMap<Stage, usize>,
}

impl Faults {
    /// So many times, or for ever.
    pub fn add(&mut self, stage: Stage, answer: Answer, times: Option<usize>) {
        self.rules.push((stage, answer, times));
    }

    /// The newest fault for this stage; one that counts is used up.
    pub fn take(&mut self, stage: &Stage) -> Option<Answer> {
        let meant = |wanted: &Stage| match (wanted, stage) {
            (Stage::Rcpt(wanted), Stage::Rcpt(address)) => {
                let of_name = || wanted.ends_with('@') && address.get(..wanted.len()).is_some_and(|name| name.eq_ignore_ascii_case(wanted));
                wanted.is_empty() || wanted.eq_ignore_ascii_case(address) || of_name()
            }
            (Stage::Ehlo, Stage::EhloEncrypted) | (Stage::Mail, Stage::From(_)) => true,
            (wanted, stage) => wanted == stage,
        };
        let asked = self.asked.get(stage).copied().unwrap_or(0);
        let goes_on = |answer: &Answer| matches!(answer, Answer::First(times, _) if asked >= *times);
        let mut rules = self.rules.iter_mut().rev();
        let (_, answer, left) = rules.find(|(wanted, answer, left)| meant(wanted) && *left != Some(0) && !goes_on(answer))?;
        if let Some(left) = left {
            *left -= 1;
        }
        if let Answer::First(..) = answer {
            *self.asked.entry(stage.clone()).or_default() += 1;
        }
        Some(answer.clone())
    }
}
