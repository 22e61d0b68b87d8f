//! A disk that is really full: refused for now, nothing that was promised is lost, and no restart is needed.

use super::Provider;
use e2e::daemon::furnish;
use e2e::{Client, Daemon};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own; taken away again.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where one may not be mounted.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "outtray-test"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_runs_full_costs_no_message_and_needs_no_restart() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "8300k") else {
        return e2e::left_out("the right to mount a file system (root)");
    };
    let settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    let (data, credentials) = furnish(&disk.0, &settings, e2e::office::PASSWORD);
    let daemon = Daemon::start(&data, &credentials);
    let client = control::Client::over(control::pipe::connect(&data).await.unwrap());
    client.call(control::Request::Pause).await.unwrap();

    // Large ones meet the full disk in the content's file, small ones in the database.
    for size in [400_000, 3_000] {
        let ballast = data.join("ballast");
        let mut device = Client::greeted(daemon.address).await;
        let mut promised = 0;
        let refused = loop {
            device.says("MAIL FROM:<scan@office.test>").await.hears("250 *").await;
            device.says("RCPT TO:<ann@away.test>").await.hears("250 *").await;
            let heard = device.sends_message(&format!("Subject: {size}\r\n\r\n{}\r\n", "x".repeat(70).repeat(size / 70))).await;
            if !heard.starts_with("250 ") {
                break heard;
            }
            promised += 1;
            assert!(promised < 10_000);
            if size == 3_000 && !ballast.exists() {
                let _ = std::fs::write(&ballast, vec![0; 64 << 20]);
            }
        };
        assert!(refused.starts_with("452 4.3.1"), "{refused}");
        // Room again: the same connection may send.
        let _ = std::fs::remove_file(&ballast);
        let before = provider.fake.messages().len();
        client.call(control::Request::Resume).await.unwrap();
        provider.fake.until(before + promised).await;
        device.hands_in("scan@office.test", &["ann@away.test"], "Subject: again\r\n\r\nx\r\n").await;
        provider.fake.until(before + promised + 1).await;
        client.call(control::Request::Pause).await.unwrap();
    }
    drop(daemon);
}
