//! Limits of messages, and when mail is tried again and given up.

use super::{Rows, bytes, minutes};
use crate::import::{Holds, IisServer};
use control::Settings;
use control::import::ImportPart::{Delivery, Messages};

const LARGEST: u64 = 150_000_000;

pub fn carry(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    messages(server, settings, rows);
    retries(server, settings, rows);
}

fn messages(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    let limits = &mut settings.limits;
    match server.number("MaxMessageSize") {
        Some(0) => {
            limits.message_bytes = LARGEST;
            rows.changed(
                Messages,
                "Limit message size",
                "no limit",
                "150 MB",
                "The most Outtray takes; the provider’s own limit is lower.",
            );
        }
        Some(size) if size > LARGEST => {
            limits.message_bytes = LARGEST;
            rows.changed(
                Messages,
                "Limit message size",
                bytes(size),
                "150 MB",
                "The most Outtray takes; the provider’s own limit is lower.",
            );
        }
        // IIS's own default: too small for a scan of some pages, and set by nobody.
        Some(size @ (2_097_152 | 2_048_000)) => {
            rows.changed(
                Messages,
                "Limit message size",
                bytes(size),
                "25 MB",
                "The old default of 2 MB refuses larger scans. Lower it in the settings if it was meant.",
            );
        }
        Some(size) => {
            limits.message_bytes = size.max(1_000);
            rows.carried(Messages, "Limit message size", bytes(size), bytes(limits.message_bytes));
        }
        None => {}
    }
    if let Some(size) = server.number("MaxSessionSize").filter(|size| *size > 0) {
        rows.left(Messages, "Limit session size", bytes(size), "Outtray limits messages and connections.");
        rows.minor();
    }
    match server.number("MaxRecipients") {
        Some(0) | None => {}
        Some(number) => {
            limits.recipients = u32::try_from(number).unwrap_or(u32::MAX).clamp(100, 50_000);
            let becomes = limits.recipients.to_string();
            // IIS splits such a message; the limit here refuses the rest, and devices do not split.
            if number <= 100 {
                limits.recipients = 1000;
                rows.changed(
                    Messages,
                    "Recipients per message",
                    number.to_string(),
                    "1000",
                    "IIS split larger messages; here the limit refuses, so it is set wide.",
                );
                rows.minor();
            } else {
                rows.carried(Messages, "Recipients per message", number.to_string(), becomes);
            }
        }
    }
    if let Some(number) = server.number("HopCount").filter(|number| *number > 0) {
        limits.hops = u32::try_from(number).unwrap_or(u32::MAX).clamp(1, 1000);
        if number < 30 {
            limits.hops = 50;
            rows.changed(
                Messages,
                "Maximum hop count",
                number.to_string(),
                "50",
                "Today’s mail passes more servers than 15; loops are found all the same.",
            );
            rows.minor();
        } else {
            rows.carried(Messages, "Maximum hop count", number.to_string(), limits.hops.to_string());
        }
    }
    if let Some(number) = server.number("MaxConnections").filter(|number| (1..=10_000).contains(number)) {
        limits.connections = number as u32;
        limits.connections_per_client = limits.connections_per_client.min(limits.connections);
        rows.carried(Messages, "Limit number of connections", number.to_string(), number.to_string());
    }
    if let Some(seconds) = server.number("ConnectionTimeout").filter(|seconds| *seconds > 0) {
        limits.idle_seconds = seconds.clamp(30, 3600) as u32;
        rows.carried(Messages, "Connection time-out", format!("{seconds} s"), format!("{} s of silence", limits.idle_seconds));
        rows.minor();
    }
}

fn retries(server: &IisServer, settings: &mut Settings, rows: &mut Rows) {
    let delivery = &mut settings.delivery;
    let mut steps: Vec<u64> = server
        .lines("SmtpRemoteProgressiveRetry")
        .iter()
        .flat_map(|line| line.split([',', ' ', '"']).filter_map(|step| step.parse().ok()).collect::<Vec<u64>>())
        .filter(|minutes| *minutes > 0)
        .collect();
    steps.extend(server.number("RemoteRetryInterval").filter(|_| steps.is_empty()));
    if let (Some(first), Some(longest)) = (steps.first(), steps.iter().max()) {
        delivery.first_retry_seconds = seconds(*first, 7 * 1440);
        delivery.longest_retry_seconds = seconds(*longest, 30 * 1440).max(delivery.first_retry_seconds);
        // Nothing is given up before its second try.
        delivery.lifetime_seconds = delivery.lifetime_seconds.max(delivery.first_retry_seconds);
        let was = steps.iter().map(|step| minutes(*step)).collect::<Vec<_>>().join(", ");
        let becomes = format!("first after {}, then longer each time, at most {}", minutes(*first), minutes(*longest));
        rows.carried(Delivery, "Retry intervals", was, becomes);
    }
    if let Some(tries) = server.number("RemoteRetryAttempts") {
        rows.left(Delivery, "Retry attempts", tries.to_string(), "Outtray counts no tries: mail is tried until its time is over.");
        rows.minor();
    }
    if let Some(expiry) = server.number("SmtpRemoteNDRExpireMinutes").filter(|minutes| *minutes > 0) {
        delivery.lifetime_seconds = seconds(expiry, 365 * 1440).max(delivery.first_retry_seconds);
        rows.carried(Delivery, "Expiration time-out", minutes(expiry), minutes(u64::from(delivery.lifetime_seconds / 60)));
    }
    match server.number("SmtpRemoteDelayExpireMinutes") {
        Some(notice) if u64::from(seconds(notice, 365 * 1440)) < u64::from(delivery.lifetime_seconds) => {
            delivery.delay_notice_seconds = if notice == 0 { 0 } else { seconds(notice, 365 * 1440) };
            rows.carried(Delivery, "Delay notification", minutes(notice), if notice == 0 { "never".to_owned() } else { minutes(notice) });
        }
        Some(notice) => {
            delivery.delay_notice_seconds = 0;
            rows.changed(Delivery, "Delay notification", minutes(notice), "never", "It came after the message had expired.");
        }
        None if delivery.delay_notice_seconds >= delivery.lifetime_seconds => delivery.delay_notice_seconds = 0,
        None => {}
    }
    let local = ["SmtpLocalDelayExpireMinutes", "SmtpLocalNDRExpireMinutes"].iter().any(|name| server.number(name).is_some());
    if local {
        rows.left(Delivery, "Local delay and expiration", "set", "Outtray delivers nothing locally.");
        rows.minor();
    }
}

fn seconds(minutes: u64, most: u64) -> u32 {
    u32::try_from(minutes.clamp(1, most) * 60).unwrap_or(u32::MAX)
}
