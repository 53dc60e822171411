//! `otelrs tree`: saved traces as text.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use otelrs_otlp::json::{JsonError, decode_trace_request_json};
use otelrs_viewer::span::Trace;
use otelrs_viewer::store::TraceStore;
use otelrs_viewer::tree::{TreeOptions, render_tree};

use crate::Error;
use crate::args::TreeArguments;

/// Why saved traces cannot be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("{file}: {source}. Name a file of OTLP/JSON, or - for standard input")]
    Read { file: String, source: io::Error },
    #[error(
        "{file}, line {line}: {source}. A line is one OTLP/JSON request, as otelrs --json and the collector's file \
         exporter (format json, no compression) write it"
    )]
    Malformed { file: String, line: usize, source: JsonError },
    #[error("{file} holds no spans: expected OTLP/JSON requests with resourceSpans")]
    NoSpans { file: String },
}

pub(crate) fn tree(arguments: &TreeArguments) -> Result<ExitCode, Error> {
    let file = if arguments.file == Path::new("-") {
        "standard input".to_owned()
    } else {
        arguments.file.display().to_string()
    };
    let store = read(&arguments.file, &file)?;
    let mut traces = store.traces();
    if traces.is_empty() {
        return Err(TreeError::NoSpans { file }.into());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    if let Some(filter) = &arguments.filter {
        traces.retain(|trace| filter.matches_trace(trace, now));
    }
    traces.sort_by_key(|trace| trace.spans.iter().map(|span| span.start_time_unix_nano).min());
    let mut stdout = io::stdout().lock();
    // A reader that went away (`| head`) is no reason to fail.
    let _ = traces.iter().try_for_each(|trace| write_tree(&mut stdout, trace));
    Ok(ExitCode::SUCCESS)
}

fn write_tree(output: &mut impl Write, trace: &Trace) -> io::Result<()> {
    writeln!(output, "trace {}\n{}", trace.trace_id, render_tree(trace, &TreeOptions::default()))
}

fn read(path: &Path, file: &str) -> Result<TraceStore, TreeError> {
    let failed = |source| TreeError::Read { file: file.to_owned(), source };
    let input: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(path).map_err(failed)?),
    };
    let store = TraceStore::new(usize::MAX);
    let mut input = BufReader::new(input);
    let mut text = Vec::new();
    let mut line = 0;
    while input.read_until(b'\n', &mut text).map_err(failed)? > 0 {
        line += 1;
        let malformed = |source| TreeError::Malformed { file: file.to_owned(), line, source };
        if text.iter().all(u8::is_ascii_whitespace) {
            text.clear();
            continue;
        }
        match decode_trace_request_json(&text) {
            Ok(request) => {
                store.take_in(&request);
            }
            // One request over many lines.
            Err(first) if line == 1 => {
                input.read_to_end(&mut text).map_err(failed)?;
                store.take_in(&decode_trace_request_json(&text).map_err(|whole| {
                    malformed(if text.starts_with(b"{\n") || text.starts_with(b"{\r") {
                        whole
                    } else {
                        first
                    })
                })?);
            }
            Err(source) => return Err(malformed(source)),
        }
        text.clear();
    }
    Ok(store)
}
