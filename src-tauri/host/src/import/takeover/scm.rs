//! SMTPSVC as the Windows service manager has it. Elsewhere it is not installed.

use super::{Right, SmtpSvc};
use control::import::{ServiceStart, SmtpService};

/// The service of the IIS feature "SMTP Server".
#[derive(Debug, Clone, Copy)]
pub struct WindowsSmtp;

#[cfg(not(windows))]
impl SmtpSvc for WindowsSmtp {
    fn state(&self) -> SmtpService {
        SmtpService::NotInstalled
    }

    fn may_control(&self) -> bool {
        false
    }

    fn stop(&self) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    fn start(&self) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    fn set_start(&self, _start: ServiceStart) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    fn give(&self, _right: &Right) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    fn take_back(&self, _right: &Right) -> Result<(), String> {
        Err(NONE.to_owned())
    }
}

#[cfg(not(windows))]
const NONE: &str = "this is not Windows";

#[cfg(windows)]
#[allow(unsafe_code)] // the service manager's calls, one a function, on handles that close themselves
mod windows {
    use super::{Right, ServiceStart, SmtpService, SmtpSvc, WindowsSmtp};
    use std::ffi::OsStr;
    use std::io;
    use std::os::windows::process::CommandExt;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    use windows_sys::Win32::Foundation::{ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_NOT_ACTIVE};
    use windows_sys::Win32::System::Services::{
        ChangeServiceConfigW, CloseServiceHandle, ControlService, OpenSCManagerW, OpenServiceW, QUERY_SERVICE_CONFIGW, QueryServiceConfigW,
        QueryServiceStatus, SC_HANDLE, SC_MANAGER_CONNECT, SERVICE_AUTO_START, SERVICE_CHANGE_CONFIG, SERVICE_CONTROL_STOP,
        SERVICE_DEMAND_START, SERVICE_DISABLED, SERVICE_NO_CHANGE, SERVICE_QUERY_CONFIG, SERVICE_QUERY_STATUS, SERVICE_RUNNING,
        SERVICE_START, SERVICE_STATUS, SERVICE_STOP, SERVICE_STOPPED, StartServiceW,
    };

    const NAME: &str = "SMTPSVC";
    /// It finishes the deliveries it has under way.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// The most QueryServiceConfigW ever wants.
    const LONGEST: usize = 8 * 1024;

    struct Handle(SC_HANDLE);

    impl Drop for Handle {
        fn drop(&mut self) {
            // SAFETY: the handle is ours and closed once.
            unsafe { CloseServiceHandle(self.0) };
        }
    }

    /// SAFETY for both calls: the names end in NUL and outlive them; a null handle is an error and never kept.
    fn open(rights: u32) -> io::Result<Handle> {
        let name: Vec<u16> = NAME.encode_utf16().chain([0]).collect();
        unsafe {
            let manager = OpenSCManagerW(std::ptr::null(), std::ptr::null(), SC_MANAGER_CONNECT);
            if manager.is_null() {
                return Err(io::Error::last_os_error());
            }
            let manager = Handle(manager);
            let service = OpenServiceW(manager.0, name.as_ptr(), rights);
            if service.is_null() { Err(io::Error::last_os_error()) } else { Ok(Handle(service)) }
        }
    }

