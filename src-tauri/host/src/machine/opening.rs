//! Our rule in the Windows firewall: which ports it opens, and to whom.
//!
//! In: the settings, or ports and networks that somebody chose. Out: what `netsh advfirewall` is to be told, once for
//! each of our programs.
//!
//! Invariant: no rule lets in anybody with a public address, whatever the settings allow.

use crate::settings::networks::{self, NetworkError};
use control::Settings;
use control::machine::OpeningView;
use control::settings::RuleAction;
use relay::policy::Network;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// What the rules are called; all of that name are ours.
pub const NAME: &str = "Outtray";
/// Opened when no settings say which: those the setup offers.
const USUAL_PORTS: [u16; 3] = [25, 465, 587];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Whatever networks this machine's cards are in, as the firewall itself finds out.
    LocalSubnet,
    Network(Network),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub ports: Vec<u16>,
    pub sources: Vec<Source>,
}

impl Opening {
    /// The ports where devices connect, for this machine's own networks and those that may send.
    pub fn of(settings: &Settings) -> Self {
        let heard = settings.listeners.iter().filter(|listener| {
            let is_outward = listener.address.parse().is_ok_and(|address: IpAddr| !address.is_loopback());
            is_outward && listener.port != 0
        });
        let mut ports: Vec<u16> = heard.map(|listener| listener.port).collect();
        ports.sort_unstable();
        ports.dedup();
        if ports.is_empty() {
            ports = USUAL_PORTS.to_vec();
        }
        let allowing = settings.rules.iter().filter(|rule| rule.action == RuleAction::Allow).map(|rule| &rule.network);
        let balancers = settings.listeners.iter().flat_map(|listener| &listener.proxies);
        let allowed = allowing.chain(balancers).filter_map(|network| source(network).ok());
        // The firewall is not asked about what a machine says to itself.
        let allowed = allowed.filter(|source| !matches!(source, Source::Network(network) if network.first().is_loopback()));
        Self { ports, sources: [Source::LocalSubnet].into_iter().chain(allowed).collect() }
    }

    pub fn view(&self) -> OpeningView {
        OpeningView { ports: self.ports.clone(), networks: self.sources.iter().map(Source::to_string).collect() }
    }

    /// The words after `netsh`.
    pub fn words(&self, program: &Path) -> Vec<String> {
        let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
        let sources: Vec<String> = self.sources.iter().map(Source::to_string).collect();
        ["advfirewall", "firewall", "add", "rule"]
            .map(str::to_owned)
            .into_iter()
            .chain([
                format!("name={NAME}"),
                "description=Lets devices of the office hand mail to Outtray.".to_owned(),
                "dir=in".to_owned(),
                "action=allow".to_owned(),
                // In a network that Windows calls public (a hotel, a station) everybody is "local".
                "profile=domain,private".to_owned(),
                format!("program={}", program.display()),
                "protocol=TCP".to_owned(),
                format!("localport={}", ports.join(",")),
                format!("remoteip={}", sources.join(",")),
            ])
            .collect()
    }
}

/// The words after `netsh` that take away every rule of ours.
pub fn closing() -> Vec<String> {
    ["advfirewall", "firewall", "delete", "rule"].map(str::to_owned).into_iter().chain([format!("name={NAME}")]).collect()
}

/// As somebody types it.
pub fn line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() });
    format!("netsh {}", quoted.collect::<Vec<_>>().join(" "))
}

/// Its own words are in the console's code page and in the language of that Windows: on a console they can be read.
pub fn refused(words: &[String], code: Option<i32>) -> String {
    let code = code.map_or_else(|| "without a code".to_owned(), |code| format!("with code {code}"));
    format!("the firewall's rule cannot be changed: netsh ended {code}. Run this to see why: {}", line(words))
}

/// A port as somebody types it.
///
/// # Errors
/// In words, when it is none.
pub fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().ok().filter(|port| *port != 0).ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
}

