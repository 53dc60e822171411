//! The agent's own log: few lines, each once a minute at most, and never a fault of the application's.
//!
//! It is a guest on somebody's standard error. So: a line for each *cause* at most once a minute, with a count of
//! those held back; control characters escaped, so that no value can forge a line; a failing or poisoned sink is
//! passed over. Debug lines are asked for by an option and come unlimited.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What stands before every line.
const PREFIX: &str = "[otelrs] ";
/// How long a cause stays silent after a line.
const QUIET: Duration = Duration::from_secs(60);
/// Bytes of a line; more are cut, because a value from outside may be of any size.
const MAX_LINE: usize = 8192;

/// How much is said. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing at all.
    Off,
    /// Telemetry is lost or instrumentation is off.
    Error,
    /// Something was not as configured or expected.
    Warn,
    /// What a user wants to see once.
    Info,
    /// What was done to which class, and why not (`otel.javaagent.debug`).
    Debug,
}

/// A monotonic time source, measured from any fixed point.
pub type TimeSource = Box<dyn Fn() -> Duration + Send + Sync>;

/// The log. Shared by reference between all threads.
pub struct Logger {
    level: Level,
    now: TimeSource,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    causes: BTreeMap<&'static str, Cause>,
}

struct Cause {
    last_line: Duration,
    held_back: u64,
}

impl Logger {
    /// A log that writes lines of `level` and those before it to `out`.
    pub fn new(level: Level, out: Box<dyn Write + Send>) -> Self {
        let start = Instant::now();
        Self::with_time_source(level, out, Box::new(move || start.elapsed()))
    }

    /// [`Logger::new`] with a time source of the caller's.
    pub fn with_time_source(level: Level, out: Box<dyn Write + Send>, now: TimeSource) -> Self {
        Self { level, now, state: Mutex::new(State { out, causes: BTreeMap::new() }) }
    }

    /// Whether lines of `level` are written: ask before doing work for a debug line.
    pub fn enabled(&self, level: Level) -> bool {
        level <= self.level && level != Level::Off
    }

    /// Writes a line of [`Level::Error`]. `cause` is a name for lines alike, such as `export-failed`.
    pub fn error(&self, cause: &'static str, message: impl fmt::Display) {
        self.limited(Level::Error, cause, &message);
    }

    /// Writes a line of [`Level::Warn`]; see [`Logger::error`].
    pub fn warn(&self, cause: &'static str, message: impl fmt::Display) {
        self.limited(Level::Warn, cause, &message);
    }

    /// Writes a line of [`Level::Info`]; see [`Logger::error`].
    pub fn info(&self, cause: &'static str, message: impl fmt::Display) {
        self.limited(Level::Info, cause, &message);
    }

    /// Writes a line of [`Level::Debug`], however many there were.
    pub fn debug(&self, message: impl fmt::Display) {
        if self.enabled(Level::Debug) {
            self.lock().write(&message, 0);
        }
    }

    /// Says what is still held back, a line a cause: for the end of the process.
    pub fn finish(&self) {
        let mut state = self.lock();
        let causes = std::mem::take(&mut state.causes);
        for (name, cause) in causes {
            if cause.held_back > 0 {
                state.write(&format_args!("{name}: {} more lines were held back", cause.held_back), 0);
            }
        }
    }

    fn limited(&self, level: Level, name: &'static str, message: &dyn fmt::Display) {
        if !self.enabled(level) {
            return;
        }
        let now = (self.now)();
        let mut state = self.lock();
        let mut held_back = 0;
        if let Some(cause) = state.causes.get_mut(name) {
            if now.saturating_sub(cause.last_line) < QUIET {
                cause.held_back = cause.held_back.saturating_add(1);
                return;
            }
            held_back = cause.held_back;
        }
        state.causes.insert(name, Cause { last_line: now, held_back: 0 });
        state.write(message, held_back);
    }

    /// A thread that panicked while it wrote left nothing half done that matters here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Logger").field("level", &self.level).finish_non_exhaustive()
    }
}

