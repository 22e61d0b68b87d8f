//! Metabases made here from the format's description, read and mapped.

#![allow(clippy::unwrap_used)]

use super::ipsec::{self, List};
use super::*;
use control::import::ImportFate;
use control::settings::{AccessRule, ListenerEncryption, RuleAction, SignIn, SmartHostEncryption};
use proptest::prelude::*;
use std::net::Ipv4Addr;

/// Writes the block as the description has it: groups of (mask, addresses), and names.
fn block(grant: &[(&str, &[&str])], deny: &[(&str, &[&str])], grant_names: &[&str]) -> Vec<u8> {
    const RELATIVE: u32 = 0x8000_0000;
    let table = |groups: &[(&str, &[&str])]| 8 + groups.len() * 20;
    let deny_at = 24;
    let grant_at = deny_at + table(deny);
    let deny_names_at = grant_at + table(grant);
    let grant_names_at = deny_names_at + 8;
    let data_at = grant_names_at + 8 + grant_names.len() * 4;
    let (mut words, mut data) = (Vec::<u32>::new(), Vec::<u8>::new());
    words.extend([deny_at, grant_at, deny_names_at, grant_names_at].map(|at| at as u32 | RELATIVE));
    words.extend([1, data_at as u32]);
    for groups in [deny, grant] {
        words.extend([groups.len() as u32, groups.iter().map(|(_, addresses)| addresses.len() as u32).sum()]);
        for (mask, addresses) in groups {
            words.extend([2, addresses.len() as u32 + 1, 4, 0, (data_at + data.len()) as u32 | RELATIVE]);
            for address in [mask].into_iter().chain(addresses.iter()) {
                data.extend(address.parse::<Ipv4Addr>().unwrap().octets());
            }
        }
    }
    words.extend([0, 0]);
    words.extend([grant_names.len() as u32, 0]);
    for name in grant_names {
        words.push((data_at + data.len()) as u32 | RELATIVE);
        data.extend(name.bytes().chain([0]));
    }
    words.into_iter().flat_map(u32::to_le_bytes).chain(data).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What IIS Manager made of the one address 127.0.0.1.
const ONE_ADDRESS: &str = "18000080 20000080 3c000080 44000080 01000000 4c000000 00000000 00000000 01000000 01000000 02000000 02000000 \
                           04000000 00000000 4c000080 00000000 00000000 00000000 00000000 ffffffff 7f000001";

#[test]
fn the_list_iis_manager_made_is_read_and_made_again() {
    let Access::OnlyThese(list) = ipsec::from_hex(ONE_ADDRESS).unwrap() else { panic!() };
    assert_eq!(list, List { networks: vec!["127.0.0.1/32".parse().unwrap()], ..List::default() });
    // The order of the two tables of addresses in the header is the same; so is every byte.
    assert_eq!(hex(&block(&[("255.255.255.255", &["127.0.0.1"])], &[], &[])), ONE_ADDRESS.replace(' ', ""));
}

#[test]
fn groups_of_every_mask_are_read_and_what_is_odd_is_named() {
    let block = block(
        &[("255.255.255.0", &["192.168.1.0", "192.168.2.0"]), ("255.255.255.255", &["10.0.0.7"]), ("255.0.255.0", &["10.0.1.0"])],
        &[("255.255.255.255", &["192.168.1.66"])],
        &["printers.office.example"],
    );
    let Access::OnlyThese(list) = ipsec::from_bytes(&block).unwrap() else { panic!() };
    let networks: Vec<String> = list.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.168.1.0/24", "192.168.2.0/24", "10.0.0.7/32"]);
    assert_eq!(list.names, ["printers.office.example"]);
    assert_eq!(list.odd, ["10.0.1.0 with mask 255.0.255.0"]);
    assert_eq!(list.but_not, ["192.168.1.66/32".parse().unwrap()]);
}

#[test]
fn an_empty_list_of_those_allowed_is_not_an_empty_list_of_those_refused() {
    let nobody = ipsec::from_bytes(&block(&[("255.255.255.255", &[])], &[], &[])).unwrap();
    assert_eq!(nobody, Access::OnlyThese(List::default()));
    for everyone in [block(&[], &[], &[]), Vec::new()] {
        assert_eq!(ipsec::from_bytes(&everyone).unwrap(), Access::AllExcept(List::default()));
    }
    let Access::AllExcept(list) = ipsec::from_bytes(&block(&[], &[("255.255.255.255", &["10.0.0.66"])], &[])).unwrap() else { panic!() };
    assert_eq!(list.networks, ["10.0.0.66/32".parse().unwrap()]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ipsec::from_bytes(&bytes);
    }

    #[test]
    fn no_damage_to_a_good_list_makes_the_reader_fall(at in 0_usize..84, to in any::<u8>(), cut in 0_usize..84) {
        let mut bytes = block(&[("255.255.255.255", &["127.0.0.1"])], &[], &[]);
        bytes[at] = to;
        let _ = ipsec::from_bytes(&bytes);
        bytes.truncate(cut);
        let _ = ipsec::from_bytes(&bytes);
    }

    #[test]
    fn no_text_makes_the_metabase_reader_fall(text in "\\PC{0,200}") {
        let _ = metabase::read(text.as_bytes());
    }
}

/// A metabase with one virtual server, whose attributes these are.
fn metabase_with(attributes: &str, inside: &str, domains: &str) -> String {
    format!(
        r#"<?xml version ="1.0"?>
<configuration xmlns="urn:microsoft-catalog:XML_Metabase_V64_0">
<MBProperty>
<IIsWebServer Location ="/LM/W3SVC/1" ServerBindings=":80:" />
<IIsSmtpService Location ="/LM/SmtpSvc" MaxRecipients="100" HopCount="15" MaxMessageSize="2097152" SmtpRemoteProgressiveRetry="15,30,60,240"
  SmtpRemoteNDRExpireMinutes="2880" SmtpRemoteDelayExpireMinutes="720" RoutePassword="4963735f" />
<IIsSmtpServer Location ="/LM/SmtpSvc/1" {attributes}>{inside}</IIsSmtpServer>
{domains}
</MBProperty>
</configuration>
"#
    )
}

fn office365() -> String {
    let list =
        hex(&block(&[("255.255.255.0", &["192.168.1.0"]), ("255.255.255.255", &["127.0.0.1", "10.0.0.7", "203.0.113.9"])], &[], &[]));
    metabase_with(
        &format!(
            r#"ServerComment="Default SMTP Virtual Server" ServerBindings=":25:
               192.168.1.2:587:" SmartHost="smtp.office365.com" SmartHostType="2" RemoteSmtpPort="587" RouteUserName="scan@office.example"
               RouteAction="268" RelayIpList="{list}" FullyQualifiedDomainName="srv.office.example" MasqueradeDomain="office.example"
               SendNdrTo="boss@office.example" PickupDirectory="C:\inetpub\mailroot\Pickup" MaxMessageSize="31457280""#
        ),
        "",
        r#"<IIsSmtpDomain Location ="/LM/SmtpSvc/1/Domain/branch.example" RouteAction="2" RouteActionString="[10.1.0.5]" />"#,
    )
}

fn servers(text: &str) -> Vec<IisServer> {
    metabase::read(text.as_bytes()).unwrap()
}

fn imported(text: &str) -> ImportServer {
    let around = Around { private_networks: vec![("192.168.7.0/24".into(), "Ethernet".into())], ..Around::default() };
    map::view(&servers(text)[0], &around)
}

fn row<'a>(server: &'a ImportServer, setting: &str) -> &'a control::import::ImportRow {
    server.rows.iter().find(|row| row.setting == setting).unwrap_or_else(|| panic!("{setting}: {:#?}", server.rows))
}

