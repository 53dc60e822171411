//! Loopback addresses.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// `N` different ports of 127.0.0.1 that were free a moment ago. Another process may take one in between: callers that
/// cannot let the server choose its own port start again on a failure.
///
/// # Errors
/// When no socket can be bound.
pub fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// One free port of 127.0.0.1, as [`free_ports`].
///
/// # Errors
/// When no socket can be bound.
pub fn free_port() -> io::Result<u16> {
    free_ports::<1>().map(|[port]| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_different_and_can_be_bound() {
        let [first, second] = free_ports().unwrap();
        assert_ne!(first, second);
        TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        TcpListener::bind((Ipv4Addr::LOCALHOST, second)).unwrap();
    }
}
