//! The fault table: each stage of a delivery × each fault → what becomes of each recipient, and of the lane.
//!
//! Printed, and kept beside this file as `faults.md`, so that a change of it is seen and explained. `UPDATE=1` writes it anew.
//! The words for each code are in `ui/src/words`.

use super::*;
use e2e::{Answer, Stage};
use futures_util::future::join_all;
use std::fmt::Write as _;

fn faults() -> Vec<(&'static str, Answer)> {
    let reply = |text: &str| Answer::Reply(text.to_owned());
    vec![
        ("closed", Answer::Close),
        ("silent", Answer::Stall),
        ("half a reply, closed", Answer::RawAndClose(b"250-2.0.0 half\r\n".to_vec())),
        ("a line without an end", Answer::EndlessLine),
        ("a reply without an end", Answer::EndlessReply),
        ("another protocol", Answer::Raw(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n".to_vec())),
        ("421 and closed", Answer::ReplyAndClose("421 4.3.2 closing".into())),
        ("432 too many connections", reply("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded")),
        ("450 later", reply("450 4.2.1 try again later")),
        ("451 quota", reply("451 Authentication failed: Maximum credits exceeded")),
        ("452 too many recipients", reply("452 4.5.3 too many recipients")),
        ("454 throttled", reply("454 Throttling failure: Maximum sending rate exceeded")),
        ("530 not signed in", reply("530 5.7.57 Client not authenticated to send mail")),
        ("535 wrong password", reply("535 5.7.8 Username and Password not accepted")),
        ("550 no such user", reply("550 5.1.1 no such user")),
        ("550 sender denied", reply("550 5.7.60 SMTP; Client does not have permissions to send as this sender")),
        ("552 too large", reply("552 5.3.4 message size exceeds fixed maximum")),
        ("554 quota", reply("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException")),
        ("554 refused", reply("554 5.7.1 go away")),
        ("354 out of place", reply("354 go on")),
    ]
}

fn stages() -> Vec<(&'static str, Stage)> {
    vec![
        ("connect", Stage::Connect),
        ("greeting", Stage::Greeting),
        ("EHLO", Stage::Ehlo),
        ("STARTTLS", Stage::Starttls),
        ("handshake", Stage::Handshake),
        ("EHLO under TLS", Stage::EhloEncrypted),
        ("AUTH", Stage::Auth),
        ("MAIL", Stage::Mail),
        ("RCPT of Ann", Stage::Rcpt("ann@away.test".into())),
        ("RCPT of all", Stage::Rcpt(String::new())),
        ("DATA", Stage::Data),
        ("final dot", Stage::Dot),
    ]
}

/// One message for two, on a connection of its own.
async fn row(stage_name: &str, stage: Stage, fault_name: &str, fault: Answer) -> String {
    let way = Way::new().impatient();
    let running = way.usual().at(stage.clone(), fault).start().await;
    let message = delivery(&["ann@away.test", "bob@away.test"], SCAN);
    let (recipients, lane) = match way.host(&running).open().await {
        Err(trouble) => (vec!["untouched".to_owned(); 2], format!("rests: {}", code(trouble.kind))),
        Ok(mut line) => {
            let attempt = line.deliver(&message).await;
            let told = attempt.outcomes.iter().map(|outcome| match outcome {
                Outcome::Sent(_) => "sent".to_owned(),
                Outcome::Deferred(refusal) => format!("deferred: {}", code(refusal.kind)),
                Outcome::Failed(refusal) => format!("failed: {}", code(refusal.kind)),
                Outcome::Untouched => "untouched".to_owned(),
            });
            let lane = match &attempt.line {
                LineAfter::Usable => "goes on".to_owned(),
                LineAfter::Spent => "new connection".to_owned(),
                LineAfter::Down(trouble) => format!("rests: {}", code(trouble.kind)),
            };
            (told.collect(), lane)
        }
    };
    // What the smart host has is the only thing that may be called sent, and only once.
    let sent = recipients.iter().filter(|told| *told == "sent").count();
    let has: usize = running.messages().iter().map(|taken| taken.forward_paths.len()).sum();
    assert!(sent <= has, "{stage_name}, {fault_name}: called sent and not taken");
    let signing_in = running.commands().iter().any(|command| command.starts_with("AUTH"));
    assert!(!signing_in || running.handshakes_failed() == 0, "{stage_name}, {fault_name}: signed in without encryption");
    let kept = if recipients.iter().all(|told| told == "sent") {
        "no"
    } else if recipients.iter().all(|told| told.starts_with("failed") || told == "sent") {
        "no, its sender is told"
    } else {
        "yes"
    };
    format!("| {stage_name} | {fault_name} | {} | {} | {lane} | {kept} |\n", recipients[0], recipients[1])
}

/// As the contract writes it.
fn code(kind: impl std::fmt::Debug) -> String {
    let name = format!("{kind:?}");
    name[..1].to_lowercase() + &name[1..]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_stage_has_its_outcome() {
    let mut table = "# What becomes of a message for Ann and Bob\n\n\
        Made by `tests/relay/out/faults.rs` (`UPDATE=1` writes it). An untouched recipient is charged nothing and waits; a deferred one is \
        tried again after its own gap; a lane that rests keeps everything. The smart host wants STARTTLS and a sign-in.\n\n\
        | Stage | Fault | Ann | Bob | Lane | Kept |\n| --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (stage_name, stage) in stages() {
        // A stage at a time: all at once would take more time than a time-out has.
        let rows = faults().into_iter().map(|(fault_name, fault)| row(stage_name, stage.clone(), fault_name, fault));
        for row in join_all(rows).await {
            let _ = write!(table, "{row}");
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("relay/out/faults.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let changed: Vec<_> = table.lines().filter(|line| !committed.lines().any(|known| known == *line)).collect();
    assert!(
        committed == table,
        "faults.md says something else: `UPDATE=1 cargo test -p e2e --test relay fault` writes it\n{}",
        changed.join("\n")
    );
}
