//! The settings of an SMTP service on this machine: through PowerShell (ADSI, then WMI), else from its MetaBase.xml.
//!
//! In: nothing. Out: where they were read, and the virtual servers. The script prints one JSON document, whose form is here.

use super::{Access, IisDomain, IisServer, Value, ipsec};
use control::import::ImportSource;
use serde::Deserialize;
use std::collections::BTreeMap;
#[cfg(any(windows, test))]
use std::process::Command;
#[cfg(any(windows, test))]
use std::time::Duration;

/// What the script prints.
#[derive(Debug, Deserialize)]
struct Printed {
    way: String,
    #[serde(default, deserialize_with = "one_or_more")]
    servers: Vec<PrintedServer>,
    #[serde(default, deserialize_with = "one_or_more")]
    troubles: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintedServer {
    number: u32,
    #[serde(default)]
    values: BTreeMap<String, Option<PrintedValue>>,
    #[serde(default)]
    lists: BTreeMap<String, Option<PrintedList>>,
    #[serde(default, deserialize_with = "one_or_more")]
    domains: Vec<PrintedDomain>,
    /// Why they could not be read.
    #[serde(default)]
    domains_unread: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PrintedDomain {
    name: String,
    #[serde(default)]
    values: BTreeMap<String, Option<PrintedValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PrintedValue {
    Lines(Vec<String>),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum PrintedList {
    Broken { broken: String },
    Bytes { bytes: Vec<u8> },
    OnlyNobody { only_nobody: bool },
    Words(PrintedWords),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintedWords {
    /// Null when the object did not let itself be asked: then the rest says nothing either.
    grant_by_default: Option<bool>,
    #[serde(default, deserialize_with = "one_or_more")]
    grant: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    grant_names: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    deny: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    deny_names: Vec<String>,
}

/// Old PowerShell writes a list of one as the one, and an empty list as null.
fn one_or_more<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Some<T> {
        More(Vec<T>),
        One(T),
    }
    Ok(match Option::<Some<T>>::deserialize(from)? {
        Option::Some(Some::More(more)) => more,
        Option::Some(Some::One(one)) => vec![one],
        None => Vec::new(),
    })
}

/// An error is a sentence for people.
pub fn parse(json: &str) -> Result<(ImportSource, Vec<IisServer>), String> {
    let printed: Printed = serde_json::from_str(json.trim_start_matches('\u{feff}').trim())
        .map_err(|error| format!("PowerShell answered what Outtray does not understand ({error}). Pick MetaBase.xml as a file instead."))?;
    let source = match printed.way.as_str() {
        "adsi" => ImportSource::Adsi,
        "wmi" => ImportSource::Wmi,
        _ => return Err(said_nothing(&printed.troubles)),
    };
    Ok((source, printed.servers.into_iter().map(server).collect()))
}

fn said_nothing(troubles: &[String]) -> String {
    let why = if troubles.is_empty() { String::new() } else { format!(" ({})", troubles.join("; ")) };
    format!(
        "The SMTP service’s settings could not be read from Windows{why}. Only administrators may read them: have them read with an \
         administrator’s rights, or pick MetaBase.xml as a file."
    )
}

fn server(printed: PrintedServer) -> IisServer {
    let mut values = words(printed.values);
    for (name, list) in printed.lists {
        let value = match list {
            // No such property: for who may relay that is nobody.
            None | Some(PrintedList::OnlyNobody { only_nobody: true }) if name.eq_ignore_ascii_case("RelayIpList") => {
                Value::Access(Access::OnlyThese(ipsec::List::default()))
            }
            None | Some(PrintedList::OnlyNobody { .. }) => continue,
            Some(PrintedList::Broken { broken }) => Value::Unreadable(format!("Windows cannot read the list itself: {}", broken.trim())),
            Some(PrintedList::Bytes { bytes }) => match ipsec::from_bytes(&bytes) {
                Ok(access) => Value::Access(access),
                Err(error) => Value::Unreadable(format!("the list is damaged: {error}")),
            },
            Some(PrintedList::Words(words)) => {
                let Some(all_but) = words.grant_by_default else {
                    values.insert(name.to_ascii_lowercase(), Value::Unreadable("Windows does not say who is on the list".to_owned()));
                    continue;
                };
                let named = if all_but { (&words.deny, words.deny_names) } else { (&words.grant, words.grant_names) };
                let mut list = ipsec::from_pairs(named.0.iter().map(String::as_str));
                list.names = named.1;
                Value::Access(if all_but { Access::AllExcept(list) } else { Access::OnlyThese(list) })
            }
        };
        values.insert(name.to_ascii_lowercase(), value);
    }
    let domains = printed.domains.into_iter().map(|domain| IisDomain { name: domain.name, values: words(domain.values) }).collect();
    let domains_unread = printed.domains_unread.map(|why| why.trim().to_owned());
    IisServer { number: printed.number, values, domains, domains_unread }
}

fn words(printed: BTreeMap<String, Option<PrintedValue>>) -> BTreeMap<String, Value> {
    let known = printed.into_iter().filter_map(|(name, value)| {
        let value = match value? {
            PrintedValue::Lines(lines) => Value::Lines(lines),
            PrintedValue::Text(text) => Value::Text(text),
        };
        Some((name.to_ascii_lowercase(), value))
    });
    known.collect()
}

/// WMI waits long for a provider that hangs; the script itself is done within seconds.
#[cfg(any(windows, test))]
const PATIENCE: Duration = Duration::from_secs(60);
/// A service with a thousand domains has some hundred kilobytes.
#[cfg(any(windows, test))]
const LARGEST: u64 = 16 * 1024 * 1024;

/// What it prints until its end, which has to come in time. What it says on standard error is in a form for PowerShell only.
#[cfg(any(windows, test))]
fn printed(mut command: Command, patience: Duration) -> Result<String, String> {
    use std::io::Read as _;
    use std::process::Stdio;

    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("PowerShell cannot be started: {error}"))?;
    let stdout = child.stdout.take();
    let (told, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(LARGEST).read_to_end(&mut bytes));
        // Nobody waits any more: it came too late.
        let _ = told.send(read.map(|_| bytes));
    });
    let heard = hear.recv_timeout(patience);
    // Done or not, nothing more is wanted of it.
    let _ = child.kill();
    let _ = child.wait();
    match heard {
        Ok(Ok(bytes)) if bytes.is_empty() => Err("PowerShell said nothing".to_owned()),
        Ok(Ok(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Err(error)) => Err(format!("PowerShell cannot be heard: {error}")),
        Err(_) => Err(format!("PowerShell gave no answer within {} seconds", patience.as_secs())),
    }
}

/// Blocks for some seconds.
#[cfg(windows)]
pub fn read() -> Result<(ImportSource, Vec<IisServer>), String> {
    use base64::Engine as _;
    use std::os::windows::process::CommandExt;
    /// No black window flashes up (CREATE_NO_WINDOW, winbase.h).
    const NO_WINDOW: u32 = 0x0800_0000;

    let root = std::env::var_os("SystemRoot").map_or_else(|| std::path::PathBuf::from(r"C:\Windows"), Into::into);
    let script: Vec<u8> = include_str!("live.ps1").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut command = Command::new(root.join(r"System32\WindowsPowerShell\v1.0\powershell.exe"));
    command
        .args(["-NoProfile", "-NonInteractive", "-EncodedCommand", &base64::engine::general_purpose::STANDARD.encode(script)])
        .creation_flags(NO_WINDOW);
    let said = printed(command, PATIENCE).map_err(|trouble| said_nothing(&[trouble])).and_then(|text| parse(&text));
    said.or_else(|trouble| {
        let path = root.join(r"System32\inetsrv\MetaBase.xml");
        let bytes = std::fs::read(&path).map_err(|_| trouble)?;
        super::metabase::read(&bytes).map(|servers| (ImportSource::Metabase { name: path.display().to_string() }, servers))
    })
}

/// Only Windows has it; elsewhere a file can be picked.
#[cfg(not(windows))]
pub fn read() -> Result<(ImportSource, Vec<IisServer>), String> {
    Ok((ImportSource::Nothing, Vec::new()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::import::Holds;

    #[test]
    fn what_adsi_says_is_read_with_its_lists() {
        let json = r#"{"way":"adsi","troubles":null,"servers":{"number":1,
            "values":{"SmartHost":"smtp.office365.com","RouteAction":"268","ServerBindings":[":25:","10.0.0.2:587:"],"AlwaysUseSsl":"True","HopCount":null},
            "lists":{"RelayIpList":{"grantByDefault":false,"grant":"192.168.1.0, 255.255.255.0","grantNames":null,"deny":[],"denyNames":[]},
                     "IPSecurity":{"grantByDefault":true,"grant":[],"grantNames":[],"deny":["10.9.9.9, 255.255.255.255"],"denyNames":[]}},
            "domains":[{"name":"branch.example","values":{"RouteActionString":"[10.1.0.5]"}}]}}"#;
        let (source, servers) = parse(&format!("\u{feff}{json}\r\n")).unwrap();
        assert_eq!(source, ImportSource::Adsi);
        let server = &servers[0];
        assert_eq!(server.lines("ServerBindings"), [":25:", "10.0.0.2:587:"]);
        assert_eq!((server.number("RouteAction"), server.yes("AlwaysUseSsl"), server.text("HopCount")), (Some(268), true, None));
        let Value::Access(Access::OnlyThese(list)) = &server.values["relayiplist"] else { panic!("{server:?}") };
        assert_eq!(list.networks, ["192.168.1.0/24".parse().unwrap()]);
        let Value::Access(Access::AllExcept(list)) = &server.values["ipsecurity"] else { panic!("{server:?}") };
        assert_eq!(list.networks, ["10.9.9.9/32".parse().unwrap()]);
        assert_eq!(server.domains[0].text("RouteActionString").unwrap(), "[10.1.0.5]");
    }

    /// What one server's relay list becomes that came in this way.
    fn relay_list(way: &str, list: &str) -> Value {
        let json = format!(r#"{{"way":"{way}","servers":[{{"number":1,"values":{{}},"lists":{{"RelayIpList":{list}}}}}],"troubles":[]}}"#);
        parse(&json).unwrap().1[0].values["relayiplist"].clone()
    }

    /// PowerShell answers null for what it does not see of an object: that was taken for "only nobody", which is no list of
    /// anybody's but shuts the office out.
    #[test]
    fn a_list_that_cannot_be_asked_is_broken_and_not_empty() {
        let with = |list: &str| relay_list("adsi", list);
        let nothing = r#"{"grantByDefault":null,"grant":null,"grantNames":null,"deny":null,"denyNames":null}"#;
        assert_eq!(with(nothing), Value::Unreadable("Windows does not say who is on the list".to_owned()));
        let nobody = with(&nothing.replacen("null", "false", 1));
        assert_eq!(nobody, Value::Access(Access::OnlyThese(ipsec::List::default())));
        let script = include_str!("live.ps1");
        assert!(!script.contains("$list.") && script.contains("InvokeMember"), "properties are asked of the object itself");
    }

    /// The two are opposites, and one letter apart in a script.
    #[test]
    fn wmi_without_a_list_means_nobody_and_with_an_empty_one_everybody() {
        let with = |list: &str| relay_list("wmi", list);
        assert_eq!(with(r#"{"onlyNobody":true}"#), Value::Access(Access::OnlyThese(ipsec::List::default())));
        assert_eq!(with("null"), Value::Access(Access::OnlyThese(ipsec::List::default())));
        assert_eq!(with(r#"{"bytes":[]}"#), Value::Access(Access::AllExcept(ipsec::List::default())));
        assert!(matches!(with(r#"{"bytes":[1,2,3]}"#), Value::Unreadable(_)));
        assert!(matches!(with(r#"{"broken":"No more data is available."}"#), Value::Unreadable(_)));
    }

    /// A provider of WMI that hung held the wizard's first page for ever.
    #[cfg(unix)]
    #[test]
    fn a_powershell_that_never_ends_is_not_waited_for() {
        let sh = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        let begun = std::time::Instant::now();
        assert_eq!(printed(sh("exec sleep 600"), Duration::from_millis(50)).unwrap_err(), "PowerShell gave no answer within 0 seconds");
        assert!(begun.elapsed() < PATIENCE);
        assert_eq!(printed(sh("printf 'caf\\303\\251'"), PATIENCE).unwrap(), "café");
    }

    /// Windows takes no longer command lines; the script goes along in one, in twice two thirds of its length.
    #[test]
    fn the_script_fits_and_what_it_prints_has_plain_letters_only() {
        let script = include_str!("live.ps1");
        assert!(script.is_ascii() && script.len() * 8 / 3 < 32_000, "{}", script.len());
        assert!(!script.contains("| ConvertTo-Json -Depth 8 -Compress"), "only through Say, which leaves no letter to a code page");
        let (_, servers) =
            parse(r#"{"way":"adsi","servers":[{"number":1,"values":{"ServerComment":"B\u00fcro"},"lists":{}}],"troubles":[]}"#).unwrap();
        assert_eq!(servers[0].text("ServerComment").unwrap(), "B\u{fc}ro");
    }

    #[test]
    fn what_could_not_be_read_is_said_with_what_to_do() {
        for json in [r#"{"way":"none","servers":[],"troubles":["adsi: Access is denied."]}"#, "", "Write-Error", "{}"] {
            let said = parse(json).unwrap_err();
            assert!(said.contains("MetaBase.xml"), "{said}");
        }
    }
}
