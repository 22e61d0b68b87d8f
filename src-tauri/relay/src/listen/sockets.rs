//! Opens listening sockets, and says plainly why one cannot be opened.

use crate::event::{BindProblem, BindProblemKind};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Connections the system keeps for us while we are busy.
const BACKLOG: i32 = 1024;

pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindProblem> {
    listen(address).map_err(|error| BindProblem {
        kind: match error.kind() {
            ErrorKind::AddrInUse => BindProblemKind::PortTaken,
            ErrorKind::PermissionDenied => BindProblemKind::PortForbidden,
            ErrorKind::AddrNotAvailable => BindProblemKind::AddressNotHere,
            _ => BindProblemKind::Other,
        },
        said: error.to_string(),
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `::` means IPv6 and nothing else, so that `0.0.0.0` beside it is no conflict on any system.
        socket.set_only_v6(true)?;
    }
    // On Unix this only lets us take a port whose old connections linger. On Windows it would let
    // two programs share a port, and mail would go to either: never there.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(windows)]
    take_alone(&socket)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// On Windows all addresses of a port can be had although another program has one of them, and one although another
/// has all: mail would go to either. Whoever asks for the port alone gets it alone, or is told that it is taken.
#[cfg(windows)]
#[allow(unsafe_code)]
fn take_alone(socket: &Socket) -> std::io::Result<()> {
    use std::os::windows::io::AsRawSocket;
    use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt};
    let yes = 1_i32;
    let handle = SOCKET::try_from(socket.as_raw_socket()).map_err(std::io::Error::other)?;
    // SAFETY: the socket is open as long as it is borrowed, and the value is read during the call only, with its own size.
    let done = unsafe { setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (&raw const yes).cast(), size_of::<i32>() as i32) };
    if done == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
