//! Turns a settlement that the sender must hear of into a report, ready to be kept with it.
//!
//! In: the entry as it was, the settlement with the new states, the beginning of the message. Out: the report as a
//! submission, and one more record in the settlement that names it.
//!
//! Invariant: there is a record of a report if and only if there is a report.

use super::Plan;
use crate::dsn::{self, Concerned, Fate, Readers, ReportFacts, ReportKind};
use crate::mail::wish::Ret;
use crate::mail::{Mailbox, MessageId, ReversePath, Submission};
use crate::queue::{QueueEntry, RecipientState, Record, RecordKind, ReportWanted, Settlement};
use jiff::Timestamp;

/// A larger message does not come back whole, whatever its sender asked for.
const WHOLE: u64 = 1_000_000;
/// No header that anybody wants to read is longer.
const HEADER: usize = 16 * 1024;

/// How much of a content its report wants to quote. Only failure brings a message back (RFC 3461 §6.2).
pub fn quoted_octets(entry: &QueueEntry, wanted: &ReportWanted) -> usize {
    match (wanted, entry.returns.ret) {
        (ReportWanted::Failure { .. }, Some(Ret::Full)) if entry.size <= WHOLE => usize::try_from(entry.size).unwrap_or(HEADER),
        (ReportWanted::Failure { .. } | ReportWanted::Delay { .. } | ReportWanted::Relayed { .. }, _) => HEADER,
    }
}

pub fn compose(
    entry: &QueueEntry,
    settlement: &mut Settlement,
    wanted: &ReportWanted,
    beginning: &[u8],
    plan: &Plan,
    now: Timestamp,
) -> Option<Submission> {
    let id = MessageId::at(now);
    let (kind, wanted, record) = match wanted {
        ReportWanted::Failure { recipients } => (ReportKind::Failure, recipients, RecordKind::Reported { report: id }),
        ReportWanted::Delay { recipients } => {
            let given_up_at = plan.schedule.expires_at(entry.accepted_at);
            (ReportKind::Delay { given_up_at }, recipients, RecordKind::DelayNoticed { report: id })
        }
        ReportWanted::Relayed { recipients } => (ReportKind::Relayed, recipients, RecordKind::Confirmed { report: id }),
    };
    let readers = Readers { sender: plan.reports.to_senders, copy: plan.reports.copy_to.as_ref() };
    let facts = ReportFacts {
        kind,
        host_name: &plan.host_name,
        from: name_on_its_way(plan, readers, &entry.reverse_path),
        readers,
        original: entry.id,
        sender: &entry.reverse_path,
        arrived_at: entry.accepted_at,
        subject: &entry.summary.subject,
        message_id: &entry.summary.message_id,
        returns: &entry.returns,
        utf8: entry.utf8,
        beginning,
        is_whole: beginning.len() as u64 == entry.size,
        recipients: wanted.iter().filter_map(|n| concerned(entry, settlement, *n, plan)).collect(),
    };
    let report = dsn::compose(&facts, id, now)?;
    settlement.records.push(Record { at: now, recipient: None, kind: record, lane: None });
    Some(report)
}

/// Whose name the smart hosts want that the report will go through: that of the first that wants one.
fn name_on_its_way<'a>(plan: &'a Plan, readers: Readers<'_>, sender: &ReversePath) -> Option<&'a Mailbox> {
    let ReversePath::Mailbox(sender) = sender else { return None };
    let mut lanes = readers.of(sender).flat_map(|reader| {
        let route = plan.routing.route_of(None, &ReversePath::Null, reader);
        plan.routing.order(route)
    });
    lanes.find_map(|lane| plan.lanes.get(*lane)?.null_sender_as.as_ref())
}

fn concerned(entry: &QueueEntry, settlement: &Settlement, n: usize, plan: &Plan) -> Option<Concerned> {
    let recipient = entry.recipients.get(n)?;
    let state = settlement.changes.iter().find(|change| change.recipient == n).map_or(&recipient.state, |change| &change.state);
    let (fate, tried_at) = match state {
        RecipientState::Bounced { at, why } => (Fate::Refused(why.clone()), Some(*at)),
        RecipientState::Expired { at: _, why } => (Fate::Expired { last: why.clone() }, None),
        RecipientState::Deleted { at: _ } => (Fate::Deleted, None),
        RecipientState::Deferred { due: _, why } => (Fate::Late { last: Some(why.clone()) }, None),
        RecipientState::Queued { due: _ } => (Fate::Late { last: None }, None),
        RecipientState::Sent { at: _, reply } => (Fate::Relayed(reply.clone()), None),
    };
    let server = state.reply().and_then(|_| server(settlement, n, plan));
    Some(Concerned { address: recipient.path.clone(), fate, server, tried_at })
}

