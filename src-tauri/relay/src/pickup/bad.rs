//! Why a file cannot be taken as a message, in words for whoever finds it in the folder for bad ones.

use crate::mail::AddressError;
use crate::policy::Refusal;
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    #[error("the file is empty")]
    Empty,
    #[error("the file is in UTF-16, as Notepad calls \"Unicode\"")]
    Utf16,
    #[error("there is no empty line behind the first {0} octets, where the header should end")]
    EndlessHeader(usize),
    #[error("in its header stands a line that is no field: \"{0}\"")]
    NoField(String),
    #[error("it does not say who it is from: there is no X-Sender line and no From field with an address")]
    NoSender,
    #[error("its X-Sender line has more than one address")]
    ManySenders,
    #[error("it does not say who it is for: there is no X-Receiver line, and no To, Cc or Bcc field with an address")]
    NoRecipient,
    #[error("in {field} stands something that is no address: \"{piece}\"{}", why.map(|why| format!(" ({why})")).unwrap_or_default())]
    NoAddress { field: String, piece: String, why: Option<AddressError> },
    #[error("it has more than the {0} recipients that a message can have here")]
    TooManyRecipients(usize),
    #[error("it is larger than the {0} octets that a message can have here")]
    TooLarge(u64),
    #[error("it has gone through more than {0} servers already, so it goes round in a loop")]
    Loop(u32),
    #[error("the rules for contents do not let it through: {0}")]
    Content(String),
}

impl From<Refusal> for Bad {
    fn from(refusal: Refusal) -> Self {
        Self::Content(refusal.reply.text())
    }
}

impl Bad {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Empty => "see why the program that wrote it wrote nothing; then delete it",
            Self::Utf16 => "have it written in UTF-8 or ANSI",
            Self::EndlessHeader(_) => "put an empty line between header and text",
            Self::NoField(_) => "begin with lines as in `Subject: Order 17`, then an empty line, then the text",
            Self::NoSender | Self::ManySenders => "give one sender, as in `X-Sender: erp@office.example` in the first line",
            Self::NoRecipient => "name the recipients, as in `X-Receiver: ann@example.com`, one line for each, at the very top",
            Self::NoAddress { .. } => "write whole addresses with their domain, as in `ann@example.com`, with commas between them",
            Self::TooManyRecipients(_) => {
                "write several files with fewer recipients each, or allow more in the settings (`limits.recipients`)"
            }
            Self::TooLarge(_) => "send less at a time, or allow more in the settings (`limits.messageBytes`)",
            Self::Content(_) => "send it without that, or change `attachments` or `headers` in the settings",
            Self::Loop(_) => "look where it comes from: something sends our own mail back to us",
        }
    }

    /// The text that lies beside the file. Notepad wants CRLF.
    pub fn text(&self, name: &str, folder: &str, now: Timestamp) -> String {
        let when = now.strftime("%Y-%m-%d %H:%M:%S UTC");
        let remedy = self.remedy();
        format!(
            "Outtray could not take the file \"{name}\" as a message.\r\n\r\nWhy: {self}.\r\nWhat to do: {remedy}.\r\n\
             To have it sent after that, move it back to {folder}.\r\n\r\n{when}\r\n"
        )
    }
}
