//! The rules for the pickup folder: it must be one that may be emptied, and that we can empty.
//!
//! In: two names. Out: two folders, or problems. A folder that is not there is made by the engine; here is looked whether it
//! could be, by a file that is made and removed again.

use super::check::Rules;
use super::short;
use control::settings::PickupSettings;
use relay::config::Pickup;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

/// What lies in the data folder and is no mail that somebody dropped.
const OURS: [&str; 3] = ["content", "logs", "certificates"];

impl Rules<'_> {
    pub(super) fn pickup(&mut self, pickup: &PickupSettings) -> Pickup {
        // A share that is away for a moment holds up neither a start nor another change: the engine tells of it, and tries again.
        let is_known = self.is_known(|now| now.pickup.as_ref() == Some(pickup));
        let folder = self.dropping_place("pickup.folder", &pickup.folder, is_known);
        let bad_folder = self.dropping_place("pickup.badFolder", &pickup.bad_folder, is_known);
        if folder == bad_folder && !pickup.folder.is_empty() {
            let wrong = "files that cannot be taken would be taken again and again from there";
            self.wrong("pickup.badFolder", short(&pickup.bad_folder), wrong, "another folder, as in `badmail`");
        }
        Pickup { folder, bad_folder }
    }

    fn dropping_place(&mut self, field: &str, name: &str, is_known: bool) -> PathBuf {
        let folder = real(&self.facts.folder.join(name));
        let data = real(&self.facts.folder);
        if name.trim().is_empty() {
            self.wrong(
                field,
                name,
                "this names no folder",
                "a folder, as in `pickup` (in the data folder) or `C:\\inetpub\\mailroot\\Pickup`",
            );
        } else if data.starts_with(&folder) || OURS.iter().any(|ours| folder.starts_with(data.join(ours))) {
            let wrong = "Outtray's own files are in there, and would be taken for mail";
            self.wrong(field, short(name), wrong, "a folder for this alone, as in `pickup`");
        } else if !is_known && let Err(error) = try_to_write(&folder) {
            let remedy = "a folder in which the account Outtray runs as can make, rename and remove files";
            self.wrong(field, short(name), format!("files cannot be written there: {error}"), remedy);
        }
        folder
    }
}

/// Without detours, and without links as far as it exists.
fn real(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(straight.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => straight.push(part),
        }
    }
    let there = straight.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    match there {
        // One by one: joining nothing would leave a slash at the end.
        Some((ancestor, real)) => straight.strip_prefix(ancestor).into_iter().flatten().fold(real, |real, part| real.join(part)),
        None => straight,
    }
}

/// Whether files can be made and removed there.
pub fn can_write(folder: &Path) -> bool {
    try_to_write(folder).is_ok()
}

/// In the folder, or in the one in which it would have to be made.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let there = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
    if !there.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is a file", there.display())));
    }
    let trial = there.join(format!(".outtray-{}", uuid::Uuid::now_v7().simple()));
    File::create_new(&trial)?;
    fs::remove_file(&trial)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::settings::{Facts, check};
    use control::Settings;
    use control::settings::PickupSettings;
    use std::path::Path;

    fn problems(data: &Path, folder: &str, bad_folder: &str) -> Vec<String> {
        let facts = Facts::new(data.to_owned(), "pc7");
        let pickup = PickupSettings { folder: folder.into(), bad_folder: bad_folder.into() };
        let checked = check(&Settings { pickup: Some(pickup), ..Settings::default() }, &facts);
        checked.err().unwrap_or_default().into_iter().map(|problem| format!("{}: {}", problem.field, problem.wrong)).collect()
    }

    #[test]
    fn only_a_folder_that_may_be_emptied_is_one() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("file"), "").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let elsewhere = elsewhere.path().display().to_string();
        assert_eq!(problems(data.path(), "pickup", "badmail"), [""; 0]);
        assert_eq!(problems(data.path(), &format!("{elsewhere}/a/b"), &format!("{elsewhere}/a/bad")), [""; 0]);
        for (folder, wrong) in [
            ("", "pickup.folder: this names no folder"),
            (".", "pickup.folder: Outtray's own files are in there, and would be taken for mail"),
            ("..", "pickup.folder: Outtray's own files are in there, and would be taken for mail"),
            ("x/../content", "pickup.folder: Outtray's own files are in there, and would be taken for mail"),
            ("logs/pickup", "pickup.folder: Outtray's own files are in there, and would be taken for mail"),
            ("badmail", "pickup.badFolder: files that cannot be taken would be taken again and again from there"),
        ] {
            assert_eq!(problems(data.path(), folder, "badmail"), [wrong], "{folder}");
        }
        assert!(problems(data.path(), "file", "badmail")[0].starts_with("pickup.folder: files cannot be written there: "));
        assert!(problems(data.path(), "pickup", "file/bad")[0].starts_with("pickup.badFolder: files cannot be written there: "));
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1, "a trial leaves nothing behind");
    }
}
