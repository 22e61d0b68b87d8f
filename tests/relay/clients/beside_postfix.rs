//! Our replies beside those of a real Postfix, to the same inputs: `beside_postfix.md`, which `UPDATE=1` writes anew.
//!
//! Our replies must be as the table has them, Postfix's codes too where the installed version is the table's. Where the codes
//! differ, there is a reason.

use super::inputs::{Behind, Input, MESSAGE_BYTES, RECIPIENTS, inputs};
use crate::walk::Provider;
use control::settings::DeviceAccount;
use control::{Answer, Request, Secret};
use e2e::postfix::{PASSWORD, Postfix, USER};
use e2e::{Client, Office};
use std::net::SocketAddr;

const TABLE: &str = "tests/relay/clients/beside_postfix.md";
const HEAD: &str = "| # | behind | input | Postfix | Outtray | reason |\n| --- | --- | --- | --- | --- | --- |\n";

/// An input is shown up to here.
const LONGEST: usize = 100;

struct Row {
    behind: &'static str,
    input: String,
    postfix: Vec<String>,
    ours: Vec<String>,
    reason: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_differ_from_postfix_for_a_reason_only() {
    let provider = Provider::start().await;
    let office = office(&provider).await;
    let postfix = Postfix::taking(MESSAGE_BYTES, RECIPIENTS);
    let (ours, theirs) = (office.address().await, SocketAddr::from(([127, 0, 0, 1], postfix.port)));
    let mut rows = Vec::new();
    for input in inputs() {
        let (postfix, ours) = (replies(theirs, &input).await, replies(ours, &input).await);
        rows.push(Row { behind: word(input.behind), input: shown(&input.octets), postfix, ours, reason: input.reason });
    }
    assert!(rows.len() >= 80, "{} inputs", rows.len());

    let version = Postfix::version();
    let table = printed(&rows, &version);
    let path = super::file(TABLE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let wrong: Vec<String> = rows.iter().filter_map(unreasoned).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let same_version = committed.starts_with(&title(&version));
    let (wanted, found) = (comparable(&committed, same_version), comparable(&table, same_version));
    let stale: Vec<String> =
        wanted.iter().zip(&found).filter(|(one, other)| one != other).map(|(one, other)| format!("{one}\n{other}")).collect();
    assert!(wanted.len() == found.len() && stale.is_empty(), "{TABLE} is another; UPDATE=1 writes it:\n{}", stale.join("\n"));
}

async fn office(provider: &Provider) -> Office {
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.limits.message_bytes = MESSAGE_BYTES;
        settings.limits.recipients = RECIPIENTS;
        settings.accounts = vec![DeviceAccount { name: USER.into(), note: String::new(), enabled: true, senders: Vec::new() }];
    })
    .await;
    let password = Request::SetAccountPassword { account: USER.into(), password: Secret::new(PASSWORD.into()) };
    assert!(matches!(office.ask(password).await, Answer::Settings { .. }));
    office
}

/// All that is heard, reply by reply, but for that to QUIT.
async fn replies(address: SocketAddr, input: &Input) -> Vec<String> {
    let mut client = Client::connect(address).await;
    if input.behind != Behind::Nothing {
        client.hears("220 *").await;
    }
    if matches!(input.behind, Behind::Ehlo | Behind::Mail | Behind::Rcpt | Behind::Tls) {
        client.says("EHLO device.test").await.hears("250 *").await;
    }
    match input.behind {
        Behind::Nothing | Behind::Greeting | Behind::Ehlo => {}
        Behind::Tls => {
            client.starts_tls().await;
            client.says("EHLO device.test").await.hears("250 *").await;
        }
        Behind::Mail | Behind::Rcpt => {
            client.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
            if input.behind == Behind::Rcpt {
                client.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
            }
        }
    }
    // Who has closed already has said why.
    client.may_send(&input.octets).await;
    if input.ends {
        client.says_no_more().await;
    } else {
        client.may_send(b"QUIT\r\n").await;
    }
    let heard = String::from_utf8_lossy(&client.hears_out().await).into_owned();
    let mut replies = gathered(&heard);
    if !input.ends && replies.last().is_some_and(|reply| reply.starts_with("221")) {
        replies.pop();
    }
    folded(replies)
}

/// One text a reply: its first line, without what is another every time.
fn gathered(heard: &str) -> Vec<String> {
    let mut replies = Vec::new();
    let mut first: Option<(&str, usize)> = None;
    for line in heard.lines() {
        let (start, lines) = first.map_or((line, 1), |(start, lines)| (start, lines + 1));
        if line.as_bytes().get(3) == Some(&b'-') {
            first = Some((start, lines));
            continue;
        }
        first = None;
        let id = start.split_once("queued as ").map_or(start.to_owned(), |(text, _)| format!("{text}queued as …"));
        replies.push(if lines > 1 { format!("{id} … ({lines} lines)") } else { id });
    }
    replies
}

