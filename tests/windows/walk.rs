//! An office leaves the SMTP service of IIS, on one machine and from beginning to end: Setup, import, take-over, mail, upgrade,
//! uninstall, and the old service at its port again. What a person types and reads on the way is kept as `transcript.txt` among
//! the programs under test.
//!
//! Of the version before there is its Setup, made of the same programs; another Outtray plays IIS.

use crate::machine::{APPS, DATA, DONE, FOLDER, Machine};
use crate::service::hand_in;
use crate::smtpsvc::Played;
use crate::wine::{Said, windows_path};
use e2e::metabase::relay_list;
use e2e::office::{PASSWORD, USER};
use e2e::{Certs, FakeSmartHost};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// What is typed and read.
struct Console<'a> {
    machine: &'a Machine,
    text: String,
}

impl Console<'_> {
    fn remark(&mut self, what: &str) {
        let _ = write!(self.text, "\n# {what}\n");
    }

    fn keep(&mut self, line: &str, said: &Said) {
        let _ = write!(self.text, "> {line}\n{}{}", said.out, said.err);
    }

    fn setup(&mut self, name: &str, words: &[&str]) {
        let said = self.machine.wine.run(self.machine.wine.made(name), &[&["/S", "/LANG=en"], words].concat());
        self.keep(&format!("Outtray-Setup.exe /S {}", words.join(" ")), &said);
        assert_eq!(said.code, DONE, "{said:?}\n{}", self.text);
    }

    fn outtrayd(&mut self, words: &[&str], input: &str) -> Said {
        let said = self.machine.wine.run_with_input(format!(r"{FOLDER}\outtrayd.exe"), words, input);
        self.keep(&format!("outtrayd {}", words.join(" ")), &said);
        assert_eq!(said.code, DONE, "{said:?}\n{}", self.text);
        said
    }
}

