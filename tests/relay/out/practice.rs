//! The practice provider, as the demonstration starts it.

use super::*;
use std::collections::HashMap;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Started and ready, and what it said of itself.
async fn provider(folder: &std::path::Path) -> (Child, HashMap<String, String>) {
    let mut provider = Command::new(env!("CARGO_BIN_EXE_practice-provider"));
    provider.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = provider.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = HashMap::new();
    loop {
        let line = lines.next_line().await.unwrap().expect("ready");
        match line.split_once(' ') {
            Some((name, value)) => told.insert(name.to_owned(), value.to_owned()),
            None if line == "ready" => return (child, told),
            None => panic!("{line}"),
        };
    }
}

fn way_to(told: &HashMap<String, String>, password: &str) -> Way {
    let mut way = Way::new();
    way.config.server.clone_from(&told["server"]);
    way.config.sign_in = SignIn::Password { user: told["user"].clone(), password: Some(SecretString::from(password)) };
    way.config.extra_ca_file = Some(told["authority"].clone().into());
    way
}

#[tokio::test]
async fn what_it_took_is_in_its_folder_before_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, told) = provider(folder.path()).await;
    let way = way_to(&told, &told["password"]);
    let mut line = way.host_on(told["port"].parse().unwrap()).open().await.unwrap();
    let content = "Subject: dots\r\n\r\n.\r\n..x\r\n";
    let message = delivery(&["gone@away.test", "ann@away.test", "full@away.test"], content);
    for (number, full) in [(1, "deferred Recipient 452 4.2.2"), (2, "deferred Recipient 452 4.2.2"), (3, "sent 250")] {
        let story = story(&line.deliver(&message).await);
        assert!(story[0].starts_with("failed Recipient 550 5.1.1") && story[1].starts_with("sent 250"), "{story:?}");
        assert!(story[2].starts_with(full), "{story:?}");
        let taken = |end: &str| std::fs::read_to_string(folder.path().join(format!("taken/{number}.{end}"))).unwrap();
        assert_eq!(taken("eml"), content);
        let to = if number < 3 { "ann@away.test" } else { "ann@away.test full@away.test" };
        let envelope = format!("from scan@office.test\nto {to}\nencrypted true\nsigned-in {}\n", told["user"]);
        assert_eq!(taken("envelope"), envelope);
    }
    drop(child.stdin.take());
    assert!(child.wait().await.unwrap().success(), "it ends with its input");
}

#[tokio::test]
async fn it_lets_nobody_in_with_another_password() {
    let folder = tempfile::tempdir().unwrap();
    let (_child, told) = provider(folder.path()).await;
    let way = way_to(&told, "something else");
    assert_eq!(way.host_on(told["port"].parse().unwrap()).open().await.err().unwrap().kind, TroubleKind::SignInRefused);
}
