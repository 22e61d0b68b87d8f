//! Runs one program after the other, counts what their tests say, and times them.

use crate::tally::Tally;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No step takes half as long on a slow machine; one that does has got stuck.
const LONGEST: Duration = Duration::from_secs(40 * 60);

/// Runs it, and fails when it fails.
pub fn must(name: &str, command: &mut Command) -> Result<()> {
    println!("── {name}");
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{name}: {command:?}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration, Tally)>,
}

impl Steps {
    /// A program with tests of its own, whose summary is read.
    pub fn tests(&mut self, name: &str, command: &mut Command) -> bool {
        self.step(name, || match follow(command) {
            Ok((tally, true)) if tally == Tally::default() => Tally { failed: 1, ..tally }, // no test ran: that is no success
            Ok((tally, true)) => tally,
            // Something failed that no summary tells of: a build, a crash.
            Ok((tally, false)) => Tally { failed: tally.failed.max(1), ..tally },
            Err(error) => wrong(&error),
        })
    }

    /// A program that is one test: it passes or it does not.
    pub fn one(&mut self, name: &str, command: &mut Command) -> bool {
        self.step(name, || match follow(command) {
            Ok((_, true)) => Tally { passed: 1, ..Tally::default() },
            Ok((_, false)) => Tally { failed: 1, ..Tally::default() },
            Err(error) => wrong(&error),
        })
    }

    /// What must go well for the rest to make sense, and is no test: counted only when it fails.
    pub fn need(&mut self, name: &str, act: impl FnOnce() -> Result<()>) -> bool {
        self.step(name, || act().map_or_else(|error| wrong(&error), |()| Tally::default()))
    }

    pub fn skip(&mut self, name: &str, why: &str) {
        println!("── {name}: skipped: {why}");
        self.done.push((name.to_owned(), Duration::ZERO, Tally { skipped: 1, ..Tally::default() }));
    }

    fn step(&mut self, name: &str, act: impl FnOnce() -> Tally) -> bool {
        println!("── {name}");
        let begun = Instant::now();
        let tally = act();
        self.done.push((name.to_owned(), begun.elapsed(), tally));
        tally.failed == 0
    }

    /// What each step took, and the totals on a line of their own.
    pub fn report(self) -> ExitCode {
        let mut total = Tally::default();
        println!("──");
        for (name, took, tally) in self.done {
            let state = if tally.failed > 0 { "FAILED" } else { "ok" };
            println!("{:>7.1} s  {state:<6}  {name} ({tally})", took.as_secs_f64());
            total += tally;
        }
        println!("{total}");
        if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn wrong(error: &anyhow::Error) -> Tally {
    println!("{error:#}");
    Tally { failed: 1, ..Tally::default() }
}

/// Passes on what it prints, and reads the summaries in it. True when it ended well.
fn follow(command: &mut Command) -> Result<(Tally, bool)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
    let out = child.stdout.take().context("no output")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut tally = Tally::default();
        let mut lines = BufReader::new(out);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let _ = std::io::stdout().write_all(&line);
            tally += Tally::said_in(&String::from_utf8_lossy(&line));
            line.clear();
        }
        let _ = tell.send(tally);
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > LONGEST {
            let _ = child.kill();
            bail!("stuck for {} minutes: {command:?}", LONGEST.as_secs() / 60);
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // Something it left behind may hold the pipe open.
    let tally = told.recv_timeout(Duration::from_secs(10)).context("its output never ended")?;
    Ok((tally, status.success()))
}
