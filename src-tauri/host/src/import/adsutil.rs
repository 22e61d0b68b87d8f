//! What `cscript adsutil.vbs ENUM smtpsvc/1` prints, saved as text: for servers whose MetaBase.xml nobody can copy.
//!
//! In: the text. Out: the virtual server, or None when this is no such text. A line has a name, a type and a value
//! (`HopCount : (INTEGER) 15`); a list has its items in the lines below. Lists of addresses are read where they are bytes. Domains are
//! not in it.

use super::metabase::{is_secret, put};
use super::{IisServer, Value};

pub fn read(text: &str) -> Option<IisServer> {
    let mut server = IisServer { number: 1, ..IisServer::default() };
    let mut items: Option<(String, Vec<String>)> = None;
    for line in text.lines() {
        let line = line.trim_end();
        if let Some((_, lines)) = &mut items
            && line.starts_with(' ')
        {
            lines.push(unquoted(line).to_owned());
            continue;
        }
        keep(items.take(), &mut server);
        if let Some(number) = child(line) {
            server.number = number;
        }
        let Some((name, kind, value)) = setting(line) else { continue };
        let name = name.to_ascii_lowercase();
        if is_secret(&name) {
            continue;
        }
        match kind.to_ascii_uppercase().as_str() {
            "LIST" | "MULTISZ" => items = Some((name, Vec::new())),
            _ if name == "relayiplist" || name == "ipsecurity" => {
                let hex: String = value.split_whitespace().map(of_byte).collect();
                match hex.is_empty() || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    true => drop(server.values.insert(name, Value::Unreadable("adsutil.vbs does not tell it".to_owned()))),
                    false => put(name, &hex, &mut server.values),
                }
            }
            _ => put(name, unquoted(value), &mut server.values),
        }
    }
    keep(items, &mut server);
    if server.values.is_empty() {
        return None;
    }
    server.domains_unread = Some("adsutil.vbs tells of each domain apart".to_owned());
    Some(server)
}

fn keep(items: Option<(String, Vec<String>)>, server: &mut IisServer) {
    if let Some((name, lines)) = items {
        server.values.insert(name, Value::Lines(lines));
    }
}

/// `HopCount    : (INTEGER) 15`
fn setting(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let (kind, value) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some((name, kind, value.trim()))
}

/// `0x1` is `01`; what has no mark is as it is.
fn of_byte(word: &str) -> String {
    word.strip_prefix("0x").map_or_else(|| word.to_owned(), |byte| format!("{byte:0>2}"))
}

/// `[/smtpsvc/2/Domain]`: the number of the virtual server.
fn child(line: &str) -> Option<u32> {
    let path = line.strip_prefix("[/")?.to_ascii_lowercase();
    path.strip_prefix("smtpsvc/")?.split('/').next()?.parse().ok()
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::import::{Access, Holds, metabase};

    const TEXT: &str = "Microsoft (R) Windows Script Host Version 5.8\r\n\r\n\
        KeyType                         : (STRING) \"IIsSmtpServer\"\r\n\
        ServerBindings                  : (LIST) (2 Items)\r\n  \":25:\"\r\n  \"10.0.0.2:587:\"\r\n\r\n\
        SmartHost                       : (STRING) \"[10.0.0.5]\"\r\n\
        RouteAction                     : (INTEGER) 268\r\n\
        RoutePassword                   : (STRING) \"**********\"\r\n\
        RelayForAuth                    : (INTEGER) -1\r\n\
        AuthBasic                       : (BOOLEAN) True\r\n\
        [/smtpsvc/2/Domain]\r\n";

    #[test]
    fn the_text_of_adsutil_is_read_like_the_file() {
        let servers = metabase::read(TEXT.as_bytes()).unwrap();
        let [server] = servers.as_slice() else { panic!("{servers:?}") };
        assert_eq!(server.number, 2);
        assert_eq!(server.lines("ServerBindings"), [":25:", "10.0.0.2:587:"]);
        assert_eq!((server.text("SmartHost").as_deref(), server.number("RouteAction")), (Some("[10.0.0.5]"), Some(268)));
        assert_eq!((server.yes("RelayForAuth"), server.yes("AuthBasic")), (true, true));
        assert!(server.domains_unread.is_some() && !server.values.contains_key("routepassword"));
        assert_eq!(read("A note: this is one.\nAnd another"), None);
    }

    #[test]
    fn a_list_is_read_from_its_bytes_and_else_nobody_is_let_in_by_it() {
        let nobody = "0x18 0x0 0x0 0x80";
        let server = read(&format!("RelayIpList : (BINARY) {nobody}\nIPSecurity : (IPSec) see below")).unwrap();
        assert!(matches!(server.values["relayiplist"], Value::Unreadable(_)), "{server:?}");
        assert!(matches!(server.values["ipsecurity"], Value::Unreadable(_)), "{server:?}");
        let bytes = "18000080200000803c00008044000080010000004c000000000000000000000001000000010000000200000002000000\
                     04000000000000004c00008000000000000000000000000000000000ffffffff7f000001";
        let server = read(&format!("RelayIpList : (BINARY) {bytes}")).unwrap();
        assert!(matches!(server.values["relayiplist"], Value::Access(Access::OnlyThese(_))), "{server:?}");
    }
}
