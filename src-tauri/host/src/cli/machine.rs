//! `outtrayd machine`: what the machine under the engine says of itself.

use super::{Outcome, Place, link, show};
use control::machine::{ClockView, FirewallState, FirewallView, MachineView, OutsideView, PortState, SeenView};
use control::{Answer, Request};
use serde_json::json;
use std::fmt::Write;

pub async fn machine(place: &Place, outside: bool) -> Outcome {
    let answer = link::ask(place, Request::Machine).await?;
    let Answer::Machine { machine } = answer else { return Err(link::strange(&answer)) };
    if !outside {
        return place.print(&machine, || text(&machine));
    }
    let answer = link::ask(place, Request::LookOutside).await?;
    let Answer::Outside { outside } = answer else { return Err(link::strange(&answer)) };
    place.print(&json!({ "machine": machine, "outside": outside }), || text(&machine) + &outside_text(&outside))
}

fn text(machine: &MachineView) -> String {
    let mut text = format!("{} ({})\n", machine.host_name, machine.os);
    if let Some(domain) = &machine.domain {
        let _ = writeln!(text, "domain    {domain}");
    }
    for network in &machine.networks {
        let _ = writeln!(text, "network   {} (this machine: {}, card {})", network.network, network.address, network.card);
    }
    for port in &machine.ports {
        let holder = match (&port.holder, port.state) {
            (Some(holder), _) => format!(" by {holder}"),
            (None, PortState::Taken) => who_can_tell(port.port),
            (None, PortState::Free | PortState::Ours | PortState::Forbidden) => String::new(),
        };
        let state = match port.state {
            PortState::Free => "free",
            PortState::Ours => "ours",
            PortState::Taken => "taken",
            PortState::Forbidden => "not allowed by the system",
        };
        let let_in = match port.let_in {
            Some(true) => "; the firewall lets devices in",
            Some(false) => "; the firewall lets nobody in",
            None => "",
        };
        let _ = writeln!(text, "port      {} {state}{holder}{let_in}", port.port);
    }
    text + &firewall_text(&machine.firewall)
}

/// As the window says it.
const MAKE_PRIVATE: &str = "Get-NetConnectionProfile -NetworkCategory Public | Set-NetConnectionProfile -NetworkCategory Private";

/// Also told where no engine runs.
pub fn firewall_text(firewall: &FirewallView) -> String {
    let state = match firewall.state {
        FirewallState::On => "on",
        FirewallState::Off => "off",
        FirewallState::Unknown => "not known",
    };
    let mut text = format!("firewall  {state}{}\n", firewall.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default());
    if firewall.public_network {
        let _ = writeln!(
            text,
            "          Windows calls a network of this machine public: from there no device is let in, whatever our rule says."
        );
        let _ = writeln!(text, "          If it is the office's own, an administrator says so in PowerShell: {MAKE_PRIVATE}");
    }
    if let Some(command) = &firewall.command {
        let _ = writeln!(text, "          to let devices in: {command}");
    }
    text
}

/// The service on Linux may not look at other accounts' programs; an administrator may.
fn who_can_tell(port: u16) -> String {
    if cfg!(target_os = "linux") { format!("; by whom: sudo ss -ltnp 'sport = :{port}'") } else { String::new() }
}

fn outside_text(outside: &OutsideView) -> String {
    let seen = match &outside.seen {
        SeenView::At { address } => address.clone(),
        SeenView::NotTold => "the provider's greeting does not say".into(),
        SeenView::NobodyToAsk => "no provider is set up".into(),
        SeenView::Trouble { problem } => show::trouble(problem),
    };
    let clock = match &outside.clock {
        ClockView::Behind { millis, server } => {
            let (seconds, way) = (millis.unsigned_abs() as f64 / 1000.0, if *millis < 0 { "ahead of" } else { "behind" });
            format!("{seconds:.1} s {way} {server}")
        }
        ClockView::NobodyToAsk => "this machine names no time server".into(),
        ClockView::NoAnswer { server, said } => format!("no answer from {server}: {said}"),
    };
    format!("seen at   {seen}\nclock     {clock}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use control::machine::PortView;

    #[test]
    fn a_taken_port_whose_holder_nobody_named_left_people_helpless() {
        let port = |holder: Option<&str>| PortView { port: 25, state: PortState::Taken, holder: holder.map(str::to_owned), let_in: None };
        let machine = MachineView {
            host_name: "srv".into(),
            domain: None,
            networks: Vec::new(),
            ports: vec![port(None), port(Some("master (process 812)"))],
            firewall: FirewallView { state: FirewallState::Unknown, name: None, command: None, opening: None, public_network: false },
            os: "Debian".into(),
        };
        let text = text(&machine);
        assert_eq!(text.contains("port      25 taken; by whom: sudo ss -ltnp 'sport = :25'\n"), cfg!(target_os = "linux"), "{text}");
        assert!(text.contains("port      25 taken by master (process 812)\n"), "{text}");
    }

    #[test]
    fn a_network_that_windows_calls_public_was_told_in_the_window_only() {
        let firewall = |public_network| FirewallView { state: FirewallState::On, name: None, command: None, opening: None, public_network };
        assert!(firewall_text(&firewall(true)).contains("Windows calls a network of this machine public"));
        assert_eq!(firewall_text(&firewall(false)), "firewall  on\n");
    }
}
