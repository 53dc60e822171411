//! Constant load on a server, none of whose requests may fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use otelrs_test_support::http;

/// How long a request may take to be answered on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients at work, each sending one request after the other.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Result<()>>>,
}

#[derive(Default)]
struct Shared {
    ended: AtomicBool,
    answered: AtomicU64,
}

impl Load {
    /// Starts a client for each path.
    pub fn start(port: u16, paths: &[&str]) -> Load {
        let shared = Arc::new(Shared::default());
        let client = |path: &&str| {
            let (shared, path) = (Arc::clone(&shared), (*path).to_owned());
            thread::spawn(move || -> Result<()> {
                while !shared.ended.load(Relaxed) {
                    let answer = http::get(port, &path, &[])?;
                    ensure!(answer.status == 200, "{path}: {answer:?}");
                    shared.answered.fetch_add(1, Relaxed);
                }
                Ok(())
            })
        };
        Load { clients: paths.iter().map(client).collect(), shared }
    }

    /// Waits until so many more requests have been answered.
    ///
    /// # Errors
    /// When they are not within a minute.
    pub fn wait_for(&self, more: u64) -> Result<()> {
        let enough = self.shared.answered.load(Relaxed) + more;
        let deadline = Instant::now() + PATIENCE;
        while self.shared.answered.load(Relaxed) < enough {
            ensure!(Instant::now() < deadline, "the load makes no progress");
            ensure!(!self.clients.iter().any(JoinHandle::is_finished), "a request of the load failed");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends it, and gives how many requests were answered.
    ///
    /// # Errors
    /// When one failed.
    pub fn stop(self) -> Result<u64> {
        self.shared.ended.store(true, Relaxed);
        for client in self.clients {
            client.join().map_err(|_| anyhow!("a client panicked"))??;
        }
        Ok(self.shared.answered.load(Relaxed))
    }
}
