//! Real programs at both ends at once: what clients hand in lies whole in the mailbox of a real Postfix, which takes mail over
//! STARTTLS from who has signed in, and from nobody else.

use super::programs::{Handover, PROGRAMS, Program, RECIPIENT, Tools};
use super::table::{field, is_whole, run};
use control::settings::SignIn;
use e2e::postfix::{PASSWORD, Postfix, USER};
use e2e::way::{Tls, Way};
use e2e::{Office, Taken};
use relay::clock::SystemClock;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_hand_in_lies_whole_in_the_mailbox_of_a_real_postfix() {
    let postfix = Postfix::start();
    let mut settings = e2e::office::settings_for(postfix.port, &postfix.ca_file);
    settings.smart_host.as_mut().unwrap().sign_in = SignIn::Password { user: USER.into() };
    let office = Office::start(settings, Arc::new(SystemClock)).await;
    office.give_password(PASSWORD).await;
    let port = office.address().await.port();
    let way = |name, tls| Way { name, port, tls, account: None };
    let ways = [way("plain", Tls::None), way("starttls", Tls::Starttls)];
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools::ready(&ways, folder.path());

    let known = |program: &Program, way: &Way| program.cannot.iter().all(|(name, _)| *name != way.name);
    let pairs = ways.iter().flat_map(|way| PROGRAMS.iter().map(move |program| (program, way))).filter(|(program, way)| known(program, way));
    let handovers: Vec<(&Program, Handover<'_>)> = pairs
        .map(|(program, way)| {
            let name = program.name.split(' ').next().unwrap_or_default().trim_matches('.');
            (program, Handover { way, subject: format!("{name} {}", way.name), tools: &tools })
        })
        .collect();
    for name in ["swaks", "msmtp", "Python smtplib"] {
        assert_eq!(handovers.iter().filter(|(program, _)| program.name == name).count(), ways.len(), "{name}");
    }
    let runs = handovers.iter().map(async |(program, handover)| run(program, handover).await);
    for ended in futures_util::future::join_all(runs).await {
        ended.unwrap();
    }

    let mailbox = postfix.mailbox(RECIPIENT, handovers.len()).await;
    let mails: Vec<Taken> = mailbox.iter().map(|mail| taken(mail)).collect();
    assert_eq!(mails.len(), handovers.len(), "one came twice");
    for (program, handover) in &handovers {
        let mail = mails.iter().find(|mail| field(&mail.content, "Subject").as_deref() == Some(&handover.subject));
        let mail = mail.unwrap_or_else(|| panic!("{} did not arrive:\n{}", handover.subject, tools.logs()));
        is_whole(program, handover, mail).unwrap_or_else(|why| panic!("{}: {why}", handover.subject));
    }
    office.until_queue_is_empty().await;
}

/// As Postfix has it in a Maildir: Unix' line ends, and the envelope in front.
fn taken(mail: &[u8]) -> Taken {
    let content = String::from_utf8(mail.to_vec()).unwrap().replace('\n', "\r\n").into_bytes();
    let path = |name| field(&content, name).unwrap_or_else(|| panic!("no {name}")).trim_matches(['<', '>']).to_owned();
    let (reverse_path, forward_path) = (path("Return-Path"), path("Delivered-To"));
    // With TLS, and signed in (RFC 3848).
    let shown = String::from_utf8_lossy(&content);
    assert!(shown.contains("\r\n\tby provider.test (Postfix) with ESMTPSA id "), "Postfix took it otherwise: {shown}");
    Taken {
        connection: 1,
        encrypted: true,
        signed_in: Some(USER.into()),
        reverse_path,
        parameters: String::new(),
        forward_paths: vec![forward_path],
        content,
    }
}
