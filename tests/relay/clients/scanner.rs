//! What attackers look with: nmap's scripts find no open relay, and find one where somebody is let in.

use crate::walk::Provider;
use control::settings::{AccessRule, DeviceAccount, ListenerSettings};
use e2e::Office;

/// nmap on one of our ports, from 127.0.0.1.
async fn nmap(office: &Office, script: &str) -> String {
    let port = office.address().await.port().to_string();
    // Scripts for mail look at the ports of mail only; `+` has them look at this one.
    let mut nmap = tokio::process::Command::new("nmap");
    nmap.args(["-n", "-Pn", "-sT", "-p", &port, "--script", &format!("+{script}")]);
    nmap.args(["--script-args", "smtp-open-relay.domain=office.test,smtp-open-relay.ip=127.0.0.1", "127.0.0.1"]);
    let output = nmap.kill_on_drop(true).output().await.expect("nmap (package nmap)");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains(&format!("{script}: ")), "{script} said nothing:\n{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn nmap_finds_no_open_relay_where_its_address_is_in_no_rule() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.rules = vec![AccessRule::allowing("127.0.0.2/32", "Somebody else on this machine")];
    })
    .await;
    let said = nmap(&office, "smtp-open-relay").await;
    assert!(said.contains("smtp-open-relay: Server doesn't seem to be an open relay, all tests failed"), "{said}");
    // With device accounts strangers hear another refusal.
    let mut settings = office.settings().await;
    settings.accounts = vec![DeviceAccount { name: "branch".into(), note: String::new(), enabled: true, senders: Vec::new() }];
    office.apply(settings).await;
    let said = nmap(&office, "smtp-open-relay").await;
    assert!(said.contains("smtp-open-relay: Server isn't an open relay, authentication needed"), "{said}");
    assert_eq!((office.history().await.len(), office.snapshot().await.counters.waiting), (0, 0));
}

/// Else the test above could not fail.
#[tokio::test(flavor = "multi_thread")]
async fn nmap_finds_an_open_relay_where_its_address_is_let_in() {
    let provider = Provider::start().await;
    let office = provider.office().await;
    let said = nmap(&office, "smtp-open-relay").await;
    assert!(said.contains("smtp-open-relay: Server is an open relay ("), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nmap_reads_what_is_offered() {
    let provider = Provider::start().await;
    let office = Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.rules[0].plain_sign_in = true;
        settings.listeners = vec![ListenerSettings::new("127.0.0.1", 0, control::settings::ListenerEncryption::Starttls)];
        settings.accounts = vec![DeviceAccount { name: "branch".into(), note: String::new(), enabled: true, senders: Vec::new() }];
    })
    .await;
    let said = nmap(&office, "smtp-commands").await;
    for offered in
        ["SIZE 25000000", "PIPELINING", "8BITMIME", "CHUNKING", "STARTTLS", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"]
    {
        assert!(said.contains(offered), "{offered} is missing:\n{said}");
    }
}
