//! What only others can tell of this machine: the address the mail provider sees it at, and how far its clock is off.
//!
//! Asked on a click, never by itself, and of nobody new: the smart host that is set up, and the time server this
//! machine already uses. A clock that is off by more than minutes makes certificates and sign-ins fail.

use control::machine::{ClockView, SeenView};
use relay::config::SmartHostConfig;
use relay::smarthost::{Trouble, probe};
use rsntp::{Config, SntpClient, SntpDuration};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// `explain` puts a trouble into the contract's words.
pub async fn seen(config: Option<&SmartHostConfig>, host_name: &str, explain: impl FnOnce(&Trouble) -> control::Problem) -> SeenView {
    let Some(config) = config else { return SeenView::NobodyToAsk };
    match probe::seen_at(config, host_name).await {
        Ok(Some(address)) => SeenView::At { address: address.to_string() },
        Ok(None) => SeenView::NotTold,
        Err(trouble) => SeenView::Trouble { problem: explain(&trouble) },
    }
}

/// Blocks for some seconds at most.
pub fn clock() -> ClockView {
    platform::time_server().map_or(ClockView::NobodyToAsk, clock_of)
}

/// RFC 4330; `server` with or without a port.
fn clock_of(server: String) -> ClockView {
    let client = SntpClient::with_config(Config::default().timeout(PATIENCE));
    let asked = if server.contains(':') { client.synchronize(&server) } else { client.synchronize(format!("{server}:123")) };
    match asked {
        Ok(said) => ClockView::Behind { millis: millis(&said.clock_offset()), server },
        Err(error) => ClockView::NoAnswer { server, said: error.to_string() },
    }
}

fn millis(offset: &SntpDuration) -> i64 {
    (offset.as_secs_f64() * 1000.0).round() as i64
}

/// The first server of a list as the configuration files of chrony, ntpd and timesyncd have it.
#[cfg_attr(windows, allow(dead_code))]
fn named_in(text: &str) -> Option<String> {
    text.lines().map(str::trim).find_map(|line| {
        let named = match line.split_once('=') {
            Some(("NTP" | "FallbackNTP", servers)) => servers.split_whitespace().next(),
            _ => {
                let mut words = line.split_whitespace();
                matches!(words.next(), Some("server" | "pool")).then(|| words.next()).flatten()
            }
        };
        named.map(str::to_owned)
    })
}

#[cfg(not(windows))]
mod platform {
    use std::fs;

    pub fn time_server() -> Option<String> {
        let files = ["/etc/chrony/chrony.conf", "/etc/chrony.conf", "/etc/ntpsec/ntp.conf", "/etc/ntp.conf", "/etc/systemd/timesyncd.conf"];
        files.iter().find_map(|file| super::named_in(&fs::read_to_string(file).ok()?))
    }
}

#[cfg(windows)]
mod platform {
    use windows_registry::LOCAL_MACHINE;

    /// What the Windows Time service asks: the servers it was given, or, in a domain, the domain's controllers.
    pub fn time_server() -> Option<String> {
        let key = LOCAL_MACHINE.open(r"SYSTEM\CurrentControlSet\Services\W32Time\Parameters").ok()?;
        if key.get_string("Type").is_ok_and(|kind| kind.eq_ignore_ascii_case("NT5DS")) {
            let network = LOCAL_MACHINE.open(r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters").ok()?;
            if let Some(domain) = network.get_string("Domain").ok().filter(|domain| !domain.is_empty()) {
                return Some(domain);
            }
        }
        // `time.windows.com,0x9 other.example,0x8`
        let servers = key.get_string("NtpServer").ok()?;
        servers.split_whitespace().next()?.split(',').next().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::UdpSocket;
    use std::time::{SystemTime, UNIX_EPOCH};

    /// Seconds from 1900 to 1970 (RFC 868).
    const FROM_1900: u64 = 2_208_988_800;

    /// Answers one request as a time server whose clock is ahead of ours (RFC 4330 §4).
    fn time_server(ahead: Duration) -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let mut packet = [0; 48];
            let (_, client) = socket.recv_from(&mut packet).unwrap();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + ahead;
            let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
            let stamp = (((now.as_secs() + FROM_1900) << 32) | fraction).to_be_bytes();
            let sent_by_client: [u8; 8] = packet[40..48].try_into().unwrap();
            let mut answer = [0; 48];
            // Version 4, mode "server"; stratum 2.
            (answer[0], answer[1]) = (0x24, 2);
            answer[16..24].copy_from_slice(&stamp);
            answer[24..32].copy_from_slice(&sent_by_client);
            answer[32..40].copy_from_slice(&stamp);
            answer[40..48].copy_from_slice(&stamp);
            socket.send_to(&answer, client).unwrap();
        });
        address
    }

    #[test]
    fn a_clock_that_is_behind_is_told_by_how_much() {
        let server = time_server(Duration::from_secs(7200));
        let ClockView::Behind { millis, server: said } = clock_of(server.clone()) else { panic!("no answer") };
        assert_eq!(said, server);
        // The answer's way takes time; two hours must not become another number of minutes.
        assert!((millis - 7_200_000).abs() < 30_000, "{millis}");
    }

    #[test]
    fn a_time_server_that_cannot_be_asked_is_named() {
        let view = clock_of("no-such-server.invalid".into());
        assert!(
            matches!(&view, ClockView::NoAnswer { server, said } if server == "no-such-server.invalid" && !said.is_empty()),
            "{view:?}"
        );
    }

    #[test]
    fn the_time_server_is_found_in_the_usual_files() {
        let rows = [
            ("# comment\npool 2.debian.pool.ntp.org iburst\n", Some("2.debian.pool.ntp.org")),
            ("[Time]\n#NTP=\nNTP=time.office.example other.example\n", Some("time.office.example")),
            ("server 192.168.1.1\n", Some("192.168.1.1")),
            ("[Time]\nNTP=\nFallbackNTP=ntp.office.example\n", Some("ntp.office.example")),
            ("serverless\n#server x\n", None),
        ];
        for (text, server) in rows {
            assert_eq!(named_in(text).as_deref(), server, "{text}");
        }
    }
}
