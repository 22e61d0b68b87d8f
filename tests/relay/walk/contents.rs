//! What may be in a message: attachments that are refused, header rules that refuse, hold, take out and put in, of some mail or of all.

use super::{MESSAGE, Provider};
use base64::Engine;
use control::settings::{DkimDomain, HeaderAction, HeaderRule};
use control::view::{DkimAlgorithm, HeldWhy, RefusalKind};
use control::{Answer, Request};
use e2e::{Client, Office};

fn with_attachment(fields: &str, octets: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(octets);
    let body: String = body.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    format!(
        "From: scan@office.test\r\nTo: ann@away.test\r\nSubject: Scan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSee it.\r\n--b\r\n{fields}Content-Transfer-Encoding: base64\r\n\r\n{body}--b--\r\n"
    )
}

async fn hands_in(device: &mut Client, content: &str) -> String {
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.sends_message(content).await
}

fn rule(name: &str, field: &str, pattern: &str, action: HeaderAction) -> HeaderRule {
    HeaderRule { name: name.into(), field: Some(field.into()), pattern: pattern.into(), action }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harmful_attachment_is_refused_by_name_and_the_session_goes_on() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let mut device = office.device().await;
    let named = with_attachment("Content-Type: application/pdf; name=\"invoice.pdf.exe\"\r\n", b"%PDF");
    let reply = hands_in(&mut device, &named).await;
    assert!(reply.starts_with("550 5.7.1 The attachment \"invoice.pdf.exe\" is not taken here: "), "{reply}");
    // Large: on its way to a file when it is refused.
    let program = [b"MZ\x90\0\x03\0\0\0".as_slice(), &vec![0; 2_000_000]].concat();
    let hidden = with_attachment("Content-Type: image/jpeg; name=photo.jpg\r\n", &program);
    let reply = hands_in(&mut device, &hidden).await;
    assert!(reply.starts_with("550 5.7.1 The attachment \"photo.jpg\" is not taken here: it is a program"), "{reply}");
    assert_eq!(std::fs::read_dir(office.folder.path().join("content")).unwrap().count(), 0, "nothing half received is kept");
    // In chunks too.
    let chunk = named.as_bytes();
    device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
    device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
    device.says(&format!("BDAT {} LAST", chunk.len())).await.sends(chunk).await.hears("550 5.7.1 The attachment *").await;

    let harmless = with_attachment("Content-Type: application/pdf; name=\"scan.pdf\"\r\n", b"%PDF-1.7 \xff\xfe");
    assert!(hands_in(&mut device, &harmless).await.starts_with("250 "));
    let taken = provider.fake.until(1).await;
    assert!(String::from_utf8_lossy(&taken[0].content).ends_with(&harmless), "as it came");
    let Answer::Refusals { page } = office.ask(Request::Refusals { text: String::new(), offset: 0, limit: 9 }).await else {
        panic!("none")
    };
    assert_eq!(page.refusals.iter().map(|line| (line.why, line.count)).collect::<Vec<_>>(), [(RefusalKind::Attachment, 3)]);
    office.until("nothing waits", |snapshot| snapshot.counters.waiting == 0).await;

    let mut settings = office.settings().await;
    settings.attachments.refuse = false;
    office.apply(settings).await;
    assert!(hands_in(&mut device, &named).await.starts_with("250 "));
    provider.fake.until(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn header_rules_refuse_hold_take_out_and_put_in() {
    let provider = Provider::start().await;
    let add = HeaderAction::Add { field: "X-Office".into(), value: "printers".into() };
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.headers = vec![
            rule("No newsletters", "List-Id", "", HeaderAction::Refuse),
            rule("Offers", "Subject", "cheap*watches", HeaderAction::Hold),
            rule("", "X-Serial", "", HeaderAction::Remove { field: None }),
            rule("", "From", "@office.test", add),
        ];
    })
    .await;
    let mut device = office.device().await;
    let reply = hands_in(&mut device, &format!("List-Id: <news.office.test>\r\n{MESSAGE}")).await;
    assert!(reply.starts_with("550 5.7.1 No newsletters: messages with such a List-Id are not taken here"), "{reply}");

    let offer = MESSAGE.replace("Subject: Scan 1", "Subject: =?utf-8?Q?Cheap?= new\r\n Watches");
    let id = device.hands_in("scan@office.test", &["ann@away.test"], &offer).await;
    office.until("it is held", |snapshot| snapshot.counters.held == 1).await;
    assert_eq!(office.queue().await[0].held, Some(HeldWhy::HeaderRule { name: "Offers".into() }));

    device.hands_in("scan@office.test", &["bob@away.test"], &format!("X-Serial: 1\r\n\t2\r\n{MESSAGE}")).await;
    let taken = provider.fake.until(1).await;
    let text = String::from_utf8_lossy(&taken[0].content);
    assert!(text.ends_with(&format!("\r\nX-Office: printers\r\n{MESSAGE}")), "{text}");
    assert!(!text.contains("X-Serial"), "{text}");

    office.ask(Request::Release { which: Office::one(&id) }).await;
    provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    // A burst's end leaves alone what a rule holds.
    device.hands_in("scan@office.test", &["ann@away.test"], &offer).await;
    assert_eq!(office.ask(Request::EndBurst { address: "127.0.0.1".into(), release: true }).await, Answer::Count { count: 0 });
    assert_eq!(office.snapshot().await.counters.held, 1);
}

