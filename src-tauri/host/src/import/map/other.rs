//! Names, domains, folders and what has no place here.

use super::routes::{Route, WayOut};
use super::{Around, Rows, rest, routes};
use crate::import::flags::route::{ALIAS, DELIVER, DOMAIN_RELAY, DROP, SMARTHOST};
use crate::import::{Holds, IisServer};
use crate::settings::check::is_host_name;
use control::Settings;
use control::import::ImportPart::{Delivery, Other};
use control::settings::PickupSettings;
use relay::mail::Mailbox;

pub const PICKUP: &str = "Pickup folder";

pub fn carry(server: &IisServer, around: &Around, settings: &mut Settings, rows: &mut Rows) {
    match server.text("FullyQualifiedDomainName") {
        Some(name) if is_host_name(&name) => {
            rows.carried(Other, "Fully qualified domain name", &name, &name);
            settings.host_name = name;
        }
        Some(name) => rows.left(Other, "Fully qualified domain name", name, "This is no host name; Outtray uses this machine’s own."),
        None => {}
    }
    if let Some(domain) = server.text("MasqueradeDomain") {
        rows.left(
            Other,
            "Masquerade domain",
            domain,
            "IIS put this domain behind the @ of every sender and left the rest. Outtray can write one whole address instead of others, but \
             no domain alone: set it at the provider (“Mail goes there as from”), or the right sender in each device.",
        );
    }
    if let Some(domain) = server.text("DefaultDomain") {
        rows.left(
            Other,
            "Default domain",
            domain,
            "Outtray completes no address that lacks its domain. Set whole addresses in the devices.",
        );
        rows.minor();
    }
    if let Some(why) = &server.domains_unread {
        rows.left(
            Delivery,
            "Domains",
            format!("could not be read: {why}"),
            "Look into IIS Manager whether a domain has a way of its own: here all mail goes to the provider.",
        );
    }
    let way = WayOut::of(server);
    for domain in &server.domains {
        let action = domain.flags("RouteAction").unwrap_or_default();
        let setting = format!("Domain {}", domain.name);
        if !action.unknown.is_empty() {
            let was = format!("could not be read: {}", action.unknown.join(", "));
            rows.left(Delivery, &setting, was, "Look into IIS Manager for what was meant; a way of its own demands encryption here.");
        }
        if let Some(host) = domain.text("RouteActionString").filter(|_| action.has(SMARTHOST) || !action.has(DROP | DELIVER | ALIAS)) {
            let signed_in = domain.text("RouteUserName").map(|user| format!(", signed in as {user}")).unwrap_or_default();
            let was = format!("remote, by way of {host}{signed_in}");
            match routes::carry(domain, &host, way, settings) {
                Ok(Route { becomes, why }) if why.is_empty() => rows.carried(Delivery, &setting, was, becomes),
                Ok(Route { becomes, why }) => rows.changed(Delivery, &setting, was, becomes, &why),
                Err(why) => rows.left(Delivery, &setting, was, why),
            }
        } else if action.has(DROP | DELIVER | ALIAS) {
            rows.left(
                Delivery,
                &setting,
                "local: kept in the Drop folder",
                "Outtray keeps no mailboxes. Mail for this domain goes to the provider too.",
            );
        } else if action.has(DOMAIN_RELAY) {
            rows.left(Delivery, &setting, "remote, anyone may send to it", "Outtray takes mail from allowed addresses only.");
        } else if let Some(user) = domain.text("RouteUserName") {
            rows.left(
                Delivery,
                &setting,
                format!("remote, signed in as {user}"),
                "Add its server under More providers, with a route for the domain.",
            );
        } else {
            rows.left(Delivery, &setting, "known", "Nothing to carry over.");
            rows.minor();
        }
        rest::of_domain(domain, &setting, rows);
    }
    if let Some(address) = server.text("SendNdrTo") {
        const COPY: &str = "Send copy of non-delivery report to";
        if Mailbox::parse(&address).is_ok() {
            rows.carried(Delivery, COPY, &address, &address);
            settings.reports.copy_to = Some(address);
        } else {
            rows.left(
                Delivery,
                COPY,
                address,
                "This is no mail address. Outtray reports to the sender, and shows every failure in its window.",
            );
        }
    }
    pickup(server, around, settings, rows);
    for (name, setting) in [("QueueDirectory", "Queue folder"), ("DropDirectory", "Drop folder")] {
        if let Some(folder) = server.text(name) {
            rows.left(Other, setting, folder, "Outtray keeps its queue in its own data folder.");
            rows.minor();
        }
    }
    if server.number("LogType").is_some_and(|kind| kind == 1) {
        rows.changed(
            Other,
            "Logging",
            "log files",
            "history and a log file",
            "Every message’s story is in the history, for 90 days unless set otherwise.",
        );
        rows.minor();
    }
    if server.yes("EnableReverseDnsLookup") {
        rows.left(Other, "Reverse DNS lookup", "on", "Outtray asks no name of a device: it slows mail and proves nothing.");
        rows.minor();
    }
    if server.text("SmtpRoutingTableType").is_some_and(|kind| !kind.eq_ignore_ascii_case("none")) {
        rows.left(Other, "LDAP routing", "on", "It has no equivalent in a relay.");
    }
    if server.text("AdminACL").is_some() {
        rows.left(Other, "Operators", "set", "Administrators of this machine look after Outtray.");
        rows.minor();
    }
}

/// What an administrator can do about it, to copy whole.
fn may_not_write(folder: &str, account: &str) -> String {
    if cfg!(unix) {
        return format!("The account Outtray runs as ({account}) may not change files there. Give it the right, then import again.");
    }
    format!(
        "The account Outtray runs as ({account}) may not change files there. Give it the right with: icacls \"{folder}\" /grant \
         \"{account}:(OI)(CI)M\" (in a command prompt opened as administrator), then import again."
    )
}

/// Programs that drop files go on doing so, where the folder is here and may be emptied.
fn pickup(server: &IisServer, around: &Around, settings: &mut Settings, rows: &mut Rows) {
    let is_here = |folder: &String| around.folders.contains(folder);
    let (pickup, badmail) = (server.text("PickupDirectory"), server.text("BadMailDirectory"));
    if let Some(folder) = pickup.clone().filter(is_here) {
        rows.carried(Other, PICKUP, &folder, &folder);
        let bad_folder = badmail.clone().filter(is_here).unwrap_or_else(|| "badmail".into());
        settings.pickup = Some(PickupSettings { folder, bad_folder });
    } else if let Some(folder) = pickup.clone().filter(|folder| around.closed.contains(folder)) {
        rows.left(Other, PICKUP, &folder, &may_not_write(&folder, &around.account));
    } else if let Some(folder) = pickup {
        rows.left(
            Other,
            PICKUP,
            folder,
            "It is not on this machine. A program that writes files there needs that folder named in the settings, or has to send \
             to port 25 of this machine instead.",
        );
    }
    match (&settings.pickup, badmail) {
        (Some(PickupSettings { bad_folder, .. }), Some(folder)) if *bad_folder == folder => {
            let why = "Files of the pickup folder that cannot be taken go there. What could not be delivered is in the history.";
            rows.changed(Other, "Badmail folder", &folder, bad_folder, why);
            rows.minor();
        }
        (_, Some(folder)) => {
            rows.left(Other, "Badmail folder", folder, "What could not be delivered is in the history, with the reason.");
            rows.minor();
        }
        (_, None) => {}
    }
}
