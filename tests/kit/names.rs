//! A real name server (dnsmasq) on an address of its own on this machine, and programs that know no other.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Nobody else of the tests listens there.
const ADDRESS: &str = "127.0.0.77";

/// Dropping it ends it.
pub struct NameServer(Child);

impl NameServer {
    /// Knows one TXT record of this domain, in the strings that it is published in, and that there are no others.
    pub fn start(domain: &str, name: &str, strings: &[&str]) -> Self {
        let mut process = Command::new("/usr/sbin/dnsmasq")
            .args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root"])
            .args(["--pid-file", "--log-facility=-"])
            .args([
                format!("--listen-address={ADDRESS}"),
                format!("--local=/{domain}/"),
                format!("--txt-record={name},{}", strings.join(",")),
            ])
            .stderr(Stdio::piped())
            .spawn()
            .expect("dnsmasq-base is missing: cargo xtask setup");
        let mut lines = BufReader::new(process.stderr.take().expect("its output")).lines();
        let is_up = lines.by_ref().map_while(Result::ok).any(|line| line.contains("started"));
        assert!(is_up, "dnsmasq did not start on {ADDRESS}");
        Self(process)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command that asks this name server and no other; the program's words follow. Needs root: it has a file system view of its own.
pub fn asking_it(program: &Path, folder: &Path) -> Command {
    let file = folder.join("resolv.conf");
    std::fs::write(&file, format!("nameserver {ADDRESS}\noptions timeout:1 attempts:1\n")).expect("resolv.conf");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""]).arg(file).arg(program);
    command
}
