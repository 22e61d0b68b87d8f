//! Metabases made here from the format's description, read and mapped.

#![allow(clippy::unwrap_used)]

mod every;
mod lists;

use super::*;
use control::import::ImportFate;
use control::settings::{AccessRule, ListenerEncryption, RuleAction, SignIn, SmartHostEncryption};
use lists::{block, hex};

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
    let copy = row(&server, "Send copy of non-delivery report to");
    assert_eq!((copy.fate, settings.reports.copy_to.as_deref()), (ImportFate::Carried, Some("boss@office.example")));
    let public = server.rows.iter().find(|row| row.was.contains("203.0.113.9")).unwrap();
    assert_eq!(public.fate, ImportFate::NotCarried, "a public address is a person's decision");
    let branch = row(&server, "Domain branch.example");
    assert_eq!((branch.fate, branch.becomes.as_str()), (ImportFate::Carried, "a route for branch.example through 10.1.0.5, port 587"));
    assert_eq!((settings.routes[0].recipients[0].as_str(), settings.routes[0].via[0].as_str()), ("branch.example", "branch-example"));
    assert_eq!(settings.other_smart_hosts[0].smart_host.server, "10.1.0.5");
    for left in ["Masquerade domain", "Pickup folder"] {
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
    assert!(row(&none, "Pickup folder").why.starts_with("It is not on this machine."));
    let closed = Around { closed: ["C:\\mail\\Pickup".to_owned()].into(), account: r"NT SERVICE\Outtray".into(), ..Around::default() };
    let closed = map::view(server, &closed);
    assert_eq!((closed.settings.pickup.is_none(), row(&closed, "Pickup folder").fate), (true, ImportFate::NotCarried));
    let why = &row(&closed, "Pickup folder").why;
    assert!(why.starts_with(r"The account Outtray runs as (NT SERVICE\Outtray) may not change files there."), "{why}");
    #[cfg(windows)]
    assert!(why.contains(r#"icacls "C:\mail\Pickup" /grant "NT SERVICE\Outtray:(OI)(CI)M""#), "{why}");
}

/// Even root makes no files in /proc.
#[cfg(unix)]
#[test]
fn whether_a_folder_may_be_emptied_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display().to_string();
    for (named, fate, why) in [
        (here.as_str(), ImportFate::Carried, ""),
        ("/proc/self", ImportFate::NotCarried, "The account"),
        ("/proc/none", ImportFate::NotCarried, "It is not"),
    ] {
        let servers = servers(&metabase_with(&format!(r#"PickupDirectory="{named}""#), "", ""));
        // Another has counted what this account may not look into.
        let closed = LeftMail { folder: control::import::MailFolder::Queue, path: "/proc/version".into(), messages: 3, unreadable: None };
        let mut folders = servers[0].clone();
        folders.values.insert("queuedirectory".into(), Value::Text(closed.path.clone()));
        let read = Read { source: ImportSource::Nothing, servers, folders: Some(Folders::of(&[folders])), left: vec![closed.clone()] };
        // Through the door to the engine.
        let read = Read::from_text(&read.to_text().unwrap()).unwrap();
        let service = TakeOverView { service: SmtpService::Unknown, may_control: false, taken: None, left: Vec::new() };
        let found = look(Ok(&read), &Around::default(), service);
        assert!(found.service.left.contains(&closed), "{:?}", found.service.left);
        let row = row(&found.servers[0], "Pickup folder");
        assert_eq!((row.fate, row.why.starts_with(why)), (fate, true), "{row:?}");
        assert_eq!(found.servers[0].settings.pickup.is_some(), fate == ImportFate::Carried);
    }
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

/// Port 25 without encryption was written whatever the virtual server was set to, and a domain that signs in went to the provider.
#[test]
fn a_domain_goes_out_as_its_virtual_server_does() {
    let with = |server: &str, domain: &str| {
        let domain = format!(r#"<IIsSmtpDomain Location="/LM/SmtpSvc/1/Domain/branch.example" RouteActionString="[10.1.0.5]" {domain}/>"#);
        let server = imported(&metabase_with(&format!(r#"SmartHost="mail.example" {server}"#), "", &domain));
        let facts = crate::settings::Facts::new(std::env::temp_dir(), "srv");
        assert_eq!(crate::settings::check(&server.settings, &facts).err(), None);
        let way = server.settings.other_smart_hosts[0].smart_host.clone();
        (way.port, way.encryption, way.sign_in, row(&server, "Domain branch.example").clone())
    };
    let (port, encryption, sign_in, _) = with("", r#"RouteAction="2""#);
    assert_eq!((port, encryption, sign_in), (25, SmartHostEncryption::None, SignIn::None));
    let (port, encryption, ..) = with(r#"RemoteSmtpPort="2525" AlwaysUseSsl="TRUE""#, r#"RouteAction="2""#);
    assert_eq!((port, encryption), (2525, SmartHostEncryption::Starttls));
    let (port, encryption, ..) = with(r#"RemoteSmtpPort="465""#, r#"RouteAction="SMARTHOST""#);
    assert_eq!((port, encryption), (465, SmartHostEncryption::Implicit));
    // It signs in: encrypted, and with a password of its own.
    let (port, encryption, sign_in, row) = with("", r#"RouteAction="264" RouteUserName="ann""#);
    assert_eq!((port, encryption, sign_in), (25, SmartHostEncryption::Starttls, SignIn::Password { user: "ann".into() }));
    assert_eq!((row.fate, row.why.contains("type it under More providers, at branch-example")), (ImportFate::Changed, true), "{row:?}");
    let (_, _, sign_in, row) = with("", r#"RouteAction="2" RouteUserName="ann""#);
    assert_eq!((sign_in, row.fate), (SignIn::None, ImportFate::Carried), "anonymous; the name is only kept there");
}

#[test]
fn further_smart_hosts_are_tried_in_turn_as_before() {
    let server = imported(&metabase_with(r#"SmartHost="[10.0.0.5]; backup.example,third.example;no name;10.0.0.5""#, "", ""));
    let settings = &server.settings;
    assert_eq!(settings.default_route, ["default", "backup-example", "third-example"]);
    let servers: Vec<&str> = settings.other_smart_hosts.iter().map(|other| other.smart_host.server.as_str()).collect();
    assert_eq!(servers, ["backup.example", "third.example"]);
    let rows: Vec<_> =
        server.rows.iter().filter(|row| row.setting == "Further smart hosts").map(|row| (row.fate, row.was.as_str())).collect();
    assert_eq!(rows, [(ImportFate::NotCarried, "no name"), (ImportFate::Carried, "backup.example, third.example")]);
    let facts = crate::settings::Facts::new(std::env::temp_dir(), "srv");
    assert_eq!(crate::settings::check(settings, &facts).err(), None);
    let signing_in =
        imported(&metabase_with(r#"SmartHost="a.example;b.example" RouteAction="268" RouteUserName="ann" RemoteSmtpPort="587""#, "", ""));
    let second = &signing_in.settings.other_smart_hosts[0].smart_host;
    assert_eq!(
        (second.port, &second.sign_in, second.encryption),
        (587, &SignIn::Password { user: "ann".into() }, SmartHostEncryption::Starttls)
    );
    assert_eq!(row(&signing_in, "Further smart hosts").fate, ImportFate::Changed);
    let one = imported(&metabase_with(r#"SmartHost="a.example""#, "", ""));
    assert_eq!(one.settings.default_route, [""; 0]);
}

/// It said that senders stay as devices write them, which has not been so since senders can become others.
#[test]
fn a_masquerade_domain_says_what_can_be_had_instead() {
    let server = imported(&metabase_with(r#"SmartHost="a.example" MasqueradeDomain="office.example""#, "", ""));
    let row = row(&server, "Masquerade domain");
    assert!(row.why.contains("one whole address instead of others"), "{row:?}");
    assert_eq!(server.settings.smart_host.unwrap().rewriting, None, "a domain alone is nothing `rewriting` can say");
}

#[test]
fn domains_that_wmi_could_not_read_were_silently_none() {
    let json = |domains: &str| format!(r#"{{"way":"wmi","servers":[{{"number":1,"values":{{}},"lists":{{}},{domains}}}],"troubles":[]}}"#);
    let view = |domains: &str| map::view(&live::parse(&json(domains)).unwrap().1[0], &Around::default());
    let unread = view(r#""domains":[],"domainsUnread":"Access denied \r\n""#);
    assert_eq!(row(&unread, "Domains").was, "could not be read: Access denied");
    let read = view(
        r#""domains":{"name":"branch.example","values":{"RouteAction":"10","RouteActionString":"[10.1.0.5]","RouteUserName":"ann"}},"domainsUnread":null"#,
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

/// MetaBase.xml has words where ADSI has numbers: what was demanded vanished without a row.
#[test]
fn what_was_demanded_in_words_was_not_demanded_here() {
    let list = hex(&block(&[("255.255.255.0", &["192.168.1.0"])], &[], &[]));
    for (attributes, encryption, sign_in, unread) in [
        (r#"AuthFlags="AuthAnonymous | AuthNTLM""#, false, false, None),
        (r#"AuthFlags="AuthBasic | authntlm" AccessSSLFlags="AccessSSL | AccessSSL128""#, true, true, None),
        (r#"AuthFlags="AuthNTLM | 2" AccessSSLFlags="8""#, true, true, None),
        (r#"AuthFlags="" AccessSSLFlags="AccessSSLRequireCert""#, true, true, None),
        (r#"AuthFlags="AuthWhatever""#, false, true, Some(("Authentication", "could not be read: AuthWhatever"))),
        (
            r#"AuthFlags="1" AccessSSLFlags="AccessSSLNew""#,
            true,
            false,
            Some(("Require TLS of devices", "could not be read: AccessSSLNew")),
        ),
    ] {
        let server = imported(&metabase_with(&format!(r#"RelayIpList="{list}" {attributes}"#), "", ""));
        let [rule] = server.settings.rules.as_slice() else { panic!("{:?}", server.settings.rules) };
        assert_eq!((rule.require_encryption, rule.require_sign_in), (encryption, sign_in), "{attributes}");
        assert_eq!(server.rows.iter().any(|row| row.setting == "Anonymous access" && row.fate == ImportFate::Changed), sign_in);
        if let Some((setting, was)) = unread {
            assert_eq!(row(&server, setting).was, was);
        }
    }
    let all = imported(&metabase_with(r#"AuthFlags="AuthBasic | AuthNTLM | AuthMD5 | AuthPassport""#, "", ""));
    assert_eq!(row(&all, "Sign-in of devices").was, "basic and Windows and digest and Passport");
    let server =
        imported(&metabase_with(r#"SmartHost="mail.example" RouteAction="SSL | SASL | AUTH_CLEARTEXT" RouteUserName="ann""#, "", ""));
    let smart_host = server.settings.smart_host.unwrap();
    assert_eq!(smart_host.sign_in, SignIn::Password { user: "ann".into() });
    assert_eq!(smart_host.encryption, SmartHostEncryption::Starttls);
    let server = imported(&metabase_with(r#"SmartHost="mail.example" RouteAction="SOMETHING""#, "", ""));
    assert_eq!(server.settings.smart_host.as_ref().unwrap().encryption, SmartHostEncryption::Starttls);
    assert_eq!(row(&server, "Outbound security").was, "could not be read: SOMETHING");
}

#[test]
fn a_yes_that_is_all_ones_was_a_no() {
    for (value, on) in [("4294967295", true), ("-1", true), ("0xFFFFFFFF", true), ("TRUE", true), ("0", false), ("FALSE", false)] {
        let server =
            imported(&metabase_with(&format!(r#"RelayForAuth="{value}" SmartHost="mail.example" AlwaysUseSsl="{value}""#), "", ""));
        assert_eq!(server.rows.iter().any(|row| row.setting == "Allow all that sign in to relay"), on, "{value}");
        let encrypts = server.settings.smart_host.unwrap().encryption == SmartHostEncryption::Starttls;
        assert_eq!(encrypts, on, "{value}");
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
