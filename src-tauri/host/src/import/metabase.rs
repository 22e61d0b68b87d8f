//! MetaBase.xml, the file IIS 6 and its SMTP service keep their settings in (%windir%\System32\inetsrv).
//!
//! In: its bytes, in UTF-8 or UTF-16. Out: its SMTP virtual servers. Settings are attributes of elements that say where they
//! lie (`Location="/LM/SmtpSvc/1"`), or `Custom` elements inside with a number of their own; a server has what the
//! service above it has, unless it says otherwise. Passwords are there only encrypted, and are not looked at.

use super::{Access, IisDomain, IisServer, Value, adsutil, ipsec};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;

/// A busy web server's has some megabytes.
pub const LARGEST: usize = 32 * 1024 * 1024;

const SERVICE: &str = "/LM/SmtpSvc";
/// Settings that are written as `Custom` elements with a number instead of a name, when the schema file does not know them.
const NUMBERED: [(&str, &str); 3] = [("36905", "smarthosttype"), ("36946", "routeaction"), ("36970", "relayiplist")];
/// Encrypted, and nobody's to read: `RoutePassword`, `LogOdbcPassword`, `AnonymousUserPass`, `AdminPwd` and whatever else.
pub(super) fn is_secret(name: &str) -> bool {
    name.ends_with("password") || name.ends_with("pass") || name.contains("pwd")
}

/// An error is a sentence or two for people: what is wrong, and what to do.
pub fn read(bytes: &[u8]) -> Result<Vec<IisServer>, String> {
    if bytes.len() > LARGEST {
        return Err(format!("The file is larger than {} MB: this is no MetaBase.xml.", LARGEST / 1024 / 1024));
    }
    let text = decode(bytes)?;
    if !text.trim_start().starts_with('<')
        && let Some(server) = adsutil::read(&text)
    {
        return Ok(vec![server]);
    }
    // No document type, so no entities that blow up or read other files.
    let document = Document::parse_with_options(&text, ParsingOptions { allow_dtd: false, ..ParsingOptions::default() }).map_err(|error| {
        let line = error.pos().row;
        format!(
            "The file is damaged at line {line} ({error}). Copy MetaBase.xml again while the service IISADMIN is stopped, or take the newest \
             file from %windir%\\System32\\inetsrv\\History."
        )
    })?;
    let nodes: Vec<(String, Node<'_, '_>)> = document
        .descendants()
        .filter_map(|node| Some((node.attribute("Location")?.trim_end_matches('/').to_owned(), node)))
        .filter(|(location, _)| location.eq_ignore_ascii_case(SERVICE) || below(SERVICE, location).is_some())
        .collect();
    let mut of_all = BTreeMap::new();
    for (_, node) in nodes.iter().filter(|(location, _)| location.eq_ignore_ascii_case(SERVICE)) {
        values(*node, &mut of_all);
    }
    let mut servers: BTreeMap<u32, IisServer> = BTreeMap::new();
    let places = nodes.iter().filter_map(|(location, node)| Some((below(SERVICE, location)?, node)));
    for (place, node) in places {
        let mut parts = place.splitn(3, '/');
        let (number, kind, name) = (parts.next().and_then(|part| part.parse::<u32>().ok()), parts.next(), parts.next());
        let Some(number) = number else { continue };
        let server = servers.entry(number).or_insert_with(|| IisServer { number, values: of_all.clone(), ..IisServer::default() });
        match (kind, name) {
            (None, _) => values(*node, &mut server.values),
            (Some(kind), Some(name)) if kind.eq_ignore_ascii_case("Domain") && !name.contains('/') => {
                let mut found = BTreeMap::new();
                values(*node, &mut found);
                server.domains.push(IisDomain { name: name.to_owned(), values: found });
            }
            (Some(_), _) => {}
        }
    }
    if servers.is_empty() {
        return Err("This file has no SMTP virtual server. It should be %windir%\\System32\\inetsrv\\MetaBase.xml of the server \
                    that has the SMTP service."
            .to_owned());
    }
    Ok(servers.into_values().collect())
}

/// What comes behind `/LM/SmtpSvc/`.
fn below<'a>(service: &str, location: &'a str) -> Option<&'a str> {
    let (head, rest) = (location.get(..service.len())?, location.get(service.len()..)?);
    head.eq_ignore_ascii_case(service).then(|| rest.strip_prefix('/')).flatten().filter(|rest| !rest.is_empty())
}

fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = |bytes: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        plain => String::from_utf8(plain.to_vec()).ok(),
    };
    text.ok_or_else(|| "The file is neither UTF-8 nor UTF-16 text: it is damaged or no MetaBase.xml. Copy it again.".to_owned())
}

fn values(node: Node<'_, '_>, into: &mut BTreeMap<String, Value>) {
    for attribute in node.attributes() {
        put(attribute.name().to_ascii_lowercase(), attribute.value(), into);
    }
    for custom in node.children().filter(|child| child.has_tag_name("Custom")) {
        let number = custom.attribute("ID").unwrap_or_default();
        let known = NUMBERED.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
        let name = known.or_else(|| custom.attribute("Name").filter(|name| !name.starts_with("UnknownName")).map(str::to_ascii_lowercase));
        if let (Some(name), Some(value)) = (name, custom.attribute("Value")) {
            put(name, value, into);
        }
    }
}

pub(super) fn put(name: String, text: &str, into: &mut BTreeMap<String, Value>) {
    if is_secret(&name) || name == "location" {
        return;
    }
    let value = match name.as_str() {
        "relayiplist" | "ipsecurity" => match ipsec::from_hex(text) {
            // Where nothing stands the service has been seen broken (Server 2022 makes such lists): nobody is meant, surely.
            Ok(Access::AllExcept(list)) if text.trim().is_empty() && name == "relayiplist" && list.is_empty() => {
                Value::Unreadable("the list is empty, as Windows Server 2022 leaves it behind".to_owned())
            }
            Ok(access) => Value::Access(access),
            Err(error) => Value::Unreadable(format!("the list is damaged: {error}")),
        },
        "serverbindings" | "securebindings" => Value::Lines(text.split_whitespace().map(str::to_owned).collect()),
        _ => Value::Text(text.to_owned()),
    };
    into.insert(name, value);
}
