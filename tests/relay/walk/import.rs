//! An office moves from the SMTP service of IIS: its settings are imported into a running engine, and mail flows by them.

use e2e::daemon::{furnish, program};
use e2e::{Client, Daemon, FakeSmartHost};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A relay list with one address, in the binary form of IIS.
fn relay_list(address: [u8; 4]) -> String {
    let head = "18000080200000803c00008044000080010000004c000000000000000000000001000000010000000200000002000000\
                04000000000000004c00008000000000000000000000000000000000ffffffff";
    head.to_owned() + &address.map(|byte| format!("{byte:02x}")).concat()
}

fn import(folder: &Path, data: &Path, allowed: [u8; 4], ours: u16, smart_host: u16) -> Output {
    let file = folder.join("MetaBase.xml");
    let metabase = format!(
        r#"<configuration><MBProperty><IIsSmtpServer Location="/LM/SmtpSvc/1" ServerBindings="127.0.0.1:{ours}:" SmartHost="[127.0.0.1]"
            RemoteSmtpPort="{smart_host}" RelayIpList="{}"/></MBProperty></configuration>"#,
        relay_list(allowed)
    );
    std::fs::write(&file, metabase).unwrap();
    let mut import = Command::new(program());
    import.args(["import", "iis", "--apply", "--metabase"]).arg(&file).arg("--data").arg(data).stdin(Stdio::null());
    import.output().unwrap()
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
