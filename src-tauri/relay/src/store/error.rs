//! What can go wrong with the store, as the other rooms need to tell it apart.

use rusqlite::ErrorCode;
use std::sync::Arc;

/// Cloned, since one failed commit is told to everybody who shared it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    Full,
    #[error("the database is damaged")]
    Damaged(#[source] Arc<rusqlite::Error>),
    #[error("the database was written by a newer Outtray (version {found} of its form; this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("another program holds the database")]
    Locked(#[source] Arc<rusqlite::Error>),
    #[error("the database failed")]
    Database(#[source] Arc<rusqlite::Error>),
    #[error("failed to {what} {path}")]
    File {
        what: &'static str,
        path: String,
        #[source]
        source: Arc<std::io::Error>,
    },
    /// In order: the engine is being stopped.
    #[error("the store has stopped")]
    Stopped,
    /// By accident: a part of it has ended that must never end.
    #[error("the store has crashed")]
    Crashed,
}

impl StoreError {
    pub fn file(what: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::StorageFull || source.kind() == std::io::ErrorKind::QuotaExceeded {
            return Self::Full;
        }
        Self::File { what, path: path.display().to_string(), source: Arc::new(source) }
    }

    /// Whether whoever asks next hears the same, after the same long wait.
    pub fn is_everybodys(&self) -> bool {
        match self {
            Self::Locked(_) => true,
            Self::Full | Self::Damaged(_) | Self::Newer { .. } | Self::Database(_) | Self::File { .. } | Self::Stopped | Self::Crashed => {
                false
            }
        }
    }

    /// The error with its causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(Arc::new(error)),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(Arc::new(error)),
            _ => Self::Database(Arc::new(error)),
        }
    }
}

/// A blocking task that was dropped because its runtime ends, or that panicked.
impl From<tokio::task::JoinError> for StoreError {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_panic() { Self::Crashed } else { Self::Stopped }
    }
}
