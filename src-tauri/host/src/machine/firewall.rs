//! Whether this machine's firewall lets devices reach a port.
//!
//! Out: a [`Firewall`] that can be asked. It says "yes" or "no" only when sure: a device that cannot connect
//! sends an administrator here, and a wrong "no" would send him on to the wrong place.
//!
//! Windows: its rules are text in the registry ([MS-GPFAS] 2.2.2.19); people in any language can read them there,
//! and no rights are needed. Linux: ufw's files; of others only that they are there.

use control::machine::{FirewallState, FirewallView};

/// What was found. The default knows nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Firewall {
    name: Option<&'static str>,
    /// None: not known.
    on: Option<bool>,
    profiles: Vec<Profile>,
    rules: Option<Vec<Rule>>,
}

/// One of the sets of rules; on Linux there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Profile {
    name: &'static str,
    lets_all_in: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    /// None: every port.
    ports: Option<Vec<(u16, u16)>>,
    /// Empty: every profile.
    profiles: Vec<String>,
    /// For certain programs, services or users only: it may be ours, it may not.
    narrowed: bool,
}

pub fn look() -> Firewall {
    platform::look()
}

#[cfg(windows)]
pub use platform::has_rule_named;

impl Firewall {
    pub fn view(&self, ports: &[u16]) -> FirewallView {
        let state = match self.on {
            Some(true) => FirewallState::On,
            Some(false) => FirewallState::Off,
            None => FirewallState::Unknown,
        };
        let shut: Vec<u16> = ports.iter().copied().filter(|port| self.lets_in(*port) == Some(false)).collect();
        let command = (!shut.is_empty()).then(|| platform::command(&shut));
        FirewallView { state, name: self.name.map(str::to_owned), command }
    }

    /// None when that cannot be said for sure.
    pub fn lets_in(&self, port: u16) -> Option<bool> {
        if !self.on? {
            return Some(true);
        }
        let rules = self.rules.as_ref()?;
        let mut answers = self.profiles.iter().map(|profile| profile.lets_in(port, rules));
        let first = answers.next()??;
        // Which of the profiles counts depends on the network a device comes from.
        answers.all(|answer| answer == Some(first)).then_some(first)
    }
}

impl Profile {
    fn lets_in(&self, port: u16, rules: &[Rule]) -> Option<bool> {
        let of_profile = || rules.iter().filter(|rule| rule.profiles.is_empty() || rule.profiles.iter().any(|name| name == self.name));
        let matching = || of_profile().filter(|rule| rule.is_for(port));
        // A rule that blocks wins over those that allow.
        if matching().any(|rule| !rule.allows && !rule.narrowed) {
            return Some(false);
        }
        if self.lets_all_in || matching().any(|rule| rule.allows && !rule.narrowed) {
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

/// One rule of the Windows firewall, `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|…|`; None when it is not about
/// TCP that comes in. `ours` is this program's path, lower case.
#[cfg_attr(not(windows), allow(dead_code))] // read on Windows; tested everywhere
fn windows_rule(text: &str, ours: &str) -> Option<Rule> {
    /// TCP among the numbers of protocols (IANA).
    const TCP: &str = "6";
    let mut rule = Rule { allows: false, ports: None, profiles: Vec::new(), narrowed: false };
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
    if !matches!(protocol, "tcp" | "any") || !line.split_whitespace().any(|word| word == "in" || word.starts_with("in_")) {
        return None;
    }
    let ports = if ports == "any" { None } else { Some(ports.split(',').filter_map(port_range).collect()) };
    Some(Rule { allows: matches!(action, "allow" | "limit"), ports, profiles: Vec::new(), narrowed: false })
}

#[cfg(target_os = "linux")]
mod platform {
    use super::{Firewall, Profile, ufw_rule};
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
            profiles: vec![Profile { name: "", lets_all_in }],
            rules: rules.map(|rules| rules.lines().filter_map(ufw_rule).collect()),
        }
    }

    pub fn command(ports: &[u16]) -> String {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        format!("sudo ufw allow proto tcp from YOUR.NETWORK to any port {}", ports.join(","))
    }
}

#[cfg(windows)]
mod platform {
    use super::{Firewall, Profile, Rule, windows_rule};
    use windows_registry::{Key, LOCAL_MACHINE, Value};

    const LOCAL: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
    const GROUP_POLICY: &str = r"SOFTWARE\Policies\Microsoft\WindowsFirewall";
    /// The name in a rule, and the keys: group policy calls one of them differently.
    const PROFILES: [(&str, &str, &str); 3] = [
        ("domain", "DomainProfile", "DomainProfile"),
        ("private", "StandardProfile", "PrivateProfile"),
        ("public", "PublicProfile", "PublicProfile"),
    ];

