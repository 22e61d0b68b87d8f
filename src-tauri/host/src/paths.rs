//! Where things lie on this machine.

use std::io;
use std::path::{Path, PathBuf};

/// The data folder when nobody names another: the machine's for a service or root, else the account's own.
pub fn default_data_folder() -> PathBuf {
    platform::default_data_folder()
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
mod platform {
    use std::path::PathBuf;

    /// `ProgramData` is set for every account, services too.
    pub fn default_data_folder() -> PathBuf {
        std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from).join("Outtray")
    }
}

#[cfg(not(windows))]
mod platform {
    use std::path::PathBuf;

    pub fn default_data_folder() -> PathBuf {
        if is_root() {
            return PathBuf::from("/var/lib/outtray");
        }
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".local/share")))
            .unwrap_or_else(|| PathBuf::from("/var/lib"))
            .join("outtray")
    }

    /// Our own process's folder belongs to the account we run as.
    fn is_root() -> bool {
        std::fs::metadata("/proc/self").is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0)
    }
}
