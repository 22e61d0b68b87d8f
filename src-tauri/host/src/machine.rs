//! What this machine says about itself, so that nobody has to type it.
//!
//! Out: its name, the networks of its cards, and whether the ports of mail are free. Asks the
//! system each time; keeps nothing.

use crate::settings::{check, networks};
use control::view::{MachineView, NetworkView, PortState, PortView};
use ipnet::IpNet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// The ports mail is handed in at.
pub const PORTS: [u16; 4] = [25, 587, 465, 2525];

/// `ours` are the ports our engine listens on.
pub fn view(ours: &[u16]) -> MachineView {
    MachineView {
        host_name: host_name(),
        networks: networks(),
        ports: PORTS.iter().map(|port| port_view(*port, ours.contains(port))).collect(),
        os: os(),
    }
}

/// The machine's name, in a form that can stand in a greeting.
pub fn host_name() -> String {
    let name = hostname::get().unwrap_or_default();
    let mut name: String = name
        .to_string_lossy()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' || letter == '_' { letter } else { '-' })
        .collect();
    name = name.trim_matches(['-', '.']).to_owned();
    if check::is_host_name(&name) { name } else { "localhost".to_owned() }
}

/// Addresses a device may reach this machine at, loopback included.
pub fn addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|card| !card.is_link_local())
        .map(|card| card.ip())
        .chain([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

/// The networks of the cards, IPv4 first.
pub fn networks() -> Vec<NetworkView> {
    let cards = if_addrs::get_if_addrs().unwrap_or_default();
    let mut found: Vec<(IpNet, NetworkView)> = Vec::new();
    for card in cards.into_iter().filter(|card| !card.is_loopback() && !card.is_link_local()) {
        let prefix = match &card.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        };
        let Ok(network) = IpNet::new(card.ip(), prefix).map(|network| network.trunc()) else { continue };
        if found.iter().any(|(other, _)| *other == network) {
            continue;
        }
        let view = NetworkView {
            network: network.to_string(),
            address: card.ip().to_string(),
            card: card.name,
            addresses: count(&network),
            private: networks::is_private(&network),
        };
        found.push((network, view));
    }
    found.sort_by_key(|(network, _)| *network);
    found.into_iter().map(|(_, view)| view).collect()
}

/// The network of this machine that an address belongs to.
pub fn network_of(address: IpAddr) -> Option<String> {
    networks().into_iter().map(|view| view.network).find(|network| network.parse::<IpNet>().is_ok_and(|network| network.contains(&address)))
}

/// The program that listens on a port, when the system tells.
pub fn holder(port: u16) -> Option<String> {
    platform::holder(port)
}

/// How many addresses; None above 2^53, which a number of JSON cannot say exactly.
fn count(network: &IpNet) -> Option<u64> {
    let bits = network.max_prefix_len() - network.prefix_len();
    (bits <= 53).then(|| 1 << bits)
}

fn port_view(port: u16, ours: bool) -> PortView {
    let state = if ours { PortState::Ours } else { state(port) };
    let holder = match state {
        PortState::Taken => holder(port),
        PortState::Free | PortState::Ours | PortState::Forbidden => None,
    };
    PortView { port, state, holder }
}

/// Tries it, which is the only sure way to know.
fn state(port: u16) -> PortState {
    let any: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    // One after the other: `::` may take IPv4 along and stand in its own way.
    let tried = any.map(|address| TcpListener::bind(SocketAddr::new(address, port)).map(drop).map_err(|error| error.kind()));
    if tried.contains(&Err(ErrorKind::AddrInUse)) {
        PortState::Taken
    } else if tried.contains(&Err(ErrorKind::PermissionDenied)) {
        PortState::Forbidden
    } else {
        PortState::Free
    }
}

fn os() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned())
}

#[cfg(target_os = "linux")]
mod platform {
    use std::fs;
    use std::path::Path;

    /// State `LISTEN` in `/proc/net/tcp` (include/net/tcp_states.h).
    const LISTEN: &str = "0A";

    /// A listening socket's inode, then the process that has it open, as far as we may look.
    pub fn holder(port: u16) -> Option<String> {
        let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .flat_map(|table| {
                fs::read_to_string(table).unwrap_or_default().lines().filter_map(|line| inode(line, port)).collect::<Vec<_>>()
            })
            .map(|inode| format!("socket:[{inode}]"))
            .collect();
        let is_number = |process: &Path| process.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit));
        let mut processes = fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path()).filter(|process| is_number(process));
        let process = processes.find(|process| has_open(process, &inodes))?;
        let name = fs::read_to_string(process.join("comm")).ok()?;
        Some(format!("{} (process {})", name.trim(), process.file_name()?.display()))
    }

    fn inode(line: &str, port: u16) -> Option<String> {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let (_, local_port) = local.split_once(':')?;
        if state != LISTEN || u16::from_str_radix(local_port, 16).ok()? != port {
            return None;
        }
        fields.nth(5).map(str::to_owned)
    }

    fn has_open(process: &Path, inodes: &[String]) -> bool {
        let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        let mut targets = open.filter_map(|file| fs::read_link(file.path()).ok());
        targets.any(|target| inodes.iter().any(|inode| target.as_os_str() == inode.as_str()))
    }
}

/// Windows can tell (GetExtendedTcpTable); not asked yet.
#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn holder(_port: u16) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_taken_port_is_told_with_its_holder() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let view = port_view(port, false);
        assert_eq!(view.state, PortState::Taken);
        if cfg!(target_os = "linux") {
            let number = format!("(process {})", std::process::id());
            assert!(view.holder.clone().unwrap().ends_with(&number), "{view:?}");
        }
        assert_eq!(port_view(port, true).state, PortState::Ours);
        drop(listener);
        assert_eq!(port_view(port, false).state, PortState::Free);
    }

    #[test]
    fn addresses_are_counted_as_far_as_json_can() {
        let counted = |network: &str| count(&network.parse().unwrap());
        assert_eq!(
            [counted("10.0.0.0/24"), counted("10.0.0.7/32"), counted("fd00::/64"), counted("fd00::/75")],
            [Some(256), Some(1), None, Some(1 << 53)]
        );
    }

    #[test]
    fn the_machine_has_a_name_that_can_stand_in_a_greeting() {
        assert!(check::is_host_name(&host_name()));
        assert!(addresses().contains(&IpAddr::from(Ipv4Addr::LOCALHOST)));
    }
}
