//! The long search for octets that break a reader: libFuzzer with one target after the other, each for its time.
//!
//! Works with the stable compiler: what libFuzzer wants to see of a program's way is put in by a pass of LLVM's. No sanitizer
//! stands beside it; the readers are safe Rust, and what can be wrong with them is a panic, a promise, time or memory.
//! What is found lies in `target/fuzz/TARGET/`, and what reaches new code is kept there for the next run.

use crate::{cargo, root, setup, step, target};
use anyhow::{Context as _, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// For each target, when nobody says how long.
const SECONDS: u64 = 600;
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    executions: u64,
    edges: u64,
    features: u64,
}

/// `fuzz`, `fuzz 60`, `fuzz session`, `fuzz session 3600`.
pub fn fuzz(words: &[&str]) -> Result<ExitCode> {
    let (named, seconds) = match words {
        [] => (None, SECONDS),
        [one] => one.parse().map_or((Some(*one), SECONDS), |seconds| (None, seconds)),
        [name, seconds] => (Some(*name), seconds.parse().context("so many seconds?")?),
        _ => bail!("cargo xtask fuzz [TARGET] [SECONDS]"),
    };
    let all = targets()?;
    if let Some(name) = named.filter(|name| !all.iter().any(|known| known == name)) {
        bail!("unknown target: {name}; known are {}", all.join(", "));
    }
    setup::packages(setup::WINDOW)?;
    let program = build()?;
    let mut failed = false;
    for name in all.iter().filter(|known| named.is_none_or(|name| name == *known)) {
        failed |= !run(&program, name, seconds)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A folder of cases each.
fn targets() -> Result<Vec<String>> {
    let folders = fs::read_dir(root().join("tests/fuzz/corpus")).context("tests/fuzz/corpus")?;
    let mut names: Vec<String> = folders.flatten().map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn build() -> Result<PathBuf> {
    let about = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let about = String::from_utf8_lossy(&about.stdout).into_owned();
    let machine = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc says nothing of this machine")?;
    let folder = target().join("fuzz");
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "fuzz", "--features", "engine", "--bin", "fuzz", "--profile", "fuzz"]);
    // Named, so that the flags are for the target alone and not for build scripts.
    build.args(["--target", machine]).arg("--target-dir").arg(&folder).env("RUSTFLAGS", COVERAGE.join(" "));
    step::must("build the targets with libFuzzer", &mut build)?;
    Ok(folder.join(machine).join("fuzz").join(format!("fuzz{}", std::env::consts::EXE_SUFFIX)))
}

/// False when something was found.
fn run(program: &Path, name: &str, seconds: u64) -> Result<bool> {
    let folder = target().join("fuzz").join(name);
    let (grown, words, log) = (folder.join("grown"), folder.join("words"), folder.join("log"));
    fs::create_dir_all(&grown)?;
    println!("── {name}, for {seconds} s (told in {})", log.display());
    let mut fuzz = Command::new(program);
    fuzz.env("OUTTRAY_FUZZ", name).env("OUTTRAY_FUZZ_WORDS", &words);
    fuzz.args([format!("-max_total_time={seconds}"), format!("-dict={}", words.display())]);
    fuzz.arg(format!("-artifact_prefix={}/", folder.display()));
    fuzz.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]);
    fuzz.arg(&grown).arg(root().join("tests/fuzz/corpus").join(name));
    let status = fuzz.stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?).status()?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let Told { executions, edges, features } = told(&said);
    println!("{executions} executions, {edges} edges, {features} features");
    if !status.success() {
        let lines: Vec<&str> = said.lines().collect();
        println!("{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        println!("FOUND. Under a name that says what went wrong, in tests/fuzz/corpus/{name}, the case is part of every test run.");
    }
    Ok(status.success())
}

/// Out of lines such as `#1024 NEW cov: 88 ft: 120 corp: …` and `stat::number_of_executed_units: 1024`.
fn told(said: &str) -> Told {
    let mut told = Told::default();
    for line in said.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[1].parse() else { continue };
            match pair[0] {
                "cov:" => told.edges = number,
                "ft:" => told.features = number,
                "stat::number_of_executed_units:" => told.executions = number,
                _ => {}
            }
        }
        if let Some(number) = words.first().and_then(|first| first.strip_prefix('#')).and_then(|number| number.parse().ok()) {
            told.executions = told.executions.max(number);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_is_understood_whether_it_found_something_or_not() {
        let ended = "INFO: seed corpus: files: 3\n#4\tINITED cov: 88 ft: 120 corp: 3/9b\n#900\tNEW    cov: 99 ft: 130 corp: 4/9b\n\
                     stat::number_of_executed_units: 1024\nstat::new_units_added: 9\n";
        assert_eq!(told(ended), Told { executions: 1024, edges: 99, features: 130 });
        let fell = "#900\tNEW    cov: 99 ft: 130 corp: 4/9b\nthread panicked\nSUMMARY: libFuzzer: deadly signal\n";
        assert_eq!(told(fell), Told { executions: 900, edges: 99, features: 130 });
    }

    #[test]
    fn every_target_has_cases() {
        assert!(targets().is_ok_and(|names| names.len() > 5));
    }
}
