//! The reference of replies: the README has each, and a conversation shows each. `UPDATE=1` writes the README anew.

use crate::mail::known::Known;
use crate::{listen, policy, session};
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- replies -->\n";
const END: &str = "<!-- /replies -->\n";

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

fn table() -> String {
    let mut known = [session::replies::ALL, policy::replies::ALL, listen::replies::ALL].concat();
    known.sort_by_key(|known| (known.code, known.enhanced.map(|status| (status.subject, status.detail))));
    let rows: String = known.iter().map(|known| format!("| `{}` | {} |\n", known.to_string().trim_end(), known.when)).collect();
    format!("| Reply | When |\n| --- | --- |\n{rows}")
}

#[test]
fn the_readme_lists_every_reply() {
    let text = std::fs::read_to_string(readme()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (listed, behind) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(readme(), [before, BEGIN, &table(), END, behind].concat()).unwrap();
    }
    assert!(listed == table(), "the README's table of replies is not what the code says; UPDATE=1 writes it:\n{}", table());
}

#[test]
fn a_conversation_shows_every_reply_of_a_session() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/session/tests/transcripts");
    let mut said = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        said.extend(text.lines().filter_map(|line| line.strip_prefix("S: ")).map(str::to_owned));
    }
    assert!(said.len() > 200, "this looks in the wrong place");
    let silent: Vec<_> = session::replies::ALL.iter().filter(|known| !said.iter().any(|line| is(line, known))).collect();
    assert!(silent.is_empty(), "no conversation has these: {silent:#?}");
}

/// Whether a line of a conversation is this reply.
fn is(line: &str, known: &Known) -> bool {
    let pattern = known.to_string();
    let mut pieces = pattern.trim_end().split('…');
    let Some(mut rest) = line.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty() || pattern.ends_with('…')
}
