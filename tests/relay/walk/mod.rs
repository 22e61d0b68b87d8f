//! A message's walk through the whole house: a device's socket, the queue, the provider, the story.

mod access;
mod accounts;
mod archive;
#[cfg(unix)]
mod attach;
mod balancer;
mod blame;
mod bursts;
mod caps;
#[cfg(unix)]
mod certificates;
mod clock;
mod contents;
mod damage;
mod delivery;
#[cfg(unix)]
mod disk;
mod doors;
mod encryption;
mod footers;
mod graph;
#[cfg(unix)]
mod import;
#[cfg(unix)]
mod kill;
mod lanes;
#[cfg(unix)]
mod logs;
#[cfg(target_os = "linux")]
mod memory;
mod moving;
mod octets;
mod pace;
#[cfg(unix)]
mod passwords;
mod people;
mod pickup;
mod provider_down;
mod provider_pace;
mod repair;
mod reports;
#[cfg(unix)]
mod secret;
mod senders;
mod sent_again;
#[cfg(target_os = "linux")]
mod service;
#[cfg(unix)]
mod signatures;
mod smuggling;
#[cfg(unix)]
mod stop;
mod store_fails;
mod tokens;
#[cfg(target_os = "linux")]
mod unit;

use e2e::{Answer, Certs, FakeSmartHost, Office, SmartHostRunning};

/// A provider that demands STARTTLS and a sign-in, and the office's copy of its authority.
pub struct Provider {
    pub certs: Certs,
    pub folder: tempfile::TempDir,
    pub fake: SmartHostRunning,
}

impl Provider {
    pub async fn start() -> Self {
        Self::of(|fake| fake).await
    }

    pub async fn of(change: impl FnOnce(FakeSmartHost) -> FakeSmartHost) -> Self {
        let certs = Certs::new();
        let folder = tempfile::tempdir().unwrap();
        certs.authority_file(folder.path());
        let fake = FakeSmartHost::new().starttls(certs.server()).auth(e2e::office::USER, e2e::office::PASSWORD);
        let fake = change(fake).start().await;
        Self { certs, folder, fake }
    }

    pub fn ca_file(&self) -> std::path::PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub async fn office(&self) -> Office {
        Office::with(&self.fake, &self.ca_file()).await
    }
}

pub fn reply(text: &str) -> Answer {
    Answer::Reply(text.to_owned())
}

pub const MESSAGE: &str = "From: scan@office.test\r\nTo: ann@away.test\r\nSubject: Scan 1\r\n\r\npage 1\r\n";
