//! A real OpenID provider (`tests/oidc/provider.mjs`), run by Node.js, and somebody with a browser.
//!
//! In: certificates. Out: its endpoints as settings have them, what it was asked for, and ways to let it fail.

use crate::Certs;
use crate::node::NodeService;
use control::settings::{SignIn, TokenGrant, TokenService};
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The secret of its application `service`.
pub const SERVICE_SECRET: &str = "the-secret-of-the-service-0123456789";

/// Who asks it about tokens, as name and secret (`provider.mjs` says the same).
pub const JUDGE: &str = "judge:a-secret-of-the-judge-that-is-long-enough";

/// Dropping it ends it.
pub struct OpenIdProvider {
    _service: NodeService,
    pub issuer: String,
    desk: Desk,
}

/// Looks after a provider; clones look after the same.
#[derive(Clone, Copy)]
pub struct Desk(u16);

impl OpenIdProvider {
    /// With a certificate of this authority.
    pub fn start(certs: &Certs, folder: &Path) -> Self {
        let (certificate, key) = certs.server_pem(&["127.0.0.1"]);
        let files = ["provider.pem", "provider.key"].map(|name| folder.join(name));
        std::fs::write(&files[0], certificate).expect("the certificate's file");
        std::fs::write(&files[1], key).expect("the key's file");
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        assert!(here.join("node_modules/oidc-provider").exists(), "it is not installed: cargo xtask setup");
        let mut command = Command::new("node");
        command.arg(here.join("provider.mjs")).args(&files).arg(signer_files().0);
        let service = NodeService::start(command.env("NODE_EXTRA_CA_CERTS", certs.authority_file(folder)));
        Self { issuer: service.text("issuer").to_owned(), desk: Desk(service.port("desk")), _service: service }
    }

    pub fn desk(&self) -> Desk {
        self.desk
    }

    pub fn sign_in(&self, client_id: &str, grant: TokenGrant) -> SignIn {
        let at = |path: &str| format!("{}{path}", self.issuer);
        SignIn::Oauth {
            user: crate::office::USER.into(),
            client_id: client_id.into(),
            service: TokenService::Custom {
                token: at("/token"),
                authorize: Some(at("/auth")),
                device: Some(at("/device/auth")),
                has_secret: false,
            },
            grant,
            scopes: Vec::new(),
        }
    }
}

impl Desk {
    /// An empty text when the provider's introspection says that the token is active.
    pub async fn judge(self, token: String) -> &'static str {
        if self.ask("/introspect", &token).await == "active" { "" } else { "401" }
    }

    /// Somebody opens the link, signs in and agrees; what the last page says.
    pub async fn visit(self, link: &str) -> String {
        self.ask("/visit", link).await
    }

    /// The same, and says no.
    pub async fn decline(self, link: &str) -> String {
        self.ask("/decline", link).await
    }

    /// How many seconds tokens of a kind live that are made from now on.
    pub async fn life(self, kind: &str, seconds: u32) {
        self.ask("/life", &format!("{kind} {seconds}")).await;
    }

    /// Calls everything of a kind back.
    pub async fn forget(self, kind: &str) {
        self.ask("/forget", kind).await;
    }

    /// Those of a kind that it knows, as they are handed out.
    pub async fn values(self, kind: &str) -> Vec<String> {
        self.ask("/values", kind).await.lines().map(str::to_owned).collect()
    }

    pub async fn down(self, down: bool) {
        self.ask("/down", if down { "on" } else { "off" }).await;
    }

    /// What was asked for at the token endpoint, and the status it was answered with.
    pub async fn asked(self) -> Vec<String> {
        self.ask("/asked", "").await.lines().map(str::to_owned).collect()
    }

    pub(crate) fn at(port: u16) -> Self {
        Self(port)
    }

    pub(crate) fn port(self) -> u16 {
        self.0
    }

    pub(crate) async fn ask(self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.0)).await.expect("the provider's desk");
        let head = format!("POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).await.expect("a question");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        body.to_owned()
    }
}

/// Certificate and key of its application `signer`.
pub fn signer_files() -> (PathBuf, PathBuf) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/host/src/oauth");
    (folder.join("test_certificate.pem"), folder.join("test_key.pem"))
}
