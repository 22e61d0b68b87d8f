//! What is said on a line, each word under its time-out: hello, a sender tried out.

use super::classify::{Stage, Verdict, classify};
use super::fault::{Fault, remote_reply};
use super::line::{SmtpLine, completed};
use super::offers::Offers;
use super::{Trouble, TroubleKind};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::error::Elapsed;

impl SmtpLine {
    /// MAIL FROM, accepted or not, and forgotten again: for the connection check.
    pub(super) async fn try_sender(&mut self, path: &str) -> Result<String, Trouble> {
        let patience = self.config.timeouts.command;
        let said = match completed(self.say(format!("MAIL FROM:<{path}>\r\n"), patience).await) {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                Ok(self.clean(remote_reply(response.code().into(), &text)).to_string())
            }
            Err(Fault::Reply(reply)) => {
                let kind = match classify(&reply, Stage::Sender) {
                    Verdict::Lane(kind) => kind,
                    Verdict::Defer(_) | Verdict::Fail(_) => TroubleKind::Other,
                };
                Err(Trouble { kind, subject: path.to_owned(), said: self.mask.clean(&reply.to_string()) })
            }
            Err(fault) => return Err(self.fault_trouble(&fault)),
        };
        self.reset_if_needed().await.map_err(|fault| self.fault_trouble(&fault))?;
        said
    }

    /// Err: the answer belongs to something else. There was a reply too many before, and nobody knows
    /// any more whose refusal was whose.
    pub(super) async fn reset_if_needed(&mut self) -> Result<(), Fault> {
        if self.over {
            return Ok(());
        }
        // A line that does not even take a RSET shows at the next message.
        match self.say("RSET\r\n", self.config.timeouts.command).await {
            Ok(response) => completed(Ok(response)).map(|_| ()),
            Err(Fault::Reply(_) | Fault::Lost(_) | Fault::Silent | Fault::Broken(_)) => Ok(()),
        }
    }

    /// The greeting, if it was not read in plain text before, and EHLO.
    pub(super) async fn hello(&mut self, greeted: bool, hello: ClientId, patience: Duration) -> Result<(), Fault> {
        if !greeted {
            completed(self.listen(patience).await)?;
        }
        let response = completed(self.say(Ehlo::new(hello), patience).await)?;
        self.offers = Offers::read(response.message());
        Ok(())
    }

    pub(super) async fn say(&mut self, command: impl Display, patience: Duration) -> Result<Response, Fault> {
        let said = tokio::time::timeout(patience, self.connection.command(command)).await;
        self.heard(said)
    }

    pub(super) async fn listen(&mut self, patience: Duration) -> Result<Response, Fault> {
        let said = tokio::time::timeout(patience, self.connection.read_response()).await;
        self.heard(said)
    }

    fn heard(&mut self, said: Result<Result<Response, lettre::transport::smtp::Error>, Elapsed>) -> Result<Response, Fault> {
        let said = match said {
            Ok(said) => said.map_err(Fault::from),
            Err(_) => Err(Fault::Silent),
        };
        self.over |= match &said {
            Ok(_) => false,
            Err(Fault::Reply(reply)) => reply.code == 421,
            Err(Fault::Lost(_) | Fault::Silent | Fault::Broken(_)) => true,
        };
        said
    }
}
