//! Commands that only look: tables for people, the contract's own JSON for scripts.

use super::{ListArgs, Outcome, Place, link};
use control::request::EntryFilter;
use control::settings::DEFAULT_SMART_HOST;
use control::view::{EntryView, LaneState, LaneView, ListenerView, RecipientState, Snapshot, StoryKind, StoryStep, StoryView};
use control::{Answer, Problem, Request};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write;

#[derive(Debug, Clone, Copy)]
pub enum Which {
    Queue,
    History,
}

pub async fn status(place: &Place) -> Outcome {
    let answer = link::ask(place, Request::Snapshot).await?;
    let Answer::Snapshot { snapshot } = answer else { return Err(link::strange(&answer)) };
    place.print(&snapshot, || status_text(&snapshot))
}

pub async fn list(place: &Place, list: ListArgs, which: Which) -> Outcome {
    let ListArgs { words, state, lane, limit, offset } = list;
    let filter = EntryFilter { text: words.join(" "), states: state, lane };
    let request = match which {
        Which::Queue => Request::Queue { filter, offset, limit },
        Which::History => Request::History { filter, offset, limit },
    };
    let answer = link::ask(place, request).await?;
    let Answer::Page { page } = answer else { return Err(link::strange(&answer)) };
    place.print(&page, || {
        let (last_heading, last): (_, fn(&EntryView) -> String) = match which {
            Which::Queue => ("next try", |entry| when(entry.next_attempt)),
            Which::History => ("settled", |entry| when(entry.settled_at)),
        };
        let mut rows = vec![["id", "accepted", "state", "tries", last_heading, "from", "to", "size", "lane", "subject"].map(str::to_owned)];
        rows.extend(page.entries.iter().map(|entry| row(entry, last(entry))));
        let mut text = if page.entries.iter().any(is_of_several_lanes) {
            table(&rows)
        } else {
            table(&rows.into_iter().map(|[a, b, c, d, e, f, g, h, _, j]| [a, b, c, d, e, f, g, h, j]).collect::<Vec<_>>())
        };
        let shown = page.entries.len() as u64;
        if shown < page.total {
            let _ = writeln!(text, "{shown} of {}", page.total);
        }
        text
    })
}

pub async fn story(place: &Place, id: String) -> Outcome {
    let answer = link::ask(place, Request::Story { id }).await?;
    let Answer::Story { story } = answer else { return Err(link::strange(&answer)) };
    place.print(&story, || story_text(&story))
}

pub async fn lanes(place: &Place) -> Outcome {
    let answer = link::ask(place, Request::Snapshot).await?;
    let Answer::Snapshot { snapshot } = answer else { return Err(link::strange(&answer)) };
    let lanes: Vec<&LaneView> = std::iter::once(&snapshot.lane).chain(&snapshot.other_lanes).collect();
    place.print(&lanes, || {
        let rows: Vec<[String; 4]> = lanes
            .iter()
            .map(|lane| {
                let used = match lane.pace.recipients_per_day {
                    Some(most) => format!("{} of {most} recipients today", lane.pace.recipients_today),
                    None => format!("{} recipients today", lane.pace.recipients_today),
                };
                [lane.name.clone(), lane_text(lane), format!("{} waiting", lane.waiting), used]
            })
            .collect();
        table(&rows)
    })
}

fn lane_text(lane: &LaneView) -> String {
    let mut text = match &lane.state {
        LaneState::NotSetUp => "not set up: mail waits".to_owned(),
        LaneState::Ready => format!("{}:{} ready", lane.server, lane.port),
        LaneState::Sending => format!("{}:{} sending", lane.server, lane.port),
        LaneState::Throttled { problem, since, next_try } => {
            format!(
                "{}:{} resting since {}, next try {}: {}",
                lane.server,
                lane.port,
                when(Some(*since)),
                when(Some(*next_try)),
                trouble(problem)
            )
        }
    };
    if lane.paused {
        text.push_str("; paused: its mail waits");
    }
    if lane.failed_over {
        text.push_str("; its mail goes through another");
    }
    text
}

