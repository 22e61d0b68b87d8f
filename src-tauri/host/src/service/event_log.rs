//! The Event Log of Windows: our source in it, and entries.
//!
//! The source names `EventCreate.exe`, which every Windows has: its messages 1 to 1000 are "%1", our text as it is. A message
//! table of our own would need a Microsoft tool to be made, and leaves unreadable entries behind when the program is removed.
//!
//! Invariant: an entry that cannot be written is no reason to do anything else differently.

#![allow(unsafe_code)] // calls of the system, each with its reason

use super::tidings::{Tiding, Weight, without_inserts};
use std::ptr::null_mut;
use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE, RegisterEventSourceW, ReportEventW,
};

const SOURCES: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application";
const SOURCE: &str = "Outtray";
const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";
/// An entry takes 31,839 characters at most (ReportEvent's documentation).
const LONGEST: usize = 30_000;

pub fn register_source() -> windows_registry::Result<()> {
    let key = LOCAL_MACHINE.create(format!(r"{SOURCES}\{SOURCE}"))?;
    key.set_expand_string("EventMessageFile", MESSAGES)?;
    key.set_u32("TypesSupported", u32::from(EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE))
}

pub fn remove_source() -> windows_registry::Result<()> {
    let path = format!(r"{SOURCES}\{SOURCE}");
    if LOCAL_MACHINE.open(&path).is_err() {
        return Ok(());
    }
    LOCAL_MACHINE.remove_tree(path)
}

pub struct EventLog(HANDLE);

// SAFETY: the handle is the system's name for a log, good in every thread.
unsafe impl Send for EventLog {}
// SAFETY: ReportEvent may be called by several threads at once.
unsafe impl Sync for EventLog {}

impl EventLog {
    pub fn open() -> Self {
        let source: Vec<u16> = SOURCE.encode_utf16().chain([0]).collect();
        // SAFETY: the name ends with a NUL. A null handle is never used.
        Self(unsafe { RegisterEventSourceW(null_mut(), source.as_ptr()) })
    }

    pub fn write(&self, tiding: &Tiding) {
        if self.0.is_null() {
            return;
        }
        let kind = match tiding.weight {
            Weight::Error => EVENTLOG_ERROR_TYPE,
            Weight::Warning => EVENTLOG_WARNING_TYPE,
            Weight::Note => EVENTLOG_INFORMATION_TYPE,
        };
        // A NUL would end it early.
        let text: Vec<u16> = without_inserts(&tiding.text).encode_utf16().filter(|unit| *unit != 0).take(LONGEST).chain([0]).collect();
        let texts = [text.as_ptr()];
        // SAFETY: the handle is open; one text, which ends with a NUL and outlives the call.
        unsafe { ReportEventW(self.0, kind, 0, tiding.number, null_mut(), 1, 0, texts.as_ptr(), std::ptr::null()) };
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: opened by us, closed once.
            unsafe { DeregisterEventSource(self.0) };
        }
    }
}
