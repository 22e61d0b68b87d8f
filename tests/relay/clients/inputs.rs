//! What Postfix and we are told, each on a connection of its own, and why the two answer differently where they do.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::postfix::{PASSWORD, USER};

/// What was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Not even the greeting was heard.
    Nothing,
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    /// STARTTLS, and EHLO again.
    Tls,
}

pub struct Input {
    pub behind: Behind,
    pub octets: Vec<u8>,
    /// Nothing may follow: not even QUIT.
    pub ends: bool,
    /// Empty: there is no difference in the codes.
    pub reason: &'static str,
}

/// The largest message, and how many recipients it may have, on both sides.
pub const MESSAGE_BYTES: u64 = 10_240;
pub const RECIPIENTS: u32 = 100;

const NOT_OFFERED: &str = "the verb is known and not offered, for which RFC 5321 §4.2.4 has 502";
const ABOUT_COMMANDS: &str = "X.5.Z is about commands (RFC 3463 §3.6)";
const NO_PATH: &str = "without its bracket it is no path: the command is wrong, of the address nothing can be said";
const NO_DOMAIN: &str = "which domain is meant nobody knows here; Postfix puts its own behind it";
const SAY_UTF8: &str =
    "only behind SMTPUTF8 may there be such letters (RFC 6531 §3.3); Postfix lets them pass unless strict_smtputf8 is set";
const OUT_OF_STEP: &str = "421 is what closes a connection (RFC 5321 §3.8); 521 is for hosts that never take mail (RFC 7504)";
const NO_ANSWER: &str = "the code of RFC 4954 §4 for an answer that cannot be decoded; nobody's password was looked at";

pub fn inputs() -> Vec<Input> {
    [greetings(), order(), commands(), lines(), senders(), sender_parameters(), recipients(), contents(), chunks(), tls(), sign_in()]
        .into_iter()
        .flatten()
        .collect()
}

fn input(behind: Behind, octets: impl Into<Vec<u8>>, reason: &'static str) -> Input {
    Input { behind, octets: octets.into(), ends: false, reason }
}

fn line(behind: Behind, text: &str, reason: &'static str) -> Input {
    input(behind, format!("{text}\r\n"), reason)
}

fn last(behind: Behind, text: impl Into<Vec<u8>>, reason: &'static str) -> Input {
    Input { ends: true, ..input(behind, text, reason) }
}

fn greetings() -> Vec<Input> {
    use Behind::{Ehlo, Greeting, Nothing};
    vec![
        input(Nothing, "", ""),
        line(Greeting, "HELO device.test", ""),
        line(Greeting, "EHLO device.test", ""),
        line(Greeting, "eHlO device.test", ""),
        line(Greeting, "HELO", "old devices leave their name out, and nothing hangs on it"),
        line(Greeting, "EHLO", "every refusal has an enhanced code here; behind EHLO none is asked for (RFC 2034 §4)"),
        line(Greeting, "EHLO [127.0.0.1]", ""),
        line(Greeting, "EHLO device_1", ""),
        input(Greeting, b"EHLO b\xfcro\r\n", "old devices write umlauts as they know them; the name is washed before it stands anywhere"),
        line(Greeting, "EHLO device.test and more", ""),
        line(Greeting, "LHLO device.test", NOT_OFFERED),
        line(Ehlo, "HELO device.test", ""),
        last(Greeting, "GET / HTTP/1.1\r\nHost: relay\r\n\r\n", "it is refused, and a code of success would say otherwise"),
    ]
}

fn order() -> Vec<Input> {
    use Behind::{Ehlo, Greeting, Mail, Rcpt};
    vec![
        line(
            Greeting,
            "MAIL FROM:<scan@office.test>",
            "a client says HELO or EHLO first (RFC 5321 §4.1.1.1); Postfix asks for it with smtpd_helo_required",
        ),
        line(Greeting, "RCPT TO:<ann@away.test>", ""),
        line(Greeting, "DATA", ""),
        line(Greeting, "NOOP", ""),
        line(Greeting, "RSET", ""),
        line(Greeting, "VRFY ann@away.test", ABOUT_COMMANDS),
        line(Ehlo, "RCPT TO:<ann@away.test>", ""),
        line(Ehlo, "DATA", ""),
        input(Ehlo, "BDAT 5 LAST\r\nhello", ""),
        line(Mail, "MAIL FROM:<scan@office.test>", ""),
        line(Mail, "DATA", ""),
        input(Mail, "BDAT 5 LAST\r\nhello", ""),
        line(Rcpt, "MAIL FROM:<scan@office.test>", ""),
        input(Rcpt, "EHLO device.test\r\nDATA\r\n", ""),
        input(Rcpt, "RSET\r\nDATA\r\n", ""),
    ]
}