#[test]
fn the_office_everyone_has_is_carried_over() {
    let server = imported(&office365());
    let smart_host = server.settings.smart_host.clone().unwrap();
    assert_eq!((smart_host.provider.as_str(), smart_host.server.as_str(), smart_host.port), ("microsoft365", "smtp.office365.com", 587));
    assert_eq!(smart_host.encryption, SmartHostEncryption::Starttls);
    assert_eq!(smart_host.sign_in, SignIn::Password { user: "scan@office.example".into() });
    assert!(server.needs_password);
    let settings = &server.settings;
    let allowed: Vec<&str> = settings.rules.iter().map(|rule| rule.network.as_str()).collect();
    assert_eq!(allowed, ["192.168.1.0/24", "127.0.0.1", "10.0.0.7"]);
    let listeners: Vec<_> = settings.listeners.iter().map(|l| (l.address.as_str(), l.port, l.encryption)).collect();
    assert_eq!(listeners, [("0.0.0.0", 25, ListenerEncryption::Starttls), ("192.168.1.2", 587, ListenerEncryption::Starttls)]);
    assert_eq!((settings.host_name.as_str(), settings.limits.message_bytes), ("srv.office.example", 31_457_280));
    let delivery = &settings.delivery;
    assert_eq!((delivery.first_retry_seconds, delivery.longest_retry_seconds), (900, 14_400));
    assert_eq!((delivery.lifetime_seconds, delivery.delay_notice_seconds), (172_800, 43_200));
    let public = server.rows.iter().find(|row| row.was.contains("203.0.113.9")).unwrap();
    assert_eq!(public.fate, ImportFate::NotCarried, "a public address is a person's decision");
    let branch = row(&server, "Domain branch.example");
    assert_eq!((branch.fate, branch.becomes.as_str()), (ImportFate::Carried, "a route for branch.example through 10.1.0.5"));
    assert_eq!((settings.routes[0].recipients[0].as_str(), settings.routes[0].via[0].as_str()), ("branch.example", "branch-example"));
    assert_eq!(settings.other_smart_hosts[0].smart_host.server, "10.1.0.5");
    for left in ["Masquerade domain", "Send copy of non-delivery report to", "Pickup folder"] {
        let row = row(&server, left);
        assert_eq!((row.fate, row.becomes.as_str()), (ImportFate::NotCarried, ""), "{left}");
        assert!(row.why.ends_with('.'), "{left}: {}", row.why);
    }
    let facts = crate::settings::Facts::new(std::env::temp_dir(), "srv");
    assert_eq!(crate::settings::check(settings, &facts).err(), None);
    assert!(!format!("{server:?}").contains("4963735f"), "the encrypted password is nobody's to see");
}

