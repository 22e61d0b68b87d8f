//! A real Dovecot that lets Postfix know who is signed in: it asks a real OpenID provider about each token (RFC 7662).
//!
//! In: the provider, one mechanism. Out: a socket for `smtpd_sasl_path`. Nothing of it listens on a port; needs root.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::token_service::{JUDGE, OpenIdProvider};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Dovecot {
    process: Child,
    folder: tempfile::TempDir,
}

impl Dovecot {
    /// `mechanism` is XOAUTH2 or OAUTHBEARER, and the only one that it offers.
    pub fn start(mechanism: &str, provider: &OpenIdProvider, authority: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("outtray-dovecot").tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Whoever asks about a token says who he is, in the address as Dovecot wants it.
        let (scheme, rest) = provider.issuer.split_once("//").unwrap();
        let asks = format!(
            "introspection_url = {scheme}//{JUDGE}@{rest}/token/introspection\nintrospection_mode = post\nusername_attribute = sub\n\
             active_attribute = active\nactive_value = true\ntls_ca_cert_file = {}\n",
            authority.display()
        );
        std::fs::write(root.join("oauth2.conf"), asks).unwrap();
        let root_name = root.display();
        let main = format!(
            "base_dir = {root_name}/run
state_dir = {root_name}/state
log_path = {root_name}/log
auth_debug = yes
protocols =
ssl = no
auth_mechanisms = {mechanism}
passdb {{
  driver = oauth2
  mechanisms = {mechanism}
  args = {root_name}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener {root_name}/auth {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
",
            mechanism = mechanism.to_lowercase(),
        );
        std::fs::write(root.join("dovecot.conf"), main).unwrap();
        let mut process = Command::new("dovecot");
        process.arg("-F").arg("-c").arg(root.join("dovecot.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = process.spawn().expect("dovecot (package dovecot-core)");
        let dovecot = Self { process, folder };
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(dovecot.socket()).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "Dovecot does not listen:\n{}", dovecot.log());
            std::thread::yield_now();
        }
        dovecot
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("auth")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // Its master takes the others with it.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
