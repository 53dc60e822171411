//! The terminal view: alone, or around a command whose output it keeps.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::Duration;

use otelrs_viewer::query::baseline::Baseline;
use otelrs_viewer::receiver::Receiver;
use otelrs_viewer::terminal::{self, CommandHandle, Event, State, Theme};
use rustix::process::Signal;

use crate::output::{say, stdout_options};
use crate::run::start;
use crate::{Error, os};

/// Lines on their way to the screen; a command that writes faster waits, as it would for a terminal.
const LINES_UNDER_WAY: usize = 4_096;
/// A longer line is shown as several.
const LONGEST_LINE: u64 = 16 * 1024;
/// For output that a process left behind by the command may still hold open.
const LAST_OUTPUT: Duration = Duration::from_secs(2);

/// Whether there is a terminal to show something on, and to type at.
pub(crate) fn is_there() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !dumb
}

fn theme() -> Theme {
    let options = stdout_options();
    Theme { color: options.color, glyphs: options.glyphs }
}

/// Shows what is received until a person quits or a signal comes.
pub(crate) fn view(receiver: &Receiver, web_url: &str, baseline: Baseline) -> Result<(), Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    os::on_ending_signal(move || stopped.store(true, Ordering::SeqCst)).map_err(Error::Signals)?;
    terminal::show(receiver, web_url, baseline, theme(), None, &stop).map(drop).map_err(Error::Terminal)
}

/// Runs the command and shows what it does. Its last lines of output are printed afterwards.
pub(crate) fn run(
    command: &mut Command,
    receiver: &Receiver,
    web_url: &str,
    baseline: Baseline,
) -> Result<ExitStatus, Error> {
    if !is_there() {
        return Err(Error::NoTerminal);
    }
    let held = os::hold_for_command().map_err(Error::Signals)?;
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let supervised = os::Supervised::new(&child);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let on_ending = move || stopped.store(true, Ordering::SeqCst);
    os::forward(held, Arc::clone(&supervised), Some(on_ending)).map_err(Error::Signals)?;

    let (sender, events) = mpsc::sync_channel(LINES_UNDER_WAY);
    pass_on(child.stdout.take(), &sender).and(pass_on(child.stderr.take(), &sender)).map_err(Error::Wait)?;
    let waiter = wait_for(child, &supervised, sender).map_err(Error::Wait)?;
    let ask_to_end = || {
        supervised.signal(Signal::TERM);
    };
    let handle = CommandHandle { events, stop: &ask_to_end };
    let shown = terminal::show(receiver, web_url, baseline, theme(), Some(&handle), &stop);
    // Closed while the command runs: a signal was passed on to it already, a person asked twice.
    if shown.is_err() || !stop.load(Ordering::SeqCst) {
        supervised.signal(if shown.is_err() { Signal::TERM } else { Signal::KILL });
    }
    let ended = shown.as_ref().is_ok_and(State::command_has_ended);
    if let Ok(state) = &shown {
        print_output(state);
    }
    print_rest(&handle, ended);
    let status = waiter.join().unwrap_or_else(|_| Err(io::Error::other("the waiting thread ended")));
    shown.map_err(Error::Terminal)?;
    status.map_err(Error::Wait)
}

/// Sends the lines of a pipe as they come.
fn pass_on(pipe: Option<impl Read + Send + 'static>, events: &SyncSender<Event>) -> io::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    let events = events.clone();
    let read = move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!((&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']).to_owned();
            line.clear();
            if events.send(Event::Output(text)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("otelrs-output".to_owned()).spawn(read).map(drop)
}

fn wait_for(
    child: Child,
    supervised: &Arc<os::Supervised>,
    events: SyncSender<Event>,
) -> io::Result<thread::JoinHandle<io::Result<ExitStatus>>> {
    let supervised = Arc::clone(supervised);
    let wait = move || {
        let status = supervised.wait(child);
        let how = status.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        // The screen may be closed already.
        let _ = events.send(Event::CommandEnded(how));
        status
    };
    thread::Builder::new().name("otelrs-command".to_owned()).spawn(wait)
}

fn print_output(state: &State) {
    let (lines, dropped) = state.output();
    if dropped > 0 {
        say(&format!(
            "the last {} lines of the command's output; {dropped} came before",
            terminal::OUTPUT_LINES
        ));
    }
    lines.for_each(print_line);
}

/// What the command writes while it ends.
fn print_rest(handle: &CommandHandle<'_>, mut ended: bool) {
    loop {
        let event =
            if ended { handle.events.recv_timeout(LAST_OUTPUT).ok() } else { handle.events.recv().ok() };
        match event {
            Some(Event::Output(line)) => print_line(&line),
            Some(Event::CommandEnded(_)) => ended = true,
            Some(_) => {}
            None => return,
        }
    }
}

fn print_line(line: &str) {
    // As the command wrote it: it is the user's own. A reader that went away is no reason to fail.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
