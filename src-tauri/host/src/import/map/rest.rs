//! Settings that have no place here, each with its reason, and those that nobody has ever heard of.
//!
//! In: the names and values that are there. Out: a row for each group of them. Promise: nothing that was set goes unsaid.

use super::Rows;
use crate::import::flags::route;
use crate::import::{Holds, IisDomain, Value};
use control::import::ImportPart::{self, Delivery, Listening, Messages, Other, Provider, Senders};

/// Settings with one reason.
struct Group {
    part: ImportPart,
    setting: &'static str,
    /// In small letters; with `*` at the end all that begin so.
    keys: &'static [&'static str],
    why: &'static str,
    /// Somebody may miss it.
    is_missed: bool,
}

const fn minor(part: ImportPart, setting: &'static str, keys: &'static [&'static str], why: &'static str) -> Group {
    Group { part, setting, keys, why, is_missed: false }
}

const fn missed(part: ImportPart, setting: &'static str, keys: &'static [&'static str], why: &'static str) -> Group {
    Group { part, setting, keys, why, is_missed: true }
}

/// Those the other rooms of the map read.
pub const MAPPED: &[&str] = &[
    "accessssl",
    "accessssl128",
    "accesssslflags",
    "accesssslnegotiatecert",
    "accesssslrequirecert",
    "adminacl",
    "alwaysusessl",
    "authanonymous",
    "authbasic",
    "authflags",
    "authntlm",
    "badmaildirectory",
    "connectiontimeout",
    "defaultdomain",
    "defaultlogondomain",
    "dropdirectory",
    "enablereversednslookup",
    "fullyqualifieddomainname",
    "hopcount",
    "ipsecurity",
    "logtype",
    "masqueradedomain",
    "maxbatchedmessages",
    "maxconnections",
    "maxmessagesize",
    "maxoutconnections",
    "maxoutconnectionsperdomain",
    "maxrecipients",
    "maxsessionsize",
    "pickupdirectory",
    "queuedirectory",
    "relayforauth",
    "relayiplist",
    "remoteretryattempts",
    "remoteretryinterval",
    "remotesmtpport",
    "remotetimeout",
    "routeaction",
    "routeusername",
    "securebindings",
    "sendndrto",
    "serverbindings",
    "servercomment",
    "smarthost",
    "smarthosttype",
    "smtplocaldelayexpireminutes",
    "smtplocalndrexpireminutes",
    "smtpremotedelayexpireminutes",
    "smtpremotendrexpireminutes",
    "smtpremoteprogressiveretry",
    "smtproutingtabletype",
];

/// The first that names a setting has it.
const GROUPS: &[Group] = &[
    minor(
        Listening,
        "Commands offered to devices",
        &["smtpinboundcommandsupportoptions", "shouldpipelinein"],
        "Outtray offers all it can do; a device takes of it what it knows.",
    ),
    minor(
        Provider,
        "Commands used on the way out",
        &["smtpoutboundcommandsupportoptions", "shouldpipelineout"],
        "Outtray uses what the provider offers.",
    ),
    minor(Senders, "Whether lists of addresses count", &["smtpiprestrictionflag"], "Here the list of who may send always counts."),
    minor(
        Provider,
        "Checks of certificates",
        &["smtpsslcerthostnamevalidation", "smtpsslrequiretrustedca"],
        "Outtray always checks name and authority. For an office’s own server, add its authority in the settings.",
    ),
    missed(
        Listening,
        "Certificate of the server",
        &["sslcerthash", "sslstorename"],
        "Its key lies in Windows’ store. Outtray makes a certificate of its own; export the old one as a PFX file to go on with it.",
    ),
    minor(Provider, "Secure port", &["remotesmtpsecureport"], "Outtray goes to the port of the provider alone."),
    minor(Delivery, "Language of reports", &["smtpdsnlanguageid"], "Outtray’s reports are in English."),
    minor(Delivery, "Content of reports", &["smtpdsnoptions"], "Outtray’s reports are what RFC 3464 describes."),
    minor(Other, "Event log", &["smtpeventloglevel"], "Outtray writes to the event log what an administrator has to know."),
    minor(
        Delivery,
        "Threads and buffers",
        &[
            "smtpmaxremoteqthreads",
            "smtpremoteretrythreshold",
            "smtpaqueuewait",
            "smtpadvqueuedll",
            "smtpflushmailfile",
            "maxmailobjects",
            "maxdirchangeiosize",
            "maxbandwidth",
            "maxendpointconnections",
            "maxsmtperrors",
            "limitremoteconnections",
            "serverlistenbacklog",
            "serverlistentimeout",
            "serversize",
            "disablesocketpooling",
        ],
        "Outtray shares out its work itself.",
    ),
    minor(
        Other,
        "Dots in files of the pickup folder",
        &["smtpdotstuffpickupdirfiles"],
        "Outtray takes a file to its end, whatever dots are in it.",
    ),
    minor(
        Other,
        "Log format and files",
        &["log*", "smtpcommandlogmask", "dontlog"],
        "Outtray has a log file of its own; every message’s story is in the history.",
    ),
    missed(
        Other,
        "Program or directory that routes mail",
        &["routingdll", "routingsources", "smtpds*"],
        "It has no equivalent in a relay.",
    ),
    minor(
        Delivery,
        "Local delivery",
        &["localretryinterval", "localretryattempts", "localdomains", "domainrouting", "shoulddeliver"],
        "Outtray delivers nothing locally.",
    ),
    missed(
        Delivery,
        "Mail kept until it is fetched (ETRN, TURN)",
        &["etrn*", "csideetrn*", "smtpturntimeout"],
        "Outtray hands mail over as soon as it can, and keeps none to be fetched.",
    ),
    minor(
        Messages,
        "Times for single commands",
        &[
            "smtpauthtimeout",
            "smtpbdattimeout",
            "smtpconnecttimeout",
            "smtpdatatimeout",
            "smtphelotimeout",
            "smtpmailfromtimeout",
            "smtprcpttotimeout",
            "smtprsettimeout",
            "smtpsasltimeout",
        ],
        "Outtray has one time for a command (`limits` in the settings).",
    ),
    minor(
        Senders,
        "Checks of greetings and domains",
        &["smtphelonodomain", "smtpmailnohelo", "smtpdomainvalidationflags", "nameresolutiontype", "smtpusetcpdns"],
        "Outtray lets devices greet as they do: who may send is a matter of their addresses.",
    ),
    missed(
        Senders,
        "Relaying switched off",
        &["smtpdisablerelay"],
        "Here the list of who may send says it alone. Empty it if nobody is to send.",
    ),
    minor(
        Senders,
        "Further kinds of sign-in",
        &[
            "authmd5",
            "authpassport",
            "ntauthenticationproviders",
            "sasllogondomain",
            "realm",
            "smtpcleartextprovider",
            "anonymous*",
            "allowanonymous",
            "azenable",
            "azscopename",
            "azstorename",
        ],
        "Devices sign in with device accounts, under Access.",
    ),
    minor(
        Other,
        "Rights on web pages",
        &[
            "accessflags",
            "accessread",
            "accesswrite",
            "accessexecute",
            "accesssource",
            "accessscript",
            "accessnoremote*",
            "accessnophysicaldir",
            "accesssslmapcert",
        ],
        "They mean nothing to mail.",
    ),
    missed(
        Delivery,
        "Send bad mail to",
        &["sendbadto"],
        "Outtray shows what could not be delivered, and sends copies of reports to one address (Reports).",
    ),
    minor(Other, "Whether the pickup folder is emptied", &["shouldpickupmail"], "It is, where the settings name one."),
    minor(Listening, "Greeting", &["connectresponse"], "Outtray greets with its name and nothing else."),
    minor(Messages, "Added lines", &["addnoheaders"], "Outtray adds Received, and what a message lacks."),
    minor(Other, "Whether senders are masqueraded", &["domasquerade"], "See the masquerade domain."),
    minor(
        Other,
        "Of Windows itself",
        &[
            "adminaclbin",
            "appid*",
            "caption",
            "clusterenabled",
            "description",
            "keytype",
            "name",
            "serverautostart",
            "servercommand",
            "serverstate",
            "settingid",
            "updateddefaultdomain",
            "updatedfqdn",
            "win32error",
        ],
        "Windows kept these for itself.",
    ),
];

const UNKNOWN: &str = "Also found";

/// Longer ones are no words for a table.
const LONGEST: usize = 160;

pub fn carry(server: &impl Holds, rows: &mut Rows) {
    let all: Vec<(&str, String)> = server
        .values()
        .iter()
        .filter(|(name, _)| !MAPPED.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.as_str(), said(value)?)))
        .collect();
    for group in GROUPS {
        let found: Vec<&(&str, String)> = all.iter().filter(|(name, _)| group.has(name)).collect();
        let was = match found.as_slice() {
            [] => continue,
            [(_, value)] if group.keys.len() == 1 && !group.keys[0].ends_with('*') => value.clone(),
            more => named(more),
        };
        rows.left(group.part, group.setting, short(&was), group.why);
        if !group.is_missed || found.iter().all(|(_, value)| is_off(value)) {
            rows.minor();
        }
    }
    let unknown: Vec<&(&str, String)> = all.iter().filter(|(name, _)| !GROUPS.iter().any(|group| group.has(name))).collect();
    if !unknown.is_empty() {
        let why = "Outtray does not know these settings, and carries nothing over of them. Look into what they were for.";
        rows.left(Other, UNKNOWN, short(&named(&unknown)), why);
    }
}

