//! Reports to senders: never one about a report, and one that a mail program can read.

use super::Provider;
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_causes_no_further_report() {
    let provider = Provider::of(|fake| {
        fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")
            .refuse_recipient("scan@office.test", "550 5.1.1 a device reads no mail")
    })
    .await;
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    office.until("both are settled", |snapshot| snapshot.counters.waiting == 0 && snapshot.counters.failed == 2).await;
    assert_eq!(office.history().await.len(), 2);
    assert!(provider.fake.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_mail_parser_reads_the_report_as_it_arrived() {
    let provider = Provider::of(|fake| fake.refuse_recipient("ghost@away.test", "550 5.1.1 no such user")).await;
    let office = provider.office().await;
    office.device().await.hands_in("scan@office.test", &["ghost@away.test"], super::MESSAGE).await;
    let taken = provider.fake.until(1).await;
    let script = "
import email, email.policy, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.SMTP)
assert m.get_content_type() == 'multipart/report' and not m.defects, m.defects
parts = list(m.iter_parts())
status = parts[1].get_payload()
print(status[1]['Final-Recipient'], status[1]['Status'], m['Auto-Submitted'], 'Scan 1' in parts[2].get_payload())
";
    let mut python = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    python.stdin.take().unwrap().write_all(&taken[0].content).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "rfc822; ghost@away.test 5.1.1 auto-replied True");
}
