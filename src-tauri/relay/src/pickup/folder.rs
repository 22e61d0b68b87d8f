//! The files of the pickup folder: which there are, who else has them open, how one is claimed and how one is got rid of.
//!
//! In: names. Out: open files. All of it blocks. Never follows a link and never waits for a pipe: whoever may write
//! there could else have us send any file that we can read.

use super::bad::Bad;
use crate::config::Pickup;
use crate::mail::MessageId;
use jiff::Timestamp;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file that we have claimed is called by its message's id, with this ending, until it is gone.
const CLAIMED: &str = "taking";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub name: OsString,
    pub size: u64,
    pub modified: Option<SystemTime>,
}

/// What came of opening one.
#[derive(Debug)]
pub enum Opened {
    File(File),
    /// Somebody has it open; it will be looked at again.
    Busy,
    /// It is gone, or no file.
    Nothing,
}

impl Candidate {
    /// The id of its message, when it was claimed before and something came between.
    pub fn claimed(&self) -> Option<MessageId> {
        let path = Path::new(&self.name);
        (path.extension()? == CLAIMED).then_some(())?;
        MessageId::parse(path.file_stem()?.to_str()?)
    }
}

/// Hidden files, and `.tmp`, as programs call what they still write; and those we have claimed, of which there is no news.
pub fn is_left_alone(name: &OsStr) -> bool {
    let is = |ending: &str| Path::new(name).extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    name.as_encoded_bytes().starts_with(b".") || is("tmp") || is(CLAIMED)
}

/// The files that may be taken, and those that were claimed, oldest first.
pub fn list(folder: &Path) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // Of the link itself, where it is one.
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                let candidate = Candidate { name, size: metadata.len(), modified: metadata.modified().ok() };
                if candidate.claimed().is_some() || !is_left_alone(&candidate.name) {
                    found.push(candidate);
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|one, other| (one.modified, &one.name).cmp(&(other.modified, &other.name)));
    Ok(found)
}

/// Opens it for us alone. On Windows the system sees to that; elsewhere a lock does, for those who ask for it.
pub fn open(path: &Path) -> io::Result<Opened> {
    let mut options = OpenOptions::new();
    options.read(true);
    careful(&mut options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Nothing),
        Err(error) if is_busy(&error) => return Ok(Opened::Busy),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(Opened::Nothing);
    }
    #[cfg(unix)]
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(Opened::Busy),
        // A file system without locks.
        Err(fs::TryLockError::Error(_)) => {}
    }
    Ok(Opened::File(file))
}

#[cfg(unix)]
fn careful(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
}

#[cfg(unix)]
fn is_busy(_: &io::Error) -> bool {
    false
}

/// Only renaming it is allowed to others meanwhile, which is what we do ourselves.
#[cfg(windows)]
fn careful(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_SHARE_DELETE: u32 = 4;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.share_mode(FILE_SHARE_DELETE).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
}

#[cfg(windows)]
fn is_busy(error: &io::Error) -> bool {
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// Gives it the name of its message. Who can do that can also remove it; and after a crash its name says which message it is.
pub fn claim(folder: &Path, name: &OsStr, id: MessageId) -> io::Result<PathBuf> {
    let claimed = folder.join(format!("{id}.{CLAIMED}"));
    fs::rename(folder.join(name), &claimed)?;
    Ok(claimed)
}

/// Moves a file to the bad ones, under a name that is free there, with a text beside it that says why.
pub fn set_aside(pickup: &Pickup, name: &OsStr, bad: &Bad, now: Timestamp) -> io::Result<PathBuf> {
    fs::create_dir_all(&pickup.bad_folder)?;
    let (target, text) = free_name(&pickup.bad_folder, name);
    fs::write(&text, bad.text(&name.to_string_lossy(), &pickup.folder.display().to_string(), now))?;
    let source = pickup.folder.join(name);
    match fs::rename(&source, &target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(&source, &target)?;
            File::open(&target)?.sync_all()?;
            fs::remove_file(&source)?;
        }
        moved => moved?,
    }
    Ok(target)
}

/// `order.eml`, else `order (2).eml` and so on; and the name of its text.
fn free_name(folder: &Path, name: &OsStr) -> (PathBuf, PathBuf) {
    let path = Path::new(name);
    let mut number = 1;
    loop {
        let mut tried = path.file_stem().unwrap_or(name).to_owned();
        if number > 1 {
            tried.push(format!(" ({number})"));
        }
        if let Some(extension) = path.extension() {
            tried.push(".");
            tried.push(extension);
        }
        let target = folder.join(&tried);
        tried.push(".txt");
        if !target.exists() {
            return (target, folder.join(tried));
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pickup(folder: &Path) -> Pickup {
        let (pickup, bad_folder) = (folder.join("pickup"), folder.join("bad"));
        fs::create_dir(&pickup).unwrap();
        Pickup { folder: pickup, bad_folder }
    }

    #[test]
    fn files_are_listed_oldest_first_without_what_is_not_meant() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.eml", "a", ".hidden", "c.TMP", "d.tmp"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("folder.eml")).unwrap();
        let old = File::options().write(true).open(folder.path().join("a")).unwrap();
        old.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("link.eml")).unwrap();
        let names: Vec<_> = list(folder.path()).unwrap().into_iter().map(|candidate| candidate.name).collect();
        assert_eq!(names, ["a", "b.eml"]);
    }

    #[test]
    fn a_claimed_file_tells_its_message() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "x").unwrap();
        let id = MessageId::at(Timestamp::UNIX_EPOCH);
        claim(folder.path(), OsStr::new("x"), id).unwrap();
        let found = list(folder.path()).unwrap();
        assert_eq!(found[0].claimed(), Some(id));
        let other = Candidate { name: "order.taking".into(), size: 0, modified: None };
        assert_eq!(other.claimed(), None);
    }

    #[test]
    fn bad_ones_keep_their_names_and_never_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let pickup = pickup(folder.path());
        for round in ["one", "two", "three"] {
            fs::write(pickup.folder.join("order.eml"), round).unwrap();
            set_aside(&pickup, OsStr::new("order.eml"), &Bad::Empty, Timestamp::UNIX_EPOCH).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(&pickup.bad_folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["order (2).eml", "order (2).eml.txt", "order (3).eml", "order (3).eml.txt", "order.eml", "order.eml.txt"]);
        assert_eq!(fs::read(pickup.bad_folder.join("order (3).eml")).unwrap(), b"three");
        assert!(list(&pickup.folder).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_not_opened_and_a_lock_is_respected() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, "x").unwrap();
        std::os::unix::fs::symlink(&secret, folder.path().join("link")).unwrap();
        assert!(open(&folder.path().join("link")).is_err());
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(open(&pipe).unwrap(), Opened::Nothing));
        assert!(matches!(open(&folder.path().join("gone")).unwrap(), Opened::Nothing));
        let writer = File::options().write(true).open(&secret).unwrap();
        writer.lock().unwrap();
        assert!(matches!(open(&secret).unwrap(), Opened::Busy));
        drop(writer);
        assert!(matches!(open(&secret).unwrap(), Opened::File(_)));
    }
}
