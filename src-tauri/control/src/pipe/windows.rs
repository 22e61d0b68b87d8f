//! A named pipe: first of its name or none, no remote clients, an access list of its own.
//!
//! The list names the system, the administrators, the account the engine runs as, and the guest who
//! installed the service, and takes nothing over from elsewhere. The guest may speak, not make
//! further instances of the pipe: with that right he could stand in for the service.
//!
//! A client asks who *owns* the pipe before it says a word. Any program may make a pipe of our name
//! while no engine runs, and would be handed passwords; but nobody without special rights can make
//! something that another account owns. The owner can be read by everybody who can open the pipe. The
//! server's process, which one could ask for instead, could not: its number may be somebody else's a
//! moment later, and an ordinary account may not look at the token of a service. For the same
//! squatter the client lets itself be identified only, never impersonated.

use super::{Guest, Stream, folder_mark, not_allowed};
use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, IntoRawHandle};
use std::path::Path;
use std::time::Duration;
use tokio::net::windows::named_pipe::{NamedPipeClient, NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::ERROR_PIPE_BUSY;
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_OVERLAPPED, FILE_GENERIC_READ, FILE_WRITE_DATA, SECURITY_IDENTIFICATION};

/// To speak, and no more: `FILE_GENERIC_WRITE` would contain `FILE_CREATE_PIPE_INSTANCE`.
const TO_SPEAK: u32 = FILE_GENERIC_READ | FILE_WRITE_DATA;
const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";
/// `NT SERVICE\Outtray`: S-1-5-80 and the SHA-1 of the service's name in capitals, in UTF-16, as five
/// numbers. A service of that name can be made by an administrator only.
const SERVICE: &str = "S-1-5-80-2843451435-791778226-1158602615-1535408927-156383554";

pub struct Listener {
    name: String,
    security: security::Descriptor,
    next: NamedPipeServer,
}

impl Listener {
    pub fn bind(data_folder: &Path, guest: Option<&Guest>) -> io::Result<Self> {
        let name = address(data_folder);
        let security = security::Descriptor::parse(&descriptor(&security::own_sid()?, guest))?;
        // First of its name, or somebody squats on it.
        let next = create(&name, &security, true)?;
        Ok(Self { name, security, next })
    }

    pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        self.next.connect().await?;
        let next = create(&self.name, &self.security, false)?;
        Ok(Box::new(std::mem::replace(&mut self.next, next)))
    }

    pub fn remove(self, _data_folder: &Path) {}
}

pub fn address(data_folder: &Path) -> String {
    format!(r"\\.\pipe\outtray-{}", folder_mark(data_folder))
}

