//! The step by step check of the wizard.

use super::*;
use e2e::{Answer, Stage};
use relay::mail::Mailbox;
use relay::smarthost::probe::{ProbeOutcome, ProbeStage, probe, seen_at};

async fn steps(way: &Way, running: &SmartHostRunning) -> (bool, Vec<(ProbeStage, ProbeOutcome)>) {
    let mut config = way.config.clone();
    config.port = running.port();
    let sender = Mailbox::parse("scan@office.test").unwrap();
    let mut steps = Vec::new();
    let passed = probe(&config, "relay.office.test", Some(&sender), |report| {
        if report.outcome != ProbeOutcome::Started {
            steps.push((report.stage, report.outcome));
        }
    })
    .await;
    (passed, steps)
}

#[tokio::test]
async fn all_is_well_and_no_message_is_sent() {
    let way = Way::new();
    let running = way.usual().start().await;
    let (passed, steps) = steps(&way, &running).await;
    assert!(passed, "{steps:?}");
    let found: Vec<_> = steps.iter().map(|(stage, outcome)| format!("{stage:?} {outcome:?}")).collect();
    assert!(found[2].contains("TLSv1.3") && found[2].contains("localhost") && found[2].contains("2090"), "{found:#?}");
    assert!(found[4].contains("PLAIN"), "{found:#?}");
    assert!(found[5].contains("Passed"), "{found:#?}");
    assert!(running.commands().iter().any(|command| command == "MAIL FROM:<scan@office.test>"));
    assert!(running.messages().is_empty());
    assert!(!format!("{steps:?}").contains(PASSWORD));
}

#[tokio::test]
async fn it_stops_at_the_step_that_failed() {
    let cases = [
        (Stage::Ehlo, "550 no", ProbeStage::Encrypt, TroubleKind::GreetingRefused),
        (Stage::Auth, "535 5.7.8 no", ProbeStage::SignIn, TroubleKind::SignInRefused),
        (Stage::Mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", ProbeStage::Sender, TroubleKind::Other),
    ];
    for (stage, said, at, wanted) in cases {
        let way = Way::new();
        let running = way.usual().at(stage, Answer::Reply(said.into())).start().await;
        let (passed, steps) = steps(&way, &running).await;
        assert!(!passed);
        let failed = steps.iter().find_map(|(stage, outcome)| match outcome {
            ProbeOutcome::Failed(trouble) => Some((*stage, trouble.kind)),
            ProbeOutcome::Started | ProbeOutcome::Passed(_) | ProbeOutcome::Skipped => None,
        });
        assert_eq!(failed, Some((at, wanted)), "{steps:?}");
        assert_eq!(steps.len(), 6, "every stage has an end: {steps:?}");
    }
}

#[tokio::test]
async fn the_greeting_says_where_we_are_seen_and_nobody_signs_in() {
    let way = Way::new();
    let greets = Answer::Reply("250-fake.test Hello relay.office.test [203.0.113.7]\n250 AUTH PLAIN".into());
    let running = way.usual().at(Stage::EhloEncrypted, greets).start().await;
    let config = SmartHostConfig { port: running.port(), ..way.config.clone() };
    assert_eq!(seen_at(&config, "relay.office.test").await.unwrap(), Some("203.0.113.7".parse().unwrap()));
    let silent = way.usual().start().await;
    let config = SmartHostConfig { port: silent.port(), ..way.config.clone() };
    assert_eq!(seen_at(&config, "relay.office.test").await.unwrap(), None);
    for running in [running, silent] {
        assert!(!running.commands().iter().any(|command| command.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn a_greeting_that_tells_the_password_was_shown_in_the_check() {
    let way = Way::new();
    for stage in [Stage::Greeting, Stage::EhloEncrypted] {
        let running = way.usual().at(stage.clone(), Answer::Reply(format!("554 5.7.1 {PASSWORD} again, I know"))).start().await;
        let (passed, steps) = steps(&way, &running).await;
        let told = format!("{steps:?}");
        assert!(!passed && told.contains("I know") && !told.contains(PASSWORD), "{stage:?}: {told}");
        let config = SmartHostConfig { port: running.port(), ..way.config.clone() };
        let trouble = seen_at(&config, "relay.office.test").await.unwrap_err();
        assert!(trouble.said.contains("I know") && !trouble.said.contains(PASSWORD), "{stage:?}: {trouble}");
    }
}
