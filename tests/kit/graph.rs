//! What Microsoft Graph does with mail (`tests/oidc/graph.mjs`), run by Node.js: a fake that speaks the documented contract.
//! Tokens are judged by the OpenID provider of the tests.
//!
//! In: certificates, that provider. Out: a port, what was sent through it, and ways to let it refuse.

use crate::Certs;
use crate::node::NodeService;
use crate::token_service::{Desk, OpenIdProvider};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Dropping it ends it.
pub struct FakeGraph {
    _service: NodeService,
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
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc/graph.mjs");
        let service = NodeService::start(Command::new("node").arg(program).args(&files).arg(provider.desk().port().to_string()));
        Self { port: service.port("port"), desk: Desk::at(service.port("desk")), _service: service }
    }

    /// Whom it knows to be nobody: a message that is for such a one is refused as a whole, as Graph does.
    pub async fn knows_nobody_called(&self, recipient: &str) {
        self.desk.ask("/nobody", recipient).await;
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
