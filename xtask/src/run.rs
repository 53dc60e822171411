//! Running other programs, and saying so.

use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use otelrs_test_support::paths;

/// Between two signs of life of a long step.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Says what is done next. Standard error, like all that is about a command and not its result.
pub(crate) fn say(text: &str) {
    eprintln!("x: {text}");
}

/// The command line as one would type it at the root of the workspace.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    line.replace(&format!("{}/", paths::workspace().display()), "")
}

/// Runs a command in this terminal.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub(crate) fn shown(command: &mut Command) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command, keeps its output to itself unless it fails, and says now and then that it still runs.
///
/// # Errors
/// When it cannot be started or does not succeed; the message holds its output.
pub(crate) fn quiet(what: &str, command: &mut Command) -> Result<()> {
    let output = while_saying(what, || command.stdin(Stdio::null()).output())
        .with_context(|| format!("cannot run {}", line(command)))?;
    if !output.status.success() {
        bail!(
            "{} ended with {}\n{}{}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Whether a program is on the path.
pub(crate) fn is_there(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Does `work`, saying every 15 s how long it has taken.
pub(crate) fn while_saying<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, wait) = mpsc::channel::<()>();
    let what = what.to_owned();
    let started = Instant::now();
    let teller = thread::spawn(move || {
        while wait.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("x:   {what}: {} s", started.elapsed().as_secs());
        }
    });
    let result = work();
    drop(done);
    let _ = teller.join();
    result
}
