//! What is in it, for machines: the list of parts (CycloneDX 1.5), and the manifest for winget (schema 1.6).

use super::compiler;
use crate::{cargo, root};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const IDENTIFIER: &str = "Outtray.Outtray";
const SCHEMA: &str = "1.6.0";
/// Where the installer of a version can be fetched; set by whoever publishes it.
const ADDRESS: &str = "OUTTRAY_DOWNLOAD_URL";

/// Three files, as winget's repository wants them.
pub fn winget(out: &Path, version: &str, hash: &str) -> Result<()> {
    let folder = out.join("winget");
    fs::create_dir_all(&folder)?;
    let address = std::env::var(ADDRESS).unwrap_or_else(|_| format!("https://outtray.example/{version}/Outtray-Setup.exe"));
    for (name, text) in manifests(version, hash, &address) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn manifests(version: &str, hash: &str, address: &str) -> [(String, String); 3] {
    let file = |kind: &str, body: &str| {
        format!(
            "# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{SCHEMA}.schema.json\n\
             PackageIdentifier: {IDENTIFIER}\nPackageVersion: {version}\n{body}ManifestType: {kind}\nManifestVersion: {SCHEMA}\n"
        )
    };
    let installer = format!(
        "InstallerType: nullsoft\nScope: machine\nMinimumOSVersion: 10.0.14393.0\nInstallModes:\n- interactive\n- silent\n\
         InstallerSwitches:\n  Silent: /S\n  SilentWithProgress: /S\n  InstallLocation: /D=<INSTALLPATH>\n  Log: /LOG=\"<LOGPATH>\"\n\
         UpgradeBehavior: install\nElevationRequirement: elevatesSelf\nProductCode: Outtray\nExpectedReturnCodes:\n{}\
         Installers:\n- Architecture: x64\n  InstallerUrl: {address}\n  InstallerSha256: {hash}\n",
        endings()
    );
    let locale = "PackageLocale: en-US\nPublisher: Outtray\nPackageName: Outtray\nLicense: MIT OR Apache-2.0\n\
                  ShortDescription: The SMTP relay of a small office.\nTags:\n- email\n- relay\n- smtp\n";
    [
        (format!("{IDENTIFIER}.yaml"), file("version", "DefaultLocale: en-US\n")),
        (format!("{IDENTIFIER}.installer.yaml"), file("installer", &installer)),
        (format!("{IDENTIFIER}.locale.en-US.yaml"), file("defaultLocale", locale)),
    ]
}

/// How Setup ends when it does not succeed (`outtray.nsi`), in winget's words; those it has none for are left out.
const ENDINGS: [(u32, &str); 7] = [
    (1, "cancelledByUser"),
    (3, "invalidParameter"),
    (4, "invalidParameter"),
    (5, "downgrade"),
    (6, "packageInUse"),
    (7, "installInProgress"),
    (9, "systemNotSupported"),
];

fn endings() -> String {
    ENDINGS.iter().map(|(code, word)| format!("- InstallerReturnCode: {code}\n  ReturnResponse: {word}\n")).collect()
}

#[derive(Debug, Default)]
struct Part {
    version: String,
    licence: String,
    checksum: Option<String>,
}

/// Every crate that is linked into the two programs, with licence and the hash of its source.
pub fn parts(out: &Path, version: &str) -> Result<()> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", "host", "--package", "outtray", "--target", compiler::TARGET, "--edges", "normal"]);
    let said = tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"]).output()?;
    if !said.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&said.stderr).trim());
    }
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let parts = listed(&String::from_utf8_lossy(&said.stdout), &checksums(&lock))?;
    fs::write(out.join("outtray.cdx.json"), document(version, &parts))?;
    Ok(())
}

/// Lines such as `tokio v1.54.0|MIT`; ours have a path and no checksum, and are left out.
fn listed(tree: &str, checksums: &BTreeMap<(String, String), String>) -> Result<BTreeMap<(String, String), Part>> {
    let mut parts = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('|').with_context(|| format!("cargo tree said {line:?}"))?;
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        let key = (name.to_owned(), version.trim_start_matches('v').to_owned());
        let Some(checksum) = checksums.get(&key) else { continue };
        // An older way to write OR.
        let licence = licence.trim().replace('/', " OR ");
        parts.insert(key.clone(), Part { version: key.1, licence, checksum: Some(checksum.clone()) });
    }
    Ok(parts)
}

fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        block.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned()))
    };
    let blocks = lock.split("[[package]]");
    blocks.filter_map(|block| Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?))).collect()
}

fn document(version: &str, parts: &BTreeMap<(String, String), Part>) -> String {
    let mut text = format!(
        "{{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \"metadata\": {{ \"component\": \
         {{ \"type\": \"application\", \"name\": \"Outtray\", \"version\": \"{version}\" }} }},\n  \"components\": ["
    );
    for (number, ((name, _), part)) in parts.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let purl = format!("pkg:cargo/{name}@{}", part.version.replace('+', "%2B"));
        let _ = write!(
            text,
            "{comma}\n    {{ \"type\": \"library\", \"bom-ref\": \"{purl}\", \"name\": \"{name}\", \"version\": \"{}\", \"purl\": \"{purl}\"",
            part.version
        );
        if !part.licence.is_empty() {
            let _ = write!(text, ", \"licenses\": [{{ \"expression\": \"{}\" }}]", part.licence);
        }
        if let Some(checksum) = &part.checksum {
            let _ = write!(text, ", \"hashes\": [{{ \"alg\": \"SHA-256\", \"content\": \"{checksum}\" }}]");
        }
        text.push_str(" }");
    }
    text + "\n  ]\n}\n"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What winget's schema 1.6 requires in each of the three.
    #[test]
    fn the_winget_manifest_has_every_required_field() {
        let hash = "AB".repeat(32);
        let common = ["PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"];
        let required: [&[&str]; 3] = [
            &["DefaultLocale"],
            &["Installers", "- Architecture", "  InstallerUrl", "  InstallerSha256", "InstallerType"],
            &["PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
        ];
        for ((name, text), fields) in manifests("1.2.3", &hash, "https://outtray.example/x.exe").iter().zip(required) {
            for field in common.iter().chain(fields) {
                assert!(text.lines().any(|line| line.starts_with(&format!("{field}:"))), "{name}: {field} is missing in\n{text}");
            }
            assert!(name.starts_with(IDENTIFIER) && text.contains("PackageVersion: 1.2.3\n"), "{text}");
        }
        assert!(manifests("1.2.3", &hash, "x")[1].1.contains(&format!("InstallerSha256: {hash}\n")));
    }

    /// The switches and endings it names are the installer's.
    #[test]
    fn the_winget_manifest_says_what_the_installer_says() {
        let script = fs::read_to_string(root().join("src-tauri/installer/outtray.nsi")).unwrap();
        let words = fs::read_to_string(root().join("src-tauri/installer/words.nsh")).unwrap();
        let manifest = &manifests("1.2.3", "AB", "https://outtray.example/x.exe")[1].1;
        for switch in ["/S", "/D", "/LOG"] {
            assert!(manifest.contains(switch) && words.contains(&format!("${{Case}} \"{switch}\"")), "{switch}");
        }
        for (code, _) in &ENDINGS[1..] {
            assert!(script.lines().any(|line| line.starts_with("!define ") && line.ends_with(&format!(" {code}"))), "{code}");
        }
        assert!(script.contains(r"CurrentVersion\Uninstall\Outtray"), "winget finds it by its ProductCode");
    }

    #[test]
    fn the_list_of_parts_has_foreign_crates_once_with_licence_and_hash() {
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.54.0\"\nchecksum = \"abc\"\n\n[[package]]\nname = \"relay\"\nversion = \"0.1.0\"\n";
        let tree = "host v0.1.0 (/somewhere)|MIT\ntokio v1.54.0|MIT/Apache-2.0\ntokio v1.54.0|MIT/Apache-2.0\n";
        let parts = listed(tree, &checksums(lock)).unwrap();
        let document = document("0.1.0", &parts);
        assert_eq!(document.matches("\"purl\"").count(), 1, "{document}");
        for wanted in ["pkg:cargo/tokio@1.54.0", "MIT OR Apache-2.0", "\"content\": \"abc\"", "\"specVersion\": \"1.5\""] {
            assert!(document.contains(wanted), "{wanted} is missing in {document}");
        }
        assert!(!document.contains("somewhere"));
    }
}
