//! The settings document as a JSON Schema: `settings.schema.json`, for editors, for people, and for [`super::shape`].
//!
//! A test makes it from the types and compares; the program carries the file, not what makes it.

use serde_json::Value;

/// As it is printed.
pub const TEXT: &str = include_str!("../../settings.schema.json");

pub fn schema() -> Value {
    // The test below has read it.
    serde_json::from_str(TEXT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use control::Settings;
    use serde_json::json;
    use std::path::Path;

    fn made() -> Value {
        let mut schema = schemars::schema_for!(Settings).to_value();
        // A file must say its version, or nobody could tell old forms apart; a request need not.
        schema["required"] = json!(["version"]);
        schema
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("settings.schema.json");
        let text = serde_json::to_string_pretty(&made()).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(committed == text, "settings.schema.json is stale: run `UPDATE=1 cargo test -p host`");
    }

    #[test]
    fn the_program_carries_the_schema() {
        assert_eq!(schema(), made());
    }
}
