//! A real Postfix: as the smart host (STARTTLS required, SASL PLAIN and LOGIN, mail into a Maildir), as a server
//! that sends through us, or as one that is asked what we are asked.
//! Runs from its own folder on a port of loopback; needs root, as Postfix does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::certs::Certs;
use crate::dovecot::Dovecot;
use crate::way::{Tls, Way};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Postfix {
    process: Child,
    folder: tempfile::TempDir,
    pub port: u16,
    pub ca_file: PathBuf,
}

pub const USER: &str = "relay@office.test";
pub const PASSWORD: &str = "postfix-and-sasl 1";
const MAILBOXES: [&str; 2] = ["ann@away.test", "bob@away.test"];

impl Postfix {
    /// The provider.
    pub fn start() -> Self {
        Self::with("", "", "")
    }

    /// A provider whose accounts Dovecot knows.
    pub fn whose_accounts_knows(dovecot: &Dovecot) -> Self {
        Self::with(&format!("smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {}\n", dovecot.socket().display()), "", "")
    }

    /// Hands on what its `sendmail` takes, each sender's by a way of its own.
    pub fn sending(ways: &[Way]) -> Self {
        let main = "mynetworks = 127.0.0.0/8
virtual_mailbox_domains =
sender_dependent_default_transport_maps = texthash:$config_directory/routes
";
        let master: String = ways.iter().map(|way| format!("{} unix - - n - - smtp{}\n", way.name, client_options(way))).collect();
        let routes: String = ways.iter().map(|way| format!("{} {}:[127.0.0.1]:{}\n", way.sender(), way.name, way.port)).collect();
        Self::with(main, &master, &routes)
    }

    /// Takes mail from this machine to anywhere, offers what we offer, and throws away what it took.
    pub fn taking(message_bytes: u64, recipients: u32) -> Self {
        let main = format!(
            "myhostname = postfix.test
mynetworks = 127.0.0.0/8
smtpd_tls_security_level = may
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtputf8_enable = yes
message_size_limit = {message_bytes}
smtpd_recipient_limit = {recipients}
smtpd_error_sleep_time = 0
virtual_mailbox_domains =
default_transport = discard:
"
        );
        Self::with(&main, "discard unix - - n - - discard\n", "")
    }

