//! The files that settings name: what stands in them, and when that may have changed.
//!
//! In: their paths. Out: marks that differ when the contents differ, and a word when it is worth looking again: at once
//! where the system tells of changes, else within a minute (a network drive, a folder that is not there yet).
//!
//! Invariant: reading a file is no change of it.

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// Certificate and key are replaced one after the other.
const SETTLE: Duration = Duration::from_millis(500);
const LOOK_ANYWAY: Duration = Duration::from_secs(60);

/// What stands in each of some files; None: it cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(Vec<(PathBuf, Option<u64>)>);

impl Marks {
    /// Reads them.
    pub fn of(files: Vec<PathBuf>) -> Self {
        let mark = |file: &Path| {
            let mut hasher = DefaultHasher::new();
            std::fs::read(file).ok()?.hash(&mut hasher);
            Some(hasher.finish())
        };
        Self(files.into_iter().map(|file| (file.clone(), mark(&file))).collect())
    }
}

pub struct Watch {
    files: Vec<PathBuf>,
    watcher: Option<RecommendedWatcher>,
    tell: mpsc::Sender<()>,
    told: mpsc::Receiver<()>,
    /// A word was heard and nobody has looked since.
    heard: bool,
}

impl Default for Watch {
    fn default() -> Self {
        // One word waiting is as good as many.
        let (tell, told) = mpsc::channel(1);
        Self { files: Vec::new(), watcher: None, tell, told, heard: false }
    }
}

impl Watch {
    /// From now on these.
    pub fn follow(&mut self, files: Vec<PathBuf>) {
        if files == self.files {
            return;
        }
        self.watcher = watcher(&files, self.tell.clone());
        self.files = files;
    }

    /// Until it is worth looking at them again; never while there are none. When dropped before, nothing is lost.
    pub async fn changed(&mut self) {
        if self.files.is_empty() {
            return std::future::pending().await;
        }
        if !self.heard && tokio::time::timeout(LOOK_ANYWAY, self.told.recv()).await.is_err() {
            return;
        }
        self.heard = true;
        tokio::time::sleep(SETTLE).await;
        let _ = self.told.try_recv();
        self.heard = false;
    }
}

/// Their folders are watched: a file is replaced by another of its name.
fn watcher(files: &[PathBuf], tell: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> = files.iter().filter_map(|file| file.file_name().map(OsString::from)).collect();
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    let heard = move |event: notify::Result<Event>| {
        let concerns = event.is_ok_and(|event| {
            let ours = event.paths.iter().any(|path| path.file_name().is_some_and(|name| names.contains(name)));
            !event.kind.is_access() && (ours || event.need_rescan())
        });
        if concerns {
            let _ = tell.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(heard)
        .inspect_err(|error| tracing::warn!(%error, "Changes of files are not told; they are looked at now and then"))
        .ok()?;
    for folder in folders {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::debug!(%error, folder = %folder.display(), "A folder cannot be watched");
        }
    }
    Some(watcher)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_written_replaced_or_gone_is_told_and_reading_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pem");
        let mut watch = Watch::default();
        watch.follow(vec![file.clone()]);
        let mut before = Marks::of(vec![file.clone()]);
        let acts: [&dyn Fn(); 3] = [
            &|| std::fs::write(&file, "one").unwrap(),
            &|| {
                std::fs::write(folder.path().join("new"), "two").unwrap();
                std::fs::rename(folder.path().join("new"), &file).unwrap();
            },
            &|| std::fs::remove_file(&file).unwrap(),
        ];
        for act in acts {
            act();
            tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.unwrap();
            let now = Marks::of(vec![file.clone()]);
            assert_ne!(now, before);
            before = now;
        }
        // What happens to its neighbours and by reading wakes nobody: the word that comes is of the write after them.
        std::fs::write(folder.path().join("b.pem"), "").unwrap();
        assert_eq!(Marks::of(vec![file.clone()]), before);
        assert!(watch.told.try_recv().is_err());
    }
}
