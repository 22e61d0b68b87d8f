//! The service's data folder on Windows: for the system, administrators and the service's account, nobody else.
//!
//! In: a folder, there or not. Invariant: mail, settings and logs in it are never readable by other accounts, and a
//! folder that somebody else has laid out beforehand is not used.

#![allow(unsafe_code)] // calls of the system, each with its reason

use super::{ACCOUNT_SID, ServiceError};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{ERROR_SUCCESS, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW, SDDL_REVISION_1, SE_FILE_OBJECT,
    SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES,
};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;

const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";

/// Makes the folder with its access list, or gives one that is there the list, with everything in it.
pub fn prepare(folder: &Path) -> Result<(), ServiceError> {
    let wrong = |said: String| ServiceError::Folder(folder.display().to_string(), said);
    let io = |doing: &str, error: io::Error| wrong(format!("{doing}: {error}"));
    let list = Descriptor::of(&sddl()).map_err(|error| io("cannot be given its access list", error))?;
    let wide: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let attributes =
        SECURITY_ATTRIBUTES { nLength: size_of::<SECURITY_ATTRIBUTES>() as u32, lpSecurityDescriptor: list.0, bInheritHandle: 0 };
    // SAFETY: the path ends with a NUL; the attributes and the descriptor in them outlive the call.
    if unsafe { CreateDirectoryW(wide.as_ptr(), &raw const attributes) } != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.kind() != io::ErrorKind::AlreadyExists {
        return Err(io("cannot be made", error));
    }
    let about = std::fs::symlink_metadata(folder).map_err(|error| io("cannot be looked at", error))?;
    if !about.is_dir() {
        return Err(wrong("is a file or leads to another place; remove it and try again".into()));
    }
    // Every account may make folders in ProgramData: one of a stranger may hold a stranger's settings.
    let owner = owner(&wide).map_err(|error| io("does not tell its owner", error))?;
    let trusted = [SYSTEM, ADMINISTRATORS, ACCOUNT_SID].contains(&owner.as_str()) || own_sid().as_deref() == Some(&owner);
    if !trusted {
        let said = format!("belongs to another account ({owner}), which may have laid it out; remove or rename it and try again");
        return Err(wrong(said));
    }
    list.put_on(&wide).map_err(|error| io("cannot be given its access list", error))
}

/// Owner: administrators. List: protected, so that nothing of ProgramData's is inherited. All of it is handed down.
/// 0x1301bf is what Explorer calls "Modify".
fn sddl() -> String {
    format!("O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;{ACCOUNT_SID})")
}

struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn of(sddl: &str) -> io::Result<Self> {
        let text: Vec<u16> = sddl.encode_utf16().chain([0]).collect();
        let mut made: PSECURITY_DESCRIPTOR = null_mut();
        // SAFETY: the text ends with a NUL; what is made is freed by Drop.
        let done =
            unsafe { ConvertStringSecurityDescriptorToSecurityDescriptorW(text.as_ptr(), SDDL_REVISION_1, &raw mut made, null_mut()) };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(made)) }
    }

    /// The list only: who owns the folder was looked at before.
    fn put_on(&self, path: &[u16]) -> io::Result<()> {
        let (mut is_there, mut list, mut by_default): (i32, *mut ACL, i32) = (0, null_mut(), 0);
        // SAFETY: the descriptor is valid while self lives; the three are ours to write.
        if unsafe { GetSecurityDescriptorDacl(self.0, &raw mut is_there, &raw mut list, &raw mut by_default) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        // SAFETY: the path ends with a NUL; the list is part of the descriptor, which lives.
        let code = unsafe { SetNamedSecurityInfoW(path.as_ptr(), SE_FILE_OBJECT, what, null_mut(), null_mut(), list, null_mut()) };
        if code == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(code as i32)) }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: made by the system with LocalAlloc, freed once.
        unsafe { LocalFree(self.0) };
    }
}

fn owner(path: &[u16]) -> io::Result<String> {
    let (mut owner, mut descriptor): (PSID, PSECURITY_DESCRIPTOR) = (null_mut(), null_mut());
    // SAFETY: the path ends with a NUL; owner points into the descriptor, which Drop frees.
    let code = unsafe {
        GetNamedSecurityInfoW(
            path.as_ptr(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut descriptor,
        )
    };
    if code != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(code as i32));
    }
    let _freed_at_the_end = Descriptor(descriptor);
    text_of(owner)
}

/// The account this process runs as.
fn own_sid() -> Option<String> {
    use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
    use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
    let mut token: HANDLE = null_mut();
    // SAFETY: the pseudo handle of our own process needs no closing; `token` is ours to write.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return None;
    }
    // A TOKEN_USER and the SID it points to, which has 68 bytes at most; u64 for its alignment.
    let mut room = [0_u64; 16];
    let mut length = 0;
    // SAFETY: the buffer is as long as is said; `token` was opened above and is closed once.
    let known = unsafe {
        let known = GetTokenInformation(token, TokenUser, room.as_mut_ptr().cast(), size_of_val(&room) as u32, &raw mut length);
        CloseHandle(token);
        known
    };
    if known == 0 {
        return None;
    }
    // SAFETY: filled by the system as a TOKEN_USER, aligned, and alive.
    let user = unsafe { &*room.as_ptr().cast::<TOKEN_USER>() };
    text_of(user.User.Sid).ok()
}

fn text_of(sid: PSID) -> io::Result<String> {
    let mut text: *mut u16 = null_mut();
    // SAFETY: the caller's SID is valid; the text is the system's, read up to its NUL and freed once.
    unsafe {
        if ConvertSidToStringSidW(sid, &raw mut text) == 0 {
            return Err(io::Error::last_os_error());
        }
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let said = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(said)
    }
}
