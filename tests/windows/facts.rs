//! What `outtrayd.exe` says of its machine: name, system, networks, who holds a port, the clock, the domain.
//!
//! Wine takes the first three from this system, and keeps the others in a registry like Windows'. It says of no port whose it is.

use crate::wine::{WindowsDaemon, Wine};
use control::machine::NetworkView;
use serde_json::Value;
use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TCP: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const TIME: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters";
/// One of those it looks at, and the only one nobody else on this machine is likely to want.
const PORT: u16 = 2525;

/// Values of the registry, for one test.
struct Registered(&'static Wine, Vec<(&'static str, &'static str)>);

impl Registered {
    fn set(&mut self, key: &'static str, name: &'static str, value: &str) {
        let said = self.0.run("reg", &["add", key, "/v", name, "/d", value, "/f"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        self.1.push((key, name));
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        for (key, name) in &self.1 {
            let _ = self.0.run("reg", &["delete", key, "/v", name, "/f"]);
        }
    }
}

#[test]
fn the_machine_is_told_as_windows_has_it() {
    let wine = Wine::shared();
    let _machine = wine.machine();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.json"), r#"{"version": 1}"#).unwrap();
    let engine = WindowsDaemon::start(wine, folder.path());
    let told = engine.asked(&["machine"]);

    let name = told["hostName"].as_str().unwrap_or_default();
    assert!(name.eq_ignore_ascii_case(&host::machine::host_name()), "{name}");
    let system = told["os"].as_str().unwrap_or_default();
    assert!(system.starts_with("Microsoft Windows 10") || system.starts_with("Windows 10"), "{system}");
    assert!(system.contains("(build 1"), "{system}");
    let networks: Vec<NetworkView> = serde_json::from_value(told["networks"].clone()).unwrap();
    let of = |networks: Vec<NetworkView>| networks.into_iter().map(|one| (one.network, one.address, one.addresses, one.private));
    let (found, here): (Vec<_>, Vec<_>) = (of(networks).collect(), of(host::machine::networks()).collect());
    assert_eq!(found, here);
    assert_eq!(told["domain"], Value::Null, "it is in no domain");
    let port = |told: &Value| told["ports"].as_array().unwrap().iter().find(|one| one["port"] == PORT).unwrap()["state"].clone();
    // Whoever else has it on this machine is not asked to let it go.
    if let Ok(holder) = TcpListener::bind(("0.0.0.0", PORT)) {
        let told = engine.asked(&["machine"]);
        assert_eq!(port(&told), "taken", "{told:#}");
        drop(holder);
        assert_eq!(port(&engine.asked(&["machine"])), "free");
    }

    let mut registered = Registered(wine, Vec::new());
    registered.set(TCP, "DhcpDomain", "from.dhcp.test");
    assert_eq!(engine.asked(&["machine"])["domain"], "from.dhcp.test");
    registered.set(TCP, "Domain", "joined.office.test");
    registered.set(TIME, "Type", "NTP");
    registered.set(TIME, "NtpServer", &format!("{},0x9 other.office.test,0x8", time_server(Duration::from_secs(7200))));
    let told = engine.asked(&["machine", "--outside"]);
    assert_eq!(told["machine"]["domain"], "joined.office.test");
    let behind = told["outside"]["clock"]["millis"].as_i64().unwrap_or_else(|| panic!("{told:#}"));
    assert!((behind - 7_200_000).abs() < 30_000, "{behind}");
    // In a domain the clock is its controllers'.
    registered.set(TIME, "Type", "NT5DS");
    registered.set(TCP, "Domain", "joined.office.invalid");
    let told = engine.asked(&["machine", "--outside"]);
    let clock = &told["outside"]["clock"];
    assert_eq!((&clock["kind"], &clock["server"]), (&"noAnswer".into(), &"joined.office.invalid".into()), "{told:#}");
    assert_eq!(engine.stop(), Some(0));
}

/// Answers one request as a time server whose clock is ahead of ours (RFC 4330 §4).
fn time_server(ahead: Duration) -> String {
    /// Seconds from 1900 to 1970 (RFC 868).
    const FROM_1900: u64 = 2_208_988_800;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut packet = [0; 48];
        let Ok((_, client)) = socket.recv_from(&mut packet) else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + ahead;
        let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
        let stamp = (((now.as_secs() + FROM_1900) << 32) | fraction).to_be_bytes();
        let mut answer = [0; 48];
        // Version 4, mode "server"; stratum 2; the client's own stamp back.
        (answer[0], answer[1]) = (0x24, 2);
        answer[24..32].copy_from_slice(&packet[40..48]);
        for at in [16, 32, 40] {
            answer[at..at + 8].copy_from_slice(&stamp);
        }
        let _ = socket.send_to(&answer, client);
    });
    address
}
