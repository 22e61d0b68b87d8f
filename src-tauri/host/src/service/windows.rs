//! The service on Windows: made, changed, started, stopped and removed through the service manager.
//!
//! In: what to install. Out: notes about what this Windows would not do.
//! Invariant: every call can be made again. What an older Windows (or Wine) does not know is noted and passed over.

#![allow(unsafe_code)] // calls of the system, each with its reason

use super::{ACCOUNT, DESCRIPTION, DISPLAY_NAME, Installation, NAME, ServiceError, State, access, elevation, event_log};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use windows_registry::LOCAL_MACHINE;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl, ServiceFailureActions, ServiceFailureResetPeriod,
    ServiceInfo, ServiceSidType, ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_LEVEL, ERROR_SERVICE_ALREADY_RUNNING,
    ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_MARKED_FOR_DELETE, ERROR_SERVICE_NOT_ACTIVE, HANDLE,
};
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, SERVICE_REQUIRED_PRIVILEGES_INFOW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

const SERVICE_KEY: &str = r"SYSTEM\CurrentControlSet\Services\Outtray";
pub(super) const OWN_KEY: &str = r"SOFTWARE\Outtray";
const INSTALLED_BY: &str = "InstalledBy";
/// Every account has it; without it no file behind a closed folder could be opened. Nothing else is needed:
/// ports below 1024 are free to all on Windows.
const PRIVILEGES: &[&str] = &["SeChangeNotifyPrivilege"];
/// A large queue is looked through after a power cut.
const START_WITHIN: Duration = Duration::from_secs(120);
const STOP_WITHIN: Duration = Duration::from_secs(30);
const GONE_WITHIN: Duration = Duration::from_secs(10);
/// What Windows grants at a shutdown; the engine needs ten seconds at most.
const PRESHUTDOWN: Duration = Duration::from_secs(20);

type Windows<T> = Result<T, windows_service::Error>;

/// The registry tells everybody; the service manager would not.
pub fn is_installed() -> bool {
    LOCAL_MACHINE.open(SERVICE_KEY).and_then(|key| key.get_string("ImagePath")).is_ok()
}

pub fn installed_by() -> Option<String> {
    LOCAL_MACHINE.open(OWN_KEY).and_then(|key| key.get_string(INSTALLED_BY)).ok().filter(|sid| !sid.is_empty())
}

/// Makes the service, or brings the one that is there up to date. Its data folder is the caller's next step:
/// the service's account exists only now.
pub fn install(what: &Installation) -> Result<Vec<String>, ServiceError> {
    let failed = |error: windows_service::Error| trouble("the service cannot be installed", &error);
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let about = about(&what.program);
    let service = match manager.open_service(NAME, ServiceAccess::ALL_ACCESS) {
        Ok(service) => {
            service.change_config(&about).map_err(failed)?;
            service
        }
        Err(error) if code(&error) == Some(ERROR_SERVICE_DOES_NOT_EXIST) => {
            manager.create_service(&about, ServiceAccess::ALL_ACCESS).map_err(|error| match code(&error) {
                Some(ERROR_SERVICE_MARKED_FOR_DELETE) => ServiceError::System {
                    doing: "the service cannot be installed".into(),
                    said: "the one before is still being removed; close the Services window and try again, or restart Windows".into(),
                },
                Some(_) | None => failed(error),
            })?
        }
        Err(error) => return Err(failed(error)),
    };
    let mut notes = Vec::new();
    service.set_description(DESCRIPTION).map_err(failed)?;
    let mut note = |what: &str, done: Windows<()>| match done {
        Ok(()) => Ok(()),
        // Not known to this Windows (Wine answers so).
        Err(error) if matches!(code(&error), Some(ERROR_INVALID_LEVEL | ERROR_CALL_NOT_IMPLEMENTED)) => {
            notes.push(format!("{what} could not be set: this Windows does not know it"));
            Ok(())
        }
        Err(error) => Err(trouble(format!("{what} cannot be set"), &error)),
    };
    note("the delayed start", service.set_delayed_auto_start(true))?;
    note("the restart after a failure", service.update_failure_actions(after_a_failure()))?;
    note("the restart after an end with an error", service.set_failure_actions_on_non_crash_failures(true))?;
    note("the service's own identity", service.set_config_service_sid_info(ServiceSidType::Unrestricted))?;
    note("the time to stop at a shutdown", service.set_preshutdown_timeout(PRESHUTDOWN))?;
    note("the list of privileges", require_only(&service, PRIVILEGES))?;
    event_log::register_source().map_err(|error| ServiceError::system("the Event Log source cannot be made", &error))?;
    let is_safe = |name: &str| std::env::var_os(name).is_some_and(|folder| what.program.starts_with(folder));
    if !is_safe("ProgramFiles") && !is_safe("SystemRoot") {
        notes.push(format!(
            "{} is outside of Program Files: whoever may change that file decides what the service does",
            what.program.display()
        ));
    }
    if let Some(user) = &what.user {
        LOCAL_MACHINE
            .create(OWN_KEY)
            .and_then(|key| key.set_string(INSTALLED_BY, user))
            .map_err(|error| ServiceError::system("who installed the service cannot be recorded", &error))?;
    }
    Ok(notes)
}

