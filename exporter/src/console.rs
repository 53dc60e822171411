//! The console exporter: one line a span, for reading.

use std::io::{self, Write};

use otelrs_sdk::span::{KeyValue, Span, SpanKind, Status, Value};

use crate::config::Privacy;
use crate::encode::trace_id;

/// Writes the spans and flushes; `line` is kept by the caller between batches.
///
/// # Errors
/// What the writer says; spans before the fault are written.
pub(crate) fn write_spans<'a>(
    spans: impl Iterator<Item = Span<'a>>,
    privacy: Privacy,
    line: &mut Vec<u8>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for span in spans {
        line.clear();
        write_span(&span, privacy, line)?;
        // One write a line, so that lines of other writers do not fall into it.
        out.write_all(line)?;
    }
    out.flush()
}

fn write_span(span: &Span<'_>, privacy: Privacy, line: &mut Vec<u8>) -> io::Result<()> {
    let trace = u128::from_be_bytes(trace_id(span.identity.trace_id));
    let micros = span.identity.end_unix_nano.saturating_sub(span.identity.start_unix_nano) / 1000;
    write!(
        line,
        "span '{}' {trace:032x} {:016x} {} {}.{:03}ms",
        span.name.escape_debug(),
        span.identity.span_id,
        kind(span.kind),
        micros / 1000,
        micros % 1000,
    )?;
    if span.identity.parent_span_id != 0 {
        write!(line, " parent={:016x}", span.identity.parent_span_id)?;
    }
    if let Status::Error(description) = &span.status {
        write!(line, " ERROR")?;
        if !description.is_empty() {
            write!(line, " {description:?}")?;
        }
    }
    write!(line, " [{}] {{", span.scope)?;
    for (index, KeyValue { key, value }) in span.attributes.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(line, "{comma}{}=", key.escape_debug())?;
        match value {
            Value::String(text) => write!(line, "{text:?}")?,
            Value::Int(number) => write!(line, "{number}")?,
            Value::Double(number) => write!(line, "{number}")?,
            Value::Bool(truth) => write!(line, "{truth}")?,
            Value::Strings(texts) => write!(line, "{texts:?}")?,
        }
    }
    write!(line, "}}")?;
    for exception in &span.exceptions {
        write!(line, " exception={}", exception.class.escape_debug())?;
        if let Some(message) = exception.message.as_ref().filter(|_| privacy.exception_messages) {
            write!(line, " {message:?}")?;
        }
    }
    writeln!(line)
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "INTERNAL",
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
    }
}
