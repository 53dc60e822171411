//! What is asked of the operating system (Unix): signals, waiting for a child, the width of a terminal, files that only
//! their user can read.

use std::ffi::{OsString, c_int};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::{Cause, Origin};

/// Signals that ask a program to end.
const ENDING: [c_int; 3] = [SIGHUP, SIGINT, SIGTERM];
/// Signals that a command may want to see: a JVM prints its threads on SIGQUIT.
const FORWARDED: [c_int; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Signals held back from their default effect, from now on.
pub(crate) struct HeldSignals(SignalsInfo<WithOrigin>);

/// Holds back what a command should get. Comes before the command starts: nothing is lost in between.
pub(crate) fn hold_for_command() -> io::Result<HeldSignals> {
    hold(&FORWARDED)
}

/// A signal that was ignored when we started (nohup, a background job of a script) stays ignored, for the child too.
fn hold(signals: &[c_int]) -> io::Result<HeldSignals> {
    let ignored = ignored_signals();
    let wanted = signals.iter().filter(|signal| ignored >> (**signal - 1) & 1 == 0);
    SignalsInfo::<WithOrigin>::new(wanted).map(HeldSignals)
}

/// Bit n-1 for signal n. Nothing is known where there is no Linux /proc.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Calls back at the first signal to end; a second one ends this program at once.
pub(crate) fn on_ending_signal(callback: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut held = hold(&ENDING)?;
    spawn("otelrs-signals", move || {
        for (count, origin) in held.0.forever().enumerate() {
            if count > 0 {
                // Does not return for these signals.
                let _ = emulate_default_handler(origin.signal);
            }
            callback();
        }
    })
}

/// A child that can be signalled by one thread while another waits for it.
#[derive(Debug)]
pub(crate) struct Supervised {
    pid: Pid,
    running: Mutex<bool>,
}

impl Supervised {
    pub(crate) fn new(child: &Child) -> Arc<Self> {
        Arc::new(Self { pid: Pid::from_child(child), running: Mutex::new(true) })
    }

    /// Whether it still ran; a signal to a child that has ended goes nowhere.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if *running {
            // A command of another user (sudo) cannot be signalled: it got what the terminal sent.
            let _ = kill_process(self.pid, signal);
        }
        *running
    }

    /// Waits for the child to end.
    pub(crate) fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        // Until the child is reaped its pid cannot be given to another process; reaping happens under the lock.
        loop {
            match waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Ok(_) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = false;
        child.wait()
    }
}

/// Passes held signals on to the child while it lives; those that ask a program to end are told to `on_ending` as well.
/// After the child's end, and once `on_ending` was told, they have their default effect.
pub(crate) fn forward(
    mut held: HeldSignals,
    child: Arc<Supervised>,
    on_ending: Option<impl Fn() + Send + 'static>,
) -> io::Result<()> {
    spawn("otelrs-signals", move || {
        let mut told = on_ending.is_none();
        for origin in held.0.forever() {
            let named = Signal::from_named_raw(origin.signal).filter(|_| must_forward(&origin));
            let running = match named {
                Some(signal) => child.signal(signal),
                None => *child.running.lock().unwrap_or_else(PoisonError::into_inner),
            };
            let ending = ENDING.contains(&origin.signal);
            if !running && (told || !ending) {
                // Does not return for signals that end a program.
                let _ = emulate_default_handler(origin.signal);
            }
            if let Some(on_ending) = on_ending.as_ref().filter(|_| ending) {
                told = true;
                on_ending();
            }
        }
    })
}

/// What the terminal sends (the kernel does), it sends to the command as well.
fn must_forward(origin: &Origin) -> bool {
    match origin.cause {
        Cause::Kernel => false,
        Cause::Sent(_) => true,
        // macOS does not say: there these three mostly come from a terminal.
        _ => !matches!(origin.signal, SIGINT | SIGQUIT | SIGHUP),
    }
}

/// The folder of this user's small files for this session: `$XDG_RUNTIME_DIR/otelrs`, else one of the user's own in the
/// temporary directory.
pub(crate) fn runtime_folder(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    // The XDG specification has relative paths ignored.
    let session = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    session.map_or_else(
        || std::env::temp_dir().join(format!("otelrs-{}", rustix::process::getuid().as_raw())),
        |session| session.join("otelrs"),
    )
}

/// Whether the folder is this user's and nobody else can reach into it: the temporary directory is everybody's.
pub(crate) fn is_private(folder: &Path) -> bool {
    // Not a link to a folder either: somebody else's link could be turned around.
    fs::symlink_metadata(folder).is_ok_and(|data| {
        data.is_dir() && data.uid() == rustix::process::getuid().as_raw() && data.mode() & 0o077 == 0
    })
}

/// Writes a file that only this user can read, in a folder that only this user can reach into.
pub(crate) fn write_private(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    if let Err(error) = DirBuilder::new().mode(0o700).recursive(true).create(folder)
        && !folder.is_dir()
    {
        return Err(error);
    }
    if !is_private(folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can reach into this folder"));
    }
    let (path, partial) = (folder.join(name), folder.join(format!("{name}.partial")));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(text.as_bytes())?;
    // Never half a file, whoever reads meanwhile.
    fs::rename(&partial, &path)?;
    Ok(path)
}

/// The exit status as a shell gives it: 128+n after signal n.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    (code & 0xff) as u8
}

/// Columns of the terminal that this output is; `None` if it is none or does not say.
pub(crate) fn columns(output: &impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(output).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
