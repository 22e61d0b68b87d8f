//! Whether this machine's firewall lets devices reach a port.
//!
//! Out: a [`Firewall`] that can be asked. It says "yes" or "no" only when sure: a device that cannot connect
//! sends an administrator here, and a wrong "no" would send him on to the wrong place.
//!
//! Windows: its rules are text in the registry ([MS-GPFAS] 2.2.2.19); people in any language can read them there,
//! and no rights are needed. Linux: ufw's files; of others only that they are there.

use super::opening::Opening;
use control::Settings;
use control::machine::{FirewallState, FirewallView};
use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// What was found. The default knows nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Firewall {
    name: Option<&'static str>,
    /// None: not known.
    on: Option<bool>,
    profiles: Vec<Profile>,
    rules: Option<Vec<Rule>>,
    /// Where devices are: the networks of this machine's cards.
    networks: Vec<IpNet>,
}

/// One of the sets of rules; on Linux there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Profile {
    name: &'static str,
    lets_all_in: bool,
    /// In force for a network that is connected now. When that is known of none, it may be any.
    counts: bool,
}

/// What Windows calls a network until somebody says that it is the office's own.
const PUBLIC: &str = "public";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    /// None: every port.
    ports: Option<Vec<(u16, u16)>>,
    /// Empty: every profile.
    profiles: Vec<String>,
    /// For certain programs, services or users only: it may be ours, it may not.
    narrowed: bool,
    /// Whom it concerns, by the address on the other side; None: everybody.
    from: Option<Vec<Source>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// The firewall's own word for the networks of this machine's cards.
    LocalSubnet {
        v4: bool,
    },
    Range(RangeInclusive<IpAddr>),
    /// Other words of its own: some of the devices, none, or others.
    Other,
}

pub fn look() -> Firewall {
    let networks = super::networks().iter().filter_map(|view| view.network.parse().ok()).collect();
    Firewall { networks, ..platform::look() }
}

#[cfg(windows)]
pub use platform::has_rule_named;

impl Firewall {
    pub fn view(&self, ports: &[u16], settings: &Settings) -> FirewallView {
        let state = match self.on {
            Some(true) => FirewallState::On,
            Some(false) => FirewallState::Off,
            None => FirewallState::Unknown,
        };
        let shut: Vec<u16> = ports.iter().copied().filter(|port| self.lets_in(*port) == Some(false)).collect();
        let opening = (!shut.is_empty()).then(|| Opening { ports: shut, ..Opening::of(settings) });
        FirewallView {
            state,
            name: self.name.map(str::to_owned),
            command: opening.as_ref().map(platform::command),
            opening: opening.filter(|_| cfg!(windows)).map(|opening| opening.view()),
            public_network: self.profiles.iter().any(|profile| profile.counts && profile.name == PUBLIC && !profile.lets_all_in),
        }
    }

    /// None when that cannot be said for sure.
    pub fn lets_in(&self, port: u16) -> Option<bool> {
        if !self.on? {
            return Some(true);
        }
        let rules = self.rules.as_ref()?;
        // Which of the profiles counts depends on the network a device comes from.
        let is_known = self.profiles.iter().any(|profile| profile.counts);
        let counting = self.profiles.iter().filter(|profile| profile.counts || !is_known);
        let mut answers = counting.map(|profile| profile.lets_in(port, rules, &self.networks));
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }
}

impl Profile {
    fn lets_in(&self, port: u16, rules: &[Rule], networks: &[IpNet]) -> Option<bool> {
        let of_profile = || rules.iter().filter(|rule| rule.profiles.is_empty() || rule.profiles.iter().any(|name| name == self.name));
        let matching = || of_profile().filter(|rule| rule.is_for(port));
        let whole = |rule: &Rule| rule.is_for_everybody(networks);
        // A rule that blocks wins over those that allow.
        if matching().any(|rule| !rule.allows && whole(rule)) {
            return Some(false);
        }
        if self.lets_all_in || matching().any(|rule| rule.allows && whole(rule)) {
            return if matching().any(|rule| !rule.allows) { None } else { Some(true) };
        }
        if matching().any(|rule| rule.allows && rule.ports.is_some()) { None } else { Some(false) }
    }
}

