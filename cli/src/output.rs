//! Lines and waterfalls for people. A reader that went away is no reason to fail.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use otelrs_viewer::span::Trace;
use otelrs_viewer::waterfall::{WaterfallOptions, render_waterfall};

use crate::os;

/// One line on standard error, marked as ours.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "otelrs: {line}");
}

/// How waterfalls look on this output.
pub(crate) fn waterfall_options(output: &(impl IsTerminal + AsFd)) -> WaterfallOptions {
    let is_terminal = output.is_terminal();
    let columns = is_terminal.then(|| os::columns(output)).flatten();
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
