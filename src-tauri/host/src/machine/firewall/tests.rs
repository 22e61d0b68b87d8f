//! Rules as the two firewalls keep them, and what they mean for devices.

#![allow(clippy::unwrap_used)]
use super::*;

/// On in all three profiles, with these rules.
fn windows(rules: &[&str]) -> Firewall {
    let profiles = ["domain", "private", "public"].map(|name| Profile { name, lets_all_in: false, counts: false });
    let rules = rules.iter().filter_map(|rule| windows_rule(rule, "outtrayd.exe")).collect();
    Firewall { name: Some("Windows"), on: Some(true), profiles: profiles.to_vec(), rules: Some(rules), networks: networks() }
}

fn networks() -> Vec<IpNet> {
    ["192.168.1.0/24", "10.0.0.0/16", "fd00::/64"].map(|network| network.parse().unwrap()).to_vec()
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
fn a_server_in_a_network_called_public_kept_every_device_out_and_nobody_was_told() {
    let ours = OURS.replace("Name=", "Profile=Domain|Profile=Private|Name=");
    let connected = |names: &[&str]| {
        let mut firewall = windows(&[&ours]);
        firewall.profiles.iter_mut().for_each(|profile| profile.counts = names.contains(&profile.name));
        let view = firewall.view(&[25], &Settings::default());
        (firewall.lets_in(25), view.public_network, view.opening.is_some() || view.command.is_some())
    };
    assert_eq!(connected(&["public"]), (Some(false), true, true));
    assert_eq!(connected(&["private"]), (Some(true), false, false));
    assert_eq!(connected(&["domain", "private"]), (Some(true), false, false));
    assert_eq!(connected(&["private", "public"]), (None, true, false), "it depends on the network");
    assert_eq!(connected(&[]), (None, false, false), "Windows did not say");
    let mut open = windows(&[&ours]);
    open.profiles.iter_mut().for_each(|profile| (profile.counts, profile.lets_all_in) = (profile.name == PUBLIC, true));
    assert!(!open.view(&[25], &Settings::default()).public_network, "nothing is kept out there");
}

#[test]
fn a_rule_for_one_host_was_taken_for_one_that_lets_all_devices_in() {
    let from = |sources: &str| windows(&[&OURS.replace("RA4=LocalSubnet|RA6=LocalSubnet", sources)]).lets_in(25);
    for everybody in [
        "RA4=LocalSubnet",
        "RA4=192.168.0.0/255.255.0.0|RA4=10.0.0.0-10.0.255.255",
        "RA4=0.0.0.0/0|RA6=fd00::1",
        "RA6=LocalSubnet|RA4=10.9.9.9|RA4=LocalSubnet",
    ] {
        assert_eq!(from(everybody), Some(true), "{everybody}");
    }
    for somebody in ["RA4=192.168.1.7", "RA4=192.168.1.0/255.255.255.0", "RA6=LocalSubnet", "RA4=Internet", "RA4=1.2.3.4-", "RA4="] {
        assert_eq!(from(somebody), None, "{somebody}");
    }
    let blocked = OURS.replace("Action=Allow", "Action=Block").replace("RA4=LocalSubnet|RA6=LocalSubnet", "RA4=192.168.1.66");
    assert_eq!(windows(&[OURS, &blocked]).lets_in(25), None, "one of them is kept out");
    assert_eq!(windows(&[&blocked]).lets_in(25), Some(false), "and nobody is let in");
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
    let one = vec!["192.168.1.0/24".parse().unwrap()];
    let firewall = Firewall { networks: one, ..platform::ufw("DEFAULT_INPUT_POLICY=\"DROP\"", Some(rules)) };
    let answers = [25, 587, 465, 2528].map(|port| firewall.lets_in(port));
    assert_eq!(answers, [Some(true), Some(false), Some(false), Some(true)]);
    assert_eq!(
        firewall.view(&[25, 587], &Settings::default()).command.unwrap(),
        "sudo ufw allow proto tcp from YOUR.NETWORK to any port 587"
    );
    assert_eq!(firewall.view(&[25], &Settings::default()).command, None);
    assert_eq!(Firewall { networks: networks(), ..firewall }.lets_in(25), None, "there are other networks");
    assert_eq!(platform::ufw("DEFAULT_INPUT_POLICY=\"DROP\"", None).lets_in(25), None, "its rules are root's to read");
    assert_eq!(platform::ufw("DEFAULT_INPUT_POLICY=\"ACCEPT\"", Some("")).lets_in(25), Some(true));
}