/// The folder, for the service and administrators alone.
pub fn prepare_folder(folder: &Path) -> Result<(), ServiceError> {
    access::prepare(folder)
}

pub fn uninstall() -> Result<Vec<String>, ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let mut notes = Vec::new();
    match manager.open_service(NAME, ServiceAccess::DELETE) {
        Ok(service) => {
            stop()?;
            match service.delete() {
                Err(error) if code(&error) != Some(ERROR_SERVICE_MARKED_FOR_DELETE) => {
                    return Err(trouble("the service cannot be removed", &error));
                }
                Ok(()) | Err(_) => {}
            }
            drop(service);
            if !within(GONE_WITHIN, || Ok(open(&manager, ServiceAccess::QUERY_STATUS)?.is_none()))? {
                notes.push("the service is gone when the last window that shows it (Services, for example) is closed".to_owned());
            }
        }
        Err(error) if code(&error) == Some(ERROR_SERVICE_DOES_NOT_EXIST) => {}
        Err(error) => return Err(trouble("the service cannot be removed", &error)),
    }
    event_log::remove_source().map_err(|error| ServiceError::system("the Event Log source cannot be removed", &error))?;
    elevation::forget_word();
    if let Ok(key) = LOCAL_MACHINE.options().read().write().open(OWN_KEY) {
        let _ = key.remove_value(INSTALLED_BY);
        let is_empty =
            key.keys().is_ok_and(|mut keys| keys.next().is_none()) && key.values().is_ok_and(|mut values| values.next().is_none());
        if is_empty {
            let _ = LOCAL_MACHINE.remove_tree(OWN_KEY);
        }
    }
    Ok(notes)
}

pub fn state() -> Result<State, ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let Some(service) = open(&manager, ServiceAccess::QUERY_STATUS)? else { return Ok(State::NotInstalled) };
    state_of(&service)
}

/// Starts it and waits until it runs.
pub fn start() -> Result<(), ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let access = ServiceAccess::START | ServiceAccess::QUERY_STATUS;
    let service = open(&manager, access)?.ok_or(ServiceError::NotInstalled)?;
    match service.start::<OsString>(&[]) {
        Ok(()) => {}
        Err(error) if code(&error) == Some(ERROR_SERVICE_ALREADY_RUNNING) => {}
        Err(error) => return Err(trouble("the service cannot be started", &error)),
    }
    let mut ended = false;
    let settled = within(START_WITHIN, || {
        let state = state_of(&service)?;
        ended = state == State::Stopped;
        Ok(ended || matches!(state, State::Running { .. }))
    })?;
    if ended {
        return Err(ServiceError::System {
            doing: "the service has ended at once".into(),
            said: "why stands in the Event Log (Windows Logs, Application, source Outtray) and in the folder logs of its data".into(),
        });
    }
    if settled { Ok(()) } else { Err(ServiceError::TooSlow("start", START_WITHIN.as_secs(), "look into the Event Log")) }
}

/// Stops it and waits until it has ended. A service that does not run, or is not there, has ended.
pub fn stop() -> Result<(), ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let access = ServiceAccess::STOP | ServiceAccess::QUERY_STATUS;
    let Some(service) = open(&manager, access)? else { return Ok(()) };
    // One that is still starting takes no order yet.
    within(START_WITHIN, || Ok(state_of(&service)? != State::Starting))?;
    if state_of(&service)? == State::Stopped {
        return Ok(());
    }
    match service.stop() {
        Ok(_) => {}
        Err(error) if code(&error) == Some(ERROR_SERVICE_NOT_ACTIVE) => return Ok(()),
        // It may be stopping already: then waiting is all there is to do.
        Err(_) if state_of(&service)? == State::Stopping => {}
        Err(error) => return Err(trouble("the service cannot be stopped", &error)),
    }
    if within(STOP_WITHIN, || Ok(state_of(&service)? == State::Stopped))? {
        return Ok(());
    }
    Err(ServiceError::TooSlow("stop", STOP_WITHIN.as_secs(), "end outtrayd.exe in the Task Manager: no accepted mail is lost by that"))
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager, ServiceError> {
    ServiceManager::local_computer(None::<&str>, access).map_err(|error| trouble("the service manager cannot be spoken to", &error))
}

