//! An HTTP server that takes every request, answers 200 and keeps the bodies.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// A running server on a free port of 127.0.0.1; takes no connection any more once it is dropped.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    kept: Arc<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    bodies: Mutex<Vec<Vec<u8>>>,
    changed: Condvar,
    closed: AtomicBool,
}

impl Kept {
    /// One connection: one request with a Content-Length.
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut source = BufReader::new(stream);
        let mut length = 0;
        let mut line = String::new();
        while source.read_line(&mut line)? > 0 && line != "\r\n" {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        source.read_exact(&mut body)?;
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        self.changed.notify_all();
        stream.write_all(ANSWER)
    }
}

impl Sink {
    /// Starts the server.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let kept = Arc::new(Kept::default());
        let server = Arc::clone(&kept);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.closed.load(Ordering::Acquire) {
                    return;
                }
                let server = Arc::clone(&server);
                // A client that goes away in the middle of a request takes only its own connection with it.
                thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        Ok(Self { port, kept })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every body received so far.
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.kept.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the number of bodies satisfies `enough` or `patience` ends; which, the caller sees.
    pub fn wait(&self, patience: Duration, enough: impl Fn(usize) -> bool) {
        let deadline = Instant::now() + patience;
        let mut known = None;
        loop {
            let mut bodies = self.kept.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            while known == Some(bodies.len()) {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return;
                }
                bodies =
                    self.kept.changed.wait_timeout(bodies, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            let count = bodies.len();
            // Unlocked: `enough` may look at the bodies.
            drop(bodies);
            if enough(count) {
                return;
            }
            known = Some(count);
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.kept.closed.store(true, Ordering::Release);
        // Wakes the accepting thread.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    #[test]
    fn bodies_are_kept_and_waited_for() {
        let sink = Sink::start().unwrap();
        for body in ["one", "two"] {
            let answer = http::request(sink.port(), "POST", "/", &[], body.as_bytes()).unwrap();
            assert_eq!(answer.status, 200);
        }
        sink.wait(Duration::from_secs(30), |count| count == 2);
        assert_eq!(sink.bodies(), [b"one", b"two"]);
    }
}
