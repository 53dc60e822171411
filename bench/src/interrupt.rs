//! Ctrl-C: what this process has started ends with it.

use std::io::Write;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::process::Process;

/// What a shell reports of a program that a signal ended.
const ENDED_BY_SIGNAL: i32 = 128;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on SIGINT and SIGTERM end the children, then this process.
///
/// # Errors
/// When no handler can be installed.
pub(crate) fn end_children_when_interrupted() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            INTERRUPTED.store(true, Ordering::Release);
            // Whoever read it may be gone, and eprintln would panic: this process would wait for itself for ever.
            let _ = writeln!(std::io::stderr(), "bench: interrupted, stopping what was started");
            for child in Process::new(process::id()).children() {
                if let Ok(id) = i32::try_from(child) {
                    // It may have ended by itself, at a terminal by the same Ctrl-C.
                    let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
                }
            }
            process::exit(ENDED_BY_SIGNAL + signal);
        }
    });
    Ok(())
}

/// Does not return once an interrupt came: work that fails because its children were ended has nothing to say.
pub(crate) fn stay_silent_if_interrupted() {
    while INTERRUPTED.load(Ordering::Acquire) {
        thread::park();
    }
}
