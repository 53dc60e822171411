//! A child process that ends with its owner, and whose output can be waited for line by line.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long [`Child::stop`] waits between asking and killing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A command which no variable reaches that an agent or a JVM reads.
pub fn clean_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("OTEL") || name.contains("JAVA_TOOL_OPTIONS") || name.contains("JAVA_OPTIONS") {
            command.env_remove(name);
        }
    }
    command
}

/// How a child ended, and all that it wrote.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Standard output, byte for byte but for bytes that are not UTF-8.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

/// A running process, killed when dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    name: String,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Output {
    state: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    stdout: String,
    stderr: String,
    open_streams: usize,
}

impl Lines {
    fn of(&mut self, stream: Stream) -> &mut String {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, stream: Stream, source: impl Read) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            self.lock().of(stream).push_str(&String::from_utf8_lossy(&line));
            self.changed.notify_all();
            line.clear();
        }
        self.lock().open_streams -= 1;
        self.changed.notify_all();
    }
}

impl Child {
    /// Starts `command` with no standard input and both outputs captured. `name` is what messages call it.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        Self::spawn(name, command.stderr(Stdio::piped()))
    }

    /// As [`Child::start`], but what it writes to standard error appears on ours and is not kept.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start_showing_errors(name: &str, command: &mut Command) -> Result<Self> {
        Self::spawn(name, command.stderr(Stdio::inherit()))
    }

    fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}: {command:?}"))?;
        let output = Arc::new(Output::default());
        let mut readers = Vec::new();
        output.lock().open_streams = 1 + usize::from(process.stderr.is_some());
        if let Some(stdout) = process.stdout.take() {
            let output = Arc::clone(&output);
            readers.push(thread::spawn(move || output.read(Stream::Stdout, stdout)));
        }
        if let Some(stderr) = process.stderr.take() {
            let output = Arc::clone(&output);
            readers.push(thread::spawn(move || output.read(Stream::Stderr, stderr)));
        }
        Ok(Self { process, name: name.to_owned(), output, readers })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Standard output so far.
    pub fn stdout(&self) -> String {
        self.output.lock().stdout.clone()
    }

    /// Standard error so far.
    pub fn stderr(&self) -> String {
        self.output.lock().stderr.clone()
    }

    /// Waits until a complete line of `stream` gives `pick` something, and returns that.
    ///
    /// # Errors
    /// When the child closes its outputs or `patience` ends first; the message holds what it wrote.
    pub fn wait_for_line<T>(
        &mut self,
        stream: Stream,
        patience: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + patience;
        let mut seen = 0;
        let mut lines = self.output.lock();
        loop {
            let text = lines.of(stream);
            while let Some(length) = text[seen..].find('\n') {
                if let Some(found) = pick(&text[seen..seen + length]) {
                    return Ok(found);
                }
                seen += length + 1;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if lines.open_streams == 0 || left.is_zero() {
                let why = if left.is_zero() { "said nothing of what was waited for" } else { "ended" };
                bail!("{} {why}\n--- stdout\n{}--- stderr\n{}", self.name, lines.stdout, lines.stderr);
            }
            lines = self.output.changed.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has ended and was waited for already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.process.id())?;
        let id = Pid::from_raw(id).context("process id 0")?;
        kill_process(id, signal).with_context(|| format!("cannot signal {}", self.name))
    }

    /// Waits for the child to end by itself and for all that it wrote.
    ///
    /// # Errors
    /// When it is still running after `patience`; it is killed then.
    pub fn wait(mut self, patience: Duration) -> Result<Ended> {
        let deadline = Instant::now() + patience;
        // The outputs close when the child ends (or closes them, as a daemon would); both are waited for.
        let mut lines = self.output.lock();
        while lines.open_streams > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "{} did not end in {patience:?}\n--- stdout\n{}--- stderr\n{}",
                    self.name,
                    lines.stdout,
                    lines.stderr
                );
            }
            lines = self.output.changed.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(lines);
        let status = self.process.wait()?;
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        let mut lines = self.output.lock();
        let (stdout, stderr) = (std::mem::take(&mut lines.stdout), std::mem::take(&mut lines.stderr));
        drop(lines);
        Ok(Ended { status, stdout, stderr })
    }

    /// [`Child::wait`] for a program that should end soon.
    ///
    /// # Errors
    /// When it does not end in 30 s; it is killed then.
    pub fn wait_to_end(self) -> Result<Ended> {
        self.wait(PATIENCE)
    }

    /// Asks the child to end (SIGTERM) and waits for it.
    ///
    /// # Errors
    /// When it does not end in 30 s; it is killed then.
    pub fn stop(self) -> Result<Ended> {
        self.stop_within(PATIENCE)
    }

    /// [`Child::stop`] for a child that has much to do before it ends.
    ///
    /// # Errors
    /// When it does not end within `patience`; it is killed then.
    pub fn stop_within(self, patience: Duration) -> Result<Ended> {
        // A child that has ended already cannot be signalled; its end is what is asked for.
        let _ = self.signal(Signal::TERM);
        self.wait(patience)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where the process has ended and was waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        Child::start("sh", Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn a_line_is_waited_for_and_the_rest_is_kept() {
        let mut child = shell("echo one; echo READY 42; echo oops >&2; exit 3");
        let port = child
            .wait_for_line(Stream::Stdout, PATIENCE, |line| line.strip_prefix("READY ").map(str::to_owned))
            .unwrap();
        assert_eq!(port, "42");
        let ended = child.wait(PATIENCE).unwrap();
        assert_eq!(
            (ended.status.code(), ended.stdout.as_str(), ended.stderr.as_str()),
            (Some(3), "one\nREADY 42\n", "oops\n")
        );
    }

    #[test]
    fn a_child_that_ends_early_is_an_error_that_holds_its_output() {
        let mut child = shell("echo reason >&2");
        let failure = child.wait_for_line(Stream::Stdout, PATIENCE, |_| Some(())).unwrap_err();
        assert!(failure.to_string().contains("sh ended") && failure.to_string().contains("reason"));
    }

    #[test]
    fn stop_sends_sigterm() {
        let mut child = shell("trap 'echo asked; exit 7' TERM; echo up; while :; do sleep 0.01; done");
        child.wait_for_line(Stream::Stdout, PATIENCE, |_| Some(())).unwrap();
        let ended = child.stop().unwrap();
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(7), "up\nasked\n"));
    }
}
