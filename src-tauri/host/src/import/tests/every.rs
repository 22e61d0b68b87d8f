//! Nothing that is set goes unsaid.

use super::lists::ONE_ADDRESS;
use super::*;

/// The names in a list of the script that asks the running service.
fn asked(list: &str) -> Vec<&'static str> {
    let script = include_str!("../live.ps1");
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

/// The table has every setting that is known of; each must be told of, under the name that stands there.
#[test]
fn every_setting_known_of_has_its_row() {
    let table: Vec<[&str; 3]> = include_str!("../keys.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
        .collect();
    let with = |more: &str| {
        let text = format!(r#"<a><IIsSmtpServer Location="/LM/SmtpSvc/1" {more}/></a>"#);
        imported(&text).rows
    };
    let before = with(r#"SmartHost="other.example""#);
    for [name, value, setting] in &table {
        let smart_host = if *name == "SmartHost" { "" } else { r#"SmartHost="other.example""# };
        let rows = with(&format!(r#"{smart_host} {name}="{value}""#));
        let row = rows.iter().find(|row| row.setting == *setting && !before.contains(row));
        assert!(row.is_some(), "{name}: {rows:#?}");
        assert!(*setting == "Also found" || !rows.iter().any(|row| row.setting == "Also found"), "{name}");
    }
    let is_known = |name: &str| table.iter().any(|[known, ..]| known.eq_ignore_ascii_case(name));
    for name in asked("names").into_iter().filter(|name| *name != "ServerComment") {
        assert!(is_known(name), "{name} is asked for, and not in the table");
    }
    for name in map::MAPPED.iter().filter(|name| **name != "servercomment") {
        assert!(is_known(name), "{name} is said to be mapped, and not in the table");
    }
    let unknown = with(r#"NeverHeardOf="7" AnotherOne="x""#);
    assert_eq!(unknown.iter().find(|row| row.setting == "Also found").unwrap().was, "anotherone x, neverheardof 7");
    assert!(!format!("{:?}", with(r#"LogOdbcPassword="49637" SmtpDsPassword="49638" UNCPass="49639""#)).contains("4963"));
}

#[test]
fn what_a_domain_has_besides_its_way_is_told() {
    let domain = |attributes: &str| {
        let domain = format!(r#"<IIsSmtpDomain Location="/LM/SmtpSvc/1/Domain/branch.example" {attributes}/>"#);
        let rows = imported(&metabase_with("", "", &domain)).rows;
        rows.into_iter().filter(|row| row.setting == "Domain branch.example").map(|row| row.was).collect::<Vec<_>>()
    };
    assert_eq!(domain(r#"RouteAction="0x4200""#), ["known", "kept until it is fetched: ETRN, ETRN by the client"]);
    assert_eq!(domain(r#"CSideEtrnDomains="a.example""#), ["known", "kept until it is fetched: csideetrndomains a.example"]);
    assert_eq!(domain(&format!(r#"RelayIpList="{ONE_ADDRESS}""#)), ["known", "a relay list of its own"]);
    assert_eq!(domain(r#"Whatever="7" RoutePassword="4963""#), ["known", "also found: whatever 7"]);
}
