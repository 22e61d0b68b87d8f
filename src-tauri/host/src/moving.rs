//! A relay moves house: settings, queue and history from one data folder to another.
//!
//! In: two folders in which no engine runs. Out: the mail in the second, and a note in the first saying where it went.
//!
//! ```text
//! 1 copy      into `.moving-in` of the new folder, synced and compared
//! 2 mark      `moved-to.json` in the old folder: from here on it sends nothing
//! 3 commit    `moved-in.json` in the new folder: from here on the mail is there
//! 4 place     the copies, in the new folder
//! 5 empty     the old folder
//! ```
//!
//! Whoever opens a folder calls [`settle`] first: it finishes step 4 after a commit, throws copies without a commit
//! away, and takes a mark back whose move was not committed.
//!
//! Invariant: interrupted anywhere, at most one of the two folders sends, and one of them can be used. Both folders' locks
//! are held throughout. Secrets are not moved: they belong to an account, not to a folder.

use crate::lock::{Lock, LockError};
use crate::paths;
use crate::settings::file::{sync_folder, write_whole};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const STAGING: &str = ".moving-in";
const MOVED_TO: &str = "moved-to.json";
const MOVED_IN: &str = "moved-in.json";
/// Belong to the folder or to a running engine, not to the mail.
const STAYS: &[&str] = &["engine.lock", "engine.running", "control.sock", ".control", STAGING, MOVED_TO, MOVED_IN, "logs", "stderr.txt"];
/// Folders with a number behind the name, of which there may be many: mail that was set aside.
const NUMBERED: &[&str] = &["damaged", ASIDE];
const ASIDE: &str = "before";
/// The queue as SQLite and the store lay it out.
const QUEUE: &[&str] = &["queue.db", "queue.db-wal", "queue.db-shm", "content"];

#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("{0} is no data folder: it does not exist")]
    NoFolder(PathBuf),
    #[error("{0} and {1} are the same folder, or one lies in the other")]
    Same(PathBuf, PathBuf),
    #[error("{0} is in use: {1}; stop it first (quit Outtray in the notification area, or stop the service)")]
    Held(PathBuf, #[source] LockError),
    #[error("{0} has nothing to move; it moved to {1} before")]
    MovedBefore(PathBuf, PathBuf),
    #[error("{0} has a queue of its own with {1} waiting messages; let them be handed over, or delete them, then try again")]
    Occupied(PathBuf, u64),
    #[error("the queue in {0} cannot be looked at: {1}")]
    Queue(PathBuf, #[source] relay::store::StoreError),
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error("the copy of {0} is not what was copied; is the disk sound?")]
    CopyDiffers(PathBuf),
}

/// What stands in `moved-to.json` and `moved-in.json`: the other folder, and which move it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    folder: PathBuf,
    id: String,
}

/// A point between two steps; a test stops there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    Copied,
    Marked,
    Committed,
    Placed,
    Emptied,
}

/// Where the mail of this folder went; None when it is here.
pub fn moved_to(folder: &Path) -> Option<PathBuf> {
    note(&folder.join(MOVED_TO)).map(|note| note.folder)
}

/// Whether [`move_home`] could begin now. Makes and moves nothing; a move that was interrupted before is ended.
pub fn can_move(from: &Path, to: &Path) -> Result<(), MoveError> {
    if !from.is_dir() {
        return Err(MoveError::NoFolder(from.to_owned()));
    }
    let from = plain(fs::canonicalize(from).map_err(at(from))?);
    let there = to.is_dir();
    let to = if there { plain(fs::canonicalize(to).map_err(at(to))?) } else { std::path::absolute(to).map_err(at(to))? };
    apart(&from, &to)?;
    let _from_is_ours = hold(&from)?;
    let _to_is_ours = if there { Some(hold(&to)?) } else { None };
    match settle(&from)? {
        Some(place) if place == to => Ok(()),
        Some(place) => Err(MoveError::MovedBefore(from, place)),
        None if !there || settle(&to)?.is_some_and(|place| place == from) => Ok(()),
        None => waiting(&to).map(drop),
    }
}

/// Moves everything. A folder that is not there yet is made.
pub fn move_home(from: &Path, to: &Path) -> Result<(), MoveError> {
    move_step_by_step(from, to, &mut |_| Ok(()))
}