impl Rule {
    fn is_for(&self, port: u16) -> bool {
        self.ports.as_ref().is_none_or(|ports| ports.iter().any(|(first, last)| (*first..=*last).contains(&port)))
    }
}

impl Rule {
    /// Whether no device of this machine's networks is left out, as far as can be seen. Where there is IPv4, devices speak it.
    fn is_for_everybody(&self, networks: &[IpNet]) -> bool {
        let Some(sources) = &self.from else { return !self.narrowed };
        let speaks_v4 = networks.is_empty() || networks.iter().any(|network| network.addr().is_ipv4());
        let is_local = sources.iter().any(|source| matches!(source, Source::LocalSubnet { v4 } if *v4 == speaks_v4));
        let mut spoken = networks.iter().filter(|network| network.addr().is_ipv4() == speaks_v4).peekable();
        let are_all_held = spoken.peek().is_some() && spoken.all(|network| sources.iter().any(|source| source.holds(network)));
        !self.narrowed && (is_local || are_all_held)
    }
}

impl Source {
    fn read(text: &str, v4: bool) -> Self {
        match address_range(text) {
            Some(range) => Self::Range(range),
            None if text.eq_ignore_ascii_case("LocalSubnet") => Self::LocalSubnet { v4 },
            None => Self::Other,
        }
    }

    fn holds(&self, network: &IpNet) -> bool {
        match self {
            Self::Range(range) => range.contains(&network.network()) && range.contains(&network.broadcast()),
            Self::LocalSubnet { .. } | Self::Other => false,
        }
    }
}

/// `10.0.0.7`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9`, and the same of IPv6.
fn address_range(text: &str) -> Option<RangeInclusive<IpAddr>> {
    if let Some((first, last)) = text.split_once('-') {
        return Some(first.trim().parse().ok()?..=last.trim().parse().ok()?);
    }
    let network = match text.split_once('/') {
        None => IpNet::from(text.parse::<IpAddr>().ok()?),
        Some((address, mask)) => {
            let address = address.parse().ok()?;
            mask.parse()
                .ok()
                .map_or_else(|| IpNet::with_netmask(address, mask.parse().ok()?).ok(), |prefix| IpNet::new(address, prefix).ok())?
        }
    };
    Some(network.network()..=network.broadcast())
}

/// One rule of the Windows firewall, `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|…|`; None when it is not about
/// TCP that comes in. `ours` is this program's path, lower case.
#[cfg_attr(not(windows), allow(dead_code))] // read on Windows; tested everywhere
fn windows_rule(text: &str, ours: &str) -> Option<Rule> {
    /// TCP among the numbers of protocols (IANA).
    const TCP: &str = "6";
    let mut rule = Rule { allows: false, ports: None, profiles: Vec::new(), narrowed: false, from: None };
    let (mut active, mut inward) = (false, false);
    for (key, value) in text.split('|').filter_map(|field| field.split_once('=')) {
        match key {
            "Action" => rule.allows = !value.eq_ignore_ascii_case("Block"),
            "Active" => active = value.eq_ignore_ascii_case("TRUE"),
            "Dir" => inward = value.eq_ignore_ascii_case("In"),
            "Protocol" if value != TCP => return None,
            "Profile" => rule.profiles.push(value.to_ascii_lowercase()),
            "LPort" | "LPort2_10" | "LPort2_20" | "LPort2_24" | "LPort2_29" => match port_range(value) {
                Some(range) => rule.ports.get_or_insert_default().push(range),
                // "RPC", "IPHTTPS" and their like are ports that are not ours.
                None => _ = rule.ports.get_or_insert_default(),
            },
            "RA4" | "RA6" => rule.from.get_or_insert_default().push(Source::read(value, key == "RA4")),
            "App" => rule.narrowed |= !value.to_ascii_lowercase().ends_with(ours),
            // For certain services, packages, users, cards or kinds of card.
            "Svc" | "AppPkgId" | "LUOwn" | "LUAuth" | "RUAuth" | "RMAuth" | "IF" | "IFType" | "LA4" | "LA6" | "RPort" => {
                rule.narrowed = true
            }
            _ => {}
        }
    }
    (active && inward).then_some(rule)
}

fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once(['-', ':']).unwrap_or((text, text));
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

/// A rule of ufw as its file keeps it: `### tuple ### allow tcp 25,587 0.0.0.0/0 any 192.168.1.0/24 in`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn ufw_rule(line: &str) -> Option<Rule> {
    let mut words = line.strip_prefix("### tuple ###")?.split_whitespace();
    let (action, protocol, ports) = (words.next()?, words.next()?, words.next()?);
    // To which address, from which port, from whom.
    let from = words.nth(2)?;
    if !matches!(protocol, "tcp" | "any") || !line.split_whitespace().any(|word| word == "in" || word.starts_with("in_")) {
        return None;
    }
    let ports = if ports == "any" { None } else { Some(ports.split(',').filter_map(port_range).collect()) };
    Some(Rule { allows: matches!(action, "allow" | "limit"), ports, profiles: Vec::new(), narrowed: false, from: sources(from) })
}

fn sources(from: &str) -> Option<Vec<Source>> {
    let everybody = matches!(from, "any" | "0.0.0.0/0" | "::/0");
    (!everybody).then(|| vec![Source::read(from, true)])
}

#[cfg(target_os = "linux")]
mod platform {
    use super::{Firewall, Opening, Profile, ufw_rule};
    use std::fs;
    use std::path::Path;

    pub fn look() -> Firewall {
        if fs::read_to_string("/etc/ufw/ufw.conf").is_ok_and(|text| text.lines().any(|line| line.trim() == "ENABLED=yes")) {
            let defaults = fs::read_to_string("/etc/default/ufw").unwrap_or_default();
            return ufw(&defaults, fs::read_to_string("/etc/ufw/user.rules").ok().as_deref());
        }
        if Path::new("/run/firewalld").is_dir() {
            return Firewall { name: Some("firewalld"), on: Some(true), ..Firewall::default() };
        }
        // Rules of the kernel's own can be read by root only, and mean what only their writer knows.
        Firewall::default()
    }

    pub(super) fn ufw(defaults: &str, rules: Option<&str>) -> Firewall {
        let lets_all_in = defaults.lines().any(|line| line.trim() == "DEFAULT_INPUT_POLICY=\"ACCEPT\"");
        Firewall {
            name: Some("ufw"),
            on: Some(true),
            profiles: vec![Profile { name: "", lets_all_in, counts: true }],
            rules: rules.map(|rules| rules.lines().filter_map(ufw_rule).collect()),
            networks: Vec::new(),
        }
    }

    pub fn command(opening: &Opening) -> String {
        let ports: Vec<String> = opening.ports.iter().map(u16::to_string).collect();
        format!("sudo ufw allow proto tcp from YOUR.NETWORK to any port {}", ports.join(","))
    }
}

#[cfg(windows)]
mod platform {
    use super::{Firewall, Opening, PUBLIC, Profile, Rule, windows_rule};
    use windows::Win32::NetworkManagement::WindowsFirewall::{
        INetFwPolicy2, NET_FW_PROFILE_TYPE2, NET_FW_PROFILE2_DOMAIN, NET_FW_PROFILE2_PRIVATE, NET_FW_PROFILE2_PUBLIC, NetFwPolicy2,
    };
    use windows::Win32::System::Com::{CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize};
    use windows_registry::{Key, LOCAL_MACHINE, Value};

