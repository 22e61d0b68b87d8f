//! The part of a report that people read: what happened, why, and what to do.
//!
//! In: the facts. Out: text in lines that end in CRLF; UTF-8 where a subject or a server's answer is.
//! RFC 6522 §3 (the first part). Recipients with the same story share one telling.
//!
//! Invariant: what others wrote stands indented, so that it cannot pass for words of ours.

use super::{Concerned, Fate, ReportFacts, ReportKind, mime};
use crate::mail::reply::RemoteReply;
use crate::mail::{Mailbox, ReversePath, field_text};
use crate::queue::{Why, WhyKind};
use jiff::Timestamp;

const WIDTH: usize = 72;
const RECIPIENTS: usize = 20;
const SUBJECT_LETTERS: usize = 200;
const REPLY_LETTERS: usize = 1000;

pub fn compose(facts: &ReportFacts<'_>, sender: &Mailbox) -> String {
    let mut page = Page::default();
    page.paragraph(0, &opening(facts));
    page.apart();
    page.block(4, "Subject: ", &subject(facts));
    page.block(4, "From:    ", sender.as_str());
    page.block(4, "Sent:    ", &moment(facts.arrived_at));
    let stories = stories(facts);
    let mut more = facts.recipients.len();
    let mut room = RECIPIENTS;
    for (n, story) in stories.iter().enumerate() {
        // Each story is told to somebody, however many there are of the one before.
        let to_come = stories.len() - n - 1;
        let shown = &story.told_to[..story.told_to.len().min(room.saturating_sub(to_come).max(1))];
        room = room.saturating_sub(shown.len());
        more -= shown.len();
        story.tell(shown, &mut page);
    }
    if more > 0 {
        let recipients = if more == 1 { "recipient" } else { "recipients" };
        page.paragraph(0, &format!("There are {more} more {recipients}; the delivery report attached to this message lists all of them."));
    }
    page.paragraph(0, &closing(facts));
    page.text
}

fn opening(facts: &ReportFacts<'_>) -> String {
    let handed_over = facts.recipients.iter().filter(|recipient| matches!(recipient.fate, Fate::Relayed(_))).count();
    let those = |many: usize| match many {
        1 if facts.recipients.len() == 1 => "the recipient below".to_owned(),
        1 => "1 recipient, listed below".to_owned(),
        many => format!("{many} recipients, listed below"),
    };
    let recipients = those(facts.recipients.len());
    let (message, who) = if facts.readers.sender { ("Your message", "you") } else { ("A message of your office", "its sender") };
    match facts.kind {
        ReportKind::Failure if handed_over == 0 => format!("{message} was not delivered to {recipients}. It will not be tried again."),
        ReportKind::Failure => format!(
            "{message} was not delivered to {}. It will not be tried again. It was handed over for {}.",
            those(facts.recipients.len() - handed_over),
            those(handed_over)
        ),
        ReportKind::Relayed => format!("{message} was handed over for {recipients}, as {who} wanted to be told."),
        ReportKind::Delay { given_up_at } => format!(
            "{message} has not yet been delivered to {recipients}. There is no need to send it again: it will be tried \
             until {}. If it cannot be delivered by then, you will be told.",
            moment(given_up_at)
        ),
    }
}

fn closing(facts: &ReportFacts<'_>) -> String {
    let who = if facts.readers.sender { "You" } else { "Its sender" };
    let message = match (facts.wants_whole(), facts.returns_whole()) {
        (_, true) => "The message itself is attached. ".to_owned(),
        (true, false) => {
            format!("{who} wanted the message back, but it is too large for that, or not kept any more; its header is attached. ")
        }
        (false, false) => String::new(),
    };
    if !facts.readers.sender {
        return format!(
            "{message}This notice was written by Outtray on {}, which tells senders nothing. In its window this is message {}.",
            facts.host_name, facts.original
        );
    }
    format!(
        "{message}This notice was written by Outtray, the mail relay of your office, on {}. When you ask the person who looks after it, \
         name message {}. The technical details attached are for them.",
        facts.host_name, facts.original
    )
}