/// Ends what an interrupted move left in this folder, whose lock the caller holds.
/// Gives where its mail went, when it is not here.
pub fn settle(folder: &Path) -> Result<Option<PathBuf>, MoveError> {
    let staging = folder.join(STAGING);
    if staging.is_dir() {
        // Of a later move than the one before, or the note would be about these copies.
        if let (Some(note_in), Some(staged)) = (note(&folder.join(MOVED_IN)), note(&staging.join(MOVED_IN)))
            && note_in.id == staged.id
        {
            place(folder)?;
        } else {
            tracing::info!("Removing what an interrupted move had copied");
            fs::remove_dir_all(&staging).map_err(at(&staging))?;
        }
    }
    let Some(mark) = note(&folder.join(MOVED_TO)) else { return Ok(None) };
    if is_committed(&mark) == Some(false) {
        tracing::info!(to = %mark.folder.display(), "A move was interrupted before it was done; the mail is still here");
        remove(&folder.join(MOVED_TO))?;
        return Ok(None);
    }
    Ok(Some(mark.folder))
}

/// Whether the mail has arrived over there; None when that folder cannot be read.
fn is_committed(mark: &Note) -> Option<bool> {
    match fs::read(mark.folder.join(MOVED_IN)) {
        Ok(bytes) => Some(serde_json::from_slice::<Note>(&bytes).is_ok_and(|note| note.id == mark.id)),
        // Without the note, not without the folder: a folder that is gone may have been a disk that is off.
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::read_dir(&mark.folder).is_ok() => Some(false),
        Err(_) => None,
    }
}

fn move_step_by_step(from: &Path, to: &Path, at_point: &mut dyn FnMut(Point) -> io::Result<()>) -> Result<(), MoveError> {
    if !from.is_dir() {
        return Err(MoveError::NoFolder(from.to_owned()));
    }
    paths::ensure_data_folder(to).map_err(at(to))?;
    let from = plain(fs::canonicalize(from).map_err(at(from))?);
    let to = plain(fs::canonicalize(to).map_err(at(to))?);
    apart(&from, &to)?;
    let (_from_is_ours, _to_is_ours) = (hold(&from)?, hold(&to)?);
    let mut at_point = |point| at_point(point).map_err(at(&to));

    let gone_to = settle(&from)?;
    if let Some(place) = gone_to {
        if place == to && note(&from.join(MOVED_TO)).is_some_and(|mark| is_committed(&mark) == Some(true)) {
            // This very move, interrupted after its commit.
            settle(&to)?;
            empty(&from)?;
            return Ok(());
        }
        return Err(MoveError::MovedBefore(from, place));
    }
    if settle(&to)?.is_some_and(|place| place == from) {
        // Left over from the way there; the mail itself is in `from`.
        empty(&to)?;
    }
    make_room(&to)?;

    let id = uuid::Uuid::now_v7().to_string();
    let staging = to.join(STAGING);
    paths::ensure_data_folder(&staging).map_err(at(&staging))?;
    write_note(&staging.join(MOVED_IN), &Note { folder: from.clone(), id: id.clone() })?;
    for name in names(&from)? {
        copy(&from.join(&name), &staging.join(&name))?;
    }
    sync(&staging)?;
    own_like_all(&staging, &to)?;
    at_point(Point::Copied)?;
    write_note(&from.join(MOVED_TO), &Note { folder: to.clone(), id: id.clone() })?;
    at_point(Point::Marked)?;
    write_note(&to.join(MOVED_IN), &Note { folder: from.clone(), id })?;
    at_point(Point::Committed)?;
    place(&to)?;
    at_point(Point::Placed)?;
    empty(&from)?;
    at_point(Point::Emptied)
}

fn apart(from: &Path, to: &Path) -> Result<(), MoveError> {
    if from.starts_with(to) || to.starts_with(from) { Err(MoveError::Same(from.to_owned(), to.to_owned())) } else { Ok(()) }
}

fn hold(folder: &Path) -> Result<Lock, MoveError> {
    Lock::take(folder, String::new()).map_err(|error| MoveError::Held(folder.to_owned(), error))
}

/// Whether there is a queue in which nothing waits; one in which something does is an error.
fn waiting(to: &Path) -> Result<bool, MoveError> {
    match relay::store::waiting_in(to).map_err(|error| MoveError::Queue(to.to_owned(), error))? {
        None => Ok(false),
        Some(0) => Ok(true),
        Some(waiting) => Err(MoveError::Occupied(to.to_owned(), waiting)),
    }
}

/// A queue in which nothing waits is set aside with its history.
fn make_room(to: &Path) -> Result<(), MoveError> {
    if waiting(to)? { set_aside(to, QUEUE) } else { Ok(()) }
}

/// Nothing of another relay is deleted: it may be mail.
fn set_aside(folder: &Path, names: &[&str]) -> Result<(), MoveError> {
    let aside = free(folder, ASIDE);
    paths::ensure_data_folder(&aside).map_err(at(&aside))?;
    for name in names {
        let path = folder.join(name);
        if path.exists() {
            fs::rename(&path, aside.join(name)).map_err(at(&path))?;
        }
    }
    sync(folder)
}

