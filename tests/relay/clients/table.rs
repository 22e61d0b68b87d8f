//! Every client in every way it knows: the table the README has, as it is printed here.

use super::programs::{Handover, PROGRAMS, Program, RECIPIENT, Tools, text};
use crate::walk::Provider;
use base64::Engine;
use control::settings::{AccessRule, DeviceAccount, ListenerEncryption, ListenerSettings};
use control::{Answer, Request, Secret};
use e2e::client::PATIENCE;
use e2e::way::{Account, Tls, Way};
use e2e::{Office, SmartHostRunning, Taken};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

const USER: &str = "branch";
const PASSWORD: &str = "tr0mb0ne-window";

/// The names of the ways, and what stands above them.
const COLUMNS: [(&str, &str); 6] = [
    ("plain", "plain"),
    ("starttls", "STARTTLS"),
    ("tls", "implicit TLS"),
    ("auth-plain", "AUTH PLAIN"),
    ("auth-login", "AUTH LOGIN"),
    ("auth-clear", "AUTH LOGIN without TLS"),
];

#[derive(Debug, PartialEq, Eq)]
enum Cell {
    Ok,
    Cannot(&'static str),
    Failed(String),
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout)] // the table is there to be read
async fn every_client_hands_in_mail_in_every_way_it_knows() {
    let provider = Provider::start().await;
    let (open, closed, lenient) = (open(&provider).await, closed(&provider, &[]).await, closed(&provider, &[lenient()]).await);
    let doors = open.addresses().await;
    let ways = ways(doors[0].port(), doors[1].port(), closed.address().await.port(), lenient.address().await.port());
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools::ready(&ways, folder.path());

    let rows = PROGRAMS.iter().map(async |program| {
        let mut cells = Vec::new();
        for way in &ways {
            cells.push(cell(program, way, &tools, &provider.fake).await);
        }
        cells
    });
    let rows = futures_util::future::join_all(rows).await;
    let printed = printed(&rows);
    println!("{printed}");

    let failures: Vec<String> = PROGRAMS.iter().zip(&rows).flat_map(|(program, cells)| failures(program, cells)).collect();
    assert!(failures.is_empty(), "{}\n{}", failures.join("\n"), tools.logs());
    let works = rows.iter().flatten().filter(|cell| **cell == Cell::Ok).count();
    assert_eq!(provider.fake.messages().len(), works, "none came twice");
    what_mono_offers_is_told(&open, &ways[1], &tools).await;
    super::readme_has("clients", &printed);
}

/// Why it cannot encrypt stands in the table, and with the refused devices.
async fn what_mono_offers_is_told(office: &Office, starttls: &Way, tools: &Tools) {
    let mono = PROGRAMS.iter().find(|program| program.name.ends_with("(mono)")).unwrap();
    let handover = Handover { way: starttls, subject: "none".into(), tools };
    assert!(run(mono, &handover).await.is_err(), "it can encrypt: the table has to say so");
    let refused = office.until("what it offers", |snapshot| !snapshot.refused.is_empty()).await.refused;
    assert!(refused[0].last_reply.contains("it offers only TLS 1.0"), "{}", refused[0].last_reply);
}

fn failures(program: &Program, cells: &[Cell]) -> Vec<String> {
    let failed = COLUMNS.iter().zip(cells).filter_map(|((way, _), cell)| match cell {
        Cell::Failed(why) => Some(format!("{} by {way}: {why}", program.name)),
        Cell::Ok | Cell::Cannot(_) => None,
    });
    failed.collect()
}

/// Lets this machine in without further ado.
async fn open(provider: &Provider) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.listeners.push(ListenerSettings::new("127.0.0.1", 0, ListenerEncryption::Implicit));
    })
    .await
}

/// Lets in who signs in.
async fn closed(provider: &Provider, rules: &[AccessRule]) -> Office {
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.rules = rules.to_vec();
        settings.accounts = vec![DeviceAccount { name: USER.into(), note: String::new(), enabled: true, senders: Vec::new() }];
    })
    .await;
    let password = Request::SetAccountPassword { account: USER.into(), password: Secret::new(PASSWORD.into()) };
    assert!(matches!(office.ask(password).await, Answer::Settings { .. }));
    office
}

/// What a device needs that signs in and cannot encrypt.
fn lenient() -> AccessRule {
    AccessRule { require_sign_in: true, plain_sign_in: true, ..AccessRule::allowing("127.0.0.1/32", "Old devices") }
}

fn ways(starttls: u16, implicit: u16, submission: u16, lenient: u16) -> [Way; COLUMNS.len()] {
    let account = |mechanism| Some(Account { mechanism, user: USER, password: PASSWORD });
    let way = |column: usize, port, tls, account| Way { name: COLUMNS[column].0, port, tls, account };
    [
        way(0, starttls, Tls::None, None),
        way(1, starttls, Tls::Starttls, None),
        way(2, implicit, Tls::Implicit, None),
        way(3, submission, Tls::Starttls, account("PLAIN")),
        way(4, submission, Tls::Starttls, account("LOGIN")),
        way(5, lenient, Tls::None, account("LOGIN")),
    ]
}

