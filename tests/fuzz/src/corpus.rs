//! Octets that are worth being shown again: conversations, what a long run found that reaches other code, and what once went
//! wrong, under that name. A file a case, in a folder a target.

use std::fs;
use std::path::{Path, PathBuf};

pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// In the order of their names.
pub fn cases(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<(String, Vec<u8>)> = files
        .map(|file| file.expect("a file").path())
        .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), fs::read(&path).expect("a case")))
        .collect();
    cases.sort();
    cases
}