    fn worked(done: i32) -> io::Result<()> {
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn running_state(service: &Handle) -> io::Result<u32> {
        let mut status = SERVICE_STATUS::default();
        // SAFETY: an open handle, and a local to write to.
        worked(unsafe { QueryServiceStatus(service.0, &mut status) })?;
        Ok(status.dwCurrentState)
    }

    fn start_type(service: &Handle) -> io::Result<ServiceStart> {
        let mut buffer = vec![0_u64; LONGEST / 8];
        let mut needed = 0;
        // SAFETY: the buffer is as long as said, and aligned for the structure that is written to its start.
        let kind = unsafe {
            worked(QueryServiceConfigW(service.0, buffer.as_mut_ptr().cast(), LONGEST as u32, &mut needed))?;
            (*buffer.as_ptr().cast::<QUERY_SERVICE_CONFIGW>()).dwStartType
        };
        Ok(match kind {
            SERVICE_AUTO_START => ServiceStart::Automatic,
            SERVICE_DISABLED => ServiceStart::Disabled,
            _ => ServiceStart::Manual,
        })
    }

    /// Services tell nobody when they have come to rest; the service manager's own tools look as well.
    fn until(service: &Handle, wanted: u32) -> Result<(), String> {
        let since = Instant::now();
        loop {
            if running_state(service).map_err(|error| error.to_string())? == wanted {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                return Err(format!("it did not do so within {} seconds", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn bears(error: &io::Error, code: u32) -> bool {
        error.raw_os_error() == i32::try_from(code).ok()
    }

    impl SmtpSvc for WindowsSmtp {
        fn state(&self) -> SmtpService {
            let asked =
                open(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG).and_then(|service| Ok((running_state(&service)?, start_type(&service)?)));
            match asked {
                Ok((state, start)) => SmtpService::Installed { running: state == SERVICE_RUNNING, start },
                Err(error) if bears(&error, ERROR_SERVICE_DOES_NOT_EXIST) => SmtpService::NotInstalled,
                Err(_) => SmtpService::Unknown,
            }
        }

        fn may_control(&self) -> bool {
            open(SERVICE_START | SERVICE_STOP | SERVICE_CHANGE_CONFIG).is_ok()
        }

        fn stop(&self) -> Result<(), String> {
            let service = open(SERVICE_STOP | SERVICE_QUERY_STATUS).map_err(|error| error.to_string())?;
            let mut status = SERVICE_STATUS::default();
            // SAFETY: an open handle, and a local to write to.
            match worked(unsafe { ControlService(service.0, SERVICE_CONTROL_STOP, &mut status) }) {
                Ok(()) => until(&service, SERVICE_STOPPED),
                Err(error) if bears(&error, ERROR_SERVICE_NOT_ACTIVE) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        }

        fn start(&self) -> Result<(), String> {
            let service = open(SERVICE_START | SERVICE_QUERY_STATUS).map_err(|error| error.to_string())?;
            // SAFETY: an open handle; no arguments are given.
            match worked(unsafe { StartServiceW(service.0, 0, std::ptr::null()) }) {
                Ok(()) => until(&service, SERVICE_RUNNING),
                Err(error) if bears(&error, ERROR_SERVICE_ALREADY_RUNNING) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        }

        fn set_start(&self, start: ServiceStart) -> Result<(), String> {
            let service = open(SERVICE_CHANGE_CONFIG).map_err(|error| error.to_string())?;
            let kind = match start {
                ServiceStart::Automatic => SERVICE_AUTO_START,
                ServiceStart::Manual => SERVICE_DEMAND_START,
                ServiceStart::Disabled => SERVICE_DISABLED,
            };
            let none = std::ptr::null;
            // SAFETY: an open handle; nulls mean that the rest stays as it is.
            let changed = unsafe {
                ChangeServiceConfigW(
                    service.0,
                    SERVICE_NO_CHANGE,
                    kind,
                    SERVICE_NO_CHANGE,
                    none(),
                    none(),
                    std::ptr::null_mut(),
                    none(),
                    none(),
                    none(),
                    none(),
                )
            };
            worked(changed).map_err(|error| error.to_string())
        }

        /// Files and folders below have it too.
        fn give(&self, right: &Right) -> Result<(), String> {
            icacls(right, "/grant", &format!("{}:(OI)(CI)M", right.account))
        }

        fn take_back(&self, right: &Right) -> Result<(), String> {
            icacls(right, "/remove:g", &right.account)
        }
    }

    /// What it says is in the console's letters, and of no use to people: its code has to do.
    fn icacls(right: &Right, act: &str, whom: &str) -> Result<(), String> {
        /// No black window flashes up (CREATE_NO_WINDOW, winbase.h).
        const NO_WINDOW: u32 = 0x0800_0000;
        let root = std::env::var_os("SystemRoot").map_or_else(|| std::path::PathBuf::from(r"C:\Windows"), Into::into);
        let mut command = Command::new(root.join(r"System32\icacls.exe"));
        command.args([right.folder.as_os_str(), OsStr::new(act), OsStr::new(whom), OsStr::new("/q")]);
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).creation_flags(NO_WINDOW);
        match silent.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("icacls ended with {}", status.code().unwrap_or(-1))),
            Err(error) => Err(format!("icacls cannot be run: {error}")),
        }
    }
}