    const LOCAL: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
    const GROUP_POLICY: &str = r"SOFTWARE\Policies\Microsoft\WindowsFirewall";
    /// The name in a rule, and the keys: group policy calls one of them differently.
    const PROFILES: [(&str, &str, &str, NET_FW_PROFILE_TYPE2); 3] = [
        ("domain", "DomainProfile", "DomainProfile", NET_FW_PROFILE2_DOMAIN),
        ("private", "StandardProfile", "PrivateProfile", NET_FW_PROFILE2_PRIVATE),
        (PUBLIC, "PublicProfile", "PublicProfile", NET_FW_PROFILE2_PUBLIC),
    ];

    pub fn look() -> Firewall {
        let Ok(local) = LOCAL_MACHINE.open(LOCAL) else { return Firewall::default() };
        let policy = LOCAL_MACHINE.open(GROUP_POLICY).ok();
        let setting = |name: &str, here: &str, there: &str| {
            let of = |key: &Key, profile: &str| key.open(profile).and_then(|profile| profile.get_u32(name)).ok();
            policy.as_ref().and_then(|policy| of(policy, there)).or_else(|| of(&local, here))
        };
        let is_on = |here: &str, there: &str| setting("EnableFirewall", here, there) != Some(0);
        let now = in_force();
        let profiles: Vec<Profile> = PROFILES
            .into_iter()
            .map(|(name, here, there, bit)| Profile {
                name,
                lets_all_in: !is_on(here, there) || setting("DefaultInboundAction", here, there) == Some(0),
                counts: now & bit.0 != 0,
            })
            .collect();
        let on = PROFILES.iter().any(|(_, here, there, bit)| is_on(here, there) && (now == 0 || now & bit.0 != 0));
        let ours = std::env::current_exe().unwrap_or_default();
        let ours = ours.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let mut rules = read(&local, &ours);
        rules.extend(policy.iter().flat_map(|policy| read(policy, &ours)));
        Firewall { name: Some("Windows Defender Firewall"), on: Some(on), profiles, rules: Some(rules), networks: Vec::new() }
    }

    /// The profiles of the networks that are connected, as bits; none when the system does not say.
    #[allow(unsafe_code)] // COM has no safe door
    fn in_force() -> i32 {
        // SAFETY: this thread's COM is begun and, if it was, ended here; the object lives in between and is not kept.
        unsafe {
            let begun = CoInitializeEx(None, COINIT_MULTITHREADED).is_ok();
            let policy = CoCreateInstance::<_, INetFwPolicy2>(&NetFwPolicy2, None, CLSCTX_INPROC_SERVER);
            let now = policy.and_then(|policy| policy.CurrentProfileTypes()).unwrap_or_default();
            if begun {
                CoUninitialize();
            }
            now
        }
    }

    /// Made on this machine; those of a group policy are not ours to change.
    pub fn has_rule_named(name: &str) -> bool {
        let field = format!("|Name={name}|");
        LOCAL_MACHINE.open(LOCAL).is_ok_and(|local| texts(&local).iter().any(|rule| rule.contains(&field)))
    }

    fn read(policy: &Key, ours: &str) -> Vec<Rule> {
        texts(policy).iter().filter_map(|rule| windows_rule(rule, ours)).collect()
    }

    fn texts(policy: &Key) -> Vec<String> {
        let Ok(rules) = policy.open("FirewallRules") else { return Vec::new() };
        let Ok(values) = rules.values() else { return Vec::new() };
        values.filter_map(|(_, value): (String, Value)| String::try_from(value).ok()).collect()
    }

    /// By our own program, whose rule is for our programs alone and leaves public networks shut.
    pub fn command(opening: &Opening) -> String {
        let outtrayd = std::env::current_exe().unwrap_or_default().with_file_name("outtrayd.exe");
        let view = opening.view();
        let ports: Vec<String> = view.ports.iter().map(u16::to_string).collect();
        format!("\"{}\" firewall open --ports {} --networks {}", outtrayd.display(), ports.join(","), view.networks.join(","))
    }
}

#[cfg(not(any(windows, target_os = "linux")))]
mod platform {
    pub fn look() -> super::Firewall {
        super::Firewall::default()
    }

    pub fn command(_opening: &super::Opening) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests;