/// The same reply again and again is told once.
fn folded(replies: Vec<String>) -> Vec<String> {
    let mut told: Vec<(String, usize)> = Vec::new();
    for reply in replies {
        match told.last_mut() {
            Some((last, times)) if *last == reply => *times += 1,
            Some(_) | None => told.push((reply, 1)),
        }
    }
    told.into_iter().map(|(reply, times)| if times > 1 { format!("{reply} (×{times})") } else { reply }).collect()
}

fn word(behind: Behind) -> &'static str {
    match behind {
        Behind::Nothing => "",
        Behind::Greeting => "220",
        Behind::Ehlo => "EHLO",
        Behind::Mail => "MAIL",
        Behind::Rcpt => "RCPT",
        Behind::Tls => "TLS",
    }
}

/// As it can be read in a table: line ends as `⏎` (that of the end left out), what is repeated as `x(3000)`.
fn shown(octets: &[u8]) -> String {
    let octets = octets.strip_suffix(b"\r\n").unwrap_or(octets);
    let text = match std::str::from_utf8(octets) {
        Ok(text) => text.replace("\r\n", "⏎").replace('\n', "\\n").replace('\0', "\\0").replace('\u{1}', "\\x01"),
        Err(_) => octets.escape_ascii().to_string(),
    };
    // The shortest piece that is repeated so often that nobody would read it.
    let letters: Vec<char> = text.chars().collect();
    let (mut told, mut at) = (String::new(), 0);
    while at < letters.len() {
        let repeated = (1..=30).find_map(|length| {
            let piece = letters.get(at..at + length)?;
            let times = letters[at..].chunks(length).take_while(|chunk| *chunk == piece).count();
            (times > 9).then_some((length, times))
        });
        let (length, times) = repeated.unwrap_or((1, 1));
        told.extend(&letters[at..at + length]);
        if times > 1 {
            told.push_str(&format!("(×{times})"));
        }
        at += length * times;
    }
    let rest = told.char_indices().nth(LONGEST).map(|(at, _)| at);
    rest.map_or(told.clone(), |at| format!("{}…", &told[..at]))
}

/// Codes and enhanced codes, in their order.
fn codes(replies: &[String]) -> Vec<(String, String)> {
    let code = |reply: &String| {
        let mut words = reply.split([' ', '-']);
        let code = words.next().unwrap_or_default().to_owned();
        let status = words.next().filter(|word| word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u16>().is_ok()));
        (code, status.unwrap_or_default().to_owned())
    };
    replies.iter().map(code).collect()
}

fn unreasoned(row: &Row) -> Option<String> {
    let differs = codes(&row.postfix) != codes(&row.ours);
    let about = format!("{} `{}`\n  Postfix {:?}\n  Outtray {:?}", row.behind, row.input, row.postfix, row.ours);
    match (differs, row.reason.is_empty()) {
        (true, true) => Some(format!("a difference without a reason: {about}")),
        (false, false) => Some(format!("a reason without a difference: {about}\n  {}", row.reason)),
        (true, false) | (false, true) => None,
    }
}

fn title(version: &str) -> String {
    format!("# Replies beside those of Postfix {version}\n")
}

fn printed(rows: &[Row], version: &str) -> String {
    let cell = |text: &str| if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) };
    let said = |replies: &[String]| replies.iter().map(|reply| cell(reply)).collect::<Vec<_>>().join("<br>");
    let mut text = title(version);
    text.push_str(&format!(
        "\nEach input is said on a connection of its own, behind what the second column names. Both know one account, take messages of up to\n\
         {MESSAGE_BYTES} octets for up to {RECIPIENTS} recipients, and let this machine send; all else is as each comes. QUIT follows and is left out.\n\
         Where codes differ there is a reason. `UPDATE=1 cargo test -p e2e --test relay beside_postfix` writes this file.\n\n{HEAD}"
    ));
    for (number, row) in rows.iter().enumerate() {
        let (input, postfix, ours) = (cell(&row.input), said(&row.postfix), said(&row.ours));
        text.push_str(&format!("| {} | {} | {input} | {postfix} | {ours} | {} |\n", number + 1, row.behind, row.reason));
    }
    text
}

/// The rows as far as they must be the same: of Postfix's replies the codes, or nothing.
fn comparable(table: &str, same_version: bool) -> Vec<String> {
    let rows = table.split_once(HEAD).map_or("", |(_, rows)| rows);
    let row = |line: &str| {
        let mut cells: Vec<String> = line.split(" | ").map(str::to_owned).collect();
        if let Some(postfix) = cells.get_mut(3) {
            let replies: Vec<String> = postfix.split("<br>").map(|reply| reply.trim_matches('`').to_owned()).collect();
            *postfix = if same_version { format!("{:?}", codes(&replies)) } else { String::new() };
        }
        cells.join(" | ")
    };
    rows.lines().map(row).collect()
}