/// What a domain has besides its way out.
pub fn of_domain(domain: &IisDomain, setting: &str, rows: &mut Rows) {
    let (mut fetched, mut unknown) = (Vec::new(), Vec::new());
    for (name, value) in &domain.values {
        let Some(value) = said(value) else { continue };
        match name.as_str() {
            "routeaction" | "routeactionstring" | "routeusername" | "adminacl" | "keytype" => {}
            "relayiplist" => rows.left(
                Delivery,
                setting,
                "a relay list of its own",
                "Outtray has one list of who may send, whatever the domain. Add who is missing under Access.",
            ),
            etrn if etrn.starts_with("csideetrn") || etrn.starts_with("etrn") => {
                fetched.extend((!is_off(&value)).then(|| format!("{etrn} {value}")));
            }
            _ => unknown.push(format!("{name} {value}")),
        }
    }
    let action = domain.flags("RouteAction").unwrap_or_default();
    let bits = [(route::ETRN_CMD, "ETRN"), (route::CSIDE_TURN, "TURN"), (route::CSIDE_ETRN, "ETRN by the client")];
    fetched.extend(bits.into_iter().filter(|(bit, _)| action.has(*bit)).map(|(_, name)| name.to_owned()));
    if !fetched.is_empty() {
        let was = format!("kept until it is fetched: {}", fetched.join(", "));
        rows.left(Delivery, setting, short(&was), "Outtray hands mail over as soon as it can, and keeps none to be fetched.");
    }
    if !unknown.is_empty() {
        let why = "Outtray does not know these settings, and carries nothing over of them. Look into what they were for.";
        rows.left(Delivery, setting, short(&format!("also found: {}", unknown.join(", "))), why);
    }
}

impl Group {
    fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.strip_suffix('*').map_or(*key == name, |start| name.starts_with(start)))
    }
}

fn named(found: &[&(&str, String)]) -> String {
    found.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn said(value: &Value) -> Option<String> {
    let text = match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Lines(lines) => lines.join(" "),
        Value::Access(_) => "a list".to_owned(),
        Value::Unreadable(why) => format!("cannot be read: {why}"),
    };
    (!text.is_empty()).then_some(text)
}

fn is_off(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no")
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST { text.to_owned() } else { format!("{}…", text.chars().take(LONGEST).collect::<String>()) }
}