#[test]
fn the_pickup_folder_is_taken_over_where_it_is_here() {
    let text = metabase_with(r#"ServerBindings=":25:" PickupDirectory="C:\mail\Pickup" BadMailDirectory="C:\mail\Badmail""#, "", "");
    let server = &servers(&text)[0];
    let with = |folders: &[&str]| {
        let around = Around { folders: folders.iter().map(|folder| (*folder).to_owned()).collect(), ..Around::default() };
        map::view(server, &around)
    };
    let both = with(&["C:\\mail\\Pickup", "C:\\mail\\Badmail"]);
    let pickup = both.settings.pickup.clone().unwrap();
    assert_eq!((pickup.folder.as_str(), pickup.bad_folder.as_str()), ("C:\\mail\\Pickup", "C:\\mail\\Badmail"));
    assert_eq!(row(&both, "Pickup folder").fate, ImportFate::Carried);
    assert_eq!(row(&both, "Badmail folder").fate, ImportFate::Changed);
    let one = with(&["C:\\mail\\Pickup"]);
    assert_eq!(one.settings.pickup.as_ref().unwrap().bad_folder, "badmail");
    assert_eq!(row(&one, "Badmail folder").fate, ImportFate::NotCarried);
    let none = with(&[]);
    assert_eq!((none.settings.pickup.is_none(), row(&none, "Pickup folder").fate), (true, ImportFate::NotCarried));
}

#[test]
fn every_row_says_what_happened_or_why_not() {
    for text in [
        office365(),
        metabase_with("", "", ""),
        metabase_with(
            r#"AuthFlags="7" RelayForAuth="TRUE" LogType="1" EnableReverseDnsLookup="TRUE" AdminACL="49" SmtpRoutingTableType="ldap" BadMailDirectory="C:\b" QueueDirectory="C:\q" MaxSessionSize="10485760" AccessSSLFlags="8" SmartHost="[10.0.0.5];backup.example" SmartHostType="1" MaxOutConnections="1000" MaxBatchedMessages="20" RemoteTimeout="600" MaxConnections="200" ConnectionTimeout="600" SmtpLocalNDRExpireMinutes="2880" AlwaysUseSsl="TRUE""#,
            "",
            "",
        ),
    ] {
        let server = imported(&text);
        assert!(!server.rows.is_empty());
        for row in &server.rows {
            assert!(!row.was.is_empty(), "{row:?}");
            assert_eq!(row.becomes.is_empty(), row.fate == ImportFate::NotCarried, "{row:?}");
            assert!(row.fate == ImportFate::Carried || row.why.ends_with('.'), "{row:?}");
        }
    }
}

/// The names in a list of the script that asks the running service.
fn asked(list: &str) -> Vec<&'static str> {
    let script = include_str!("live.ps1");
    let names = script.split(&format!("${list} = @(")).nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let names: Vec<&str> = names.split(',').map(|name| name.trim().trim_matches('\'')).collect();
    assert!(names.len() >= 3 && names.iter().all(|name| name.chars().all(char::is_alphanumeric)), "{names:?}");
    names
}

