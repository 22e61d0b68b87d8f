//! A target in libFuzzer: `OUTTRAY_FUZZ` names it, and `OUTTRAY_FUZZ_WORDS` a file to write its words to, as libFuzzer's
//! `-dict=` reads them. What else it takes are libFuzzer's own arguments.

#![no_main]
#![allow(unsafe_code)] // libFuzzer calls a function by its name.

use fuzz::Target;
use std::sync::OnceLock;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: begin(),
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.check)(data);
        }
    }
);

/// Comes before libFuzzer reads its arguments.
fn begin() {
    let named = std::env::var("OUTTRAY_FUZZ").unwrap_or_default();
    let Some(target) = fuzz::target(&named) else { panic!("OUTTRAY_FUZZ names no target: {named:?}") };
    let _ = TARGET.set(target);
    if let Some(file) = std::env::var_os("OUTTRAY_FUZZ_WORDS") {
        let quoted = |word: &&[u8]| format!("\"{}\"\n", word.iter().map(|octet| format!("\\x{octet:02x}")).collect::<String>());
        let words: String = target.words.iter().map(quoted).collect();
        if let Err(error) = std::fs::write(&file, words) {
            panic!("{}: {error}", file.display());
        }
    }
}
