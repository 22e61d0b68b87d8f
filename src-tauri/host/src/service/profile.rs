//! What Windows keeps for the service's account: a profile, made at the first start, and in it the stored passwords.
//!
//! Invariant: only the profile of the service's own account is touched.

#![allow(unsafe_code)] // one call of the system

use super::{ACCOUNT_SID, ServiceError};
use std::io;
use std::ptr::null;
use std::thread::sleep;
use std::time::{Duration, Instant};
use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::UI::Shell::DeleteProfileW;

const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
/// Windows lets go of it some seconds after the service has ended.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// False when there was none.
///
/// # Errors
/// When Windows does not let go of it.
pub fn remove() -> Result<bool, ServiceError> {
    if LOCAL_MACHINE.open(format!(r"{PROFILES}\{ACCOUNT_SID}")).is_err() {
        return Ok(false);
    }
    let account: Vec<u16> = ACCOUNT_SID.encode_utf16().chain([0]).collect();
    let begun = Instant::now();
    loop {
        // SAFETY: the text ends with a NUL; no path and no computer mean the account's own folder here.
        if unsafe { DeleteProfileW(account.as_ptr(), null(), null()) } != 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        if begun.elapsed() > GONE_WITHIN {
            return Err(ServiceError::system(
                "the profile of the service's account, and in it the stored password, cannot be removed",
                &error,
            ));
        }
        sleep(Duration::from_millis(250));
    }
}
