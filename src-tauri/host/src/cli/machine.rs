//! `outtrayd machine`: what the machine under the engine says of itself.

use super::{Outcome, Place, link, show};
use control::machine::{ClockView, FirewallState, MachineView, OutsideView, PortState, SeenView};
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
        let holder = port.holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default();
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
    let state = match machine.firewall.state {
        FirewallState::On => "on",
        FirewallState::Off => "off",
        FirewallState::Unknown => "not known",
    };
    let _ = writeln!(text, "firewall  {state}{}", machine.firewall.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default());
    if let Some(command) = &machine.firewall.command {
        let _ = writeln!(text, "          to let devices in: {command}");
    }
    text
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
