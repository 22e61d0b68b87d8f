//! Where a running engine is spoken to: a Unix socket in its data folder, or a named pipe on Windows.
//!
//! In: a data folder. Out: a [`Listener`] for the engine, [`connect`] for everybody else.
//!
//! Unix: the socket has mode 0600 from the moment it can be seen. A socket left by an engine that
//! was killed is replaced, so [`Listener::bind`] is only for the holder of the folder's lock.
//! Windows: the pipe is the first of its name or none; remote clients are rejected; the access list
//! is the system's default for the account. The list with the service's identity comes with the service.

use std::io;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream to or from the other side.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

pub use platform::Listener;

/// What people are told the address is.
pub fn address(data_folder: &Path) -> String {
    platform::address(data_folder)
}

/// Connects to the engine that runs on this data folder.
pub async fn connect(data_folder: &Path) -> io::Result<Box<dyn Stream>> {
    platform::connect(data_folder).await
}

/// A short mark that tells data folders apart where a whole path has no room.
/// The same folder has the same mark in every version (FNV-1a, 64 bits).
pub fn folder_mark(data_folder: &Path) -> String {
    let whole = std::fs::canonicalize(data_folder).or_else(|_| std::path::absolute(data_folder));
    let whole = whole.unwrap_or_else(|_| data_folder.to_owned());
    let text = whole.to_string_lossy();
    // Windows paths mean the same in both cases.
    let text = if cfg!(windows) { text.to_lowercase() } else { text.into_owned() };
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(unix)]
mod platform {
    use super::Stream;
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    use std::path::{Path, PathBuf};
    use tokio::net::{UnixListener, UnixStream};

    const NAME: &str = "control.sock";
    /// `sockaddr_un.sun_path` has room for 108 bytes on Linux (104 elsewhere), the last of them NUL.
    const LONGEST_PATH: usize = 100;

    pub struct Listener(UnixListener);

    impl Listener {
        /// Takes the place of whatever lies there: the caller holds the folder's lock.
        pub fn bind(data_folder: &Path) -> io::Result<Self> {
            // Bound in a folder nobody else can enter and moved out with its mode set, so that
            // there is no moment in which others could connect.
            let nest = data_folder.join(".control");
            let _ = fs::remove_dir_all(&nest);
            DirBuilder::new().mode(0o700).create(&nest)?;
            let bound = with_short_path(&nest, |short| UnixListener::bind(short)).and_then(|listener| {
                let made = nest.join(NAME);
                fs::set_permissions(&made, Permissions::from_mode(0o600))?;
                fs::rename(&made, data_folder.join(NAME))?;
                Ok(Self(listener))
            });
            let _ = fs::remove_dir_all(&nest);
            bound
        }

        pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
            let (stream, _) = self.0.accept().await?;
            Ok(Box::new(stream))
        }

        /// Takes the socket's name away, so that nobody knocks in vain.
        pub fn remove(self, data_folder: &Path) {
            let _ = fs::remove_file(data_folder.join(NAME));
        }
    }

    pub fn address(data_folder: &Path) -> String {
        data_folder.join(NAME).display().to_string()
    }

    pub async fn connect(data_folder: &Path) -> io::Result<Box<dyn Stream>> {
        // std connects at once: a Unix socket either takes the connection or refuses it.
        let stream = with_short_path(data_folder, |short| std::os::unix::net::UnixStream::connect(short))?;
        stream.set_nonblocking(true)?;
        Ok(Box::new(UnixStream::from_std(stream)?))
    }

    /// Names the socket in this folder by a path that fits, however deep the folder lies.
    fn with_short_path<T>(folder: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let path = folder.join(NAME);
        if path.as_os_str().as_bytes().len() <= LONGEST_PATH {
            return act(&path);
        }
        let open = fs::File::open(folder)?;
        let short = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", std::os::fd::AsRawFd::as_raw_fd(&open)));
        act(&short)
    }
}

#[cfg(windows)]
mod platform {
    use super::{Stream, folder_mark};
    use std::io;
    use std::path::Path;
    use std::time::Duration;
    use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};

    /// All instances are taken at this moment (winerror.h).
    const ERROR_PIPE_BUSY: i32 = 231;

    pub struct Listener {
        name: String,
        next: NamedPipeServer,
    }

    impl Listener {
        pub fn bind(data_folder: &Path) -> io::Result<Self> {
            let name = address(data_folder);
            // First of its name, or somebody squats on it.
            let next = ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name)?;
            Ok(Self { name, next })
        }

        pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
            self.next.connect().await?;
            let next = ServerOptions::new().reject_remote_clients(true).create(&self.name)?;
            Ok(Box::new(std::mem::replace(&mut self.next, next)))
        }

        pub fn remove(self, _data_folder: &Path) {}
    }

    pub fn address(data_folder: &Path) -> String {
        format!(r"\\.\pipe\outtray-{}", folder_mark(data_folder))
    }

    pub async fn connect(data_folder: &Path) -> io::Result<Box<dyn Stream>> {
        let name = address(data_folder);
        for _ in 0..40 {
            match ClientOptions::new().open(&name) {
                Ok(client) => return Ok(Box::new(client)),
                Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from_raw_os_error(ERROR_PIPE_BUSY))
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn only_the_owner_may_connect_and_a_left_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(Listener::bind(folder.path()).unwrap());
        let mut listener = Listener::bind(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join("control.sock")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        says_hello(&mut listener, folder.path()).await;
        listener.remove(folder.path());
        assert_eq!(connect(folder.path()).await.err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_folder_too_deep_for_a_socket_address_works_too() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120)).join("e".repeat(120));
        std::fs::create_dir_all(&deep).unwrap();
        let mut listener = Listener::bind(&deep).unwrap();
        says_hello(&mut listener, &deep).await;
    }

    async fn says_hello(listener: &mut Listener, folder: &Path) {
        let mut ours = connect(folder).await.unwrap();
        let mut theirs = listener.accept().await.unwrap();
        ours.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        theirs.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }
}
