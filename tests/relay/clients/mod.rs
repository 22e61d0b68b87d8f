//! Real programs at both ends, all from packages (`cargo xtask setup` installs them).

mod beside_postfix;
mod both_ends;
mod inputs;
mod programs;
mod provider;
mod scanner;
mod table;

use std::path::{Path, PathBuf};

/// A file of the repository.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The README has this between its marks `<!-- name -->` and `<!-- /name -->`. `UPDATE=1` writes it there.
fn readme_has(name: &str, table: &str) {
    let (begin, end, path) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"), file("README.md"));
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(&begin).unwrap();
    let (listed, behind) = rest.split_once(&end).unwrap();
    if listed != table && std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, [before, &begin, table, &end, behind].concat()).unwrap();
    } else {
        assert!(listed == table, "the README's table of {name} is another; UPDATE=1 writes it:\n{table}");
    }
}
