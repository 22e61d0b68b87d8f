//! What is wrong with smart hosts' names and routes, and what becomes of those that are right.

#![allow(clippy::unwrap_used)]

use crate::settings::{Facts, read_and_check};
use serde_json::{Value, json};

fn smart_host() -> Value {
    json!({ "server": "smtp.away.test", "port": 587, "encryption": "starttls" })
}

fn checked(change: impl FnOnce(&mut Value)) -> Result<relay::config::Config, Vec<String>> {
    let mut document = json!({
        "version": 1,
        "smartHost": smart_host(),
        "otherSmartHosts": [{ "name": "news", "smartHost": smart_host() }],
        "rules": [{ "network": "10.0.0.0/24", "name": "Printers" }],
    });
    change(&mut document);
    let facts = Facts::new(std::env::temp_dir(), "relay.test");
    match read_and_check(document.to_string().as_bytes(), &facts) {
        Ok(checked) => Ok(checked.config(None, Default::default())),
        Err(problems) => {
            Err(problems.into_iter().map(|problem| format!("{} = {}: {}", problem.field, problem.value, problem.wrong)).collect())
        }
    }
}

#[test]
fn files_of_before_there_were_routes_mean_what_they_meant() {
    let config = checked(|document| {
        document.as_object_mut().unwrap().remove("otherSmartHosts");
    })
    .unwrap();
    assert_eq!((config.other_smart_hosts.len(), config.routing), (0, relay::route::Routing::default()));
}

#[test]
fn routes_lead_to_lanes_by_number() {
    let config = checked(|document| {
        document["routes"] = json!([
            { "senders": ["<>", "office.test"], "recipients": ["*"], "clients": ["Printers", "10.0.1.7"], "via": ["news", "default"] },
            { "senders": ["*"], "via": ["default"] },
        ]);
        document["defaultRoute"] = json!(["default", "news"]);
    })
    .unwrap();
    let routing = config.routing;
    assert_eq!((&routing.routes[0].via[..], &routing.routes[1].via[..], &routing.rest[..]), (&[1, 0][..], &[0][..], &[0, 1][..]));
    assert!(routing.routes[0].senders.reports && routing.routes[0].recipients.is_empty());
    assert_eq!(routing.routes[0].clients.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/24", "10.0.1.7"]);
    assert_eq!(routing.routes[1].senders, Default::default());
}

#[test]
fn every_trouble_of_routes_is_told() {
    let told = checked(|document| {
        document["otherSmartHosts"] = json!([
            { "name": "news", "smartHost": smart_host() },
            { "name": "NEWS", "smartHost": smart_host() },
            { "name": "default", "smartHost": smart_host() },
            { "name": "a b", "smartHost": { "server": "https://x", "port": 0, "encryption": "starttls" } },
        ]);
        document["routes"] = json!([{ "senders": ["@x"], "recipients": ["<>"], "clients": ["Printer"], "via": [] }]);
        document["delivery"] = json!({ "failoverAfterSeconds": 100_000 });
    })
    .unwrap_err();
    assert_eq!(
        told,
        [
            "otherSmartHosts[1].name = NEWS: otherSmartHosts[0] has this name already; capital letters make no difference",
            "otherSmartHosts[2].name = default: this is what the smart host of `smartHost` is called",
            "otherSmartHosts[3].name = a b: a name has 1 to 32 letters, digits, `-` or `_`",
            "otherSmartHosts[3].smartHost.server = https://x: this is neither a server name nor an IP address",
            "otherSmartHosts[3].smartHost.port = 0: there is no such port",
            "routes[0].senders[0] = @x: this is neither an address nor a domain",
            "routes[0].recipients[0] = <>: this is neither an address nor a domain",
            "routes[0].clients[0] = Printer: this is neither a subnet, nor an IP address, nor a range",
            "routes[0].via = : no smart host is named",
            "delivery.failoverAfterSeconds = 100000: this is too large",
        ]
    );
    let told = checked(|document| {
        document.as_object_mut().unwrap().remove("smartHost");
    })
    .unwrap_err();
    assert_eq!(told, ["smartHost = : there are others beside the default smart host, and there is no default one"]);
}