fn open(manager: &ServiceManager, access: ServiceAccess) -> Result<Option<Service>, ServiceError> {
    match manager.open_service(NAME, access) {
        Ok(service) => Ok(Some(service)),
        Err(error) if matches!(code(&error), Some(ERROR_SERVICE_DOES_NOT_EXIST)) => Ok(None),
        Err(error) => Err(trouble("the service cannot be spoken to", &error)),
    }
}

fn state_of(service: &Service) -> Result<State, ServiceError> {
    let status = service.query_status().map_err(|error| trouble("the service's state cannot be asked for", &error))?;
    Ok(match status.current_state {
        ServiceState::Stopped => State::Stopped,
        ServiceState::StartPending | ServiceState::ContinuePending => State::Starting,
        ServiceState::StopPending => State::Stopping,
        ServiceState::Running | ServiceState::PausePending | ServiceState::Paused => {
            State::Running { process: status.process_id.unwrap_or_default() }
        }
    })
}

fn about(program: &Path) -> ServiceInfo {
    ServiceInfo {
        name: NAME.into(),
        display_name: DISPLAY_NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program.to_owned(),
        // Named, so that service and installer never mean different folders.
        launch_arguments: vec!["service".into(), "run".into(), "--data".into(), crate::paths::machine_data_folder().into()],
        dependencies: vec![],
        account_name: Some(ACCOUNT.into()),
        account_password: None,
    }
}

fn after_a_failure() -> ServiceFailureActions {
    let again = |seconds| ServiceAction { action_type: ServiceActionType::Restart, delay: Duration::from_secs(seconds) };
    ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(24 * 3600)),
        reboot_msg: None,
        command: None,
        actions: Some(vec![again(5), again(30), again(300)]),
    }
}

/// Takes every other privilege from the service's process before it begins.
fn require_only(service: &Service, privileges: &[&str]) -> Windows<()> {
    let mut list: Vec<u16> = privileges.iter().flat_map(|name| name.encode_utf16().chain([0])).chain([0]).collect();
    let wanted = SERVICE_REQUIRED_PRIVILEGES_INFOW { pmszRequiredPrivileges: list.as_mut_ptr() };
    // SAFETY: the handle is open, `wanted` is what this level reads, and its list ends with two NULs and outlives the call.
    let done = unsafe {
        ChangeServiceConfig2W(service.raw_handle(), SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, (&raw const wanted).cast::<std::ffi::c_void>())
    };
    if done == 0 { Err(windows_service::Error::Winapi(io::Error::last_os_error())) } else { Ok(()) }
}

fn code(error: &windows_service::Error) -> Option<u32> {
    match error {
        windows_service::Error::Winapi(error) => error.raw_os_error().and_then(|code| u32::try_from(code).ok()),
        _ => None,
    }
}

fn trouble(doing: impl Into<String>, error: &windows_service::Error) -> ServiceError {
    match error {
        _ if code(error) == Some(ERROR_ACCESS_DENIED) => ServiceError::NotAllowed,
        windows_service::Error::Winapi(error) => ServiceError::system(doing, error),
        error => ServiceError::system(doing, error),
    }
}

/// Asks until it is so; false when it did not become so in time.
fn within(patience: Duration, mut is_so: impl FnMut() -> Result<bool, ServiceError>) -> Result<bool, ServiceError> {
    let begun = Instant::now();
    loop {
        if is_so()? {
            return Ok(true);
        }
        if begun.elapsed() > patience {
            return Ok(false);
        }
        sleep(Duration::from_millis(50));
    }
}

pub fn is_elevated() -> bool {
    let mut token: HANDLE = std::ptr::null_mut();
    // SAFETY: the pseudo handle of our own process needs no closing; `token` is ours to write.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return false;
    }
    let mut elevation = TOKEN_ELEVATION { TokenIsElevated: 0 };
    let mut length = 0;
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    // SAFETY: the buffer is a TOKEN_ELEVATION and `size` its length; `token` was opened above and is closed once.
    let known = unsafe {
        let known = GetTokenInformation(token, TokenElevation, (&raw mut elevation).cast(), size, &raw mut length);
        CloseHandle(token);
        known
    };
    known != 0 && elevation.TokenIsElevated != 0
}
