//! Two hundred messages, by DATA and by BDAT: each leaves octet for octet, but for what the README says is changed.

use super::Provider;
use e2e::letters::{Letter, two_hundred};
use e2e::{Client, Taken, client};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Data,
    Bdat,
}

/// As many devices as this send at a time.
const DEVICES: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_messages_leave_octet_for_octet_by_data_and_by_bdat() {
    let provider = Provider::of(|fake| fake.size(40_000_000).offering("SMTPUTF8")).await;
    let office = provider.office().await;
    let letters: Arc<Vec<(usize, By, Letter)>> = Arc::new(
        [By::Data, By::Bdat]
            .into_iter()
            .flat_map(|by| two_hundred().into_iter().enumerate().map(move |(n, letter)| (n, by, letter)))
            .collect(),
    );
    let address = office.address().await;
    let devices = (0..DEVICES).map(|device| {
        let letters = Arc::clone(&letters);
        tokio::spawn(async move {
            let mut client = Client::greeted(address).await;
            for (n, by, letter) in letters.iter().skip(device).step_by(DEVICES) {
                hands_in(&mut client, *n, *by, letter).await;
            }
        })
    });
    for device in devices.collect::<Vec<_>>() {
        device.await.unwrap();
    }
    office.until_queue_is_empty().await;

    let taken = provider.fake.messages();
    assert_eq!(taken.len(), letters.len(), "none is missing and none came twice");
    let arrived: HashMap<&str, &Taken> = taken.iter().map(|message| (message.reverse_path.as_str(), message)).collect();
    for (n, by, letter) in letters.iter() {
        let sender = sender(*n, *by, letter.utf8);
        let message = arrived.get(sender.as_str()).unwrap_or_else(|| panic!("{sender} did not arrive"));
        let wrong = difference(letter, message, &sender);
        assert!(wrong.is_none(), "{n} ({}) by {by:?}: {}", letter.kind, wrong.unwrap_or_default());
    }
}

fn sender(n: usize, by: By, utf8: bool) -> String {
    if utf8 { format!("jörg-{n}-{by:?}@büro.test") } else { format!("scan-{n}-{by:?}@office.test") }
}

fn recipient(utf8: bool) -> &'static str {
    if utf8 { "用户@例子.公司" } else { "ann@away.test" }
}

async fn hands_in(client: &mut Client, n: usize, by: By, letter: &Letter) {
    let body = if letter.eight_bit { " BODY=8BITMIME" } else { "" };
    let utf8 = if letter.utf8 { " SMTPUTF8" } else { "" };
    client.says(&format!("MAIL FROM:<{}> SIZE={}{body}{utf8}", sender(n, by, letter.utf8), letter.comes.len())).await.hears("250 *").await;
    client.says(&format!("RCPT TO:<{}>", recipient(letter.utf8))).await.hears("250 *").await;
    match by {
        By::Data => {
            client.says("DATA").await.hears("354 *").await;
            client.sends(&client::stuffed(&letter.comes)).await;
        }
        By::Bdat => {
            // In pieces of a length that falls everywhere, also between CR and LF; the last may be empty.
            let piece = [1_001, 17, 70_001, 5, 4_096, 333][n % 6].max(letter.comes.len() / 50);
            for chunk in letter.comes.chunks(piece) {
                client.sends(format!("BDAT {}\r\n", chunk.len()).as_bytes()).await.sends(chunk).await.hears("250 2.0.0 *").await;
            }
            client.says("BDAT 0 LAST").await;
        }
    }
    let reply = client.reply().await;
    assert!(reply.starts_with("250 2.0.0 Ok: queued as "), "{n} ({}) by {by:?}: {reply}", letter.kind);
}

/// What is wrong with what arrived. None: nothing.
fn difference(letter: &Letter, message: &Taken, sender: &str) -> Option<String> {
    let says = |wanted: bool, word: &str| {
        let said = message.parameters.split(' ').any(|parameter| parameter == word);
        (wanted && !said).then(|| format!("MAIL did not say {word}: {}", message.parameters))
    };
    if message.forward_paths != [recipient(letter.utf8)] {
        return Some(format!("it was for {:?}", message.forward_paths));
    }
    says(letter.eight_bit, "BODY=8BITMIME").or_else(|| says(letter.utf8, "SMTPUTF8")).or_else(|| {
        let Some(mut rest) = without_our_trace(&message.content) else {
            return Some(format!("no Received line of ours: {}", message.content[..message.content.len().min(200)].escape_ascii()));
        };
        for field in &letter.gets {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            let Some(value) = line.strip_prefix(&format!("{field}: ")).and_then(|value| value.strip_suffix("\r\n")) else {
                return Some(format!("no {field} in front but {line:?}"));
            };
            if !is_good(field, value, sender) {
                return Some(format!("a {field} that is not good: {value:?}"));
            }
            rest = &rest[end..];
        }
        first_difference(rest, &letter.leaves)
    })
}

/// Behind the one Received line that is put in front, whatever was there before.
fn without_our_trace(content: &[u8]) -> Option<&[u8]> {
    let trace = content.split_inclusive(|byte| *byte == b'\n').enumerate();
    let end: usize = trace.take_while(|(n, line)| *n == 0 || line.starts_with(b"\t")).map(|(_, line)| line.len()).sum();
    let (trace, rest) = content.split_at(end);
    let ours = trace.starts_with(b"Received: from device.test ([127.0.0.1])\r\n\tby relay.office.test (Outtray) with ");
    ours.then_some(rest)
}

fn is_good(field: &str, value: &str, sender: &str) -> bool {
    match field {
        "Date" => jiff::fmt::rfc2822::parse(value).is_ok(),
        "From" => value == format!("<{sender}>"),
        "Message-ID" => value.starts_with('<') && value.ends_with("@relay.office.test>"),
        _ => false,
    }
}

fn first_difference(arrived: &[u8], wanted: &[u8]) -> Option<String> {
    if arrived == wanted {
        return None;
    }
    let at = arrived.iter().zip(wanted).position(|(one, other)| one != other).unwrap_or(arrived.len().min(wanted.len()));
    let around = |octets: &[u8]| octets[at.saturating_sub(30)..octets.len().min(at + 30)].escape_ascii().to_string();
    Some(format!("{} octets, {} wanted; at {at}: {:?}, wanted {:?}", arrived.len(), wanted.len(), around(arrived), around(wanted)))
}
