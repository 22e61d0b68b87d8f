//! Content on its way to the disk: small messages stay in memory until their commit, large ones
//! go to a file of their own while they arrive, so memory does not grow with message size.
//!
//! A file is synced before its message is committed. What has no message is removed at the next start.

use super::error::StoreError;
use crate::mail::{Content, MessageId};
use bytes::{Bytes, BytesMut};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Up to here a message is kept in the database, beyond it in a file. Also the size of one write.
pub const IN_ROW: usize = 128 * 1024;

/// Takes the pieces of one content in order.
#[derive(Debug)]
pub struct ContentWriter {
    id: MessageId,
    folder: PathBuf,
    buffer: BytesMut,
    file: Option<Spool>,
}

/// A file being written; removed again unless it is finished.
#[derive(Debug)]
struct Spool {
    path: PathBuf,
    file: Option<File>,
    size: u64,
    keep: bool,
}

impl ContentWriter {
    pub(super) fn new(id: MessageId, folder: PathBuf) -> Self {
        Self { id, folder, buffer: BytesMut::new(), file: None }
    }

    /// Adds a piece. Writes to the disk, off the async threads, once enough has gathered.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(piece);
        if self.buffer.len() < IN_ROW {
            return Ok(());
        }
        self.flush(false).await
    }

    /// The content, synced if it is in a file.
    pub async fn finish(mut self) -> Result<Content, StoreError> {
        if self.file.is_none() {
            return Ok(Content::Memory(self.buffer.freeze()));
        }
        self.flush(true).await?;
        match self.file.as_mut() {
            Some(spool) => {
                spool.keep = true;
                Ok(Content::File { path: spool.path.clone(), size: spool.size })
            }
            None => Err(StoreError::Crashed),
        }
    }

    async fn flush(&mut self, sync: bool) -> Result<(), StoreError> {
        let block = self.buffer.split().freeze();
        // Taken before the await: if this future is dropped, the blocking task drops (and removes) the file.
        let spool = self.file.take();
        let path = self.folder.join(format!("{}.eml", self.id));
        let spool = tokio::task::spawn_blocking(move || -> Result<Spool, StoreError> {
            let mut spool = match spool {
                Some(spool) => spool,
                None => Spool::create(path)?,
            };
            spool.append(&block, sync)?;
            Ok(spool)
        })
        .await??;
        self.file = Some(spool);
        Ok(())
    }
}

impl Spool {
    fn create(path: PathBuf) -> Result<Self, StoreError> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| StoreError::file("create", &path, error))?;
        Ok(Self { path, file: Some(file), size: 0, keep: false })
    }

    fn append(&mut self, block: &Bytes, sync: bool) -> Result<(), StoreError> {
        let Some(file) = self.file.as_mut() else { return Err(StoreError::Crashed) };
        file.write_all(block).map_err(|error| StoreError::file("write", &self.path, error))?;
        self.size += block.len() as u64;
        if sync {
            file.sync_data().map_err(|error| StoreError::file("sync", &self.path, error))?;
            self.file = None;
        }
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.keep {
            self.file = None; // Windows cannot remove an open file
            if let Err(error) = std::fs::remove_file(&self.path) {
                tracing::warn!(path = %self.path.display(), %error, "Could not remove an unfinished content file");
            }
        }
    }
}

/// Makes the names in the folder durable (nothing to do on Windows).
pub fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| StoreError::file("sync", folder, error))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
