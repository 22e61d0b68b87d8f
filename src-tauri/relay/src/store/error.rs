//! What can go wrong with the store, as the other rooms need to tell it apart.

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    Full,
    #[error("the database is damaged")]
    Damaged(#[source] rusqlite::Error),
    #[error("the database was written by a newer Outtray (version {found} of its form; this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
    #[error("failed to {what} {path}")]
    File {
        what: &'static str,
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the store has stopped")]
    Stopped,
}

impl StoreError {
    pub fn file(what: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::StorageFull || source.kind() == std::io::ErrorKind::QuotaExceeded {
            return Self::Full;
        }
        Self::File { what, path: path.display().to_string(), source }
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
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            _ => Self::Database(error),
        }
    }
}
