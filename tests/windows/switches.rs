//! Setup's switches that say where, as whom and whether, what a word too many does to the uninstaller, and the ends that are no
//! success: nothing is changed, or what is there goes on.

use crate::machine::{
    ANOTHER_SETUP, APPS, Beside, DATA, DONE, FAILED, FOLDER, Machine, NOT_ALL, SERVICE, STAND_IN, WEBVIEW2, WRONG_SWITCH,
};
use crate::wine::Said;
use std::fs;
use std::path::PathBuf;

const OWN_FOLDER: &str = r"C:\Our Programs\Outtray";
const ACCOUNT: &str = "S-1-5-21-1004336348-1177238915-682003330-1001";
const OTHER_ACCOUNT: &str = "S-1-5-21-1004336348-1177238915-682003330-1002";
const OWN_KEY: &str = r"HKLM\SOFTWARE\Outtray";
const POWERSHELL: &str = r"C:\windows\system32\WindowsPowerShell\v1.0\powershell.exe";
const NOT_FROM_MICROSOFT: &str = "MicrosoftEdgeWebView2RuntimeInstallerX64.exe was not run: it is not signed by Microsoft.";

/// PowerShell, in place of Wine's, which is put back.
struct PowerShell {
    place: PathBuf,
    before: PathBuf,
}

impl PowerShell {
    fn put(machine: &Machine) -> Self {
        let place = machine.path(POWERSHELL);
        let before = place.with_extension("before");
        fs::rename(&place, &before).unwrap();
        fs::copy(machine.wine.made("powershell.exe"), &place).unwrap();
        Self { place, before }
    }
}

impl Drop for PowerShell {
    fn drop(&mut self) {
        let _ = fs::rename(&self.before, &self.place);
    }
}

