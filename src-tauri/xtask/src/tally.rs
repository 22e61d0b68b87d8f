//! How many tests passed, as each runner says it.

use std::fmt;
use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Tally {
    /// What this line of a runner's output adds; nothing for most lines.
    pub fn said_in(line: &str) -> Self {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            return Self::counted(rest.split([';', '.']));
        }
        if let Some(rest) = line.strip_prefix("Tests  ") {
            // Vitest: `Tests  1 failed | 45 passed (46)`.
            return Self::counted(rest.split(['|', '(']));
        }
        // Node: `ℹ pass 12`, or `# pass 12` where it is not a terminal.
        let node = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")).and_then(|rest| rest.split_once(' '));
        match node {
            Some((word, number)) => number.parse().map_or_else(|_| Self::default(), |number| Self::of(word, number)),
            None => Self::default(),
        }
    }

    /// Parts such as ` 12 passed`.
    fn counted<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let mut tally = Self::default();
        for part in parts {
            if let Some((number, word)) = part.trim().split_once(' ')
                && let Ok(number) = number.parse()
            {
                tally += Self::of(word, number);
            }
        }
        tally
    }

    fn of(word: &str, number: u64) -> Self {
        match word {
            "passed" | "pass" => Self { passed: number, ..Self::default() },
            "failed" | "fail" | "cancelled" => Self { failed: number, ..Self::default() },
            "ignored" | "skipped" | "todo" => Self { skipped: number, ..Self::default() },
            _ => Self::default(),
        }
    }
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn every_runner_is_understood() {
        let rust = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.51s\n";
        assert_eq!(Tally::said_in(rust), tally(12, 2, 1));
        assert_eq!(Tally::said_in("      Tests  1 failed | 45 passed | 2 skipped (48)\n"), tally(45, 1, 2));
        assert_eq!(Tally::said_in("\u{1b}[2m      Tests \u{1b}[22m \u{1b}[32m45 passed\u{1b}[39m (45)"), tally(45, 0, 0));
        assert_eq!(Tally::said_in("ℹ pass 7"), tally(7, 0, 0));
        assert_eq!(Tally::said_in("# cancelled 1"), tally(0, 1, 0));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [" Test Files  3 passed (3)", "ℹ tests 12", "test a::b ... ok", "# duration_ms 12.5", "ℹ suites 1"] {
            assert_eq!(Tally::said_in(line), Tally::default(), "{line}");
        }
    }

    #[test]
    fn the_last_line_is_the_agreed_one() {
        assert_eq!(tally(3, 0, 1).to_string(), "3 passed, 0 failed, 1 skipped");
    }
}