fn commands() -> Vec<Input> {
    use Behind::Ehlo;
    vec![
        line(Ehlo, "FOO", ""),
        line(Ehlo, "", ""),
        line(Ehlo, "HELP", "it is offered, and RFC 5321 §4.1.1.8 wants it"),
        line(Ehlo, "NOOP a word", ""),
        line(Ehlo, "RSET now", ""),
        line(Ehlo, "VRFY", ""),
        line(Ehlo, "VRFY ann@away.test", ABOUT_COMMANDS),
        line(Ehlo, "EXPN staff", NOT_OFFERED),
        line(Ehlo, "ETRN away.test", NOT_OFFERED),
        line(Ehlo, "TURN", ""),
        last(Ehlo, "QUIT\r\n", ""),
        last(Ehlo, "QUIT now\r\n", ""),
        last(Ehlo, "FOO\r\n".repeat(20), ""),
    ]
}

fn lines() -> Vec<Input> {
    use Behind::Ehlo;
    vec![
        input(Ehlo, "NOOP\n", ""),
        line(Ehlo, " NOOP", ""),
        line(Ehlo, "NOOP ", ""),
        line(Ehlo, "NOOP \u{1}", "control characters have no place in a command (RFC 5321 §4.1.2)"),
        input(Ehlo, b"NO\0OP\r\n", ""),
        line(Ehlo, &format!("NOOP {}", "x".repeat(1000)), ""),
        line(Ehlo, &format!("NOOP {}", "x".repeat(3000)), ""),
        line(
            Ehlo,
            &format!("NOOP {}", "x".repeat(5000)),
            "nothing is held that is longer than a command may be (RFC 5321 §4.5.3.1.4 asks for 512 octets)",
        ),
    ]
}

fn senders() -> Vec<Input> {
    use Behind::Ehlo;
    let mail = |path: &str, reason| line(Ehlo, &format!("MAIL FROM:{path}"), reason);
    vec![
        line(Ehlo, "MAIL", ""),
        mail("", ""),
        mail("<>", ""),
        mail(" <scan@office.test>", ""),
        mail("scan@office.test", ""),
        line(Ehlo, "MAIL FROM <scan@office.test>", ""),
        mail("<scan", NO_PATH),
        mail("<scan>", NO_DOMAIN),
        mail("<scan@>", ""),
        mail("<@office.test>", "an address has a local part (RFC 5321 §4.1.2)"),
        mail("<@relay.test:scan@office.test>", ""),
        mail("<\"a b\"@office.test>", ""),
        mail("<a b@office.test>", ""),
        mail("<a..b@office.test>", ""),
        mail(&format!("<{}@office.test>", "a".repeat(65)), "a local part has 64 octets at most (RFC 5321 §4.5.3.1.1)"),
        mail("<scan@[127.0.0.1]>", ""),
        mail("<scan@-office.test>", ""),
        mail("<jörg@office.test>", SAY_UTF8),
    ]
}

fn sender_parameters() -> Vec<Input> {
    use Behind::Ehlo;
    let mail = |parameters: &str, reason| line(Ehlo, &format!("MAIL FROM:<scan@office.test> {parameters}"), reason);
    vec![
        line(Ehlo, "MAIL FROM:<jörg@büro.test> SMTPUTF8", ""),
        input(Ehlo, b"MAIL FROM:<j\xf6rg@office.test> SMTPUTF8\r\n", "the address is what is wrong, and the code says so (RFC 6531 §3.5)"),
        mail("SMTPUTF8=yes", "the parameter is known, its value is wrong"),
        mail("SIZE=1000", ""),
        mail("SIZE=99999999999", ""),
        mail("SIZE=many", ""),
        mail("SIZE=1 SIZE=2", "of two values one would not count, and nobody could say which"),
        mail("BODY=8BITMIME", ""),
        mail("BODY=BINARYMIME", ""),
        mail("RET=HDRS ENVID=QQ1", ""),
        mail("RET=SOME", ""),
        mail("AUTH=<>", ""),
        mail("FOO=bar", ""),
    ]
}