fn metabase(port: u16, smart_host: u16) -> String {
    format!(
        r#"<?xml version="1.0"?>
<configuration xmlns="urn:microsoft-catalog:XML_Metabase_V64_0"><MBProperty>
  <IIsSmtpServer Location="/LM/SmtpSvc/1" ServerComment="Office mail" ServerBindings="127.0.0.1:{port}:" RelayIpList="{}"
    SmartHost="[127.0.0.1]" RemoteSmtpPort="{smart_host}" RouteAction="0x10c" RouteUserName="{USER}" RoutePassword="4963734f"
    MaxMessageSize="31457280" MaxRecipients="100" HopCount="15" FullyQualifiedDomainName="srv.office.test" SmtpRemoteProgressiveRetry="15,30,60,240"/>
</MBProperty></configuration>"#,
        relay_list([127, 0, 0, 1])
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_leaves_iis_and_its_old_service_has_the_port_again_when_we_go() {
    let machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let certs = Certs::new();
    let authority = certs.authority_file(folder.path());
    let provider = FakeSmartHost::new().starttls(certs.server()).auth(USER, PASSWORD).start().await;
    let port = e2e::postfix::free_port();
    let played = Played::start(machine.wine, port);
    let xml = folder.path().join("MetaBase.xml");
    std::fs::write(&xml, metabase(port, provider.port())).unwrap();
    let xml = windows_path(&xml);
    let mut console = Console { machine: &machine, text: "An office leaves the SMTP service of IIS (under Wine; IIS is played).\n".into() };

    console.remark("The version before is installed, as a service.");
    console.setup("Outtray-Setup-before.exe", &[]);

    console.remark("What IIS was set to, what becomes of it, and what does not come along.");
    let told = console.outtrayd(&["import", "iis", "--metabase", &xml], "");
    for line in ["= Smart host: [127.0.0.1] → 127.0.0.1".to_owned(), format!("= Outbound TCP port: {}", provider.port())] {
        assert!(told.out.contains(&line), "{line}: {told:?}");
    }

    console.remark("In its place, with the password that could not be read (typed, and shown nowhere).");
    let taken = console.outtrayd(&["import", "iis", "--metabase", &xml, "--take-over"], &format!("{PASSWORD}\r\n"));
    assert!(taken.out.starts_with("Outtray has the port now"), "{taken:?}");
    played.until("STOPPED");
    assert_eq!(played.start_type(), "0x4");
    trust(&mut console, folder.path(), &authority);

    console.remark("A device hands in its mail at the same port.");
    hand_in(port);
    assert_eq!(provider.until(1).await[0].signed_in.as_deref(), Some(USER));
    console.outtrayd(&["pause"], "");
    hand_in(port);
    console.outtrayd(&["queue"], "");

    console.remark("This version over it, while a message waits.");
    console.setup("Outtray-Setup.exe", &[]);
    assert_eq!(machine.registered(APPS, "DisplayVersion").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!((machine.service().as_str(), played.start_type().as_str()), ("running", "0x4"));
    assert_eq!(machine.asked(&["queue"])["total"], 1);
    console.outtrayd(&["resume"], "");
    assert_eq!(provider.until(2).await[1].signed_in.as_deref(), Some(USER), "with the password of before");
    machine.until("both are history", || machine.asked(&["history"])["total"] == 2 && machine.asked(&["queue"])["total"] == 0);
    console.outtrayd(&["history"], "");

    console.remark("Removed with its data; the old service gets its port back.");
    let removed = machine.uninstall_quietly(&["/REMOVEDATA", "/GIVEBACK=1"]);
    console.keep("uninstall.exe /S /REMOVEDATA /GIVEBACK=1", &removed);
    assert_eq!(removed.code, DONE, "{removed:?}");
    played.until("RUNNING");
    assert_eq!(played.start_type(), "0x2");
    hand_in(port);
    assert_eq!(provider.messages().len(), 2, "the old one has the third");
    assert!(!machine.path(DATA).exists() && !machine.path(FOLDER).exists());

    assert!(!console.text.contains(PASSWORD), "{}", console.text);
    std::fs::write(machine.wine.made("transcript.txt"), console.text).unwrap();
}

/// On a real machine Windows' own store of certificates would do.
fn trust(console: &mut Console<'_>, folder: &Path, authority: &Path) {
    console.remark("The provider's certificate is signed by the office's own authority.");
    let mut settings: Value = console.machine.asked(&["settings", "show"]);
    settings["smartHost"]["extraCaFile"] = json!(windows_path(authority));
    let file = folder.join("settings.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    console.outtrayd(&["settings", "apply", &windows_path(&file)], "");
}

/// Who says nothing finds the old service as it was left, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn whether_the_old_service_comes_back_is_for_the_person_who_uninstalls_to_say() {
    let machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let port = e2e::postfix::free_port();
    let played = Played::start(machine.wine, port);
    let file = folder.path().join("settings.json");
    let listener = json!({"address": "127.0.0.1", "port": port, "encryption": "plain"});
    std::fs::write(&file, json!({"version": 1, "rules": [{"network": "127.0.0.1/32"}], "listeners": [listener]}).to_string()).unwrap();
    let settings = format!("/SETTINGS={}", windows_path(&file));
    let take_over = || {
        let taken = machine.outtrayd(&["import", "iis", "--take-over", "--keep-settings"], "");
        assert!(taken.out.starts_with("Outtray has the port now"), "{taken:?}");
        played.until("STOPPED");
    };

    assert_eq!(machine.setup(&[&settings]).code, DONE);
    take_over();
    let removed = machine.uninstall_quietly(&["/KEEPDATA"]);
    assert_eq!(removed.code, DONE, "{removed:?}");
    assert!(removed.out.contains("stays stopped and disabled"), "{removed:?}");
    assert_eq!(played.start_type(), "0x4");

    // The same Outtray again, which is stopped when it is removed: its settings lose the port all the same.
    assert_eq!(machine.setup(&[]).code, DONE);
    machine.outtrayd(&["service", "stop"], "");
    let removed = machine.uninstall_quietly(&["/GIVEBACK=1"]);
    assert_eq!(removed.code, DONE, "{removed:?}");
    assert!(!removed.out.contains("stays stopped and disabled"), "{removed:?}");
    played.until("RUNNING");
    assert_eq!(played.start_type(), "0x2");
    assert_eq!(machine.setup(&[]).code, DONE);
    assert_eq!(machine.asked(&["status"])["listeners"], json!([]), "the port is not ours any more");
    let removed = machine.uninstall_quietly(&["/REMOVEDATA", "/GIVEBACK=1"]);
    assert!(!removed.out.contains("SMTPSVC"), "there is nothing to give back: {removed:?}");
    played.until("RUNNING");
}
