//! Microsoft Graph as the way out: what is sent, in whose name, and what its refusals mean. Tokens are a real provider's.

use super::MESSAGE;
use control::settings::{FooterSettings, Settings, SmartHostEncryption, SmartHostProtocol, TokenGrant};
use control::view::{LaneState, Snapshot};
use control::{ProblemCode, Request};
use e2e::graph::FakeGraph;
use e2e::office::{USER, settings_for};
use e2e::token_service::SERVICE_SECRET;
use e2e::{Certs, Office, OpenIdProvider};
use relay::clock::SystemClock;
use std::sync::Arc;

struct World {
    _folder: tempfile::TempDir,
    service: OpenIdProvider,
    graph: FakeGraph,
    settings: Settings,
}

impl World {
    fn new(per_sender: bool) -> Self {
        let certs = Certs::new();
        let folder = tempfile::tempdir().unwrap();
        let service = OpenIdProvider::start(&certs, folder.path());
        let graph = FakeGraph::start(&certs, folder.path(), &service);
        let mut settings = settings_for(graph.port, &folder.path().join("authority.pem"));
        let smart_host = settings.smart_host.as_mut().unwrap();
        smart_host.server = "127.0.0.1".into();
        smart_host.encryption = SmartHostEncryption::Implicit;
        smart_host.protocol = SmartHostProtocol::MicrosoftGraph { per_sender };
        smart_host.sign_in = service.sign_in("service", TokenGrant::ClientCredentials { certificate_file: None, secret_ends: None });
        Self { _folder: folder, service, graph, settings }
    }

    async fn office(&self) -> Office {
        let office = Office::start(self.settings.clone(), Arc::new(SystemClock)).await;
        office.give_password(SERVICE_SECRET).await;
        office
    }
}