/// A trouble as one line: its code, what it concerns, what was said.
pub fn trouble(problem: &Problem) -> String {
    let code = serde_json::to_value(problem.code).ok();
    let mut text = code.as_ref().and_then(|code| code.as_str()).unwrap_or_default().to_owned();
    if let Some(subject) = &problem.subject {
        let _ = write!(text, " ({})", plain(subject));
    }
    if let Some(said) = &problem.said {
        let _ = write!(text, ": {}", plain(said));
    }
    text
}

fn status_text(snapshot: &Snapshot) -> String {
    let Snapshot { engine, lane, counters, .. } = snapshot;
    let provider = lane_text(lane);
    let mut rows = vec![
        [
            "engine".to_owned(),
            format!(
                "Outtray {} on {}, process {}, since {}",
                engine.version,
                engine.host_name,
                engine.process_id,
                when(Some(engine.started_at))
            ),
        ],
        ["data".to_owned(), engine.data_folder.clone()],
        ["provider".to_owned(), provider],
    ];
    rows.extend(snapshot.other_lanes.iter().map(|lane| [format!("provider {}", lane.name), lane_text(lane)]));
    if snapshot.paused {
        rows.push(["paused".to_owned(), "mail is taken, none is handed over".to_owned()]);
    }
    rows.extend(snapshot.listeners.iter().map(port));
    rows.push([
        "queue".to_owned(),
        format!("{} waiting, of them {} tried before, {} on hold", counters.waiting, counters.deferred, counters.held),
    ]);
    rows.push([
        "last 24 h".to_owned(),
        format!("{} accepted, {} handed over, {} failed, {} refused", counters.accepted, counters.sent, counters.failed, counters.refused),
    ]);
    if counters.sent_again > 0 {
        rows.push([
            "sent again".to_owned(),
            format!("{} in 24 h, because the answer to the time before was lost: it may have arrived twice", counters.sent_again),
        ]);
    }
    rows.extend(snapshot.notices.iter().map(|notice| ["notice".to_owned(), trouble(notice)]));
    table(&rows)
}

pub fn ports(listeners: &[ListenerView]) -> String {
    table(&listeners.iter().map(port).collect::<Vec<_>>())
}

fn port(listener: &ListenerView) -> [String; 2] {
    let address = if listener.address.contains(':') { format!("[{}]", listener.address) } else { listener.address.clone() };
    let state = listener.problem.as_ref().map_or_else(|| "listening".to_owned(), trouble);
    ["port".to_owned(), format!("{address}:{} {state}", listener.port)]
}

/// Where there is one smart host nobody asks which.
fn is_of_several_lanes(entry: &EntryView) -> bool {
    !entry.waits_for.is_empty() || entry.lane.as_deref().is_some_and(|lane| lane != DEFAULT_SMART_HOST)
}

fn lane_of(entry: &EntryView) -> String {
    match (&entry.waits_for[..], &entry.lane) {
        ([], Some(lane)) => lane.clone(),
        ([], None) => "-".to_owned(),
        (waits_for, _) => waits_for.join(", "),
    }
}

fn row(entry: &EntryView, last: String) -> [String; 10] {
    let more = entry.recipients.saturating_sub(1);
    let to = if more == 0 { entry.first_recipient.clone() } else { format!("{} +{more}", entry.first_recipient) };
    let from = if entry.sender.is_empty() { "<>".to_owned() } else { entry.sender.clone() };
    [
        entry.id.clone(),
        when(Some(entry.accepted_at)),
        state(entry.state).to_owned(),
        entry.attempts.to_string(),
        last,
        plain(&from),
        plain(&to),
        entry.size.to_string(),
        plain(&lane_of(entry)),
        plain(&entry.subject),
    ]
}

fn story_text(story: &StoryView) -> String {
    let mut rows: Vec<[String; 2]> = vec![
        ["message".to_owned(), story.entry.id.clone()],
        ["from".to_owned(), plain(&story.entry.sender)],
        ["subject".to_owned(), plain(&story.entry.subject)],
        ["state".to_owned(), state(story.entry.state).to_owned()],
    ];
    rows.extend(story.recipients.iter().map(|to| {
        let reply = to.reply.as_ref().map(|reply| format!(": {}", plain(reply))).unwrap_or_default();
        ["to".to_owned(), format!("{} {}{reply}", plain(&to.address), state(to.state))]
    }));
    rows.extend(story.steps.iter().map(|step| [when(Some(step.at)), plain(&step_text(step))]));
    table(&rows)
}