pub async fn connect(data_folder: &Path, account: Option<&Guest>) -> io::Result<Box<dyn Stream>> {
    let name = address(data_folder);
    for _ in 0..40 {
        match open(&name, account) {
            Ok(client) => return Ok(Box::new(client)),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from_raw_os_error(ERROR_PIPE_BUSY as i32))
}

pub fn own_account_text() -> io::Result<String> {
    security::own_sid()
}

/// Owner first, then the list; `P`: nothing is inherited.
fn descriptor(own: &str, guest: Option<&Guest>) -> String {
    let mut text = format!("O:{own}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{own})");
    if let Some(guest) = guest {
        text.push_str(&format!("(A;;{TO_SPEAK:#x};;;{})", guest.sid()));
    }
    text
}

fn may_answer(owner: &str, own: &str, account: Option<&Guest>) -> bool {
    [own, SYSTEM, ADMINISTRATORS, SERVICE].contains(&owner) || account.is_some_and(|account| account.sid() == owner)
}

#[allow(unsafe_code)]
fn create(name: &str, security: &security::Descriptor, first: bool) -> io::Result<NamedPipeServer> {
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    let mut attributes = security.attributes();
    // SAFETY: the attributes point to a descriptor that `security` keeps until after the call.
    unsafe { options.create_with_security_attributes_raw(name, (&raw mut attributes).cast()) }
}

#[allow(unsafe_code)]
fn open(name: &str, account: Option<&Guest>) -> io::Result<NamedPipeClient> {
    let file = OpenOptions::new()
        .access_mode(TO_SPEAK)
        .share_mode(0)
        .custom_flags(FILE_FLAG_OVERLAPPED)
        .security_qos_flags(SECURITY_IDENTIFICATION)
        .open(name)?;
    let owner = security::owner_of(file.as_raw_handle())?;
    if !may_answer(&owner, &security::own_sid()?, account) {
        return Err(not_allowed(format!("what answers at {name} belongs to another account ({owner})")));
    }
    // SAFETY: a handle of a pipe, opened overlapped, that nobody else has any more.
    unsafe { NamedPipeClient::from_raw_handle(file.into_raw_handle()) }
}

/// The system's words for who may what.
#[allow(unsafe_code)]
mod security {
    use std::ffi::c_void;
    use std::io;
    use std::os::windows::io::RawHandle;
    use std::ptr::{null, null_mut};
    use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, LocalFree};
    use windows_sys::Win32::Security::Authorization::{
        ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_KERNEL_OBJECT,
    };
    use windows_sys::Win32::Security::{
        GetTokenInformation, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER,
        TokenUser,
    };
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

    /// Something the system has allocated for us.
    struct Local(*mut c_void);

    impl Drop for Local {
        fn drop(&mut self) {
            // SAFETY: came from a call that says to free it so, and is freed once.
            unsafe { LocalFree(self.0) };
        }
    }

    pub struct Descriptor(Local);

    // SAFETY: memory that is only read once it is made.
    unsafe impl Send for Descriptor {}
    // SAFETY: as above.
    unsafe impl Sync for Descriptor {}

    impl Descriptor {
        pub fn parse(text: &str) -> io::Result<Self> {
            let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
            let mut made: PSECURITY_DESCRIPTOR = null_mut();
            // SAFETY: the text ends with NUL; the result is freed by `Local`.
            match unsafe { ConvertStringSecurityDescriptorToSecurityDescriptorW(text.as_ptr(), SDDL_REVISION_1, &mut made, null_mut()) } {
                0 => Err(io::Error::last_os_error()),
                _ => Ok(Self(Local(made))),
            }
        }

        /// To be used while this lives.
        pub fn attributes(&self) -> SECURITY_ATTRIBUTES {
            let size = size_of::<SECURITY_ATTRIBUTES>() as u32;
            SECURITY_ATTRIBUTES { nLength: size, lpSecurityDescriptor: self.0.0, bInheritHandle: 0 }
        }

        #[cfg(test)]
        pub fn text(&self) -> io::Result<String> {
            use windows_sys::Win32::Security::Authorization::ConvertSecurityDescriptorToStringSecurityDescriptorW as to_text;
            use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;
            let mut made = null_mut();
            let parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
            // SAFETY: a descriptor of ours; the result is freed by `Local`.
            if unsafe { to_text(self.0.0, SDDL_REVISION_1, parts, &mut made, null_mut()) } == 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(read_wide(&Local(made.cast())))
        }
    }

    /// The account this process acts as.
    pub fn own_sid() -> io::Result<String> {
        let mut token: HANDLE = null_mut();
        // SAFETY: the process's own handle needs no closing; the token is closed below.
        if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // TOKEN_USER and its SID, which has 68 bytes at most; as numbers for their alignment.
        let mut room = [0_u64; 32];
        let mut written = 0;
        // SAFETY: told how much room there is.
        let told = unsafe { GetTokenInformation(token, TokenUser, room.as_mut_ptr().cast(), size_of_val(&room) as u32, &mut written) };
        let failed = io::Error::last_os_error();
        // SAFETY: opened above, closed once.
        unsafe { CloseHandle(token) };
        if told == 0 {
            return Err(failed);
        }
        // SAFETY: filled with a TOKEN_USER just now, aligned, and its SID lies in the same room.
        let user = unsafe { &*room.as_ptr().cast::<TOKEN_USER>() };
        sid_text(user.User.Sid)
    }

    /// Whose the pipe is.
    pub fn owner_of(pipe: RawHandle) -> io::Result<String> {
        let (mut owner, mut whole): (PSID, PSECURITY_DESCRIPTOR) = (null_mut(), null_mut());
        // SAFETY: a handle with READ_CONTROL; what is not asked for may be null.
        let failed = unsafe {
            GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &mut owner, null_mut(), null_mut(), null_mut(), &mut whole)
        };
        if failed != 0 {
            return Err(io::Error::from_raw_os_error(failed as i32));
        }
        // The owner lies within the whole.
        let _whole = Local(whole);
        sid_text(owner)
    }

    fn sid_text(sid: PSID) -> io::Result<String> {
        if sid.is_null() {
            return Err(io::Error::other("it has no owner"));
        }
        let mut text = null_mut();
        // SAFETY: a SID the system has given; the result is freed by `Local`.
        if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(read_wide(&Local(text.cast())))
    }

    fn read_wide(text: &Local) -> String {
        let begin: *const u16 = text.0.cast();
        if begin == null() {
            return String::new();
        }
        // SAFETY: the system's text ends with NUL.
        let letters = unsafe { std::slice::from_raw_parts(begin, (0..).take_while(|&at| *begin.add(at) != 0).count()) };
        String::from_utf16_lossy(letters)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const GUEST: &str = "S-1-5-21-1004336348-1177238915-682003330-1001";

    #[test]
    fn the_access_list_names_four_and_inherits_nothing() {
        let own = security::own_sid().unwrap();
        let guest = Guest::from_sid(GUEST).unwrap();
        let text = descriptor(&own, Some(&guest));
        assert_eq!(text, format!("O:{own}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{own})(A;;0x12008b;;;{GUEST})"));
        // The system's own reading of it, written back.
        let back = security::Descriptor::parse(&text).unwrap().text().unwrap();
        assert!(back.starts_with("O:") && back.contains("D:P(") && back.matches("(A;").count() == 4, "{back}");
        assert!(back.contains("0x12008b") && back.contains(GUEST), "{back}");
        // Whoever may speak may not make another instance (FILE_APPEND_DATA has that bit).
        assert_eq!(TO_SPEAK & 0x4, 0);
        assert!(security::Descriptor::parse("D:P(A;;FA;;;nobody)").is_err());
    }

    #[test]
    fn only_four_owners_may_answer() {
        let own = "S-1-5-21-1-2-3-1001";
        for owner in [own, SYSTEM, ADMINISTRATORS, SERVICE] {
            assert!(may_answer(owner, own, None));
        }
        for owner in ["S-1-5-21-1-2-3-1002", "S-1-1-0", "S-1-5-20", "S-1-5-80-1-2-3-4-5", ""] {
            assert!(!may_answer(owner, own, None), "{owner}");
        }
        // An administrator's process works for the window of another account.
        let window = Guest::from_sid("S-1-5-21-1-2-3-1002");
        assert!(may_answer("S-1-5-21-1-2-3-1002", own, window.as_ref()));
        assert!(!may_answer("S-1-5-21-1-2-3-1003", own, window.as_ref()));
    }

    #[tokio::test]
    async fn a_client_reads_the_owner_and_then_speaks() {
        let folder = tempfile::tempdir().unwrap();
        let mut listener = Listener::bind(folder.path(), Guest::from_sid(GUEST).as_ref()).unwrap();
        for _ in 0..3 {
            let mut ours = connect(folder.path(), None).await.unwrap();
            let mut theirs = listener.accept().await.unwrap();
            ours.write_all(b"hello").await.unwrap();
            let mut heard = [0; 5];
            theirs.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"hello");
        }
        drop(listener);
        assert_eq!(connect(folder.path(), None).await.err().unwrap().kind(), io::ErrorKind::NotFound);
    }
}
