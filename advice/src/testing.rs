//! What the tests of every advice share: spans from values, attributes as text.

use otelrs_sdk::clock::Clock;
use otelrs_sdk::payload::PayloadWriter;
use otelrs_sdk::record::Record;
use otelrs_sdk::span::{Span, Value};

use crate::{FinishContext, Options, Site, finish};

/// A payload of texts and numbers.
pub(crate) fn payload(texts: &[(u8, &str)], ints: &[(u8, i64)]) -> Box<[u8]> {
    let writer = texts.iter().fold(PayloadWriter::new(), |writer, (key, text)| writer.text(*key, text));
    ints.iter().fold(writer, |writer, (key, int)| writer.int(*key, *int)).finish()
}

/// A sampled record with a remote parent that began at 1,000 and took 500.
pub(crate) fn record(site: u16, payload: Box<[u8]>) -> Record {
    Record {
        site,
        trace_id: [1, 2],
        span_id: 3,
        parent_span_id: 4,
        flags: 1 | Record::PARENT_REMOTE,
        start: 1_000,
        end: 1_500,
        resource: 0,
        payload,
    }
}

/// The default options and a clock.
pub(crate) fn context() -> FinishContext {
    FinishContext { clock: clock(), options: Options::default(), memo: Default::default() }
}

/// The span of texts and numbers, with the default options.
pub(crate) fn span(site: Site, texts: &[(u8, &str)], ints: &[(u8, i64)]) -> Span<'static> {
    span_with(Options::default(), site, texts, ints)
}

/// The span of texts and numbers, with options.
pub(crate) fn span_with(
    options: Options,
    site: Site,
    texts: &[(u8, &str)],
    ints: &[(u8, i64)],
) -> Span<'static> {
    finished_with(options, record(site as u16, payload(texts, ints)))
}

/// The span of a record, with the default options.
pub(crate) fn finished(record: Record) -> Span<'static> {
    finished_with(Options::default(), record)
}

/// What a test looks at may live as long as the test program.
fn finished_with(options: Options, record: Record) -> Span<'static> {
    let context = FinishContext { options, ..context() };
    finish(Box::leak(Box::new(record)), Box::leak(Box::new(context)))
}

/// A clock.
pub(crate) fn clock() -> Clock {
    Clock::new(0, 0)
}

/// An attribute as text, empty when it is absent.
pub(crate) fn attribute(span: &Span<'_>, key: &str) -> String {
    match span.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value) {
        None => String::new(),
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Int(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
    }
}

/// Every attribute as `key=value`, in order.
pub(crate) fn attributes(span: &Span<'_>) -> Vec<String> {
    let line = |key: &str| format!("{key}={}", attribute(span, key));
    span.attributes.iter().map(|attribute| line(&attribute.key)).collect()
}
