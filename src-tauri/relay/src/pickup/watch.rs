//! What happens in the folder while nobody looks: who still writes, who is done, and that it is time to look.
//!
//! In: the system's notices. Out: whether a file is written completely. On Windows opening it tells; on Linux the system says
//! when its writer has closed it. Where it says nothing (files that were there before us, folders on another machine), a
//! file counts as written when it has not changed for a while.

use super::folder::{self, Candidate};
use crate::clock::waiting_now;
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A file of which the system said nothing counts as written when it has been the same for so long.
pub const QUIET: Duration = Duration::from_secs(30);

pub struct Watch {
    heard: Arc<Heard>,
    /// None where the system cannot watch; then there is only looking.
    _watcher: Option<RecommendedWatcher>,
    /// How each file was when it was first seen so.
    seen: HashMap<OsString, Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    size: u64,
    modified: Option<SystemTime>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Heard {
    names: Mutex<Names>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Names {
    /// Somebody has written to it and not closed it.
    writing: HashSet<OsString>,
    /// Closed by its writer, or moved in whole.
    done: HashSet<OsString>,
    /// Something still written is being renamed: the number by which its second half is known.
    moving: Option<usize>,
}

impl Watch {
    pub fn over(folder: &Path) -> Self {
        let heard = Arc::new(Heard::default());
        let hearing = Arc::clone(&heard);
        let place = folder.to_owned();
        let watcher = notify::recommended_watcher(move |told: notify::Result<notify::Event>| match told {
            // The folder itself is gone, or not where it was.
            Ok(event) if event.paths.first() == Some(&place) => {
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    hearing.wake.notify_one();
                }
            }
            Ok(event) => hearing.hear(&event),
            Err(error) => tracing::debug!(%error, "The pickup folder could not be watched for a moment"),
        })
        .and_then(|mut watcher| watcher.watch(folder, RecursiveMode::NonRecursive).map(|()| watcher))
        .inspect_err(|error| tracing::warn!(%error, "The pickup folder cannot be watched; it is looked into now and then"))
        .ok();
        Self { heard, _watcher: watcher, seen: HashMap::new() }
    }

    /// Until something happens there.
    pub async fn news(&self) {
        self.heard.wake.notified().await;
    }

    /// Whether its writer is done with it.
    pub fn is_written(&mut self, candidate: &Candidate) -> bool {
        {
            let names = self.heard.names();
            // Some make a file first and write into it later.
            if candidate.size > 0 && (cfg!(windows) || names.done.contains(&candidate.name)) {
                return true;
            }
            if names.writing.contains(&candidate.name) {
                return false;
            }
        }
        let now = waiting_now();
        let fresh = Seen { size: candidate.size, modified: candidate.modified, since: now };
        let seen = self.seen.entry(candidate.name.clone()).or_insert(fresh);
        if (seen.size, seen.modified) != (candidate.size, candidate.modified) {
            *seen = fresh;
        }
        now.duration_since(seen.since) >= QUIET
    }

    /// Remembers nothing of how files were that are not there.
    pub fn forget_others(&mut self, there: &[Candidate]) {
        self.seen.retain(|name, _| there.iter().any(|candidate| candidate.name == *name));
    }

    /// It is being taken: whatever is heard of its name from now on is heard of another file.
    pub fn begin(&mut self, name: &OsStr) {
        self.heard.names().done.remove(name);
    }

    /// It was taken, or is there still.
    pub fn end(&mut self, name: &OsStr, taken: bool) {
        if taken {
            self.seen.remove(name);
            return;
        }
        let mut names = self.heard.names();
        if !names.writing.contains(name) {
            names.done.insert(name.to_owned());
        }
    }
}

impl Heard {
    fn hear(&self, event: &notify::Event) {
        let mut names = self.names();
        if event.need_rescan() {
            // Something was missed: whoever is still writing will be heard again, or found quiet.
            *names = Names::default();
        }
        let name = event.paths.first().and_then(|path| path.file_name()).map(OsStr::to_owned);
        let is_news = !name.as_deref().is_some_and(folder::is_left_alone);
        match (event.kind, name) {
            (EventKind::Modify(ModifyKind::Data(_)), Some(name)) => {
                names.done.remove(&name);
                names.writing.insert(name);
                // Who writes will close.
                return;
            }
            (EventKind::Access(AccessKind::Close(AccessMode::Write)), Some(name)) => {
                names.writing.remove(&name);
                names.done.insert(name);
            }
            (EventKind::Modify(ModifyKind::Name(RenameMode::From)), Some(name)) => {
                names.done.remove(&name);
                names.moving = if names.writing.remove(&name) { event.attrs.tracker() } else { None };
                return;
            }
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), Some(name)) => {
                let still_written = names.moving.take().is_some_and(|moving| event.attrs.tracker() == Some(moving));
                if still_written {
                    names.writing.insert(name)
                } else {
                    names.done.insert(name)
                };
            }
            (EventKind::Remove(_), Some(name)) => {
                names.writing.remove(&name);
                names.done.remove(&name);
                return;
            }
            (
                EventKind::Create(CreateKind::Any | CreateKind::File)
                | EventKind::Modify(ModifyKind::Any)
                | EventKind::Any
                | EventKind::Other,
                _,
            ) => {}
            _ => return,
        }
        drop(names);
        if is_news {
            self.wake.notify_one();
        }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