/// The first of `name-1`, `name-2`, … that is not there.
fn free(folder: &Path, name: &str) -> PathBuf {
    let numbered = (1_u64..).map(|number| folder.join(format!("{name}-{number}")));
    numbered.into_iter().find(|path| !path.exists()).unwrap_or_else(|| folder.join(name))
}

/// Step 4. Each rename is whole; what is placed already is no longer among the copies.
fn place(to: &Path) -> Result<(), MoveError> {
    let staging = to.join(STAGING);
    for name in names(&staging)? {
        let copy = staging.join(&name);
        let mut path = to.join(&name);
        if path.is_dir() {
            match name.rsplit_once('-') {
                Some((stem, _)) if NUMBERED.contains(&stem) => path = free(to, stem),
                _ => set_aside(to, &[&name])?,
            }
        }
        fs::rename(&copy, &path).map_err(at(&path))?;
    }
    // A note of an earlier move from here is no longer true.
    remove(&to.join(MOVED_TO))?;
    sync(to)?;
    fs::remove_dir_all(&staging).map_err(at(&staging))?;
    own_like(&to.join(MOVED_IN), to).map_err(at(to))?;
    sync(to)
}

/// Step 5. The mark stays.
fn empty(from: &Path) -> Result<(), MoveError> {
    for name in names(from)? {
        let path = from.join(name);
        let gone = if is_folder(&path) { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        gone.map_err(at(&path))?;
    }
    sync(from)
}

/// What moves.
fn names(folder: &Path) -> Result<Vec<String>, MoveError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name().to_string_lossy().into_owned();
        if !STAYS.contains(&name.as_str()) && !name.ends_with(".new") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn copy(from: &Path, to: &Path) -> Result<(), MoveError> {
    if is_folder(from) {
        paths::ensure_data_folder(to).map_err(at(to))?;
        for entry in fs::read_dir(from).map_err(at(from))? {
            let name = entry.map_err(at(from))?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return sync(to);
    }
    // Whoever may write into the old folder must not have a file of somebody else's copied.
    if !fs::symlink_metadata(from).map_err(at(from))?.is_file() {
        tracing::warn!(path = %from.display(), "Not moved: it is no file");
        return Ok(());
    }
    fs::copy(from, to).map_err(at(from))?;
    // Windows syncs only what is open for writing.
    File::options().write(true).open(to).and_then(|file| file.sync_all()).map_err(at(to))?;
    if same(from, to).map_err(at(to))? { Ok(()) } else { Err(MoveError::CopyDiffers(from.to_owned())) }
}

fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let length = one.read(&mut left)?;
        if length == 0 {
            return Ok(true);
        }
        other.read_exact(&mut right[..length])?;
        if left[..length] != right[..length] {
            return Ok(false);
        }
    }
}

/// Root moves files for another account: they belong to whom the folder belongs to. On Windows the folder's
/// access list says it all.
pub fn own_like(path: &Path, folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, lchown};
        let owner = fs::metadata(folder)?;
        let about = fs::symlink_metadata(path)?;
        if (about.uid(), about.gid()) != (owner.uid(), owner.gid()) {
            lchown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, folder);
    Ok(())
}

fn own_like_all(path: &Path, folder: &Path) -> Result<(), MoveError> {
    own_like(path, folder).map_err(at(path))?;
    if is_folder(path) {
        for entry in fs::read_dir(path).map_err(at(path))? {
            own_like_all(&entry.map_err(at(path))?.path(), folder)?;
        }
    }
    Ok(())
}

fn note(path: &Path) -> Option<Note> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write_note(path: &Path, note: &Note) -> Result<(), MoveError> {
    let text = serde_json::to_string(note).map_err(io::Error::other).map_err(at(path))?;
    write_whole(path, text.as_bytes()).map_err(at(path))
}

fn remove(path: &Path) -> Result<(), MoveError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(MoveError::File(path.to_owned(), error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_dir())
}

fn sync(folder: &Path) -> Result<(), MoveError> {
    sync_folder(folder).map_err(at(folder))
}

fn at(path: &Path) -> impl Fn(io::Error) -> MoveError + use<> {
    let path = path.to_owned();
    move |error| MoveError::File(path.clone(), error)
}

/// `canonicalize` of Windows puts `\\?\` before a path, which people do not write.
fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(rest) if rest.as_bytes().get(1) == Some(&b':') => PathBuf::from(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests;
