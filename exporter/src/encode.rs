//! Finished spans as the bytes of an OTLP request.

use std::borrow::Cow;

use otelrs_otlp::encode::{Attributes, SpanBody, SpanContent, SpanHead, Spans, encode_resource_spans};
use otelrs_otlp::model;
use otelrs_otlp::recurring::{MadeFrom, RecurringContents};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Exception, Identity, KeyValue, Link, Span, SpanKind, Status, Value};

use crate::config::Privacy;
use crate::source::SpanSource;

/// The semantic conventions that our attributes follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// Makes OTLP requests of batches, and remembers what comes in all of them.
#[derive(Debug, Default)]
pub struct BatchEncoder {
    contents: RecurringContents,
    /// Of the span that is being encoded.
    content: SpanContent,
}

impl BatchEncoder {
    /// Appends the OTLP request of one batch as protobuf, uncompressed, its spans grouped by instrumentation scope; says
    /// how many they are.
    ///
    /// One span at a time is made, written, and dropped: the next finds its memory warm.
    pub fn encode<S: SpanSource>(
        &mut self,
        resource: &Resource,
        scope_version: &str,
        privacy: Privacy,
        source: &S,
        records: &[S::Record],
        out: &mut Vec<u8>,
    ) -> u64 {
        // A batch has a handful of scopes: a search is cheaper than a map.
        let mut names: Vec<&str> = Vec::new();
        for name in records.iter().map(|record| source.scope(record)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let resource: Vec<_> = resource.attributes.iter().map(key_value).collect();
        let mut count = 0;
        encode_resource_spans(&resource, SCHEMA_URL, out, |scopes| {
            for name in names {
                scopes.scope(name, scope_version, SCHEMA_URL, |out| {
                    let of_scope = records.iter().filter(|record| source.scope(record) == name);
                    for record in of_scope {
                        count += u64::from(self.encode_span(privacy, source, record, out));
                    }
                });
            }
        });
        count
    }

    /// False where the source has no span of the record.
    fn encode_span<S: SpanSource>(
        &mut self,
        privacy: Privacy,
        source: &S,
        record: &S::Record,
        out: &mut Spans<'_>,
    ) -> bool {
        let made_from = source.made_from(record).map(|(kind, bytes)| MadeFrom { kind, bytes });
        let unknown = match made_from.map(|made_from| self.contents.get(made_from)) {
            Some(Ok(content)) => {
                out.span(&head(&source.identity(record), ""), content);
                return true;
            }
            Some(Err(unknown)) => Some(unknown),
            None => None,
        };
        let Some(span) = source.finish(record) else { return false };
        self.content.set(&span.name, kind(span.kind), |body| encode_body(&span, privacy, body));
        out.span(&head(&span.identity, &span.trace_state), self.content.as_encoded());
        // An exception has a time of its own, and the trace state is no part of the content.
        if let Some(unknown) = unknown.filter(|_| span.exceptions.is_empty() && span.trace_state.is_empty()) {
            self.contents.add(&unknown, &self.content);
        }
        true
    }
}

fn head<'a>(identity: &Identity, trace_state: &'a str) -> SpanHead<'a> {
    SpanHead {
        trace_id: trace_id(identity.trace_id),
        span_id: identity.span_id.to_be_bytes(),
        trace_state,
        parent_span_id: identity.parent_span_id.to_be_bytes(),
        start_time_unix_nano: identity.start_unix_nano,
        end_time_unix_nano: identity.end_unix_nano,
        flags: identity.flags,
    }
}

fn encode_body(span: &Span<'_>, privacy: Privacy, mut out: SpanBody<'_>) {
    let mut attributes = out.attributes();
    for KeyValue { key, value } in &span.attributes {
        match value {
            Value::String(text) => attributes.text(key, text),
            Value::Int(number) => attributes.int(key, *number),
            other => attributes.value(key, &any_value(other)),
        }
    }
    for exception in &span.exceptions {
        let attributes = |out: Attributes<'_>| exception_attributes(exception, privacy, out);
        out.event(exception.time_unix_nano, "exception", attributes);
    }
    if let Some(link) = span.link {
        out.link(&self::link(link));
    }
    if let Status::Error(description) = &span.status {
        out.status(description, 2);
    }
}

/// Of the `exception` event of the semantic conventions ("Exceptions on spans").
fn exception_attributes(exception: &Exception, privacy: Privacy, mut out: Attributes<'_>) {
    let texts = [
        ("exception.type", Some(&exception.class)),
        ("exception.message", exception.message.as_ref().filter(|_| privacy.exception_messages)),
        ("exception.stacktrace", exception.stack_trace.as_ref()),
    ];
    for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text?))) {
        out.text(key, text);
    }
}

fn link(link: Link) -> model::Link<'static> {
    model::Link {
        trace_id: trace_id(link.trace_id),
        span_id: link.span_id.to_be_bytes(),
        flags: link.flags,
        ..model::Link::default()
    }
}

pub(crate) fn trace_id([high, low]: [u64; 2]) -> [u8; 16] {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

fn kind(kind: SpanKind) -> i32 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn key_value<'a>(attribute: &'a KeyValue<'_>) -> model::KeyValue<'a> {
    model::KeyValue { key: Cow::Borrowed(&attribute.key), value: any_value(&attribute.value) }
}

fn any_value<'a>(value: &'a Value<'_>) -> model::AnyValue<'a> {
    match value {
        Value::String(text) => model::AnyValue::String(Cow::Borrowed(text)),
        Value::Int(number) => model::AnyValue::Int(*number),
        Value::Double(number) => model::AnyValue::Double(*number),
        Value::Bool(truth) => model::AnyValue::Bool(*truth),
        Value::Strings(texts) => model::AnyValue::Array(
            texts.iter().map(|text| model::AnyValue::String(Cow::Borrowed(text))).collect(),
        ),
    }
}
