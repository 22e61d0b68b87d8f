//! The process the service manager of Windows starts: `outtrayd service run`.
//!
//! In: controls (stop, shutdown, interrogate). Out: the service's state, entries in the Event Log, and a relay at home.
//! Without settings it runs all the same: the window's wizard sets it up through the pipe.
//!
//! Invariant: the manager hears of every state, and of a start or stop that takes long at least every two seconds.

#![allow(unsafe_code)] // the entry point the system calls is made by `define_windows_service`

use super::NAME;
use super::event_log::EventLog;
use super::tidings::{self, Tidings};
use crate::{Host, LogsTo, Options, paths};
use control::event::Fact;
use control::{Answer, Client, Request};
use futures_util::StreamExt;
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use windows_service::service::{ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::{define_windows_service, service_dispatcher};

/// The manager gives up on a pending state after its hint; we say something long before.
const HINT: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_secs(2);
/// What a failed start is called in the service's exit code.
const FAILED: ServiceExitCode = ServiceExitCode::ServiceSpecific(1);

define_windows_service!(entry, main);

/// The entry point is called without anything of ours.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Blocks until the service has ended.
///
/// # Errors
/// When somebody else than the service manager started this process.
pub fn dispatch(data_folder: PathBuf) -> Result<(), windows_service::Error> {
    let _ = FOLDER.set(data_folder);
    service_dispatcher::start(NAME, entry)
}

fn main(_arguments: Vec<OsString>) {
    let (tell, told) = mpsc::unbounded_channel();
    let handler = move |control| match control {
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        ServiceControl::Stop | ServiceControl::Preshutdown | ServiceControl::Shutdown => {
            // Told twice is no harm; told too late neither.
            let _ = tell.send(());
            ServiceControlHandlerResult::NoError
        }
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let log = Arc::new(EventLog::open());
    let manager = match service_control_handler::register(NAME, handler) {
        Ok(handle) => Manager(handle),
        Err(error) => return log.write(&tidings::not_started(&format!("the service manager does not listen: {error}"))),
    };
    // A panic here must still end as a failure the manager sees, and acts upon.
    let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| serve(manager, told, &log)));
    let exit = served.unwrap_or_else(|_| {
        log.write(&tidings::not_started("a part of it has crashed; see the folder logs of its data"));
        FAILED
    });
    manager.say(ServiceState::Stopped, 0, exit);
}

fn serve(manager: Manager, mut told: mpsc::UnboundedReceiver<()>, log: &Arc<EventLog>) -> ServiceExitCode {
    manager.say(ServiceState::StartPending, 1, ServiceExitCode::NO_ERROR);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            log.write(&tidings::not_started(&error.to_string()));
            return FAILED;
        }
    };
    let exit = runtime.block_on(async {
        let folder = FOLDER.get().cloned().unwrap_or_else(paths::machine_data_folder);
        let options = Options { logs: LogsTo::File, ..Options::default() };
        let host = match manager.meanwhile(ServiceState::StartPending, Host::start(&folder, options)).await {
            Ok(host) => host,
            Err(error) => {
                log.write(&tidings::not_started(&format!("{:#}", anyhow::Error::new(error))));
                return FAILED;
            }
        };
        let telling = tokio::spawn(tell_all(host.client(), Arc::clone(log)));
        manager.say(ServiceState::Running, 0, ServiceExitCode::NO_ERROR);
        // None cannot come: the handler lives as long as the process.
        let _ = told.recv().await;
        manager.say(ServiceState::StopPending, 1, ServiceExitCode::NO_ERROR);
        manager.meanwhile(ServiceState::StopPending, host.stop()).await;
        telling.abort();
        log.write(&tidings::stopped());
        ServiceExitCode::NO_ERROR
    });
    // A credential store that never answers must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(500));
    exit
}

/// Writes what an administrator should know into the Event Log, until the engine is gone.
async fn tell_all(client: Client, log: Arc<EventLog>) {
    let mut tidings = Tidings::default();
    let mut events = client.events();
    if client.call(Request::Subscribe).await.is_err() {
        return;
    }
    let Ok(Answer::Snapshot { snapshot }) = client.call(Request::Snapshot).await else { return };
    tidings.begin(&snapshot).iter().for_each(|tiding| log.write(tiding));
    while let Some(event) = events.next().await {
        let told = if matches!(event.fact, Fact::Lagged) {
            let Ok(Answer::Snapshot { snapshot }) = client.call(Request::Snapshot).await else { return };
            tidings.catch_up(&snapshot)
        } else {
            tidings.hear(&event.fact)
        };
        told.iter().for_each(|tiding| log.write(tiding));
    }
}

#[derive(Clone, Copy)]
struct Manager(ServiceStatusHandle);

impl Manager {
    fn say(self, state: ServiceState, checkpoint: u32, exit_code: ServiceExitCode) {
        let controls_accepted = match state {
            ServiceState::Running => ServiceControlAccept::STOP | ServiceControlAccept::PRESHUTDOWN,
            _ => ServiceControlAccept::empty(),
        };
        let wait_hint = if checkpoint == 0 { Duration::ZERO } else { HINT };
        let status = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted,
            exit_code,
            checkpoint,
            wait_hint,
            process_id: None,
        };
        if let Err(error) = self.0.set_service_status(status) {
            tracing::warn!(%error, "The service manager does not listen");
        }
    }

    /// Tells that something still goes on, while it does.
    async fn meanwhile<T>(self, state: ServiceState, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut step = 1;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(STEP) => {
                    step += 1;
                    self.say(state, step, ServiceExitCode::NO_ERROR);
                }
            }
        }
    }
}
