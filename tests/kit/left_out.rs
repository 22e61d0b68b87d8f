//! Tests that want what not every machine gives: they fail where it is missing, unless somebody has said that they may be left out.

/// Says so in the environment, for unit tests too.
const MAY_BE_LEFT_OUT: &str = "OUTTRAY_TESTS_LEFT_OUT";

/// What the test wants cannot be had here; whoever calls this returns behind it.
///
/// # Panics
/// Unless the environment says that such tests may be left out.
pub fn left_out(wants: &str) {
    assert!(
        std::env::var_os(MAY_BE_LEFT_OUT).is_some(),
        "this test wants {wants}; where that cannot be had, {MAY_BE_LEFT_OUT}=1 leaves it out"
    );
    eprintln!("left out: it wants {wants}");
}
