//! One connection for several messages, and what happens when it has gone stale.

use super::*;
use e2e::{Answer, Stage};

#[tokio::test]
async fn several_messages_over_one_connection() {
    let way = Way::new();
    let running = way.usual().start().await;
    let mut line = way.open(&running).await;
    for _ in 0..5 {
        assert_eq!(line.deliver(&ann()).await.line, LineAfter::Usable);
    }
    assert_eq!(running.until(5).await.len(), 5);
    assert_eq!(running.connections(), 1);
    let commands = running.commands();
    assert!(!commands.iter().any(|command| command == "RSET" || command == "NOOP"), "no round trip for nothing: {commands:?}");
    line.quit().await;
    running.until_alone().await;
}

#[tokio::test]
async fn a_line_the_server_closed_meanwhile_says_nothing_about_the_message() {
    for farewell in [None, Some("421 4.4.2 idle for too long")] {
        let way = Way::new();
        let running = way.usual().start().await;
        let mut line = way.open(&running).await;
        line.deliver(&ann()).await;
        let answer = farewell.map_or(Answer::Close, |words| Answer::ReplyAndClose(words.to_owned()));
        running.times(1, Stage::Mail, answer);
        let attempt = line.deliver(&ann()).await;
        assert_eq!((story(&attempt), &attempt.line), (vec!["untouched".to_owned()], &LineAfter::Spent), "{farewell:?}");
        let attempt = way.open(&running).await.deliver(&ann()).await;
        assert!(story(&attempt)[0].starts_with("sent"));
    }
}

/// A new connection that breaks at once is the lane's trouble; else it would be tried without a pause for ever.
#[tokio::test]
async fn a_fresh_line_that_breaks_at_once_rests_the_lane() {
    let way = Way::new();
    let running = way.usual().at(Stage::Mail, Answer::Close).start().await;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert_eq!((story(&attempt), down(&attempt)), (vec!["untouched".to_owned()], Some(TroubleKind::ConnectionLost)));
}

#[tokio::test]
async fn a_lost_answer_to_the_content_is_tried_again() {
    let way = Way::new();
    let running = way.usual().at(Stage::Dot, Answer::Close).start().await;
    let attempt = way.open(&running).await.deliver(&ann()).await;
    assert_eq!(attempt.outcomes, [unanswered()]);
    assert_eq!(attempt.line, LineAfter::Spent);
}

#[tokio::test]
async fn tls_sessions_are_resumed() {
    let way = Way::new();
    let running = way.usual().start().await;
    let host = way.host(&running);
    for _ in 0..3 {
        let mut line = host.open().await.unwrap();
        line.deliver(&ann()).await;
        line.quit().await;
    }
    assert_eq!(running.until(3).await.len(), 3);
}
