//! What this machine says about itself, so that nobody has to type it.
//!
//! Out: its name and domain, the networks of its cards, who holds the ports of mail ([`ports`]), whether the
//! firewall lets devices in ([`firewall`]), and, on a click only, what others see of it ([`outside`]).
//! [`opening`] is our own rule in the firewall of Windows.
//! Asks the system each time; keeps nothing.

pub mod firewall;
pub mod opening;
pub mod outside;
pub mod ports;

use crate::settings::{check, networks};
use control::Settings;
use control::machine::{MachineView, NetworkView};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `ours` are the ports our engine listens on; the settings say who may send.
pub fn view(ours: &[u16], settings: &Settings) -> MachineView {
    let firewall = firewall::look();
    MachineView {
        host_name: host_name(),
        domain: platform::domain(),
        networks: networks(),
        ports: ports::view(ours, &firewall),
        firewall: firewall.view(ours, settings),
        os: platform::os(),
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
            private: networks::is_private(network.into()),
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

/// How many addresses; None above 2^53, which a number of JSON cannot say exactly.
fn count(network: &IpNet) -> Option<u64> {
    let bits = network.max_prefix_len() - network.prefix_len();
    (bits <= 53).then(|| 1 << bits)
}

#[cfg(not(windows))]
mod platform {
    use std::fs;

    pub fn os() -> String {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        name.map_or_else(|| std::env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned())
    }

    /// The resolver's own domain (resolv.conf(5)), unless the name says it already.
    pub fn domain() -> Option<String> {
        let resolver = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let mut words = resolver.lines().rev().map(str::split_whitespace);
        words.find_map(|mut line| matches!(line.next(), Some("search" | "domain")).then(|| line.next()).flatten().map(str::to_owned))
    }
}

#[cfg(windows)]
mod platform {
    use windows_registry::LOCAL_MACHINE;

    /// Windows 11 still calls itself 10 in the registry; its builds begin here.
    const FIRST_BUILD_OF_11: u32 = 22000;

    pub fn os() -> String {
        let Ok(key) = LOCAL_MACHINE.open(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion") else { return "Windows".to_owned() };
        let text = |name: &str| key.get_string(name).unwrap_or_default();
        let (mut product, build) = (text("ProductName"), text("CurrentBuild"));
        if build.parse::<u32>().is_ok_and(|build| build >= FIRST_BUILD_OF_11) && text("InstallationType") == "Client" {
            product = product.replacen("Windows 10", "Windows 11", 1);
        }
        format!("{product} {} (build {build})", text("DisplayVersion")).replace("  ", " ").trim().to_owned()
    }

    /// The domain it was joined to, else the one its network gave it.
    pub fn domain() -> Option<String> {
        let key = LOCAL_MACHINE.open(r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters").ok()?;
        ["Domain", "DhcpDomain"].into_iter().filter_map(|name| key.get_string(name).ok()).find(|domain| !domain.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
