//! The service manager's word on the service, and the system's question for an administrator's rights.

#![allow(unsafe_code)] // calls of the system, each with its reason

use super::{State, Undone};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{CloseHandle, ERROR_CANCELLED, WAIT_OBJECT_0};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, OpenSCManagerW, OpenServiceW, QueryServiceStatus, SC_MANAGER_CONNECT, SERVICE_QUERY_STATUS, SERVICE_RUNNING,
    SERVICE_START_PENDING, SERVICE_STATUS, SERVICE_STOP_PENDING, SERVICE_STOPPED,
};
use windows_sys::Win32::System::Threading::{GetExitCodeProcess, INFINITE, WaitForSingleObject};
use windows_sys::Win32::UI::Shell::{SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW};
use windows_sys::Win32::UI::WindowsAndMessaging::SW_HIDE;

/// Every account that is signed in may ask this much.
pub fn state() -> State {
    // SAFETY: no names means this machine; each handle is closed once below.
    unsafe {
        let manager = OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT);
        if manager.is_null() {
            return State::Unknown;
        }
        let service = OpenServiceW(manager, wide(OsStr::new(host::service::NAME)).as_ptr(), SERVICE_QUERY_STATUS);
        let mut status: SERVICE_STATUS = std::mem::zeroed();
        let known = !service.is_null() && QueryServiceStatus(service, &mut status) != 0;
        if !service.is_null() {
            CloseServiceHandle(service);
        }
        CloseServiceHandle(manager);
        match status.dwCurrentState {
            _ if !known => State::Unknown,
            SERVICE_RUNNING => State::Running,
            SERVICE_START_PENDING | SERVICE_STOP_PENDING => State::Changing,
            SERVICE_STOPPED => State::Stopped,
            _ => State::Unknown,
        }
    }
}

/// Asks the person (UAC), runs it without a window of its own, waits for its end.
pub fn elevated(program: &Path, words: &[OsString]) -> Result<(), Undone> {
    let verb = wide(OsStr::new("runas"));
    let file = wide(program.as_os_str());
    let parameters = wide(&command_line(words));
    // SAFETY: plain numbers and pointers, for which nothing is a value.
    let mut execute: SHELLEXECUTEINFOW = unsafe { std::mem::zeroed() };
    execute.cbSize = size_of::<SHELLEXECUTEINFOW>() as u32;
    // Not left to a thread of the shell: ours ends when this returns.
    execute.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC;
    execute.lpVerb = verb.as_ptr();
    execute.lpFile = file.as_ptr();
    execute.lpParameters = parameters.as_ptr();
    execute.nShow = SW_HIDE;
    // SAFETY: its size is told, and its texts end with NUL and live until the call returns.
    if unsafe { ShellExecuteExW(&mut execute) } == 0 {
        let error = io::Error::last_os_error();
        return Err(match error.raw_os_error() {
            Some(code) if code == ERROR_CANCELLED as i32 => Undone::Cancelled,
            _ => Undone::Failed(format!("{}: {error}", program.display())),
        });
    }
    let process = execute.hProcess;
    if process == null_mut() {
        return Err(Undone::Failed("Windows did not say what became of it".into()));
    }
    let mut code = 0;
    // SAFETY: the process's handle is ours, and closed once.
    let known = unsafe {
        let known = WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0 && GetExitCodeProcess(process, &mut code) != 0;
        CloseHandle(process);
        known
    };
    match (known, code) {
        (true, 0) => Ok(()),
        (true, code) => {
            Err(Undone::Failed(format!("outtrayd ended with {code}; why stands in the Windows Event Log (Application, source Outtray)")))
        }
        (false, _) => Err(Undone::Failed("Windows did not say what became of it".into())),
    }
}

/// As a program takes its command line apart again: quotes around each word, backslashes doubled before a quote.
fn command_line(words: &[OsString]) -> OsString {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push('"');
        let mut backslashes = 0;
        for letter in word.to_string_lossy().chars() {
            if letter == '\\' {
                backslashes += 1;
                continue;
            }
            line.push_str(&"\\".repeat(if letter == '"' { backslashes * 2 + 1 } else { backslashes }));
            backslashes = 0;
            line.push(letter);
        }
        line.push_str(&"\\".repeat(backslashes * 2));
        line.push('"');
    }
    line.into()
}

fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_blanks_and_a_last_backslash_stays_one_word() {
        let line = command_line(&["service".into(), r"C:\Users\Ann Lee\".into(), "a\"b".into()]);
        assert_eq!(line, r#""service" "C:\Users\Ann Lee\\" "a\"b""#);
    }
}