/// Where an answer came from: through this attempt, or through the way out as it is set up.
fn server(settlement: &Settlement, n: usize, plan: &Plan) -> Option<String> {
    let here = settlement.records.iter().filter(|record| record.recipient == Some(n)).find_map(|record| match &record.kind {
        RecordKind::Sent { server, .. } | RecordKind::Deferred { server, .. } | RecordKind::Bounced { server, .. } => Some(server),
        RecordKind::Expired { .. }
        | RecordKind::DelayNoticed { .. }
        | RecordKind::Reported { .. }
        | RecordKind::Confirmed { .. }
        | RecordKind::Held
        | RecordKind::Released
        | RecordKind::TriedNow
        | RecordKind::Deleted => None,
    });
    here.or_else(|| plan.lanes.first().map(|out| &out.server)).cloned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mail::reply::RemoteReply;
    use crate::mail::wish::Notify;
    use crate::mail::{Body, Content, ForwardPath, Kind, Returns, Summary};
    use crate::queue::{self, ContentPlace, Recipient, Schedule, Via, Why, WhyKind};
    use crate::smarthost::{Outcome, Refusal, RefusalKind};
    use std::time::Duration;

    #[test]
    fn a_failed_recipient_is_reported_and_the_report_recorded() {
        let entry = entry("scan@office.test");
        let sent = Outcome::Sent(RemoteReply::parse("250 ok").unwrap());
        let failed = Outcome::Failed(Refusal { kind: RefusalKind::Recipient, reply: RemoteReply::parse("550 5.1.1 no such user") });
        let via = Via { lane: "default", server: "smart.test", tls: None, tells_senders: false };
        let mut settlement = queue::settle(&entry, &[0, 1], &[sent, failed], &via, &plan().schedule, at(60));
        let (report, text) = composed(&entry, &mut settlement);
        assert_eq!((report.kind, report.envelope.reverse_path), (Kind::Report, ReversePath::Null));
        assert_eq!(report.envelope.forward_paths, [ForwardPath::parse("scan@office.test").unwrap()]);
        for line in [
            "Subject: Not delivered: Scan",
            "In-Reply-To: <1@scanner.test>",
            "Final-Recipient: rfc822; r1@away.test",
            "Status: 5.1.1",
            "Remote-MTA: dns; smart.test",
            "Last-Attempt-Date: Thu, 01 Jan 1970 00:01:00 +0000",
            "X-Of: the original",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in {text}");
        }
        assert!(!text.contains("r0@away.test"));
        let record = Record { at: at(60), recipient: None, kind: RecordKind::Reported { report: report.id }, lane: None };
        assert_eq!(settlement.records.last(), Some(&record));
    }

    #[test]
    fn a_late_message_is_noticed_with_the_time_it_will_be_given_up() {
        let mut entry = entry("scan@office.test");
        let why = Why { kind: WhyKind::Throttled, reply: RemoteReply::parse("452 4.5.3 too many") };
        entry.recipients[0].state = RecipientState::Deferred { due: at(99), why };
        let mut settlement = queue::notice(&entry);
        let (report, text) = composed(&entry, &mut settlement);
        assert!(text.contains("Action: delayed\r\nStatus: 4.5.3\r\nDiagnostic-Code: smtp; 452 4.5.3 too many\r\n"), "{text}");
        assert!(text.contains("Will-Retry-Until: Fri, 02 Jan 1970 00:00:00 +0000\r\n"), "{text}");
        let record = Record { at: at(60), recipient: None, kind: RecordKind::DelayNoticed { report: report.id }, lane: None };
        assert_eq!(settlement.records, [record]);
    }

    #[test]
    fn what_was_given_up_or_removed_says_so() {
        let entry = entry("scan@office.test");
        let (_, text) = composed(&entry, &mut queue::expire(&entry, at(60)));
        assert!(text.contains("Action: failed\r\nStatus: 4.4.7\r\n"), "{text}");
        let (_, text) = composed(&entry, &mut queue::delete(&entry, true, at(60)));
        assert!(text.contains("Action: failed\r\nStatus: 5.7.0\r\n"), "{text}");
    }

    #[test]
    fn what_was_handed_over_is_confirmed_to_who_asked() {
        let mut entry = entry("scan@office.test");
        entry.recipients[1].path.wish.notify = Notify::parse("SUCCESS");
        let sent = || Outcome::Sent(RemoteReply::parse("250 2.6.0 queued").unwrap());
        let via = Via { lane: "default", server: "smart.test", tls: None, tells_senders: false };
        let mut settlement = queue::settle(&entry, &[0, 1], &[sent(), sent()], &via, &plan().schedule, at(60));
        let (report, text) = composed(&entry, &mut settlement);
        let fields = "Final-Recipient: rfc822; r1@away.test\r\nAction: relayed\r\nStatus: 2.6.0\r\nRemote-MTA: dns; smart.test\r\n";
        assert!(text.contains(fields) && !text.contains("r0@away.test"), "{text}");
        let record = Record { at: at(60), recipient: None, kind: RecordKind::Confirmed { report: report.id }, lane: None };
        assert_eq!(settlement.records.last(), Some(&record));
    }

    #[test]
    fn only_a_failure_brings_the_message_back_and_only_one_that_is_not_too_large() {
        let mut entry = entry("scan@office.test");
        entry.size = WHOLE;
        let failure = ReportWanted::Failure { recipients: vec![0] };
        assert_eq!(quoted_octets(&entry, &failure), HEADER);
        entry.returns.ret = Some(Ret::Headers);
        assert_eq!(quoted_octets(&entry, &failure), HEADER);
        entry.returns.ret = Some(Ret::Full);
        assert_eq!(quoted_octets(&entry, &failure), WHOLE as usize);
        assert_eq!(quoted_octets(&entry, &ReportWanted::Delay { recipients: vec![0] }), HEADER);
        assert_eq!(quoted_octets(&entry, &ReportWanted::Relayed { recipients: vec![0] }), HEADER);
        entry.size = WHOLE + 1;
        assert_eq!(quoted_octets(&entry, &failure), HEADER);

        let message = b"Subject: x\r\n\r\npage 1\r\n";
        entry.size = message.len() as u64;
        let whole = compose(&entry, &mut queue::expire(&entry, at(60)), &failure, message, &plan(), at(60)).unwrap();
        assert!(text_of(&whole).contains("Content-Type: message/rfc822\r\n"), "{}", text_of(&whole));
        let cut = compose(&entry, &mut queue::expire(&entry, at(60)), &failure, &message[..14], &plan(), at(60)).unwrap();
        let text = text_of(&cut);
        assert!(text.contains("Content-Type: text/rfc822-headers\r\n") && text.contains("You wanted the message back"), "{text}");
    }

    #[test]
    fn without_a_report_there_is_no_record_of_one() {
        let entry = entry("");
        let mut settlement = queue::expire(&entry, at(60));
        let before = settlement.clone();
        let wanted = ReportWanted::Failure { recipients: vec![0] };
        assert!(compose(&entry, &mut settlement, &wanted, b"", &plan(), at(60)).is_none());
        assert_eq!(settlement, before);
    }

    fn composed(entry: &QueueEntry, settlement: &mut Settlement) -> (Submission, String) {
        let wanted = settlement.report.clone().unwrap();
        let report = compose(entry, settlement, &wanted, b"X-Of: the original\r\n", &plan(), at(60)).unwrap();
        let text = text_of(&report);
        (report, text)
    }

    fn text_of(report: &Submission) -> String {
        match &report.content {
            Content::Memory(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Content::File { .. } => String::new(),
        }
    }

    fn entry(from: &str) -> QueueEntry {
        let recipient = |n: usize| Recipient {
            path: ForwardPath::parse(&format!("r{n}@away.test")).unwrap(),
            attempts: 0,
            state: RecipientState::Queued { due: at(0) },
        };
        QueueEntry {
            seq: 1,
            id: MessageId::at(at(0)),
            kind: Kind::Mail,
            peer: None,
            reverse_path: ReversePath::parse(from).unwrap(),
            body: Body::SevenBit,
            utf8: false,
            returns: Returns::default(),
            recipients: (0..2).map(recipient).collect(),
            summary: Summary { subject: "Scan".into(), message_id: "<1@scanner.test>".into(), ..Summary::default() },
            size: 1,
            content: ContentPlace::Row,
            accepted_at: at(0),
            priority: crate::mail::Priority::Normal,
            held: false,
            noticed: false,
        }
    }

    fn plan() -> Plan {
        Plan {
            number: 1,
            host_name: "relay.office.test".into(),
            schedule: Schedule {
                first_retry: Duration::from_secs(60),
                longest_retry: Duration::from_secs(600),
                lifetime: Duration::from_secs(86_400),
                delay_notice: Some(Duration::from_secs(3600)),
            },
            first_rest: Duration::from_secs(1),
            longest_rest: Duration::from_secs(1),
            history_keep: Duration::from_secs(1),
            reports: crate::config::Reports { to_senders: true, copy_to: None },
            failover_after: Duration::from_secs(1),
            lanes: Vec::new(),
            routing: crate::route::Routing::default(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}