#[test]
fn a_folder_an_account_and_whether_to_start_are_as_somebody_said_and_stay_so() {
    let machine = Machine::with_programs_in(OWN_FOLDER);
    let _powershell = PowerShell::put(&machine);
    let share = tempfile::tempdir().unwrap();
    let program = share.path().join("Outtray-Setup.exe");
    std::os::unix::fs::symlink(&machine.setup, &program).unwrap();
    fs::copy(machine.wine.made("webview2.exe"), share.path().join("MicrosoftEdgeWebView2RuntimeInstallerX64.exe")).unwrap();
    let setup = |words: &[&str]| machine.wine.run(&program, &[&["/S", "/LANG=en"], words].concat());
    let is_set_up = |said: Said, service: &str, account: &str| {
        assert_eq!(said.code, DONE, "{said:?}");
        assert_eq!(machine.service(), service, "{said:?}");
        assert_eq!(machine.registered(OWN_KEY, "InstalledBy").as_deref(), Some(account), "{said:?}");
        said
    };

    // The last switch has a space in it and no quotes, as NSIS wants it.
    let account = format!("/USER={ACCOUNT}");
    let installed = setup(&["/WEBVIEW2=0", "/START=0", "/FIREWALL=0", "/SHORTCUTS=0", &account, r"/D=C:\Our", r"Programs\Outtray"]);
    let installed = is_set_up(installed, "stopped", ACCOUNT);
    assert!(machine.path(OWN_FOLDER).join("uninstall.exe").exists() && !machine.path(FOLDER).join("uninstall.exe").exists());
    assert_eq!(machine.registered(APPS, "InstallLocation").as_deref(), Some(OWN_FOLDER));
    let program_of_service = machine.registered(SERVICE, "ImagePath").unwrap();
    assert!(program_of_service.starts_with(&format!("\"{OWN_FOLDER}\\outtrayd.exe\" ")), "{program_of_service}");
    let closed = format!("icacls.exe\" \"{OWN_FOLDER}\" /inheritance:r /grant *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F");
    assert!(installed.out.contains(&closed), "a folder outside of Program Files is closed to others: {installed:?}");
    assert!(installed.out.contains("The window needs Microsoft Edge WebView2"), "{installed:?}");
    assert!(!installed.out.contains("powershell"), "nobody asked for WebView2: {installed:?}");

    // An upgrade that cannot be written; then one that moves.
    let in_the_way = machine.path(OWN_FOLDER).join("Outtray-Setup.new");
    fs::write(&in_the_way, "").unwrap();
    let failed = setup(&[]);
    assert_eq!(failed.code, FAILED, "{failed:?}");
    assert!(failed.out.contains("The programs cannot be written to C:\\Our Programs\\Outtray"), "{failed:?}");
    fs::remove_file(&in_the_way).unwrap();
    let refused = setup(&[r"/D=C:\Elsewhere"]);
    assert_eq!(refused.code, WRONG_SWITCH, "{refused:?}");
    assert!(refused.out.contains("Outtray is installed in C:\\Our Programs\\Outtray and stays there."), "{refused:?}");

    // An upgrade without a word, and one with others. An installer that others have signed is not run; Microsoft's is.
    machine.register(STAND_IN, "Signer", "Somebody");
    let upgraded = is_set_up(setup(&[]), "stopped", ACCOUNT);
    assert!(upgraded.out.contains(NOT_FROM_MICROSOFT) && !upgraded.out.contains("is installed by"), "{upgraded:?}");
    machine.register(STAND_IN, "Signer", "Microsoft Corporation");
    let account = format!("/USER={OTHER_ACCOUNT}");
    let started = is_set_up(setup(&["/START=1", &account]), "running", OTHER_ACCOUNT);
    for told in ["WebView2 is installed by ", "webview2.exe\" /silent /install", "WebView2 118.0.2088.46 is there."] {
        assert!(started.out.contains(told), "{told}: {started:?}");
    }
    assert_eq!(machine.registered(&format!(r"HKLM\SOFTWARE\WOW6432Node\{WEBVIEW2}"), "pv").as_deref(), Some("118.0.2088.46"));

    the_uninstaller_takes_no_word_it_does_not_know(&machine);
    one_setup_at_a_time(&machine);

    let removed = machine.uninstall_quietly(&["/KEEPDATA"]);
    assert_eq!(removed.code, DONE, "{removed:?}");
    assert!(removed.out.contains("Settings, queue, history and passwords stay."), "{removed:?}");
    assert!(machine.path(DATA).join("queue.db").exists());
    fs::remove_dir_all(machine.path(DATA)).unwrap();
    assert_eq!(machine.traces(), [""; 0]);
}

fn the_uninstaller_takes_no_word_it_does_not_know(machine: &Machine) {
    for (words, told) in [
        (&["/REMOVEDTA"][..], "/REMOVEDTA is no switch"),
        (&["/KEEPDATA", "/REMOVEDATA"], "/REMOVEDATA is no switch, or has no such value"),
        (&["/GIVEBACK=2"], "/GIVEBACK=2 is no switch, or has no such value"),
        (&["/LANG=de", "KEEPDATA"], "KEEPDATA ist kein Schalter"),
        (&[r"/LOG=C:\gone\setup.log"], r"C:\gone\setup.log cannot be written"),
    ] {
        let refused = machine.uninstall_quietly(words);
        assert_eq!(refused.code, WRONG_SWITCH, "{words:?}: {refused:?}");
        assert!(refused.out.contains(told), "{words:?}: {told} is not in {refused:?}");
    }
    assert_eq!(machine.service(), "running");
}

/// Another one asks its first question meanwhile.
fn one_setup_at_a_time(machine: &Machine) {
    let program = machine.setup.to_str().unwrap();
    let mut other = Beside::start(machine.wine, program, &["/LANG=en"]);
    // Alone it would say that this is no account.
    machine.until("another Setup is in the way", || machine.setup(&["/USER=me"]).code == ANOTHER_SETUP);
    let refused = machine.setup(&[]);
    assert_eq!(refused.code, ANOTHER_SETUP, "{refused:?}");
    assert!(refused.out.contains("Another Setup of Outtray runs on this machine. Nothing was changed."), "{refused:?}");
    let refused = machine.uninstall_quietly(&["/REMOVEDATA"]);
    assert_eq!(refused.code, ANOTHER_SETUP, "{refused:?}");
    assert!(!other.has_ended());
    assert_eq!(machine.service(), "running");
}