    /// The lines take the place of its ordinary settings. (Given twice, each of its programs would complain at once, and its
    /// log, which is one of them, waits for itself then.)
    fn with(main: &str, master: &str, routes: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("outtray-postfix").tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "etc/sasl", "spool", "data", "mail", "log"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        // A delivery is made in `tmp` and moved; there from the start, so that they can be watched.
        for (mailbox, part) in MAILBOXES.iter().flat_map(|mailbox| ["cur", "new", "tmp"].map(|part| (mailbox, part))) {
            std::fs::create_dir_all(root.join("mail").join(mailbox).join(part)).unwrap();
        }
        run(Command::new("chown").arg("postfix").arg(root.join("data")).arg(root.join("log")));
        // Any account that is not root will do for the mailbox.
        run(Command::new("chown").args(["-R", "nobody"]).arg(root.join("mail")));
        let certs = Certs::new();
        let (certificate, key) = certs.server_pem(&["localhost", "127.0.0.1"]);
        std::fs::write(root.join("etc/cert.pem"), certificate).unwrap();
        std::fs::write(root.join("etc/key.pem"), key).unwrap();
        let ca_file = certs.authority_file(&root.join("etc"));

        // Debian's Postfix looks for it beside its main.cf, whatever cyrus_sasl_config_path says.
        let sasldb = root.join("etc/sasl/sasldb2");
        let mut passwd = Command::new("saslpasswd2");
        passwd.args(["-p", "-c", "-f"]).arg(&sasldb).args(["-u", "office.test", "relay"]).stdin(Stdio::piped());
        let mut passwd = passwd.spawn().expect("saslpasswd2 (package sasl2-bin)");
        std::io::Write::write_all(passwd.stdin.as_mut().unwrap(), PASSWORD.as_bytes()).unwrap();
        drop(passwd.stdin.take());
        assert!(passwd.wait().unwrap().success());
        std::fs::set_permissions(&sasldb, std::fs::Permissions::from_mode(0o644)).unwrap();
        let sasl = format!("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}\n", sasldb.display());
        std::fs::write(root.join("etc/sasl/smtpd.conf"), sasl).unwrap();

        let port = free_port();
        std::fs::write(root.join("etc/main.cf"), overridden(&main_cf(root), main)).unwrap();
        std::fs::write(root.join("etc/master.cf"), master_cf(port) + master).unwrap();
        std::fs::write(root.join("etc/routes"), routes).unwrap();
        let mailboxes: String = MAILBOXES.iter().map(|address| format!("{address} {address}/\n")).collect();
        std::fs::write(root.join("etc/mailboxes"), mailboxes).unwrap();
        for name in ["dynamicmaps.cf", "postfix-files"] {
            let _ = std::fs::copy(Path::new("/etc/postfix").join(name), root.join("etc").join(name));
        }
        let process = Command::new("postfix")
            .arg("-c")
            .arg(root.join("etc"))
            .arg("start-fg")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postfix (package postfix)");
        let postfix = Self { process, folder, port, ca_file };
        let patience = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(patience.elapsed() < Duration::from_secs(30), "Postfix does not listen:\n{}", postfix.log());
            std::thread::yield_now();
        }
        postfix
    }

    /// The messages of one mailbox, as Postfix wrote them (LF line ends, its own headers in front), once there are so
    /// many. Postfix answers 250 when a message is in its queue; the mailbox gets it later.
    pub async fn mailbox(&self, address: &str, messages: usize) -> Vec<Vec<u8>> {
        let folder = self.folder.path().join("mail").join(address).join("new");
        let (changed, mut changes) = tokio::sync::mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |_| {
            let _ = changed.send(());
        })
        .unwrap();
        notify::Watcher::watch(&mut watcher, &folder, notify::RecursiveMode::NonRecursive).unwrap();
        let delivered = async {
            loop {
                let listing = std::fs::read_dir(&folder).unwrap();
                let found: Vec<Vec<u8>> = listing.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
                if found.len() >= messages {
                    return found;
                }
                changes.recv().await.unwrap();
            }
        };
        match tokio::time::timeout(crate::client::PATIENCE, delivered).await {
            Ok(found) => found,
            Err(_) => panic!("{messages} messages for {address} have not arrived:\n{}", self.log()),
        }
    }

    /// A message for this recipient on its standard input is queued by it.
    pub fn sendmail(&self, sender: &str, recipient: &str) -> Command {
        let mut sendmail = Command::new("sendmail");
        sendmail.arg("-C").arg(self.folder.path().join("etc")).args(["-i", "-f", sender, recipient]);
        sendmail
    }

    /// `3.7.11`
    pub fn version() -> String {
        let said = Command::new("postconf").args(["-h", "-d", "mail_version"]).output().expect("postconf (package postfix)");
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log/mail.log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(self.folder.path().join("etc")).arg("stop").stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }
}

fn overridden(ordinary: &str, lines: &str) -> String {
    let name = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let names: Vec<String> = lines.lines().map(name).collect();
    let kept: String = ordinary.lines().filter(|line| !names.contains(&name(line))).map(|line| format!("{line}\n")).collect();
    kept + lines
}

/// What its SMTP client is told for one way.
fn client_options(way: &Way) -> String {
    let mut options = vec!["smtp_tls_security_level=".to_owned() + if way.tls == Tls::None { "none" } else { "encrypt" }];
    if way.tls == Tls::Implicit {
        options.push("smtp_tls_wrappermode=yes".into());
    }
    if let Some(account) = &way.account {
        options.push("smtp_sasl_auth_enable=yes".into());
        options.push("smtp_sasl_security_options=noanonymous".into());
        options.push(format!("smtp_sasl_password_maps=static:{}:{}", account.user, account.password));
        options.push(format!("smtp_sasl_mechanism_filter={}", account.mechanism.to_lowercase()));
    }
    options.iter().map(|option| format!(" -o {option}")).collect()
}

fn main_cf(root: &Path) -> String {
    let root = root.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}
myhostname = provider.test
mydestination =
mynetworks = 192.0.2.1/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:no local mail
virtual_mailbox_domains = away.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/etc/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
smtpd_tls_cert_file = {root}/etc/cert.pem
smtpd_tls_key_file = {root}/etc/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
message_size_limit = 52428800
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtputf8_enable = no
"
    )
}

fn master_cf(port: u16) -> String {
    let mut text = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
    text.push_str(
        "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
",
    );
    text
}

fn run(command: &mut Command) {
    assert!(command.status().expect("run").success(), "{command:?}");
}

/// A port nobody holds at this moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
