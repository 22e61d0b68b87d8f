//! `outtrayd import iis` as a shell sees it, on a metabase made here.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// 127.0.0.1 and nobody else, as IIS Manager writes it.
const RELAY_LIST: &str = "18000080200000803c00008044000080010000004c000000000000000000000001000000010000000200000002000000\
                          04000000000000004c00008000000000000000000000000000000000ffffffff7f000001";

fn metabase() -> String {
    format!(
        r#"<?xml version ="1.0"?><configuration xmlns="urn:microsoft-catalog:XML_Metabase_V64_0"><MBProperty>
<IIsSmtpService Location ="/LM/SmtpSvc" MaxRecipients="100" HopCount="15" MaxMessageSize="2097152" MaxSessionSize="10485760"
  SmtpRemoteProgressiveRetry="15,30,60,240" SmtpRemoteNDRExpireMinutes="2880" SmtpRemoteDelayExpireMinutes="720"/>
<IIsSmtpServer Location ="/LM/SmtpSvc/1" ServerComment="Default SMTP Virtual Server" ServerBindings=":25:" SmartHost="smtp.office365.com"
  RemoteSmtpPort="587" RouteAction="268" RouteUserName="scan@office.example" RoutePassword="4963735f" RelayIpList="{RELAY_LIST}"
  FullyQualifiedDomainName="srv.office.example" MasqueradeDomain="office.example" PickupDirectory="C:\inetpub\mailroot\Pickup"/>
<IIsSmtpDomain Location ="/LM/SmtpSvc/1/Domain/branch.example" RouteAction="2" RouteActionString="[10.1.0.5]"/>
</MBProperty></configuration>"#
    )
}

fn import(folder: &Path, arguments: &[&str]) -> Output {
    let file = folder.join("MetaBase.xml");
    std::fs::write(&file, metabase()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_outtrayd"))
        .current_dir(folder)
        .args(["import", "iis", "--metabase", "MetaBase.xml", "--data", "data"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// `UPDATE=1 cargo test -p host --test import` writes it.
#[test]
fn the_table_says_was_becomes_and_not_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let shown = import(folder.path(), &[]);
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    let text = String::from_utf8(shown.stdout).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/iis.golden.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&golden).unwrap().replace("\r\n", "\n"));
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!text.contains("4963735f"), "the encrypted password is not shown");
}

#[test]
fn without_an_engine_the_settings_are_written_once_and_never_over_others() {
    let folder = tempfile::tempdir().unwrap();
    let written = import(folder.path(), &["--apply"]);
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    let settings = std::fs::read_to_string(folder.path().join("data/settings.json")).unwrap();
    assert!(settings.contains("smtp.office365.com") && settings.contains("srv.office.example"), "{settings}");
    let again = import(folder.path(), &["--apply"]);
    assert_eq!(again.status.code(), Some(3), "{again:?}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, said) in [
        (&["--server", "7", "--apply"][..], 2, "there is no virtual server 7; there is: 1 (Default SMTP Virtual Server)"),
        (&["--take-over"], 3, "no engine runs"),
        (&["--apply", "--take-over"], 2, "cannot be used with"),
    ] {
        let ended = import(folder.path(), arguments);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(said), "{arguments:?}: {told}");
    }
    std::fs::write(folder.path().join("MetaBase.xml"), "<configuration").unwrap();
    let broken = Command::new(env!("CARGO_BIN_EXE_outtrayd"))
        .args(["import", "iis", "--metabase"])
        .arg(folder.path().join("MetaBase.xml"))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&broken.stderr).contains("damaged at line 1"), "{broken:?}");
}