impl State {
    /// One write for the whole line, so that lines of other writers do not fall into it. Errors are passed over:
    /// there is nowhere else to report them.
    fn write(&mut self, message: &dyn fmt::Display, held_back: u64) {
        let mut line = Line(PREFIX.to_owned());
        let cut = write!(line, "{message}").is_err();
        let mut line = line.0;
        if cut {
            line.push_str("...");
        }
        if held_back > 0 {
            line.push_str(&format!(" ({held_back} more like this in the last minute)"));
        }
        line.push('\n');
        let _ = self.out.write_all(line.as_bytes());
        let _ = self.out.flush();
    }
}

/// Escapes control characters and fails, to end the formatting, when the line is full.
struct Line(String);

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if self.0.len() >= MAX_LINE {
                return Err(fmt::Error);
            }
            if char.is_control() {
                self.0.extend(char.escape_default());
            } else {
                self.0.push(char);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    /// A sink and a clock that a test reads and sets.
    #[derive(Clone, Default)]
    struct Bench {
        out: Arc<Mutex<Vec<u8>>>,
        seconds: Arc<AtomicU64>,
    }

    impl Write for Bench {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert_ne!(bytes, b"[otelrs] panic\n");
            self.out.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    impl Bench {
        fn logger(&self, level: Level) -> Logger {
            let seconds = self.seconds.clone();
            let now = Box::new(move || Duration::from_secs(seconds.load(Relaxed)));
            Logger::with_time_source(level, Box::new(self.clone()), now)
        }

        /// The lines since the last call.
        fn lines(&self) -> Vec<String> {
            let bytes = std::mem::take(&mut *self.out.lock().unwrap());
            String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
        }
    }

    #[test]
    fn a_cause_gets_one_line_a_minute_and_a_count_of_those_held_back() {
        let bench = Bench::default();
        let log = bench.logger(Level::Info);
        for attempt in 0..13 {
            log.warn("refused", format_args!("attempt {attempt}"));
        }
        log.warn("other", "another cause");
        assert_eq!(bench.lines(), ["[otelrs] attempt 0", "[otelrs] another cause"]);
        bench.seconds.store(59, Relaxed);
        log.warn("refused", "still silent");
        assert!(bench.lines().is_empty());
        bench.seconds.store(60, Relaxed);
        log.warn("refused", "again");
        log.warn("other", "again");
        assert_eq!(
            bench.lines(),
            ["[otelrs] again (13 more like this in the last minute)", "[otelrs] again"]
        );
    }

    #[test]
    fn the_last_ones_held_back_are_counted_at_the_end() {
        let bench = Bench::default();
        let log = bench.logger(Level::Info);
        for _ in 0..3 {
            log.error("export-failed", "no connection");
        }
        log.info("started", "ready");
        bench.lines();
        log.finish();
        assert_eq!(bench.lines(), ["[otelrs] export-failed: 2 more lines were held back"]);
    }

    #[test]
    fn lines_beyond_the_level_are_neither_written_nor_formatted() {
        struct Unused;
        impl fmt::Display for Unused {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("formatted in vain")
            }
        }
        let bench = Bench::default();
        bench.logger(Level::Info).debug(Unused);
        bench.logger(Level::Error).warn("cause", Unused);
        bench.logger(Level::Off).error("cause", Unused);
        assert!(bench.lines().is_empty());
        assert!(!bench.logger(Level::Off).enabled(Level::Off));
    }

    #[test]
    fn debug_lines_come_unlimited() {
        let bench = Bench::default();
        let log = bench.logger(Level::Debug);
        for _ in 0..3 {
            log.debug("class a/B: patched");
        }
        assert_eq!(bench.lines().len(), 3);
    }

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        let bench = Bench::default();
        let log = bench.logger(Level::Debug);
        log.debug("a\nb\r\t\u{1b}[31m\u{0}ü");
        log.debug("x".repeat(100_000));
        let lines = bench.lines();
        assert_eq!(lines[0], "[otelrs] a\\nb\\r\\t\\u{1b}[31m\\u{0}ü");
        assert!(lines[1].len() < 8300 && lines[1].ends_with("xxx..."), "{}", lines[1].len());
    }

    #[test]
    fn a_panic_while_writing_silences_nobody_else() {
        let bench = Bench::default();
        let log = bench.logger(Level::Info);
        let panicked = std::thread::scope(|scope| scope.spawn(|| log.info("first", "panic")).join());
        assert!(panicked.is_err());
        log.info("second", "still here");
        assert_eq!(bench.lines(), ["[otelrs] still here"]);
    }
}
