//! The settings document as a JSON Schema, generated from its types; `settings.schema.json` is its
//! committed form, for editors and for people.

use control::Settings;
use serde_json::{Value, json};

pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Settings).to_value();
    // A file must say its version, or nobody could tell old forms apart; a request need not.
    schema["required"] = json!(["version"]);
    schema
}

/// As it is committed and printed.
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    #[test]
    fn the_committed_schema_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("settings.schema.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, schema_text()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(committed == schema_text(), "settings.schema.json is stale: run `UPDATE=1 cargo test -p host`");
    }
}