fn for_every_message(action: HeaderAction) -> HeaderRule {
    HeaderRule { name: String::new(), field: None, pattern: String::new(), action }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_gets_a_field_and_loses_one_before_it_is_signed() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        let add = HeaderAction::Add { field: "X-Organization".into(), value: "Müller & Söhne".into() };
        settings.headers = vec![for_every_message(add), for_every_message(HeaderAction::Remove { field: Some("X-Scanner-Serial".into()) })];
        settings.dkim = vec![DkimDomain { domain: "office.test".into(), selector: "s1".into(), enabled: true }];
    })
    .await;
    let algorithm = DkimAlgorithm::Ed25519;
    let (domain, selector) = ("office.test".to_owned(), "s1".to_owned());
    let Answer::DkimKey { key } =
        office.ask(Request::NewDkimKey { domain, selector, algorithm, replace: false, until_restart: true }).await
    else {
        panic!("no key")
    };
    let records = std::collections::HashMap::from([(key.record_name, key.key.unwrap().record)]);
    let mut device = office.device().await;
    let field = "X-Organization: =?utf-8?B?TcO8bGxlciAmIFPDtmhuZQ==?=\r\n";

    let (header, body) = MESSAGE.split_once("\r\n\r\n").unwrap();
    // What went through another server keeps its way together in front.
    let before = format!("Received: from scanner by hub.office.test;\r\n\tThu, 26 Nov 2026 14:00:00 +0100\r\n{header}");
    let came = format!("{before}\r\nx-scanner-serial: 4711\r\n 4712\r\n\r\n{body}");
    assert!(hands_in(&mut device, &came).await.starts_with("250 "));
    let taken = provider.fake.until(1).await.remove(0);
    let text = String::from_utf8(taken.content.clone()).unwrap();
    let (signature, rest) = text.split_at(text.find("\r\nReceived: ").unwrap() + 2);
    assert!(signature.starts_with("DKIM-Signature: "), "{text}");
    let rest = &rest[rest.find("Received: from scanner").unwrap()..];
    assert_eq!(rest, format!("{before}\r\n{field}\r\n{body}"), "else as it came");
    assert_eq!(super::signatures::verified(&records, &taken, ""), ["ed25519-sha256 office.test true"]);

    // Also what comes without a header, and is completed.
    assert!(hands_in(&mut device, "Paper is out.\r\n").await.starts_with("250 "));
    let taken = provider.fake.until(2).await.remove(1);
    let text = String::from_utf8_lossy(&taken.content);
    assert!(text.ends_with(&format!("\r\n{field}\r\nPaper is out.\r\n")), "{text}");
    assert_eq!(text.matches("X-Organization").count(), 1, "{text}");
    assert_eq!(super::signatures::verified(&records, &taken, ""), ["ed25519-sha256 office.test true"]);
    office.until_queue_is_empty().await;
}
