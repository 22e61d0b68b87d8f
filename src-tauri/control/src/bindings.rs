//! Writes the TypeScript form of the contract to `ui/src/bridge/generated/control.ts`,
//! and fails when the committed one is stale. `UPDATE=1 cargo test -p control` writes it.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use ts_rs::{Config, TS};

#[test]
fn the_committed_typescript_is_fresh() {
    let fresh = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(fresh.path()).with_large_int("number");
    crate::Request::export_all(&config).unwrap();
    crate::Answer::export_all(&config).unwrap();
    crate::Event::export_all(&config).unwrap();
    crate::provider::Provider::export_all(&config).unwrap();
    compare("control.ts", &std::fs::read_to_string(fresh.path().join("control.ts")).unwrap());
}

/// Typed, so that the window's own check reads the table too.
#[test]
fn the_committed_table_of_providers_is_fresh() {
    let table = crate::provider::TABLE;
    compare(
        "providers.ts",
        &format!(
            "// Generated from src-tauri/control/src/providers.json.\nimport type {{ Provider }} from \"./control\";\n\nexport const providerTable: Provider[] = {};\n",
            table.trim_end()
        ),
    );
}

fn compare(name: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bridge/generated").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == fresh.replace("\r\n", "\n"), "ui/src/bridge/generated/{name} is stale: run `UPDATE=1 cargo test -p control`");
}

#[test]
fn no_view_or_event_can_hold_a_secret() {
    assert!(exported_from::<crate::Request>().contains("Secret ="), "this test looks for the wrong name");
    assert!(!exported_from::<crate::Answer>().contains("Secret ="));
    assert!(!exported_from::<crate::Event>().contains("Secret ="));
}

/// The TypeScript of a type and of everything it can hold.
fn exported_from<T: TS + 'static>() -> String {
    let folder = tempfile::tempdir().unwrap();
    T::export_all(&Config::new().with_out_dir(folder.path())).unwrap();
    std::fs::read_to_string(folder.path().join("control.ts")).unwrap()
}