/// Somebody set it to this.
fn set_to(name: &str) -> Value {
    Value::Text(match name {
        "AuthFlags" => "2".into(),
        "AuthAnonymous" | "AuthBasic" | "AuthNTLM" | "RelayForAuth" | "AlwaysUseSsl" | "EnableReverseDnsLookup" => "True".into(),
        "AccessSSLFlags" => "8".into(),
        "LogType" => "1".into(),
        "SmartHostType" => "2".into(),
        "RouteAction" => "4".into(),
        "SmtpRoutingTableType" => "ldap".into(),
        "ServerBindings" | "SecureBindings" => ":2525:".into(),
        "SmartHost" => "other.example".into(),
        name if (name.contains("Domain") && !name.starts_with("Max")) || name.contains("Comment") || name.contains("Directory") => {
            "set.example".into()
        }
        "RouteUserName" | "SendNdrTo" => "ann@set.example".into(),
        "RouteActionString" => "[10.0.0.9]".into(),
        _ => "40".into(),
    })
}

#[test]
fn settings_were_read_and_nothing_was_said_of_them() {
    let view = |server: &IisServer| {
        let found = map::view(server, &Around::default());
        (found.name, found.rows, found.settings)
    };
    for smart_host in [Some("mail.example"), None] {
        let mut server = IisServer { number: 1, ..IisServer::default() };
        server.values.extend(smart_host.map(|host| ("smarthost".to_owned(), Value::Text(host.to_owned()))));
        let before = view(&server);
        for name in asked("names") {
            let mut values = server.values.clone();
            values.insert(name.to_ascii_lowercase(), set_to(name));
            let is_said = view(&IisServer { values, ..server.clone() }) != before;
            // Without a smart host its kind says nothing new.
            assert!(is_said || (smart_host.is_none() && name == "SmartHostType"), "{name} with {smart_host:?}");
        }
    }
    let domain = |values: &[(&str, Value)]| {
        let values = values.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        view(&IisServer { number: 1, domains: vec![IisDomain { name: "branch.example".into(), values }], ..IisServer::default() })
    };
    let way = ("RouteActionString", Value::Text("[10.1.0.5]".into()));
    for name in asked("domainNames") {
        let value = if name == "RouteAction" { Value::Text("0x1000".into()) } else { set_to(name) };
        assert_ne!(domain(&[(name, value.clone())]), domain(&[]), "{name}");
        if name == "RouteUserName" {
            assert_ne!(domain(&[way.clone(), (name, value)]), domain(std::slice::from_ref(&way)), "{name} with a way of its own");
        }
    }
}

