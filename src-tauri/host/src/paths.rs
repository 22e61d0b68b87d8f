//! Where things lie on this machine.

use crate::service;
use std::io;
use std::path::{Path, PathBuf};

/// The data folder when nobody names another: the machine's for root, an administrator, or where the
/// service is installed; else the account's own.
pub fn default_data_folder() -> PathBuf {
    if service::is_elevated() || service::is_installed() { machine_data_folder() } else { own_data_folder() }
}

/// The machine's own, where the service has its data.
pub fn machine_data_folder() -> PathBuf {
    platform::machine_data_folder()
}

/// The account's own, where an engine inside the window has its data.
pub fn own_data_folder() -> PathBuf {
    platform::own_data_folder()
}

/// Makes the data folder, for its owner alone, if it is not there.
pub fn ensure_data_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

pub fn logs(data_folder: &Path) -> PathBuf {
    data_folder.join("logs")
}

#[cfg(windows)]
#[allow(unsafe_code)] // one call of the system
mod platform {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use std::path::PathBuf;
    use std::ptr::null_mut;
    use windows_sys::Win32::System::Com::CoTaskMemFree;
    use windows_sys::Win32::UI::Shell::{FOLDERID_ProgramData, SHGetKnownFolderPath};

    pub fn machine_data_folder() -> PathBuf {
        program_data().unwrap_or_else(|| PathBuf::from(r"C:\ProgramData")).join("Outtray")
    }

    /// From the system, not from the environment, which whoever starts a process can change.
    fn program_data() -> Option<PathBuf> {
        let mut path: *mut u16 = null_mut();
        // SAFETY: the path is the system's, ends with a NUL and is freed once, also after a failure.
        unsafe {
            let code = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, null_mut(), &raw mut path);
            let found = (code == 0 && !path.is_null()).then(|| {
                let length = (0..).take_while(|at| *path.add(*at) != 0).count();
                PathBuf::from(OsString::from_wide(std::slice::from_raw_parts(path, length)))
            });
            CoTaskMemFree(path.cast_const().cast());
            found
        }
    }

    pub fn own_data_folder() -> PathBuf {
        std::env::var_os("LOCALAPPDATA").map_or_else(machine_data_folder, |local| PathBuf::from(local).join("Outtray"))
    }
}

#[cfg(not(windows))]
mod platform {
    use std::path::PathBuf;

    pub fn machine_data_folder() -> PathBuf {
        PathBuf::from("/var/lib/outtray")
    }

    pub fn own_data_folder() -> PathBuf {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".local/share")))
            .map_or_else(machine_data_folder, |share| share.join("outtray"))
    }
}