/// A network of the office as somebody types it.
///
/// # Errors
/// In words, when it is none, or when people outside have addresses in it.
pub fn source(text: &str) -> Result<Source, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("LocalSubnet") {
        return Ok(Source::LocalSubnet);
    }
    let network = match networks::parse(text) {
        Ok(network) => network,
        Err(NetworkError::HostBits { network, address }) => {
            return Err(format!("put there {network}, or {address} for that address alone"));
        }
        Err(NetworkError::Mapped(network) | NetworkError::Backwards(network)) => return Err(format!("put there {network}")),
        Err(NetworkError::TwoFamilies) => return Err("a range begins and ends in IPv4, or in IPv6".to_owned()),
        Err(NetworkError::NotOne) => {
            let forms = "a network is LocalSubnet, a subnet such as 192.168.1.0/24, an address such as 10.0.0.7, or a range such as 10.0.0.20-10.0.0.29";
            return Err(forms.to_owned());
        }
    };
    if networks::is_private(network) {
        Ok(Source::Network(network))
    } else {
        Err("this network is part of the internet, to which no port is opened; put there networks of the office".to_owned())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalSubnet => to.write_str("LocalSubnet"),
            Self::Network(network) => write!(to, "{network}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::settings::read::read;

    fn opening(settings: &str) -> Opening {
        Opening::of(&read(settings.as_bytes()).settings.unwrap())
    }

    #[test]
    fn a_new_machine_opens_the_usual_ports_to_its_own_networks() {
        let opening = opening(r#"{"version": 1}"#);
        assert_eq!(opening, Opening { ports: vec![25, 465, 587], sources: vec![Source::LocalSubnet] });
        let words = opening.words(Path::new(r"C:\Program Files\Outtray\outtrayd.exe")).join(" ");
        assert_eq!(
            words,
            "advfirewall firewall add rule name=Outtray description=Lets devices of the office hand mail to Outtray. dir=in action=allow \
             profile=domain,private program=C:\\Program Files\\Outtray\\outtrayd.exe protocol=TCP localport=25,465,587 remoteip=LocalSubnet"
        );
        assert_eq!(closing().join(" "), "advfirewall firewall delete rule name=Outtray");
        // What netsh said was shown in letters of another code page.
        let told = refused(&["advfirewall".into(), "name=Out tray".into()], Some(1));
        let expected =
            "the firewall's rule cannot be changed: netsh ended with code 1. Run this to see why: netsh advfirewall \"name=Out tray\"";
        assert_eq!(told, expected);
    }

    #[test]
    fn the_settings_ports_open_to_the_networks_that_may_send_and_never_to_the_internet() {
        let settings = r#"{"version": 1,
            "listeners": [
                {"address": "0.0.0.0", "port": 2525, "encryption": "plain"},
                {"address": "::", "port": 2525, "encryption": "plain"},
                {"address": "192.168.1.5", "port": 25, "encryption": "starttls", "proxies": ["10.9.0.2"]},
                {"address": "127.0.0.1", "port": 26, "encryption": "plain"},
                {"address": "0.0.0.0", "port": 0, "encryption": "plain"}],
            "rules": [
                {"network": "192.168.7.0/24"},
                {"network": "127.0.0.0/8"},
                {"network": "192.168.9.0/24", "action": "refuse"},
                {"network": "10.0.0.20-10.0.0.29"},
                {"network": "fd00::/8"},
                {"network": "8.8.8.0/24", "publicOnPurpose": true},
                {"network": "0.0.0.0/0", "publicOnPurpose": true}]}"#;
        let opening = opening(settings);
        assert_eq!(opening.ports, [25, 2525]);
        let sources: Vec<String> = opening.sources.iter().map(Source::to_string).collect();
        assert_eq!(sources, ["LocalSubnet", "192.168.7.0/24", "10.0.0.20-10.0.0.29", "fd00::/8", "10.9.0.2"]);
    }

    #[test]
    fn settings_that_listen_to_this_machine_alone_open_no_port_of_it() {
        let opening = opening(r#"{"version": 1, "listeners": [{"address": "127.0.0.1", "port": 26, "encryption": "plain"}]}"#);
        assert!(!opening.ports.contains(&26), "{opening:?}");
    }

    #[test]
    fn what_somebody_types_is_a_port_and_a_network_of_the_office_or_is_told_what_to_put_there() {
        assert_eq!((port("25"), port(" 587 ")), (Ok(25), Ok(587)));
        for wrong in ["", "0", "65536", "smtp", "25-30", "-1"] {
            assert!(port(wrong).unwrap_err().contains("1 to 65535"), "{wrong}");
        }
        assert_eq!(source("localsubnet"), Ok(Source::LocalSubnet));
        assert_eq!(source("10.0.0.7").unwrap().to_string(), "10.0.0.7");
        assert_eq!(source("10.0.0.1-10.0.0.9").unwrap().to_string(), "10.0.0.1-10.0.0.9");
        for (typed, told) in [
            ("any", "a network is"),
            ("192.168.1.7/24", "192.168.1.0/24"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("0.0.0.0/0", "internet"),
            ("8.8.8.8", "internet"),
            ("10.0.0.9-10.0.0.1", "put there 10.0.0.1-10.0.0.9"),
            ("10.0.0.1-::1", "in IPv4, or in IPv6"),
            ("9.9.9.1-9.9.9.9", "internet"),
        ] {
            assert!(source(typed).unwrap_err().contains(told), "{typed}: {:?}", source(typed));
        }
    }
}