#[test]
fn a_smart_host_that_was_switched_off_was_taken_for_one_in_use() {
    let server = imported(&metabase_with(
        r#"SmartHost="old.example" SmartHostType="0" RemoteSmtpPort="587" RouteAction="268" RouteUserName="ann""#,
        "",
        "",
    ));
    assert_eq!((server.settings.smart_host.clone(), server.needs_password), (None, false));
    let smart_host = row(&server, "Smart host");
    assert_eq!(smart_host.fate, ImportFate::NotCarried);
    assert!(smart_host.was.starts_with("old.example, but switched off"), "{smart_host:?}");
    assert_eq!(row(&server, "Outbound sign-in").was, "ann");
    assert!(
        imported(&metabase_with(r#"SmartHost="old.example""#, "", "")).settings.smart_host.is_some(),
        "MetaBase.xml may leave the kind out"
    );
}

#[test]
fn domains_that_wmi_could_not_read_were_silently_none() {
    let json = |domains: &str| format!(r#"{{"way":"wmi","servers":[{{"number":1,"values":{{}},"lists":{{}},{domains}}}],"troubles":[]}}"#);
    let view = |domains: &str| map::view(&live::parse(&json(domains)).unwrap().1[0], &Around::default());
    let unread = view(r#""domains":[],"domainsUnread":"Access denied \r\n""#);
    assert_eq!(row(&unread, "Domains").was, "could not be read: Access denied");
    let read = view(
        r#""domains":{"name":"branch.example","values":{"RouteAction":"2","RouteActionString":"[10.1.0.5]","RouteUserName":"ann"}},"domainsUnread":null"#,
    );
    assert_eq!(row(&read, "Domain branch.example").was, "remote, by way of [10.1.0.5], signed in as ann");
    assert!(!read.rows.iter().any(|row| row.setting == "Domains"));
}

#[test]
fn nobody_is_let_in_because_iis_let_everyone_in() {
    let everyone = hex(&block(&[], &[("255.255.255.255", &["10.0.0.66"])], &[]));
    let zero = hex(&block(&[("0.0.0.0", &["0.0.0.0"])], &[], &[]));
    for (list, proposed) in [(everyone.as_str(), true), ("", true), ("zz", true), ("18000080", true), (zero.as_str(), false)] {
        let server = imported(&metabase_with(&format!(r#"RelayIpList="{list}" SmartHost="mail.example""#), "", ""));
        let allowed: Vec<&str> = server.settings.rules.iter().map(|rule| rule.network.as_str()).collect();
        assert_eq!(allowed, if proposed { vec!["192.168.7.0/24"] } else { vec![] }, "{list}");
        assert_ne!(row(&server, "Relay restrictions").fate, ImportFate::Carried, "{list}");
    }
    let nobody = imported(&metabase_with(r#"SmartHost="mail.example""#, "", ""));
    assert!(nobody.settings.rules.is_empty(), "without a list nobody could relay");
}

#[test]
fn a_first_retry_after_the_usual_lifetime_made_settings_that_break_the_rules() {
    let text = metabase_with("", "", "").replace("15,30,60,240", "15530").replace("SmtpRemoteNDRExpireMinutes", "Nothing");
    let settings = imported(&text).settings;
    assert_eq!((settings.delivery.first_retry_seconds, settings.delivery.lifetime_seconds), (604_800, 604_800));
    let facts = crate::settings::Facts::new(std::env::temp_dir(), "srv");
    assert_eq!(crate::settings::check(&settings, &facts).err(), None);
}

/// As they come out: those that are refused with a minus.
fn networks(server: &ImportServer) -> Vec<String> {
    let sign = |rule: &AccessRule| if rule.action == RuleAction::Refuse { "-" } else { "" };
    server.settings.rules.iter().map(|rule| format!("{}{}", sign(rule), rule.network)).collect()
}

#[test]
fn connection_control_never_widens_and_its_exceptions_are_refused() {
    let relay = hex(&block(&[("255.255.255.0", &["192.168.1.0", "192.168.2.0"])], &[], &[]));
    let one = "255.255.255.255";
    for (control, expected, becomes) in [
        (block(&[("255.255.255.0", &["192.168.1.0"])], &[], &[]), &["192.168.1.0/24"][..], "who may send: 192.168.1.0/24"),
        (block(&[("255.255.0.0", &["192.168.0.0"])], &[], &[]), &["192.168.1.0/24", "192.168.2.0/24"], "the same, by who may send"),
        (block(&[(one, &["192.168.1.5", "10.0.0.1"])], &[], &[]), &["192.168.1.5"], "who may send: 192.168.1.5"),
        (block(&[(one, &["10.0.0.1"])], &[], &[]), &[], "nobody of those above may send"),
        (
            block(&[], &[(one, &["192.168.1.66", "10.0.0.1"])], &[]),
            &["-192.168.1.66", "192.168.1.0/24", "192.168.2.0/24"],
            "192.168.1.66 is refused; nobody else there may send",
        ),
        (block(&[], &[("255.255.0.0", &["192.168.0.0"])], &[]), &[], "192.168.0.0/16 is refused"),
        (
            block(&[], &[("255.255.255.128", &["192.168.1.0", "192.168.1.128"])], &[]),
            &["192.168.2.0/24"],
            "192.168.1.0/25, 192.168.1.128/25 is refused",
        ),
        (block(&[], &[(one, &["10.0.0.1"])], &[]), &["192.168.1.0/24", "192.168.2.0/24"], "the same: nobody there may send"),
    ] {
        let text = format!(r#"RelayIpList="{relay}" IPSecurity="{}" SmartHost="mail.example""#, hex(&control));
        let server = imported(&metabase_with(&text, "", ""));
        assert_eq!(networks(&server), expected, "{becomes}");
        assert_eq!(row(&server, "Connection control").becomes, becomes);
        let facts = crate::settings::Facts::new(std::env::temp_dir(), "srv");
        assert_eq!(crate::settings::check(&server.settings, &facts).err(), None);
    }
}

#[test]
fn exceptions_of_the_relay_list_are_refused_in_front_of_what_is_allowed() {
    let one = "255.255.255.255";
    let grant = block(&[("255.255.255.0", &["192.168.1.0"])], &[(one, &["192.168.1.66"])], &[]);
    let server = imported(&metabase_with(&format!(r#"RelayIpList="{}""#, hex(&grant)), "", ""));
    assert_eq!(networks(&server), ["-192.168.1.66", "192.168.1.0/24"]);
    assert!(server.rows.iter().any(|row| row.was == "but not 192.168.1.66" && row.fate == ImportFate::Carried));
    let everyone = block(&[], &[(one, &["192.168.7.9"]), ("255.255.255.0", &["10.0.0.0"]), ("255.0.255.0", &["10.0.1.0"])], &[]);
    let server = imported(&metabase_with(&format!(r#"RelayIpList="{}""#, hex(&everyone)), "", ""));
    assert_eq!(networks(&server), ["-192.168.7.9", "192.168.7.0/24"]);
    assert_eq!(row(&server, "Relay restrictions").becomes, "192.168.7.0/24, but not 192.168.7.9");
    let holes = server.rows.iter().find(|row| row.was == "everyone except 10.0.1.0 with mask 255.0.255.0").unwrap();
    assert_eq!(holes.fate, ImportFate::NotCarried);
}

#[test]
fn what_iis_demanded_of_devices_every_rule_demands() {
    let list = hex(&block(&[("255.255.255.0", &["192.168.1.0"])], &[], &[]));
    for (attributes, encryption, sign_in) in
        [(r#"AuthFlags="1""#, false, false), (r#"AuthFlags="2""#, false, true), (r#"AuthFlags="1" AccessSSLFlags="8""#, true, false)]
    {
        let server = imported(&metabase_with(&format!(r#"RelayIpList="{list}" {attributes}"#), "", ""));
        let [rule] = server.settings.rules.as_slice() else { panic!("{:?}", server.settings.rules) };
        assert_eq!((rule.require_encryption, rule.require_sign_in), (encryption, sign_in), "{attributes}");
    }
}

#[test]
fn settings_with_numbers_for_names_and_wide_text_are_read() {
    let custom = r#"<Custom Name="UnknownName_36905" ID="36905" Value="2" Type="DWORD" /><Custom Name="SmartHost" ID="36906" Value="relay.example" Type="STRING" />
                    <Custom Name="UnknownName_36946" ID="36946" Value="264" /><Custom Name="RouteUserName" ID="1" Value="DOMAIN\scan" />"#;
    let text = metabase_with("", custom, "");
    let wide = |order: fn(u16) -> [u8; 2], mark: [u8; 2]| mark.into_iter().chain(text.encode_utf16().flat_map(order)).collect::<Vec<u8>>();
    let marked: Vec<u8> = [0xEF, 0xBB, 0xBF].into_iter().chain(text.bytes()).collect();
    for bytes in [wide(u16::to_le_bytes, [0xFF, 0xFE]), wide(u16::to_be_bytes, [0xFE, 0xFF]), marked] {
        let server = map::view(&metabase::read(&bytes).unwrap()[0], &Around::default());
        let smart_host = server.settings.smart_host.unwrap();
        assert_eq!((smart_host.server.as_str(), smart_host.port), ("relay.example", 25));
        assert_eq!(smart_host.sign_in, SignIn::Password { user: r"DOMAIN\scan".into() });
        assert_eq!(smart_host.encryption, SmartHostEncryption::Starttls, "no password without encryption");
    }
}

#[test]
fn two_servers_are_two_and_what_is_above_counts_for_both() {
    let text =
        metabase_with(r#"SmartHost="a.example""#, "", r#"<IIsSmtpServer Location="/LM/SMTPSVC/2" SmartHost="b.example" HopCount="40" />"#);
    let found = servers(&text);
    assert_eq!(found.iter().map(|server| (server.number, server.number("HopCount"))).collect::<Vec<_>>(), [(1, Some(15)), (2, Some(40))]);
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let whole = office365();
    let cut = &whole[..whole.len() / 2];
    let rows: [(&[u8], &str); 5] = [
        (cut.as_bytes(), "damaged at line"),
        (b"<configuration/>", "no SMTP virtual server"),
        (b"\xFF\xFE\x00\xD8", "neither UTF-8 nor UTF-16"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "damaged at line"),
        (b"", "damaged at line"),
    ];
    for (bytes, said) in rows {
        let trouble = metabase::read(bytes).unwrap_err();
        assert!(trouble.contains(said), "{trouble}");
    }
}
