//! The programs that hand in mail, and how each is told what to do.
//!
//! In: one handover, the way it goes, the text it carries. Out: the command to run and what it reads.

use e2e::exim::Exim;
use e2e::postfix::Postfix;
use e2e::way::{Tls, Way};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const RECIPIENT: &str = "ann@away.test";

/// What a client can trip over: dots, what looks like a mailbox's separator, blanks at the end, umlauts, a long line.
pub fn text() -> String {
    let long = "x".repeat(900);
    format!("first\n.\n..two dots\nFrom the office\n\ttabs and blanks  \nGrüße, 7 µm, 12 €\n{long}\n\nlast\n")
}

pub struct Handover<'a> {
    pub way: &'a Way,
    pub subject: String,
    pub tools: &'a Tools,
}

/// A command and its standard input.
pub struct Run {
    pub command: Command,
    pub input: Vec<u8>,
}

pub struct Program {
    pub name: &'static str,
    /// It composes the message itself; else it is given one that must arrive as it is.
    pub composes: bool,
    /// By a way's name: why it cannot go.
    pub cannot: &'static [(&'static str, &'static str)],
    pub hands_in: fn(&Handover<'_>) -> Run,
}

/// What has to run or be built before.
pub struct Tools {
    clients: PathBuf,
    send_mail: PathBuf,
    postfix: Postfix,
    exim: Exim,
}

pub const PROGRAMS: [Program; 9] = [
    Program { name: "swaks", composes: false, cannot: &[], hands_in: swaks },
    Program { name: "msmtp", composes: false, cannot: &[], hands_in: msmtp },
    Program { name: "curl", composes: false, cannot: &[], hands_in: curl },
    Program { name: "Python smtplib", composes: false, cannot: &[], hands_in: smtplib },
    Program { name: "PHP mail() through msmtp", composes: true, cannot: &[], hands_in: php },
    Program { name: "Nodemailer", composes: true, cannot: &[], hands_in: nodemailer },
    Program {
        name: ".NET System.Net.Mail (mono)",
        composes: true,
        cannot: &[
            ("starttls", "mono's offers TLS 1.0 alone"),
            ("tls", "it knows STARTTLS only"),
            ("auth-plain", "it takes LOGIN by itself where that is offered"),
            ("auth-login", "mono's offers TLS 1.0 alone"),
        ],
        hands_in: send_mail,
    },
    Program { name: "Postfix", composes: false, cannot: &[], hands_in: postfix },
    Program { name: "Exim", composes: false, cannot: &[], hands_in: exim },
];

impl Tools {
    pub fn ready(ways: &[Way], folder: &Path) -> Self {
        let clients = super::file("tests/clients");
        let nodemailer = clients.join("node_modules/nodemailer");
        assert!(nodemailer.exists(), "{} is missing: cargo xtask setup", nodemailer.display());
        let send_mail = folder.join("SendMail.exe");
        let mut mcs = Command::new("mcs");
        // It is obsolete, and that is why it is tried.
        let built = mcs.arg("-nowarn:618").arg(format!("-out:{}", send_mail.display())).arg(clients.join("SendMail.cs")).output();
        let built = built.expect("mcs (package mono-mcs)");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stdout));
        Self { clients, send_mail, postfix: Postfix::sending(ways), exim: Exim::sending(ways) }
    }

    /// What they say of mail that did not arrive.
    pub fn logs(&self) -> String {
        format!("Postfix:\n{}\nExim:\n{}", self.postfix.log(), self.exim.log())
    }
}

impl Handover<'_> {
    /// A whole message, with Unix' line ends.
    pub fn letter(&self) -> String {
        format!(
            "Date: Mon, 02 Nov 2026 09:05:03 +0000\nFrom: {}\nTo: {RECIPIENT}\nSubject: {}\nMessage-ID: <{}@device.test>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
            self.way.sender(),
            self.subject,
            self.subject.replace(' ', "."),
            text()
        )
    }

    fn runs(&self, program: &str) -> Run {
        Run { command: Command::new(program), input: self.letter().into_bytes() }
    }

    /// One of ours that speaks for a library: HOST PORT MODE FROM TO USER PASSWORD.
    fn runs_script(&self, interpreter: &str, script: &Path) -> Run {
        let mut run = self.runs(interpreter);
        run.command.arg(script).args(["127.0.0.1", &self.way.port.to_string(), self.way.name, &self.way.sender(), RECIPIENT]);
        let (user, password) = self.way.account.map(|account| (account.user, account.password)).unwrap_or_default();
        run.command.args([user, password]);
        run
    }

    /// The same, and it composes the message.
    fn runs_composer(&self, interpreter: &str, script: &Path) -> Run {
        let mut run = self.runs_script(interpreter, script);
        run.command.arg(&self.subject);
        run.input = text().into_bytes();
        run
    }
}

