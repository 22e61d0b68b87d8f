//! An office moves from the SMTP service of IIS: its settings are imported into a running engine, and mail flows by them.

use e2e::daemon::{furnish, program};
use e2e::metabase::relay_list;
use e2e::{Client, Daemon, FakeSmartHost};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn import(folder: &Path, data: &Path, allowed: [u8; 4], ours: u16, smart_host: u16) -> Output {
    let file = folder.join("MetaBase.xml");
    let metabase = format!(
        r#"<configuration><MBProperty><IIsSmtpServer Location="/LM/SmtpSvc/1" ServerBindings="127.0.0.1:{ours}:" SmartHost="[127.0.0.1]"
            RemoteSmtpPort="{smart_host}" RelayIpList="{}" PickupDirectory="{}"/></MBProperty></configuration>"#,
        relay_list(allowed),
        folder.join("mailroot").display()
    );
    std::fs::write(&file, metabase).unwrap();
    let mut import = Command::new(program());
    import.args(["import", "iis", "--apply", "--metabase"]).arg(&file).arg("--data").arg(data).stdin(Stdio::null());
    import.output().unwrap()
}

/// An engine that runs as another account than the administrator who imports; where the tests are no administrator, as
/// the same, and the folder is closed to both.
fn engine_without_rights(folder: &Path, data: &Path, credentials: &Path) -> Daemon {
    const NOBODY: u32 = 65_534;
    let mailroot = folder.join("mailroot");
    std::fs::create_dir(&mailroot).unwrap();
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        std::fs::set_permissions(&mailroot, Permissions::from_mode(0o555)).unwrap();
        return Daemon::start(data, credentials);
    }
    // Where the programs of the tests lie is not for everybody.
    let copy = folder.join("outtrayd");
    std::fs::copy(program(), &copy).unwrap();
    std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    chown(data, Some(NOBODY), None).unwrap();
    chown(data.join("settings.json"), Some(NOBODY), None).unwrap();
    let mut command = Command::new(copy);
    command.uid(NOBODY).gid(NOBODY);
    Daemon::start_by(command, data, credentials)
}

/// The usual case on a server: the import was judged with the administrator's rights, and the engine refused all of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_pickup_folder_the_engine_may_not_empty_stays_behind_alone() {
    let provider = FakeSmartHost::new().start().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = e2e::office::settings_for(1, Path::new("none.pem"));
    let settings = control::Settings { smart_host: None, ..settings };
    let (data, credentials) = furnish(folder.path(), &settings, "not used");
    let _daemon = engine_without_rights(folder.path(), &data, &credentials);
    let port = e2e::postfix::free_port();

    let imported = import(folder.path(), &data, [127, 0, 0, 1], port, provider.port());
    let said = String::from_utf8_lossy(&imported.stderr).into_owned();
    assert!(imported.status.success(), "{imported:?}");
    assert!(said.contains("Pickup folder") && said.contains("may not change files there"), "{said}");
    let mut device = Client::greeted(([127, 0, 0, 1], port).into()).await;
    device.hands_in("scan@office.test", &["ann@away.test"], "Subject: moved\r\n\r\nx\r\n").await;
    provider.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_flows_by_the_settings_of_iis() {
    let provider = FakeSmartHost::new().start().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = e2e::office::settings_for(1, Path::new("none.pem"));
    let settings = control::Settings { smart_host: None, ..settings };
    let (data, credentials) = furnish(folder.path(), &settings, "not used");
    let _daemon = Daemon::start(&data, &credentials);
    let port = e2e::postfix::free_port();

    let imported = import(folder.path(), &data, [127, 0, 0, 1], port, provider.port());
    assert!(imported.status.success(), "{imported:?}");
    let mut device = Client::greeted(([127, 0, 0, 1], port).into()).await;
    device.hands_in("scan@office.test", &["ann@away.test"], "Subject: moved\r\n\r\nx\r\n").await;
    provider.until(1).await;

    // Another office's list: this machine is not on it.
    let imported = import(folder.path(), &data, [10, 0, 0, 7], port, provider.port());
    assert!(imported.status.success(), "{imported:?}");
    let mut stranger = Client::greeted(([127, 0, 0, 1], port).into()).await;
    stranger.says("EHLO stranger.test").await.reply().await;
    stranger.says("MAIL FROM:<scan@office.test>").await.hears("550 5.7.1*").await;
}