#[test]
fn what_could_not_be_written_leaves_nothing_and_what_lacks_a_part_says_which_and_is_mended() {
    const FIREWALL: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
    let machine = Machine::new();
    // A file stands where a folder is to be.
    fs::write(machine.path(r"C:\blocked"), "").unwrap();
    for place in [r"/D=C:\blocked\Outtray", r"/D=Q:\Outtray"] {
        let refused = machine.setup(&[place]);
        assert_eq!(refused.code, WRONG_SWITCH, "it was installed elsewhere without a word: {refused:?}");
        assert!(refused.out.contains(&format!("{place} is no switch, or has no such value")), "{refused:?}");
    }
    // In small letters NSIS knows nothing of it.
    let failed = machine.setup(&[r"/d=C:\blocked\Outtray"]);
    assert_eq!(failed.code, FAILED, "{failed:?}");
    assert!(failed.out.contains(r"The programs cannot be written to C:\blocked\Outtray"), "{failed:?}");
    assert_eq!(fs::read(machine.path(r"C:\blocked")).unwrap(), b"");
    fs::remove_file(machine.path(r"C:\blocked")).unwrap();
    assert_eq!(machine.traces(), [""; 0]);

    // A newer Outtray was here, and its settings are broken: no service can start, no rule be made.
    let data = machine.path(DATA);
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("settings.json"), r#"{"version": 1, "hostName": }"#).unwrap();
    rusqlite::Connection::open(data.join("queue.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let in_part = machine.setup(&["/SHORTCUTS=0"]);
    assert_eq!(in_part.code, NOT_ALL, "{in_part:?}");
    for told in ["The service is installed but does not start.", "The rule in the firewall was not made.", "Done: Outtray"] {
        assert!(in_part.out.contains(told), "{told}: {in_part:?}");
    }
    assert_eq!(machine.service(), "stopped");

    // Without that database it runs, and says that it does not use the settings.
    fs::remove_file(data.join("queue.db")).unwrap();
    let in_part = machine.setup(&["/START=1", "/FIREWALL=0"]);
    assert_eq!(in_part.code, NOT_ALL, "{in_part:?}");
    assert!(in_part.out.contains("The service runs, but cannot use all of its settings."), "{in_part:?}");
    assert_eq!(machine.service(), "running");

    // Mended. In a network that Windows calls public the rule is of no use, which is no failure.
    fs::write(data.join("settings.json"), r#"{"version": 1, "hostName": "mended.office.test"}"#).unwrap();
    machine.register_number(&format!(r"{FIREWALL}\PublicProfile"), "EnableFirewall", 1);
    machine.register_number(STAND_IN, "Profiles", 4);
    let mended = machine.wine.run(&machine.setup, &["/S", "/LANG=de", "/FIREWALL=1"]);
    let told = machine.outtrayd(&["firewall", "status"], "");
    let view = machine.asked(&["machine"]);
    machine.register_number(STAND_IN, "Profiles", 2);
    let private = machine.outtrayd(&["firewall", "status"], "");
    let removed = machine.wine.run("reg", &["delete", FIREWALL, "/f"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!(mended.code, DONE, "{mended:?}");
    assert!(mended.out.contains("Windows nennt ein Netz dieses Rechners öffentlich"), "{mended:?}");
    assert!(told.out.contains("Windows calls a network of this machine public"), "{told:?}");
    assert_eq!(view["firewall"]["publicNetwork"], true, "{view:#}");
    assert!(!private.out.contains("Windows calls a network of this machine public"), "{private:?}");
    assert_eq!(machine.asked(&["status"])["engine"]["hostName"], "mended.office.test");
}
