//! A program on a pseudo-terminal: keys in, screen out.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pty_process::Size;
use pty_process::blocking::{Pty, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(180);

/// A terminal with one program, which is killed when this is dropped.
pub struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<Shown>,
    changed: Condvar,
}

struct Shown {
    parser: vt100::Parser,
    ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(columns: u16, lines: u16) -> Result<(NonZeroU16, NonZeroU16)> {
    let size = NonZeroU16::new(lines).zip(NonZeroU16::new(columns));
    size.context("a terminal has a column and a line at least")
}

impl Terminal {
    /// Starts the command as the session leader of a new terminal (`TERM=xterm-256color`).
    ///
    /// # Errors
    /// When there is no pseudo-terminal, or the command cannot be started.
    pub fn start(mut command: Command, columns: u16, lines: u16) -> Result<Self> {
        let (rows, columns_of_parser) = size(columns, lines)?;
        command.env("TERM", "xterm-256color");
        let name = command.get_program().to_string_lossy().into_owned();
        let (pty, pts) = open()?;
        pty.resize(Size::new(lines, columns))?;
        let child = pty_process::blocking::Command::from(command).spawn(pts).with_context(|| name)?;
        let pty = Arc::new(pty);
        let parser = vt100::Parser::new(rows, columns_of_parser, 1_000);
        let shared =
            Arc::new(Shared { state: Mutex::new(Shown { parser, ended: false }), changed: Condvar::new() });
        let (source, sink) = (Arc::clone(&pty), Arc::clone(&shared));
        let reader =
            thread::Builder::new().name("terminal".to_owned()).spawn(move || read(&source, &sink))?;
        Ok(Self { child, pty, shared, reader: Some(reader) })
    }

    /// Types.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn type_keys(&self, keys: &str) -> Result<()> {
        (&*self.pty).write_all(keys.as_bytes()).context("typing")
    }

    /// Makes the terminal larger or smaller; the program is told by the kernel.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resize(&self, columns: u16, lines: u16) -> Result<()> {
        let (rows, columns_of_parser) = size(columns, lines)?;
        self.shared.lock().parser.screen_mut().set_size(rows, columns_of_parser);
        Ok(self.pty.resize(Size::new(lines, columns))?)
    }

    /// The screen as it is.
    pub fn screen(&self) -> vt100::Screen {
        self.shared.lock().parser.screen().clone()
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Waits until the text of the screen meets a condition, and returns it.
    ///
    /// # Errors
    /// When it does not within half a minute, or the program has ended; the message holds the screen.
    pub fn wait_until(&self, what: &str, condition: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.shared.lock();
        loop {
            let text = shown.parser.screen().contents();
            if condition(&text) {
                return Ok(text);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || shown.ended {
                let why = if shown.ended { "the program ended" } else { "time is up" };
                bail!("waiting for {what}: {why}. The screen:\n{text}");
            }
            shown = self.shared.changed.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen shows this text.
    ///
    /// # Errors
    /// As [`Self::wait_until`].
    pub fn wait_for(&self, text: &str) -> Result<String> {
        self.wait_until(text, |screen| screen.contains(text))
    }

    /// Whether what is typed is echoed and comes line by line: as a shell finds a terminal that was given back.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn is_cooked(&self) -> Result<bool> {
        let modes = tcgetattr(&*self.pty)?.local_modes;
        Ok(modes.contains(LocalModes::ECHO | LocalModes::ICANON))
    }

    /// Sends the program a signal.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Waits for the program to end; the screen is complete then.
    ///
    /// # Errors
    /// When it does not within half a minute.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if Instant::now() > deadline => bail!("it does not end. The screen:\n{}", self.text()),
                None => thread::sleep(Duration::from_millis(10)),
            }
        };
        if let Some(reader) = self.reader.take() {
            // It ends with the last process on the terminal.
            let _ = reader.join();
        }
        Ok(status)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut pty: &Pty, shared: &Shared) {
    let mut bytes = [0; 4096];
    // Linux answers EIO once no process has the terminal open.
    while let Ok(count @ 1..) = pty.read(&mut bytes) {
        shared.lock().parser.process(bytes.get(..count).unwrap_or(&bytes));
        shared.changed.notify_all();
    }
    shared.lock().ended = true;
    shared.changed.notify_all();
}
