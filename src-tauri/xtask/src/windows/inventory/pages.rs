//! The npm packages the window's pages are made of: all of `package-lock.json` that is there not only for development.
//!
//! The file is read line by line, in the form in which npm writes it; a test compares that with a reader of JSON.

use super::{Part, in_purl};
use crate::root;
use anyhow::{Context as _, Result, bail};
use std::fs;

pub fn parts() -> Result<Vec<Part>> {
    let lock = fs::read_to_string(root().join("ui/package-lock.json")).context("ui/package-lock.json")?;
    let parts: Vec<Part> = listed(&lock)?;
    if parts.is_empty() { bail!("ui/package-lock.json is not in the form in which npm writes it") } else { Ok(parts) }
}

fn listed(lock: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    // Each begins with its folder, which tells its name.
    for block in lock.split("\n    \"node_modules/").skip(1) {
        let Some((path, fields)) = block.split_once("\": {\n") else { continue };
        let fields = fields.split("\n    }").next().unwrap_or_default();
        let value = |key: &str| {
            fields.lines().find_map(|line| {
                let rest = line.strip_prefix("      \"")?.strip_prefix(key)?.strip_prefix("\": ")?;
                Some(rest.trim_end_matches(',').trim_matches('"').to_owned())
            })
        };
        // `devOptional`: types, of which a program could make use, and pages do not.
        if value("dev").is_some() || value("devOptional").is_some() {
            continue;
        }
        let name = path.rsplit("node_modules/").next().unwrap_or(path);
        let version = value("version").with_context(|| format!("{path} in ui/package-lock.json has no version"))?;
        let purl_name = match name.split_once('/') {
            Some((scope, name)) => format!("{}/{name}", in_purl(scope)),
            None => name.to_owned(),
        };
        parts.push(Part {
            purl: format!("pkg:npm/{purl_name}@{}", in_purl(&version)),
            name: name.to_owned(),
            version: Some(version),
            licence: value("license"),
            hash: value("integrity").and_then(|hash| Some(("SHA-512", hexadecimal(hash.strip_prefix("sha512-")?)?))),
            cpe: None,
            about: None,
        });
    }
    parts.sort();
    parts.dedup();
    Ok(parts)
}

/// npm has hashes in Base64.
fn hexadecimal(base64: &str) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut octets, mut bits, mut held) = (String::new(), 0_u32, 0);
    for letter in base64.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            octets.push_str(&format!("{:02x}", bits >> held & 0xff));
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn hashes_are_those_of_npm_in_hexadecimal() {
        assert_eq!(hexadecimal("AAECA/+/fg==").as_deref(), Some("00010203ffbf7e"));
        assert_eq!(hexadecimal("no base64!"), None);
    }

    #[test]
    fn what_npm_locks_is_read_as_a_reader_of_json_reads_it() {
        let lock = fs::read_to_string(root().join("ui/package-lock.json")).unwrap();
        let read: serde_json::Value = serde_json::from_str(&lock).unwrap();
        let is_for_pages = |fields: &serde_json::Value| fields.get("dev").is_none() && fields.get("devOptional").is_none();
        let packages = read["packages"].as_object().unwrap().iter().filter(|(path, fields)| !path.is_empty() && is_for_pages(fields));
        let word = |fields: &serde_json::Value, key: &str| fields[key].as_str().map(str::to_owned);
        let wanted: BTreeSet<_> = packages
            .map(|(path, fields)| {
                (path.rsplit("node_modules/").next().unwrap().to_owned(), word(fields, "version"), word(fields, "license"))
            })
            .collect();
        let found: BTreeSet<_> = parts().unwrap().into_iter().map(|part| (part.name, part.version, part.licence)).collect();
        assert!(found.len() > 20);
        assert_eq!(found, wanted);
    }
}
