//! Further smart hosts and the routes over all of them: what is wrong with them, and what they are for the engine.
//!
//! In: the part of the settings that says which mail goes through which smart host. Out: a [`Routing`], or problems.
//! Invariant: every route that passes leads through smart hosts that there are, each once.

use super::check::Rules;
use super::short;
use control::Settings;
use control::settings::{DEFAULT_SMART_HOST, NamedSmartHost, RouteSettings};
use relay::policy::{AddressList, Network};
use relay::route::{LaneNo, MOST_ROUTES, Route, Routing, Senders};

const LONGEST_NAME: usize = 32;
/// What people call a route is for people.
pub(crate) const LONGEST_ROUTE_NAME: usize = 100;

impl Rules<'_> {
    pub(super) fn routing(&mut self, settings: &Settings) -> Routing {
        let Settings { smart_host, other_smart_hosts, routes, default_route, .. } = settings;
        if smart_host.is_none() && !other_smart_hosts.is_empty() {
            let wrong = "there are others beside the default smart host, and there is no default one";
            self.wrong("smartHost", "", wrong, "the smart host most mail goes through");
        }
        for (index, named) in other_smart_hosts.iter().enumerate() {
            let at = format!("otherSmartHosts[{index}]");
            self.smart_host_name(&format!("{at}.name"), &named.name, &other_smart_hosts[..index]);
            self.smart_host(&format!("{at}.smartHost"), &named.smart_host);
        }
        if routes.len() > MOST_ROUTES {
            let wrong = format!("there are more than {MOST_ROUTES} routes");
            self.wrong("routes", routes.len(), wrong, "several addresses, domains or networks in one route");
        }
        let routes = routes.iter().enumerate().map(|(index, route)| self.route(&format!("routes[{index}]"), route, settings)).collect();
        let rest = if default_route.is_empty() { vec![0] } else { self.via("defaultRoute", default_route, other_smart_hosts) };
        Routing { routes, rest }
    }

    fn smart_host_name(&mut self, field: &str, name: &str, before: &[NamedSmartHost]) {
        let fits = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            let wrong = "a name has 1 to 32 letters, digits, `-` or `_`";
            return self.wrong(field, short(name), wrong, "a short name, as in `newsletters`");
        }
        if name.eq_ignore_ascii_case(DEFAULT_SMART_HOST) {
            return self.wrong(field, name, "this is what the smart host of `smartHost` is called", "another name");
        }
        if let Some(first) = before.iter().position(|other| other.name.eq_ignore_ascii_case(name)) {
            let wrong = format!("otherSmartHosts[{first}] has this name already; capital letters make no difference");
            self.wrong(field, name, wrong, "another name");
        }
    }

    fn route(&mut self, at: &str, route: &RouteSettings, settings: &Settings) -> Route {
        let RouteSettings { name, senders, recipients, clients, via } = route;
        if name.chars().any(char::is_control) || name.chars().count() > LONGEST_ROUTE_NAME {
            let wrong = "this name has control characters or is longer than 100 characters";
            self.wrong(format!("{at}.name"), short(name), wrong, "a short name, as in `Newsletters`");
        }
        let is_anybody = |lines: &[String]| lines.iter().any(|line| line == "*");
        let senders = if is_anybody(senders) {
            Senders::default()
        } else {
            let field = format!("{at}.senders");
            let list = self.list_but(&field, senders, |line| line == "<>");
            Senders { list, reports: senders.iter().any(|line| line == "<>") }
        };
        let recipients =
            if is_anybody(recipients) { AddressList::default() } else { self.list_but(&format!("{at}.recipients"), recipients, |_| false) };
        let clients = self.networks_of(&format!("{at}.clients"), clients, settings);
        let via = self.via(&format!("{at}.via"), via, &settings.other_smart_hosts);
        Route { senders, recipients, clients, via }
    }

    fn networks_of(&mut self, at: &str, lines: &[String], settings: &Settings) -> Vec<Network> {
        let mut networks = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let field = format!("{at}[{index}]");
            let named: Vec<&str> = settings
                .rules
                .iter()
                .filter(|rule| !rule.name.is_empty() && rule.name == *line)
                .map(|rule| rule.network.as_str())
                .collect();
            if named.is_empty() {
                networks.extend(self.network(&field, line));
            } else {
                // What is wrong with the network of a rule is told of the rule.
                networks.extend(named.iter().filter_map(|network| super::networks::parse(network).ok()));
            }
        }
        networks
    }

    fn via(&mut self, at: &str, names: &[String], others: &[NamedSmartHost]) -> Vec<LaneNo> {
        let mut lanes = Vec::new();
        if names.is_empty() {
            self.wrong(at, "", "no smart host is named", format!("one of: {}", known(others)));
        }
        for (index, name) in names.iter().enumerate() {
            let field = format!("{at}[{index}]");
            let lane = if name == DEFAULT_SMART_HOST {
                Some(0)
            } else {
                others.iter().position(|other| other.name == *name).map(|place| place + 1)
            };
            match lane {
                None => self.wrong(field, short(name), "there is no smart host of this name", format!("one of: {}", known(others))),
                Some(lane) if lanes.contains(&lane) => {
                    self.wrong(field, name, "this smart host is named twice", "nothing: leave it out");
                }
                Some(lane) => lanes.push(lane),
            }
        }
        lanes
    }
}

fn known(others: &[NamedSmartHost]) -> String {
    std::iter::once(DEFAULT_SMART_HOST).chain(others.iter().map(|other| other.name.as_str())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