fn rests_for(snapshot: &Snapshot, code: ProblemCode) -> bool {
    matches!(&snapshot.lane.state, LaneState::Throttled { problem, .. } if problem.code == code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_out_of_the_accounts_mailbox_to_its_recipients_alone() {
    let world = World::new(false);
    let office = world.office().await;
    let text = "From: scan@office.test\r\nTo: ann@away.test, stranger@away.test\r\nSubject: Scan 1\r\n\r\n.dotted\r\n";
    office.device().await.hands_in("scan@office.test", &["ann@away.test", "bob@away.test"], text).await;
    office.until_queue_is_empty().await;
    let posted = world.graph.posted().await;
    assert_eq!((posted.len(), posted[0].mailbox.as_str()), (1, USER));
    let mime = &posted[0].mime;
    assert!(mime.starts_with("Received: from device.test") && mime.ends_with("\r\n\r\n.dotted\r\n"), "{mime}");
    assert!(mime.contains("\r\nTo: <ann@away.test>\r\n") && mime.contains("\r\nBcc: <bob@away.test>\r\n"), "{mime}");
    assert!(!mime.contains("stranger"), "{mime}");
    let history = office.history().await;
    let story = office.story(&history[0].id).await;
    assert!(format!("{story:?}").contains("Accepted by Microsoft Graph, request "), "{story:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_scan_is_put_on_a_draft_piece_by_piece() {
    use base64::Engine as _;
    let world = World::new(true);
    let office = world.office().await;
    let scan: Vec<u8> = (0..8_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let code = base64::engine::general_purpose::STANDARD.encode(&scan);
    let lines: String = code.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let text = format!(
        "From: scan@office.test\r\nTo: ann@away.test\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nsee the scan\r\n--b\r\nContent-Type: application/pdf; name=scan.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{lines}--b--\r\n"
    );
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], &text).await;
    office.until_queue_is_empty().await;
    let posted = world.graph.posted().await;
    assert_eq!((posted.len(), posted[0].mailbox.as_str()), (1, "scan@office.test"), "in its sender's own name");
    let hash = ring::digest::digest(&ring::digest::SHA256, &scan).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(posted[0].attachments, [("scan.pdf".to_owned(), 8_000_000, hash)]);
    assert!(posted[0].mime.contains("see the scan\r\n--b--\r\n") && !posted[0].mime.contains("scan.pdf"), "{}", posted[0].mime);
    let pieces = world.graph.asked().await.iter().filter(|asked| asked.starts_with("PUT /upload/ID 20")).count();
    assert_eq!((pieces, world.graph.drafts().await.as_str()), (3, "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_becomes_the_accounts_where_the_office_wants_that() {
    let mut world = World::new(false);
    world.settings.smart_host.as_mut().unwrap().rewriting =
        Some(serde_json::from_str(r#"{"senders": {"kind": "all", "address": null}}"#).unwrap());
    let office = world.office().await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    let mime = world.graph.posted().await.remove(0).mime;
    let from = mime.lines().find(|line| line.starts_with("From:")).unwrap();
    assert!(from.contains("<relay@office.test>"), "{mime}");
    assert!(mime.contains("\r\nX-Original-From: scan@office.test\r\n") && mime.contains("\r\nReply-To: scan@office.test\r\n"), "{mime}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_recipient_keeps_the_message_from_nobody_else() {
    let world = World::new(false);
    world.graph.knows_nobody_called("nobody@away.test").await;
    let office = world.office().await;
    let to = ["ann@away.test", "nobody@away.test", "bob@away.test"];
    office.device().await.hands_in("scan@office.test", &to, MESSAGE).await;
    office.until_queue_is_empty().await;
    let posted = world.graph.posted().await;
    let names = |line: &str, name: &str| (line.starts_with("To:") || line.starts_with("Bcc:")) && line.contains(name);
    let header = |mime: &str| mime.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    let of = |name: &str| posted.iter().filter(|letter| header(&letter.mime).lines().any(|line| names(line, name))).collect::<Vec<_>>();
    assert_eq!((of("ann@away.test").len(), of("bob@away.test").len(), of("nobody@away.test").len()), (1, 1, 0), "{posted:?}");
    let [report] = of("scan@office.test")[..] else { panic!("one report: {posted:?}") };
    assert!(report.mime.contains("Final-Recipient: rfc822; nobody@away.test\r\nAction: failed\r\nStatus: 5.1.0\r\n"), "{}", report.mime);
    assert!(!report.mime.contains("Final-Recipient: rfc822; ann@away.test"), "{}", report.mime);
    let counters = office.snapshot().await.counters;
    assert_eq!((counters.sent, counters.failed), (3, 1), "two recipients and the report");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offices_footer_goes_this_way_too() {
    let mut world = World::new(false);
    world.settings.footer = Some(FooterSettings { text: "-- \nBüro Nord".into(), html: "<p>Büro Nord</p>".into() });
    let office = world.office().await;
    let text = "To: ann@away.test\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhello\r\n";
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], text).await;
    office.until_queue_is_empty().await;
    let mime = world.graph.posted().await.remove(0).mime;
    assert!(mime.contains("\r\n\r\nhello\r\n\r\n-- \r\nBüro Nord\r\n"), "{mime}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_left_alone_for_as_long_as_it_wants_and_nothing_is_lost() {
    let world = World::new(false);
    let mut settings = world.settings.clone();
    settings.delivery.first_rest_seconds = 1;
    settings.delivery.longest_rest_seconds = 1;
    world.graph.answers(1, 429, "ApplicationThrottled", Some(3)).await;
    let office = Office::start(settings, Arc::new(SystemClock)).await;
    office.give_password(SERVICE_SECRET).await;
    let begun = std::time::Instant::now();
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::Throttled)).await;
    assert_eq!((snapshot.counters.waiting, snapshot.counters.deferred), (1, 0));
    office.until_queue_is_empty().await;
    assert!(begun.elapsed().as_secs() >= 3);
    assert_eq!(
        world.graph.asked().await,
        ["POST /v1.0/users/relay@office.test/sendMail 429", "POST /v1.0/users/relay@office.test/sendMail 202"]
    );
    assert_eq!(office.snapshot().await.counters.failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_lane_rests_it_and_what_is_wrong_with_a_message_is_its_own() {
    let world = World::new(false);
    let office = world.office().await;
    let hands_in = async || office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    // The application may not send: nobody's mail comes back for it, and it goes on when that is mended.
    world.graph.answers(1, 403, "ErrorAccessDenied", None).await;
    hands_in().await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::ConsentMissing)).await;
    assert_eq!((snapshot.counters.waiting, snapshot.counters.failed), (1, 0));
    office.ask(Request::TryLane).await;
    office.until_queue_is_empty().await;
    assert_eq!(world.graph.posted().await.len(), 1);

    // A token that was called back is replaced, and nothing is told of it.
    world.service.desk().forget("ClientCredentials").await;
    hands_in().await;
    office.until_queue_is_empty().await;
    assert_eq!(world.service.desk().asked().await, ["client_credentials 200", "client_credentials 200"]);

    // A recipient that cannot be comes back; a sender that may not waits.
    world.graph.answers(1, 400, "ErrorInvalidRecipients", None).await;
    hands_in().await;
    office.until("a failure", |snapshot| snapshot.counters.failed == 1).await;
    office.until_queue_is_empty().await;
    let report = world.graph.posted().await.pop().unwrap();
    assert_eq!(report.mailbox, USER, "reports have no sender of their own");
    assert!(report.mime.contains("ErrorInvalidRecipients"), "{}", report.mime);
    world.graph.answers(1, 403, "ErrorSendAsDenied", None).await;
    hands_in().await;
    let snapshot = office.until("a deferred message", |snapshot| snapshot.counters.deferred == 1).await;
    assert!(!matches!(snapshot.lane.state, LaneState::Throttled { .. }), "{:?}", snapshot.lane.state);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_upload_is_begun_anew_and_leaves_no_draft() {
    let world = World::new(false);
    let mut settings = world.settings.clone();
    settings.delivery.first_retry_seconds = 1;
    let office = Office::start(settings, Arc::new(SystemClock)).await;
    office.give_password(SERVICE_SECRET).await;
    let file = "QUJD".repeat(1_100_000);
    let lines: String = file.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let text =
        format!("To: ann@away.test\r\nContent-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}");
    // A first message, so that the next request is known to be a draft's.
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until_queue_is_empty().await;
    world.graph.answers(1, 200, "", None).await;
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], &text).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::BrokenReply)).await;
    assert_eq!(snapshot.counters.failed, 0);
    office.ask(Request::TryLane).await;
    office.until_queue_is_empty().await;
    let posted = world.graph.posted().await;
    assert_eq!((posted.len(), posted[1].attachments[0].1, world.graph.drafts().await.as_str()), (2, 3_300_000, "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_may_mean_that_it_arrives_twice() {
    let world = World::new(false);
    let office = world.office().await;
    world.graph.hangs_up().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    office.until("it is put off", |snapshot| snapshot.counters.deferred == 1).await;
    assert_eq!(office.story(&id).await.entry.problem.unwrap().code, ProblemCode::AnswerLost);
    office.ask(Request::Retry { which: Office::one(&id) }).await;
    office.until_queue_is_empty().await;
    assert_eq!((world.graph.posted().await.len(), office.snapshot().await.counters.sent_again), (2, 1));

    // At the draft of a large one nothing is sent yet.
    let file = "QUJD".repeat(1_100_000);
    let lines: String = file.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let text =
        format!("To: ann@away.test\r\nContent-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}");
    world.graph.hangs_up().await;
    let id = office.device().await.hands_in("scan@office.test", &["ann@away.test"], &text).await;
    office.until("it is put off", |snapshot| snapshot.counters.deferred == 1).await;
    assert_eq!(office.story(&id).await.entry.problem.unwrap().code, ProblemCode::ConnectionLost);
    office.ask(Request::Retry { which: Office::one(&id) }).await;
    office.until_queue_is_empty().await;
    assert_eq!((world.graph.posted().await.len(), office.snapshot().await.counters.sent_again), (3, 1));
}
