//! The manifest for winget (schema 1.6): four files, as its repository wants them.
//!
//! Invariant: no address that is not the publisher's. Without one there is no manifest, which would else be sent in with
//! a false one.

use anyhow::{Result, bail};
use std::fs;
use std::path::Path;

const IDENTIFIER: &str = "Outtray.Outtray";
const SCHEMA: &str = "1.6.0";
/// Where the installer of a version can be fetched; set by whoever publishes it.
const ADDRESS: &str = "OUTTRAY_DOWNLOAD_URL";

/// What the publisher has said.
pub fn address() -> Option<String> {
    std::env::var(ADDRESS).ok().filter(|address| !address.trim().is_empty())
}

/// Gives what is to be told at the end, where no manifest was made.
pub fn write(out: &Path, version: &str, hash: &str, address: Option<&str>) -> Result<Option<String>> {
    let Some(address) = address else {
        return Ok(Some(format!(
            "NO MANIFEST FOR WINGET: it names the address of Setup. Set {ADDRESS} to where this version can be fetched (https://…)."
        )));
    };
    if !is_address(address) {
        bail!("{ADDRESS} is {address:?}, and is to be the https address of this Setup");
    }
    let folder = out.join("winget");
    fs::create_dir_all(&folder)?;
    for (name, text) in manifests(version, hash, address) {
        fs::write(folder.join(name), text)?;
    }
    Ok(None)
}

/// What stands in YAML as it is, and what winget's repository takes: no password in it, nothing open to a third party.
fn is_address(address: &str) -> bool {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+".contains(&byte));
    plain && rest.split_once('/').is_some_and(|(host, file)| !host.is_empty() && !file.is_empty())
}

fn manifests(version: &str, hash: &str, address: &str) -> [(String, String); 4] {
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
    let english = "PackageLocale: en-US\nPublisher: Outtray\nPackageName: Outtray\nLicense: MIT OR Apache-2.0\n\
                   ShortDescription: The SMTP relay of a small office.\n\
                   Description: Takes mail from devices and programs that cannot do modern e-mail by themselves, keeps it safely on disk, \
                   and hands it to the mail provider, encrypted and signed in.\nTags:\n- email\n- relay\n- smtp\n";
    let german = "PackageLocale: de-DE\nLicense: MIT oder Apache-2.0, nach Wahl\n\
                  ShortDescription: Das SMTP-Relay für das kleine Büro.\n\
                  Description: Nimmt E-Mails von Geräten und Programmen an, die heutige Anmeldeverfahren nicht selbst beherrschen, bewahrt sie \
                  sicher auf dem Datenträger auf und übergibt sie verschlüsselt und angemeldet dem E-Mail-Anbieter.\n\
                  Tags:\n- e-mail\n- relay\n- smtp\n";
    [
        (format!("{IDENTIFIER}.yaml"), file("version", "DefaultLocale: en-US\n")),
        (format!("{IDENTIFIER}.installer.yaml"), file("installer", &installer)),
        (format!("{IDENTIFIER}.locale.en-US.yaml"), file("defaultLocale", english)),
        (format!("{IDENTIFIER}.locale.de-DE.yaml"), file("locale", german)),
    ]
}

/// How Setup ends when it does not succeed (`outtray.nsi`), in winget's words.
///
/// It has none for 2 (something failed, all is as it was) nor for 8 (installed, but the service or the firewall's rule is
/// not): `contactSupport` would send people to somebody who is not there, `custom` says nothing without a page of its
/// own, and 8 must not be called a success. Not named here, winget tells the number and where Setup's log is.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::root;

    const SOMEWHERE: &str = "https://download.example/1.2.3/Outtray-Setup.exe";

    /// What winget's schema 1.6 requires in each of the four.
    #[test]
    fn the_winget_manifest_has_every_required_field() {
        let hash = "AB".repeat(32);
        let common = ["PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"];
        let required: [&[&str]; 4] = [
            &["DefaultLocale"],
            &["Installers", "- Architecture", "  InstallerUrl", "  InstallerSha256", "InstallerType"],
            &["PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
            &["PackageLocale", "ShortDescription"],
        ];
        for ((name, text), fields) in manifests("1.2.3", &hash, SOMEWHERE).iter().zip(required) {
            for field in common.iter().chain(fields) {
                assert!(text.lines().any(|line| line.starts_with(&format!("{field}:"))), "{name}: {field} is missing in\n{text}");
            }
            assert!(name.starts_with(IDENTIFIER) && text.contains("PackageVersion: 1.2.3\n"), "{text}");
            // A value with ": " or " #" in it would have to be quoted.
            let values = text.lines().filter_map(|line| line.split_once(": ")).map(|(_, value)| value);
            assert!(values.clone().count() > 3 && values.clone().all(|value| !value.contains(": ") && !value.contains(" #")), "{text}");
        }
        assert!(manifests("1.2.3", &hash, "x")[1].1.contains(&format!("InstallerSha256: {hash}\n")));
    }

    #[test]
    fn an_address_is_the_publishers_or_there_is_no_manifest() {
        assert!(is_address(SOMEWHERE));
        for wrong in ["", "https://", "https://download.example", "http://download.example/x.exe", "https://a.example/x # y", "file:///x"] {
            assert!(!is_address(wrong), "{wrong}");
        }
        let folder = std::env::temp_dir().join(format!("outtray-winget-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let said = write(&folder, "1.2.3", "AB", None);
        let refused = write(&folder, "1.2.3", "AB", Some("http://download.example/x.exe"));
        let is_empty = fs::read_dir(&folder).unwrap().next().is_none();
        let told = write(&folder, "1.2.3", "AB", Some(SOMEWHERE));
        let written = fs::read_dir(folder.join("winget")).map(Iterator::count);
        fs::remove_dir_all(&folder).unwrap();
        assert!(said.unwrap().unwrap().contains(ADDRESS) && refused.is_err() && is_empty);
        assert_eq!((told.unwrap(), written.unwrap()), (None, 4));
    }

    /// The switches and endings it names are the installer's.
    #[test]
    fn the_winget_manifest_says_what_the_installer_says() {
        let script = fs::read_to_string(root().join("src-tauri/installer/outtray.nsi")).unwrap();
        let words = fs::read_to_string(root().join("src-tauri/installer/words.nsh")).unwrap();
        let manifest = &manifests("1.2.3", "AB", SOMEWHERE)[1].1;
        for switch in ["/S", "/D", "/LOG"] {
            assert!(manifest.contains(switch) && words.contains(&format!("${{Case}} \"{switch}\"")), "{switch}");
        }
        for (code, _) in &ENDINGS[1..] {
            assert!(script.lines().any(|line| line.starts_with("!define ") && line.ends_with(&format!(" {code}"))), "{code}");
        }
        assert!(script.contains(r"CurrentVersion\Uninstall\Outtray"), "winget finds it by its ProductCode");
    }
}