fn subject(facts: &ReportFacts<'_>) -> String {
    match mime::one_line(facts.subject, SUBJECT_LETTERS) {
        empty if empty.is_empty() => "(none)".to_owned(),
        subject => subject,
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%A, %-d %B %Y, %H:%M UTC").to_string()
}

/// What is told of one or more recipients alike.
struct Story<'a> {
    happened: String,
    remedy: Option<&'static str>,
    /// Who gave the answers.
    server: Option<&'a str>,
    told_to: Vec<(&'a str, Option<String>)>,
}

/// In the order of the recipients.
fn stories<'a>(facts: &'a ReportFacts<'_>) -> Vec<Story<'a>> {
    let mut stories: Vec<Story<'a>> = Vec::new();
    for recipient in &facts.recipients {
        let story = Story::of(recipient, facts.sender);
        match stories.iter_mut().find(|known| known.is_like(&story)) {
            Some(known) => known.told_to.extend(story.told_to),
            None => stories.push(story),
        }
    }
    stories
}

impl<'a> Story<'a> {
    fn of(recipient: &'a Concerned, sender: &ReversePath) -> Self {
        let (happened, remedy) = match &recipient.fate {
            Fate::Refused(why) => (sentence(&happened(why, sender)), Some(remedy(why))),
            Fate::Expired { last: Some(why) } => {
                let last = happened(why, sender);
                (format!("It was tried again and again until its time was up. At the last try, {last}"), Some(remedy(why)))
            }
            Fate::Expired { last: None } => (
                "It could not be handed to the outgoing mail server at all before its time was up.".to_owned(),
                Some("Tell the person who looks after Outtray. Send the message again when mail goes out."),
            ),
            Fate::Deleted => (
                "An administrator removed the message from the queue before it was sent.".to_owned(),
                Some("Ask the person who looks after Outtray if you do not know why."),
            ),
            Fate::Late { last: Some(why) } => (format!("At the last try, {}", happened(why, sender)), None),
            Fate::Late { last: None } => ("It could not yet be handed to the outgoing mail server.".to_owned(), None),
            Fate::Relayed(_) => (
                "The outgoing mail server has taken it, but does not tell senders when mail arrives. You will hear no more of it, \
                 unless it comes back."
                    .to_owned(),
                None,
            ),
        };
        let said = recipient.fate.why().and_then(|why| why.reply.as_ref()).map(|reply| mime::one_line(&reply.to_string(), REPLY_LETTERS));
        let server = said.as_ref().and(recipient.server.as_deref());
        Self { happened, remedy, server, told_to: vec![(recipient.address.as_str(), said)] }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.happened == other.happened && self.remedy == other.remedy && self.server == other.server
    }

    fn tell(&self, told_to: &[(&str, Option<String>)], page: &mut Page) {
        let said = told_to.first().and_then(|(_, said)| said.as_deref());
        let alike = told_to.iter().all(|(_, other)| other.as_deref() == said);
        page.apart();
        for (address, said) in told_to {
            page.block(0, "", address);
            if let (Some(said), false) = (said, alike) {
                page.block(8, "", said);
            }
        }
        page.paragraph(4, &self.happened);
        if let Some(remedy) = self.remedy {
            page.paragraph(4, &format!("What you can do: {remedy}"));
        }
        let server = match self.server.map(|server| mime::one_line(server, 255)) {
            Some(name) if !name.is_empty() => format!("the mail server {name}"),
            Some(_) | None => "the mail server".to_owned(),
        };
        if !alike {
            page.paragraph(4, &format!("Below each address stands what {server} said."));
        } else if let Some(said) = said {
            page.paragraph(4, &format!("{} said:", sentence(&server)));
            page.paragraph(8, said);
        }
    }
}

fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Goes on from "At the last try,".
fn happened(why: &Why, sender: &ReversePath) -> String {
    let words = match (why.kind, &why.reply) {
        (WhyKind::Recipient, _) => "the mail server did not accept the address.",
        (WhyKind::Sender, _) => return format!("the mail server did not accept {sender} as the sender."),
        (WhyKind::TooLarge, _) => "the message was larger than the mail server allows.",
        (WhyKind::Content, _) => {
            "the mail server did not accept what is in the message: it may look like spam, or an attachment is not allowed."
        }
        (WhyKind::Throttled, _) => "the mail server took no more messages for the time being.",
        (WhyKind::AccountBlocked, _) => "the mail provider had blocked the account that Outtray sends with.",
        (WhyKind::Temporary, _) => "the mail server could not take the message for the time being.",
        (WhyKind::ConnectionLost, _) => "the connection to the mail server broke while the message was being handed over.",
        (WhyKind::AnswerLost, _) => {
            "the message was handed to the mail server whole, but the connection broke before its answer came: it may have arrived."
        }
        (WhyKind::Unsuitable, Some(reply)) if needs_utf8(reply) => {
            "the mail server takes no addresses and no headers with letters beyond A to Z."
        }
        (WhyKind::Unsuitable, _) => "the message was written in a form that the mail server cannot take.",
        (WhyKind::Other, Some(_)) => "the mail server did not take the message; its answer says why.",
        (WhyKind::Other, None) => "the message could not be handed to the mail server.",
    };
    words.to_owned()
}

/// 5.6.7 (RFC 6531 §3.5).
fn needs_utf8(reply: &RemoteReply) -> bool {
    reply.enhanced.is_some_and(|status| (status.subject, status.detail) == (6, 7))
}

fn remedy(why: &Why) -> &'static str {
    match why.kind {
        WhyKind::Unsuitable if why.reply.as_ref().is_some_and(needs_utf8) => {
            "Ask the recipient for an address in plain letters, and send from such an address yourself."
        }
        WhyKind::Recipient => {
            "Check the address for typing mistakes and send the message again. If the address is right, ask the recipient in \
             another way whether the mailbox still takes mail."
        }
        WhyKind::Sender => {
            "Send from an address that belongs to your mail account, or ask the person who looks after Outtray to have this one allowed."
        }
        WhyKind::TooLarge => "Send it in smaller parts, or make the attachments smaller; for a scan, choose a lower resolution.",
        WhyKind::Content => "Change the text or the attachments and send it again, or ask the recipient how to send such things.",
        WhyKind::Throttled => "Wait a few hours and send it again. Many messages at once may be more than the mail provider allows.",
        WhyKind::AccountBlocked => "Tell the person who looks after Outtray. Send the message again when the account is open.",
        WhyKind::Temporary => "Send it again later.",
        WhyKind::ConnectionLost => {
            "Send it again later. It may be that a copy has arrived already: ask the recipient if a second one matters."
        }
        WhyKind::AnswerLost => "Ask the recipient whether it has arrived before you send it again.",
        WhyKind::Unsuitable => "Send it as plain text, or with its content in an attachment.",
        WhyKind::Other => "Send it again. If it comes back once more, tell the person who looks after Outtray.",
    }
}

/// Paragraphs with an empty line between them.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn paragraph(&mut self, indent: usize, text: &str) {
        self.apart();
        self.block(indent, "", text);
    }

    /// Lines that hang below the label in front of the first.
    fn block(&mut self, indent: usize, label: &str, text: &str) {
        for (n, line) in field_text::wrap(text, WIDTH - indent - label.len()).iter().enumerate() {
            let before = if n == 0 { label.to_owned() } else { " ".repeat(label.len()) };
            self.text.push_str(&format!("{:indent$}{before}{line}\r\n", ""));
        }
    }

    fn apart(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
    }
}