fn swaks(handover: &Handover<'_>) -> Run {
    let way = handover.way;
    let mut run = handover.runs("swaks");
    run.command.args(["--server", "127.0.0.1", "--port", &way.port.to_string(), "--ehlo", "device.test"]);
    run.command.args(["--from", &way.sender(), "--to", RECIPIENT, "--data", "-"]);
    // It puts a line end of its own behind what it is given.
    run.input.pop();
    match way.tls {
        Tls::None => {}
        Tls::Starttls => drop(run.command.arg("--tls")),
        Tls::Implicit => drop(run.command.arg("--tls-on-connect")),
    }
    if let Some(account) = &way.account {
        run.command.args(["--auth", account.mechanism, "--auth-user", account.user, "--auth-password", account.password]);
    }
    run
}

fn msmtp(handover: &Handover<'_>) -> Run {
    let mut run = handover.runs("msmtp");
    run.command.args(msmtp_options(handover.way)).arg(RECIPIENT);
    run
}

fn msmtp_options(way: &Way) -> Vec<String> {
    let (tls, starttls) = match way.tls {
        Tls::None => ("off", "off"),
        Tls::Starttls => ("on", "on"),
        Tls::Implicit => ("on", "off"),
    };
    let mut options = vec!["--file=/dev/null".to_owned(), "--host=127.0.0.1".into(), format!("--port={}", way.port)];
    options.extend([format!("--from={}", way.sender()), format!("--tls={tls}"), format!("--tls-starttls={starttls}")]);
    options.push("--tls-certcheck=off".into());
    match &way.account {
        None => options.push("--auth=off".into()),
        Some(account) => {
            options.extend([format!("--auth={}", account.mechanism.to_lowercase()), format!("--user={}", account.user)]);
            options.push(format!("--passwordeval=echo {}", account.password));
        }
    }
    options
}

fn curl(handover: &Handover<'_>) -> Run {
    let way = handover.way;
    let scheme = if way.tls == Tls::Implicit { "smtps" } else { "smtp" };
    let mut run = handover.runs("curl");
    run.command.args(["--silent", "--show-error", "--insecure", "--crlf", "--upload-file", "-"]);
    run.command.args([
        "--mail-from",
        &way.sender(),
        "--mail-rcpt",
        RECIPIENT,
        "--url",
        &format!("{scheme}://127.0.0.1:{}/device.test", way.port),
    ]);
    if way.tls == Tls::Starttls {
        run.command.arg("--ssl-reqd");
    }
    if let Some(account) = &way.account {
        run.command.args(["--user", &format!("{}:{}", account.user, account.password)]);
        run.command.args(["--login-options", &format!("AUTH={}", account.mechanism)]);
    }
    run
}

/// It leaves the line ends of octets as they are: LF.
fn smtplib(handover: &Handover<'_>) -> Run {
    let mut run = handover.runs_script("python3", &handover.tools.clients.join("hand_in.py"));
    // It puts CRLF behind what does not end so.
    run.input.pop();
    run
}

fn php(handover: &Handover<'_>) -> Run {
    let quoted: Vec<String> = msmtp_options(handover.way).iter().map(|option| format!("'{option}'")).collect();
    let mut run = handover.runs("php");
    // In double quotes, or PHP would take the others out.
    run.command.arg("-d").arg(format!("sendmail_path=\"msmtp {} -t -i\"", quoted.join(" ")));
    run.command.arg(handover.tools.clients.join("mail.php")).args([&handover.way.sender(), RECIPIENT, &handover.subject]);
    // It puts a line end of its own behind what it is given.
    run.input = text().trim_end().into();
    run
}

fn nodemailer(handover: &Handover<'_>) -> Run {
    handover.runs_composer("node", &handover.tools.clients.join("nodemailer.mjs"))
}

fn send_mail(handover: &Handover<'_>) -> Run {
    handover.runs_composer("mono", &handover.tools.send_mail)
}

fn postfix(handover: &Handover<'_>) -> Run {
    let input = handover.letter().into_bytes();
    Run { command: handover.tools.postfix.sendmail(&handover.way.sender(), RECIPIENT), input }
}

fn exim(handover: &Handover<'_>) -> Run {
    Run { command: handover.tools.exim.command(handover.way, RECIPIENT), input: handover.letter().into_bytes() }
}
