//! Collectors as they should not be.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use otelrs_test_support::net;

/// What is wrong with a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens.
    Absent,
    /// Every connection is closed at once.
    Refusing,
    /// Connections are taken and nothing is ever said.
    Hanging,
    /// What is said is no HTTP.
    Garbage,
}

/// Starts such a collector, and gives its address. It serves until the test's process ends.
///
/// # Errors
/// When no port is to be had.
pub fn start(fault: Fault) -> Result<String> {
    if fault == Fault::Absent {
        return Ok(format!("http://127.0.0.1:{}", net::free_port()?));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming().flatten() {
            match fault {
                Fault::Absent | Fault::Refusing => drop(stream),
                Fault::Hanging => held.push(stream),
                Fault::Garbage => {
                    thread::spawn(move || talk_nonsense(stream));
                }
            }
        }
    });
    Ok(address)
}

fn talk_nonsense(mut stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = stream.read(&mut [0; 4096]);
    let nonsense: Vec<u8> =
        (0..20_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let _ = stream.write_all(&nonsense);
    let _ = stream.shutdown(Shutdown::Both);
}
