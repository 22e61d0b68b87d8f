//! Setup: it installs, brings up to date and removes; what it refuses, and what it leaves alone.
//!
//! Two installers are tried: of this version, and of one before, made of the same programs; what that one left is of the oldest
//! form there was ([`earlier`]). Wine's firewall keeps no rules,
//! and it enforces neither accounts nor access lists; there is no WebView2 and no PowerShell.

use crate::earlier;
use crate::machine::{
    APPS, Beside, DATA, DONE, FOLDER, IN_USE, Machine, NEWER_IS_THERE, NOT_HERE, SERVICE, START_MENU, WEBVIEW2, WRONG_SETTINGS,
    WRONG_SWITCH,
};
use crate::wine::{WindowsDaemon, windows_path};
use e2e::office::{PASSWORD, USER, settings_for};
use e2e::{Certs, Client, FakeSmartHost};
use serde_json::{Value, json};
use std::path::Path;

const OWN_DATA: &str = r"AppData\Local\Outtray";
const MESSAGE: &str = "From: scan@office.test\r\nTo: ann@away.test\r\nSubject: Scan 1\r\n\r\npage 1\r\n";

/// The versions, as xtask made them.
const VERSION_BEFORE: &str = "0.0.1";
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn ids(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_password_and_service_outlive_an_upgrade_and_go_when_they_are_told_to() {
    let machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let certs = Certs::new();
    let authority = certs.authority_file(folder.path());
    let provider = FakeSmartHost::new().starttls(certs.server()).auth(USER, PASSWORD).start().await;
    let settings = settings_for(provider.port(), Path::new(&windows_path(&authority)));
    let file = folder.path().join("office settings.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&settings).unwrap()).unwrap();

    let installed =
        machine.setup_before(&[&format!("/SETTINGS={}", windows_path(&file)), "/PORTS=25, 2525", "/NETWORKS=LocalSubnet,192.168.77.0/24"]);
    assert_eq!(installed.code, DONE, "{installed:?}");
    for program in ["outtrayd.exe", "outtray.exe"] {
        let rule = format!(
            r#"profile=domain,private "program={FOLDER}\{program}" protocol=TCP localport=25,2525 remoteip=LocalSubnet,192.168.77.0/24"#
        );
        assert!(installed.out.contains(&rule), "{rule}: {installed:?}");
    }
    // As the account of the person who installs, whose window is to speak to the service.
    let account = machine.registered(r"HKLM\SOFTWARE\Outtray", "InstalledBy").unwrap();
    assert!(account.starts_with("S-1-5-21-"), "{account}");
    for (name, value) in [
        ("DisplayName", "Outtray"),
        ("DisplayVersion", VERSION_BEFORE),
        ("Publisher", "Outtray"),
        ("InstallLocation", FOLDER),
        ("UninstallString", r#""C:\Program Files\Outtray\uninstall.exe""#),
        ("NoModify", "0x1"),
    ] {
        assert_eq!(machine.registered(APPS, name).as_deref(), Some(value), "{name}");
    }
    let kilobytes = machine.registered(APPS, "EstimatedSize").and_then(|size| u64::from_str_radix(size.strip_prefix("0x")?, 16).ok());
    let engine = std::fs::metadata(machine.path(FOLDER).join("outtrayd.exe")).unwrap().len();
    assert!(kilobytes.is_some_and(|kilobytes| kilobytes * 1024 >= engine), "{kilobytes:?}");
    assert!(machine.path(START_MENU).exists());
    assert_eq!(machine.service(), "running");

    // Mail flows.
    machine.outtrayd(&["secret", "set", "smart-host"], PASSWORD);
    Client::greeted(machine.address()).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.until(1).await;
    a_program_in_use_is_not_replaced(&machine, folder.path());

    // An upgrade of what the first version left, while its service runs and somebody has the window open.
    machine.outtrayd(&["service", "stop"], "");
    let left = earlier::lay_out(&machine, provider.port(), &windows_path(&authority));
    std::fs::copy(machine.wine.made("window.exe"), machine.path(FOLDER).join("outtray.exe")).unwrap();
    let mut window = Beside::start(machine.wine, &format!(r"{FOLDER}\outtray.exe"), &[]);
    let upgraded = machine.setup(&[]);
    assert_eq!(upgraded.code, DONE, "{upgraded:?}");
    assert!(upgraded.out.contains("(Outtray's window)") && upgraded.out.contains("The window is asked to end."), "{upgraded:?}");
    machine.until("the window has ended", || window.has_ended());
    assert_eq!(machine.registered(APPS, "DisplayVersion").as_deref(), Some(VERSION));
    assert_eq!(machine.registered(r"HKLM\SOFTWARE\Outtray", "InstalledBy").as_ref(), Some(&account));
    assert_eq!(machine.service(), "running");
    let status = machine.asked(&["status"]);
    assert_eq!((&status["engine"]["hostName"], &status["counters"]["refused"]), (&json!("earlier.office.test"), &json!(4)), "{status:#}");
    let [(tried, small), (large_id, large)] = left.waiting;
    assert_eq!(ids(&machine.asked(&["queue"])), [tried.as_str(), &large_id]);
    assert_eq!(ids(&machine.asked(&["history", "to:ann"])), [left.sent.as_str()]);
    let story = machine.asked(&["story", &tried]);
    assert!(story.to_string().contains("busy, come back later"), "{story:#}");
    assert_eq!(provider.messages().len(), 1, "it was paused, and is");
    machine.outtrayd(&["resume"], "");
    let arrived = provider.until(3).await;
    for content in [small, large] {
        let found = arrived.iter().find(|message| message.content.ends_with(&content));
        assert_eq!(found.and_then(|message| message.signed_in.as_deref()), Some(USER), "whole, and with its password");
    }

    let refused = machine.setup_before(&[]);
    assert_eq!(refused.code, NEWER_IS_THERE, "{refused:?}");
    assert!(refused.out.contains(&format!("Version {VERSION} is installed, which is newer than {VERSION_BEFORE}.")), "{refused:?}");
    assert_eq!(machine.service(), "running");

    // What an administrator has stopped and disabled stays so.
    machine.outtrayd(&["service", "stop"], "");
    assert_eq!(machine.wine.run(machine.wine.made("start_type.exe"), &["4"]).code, Some(0));
    let again = machine.setup(&["/SHORTCUTS=1"]);
    assert_eq!(again.code, DONE, "{again:?}");
    assert_eq!(machine.service(), "stopped");
    assert_eq!(machine.registered(SERVICE, "Start").as_deref(), Some("0x4"));

    // Removed, and found again.
    let removed = machine.uninstall_quietly(&[]);
    assert_eq!(removed.code, DONE, "{removed:?}");
    assert!(removed.out.contains("Settings, queue, history and passwords stay."), "{removed:?}");
    for gone in [APPS, SERVICE, r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Outtray", r"HKLM\SOFTWARE\Outtray"] {
        assert_ne!(machine.wine.run("reg", &["query", gone]).code, Some(0), "{gone}");
    }
    assert!(!machine.path(START_MENU).exists());
    assert!(machine.path(DATA).join("queue.db").exists());
    let back = machine.setup(&[]);
    assert_eq!(back.code, DONE, "{back:?}");
    assert_eq!(machine.service(), "running");
    assert_eq!(machine.asked(&["history"])["total"], 3);
    Client::greeted(machine.address()).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    assert_eq!(provider.until(4).await[3].signed_in.as_deref(), Some(USER), "it has its password");

    // Removed by clicks, or nearly: Windows starts uninstall.exe, which goes on from a copy of itself.
    let program = format!(r"{FOLDER}\uninstall.exe");
    let begun = machine.wine.run(program, &["/S", "/REMOVEDATA"]);
    assert_eq!(begun.code, DONE, "{begun:?}");
    machine.until("the folder has gone", || !machine.path(FOLDER).exists());
    machine.until("it is no installed app any more", || machine.registered(APPS, "DisplayName").is_none());
    assert_eq!(machine.traces(), [""; 0]);
}

/// An engine somebody has started by hand is not ours to end.
fn a_program_in_use_is_not_replaced(machine: &Machine, folder: &Path) {
    let own = folder.join("by hand");
    std::fs::create_dir(&own).unwrap();
    let uninstaller = || std::fs::read(machine.path(FOLDER).join("uninstall.exe")).unwrap();
    let before = uninstaller();
    let mut engine = Beside::start(machine.wine, &format!(r"{FOLDER}\outtrayd.exe"), &["run", "--data", &windows_path(&own)]);
    let refused = machine.setup(&[]);
    assert_eq!(refused.code, IN_USE, "{refused:?}");
    assert!(refused.out.contains(r"C:\Program Files\Outtray\outtrayd.exe is in use. Nothing was changed."), "{refused:?}");
    assert!(!engine.has_ended());
    assert_eq!(machine.registered(APPS, "DisplayVersion").as_deref(), Some(VERSION_BEFORE));
    assert!(uninstaller() == before, "not even the uninstaller is another");
    let there: Vec<_> = std::fs::read_dir(machine.path(FOLDER)).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(there.iter().all(|name| !name.to_string_lossy().starts_with("Outtray-Setup")), "{there:?}");
    assert_eq!(machine.service(), "running");
}

#[test]
fn a_wrong_word_changes_nothing_and_is_named() {
    let machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, r#"{"version": 1, "limits": {"hops": 0}}"#).unwrap();
    let bad = format!("/SETTINGS={}", windows_path(&bad));
    let log = windows_path(&folder.path().join("setup.log"));
    let in_log = format!("/LOG={log}");
    for (words, code, told) in [
        (&["/SERVCE=1", &in_log][..], WRONG_SWITCH, "/SERVCE=1 is no switch"),
        (&["/SERVICE=2"], WRONG_SWITCH, "/SERVICE=2 is no switch"),
        (&["/SERVICE"], WRONG_SWITCH, "/SERVICE is no switch"),
        (&["SERVICE=1"], WRONG_SWITCH, "SERVICE=1 is no switch"),
        (&["/LANG=fr"], WRONG_SWITCH, "/LANG=fr is no switch"),
        (&["/LANG=de", "/SERVCE=1"], WRONG_SWITCH, "/SERVCE=1 ist kein Schalter"),
        (&["/PORTS=smtp"], WRONG_SWITCH, "from 1 to 65535"),
        (&["/PORTS=25&calc"], WRONG_SWITCH, "/PORTS=25&calc is no switch"),
        (&["/NETWORKS=192.168.1.0/24,8.8.8.8"], WRONG_SWITCH, "part of the internet"),
        (&["/FIREWALL=0", "/PORTS=25"], WRONG_SWITCH, "/FIREWALL=0"),
        (&["/SERVICE=0", &bad], WRONG_SWITCH, "/SERVICE=1"),
        (&["/USER=me"], WRONG_SWITCH, "/USER=me is no SID"),
        (&[r"/LOG=C:\gone\setup.log"], WRONG_SWITCH, r"C:\gone\setup.log cannot be written"),
        (&[&bad], WRONG_SETTINGS, "limits.hops"),
        (&[r"/SETTINGS=C:\gone.json"], WRONG_SETTINGS, "gone.json"),
    ] {
        let said = machine.setup(words);
        assert_eq!(said.code, code, "{words:?}: {said:?}");
        assert!(said.out.contains(told), "{words:?}: {told} is not in {said:?}");
    }
    let logged = std::fs::read_to_string(folder.path().join("setup.log")).unwrap();
    assert!(logged.contains("/SERVCE=1 is no switch"), "{logged}");

    // Windows 7, says Wine to a program of this name.
    let old = folder.path().join("Setup-on-Windows-7.exe");
    std::os::unix::fs::symlink(&machine.setup, &old).unwrap();
    machine.register(r"HKCU\Software\Wine\AppDefaults\Setup-on-Windows-7.exe", "Version", "win7");
    let refused = machine.wine.run(&old, &["/S", "/LANG=en"]);
    assert_eq!(refused.code, NOT_HERE, "{refused:?}");
    assert!(refused.out.contains("Outtray needs Windows 10"), "{refused:?}");
    assert_eq!(machine.traces(), [""; 0]);
}

#[test]
fn the_switches_are_told_in_every_language_to_the_end() {
    let machine = Machine::new();
    for (language, first, last) in [
        ("en", "/S: ask nothing", "9 not on this Windows or not as this account\n"),
        ("de", "/S: nichts fragen", "9 nicht auf diesem Windows oder mit diesem Konto\n"),
    ] {
        let told = machine.wine.run(&machine.setup, &["/S", "/?", &format!("/LANG={language}")]);
        assert_eq!(told.code, DONE, "{told:?}");
        assert!(told.out.contains(first) && told.out.ends_with(last), "{told:?}");
        for switch in [
            "/LANG",
            "/LOG",
            "/SERVICE",
            "/SETTINGS",
            "/START",
            "/USER",
            "/FIREWALL",
            "/PORTS",
            "/NETWORKS",
            "/SHORTCUTS",
            "/WEBVIEW2",
            "/D",
        ] {
            assert!(told.out.contains(&format!("{switch}=")), "{language}: {switch}");
        }
    }
}

/// It was taken for the program's own failure once: good settings were called unusable.
#[test]
fn what_windows_does_not_start_at_once_is_started_again() {
    let machine = Machine::new();
    let processor = machine.path(r"C:\windows\system32\cmd.exe");
    let whole = std::fs::read(&processor).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (log, settings) = (folder.path().join("setup.log"), folder.path().join("settings.json"));
    std::fs::write(&settings, r#"{"version": 1, "limits": {"hops": 0}}"#).unwrap();
    let words = [format!("/LOG={}", windows_path(&log)), format!("/SETTINGS={}", windows_path(&settings))];

    std::fs::write(&processor, "no program").unwrap();
    let said = std::thread::scope(|scope| {
        let setup = scope.spawn(|| machine.setup(&[&words[0], &words[1]]));
        machine.until("Windows does not start it", || {
            let logged = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(!setup.is_finished(), "{logged}");
            logged.contains("Windows could not start it (attempt 1 of 5).")
        });
        std::fs::write(&processor, &whole).unwrap();
        setup.join().unwrap()
    });
    assert_eq!(said.code, WRONG_SETTINGS, "{said:?}");
    assert!(said.out.contains("limits.hops") && !said.out.contains("attempt 5 of 5"), "{said:?}");
    assert_eq!(machine.traces(), [""; 0]);
}

/// What Wine's Credential Manager keeps of ours, in its registry.
fn credentials(machine: &Machine) -> Vec<String> {
    let told = machine.wine.run("reg", &["query", r"HKCU\Software\Wine\Credential Manager", "/s"]);
    told.out.lines().filter(|line| line.starts_with("HKEY") && line.contains("Outtray")).map(str::to_owned).collect()
}

#[test]
fn an_account_with_mail_of_its_own_gets_no_service_and_keeps_its_mail_until_told_otherwise() {
    let machine = Machine::new();
    let home = std::fs::read_dir(machine.path(r"C:\users")).unwrap().flatten().map(|entry| entry.path());
    let home = home.into_iter().find(|home| home.join("AppData").is_dir()).expect("the account's folder");
    let own = home.join(OWN_DATA.replace('\\', "/"));
    std::fs::create_dir_all(&own).unwrap();
    let engine = WindowsDaemon::start(machine.wine, &own);
    // As the window asks it: by the folder's own name, which is part of the credential's.
    // Of a domain that stands in no settings any more when the account's mail is removed.
    for (words, input) in
        [(["secret", "set", "smart-host"], PASSWORD), (["secret", "set", "certificate"], PASSWORD), (["dkim", "new", "office.test"], "")]
    {
        let said = engine.told(&words, input);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(credentials(&machine).len(), 3);
    assert_eq!(engine.stop(), Some(0));

    // From a share, with what belongs to it beside it; one thing is not what it says.
    let share = tempfile::tempdir().unwrap();
    let setup = share.path().join("Outtray-Setup.exe");
    std::os::unix::fs::symlink(&machine.setup, &setup).unwrap();
    std::fs::copy(machine.wine.made("window.exe"), share.path().join("MicrosoftEdgeWebview2Setup.exe")).unwrap();
    machine.register(&format!(r"HKCU\Software\{WEBVIEW2}"), "pv", "0.0.0.0");
    let installed = machine.wine.run(&setup, &["/s", "/lang=EN", "/SHORTCUTS=0", "/FIREWALL=0"]);
    assert_eq!(installed.code, DONE, "{installed:?}");
    assert!(installed.out.contains("No service: this account's own Outtray has mail"), "{installed:?}");
    assert!(installed.out.contains("MicrosoftEdgeWebview2Setup.exe was not run: it is not signed by Microsoft."), "{installed:?}");
    assert!(installed.out.contains("The window needs Microsoft Edge WebView2"), "{installed:?}");
    assert!(!installed.out.contains("firewall open"), "{installed:?}");
    assert_eq!(machine.service(), "notInstalled");
    assert!(!machine.path(START_MENU).exists());

    std::fs::write(share.path().join("settings.json"), r#"{"version": 1, "hostName": "from.share.test"}"#).unwrap();
    machine.register(&format!(r"HKLM\SOFTWARE\WOW6432Node\{WEBVIEW2}"), "pv", "118.0.2088.46");
    let again = machine.wine.run(&setup, &["/S", "/LANG=de", "/SERVICE=1", "/SETTINGS=settings.json"]);
    assert_eq!(again.code, DONE, "{again:?}");
    assert!(again.out.contains("WebView2 118.0.2088.46 ist vorhanden."), "{again:?}");
    assert_eq!(machine.asked(&["status"])["engine"]["hostName"], "from.share.test");

    let removed = machine.uninstall_quietly(&["/REMOVEDATA"]);
    assert_eq!(removed.code, DONE, "{removed:?}");
    assert_eq!(credentials(&machine), [""; 0]);
    assert!(!own.exists());
    assert!(!machine.path(DATA).exists());
    std::fs::create_dir_all(&own).unwrap();
    let engine = WindowsDaemon::start(machine.wine, &own);
    let secrets = engine.asked(&["status"])["settings"]["secrets"].clone();
    assert!(secrets.as_array().is_some_and(|all| all.len() >= 2 && all.iter().all(|one| one["isSet"] == false)), "{secrets}");
    assert_eq!(engine.stop(), Some(0));
    std::fs::remove_dir_all(&own).unwrap();
    assert_eq!(machine.traces(), [""; 0]);
}
