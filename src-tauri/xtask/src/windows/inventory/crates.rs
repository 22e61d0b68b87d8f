//! Every crate that is linked into the two programs for Windows, with licence and the hash of its source.

use super::{Part, in_purl};
use crate::windows::compiler;
use crate::{cargo, root};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fs;

pub fn parts() -> Result<Vec<Part>> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", "host", "--package", "outtray", "--target", compiler::TARGET, "--edges", "normal"]);
    let said = tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"]).output()?;
    if !said.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&said.stderr).trim());
    }
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    listed(&String::from_utf8_lossy(&said.stdout), &checksums(&lock))
}

/// Lines such as `tokio v1.54.0|MIT`; ours have a path and no checksum, and are left out.
fn listed(tree: &str, checksums: &BTreeMap<(String, String), String>) -> Result<Vec<Part>> {
    let mut parts = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('|').with_context(|| format!("cargo tree said {line:?}"))?;
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        let key = (name.to_owned(), version.trim_start_matches('v').to_owned());
        let Some(checksum) = checksums.get(&key) else { continue };
        // An older way to write OR.
        let licence = licence.replace('/', " OR ").split_whitespace().collect::<Vec<_>>().join(" ");
        let part = Part {
            purl: format!("pkg:cargo/{}@{}", key.0, in_purl(&key.1)),
            name: key.0.clone(),
            version: Some(key.1.clone()),
            licence: (!licence.is_empty()).then_some(licence),
            hash: Some(("SHA-256", checksum.clone())),
            cpe: None,
            about: None,
        };
        parts.insert(key, part);
    }
    Ok(parts.into_values().collect())
}

fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        block.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned()))
    };
    let blocks = lock.split("[[package]]");
    blocks.filter_map(|block| Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn foreign_crates_are_told_once_with_licence_and_hash() {
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.54.0\"\nchecksum = \"abc\"\n\n[[package]]\nname = \"relay\"\nversion = \"0.1.0\"\n";
        let tree = "host v0.1.0 (/somewhere)|MIT\ntokio v1.54.0|MIT / Apache-2.0\ntokio v1.54.0|MIT/Apache-2.0\n";
        let parts = listed(tree, &checksums(lock)).unwrap();
        assert_eq!(parts.len(), 1, "{parts:?}");
        assert_eq!(parts[0].purl, "pkg:cargo/tokio@1.54.0");
        assert_eq!(parts[0].licence.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(parts[0].hash, Some(("SHA-256", "abc".to_owned())));
        assert!(listed("what is this", &checksums(lock)).is_err());
    }
}
