//! Waiting for what a running program will do, never for a time.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until it holds.
///
/// # Errors
/// When it does not within a minute; `what` names it.
pub fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds()? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
