//! A Unix socket in the data folder, mode 0600, in the place of whatever an engine that was killed left.
//!
//! Both ends ask the system who the other is (`SO_PEERCRED`). The engine answers root and its own
//! account. A client speaks to root, to its own account, and, when it is root itself, to the account
//! that owns the data folder: the one the service runs as.

use super::{Guest, Stream};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

const NAME: &str = "control.sock";
/// `sockaddr_un.sun_path` has room for 108 bytes on Linux (104 elsewhere), the last of them NUL.
const LONGEST_PATH: usize = 100;
const ROOT: u32 = 0;

pub struct Listener {
    socket: UnixListener,
    own: u32,
}

impl Listener {
    /// Takes the place of whatever lies there: the caller holds the folder's lock.
    pub fn bind(data_folder: &Path, _guest: Option<&Guest>) -> io::Result<Self> {
        // Bound in a folder nobody else can enter and moved out with its mode set, so that
        // there is no moment in which others could connect.
        let nest = data_folder.join(".control");
        let _ = fs::remove_dir_all(&nest);
        DirBuilder::new().mode(0o700).create(&nest)?;
        // What we have just made is ours.
        let own = fs::metadata(&nest)?.uid();
        let bound = with_short_path(&nest, |short| UnixListener::bind(short)).and_then(|socket| {
            let made = nest.join(NAME);
            fs::set_permissions(&made, Permissions::from_mode(0o600))?;
            fs::rename(&made, data_folder.join(NAME))?;
            Ok(Self { socket, own })
        });
        let _ = fs::remove_dir_all(&nest);
        bound
    }

    pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        let (stream, _) = self.socket.accept().await?;
        let peer = stream.peer_cred()?.uid();
        if !may_ask(peer, self.own) {
            return Err(super::not_allowed(format!("the account with number {peer} may not speak to this engine")));
        }
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

pub async fn connect(data_folder: &Path, _account: Option<&Guest>) -> io::Result<Box<dyn Stream>> {
    // std connects at once: a Unix socket either takes the connection or refuses it.
    let stream = with_short_path(data_folder, |short| std::os::unix::net::UnixStream::connect(short))?;
    stream.set_nonblocking(true)?;
    let stream = UnixStream::from_std(stream)?;
    let peer = stream.peer_cred()?.uid();
    if !may_answer(peer, own_account()?, fs::metadata(data_folder)?.uid()) {
        return Err(super::not_allowed(format!("what answers at {} runs as account {peer}, not as ours", address(data_folder))));
    }
    Ok(Box::new(stream))
}

pub fn own_account_text() -> io::Result<String> {
    own_account().map(|account| account.to_string())
}

/// A process's entry belongs to the account it acts as.
fn own_account() -> io::Result<u32> {
    Ok(fs::metadata("/proc/self")?.uid())
}

fn may_ask(peer: u32, own: u32) -> bool {
    peer == ROOT || peer == own
}

fn may_answer(peer: u32, own: u32, folder_owner: u32) -> bool {
    peer == ROOT || peer == own || (own == ROOT && peer == folder_owner)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn only_the_owner_may_connect_and_a_left_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(Listener::bind(folder.path(), None).unwrap());
        let mut listener = Listener::bind(folder.path(), None).unwrap();
        let mode = fs::metadata(folder.path().join("control.sock")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        says_hello(&mut listener, folder.path()).await;
        listener.remove(folder.path());
        assert_eq!(connect(folder.path(), None).await.err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_folder_too_deep_for_a_socket_address_works_too() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120)).join("e".repeat(120));
        fs::create_dir_all(&deep).unwrap();
        let mut listener = Listener::bind(&deep, None).unwrap();
        says_hello(&mut listener, &deep).await;
    }

    #[test]
    fn another_account_neither_asks_nor_answers() {
        let (ann, ben) = (1000, 1001);
        assert!(may_ask(ann, ann) && may_ask(ROOT, ann) && !may_ask(ben, ann));
        assert!(may_answer(ann, ann, ann) && may_answer(ROOT, ann, ann));
        // A folder that Ben owns does not make Ben's program an engine for Ann.
        assert!(!may_answer(ben, ann, ben));
        // Root goes to the service's account, and to nobody who has squeezed into its folder.
        assert!(may_answer(ann, ROOT, ann) && !may_answer(ben, ROOT, ann));
    }

    /// Needs an account to be somebody else with: root can.
    #[tokio::test]
    async fn a_stranger_at_the_door_is_refused_and_the_next_is_served() {
        if own_account().unwrap() != ROOT || !Path::new("/usr/bin/setpriv").exists() || !Path::new("/usr/bin/python3").exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut listener = Listener::bind(folder.path(), None).unwrap();
        listener.own = 12345;
        // As if somebody had loosened folder and socket.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let socket = folder.path().join(NAME);
        fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
        let knock = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); sys.exit(len(s.recv(1)))";
        let mut stranger = std::process::Command::new("/usr/bin/setpriv")
            .args(["--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", knock])
            .arg(&socket)
            .spawn()
            .unwrap();
        let refused = listener.accept().await.err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(refused.to_string().contains("65534"), "{refused}");
        assert_eq!(tokio::task::spawn_blocking(move || stranger.wait()).await.unwrap().unwrap().code(), Some(0));
        listener.own = ROOT;
        says_hello(&mut listener, folder.path()).await;
    }

    async fn says_hello(listener: &mut Listener, folder: &Path) {
        let mut ours = connect(folder, None).await.unwrap();
        let mut theirs = listener.accept().await.unwrap();
        ours.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        theirs.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }
}
