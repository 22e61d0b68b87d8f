//! Each target on its corpus, and on a bounded number of random cases made from it, in every test run.
//!
//! A case that fails is written to a file and named: copied to the corpus under the name of what went wrong, it is a test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fuzz::{Dice, Target, corpus, mutated};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const RANDOM_CASES: usize = 1500;
const LONGEST: usize = 16 * 1024;

fn replay(name: &str) {
    let target = fuzz::target(name).expect("a target");
    let cases = corpus::cases(name);
    assert!(cases.len() >= 3, "{name} has next to nothing to begin with");
    for (case, octets) in &cases {
        check(target, octets, case);
    }
    let seeds: Vec<Vec<u8>> = cases.into_iter().map(|(_, octets)| octets).collect();
    let begin = RandomState::new().build_hasher().finish();
    let mut dice = Dice(begin);
    for number in 0..RANDOM_CASES {
        let mut octets = mutated(&seeds, target.words, &mut dice);
        octets.truncate(LONGEST);
        check(target, &octets, &format!("random-{begin:016x}-{number}"));
    }
}

fn check(target: &Target, octets: &[u8], case: &str) {
    if catch_unwind(AssertUnwindSafe(|| (target.check)(octets))).is_err() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{case}", target.name));
        std::fs::write(&file, octets).expect("a case");
        panic!("{} fails on {}: {}", target.name, file.display(), octets.escape_ascii());
    }
}

macro_rules! replayed {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        #[test]
        fn no_target_is_left_out() {
            assert_eq!([$(stringify!($name)),*], fuzz::TARGETS.iter().map(|target| target.name).collect::<Vec<_>>()[..]);
        }
    };
}

replayed!(session data bdat address balancer hello letter content downgrade outgoing repair settings metabase pfx);