async fn cell(program: &Program, way: &Way, tools: &Tools, provider: &SmartHostRunning) -> Cell {
    if let Some((_, why)) = program.cannot.iter().find(|(name, _)| *name == way.name) {
        return Cell::Cannot(why);
    }
    let subject = format!("{} {}", program.name.split(' ').next().unwrap_or_default().trim_matches('.'), way.name);
    let handover = Handover { way, subject, tools };
    let done = async {
        run(program, &handover).await?;
        let arrived = provider.finds(|message| field(&message.content, "Subject").as_deref() == Some(&handover.subject)).await;
        is_whole(program, &handover, &arrived.ok_or("it did not arrive")?)
    };
    match tokio::time::timeout(PATIENCE, done).await {
        Ok(Ok(())) => Cell::Ok,
        Ok(Err(why)) => Cell::Failed(why),
        Err(_) => Cell::Failed("it took too long".into()),
    }
}

/// Runs it to its end.
pub(super) async fn run(program: &Program, handover: &Handover<'_>) -> Result<(), String> {
    let run = (program.hands_in)(handover);
    let shown = format!("{:?}", run.command);
    let mut command = tokio::process::Command::from(run.command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{shown}: {error}"))?;
    let mut stdin = child.stdin.take().unwrap();
    // Who ends before it has read all says why in its output.
    let _ = stdin.write_all(&run.input).await;
    drop(stdin);
    let output = child.wait_with_output().await.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown}: {}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// What the provider has is what the client was given.
pub(super) fn is_whole(program: &Program, handover: &Handover<'_>, message: &Taken) -> Result<(), String> {
    let (way, shown) = (handover.way, String::from_utf8_lossy(&message.content));
    if (message.reverse_path.as_str(), message.forward_paths.as_slice()) != (way.sender().as_str(), &[RECIPIENT.to_owned()]) {
        return Err(format!("the envelope is {} to {:?}", message.reverse_path, message.forward_paths));
    }
    let protocol = match (way.tls, way.account) {
        (Tls::None, None) => "ESMTP\r\n",
        (Tls::None, Some(_)) => "ESMTPA\r\n",
        (Tls::Starttls | Tls::Implicit, None) => "ESMTPS (TLSv1.",
        (Tls::Starttls | Tls::Implicit, Some(_)) => "ESMTPSA (TLSv1.",
    };
    let trace = shown.split_once("\r\n\tby relay.office.test (Outtray) with ").map(|(_, rest)| rest);
    if !trace.is_some_and(|rest| rest.starts_with(protocol)) {
        return Err(format!("it did not come with {protocol:?}: {shown}"));
    }
    if !program.composes {
        let letter = handover.letter().replace('\n', "\r\n");
        return if message.content.ends_with(letter.as_bytes()) { Ok(()) } else { Err(format!("not as it was given: {shown}")) };
    }
    let text = text().replace('\n', "\r\n");
    match body(&message.content) {
        Some(body) if body == text.as_bytes() => Ok(()),
        Some(body) => Err(format!("another text: {:?} of {shown}", body.escape_ascii().to_string())),
        None => Err(format!("a text that cannot be read: {shown}")),
    }
}

/// The value of a header field that is not folded.
pub(super) fn field(content: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let (header, _) = text.split_once("\r\n\r\n")?;
    header
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(field, _)| field.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value.trim().to_owned())
}

/// The text as it was before it was encoded (RFC 2045 §6).
fn body(content: &[u8]) -> Option<Vec<u8>> {
    let start = content.windows(4).position(|octets| octets == b"\r\n\r\n")? + 4;
    let body = &content[start..];
    match field(content, "Content-Transfer-Encoding").unwrap_or_default().to_lowercase().as_str() {
        "" | "7bit" | "8bit" => Some(body.to_vec()),
        "base64" => {
            let letters: Vec<u8> = body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            let text = base64::engine::general_purpose::STANDARD.decode(letters).ok()?;
            // Who encodes keeps the line ends it has.
            Some(String::from_utf8(text).ok()?.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
        }
        "quoted-printable" => unquoted(body),
        _ => None,
    }
}

fn unquoted(body: &[u8]) -> Option<Vec<u8>> {
    let (mut text, mut rest) = (Vec::new(), body);
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'=' {
            text.push(*first);
            continue;
        }
        let (code, behind) = rest.split_at_checked(2)?;
        rest = behind;
        if code != b"\r\n" {
            text.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
        }
    }
    Some(text)
}

fn printed(rows: &[Vec<Cell>]) -> String {
    let titles: Vec<&str> = COLUMNS.iter().map(|(_, title)| *title).collect();
    let mut table = format!("| Client | {} |\n|{}\n", titles.join(" | "), " --- |".repeat(COLUMNS.len() + 1));
    for (program, cells) in PROGRAMS.iter().zip(rows) {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| match cell {
                Cell::Ok => "ok".into(),
                Cell::Cannot(why) => format!("cannot: {why}"),
                Cell::Failed(_) => "FAILED".into(),
            })
            .collect();
        table.push_str(&format!("| {} | {} |\n", program.name, cells.join(" | ")));
    }
    table
}
