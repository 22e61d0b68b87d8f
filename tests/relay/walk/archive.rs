//! A copy for the archive, by the rule of the device: a recipient like any other, of whom the sender hears nothing.

use super::{MESSAGE, Provider};
use control::view::RecipientState;
use e2e::Office;

async fn archiving(provider: &Provider) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| settings.rules[0].archive = Some("archive@office.test".into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_gets_a_copy_that_nobody_else_sees() {
    let provider = Provider::of(|fake| fake.offering("DSN")).await;
    let office = archiving(&provider).await;
    let mut device = office.device().await;
    let id = device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    device.hands_in("scan@office.test", &["Archive@office.test"], MESSAGE).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let mut paths: Vec<_> = taken.iter().map(|message| message.forward_paths.clone()).collect();
    paths.sort();
    assert_eq!(paths, [vec!["Archive@office.test"], vec!["ann@away.test", "archive@office.test"]], "and not twice");
    assert!(taken.iter().all(|message| !String::from_utf8_lossy(&message.content).contains("archive@")));
    assert!(
        provider.fake.commands().iter().any(|line| line == "RCPT TO:<archive@office.test> NOTIFY=NEVER"),
        "{:#?}",
        provider.fake.commands()
    );
    let recipients: Vec<_> = office.story(&id).await.recipients.into_iter().map(|recipient| (recipient.address, recipient.state)).collect();
    assert_eq!(recipients, [("ann@away.test".to_owned(), RecipientState::Sent), ("archive@office.test".to_owned(), RecipientState::Sent)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_archive_that_is_refused_the_sender_hears_nothing() {
    let provider = Provider::of(|fake| fake.refuse_recipient("archive@office.test", "550 5.1.1 no such user")).await;
    let office = archiving(&provider).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(1).await;
    office.until_queue_is_empty().await;
    assert_eq!(
        office.told().await,
        [
            "scan@office.test to ann@away.test: sent 250 2.0.0 taken",
            "scan@office.test to archive@office.test: bounced 550 5.1.1 no such user"
        ]
    );
}