    pub fn look() -> Firewall {
        let Ok(local) = LOCAL_MACHINE.open(LOCAL) else { return Firewall::default() };
        let policy = LOCAL_MACHINE.open(GROUP_POLICY).ok();
        let setting = |name: &str, here: &str, there: &str| {
            let of = |key: &Key, profile: &str| key.open(profile).and_then(|profile| profile.get_u32(name)).ok();
            policy.as_ref().and_then(|policy| of(policy, there)).or_else(|| of(&local, here))
        };
        let is_on = |here: &str, there: &str| setting("EnableFirewall", here, there) != Some(0);
        let profiles: Vec<Profile> = PROFILES
            .into_iter()
            .filter(|(_, here, there)| is_on(here, there))
            .map(|(name, here, there)| Profile { name, lets_all_in: setting("DefaultInboundAction", here, there) == Some(0) })
            .collect();
        let ours = std::env::current_exe().unwrap_or_default();
        let ours = ours.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let mut rules = read(&local, &ours);
        rules.extend(policy.iter().flat_map(|policy| read(policy, &ours)));
        Firewall { name: Some("Windows Defender Firewall"), on: Some(!profiles.is_empty()), profiles, rules: Some(rules) }
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

    pub fn command(ports: &[u16]) -> String {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        format!(
            "netsh advfirewall firewall add rule name=\"Outtray\" dir=in action=allow protocol=TCP localport={} remoteip=LocalSubnet",
            ports.join(",")
        )
    }
}

#[cfg(not(any(windows, target_os = "linux")))]
mod platform {
    pub fn look() -> super::Firewall {
        super::Firewall::default()
    }

    pub fn command(_ports: &[u16]) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// On in all three profiles, with these rules.
    fn windows(rules: &[&str]) -> Firewall {
        let profiles = ["domain", "private", "public"].map(|name| Profile { name, lets_all_in: false });
        let rules = rules.iter().filter_map(|rule| windows_rule(rule, "outtrayd.exe")).collect();
        Firewall { name: Some("Windows"), on: Some(true), profiles: profiles.to_vec(), rules: Some(rules) }
    }

    const OURS: &str = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|LPort=587|RA4=LocalSubnet|RA6=LocalSubnet|Name=Outtray|";

    #[test]
    fn a_windows_rule_lets_its_ports_in_and_no_others() {
        let firewall = windows(&[OURS]);
        assert_eq!([25, 587, 465].map(|port| firewall.lets_in(port)), [Some(true), Some(true), Some(false)]);
        assert_eq!(windows(&[]).lets_in(25), Some(false));
    }

    #[test]
    fn a_windows_rule_counts_only_when_it_is_on_inward_and_for_tcp() {
        for (from, to) in [("Active=TRUE", "Active=FALSE"), ("Dir=In", "Dir=Out"), ("Protocol=6", "Protocol=17")] {
            assert_eq!(windows(&[&OURS.replace(from, to)]).lets_in(25), Some(false), "{to}");
        }
        let blocked = OURS.replace("Action=Allow", "Action=Block");
        assert_eq!(windows(&[OURS, &blocked]).lets_in(25), Some(false), "a block wins");
    }

    #[test]
    fn what_is_not_sure_is_not_said() {
        let one_profile = OURS.replace("Name=", "Profile=Domain|Name=");
        assert_eq!(windows(&[&one_profile]).lets_in(25), None, "it depends on the network");
        let three = OURS.replace("Name=", "Profile=Domain|Profile=Private|Profile=Public|Name=");
        assert_eq!(windows(&[&three]).lets_in(25), Some(true));
        let of_another = OURS.replace("Name=", r"App=%SystemRoot%\system32\inetsrv\inetinfo.exe|Name=");
        assert_eq!(windows(&[&of_another]).lets_in(25), None);
        let of_ours = OURS.replace("Name=", r"App=C:\Program Files\Outtray\OuttrayD.exe|Name=");
        assert_eq!(windows(&[&of_ours]).lets_in(25), Some(true));
        assert_eq!(Firewall::default().lets_in(25), None);
        assert_eq!(Firewall { on: Some(false), ..Firewall::default() }.lets_in(25), Some(true));
    }

    #[test]
    fn ranges_and_names_of_ports_are_understood() {
        let range = OURS.replace("LPort=587", "LPort2_10=500-600");
        assert_eq!([587, 601].map(|port| windows(&[&range]).lets_in(port)), [Some(true), Some(false)]);
        let rpc = OURS.replace("LPort=25|LPort=587", "LPort=RPC");
        assert_eq!(windows(&[&rpc]).lets_in(25), Some(false));
        for broken in ["", "v2.30", "LPort=99999|Active=TRUE|Dir=In", "=|=|=", "Active=TRUE|Dir=In|LPort=7-"] {
            assert_eq!(windows(&[broken]).lets_in(25), Some(false), "{broken}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn ufw_is_read_from_its_files() {
        let rules = "*filter\n### RULES ###\n\n### tuple ### allow tcp 25,2525:2530 0.0.0.0/0 any 192.168.1.0/24 in\n\
                     ### tuple ### deny tcp 587 0.0.0.0/0 any 0.0.0.0/0 in\n### tuple ### allow udp 465 0.0.0.0/0 any 0.0.0.0/0 in\n";
        let firewall = platform::ufw("DEFAULT_INPUT_POLICY=\"DROP\"", Some(rules));
        let answers = [25, 587, 465, 2528].map(|port| firewall.lets_in(port));
        assert_eq!(answers, [Some(true), Some(false), Some(false), Some(true)]);
        assert_eq!(firewall.view(&[25, 587]).command.unwrap(), "sudo ufw allow proto tcp from YOUR.NETWORK to any port 587");
        assert_eq!(firewall.view(&[25]).command, None);
        assert_eq!(platform::ufw("DEFAULT_INPUT_POLICY=\"DROP\"", None).lets_in(25), None, "its rules are root's to read");
        assert_eq!(platform::ufw("DEFAULT_INPUT_POLICY=\"ACCEPT\"", Some("")).lets_in(25), Some(true));
    }
}
