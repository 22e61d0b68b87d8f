//! One engine for a data folder; whoever comes second speaks to it through its socket.

use super::Provider;
use control::{Answer, Client, Request};
use e2e::Daemon;
use e2e::daemon::{furnish, program};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_is_refused_and_the_socket_answers_instead() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = e2e::office::settings_for(provider.fake.port(), &provider.ca_file());
    let (data, credentials) = furnish(folder.path(), &settings, e2e::office::PASSWORD);
    let daemon = Daemon::start(&data, &credentials);

    let second = Command::new(program()).args(["run", "--data"]).arg(&data).output().unwrap();
    assert_eq!(second.status.code(), Some(6));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&daemon.id().to_string()), "{said}");

    let client = Client::over(control::pipe::connect(&data).await.unwrap());
    let Answer::Snapshot { snapshot } = client.call(Request::Snapshot).await.unwrap() else { panic!("no snapshot") };
    assert_eq!(snapshot.engine.process_id, daemon.id());
    assert!(!snapshot.engine.embedded);
    daemon.kill();
    client.until_lost().await;
    // The lock went with the process: the next one starts.
    assert_eq!(Daemon::start(&data, &credentials).terminate(), Some(0));
}
