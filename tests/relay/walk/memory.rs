//! Memory does not grow with the size of messages: one of 25 MB and one of nearly the largest that may be allowed go through an
//! engine in a process of its own.

use super::Provider;
use e2e::daemon::furnish;
use e2e::{Client, Daemon};
use std::time::Duration;
use tokio::sync::mpsc;

const SIZES: [usize; 2] = [25_000_000, 149_900_000];
/// The most that may be in memory at any time, the program and its libraries too (seen: 43 MiB, without optimisation).
const MOST: u64 = 80 << 20;
/// And what may be added to what it begins with: less than the smaller message (seen: 1.3 MiB).
const MORE: u64 = 16 << 20;
/// For a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_size_of_messages() {
    let (tells, mut taken) = mpsc::unbounded_channel();
    // Looked at as they come, and not remembered.
    let provider = Provider::of(|fake| {
        fake.size(200_000_000).kept_by(move |_, taken| {
            let _ = tells.send(SIZES.iter().find(|size| taken.content.ends_with(&message(**size))).copied());
            Ok(())
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    settings.limits.message_bytes = 150_000_000;
    let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    let begun = most_in_memory(daemon.id());
    for size in SIZES {
        let mut device = Client::greeted(daemon.address).await;
        device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
        device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
        device.says("DATA").await.hears("354 *").await;
        device.sends(&message(size)).await.sends(b".\r\n").await.hears("250 *").await;
        let arrived = tokio::time::timeout(PATIENCE, taken.recv()).await.unwrap_or_else(|_| panic!("{size} octets did not arrive"));
        assert_eq!(arrived, Some(Some(size)), "arrived otherwise");
        let most = most_in_memory(daemon.id());
        assert!(most < MOST && most - begun < MORE, "{size} octets: {} MiB, after the start {} MiB", most >> 20, begun >> 20);
    }
    assert_eq!(daemon.terminate(), Some(0));
}

/// Lines that differ, without a dot at their beginning.
fn message(size: usize) -> Vec<u8> {
    let mut message = format!("Subject: {size} octets\r\n\r\n").into_bytes();
    let mut number = 0_u64;
    while message.len() < size {
        number += 1;
        message.extend_from_slice(format!("{number:>64}\r\n").as_bytes());
    }
    message
}

/// `VmHWM` of a process, in octets.
fn most_in_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