fn step_text(step: &StoryStep) -> String {
    match &step.what {
        StoryKind::Accepted { client, size, .. } if client.is_empty() => format!("made by Outtray itself, {size} bytes"),
        StoryKind::Accepted { client, client_name, tls, size } => {
            format!("accepted {size} bytes from {client} ({client_name}), {}", tls.as_deref().unwrap_or("not encrypted"))
        }
        StoryKind::Sent { recipient, server, tls, reply, again } => {
            let again = if *again { " again (the answer to the time before was lost; it may have arrived twice)" } else { "" };
            format!("{recipient}: handed over to {server}{again}, {}: {reply}", tls.as_deref().unwrap_or("not encrypted"))
        }
        StoryKind::Deferred { recipient, server, problem, next_attempt } => {
            format!("{recipient}: put off by {server}, next try {}: {}", when(Some(*next_attempt)), trouble(problem))
        }
        StoryKind::Bounced { recipient, server, problem } => format!("{recipient}: refused by {server}: {}", trouble(problem)),
        StoryKind::Expired { recipient, problem } => {
            format!("{recipient}: given up{}", problem.as_ref().map(|problem| format!(": {}", trouble(problem))).unwrap_or_default())
        }
        StoryKind::DelayNoticed { report } => format!("the sender was told of the delay ({report})"),
        StoryKind::Confirmed { report } => format!("the sender was told that it was handed over ({report})"),
        StoryKind::Reported { report } => format!("the sender was told of the failure ({report})"),
        StoryKind::Held => "put on hold".to_owned(),
        StoryKind::Released => "released".to_owned(),
        StoryKind::TriedNow => "a try was asked for".to_owned(),
        StoryKind::Deleted { recipient } => format!("{recipient}: deleted"),
    }
}

fn state(state: RecipientState) -> &'static str {
    match state {
        RecipientState::Queued => "queued",
        RecipientState::Deferred => "deferred",
        RecipientState::Held => "held",
        RecipientState::Sent => "sent",
        RecipientState::Bounced => "bounced",
        RecipientState::Expired => "expired",
        RecipientState::Deleted => "deleted",
    }
}

/// Local time.
pub fn when(millis: Option<i64>) -> String {
    let Some(at) = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()) else { return "-".to_owned() };
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// What strangers wrote must not steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// Columns as wide as their widest cell; the last is not padded.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_lanes_only_where_there_are_several() {
        let entry = |lane: Option<&str>, waits_for: &[&str]| EntryView {
            id: String::new(),
            accepted_at: 0,
            sender: String::new(),
            first_recipient: String::new(),
            recipients: 1,
            unsettled: 0,
            subject: String::new(),
            size: 0,
            client: String::new(),
            client_name: String::new(),
            kind: control::view::EntryKind::Mail,
            state: RecipientState::Sent,
            attempts: 1,
            next_attempt: None,
            settled_at: None,
            problem: None,
            held: None,
            lane: lane.map(str::to_owned),
            waits_for: waits_for.iter().map(|lane| (*lane).to_owned()).collect(),
        };
        for (lane, waits_for, said, of_several) in [
            (None, &[][..], "-", false),
            (Some("default"), &[], "default", false),
            (Some("backup"), &[], "backup", true),
            (None, &["default"], "default", true),
            (Some("backup"), &["default", "third"], "default, third", true),
        ] {
            let entry = entry(lane, waits_for);
            assert_eq!((lane_of(&entry).as_str(), is_of_several_lanes(&entry)), (said, of_several));
        }
    }

    #[test]
    fn columns_are_aligned_and_control_characters_shown_as_question_marks() {
        let cell = str::to_owned;
        assert_eq!(table(&[[cell("a"), cell("bb")], [cell("ccc"), cell("d")]]), "a    bb\nccc  d\n");
        assert_eq!(plain("a\u{1b}[31mb"), "a?[31mb");
    }
}
