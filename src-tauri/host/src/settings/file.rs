//! The settings file and the copy of what was last in force.
//!
//! Invariant: a reader finds the old document or the new one, whole, also after a power cut.

use control::Settings;
#[cfg(unix)]
use std::fs::File;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub fn path(data_folder: &Path) -> PathBuf {
    data_folder.join("settings.json")
}

/// What was last in force, for the day on which somebody breaks `settings.json`.
pub fn last_good_path(data_folder: &Path) -> PathBuf {
    data_folder.join("settings.last-good.json")
}

/// None when there is no such file.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub fn text(settings: &Settings) -> String {
    // Settings have no map with strange keys and no failing `Serialize`: this cannot fail.
    let mut text = serde_json::to_string_pretty(settings).unwrap_or_default();
    text.push('\n');
    text
}

pub fn save(data_folder: &Path, settings: &Settings) -> io::Result<()> {
    write_whole(&path(data_folder), text(settings).as_bytes())
}

pub fn save_last_good(data_folder: &Path, settings: &Settings) -> io::Result<()> {
    let (path, text) = (last_good_path(data_folder), text(settings));
    if read(&path)?.is_some_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    write_whole(&path, text.as_bytes())
}

/// Writes a file of the owner's alone (mode 0600), all of it or nothing.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = folder.join(name);
    let written = write_new(&new, bytes).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written.and_then(|()| sync_folder(folder))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Left by a process of the same number that was killed.
    let _ = fs::remove_file(path);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The rename itself must reach the disk too.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// NTFS journals renames, and folders cannot be synced there.
#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_document_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &Settings::default()).unwrap();
        let first = fs::read(path(folder.path())).unwrap();
        assert_eq!(first, text(&Settings::default()).as_bytes());
        // The target cannot be replaced: a folder stands there.
        fs::create_dir(folder.path().join("busy.json")).unwrap();
        fs::write(folder.path().join("busy.json/x"), "").unwrap();
        write_whole(&folder.path().join("busy.json"), b"{}").unwrap_err();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["busy.json", "settings.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path(folder.path())).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
