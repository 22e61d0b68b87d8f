//! The office's footer, on the wire only; Python's own mail parser reads the message behind it.

use super::Provider;
use control::settings::FooterSettings;
use e2e::{Office, Taken};
use std::process::{Command, Stdio};

async fn office(provider: &Provider) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.footer = Some(FooterSettings { text: "-- \nBüro Nord".into(), html: "<p>Büro <b>Nord</b></p>".into() });
    })
    .await
}

/// Each part's type and decoded text, as another reader sees it.
fn read(message: &Taken) -> Vec<String> {
    let script = "import email, email.policy, sys\n\
        message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n\
        assert not any(part.defects for part in message.walk()), [part.defects for part in message.walk()]\n\
        for part in message.walk():\n    if part.get_content_maintype() == 'text': sys.stdout.buffer.write((part.get_content_type() + ': ' + repr(part.get_content().replace(chr(13), '').rstrip()) + '\\n').encode())\n";
    let mut python = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), &message.content).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

const HEAD: &str = "From: scan@office.test\r\nMIME-Version: 1.0\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn another_reader_finds_the_footer_in_every_form_of_the_text() {
    let alternative = format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nPGI+R3LDvMOfZTwvYj4=\r\n--a--\r\n"
    );
    let plain = "From: scan@office.test\r\n\r\nHello\r\n".to_owned();
    // A server of each kind, and what the letters become for it.
    for eight_bit in [true, false] {
        let provider = Provider::of(|fake| if eight_bit { fake } else { fake.without("8BITMIME") }).await;
        let office = office(&provider).await;
        let mut device = office.device().await;
        device.hands_in("scan@office.test", &["ann@away.test"], &alternative).await;
        device.hands_in("scan@office.test", &["ann@away.test"], &plain).await;
        let taken = provider.fake.until(2).await;
        office.until_queue_is_empty().await;
        let mut found: Vec<Vec<String>> = taken.iter().map(read).collect();
        found.sort();
        assert_eq!(
            found,
            [
                vec![
                    "text/plain: 'Grüße\\n\\n-- \\nBüro Nord'".to_owned(),
                    "text/html: '<b>Grüße</b>\\n\\n<p>B&#252;ro <b>Nord</b></p>'".to_owned(),
                ],
                vec!["text/plain: 'Hello\\n\\n-- \\nBüro Nord'".to_owned()],
            ],
            "eight bits: {eight_bit}"
        );
        for message in &taken {
            assert!(eight_bit || message.content.is_ascii());
            assert!(!eight_bit || message.parameters.contains("BODY=8BITMIME"), "{}", message.parameters);
            assert!(message.parameters.starts_with(&format!("SIZE={}", message.content.len())), "{}", message.parameters);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_and_what_reports_say_is_left_alone() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = office(&provider).await;
    let signed = format!("{HEAD}Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--a--\r\n");
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "ghost@away.test"], &signed).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    assert!(taken.iter().all(|message| !String::from_utf8_lossy(&message.content).contains("Nord")));
    assert!(
        taken
            .iter()
            .any(|message| String::from_utf8_lossy(&message.content).ends_with("--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--a--\r\n"))
    );
}
