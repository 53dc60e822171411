//! Lines and waterfalls for people. A reader that went away is no reason to fail.

use std::io::{self, IsTerminal, Write};

use otelrs_viewer::span::Trace;
use otelrs_viewer::store::TraceStore;
use otelrs_viewer::waterfall::{WaterfallOptions, render_waterfall};

use crate::os;

/// One line on standard error, marked as ours.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "otelrs: {line}");
}

/// How waterfalls look on standard output.
pub(crate) fn stdout_options() -> WaterfallOptions {
    options(io::stdout().is_terminal(), os::columns(&io::stdout()))
}

/// How waterfalls look on standard error.
pub(crate) fn stderr_options() -> WaterfallOptions {
    options(io::stderr().is_terminal(), os::columns(&io::stderr()))
}

fn options(is_terminal: bool, columns: Option<usize>) -> WaterfallOptions {
    WaterfallOptions::for_output(is_terminal, columns, |name| std::env::var(name).ok())
}

/// A trace between empty lines, in one write.
pub(crate) fn write_trace(
    output: &mut impl Write,
    trace: &Trace,
    options: &WaterfallOptions,
) -> io::Result<()> {
    output.write_all(format!("\n{}", render_waterfall(trace, options)).as_bytes())?;
    output.flush()
}

/// `1 trace`, `2 traces`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What is missing in the file of `--store`, and why.
pub(crate) fn say_what_was_not_written(store: &TraceStore) {
    let Some(archive) = store.archive() else { return };
    if let (count @ 1.., Some(failure)) = (archive.counters().not_written, archive.failure()) {
        say(&format!("{count} spans and log records are not in the file of --store: {failure}"));
    }
}
