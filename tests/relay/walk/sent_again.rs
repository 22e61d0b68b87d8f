//! A message was handed over whole and the answer was lost: it is sent again, may arrive twice, and people are told.
//! RFC 5321 §4.5.3.2.6, RFC 1047.

use super::{MESSAGE, Provider, reply};
use control::view::{RecipientState, StoryKind, StoryStep};
use control::{ProblemCode, Request};
use e2e::{Answer, Office, Stage};

fn message_id(content: &[u8]) -> String {
    let content = String::from_utf8_lossy(content).into_owned();
    content.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:")).unwrap_or_default().to_owned()
}

/// `lost`, `put off`, `sent`, `sent again`.
fn told(steps: &[StoryStep]) -> Vec<&'static str> {
    let one = |step: &StoryStep| match &step.what {
        StoryKind::Deferred { problem, .. } if problem.code == ProblemCode::AnswerLost => Some("lost"),
        StoryKind::Deferred { .. } => Some("put off"),
        StoryKind::Sent { again: true, .. } => Some("sent again"),
        StoryKind::Sent { again: false, .. } => Some("sent"),
        StoryKind::Accepted { .. }
        | StoryKind::Bounced { .. }
        | StoryKind::Expired { .. }
        | StoryKind::DelayNoticed { .. }
        | StoryKind::Reported { .. }
        | StoryKind::Confirmed { .. }
        | StoryKind::Held
        | StoryKind::Released
        | StoryKind::TriedNow
        | StoryKind::Deleted { .. } => None,
    };
    steps.iter().filter_map(one).collect()
}

async fn try_again(office: &Office, id: &str) {
    office.ask(Request::Retry { which: Office::one(id) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_final_dot_is_counted_and_told() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Dot, Answer::Close);
    let mut office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], MESSAGE).await;
    let waits = office.until("it is put off", |snapshot| snapshot.counters.deferred == 1).await;
    assert_eq!(waits.counters.sent_again, 0, "not sent again yet");
    let entry = office.story(&id).await.entry;
    assert_eq!(entry.problem.map(|problem| problem.code), Some(ProblemCode::AnswerLost));
    try_again(&office, &id).await;
    office.until_queue_is_empty().await;

    let taken = provider.fake.messages();
    let ids: Vec<String> = taken.iter().map(|taken| message_id(&taken.content)).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].len() > "Message-ID: <>".len(), "{ids:?}");
    assert_eq!(office.snapshot().await.counters.sent_again, 1, "one message, however many recipients");
    assert_eq!(told(&office.story(&id).await.steps), ["lost", "lost", "sent again", "sent again"]);
    office.restart().await;
    assert_eq!(office.snapshot().await.counters.sent_again, 1, "after a restart, too");
}

/// What happens in between does not make it less possible that it arrives twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_remembered_over_other_refusals() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Dot, Answer::Close);
    let office = provider.office().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("it is put off", |snapshot| snapshot.counters.deferred == 1).await;
    provider.fake.times(1, Stage::Rcpt("ann@away.test".into()), reply("450 4.2.0 mailbox busy"));
    let attempts = async || office.story(&id).await.entry.attempts;
    try_again(&office, &id).await;
    while attempts().await < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(office.snapshot().await.counters.sent_again, 0, "refused before the content: it was not sent");
    try_again(&office, &id).await;
    office.until_queue_is_empty().await;
    assert_eq!(told(&office.story(&id).await.steps), ["lost", "put off", "sent again"]);
    assert_eq!(office.snapshot().await.counters.sent_again, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_before_the_final_dot_makes_nothing_twice() {
    let provider = Provider::start().await;
    provider.fake.times(1, Stage::Data, Answer::CloseAfter(0));
    let office = provider.office().await;
    // More than the system's buffers take (4 MiB here): otherwise the final dot, too, may have left when the end is noticed.
    let large = format!("{MESSAGE}{}", format!("{}\r\n", "more ".repeat(180)).repeat(13_000));
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], &large).await;
    office.until("it is put off", |snapshot| snapshot.counters.deferred == 1).await;
    try_again(&office, &id).await;
    office.until_queue_is_empty().await;
    let story = office.story(&id).await;
    assert_eq!((story.entry.state, told(&story.steps)), (RecipientState::Sent, vec!["put off", "sent"]));
    assert_eq!((office.snapshot().await.counters.sent_again, provider.fake.messages().len()), (0, 1));
}
