//! What Microsoft Graph does with mail (`tests/oidc/graph.mjs`), run by Node.js: a fake that speaks the documented contract.
//! Tokens are judged by the OpenID provider of the tests.
//!
//! In: certificates, that provider. Out: a port, what was sent through it, and ways to let it refuse.

use crate::Certs;
use crate::token_service::{Desk, OpenIdProvider};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Dropping it ends it.
pub struct FakeGraph {
    process: Child,
    _output: BufReader<ChildStdout>,
    pub port: u16,
    desk: Desk,
}

/// Something that was sent.
#[derive(Debug)]
pub struct Posted {
    pub mailbox: String,
    pub mime: String,
    /// Name, bytes and hash (SHA-256) of what came apart.
    pub attachments: Vec<(String, u64, String)>,
}

impl FakeGraph {
    /// With a certificate of this authority.
    pub fn start(certs: &Certs, folder: &Path, provider: &OpenIdProvider) -> Self {
        let (certificate, key) = certs.server_pem(&["127.0.0.1"]);
        let files = ["graph.pem", "graph.key"].map(|name| folder.join(name));
        std::fs::write(&files[0], certificate).expect("the certificate's file");
        std::fs::write(&files[1], key).expect("the key's file");
        let mut process = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc/graph.mjs"))
            .args(&files)
            .arg(provider.desk().port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut ready = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        output.read_line(&mut ready).expect("a line");
        let ready: Value = serde_json::from_str(&ready).unwrap_or_else(|error| panic!("not ready: {error}: {ready:?}"));
        let number = |name: &str| ready[name].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { process, _output: output, port: number("port"), desk: Desk::at(number("desk")) }
    }

    /// What it says to the next so many requests, in place of doing anything.
    pub async fn answers(&self, times: u32, status: u16, code: &str, wait: Option<u32>) {
        let mut next = json!({ "status": status, "code": code, "times": times });
        if let Some(wait) = wait {
            next["wait"] = wait.into();
        }
        self.desk.ask("/answer", &next.to_string()).await;
    }

    /// Does what the next request asks for, and closes the connection in place of an answer.
    pub async fn hangs_up(&self) {
        self.answers(1, 0, "", None).await;
    }

    pub async fn posted(&self) -> Vec<Posted> {
        let posted: Vec<Value> = serde_json::from_str(&self.desk.ask("/taken", "").await).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let attachment = |each: &Value| (text(&each["name"]), each["bytes"].as_u64().expect("a number"), text(&each["hash"]));
        let one = |each: &Value| Posted {
            mailbox: text(&each["mailbox"]),
            mime: String::from_utf8_lossy(&STANDARD.decode(text(&each["mime"])).expect("base64")).into_owned(),
            attachments: each["attachments"].as_array().expect("a list").iter().map(attachment).collect(),
        };
        posted.iter().map(one).collect()
    }

    /// Method, path and status of each request.
    pub async fn asked(&self) -> Vec<String> {
        self.desk.ask("/asked", "").await.lines().map(str::to_owned).collect()
    }

    pub async fn drafts(&self) -> String {
        self.desk.ask("/drafts", "").await
    }
}

impl Drop for FakeGraph {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
