//! Mail that lies in the folders of the old service: it is sent, or taken, only while that runs.
//!
//! In: the folders, as they are configured. Out: how many messages lie in each. Nothing is opened, moved or removed. A folder that
//! cannot be looked into is not an empty one.

use crate::import::{Holds, IisServer};
use control::import::{LeftMail, MailFolder};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What they are called in the settings, and in the usual place.
const KINDS: [(MailFolder, &str, &str); 3] = [
    (MailFolder::Queue, "QueueDirectory", "Queue"),
    (MailFolder::Pickup, "PickupDirectory", "Pickup"),
    (MailFolder::Badmail, "BadMailDirectory", "Badmail"),
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders(Vec<(MailFolder, PathBuf)>);

impl Folders {
    /// Where Windows puts them.
    pub fn usual() -> Self {
        let drive = std::env::var("SystemDrive").unwrap_or_else(|_| "C:".to_owned());
        Self(usual_in(&PathBuf::from(format!(r"{drive}\inetpub\mailroot"))))
    }

    /// Where the virtual servers of this machine have them; what one does not say is in the usual place.
    pub fn of(servers: &[IisServer]) -> Self {
        let Self(usual) = Self::usual();
        let mut folders: Vec<(MailFolder, PathBuf)> = Vec::new();
        for server in servers {
            for (kind, name, _) in KINDS {
                let named = server.text(name).map(PathBuf::from);
                let folder = named.or_else(|| usual.iter().find(|(usual, _)| *usual == kind).map(|(_, folder)| folder.clone()));
                folders.extend(folder.map(|folder| (kind, folder)).filter(|each| !folders.contains(each)));
            }
        }
        if folders.is_empty() { Self(usual) } else { Self(folders) }
    }

    #[cfg(test)]
    pub fn in_root(root: &Path) -> Self {
        Self(usual_in(root))
    }
}

fn usual_in(root: &Path) -> Vec<(MailFolder, PathBuf)> {
    KINDS.map(|(kind, _, name)| (kind, root.join(name))).to_vec()
}

/// Folders with something in them, and those nobody here may look into.
pub fn left_mail(Folders(folders): &Folders) -> Vec<LeftMail> {
    let looked = folders.iter().filter_map(|(folder, path)| {
        let (messages, unreadable) = match messages_in(path) {
            Ok(0) => return None,
            Ok(messages) => (messages, None),
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => (0, Some(error.to_string())),
        };
        Some(LeftMail { folder: *folder, path: path.display().to_string(), messages, unreadable })
    });
    looked.collect()
}

fn messages_in(path: &Path) -> io::Result<u64> {
    let mut messages = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.path();
        // A bad message has two more files about it.
        let is_about = name.extension().is_some_and(|end| end.eq_ignore_ascii_case("BDP") || end.eq_ignore_ascii_case("BDR"));
        if entry.file_type()?.is_file() && !is_about {
            messages += 1;
        }
    }
    Ok(messages)
}
