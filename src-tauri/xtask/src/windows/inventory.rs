//! What is in it, for machines: the list of all parts of programs and Setup (CycloneDX 1.5).
//!
//! In: what cargo, npm and the tools say of themselves, and the sources they have fetched. Out: `outtray.cdx.json`, written
//! here: it is a dozen fields, and this program is of the standard library only. A test has it read by others.
//! Invariant: nothing that is told is guessed; what a tool does not say is left out.

mod crates;
mod other;
mod pages;

use super::compiler::Compiler;
use anyhow::Result;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Something that others have made and that is handed out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// As a package URL names it; of each there is one.
    purl: String,
    name: String,
    version: Option<String>,
    /// An SPDX expression.
    licence: Option<String>,
    /// Of its source as it was fetched, or of the file that is handed out: algorithm, and octets in hexadecimal.
    hash: Option<(&'static str, String)>,
    /// How vulnerabilities are looked up, for what no registry of packages knows.
    cpe: Option<String>,
    about: Option<String>,
}

pub fn write(out: &Path, version: &str, compiler: Compiler) -> Result<()> {
    let mut parts = crates::parts()?;
    parts.extend(pages::parts()?);
    parts.extend(other::parts(out, compiler)?);
    parts.sort();
    parts.dedup_by(|one, other| one.purl == other.purl);
    fs::write(out.join("outtray.cdx.json"), document(version, &parts))?;
    Ok(())
}

fn document(version: &str, parts: &[Part]) -> String {
    let version = quoted(version);
    let mut text = format!(
        "{{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \"metadata\": {{ \"component\": \
         {{ \"type\": \"application\", \"bom-ref\": \"outtray\", \"name\": \"Outtray\", \"version\": {version}, \
         \"licenses\": [{{ \"expression\": \"MIT OR Apache-2.0\" }}] }} }},\n  \"components\": ["
    );
    for (number, part) in parts.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let purl = quoted(&part.purl);
        let _ = write!(text, "{comma}\n    {{ \"type\": \"library\", \"bom-ref\": {purl}, \"name\": {}", quoted(&part.name));
        let fields = [("version", &part.version), ("description", &part.about), ("cpe", &part.cpe)];
        for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value.as_ref()?))) {
            let _ = write!(text, ", \"{field}\": {}", quoted(value));
        }
        let _ = write!(text, ", \"purl\": {purl}");
        if let Some(licence) = &part.licence {
            let _ = write!(text, ", \"licenses\": [{{ \"expression\": {} }}]", quoted(licence));
        }
        if let Some((algorithm, octets)) = &part.hash {
            let _ = write!(text, ", \"hashes\": [{{ \"alg\": \"{algorithm}\", \"content\": {} }}]", quoted(octets));
        }
        text.push_str(" }");
    }
    text + "\n  ]\n}\n"
}

/// As JSON has it.
fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => _ = write!(json, "\\u{:04x}", u32::from(control)),
            other => json.push(other),
        }
    }
    json + "\""
}

/// As a package URL has a name or a version: what parts it is written out.
fn in_purl(text: &str) -> String {
    text.replace('%', "%25").replace('@', "%40").replace('+', "%2B").replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    /// As every reader of JSON has it, with what the schema of CycloneDX 1.5 requires of each part.
    #[test]
    fn the_list_of_parts_is_what_cyclonedx_asks_for() {
        let full = Part {
            purl: "pkg:generic/odd%20thing@1%2B2".into(),
            name: "odd \"thing\" \\ \u{1}ä".into(),
            version: Some("1+2".into()),
            licence: Some("Zlib AND CPL-1.0".into()),
            hash: Some(("SHA-256", "ab".repeat(32))),
            cpe: Some("cpe:2.3:a:odd:thing:1:*:*:*:*:*:*:*".into()),
            about: Some("a line\nbreak".into()),
        };
        let bare =
            Part { purl: "pkg:generic/bare".into(), name: "bare".into(), version: None, licence: None, hash: None, cpe: None, about: None };
        let text = document("1.2.3", &[full.clone(), bare]);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        assert_eq!(
            (read["bomFormat"].as_str(), read["specVersion"].as_str(), read["version"].as_u64()),
            (Some("CycloneDX"), Some("1.5"), Some(1))
        );
        let first = &read["components"][0];
        assert_eq!(first["name"].as_str(), Some(full.name.as_str()));
        assert_eq!(first["description"].as_str(), full.about.as_deref());
        assert_eq!(first["licenses"][0]["expression"].as_str(), full.licence.as_deref());
        assert_eq!(first["hashes"][0]["content"].as_str(), Some("ab".repeat(32).as_str()));
        assert_eq!(read["components"][1]["type"].as_str(), Some("library"));
        assert!(read["components"][1].get("licenses").is_none() && read["components"].as_array().unwrap().len() == 2);
    }

    /// Of this very tree. What only a finished build has (loader, Setup) is not here.
    #[test]
    fn every_part_of_this_tree_is_told_once_with_licence_and_hash() {
        let mut parts = crates::parts().unwrap();
        parts.extend(pages::parts().unwrap());
        let count = parts.len();
        let purls: BTreeSet<&str> = parts.iter().map(|part| part.purl.as_str()).collect();
        assert_eq!(purls.len(), count, "each once");
        for wanted in [
            "pkg:cargo/tokio@",
            "pkg:cargo/tauri@",
            "pkg:cargo/windows-sys@",
            "pkg:npm/react-dom@",
            "pkg:npm/%40fontsource-variable/inter@",
        ] {
            assert!(purls.iter().any(|purl| purl.starts_with(wanted)), "{wanted} is missing");
        }
        for none in ["pkg:cargo/host@", "pkg:cargo/proptest@", "pkg:npm/typescript@", "pkg:npm/vite@"] {
            assert!(!purls.iter().any(|purl| purl.starts_with(none)), "{none} is not handed out");
        }
        for part in &parts {
            let (algorithm, octets) = part.hash.as_ref().unwrap_or_else(|| panic!("{part:?}"));
            let length = if *algorithm == "SHA-512" { 128 } else { 64 };
            assert!(octets.len() == length && octets.bytes().all(|byte| byte.is_ascii_hexdigit()), "{part:?}");
            assert!(part.version.is_some() && part.licence.is_some(), "{part:?}");
        }
    }
}
