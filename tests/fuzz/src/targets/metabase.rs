//! What IIS left behind: MetaBase.xml, its lists of addresses, and what the script says that asks the service. Whatever is in
//! them, each setting is shown with what became of it, and nobody is let in who could not send before.

use super::{is_one_line, opened};
use control::import::{ImportFate, ImportServer};
use control::settings::RuleAction;
use host::import::{Access, Around, IisServer, Value, ipsec, live, metabase as reader, view};
use host::settings::{Facts, check, networks};
use relay::policy::Network;

pub const WORDS: &[&[u8]] = &[
    b"<IIsSmtpServer Location=\"/LM/SmtpSvc/1\" ",
    b"<IIsSmtpDomain Location=\"/LM/SmtpSvc/1/Domain/b.test\" ",
    b"/>",
    b"RelayIpList=\"",
    b"IPSecurity=\"",
    b"18000080200000803c00008044000080010000004c0000000000000000000000010000000100000002000000020000000400000000000000",
    b"4c00008000000000000000000000000000000000ffffff00c0a80100\"",
    b"SmartHost=\"a.test\" ",
    b"SmartHostType=\"2\" ",
    b"RouteAction=\"268\" ",
    b"RouteUserName=\"a\" ",
    b"ServerBindings=\":25:\" ",
    b"MaxMessageSize=\"0\" ",
    b"<Custom ID=\"36970\" Value=\"",
    b"HopCount=\"15\" ",
    b"SmtpRemoteProgressiveRetry=\"15,30\" ",
    b"SmtpRemoteDelayExpireMinutes=\"",
    b"SmtpRemoteNDRExpireMinutes=\"",
    b"MaxConnections=\"",
    b"FullyQualifiedDomainName=\"a\" ",
    b"0x",
    b"\xff\xfe",
    b"&#10;",
    b"{\"way\":\"adsi\",\"servers\":",
    b"\"lists\":{\"RelayIpList\":",
    b"\"onlyNobody\":true",
    b"\"grantByDefault\":true",
    b"\"deny\":\"10.0.0.0, 255.0.0.0\"",
];

/// This machine's own network.
const OWN: &str = "192.168.7.0/24";

pub fn metabase(data: &[u8]) {
    let Some((ways, _, octets)) = opened(data) else { return };
    let servers = match ways & 3 {
        0 | 3 => reader::read(octets).unwrap_or_else(|trouble| said(&trouble)),
        1 => live::parse(&String::from_utf8_lossy(octets)).map_or_else(|trouble| said(&trouble), |(_, servers)| servers),
        _ => match ipsec::from_bytes(octets) {
            Ok(list) => vec![with_relay_list(list)],
            Err(error) => said(&error.to_string()),
        },
    };
    let around = Around { private_networks: vec![(OWN.into(), "Ethernet".into())], ..Around::default() };
    for server in servers {
        let view = view(&server, &around);
        rows(&view);
        senders(&server, &view);
        let problems = check(&view.settings, &Facts::new("/nonexistent".into(), "pc7")).err().unwrap_or_default();
        assert!(problems.is_empty(), "what it becomes breaks the rules: {problems:#?}");
    }
}

fn with_relay_list(list: Access) -> IisServer {
    let values = [("relayiplist".to_owned(), Value::Access(list))];
    IisServer { number: 1, values: values.into(), ..IisServer::default() }
}

/// A trouble is a sentence for people, and leaves nothing.
fn said(trouble: &str) -> Vec<IisServer> {
    assert!(!trouble.trim().is_empty());
    Vec::new()
}

fn rows(server: &ImportServer) {
    for row in &server.rows {
        assert!(!row.was.is_empty(), "{row:?}");
        assert_eq!(row.becomes.is_empty(), row.fate == ImportFate::NotCarried, "{row:?}");
        assert!(row.fate == ImportFate::Carried || !row.why.is_empty(), "{row:?}");
    }
}

/// Who may send could send before: by a list of those who might, or (where that let everyone in) as this machine's own networks.
fn senders(server: &IisServer, view: &ImportServer) {
    for rule in view.settings.rules.iter().filter(|rule| rule.action == RuleAction::Allow) {
        let network = networks::parse(&rule.network).expect("a network");
        assert!(networks::is_private(network) && is_one_line(&rule.network), "{rule:?}");
        let could = match server.values.get("relayiplist") {
            Some(Value::Access(Access::OnlyThese(list))) => list.networks.iter().any(|granted| holds((*granted).into(), network)),
            Some(Value::Access(Access::AllExcept(_)) | Value::Unreadable(_)) => holds(networks::parse(OWN).expect("a network"), network),
            Some(Value::Text(_) | Value::Lines(_)) | None => false,
        };
        assert!(could, "{rule:?} with {:?}", server.values.get("relayiplist"));
    }
    // Who was shut out meets a rule that refuses first, or none.
    let shut_out = ["relayiplist", "ipsecurity"].into_iter().flat_map(|name| match server.values.get(name) {
        Some(Value::Access(Access::OnlyThese(list))) => list.but_not.clone(),
        Some(Value::Access(Access::AllExcept(list))) => list.networks.clone(),
        Some(Value::Unreadable(_) | Value::Text(_) | Value::Lines(_)) | None => Vec::new(),
    });
    for address in shut_out.flat_map(|network| [network.network(), network.broadcast()]) {
        let first = view.settings.rules.iter().find(|rule| networks::parse(&rule.network).is_ok_and(|network| network.contains(address)));
        assert!(first.is_none_or(|rule| rule.action == RuleAction::Refuse), "{address} could not send, and may now");
    }
}

fn holds(outer: Network, inner: Network) -> bool {
    outer.contains(inner.first()) && outer.contains(inner.last())
}
