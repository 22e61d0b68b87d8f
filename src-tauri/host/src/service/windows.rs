//! The service on Windows: made, changed, started, stopped and removed through the service manager.
//!
//! Invariant: every call can be made again. What this Windows (or Wine) does not know is noted and passed over.

#![allow(unsafe_code)] // calls of the system, each with its reason

use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

const SERVICE_KEY: &str = r"SYSTEM\CurrentControlSet\Services\Outtray";
const OWN_KEY: &str = r"SOFTWARE\Outtray";

/// The registry tells everybody; the service manager would not.
pub fn is_installed() -> bool {
    LOCAL_MACHINE.open(SERVICE_KEY).and_then(|key| key.get_string("ImagePath")).is_ok()
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

pub fn installed_by() -> Option<String> {
    LOCAL_MACHINE.open(OWN_KEY).and_then(|key| key.get_string("InstalledBy")).ok().filter(|sid| !sid.is_empty())
}
