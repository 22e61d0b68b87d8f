//! The ports mail is handed in at: free, ours, or whose.
//!
//! In: the ports our engine listens on, and the firewall. Out: one view a port.

use super::firewall::Firewall;
use control::machine::{PortState, PortView};
use listeners::{Protocol, SocketState};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

pub const PORTS: [u16; 4] = [25, 587, 465, 2525];

pub fn view(ours: &[u16], firewall: &Firewall) -> Vec<PortView> {
    PORTS.iter().map(|port| port_view(*port, ours.contains(port), firewall)).collect()
}

/// The program that listens on a port, when the system tells: `master (process 812)`, or
/// `inetinfo.exe, service SMTPSVC (process 1204)`.
pub fn holder(port: u16) -> Option<String> {
    let all = listeners::get_all().ok()?;
    let one = all.into_iter().find(|one| {
        one.protocol == Protocol::TCP && one.state == SocketState::Listen && one.socket.port() == port && one.process.pid != 0
    })?;
    let name = [one.process.name].into_iter().chain(services_of(one.process.pid)).collect::<Vec<_>>().join(", service ");
    Some(format!("{name} (process {})", one.process.pid))
}

fn port_view(port: u16, ours: bool, firewall: &Firewall) -> PortView {
    let state = if ours { PortState::Ours } else { state(port) };
    let holder = match state {
        PortState::Taken => holder(port),
        PortState::Free | PortState::Ours | PortState::Forbidden => None,
    };
    PortView { port, state, holder, let_in: firewall.lets_in(port) }
}

/// Tries it, which is the only sure way to know.
fn state(port: u16) -> PortState {
    let any: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    // One after the other: `::` may take IPv4 along and stand in its own way.
    let tried = any.map(|address| TcpListener::bind(SocketAddr::new(address, port)).map(drop).map_err(|error| error.kind()));
    // Windows lets all addresses of a port be taken besides the one that somebody has, but not for ourselves alone, as our
    // listeners want it.
    if cfg!(windows) && !tried.iter().any(Result::is_err) && holder(port).is_some() {
        return PortState::Taken;
    }
    if tried.contains(&Err(ErrorKind::AddrInUse)) {
        PortState::Taken
    } else if tried.contains(&Err(ErrorKind::PermissionDenied)) {
        // Windows says so too of a port that somebody else holds for himself alone (SO_EXCLUSIVEADDRUSE).
        if cfg!(windows) && holder(port).is_some() { PortState::Taken } else { PortState::Forbidden }
    } else {
        PortState::Free
    }
}

/// The Windows services in a process: inetinfo.exe says nothing to people, SMTPSVC does.
#[cfg(windows)]
#[allow(unsafe_code)] // the service manager's list has no safe door; one call, one buffer of its own
fn services_of(process: u32) -> Vec<String> {
    use windows_sys::Win32::System::Services::{
        CloseServiceHandle, ENUM_SERVICE_STATUS_PROCESSW, EnumServicesStatusExW, OpenSCManagerW, SC_ENUM_PROCESS_INFO,
        SC_MANAGER_ENUMERATE_SERVICE, SERVICE_ACTIVE, SERVICE_WIN32,
    };
    /// The longest list the system gives in one call (EnumServicesStatusExW).
    const LONGEST: usize = 256 * 1024;
    // Of u64, so that the structures in it are aligned.
    let mut buffer = vec![0_u64; LONGEST / 8];
    let (mut needed, mut count, mut resume) = (0, 0, 0);
    // SAFETY: the buffer is as long as said and outlives the reading; all pointers are to locals; the handle is closed once.
    unsafe {
        let manager = OpenSCManagerW(std::ptr::null(), std::ptr::null(), SC_MANAGER_ENUMERATE_SERVICE);
        if manager.is_null() {
            return Vec::new();
        }
        EnumServicesStatusExW(
            manager,
            SC_ENUM_PROCESS_INFO,
            SERVICE_WIN32,
            SERVICE_ACTIVE,
            buffer.as_mut_ptr().cast(),
            LONGEST as u32,
            &mut needed,
            &mut count,
            &mut resume,
            std::ptr::null(),
        );
        CloseServiceHandle(manager);
        let services = std::slice::from_raw_parts(buffer.as_ptr().cast::<ENUM_SERVICE_STATUS_PROCESSW>(), count as usize);
        let ours = services.iter().filter(|service| service.ServiceStatusProcess.dwProcessId == process);
        ours.map(|service| wide(service.lpServiceName)).collect()
    }
}

/// # Safety
/// `text` must point to a string that ends in NUL.
#[cfg(windows)]
#[allow(unsafe_code)] // the names in the list above are pointers
unsafe fn wide(text: *const u16) -> String {
    // SAFETY: as the caller promises.
    unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        String::from_utf16_lossy(std::slice::from_raw_parts(text, length))
    }
}

#[cfg(not(windows))]
fn services_of(_process: u32) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_taken_port_is_told_with_its_holder() {
        let firewall = Firewall::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let view = port_view(port, false, &firewall);
        assert_eq!(view.state, PortState::Taken);
        let number = format!("(process {})", std::process::id());
        assert!(view.holder.clone().unwrap().ends_with(&number), "{view:?}");
        assert_eq!(port_view(port, true, &firewall).state, PortState::Ours);
        drop(listener);
        assert_eq!(port_view(port, false, &firewall).state, PortState::Free);
    }

    #[test]
    fn who_only_connects_from_a_port_does_not_hold_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let caller = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(holder(caller.local_addr().unwrap().port()), None);
    }
}