fn recipients() -> Vec<Input> {
    use Behind::Mail;
    let rcpt = |text: &str, reason| line(Mail, &format!("RCPT TO:{text}"), reason);
    vec![
        rcpt("<ann@away.test>", ""),
        rcpt("ann@away.test", ""),
        rcpt("<>", ""),
        rcpt("<postmaster>", "nobody has a mailbox here; Postfix has a postmaster of its own"),
        rcpt("<ann>", NO_DOMAIN),
        rcpt("<ann@away.test", NO_PATH),
        rcpt("<jörg@away.test>", SAY_UTF8),
        rcpt("<ann@away.test> NOTIFY=NEVER", ""),
        rcpt("<ann@away.test> NOTIFY=NEVER,FAILURE", ""),
        rcpt("<ann@away.test> ORCPT=ann", ""),
        rcpt("<ann@away.test> FOO=bar", ""),
        input(Mail, (0..=RECIPIENTS).map(|n| format!("RCPT TO:<a{n}@away.test>\r\n")).collect::<String>(), ""),
    ]
}

fn contents() -> Vec<Input> {
    use Behind::Rcpt;
    let data = |content: &str, reason| input(Rcpt, format!("DATA\r\n{content}\r\n.\r\n"), reason);
    vec![
        line(Rcpt, "DATA now", ""),
        data("Subject: x\r\n\r\nx", ""),
        input(Rcpt, "DATA\r\n.\r\n", ""),
        data(
            "Subject: x\r\n\r\nx\n.\nFOO",
            "Postfix 3.7 as it comes ends the data at a dot between bare LFs, which is how mail is smuggled; here CRLF.CRLF does and nothing else",
        ),
        data(&format!("Subject: x\r\n\r\n{}", "x\r\n".repeat(4000)), ""),
        data(&format!("{}Subject: x\r\n\r\nx", "Received: from a by b\r\n".repeat(51)), "X.4.6 is the code of a loop (RFC 3463 §3.5)"),
    ]
}

fn chunks() -> Vec<Input> {
    use Behind::Rcpt;
    vec![
        input(Rcpt, "BDAT 15 LAST\r\nSubject: x\r\n\r\nx", ""),
        input(Rcpt, "BDAT 0 LAST\r\n", ""),
        input(Rcpt, "BDAT 5\r\nhelloDATA\r\n", ""),
        input(Rcpt, "BDAT 5\r\nhelloRCPT TO:<ann@away.test>\r\n", ""),
        input(Rcpt, "BDAT 5\r\nhelloRSET\r\n", ""),
        input(Rcpt, format!("BDAT 11000 LAST\r\n{}", "x\r\n".repeat(4000)[..11_000].to_owned()), ""),
        last(Rcpt, "BDAT many\r\n", OUT_OF_STEP),
        last(Rcpt, "BDAT -1\r\n", OUT_OF_STEP),
        last(Rcpt, "BDAT 5 LAST now\r\nhello", OUT_OF_STEP),
        last(Rcpt, "BDAT\r\n", OUT_OF_STEP),
    ]
}

fn tls() -> Vec<Input> {
    use Behind::{Ehlo, Greeting, Tls};
    vec![
        last(Ehlo, "STARTTLS\r\n", ""),
        last(Greeting, "STARTTLS\r\n", ""),
        line(Ehlo, "STARTTLS now", ""),
        line(Tls, "STARTTLS", "503 is the code of a command out of order"),
    ]
}

fn sign_in() -> Vec<Input> {
    use Behind::{Ehlo, Tls};
    let (user, password) = (STANDARD.encode(USER), STANDARD.encode(PASSWORD));
    let plain = |password: &str| format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{USER}\0{password}")));
    vec![
        line(Ehlo, &plain(PASSWORD), "it is there, and the code says what is missing (RFC 4954 §6); Postfix knows of no AUTH before TLS"),
        line(Tls, "AUTH", ""),
        line(Tls, "AUTH FOO", "the code of RFC 4954 §4 for a mechanism that is not offered"),
        line(Tls, "AUTH PLAIN !!!", NO_ANSWER),
        line(Tls, "AUTH PLAIN =", NO_ANSWER),
        input(Tls, "AUTH PLAIN\r\n*\r\n", ""),
        line(Tls, &plain(PASSWORD), ""),
        line(Tls, &plain("wrong"), ""),
        input(Tls, format!("AUTH LOGIN\r\n{user}\r\n{password}\r\n"), ""),
        input(Tls, format!("AUTH LOGIN {user}\r\n{password}\r\n"), ""),
        input(Tls, "AUTH LOGIN\r\n!!!\r\n", NO_ANSWER),
        input(Tls, format!("AUTH PLAIN\r\n{}\r\n", "A".repeat(13_000)), ""),
        input(Tls, format!("{}\r\n{}\r\n", plain(PASSWORD), plain(PASSWORD)), ""),
        input(Tls, format!("MAIL FROM:<scan@office.test>\r\n{}\r\n", plain(PASSWORD)), ""),
    ]
}
