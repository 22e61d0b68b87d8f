//! Logs: a daily file in the data folder, and the console when there is one.
//!
//! Our own rooms log at the chosen level, which can change at run time. Foreign crates never log more
//! than `info`: what they say below it may hold addresses or worse.

use control::settings::LogLevel;
use std::io;
use std::path::Path;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

/// Files kept: two weeks.
const DAYS: usize = 14;
/// Written but not on the disk yet; what comes on top is lost. Room for all is taken at the start (32 octets each): the
/// crate's own limit takes 4 MB.
const LINES: usize = 4096;
const OURS: [&str; 6] = ["relay", "host", "control", "outtray", "outtrayd", "outtray_lib"];

/// Keep it until the very end: what is still in memory is written when it goes.
pub struct Logs {
    level: Option<reload::Handle<Targets, Registry>>,
    _file: WorkerGuard,
}

#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    #[error("the folder for logs cannot be made: {0}")]
    Folder(#[from] io::Error),
    #[error("the log file cannot be opened: {0}")]
    File(#[from] InitError),
}

impl Logs {
    /// The process has one log; where another stands already (a test, the window), that one stays.
    pub fn start(folder: &Path, level: LogLevel, console: bool) -> Result<Self, LogsError> {
        crate::paths::ensure_data_folder(folder)?;
        let file: RollingFileAppender = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("outtray")
            .filename_suffix("log")
            .max_log_files(DAYS)
            .build(folder)?;
        let (file, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(file);
        let (filter, handle) = reload::Layer::new(targets(level));
        let to_file = fmt::layer().with_ansi(false).with_writer(file);
        let to_console = console.then(|| fmt::layer().with_ansi(false).with_writer(io::stderr));
        let begun = tracing_subscriber::registry().with(filter).with(to_file.and_then(to_console)).try_init();
        if begun.is_ok() {
            log_panics();
        }
        Ok(Self { level: begun.is_ok().then_some(handle), _file: guard })
    }

    pub fn set_level(&self, level: LogLevel) {
        if let Some(handle) = &self.level
            && let Err(error) = handle.reload(targets(level))
        {
            tracing::warn!(%error, "The log level could not be changed");
        }
    }
}

/// A task that ends in a panic is never silent.
fn log_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        tracing::error!(message, place = panic.location().map(ToString::to_string), "A task has panicked");
        before(panic);
    }));
}

fn targets(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_default(level.min(LevelFilter::INFO)).with_targets(OURS.map(|ours| (ours, level)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn foreign_crates_never_say_more_than_info() {
        let trace = targets(LogLevel::Trace);
        assert!(trace.would_enable("relay::session", &Level::TRACE));
        assert!(!trace.would_enable("rustls::server", &Level::DEBUG));
        assert!(trace.would_enable("rustls::server", &Level::INFO));
        let error = targets(LogLevel::Error);
        assert!(!error.would_enable("rustls::server", &Level::WARN));
        assert!(!error.would_enable("host", &Level::WARN));
    }
}
