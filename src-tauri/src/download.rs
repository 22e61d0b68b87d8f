//! Where a saved message or table goes: the Downloads folder, under a name that is not taken.
//!
//! Only what the window itself made (`blob:`) is saved; nothing is fetched from anywhere.

use std::path::{Path, PathBuf};
use tauri::webview::DownloadEvent;
use tauri::{Manager, Runtime, Webview};

/// False: not allowed.
pub fn allow<R: Runtime>(webview: &Webview<R>, event: DownloadEvent<'_>) -> bool {
    match event {
        DownloadEvent::Requested { url, destination } => {
            if url.scheme() != "blob" {
                tracing::warn!(scheme = url.scheme(), "A download from elsewhere was refused");
                return false;
            }
            let Ok(folder) = webview.path().download_dir().or_else(|_| webview.path().home_dir()) else { return false };
            if std::fs::create_dir_all(&folder).is_err() {
                return false;
            }
            *destination = free_name(&folder, destination, |path| path.exists());
            true
        }
        DownloadEvent::Finished { path, success, .. } => {
            tracing::info!(?path, success, "Saved a file");
            true
        }
        _ => true,
    }
}

fn free_name(folder: &Path, wanted: &Path, taken: impl Fn(&Path) -> bool) -> PathBuf {
    let name = wanted.file_name().map_or_else(|| "outtray".into(), std::ffi::OsStr::to_string_lossy);
    let (stem, end) = name.rsplit_once('.').map_or((&*name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let mut path = folder.join(&*name);
    let mut count = 2;
    while taken(&path) {
        path = folder.join(format!("{stem} ({count}){end}"));
        count += 1;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number_and_a_path_loses_its_folders() {
        let taken = |path: &Path| path.ends_with("a.eml") || path.ends_with("a (2).eml");
        assert_eq!(free_name(Path::new("/d"), Path::new("/etc/a.eml"), taken), Path::new("/d/a (3).eml"));
        assert_eq!(free_name(Path::new("/d"), Path::new("b"), taken), Path::new("/d/b"));
    }
}
